"""Conversations on SQLite and on a real Postgres: kept whole or not at all, by one writer, and forgotten for good."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, make_url, text

from chatrec import conversations as conversations_module
from chatrec.conversations import Conversation, Conversations, database, new_session_id
from chatrec.conversations.as_json import (
    profile_from_json,
    profile_to_json,
    state_from_json,
    state_to_json,
    turn_from_json,
    turn_to_json,
)
from chatrec.conversations.rows import Rows
from chatrec.errors import ConversationError, MissingPackage
from chatrec.types import Constraint, DialogueState, Mention, Note, Turn, UserProfile, Wish

FIXTURES = Path(__file__).parent / "fixtures"
TABLES = ("users", "sessions", "turns", "feedback")


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'kept' / 'conversations.db'}"
        return
    server = request.getfixturevalue("postgres_url")
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield server.replace("/postgres?", f"/{name}?")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def kept(url: str) -> Iterator[Conversations]:
    conversations = Conversations(url)
    yield conversations
    conversations.close()


def state_after(number: int) -> DialogueState:
    return DialogueState(
        turn=number,
        wishes=(Wish("something quiet", 1),),
        constraints=(Constraint("runtime", "max", (90,), turn=number), Constraint("colour", "none", (True, 1.0, "x"))),
        shown=(Mention("i1", number),),
    )


def say(
    conversations: Conversations,
    session: str,
    number: int,
    *,
    user: str | None = None,
    message: str = "",
    catalog: str = "",
) -> Turn:
    """Commits turn `number` of a session."""
    turn = Turn(number, message or f"message {number}", f"reply {number}", ("i1", "i2"), (Note("degraded", "slow", 2),))
    conversations.commit(session, user, state_after(number), turn, expected_turn=number - 1, catalog=catalog)
    return turn


def engine_from_outside(url: str) -> Engine:
    return create_engine(make_url(url).set(drivername="postgresql+psycopg") if url.startswith("postgres") else url)


def counts(url: str) -> dict[str, int]:
    """Rows a table, seen from outside."""
    engine = engine_from_outside(url)
    with engine.connect() as connection:
        found = {table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in TABLES}
    engine.dispose()
    return found


def test_resume_after_reopen(url: str) -> None:
    first = Conversations(url)
    turns = tuple(say(first, "s", number, user="ann") for number in (1, 2, 3))
    first.close()
    second = Conversations(url)
    found = second.load("s")
    assert found == Conversation("s", "ann", state_after(3), turns, "message 1")
    assert repr(found.state) == repr(state_after(3))  # 1, 1.0 and True are equal but not the same
    second.close()


def test_a_started_session_leaves_nothing_before_its_first_turn(kept: Conversations, url: str) -> None:
    assert kept.start("fresh", "ann") == Conversation("fresh", "ann")
    assert kept.load("fresh") is None
    assert sum(counts(url).values()) == 0


def test_new_ids_are_128_bits_and_accepted(kept: Conversations) -> None:
    ids = {new_session_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert min(map(len, ids)) >= 22  # 22 characters of base64 hold 128 bits
    assert kept.start(ids.pop()).turns == ()


@pytest.mark.parametrize("bad", ["", "a" * 129, "a/b", "a b", "ä", "a\0", "a\n", "'; DROP TABLE users"])
def test_malformed_ids_are_refused(tmp_path: Path, bad: str) -> None:
    conversations = Conversations(tmp_path / "c.db")
    with pytest.raises(ConversationError, match="not a session id"):
        conversations.start(bad)
    with pytest.raises(ConversationError, match="not a session id"):
        say(conversations, bad, 1)
    conversations.close()


@pytest.mark.parametrize("bad", ["a" * 257, "a\0", "a\ud800", "a\nb"])
def test_malformed_users_are_refused(tmp_path: Path, bad: str) -> None:
    conversations = Conversations(tmp_path / "c.db")
    for attempt in (lambda: say(conversations, "s", 1, user=bad), lambda: conversations.user(bad)):
        with pytest.raises(ConversationError, match="not a user id"):
            attempt()
    assert conversations.load("s") is None
    conversations.close()


def test_text_that_columns_refuse_is_kept_exactly(kept: Conversations) -> None:
    message = "a\0b \ud800 ü 🎬 \x1b[31m\n" + "x" * 100
    turn = say(kept, "s", 1, message=message)
    found = kept.load("s")
    assert found is not None
    assert found.turns == (turn,)
    assert found.title.isprintable()
    assert len(found.title) == 60
    kept.feedback("s", 1, "i1", 1, message)
    assert "ü 🎬" in kept.feedback_rows()[0].text


def test_a_commit_that_fails_half_way_leaves_nothing(
    kept: Conversations, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(kept, "s", 1, user="ann")
    before = kept.load("s"), counts(url)
    add_turn = Rows.add_turn

    def add_and_fail(rows: Rows, session_id: str, turn: Turn) -> None:
        add_turn(rows, session_id, turn)
        raise RuntimeError("before the end of the transaction")

    monkeypatch.setattr(Rows, "add_turn", add_and_fail)
    for session, number, user in (("s", 2, "ann"), ("other", 1, "ben")):
        with pytest.raises(RuntimeError):
            say(kept, session, number, user=user)
    monkeypatch.undo()
    assert (kept.load("s"), counts(url)) == before
    assert kept.load("other") is None
    say(kept, "s", 2)  # and it goes on from there


def test_a_turn_that_does_not_follow_is_a_mistake_of_the_caller(kept: Conversations) -> None:
    with pytest.raises(ValueError, match="does not follow"):
        kept.commit("s", None, state_after(2), Turn(1, "m", "r"), expected_turn=0)


def test_a_session_continued_elsewhere_is_not_overwritten(kept: Conversations, url: str) -> None:
    elsewhere = Conversations(url)
    say(kept, "s", 1)
    theirs = say(elsewhere, "s", 2, message="theirs")
    for number in (1, 2):
        with pytest.raises(ConversationError, match=r"continued elsewhere.*[Ss]end"):
            say(kept, "s", number, message="mine")
    found = kept.load("s")
    assert found is not None
    assert found.turns[1:] == (theirs,)
    elsewhere.forget(session="s")
    with pytest.raises(ConversationError, match="forgotten"):
        say(kept, "s", 3)
    assert kept.load("s") is None
    elsewhere.close()


@pytest.mark.parametrize("number", [1, 2])
def test_of_eight_threads_exactly_one_commits(kept: Conversations, number: int) -> None:
    for earlier in range(1, number):
        say(kept, "s", earlier)
    barrier = threading.Barrier(8)
    outcomes: list[str] = []
    refusals: list[str] = []

    def attempt(name: int) -> None:
        barrier.wait()
        try:
            say(kept, "s", number, user="ann", message=f"from {name}")
            outcomes.append(f"from {name}")
        except ConversationError as error:
            refusals.append(str(error))

    threads = [threading.Thread(target=attempt, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = kept.load("s")
    assert found is not None
    assert [turn.message for turn in found.turns[number - 1 :]] == outcomes
    assert len(outcomes) == 1
    assert ["continued elsewhere" in refusal for refusal in refusals] == [True] * 7


A_PROCESS = """
import sys
import chatrec.conversations.database
from chatrec.conversations import Conversations
from chatrec.errors import ConversationError
from chatrec.types import DialogueState, Turn

