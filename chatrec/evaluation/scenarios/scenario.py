"""Scenarios as values: who talks, what they want and how they say it, read strictly from TOML or JSON."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast, get_args

from chatrec.catalog.policy import policy_from
from chatrec.catalog.tables import Table
from chatrec.errors import BadRecord, EvaluationError
from chatrec.types import Op, Strength

Told: TypeAlias = Literal["at once", "asked", "rejection"]

HALVES = ("locked", "open")
SUFFIXES = (".toml", ".json")
WISHES = "{wishes}"
TITLE = "{title}"
SHOWN = re.compile(r"\{shown:(\d+)\}")

NUMERIC = ("min", "max", "above", "below", "within", "outside")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A wish of the person's, when it is told, the ways to say it, and to turn down an item that does not meet it."""

    facet: str
    op: Op
    values: tuple[str | float | bool, ...]
    told: Told = "at once"
    strength: Strength = "hard"
    say: tuple[str, ...] = ()
    object: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Like:
    """An item named in the opening, and the ways to name it."""

    item: str
    say: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """A wish for less or more of `facet` than the item in place `shown` of the last list has."""

    facet: str
    op: Op
    shown: int


@dataclass(frozen=True, slots=True)
class Message:
    """A scripted message and what it changes; the reply must hold one of `expects`, if there are any."""

    say: tuple[str, ...]
    drops: tuple[str, ...] = ()
    wishes: tuple[Wanted, ...] = ()
    compared: Compared | None = None
    expects: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether other items may be wanted after it."""
        return bool(self.drops or self.wishes or self.compared)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scripted person. `id` is the file's path within its folder; `half` is "locked", "open" or empty."""

    id: str
    kind: str
    catalog: str
    opening: tuple[str, ...]
    half: str = ""
    owns: frozenset[str] = frozenset()
    seen: frozenset[str] = frozenset()
    access: frozenset[str] = frozenset()
    confirmed: frozenset[str] = frozenset()
    policy: Mapping[str, Any] = field(default_factory=dict)
    wishes: tuple[Wanted, ...] = ()
    likes: tuple[Like, ...] = ()
    then: tuple[Message, ...] = ()
    nothing_fits: bool = False


class _Part(Table):
    """A table of a scenario, which may hold lists of tables and of values."""

    def inner(self, key: str) -> _Part | None:
        return _Part(self._where, self._named(key), self._values[key]) if key in self._values else None

    def of(self, key: str) -> _Part:
        """The table under a key; an empty one where there is none."""
        return self.inner(key) or _Part(self._where, self._named(key), {})

    def tables(self, key: str) -> list[_Part]:
        found = self._values.get(key, [])
        if not isinstance(found, list):
            raise self.bad(key, f"expected tables, found {found!r:.60}")
        return [_Part(self._where, f"{self._named(key)}[{place}]", one) for place, one in enumerate(found, 1)]

    def values(self, key: str) -> tuple[str | float | bool, ...]:
        found = self._values.get(key, [])
        if not isinstance(found, list) or not found or not all(isinstance(one, str | float | int) for one in found):
            raise self.bad(key, f"expected a list of texts, numbers or booleans, found {found!r:.60}")
        return tuple(found)

    def place(self, key: str) -> int:
        found = self._values.get(key)
        if type(found) is not int or found < 1:
            raise self.bad(key, f"expected a place in the last list, from 1, found {found!r:.60}")
        return found

    def phrases(self, key: str = "say", *, part: str = "") -> tuple[str, ...]:
        """Ways to say something, at least one, each of them with `part` in it."""
        found = tuple(self.texts(key))
        if not found:
            raise self.bad(key, "expected a list of phrases")
        for phrase in found:
            if part not in phrase:
                raise self.bad(key, f"expected {part} in {phrase!r:.60}")
        return found

    def _named(self, key: str) -> str:
        return ".".join(filter(None, (self._name, key)))


