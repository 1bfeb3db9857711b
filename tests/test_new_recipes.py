"""The recipes of `wishkit new`: what they write is applied as it is, there and back and there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from wishkit.commands.migrate import migrate
from wishkit.commands.new import new_from_recipe
from wishkit.commands.recipes.book import RECIPES
from wishkit.commands.rollback import rollback
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Small, Target
from wishkit.core.migration import read_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.plugins.databases import MakeDatabase
    from tests.plugins.golden import Golden
    from wishkit.commands.new import Created
    from wishkit.postgres.binaries import Binaries
    from wishkit.postgres.scratch import Scratch

SQL = Path(__file__).parents[1] / "sql"
LAST = "0013_validate_wishlist_reference"
ROWS = """
INSERT INTO wishlist_items (user_id, title, store, notes, priority, piece_count)
SELECT 'user-' || n % 7, 'wish ' || n, 'LEGO', CASE WHEN n % 3 > 0 THEN 'note ' || n END, n % 6, n
FROM generate_series(1, 2500) AS n;
INSERT INTO sets (user_id, title, set_number, wishlist_item_id)
SELECT user_id, title, piece_count, id FROM wishlist_items WHERE piece_count < 50;
INSERT INTO gallery_images (user_id, title, image_url) VALUES ('u', 't', 'url');
INSERT INTO gallery_albums (user_id, title, cover_image_id) SELECT 'u', 't', id FROM gallery_images;
CREATE SCHEMA "Old stuff";
CREATE TABLE "Old stuff"."Wish list" (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "order" text, "User" text, kind wishlist_store);
INSERT INTO "Old stuff"."Wish list" ("order", "User", kind)
SELECT n, 'me', 'LEGO' FROM generate_series(1, 10) AS n;
"""
OLD = '"Old stuff"."Wish list"'


@pytest.fixture(scope="module")
def at_0013(server: Scratch) -> Iterator[str]:
    """The name of a database with all that sql/ makes, and rows; to be copied."""
    url = server.create_database("recipes_at_0013")
    assert migrate(Project(SQL, url).workspace).error is None
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(ROWS)
    yield "recipes_at_0013"
    server.drop_database("recipes_at_0013")


class Project:
    """The project sql/ and a database; no table of it counts as small."""

    def __init__(self, sql: Path, url: str) -> None:
        self.sql = sql
        self.url = url
        target = Target(url=url, name="test", small=Small(rows=0, bytes=0))
        self.workspace = Workspace(Config(sql=sql), target, lambda _: None)

    def new(self, recipe: str, *words: str, **options: Any) -> Created:  # noqa: ANN401 - as it has them
        return new_from_recipe(self.workspace, recipe, words, **options)

    def forward(self, to: str | None = None) -> None:
        report = migrate(self.workspace, to=to)
        assert report.error is None, (report.error, report.error.notes)

    def back(self, to: str = LAST) -> None:
        report = rollback(self.workspace, to=to, accept_data_loss=True)
        assert report.error is None, (report.error, report.error.notes)

    def rows(self, statement: str) -> list[Any]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def files(self) -> set[str]:
        return {path.name for path in (self.sql / "migrations").iterdir()}

    def text(self, created: Created) -> str:
        """All files, one after the other."""
        folder = self.sql / "migrations"
        names = [p.id + end for p in created.migrations for end in (".sql", ".rollback.sql")]
        return "".join(f"=== {name}\n{(folder / name).read_text()}" for name in names)


@pytest.fixture
def project(tmp_path: Path, make_database: MakeDatabase, at_0013: str) -> Project:
    """A copy of both, to be changed."""
    shutil.copytree(SQL, tmp_path / "sql")
    return Project(tmp_path / "sql", make_database(template=at_0013))


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
    case: str, project: Project, binaries: Binaries, golden: Golden
) -> None:
    recipe, *words = CASES[case]
    created = project.new(recipe, *words, place=PLACES.get(case))
    golden(project.text(created), f"recipes/{case}.sql")
    folder = read_folder(project.sql / "migrations")
    ids = [pair.id for pair in created.migrations]
    assert [m.id for m in folder[14:]] == ids
    assert [m.number for m in folder] == [f"{number:04}" for number in range(len(folder))]
    for before, migration in zip([(), *([i] for i in ids)], folder[14:], strict=False):
        assert migration.header.depends == tuple(before)

    stages = [dump(binaries, project.url)]
    for id_ in ids:
        project.forward(to=id_)
        stages.append(dump(binaries, project.url))
    for id_, stage in zip([*reversed(ids[:-1]), LAST], reversed(stages[:-1]), strict=True):
        project.back(to=id_)
        assert dump(binaries, project.url) == stage, f"back at {id_}"
    project.forward()
    assert dump(binaries, project.url) == stages[-1]
