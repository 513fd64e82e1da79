"""What goes wrong with a language model, told in a sentence that holds no secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress

from chatrec.errors import ChatRecError

PASSING = (408, 429, 500, 502, 503, 504, 529)
"""HTTP statuses that may be gone the next moment."""

REFUSED = (400, 413, 422)
"""HTTP statuses that blame the request, not the server."""

SECRET = re.compile("KEY|TOKEN|SECRET|PASSW|CREDENTIAL|URL", re.IGNORECASE)


def status_of(exc: BaseException | None) -> int | None:
    status = getattr(exc, "status_code", None)
    return status if isinstance(status, int) else None


def passes(exc: Exception) -> bool:
    """Whether the same request may well succeed the next moment."""
    name = type(exc).__name__.lower()
    return status_of(exc) in PASSING or ("connect" in name and "timeout" not in name)


def is_the_requests(exc: BaseException | None) -> bool:
    """Whether the request was at fault, such as one that is too long: the model is as well as before."""
    return status_of(exc) in REFUSED or (exc is not None and _too_long(exc))


def wait_asked(exc: Exception) -> float:
    """Seconds that the server asks to wait before the next request; 0: it does not say."""
    headers = getattr(getattr(exc, "response", None), "headers", None) or {}
    with suppress(TypeError, ValueError, AttributeError):
        return max(0.0, float(headers.get("retry-after", 0)))
    return 0.0


def sentence(exc: Exception, limit: float, *, began: bool) -> str:
    """What went wrong, of any provider's error. `began`: some of the answer was there."""
    if isinstance(exc, ChatRecError):
        return str(exc)
    status = status_of(exc)
    name = type(exc).__name__.lower()
    if status in (401, 403):
        return "The language model's provider refused the key."
    if status == 429:
        return "The language model's provider allows no more requests for now."
    if status == 404:
        return "The provider has no language model of that name."
    if _too_long(exc):
        return "The request is longer than the language model can read."
    if status in REFUSED:
        return "The language model could not take the request."
    if status:
        return f"The language model's server failed (status {status})."
    if "timeout" in name:
        return f"The language model did not answer within {round(limit, 1):g} seconds."
    if "connect" in name or "protocol" in name or "readerror" in name:
        return "The language model's server broke off." if began else "The language model cannot be reached."
    if isinstance(exc, ValueError | TypeError | LookupError | AttributeError):  # what parsing stumbles over
        return f"The language model's server answered what cannot be read ({type(exc).__name__})."
    return f"The language model's server failed ({type(exc).__name__})."


def _too_long(exc: BaseException) -> bool:
    said = str(exc)
    return "contextoverflow" in type(exc).__name__.lower() or "context size" in said or "context length" in said


def plain(exc: Exception, secrets: Mapping[str, str]) -> str:
    """The first line of what an error says, without the values of the variables that look like secrets."""
    text = str(exc).strip() or type(exc).__name__
    for secret in sorted((value for name, value in secrets.items() if SECRET.search(name)), key=len, reverse=True):
        text = text.replace(secret, "…") if len(secret) > 3 else text
    return text.splitlines()[0][:200]
