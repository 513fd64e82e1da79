"""Who may use the page: a password before every route, and no form of a foreign page."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, MutableMapping
from typing import Any

PAUSE = 0.5
"""Seconds before a wrong password is told: guessing is slow."""

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_ASK = [(b"www-authenticate", b'Basic realm="chatrec", charset="UTF-8"')]


class Guard:
    """An application in front of another one. Every route passes here, those of files and of the API as well.

    The password travels as the browser's own dialog sends it (HTTP Basic, RFC 7617), so beyond loopback it wants TLS
    in front. Requests that change something and that another site caused are refused, password or not.
    """

    def __init__(self, app: Any, accounts: Mapping[str, str]) -> None:
        self._app = app
        self._known = [_digest(f"{user}:{password}".encode()) for user, password in accounts.items()]

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = dict(scope.get("headers", ()))
        if scope.get("method", "GET") not in SAFE_METHODS and headers.get(b"sec-fetch-site") in _FOREIGN:
            await _refuse(scope, send, 403, "This request came from another site.", [])
        elif not self._known or self._may_enter(headers.get(b"authorization", b"")):
            await self._app(scope, receive, send)
        else:
            if b"authorization" in headers:
                await asyncio.sleep(PAUSE)
            await _refuse(scope, send, 401, "A user and a password are needed.", _ASK)

    def _may_enter(self, header: bytes) -> bool:
        """Compares with every account, each in a time that tells nothing."""
        scheme, _, credentials = header.partition(b" ")
        if scheme.lower() != b"basic":
            return False
        try:
            given = _digest(base64.b64decode(credentials.strip(), validate=True))
        except binascii.Error:
            return False
        found = False
        for known in self._known:
            found |= hmac.compare_digest(given, known)
        return found


_FOREIGN = (b"cross-site", b"same-site")


def _digest(credentials: bytes) -> bytes:
    return hashlib.sha256(credentials).digest()


async def _refuse(
    scope: MutableMapping[str, Any], send: Any, status: int, words: str, more: list[tuple[bytes, bytes]]
) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": words.encode()})
