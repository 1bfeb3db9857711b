"""What is right is left alone: sql/, what `new` writes, and statements that look like others."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.lint.examples import PROJECT
from wishkit.core.lint import lint
from wishkit.core.migration import scan_folder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lint.conftest import Linted

SQL = PROJECT / "sql" / "migrations"
RECIPES = sorted((PROJECT / "tests" / "golden" / "recipes").glob("*.sql"))
# What only the author can write; and that the way back of enum_remove touches several tables.
_FILE = re.compile(r"^=== (\S+)\n(.*?)(?=^=== |\Z)", re.MULTILINE | re.DOTALL)
LEFT_TO_THE_AUTHOR = {"comment-missing", "locks-pile-up"}


def test_the_example_database_is_clean() -> None:
    found = lint(scan_folder(SQL, shown_as="sql"))
    assert [it for it in found if it.allowed is None] == []
    assert {it.rule for it in found} == {"unique-without-index", "validate-holds-locks"}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_what_new_writes_passes(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(SQL, folder)
    written = _FILE.findall(path.read_text("utf-8"))
    for name, text in written:
        (folder / name).write_text(text, encoding="utf-8")
    found = lint(scan_folder(folder, shown_as="migrations"))
    ids = {name.split(".")[0] for name, _ in written}
    ours = [it for it in found if it.migration is None or it.migration in ids]
    assert {it.severity for it in ours} <= {"warning"}
    assert {it.rule for it in ours} <= LEFT_TO_THE_AUTHOR


# Statements that a rule must not take for what it looks for, on a table that is in use.
HARMLESS = [
    "ALTER TABLE wishlist_items ADD COLUMN a text DEFAULT 'x'",
    "ALTER TABLE wishlist_items ADD COLUMN a timestamp NOT NULL DEFAULT now()",
    "ALTER TABLE wishlist_items ALTER COLUMN title DROP NOT NULL",
    "ALTER TABLE wishlist_items ALTER COLUMN title TYPE text",
    "ALTER TABLE wishlist_items ALTER COLUMN id SET NOT NULL",
    "ALTER TABLE public.wishlist_items ALTER COLUMN user_id SET NOT NULL",
    "ALTER TABLE wishlist_items ADD CHECK (price <> '') NOT VALID",
    "ALTER TABLE wishlist_items RENAME CONSTRAINT priority_range_check TO priority_range",
    "ALTER INDEX idx_wishlist_user_id RENAME TO wishlist_by_user",
    "CREATE TEMP TABLE bag (n int); CREATE INDEX ON bag (n); DROP TABLE bag",
    "CREATE TABLE boxes (n int); CREATE INDEX ON boxes (n); ALTER TABLE boxes ADD CHECK (n > 0)",
    "CREATE TABLE boxes (n int); DELETE FROM boxes; UPDATE boxes SET n = 1; TRUNCATE boxes",
    "CREATE TABLE boxes (n int); ALTER TABLE boxes RENAME n TO number; DROP TABLE boxes",
    "CREATE TABLE a (n int); ALTER TABLE a RENAME TO b; ALTER TABLE b ADD UNIQUE (n)",
    "SELECT",
    "SELECT setval('s', 1)",
    "SELECT * FROM create_hypertable('visits', 'day')",
    "SELECT pg_catalog.set_config('search_path', '', false)",
    "SET LOCAL search_path = shop",
    "RESET search_path",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path = '' AS 'SELECT 1'",
    "DELETE FROM wishlist_items USING sets WHERE sets.id = wishlist_items.id",
    "UPDATE wishlist_items SET notes = s.notes FROM sets AS s WHERE s.wishlist_item_id = s.id",
    "WITH gone AS (DELETE FROM sets WHERE false RETURNING *) INSERT INTO sets SELECT * FROM gone",
]


@pytest.mark.parametrize("sql", HARMLESS)
def test_harmless_statements(sql: str, linted: Linted) -> None:
    names = " ".join(re.findall(r"\w+", sql))
    found = linted(
        {
            "0008_change.sql": f"-- a change\n{sql};\n",
            "0008_change.rollback.sql": f"-- undone\nDO $$ BEGIN PERFORM '{names}'; END $$;\n",
        }
    )
    assert [it for it in found if it.rule != "comment-missing"] == []


# The same rules, where less obvious statements do break them.
BREAKING = [
    ("DROP TABLE sets; CREATE TABLE sets (id int)", "drop-table"),
    ("ALTER TABLE wishlist_items RENAME TO w; CREATE INDEX ON w (title)", "index-not-concurrent"),
    ("CREATE INDEX ON elsewhere (a)", "index-not-concurrent"),
    ("CREATE INDEX ON public.sets (title)", "index-not-concurrent"),
    ("ALTER TABLE elsewhere ALTER COLUMN a TYPE text", "column-type-change"),
    ("ALTER TABLE sets ALTER COLUMN purchase_price TYPE numeric(10, 4)", "column-type-change"),
    ("ALTER TABLE wishlist_items ADD COLUMN a serial", "table-rewrite"),
    ("TABLE sets", "returns-rows"),
    ("VALUES (1)", "returns-rows"),
    ("EXPLAIN SELECT 1", "returns-rows"),
    ("UPDATE sets SET notes = '' WHERE id IS NULL RETURNING *", "returns-rows"),
    ("SET SESSION search_path TO shop, public", "search-path"),
    ("DROP MATERIALIZED VIEW v; DROP TABLE IF EXISTS sets", "drop-table"),
    ("ALTER TABLE sets ADD COLUMN a int, DROP COLUMN notes", "drop-column"),
    ("DROP DOMAIN price", "drop-type"),
]


@pytest.mark.parametrize(("sql", "rule"), BREAKING)
def test_breaking_statements(sql: str, rule: str, linted: Linted) -> None:
    names = " ".join(re.findall(r"\w+", sql))
    found = linted(
        {
            "0008_change.sql": f"-- a change\n{sql};\n",
            "0008_change.rollback.sql": f"-- undone\nDO $$ BEGIN PERFORM '{names}'; END $$;\n",
        }
    )
    assert rule in {it.rule for it in found}


def test_new_migrations_run_together(linted: Linted) -> None:
    files = {
        "0008_add_boxes.sql": "-- boxes\nCREATE TABLE boxes (n int);\n",
        "0008_add_boxes.rollback.sql": "-- no boxes\nDROP TABLE boxes;\n",
        "0009_index_boxes.sql": "-- boxes by number\nCREATE INDEX boxes_n ON boxes (n);\n",
        "0009_index_boxes.rollback.sql": "-- boxes in any order\nDROP INDEX boxes_n;\n",
    }
    alone = {it.rule for it in linted(files)}
    together = {it.rule for it in linted(files, new={"0008_add_boxes", "0009_index_boxes"})}
    later = {it.rule for it in linted(files, new={"0009_index_boxes"})}
    assert alone == later | {"comment-missing"}
    assert later >= {"index-not-concurrent", "index-drop-blocks"}
    assert not together & {"index-not-concurrent"}


def test_all_that_is_wrong_is_told(linted: Linted) -> None:
    found = linted(
        {
            "0008_change.sql": "-- a\n-- transactionl: false\n-- phase: both\nBEGIN;\nCOMMIT;\n",
            "0008_change.rollback.sql": "-- b\n-- phase: expand\nSELECT 1 FRO x y;\n",
            "0009_none.sql": "",
            "9_wrong.sql": "SELECT;\n",
        }
    )
    told = [(it.where.path.rsplit("/", 1)[-1], it.where.line, it.rule) for it in found]
    assert told == [
        ("0008_change.sql", 2, "unknown-directive"),
        ("0008_change.sql", 3, "directive-value"),
        ("0008_change.sql", 4, "transaction-control"),
        ("0008_change.sql", 5, "transaction-control"),
        ("0008_change.rollback.sql", 2, "directive-misplaced"),
        ("0008_change.rollback.sql", 3, "syntax"),
        ("0009_none.sql", 1, "empty-migration"),
        ("0009_none.sql", 1, "backward-missing"),
        ("9_wrong.sql", 1, "file-name"),
    ]
    assert found[0].where.text == "-- transactionl: false"


def test_an_index_is_no_table_of_its_own(linted: Linted) -> None:
    text = "-- a\nDROP INDEX idx_wishlist_user_id;\nALTER TABLE wishlist_items ADD a text;\n"
    back = "-- b\nALTER TABLE wishlist_items DROP a;\nCREATE TABLE idx_wishlist_user_id ();\n"
    found = linted({"0008_change.sql": text, "0008_change.rollback.sql": back})
    assert {it.rule for it in found} == {"index-drop-blocks", "comment-missing"}


def test_what_stays_behind_is_told_with_its_schema(linted: Linted) -> None:
    text = (
        "-- a\nCREATE TABLE shop.a ();\nCREATE VIEW shop.v AS SELECT 1;\n"
        "CREATE TRIGGER t BEFORE INSERT ON shop.b EXECUTE FUNCTION f();\n"
        "CREATE FUNCTION shop.f() RETURNS int LANGUAGE sql AS 'SELECT 1';\n"
    )
    back = "-- b\nDROP TABLE shop.a;\n"
    found = linted({"0008_change.sql": text, "0008_change.rollback.sql": back})
    (told,) = [it for it in found if it.rule == "backward-forgets"]
    assert told.help == ("DROP VIEW shop.v;\nDROP TRIGGER t ON shop.b;\nDROP FUNCTION shop.f;")
