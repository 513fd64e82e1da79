"""The web server around the page: its socket, its safety headers, its beginning and end."""

from __future__ import annotations

import socket
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import gradio as gr
import uvicorn
from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response

from chatrec.errors import ChatRecError, SettingsError
from chatrec.ui.about import items_of
from chatrec.ui.page import build, look
from chatrec.ui.pictures import picture_of

if TYPE_CHECKING:
    from chatrec.app import ChatRec

LOOPBACK = ("127.0.0.1", "localhost", "::1")

# Gradio's own script evaluates templates and its styles stand inline; nothing comes from, or goes to, another host.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data: blob:; font-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self';"
    " frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def run(rec: ChatRec, *, host: str, port: int, ready: Callable[[str], None] | None = None) -> None:
    listening = listen(host, port)
    with listening, suppress(KeyboardInterrupt):  # Ctrl-C is how a page ends; uvicorn has closed everything by then
        PageServer(rec, listening, ready=ready).run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address. Raises SettingsError where that is impossible."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()  # at once: only this tells another server on the same port
    except OSError as exc:
        listening.close()
        raise SettingsError(
            f"The page cannot listen on {host}, port {port}: {exc.strerror or exc}.",
            mend="Stop what is using it, or name another with CHATREC_UI_PORT (0: any free port) and CHATREC_UI_HOST.",
        ) from exc
    return listening


class PageServer(uvicorn.Server):
    """The page of one ChatRec on a bound socket; `url` is its address, `ready` is told it once it answers."""

    def __init__(self, rec: ChatRec, listening: socket.socket, *, ready: Callable[[str], None] | None = None) -> None:
        host, port = listening.getsockname()[:2]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        self._ready = ready
        super().__init__(
            uvicorn.Config(
                application(rec, host=host, port=port),
                log_config=None,  # logging belongs to the program
                log_level="critical",
                access_log=False,
                timeout_graceful_shutdown=1,  # an open page holds a connection for as long as it is open
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._ready:
            self._ready(self.url)


def application(rec: ChatRec, *, host: str, port: int) -> Any:
    app = FastAPI(openapi_url=None)
    if host in LOOPBACK:  # a foreign name that resolves to this machine is somebody else's page
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK, "[::1]"])
    app.add_api_route("/picture/{item_id:path}", _pictures_of(rec), include_in_schema=False)
    mounted = gr.mount_gradio_app(
        app,
        build(rec),
        "/",
        server_name=host,
        server_port=port,
        footer_links=[],
        run_history=False,  # Gradio would keep a copy of every call in the browser
        allowed_paths=[],
        show_error=False,
        max_file_size=1,  # bytes: the page takes no files
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        **look(),
    )
    return _with_headers(mounted)


def _pictures_of(rec: ChatRec) -> Callable[[str], Response]:
    def picture(item_id: str) -> Response:
        try:
            item = items_of(rec, [item_id]).get(item_id)
        except ChatRecError:  # the page itself says what is wrong
            item = None
        found = picture_of(item) if item else None
        if found is None:
            return Response(status_code=404)
        return Response(found.content, media_type=found.kind, headers={"cache-control": "private, max-age=3600"})

    return picture


def _with_headers(app: Any) -> Any:
    """The same application; every answer carries the headers. (Starlette's own middleware would buffer streams.)"""
    extra = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]

    async def answering(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *extra]
            await send(message)

        await app(scope, receive, sending)

    return answering
