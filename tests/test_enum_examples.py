"""Every change of an enum, on the example database with rows in it: there and back and there."""

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
from wishkit.commands.plan import plan
from wishkit.commands.recipes.draft import Draft
from wishkit.commands.rollback import rollback
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Small, Target
from wishkit.core.events import StatementsStarted
from wishkit.errors import ConsentNeeded, WishkitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.plugins.databases import MakeDatabase
    from wishkit.core.events import Event
    from wishkit.postgres.binaries import Binaries
    from wishkit.postgres.scratch import Scratch

SQL = Path(__file__).parents[1] / "sql"
LAST = "0013"
ROWS = """
INSERT INTO wishlist_items (user_id, title, store, currency)
SELECT 'user-' || n % 7, 'wish ' || n, (enum_range(NULL::wishlist_store))[1 + n % 3],
       CASE WHEN n % 2 = 0 THEN 'EUR'::wishlist_currency END
FROM generate_series(1, 2000) AS n
"""
STORES = "SELECT enum_range(NULL::wishlist_store)::text"
COUNTS = "SELECT store::text, count(*) FROM wishlist_items GROUP BY 1 ORDER BY 1"


class Project:
    """The example project and a copy of its database."""

    def __init__(self, sql: Path, url: str, binaries: Binaries) -> None:
        self.sql, self.url, self.binaries = sql, url, binaries
        self.small = Small()
        self.hook: Callable[[StatementsStarted], object] = lambda _: None

    @property
    def workspace(self) -> Workspace:
        target = Target(url=self.url, name="test", small=self.small)
        return Workspace(Config(sql=self.sql), target, self.hear)

    def hear(self, event: Event) -> None:
        if isinstance(event, StatementsStarted):
            self.hook(event)

    def write(self, id_: str, forward: str, backward: str) -> None:
        for end, text in (("", forward), (".rollback", backward)):
            (self.sql / "migrations" / f"{id_}{end}.sql").write_text(text, encoding="utf-8")

    def recipe(self, id_: str, name: str, **values: str) -> None:
        texts = Draft(id_, name, values).texts("")
        self.write(id_, texts[".sql"], texts[".rollback.sql"])

    def new(self, recipe: str, *words: str, **options: Any) -> None:  # noqa: ANN401 - as it has them
        new_from_recipe(self.workspace, recipe, words, **options)

    def forward(self, **options: Any) -> WishkitError | None:  # noqa: ANN401 - as migrate has them
        return migrate(self.workspace, **options).error

    def back(self, to: str = LAST, **options: Any) -> WishkitError | None:  # noqa: ANN401 - as above
        return rollback(self.workspace, to=to, accept_data_loss=True, **options).error

    def rows(self, statement: str) -> list[Any]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def dump(self) -> list[str]:
        """The schema, in no order: a column that has been away comes last; without tombstones."""
        command: list[str | Path] = [
            *(self.binaries.program("pg_dump"), "--schema-only", f"--dbname={self.url}"),
            *("--exclude-schema=wishkit", "--exclude-table=*yoyo*"),
        ]
        done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")
        lines = re.sub(r"(?m)^\\(un)?restrict .*|^-- .*|^ +'\(removed\) .*$|,$", "", done.stdout)
        return sorted(line for line in lines.splitlines() if line)

    def goes_there_and_back(self, **options: Any) -> None:  # noqa: ANN401 - as migrate has them
        """Forward, back, forward: the schema comes out the same each time."""
        before = self.dump()
        assert self.forward(**options) is None
        after = self.dump()
        assert after != before
        assert self.back() is None
        assert self.dump() == before
        assert self.forward(**options) is None
        assert self.dump() == after


@pytest.fixture(scope="module")
def at_0013(server: Scratch) -> Iterator[str]:
    """The name of a database with all that sql/ makes, and rows; to be copied."""
    url = server.create_database("enums_at_0013")
    workspace = Workspace(Config(sql=SQL), Target(url=url, name="test"), lambda _: None)
    assert migrate(workspace, to=LAST).error is None
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(ROWS)
    yield "enums_at_0013"
    server.drop_database("enums_at_0013")


