"""The official ReDial files (Li et al., 2018), as dialogues; an item's id is the number ReDial gives the film."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chatrec.catalog import Record
from chatrec.catalog.files import first_object, objects, stem
from chatrec.catalog.formats import each
from chatrec.catalog.records import Where, as_text, dialogue_from, id_from
from chatrec.errors import BadRecord

TITLE = "ReDial's conversations"
SUFFIXES = (".jsonl", ".json", ".ndjson")

MENTION = re.compile(r"@(\d+)")


def looks_like(path: Path) -> str:
    if not path.is_file() or not stem(path).endswith(SUFFIXES):
        return ""
    first = first_object(path)
    return "its first line has movieMentions and messages" if {"movieMentions", "messages"} <= set(first) else ""


def read(path: Path) -> Iterator[Record | BadRecord]:
    yield from each(path, objects(path), _dialogue)


def _dialogue(value: Any, where: Where) -> Iterator[Record]:
    if not isinstance(value, dict) or not isinstance(value.get("messages"), list):
        raise where.bad("messages", "expected an object with a list of messages")
    titles = value.get("movieMentions")
    named = titles if isinstance(titles, dict) else {}  # an empty list where no film was named
    seeker = value.get("initiatorWorkerId")
    said = []
    for place, message in enumerate(value["messages"]):
        if not isinstance(message, dict) or not isinstance(message.get("text"), str):
            raise where.bad(f"messages[{place}].text", "expected a text")
        text = message["text"]
        said.append(
            {
                "role": "user" if message.get("senderWorkerId") == seeker else "assistant",
                "text": MENTION.sub(lambda found: str(named.get(found[1]) or found[0]), text),
                "items": MENTION.findall(text),
            }
        )
    dialogue_id = id_from(as_text(value.get("conversationId")), "conversationId", where)
    yield dialogue_from({"id": dialogue_id, "utterances": said}, where=where)
