"""The example database of sql/: what its migrations establish, there and back, fact by fact."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from yoyo import read_migrations

from wishkit.commands.migrate import migrate
from wishkit.commands.rollback import rollback
from wishkit.commands.status import status
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Target
from wishkit.core.migration import read_folder
from wishkit.errors import ConnectError, ConsentNeeded, WishkitError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.plugins.project import RunWishkit
    from wishkit.commands.report import Report
    from wishkit.postgres.binaries import Binaries
    from wishkit.postgres.scratch import Scratch
    from wishkit.pytest_plugin import Database

pytestmark = pytest.mark.majors

HERE = Path(__file__).parent / "domain"
SQL = Path(__file__).parents[1] / "sql"
FACTS = (HERE / "facts.sql").read_text(encoding="utf-8")
AT_0006 = frozenset((HERE / "at_0006.txt").read_text(encoding="utf-8").splitlines())
WISHLIST = frozenset((HERE / "added_by_0007.txt").read_text(encoding="utf-8").splitlines())
MIGRATIONS = read_folder(SQL / "migrations")
NUMBERS = [migration.number for migration in MIGRATIONS]

STORES = "enum wishlist_store = LEGO, Barweer, Cata, BrickLink, Amazon, Target, Other"
CURRENCIES = "enum wishlist_currency = USD, EUR, GBP, CAD, AUD, JPY, CNY"
RECENT = "index idx_wishlist_user_created on wishlist_items (user_id, created_at desc)"
COMING = (
    "index idx_wishlist_release_date on wishlist_items (release_date) "
    "where release_date IS NOT NULL"
)
SUPPORT = "index sets_wishlist_item_id_idx on sets (wishlist_item_id)"
REFERENCE = "reference sets.wishlist_item_id → wishlist_items(id) on delete set null"
# What each migration after 0007 adds, and what it takes away.
LATER = {
    "0008": ({STORES}, {"enum wishlist_store = LEGO, Barweer, Cata, BrickLink, Other"}),
    "0009": ({CURRENCIES}, {"enum wishlist_currency = USD, EUR, GBP, CAD, AUD"}),
    "0010": ({RECENT}, set()),
    "0011": ({COMING}, set()),
    "0012": ({SUPPORT, f"{REFERENCE} not valid"}, set()),
    "0013": ({REFERENCE}, {f"{REFERENCE} not valid"}),
}

PAGE = "SELECT * FROM wishlist_items WHERE user_id = 'user-7' ORDER BY sort_order"
STORE_PAGE = "SELECT * FROM wishlist_items WHERE user_id = 'user-7' AND store = 'LEGO'"
WISH = "INSERT INTO wishlist_items (user_id, title, store) VALUES ('u', 't', 'LEGO') RETURNING id"


def workspace(url: str, *, protected: bool = False) -> Workspace:
    target = Target(url=url, name="command line", protected=protected)
    return Workspace(Config(sql=SQL), target, lambda _: None)


def forward(url: str, to: str | None = None) -> Report:
    report = migrate(workspace(url), to=to)
    assert report.error is None
    return report


def back(url: str, to: str) -> Report:
    report = rollback(workspace(url), to=to, accept_data_loss=True)
    assert report.error is None
    return report


def query(url: str, statement: str) -> list[Any]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def facts(url: str) -> set[str]:
    return {fact for (fact,) in query(url, FACTS)}


def dump(binaries: Binaries, url: str) -> str:
    """Everything that pg_dump knows of the schema, comments and grants included."""
    command: list[str | Path] = [
        *(binaries.program("pg_dump"), "--schema-only", f"--dbname={url}"),
        *("--exclude-schema=wishkit", "--exclude-table=*yoyo*"),
    ]
    done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")
    return re.sub(r"(?m)^\\(un)?restrict .*|^-- Dump.*", "", done.stdout)


@pytest.fixture
def migrated(wishkit_database: Database) -> str:
    """A database of the test's own with all of sql/ in it, or as much as its marker says."""
    return wishkit_database.url


@pytest.fixture(scope="module")
def at_0007(server: Scratch) -> Iterator[str]:
    """A database with the wishlist, to be looked at but not changed."""
    url = server.create_database("domain_at_0007")
    forward(url, "0007")
    yield url
    server.drop_database("domain_at_0007")