@pytest.fixture
def project(
    tmp_path: Path, make_database: MakeDatabase, at_0013: str, binaries: Binaries
) -> Project:
    """A copy of both, to be changed."""
    shutil.copytree(SQL, tmp_path / "sql")
    for file in (tmp_path / "sql" / "migrations").iterdir():
        if file.name[:4] > LAST:
            file.unlink()
    return Project(tmp_path / "sql", make_database(template=at_0013), binaries)


# A value more, and its use in the next file


def test_a_value_is_added_and_used_in_the_next_file(project: Project) -> None:
    project.new("enum_add", "wishlist_store", "Etsy", place=("BEFORE", "Other"))
    project.write(
        "0015_move_to_etsy",
        "-- handmade ones are from Etsy\n\n"
        "UPDATE wishlist_items SET store = 'Etsy' WHERE title LIKE '% 17__';"
        "ALTER TABLE wishlist_items ADD CONSTRAINT no_euro_etsy"
        " CHECK (store <> 'Etsy' OR currency <> 'JPY') NOT VALID;",
        "-- back to LEGO\n\nALTER TABLE wishlist_items DROP CONSTRAINT no_euro_etsy;"
        "UPDATE wishlist_items SET store = 'LEGO' WHERE store = 'Etsy';",
    )
    project.goes_there_and_back()
    assert project.rows(STORES) == [("{LEGO,Barweer,Cata,BrickLink,Amazon,Target,Etsy,Other}",)]
    assert project.rows("SELECT count(*) FROM wishlist_items WHERE store = 'Etsy'") == [(100,)]


def test_in_one_file_it_is_refused_before_anything_runs(project: Project) -> None:
    project.write("0014_first", "CREATE TABLE first ();", "DROP TABLE first;")
    project.write(
        "0015_both",
        "ALTER TYPE wishlist_store ADD VALUE 'Etsy';\n"
        "UPDATE wishlist_items SET store = 'Etsy' WHERE title = 'wish 1';",
        "SELECT;",
    )
    with pytest.raises(WishkitError) as caught:
        project.forward()
    assert (caught.value.code, caught.value.exit_status) == ("new-enum-value", 2)
    assert str(caught.value.where).endswith("0015_both.sql:2:35")
    assert project.rows("SELECT to_regclass('first')") == [(None,)]
    with pytest.raises(WishkitError) as planned:
        plan(project.workspace)
    assert planned.value.code == "new-enum-value"


def test_on_the_way_back_too(project: Project) -> None:
    project.write(
        "0014_forward",
        "SELECT;",
        "ALTER TYPE wishlist_store ADD VALUE 'Etsy';\n"
        "CREATE INDEX ON wishlist_items (title) WHERE store = 'Etsy';",
    )
    assert project.forward() is None
    with pytest.raises(WishkitError) as caught:
        project.back()
    assert caught.value.code == "new-enum-value"
    assert str(caught.value.where).endswith("0014_forward.rollback.sql:2:54")


# A value less


def test_a_value_is_removed(project: Project) -> None:
    project.new("enum_remove", "wishlist_store", "Target")
    project.goes_there_and_back()
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        project.rows("UPDATE wishlist_items SET store = 'Target'")


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ("UPDATE wishlist_items SET store = 'Target' WHERE title = 'wish 7'", "store still has"),
        (
            "ALTER TABLE wishlist_items ALTER store SET DEFAULT 'Target'",
            "default of wishlist_items",
        ),
        ("CREATE TABLE shops (usual wishlist_store)", "{shops.usual}"),
        ("CREATE TABLE shops (many wishlist_store[])", "{shops.many}"),
        ("CREATE DOMAIN shop AS wishlist_store; CREATE TABLE shops (usual shop)", "{shops.usual}"),
        (
            "CREATE DOMAIN shops AS wishlist_store[]; CREATE TABLE malls (all_of shops)",
            "{malls.all_of}",
        ),
        ("CREATE TYPE visit AS (at wishlist_store, n int)", "{visit.at}"),
        (
            "CREATE TYPE span AS RANGE (subtype = wishlist_store); CREATE TABLE spans (of span)",
            "{spans.of}",
        ),
        (
            "CREATE TABLE parted (store wishlist_store) PARTITION BY LIST (store)",
            "{parted.store}",
        ),
    ],
)
def test_a_value_that_something_uses_is_not_removed(project: Project, made: str, told: str) -> None:
    project.new("enum_remove", "wishlist_store", "Target")
    project.rows(made)
    before = project.dump()
    error = project.forward()
    assert error
    assert (error.code, error.exit_status) == ("migration-failed", 3)
    assert told in error.message
    assert project.dump() == before
    assert project.rows("SELECT count(*) FROM wishkit.step") == [(0,)]


