"""Partitions: detached online even if somebody stopped half-way, indexed by a recipe that heals."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest

from wishkit.config import Patience
from wishkit.errors import MigrationFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.engine.conftest import Project

HEADER = "-- stepwise\n-- transactional: false\n\n"
PARENT = """
CREATE TABLE parent (id int, "Title" text) PARTITION BY RANGE (id);
CREATE TABLE low PARTITION OF parent FOR VALUES FROM (0) TO (10) PARTITION BY LIST (id);
CREATE TABLE low_1 PARTITION OF low FOR VALUES IN (1);
CREATE TABLE "Low 2" PARTITION OF low FOR VALUES IN (2);
CREATE TABLE high PARTITION OF parent FOR VALUES FROM (10) TO (20);
INSERT INTO parent SELECT n, 'wish' FROM unnest('{1, 2, 11, 12}'::int[]) AS n;
"""
DETACH = "ALTER TABLE parent DETACH PARTITION high CONCURRENTLY;"
INVALID = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"
ATTACHED = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'parent_title'::regclass"
IS_PARTITION = "SELECT count(*) > 0 FROM pg_inherits WHERE inhrelid = 'high'::regclass"
WAITS = (
    "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database()"
    " AND query LIKE %s AND wait_event_type = 'Lock'"
)
BUILD = 'CREATE INDEX CONCURRENTLY parent_title ON parent ("Title") WHERE id > 0;'


@pytest.fixture
def parts(project: Project) -> Project:
    """A project with a partitioned table."""
    project.pair("0001_parent", PARENT, "DROP TABLE parent;")
    assert project.migrate().error is None
    return project


@contextmanager
def transaction(project: Project, statement: str) -> Iterator[psycopg.Connection]:
    """Somebody's open transaction."""
    with psycopg.connect(project.url) as connection:
        connection.execute(statement.encode())
        yield connection
        connection.rollback()


def ready_sql(help_: str | None) -> str:
    """The part of a help that is to be pasted."""
    assert help_
    return "-- the recipe\n" + help_.partition("\n")[2] + "\n"


def test_an_index_on_a_partitioned_table_is_told_before_anything_runs(parts: Project) -> None:
    parts.pair("0002_first", "CREATE TABLE first (id int);")
    parts.pair("0003_index", HEADER + BUILD, "DROP INDEX parent_title;")
    with pytest.raises(MigrationFileError) as caught:
        parts.migrate()
    error = caught.value
    assert (error.code, error.exit_status) == ("index-on-partitioned", 2)
    assert (error.where is not None and error.where.line, error.state) == (4, "nothing was run")
    assert parts.states() == {"0001": "applied", "0002": "pending", "0003": "pending"}
    assert (
        error.help
        == """\
build it on the partitions, and join them:
-- transactional: false
CREATE INDEX parent_title ON ONLY parent ("Title") WHERE id > 0;
CREATE INDEX CONCURRENTLY high_parent_title ON high ("Title") WHERE id > 0;
ALTER INDEX parent_title ATTACH PARTITION high_parent_title;
CREATE INDEX low_parent_title ON ONLY low ("Title") WHERE id > 0;
ALTER INDEX parent_title ATTACH PARTITION low_parent_title;
CREATE INDEX CONCURRENTLY "Low 2_parent_title" ON "Low 2" ("Title") WHERE id > 0;
ALTER INDEX low_parent_title ATTACH PARTITION "Low 2_parent_title";
CREATE INDEX CONCURRENTLY low_1_parent_title ON low_1 ("Title") WHERE id > 0;
ALTER INDEX low_parent_title ATTACH PARTITION low_1_parent_title;"""
    )
    parts.pair("0003_index", ready_sql(error.help), "DROP INDEX parent_title;")
    assert parts.migrate().error is None
    assert parts.rows(INVALID) == []
    assert parts.value(ATTACHED) == 2
    parts.assert_done()
    assert parts.rollback(steps=1).error is None
    assert parts.value("SELECT to_regclass('low_1_parent_title') IS NULL")


def test_the_table_is_partitioned_by_the_same_plan(project: Project) -> None:
    project.pair("0001_parent", PARENT, "DROP TABLE parent;")
    project.pair("0002_index", HEADER + BUILD)
    error = project.fails()
    assert (error.code, error.exit_status) == ("index-on-partitioned", 3)
    assert error.state == "nothing of 0002_index remains; the database is at 0001_parent"
    project.pair("0002_index", ready_sql(error.help))
    assert project.migrate().error is None
    assert project.rows(INVALID) == []
    project.assert_done()


def test_long_names_stay_apart(project: Project) -> None:
    long = "p" * 61
    project.rows(
        "CREATE SCHEMA shop; CREATE TABLE shop.parent (id int) PARTITION BY LIST (id);"
        f"CREATE TABLE shop.{long}_1 PARTITION OF shop.parent FOR VALUES IN (1);"
        f"CREATE TABLE shop.{long}_2 PARTITION OF shop.parent FOR VALUES IN (2);"
    )
    project.pair("0001_index", f"{HEADER}CREATE UNIQUE INDEX CONCURRENTLY one ON shop.parent (id);")
    with pytest.raises(MigrationFileError) as caught:
        project.migrate()
    project.pair("0001_index", ready_sql(caught.value.help))
    assert project.migrate().error is None
    assert project.rows(INVALID) == []
    assert project.value(ATTACHED.replace("parent_title", "shop.one")) == 2


