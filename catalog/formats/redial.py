"""The official ReDial files (Li et al., 2018), as dialogues; an item's id is the number ReDial gives the film."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chatrec.catalog import Record
from chatrec.catalog.files import first_object, objects, stem
from chatrec.catalog.formats import each
from chatrec.catalog.records import Where, dialogue_from
from chatrec.errors import BadRecord

TITLE = "ReDial's conversations"

MENTION = re.compile(r"@(\d+)")


def looks_like(path: Path) -> str:
    if not path.is_file() or not stem(path).endswith((".jsonl", ".json")):
        return ""
    first = first_object(path)
    return "its lines have movieMentions and messages" if {"movieMentions", "messages"} <= set(first) else ""


def read(path: Path) -> Iterator[Record | BadRecord]:
    yield from each(path, objects(path), _dialogue)


def _dialogue(value: Any, where: Where) -> Iterator[Record]:
    if not isinstance(value, dict) or not isinstance(value.get("messages"), list):
        raise where.bad("messages", "expected an object with a list of messages")
    titles = value.get("movieMentions")
    named = titles if isinstance(titles, dict) else {}
    seeker = value.get("initiatorWorkerId")
    said = []
    for place, message in enumerate(value["messages"]):
        if not isinstance(message, dict):
            raise where.bad(f"messages[{place}]", "expected an object with a text")
        text = str(message.get("text", ""))
        said.append(
            {
                "role": "user" if message.get("senderWorkerId") == seeker else "assistant",
                "text": MENTION.sub(lambda found: str(named.get(found[1]) or found[0]), text),
                "items": MENTION.findall(text),
            }
        )
    yield dialogue_from({"id": value.get("conversationId"), "utterances": said}, where=where)
