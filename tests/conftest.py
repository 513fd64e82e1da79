"""What several tests share: the embedding model, an indexed sample catalogue, a real Postgres."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatrec import ChatRec, Settings
from chatrec.catalog import sample
from chatrec.embedding import Embedder


@pytest.fixture(scope="session")
def embedder_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CHATREC_HOME with the default embedding model exported; what is indexed there stays for the run."""
    from chatrec.embedding import load_embedder

    home = tmp_path_factory.mktemp("home")
    load_embedder(Settings(home=home))
    return home


@pytest.fixture(scope="session")
def embedder(embedder_home: Path) -> Embedder:
    """The default one, as users get it."""
    from chatrec.embedding import load_embedder

    return load_embedder(Settings(home=embedder_home))


@pytest.fixture(scope="session")
def rec(embedder_home: Path) -> Iterator[ChatRec]:
    """The sample catalogue with its interactions and dialogues, without a language model."""
    rec = ChatRec(Settings(home=embedder_home, llm="builtin"))
    rec.index([sample.films(), sample.interactions(), sample.dialogues()])
    yield rec
    rec.close()


@pytest.fixture(scope="session")
def openai_server() -> Iterator[dict[str, str]]:
    """`base_url`, `key` and `model` of a real server of the OpenAI protocol, in a process of its own."""
    command = [sys.executable, str(Path(__file__).parent / "openai_server.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        if not line:
            pytest.fail("The language model of the tests did not start; see the output above.", pytrace=False)
        yield json.loads(line)
        process.kill()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address, password included, of an empty server that listens on a socket in a folder of its own."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not installed:
        pytest.fail("These tests start a Postgres server: apt-get install --yes postgresql", pytrace=False)
    programs = installed[-1].parent
    folder = Path(tempfile.mkdtemp(prefix="chatrec-postgres-"))
    password = secrets.token_hex(8)
    (folder / "password").write_text(password)
    as_owner: list[str] = []
    if os.geteuid() == 0:  # Postgres refuses to run as root
        as_owner = ["runuser", "-u", "postgres", "--"]
        for path in (folder, folder / "password"):
            shutil.chown(path, "postgres", "postgres")

    def call(program: str, *arguments: str) -> None:
        command = [*as_owner, str(programs / program), "--pgdata", str(folder / "data"), *arguments]
        # To a file, not a pipe: the server keeps its output open for as long as it runs.
        with (folder.parent / f"{folder.name}.log").open("a+") as log:
            if subprocess.run(command, cwd=folder, stdout=log, stderr=log, timeout=120, check=False).returncode:
                log.seek(0)
                pytest.fail(f"{program} failed:\n{log.read()}", pytrace=False)

    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    try:
        call("initdb", "--username=chatrec", f"--pwfile={folder / 'password'}", "--auth=scram-sha-256", "--no-sync")
        call("pg_ctl", "start", "--wait", "--options", options)
        try:
            yield f"postgresql://chatrec:{password}@/postgres?host={folder}"
        finally:
            call("pg_ctl", "stop", "--mode=immediate")
    finally:
        shutil.rmtree(folder)
        (folder.parent / f"{folder.name}.log").unlink(missing_ok=True)
