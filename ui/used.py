"""The quiet line below a reply: which language model it used, for how long, with how many tokens, at what cost."""

from __future__ import annotations

from collections.abc import Mapping

from chatrec.types import Usage
from chatrec.ui.cards import text


def used(usage: Usage, timings: Mapping[str, float]) -> str:
    """Empty where nothing is known of it, as of turns that were kept before it was."""
    if not timings:
        return ""
    parts = [" and ".join(usage.models) or "no language model", seconds(sum(timings.values()))]
    if usage.input_tokens or usage.output_tokens:
        parts.append(f"{usage.input_tokens:,} tokens read, {usage.output_tokens:,} written")
        parts.append(cost(usage.cost))
    return f'<p class="used"><span class="unseen">Made with: </span>{text(" · ".join(parts))}</p>'


def seconds(milliseconds: float) -> str:
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def cost(dollars: float | None) -> str:
    if dollars is None:
        return "cost not known"
    if not dollars:
        return "free"
    return f"${dollars:.2f}" if dollars >= 0.1 else f"${dollars:.4f}"