# The facts


def test_the_sequence_is_there_and_every_step_has_its_way_back() -> None:
    assert NUMBERS[:14] == [f"{number:04}" for number in range(14)]
    assert MIGRATIONS[7].id.endswith("wishlist")
    for migration in MIGRATIONS:
        assert migration.backward, migration.id
        assert migration.header.summary, migration.id
        assert migration.header.irreversible is None


@pytest.mark.wishkit(to="0006")
def test_the_database_before_the_wishlist_is_as_written(migrated: str) -> None:
    assert facts(migrated) == AT_0006


def test_the_wishlist_is_as_written(at_0007: str) -> None:
    assert facts(at_0007) == AT_0006 | WISHLIST
    assert len([fact for fact in WISHLIST if fact.startswith("wishlist_items.")]) == 19


def test_each_later_migration_adds_what_it_says_and_nothing_else(database: str) -> None:
    forward(database, "0007")
    expected = AT_0006 | WISHLIST
    for number, (added, removed) in LATER.items():
        forward(database, number)
        assert removed <= expected
        expected = (expected - removed) | added
        assert facts(database) == expected, number


def test_everything_the_wishlist_brings_has_a_comment(at_0007: str) -> None:
    silent = query(
        at_0007,
        """
        SELECT a.attname FROM pg_attribute a
        WHERE a.attrelid = 'wishlist_items'::regclass AND a.attnum > 0
          AND col_description(a.attrelid, a.attnum) IS NULL
        UNION ALL SELECT indexrelid::regclass::text FROM pg_index
        WHERE indrelid = 'wishlist_items'::regclass AND NOT indisprimary
          AND obj_description(indexrelid, 'pg_class') IS NULL
        UNION ALL SELECT typname FROM pg_type
        WHERE typtype = 'e' AND obj_description(oid, 'pg_type') IS NULL
        """,
    )
    assert silent == []


# The acceptance list


@pytest.mark.parametrize("priority", ["10", "6", "-1"])
def test_a_priority_out_of_range_is_refused(at_0007: str, priority: str) -> None:
    statement = (
        "INSERT INTO wishlist_items (user_id, title, store, priority) "
        f"VALUES ('u', 't', 'LEGO', {priority})"
    )
    with pytest.raises(psycopg.errors.CheckViolation, match="priority_range_check"):
        query(at_0007, statement)


@pytest.mark.parametrize("priority", ["0", "5", "NULL", "DEFAULT"])
def test_a_priority_in_range_and_none_at_all_pass(at_0007: str, priority: str) -> None:
    with psycopg.connect(at_0007) as connection:
        row = connection.execute(
            "INSERT INTO wishlist_items (user_id, title, store, priority) "
            f"VALUES ('u', 't', 'LEGO', {priority}) RETURNING currency, tags, sort_order".encode()
        ).fetchone()
        assert row == ("USD", [], 0)
        connection.rollback()


def test_a_store_that_is_no_choice_is_refused(at_0007: str) -> None:
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        query(at_0007, WISH.replace("LEGO", "Amazon"))


def test_again_does_nothing_and_says_so(migrated: str, run_wishkit: RunWishkit) -> None:
    outcome = run_wishkit("migrate", "--url", migrated, cwd=SQL.parent)
    assert outcome.status == 0
    assert outcome.stdout == f"nothing to do: the database is at {MIGRATIONS[-1].id}\n"


@pytest.mark.wishkit(to="0006")
def test_the_way_back_leaves_nothing_of_the_wishlist(migrated: str, binaries: Binaries) -> None:
    before = dump(binaries, migrated)
    forward(migrated)
    assert "wishlist_items" in dump(binaries, migrated)
    back(migrated, "0006")
    assert dump(binaries, migrated) == before
    left = query(migrated, "SELECT typname FROM pg_type WHERE typname LIKE '%wishlist%'")
    assert left == []


