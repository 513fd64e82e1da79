"""How chatrec speaks to a language model: `ask`, `stream` and `yes_no`, within a limit, whoever provides it."""

from __future__ import annotations

import json
import math
import random
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, nullcontext, suppress
from contextvars import copy_context
from dataclasses import dataclass
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, TypeAlias

from chatrec.errors import LanguageModelError
from chatrec.llm import faults
from chatrec.llm.link import Link, links_of
from chatrec.llm.prices import usage_of
from chatrec.types import Usage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Messages: TypeAlias = Sequence[Any]
"""(role, text) pairs, the roles "system", "user" and "assistant"; or LangChain's own messages."""

TRIES = 3
"""Requests at most to one model, where what went wrong may pass; the providers' own retries wait for up to a minute."""

PAUSE = 0.5
"""Seconds before the second try, more or less and twice as many before the third; and at most until a stream that is
left has hung up."""

LONGEST = 100_000
"""Characters of one answer; who writes more does not come to an end."""

LIKELY = 20
"""How many of the likeliest first words `yes_no` looks at."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a language model said. `parsed` is the JSON object in it, None where there is none; `usage` says by whom."""

    text: str
    parsed: dict[str, Any] | None
    usage: Usage


def ask(model: BaseChatModel, messages: Messages, *, schema: Mapping[str, Any] | None = None, limit: float) -> Answer:
    """One answer, in `limit` seconds at most. With a JSON `schema` the model is asked to keep to it, if it can.

    What is not JSON leaves `parsed` None. Raises LanguageModelError, a sentence that says what went wrong.
    """
    text, usage = "", Usage()
    with closing(_said(_answered(links_of(model), messages, limit, schema=schema))) as pieces:
        for piece in pieces:
            if isinstance(piece, Usage):
                usage += piece
            else:
                text += piece
    return Answer(text, _object_in(text), usage)


def stream(model: BaseChatModel, messages: Messages, *, limit: float) -> Generator[str | Usage, None, None]:
    """The answer as it comes, and the tokens used; closing it hangs up. Raises LanguageModelError.

    A model that fails before it said anything is stood in for by the next one; after that its failing is the end.
    """
    return _said(_answered(links_of(model), messages, limit))


def yes_no(model: BaseChatModel, messages: Messages, *, limit: float) -> float | None:
    """The log-odds that the first word of the answer is Yes rather than No; None where the model does not tell.

    A word that is not among the likeliest counts as the least likely of these. Only one model is asked, as what two
    say is not on one scale. Raises LanguageModelError.
    """
    link = next(iter(_open(links_of(model))), None)
    asked = [link] if link else links_of(model)
    likely: list[Mapping[str, Any]] = []
    with closing(_answered(asked, messages, limit, odds=True)) as chunks:
        for _, chunk in chunks:
            told = (getattr(chunk, "response_metadata", None) or {}).get("logprobs") or {}
            likely = likely or ((told.get("content") or [{}])[0].get("top_logprobs") or [])
    if not likely:
        return None
    floor = min(float(each["logprob"]) for each in likely)
    return _likelihood(likely, "yes", floor) - _likelihood(likely, "no", floor)


def _likelihood(likely: Sequence[Mapping[str, Any]], word: str, floor: float) -> float:
    """The log-probability that the answer begins with the word, however it is written."""
    found = [float(each["logprob"]) for each in likely if str(each["token"]).strip(" \n▁Ġ").casefold() == word]
    return math.log(sum(map(math.exp, found))) if found else floor


def _said(chunks: Generator[tuple[Link, Any], None, None]) -> Generator[str | Usage, None, None]:
    with closing(chunks):
        for link, chunk in chunks:
            if text := _text_of(chunk):
                yield text
            if counted := getattr(chunk, "usage_metadata", None):
                yield usage_of(link.name, counted.get("input_tokens", 0), counted.get("output_tokens", 0))


def _text_of(chunk: Any) -> str:
    return str(chunk.text) if isinstance(chunk.text, str) else ""


def _open(links: Sequence[Link]) -> list[Link]:
    return [link for link in links if not link.breaker.rests()]