def read_scenarios(folder: str | Path) -> list[Scenario]:
    """Every scenario in a folder and the folders in it, or the one of a file, by id.

    Raises EvaluationError where there is none, BadRecord for one that is not as it must be.
    """
    root = Path(folder)
    if root.is_file():
        return [read_scenario(root)]
    paths = sorted(path for path in root.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    if not paths:
        raise EvaluationError(f"{root} holds no scenarios.", mend="Name a folder of .toml or .json files.")
    return [read_scenario(path, id=path.relative_to(root).with_suffix("").as_posix()) for path in paths]


def read_scenario(path: str | Path, *, id: str = "") -> Scenario:
    """The scenario in a file. Raises BadRecord, which names the file and the key."""
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8-sig")
        told = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as exc:  # ValueError: neither TOML nor JSON
        raise BadRecord(str(file), 0, "", f"it cannot be read: {exc}") from exc
    half = file.absolute().parent.name
    return _scenario(told, where=str(file), id=id or file.stem, half=half if half in HALVES else "")


def _scenario(told: Any, *, where: str, id: str, half: str) -> Scenario:
    table = _Part(where, "", told)
    table.only("kind", "catalog", "user", "policy", "opening", "wishes", "likes", "then", "nothing_fits")
    user, opening, policy = table.of("user"), table.of("opening"), table.table("policy")
    user.only("owns", "seen", "access", "confirmed")
    opening.only("say")
    policy_from(policy, where=where)  # what is wrong with it is told now, not after a hundred conversations
    wishes = tuple(_wanted(inner) for inner in table.tables("wishes"))
    return Scenario(
        id,
        table.text("kind"),
        table.text("catalog"),
        opening.phrases(part=WISHES if any(wish.told == "at once" for wish in wishes) else ""),
        half,
        owns=frozenset(user.texts("owns")),
        seen=frozenset(user.texts("seen")),
        access=frozenset(user.texts("access")),
        confirmed=frozenset(user.texts("confirmed")),
        policy=policy,
        wishes=wishes,
        likes=tuple(_like(inner) for inner in table.tables("likes")),
        then=tuple(_message(inner) for inner in table.tables("then")),
        nothing_fits=table.boolean("nothing_fits"),
    )


def _wanted(table: _Part, *, said: bool = False) -> Wanted:
    """A wish; `said`: the message it comes with says it, and it needs no phrases of its own."""
    table.only("facet", "op", "values", "told", "strength", "say", "object")
    op, values = _op(table), table.values("values")
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    if op in NUMERIC and not (numbers or all(isinstance(value, str) for value in values)):
        raise table.bad("values", f"expected numbers or dates, found {values!r:.60}")
    if op in NUMERIC and not numbers and not all(map(_is_date, values)):
        raise table.bad("values", f"expected dates such as 2019-05-01, found {values!r:.60}")
    if op in ("within", "outside") and (len(values) % 2 or any(map(_falls, values[::2], values[1::2]))):
        raise table.bad("values", f"expected pairs of low and high, found {values!r:.60}")
    if op in ("min", "max", "above", "below") and len(values) != 1:
        raise table.bad("values", f"expected one bound, found {values!r:.60}")
    return Wanted(
        table.text("facet"),
        op,
        values,
        cast(Told, table.choice("told", get_args(Told))),
        cast(Strength, table.choice("strength", get_args(Strength))),
        tuple(table.texts("say")) if said else table.phrases(),
        tuple(table.texts("object")),
    )


def _is_date(value: object) -> bool:
    try:
        return bool(date.fromisoformat(str(value)))
    except ValueError:
        return False


def _falls(low: Any, high: Any) -> bool:
    """Whether a range ends before it begins; dates are written such that they sort as texts."""
    return bool(low > high)


def _op(table: _Part) -> Op:
    op = table.text("op")
    if op not in get_args(Op):
        raise table.bad("op", f"expected one of {', '.join(get_args(Op))}, found {op!r:.60}")
    return cast(Op, op)


def _like(table: _Part) -> Like:
    table.only("item", "say")
    return Like(table.text("item"), table.phrases(part=TITLE))


def _message(table: _Part) -> Message:
    table.only("say", "drops", "wishes", "compared", "expects")
    wishes = tuple(_wanted(inner, said=True) for inner in table.tables("wishes"))
    says: tuple[str, ...] = ()
    if expects := table.inner("expects"):
        expects.only("says")
        says = expects.phrases("says")
    compared = None
    if inner := table.inner("compared"):
        inner.only("facet", "op", "shown")
        if (op := _op(inner)) in ("within", "outside"):
            raise inner.bad("op", f"expected a comparison with one value, found {op!r}")
        compared = Compared(inner.text("facet"), op, inner.place("shown"))
    return Message(table.phrases(), tuple(table.texts("drops")), wishes, compared, says)
