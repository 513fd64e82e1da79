"""Every error chatrec raises on purpose, each with what to do next.

ChatRecError
├── SettingsError          a variable is unknown, malformed or missing
├── MissingPackage         an optional package is needed: the pip line is in `mend`
├── CatalogError           the catalogue's source cannot be used as it is
│   └── BadRecord          one record of it: names file, line, field and what was expected
├── StoreError             the index on disk
│   ├── CatalogNotFound    no catalogue of that name has been indexed
│   ├── StoreLocked        another process is indexing: names it
│   └── EmbedderMismatch   the index was built with another embedder
├── TrainingError          there is too little, or too much, to learn from
├── EmbeddingError         the embedding model cannot be obtained or run
├── LanguageModelError     the language model cannot be reached, or answered nonsense
├── EvaluationError        what was asked to be measured cannot be
├── ConversationError      the conversation database cannot be used
└── MessageError           a message that cannot be answered (empty, too long)
"""

from __future__ import annotations


class ChatRecError(Exception):
    """The base of all: `what` happened and `mend`, the next step for the person who reads it.

    Both are plain sentences without secrets; `str(error)` joins them.
    """

    def __init__(self, what: str, *, mend: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.what} {self.mend}".strip()


class SettingsError(ChatRecError):
    pass


class MissingPackage(ChatRecError):
    pass


class CatalogError(ChatRecError):
    pass


class BadRecord(CatalogError):
    """One unusable record. `line` counts from 1 (0: the file as a whole); `field` may be empty."""

    def __init__(self, file: str, line: int, field: str, expected: str, *, mend: str = "") -> None:
        where = f"{file}, line {line}" if line else file
        super().__init__(f"{where}: {f'field {field!r}: ' if field else ''}{expected.rstrip('.')}.", mend=mend)
        self.file, self.line, self.field, self.expected = file, line, field, expected


class StoreError(ChatRecError):
    pass


class CatalogNotFound(StoreError):
    pass


class StoreLocked(StoreError):
    pass


class EmbedderMismatch(StoreError):
    pass


class TrainingError(ChatRecError):
    pass


class EmbeddingError(ChatRecError):
    pass


class LanguageModelError(ChatRecError):
    pass


class EvaluationError(ChatRecError):
    pass


class ConversationError(ChatRecError):
    pass


class MessageError(ChatRecError):
    pass