def _answered(
    links: Sequence[Link],
    messages: Messages,
    limit: float,
    *,
    schema: Mapping[str, Any] | None = None,
    odds: bool = False,
) -> Generator[tuple[Link, Any], None, None]:
    """The chunks of an answer, each with who said it: of the first model that says anything.

    Each may take its share of the time that is left until it begins, so that the next has some of it.
    """
    deadline = time.monotonic() + limit
    problem: LanguageModelError | None = None
    able = _open(links)
    for place, link in enumerate(able):
        left = deadline - time.monotonic()
        if left <= 0 or not link.breaker.admits():
            continue
        began, share = False, left / (len(able) - place)
        request = _Request(link, messages, schema, odds, began_by=time.monotonic() + share)
        try:
            with closing(_within(request, limit=left, share=share)) as chunks:
                for chunk in chunks:
                    began = began or bool(_text_of(chunk))
                    yield link, chunk
        except LanguageModelError as error:
            link.problem = error.what
            (link.breaker.left if faults.is_the_requests(error.__cause__) else link.breaker.failed)()
            if began:
                raise
            problem = error
        except BaseException:  # nobody listens any more
            (link.breaker.worked if began else link.breaker.left)()
            raise
        else:
            link.problem = ""
            link.breaker.worked()
            return
    if problem:
        raise problem
    rest = min((link.breaker.rests() for link in links), default=0.0)
    raise LanguageModelError(f"The language model failed time after time; it is asked again in {rest:.0f} seconds.")


def _within(request: _Request, *, limit: float, share: float) -> Generator[Any, None, None]:
    """The chunks of one model's answer: the first text within `share` seconds, all within `limit`.

    A thread does the reading: no provider's own timeout ends a server that says again and again that it is alive.
    """
    begun, given, began = time.monotonic(), share, False
    reader = threading.Thread(
        target=copy_context().run, args=(request.read,), name="chatrec-language-model", daemon=True
    )
    reader.start()
    try:
        while True:
            piece = request.pieces.get(timeout=max(0.0, begun + given - time.monotonic()))
            if piece is None:
                return
            if isinstance(piece, Exception):
                raise LanguageModelError(faults.sentence(piece, given, began=began)) from piece
            if _text_of(piece):
                began, given = True, limit
            yield piece
    except Empty:
        what = "took longer than" if began else "did not answer within"
        raise LanguageModelError(f"The language model {what} {round(given, 1):g} seconds.") from None
    finally:
        request.given_up.set()
        with suppress(Empty):  # the reader may be waiting for room
            request.pieces.get_nowait()
        reader.join(PAUSE)


class _Request:
    """What is asked of one model, and the thread's side of it: `read` puts chunks, then None or what went wrong."""

    def __init__(
        self, link: Link, messages: Messages, schema: Mapping[str, Any] | None, odds: bool, *, began_by: float
    ) -> None:
        self.pieces: Queue[Any] = Queue(maxsize=1)  # so that no more is written than is read
        self.given_up = threading.Event()
        self._link = link
        self._messages = list(messages)
        self._schema = schema
        self._odds = odds
        self._began_by = began_by
        self._length = 0

    def read(self) -> None:
        try:
            model = self._link.model()
            line = self._link.line
            turn = line.turn(self.given_up) if line is not None else nullcontext(True)
            with turn as mine:
                if mine:
                    self._try(model)
        except Exception as exc:  # noqa: BLE001  # every provider raises its own tree; `faults` tells them apart
            self._put(exc)
        else:
            self._put(None)

    def _put(self, piece: Any) -> None:
        if not self.given_up.is_set():  # nobody would take it
            self.pieces.put(piece)

    def _try(self, model: BaseChatModel) -> None:
        """Asks until it is answered, retries are of no use, or there is no time for another."""
        openai = hasattr(model, "root_client")  # only that protocol knows schemas and tells odds
        form = self._schema if openai and self._link.knows_schemas else None
        if self._odds and not openai:
            return
        tries = 0
        while True:
            try:
                self._once(model, form)
                self._link.knows_schemas = self._link.knows_schemas and bool(form or not openai or not self._schema)
                return
            except Exception as exc:
                if form and faults.status_of(exc) in (400, 422):  # many servers do not know this part of the protocol
                    form = None
                    continue
                tries += 1
                pause = max(faults.wait_asked(exc), PAUSE * 2 ** (tries - 1) * random.uniform(0.5, 1.5))
                late = time.monotonic() + pause >= self._began_by
                if self._length or tries == TRIES or late or not faults.passes(exc) or self.given_up.wait(pause):
                    raise

    def _once(self, model: BaseChatModel, form: Mapping[str, Any] | None) -> None:
        options: dict[str, Any] = {}
        if form is not None:
            schema = {"name": "answer", "schema": dict(form), "strict": True}
            options["response_format"] = {"type": "json_schema", "json_schema": schema}
        if self._odds:
            options |= {"logprobs": True, "top_logprobs": LIKELY, "max_completion_tokens": 1, "temperature": 0}
        with closing(model.stream(self._messages, **options)) as chunks:  # type: ignore[type-var]  # a generator
            for chunk in chunks:
                if self.given_up.is_set():
                    return
                self._length += len(_text_of(chunk))
                self._put(chunk)
                if self._length > LONGEST:
                    raise LanguageModelError("The language model did not come to an end.")


def _object_in(text: str) -> dict[str, Any] | None:
    """The JSON object in a text, fenced or not; None where it is cut, broken or not there."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return None
    try:
        found = json.loads(text[start : end + 1])
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