def test_partitions_and_several_columns_are_seen_to(project: Project) -> None:
    project.rows(
        "CREATE TABLE parted (store wishlist_store, since date) PARTITION BY RANGE (since);"
        "CREATE TABLE part PARTITION OF parted FOR VALUES FROM ('2020-01-01') TO ('2030-01-01');"
        "INSERT INTO parted VALUES ('Cata', '2024-05-06');"
        "CREATE TABLE pairs (one wishlist_store, two wishlist_store)"
    )
    project.new("enum_remove", "wishlist_store", "Target")
    project.goes_there_and_back()
    assert project.back() is None
    project.rows("INSERT INTO parted VALUES ('Target', '2024-05-06')")
    error = project.forward()
    assert error
    assert "parted.store still has rows with Target" in error.message


def test_nobody_waits_while_a_removal_reads_the_table(project: Project) -> None:
    """The table is open to readers and writers at VALIDATE: only its own lock is held there."""
    seen = []

    def look(event: StatementsStarted) -> None:
        if "VALIDATE" in event.sql:
            held = project.rows(
                "SELECT mode FROM pg_locks WHERE relation = 'wishlist_items'::regclass"
            )
            seen.extend(held)

    project.new("enum_remove", "wishlist_store", "Target")
    project.hook = look
    assert project.forward() is None
    assert ("AccessExclusiveLock",) not in seen

    # VALIDATE itself waits for nobody who reads or writes, and holds nobody up.
    assert project.back() is None
    with psycopg.connect(project.url) as other:
        writes: list[bool] = []

        def write(event: StatementsStarted) -> None:
            if "VALIDATE" in event.sql:
                other.execute("SET lock_timeout = '5s'")
                other.execute("UPDATE wishlist_items SET notes = 'n' WHERE title = 'wish 5'")
                writes.append(True)
            elif writes:
                other.commit()  # the next statement needs the table to itself for a moment

        project.hook = write
        assert project.forward() is None
        assert writes == [True]


def test_a_row_that_slips_in_stops_a_removal_and_it_goes_on_later(project: Project) -> None:
    def slip_in(event: StatementsStarted) -> None:
        if "ADD CONSTRAINT" in event.sql:
            project.rows("UPDATE wishlist_items SET store = 'Target' WHERE title = 'wish 1'")

    project.new("enum_remove", "wishlist_store", "Target")
    project.hook = slip_in
    error = project.forward()
    project.hook = lambda _: None
    assert error
    assert error.exit_status == 4
    with pytest.raises(psycopg.errors.CheckViolation):
        project.rows("UPDATE wishlist_items SET store = 'Target' WHERE title = 'wish 2'")

    # Either way out: back, or on, once the row has another value.
    before = project.dump()
    assert project.back() is None
    assert project.dump() != before
    project.hook = slip_in
    assert project.rows("UPDATE wishlist_items SET store = 'LEGO' WHERE store = 'Target'") == []
    assert project.forward() is not None
    project.hook = lambda _: None
    project.rows("UPDATE wishlist_items SET store = 'LEGO' WHERE store = 'Target'")
    assert project.forward() is None
    assert "(removed) Target" in project.rows(STORES)[0][0]


# Another name


def test_a_value_is_renamed(project: Project) -> None:
    before = project.rows(COUNTS)
    project.new("enum_rename", "wishlist_store", "Barweer", "Baerweer")
    project.goes_there_and_back()
    assert project.rows(COUNTS) == sorted(
        ("Baerweer" if store == "Barweer" else store, count) for store, count in before
    )


