"""chatrec: a conversational recommender that recommends only what is in your catalogue and can show why.

Importing this package loads nothing else; each public name is imported when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chatrec.app import ChatRec as ChatRec
    from chatrec.errors import ChatRecError as ChatRecError
    from chatrec.settings import Settings as Settings

__version__ = "0.1.0"

_HOMES = {"ChatRec": "chatrec.app", "ChatRecError": "chatrec.errors", "Settings": "chatrec.settings"}

__all__ = ["ChatRec", "ChatRecError", "Settings", "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'chatrec' has no attribute {name!r}; it has {', '.join(_HOMES)}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
