"""chatrec works for any catalogue: nothing in the package knows what the sample's items are."""

from __future__ import annotations

import re
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "chatrec"
WORDS = re.compile(
    r"\b(films?|movies?|cinema|genres?|actors?|actress(es)?|directors?|plot|screen(play)?)\b", re.IGNORECASE
)


def test_no_word_of_one_field_stands_in_the_package() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{number}: {line.strip()}"
        for path in sorted(PACKAGE.rglob("*"))
        if path.suffix in (".py", ".txt", ".json")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if WORDS.search(re.sub(r"(?:sample|shipped)\.films|\"movies\.jsonl\"", "", line))  # names of files
    ]
    assert found == []
