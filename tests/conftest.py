"""What several tests share, made once a run: a real Postgres, and the packaged embedding model exported."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatrec.embedding import Embedder, load_embedder
from chatrec.settings import Settings


@pytest.fixture(scope="session")
def embedder_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CHATREC_HOME whose embedding model is exported (that takes half a minute). Tests copy it or only read it."""
    home = tmp_path_factory.mktemp("embedder-home")
    load_embedder(Settings(home=home, _env_file=None))
    return home


@pytest.fixture(scope="session")
def embedder(embedder_home: Path) -> Embedder:
    """The real one, as users get it."""
    return load_embedder(Settings(home=embedder_home, _env_file=None))


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
