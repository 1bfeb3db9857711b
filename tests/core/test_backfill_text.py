"""Statements that run in batches: where a further condition goes, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from wishkit.core.backfill import AIM, Backfill, Pace
from wishkit.core.batches import batches
from wishkit.core.header import Batched, parse_header
from wishkit.core.script import Script
from wishkit.core.statements import parse, split
from wishkit.errors import MigrationFileError

HEADER = "-- fill\n-- batch: id 100\n-- transactional: false\n\n"
PLACES = {"location", "list_start", "list_end"}
BOUNDS = "(t.id > 1 AND t.id <= 2)"


def backfill(sql: str, header: str = HEADER, *, transactional: bool = False) -> Backfill:
    script = Script("f.sql", (header + sql).encode())
    batched = parse_header(script).batch
    (batch,) = batches(script, transactional=transactional, batched=batched)
    assert batch.kind == "backfill"
    assert batch.backfill is not None
    return batch.backfill


def tree(sql: str) -> Any:  # noqa: ANN401 - a parse tree
    """A statement's fields, without places."""
    script = Script("f.sql", sql.encode())
    (span,) = split(script)
    ((fields),) = parse(script, span, index=1).tree.values()
    return without_places(fields)


def without_places(item: Any) -> Any:  # noqa: ANN401 - a parse tree
    if isinstance(item, dict):
        return {k: without_places(v) for k, v in item.items() if k not in PLACES}
    return [without_places(part) for part in item] if isinstance(item, list) else item


STATEMENTS = [
    "UPDATE t SET a = 1",
    "UPDATE t SET a = 1 -- why; not",
    "UPDATE t SET a = 1 WHERE b IS NULL",
    "UPDATE t SET a = 1 WHERE b = 1 OR c = 2",
    "UPDATE t SET a = 1 WHERE(b = 1)OR(c = 2)RETURNING a",
    "UPDATE t SET a = 1 /* WHERE x */ WHERE /* all */ b = 1 -- of them\n OR c = 2 -- or so\n",
    "UPDATE t SET a = 1 WHERE b = 'WHERE' -- RETURNING\n RETURNING a, b AS where",
    "UPDATE t SET a = 1 RETURNING a AS where",
    "UPDATE t SET a = t.where, b = t.returning WHERE t.where",
    'UPDATE t SET "where" = 1 WHERE "returning"',
    "UPDATE t SET a = (SELECT max(x) FROM u WHERE u.id = t.id)",
    "UPDATE t SET a = (SELECT max(x) FROM u WHERE u.id = t.id) WHERE a[1] = (ARRAY[(SELECT 1)])[1]",
    "UPDATE t SET a = u.x FROM u JOIN v ON v.id = u.id WHERE u.id = t.id",
    "UPDATE t SET (a, b) = (SELECT x, y FROM u WHERE u.id = t.id) WHERE a IS NULL AND NOT b",
    "UPDATE t SET a = 1 FROM (SELECT id FROM u WHERE x) AS w WHERE w.id = t.id",
    "WITH w AS (SELECT id FROM u WHERE x) UPDATE t SET a = 1 FROM w WHERE w.id = t.id",
    "WITH w AS (SELECT id FROM u) DELETE FROM t USING w WHERE w.id = t.id RETURNING t.*",
    "DELETE FROM t",
    "DELETE FROM t USING u",
    "DELETE FROM t WHERE a BETWEEN 1 AND 2",
    "UPDATE t SET a = 'Größe' WHERE b = 'ß' OR c",
    "UPDATE t SET a = count(*) FILTER (WHERE x) OVER () WHERE U&'\\0041' = $$WHERE$$",
]


@pytest.mark.parametrize("sql", STATEMENTS)
def test_the_condition_is_the_old_one_and_the_bounds(sql: str) -> None:
    before, after = tree(sql), tree(backfill(sql + ";").restricted(BOUNDS))
    bounds = tree(f"DELETE FROM t WHERE {BOUNDS}")["whereClause"]
    own = before.pop("whereClause", None)
    condition = after.pop("whereClause")
    assert before == after
    if own is None:
        assert condition == bounds
    else:
        ands = own.get("BoolExpr", {}).get("boolop") == "AND_EXPR"
        args = own["BoolExpr"]["args"] if ands else [own]  # the parser makes one AND of several
        assert condition == {"BoolExpr": {"boolop": "AND_EXPR", "args": [*args, bounds]}}


@pytest.mark.parametrize("sql", STATEMENTS)
def test_a_place_in_it_is_a_place_in_the_file(sql: str) -> None:
    how = backfill(sql + ";")
    restricted = how.restricted(BOUNDS)
    found = [how.unrestricted(position) for position in range(len(restricted))]
    same = [(p, q) for p, q in enumerate(found) if q is not None and restricted[p] == sql[q]]
    kept = len(how.head) + len(how.condition or "")
    assert [q for _, q in same if q < kept][:kept] == [*range(kept)]
    assert found[-1] is None