# Another type

SWAP = {
    "type": "wishlist_currency",
    "old_type": "wishlist_currency_former",
    "labels": "'EUR', 'USD', 'GBP', 'CHF'",
    "former_labels": "'USD', 'EUR', 'GBP', 'CAD', 'AUD', 'JPY', 'CNY'",
    "comment": "'Currency of a price, ISO 4217.'",
    "table": "wishlist_items",
    "column": "currency",
    "drop_default": "\n    ALTER COLUMN currency DROP DEFAULT,",
    "set_default": ",\n    ALTER COLUMN currency SET DEFAULT 'USD'",
}


def test_a_type_is_swapped(project: Project) -> None:
    before = project.rows("SELECT id, currency::text FROM wishlist_items ORDER BY id")
    project.recipe("0014_swap_currency", "enum_swap", **SWAP)
    project.goes_there_and_back()
    assert project.rows("SELECT enum_range(NULL::wishlist_currency)::text") == [
        ("{EUR,USD,GBP,CHF}",)
    ]
    assert project.rows("SELECT id, currency::text FROM wishlist_items ORDER BY id") == before


def test_a_swap_that_would_lose_a_value_changes_nothing(project: Project) -> None:
    project.rows("UPDATE wishlist_items SET currency = 'CAD' WHERE title = 'wish 3'")
    project.recipe("0014_swap_currency", "enum_swap", **SWAP)
    before = project.dump()
    error = project.forward()
    assert error
    assert error.message == 'invalid input value for enum wishlist_currency: "CAD"'
    assert project.dump() == before


VIEW = "CREATE VIEW in_euro AS SELECT * FROM wishlist_items WHERE currency = 'EUR'"


def test_a_swap_lists_what_depends_on_the_type(project: Project) -> None:
    project.rows(VIEW)
    project.recipe("0014_swap_currency", "enum_swap", **SWAP)
    with pytest.raises(ConsentNeeded) as caught:
        project.forward()
    error = caught.value
    assert (error.code, error.exit_status) == ("hazard", 1)
    assert error.message == (
        "enum-swap: gives wishlist_items.currency another type than the enum wishlist_currency, on "
        "which depend: view in_euro"
    )
    assert str(error.where).endswith("0014_swap_currency.sql:12:1")
    assert "--accept enum-swap" in str(error.help)

    # Accepted, it is the server that refuses; dropped and made again in the file, it works.
    failed = project.forward(accept=["enum-swap"])
    assert failed
    assert failed.exit_status == 3
    texts = Draft("", "enum_swap", SWAP).texts("")
    for end, text in texts.items():
        head, _, body = text.partition("\n\n")
        path = project.sql / "migrations" / f"0014_swap_currency{end}"
        path.write_text(f"{head}\n\nDROP VIEW in_euro;\n{body}\n{VIEW};", encoding="utf-8")
    project.goes_there_and_back()


def test_a_swap_on_a_table_that_is_not_small_is_refused(project: Project) -> None:
    project.rows("ANALYZE wishlist_items")
    project.recipe("0014_swap_currency", "enum_swap", **SWAP)
    project.small = Small(rows=100)
    with pytest.raises(ConsentNeeded) as caught:
        project.forward()
    error = caught.value
    assert error.message.startswith("enum-swap: ")
    assert "column wishlist_items.currency (about 2,000 rows, " in error.message
    assert "column-type-change" not in f"{error} {error.notes} {error.help}", "one hazard, once"
    assert project.forward(accept=["enum-swap"]) is None
    kept = project.rows("SELECT accepted FROM wishkit.execution ORDER BY id DESC LIMIT 1")
    assert kept == [(["enum-swap"],)]


# A table of names in place of the enum

