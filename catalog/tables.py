"""A table of a settings file in TOML, asked key by key for what must stand there, and for nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chatrec.errors import BadRecord


class Table:
    """`where` is the file and `name` the table in it, both told with what is wrong; every wrong key is a BadRecord."""

    def __init__(self, where: str, name: str, values: Any) -> None:
        self._where, self._name = where, name
        if not isinstance(values, Mapping):
            raise BadRecord(where, 0, name, f"expected a table, found {values!r:.60}")
        self._values = values

    def bad(self, key: str, expected: str, *, mend: str = "") -> BadRecord:
        return BadRecord(self._where, 0, ".".join(filter(None, (self._name, key))), expected, mend=mend)

    def only(self, *known: str) -> None:
        for key in self._values:
            if key not in known:
                raise self.bad(str(key), "there is no such key", mend=f"There are: {', '.join(known)}.")

    def table(self, key: str) -> Mapping[str, Any]:
        inner = self.inner(key)
        return inner._values if inner else {}

    def inner(self, key: str) -> Table | None:
        name = ".".join(filter(None, (self._name, key)))
        return Table(self._where, name, self._values[key]) if key in self._values else None

    def boolean(self, key: str) -> bool:
        value = self._values.get(key, False)
        if not isinstance(value, bool):
            raise self.bad(key, f"expected true or false, found {value!r:.60}")
        return value

    def text(self, key: str, *, optional: bool = False) -> str:
        value = self._values.get(key, "" if optional else None)
        if not isinstance(value, str) or not (value.strip() or (optional and key not in self._values)):
            found = "nothing" if value is None else f"{value!r:.60}"
            raise self.bad(key, f"expected a text, found {found}")
        return value.strip()

    def plain(self, key: str) -> str:
        """A text, or a number or boolean as text."""
        value = _plain(self._values.get(key))
        return value if value else self.text(key)

    def texts(self, key: str, *, plain: bool = False, spoken: bool = False) -> list[str]:
        """A list of texts; `plain`: numbers and booleans are taken as texts; `spoken`: each has a letter or digit."""
        value = self._values.get(key, [])
        entries = [_plain(entry) or entry for entry in value] if plain and isinstance(value, list) else value
        if not isinstance(entries, list | tuple) or not all(isinstance(entry, str) for entry in entries):
            raise self.bad(key, f"expected a list of texts, found {value!r:.60}")
        for entry in entries:
            if not (re.search(r"[^\W_]", entry) if spoken else entry.strip()):
                raise self.bad(key, f"expected words, found {entry!r:.60}")
        return [entry.strip() for entry in entries]

    def choices(self, key: str, known: tuple[Any, ...]) -> list[Any]:
        found = self.texts(key)
        for entry in found:
            if entry not in known:
                raise self.bad(key, f"expected some of {', '.join(known)}, found {entry!r:.60}")
        return found

    def choice(self, key: str, known: tuple[str, ...]) -> str:
        found = self.text(key) if key in self._values else known[0]
        if found not in known:
            raise self.bad(key, f"expected {' or '.join(known)}, found {found!r:.60}")
        return found


def _plain(value: object) -> str:
    """A number or boolean as the schema spells it among a facet's values; empty for anything else."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.12g}" if isinstance(value, int | float) else ""