@pytest.mark.parametrize(
    ("sql", "table", "column", "only"),
    [
        ("UPDATE t SET a = 1", '"t"', '"t"."id"', False),
        ("UPDATE ONLY t SET a = 1", '"t"', '"t"."id"', True),
        ("UPDATE t AS x SET a = 1", '"t"', '"x"."id"', False),
        ("DELETE FROM t x", '"t"', '"x"."id"', False),
        ("DELETE FROM ONLY public.t", '"public"."t"', '"public"."t"."id"', True),
        ('UPDATE "My ""s"".T" SET a = 1', '"My ""s"".T"', '"My ""s"".T"."id"', False),
        ("UPDATE T * SET a = 1", '"t"', '"t"."id"', False),
    ],
)
def test_the_target_and_its_key(sql: str, table: str, column: str, *, only: bool) -> None:
    how = backfill(sql + ";")
    assert (how.table, how.column, how.only) == (table, column, only)
    assert how.target == (f"ONLY {table}" if only else table)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("id 1000", Batched("id", 1000)),
        ("ID 1", Batched("id", 1)),
        ('"Id of ""it""" 20', Batched('Id of "it"', 20)),
        ("größe\t7", Batched("größe", 7)),
    ],
)
def test_key_and_rows(value: str, expected: Batched) -> None:
    script = Script("f.sql", f"-- fill\n-- batch: {value}\nSELECT 1;".encode())
    assert parse_header(script).batch == expected
    assert parse_header(script, backward=True).batch == expected


@pytest.mark.parametrize(
    "value", ["", "id", "1000", "id 0", "id -1", "id 1.5", "id many", "id 10 20", "a.id 10", "id  "]
)
def test_a_value_that_is_not_understood(value: str) -> None:
    with pytest.raises(MigrationFileError) as caught:
        backfill("UPDATE t SET a = 1;", f"-- fill\n-- batch: {value}\n")
    assert caught.value.code == "directive-value"
    assert str(caught.value.where) == "f.sql:2:4"
    assert caught.value.help == "for example: -- batch: id 1000"


@pytest.mark.parametrize("value", ["(a, b) 100", "a, b 100"])
def test_a_composite_key(value: str) -> None:
    with pytest.raises(MigrationFileError, match="goes by one column; of a composite key"):
        backfill("UPDATE t SET a = 1;", f"-- fill\n-- batch: {value}\n")


@pytest.mark.parametrize(
    ("sql", "message", "place"),
    [
        ("UPDATE t SET a = 1;\nUPDATE t SET b = 1;", "holds one statement", "6:1"),
        ("SET work_mem = '1GB';\nUPDATE t SET b = 1;", "holds one statement|only an UPDATE", "6:1"),
        ("INSERT INTO t VALUES (1);", "only an UPDATE or a DELETE", "5:1"),
        ("INSERT INTO t SELECT 1;", "only an UPDATE or a DELETE", "5:1"),
        ("SELECT 1;", "only an UPDATE or a DELETE", "5:1"),
        ("CREATE INDEX CONCURRENTLY i ON t (a);", "only an UPDATE or a DELETE", "5:1"),
        ("COPY t FROM stdin;\n1\n\\.\n", "only an UPDATE or a DELETE", "5:1"),
        ("UPDATE t SET a = 1, ID = id + 1;", 'the key "id" is set', "5:1"),
        ("UPDATE t SET (a, id) = (1, 2);", 'the key "id" is set', "5:1"),
        ("UPDATE t SET a = 1 WHERE CURRENT OF c;", "CURRENT OF", "5:1"),
        ("WITH d AS (DELETE FROM u RETURNING *) UPDATE t SET a = 1;", "its WITH writes", "5:1"),
        ("WITH i AS (INSERT INTO u VALUES (1)) DELETE FROM t;", "its WITH writes", "5:1"),
    ],
)
def test_what_cannot_run_in_batches(sql: str, message: str, place: str) -> None:
    with pytest.raises(MigrationFileError, match=message) as caught:
        backfill(sql)
    error = caught.value
    assert (error.code, str(error.where)) == ("batch-statement", f"f.sql:{place}")
    example = (error.help or "").partition("\n")[2]
    assert backfill(example, "-- fill\n").rows == 1000  # which works as it stands


def test_batches_are_no_transaction() -> None:
    with pytest.raises(MigrationFileError) as caught:
        backfill("UPDATE t SET a = 1;", "-- fill\n-- batch: id 100\n", transactional=True)
    error = caught.value
    assert (error.code, str(error.where)) == ("batch-transactional", "f.sql:2:4")
    assert "-- transactional: false" in (error.help or "")


def test_a_directive_below_the_statement() -> None:
    with pytest.raises(MigrationFileError) as caught:
        backfill("UPDATE t SET a = 1;\n-- batch: id 100\n", "-- fill\n")
    assert (caught.value.code, str(caught.value.where)) == ("directive-misplaced", "f.sql:3:4")


def test_the_journal_knows_it_by_statement_and_key() -> None:
    sql = "UPDATE t SET a = 1 WHERE b RETURNING c"
    text = backfill(sql + ";").text
    assert text.endswith(sql)
    other = backfill(sql + ";", HEADER.replace("id 100", "other 100")).text
    more = backfill(sql + ";", HEADER.replace("id 100", "id 5000")).text
    assert other != text == more


def test_the_pace_finds_what_fits_and_recovers_slowly() -> None:
    pace = Pace(10_000)
    assert pace.rows == 1000
    for _ in range(20):
        pace.took(pace.rows * 0.00001)  # 5,000 rows fit
    assert pace.rows == 5000
    pace.disturbed()
    assert pace.rows == 2500
    pace.took(0.001)
    assert pace.rows == 2500 * 5 // 4 + 1
    for _ in range(20):
        pace.disturbed()
    assert pace.rows == 1


@pytest.mark.parametrize("most", [1, 2, 9, 10, 5000])
def test_the_pace_stays_within_what_the_file_asks_for(most: int) -> None:
    pace = Pace(most)
    for seconds in (0.0, AIM / 10, AIM, AIM * 100) * 20:
        pace.took(seconds)
        assert max(1, most // 10) <= pace.rows <= most
