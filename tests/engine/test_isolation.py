"""Nothing that a migration does to its session reaches the next migration or the ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from tests.engine.conftest import Project
    from tests.plugins.databases import MakeDatabase

# What a migration can see of its session; compared with what it sees after a harmless one.
PROBE = """
CREATE TABLE public.probe AS SELECT
    current_user::text AS current_user, session_user::text AS session_user,
    current_schemas(false)::text AS schemas, current_setting('search_path') AS search_path,
    current_setting('lock_timeout') AS lock_timeout,
    current_setting('statement_timeout') AS statement_timeout,
    current_setting('TimeZone') AS timezone, current_setting('work_mem') AS work_mem,
    current_setting('DateStyle') AS datestyle, current_setting('row_security') AS row_security,
    current_setting('session_replication_role') AS replication_role,
    current_setting('default_transaction_read_only') AS read_only,
    current_setting('default_transaction_isolation') AS isolation,
    current_setting('synchronous_commit') AS synchronous_commit,
    current_setting('standard_conforming_strings') AS strings,
    nullif(current_setting('wish.custom', true), '') AS custom,
    (SELECT count(*) FROM pg_locks
     WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS advisory_locks,
    (SELECT count(*) FROM pg_prepared_statements) AS prepared,
    (SELECT count(*) FROM pg_cursors WHERE is_holdable) AS cursors,
    (SELECT count(*) FROM pg_listening_channels()) AS channels,
    (SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()) AS temporary;
DO $$ BEGIN
    PERFORM currval(c) FROM to_regclass('public.counting') AS c WHERE c IS NOT NULL;
    IF FOUND THEN RAISE 'a sequence of an earlier migration is remembered'; END IF;
EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL;
END $$;
"""

HOSTILE = {
    "search_path": "CREATE SCHEMA other; SET search_path = other; CREATE TABLE here (id int);",
    "empty search_path": "SELECT pg_catalog.set_config('search_path', '', false);",
    "role": "CREATE ROLE {role}; SET ROLE {role};",
    "session authorization": "CREATE ROLE {role}; SET SESSION AUTHORIZATION {role};",
    "timeouts": "SET lock_timeout = '1ms'; SET statement_timeout = '10s';",
    "settings": "SET work_mem = '123kB'; SET DateStyle = 'German'; SET row_security = off;"
    "SET TimeZone = 'Pacific/Kiritimati'; SET wish.custom = 'x'; SET synchronous_commit = off;",
    "replication role": "SET session_replication_role = replica;",
    "read-only": "SET default_transaction_read_only = on;",
    "isolation": "SET default_transaction_isolation = 'serializable';",
    "cursor": "DECLARE held CURSOR WITH HOLD FOR SELECT generate_series(1, 10);",
    "advisory lock": "SELECT pg_advisory_lock(4711), pg_advisory_lock_shared(1, 2);",
    "temporary table": "CREATE TEMP TABLE wish (id int); CREATE TEMP TABLE run (id int);",
    "listen": "LISTEN wishes;",
    "prepare": "PREPARE wish AS SELECT 1;",
    "sequence": "CREATE SEQUENCE counting; SELECT nextval('counting');",
    "local": "SET LOCAL search_path = pg_catalog; SET LOCAL lock_timeout = 1;",
    "characteristics": "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY;",
}


def probe(url: str) -> dict[str, object]:
    with psycopg.connect(url, row_factory=psycopg.rows.dict_row) as connection:
        row = connection.execute("SELECT * FROM public.probe").fetchone()
    assert row is not None
    return row


@pytest.fixture
def undisturbed(make_database: MakeDatabase) -> dict[str, object]:
    """What the probe sees in a new session."""
    url = make_database()
    with psycopg.connect(url) as connection:
        connection.execute(PROBE.encode())
    return probe(url)


@pytest.mark.parametrize("transactional", [True, False], ids=["transactional", "stepwise"])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_the_session_does_not_leak(
    project: Project, undisturbed: dict[str, object], hostile: str, *, transactional: bool
) -> None:
    role = f"stranger_{project.number}"
    header = "-- a hostile one\n" + ("" if transactional else "-- transactional: false\n\n")
    project.pair("0001_hostile", header + HOSTILE[hostile].format(role=role))
    project.pair("0002_probe", PROBE, "DROP TABLE public.probe;")
    try:
        report = project.migrate()
        assert report.error is None, (report.error, report.error.notes)
        assert probe(project.url) == undisturbed
        project.assert_done()
        # The ledger keeps UTC, whatever the migration's TimeZone was.
        assert project.value(
            "SELECT bool_and(abs(extract(epoch FROM applied_at_utc - (now() AT TIME ZONE 'UTC')))"
            " < 600) FROM _yoyo_migration"
        )
    finally:
        project.rows(f"DROP ROLE IF EXISTS {role}")


@pytest.mark.parametrize("transactional", [True, False], ids=["transactional", "stepwise"])
def test_a_schema_named_like_the_user_comes_first_but_not_for_the_ledger(
    project: Project, *, transactional: bool
) -> None:
    project.pair("0001_before", "CREATE TABLE before (id int);")
    header = "" if transactional else "-- named like the user\n-- transactional: false\n\n"
    user = project.value("SELECT current_user")
    project.pair("0002_schema", f'{header}CREATE SCHEMA "{user}";')
    project.pair("0003_after", "CREATE TABLE after (id int);")
    assert project.migrate().error is None
    places = dict(
        project.rows(
            "SELECT relname, relnamespace::regnamespace::text FROM pg_class"
            " WHERE relname IN ('before', 'after', '_yoyo_migration')"
        )
    )
    assert places == {"before": "public", "after": user, "_yoyo_migration": "public"}
    project.assert_done()


def test_a_changed_search_path_does_not_apply_anything_again(project: Project) -> None:
    project.pair("0001_wish", "CREATE TABLE wish (id int);")
    assert project.migrate().error is None
    project.rows("CREATE SCHEMA elsewhere")
    url = psycopg.conninfo.make_conninfo(project.url, options="-c search_path=elsewhere")
    project.target = replace(project.target, url=url)
    assert project.migrate().done == ()
    project.pair("0002_more", "CREATE TABLE more (id int);")
    assert [d.id for d in project.migrate().done] == ["0002_more"]
    assert project.value("SELECT to_regclass('elsewhere.more') IS NOT NULL")
    assert project.value("SELECT to_regclass('elsewhere._yoyo_migration') IS NULL")
    project.assert_done()


@pytest.mark.parametrize(
    "damage",
    [
        "DROP SCHEMA wishkit CASCADE",
        "DROP SCHEMA public CASCADE",
        "DROP SCHEMA public CASCADE; CREATE SCHEMA public",
        "DROP TABLE wishkit.applied",
        "ALTER TABLE wishkit.run RENAME TO walk",
        "ALTER TABLE wishkit.ledger RENAME TO book",
        "ALTER TABLE wishkit.step RENAME TO stride",
        "ALTER TABLE public._yoyo_migration RENAME TO old_migration",
        "ALTER SCHEMA wishkit RENAME TO bypassed",
        "SET TRANSACTION READ ONLY",
    ],
)
@pytest.mark.parametrize("transactional", [True, False], ids=["transactional", "stepwise"])
def test_a_migration_that_damages_the_ledger_fails_itself(
    project: Project, damage: str, *, transactional: bool
) -> None:
    if not transactional and damage.startswith("SET"):
        pytest.skip("it ends with its statement")
    project.pair("0001_good", "CREATE TABLE good (id int);")
    assert project.migrate().error is None
    header = "" if transactional else "-- damage\n-- transactional: false\n\n"
    project.pair("0002_damage", f"{header}{damage};")
    error = project.fails()
    assert (error.code, error.exit_status) == ("ledger-not-written", 3)
    assert error.where is not None
    assert error.where.path.endswith("0002_damage.sql")
    assert error.state is not None
    assert "the database is at 0001_good" in error.state
    assert project.history()[-1] == ("0002", "forward", "failed")
    assert project.states() == {"0001": "applied", "0002": "pending"}
    project.pair("0002_damage", "SELECT 1;")
    assert project.migrate().error is None
    project.assert_done()


@pytest.mark.parametrize("transactional", [True, False], ids=["transactional", "stepwise"])
def test_everything_belongs_to_the_configured_role(
    project: Project, *, transactional: bool
) -> None:
    owner, login = f"owner_{project.number}", f"login_{project.number}"
    database = project.value("SELECT current_database()")
    project.rows(f"CREATE ROLE {owner}")
    project.rows(f"CREATE ROLE {login} LOGIN NOINHERIT IN ROLE {owner}")
    project.rows(f"ALTER DATABASE {database} OWNER TO {owner}")
    project.rows(f"GRANT CREATE ON SCHEMA public TO {owner}")
    try:
        url = psycopg.conninfo.make_conninfo(project.url, user=login)
        project.target = replace(project.target, url=url, role=owner)
        header = "" if transactional else "-- own\n-- transactional: false\n\n"
        project.pair("0001_wish", f"{header}CREATE TABLE wish (id int); RESET ROLE;")
        project.pair("0002_more", "CREATE TABLE more (id int);")
        assert project.migrate().error is None
        owners = project.rows(
            "SELECT DISTINCT tableowner FROM pg_tables"
            " WHERE schemaname IN ('public', 'wishkit') ORDER BY 1"
        )
        assert owners == [(owner,)]
        assert project.value("SELECT role FROM wishkit.run") == login
        assert project.value("SELECT backend_start IS NOT NULL FROM wishkit.run")
        project.assert_done()
        assert project.rollback(to="base").error is None
        assert project.value("SELECT to_regclass('public.wish') IS NULL") is False
    finally:
        project.rows(f"ALTER DATABASE {database} OWNER TO CURRENT_USER")
        project.rows(f"DROP OWNED BY {owner}, {login} CASCADE")
        project.rows(f"DROP ROLE {login}, {owner}")


def test_a_database_that_writes_times_in_its_own_way(project: Project) -> None:
    """Its DateStyle is the migrations' business, and nothing that wishkit itself asks minds it."""
    project.rows(
        "DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET datestyle = ''SQL, DMY''',"
        " current_database()); END$$"
    )
    project.pair("0001_wish", "CREATE TABLE wish AS SELECT date '31/12/2025' :: text AS day;")
    assert project.migrate().error is None
    assert project.value("SELECT day FROM wish") == "31/12/2025"
    project.pair("0002_wait", "SELECT pg_advisory_xact_lock_shared(1);")
    with project.gate():
        process = project.spawn("migrate")
        project.wait_at_gate()
        process.kill()
        process.communicate()
    assert project.migrate().error is None  # having seen to the one that was killed
    project.rows(
        "DO $$BEGIN EXECUTE format('ALTER DATABASE %I RESET datestyle', current_database()); END$$"
    )
    project.assert_done()
    assert project.rows("SELECT outcome FROM wishkit.run ORDER BY id") == [
        ("done",),
        ("lost",),
        ("done",),
    ]