LOOKUP = {
    "type": "wishlist_store",
    "table": "wishlist_items",
    "column": "store",
    "key": "id",
    "new_column": "store_name",
    "lookup": "wishlist_stores",
    "lookup_comment": "'Where a wish can be bought.'",
    "column_comment": "'Where it can be bought; Other when the store is not among the choices.'",
    "foreign_key": "wishlist_items_store_name_fkey",
    "not_null": "wishlist_items_store_present_check",
    "function": "wishlist_items_store_both",
    "trigger": "wishlist_items_store_both",
    "labels": "'LEGO', 'Barweer', 'Cata', 'BrickLink', 'Amazon', 'Target', 'Other'",
    "comment": "'Where a wish can be bought. Sorts in the order of the choices on screen, Other "
    "last.'",
}
BY_NAME = """-- indexes by the name of the store
-- transactional: false

CREATE INDEX CONCURRENTLY idx_wishlist_user_store_name ON wishlist_items (user_id, store_name);
"""


def lookup(project: Project) -> None:
    """Write all files of the conversion."""
    comments = project.rows(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid),"
        " quote_literal(obj_description(indexrelid, 'pg_class')) FROM pg_index"
        " WHERE indrelid = 'wishlist_items'::regclass AND pg_get_indexdef(indexrelid) ~ 'store'"
    )
    indexes = "".join(
        f"{definition.replace('INDEX', 'INDEX CONCURRENTLY', 1)};\n"
        f"COMMENT ON INDEX {name} IS {comment};\n"
        for name, definition, comment in comments
    )
    for number, part in ((14, "expand"), (15, "fill"), (16, "validate"), (18, "contract")):
        values = {**LOOKUP, "indexes": indexes}
        project.recipe(f"{number:04}_stores_{part}", f"enum_lookup_{part}", **values)
    project.write(
        "0017_stores_index",
        BY_NAME,
        "-- and without\n-- transactional: false\n\n"
        "DROP INDEX CONCURRENTLY idx_wishlist_user_store_name;",
    )


def test_an_enum_becomes_a_table_of_names(project: Project) -> None:
    before = project.rows(COUNTS)
    lookup(project)
    project.goes_there_and_back()
    assert project.rows(COUNTS.replace("store::text", "store_name")) == before
    assert project.rows("SELECT to_regtype('wishlist_store')") == [(None,)]
    project.rows("INSERT INTO wishlist_stores VALUES ('Etsy', 8)")
    project.rows("UPDATE wishlist_items SET store_name = 'Etsy' WHERE title = 'wish 1'")
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        project.rows("UPDATE wishlist_items SET store_name = 'nowhere'")
    # The way back has no place for a new name.
    error = project.back()
    assert error
    assert "Etsy" in error.message


def test_every_step_of_the_conversion_can_be_undone(project: Project) -> None:
    lookup(project)
    before = project.dump()
    for number, earlier in (("0014", "0013"), ("0015", "0014"), ("0016", "0015"), ("0018", "0017")):
        assert project.forward(to=earlier) is None
        before = project.dump()
        assert project.forward(to=number) is None
        after = project.dump()
        assert project.back(to=earlier) is None
        assert project.dump() == before, number
        assert project.forward(to=number) is None
        assert project.dump() == after, number


def test_old_and_new_releases_write_side_by_side(project: Project) -> None:
    lookup(project)
    assert project.forward(to="0014") is None
    insert = "INSERT INTO wishlist_items (user_id, title, {0}) VALUES ('u', '{0}', 'Cata')"
    for column in ("store", "store_name"):
        project.rows(insert.format(column))
    both = "SELECT DISTINCT store::text, store_name FROM wishlist_items WHERE user_id = 'u'"
    assert project.rows(both) == [("Cata", "Cata")]
    for column, value in (("store", "LEGO"), ("store_name", "Other")):
        project.rows(f"UPDATE wishlist_items SET {column} = '{value}' WHERE user_id = 'u'")
        assert project.rows(both) == [(value, value)]
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        project.rows("UPDATE wishlist_items SET store_name = 'nowhere' WHERE user_id = 'u'")
    with pytest.raises(psycopg.errors.NotNullViolation):
        project.rows("INSERT INTO wishlist_items (user_id, title) VALUES ('u', 't')")
    assert project.forward(to="0016") is None
    assert project.rows("SELECT count(*) FROM wishlist_items WHERE store_name <> store::text") == [
        (0,)
    ]
