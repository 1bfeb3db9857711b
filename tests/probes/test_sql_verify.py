"""The files of sql/verify: each fails without its migration, and on anything that is missing."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from wishkit.commands.migrate import migrate
from wishkit.commands.rollback import rollback
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Target
from wishkit.core.migration import read_folder
from wishkit.core.probes import read_verify
from wishkit.errors import PromiseBroken
from wishkit.postgres.probe import run_probe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.core.probes import ProbeKind
    from wishkit.postgres.binaries import Binaries
    from wishkit.postgres.scratch import Scratch

pytestmark = pytest.mark.majors

SQL = Path(__file__).parents[2] / "sql"
IDS = [migration.id for migration in read_folder(SQL / "migrations")]
PROBES = {(probe.id, probe.kind): probe for probe in read_verify(SQL / "verify")}


def workspace(url: str) -> Workspace:
    return Workspace(Config(sql=SQL), Target(url=url, name="command line"), lambda _: None)


def holds(connection: psycopg.Connection[Any], id_: str, kind: ProbeKind) -> bool:
    """Whether a probe passes; if not, that it was asked."""
    found = run_probe(connection, PROBES[id_, kind])
    assert found.passed or isinstance(found.error, PromiseBroken), found.error
    return found.passed


@pytest.fixture(scope="module")
def url(server: Scratch) -> Iterator[str]:
    """A database at head, of which nothing is changed for good."""
    url = server.create_database("verify_head")
    assert migrate(workspace(url)).error is None
    yield url
    server.drop_database("verify_head")


def test_every_migration_of_this_project_has_both() -> None:
    assert set(PROBES) == {(id_, kind) for id_ in IDS for kind in ("verify", "gone")}


def test_each_one_tells_before_from_after_there_and_back(database: str) -> None:
    told: dict[str, tuple[bool, ...]] = {}
    with psycopg.connect(database, autocommit=True) as connection:
        for id_ in IDS:
            before = holds(connection, id_, "verify")
            assert migrate(workspace(database), to=id_).error is None
            told[id_] = (before, holds(connection, id_, "verify"), holds(connection, id_, "gone"))
        assert {*told.values()} == {(False, True, False)}
        assert [id_ for id_ in IDS if not holds(connection, id_, "verify")] == []
        for id_ in reversed(IDS):
            report = rollback(workspace(database), ids=[id_], accept_data_loss=True)
            assert report.error is None
            told[id_] = (holds(connection, id_, "gone"), holds(connection, id_, "verify"))
        assert {*told.values()} == {(True, False)}


def test_psql_runs_them_as_they_are(url: str, binaries: Binaries) -> None:
    """Those of sql/smoke too: BEGIN, the file, ROLLBACK."""
    files = [SQL / "verify" / f"{id_}.sql" for id_ in IDS] + sorted((SQL / "smoke").glob("*.sql"))
    psql = [str(binaries.program("psql")), "-X", "-q", "-v", "ON_ERROR_STOP=1", f"--dbname={url}"]
    asked = [word for it in files for word in ("-c", "BEGIN", "-f", str(it), "-c", "ROLLBACK")]
    done = subprocess.run([*psql, *asked], capture_output=True, check=False, encoding="utf-8")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr.count("NOTICE") == done.stderr.count("\n") == 3
    gone = SQL / "verify" / f"{IDS[7]}.rollback.sql"
    done = subprocess.run(
        [*psql, "-f", str(gone)], capture_output=True, check=False, encoding="utf-8"
    )
    assert done.returncode == 3
    assert "still there: the table wishlist_items" in done.stderr


# Damage: what is missing, or other than promised, is noticed by the file that promised it.
DAMAGE = {
    "0000": [
        "ALTER TABLE gallery_albums ALTER user_id DROP NOT NULL",
        "ALTER TABLE moc_parts_lists ALTER built DROP DEFAULT",
        "ALTER TABLE gallery_images ALTER created_at TYPE timestamptz",
        "ALTER TABLE gallery_flags DROP CONSTRAINT gallery_flags_image_user_unique",
        (
            "ALTER TABLE gallery_flags DROP CONSTRAINT gallery_flags_image_id_fkey, ADD CONSTRAINT "
            "gallery_flags_image_id_fkey FOREIGN KEY (image_id) REFERENCES gallery_images"
        ),
        "DROP INDEX idx_sets_retired; CREATE INDEX idx_sets_retired ON moc_instructions (retired)",
        "DROP TABLE moc_gallery_images",
    ],
    "0001": ["ALTER TABLE moc_parts ALTER quantity TYPE bigint", "DROP INDEX idx_moc_parts_color"],
    "0002": [
        "ALTER TABLE moc_instructions ALTER visibility SET DEFAULT 'public'",
        "ALTER TABLE moc_instructions DROP COLUMN event_badges",
        "ALTER TABLE moc_instructions DROP CONSTRAINT moc_instructions_user_slug_unique",
    ],
    "0003": [
        "ALTER TABLE user_daily_uploads DROP CONSTRAINT user_daily_uploads_user_day_unique",
        "ALTER TABLE upload_sessions ALTER expires_at DROP NOT NULL",
    ],
    "0004": ["ALTER TABLE moc_files ALTER deleted_at TYPE timestamp"],
    "0005": ["ALTER TABLE sets ALTER tax TYPE numeric(12, 2)", "DROP INDEX set_images_set_id_idx"],
    "0006": [
        "ALTER TABLE set_images DROP CONSTRAINT set_images_set_id_fkey",
        (
            "ALTER TABLE set_images DROP CONSTRAINT set_images_set_id_fkey, ADD CONSTRAINT "
            "set_images_set_id_fkey FOREIGN KEY (set_id) REFERENCES sets ON DELETE CASCADE "
            "NOT VALID"
        ),
    ],
    "0007": [
        (
            "ALTER TABLE wishlist_items DROP CONSTRAINT priority_range_check, "
            "ADD CONSTRAINT priority_range_check CHECK (priority >= 0 AND priority <= 10)"
        ),
        "ALTER TABLE wishlist_items ALTER currency DROP DEFAULT",
        "ALTER TYPE wishlist_currency RENAME VALUE 'GBP' TO 'Gbp'",
        (
            "ALTER TYPE wishlist_store RENAME VALUE 'Cata' TO 'x'; "
            "ALTER TYPE wishlist_store RENAME VALUE 'BrickLink' TO 'Cata'; "
            "ALTER TYPE wishlist_store RENAME VALUE 'x' TO 'BrickLink'"
        ),
        (
            "UPDATE pg_index SET indisvalid = false "
            "WHERE indexrelid = 'idx_wishlist_user_sort'::regclass"
        ),
    ],
    "0008": [
        "ALTER TYPE wishlist_store RENAME VALUE 'Target' TO '(removed) Target'",
        "ALTER TYPE wishlist_store ADD VALUE 'Etsy'",
    ],
    "0009": ["ALTER TYPE wishlist_currency RENAME VALUE 'CNY' TO 'RMB'"],
    "0010": [
        (
            "DROP INDEX idx_wishlist_user_created; "
            "CREATE INDEX idx_wishlist_user_created ON wishlist_items (user_id, created_at)"
        )
    ],
    "0011": [
        (
            "DROP INDEX idx_wishlist_release_date; "
            "CREATE INDEX idx_wishlist_release_date ON wishlist_items (release_date)"
        )
    ],
    "0012": ["DROP INDEX sets_wishlist_item_id_idx"],
    "0013": [
        (
            "ALTER TABLE sets DROP CONSTRAINT sets_wishlist_item_id_fkey, ADD CONSTRAINT "
            "sets_wishlist_item_id_fkey FOREIGN KEY (wishlist_item_id) REFERENCES wishlist_items "
            "ON DELETE SET NULL NOT VALID"
        ),
    ],
}


def test_damage_is_noticed_by_the_file_that_promised(url: str) -> None:
    ids = {id_[:4]: id_ for id_ in IDS}
    with psycopg.connect(url, autocommit=True) as connection:
        missed = [
            statement
            for number, statements in DAMAGE.items()
            for statement in statements
            if _holds_after(connection, statement, ids[number])
        ]
    assert missed == []
    assert set(DAMAGE) == set(ids)


def test_all_of_the_wishlist_is_watched(url: str) -> None:
    """Nothing of it can be dropped without a file of sql/verify that notices."""
    parts = """
        SELECT format('ALTER TABLE wishlist_items DROP COLUMN %I CASCADE', attname)
        FROM pg_attribute
        WHERE attrelid = 'wishlist_items'::regclass AND attnum > 0 AND NOT attisdropped
        UNION ALL SELECT format('ALTER TABLE wishlist_items DROP CONSTRAINT %I CASCADE', conname)
        FROM pg_constraint WHERE conrelid = 'wishlist_items'::regclass AND contype IN ('p', 'c')
        UNION ALL SELECT format('DROP INDEX %s', indexrelid::regclass)
        FROM pg_index WHERE indrelid = 'wishlist_items'::regclass AND NOT indisprimary
        """
    with psycopg.connect(url, autocommit=True) as connection:
        statements = [statement for (statement,) in connection.execute(parts).fetchall()]
        missed = [
            statement
            for statement in statements
            if all(_holds_after(connection, statement, id_) for id_ in (IDS[7], IDS[10], IDS[11]))
        ]
    assert len(statements) == 19 + 2 + 7
    assert missed == []


def _holds_after(connection: psycopg.Connection[Any], statement: str, id_: str) -> bool:
    with connection.transaction(force_rollback=True):
        connection.execute(statement.encode())
        return holds(connection, id_, "verify")
