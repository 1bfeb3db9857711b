"""The files of sql/smoke: they pass at head, notice what is broken, and leave nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from wishkit.commands.migrate import migrate
from wishkit.commands.probes import smoke
from wishkit.commands.seed import seed
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Target
from wishkit.core.probes import read_smoke
from wishkit.errors import ConsentNeeded, PromiseBroken
from wishkit.postgres.probe import run_probe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.postgres.scratch import Scratch

SQL = Path(__file__).parents[2] / "sql"
PROBES = {probe.id: probe for probe in read_smoke(SQL / "smoke")}
TABLES = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname !~ 'yoyo'
    """


def workspace(url: str, *, protected: bool = False) -> Workspace:
    target = Target(url=url, name="production", protected=protected)
    return Workspace(Config(sql=SQL), target, lambda _: None)


@pytest.fixture(scope="module")
def url(server: Scratch) -> Iterator[str]:
    """A database at head, of which nothing is changed for good."""
    url = server.create_database("smoke_head")
    assert migrate(workspace(url)).error is None
    yield url
    server.drop_database("smoke_head")


def rows(connection: psycopg.Connection[Any]) -> dict[str, int]:
    names = [name for (name,) in connection.execute(TABLES).fetchall()]
    counts = {}
    for name in names:
        row = connection.execute(f"SELECT count(*) FROM {name}".encode()).fetchone()
        counts[name] = row[0] if row else -1
    return counts


def test_all_of_them_pass_and_leave_nothing(url: str) -> None:
    found = smoke(workspace(url))
    assert [(it.id, it.error) for it in found.verdicts] == [(name, None) for name in PROBES]
    assert (found.exit_status, found.scale) == (0, 1000)
    plans = next(it for it in found.verdicts if it.id == "wishlist_plans")
    assert len(plans.notices) == 3
    assert plans.notices[1].endswith("by idx_wishlist_user_sort")
    with psycopg.connect(url, autocommit=True) as connection:
        assert set(rows(connection).values()) == {0}
        assert len(rows(connection)) == 16


@pytest.mark.soak
def test_a_hundred_thousand_rows(url: str) -> None:
    found = smoke(workspace(url), ["wishlist_plans"], scale=100_000, limit=500)
    assert [it.error for it in found.verdicts] == [None]


def test_a_limit_is_a_promise(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        found = run_probe(connection, PROBES["wishlist_plans"], settings={"wishkit.limit": "0"})
    assert isinstance(found.error, PromiseBroken)
    assert "in their own order: took" in found.error.message


@pytest.mark.parametrize(
    ("probe", "damage"),
    [
        ("wishlist_plans", "DROP INDEX idx_wishlist_user_sort"),
        (
            "wishlist_plans",
            (
                "DO $$ DECLARE i regclass; BEGIN FOR i IN SELECT indexrelid FROM pg_index "
                "WHERE indrelid = 'wishlist_items'::regclass AND NOT indisprimary LOOP "
                "EXECUTE 'DROP INDEX ' || i; END LOOP; END $$"
            ),
        ),
        ("galleries", "ALTER TABLE gallery_flags DROP CONSTRAINT gallery_flags_image_user_unique"),
        ("instructions", "ALTER TABLE moc_parts DROP CONSTRAINT moc_parts_parts_list_id_fkey"),
        (
            "uploads",
            "ALTER TABLE upload_sessions DROP CONSTRAINT upload_sessions_moc_instruction_id_fkey",
        ),
        ("collection", "ALTER TABLE sets DROP CONSTRAINT sets_wishlist_item_id_fkey"),
        ("collection", "ALTER TABLE wishlist_items DROP CONSTRAINT priority_range_check"),
        ("collection", "ALTER TABLE set_images DROP COLUMN position"),
    ],
)
def test_damage_is_noticed(url: str, probe: str, damage: str) -> None:
    with (
        psycopg.connect(url, autocommit=True) as connection,
        connection.transaction(force_rollback=True),
    ):
        connection.execute(damage.encode())
        assert isinstance(run_probe(connection, PROBES[probe]).error, PromiseBroken)


def test_they_pass_beside_the_rows_of_others(make_url: str) -> None:
    """With the seeds of development, and many wishes that the planner knows."""
    seed(workspace(make_url), "development")
    with psycopg.connect(make_url, autocommit=True) as connection:
        connection.execute(
            """
            INSERT INTO wishlist_items (user_id, title, store, sort_order)
            SELECT 'user-' || n % 10, 'wish', 'LEGO', n FROM generate_series(1, 5000) AS n
            """
        )
        connection.execute("ANALYZE wishlist_items")
        before = rows(connection)
        found = smoke(workspace(make_url))
        assert [it.error for it in found.verdicts] == [None] * len(PROBES)
        assert rows(connection) == before


@pytest.fixture
def make_url(database: str) -> str:
    assert migrate(workspace(database)).error is None
    return database


def test_many_rows_on_a_protected_database_need_consent(url: str) -> None:
    production = workspace(url, protected=True)
    assert smoke(production, ["collection"]).exit_status == 0
    with pytest.raises(ConsentNeeded, match="2,000 rows"):
        smoke(production, ["collection"], scale=2000)
    assert smoke(production, ["collection"], scale=2000, yes=True).exit_status == 0
