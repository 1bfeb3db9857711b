"""Batched backfills on a busy database: they give way to clients, and wait for replicas."""

from __future__ import annotations

import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.engine.test_backfill import COUNTS, UP, batched, ends_right
from tests.engine.test_backfill import wishes as wishes_in_a_hurry
from tests.plugins.databases import SETTINGS
from wishkit.config import Patience
from wishkit.core.events import Progressed, Waiting
from wishkit.postgres import neighbours
from wishkit.postgres.account import choose_account
from wishkit.postgres.live import read_live
from wishkit.postgres.postmaster import PORT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.engine.conftest import Project
    from wishkit.core.live import Live
    from wishkit.postgres.scratch import Scratch

__all__ = ["wishes_in_a_hurry"]  # a fixture

# How many rows each transaction has changed, in order.
SIZES = """
CREATE TABLE size (id serial, rows int);
CREATE FUNCTION note_size() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    INSERT INTO public.size (rows) SELECT count(*) FROM changed;
    RETURN NULL;
END$$;
CREATE TRIGGER note_size AFTER UPDATE ON wish
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_size();
"""


def patience(project: Project, **settings: Any) -> None:  # noqa: ANN401 - as Patience has them
    """As patient as usual, but for some limits."""
    project.target = replace(project.target, patience=replace(Patience(), **settings))


@pytest.fixture
def wishes(wishes_in_a_hurry: Project) -> Project:
    """A hundred rows and a migration, on a database that others use."""
    patience(wishes_in_a_hurry)
    return wishes_in_a_hurry


def raising(project: Project, sqlstate: str, *, times: int) -> None:
    """The first so many portions from the third one on are refused."""
    project.rows(
        f"""
        CREATE SEQUENCE tries;
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE try bigint := nextval('public.tries');
        BEGIN
            IF try BETWEEN 3 AND {times + 2} THEN
                RAISE EXCEPTION 'not now' USING ERRCODE = '{sqlstate}';
            END IF;
            RETURN NULL;
        END$$;
        CREATE TRIGGER refuse BEFORE UPDATE ON wish EXECUTE FUNCTION refuse();
        """
    )


@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "55P03"])
def test_what_is_worth_another_try(wishes: Project, sqlstate: str) -> None:
    wishes.pair("0001_count", batched(UP, rows=40))
    wishes.rows(SIZES)
    raising(wishes, sqlstate, times=2)
    ends_right(wishes)
    sizes = [rows for (rows,) in wishes.rows("SELECT rows FROM size ORDER BY id")]
    assert sizes[:2] == [4, 6]
    assert sizes[2] == 2  # 8 would have come next; half of it, and half of that
    assert sum(sizes) == 100


@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "55P03"])
def test_but_not_for_ever(wishes: Project, sqlstate: str) -> None:
    patience(wishes, deadline=0.4)
    raising(wishes, sqlstate, times=1_000_000)
    error = wishes.fails()
    assert error.exit_status == 4
    assert error.code == ("stalls-clients" if sqlstate == "40001" else "lock-deadline")
    assert "rows are done, as far as " in (error.state or "")
    assert "run the same command again: it goes on there" in (error.help or "")
    wishes.rows("DROP TRIGGER refuse ON wish")
    ends_right(wishes)


def test_what_somebody_else_cancels_is_cancelled(wishes: Project) -> None:
    raising(wishes, "57014", times=1)
    error = wishes.fails()
    assert (error.code, error.exit_status, error.message) == ("migration-partial", 4, "not now")
    ends_right(wishes)


def test_a_row_that_a_client_holds(wishes: Project) -> None:
    """At the deadline it is told who; nothing or a part is done, and the next run ends it."""
    patience(wishes, deadline=0.3)
    for row, status in ((1, 3), (50, 4)):
        with psycopg.connect(wishes.url, application_name="shop") as client:
            client.execute("UPDATE wish SET n = n WHERE id = %s", [row])
            error = wishes.fails()
            assert (error.code, error.exit_status) == ("lock-deadline", status)
            assert any("shop" in note for note in error.notes)
            client.rollback()
    with psycopg.connect(wishes.url) as client:
        client.execute("UPDATE wish SET n = n WHERE id = 60")
        wishes.hooks["Blocked"] = client.rollback
        patience(wishes, deadline=60)
        ends_right(wishes)
    assert "Blocked" not in wishes.hooks  # it was told, and then the client went


@contextmanager
def updating(url: str, row: int) -> Iterator[None]:
    """A client that changes one row again and again."""
    over, errors = threading.Event(), []

    def update() -> None:
        try:
            with psycopg.connect(url, autocommit=True) as client:
                while not over.is_set():
                    client.execute("UPDATE wish SET n = n WHERE id = %s", [row])
                    over.wait(0.001)
        except psycopg.Error as error:
            errors.append(error)

    thread = threading.Thread(target=update)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert errors == []


@pytest.mark.parametrize("busy", [False, True])
def test_a_batch_that_clients_wait_for_is_made_smaller(wishes: Project, *, busy: bool) -> None:
    wishes.rows("DELETE FROM wish WHERE id > 6")
    wishes.rows(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN IF new.n > old.n THEN PERFORM pg_sleep(0.15); END IF; RETURN new; END$$;"
        "CREATE TRIGGER slow BEFORE UPDATE ON wish FOR EACH ROW EXECUTE FUNCTION slow()"
    )
    wishes.pair("0001_count", batched(UP, rows=40))
    wishes.rows(SIZES.replace("FROM changed", "FROM changed WHERE n > 0 HAVING count(*) > 1"))
    if busy:
        with updating(wishes.url, 1):
            ends_right(wishes, 6)
    else:
        ends_right(wishes, 6)
    (first, *_) = wishes.rows("SELECT rows FROM size ORDER BY id")
    assert (first < (4,)) is busy


