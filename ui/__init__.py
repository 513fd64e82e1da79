"""The Gradio page: one conversation a browser, streamed. Importing this loads no Gradio; `serve` does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chatrec.errors import MissingPackage

if TYPE_CHECKING:
    from chatrec.app import ChatRec

__all__ = ["serve"]


def serve(rec: ChatRec, *, host: str, port: int, ready: Callable[[str], None] | None = None) -> None:
    """Serves the page until it is interrupted; port 0 takes any free one. `ready` is told the address once it answers.

    Raises SettingsError where the address cannot be used, MissingPackage without Gradio, and what `rec` itself
    needs mended (no catalogue, no language model) before anything is served.
    """
    try:
        from chatrec.ui.server import run
    except ModuleNotFoundError as exc:
        raise MissingPackage(
            f"The page needs {exc.name}, which is not installed.", mend='Install it with: pip install "chatrec[ui]"'
        ) from exc
    run(rec, host=host, port=port, ready=ready)
