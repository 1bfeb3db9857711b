"""What a run is doing, as another session sees it that may only read."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.engine.conftest import PATIENCE
from wishkit.config import Patience
from wishkit.core.live import Doing, Edge
from wishkit.core.locks import LockMode
from wishkit.postgres.live import read_live

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.conftest import Project
    from wishkit.core.live import Live, Running

STEPWISE = "-- stepwise\n-- transactional: false\n\n"
LATE = "0002_a_name_that_is_longer_than_what_a_session_can_say_of_itself"


@pytest.fixture
def wishes(project: Project) -> Project:
    """A table that is there, and a run that waits for its locks instead of queueing."""
    project.pair(
        "0001_wish",
        "CREATE TABLE wish (id int PRIMARY KEY, title text);"
        "INSERT INTO wish SELECT n, 'wish' FROM generate_series(1, 400) AS n;",
        "DROP TABLE wish;",
    )
    assert project.migrate().error is None
    project.target = replace(project.target, patience=Patience(deadline=60))
    return project


@contextmanager
def somebody(url: str, *statements: str) -> Iterator[psycopg.Connection]:
    """Somebody's open transaction."""
    with psycopg.connect(url, application_name="reporting") as connection:
        for statement in statements:
            connection.execute(statement.encode())
        yield connection
        connection.rollback()


class Onlooker:
    """Looks until what it sees is as it should be."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)

    def until(self, wanted: Callable[[Live], object], **options: list[str]) -> Live:
        deadline = time.monotonic() + PATIENCE
        while not wanted(live := read_live(self.connection, **options)):
            assert time.monotonic() < deadline, f"never seen; at last:\n{live}"
            time.sleep(0.01)
        return live

    def run(self, wanted: Callable[[Running], object], **options: list[str]) -> Running:
        """The only run, once it is as it should be."""
        (run,) = self.until(lambda it: it.running and wanted(it.running[0]), **options).running
        return run

    def ended(self) -> Live:
        return self.until(lambda it: not it.running and it.ended)


@pytest.fixture
def onlooker(project: Project) -> Iterator[Onlooker]:
    it = Onlooker(project.url)
    yield it
    it.connection.close()


def test_a_statement_of_a_transactional_migration(wishes: Project, onlooker: Onlooker) -> None:
    wishes.pair("0002_first", "SELECT 1;", "SELECT 1;")
    wishes.pair(
        "0003_hold",
        "INSERT INTO wish VALUES (0); ALTER TABLE wish ADD COLUMN note text;\n"
        "CREATE INDEX ON wish ((pg_advisory_xact_lock_shared(1)::text));",
        "SELECT 1;",
    )
    wishes.pair("0003_hold", "CREATE TABLE a (id int); CREATE TABLE b (id int);\n"
        "SELECT pg_advisory_xact_lock_shared(1), 'x' AS password;", "SELECT 1;")
    with ThreadPoolExecutor() as pool:
        with wishes.gate() as gate:
            future = pool.submit(wishes.migrate)
            run = onlooker.run(lambda it: it.blockers and it.migration == "0003_hold")
        assert future.result(30).error is None
    assert (run.run, run.verb, run.environment) == (2, "migrate", "test")
    assert run.os_user
    assert run.host
    assert (run.position, run.total, run.direction) == (2, 2, "forward")
    assert run.doing is Doing.WAITING
    assert run.at
    print(run)
    ended = onlooker.ended().ended
    assert ended
    assert (ended.run, ended.outcome, ended.done, ended.migration) == (2, "done", 2, "0003_hold")


def test_the_gate(wishes: Project, onlooker: Onlooker) -> None:
    wishes.pair(LATE, "ALTER TABLE wish ADD COLUMN note text;", "SELECT 1;")
    with ThreadPoolExecutor() as pool:
        with somebody(wishes.url, "SELECT * FROM wish") as reader:
            future = pool.submit(wishes.migrate)
            run = onlooker.run(lambda it: it.doing is Doing.GATE and it.blockers, ids=[LATE])
            named = onlooker.run(lambda it: it.doing is Doing.GATE and it.blockers)
        assert future.result(30).error is None
    assert run.migration == LATE
    print(run, named)


def test_cic(wishes: Project, onlooker: Onlooker) -> None:
    wishes.pair("0002_index", STEPWISE + "CREATE INDEX CONCURRENTLY i ON wish (title);", "DROP INDEX i;")
    with ThreadPoolExecutor() as pool:
        with somebody(wishes.url, "INSERT INTO wish VALUES (0)") as reader:
            future = pool.submit(wishes.migrate)
            run = onlooker.run(lambda it: it.progress and it.blockers)
        assert future.result(30).error is None
    print(run)


def test_backfill(wishes: Project, onlooker: Onlooker) -> None:
    wishes.pair("0002_fill", "-- x\n-- transactional: false\n-- batch: wish.id 50\n\nUPDATE wish SET title = 'x' || pg_advisory_xact_lock_shared(1)::text WHERE id <> 230 OR pg_advisory_xact_lock_shared(1) IS NOT NULL;", "SELECT 1;")
    print(wishes.rows("select 1"))
    with ThreadPoolExecutor() as pool:
        with somebody(wishes.url, "SELECT FROM wish WHERE id = 230 FOR UPDATE") as reader:
            future = pool.submit(wishes.migrate)
            run = onlooker.run(lambda it: it.progress and it.blockers)
        print(future.result(30).error)
    print(run)
