"""What `wishkit new` refuses to write: one clear error, no file, nothing left in the database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import psycopg
import pytest

from wishkit.commands import pairs
from wishkit.commands.migrate import migrate
from wishkit.errors import UsageError
from wishkit.interface.cli import execute
from wishkit.interface.cli_new import new as command
from wishkit.interface.errors import error_lines
from wishkit.interface.parameters import read_plain

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugins.golden import Golden
    from tests.plugins.recipes import Shop

THINGS = """
CREATE VIEW wishes AS SELECT * FROM wishlist_items;
CREATE DOMAIN stars AS int CHECK (VALUE BETWEEN 1 AND 5);
CREATE TABLE heap (a int, b text, c json, d int GENERATED ALWAYS AS (1) STORED, e int NOT NULL);
CREATE TABLE loose (id int PRIMARY KEY, c json);
CREATE TABLE days (id int, day date) PARTITION BY RANGE (day);
ALTER TABLE heap ADD CONSTRAINT wide CHECK (a > 0) NOT VALID;
ALTER TYPE wishlist_store ADD VALUE '(removed) Cata';
"""
# recipe, words, neighbour: code. The words of each error are in tests/golden/recipes/refusals.txt.
REFUSED: list[tuple[str, tuple[str, ...], str]] = [
    ("index", ("wishlist_itms(user_id)",), "unknown-table"),
    ("index", ("wishlist_items(usr_id)",), "unknown-column"),
    ("index", ("wishlist_items(user_id, store)",), "index-exists"),
    ("index", ("wishlist_items(user_id",), "recipe-syntax"),
    ("index", ("wishlist_items user_id)",), "recipe-syntax"),
    ("index", ("wishlist_items",), "recipe-syntax"),
    ("index", ("wishlist_items(user_id) -- mine",), "recipe-syntax"),
    ("index", ("wishlist_items(user_id); DROP TABLE sets",), "recipe-syntax"),
    ("index", ("(user_id)",), "recipe-syntax"),
    ("index", ("",), "recipe-syntax"),
    ("index", ("wishes(user_id)",), "not-a-table"),
    ("index", ("pg_class(relname)",), "unknown-table"),
    ("unique", ("days(id)",), "partitioned-table"),
    ("foreign_key", ("days.id -> loose(id)",), "partitioned-table"),
    ("index", ("heap(c)",), "recipe-refused"),
    ("index", ("heap(lowr(b))",), "recipe-refused"),
    ("index", ("nowhere.heap(a)",), "unknown-table"),
    ("index", ("heap(now())",), "recipe-refused"),
    ("index", ("no.where.heap(a)",), "recipe-refused"),
    ("unique", ("gallery_flags(image_id, user_id)",), "index-exists"),
    ("unique", ("heap(z)",), "unknown-column"),
    ("not_null", ("wishlist_items.priorty",), "unknown-column"),
    ("not_null", ("wishlist_items.title",), "already-required"),
    ("not_null", ("wishlist_items",), "recipe-syntax"),
    ("not_null", ("wishlist_items.priority", "please"), "recipe-syntax"),
    ("check", ("wishlist_items: priority >=",), "recipe-syntax"),
    ("check", ("wishlist_items: priority",), "recipe-refused"),
    ("check", ("wishlist_items: title > 5",), "recipe-refused"),
    ("check", ("wishlist_items: prio > 5",), "unknown-column"),
    ("check", ("wishlist_items priority > 5",), "recipe-syntax"),
    ("check", ("heap: true), DROP COLUMN a, ADD CHECK (true",), "recipe-syntax"),
    ("check", ("heap: a > 0",), "constraint-exists"),
    ("foreign_key", ("sets.wishlist_item_id -> wishlist_items(id)",), "constraint-exists"),
    ("foreign_key", ("sets.set_number -> wishlist_items(set_number)",), "not-unique"),
    ("foreign_key", ("sets.set_number -> wishlist_items(id)",), "recipe-refused"),
    ("foreign_key", ("sets.set_number -> wishlist_items(ids)",), "unknown-column"),
    ("foreign_key", ("sets.set_number -> wishes(id)",), "not-a-table"),
    ("foreign_key", ("sets.set_number wishlist_items(id)",), "recipe-syntax"),
    ("column", ("wishlist_items.notes text",), "column-exists"),
    ("column", ("wishlist_items.rating integr",), "unknown-type"),
    ("column", ("wishlist_items.rating",), "recipe-syntax"),
    ("column", ("wishlist_items.rating int NOT NULL",), "column-needs-default"),
    ("column", ("wishlist_items.rating int CHECK (rating > 0)",), "column-later"),
    ("column", ("wishlist_items.rating int DEFAULT 'many'",), "recipe-refused"),
    ("column", ("wishlist_items.rating stars DEFAULT random()::int",), "column-rewrites"),
    ("column", ("wishlist_items.n bigint GENERATED ALWAYS AS IDENTITY",), "column-rewrites"),
    ("column", ("heap.token uuid DEFAULT gen_random_uuid()",), "no-batch-key"),
    ("column", ("heap.x int, ADD COLUMN y int",), "recipe-syntax"),
    ("rename_column", ("wishlist_items.notes", "title"), "column-exists"),
    ("rename_column", ("wishlist_items.note", "remarks"), "unknown-column"),
    ("rename_column", ("wishlist_items.notes",), "recipe-syntax"),
    ("rename_column", ("wishlist_items.notes", "my remarks"), "recipe-syntax"),
    ("rename_column", ("wishlist_items.notes", "remarks;"), "recipe-syntax"),
    ("rename_column", ("heap.d", "x"), "column-generated"),
    ("rename_column", ("loose.c", "x"), "recipe-refused"),
    ("rename_column", ("heap.a", "x"), "no-batch-key"),
    ("backfill", ("UPDATE wishlist_items SET prio = 1",), "unknown-column"),
    ("backfill", ("UPDATE wishlist_items SET priority = 'x'",), "recipe-refused"),
    ("backfill", ("UPDATE wishlist_itms SET priority = 1",), "unknown-table"),
    ("backfill", ("UPDATE heap SET a = 1",), "no-batch-key"),
    ("backfill", ("DELETE FROM wishlist_items",), "recipe-syntax"),
    ("backfill", ("UPDATE wishlist_items SET",), "recipe-syntax"),
    ("backfill", ("UPDATE wishlist_items SET id = gen_random_uuid()",), "batch-statement"),
    ("enum_add", ("wishlist_stores", "Etsy"), "unknown-type"),
    ("enum_add", ("stars", "Etsy"), "not-an-enum"),
    ("enum_add", ("not a type", "Etsy"), "recipe-syntax"),
    ("enum_add", ("wishlist_store", "LEGO"), "label-exists"),
    ("enum_add", ("wishlist_store",), "recipe-syntax"),
    ("enum_remove", ("wishlist_store", "Lego"), "unknown-label"),
    ("enum_remove", ("wishlist_store", "Cata"), "label-exists"),
    ("enum_rename", ("wishlist_store", "LEGO", "Other"), "label-exists"),
    ("enum_rename", ("wishlist_store", "Lego", "Bricks"), "unknown-label"),
]


def test_what_cannot_be_is_one_clear_error_and_no_file(
    shop: Shop, golden: Golden, pg_version: int
) -> None:
    with psycopg.connect(shop.url, autocommit=True) as connection:
        for statement in THINGS.strip().splitlines():
            connection.execute(statement.encode())
    told = []
    for recipe, words, code in REFUSED:
        error = shop.refused(recipe, *words)
        assert (error.code, error.exit_status) == (code, 2), (recipe, words, error)
        assert error.state == "no file was written"
        told.append(f"--- {recipe} {' | '.join(words)}\n" + "\n".join(error_lines(error)) + "\n")
    error = shop.refused("enum_add", "wishlist_store", "Etsy", place=("BEFORE", "Othr"))
    assert error.code == "unknown-label"
    assert 'perhaps you meant "Other"' in (error.help or "")
    if pg_version == 18:  # the words are the server's in part
        golden("\n".join(told), "recipes/refusals.txt")


def test_asking_leaves_nothing_in_the_database(shop: Shop) -> None:
    count = "SELECT count(*), sum(oid::bigint) FROM pg_class"
    before = shop.rows(count)
    shop.new("foreign_key", "gallery_albums.cover_image_id -> gallery_images(id)")
    shop.new("column", "sets.token uuid DEFAULT gen_random_uuid()")
    assert shop.rows(count) == before


def test_whoever_holds_the_table_is_not_waited_for_long(shop: Shop) -> None:
    with psycopg.connect(shop.url) as holder:
        holder.execute("LOCK TABLE sets")
        assert shop.refused("index", "sets(title)").code == "table-locked"
        assert len(shop.new("index", "wishlist_items(title)").migrations) == 1


def test_an_invalid_index_is_no_reason_to_be_content(shop: Shop) -> None:
    shop.rows("INSERT INTO sets (user_id, title) VALUES ('u', 't'), ('u', 't')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        shop.rows("CREATE UNIQUE INDEX CONCURRENTLY broken ON sets (user_id, title)")
    error = shop.refused("unique", "sets(user_id, title)")
    assert error.code == "index-exists"
    assert "INVALID: DROP INDEX CONCURRENTLY broken;" in (error.help or "")


def test_what_a_pending_migration_makes_is_told(shop: Shop) -> None:
    shop.new("column", "wishlist_items.rating integer")
    error = shop.refused("index", "wishlist_items(rating)")
    assert error.code == "unknown-column"
    assert "pending: 0014_add_wishlist_items_rating; if one of them makes it" in (error.help or "")
    again = shop.refused("column", "wishlist_items.rating integer")
    assert again.code == "already-written"
    assert migrate(shop.workspace).error is None
    assert shop.new("index", "wishlist_items(rating)").migrations[0].id.startswith("0015_")


def test_a_write_that_fails_takes_back_what_was_written(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, seen = pairs._write, []

    def fail_at_the_fourth(path: Path, text: str, written: list[Path]) -> None:
        seen.append(path)
        if len(seen) == 4:
            path = path / "nowhere"
        write(path, text, written)

    monkeypatch.setattr(pairs, "_write", fail_at_the_fourth)
    assert shop.refused("not_null", "wishlist_items.priority").code == "unwritable"
    assert len(seen) == 4


def test_the_last_numbers_do_not_suffice(shop: Shop) -> None:
    (shop.sql / "migrations" / "9998_end.sql").write_text("")
    assert shop.refused("check", "sets: quantity > 0").code == "numbers-used-up"


def test_a_role_that_may_not_try_is_told_what_it_takes(shop: Shop) -> None:
    with psycopg.connect(shop.url, autocommit=True) as connection:
        connection.execute("CREATE ROLE recipe_guest LOGIN")
        try:
            connection.execute("GRANT CREATE ON SCHEMA public TO recipe_guest")
            shop.workspace = type(shop)(shop.sql, f"{shop.url}&user=recipe_guest").workspace
            error = shop.refused("index", "sets(title)")
            assert error.code == "recipe-permission"
            assert "SELECT on the table and TEMPORARY" in (error.help or "")
        finally:
            connection.execute("DROP OWNED BY recipe_guest")
            connection.execute("DROP ROLE recipe_guest")


# The command line


def test_the_line_of_the_documentation_is_read_without_typer() -> None:
    line = ["--enum-add", "wishlist_store", "Etsy", "--before", "Other"]
    assert read_plain(command, line) == {
        "enum_add": "wishlist_store",
        "name": ["Etsy"],
        "before": "Other",
    }


def test_files_on_stdout_and_what_to_do_on_stderr(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(shop.sql.parent)
    assert execute(["new", "--not-null", "wishlist_items.priority", "--url", shop.url]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        f"sql/migrations/{number}_{name}{end}"
        for number, name in (
            ("0014", "require_wishlist_items_priority"),
            ("0015", "validate_wishlist_items_priority_not_null"),
            ("0016", "set_wishlist_items_priority_not_null"),
        )
        for end in (".sql", ".rollback.sql")
    ]
    assert err.splitlines()[-1].endswith("then: wishkit migrate")


def test_as_json(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(shop.sql.parent)
    line = ["new", "--enum-add", "wishlist_store", "Etsy", "--after", "LEGO", "--depends", "0008"]
    assert execute([*line, "--json", "--url", shop.url]) == 0
    created = json.loads(capsys.readouterr().out)
    assert [pair["id"] for pair in created["migrations"]] == ["0014_add_wishlist_store_etsy"]
    text = (shop.sql / "migrations" / "0014_add_wishlist_store_etsy.sql").read_text()
    assert "-- depends: 0008_extend_stores\n" in text
    assert "ADD VALUE IF NOT EXISTS 'Etsy' AFTER 'LEGO';" in text


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ([], 'missing argument "WORDS"'),
        (["--index", "a(b)", "--unique", "a(b)"], "--index and --unique cannot be had together"),
        (["--index", "a(b)", "--no-transactional"], "--index and --no-transactional cannot"),
        (["add", "it", "--before", "x"], "--before or --after, one of them"),
        (["--index", "a(b)", "--after", "x"], "--before or --after, one of them"),
        (["--enum-add", "t", "l", "--after", "x", "--before", "y"], "--before or --after, one of"),
    ],
)
def test_options_that_do_not_go_together(
    line: list[str], words: str, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop.sql.parent)
    before = shop.files()
    with pytest.raises(UsageError, match=words):
        execute(["new", *line, "--url", shop.url])
    assert shop.files() == before
