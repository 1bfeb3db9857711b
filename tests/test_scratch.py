"""Throwaway servers and databases: fresh, quick to drop, and never left behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from wishkit.errors import ServerError
from wishkit.postgres.scratch import Scratch, scratch_server

if TYPE_CHECKING:
    from tests.plugins.databases import MakeDatabase
    from wishkit.postgres.binaries import Binaries

PROJECT = Path(__file__).parents[1]
HOLD = """
import sys
from wishkit.postgres.scratch import scratch_server
with scratch_server() as scratch:
    pid = (scratch.folder / "data/postmaster.pid").read_text().split()[0]
    print(pid, scratch.folder, flush=True)
    sys.stdin.read()
"""

PREPARE = """
import sys
from wishkit.postgres.account import choose_account
from wishkit.postgres.scratch import watched_folder
with watched_folder(choose_account()) as (folder, start):
    (folder / "half").mkdir()
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_a_database_is_fresh_and_empty(make_database: MakeDatabase, pg_version: int) -> None:
    first, second = make_database(), make_database()
    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE wish (id int)")
    with psycopg.connect(second) as connection:
        assert connection.execute("SELECT to_regclass('wish')").fetchone() == (None,)
        assert connection.info.server_version // 10000 == pg_version


def test_a_database_is_a_copy_of_its_template(server: Scratch, make_database: MakeDatabase) -> None:
    with psycopg.connect(make_database()) as connection:
        connection.execute("CREATE TABLE wish AS SELECT 7 AS number")
        name = connection.info.dbname
    with psycopg.connect(make_database(template=name)) as connection:
        assert connection.execute("SELECT number FROM wish").fetchone() == (7,)
    assert server.url(name).startswith("postgresql://")


def test_a_database_is_dropped_whoever_is_connected(server: Scratch) -> None:
    with psycopg.connect(server.create_database('odd "name" ü%')) as connection:
        server.drop_database('odd "name" ü%')
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    server.drop_database('odd "name" ü%')


def test_a_server_is_gone_after_its_block(binaries: Binaries) -> None:
    with pytest.raises(ZeroDivisionError), scratch_server(binaries) as scratch:  # noqa: PT012
        pid = int((scratch.folder / "data" / "postmaster.pid").read_text().split()[0])
        assert is_alive(pid)
        _ = 1 / 0
    assert not is_alive(pid)
    assert not scratch.folder.exists()


def test_a_folder_whose_maker_was_killed_before_the_server_ran_is_removed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PREPARE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=PROJECT,
    ) as maker:
        assert maker.stdout
        folder = Path(maker.stdout.readline().decode().strip())
        assert folder.exists()
        maker.kill()
    deadline = time.monotonic() + 30
    while folder.exists():
        assert time.monotonic() < deadline, "the folder is still there"
        time.sleep(0.01)


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_a_server_never_outlives_its_parent(name: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=PROJECT,
    ) as holder:
        assert holder.stdout
        pid, folder = holder.stdout.readline().decode().split()
        assert is_alive(int(pid))
        holder.send_signal(getattr(signal, name))
        holder.wait()
    deadline = time.monotonic() + 30
    while is_alive(int(pid)) or Path(folder).exists():
        assert time.monotonic() < deadline, "the server is still there"
        time.sleep(0.01)


def test_a_server_that_cannot_start_shows_its_log_and_leaves_nothing(binaries: Binaries) -> None:
    with (
        pytest.raises(ServerError) as caught,
        scratch_server(binaries, settings={"wishful_thinking": "on"}),
    ):
        pass
    assert caught.value.code == "server-start-failed"
    assert "wishful_thinking" in caught.value.notes[0]
    assert not Path(caught.value.message.rpartition(" ")[2]).parent.exists()


def is_alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    answer = subprocess.run(
        ["/bin/ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() not in {"", "Z", "Zs"}