@pytest.mark.parametrize("busy", [False, True])
def test_it_rests_while_others_are_at_work(
    wishes: Project, monkeypatch: pytest.MonkeyPatch, *, busy: bool
) -> None:
    rests: list[float] = []
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=rests.append)
    monkeypatch.setattr(neighbours, "time", clock)
    wishes.wait_for(
        "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND state IS NOT NULL)"
    )
    client = psycopg.connect(wishes.url)
    if busy:
        client.execute("SELECT 1")  # and its transaction stays open
    else:
        client.close()
    ends_right(wishes)
    client.close()
    assert (len(rests) >= 10) is busy
    assert all(seconds > 0 for seconds in rests)


@pytest.fixture
def standby(private_server: Scratch) -> Iterator[str]:
    """A replica of a server of this test's own; its URL."""
    account = choose_account()
    folder: Path = private_server.folder / "standby"
    primary = private_server.url()

    def program(name: str, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [str(private_server.binaries.program(name)), *arguments],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **account.switch,
        )

    copy = program("pg_basebackup", "-d", primary, "-D", str(folder), "-R", "-c", "fast", "-X", "s")
    assert copy.wait(60) == 0
    url = psycopg.conninfo.make_conninfo(primary, host=str(folder))
    settings = [f"{name}={value}" for name, value in SETTINGS.items()]
    settings += ["listen_addresses=", "wal_receiver_status_interval=1s", "fsync=off"]
    server = program(
        "postgres", "-D", str(folder), "-k", str(folder), "-p", str(PORT),
        *(part for setting in settings for part in ("-c", setting)),
    )  # fmt: skip
    try:
        yield url
    finally:
        server.terminate()
        server.wait(60)


def test_it_waits_for_a_replica(private_project: Project, standby: str) -> None:
    project = private_project
    project.rows("CREATE TABLE wish (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)")
    project.rows("INSERT INTO wish SELECT generate_series(1, 100)")
    project.pair("0001_count", batched(UP))
    caught_up = (
        "SELECT count(*) = 1 FROM pg_stat_replication"
        " WHERE state = 'streaming' AND replay_lsn >= pg_current_wal_flush_lsn()"
    )
    project.wait_for(caught_up)
    project.rows("INSERT INTO wish VALUES (101)")
    project.wait_for(caught_up)

    def replay(verb: str) -> None:
        with psycopg.connect(standby, autocommit=True) as connection:
            connection.execute(f"SELECT pg_wal_replay_{verb}()".encode())

    replay("pause")
    project.rows("INSERT INTO wish VALUES (102)")
    project.wait_for("SELECT replay_lag > interval '0.3 s' FROM pg_stat_replication")
    patience(project, replica_lag=0.2, deadline=0.5)
    error = project.fails()
    assert (error.code, error.exit_status) == ("replica-behind", 4)
    assert "walreceiver is" in error.message
    assert 0 < project.value("SELECT count(*) FROM wish WHERE n = 1") < 102

    seen: list[Live] = []

    def resume() -> None:
        replay("resume")
        with psycopg.connect(standby, dbname="private", autocommit=True) as connection:
            deadline = time.monotonic() + 20
            while not (live := read_live(connection)).running:
                assert time.monotonic() < deadline, live
                time.sleep(0.01)
            seen.append(live)

    patience(project, replica_lag=0.2, deadline=60)
    project.hooks["Waiting"] = resume
    project.events.clear()
    ends_right(project, 102)
    (waiting,) = [e for e in project.events if isinstance(e, Waiting)]
    assert waiting.what == "a replica to catch up"
    told = [e.waiting_for for e in project.events if isinstance(e, Progressed) and e.waiting_for]
    assert told
    assert told[0].startswith("walreceiver is")
    assert project.rows(COUNTS) == [(1, 102)]
    (run,) = seen[0].running  # the standby knows what the ledger knows, and says what it does not
    assert (run.verb, run.doing, run.migration) == ("migrate", "unseen", "0001_count")
    assert any("standby" in advice for advice in seen[0].advice)


def test_a_role_that_cannot_see_replicas_is_told_once(
    private_project: Project, standby: str
) -> None:
    project = private_project
    project.rows(
        "CREATE ROLE app LOGIN; GRANT ALL ON DATABASE private TO app; GRANT ALL ON SCHEMA public"
        " TO app; CREATE TABLE wish (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);"
        "INSERT INTO wish SELECT generate_series(1, 100); ALTER TABLE wish OWNER TO app"
    )
    project.wait_for("SELECT count(*) = 1 FROM pg_stat_replication")
    assert standby
    url = psycopg.conninfo.make_conninfo(project.url, user="app")
    project.target = replace(project.target, url=url)
    patience(project)
    project.pair("0001_count", batched(UP))
    ends_right(project)
    (note,) = [note for note in project.notes("NOTICE") if "pg_monitor" in note]
    assert note.endswith('GRANT pg_monitor TO "app" would show it')
