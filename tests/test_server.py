"""The durable embedded server, on real PostgreSQL."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from wishkit.errors import ServerError
from wishkit.postgres.account import Account
from wishkit.postgres.binaries import VARIABLE, Binaries
from wishkit.postgres.location import pointer_file
from wishkit.postgres.postmaster import read_pid_file
from wishkit.postgres.server import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROJECT = Path(__file__).parents[1]
STRANGER = 54321  # a user id that has no passwd entry
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
START = """
import sys
from pathlib import Path
from wishkit.postgres.server import EmbeddedServer
print(EmbeddedServer(Path(sys.argv[1])).start().url, flush=True)
"""


@pytest.fixture(autouse=True)
def same_major(binaries: Binaries, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(binaries.bin))


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Root's state folder, for this test only; to be asked for before ``folder``."""
    with tempfile.TemporaryDirectory(prefix="wishkit-state-") as states:
        monkeypatch.setattr("wishkit.postgres.location.STATE_FOLDERS", (Path(states),))
        yield Path(states)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A project folder that every account may enter, with a name that needs quoting."""
    project = Path(tempfile.mkdtemp(prefix="wish kit %41 ü'"))
    project.chmod(0o755)
    yield project / ".wishkit" / "pg"
    EmbeddedServer(project / ".wishkit" / "pg").destroy()
    shutil.rmtree(project)


@pytest.fixture
def embedded(folder: Path) -> EmbeddedServer:
    return EmbeddedServer(folder)


def ask(url: str | None, query: str) -> Any:  # noqa: ANN401 - whatever the column holds
    assert url
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
        assert row
        return row[0]


def until(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


def answers(url: str | None) -> bool:
    try:
        return bool(ask(url, "SELECT 1"))
    except psycopg.OperationalError:
        return False


def start_elsewhere(command: list[str], env: dict[str, str], caller: Account | None = None) -> str:
    done = subprocess.run(
        command,
        env=env,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        **(caller.switch if caller else {}),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def python_for(account: Account) -> str:
    """A Python like this one that the account can run; skips the test where there is none."""
    for program in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        if Path(program).exists() and account.may("x", Path(program).resolve()):
            return program
    pytest.skip("every Python lies where no other account may go")


def test_it_is_absent_then_runs_then_stops_then_is_absent_again(embedded: EmbeddedServer) -> None:
    assert embedded.status().state == "absent"
    assert embedded.stop() is False
    with pytest.raises(ServerError) as caught:
        embedded.url()
    assert caught.value.code == "server-not-running"

    started = embedded.start()
    assert started.state == "running"
    assert ask(started.url, "SELECT current_database()::text") == "wishkit"
    assert ask(started.url, "SELECT current_user::text") == "postgres"
    assert started.url == embedded.url()

    assert embedded.stop() is True
    assert embedded.status().state == "stopped"
    assert embedded.destroy() is True
    assert embedded.status().state == "absent"
    assert embedded.destroy() is False
    assert not embedded.home.exists()


def test_starting_what_runs_changes_nothing(embedded: EmbeddedServer) -> None:
    assert embedded.start() == embedded.start() == EmbeddedServer(embedded.wanted).status()


def test_what_was_committed_survives_stop_and_start(embedded: EmbeddedServer) -> None:
    with psycopg.connect(embedded.start().url or "") as connection:
        connection.execute("CREATE TABLE wish AS SELECT 7 AS number")
    embedded.stop()
    assert ask(embedded.start().url, "SELECT number FROM wish") == 7


def test_psql_takes_the_url_as_it_is(
    embedded: EmbeddedServer, binaries: Binaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PGHOST": "nowhere",
        "PGPORT": "1",
        "PGUSER": "x",
        "PGDATABASE": "y",
    }.items():
        monkeypatch.setenv(name, value)
    url = embedded.start().url
    done = subprocess.run(
        [binaries.program("psql"), url or "", "-XAtc", "SELECT current_database()"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("wishkit\n", "")


def test_many_starts_at_once_make_one_server(folder: Path) -> None:
    command = [sys.executable, "-c", START, str(folder)]
    starts = [subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT) for _ in range(5)]
    urls = {start.communicate()[0] for start in starts}
    assert [start.returncode for start in starts] == [0] * 5
    assert len(urls) == 1


def test_it_outlives_the_command_that_started_it(folder: Path, embedded: EmbeddedServer) -> None:
    command = [sys.executable, "-c", START + "sys.stdin.read()", str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PROJECT, start_new_session=True
    ) as start:
        assert start.stdout
        url = start.stdout.readline().decode().strip()
        os.killpg(start.pid, signal.SIGKILL)
    assert embedded.status().state == "running"
    assert ask(url, "SELECT 1") == 1


def test_a_hostile_environment_does_not_reach_it(folder: Path, tmp_path: Path) -> None:
    hostile = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        VARIABLE: os.environ[VARIABLE],
        "TMPDIR": str(tmp_path),
        "LC_ALL": "xx_YY.ISO-8859-1",
        "LANG": "tr_TR",
        "LC_MESSAGES": "de_DE.UTF-8",
        "TZ": "Mars/Olympus",
        "PGDATA": "/nowhere",
        "PGPORT": "99999",
        "PGHOST": "nowhere",
        "PGUSER": "nobody-i-know",
        "PGDATABASE": "none",
        "PGOPTIONS": "-c default_transaction_read_only=on",
        "PGSSLMODE": "verify-full",
        "PGCLIENTENCODING": "LATIN1",
    }
    shell = f'umask 077; ulimit -S -n 40; exec "$@" -c "$0" {shlex.quote(str(folder))}'
    url = start_elsewhere(["/bin/sh", "-c", shell, START, sys.executable], hostile)
    assert ask(url, "SHOW server_encoding") == "UTF8"
    assert ask(url, "SHOW timezone") == "UTC"
    assert ask(url, "SHOW lc_messages") in {"C", "C.UTF-8"}
    assert ask(url, "SHOW listen_addresses") == ""
    assert ask(url, "SHOW default_transaction_read_only") == "off"


def test_a_crashed_server_starts_again(embedded: EmbeddedServer) -> None:
    url = embedded.start().url
    with psycopg.connect(url or "") as connection:
        connection.execute("CREATE TABLE wish AS SELECT 7 AS number")
    pid = embedded.status().pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: embedded.status().state != "running")
    again = embedded.start()
    assert again.pid != pid
    assert ask(again.url, "SELECT number FROM wish") == 7


def test_a_pid_that_belongs_to_another_process_now_is_no_obstacle(
    embedded: EmbeddedServer,
) -> None:
    embedded.start()
    pid_file = embedded.data / "postmaster.pid"
    text = pid_file.read_text()
    embedded.stop()
    with subprocess.Popen(["/bin/sleep", "600"], **embedded.account.switch) as other:
        try:
            pid_file.write_text(f"{other.pid}\n" + text.partition("\n")[2])
            embedded.account.own(pid_file)
            assert embedded.status().state == "stopped"
            assert embedded.stop() is False
            assert embedded.start().state == "running"
            assert other.poll() is None, "a process that is not ours was ended"
        finally:
            other.kill()


def test_a_copy_of_a_running_folder_is_a_server_of_its_own(embedded: EmbeddedServer) -> None:
    original = embedded.start()
    copied = embedded.wanted.with_name("copy")
    command = ["cp", "-Rp", str(embedded.home), str(copied)]
    subprocess.run(command, check=True)
    copy = EmbeddedServer(copied)
    try:
        assert copy.status().state == "stopped"
        assert copy.stop() is False
        assert copy.start().pid != original.pid
        assert copy.url() != original.url
    finally:
        copy.destroy()
    assert embedded.status() == original


def test_a_first_start_that_was_killed_is_begun_anew(embedded: EmbeddedServer) -> None:
    embedded.start()
    embedded.stop()
    # As it is left when the copying was cut short: the name cluster/ is given to whole ones only.
    embedded.data.rename(embedded.home / "cluster.new")
    (embedded.home / "complete").unlink()
    (embedded.home / "cluster.new" / "PG_VERSION").unlink()
    assert embedded.status().state == "absent"
    assert ask(embedded.start().url, "SELECT current_database()::text") == "wishkit"


def test_a_database_that_was_not_made_in_time_is_made_by_the_next_start(
    embedded: EmbeddedServer,
) -> None:
    embedded.start()
    ask(embedded.url("postgres"), "SELECT 1")
    with psycopg.connect(embedded.url("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE wishkit")
    (embedded.home / "complete").unlink()
    assert ask(embedded.start().url, "SELECT 1") == 1


def test_a_socket_that_was_cleaned_away_comes_back(embedded: EmbeddedServer) -> None:
    embedded.start()
    pid_file = read_pid_file(embedded.data)
    assert pid_file
    shutil.rmtree(pid_file.socket_folder)
    assert embedded.status().state == "unreachable"
    assert ask(embedded.start().url, "SELECT 1") == 1


def test_a_folder_removed_by_hand_while_it_ran_is_made_anew(embedded: EmbeddedServer) -> None:
    before = embedded.start()
    shutil.rmtree(embedded.home)
    assert embedded.status().state == "absent"
    after = embedded.start()
    assert after.pid != before.pid
    assert after.url != before.url
    assert before.pid
    os.kill(before.pid, signal.SIGQUIT)
    until(lambda: not answers(before.url))
    assert ask(after.url, "SELECT 1") == 1


def test_another_major_version_is_told(embedded: EmbeddedServer, pg_version: int) -> None:
    embedded.start()
    embedded.stop()
    (embedded.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(ServerError) as caught:
        embedded.start()
    assert caught.value.code == "server-version"
    assert "made by PostgreSQL 9, but this is PostgreSQL" in caught.value.message
    assert f" {pg_version}." in caught.value.message
    assert "install PostgreSQL 9" in (caught.value.help or "")


def test_a_folder_that_is_not_ours_is_left_alone(embedded: EmbeddedServer) -> None:
    embedded.wanted.mkdir(parents=True)
    (embedded.wanted / "thesis.txt").write_text("years of work")
    for verb in (embedded.start, embedded.destroy, embedded.status):
        with pytest.raises(ServerError) as caught:
            verb()
        assert caught.value.code == "server-foreign-folder"
    assert [path.name for path in embedded.wanted.iterdir()] == ["thesis.txt"]
    (embedded.wanted / "thesis.txt").unlink()


def test_a_server_that_cannot_start_shows_the_end_of_its_log(embedded: EmbeddedServer) -> None:
    embedded.start()
    embedded.stop()
    with (embedded.data / "postgresql.conf").open("a") as file:
        file.write("wishful_thinking = on\n")
    with pytest.raises(ServerError) as caught:
        embedded.start()
    assert caught.value.code == "server-start-failed"
    assert 'unrecognized configuration parameter "wishful_thinking"' in caught.value.notes[0]
    assert embedded.status().state == "stopped"


def test_a_named_folder_without_postgresql_is_an_error(
    embedded: EmbeddedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(ServerError) as caught:
        embedded.start()
    assert caught.value.code == "server-not-found"
    assert str(tmp_path) in caught.value.message


def test_a_socket_folder_taken_by_somebody_else_is_avoided(embedded: EmbeddedServer) -> None:
    embedded.start()
    pid_file = read_pid_file(embedded.data)
    assert pid_file
    embedded.stop()
    taken = Path(pid_file.socket_folder)
    taken.mkdir()
    taken.chmod(0o777)  # others may write: no better than not being ours
    try:
        embedded.start()
        pid_file = read_pid_file(embedded.data)
        assert pid_file
        assert pid_file.socket_folder != str(taken)
        assert Path(pid_file.socket_folder).stat().st_mode & 0o077 == 0
        embedded.stop()
    finally:
        taken.rmdir()


@as_root
def test_as_root_the_owner_of_the_project_runs_it(folder: Path) -> None:
    os.chown(folder.parents[1], STRANGER, STRANGER)
    embedded = EmbeddedServer(folder)
    assert embedded.account == Account(STRANGER, STRANGER)
    pid = embedded.start().pid
    assert Path(f"/proc/{pid}").stat().st_uid == STRANGER
    assert {path.stat().st_uid for path in folder.parent.rglob("*")} == {STRANGER}


@as_root
def test_an_account_without_passwd_entry_and_home_can_run_it(folder: Path) -> None:
    os.chown(folder.parents[1], STRANGER, STRANGER)
    caller = Account(STRANGER, STRANGER)
    python = python_for(caller)
    packages = str(Path(psycopg.__file__).parents[1])
    with tempfile.TemporaryDirectory(prefix="wishkit-tmp-") as temporary:
        os.chown(temporary, STRANGER, STRANGER)
        # No home and an empty cache: initdb itself has to run.
        env = {
            "TMPDIR": temporary,
            VARIABLE: os.environ[VARIABLE],
            "PYTHONPATH": f"{PROJECT}:{packages}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        url = start_elsewhere([python, "-c", START, str(folder)], env, caller)
        assert ask(url, "SELECT 1") == 1
        assert any(Path(temporary).glob("wishkit-cache-*/cluster-*"))
        EmbeddedServer(folder).destroy()


@as_root
def test_as_root_a_closed_project_keeps_its_server_elsewhere(states: Path, folder: Path) -> None:
    project = folder.parents[1]
    project.chmod(0o700)
    embedded = EmbeddedServer(folder)
    try:
        url = embedded.start().url
        assert ask(url, "SELECT 1") == 1
        assert embedded.home.parent == states
        assert pointer_file(folder).read_text().startswith(str(embedded.home))
        assert project.stat().st_mode & 0o777 == 0o700
        assert project.stat().st_uid == 0
        assert EmbeddedServer(folder).status().url == url
        moved = project.with_name(project.name + "moved")
        project.rename(moved)
        assert EmbeddedServer(moved / ".wishkit" / "pg").status().url == url
        moved.rename(project)
    finally:
        embedded.destroy()
    assert not pointer_file(folder).exists()


@as_root
def test_as_root_programs_in_a_closed_folder_are_copied_once(
    states: Path,
    embedded: EmbeddedServer,
    binaries: Binaries,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    prefix = binaries.bin.parent
    if not (prefix / "share").is_dir():
        pytest.skip("an installation spread over the system cannot be closed to others")
    closed = tmp_path / "closed"
    shutil.copytree(prefix, closed, symlinks=True)
    closed.chmod(0o700)
    monkeypatch.setenv(VARIABLE, str(closed / "bin"))
    assert ask(embedded.start().url, "SELECT 1") == 1
    embedded.stop()
    copies = sorted(states.iterdir())
    assert copies
    embedded.start()
    assert sorted(states.iterdir()) == copies
    shutil.rmtree(closed)
