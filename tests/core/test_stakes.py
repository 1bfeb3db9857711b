"""What a plan would destroy, as far as its text tells."""

from __future__ import annotations

import pytest

from wishkit.core.batches import batches
from wishkit.core.migration import Migration
from wishkit.core.plan import Step
from wishkit.core.script import Script
from wishkit.core.stakes import Threat, threats


def threatened(*texts: str) -> list[tuple[str, str | None, str, str | None]]:
    prepared = []
    for number, text in enumerate(texts, 1):
        back = Script("f.rollback.sql", text.encode())
        migration = Migration.of(f"000{number}_m", Script("f.sql", b"SELECT 1;"), back)
        step = Step(migration, "backward")
        prepared.append((step, batches(back, transactional=True)))
    return [(t.kind, t.schema, t.name, t.column) for t in threats(prepared)]


@pytest.mark.parametrize(
    ("text", "kind", "schema", "name", "column"),
    [
        ("DROP TABLE wishes", "table", None, "wishes", None),
        ('DROP TABLE IF EXISTS s."Wishes" CASCADE', "table", "s", "Wishes", None),
        ("ALTER TABLE t DROP COLUMN c", "column", None, "t", "c"),
        ("ALTER TABLE IF EXISTS s.t DROP IF EXISTS c CASCADE", "column", "s", "t", "c"),
        ("TRUNCATE t", "rows", None, "t", None),
        ("DELETE FROM s.t WHERE a = 1", "rows", "s", "t", None),
        ("WITH gone AS (DELETE FROM t RETURNING *) SELECT 1", "rows", None, "t", None),
        ("DROP SCHEMA s CASCADE", "schema", None, "s", None),
        ("DROP TYPE s.color", "type", "s", "color", None),
        ("DROP DOMAIN positive CASCADE", "type", None, "positive", None),
    ],
)
def test_each_kind_of_loss(
    text: str, kind: str, schema: str | None, name: str, column: str | None
) -> None:
    assert threatened(text) == [(kind, schema, name, column)]


@pytest.mark.parametrize(
    "text",
    [
        "DROP INDEX i",
        "DROP VIEW v",
        "DROP FUNCTION f",
        "ALTER TABLE t DROP CONSTRAINT c",
        "ALTER TABLE t ALTER COLUMN c DROP DEFAULT",
        "SELECT 'DROP TABLE t'",
        "CREATE FUNCTION f() RETURNS void BEGIN ATOMIC DELETE FROM t; END",
        "CREATE RULE r AS ON INSERT TO t DO ALSO DELETE FROM u",
    ],
)
def test_what_holds_no_data_is_no_loss(text: str) -> None:
    assert threatened(text) == []


def test_each_thing_once_and_columns_and_rows_with_their_table() -> None:
    assert threatened(
        "ALTER TABLE t DROP COLUMN a, DROP COLUMN b; DELETE FROM t;",
        "ALTER TABLE u DROP COLUMN a;",
        "DROP TABLE t, v;",
        "DROP TABLE v;",
    ) == [
        ("column", None, "u", "a"),
        ("table", None, "t", None),
        ("table", None, "v", None),
    ]


def test_a_loss_is_told_by_the_first_migration_that_brings_it() -> None:
    back = Script("f.rollback.sql", b"DROP TABLE t")
    steps = [
        Step(Migration.of(id_, Script("f.sql", b"SELECT 1;"), back), "backward")
        for id_ in ("0002_b", "0001_a")
    ]
    cut = batches(back, transactional=True)
    assert threats([(step, cut) for step in steps]) == (Threat("0002_b", "table", None, "t"),)


def test_a_new_name_does_not_hide_a_loss() -> None:
    assert threatened(
        "ALTER TABLE t RENAME TO old; ALTER TABLE old RENAME TO older; DROP TABLE older;"
    ) == [("table", None, "t", None)]
    assert threatened("ALTER TABLE t SET SCHEMA s", "ALTER TABLE s.t DROP COLUMN c") == [
        ("column", None, "t", "c")
    ]
