"""Through a real PgBouncer: what changes is refused, and what looks leaves nothing behind."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.plugins import poolers as plugin
from tests.plugins.poolers import pgbouncer
from wishkit import config as configuration
from wishkit.commands.everywhere import Everywhere
from wishkit.config import Target
from wishkit.errors import ConnectError
from wishkit.interface.cli import execute
from wishkit.postgres.connection import connect, identify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.plugins.poolers import MakePooler
    from tests.plugins.project import SqlFolder
    from wishkit.commands.everywhere import Asked
    from wishkit.postgres.scratch import Scratch

FILES = {
    "0001_parts.sql": "-- Parts\nCREATE TABLE parts (id int);\n",
    "0001_parts.rollback.sql": "DROP TABLE parts;\n",
}
MORE = {
    "0002_boxes.sql": "-- Boxes\nCREATE TABLE boxes (id int);\n",
    "0002_boxes.rollback.sql": "DROP TABLE boxes;\n",
}
# All that a session has of its own, and that the next client of it would meet.
STATE = """
SELECT
    current_user,
    (SELECT json_object_agg(name, setting) FROM pg_settings WHERE source = 'session'
        AND name <> 'application_name') AS settings,
    (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks,
    (SELECT count(*) FROM pg_prepared_statements) AS prepared,
    (SELECT count(*) FROM pg_cursors WHERE is_holdable) AS cursors,
    (SELECT count(*) FROM pg_class WHERE relpersistence = 't') AS temporary
"""


def state(url: str) -> tuple[object, object]:
    """Of the session that the next client of a pool of one gets, and which one it is."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(STATE.encode()).fetchone()
        return row, connection.execute("SELECT pg_backend_pid()").fetchone()


@pytest.fixture
def project(
    sql_folder: SqlFolder, monkeypatch: pytest.MonkeyPatch, database: str
) -> Callable[[str], Path]:
    """A project with one migration applied, one not, and an environment at the URL given."""
    folder = sql_folder(FILES)
    monkeypatch.chdir(folder)

    def make(url: str, lines: str = "") -> Path:
        (folder / "wishkit.toml").write_text(f'[environments.a]\nurl = "{url}"\n{lines}\n')
        assert execute(["migrate", "--url", database]) == 0
        sql_folder(MORE)
        return folder

    return make


@pytest.mark.parametrize(("mode", "pooled"), [("transaction", True), ("session", False)])
def test_its_modes_are_told_from_each_other(
    poolers: MakePooler,
    database: str,
    mode: str,
    pooled: bool,  # noqa: FBT001 - as below
) -> None:
    url = poolers(mode).url(database)
    with connect(Target(url, "test"), application_name="test") as connection:
        assert identify(connection).pooled is pooled
        assert connection.prepare_threshold == (None if pooled else 5)
    with pytest.raises(ConnectError) as refusal:
        connect(Target(f"{url}?options=-cwork_mem%3D4MB", "test"), application_name="test")
    assert refusal.value.code == "pooler"  # it takes no settings


def test_migrate_is_refused_and_told_which_url_it_takes(
    poolers: MakePooler,
    database: str,
    project: Callable[[str], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = poolers("transaction").url(database)
    project(url)
    before = state(url)
    capsys.readouterr()
    for verb in (["migrate"], ["rollback", "0001"]):
        with pytest.raises(ConnectError) as refusal:
            execute([*verb, "--env", "a", "--yes"])
        assert refusal.value.code == "pooler"
        assert "is a connection pooler in transaction mode" in str(refusal.value)
        assert "at port 5432; or a pool with pool_mode = session" in str(refusal.value.help)
    assert state(url) == before
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT to_regclass('boxes')").fetchone() == (None,)


LOOKS = (
    (("status",), 0, "0002_boxes"),
    (("status", "--all"), 0, "1 pending"),
    (("check", "--last-run", "--env", "a"), 0, "no drift"),
    (("env", "check"), 1, "a transaction-mode pooler is in front of it"),
    (("history",), 0, "0001_parts"),
    (("plan", "--env", "a"), 0, "0002_boxes"),
)


@pytest.fixture
def owner(server: Scratch) -> Iterator[str]:
    """A role that an environment acts as."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE ROLE pooled_owner SUPERUSER")
        yield "pooled_owner"
        connection.execute("DROP ROLE pooled_owner")


@pytest.mark.parametrize("acts", [False, True])
def test_what_looks_works_and_leaves_nothing_to_the_next_client(
    *,
    poolers: MakePooler,
    database: str,
    project: Callable[[str, str], Path],
    capsys: pytest.CaptureFixture[str],
    owner: str,
    acts: bool,
) -> None:
    url = poolers("transaction").url(database)
    project(url, f'role = "{owner}"' if acts else "")
    before = state(url)
    for words, status, expected in LOOKS:
        capsys.readouterr()
        given = [*words, "--url", url] if words == ("status",) else list(words)
        found = execute(given)
        told = capsys.readouterr()
        assert (found, expected in told.out + told.err) == (status, True), (words, told)
        assert state(url) == before, words


def test_kept_connections_live_through_a_reload_and_a_reconnect(
    poolers: MakePooler, database: str, project: Callable[[str], Path]
) -> None:
    """RELOAD, and RECONNECT, which gives every client new sessions after its transaction."""
    pooler = poolers("transaction")
    project(pooler.url(database))

    def backend(asked: Asked) -> tuple[int, int]:
        row = asked.connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row
        return id(asked.connection), int(row[0])

    with Everywhere(configuration.load(), application_name="wishkit test") as everywhere:
        seen = []
        for command in ("SHOW VERSION", "RELOAD", "RECONNECT"):
            pooler.console(command)
            (answer,) = everywhere.ask(backend)
            assert answer.error is None, command
            seen.append(answer.value)
    kept, sessions = zip(*seen, strict=True)
    assert len(set(kept)) == 1  # it is the same connection of ours all the time
    assert sessions[0] == sessions[1] != sessions[2]


def test_a_pooler_that_is_gone_is_told_and_one_that_is_back_is_used(
    server: Scratch, database: str, project: Callable[[str], Path]
) -> None:
    with pgbouncer(server, "transaction") as pooler:
        project(pooler.url(database))
        with Everywhere(configuration.load(), application_name="wishkit test") as everywhere:
            question = lambda asked: asked.server.pooled  # noqa: E731 - short
            assert everywhere.ask(question)[0].value is True
            pooler.stop()
            (answer,) = everywhere.ask(question)
            assert answer.error
            assert answer.error.code in {"connection-refused", "connection-lost"}
            with pgbouncer(server, "transaction", listen_port=str(pooler.port)):
                assert everywhere.ask(question)[0].value is True


def test_a_pool_of_sessions_is_as_good_as_the_server_for_migrate(
    poolers: MakePooler,
    database: str,
    project: Callable[[str], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It holds two sessions or more: a run watches over itself on a second connection."""
    url = poolers("session", default_pool_size="3").url(database)
    project(url)
    assert execute(["migrate", "--env", "a", "--yes"]) == 0
    assert execute(["rollback", "0002", "--env", "a", "--yes"]) == 0
    assert execute(["env", "check"]) == 0
    assert "pooler" not in capsys.readouterr().out


def test_a_pool_of_statements_is_told_whatever_is_asked(
    poolers: MakePooler,
    database: str,
    project: Callable[[str], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = poolers("statement").url(database)
    project(url)
    words = "is a connection pooler in statement mode: it lets no transaction through"
    for verb in ("migrate", "status", "check", "plan", "history"):
        with pytest.raises(ConnectError) as refusal:
            execute([verb, "--env", "a"])
        assert refusal.value.code == "pooler"
        assert words in str(refusal.value)
        assert "pool_mode = session" in str(refusal.value.help)
    for looks in (["status", "--all"], ["env", "check"]):
        capsys.readouterr()
        assert execute(looks) == 2
        told = capsys.readouterr()
        assert words in " ".join((told.out + told.err).split())


def test_where_it_is_not_installed_tests_are_skipped_and_fail_in_ci(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    for in_ci, outcome in ((False, pytest.skip.Exception), (True, pytest.fail.Exception)):
        monkeypatch.setattr(plugin, "IN_CI", in_ci)
        with pytest.raises(outcome, match="pgbouncer is not installed"):
            plugin.program()
