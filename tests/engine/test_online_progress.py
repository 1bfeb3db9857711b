"""How far a long statement is, and for whom it waits: asked of the server, and told."""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.engine.conftest import PATIENCE
from tests.terminal import on_a_terminal
from wishkit.core.events import Progressed
from wishkit.postgres.online import watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.engine.conftest import Project

HEADER = "-- stepwise\n-- transactional: false\n\n"
BUILD = f"{HEADER}CREATE INDEX CONCURRENTLY wish_slow ON wish (slow(title));"


@pytest.fixture
def wishes(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A table of which an index can be held back while it is built."""
    monkeypatch.setattr(watch, "DELAY", 0.05)
    monkeypatch.setattr(watch, "INTERVAL", 0.05)
    project.pair(
        "0001_wish",
        "CREATE TABLE wish (id int, title text);"
        "INSERT INTO wish SELECT n, repeat(CASE n WHEN 250 THEN 'hold' ELSE 'wish' END, 200)"
        " FROM generate_series(1, 500) AS n;"
        "CREATE FUNCTION slow(title text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN"
        " PERFORM pg_advisory_xact_lock_shared(1) WHERE title LIKE 'hold%'; RETURN title; END $$;",
        "DROP TABLE wish; DROP FUNCTION slow;",
    )
    assert project.migrate().error is None
    return project


@contextmanager
def transaction(url: str, *statements: str) -> Iterator[psycopg.Connection]:
    """Somebody's open transaction."""
    with psycopg.connect(url, application_name="reporting") as connection:
        for statement in statements:
            connection.execute(statement.encode())
        yield connection
        connection.rollback()


def progressed(project: Project, phase: str) -> Progressed:
    """The first that is told of a phase."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for event in list(project.events):
            if isinstance(event, Progressed) and event.phase.startswith(phase):
                return event
        time.sleep(0.01)
    raise AssertionError(f"never told: {phase}")


def test_who_is_waited_for_is_told(wishes: Project) -> None:
    wishes.pair("0002_index", BUILD)
    with ThreadPoolExecutor() as pool:
        with transaction(wishes.url, "INSERT INTO wish VALUES (0)") as writer:
            known = (f"pid {writer.info.backend_pid}", f"role {writer.info.user}")
            run = pool.submit(wishes.migrate)
            told = progressed(wishes, "waiting for writers before build")
        assert run.result(30).error is None
    assert (told.id, told.done, told.total, told.unit) == ("0002_index", 0, 1, "transactions")
    assert told.waiting_for is not None
    who, _, query = told.waiting_for.partition(": ")
    pid, role, application, state, age = who.split(", ")
    assert (pid, role) == known
    assert (application, state) == ("reporting", "idle in transaction")
    assert age.endswith(" s")
    assert query == "INSERT INTO wish VALUES (0)"


def test_blocks_are_counted(wishes: Project) -> None:
    wishes.pair("0002_index", BUILD)
    with ThreadPoolExecutor() as pool:
        with wishes.gate() as gate:
            pid = gate.info.backend_pid
            run = pool.submit(wishes.migrate)
            told = progressed(wishes, "building index")
        assert run.result(30).error is None
    blocks = wishes.value("SELECT pg_relation_size('wish') / current_setting('block_size')::int")
    assert (told.total, told.unit) == (blocks, "blocks")
    assert told.done is not None
    assert 0 < told.done < blocks
    assert told.waiting_for is not None
    assert told.waiting_for.startswith(f"pid {pid}, ")


def test_a_statement_that_counts_nothing_still_says_for_whom_it_waits(wishes: Project) -> None:
    wishes.rows("CREATE INDEX wish_id ON wish (id)")
    wishes.pair("0002_drop", f"{HEADER}DROP INDEX CONCURRENTLY wish_id;")
    with ThreadPoolExecutor() as pool:
        with transaction(wishes.url, "SELECT * FROM wish"):
            run = pool.submit(wishes.migrate)
            told = progressed(wishes, "waiting for a lock")
        assert run.result(30).error is None
    assert (told.done, told.total) == (None, None)
    assert "reporting, idle in transaction" in (told.waiting_for or "")


def test_a_prepared_transaction_has_no_process(wishes: Project) -> None:
    name = f"forgotten_{wishes.number}"
    wishes.pair("0002_index", BUILD)
    with ThreadPoolExecutor() as pool:
        with transaction(wishes.url, "INSERT INTO wish VALUES (0)") as connection:
            connection.execute(f"PREPARE TRANSACTION '{name}'".encode())
        try:
            run = pool.submit(wishes.migrate)
            told = progressed(wishes, "waiting for writers before build")
        finally:
            wishes.rows(f"ROLLBACK PREPARED '{name}'")
        assert run.result(30).error is None
    assert (told.waiting_for or "").endswith(f": prepared: {name}")


def test_quick_statements_tell_nothing(wishes: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "DELAY", 60.0)
    wishes.pair("0002_index", BUILD)
    assert wishes.migrate().error is None
    assert not any(isinstance(event, Progressed) for event in wishes.events)


def test_a_role_that_may_not_see_others_is_told_what_would_show_them(wishes: Project) -> None:
    """Twice it waits; once it is told."""
    role = f"ordinary_{wishes.number}"
    wishes.rows(f"CREATE ROLE {role} LOGIN")
    try:
        schema = wishes.value("SELECT yoyo_schema FROM wishkit.ledger")
        for name in ("public", "wishkit", schema):
            wishes.rows(
                f"GRANT ALL ON SCHEMA {name} TO {role};"
                f"GRANT ALL ON ALL TABLES IN SCHEMA {name} TO {role};"
                f"GRANT ALL ON ALL SEQUENCES IN SCHEMA {name} TO {role}"
            )
        wishes.rows(f"ALTER TABLE wish OWNER TO {role}")
        superuser = wishes.url
        url = psycopg.conninfo.make_conninfo(wishes.url, user=role)
        wishes.target = replace(wishes.target, url=url)
        indexes = (f"CREATE INDEX CONCURRENTLY wish_{n} ON wish (id);" for n in (1, 2))
        wishes.pair("0002_index", HEADER + "\n".join(indexes))
        with ThreadPoolExecutor() as pool:
            with transaction(superuser, "INSERT INTO wish VALUES (0)") as one:
                known = (f"pid {one.info.backend_pid}", f"role {one.info.user}", "reporting")
                run = pool.submit(wishes.migrate)
                told = progressed(wishes, "waiting for writers before build")
                with transaction(superuser, "INSERT INTO wish VALUES (0)") as other:
                    one.rollback()
                    second = str(other.info.backend_pid)
                    deadline = time.monotonic() + PATIENCE
                    while not any(second in str(event) for event in list(wishes.events)):
                        assert time.monotonic() < deadline
                        time.sleep(0.01)
            assert run.result(30).error is None
        assert (told.done, told.total) == (0, 1)
        *who, age = (told.waiting_for or "").split(", ")
        assert tuple(who) == known
        assert age.endswith(" s")
        (advice,) = wishes.notes("NOTICE")
        assert f'GRANT pg_monitor TO "{role}"' in advice
    finally:
        wishes.rows(
            f"REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role}; DROP ROLE {role}"
        )


def test_a_terminal_shows_a_bar_and_takes_it_away(wishes: Project) -> None:
    wishes.pair("0002_index", BUILD)
    with transaction(wishes.url, "INSERT INTO wish VALUES (0)"):
        command = [sys.executable, "-m", "wishkit", "migrate", "--url", wishes.url]
        paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
        seen = on_a_terminal(
            command, wishes.folder, env=paths, columns=200, stop_at="waits for pid"
        )
    bar = f"{'░' * 20} waiting for writers before build, 0%, 0 of 1 transactions"
    assert bar in seen.raw
    assert ", reporting, idle in transaction, " in seen.raw
    assert "waiting for writers" not in seen.screen
    assert seen.status == 130


def test_a_log_shows_lines(wishes: Project) -> None:
    wishes.pair("0002_index", BUILD)
    with transaction(wishes.url, "INSERT INTO wish VALUES (0)") as writer:
        process = wishes.spawn("migrate")
        wishes.wait_for(
            "SELECT count(*) > 0 FROM pg_stat_progress_create_index WHERE lockers_total > 0"
        )
        writer.execute("SELECT pg_sleep(2.5)")  # seconds: the first look, and three more
    errors = process.communicate(timeout=30)[1].splitlines()
    lines = [line for line in errors if "waiting for writers before build" in line]
    assert len(lines) == 1
    assert lines[0].startswith(
        "0002_index: waiting for writers before build, 0%, 0 of 1 transactions, waits for pid "
    )
