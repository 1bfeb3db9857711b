"""Databases that refuse a run, before anything is changed or with everything as it was."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest

from wishkit.errors import ConnectError, LedgerError

if TYPE_CHECKING:
    from tests.engine.conftest import Project

TABLES = (
    "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
)


def test_a_table_of_another_shape_is_in_the_way(project: Project) -> None:
    project.rows("CREATE TABLE wish (other text)")
    project.pair("0001_type", "CREATE TYPE store AS ENUM ('LEGO');", "DROP TYPE store;")
    project.pair("0002_wish", "CREATE TYPE shop AS ENUM ('a');\nCREATE TABLE wish (id int);")
    error = project.fails()
    assert (error.code, error.exit_status) == ("migration-failed", 3)
    assert error.message == 'relation "wish" already exists'
    assert error.where is not None
    assert (error.where.line, error.where.text) == (2, "CREATE TABLE wish (id int);")
    assert error.state == "0002_wish was rolled back; the database is at 0001_type"
    assert error.help is not None
    assert "wishkit mark" in error.help
    assert project.value("SELECT count(*) FROM pg_type WHERE typname = 'shop'") == 0
    columns = "SELECT attname FROM pg_attribute WHERE attrelid = 'wish'::regclass AND attnum > 0"
    assert project.rows(columns) == [("other",)]
    assert project.history() == [("0001", "forward", "done"), ("0002", "forward", "failed")]
    (details,) = project.rows("SELECT error FROM wishkit.execution WHERE outcome = 'failed'")[0]
    assert details["code"] == "migration-failed"
    assert details["line"] == 2
    assert "SQLSTATE 42P07 (DuplicateTable)" in details["notes"]
    project.assert_sound()
    project.rows("DROP TABLE wish")
    assert project.migrate().error is None
    project.assert_done()


@pytest.fixture
def stranger(project: Project) -> str:
    """A role that may log in and nothing else."""
    role = f"stranger_{project.number}"
    project.rows(f"CREATE ROLE {role} LOGIN")
    url = psycopg.conninfo.make_conninfo(project.url, user=role)
    project.target = replace(project.target, url=url)
    return role


def test_the_role_may_not_make_the_ledger(project: Project, stranger: str) -> None:
    project.pair("0001_wish", "CREATE TABLE wish (id int);")
    with pytest.raises(LedgerError, match="permission denied for") as raised:
        project.migrate()
    assert (raised.value.code, raised.value.exit_status) == ("ledger-permission", 2)
    assert raised.value.help is not None
    assert "GRANT CREATE" in raised.value.help
    assert project.value(TABLES) == 0
    project.rows(f"DROP OWNED BY {stranger}")
    project.rows(f"DROP ROLE {stranger}")


def test_the_role_may_not_create_what_the_migration_creates(
    project: Project, stranger: str
) -> None:
    database = project.value("SELECT current_database()")
    project.rows("CREATE SCHEMA ledger; CREATE SCHEMA shop")
    project.rows(f"GRANT CREATE ON DATABASE {database} TO {stranger}")
    project.rows(f"GRANT ALL ON SCHEMA ledger TO {stranger}")
    project.rows(f"ALTER ROLE {stranger} SET search_path = ledger")
    project.pair("0001_wish", "CREATE TABLE wish (id int);\nCREATE TABLE shop.wish (id int);")
    error = project.fails()
    assert error.exit_status == 3
    assert error.message == "permission denied for schema shop"
    assert error.where is not None
    assert (error.where.line, error.where.column) == (2, 14)
    assert error.help is not None
    assert "role = " in error.help
    assert project.value("SELECT to_regclass('ledger.wish') IS NULL")
    project.rows(f"GRANT ALL ON SCHEMA shop TO {stranger}")
    assert project.migrate().error is None
    project.assert_done()
    project.rows(f"DROP OWNED BY {stranger} CASCADE")
    project.rows(f"DROP ROLE {stranger}")


def test_another_role_may_not_write_the_ledger(project: Project) -> None:
    project.pair("0001_wish", "CREATE TABLE wish (id int);")
    assert project.migrate().error is None
    role = f"reader_{project.number}"
    project.rows(f"CREATE ROLE {role} LOGIN")
    project.rows(f"GRANT USAGE ON SCHEMA wishkit TO {role}")
    project.rows(f"GRANT SELECT ON ALL TABLES IN SCHEMA wishkit, public TO {role}")
    url = psycopg.conninfo.make_conninfo(project.url, user=role)
    owner, project.target = project.target, replace(project.target, url=url)
    project.pair("0002_more", "CREATE TABLE more (id int);")
    assert project.states() == {"0001": "applied", "0002": "pending"}
    with pytest.raises(LedgerError, match="permission denied for table") as raised:
        project.migrate()
    assert (raised.value.code, raised.value.exit_status) == ("ledger-permission", 2)
    project.target = owner
    assert project.migrate().error is None
    project.assert_done()
    project.rows(f"DROP OWNED BY {role}")
    project.rows(f"DROP ROLE {role}")


def test_a_read_only_connection_is_refused_before_anything_is_written(project: Project) -> None:
    project.pair("0001_wish", "CREATE TABLE wish (id int);")
    url = psycopg.conninfo.make_conninfo(project.url, options="-c default_transaction_read_only=on")
    writable, project.target = project.target, replace(project.target, url=url)
    with pytest.raises(ConnectError) as raised:
        project.migrate()
    assert (raised.value.code, raised.value.exit_status) == ("read-only", 2)
    assert project.value(TABLES) == 0
    assert project.states() == {"0001": "pending"}
    project.target = writable
    assert project.migrate().error is None
    project.assert_done()


def test_a_ledger_of_a_newer_wishkit_is_refused(project: Project) -> None:
    project.pair("0001_wish", "CREATE TABLE wish (id int);")
    assert project.migrate().error is None
    project.pair("0002_more", "CREATE TABLE more (id int);")
    project.rows("UPDATE wishkit.ledger SET version = version + 1, written_by = '99.0'")
    project.rows("ALTER TABLE wishkit.applied RENAME checksum TO digest")
    with pytest.raises(LedgerError, match=r"newer wishkit \(99\.0") as raised:
        project.migrate()
    assert (raised.value.code, raised.value.exit_status) == ("ledger-newer", 2)
    with pytest.raises(LedgerError, match="newer wishkit"):
        project.states()
    assert project.value("SELECT to_regclass('more') IS NULL")
    assert project.value("SELECT count(*) FROM wishkit.run") == 1


def test_the_only_row_of_the_ledger_is_gone(project: Project) -> None:
    project.pair("0001_wish", "CREATE TABLE wish (id int);")
    assert project.migrate().error is None
    project.rows("DELETE FROM wishkit.ledger")
    project.pair("0002_more", "CREATE TABLE more (id int);")
    with pytest.raises(LedgerError) as raised:
        project.migrate()
    assert (raised.value.code, raised.value.exit_status) == ("ledger-damaged", 2)
    # As its help says: yoyo's tables still know what is applied.
    project.rows("DROP SCHEMA wishkit CASCADE")
    assert [d.id for d in project.migrate().done] == ["0002_more"]
    assert set(project.states().values()) == {"applied"}


def test_a_ledger_table_is_gone(project: Project) -> None:
    project.pair("0001_wish", "CREATE TABLE wish (id int);")
    assert project.migrate().error is None
    project.pair("0002_more", "CREATE TABLE more (id int);")
    project.rows("DROP TABLE wishkit.run CASCADE")
    with pytest.raises(LedgerError) as raised:
        project.migrate()
    assert (raised.value.code, raised.value.exit_status) == ("ledger-damaged", 2)
    assert project.value("SELECT to_regclass('more') IS NULL")


def test_a_mark_that_somebody_deleted_makes_the_migration_pending_again(project: Project) -> None:
    project.pair("0001_wish", "CREATE TABLE wish (id int);")
    assert project.migrate().error is None
    project.rows("DELETE FROM _yoyo_migration")
    assert project.states() == {"0001": "pending"}
    error = project.fails()
    assert (error.message, error.exit_status) == ('relation "wish" already exists', 3)
    project.rows("DROP TABLE wish")
    assert project.migrate().error is None
    assert project.states() == {"0001": "applied"}
    assert project.migrate().done == ()


def test_the_order_of_the_ledger_does_not_rest_on_the_servers_clock(project: Project) -> None:
    project.pair("0001_first", "CREATE TABLE first (id int);", "DROP TABLE first;")
    assert project.migrate().error is None
    # As if the clock had been a day ahead then.
    project.rows("UPDATE _yoyo_migration SET applied_at_utc = applied_at_utc + interval '1 day'")
    project.rows("UPDATE wishkit.applied SET applied_at_utc = applied_at_utc + interval '1 day'")
    project.pair("0002_second", "CREATE TABLE second (id int);", "DROP TABLE second;")
    assert project.migrate().position == "0002_second"
    assert [d.id for d in project.rollback(steps=1).done] == ["0002_second"]
    assert project.migrate().error is None
    assert [d.id for d in project.rollback(to="0001").done] == ["0002_second"]


def test_a_statement_timeout_of_the_role_is_named(project: Project) -> None:
    project.pair("0001_slow", "SELECT 1;\nSELECT pg_sleep(60);")
    url = psycopg.conninfo.make_conninfo(
        project.url, options="-c statement_timeout=100ms -c lock_timeout=50ms"
    )
    project.target = replace(project.target, url=url)
    error = project.fails()
    assert (error.message, error.exit_status) == (
        "canceling statement due to statement timeout",
        3,
    )
    assert error.where is not None
    assert error.where.line == 2
    assert error.help is not None
    assert "statement_timeout" in error.help
    project.assert_sound()


def test_a_lock_timeout_of_the_role_is_named(project: Project) -> None:
    project.rows("CREATE TABLE wish (id int)")
    project.pair("0001_alter", "ALTER TABLE wish ADD COLUMN title text;")
    url = psycopg.conninfo.make_conninfo(project.url, options="-c lock_timeout=50ms")
    project.target = replace(project.target, url=url)
    with psycopg.connect(project.url) as other:
        other.execute("LOCK TABLE wish IN ACCESS SHARE MODE")
        error = project.fails()
    assert "lock timeout" in error.message
    assert error.exit_status == 3
    assert error.help is not None
    assert project.migrate().error is None
    project.assert_done()
