"""Syntax that older servers do not have: found, and told with the right version."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from wishkit.core.lint.versions import FEATURES, newer_than
from wishkit.core.script import Script
from wishkit.core.statements import parse, split

if TYPE_CHECKING:
    from wishkit.postgres.scratch import Scratch

TABLE = "CREATE TABLE t (a int, b int, j jsonb, p daterange, g int GENERATED ALWAYS AS (a) STORED)"
SAMPLES = [
    (15, "MERGE INTO t USING t AS s ON t.a = s.a WHEN MATCHED THEN DO NOTHING"),
    (15, "CREATE UNIQUE INDEX ON t (a) NULLS NOT DISTINCT"),
    (15, "ALTER TABLE t ADD UNIQUE NULLS NOT DISTINCT (a)"),
    (15, "CREATE VIEW v WITH (security_invoker = true) AS SELECT 1"),
    (16, "ALTER TABLE t ADD CHECK (j::text IS JSON)"),
    (16, "CREATE VIEW v AS SELECT JSON_OBJECT('a': a) FROM t"),
    (16, "CREATE VIEW v AS SELECT JSON_ARRAYAGG(a) FROM t"),
    (17, "CREATE VIEW v AS SELECT * FROM JSON_TABLE(jsonb '1', '$' COLUMNS (a int PATH '$'))"),
    (17, "CREATE VIEW v AS SELECT JSON_VALUE(j, '$.a') FROM t"),
    (17, "MERGE INTO t USING t AS s ON false WHEN NOT MATCHED BY SOURCE THEN DELETE"),
    (17, "MERGE INTO t USING t AS s ON false WHEN MATCHED THEN DELETE RETURNING 1"),
    (17, "ALTER TABLE t ALTER COLUMN g SET EXPRESSION AS (a + 1)"),
    (17, "ALTER TABLE t SET ACCESS METHOD DEFAULT"),
    (18, "ALTER TABLE t ADD COLUMN c int GENERATED ALWAYS AS (a) VIRTUAL"),
    (18, "CREATE TABLE u (a int4range, p daterange, UNIQUE (a, p WITHOUT OVERLAPS))"),
    (18, "ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID"),
    (18, "CREATE TABLE u (a int, CONSTRAINT n NOT NULL a)"),
    (18, "ALTER TABLE t ADD CHECK (a > 0) NOT ENFORCED"),
    (18, "CREATE TABLE u (a int CHECK (a > 0) NOT ENFORCED)"),
    (18, "UPDATE t SET a = 1 RETURNING old.a, new.a"),
    (18, "DELETE FROM t RETURNING WITH (OLD AS was) was.a"),
]
EVERYWHERE = [
    TABLE,
    "ALTER TABLE t ADD CHECK (a > 0) NOT VALID",
    "ALTER TABLE t ADD COLUMN c int CONSTRAINT n NOT NULL DEFAULT 0",
    "ALTER TABLE t ADD COLUMN c int CHECK (c > 0)",
    "DELETE FROM t RETURNING t.a, b AS old",
    "CREATE UNIQUE INDEX ON t (a)",
    "CREATE VIEW v WITH (security_barrier) AS SELECT 1",
    "ALTER TABLE t SET ACCESS METHOD heap",
    "CREATE VIEW v AS SELECT json_build_object('a', a), json_agg(a) FROM t GROUP BY a",
]


def since(sql: str, version: int) -> list[int]:
    script = Script("", sql.encode())
    (span,) = split(script)
    return [it for it, _ in newer_than(parse(script, span, index=1).tree, version)]


@pytest.mark.parametrize(("version", "sql"), SAMPLES)
def test_what_is_newer_is_found(version: int, sql: str) -> None:
    assert version in since(sql, version - 1)
    assert since(sql, version) == []


@pytest.mark.parametrize("sql", EVERYWHERE)
def test_what_is_not_is_left_alone(sql: str) -> None:
    assert since(sql, 14) == []


def test_every_feature_has_a_sample() -> None:
    told = set()
    for version, sql in SAMPLES:
        script = Script("", sql.encode())
        (span,) = split(script)
        told |= {what for _, what in newer_than(parse(script, span, index=1).tree, version - 1)}
    # PERIOD needs a table with a key WITHOUT OVERLAPS, which is another statement
    assert {what for _, what, _ in FEATURES} - told == {"PERIOD in a foreign key"}


def test_a_server_agrees(server: Scratch) -> None:
    with psycopg.connect(server.url("postgres")) as connection:
        version = connection.info.server_version // 10000
        for needed, sql in [*SAMPLES, *((14, it) for it in EVERYWHERE[1:])]:
            try:
                connection.execute(TABLE)
                connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
                connection.execute(sql)
                works = True
            except psycopg.Error:
                works = False
            connection.rollback()
            assert works == (version >= needed), sql
