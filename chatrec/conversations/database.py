"""Opens the conversation database, SQLite or Postgres, and hands out its transactions; maps all its errors."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, inspect, make_url, select, text, update
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from chatrec.conversations.rows import METADATA, SCHEMA_VERSION, Rows
from chatrec.errors import ConversationError, MissingPackage

SCHEMA = 2
UPGRADES = {1: ("ALTER TABLE sessions ADD COLUMN catalog VARCHAR",)}
"""Schema number -> the statements, which both databases know, that make it the next one."""

BUSY_SECONDS = 10.0  # to wait for another writer, or for a server to answer
ADDRESS = "CHATREC_DATABASE_URL takes sqlite:////folder/file.db or postgresql://user:password@host:port/database."
SET_UP_LOCK = 0x63686174  # "chat": the advisory lock under which one process at a time creates tables


class Database:
    """One database, set up and of a schema this version knows. Safe to share between threads."""

    def __init__(self, address: str | Path) -> None:
        self._url = _parse(address)
        self._engine = self._connected()
        try:
            with self._mapped():
                self._set_up()
        except Exception:  # an edge only for cleaning up: whatever it was goes on
            self._engine.dispose()
            raise

    @contextmanager
    def reading(self) -> Iterator[Rows]:
        with self._mapped(), self._engine.connect() as connection:
            yield Rows(connection)

    @contextmanager
    def writing(self) -> Iterator[Rows]:
        """One transaction: saved when the block ends, gone without trace when it raises."""
        # SQLite: take the write lock at once, since a transaction that read first cannot wait for it.
        with self._mapped(), self._engine.execution_options(begin="BEGIN IMMEDIATE").begin() as connection:
            yield Rows(connection)

    def scrub(self) -> None:
        """Leaves nothing of deleted rows in the files of SQLite; Postgres does its own cleaning.

        Raises ConversationError where others keep the file busy for longer than we can wait.
        """
        if self._url.get_backend_name() != "sqlite":
            return
        with self._mapped(), self._engine.connect().execution_options(begin="") as connection:
            connection.exec_driver_sql("VACUUM")
            if connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]:
                raise ConversationError(
                    "All rows are deleted, but their text may still stand in the database file, which is in use.",
                    mend="Forget once more when nobody else uses it.",
                )

    def close(self) -> None:
        self._engine.dispose()

    def _connected(self) -> Engine:
        """An engine, which does not connect yet. Messages kept are personal: they stay out of errors and logs."""
        try:
            if self._url.get_backend_name() == "sqlite":
                return _sqlite(self._url)
            options = {} if "connect_timeout" in self._url.query else {"connect_timeout": int(BUSY_SECONDS)}
            return create_engine(self._url, hide_parameters=True, pool_pre_ping=True, connect_args=options)
        except ImportError as exc:
            raise MissingPackage("Postgres needs a driver.", mend='pip install "chatrec[postgres]"') from exc
        except OSError as exc:
            raise ConversationError(
                f"The folder of {self._where()} cannot be written: {exc.strerror}.",
                mend="Set CHATREC_HOME or CHATREC_DATABASE_URL to a place that can.",
            ) from exc

    def _set_up(self) -> None:
        with self._engine.execution_options(begin="BEGIN IMMEDIATE").begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SET_UP_LOCK})
            if not inspect(connection).has_table(SCHEMA_VERSION.name):
                METADATA.create_all(connection, checkfirst=False)  # a `users` of another program is an error
                connection.execute(insert(SCHEMA_VERSION).values(version=SCHEMA))
            version = connection.scalar(select(SCHEMA_VERSION.c.version)) or 0
            for older in range(version, SCHEMA):
                for statement in UPGRADES.get(older, ()):
                    connection.execute(text(statement))
                connection.execute(update(SCHEMA_VERSION).values(version=older + 1))
        if version > SCHEMA:
            raise ConversationError(
                f"The conversations of {self._where()} were written by a newer chatrec"
                f" (schema {version}; this one knows {SCHEMA}).",
                mend="Upgrade chatrec: pip install --upgrade chatrec",
            )

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as exc:
            reason = str(exc.orig) if isinstance(exc, DBAPIError) else type(exc).__name__
            reason = reason.strip().partition("\n")[0].rstrip(".")
            for secret in self._secrets():
                reason = reason.replace(secret, "***")
            if "already exists" in reason:
                mend = "It holds tables of another program: give chatrec a database of its own."
            elif "locked" in reason:
                mend = "Another process is writing; try again."
            else:
                mend = "Check that the database is up and that CHATREC_DATABASE_URL is right, then try again."
            raise ConversationError(
                f"The conversation database {self._where()} cannot be used: {reason}.", mend=mend
            ) from exc

    def _where(self) -> str:
        """The address without user, password and options."""
        if self._url.get_backend_name() == "sqlite":
            return self._url.database or "in memory"
        host = self._url.host or self._url.query.get("host", "localhost")
        return f"{self._url.database or ''} at {host}:{self._url.port or 5432}".strip()

    def _secrets(self) -> list[str]:
        options = [value for name, value in self._url.query.items() if "password" in name]
        return [str(secret) for secret in (self._url.password, *options) if secret]


def _parse(address: str | Path) -> URL:
    """The address as one of the two drivers we know. Raises ConversationError that never repeats the address."""
    if isinstance(address, Path):
        return URL.create("sqlite", database=str(address))
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise ConversationError("The conversation database's address cannot be read.", mend=ADDRESS) from None
    if "@" in (url.host or ""):  # the password held an unescaped @: its tail would be shown as the host
        raise ConversationError(
            "The conversation database's address cannot be read.", mend="Write @ in the password as %40."
        )
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise ConversationError(f"Conversations cannot be kept by {url.drivername!r}.", mend=ADDRESS)
    return url


def _sqlite(url: URL) -> Engine:
    options: dict[str, Any] = {}
    if url.database and url.database != ":memory:" and not url.database.startswith("file:"):
        path = Path(url.database)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # nobody else's to read; the -wal and -shm beside it take over the mode
    else:  # one connection, which all threads share in turn: another one would be another database
        options = {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}
    arguments = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    engine = create_engine(url, hide_parameters=True, connect_args=arguments, **options)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say (below), not where sqlite3 guesses
        _use_write_ahead_log(connection)
        for pragma in ("foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if statement := connection.get_execution_options().get("begin", "BEGIN"):
            connection.exec_driver_sql(statement)

    return engine


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switches a new file to WAL, which needs it for a moment alone: SQLite's own timeout does not wait for that."""
    patience = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > patience:
                raise
            time.sleep(0.01)
