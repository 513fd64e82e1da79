"""A catalogue's house rules, `policy.toml` in its folder: checked before they are kept, read again when changed."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from chatrec.catalog.policy import FILE, Policy, check_policy, parsed, policy_text
from chatrec.catalog.schema import from_json, profile
from chatrec.store import manifest
from chatrec.store.items import Items


@dataclass(frozen=True, slots=True)
class HouseRules:
    """Rules that must fit once an indexing is done. `text` is what is to be kept of them; None: nothing new."""

    policy: Policy = field(default_factory=Policy)
    where: str = FILE
    text: str | None = None

    def check(self, items_db: Path) -> None:
        """Raises CatalogError where the rules do not fit these items; no items at all fit any rules."""
        if self.policy == Policy():
            return
        with closing(Items(items_db)) as items:
            if schema := profile(items.all()):
                check_policy(self.policy, schema, where=self.where)

    def keep(self, folder: Path) -> None:
        if self.text is not None:
            manifest.written(folder / FILE, self.text)


def rules_for(folder: Path, given: Path | None) -> HouseRules:
    """The rules in the file that was given, else those the catalogue has. Raises CatalogError."""
    path = given or folder / FILE
    if not given and not path.is_file():
        return HouseRules()
    text = policy_text(path)
    return HouseRules(parsed(text, where=str(path)), str(path), text if given else None)


def in_force(folder: Path) -> Policy:
    """The rules of the catalogue as they stand now. Raises CatalogError for a file that is none, or does not fit."""
    path = folder / FILE
    try:
        stat = path.stat()
    except FileNotFoundError:
        return Policy()
    return _read(path, manifest.current(folder), (stat.st_mtime_ns, stat.st_size, stat.st_ino))


@lru_cache(maxsize=16)
def _read(path: Path, generation: str, changed: tuple[int, ...]) -> Policy:
    """Read once for each generation and each change of the file."""
    policy = parsed(policy_text(path), where=str(path))
    if generation and policy != Policy():
        about = manifest.read(path.parent, generation)
        schema = path.parent / "parts" / about.parts["facets"] / "schema.json"
        check_policy(policy, from_json(json.loads(schema.read_text(encoding="utf-8"))), where=str(path))
    return policy
