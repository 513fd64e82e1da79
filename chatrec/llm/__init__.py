"""The language models' room: from the settings to a chat model, and the ways to speak to one; its errors are sentences.

`ask`, `stream` and `yes_no` take any LangChain chat model; that of `chat_model` has others to stand in for it.
"""

from chatrec.llm.local import LOCAL
from chatrec.llm.models import Current, Job, budget_of, chat_model, count_tokens, fallback_note, is_local, jobs
from chatrec.llm.speaking import Answer, Messages, ask, stream, yes_no

__all__ = [
    "LOCAL",
    "Answer",
    "Current",
    "Job",
    "Messages",
    "ask",
    "budget_of",
    "chat_model",
    "count_tokens",
    "fallback_note",
    "is_local",
    "jobs",
    "stream",
    "yes_no",
]
