"""Traces: they arrive at a collector where a variable says so, nothing goes anywhere without; no key is in them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import pytest
from broken_servers import broken

KEY = "a-key-that-must-not-be-seen"
SCRIPT = """
import sys
from chatrec import Settings
from chatrec.llm import ask, chat_model
model = chat_model(Settings(llm="openai:some-model"))
print(ask(model, [("user", "what was asked")], limit=20).text)
if "langsmith" in sys.modules:
    from langchain_core.tracers.langchain import wait_for_all_tracers
    wait_for_all_tracers()
"""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """The address of one, and what it was sent."""
    sent: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def do_POST(self) -> None:
            if self.headers.get("Transfer-Encoding") == "chunked":
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
            else:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            sent.append((self.path, body))
            self._answer(b"{}")

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", sent
    server.shutdown()
    server.server_close()


def asked(folder: Path, given: dict[str, str], *, in_dotenv: dict[str, str] | None = None) -> None:
    """Asks a model in a process with those variables."""
    lines = "".join(f"{name}={value}\n" for name, value in (in_dotenv or {}).items())
    (folder / ".env").write_text(lines, encoding="utf-8")
    foreign = ("LANGSMITH", "LANGCHAIN", "OTEL", "CHATREC", "OPENAI")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    with broken(text="what was answered") as address:
        ran = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env=plain | {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": address} | given,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("what was answered")


@pytest.mark.slow
@pytest.mark.parametrize("dotenv", [False, True])
def test_a_run_arrives_at_langsmith(
    tmp_path: Path, collector: tuple[str, list[tuple[str, bytes]]], dotenv: bool
) -> None:
    address, sent = collector
    variables = {"LANGSMITH_TRACING": "true", "LANGSMITH_ENDPOINT": address, "LANGSMITH_API_KEY": "its-own-key"}
    asked(tmp_path, {} if dotenv else variables, in_dotenv=variables if dotenv else None)
    everything = b"".join(path.encode() + body for path, body in sent)
    if b"what was asked" not in everything:  # multipart bodies may be compressed
        import zstandard

        everything = b"".join(_unpacked(zstandard, body) for _, body in sent)
    assert b"what was asked" in everything
    assert KEY.encode() not in everything
    assert b"its-own-key" not in everything


def _unpacked(zstandard: object, body: bytes) -> bytes:
    try:
        return zstandard.ZstdDecompressor().decompressobj().decompress(body)  # type: ignore[attr-defined, no-any-return]
    except Exception:  # noqa: BLE001  # not compressed
        return body


@pytest.mark.slow
def test_nothing_goes_anywhere_without_the_variables(
    tmp_path: Path, collector: tuple[str, list[tuple[str, bytes]]]
) -> None:
    address, sent = collector
    asked(tmp_path, {"LANGSMITH_ENDPOINT": address, "OTEL_EXPORTER_OTLP_ENDPOINT": address})
    assert sent == []


@pytest.mark.slow
def test_opentelemetry_gets_them_as_well_and_a_turn_never_fails_for_it(
    tmp_path: Path, collector: tuple[str, list[tuple[str, bytes]]]
) -> None:
    address, sent = collector
    on = {"LANGSMITH_TRACING": "true", "LANGSMITH_OTEL_ENABLED": "true", "LANGSMITH_OTEL_ONLY": "true"}
    asked(tmp_path, on | {"LANGSMITH_ENDPOINT": address, "OTEL_EXPORTER_OTLP_ENDPOINT": address})
    if find_spec("opentelemetry.exporter.otlp.proto.http"):  # pip install "langsmith[otel]"
        assert any(path.endswith("/v1/traces") for path, _ in sent)
