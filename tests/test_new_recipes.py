"""The recipes of `wishkit new`: what they write is applied as it is, there and back and there."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.plugins.recipes import LAST, OLD
from wishkit.commands.migrate import migrate
from wishkit.commands.recipes.book import RECIPES
from wishkit.core.events import Noted
from wishkit.core.migration import read_folder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugins.golden import Golden
    from tests.plugins.recipes import Shop
    from wishkit.postgres.binaries import Binaries


def dump(binaries: Binaries, url: str) -> str:
    """All that pg_dump knows of the schema, but for the tombstones of enums."""
    command: list[str | Path] = [
        *(binaries.program("pg_dump"), "--schema-only", f"--dbname={url}"),
        *("--exclude-schema=wishkit", "--exclude-table=*yoyo*"),
    ]
    done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")
    text = re.sub(r"(?m)^\\(un)?restrict .*|^-- Dump.*", "", done.stdout)
    return re.sub(r"\n    '\(removed\) (?:[^']|'')*',?", "", text).replace("',\n);", "'\n);")


CASES: dict[str, tuple[str, ...]] = {
    "index": ("index", "wishlist_items(user_id, title)"),
    "index-words": ("index", "wishlist_items", "USING", "gin", "(tags) WHERE tags <> '[]'"),
    "index-quoted": ("index", f'{OLD} (lower("User"), "order" DESC)'),
    "index-partitioned": ("index", "visits(page, day)"),
    "unique": ("unique", "wishlist_items(user_id, title)"),
    "unique-partial": ("unique", "sets(lower(title)) WHERE is_built"),
    "unique-quoted": ("unique", f'{OLD} ("order", "User")'),
    "not-null": ("not_null", "wishlist_items.priority"),
    "not-null-quoted": ("not_null", f'{OLD}."order"'),
    "check": ("check", "wishlist_items: piece_count > 0"),
    "check-words": ("check", "wishlist_items:", "title <> ''", "AND", "tags <> '{}'"),
    "foreign-key": (
        "foreign_key",
        "gallery_albums.cover_image_id -> gallery_images(id) ON DELETE SET NULL",
    ),
    "foreign-key-indexed": ("foreign_key", "gallery_images(album_id) references gallery_albums"),
    "foreign-key-qualified": (
        "foreign_key",
        "public.gallery_albums.cover_image_id → public.gallery_images (id) on delete cascade",
    ),
    "column": ("column", "wishlist_items.rating integer"),
    "column-default": ("column", "wishlist_items.seen_at timestamp NOT NULL DEFAULT now()"),
    "column-volatile": ("column", "wishlist_items.token uuid NOT NULL DEFAULT gen_random_uuid()"),
    "column-quoted": ("column", f'{OLD}."Größe" numeric(10, 2) default 1'),
    "rename-column": ("rename_column", "wishlist_items.notes", "remarks"),
    "rename-column-quoted": ("rename_column", f'{OLD}."order"', '"Position"'),
    "backfill": ("backfill", "UPDATE wishlist_items SET priority = 1 WHERE priority = 0"),
    "enum-add": ("enum_add", "wishlist_store", "Toys 'R' Us"),
    "enum-remove": ("enum_remove", "wishlist_store", "Target"),
    "enum-rename": ("enum_rename", "wishlist_store Other Elsewhere"),
}
PLACES = {"enum-add": ("BEFORE", "Other")}


def test_every_recipe_is_tried() -> None:
    assert {words[0] for words in CASES.values()} == {*RECIPES}


@pytest.mark.parametrize("case", CASES)
def test_what_is_written_goes_there_and_back_and_there(
    case: str, shop: Shop, binaries: Binaries, golden: Golden
) -> None:
    recipe, *words = CASES[case]
    created = shop.new(recipe, *words, place=PLACES.get(case))
    golden(shop.text(created), f"recipes/{case}.sql")
    folder = read_folder(shop.sql / "migrations")
    ids = [pair.id for pair in created.migrations]
    assert [m.id for m in folder[14:]] == ids
    assert [m.number for m in folder] == [f"{number:04}" for number in range(len(folder))]
    for before, migration in zip([(), *([i] for i in ids)], folder[14:], strict=False):
        assert migration.header.depends == tuple(before)

    stages = [dump(binaries, shop.url)]
    for id_ in ids:
        shop.forward(to=id_)
        stages.append(dump(binaries, shop.url))
    for id_, stage in zip([*reversed(ids[:-1]), LAST], reversed(stages[:-1]), strict=True):
        shop.back(to=id_)
        assert dump(binaries, shop.url) == stage, f"back at {id_}"
    shop.forward()
    assert dump(binaries, shop.url) == stages[-1]


# What the files do to rows, and to whoever uses them meanwhile


def filenode(shop: Shop) -> int:
    ((number,),) = shop.rows("SELECT pg_relation_filenode('wishlist_items')")
    return int(number)


def test_a_value_of_its_own_for_every_row_without_rewriting_the_table(shop: Shop) -> None:
    shop.new("column", "wishlist_items.token uuid NOT NULL DEFAULT gen_random_uuid()")
    before = filenode(shop)
    shop.forward()
    assert filenode(shop) == before
    assert shop.rows("SELECT count(DISTINCT token) FROM wishlist_items") == [(2500,)]


@pytest.mark.parametrize("column", ["rating integer", "rating int NOT NULL DEFAULT 3"])
def test_a_plain_column_is_one_migration(column: str, shop: Shop) -> None:
    before = filenode(shop)
    assert len(shop.new("column", f"wishlist_items.{column}").migrations) == 1
    shop.forward()
    assert filenode(shop) == before


def test_a_column_becomes_required_without_being_read_under_the_strong_lock(shop: Shop) -> None:
    shop.new("not_null", "wishlist_items.priority")
    shop.rows(
        "DO $$BEGIN EXECUTE format("
        "'ALTER DATABASE %I SET client_min_messages = debug1', current_database()); END$$"
    )
    shop.forward()
    said = [event.message for event in shop.events if isinstance(event, Noted)]
    assert [text for text in said if "sufficient to prove" in text]
    assert not [text for text in said if text.startswith("verifying table")][1:]


def test_both_names_of_a_column_work_until_the_old_one_goes(shop: Shop) -> None:
    before = shop.rows("SELECT id, notes FROM wishlist_items ORDER BY id")
    created = shop.new("rename_column", "wishlist_items.notes", "remarks")
    assert [m.header.phase for m in read_folder(shop.sql / "migrations")[14:]] == [
        *("expand", "expand"),
        *("contract", "contract"),
    ]
    expanded = created.migrations[1].id
    assert created.hints[0].endswith(f"wishkit migrate --to {expanded}")
    shop.forward(to=expanded)
    assert shop.rows("SELECT id, remarks FROM wishlist_items ORDER BY id") == before

    def wish(title: str, columns: str = "", values: str = "") -> None:
        shop.rows(
            f"INSERT INTO wishlist_items (user_id, title, store{columns})"
            f" VALUES ('u', '{title}', 'LEGO'{values})"
        )

    wish("old", ", notes", ", 'a'")
    wish("new", ", remarks", ", 'b'")
    wish("both", ", notes, remarks", ", 'a', 'b'")
    wish("none")
    wish("changed")
    shop.rows("UPDATE wishlist_items SET notes = 'c' WHERE title = 'changed'")
    shop.rows("UPDATE wishlist_items SET remarks = 'd' WHERE title = 'old'")
    shop.rows("UPDATE wishlist_items SET remarks = NULL WHERE title = 'new'")
    mine = "SELECT title, {} FROM wishlist_items WHERE user_id = 'u' ORDER BY title"
    expected = [("both", "b"), ("changed", "c"), ("new", None), ("none", None), ("old", "d")]
    assert shop.rows(mine.format("notes, remarks")) == [(t, v, v) for t, v in expected]
    shop.forward()
    assert shop.rows(mine.format("remarks")) == expected
    shop.back(to=expanded)
    assert shop.rows(mine.format("notes, remarks")) == [(t, v, v) for t, v in expected]
    shop.back()
    assert shop.rows(mine.format("notes")) == expected


def test_the_old_name_stays_while_the_two_columns_differ(shop: Shop) -> None:
    expanded = shop.new("rename_column", "wishlist_items.notes", "remarks").migrations[1].id
    shop.forward(to=expanded)
    shop.rows("ALTER TABLE wishlist_items DISABLE TRIGGER USER")
    shop.rows("UPDATE wishlist_items SET notes = 'x' WHERE piece_count = 1")
    error = migrate(shop.workspace).error
    assert error
    assert "the two columns differ" in error.message
    assert "notes" in {name for (name,) in shop.rows(COLUMNS)}


COLUMNS = "SELECT attname FROM pg_attribute WHERE attrelid = 'wishlist_items'::regclass"


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (None, "LEGO, Barweer, Cata, BrickLink, Amazon, Target, Other, Etsy"),
        (("BEFORE", "LEGO"), "Etsy, LEGO, Barweer, Cata, BrickLink, Amazon, Target, Other"),
        (("AFTER", "Cata"), "LEGO, Barweer, Cata, Etsy, BrickLink, Amazon, Target, Other"),
    ],
)
def test_a_value_goes_where_it_was_asked_for(
    place: tuple[str, str] | None, expected: str, shop: Shop
) -> None:
    shop.new("enum_add", "wishlist_store", "Etsy", place=place)
    shop.forward()
    labels = "SELECT array_to_string(enum_range(NULL::wishlist_store), ', ')"
    assert shop.rows(labels) == [(expected,)]


def test_a_value_of_two_lines_does_not_leave_its_comment(shop: Shop) -> None:
    label = "two\nDROP TABLE sets; {label}"
    text = shop.text(shop.new("enum_add", "wishlist_store", label))
    assert "-- wishlist_store gets the value 'two DROP TABLE sets; {label}'\n" in text
    shop.forward()
    assert shop.rows("SELECT enum_last(NULL::wishlist_store)::text") == [(label,)]
    shop.back()
    assert shop.rows("SELECT count(*) > 0 FROM sets") == [(True,)]


def test_names_are_those_that_postgresql_would_give_and_never_taken_ones(shop: Shop) -> None:
    shop.rows("CREATE TABLE wishlist_items_user_id_title_idx ()")
    shop.new("index", "wishlist_items(user_id, title)")
    shop.new("check", "wishlist_items: title <> user_id")
    shop.forward()
    ((made,),) = shop.rows("SELECT pg_get_indexdef('wishlist_items_user_id_title_idx1'::regclass)")
    assert made.endswith("ON public.wishlist_items USING btree (user_id, title)")
    assert shop.rows("SELECT conname FROM pg_constraint ORDER BY oid DESC LIMIT 1") == [
        ("wishlist_items_check",)
    ]


def test_a_foreign_key_goes_without_an_index_where_one_serves_already(shop: Shop) -> None:
    shop.rows("CREATE TABLE shelves (image_id uuid, place int)")
    shop.rows("CREATE INDEX shelf_images ON shelves (image_id, place)")
    names = [m.id for m in shop.new("foreign_key", "shelves.image_id -> gallery_images").migrations]
    assert names == [
        "0014_reference_gallery_images_from_shelves",
        "0015_validate_shelves_image_id_fkey",
    ]


def test_a_table_may_refer_to_itself(shop: Shop) -> None:
    shop.rows("CREATE TABLE places (id int PRIMARY KEY, inside int)")
    shop.new("foreign_key", "places(inside) -> places(id)")
    shop.forward()
    assert shop.rows(
        "SELECT conname, convalidated FROM pg_constraint"
        " WHERE conrelid = 'places'::regclass AND contype = 'f'"
    ) == [("places_inside_fkey", True)]