url, name = sys.argv[1:]
conversations = Conversations(url)
print("ready", flush=True)
sys.stdin.readline()  # all set up and commit at once
for session in ("shared", f"own-{name}"):
    turn = Turn(1, f"from {name}", "reply")
    try:
        conversations.commit(session, "ann", DialogueState(turn=1), turn, expected_turn=0)
        print(f"from {name}")
    except ConversationError as error:
        print(error)
"""


def test_of_four_processes_on_a_new_database_exactly_one_commits(url: str) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", A_PROCESS, url, str(name)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    lines = [process.communicate(timeout=60)[0].splitlines() for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    assert [own for _, own in lines] == [f"from {name}" for name in range(4)]
    said = [shared for shared, _ in lines]
    won = [outcome for outcome in said if outcome.startswith("from ")]
    assert len(won) == 1
    assert sum("continued elsewhere" in outcome for outcome in said) == 3
    conversations = Conversations(url)
    found = conversations.load("shared")
    assert found is not None
    assert [turn.message for turn in found.turns] == won
    assert counts(url) == {"users": 1, "sessions": 5, "turns": 5, "feedback": 0}
    conversations.close()


def test_a_database_set_up_by_several_at_once(url: str) -> None:
    barrier, found = threading.Barrier(6), []

    def opened() -> None:
        conversations = Conversations(url)
        barrier.wait()
        found.append(conversations.load("s"))
        conversations.close()

    threads = [threading.Thread(target=opened) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [None] * 6


def test_threads_with_sessions_of_their_own_do_not_disturb_each_other(kept: Conversations, url: str) -> None:
    errors: list[BaseException] = []

    def talk(name: int) -> None:
        try:
            for number in range(1, 6):
                say(kept, f"s{name}", number, user=f"user {name % 2}")
                kept.feedback(f"s{name}", number, "i1", 1)
        except Exception as error:  # noqa: BLE001 (a thread's errors reach the test by this list)
            errors.append(error)

    threads = [threading.Thread(target=talk, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert counts(url) == {"users": 2, "sessions": 6, "turns": 30, "feedback": 30}


def test_sessions_are_listed_newest_first_with_title_and_renamed(kept: Conversations) -> None:
    say(kept, "a", 1, user="ann", message="  a film\n\tabout " + "very " * 30 + "quiet people")
    say(kept, "b", 1, user="ann", message="a book")
    say(kept, "c", 1, user="ben", message="hers is not his")
    say(kept, "a", 2)
    listed = kept.list_sessions("ann")
    assert [(line.id, line.turns) for line in listed] == [("a", 2), ("b", 1)]
    assert listed[0].title.startswith("a film about very")
    assert listed[0].title.endswith("…")
    assert listed[0].created < listed[0].updated
    kept.rename("a", "Quiet <b>films</b>\n")
    assert kept.list_sessions("ann")[0].title == "Quiet <b>films</b>"
    with pytest.raises(ConversationError, match="no such session"):
        kept.rename("unknown", "x")


def test_a_session_belongs_to_its_user(kept: Conversations) -> None:
    say(kept, "s", 1)
    assert kept.start("s", "ann").user == "ann"  # nobody's yet
    say(kept, "s", 2, user="ann")
    for attempt in (lambda: kept.start("s", "ben"), lambda: say(kept, "s", 3, user="ben")):
        with pytest.raises(ConversationError, match="another user's"):
            attempt()
    say(kept, "s", 3)
    assert kept.start("s").user == "ann"


def test_sessions_are_searched_by_title_and_by_what_was_said(kept: Conversations) -> None:
    say(kept, "a", 1, user="ann", message="Something with STRAẞEN, or Žižkov")
    say(kept, "a", 2, user="ann", message="and a lighthouse")
    say(kept, "b", 1, user="ann", message='100%_sure "quoted"')
    say(kept, "c", 1, user="ben", message="a lighthouse of ben's")
    kept.rename("b", "Gardens")
    found = {
        words: [line.id for line in kept.list_sessions("ann", search=words)]
        for words in ("strassen", "LIGHT žižk", "reply 2", "garden", "%_", '"quoted"', "lighthouse garden", "  ", "ben")
    }
    assert found == {
        "strassen": ["a"],
        "LIGHT žižk": ["a"],
        "reply 2": ["a"],
        "garden": ["b"],
        "%_": ["b"],
        '"quoted"': ["b"],
        "lighthouse garden": [],
        "  ": ["b", "a"],
        "ben": [],
    }


def test_a_session_stays_with_its_catalogue(kept: Conversations) -> None:
    say(kept, "old", 1, user="ann")  # of a time when it was not written down
    assert kept.start("old", catalog="films").catalog == "films"
    say(kept, "old", 2, catalog="films")
    for attempt in (lambda: kept.start("old", catalog="games"), lambda: say(kept, "old", 3, catalog="games")):
        with pytest.raises(ConversationError, match=r"about the catalogue 'films', not about 'games'.*new one"):
            attempt()
    say(kept, "old", 3)  # whoever names no catalogue changes none
    found = kept.load("old")
    assert found is not None
    assert (found.catalog, len(found.turns)) == ("films", 3)
    assert [line.catalog for line in kept.list_sessions("ann")] == ["films"]


def test_profiles(kept: Conversations) -> None:
    assert kept.user("ann") == UserProfile("ann")
    profile = UserProfile("ann", frozenset({"i1", "i2"}), frozenset({"i3"}), frozenset({"shelf"}), frozenset({"i4"}))
    kept.save_user(profile)
    say(kept, "s", 1, user="ann")
    assert kept.user("ann") == profile
    kept.save_user(replace(profile, owns=frozenset()))
    assert kept.user("ann") == replace(profile, owns=frozenset())


def test_feedback(kept: Conversations) -> None:
    say(kept, "s", 1)
    kept.feedback("s", 1, "i1", 1)
    kept.feedback("s", 1, "", -1, "too long\0" + "x" * 3000)
    kept.feedback("s", 1, "i1", -1, "changed my mind")
    rows = {row.item_id: (row.session_id, row.turn, row.value, row.text) for row in kept.feedback_rows()}
    assert rows.keys() == {"", "i1"}
    assert rows["i1"] == ("s", 1, -1, "changed my mind")
    assert rows[""][3] == "too long" + "x" * 1992
    for session, turn in (("s", 2), ("s", 10**30), ("unknown", 1)):
        with pytest.raises(ConversationError, match="no turn"):
            kept.feedback(session, turn, "i1", 1)
    with pytest.raises(ConversationError, match="1 or -1"):
        kept.feedback("s", 1, "i1", 5)  # type: ignore[arg-type]


def test_a_vote_can_be_taken_back_and_read_by_session(kept: Conversations) -> None:
    say(kept, "s", 1)
    say(kept, "t", 1)
    for session, item_id in (("s", ""), ("s", "i1"), ("t", "")):
        kept.feedback(session, 1, item_id, 1)
    kept.withdraw("s", 1, "")
    kept.withdraw("s", 10**30, "")
    kept.withdraw("unknown", 1, "")
    assert [(row.session_id, row.item_id) for row in kept.feedback_rows("s")] == [("s", "i1")]
    assert len(kept.feedback_rows()) == 2


def test_a_good_reply_speaks_for_its_items_unless_they_were_judged_themselves(kept: Conversations) -> None:
    for number in (1, 2):
        say(kept, "films", number, catalog="films")  # each shows i1 and i2
    say(kept, "games", 1, catalog="games")
    say(kept, "old", 1)
    for session in ("films", "games", "old"):
        kept.feedback(session, 1, "", 1)
    kept.feedback("films", 1, "i2", -1)
    kept.feedback("films", 2, "i3", -1)
    kept.feedback("films", 2, "i3", 1)
    assert kept.marked_good("films") == [("films", "i1"), ("old", "i1"), ("old", "i2"), ("films", "i3")]
    kept.feedback("films", 2, "", -1)  # the later reply with the same items
    assert ("films", "i1") not in kept.marked_good("films")


def fill(conversations: Conversations, user: str, needle: str) -> None:
    """Puts `needle` wherever a text can go, in short rows and in ones that span pages."""
    for number in range(1, 30):
        say(conversations, f"of-{user}", number, user=user, message=f"{needle} {number} " + "pad " * (number * 60))
        conversations.feedback(f"of-{user}", number, needle, 1, needle)
    conversations.rename(f"of-{user}", needle)
    conversations.save_user(UserProfile(user, owns=frozenset({needle})))


@pytest.mark.parametrize("which", ["user", "session"])
def test_forget_deletes_every_row_and_leaves_the_others(kept: Conversations, url: str, which: str) -> None:
    say(kept, "of-ben", 1, user="ben")
    kept.feedback("of-ben", 1, "i1", 1)
    fill(kept, "ann", "SECRETWORD")
    named = {"user": "ann"} if which == "user" else {"session": "of-ann"}
    if which == "user":
        assert kept.forget(**named) == 1 + 1 + 29 + 29
        assert kept.user("ann") == UserProfile("ann")
    else:
        assert kept.forget(**named) == 1 + 29 + 29
        assert kept.user("ann").owns == {"SECRETWORD"}
    assert kept.load("of-ann") is None
    assert kept.list_sessions("ann") == []
    assert counts(url) == {"users": 1 if which == "user" else 2, "sessions": 1, "turns": 1, "feedback": 1}
    assert kept.forget(**named) == 0


@pytest.mark.parametrize("both", [{}, {"user": "a", "session": "b"}])
def test_forget_wants_one_name(kept: Conversations, both: dict[str, str]) -> None:
    with pytest.raises(ConversationError, match="either a user or a session"):
        kept.forget(**both)


def bytes_in(folder: Path, needle: bytes) -> int:
    return sum(path.read_bytes().count(needle) for path in folder.iterdir())


def test_forgotten_text_is_gone_from_the_files(tmp_path: Path) -> None:
    one, other = Conversations(tmp_path / "c.db"), Conversations(tmp_path / "c.db")
    fill(one, "ben", "OTHERWORD")
    fill(one, "annette-of-the-hill", "SECRETWORD")
    fill(other, "carl", "OTHERWORD")
    assert bytes_in(tmp_path, b"SECRETWORD") > 60
    kept_before = other.load("of-ben")
    one.forget(user="annette-of-the-hill")
    for needle in (b"SECRETWORD", b"annette-of-the-hill"):
        assert bytes_in(tmp_path, needle) == 0
    assert bytes_in(tmp_path, b"OTHERWORD") > 60
    assert other.load("of-ben") == kept_before
    one.close()
    other.close()
    assert bytes_in(tmp_path, b"SECRETWORD") == 0


def test_forget_says_so_when_the_file_is_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    conversations = Conversations(tmp_path / "c.db")
    say(conversations, "s", 1, message="SECRETWORD")
    reader = sqlite3.connect(tmp_path / "c.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM turns").fetchall()
    with pytest.raises(ConversationError, match="Forget once more"):
        conversations.forget(session="s")
    assert conversations.load("s") is None
    reader.close()
    assert conversations.forget(session="s") == 0
    assert bytes_in(tmp_path, b"SECRETWORD") == 0
    conversations.close()


def test_a_busy_writer_is_named_and_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    conversations = Conversations(tmp_path / "c.db")
    say(conversations, "s", 1)
    writer = sqlite3.connect(tmp_path / "c.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    with pytest.raises(ConversationError, match="Another process is writing; try again"):
        say(conversations, "s", 2)
    assert len(conversations.load("s").turns) == 1  # type: ignore[union-attr]  # and reading goes on
    writer.close()
    say(conversations, "s", 2)
    conversations.close()


def test_the_sqlite_file_is_private_and_in_wal(tmp_path: Path) -> None:
    conversations = Conversations(f"sqlite:///{tmp_path}/a%20b/c.db")
    say(conversations, "s", 1)
    files = sorted((tmp_path / "a b").iterdir())
    assert [path.name for path in files] == ["c.db", "c.db-shm", "c.db-wal"]
    assert {path.stat().st_mode & 0o077 for path in files} == {0}
    conversations.close()


def test_in_memory_is_one_database_for_all_threads() -> None:
    conversations = Conversations("sqlite://")
    thread = threading.Thread(target=say, args=(conversations, "s", 1))
    thread.start()
    thread.join()
    assert conversations.load("s") is not None
    conversations.close()


def test_a_newer_schema_is_refused(url: str) -> None:
    conversations = Conversations(url)
    say(conversations, "s", 1)
    conversations.close()
    engine = engine_from_outside(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE chatrec_schema SET version = 3"))
    engine.dispose()
    with pytest.raises(ConversationError, match=r"newer chatrec.*Upgrade chatrec"):
        Conversations(url).load("s")


def test_the_database_of_another_program_is_left_alone(url: str) -> None:
    engine = engine_from_outside(url)
    Path(engine.url.database or "").parent.mkdir(exist_ok=True)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE users (name TEXT)"))
    with pytest.raises(ConversationError, match="another program"):
        Conversations(url).load("s")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM users")).scalar() == 0
    engine.dispose()


def whole_message(error: BaseException | None) -> str:
    """What a traceback would show: the error and those it came from."""
    shown = ""
    while error is not None:
        shown += f"{error!s} {error!r}\n"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return shown


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ann:hunter2@127.0.0.1:9/conversations",
        "postgresql+psycopg://ann@127.0.0.1:9/conversations?password=hunter2",
        "postgresql://ann:x@hunter2@127.0.0.1:9/conversations",
        "postgresql://ann@127.0.0.1:hunter2/conversations",
        "mysql://ann:hunter2@127.0.0.1/conversations",
        "postgresql+psycopg2://ann:hunter2@127.0.0.1/conversations",
        "hunter2",
    ],
)
def test_an_address_that_cannot_be_used_is_reported_without_its_password(address: str) -> None:
    with pytest.raises(ConversationError) as caught:
        Conversations(address).load("s")
    assert caught.value.mend
    assert "hunter2" not in whole_message(caught.value)
    if ":9/" in address and "@hunter2" not in address:
        assert "conversations at 127.0.0.1:9 cannot be used" in str(caught.value)


def test_a_wrong_password_is_reported_without_it(postgres_url: str) -> None:
    parts = make_url(postgres_url)
    wrong = parts.set(password="hunter2").render_as_string(hide_password=False)
    with pytest.raises(ConversationError, match="password authentication failed") as caught:
        Conversations(wrong).load("s")
    assert "hunter2" not in whole_message(caught.value)


def test_a_driver_that_repeats_the_password_is_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object, **__: object) -> None:
        raise psycopg.OperationalError("no such thing: hunter2, hunter3")

    monkeypatch.setattr(psycopg, "connect", connect)
    with pytest.raises(ConversationError, match=r"no such thing: \*\*\*, \*\*\*"):
        Conversations("postgresql://ann:hunter2@127.0.0.1/x?sslpassword=hunter3").load("s")


def test_postgres_without_its_driver_names_the_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingPackage, match=r'pip install "chatrec\[postgres\]"'):
        Conversations("postgresql://127.0.0.1:9/x").load("s")


def _not_a_database(folder: Path) -> Path:
    (folder / "c.db").write_text("certainly not a database " * 100)
    return folder / "c.db"


def _below_a_file(folder: Path) -> Path:
    (folder / "file").touch()
    return folder / "file" / "c.db"


@pytest.mark.parametrize("where", [_not_a_database, _below_a_file, lambda folder: folder])
def test_a_place_that_cannot_be_used_is_an_error_with_a_way_out(tmp_path: Path, where: Callable[[Path], Path]) -> None:
    with pytest.raises(ConversationError, match=str(tmp_path)) as caught:
        Conversations(where(tmp_path)).load("s")
    assert caught.value.mend


def test_messages_stay_out_of_database_errors(kept: Conversations, monkeypatch: pytest.MonkeyPatch) -> None:
    say(kept, "s", 1)
    monkeypatch.setattr(Rows, "begin_session", lambda *_: True)
    monkeypatch.setattr(Rows, "advance", lambda *_, **__: True)
    with pytest.raises(ConversationError, match="cannot be used") as caught:
        say(kept, "s", 1, message="SECRETWORD")
    assert "SECRETWORD" not in whole_message(caught.value)


def test_the_database_itself_refuses_feedback_without_its_turn(
    kept: Conversations, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(kept, "s", 1)
    monkeypatch.setattr(Rows, "has_turn", lambda *_: True)
    with pytest.raises(ConversationError, match=r"(?i)foreign key"):
        kept.feedback("s", 2, "i1", 1)
    assert counts(url)["feedback"] == 0


def test_importing_the_room_does_not_import_sqlalchemy() -> None:
    code = "import sys, chatrec.conversations; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert not hasattr(conversations_module, "settings")


SCHEMA_1_STATE = DialogueState(
    turn=2,
    intent="refine",
    wishes=(Wish("a quiet puzzle for two", 1),),
    constraints=(
        Constraint("players", "any", (2, "two"), "hard", 1),
        Constraint("weight", "max", (1.5,), "soft", 2),
        Constraint("solo", "none", (True,), "hard", 2),
    ),
    liked=(Mention("g7", 1),),
    disliked=(Mention("g8", 2),),
    rejected=(Mention("g9", 2),),
    seen=(Mention("g1", 1),),
    shown=(Mention("g2", 1), Mention("g3", 2)),
)
SCHEMA_1_TURNS = (
    Turn(1, "We liked Ferry Lanes; a quiet puzzle for two?", "Try Lantern Tiles – it is quiet.", ("g2",)),
    Turn(2, "Lighter, and not solo", "Then Pocket Weir.", ("g3",), (Note("timeout", "No language model.", 2),), True),
)
SCHEMA_1_USER = UserProfile("zoë", frozenset({"g1", "g7"}), frozenset({"g1"}), frozenset({"club"}), frozenset({"g2"}))


def test_documents_of_schema_1_open() -> None:
    """Never change the fixture: it stands for what people have on disk."""
    kept = json.loads((FIXTURES / "conversation_schema1.json").read_text(encoding="utf-8"))
    assert repr(state_from_json(kept["state"])) == repr(SCHEMA_1_STATE)
    assert tuple(turn_from_json(turn) for turn in kept["turns"]) == SCHEMA_1_TURNS
    assert profile_from_json("zoë", kept["profile"]) == SCHEMA_1_USER


def test_a_database_of_schema_1_opens_and_goes_on(url: str) -> None:
    """Never change the fixture: it stands for what people have on disk."""
    script = (FIXTURES / "conversations_schema1.sql").read_text(encoding="utf-8")
    if url.startswith("sqlite"):
        path = Path(make_url(url).database or "")
        path.parent.mkdir()
        with sqlite3.connect(path) as connection:
            connection.executescript(script)
        connection.close()
    else:
        order = ("chatrec_schema", "users", "sessions", "turns", "feedback")  # Postgres wants what is referred to first
        statements = [each for each in script.split(";\n") if each.startswith(("CREATE", "INSERT"))]
        statements.sort(key=lambda each: next(place for place, name in enumerate(order) if name in each.split("(")[0]))
        with psycopg.connect(url) as server:
            for statement in statements:
                server.execute(statement.encode())
    conversations = Conversations(url)
    assert conversations.load("board-games") == Conversation(
        "board-games", "zoë", SCHEMA_1_STATE, SCHEMA_1_TURNS, "We liked Ferry Lanes; a quiet puzzle for two?"
    )
    assert conversations.user("zoë") == SCHEMA_1_USER
    assert [(row.item_id, row.value, row.text) for row in conversations.feedback_rows()] == [("g2", 1, "spot on")]
    say(conversations, "board-games", 3, catalog="games")
    conversations.close()
    conversations = Conversations(url)
    assert conversations.start("board-games").catalog == "games"
    assert [line.turns for line in conversations.list_sessions("zoë")] == [3]
    assert conversations.forget(user="zoë") == 6
    conversations.close()


def test_keys_of_other_versions() -> None:
    document = {
        "schema": 1,
        "turn": 1,
        "mood": "added later",
        "wishes": [{"text": "x", "turn": 1, "weight": 2}],
        "constraints": [{"facet": "f", "op": "any", "values": ["v"]}],
    }
    assert state_from_json(document) == DialogueState(
        turn=1, wishes=(Wish("x", 1),), constraints=(Constraint("f", "any", ("v",)),)
    )
    with pytest.raises(ConversationError, match=r"schema 2.*Upgrade chatrec"):
        state_from_json({**document, "schema": 2})
    unreadable: list[Any] = [None, [], {}, {"schema": "x"}, {"schema": 0}, {"schema": 1, "wishes": [{}]}]
    for broken in (*unreadable, {"schema": 1, "seen": 3}):
        with pytest.raises(ConversationError, match="cannot be read"):
            state_from_json(broken)


texts = st.text(st.characters(exclude_categories=()), max_size=20)  # lone surrogates too
numbers = st.integers(0, 10**6)
values = st.one_of(texts, st.booleans(), st.integers(), st.floats())
mentions = st.lists(st.builds(Mention, texts, numbers), max_size=3).map(tuple)
states = st.builds(
    DialogueState,
    turn=numbers,
    intent=texts,
    wishes=st.lists(st.builds(Wish, texts, numbers), max_size=3).map(tuple),
    constraints=st.lists(
        st.builds(
            Constraint,
            texts,
            st.sampled_from(["any", "none", "min", "max"]),
            st.lists(values, max_size=3).map(tuple),
            st.sampled_from(["hard", "soft"]),
            numbers,
        ),
        max_size=3,
    ).map(tuple),
    **dict.fromkeys(("liked", "disliked", "rejected", "seen", "shown"), mentions),
)
notes = st.lists(st.builds(Note, texts, texts, numbers), max_size=2).map(tuple)
turns = st.builds(Turn, numbers, texts, texts, st.lists(texts, max_size=3).map(tuple), notes, st.booleans())


def through_text(document: dict[str, Any]) -> Any:
    """As a strict reader of another language would see it."""
    assert document["schema"] == 1
    assert "chatrec" not in document
    return json.loads(json.dumps(document, allow_nan=False))


@given(states)
def test_states_come_back_exactly(state: DialogueState) -> None:
    assert repr(state_from_json(through_text(state_to_json(state)))) == repr(state)


@given(turns)
def test_turns_come_back_exactly(turn: Turn) -> None:
    assert turn_from_json(through_text(turn_to_json(turn))) == turn


@given(st.builds(UserProfile, st.just("ann"), *[st.frozensets(texts, max_size=4)] * 4))
def test_profiles_come_back_exactly(profile: UserProfile) -> None:
    assert profile_from_json("ann", through_text(profile_to_json(profile))) == profile
