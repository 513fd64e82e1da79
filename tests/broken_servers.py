"""Servers of the OpenAI protocol that fail in one way each, for tests: slow, nonsense, or an HTTP status."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def broken(
    *,
    text: str = "",
    status: int = 200,
    delay: float = 0.0,
    body: bytes | None = None,
    pings: int = 0,
    retry_after: int = 0,
    schemas: bool = True,
) -> Iterator[str]:
    """The address of a server that answers every request so: after `delay` seconds, with `status`, streaming `text`
    as a completion, or with `body` as it is; before that, `pings` times, ten a second, that it is alive. It may ask to
    be asked again after `retry_after` seconds, and refuse requests with a JSON schema."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            time.sleep(delay)
            self.send_response(400 if not schemas and b"json_schema" in asked else status)
            if retry_after:
                self.send_header("Retry-After", str(retry_after))
            self.send_header("Content-Type", "text/event-stream" if body is None else "text/html")
            self.end_headers()
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
            delta = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}
            lines = f"data: {json.dumps({**chunk, 'choices': [delta]})}\n\ndata: [DONE]\n\n"
            with suppress(OSError):
                for _ in range(pings):
                    self.wfile.write(b": alive\n\n")
                    time.sleep(0.1)
            with suppress(OSError):  # whoever asked has hung up, which is what such a test is for
                self.wfile.write(lines.encode() if body is None else body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