def test_wishes_are_not_lost_without_consent(migrated: str) -> None:
    query(migrated, WISH)
    query(migrated, WISH)
    with pytest.raises(ConsentNeeded) as caught:
        rollback(workspace(migrated), to="0006")
    assert caught.value.exit_status == 1
    assert "wishlist_items (2 rows)" in caught.value.message
    assert query(migrated, "SELECT count(*) FROM wishlist_items") == [(2,)]
    assert all(row.state.value == "applied" for row in status(workspace(migrated)).migrations)
    back(migrated, "0006")
    assert facts(migrated) == AT_0006


def test_production_asks_first(database: str) -> None:
    with pytest.raises(ConsentNeeded):
        migrate(workspace(database, protected=True))
    assert facts(database) == set()
    assert migrate(workspace(database, protected=True), yes=True).error is None


@pytest.mark.parametrize("rows", [1_000, 100_000])
def test_the_two_main_queries_use_the_indexes(migrated: str, rows: int) -> None:
    query(
        migrated,
        f"""
        INSERT INTO wishlist_items (user_id, title, store, sort_order, priority)
        SELECT 'user-' || n % 50, 'wish ' || n, (enum_range(NULL::wishlist_store))[1 + n % 7],
               n, n % 6
        FROM generate_series(1, {rows}) AS n
        """,
    )
    query(migrated, "ANALYZE wishlist_items")
    for statement in (PAGE, f"{PAGE} LIMIT 5", STORE_PAGE):
        used, cost = plan(migrated, statement)
        assert used, statement
        assert all(name.startswith("idx_wishlist_user_") for name in used)
        without = "SET enable_indexscan = off; SET enable_bitmapscan = off"
        assert cost < plan(migrated, statement, without)[1]
    assert plan(migrated, f"{PAGE} LIMIT 5")[0] == {"idx_wishlist_user_sort"}
    # Newest first, without a sort: what 0010 is for.
    recent = (
        "SELECT * FROM wishlist_items WHERE user_id = 'user-7' ORDER BY created_at DESC LIMIT 9"
    )
    assert plan(migrated, recent)[0] == {"idx_wishlist_user_created"}


def plan(url: str, statement: str, settings: str = "SELECT 1") -> tuple[set[str], float]:
    """The indexes that a plan uses, and its cost; no index where it reads the whole table."""
    with psycopg.connect(url) as connection:
        connection.execute(settings.encode())
        row = connection.execute(f"EXPLAIN (FORMAT JSON) {statement}".encode()).fetchone()
    assert row
    text = json.dumps(row[0])
    used = set(re.findall(r'"Index Name": "(\w+)"', text)) if "Seq Scan" not in text else set()
    return used, row[0][0]["Plan"]["Total Cost"]


# There, back, and there again


def test_every_migration_goes_there_back_and_there_again(database: str, binaries: Binaries) -> None:
    before = dump(binaries, database)
    for number, earlier in zip(NUMBERS, ["base", *NUMBERS], strict=False):
        forward(database, number)
        after = dump(binaries, database)
        assert after != before, number
        back(database, earlier)
        # An enum label cannot be dropped: 0008 and 0009 leave theirs behind, under another name.
        tombstones = re.compile(r",?\n    '\(removed\) \w+'(,?)")
        assert bool(tombstones.search(dump(binaries, database))) == (number in {"0008", "0009"})
        assert commaless(tombstones.sub("", dump(binaries, database))) == commaless(before), number
        forward(database, number)
        assert dump(binaries, database) == after, number
        before = after


def commaless(text: str) -> str:
    """Without the comma that a label has unless it is the last one."""
    return re.sub(r"(?m)^(    '.*'),$", r"\1", text)


def test_everything_goes_there_back_and_there_again(database: str, binaries: Binaries) -> None:
    nothing = dump(binaries, database)
    forward(database)
    everything = dump(binaries, database)
    back(database, "base")
    assert dump(binaries, database) == nothing
    forward(database)
    assert dump(binaries, database) == everything


