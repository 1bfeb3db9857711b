"""Real PgBouncers, as the system has them: each an unprivileged process that ends with its test."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from wishkit.postgres.account import choose_account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.postgres.scratch import Scratch

PREPARES = (1, 21)  # the first that can keep prepared statements in transaction mode
IN_CI = bool(os.environ.get("CI"))  # before the tests' own environment is cleaned
# Ends with us, however we end: its standard input is a pipe of ours.
WATCHER = '"$@" </dev/null & read -r _; kill -9 $!'
SETTINGS = {
    "listen_addr": "127.0.0.1",
    "unix_socket_dir": "",
    "logfile": "",
    "auth_type": "trust",
    "admin_users": "postgres",
    "default_pool_size": "1",  # whoever comes next gets the very session of who was before
    "server_round_robin": "0",
}


@dataclass(frozen=True, slots=True)
class Pooler:
    """A running PgBouncer.

    Attributes:
        port: on 127.0.0.1.
        version: such as (1, 18).
        folder: with its ini file.
        process: what ends it when its standard input is closed.
    """

    port: int
    version: tuple[int, ...]
    folder: Path
    process: subprocess.Popen[bytes]

    def url(self, database: str, *, user: str = "postgres") -> str:
        """A libpq URI that leads through it.

        Args:
            database: its name, or a connection string that names it.
            user: who logs in.
        """
        if "/" in database or "=" in database:
            name = psycopg.conninfo.conninfo_to_dict(database)["dbname"]
        else:
            name = database
        return f"postgresql://{user}@127.0.0.1:{self.port}/{name}"

    def console(self, command: str) -> list[dict[str, Any]]:
        """What its administration console answers; commands that answer nothing give no rows."""
        with psycopg.connect(
            make_conninfo(self.url("pgbouncer")), autocommit=True, row_factory=dict_row
        ) as connection:
            cursor = connection.execute(command.encode())
            return cursor.fetchall() if cursor.description else []

    @property
    def prepared(self) -> int:
        """Prepared statements that it keeps for each client; 0 where it cannot."""
        found = {row["key"]: row["value"] for row in self.console("SHOW CONFIG")}
        return int(found.get("max_prepared_statements", 0))

    def stop(self) -> None:
        """End it at once."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


class MakePooler(Protocol):
    """Starts a PgBouncer in front of every database of a server; stopped after the test."""

    def __call__(self, mode: str = "transaction", **settings: str) -> Pooler: ...


def program() -> str:
    """Where pgbouncer is; a test that needs it is skipped without, and fails in CI."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
    if found := shutil.which("pgbouncer", path=path):
        return found
    reason = "pgbouncer is not installed: .ci/install, as root on Debian"
    if IN_CI:
        pytest.fail(reason)
    pytest.skip(reason)


def version() -> tuple[int, ...]:
    """Of the pgbouncer that is installed."""
    said = subprocess.run([program(), "--version"], capture_output=True, text=True, check=True)
    return tuple(map(int, re.findall(r"\d+", said.stdout.splitlines()[0])[:2]))


@pytest.fixture(scope="module")
def poolers(server: Scratch) -> Iterator[MakePooler]:
    """PgBouncers in front of the session's server, each mode and setting started once a module."""
    with ExitStack() as stack:
        started: dict[object, Pooler] = {}

        def make(mode: str = "transaction", **settings: str) -> Pooler:
            key = (mode, *settings.items())
            if key not in started:
                started[key] = stack.enter_context(pgbouncer(server, mode, **settings))
            return started[key]

        yield make


@contextmanager
def pgbouncer(server: Scratch, mode: str, **settings: str) -> Iterator[Pooler]:
    """Run a PgBouncer for the length of a ``with`` block.

    Args:
        server: in front of all its databases.
        mode: its pool_mode.
        settings: of its ini file, on top of ours.
    """
    path, account = program(), choose_account()
    folder = Path(tempfile.mkdtemp(prefix="wishkit-pooler-"))
    try:
        values = {**SETTINGS, "pool_mode": mode, "listen_port": str(_free_port()), **settings}
        port = int(values["listen_port"])
        # The console asks no server whom to let in.
        users = ["postgres", *filter(None, [settings.get("stats_users")])]
        (folder / "users").write_text("".join(f'"{user}" ""\n' for user in users))
        ini = [
            f"[databases]\n* = host={server.folder} port=5432 auth_user=postgres\n[pgbouncer]",
            f"auth_file = {folder}/users",
            *(f"{name} = {value}" for name, value in values.items()),
        ]
        (folder / "ini").write_text("\n".join(ini) + "\n")
        folder.chmod(0o755)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                ["/bin/sh", "-c", WATCHER, "wishkit-pooler", path, str(folder / "ini")],
                stdin=subprocess.PIPE,
                stderr=log,
                stdout=log,
                cwd="/",
                **account.switch,
            )
        with process:
            _wait_for(port, process, folder / "log")
            yield Pooler(port, version(), folder, process)
    finally:
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.005)
    pytest.fail(f"pgbouncer does not listen: {log.read_text(errors='replace')}")
