"""The ledger as its readers have it: docs/ledger.md says what is there, and its SQL works."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.plain_yoyo import Project, tables
from wishkit.config import Target
from wishkit.errors import LedgerError, MigrationFailed, MigrationPartial
from wishkit.postgres import ledger
from wishkit.postgres.connection import connect
from wishkit.postgres.lock import run_lock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.plugins.project import SqlFolder

pytestmark = pytest.mark.majors

DOCUMENT = Path(__file__).parents[1] / "docs" / "ledger.md"
NEXT = ledger.VERSION + 1
BEGIN, END = "<!-- tables -->\n", "<!-- end of tables -->\n"
COLUMNS = """
    SELECT c.relname, n.nspname = 'wishkit', obj_description(c.oid, 'pg_class'),
           a.attname, format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum)
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p', 'v') AND (n.nspname = 'wishkit' OR c.relname ~ 'yoyo')
    ORDER BY 2 DESC, c.oid, a.attnum
"""


@pytest.fixture
def project(sql_folder: SqlFolder, database: str) -> Project:
    return Project(sql_folder(tables("alpha", "beta", "gamma")), database)


def blocks(section: str = "") -> list[str]:
    """The statements of the document's SQL blocks, of one section or of all."""
    text = DOCUMENT.read_text(encoding="utf-8")
    if section:
        text = text.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return re.findall(r"^```sql\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.mark.golden
def test_the_document_has_every_table_and_column_with_its_comment(project: Project) -> None:
    project.migrate(to="0001")
    lines: list[str] = []
    seen = None
    for table, ours, about, column, kind, comment in project.rows(COLUMNS):
        assert about, f"{table} has no comment"
        assert comment, f"{table}.{column} has no comment"
        if table != seen:
            name = f"wishkit.{table}" if ours else table
            lines += ["", f"### {name}", "", about, "", "| column | type | |", "|---|---|---|"]
            seen = table
        lines.append(f"| `{column}` | {kind} | {comment} |")
    section = "\n".join([*lines, "", ""])
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    found, _, after = rest.partition(END)
    if os.environ.get("WISHKIT_GOLDEN") == "write":
        DOCUMENT.write_text(before + BEGIN + section + END + after, encoding="utf-8")
        found = section
    assert found == section, "`make golden` writes it anew"


@pytest.fixture
def eventful(project: Project, sql_folder: SqlFolder) -> Iterator[Project]:
    """A database of which every query of the document has something to tell."""
    files = tables("alpha", "beta", "gamma")
    sql_folder(
        {
            "0002_beta.sql": None,
            "0002_beta.rollback.sql": None,
            "0003_gamma.sql": None,
            "0003_gamma.rollback.sql": None,
            "0007_add_wishlist.sql": "CREATE TABLE wishlist (id int);\n",
            "0007_add_wishlist.rollback.sql": "DROP TABLE wishlist;\n",
        }
    )
    with project.yoyo() as (backend, migrations):
        backend.apply_one(migrations[0])
    project.migrate()
    sql_folder(
        {
            "0008_fail.sql": "-- it fails\nSELECT 1/0;\n",
            "0008_fail.rollback.sql": files["0001_alpha.rollback.sql"],
        }
    )
    with pytest.raises(MigrationFailed):
        project.migrate()
    sql_folder(
        {
            "0008_fail.sql": "-- half\n-- transactional: false\nSELECT 1;\nSELECT 1/0;\n",
        }
    )
    with pytest.raises(MigrationPartial):
        project.migrate()
    guard = connect(Target(project.url, "test"), application_name="wishkit migrate")
    with run_lock(guard, wait=0, listener=project.events.append):
        yield project


def test_a_dashboard_can_run_every_query_with_the_permissions_it_is_given(
    eventful: Project,
) -> None:
    queries = blocks("Read it")
    assert len(queries) == 9
    with psycopg.connect(eventful.url) as connection:  # one transaction, rolled back
        connection.execute("CREATE ROLE dashboard; GRANT pg_monitor TO dashboard")
        connection.execute("SET LOCAL ROLE dashboard")
        for query in queries[:-1]:
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(query.encode())
        connection.execute("RESET ROLE")
        (grants,) = blocks("Permissions for a dashboard")
        connection.execute(grants.encode())
        connection.execute("SET LOCAL ROLE dashboard")
        for query in queries:
            assert connection.execute(query.encode()).fetchall(), query
        read = ledger.read_ledger(connection)
        assert read.position == "0007_add_wishlist"
        assert [partial.id for partial in read.partial] == ["0008_fail"]
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute("DELETE FROM wishkit.run")
        connection.rollback()


def test_the_queries_tell_what_they_say(eventful: Project) -> None:
    applied, runs, who, text, failed, slowest, partial, plain, lock = (
        eventful.rows(query) for query in blocks("Read it")
    )
    assert [(row[0], row[2] is None) for row in applied] == [
        ("0001_alpha", True),
        ("0007_add_wishlist", False),
    ]
    assert [(row[1], row[4]) for row in runs] == [
        ("migrate", "partial"),
        ("migrate", "failed"),
        ("migrate", "done"),
    ]
    assert [(row[1], row[2], row[3]) for row in who] == [("forward", "done", "postgres")]
    assert text == [("CREATE TABLE wishlist (id int);\n", "DROP TABLE wishlist;\n")]
    assert [(row[1], row[3], row[4]) for row in failed] == [
        ("0008_fail", "partial", "division by zero"),
        ("0008_fail", "failed", "division by zero"),
    ]
    assert failed[1][6] == "2"
    assert {row[0] for row in slowest} >= {"0008_fail"}
    assert [(row[0], row[2], row[3]) for row in partial] == [("0008_fail", 1, 2)]
    assert [row[0] for row in plain] == ["0001_alpha"]
    assert [row[2] for row in lock] == ["wishkit migrate"]


def test_a_role_that_may_not_read_is_told_which_grants_it_needs(project: Project) -> None:
    project.migrate()
    with psycopg.connect(project.url) as connection:
        connection.execute("CREATE ROLE stranger")
        connection.execute("SET LOCAL ROLE stranger")
        with pytest.raises(LedgerError) as caught:
            ledger.read_ledger(connection)
        connection.rollback()
    assert caught.value.code == "ledger-permission"
    assert "GRANT USAGE ON SCHEMA wishkit" in (caught.value.help or "")


def test_the_ledger_lifts_itself_with_the_next_change(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.migrate(to="0002")
    folder = tmp_path / "versions"
    folder.mkdir()
    (folder / f"{NEXT:04}_next.sql").write_text("ALTER TABLE wishkit.run ADD COLUMN mood text")
    with monkeypatch.context() as later:
        later.setattr(ledger, "VERSION", NEXT)
        later.setattr(ledger, "_VERSIONS", {NEXT: f"{NEXT:04}_next"})
        later.setattr(ledger, "_VERSIONS_FOLDER", str(folder))
        later.setattr(ledger, "__version__", "2.0")
        project.states()
        assert project.rows("SELECT version FROM wishkit.ledger") == [(NEXT - 1,)]
        project.migrate()
        assert project.rows("SELECT version, written_by FROM wishkit.ledger") == [(NEXT, "2.0")]
        assert project.rows("SELECT mood FROM wishkit.run") == [(None,), (None,)]
    for verb in (project.migrate, project.status, lambda: project.rollback(steps=1)):
        with pytest.raises(LedgerError, match="written by a newer wishkit") as caught:
            verb()
        assert caught.value.code == "ledger-newer"
        assert caught.value.help == "install wishkit 2.0 or newer"
    assert project.has("gamma")


def test_a_ledger_that_cannot_be_lifted_is_left_as_it_was(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.migrate(to="0002")
    (tmp_path / f"{NEXT:04}_next.sql").write_text("CREATE TABLE wishkit.next (); SELECT 1/0")
    monkeypatch.setattr(ledger, "VERSION", NEXT)
    monkeypatch.setattr(ledger, "_VERSIONS", {NEXT: f"{NEXT:04}_next"})
    monkeypatch.setattr(ledger, "_VERSIONS_FOLDER", str(tmp_path))
    with pytest.raises(LedgerError, match="division by zero"):
        project.migrate()
    assert not project.has("wishkit.next")
    assert not project.has("gamma")
    assert project.rows("SELECT version FROM wishkit.ledger") == [(NEXT - 1,)]


def test_what_is_left_when_schema_wishkit_is_dropped(project: Project) -> None:
    project.migrate(to="0002")
    project.run("DROP SCHEMA wishkit CASCADE")
    assert list(project.states().values()) == ["applied", "applied", "pending"]
    project.migrate()
    project.rollback(to="base")
    assert not project.has("alpha")