@pytest.mark.parametrize(
    ("number", "column", "label", "other"),
    [("0008", "store", "Target", "'Other'"), ("0009", "currency", "JPY", "DEFAULT")],
)
def test_a_label_in_use_is_not_removed(
    database: str, number: str, column: str, label: str, other: str
) -> None:
    forward(database, number)
    earlier = NUMBERS[NUMBERS.index(number) - 1]
    before = facts(database)
    query(database, WISH)
    query(database, f"UPDATE wishlist_items SET {column} = '{label}'")
    report = rollback(workspace(database), to=earlier, accept_data_loss=True)
    assert report.error
    assert (report.error.code, report.error.exit_status) == ("migration-failed", 3)
    assert report.error.message.startswith("wishlist_items still has rows with ")
    assert f"{MIGRATIONS[NUMBERS.index(number)].id} stays applied" in (report.error.state or "")
    assert facts(database) == before
    assert status(workspace(database)).position == MIGRATIONS[NUMBERS.index(number)].id

    query(database, f"UPDATE wishlist_items SET {column} = {other}")
    back(database, earlier)
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        query(database, f"UPDATE wishlist_items SET {column} = '{label}'")
    forward(database, number)
    assert facts(database) == before
    query(database, f"UPDATE wishlist_items SET {column} = '{label}'")


def test_deleting_a_wish_leaves_the_set_that_fulfilled_it(migrated: str) -> None:
    ((wish,),) = query(migrated, WISH)
    query(
        migrated,
        f"INSERT INTO sets (user_id, title, wishlist_item_id) VALUES ('u', 't', '{wish}')",
    )
    query(migrated, "DELETE FROM wishlist_items")
    assert query(migrated, "SELECT wishlist_item_id FROM sets") == [(None,)]


# Bad days


@pytest.mark.wishkit(to="0006")
def test_another_table_of_that_name_stops_it_and_stays(migrated: str) -> None:
    query(migrated, "CREATE TABLE wishlist_items (other int)")
    before = facts(migrated)
    report = migrate(workspace(migrated))
    assert report.error
    assert (report.error.exit_status, report.error.code) == (3, "migration-failed")
    assert report.error.message == 'relation "wishlist_items" already exists'
    assert report.error.where
    assert report.error.where.path.endswith("0007_add_wishlist.sql")
    assert facts(migrated) == before
    query(migrated, "DROP TABLE wishlist_items")
    forward(migrated)


@pytest.mark.wishkit(to="0006")
def test_a_role_that_may_not_create_does_nothing_half(migrated: str) -> None:
    role = f"reader_{migrated.rpartition('/')[2].partition('?')[0]}"
    query(migrated, f"CREATE ROLE {role}")
    try:
        query(
            migrated,
            f"GRANT USAGE ON SCHEMA wishkit, public TO {role};"
            f"GRANT ALL ON ALL TABLES IN SCHEMA wishkit, public TO {role};"
            f"GRANT ALL ON ALL SEQUENCES IN SCHEMA wishkit TO {role}",
        )
        before = facts(migrated)
        target = Target(url=migrated, name="command line", role=role)
        report = migrate(Workspace(Config(sql=SQL), target, lambda _: None))
        assert report.error
        assert (report.error.exit_status, report.error.message) == (
            3,
            "permission denied for schema public",
        )
        assert facts(migrated) == before
    finally:
        query(migrated, f"DROP OWNED BY {role}; DROP ROLE {role}")
    forward(migrated)


def test_a_read_only_database_is_told_before_anything_runs(database: str) -> None:
    name = query(database, "SELECT current_database()")[0][0]
    query(database, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(ConnectError) as caught:
        migrate(workspace(database))
    assert caught.value.code == "read-only"
    assert facts(database) == set()


def test_two_at_once_end_as_one(database: str) -> None:
    reports: list[Report | WishkitError] = []

    def run() -> None:
        try:
            reports.append(migrate(workspace(database)))
        except WishkitError as error:
            reports.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [r for r in reports if not isinstance(r, WishkitError)]
    assert sum(len(report.done) for report in done) == len(MIGRATIONS)
    assert all(report.error is None for report in done)
    assert all(row.state.value == "applied" for row in status(workspace(database)).migrations)


# Plain yoyo


def test_the_folder_is_one_that_yoyo_understands() -> None:
    theirs = read_migrations(str(SQL / "migrations"))
    assert [migration.id for migration in theirs] == [migration.id for migration in MIGRATIONS]
    for yoyo, ours in zip(theirs, MIGRATIONS, strict=True):
        yoyo.load()
        assert {needed.id for needed in yoyo.depends} == {*ours.header.depends}
        assert yoyo.use_transactions == ours.transactional("forward")
        assert yoyo.steps
