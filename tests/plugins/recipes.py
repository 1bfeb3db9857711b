"""The example database with rows in it, and a copy of sql/, for the recipes of `wishkit new`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from wishkit.commands.migrate import migrate
from wishkit.commands.new import new_from_recipe
from wishkit.commands.rollback import rollback
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Small, Target
from wishkit.errors import WishkitError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.plugins.databases import MakeDatabase
    from wishkit.commands.new import Created
    from wishkit.core.events import Event
    from wishkit.postgres.scratch import Scratch

SQL = Path(__file__).parents[2] / "sql"
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
CREATE TABLE visits (day date NOT NULL, page text) PARTITION BY RANGE (day);
CREATE TABLE visits_2029 PARTITION OF visits FOR VALUES FROM ('2029-01-01') TO ('2030-01-01');
CREATE TABLE visits_2030 PARTITION OF visits FOR VALUES FROM ('2030-01-01') TO ('2031-01-01')
    PARTITION BY LIST (page);
CREATE TABLE "visits 2030 home" PARTITION OF visits_2030 FOR VALUES IN ('home');
INSERT INTO visits SELECT '2029-01-01'::date + n, 'home' FROM generate_series(1, 700) AS n;
"""
OLD = '"Old stuff"."Wish list"'


@pytest.fixture(scope="session")
def at_0013(server: Scratch) -> Iterator[str]:
    """The name of a database with what sql/ makes up to 0013, and rows; to be copied."""
    url = server.create_database("recipes_at_0013")
    assert migrate(Shop(SQL, url).workspace, to=LAST).error is None
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(ROWS)
    yield "recipes_at_0013"
    server.drop_database("recipes_at_0013")


class Shop:
    """The project sql/ and a database; no table of it counts as small."""

    def __init__(self, sql: Path, url: str) -> None:
        self.sql = sql
        self.url = url
        self.events: list[Event] = []
        target = Target(url=url, name="test", small=Small(rows=0, bytes=0))
        self.workspace = Workspace(Config(sql=sql), target, self.events.append)

    def refused(self, recipe: str, *words: str, **options: Any) -> WishkitError:  # noqa: ANN401 - as above
        """Ask for what cannot be; no file is written."""
        before = self.files()
        with pytest.raises(WishkitError) as caught:
            self.new(recipe, *words, **options)
        assert self.files() == before
        return caught.value

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
def shop(tmp_path: Path, make_database: MakeDatabase, at_0013: str) -> Shop:
    """A copy of both, to be changed."""
    folder = tmp_path / "sql" / "migrations"
    folder.mkdir(parents=True)
    for path in (SQL / "migrations").iterdir():
        if path.name[:4] <= LAST[:4]:
            shutil.copy(path, folder)
    return Shop(tmp_path / "sql", make_database(template=at_0013))
