"""What the ledger keeps of an attempt: times, rows, sizes, and who was in the way."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from wishkit.commands.show import show
from wishkit.commands.verify_ledger import verify_ledger
from wishkit.config import Patience
from wishkit.core.waits import query_without_values

if TYPE_CHECKING:
    from tests.engine.conftest import Project

pytestmark = pytest.mark.majors

STEPWISE = "-- s\n-- transactional: false\n"
TABLE = "CREATE TABLE wish (id int PRIMARY KEY, note text);\n"
SOME = "INSERT INTO wish SELECT n, 'x' FROM generate_series(1, 1000) AS n;\n"


def kept(project: Project, name: str) -> tuple[list[dict[str, Any]], int | None, Any]:
    """(timings, rows, waits) of the last attempt at a migration."""
    row = project.rows(
        "SELECT statements, rows, waits FROM wishkit.execution WHERE migration_id = %s"
        " ORDER BY id DESC LIMIT 1",
        name,
    )
    return row[0]


def told(timings: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """(first, last, rows, tables) of each, where its time is one."""
    assert all(it["ms"] > 0 for it in timings)
    return [(it["first"], it["last"], it.get("rows"), it.get("sizes")) for it in timings]


def test_one_message_is_timed_by_the_server(project: Project) -> None:
    project.pair("0001_a", "CREATE TABLE a ();\nCREATE TABLE b ();", "DROP TABLE a, b;")
    project.pair("0002_slow", "DO $$ BEGIN PERFORM pg_sleep(0.05); END $$;")
    project.migrate()
    timings, rows, waits = kept(project, "0001_a")
    assert told(timings) == [(1, 2, None, None)]
    assert (rows, waits) == (None, None)
    (slow,), _, _ = kept(project, "0002_slow")
    assert slow["ms"] >= 50
    assert slow["sizes"] == {}, "what it depends on is not in its text"
    project.rollback(steps=2)
    assert told(kept(project, "0001_a")[0]) == [(1, 1, None, None)]


def test_rows_are_counted_as_the_server_does(project: Project) -> None:
    project.pair(
        "0001_rows",
        TABLE
        + "INSERT INTO wish VALUES (1, 'a'), (2, 'b');\n"
        + "INSERT INTO wish VALUES (3, 'c');\n"
        + "CREATE TABLE copy AS SELECT * FROM wish;\n"
        + "COPY wish FROM stdin;\n4\tx\n5\ty\n\\.\n"
        + "UPDATE wish SET note = 'z' WHERE id > 3;\n"
        + "DELETE FROM wish WHERE id > 100;\n"
        + "INSERT INTO wish VALUES (6, 'a') RETURNING id;",
    )
    project.migrate()
    timings, rows, _ = kept(project, "0001_rows")
    assert rows == 2 + 1 + 3 + 2 + 2 + 0 + 1
    assert sum(it.get("rows", 0) for it in timings) == rows
    assert timings[-1]["rows"] == 1, "those of the last message, too"
    assert [it["first"] for it in timings] == sorted(it["first"] for it in timings)
    assert project.notes("ROWS") == ["id\n6\n(1 row)"], "the question for sizes is nobody's note"


@pytest.mark.parametrize("header", ["-- t\n", STEPWISE], ids=["transactional", "stepwise"])
def test_sizes_are_those_before_the_statement(project: Project, header: str) -> None:
    project.pair("0001_wish", TABLE + SOME)
    project.pair(
        "0002_change",
        header
        + "ALTER TABLE wish ADD COLUMN plain int;\n"
        + "UPDATE wish SET plain = id;\n"
        + "ALTER TABLE wish ALTER COLUMN plain TYPE bigint;\n"
        + "ALTER TABLE wish DROP COLUMN plain;",
    )
    project.migrate()
    project.rows("VACUUM ANALYZE wish")
    project.rollback(steps=1)
    project.migrate()
    timings, rows, _ = kept(project, "0002_change")
    assert rows == 1000
    by_first = {it["first"]: it.get("sizes", {}) for it in timings}
    assert "sizes" not in timings[0], "it only touches the catalog"
    ((name, (count, size)),) = by_first[2].items()
    assert (name, count) == ("public.wish", 1000)
    assert by_first[3]["public.wish"][1] > size, "an UPDATE leaves as many dead rows"
    assert not by_first.get(4)
    assert verify_ledger(project.workspace).faults == ()


def test_statements_outside_transactions(project: Project) -> None:
    project.pair("0001_wish", TABLE + SOME)
    project.pair(
        "0002_stepwise",
        STEPWISE
        + "SET search_path = pg_temp;\n"
        + "CREATE INDEX CONCURRENTLY wish_note ON public.wish (note);\n"
        + "COPY public.wish FROM stdin;\n2000\tx\n\\.\n"
        + "DROP INDEX CONCURRENTLY public.wish_note;\nVACUUM public.wish;",
    )
    project.migrate()
    timings, rows, _ = kept(project, "0002_stepwise")
    assert [it["first"] for it in timings] == [1, 2, 3, 4, 5]
    assert [list(it.get("sizes") or ()) for it in timings] == [
        *([], ["public.wish"], [], [], ["public.wish"])
    ]
    assert (rows, timings[2]["rows"]) == (1, 1)


def test_batches_are_counted_together(project: Project) -> None:
    project.pair("0001_wish", TABLE + SOME)
    project.pair(
        "0002_fill",
        "-- fill\n-- transactional: false\n-- batch: id 300\nUPDATE wish SET note = 'new';",
        "-- transactional: false\n-- batch: id 300\nUPDATE wish SET note = 'x';",
    )
    project.migrate()
    (entry,), rows, _ = kept(project, "0002_fill")
    assert (rows, entry["rows"]) == (1000, 1000)
    assert entry["batches"] > 1
    assert list(entry["sizes"]) == ["public.wish"]


@pytest.mark.parametrize("header", ["-- t\n", STEPWISE], ids=["transactional", "stepwise"])
def test_an_attempt_that_failed_is_kept_as_far_as_it_came(project: Project, header: str) -> None:
    project.pair("0001_fail", header + TABLE + SOME + "UPDATE wish SET id = 1;")
    project.fails()
    timings, rows, waits = kept(project, "0001_fail")
    assert timings[-1]["first"] == 3, "the last one is the one that failed"
    assert "rows" not in timings[-1]
    assert (rows, waits) == (1000, None)


@pytest.mark.parametrize("header", ["-- t\n", STEPWISE], ids=["transactional", "stepwise"])
def test_who_was_in_the_way_and_what_that_cost(project: Project, header: str) -> None:
    project.pair("0001_wish", TABLE)
    project.migrate()
    project.target = replace(project.target, patience=Patience(deadline=30))
    project.pair("0002_note", header + "ALTER TABLE wish ADD COLUMN more text;")
    holder = "SELECT 'secret' FROM wish"
    with psycopg.connect(project.url, application_name="reporting") as connection:
        connection.execute(holder.encode())
        time.sleep(0.25)  # until it is older than what is queued behind
        project.hooks["Blocked"] = threading.Timer(0.2, connection.rollback).start
        assert project.migrate().error is None
    (entry,), _, waits = kept(project, "0002_note")
    assert waits["ms"] >= 200
    assert entry["ms"] < waits["ms"]
    assert waits["retries"]["lock timeout"] >= 1
    (blocker,) = waits["blockers"]
    assert blocker["application"] == "reporting"
    assert (blocker["relation"], blocker["mode"]) == ("public.wish", "ACCESS SHARE")
    assert blocker["query"] == "SELECT '…' FROM wish"
    whole = project.value(
        "SELECT extract(epoch FROM ended_at - started_at) * 1000 FROM wishkit.execution"
        " ORDER BY id DESC LIMIT 1"
    )
    assert whole >= waits["ms"], "from the first attempt on"


def test_at_the_deadline_it_is_kept_who_it_was(project: Project) -> None:
    project.pair("0001_wish", TABLE)
    project.migrate()
    project.target = replace(project.target, patience=Patience(deadline=0.4))
    project.pair("0002_note", "ALTER TABLE wish ADD COLUMN more text;")
    with psycopg.connect(project.url, application_name="reporting") as connection:
        connection.execute("SELECT FROM wish")
        project.fails()
    waits = kept(project, "0002_note")[2]
    assert waits["ms"] >= 400
    assert [it["application"] for it in waits["blockers"]] == ["reporting"]


def test_a_ledger_of_the_version_before_is_read_and_lifted(project: Project) -> None:
    project.pair("0001_wish", TABLE)
    project.migrate()
    project.rows(
        "ALTER TABLE wishkit.execution DROP COLUMN rows, DROP COLUMN waits;"
        "UPDATE wishkit.ledger SET version = 6"
    )
    assert show(project.workspace, "0001").history
    project.pair("0002_more", "INSERT INTO wish VALUES (1);")
    project.migrate()
    assert kept(project, "0002_more")[1] == 1
    assert kept(project, "0001_wish")[1] is None
    assert verify_ledger(project.workspace).faults == ()


def test_what_is_kept_of_somebody_elses_statement() -> None:
    assert query_without_values(None) is None
    assert query_without_values("") is None
    shown = query_without_values(
        "SELECT *\n  FROM t WHERE a = 'it''s' AND b = $x$ me $x$ AND c = 'cut"
    )
    assert shown == "SELECT * FROM t WHERE a = '…' AND b = '…' AND c = '…'"
    shown = query_without_values("ALTER ROLE ann PASSWORD 'hunter2'" + " x" * 100)
    assert shown is not None
    assert "hunter2" not in shown
    assert len(shown) == 80