@pytest.mark.parametrize("how", ["terminate", "cancel"])
def test_the_recipe_is_resumed(parts: Project, how: str) -> None:
    parts.pair("0002_index", HEADER + BUILD)
    with pytest.raises(MigrationFileError) as caught:
        parts.migrate()
    parts.pair("0002_index", ready_sql(caught.value.help))
    with ThreadPoolExecutor() as pool:
        with transaction(parts, "INSERT INTO low_1 VALUES (1)"):
            run = pool.submit(parts.fails)
            parts.wait_for(WAITS, "CREATE INDEX CONCURRENTLY low_1%")
            if how == "terminate":
                parts.terminate("work")
            else:
                parts.rows("SELECT pg_cancel_backend(%s)", parts.processes()["work"])
        error = run.result(30)
    assert error.state is not None
    assert "0002_index is partly applied: 7 of 9 statements are done" in error.state
    assert parts.migrate().error is None
    assert parts.rows(INVALID) == []
    assert parts.value(ATTACHED) == 2
    parts.assert_done()


def test_a_recipe_that_leaves_a_partition_out(parts: Project) -> None:
    recipe = f"""{HEADER}
CREATE INDEX parent_title ON ONLY parent ("Title");
CREATE INDEX CONCURRENTLY high_title ON high ("Title");
ALTER INDEX parent_title ATTACH PARTITION high_title;"""
    parts.pair("0002_index", recipe, "DROP INDEX parent_title;")
    error = parts.fails()
    assert (error.code, error.exit_status) == ("index-invalid", 4)
    assert error.notes == ("partitions without a valid index attached to it: low",)
    parts.rows(
        'CREATE INDEX low_title ON low ("Title");'
        "ALTER INDEX parent_title ATTACH PARTITION low_title"
    )
    assert parts.migrate().error is None
    parts.assert_done()


def test_a_recipe_in_several_files(parts: Project) -> None:
    """Only the last of them can be held to it; the others say how things stand."""
    parts.pair("0002_parent", 'CREATE INDEX parent_title ON ONLY parent ("Title");')
    for number, name in ((3, "high"), (4, "low")):
        parts.pair(
            f"000{number}_{name}",
            f'{HEADER}CREATE INDEX {name}_title ON {name} ("Title");\n'
            f"ALTER INDEX parent_title ATTACH PARTITION {name}_title;",
        )
    assert parts.migrate().error is None
    (warning,) = parts.notes("WARNING")
    assert warning == (
        'the index "parent_title" of a partitioned table is INVALID: '
        "partitions without one attached: low"
    )
    assert parts.rows(INVALID) == []


@pytest.mark.parametrize("how", ["terminate", "cancel", "somebody"])
def test_detaching_stops_half_way(parts: Project, how: str) -> None:
    parts.pair("0002_detach", HEADER + DETACH)
    with ThreadPoolExecutor() as pool:
        with transaction(parts, "SELECT * FROM parent"):
            if how == "somebody":
                theirs = pool.submit(parts.rows, DETACH)
                parts.wait_for(WAITS, "ALTER TABLE parent DETACH%")
                parts.rows(
                    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND query = %s",
                    DETACH,
                )
                with pytest.raises(psycopg.errors.QueryCanceled):
                    theirs.result(30)
            else:
                run = pool.submit(parts.fails)
                parts.wait_for(WAITS, "ALTER TABLE parent DETACH%")
                work = parts.processes()["work"]
                parts.rows(f"SELECT pg_{how}_backend(%s)", work)
                parts.wait_for("SELECT count(*) > 0 FROM pg_inherits WHERE inhdetachpending")
                if how == "cancel":
                    run.result(30)
        if how != "somebody":
            assert run.result(30).exit_status == 4
            assert parts.states()["0002"] == "partial"
    assert parts.value("SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = 'high'::regclass")
    assert parts.migrate().error is None
    assert parts.value(IS_PARTITION) is False
    parts.assert_done()


def test_detaching_stalls_nobody(parts: Project) -> None:
    """In the end it needs the partition for itself, while somebody reads from just that one."""
    parts.pair("0002_detach", HEADER + DETACH)
    parts.target = replace(parts.target, patience=Patience())
    waits: list[float] = []
    over = threading.Event()

    def read() -> None:
        with psycopg.connect(parts.url, autocommit=True) as client:
            while not over.wait(0.005):
                began = time.monotonic()
                client.execute("SELECT count(*) FROM high")
                waits.append(time.monotonic() - began)

    held = time.monotonic()
    with ThreadPoolExecutor() as pool:
        reader = pool.submit(read)
        try:
            with transaction(parts, "SELECT * FROM high"):
                run = pool.submit(parts.migrate)
                parts.wait_for(
                    "SELECT count(*) > 0 FROM pg_inherits"
                    " WHERE inhrelid = 'high'::regclass AND inhdetachpending"
                )
                time.sleep(2)
            held = time.monotonic() - held
            error = run.result(30).error
            assert error is None, (error, error.notes)
        finally:
            over.set()
        reader.result()
    assert parts.value(IS_PARTITION) is False
    assert max(waits) < held / 3
    parts.assert_done()
