"""A statement fails: the error names it at file:line:column, and the migration was not."""

from __future__ import annotations

import os
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from wishkit.errors import MigrationFileError
from wishkit.interface.errors import error_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.engine.conftest import Project

NINE_HUNDRED = "".join(f"INSERT INTO wish VALUES ({n});\n" for n in range(2, 901))
# What the file says, and what is underlined at which line and column.
PLACES = {
    "missing column": (
        "CREATE TABLE wish (owner text);\n\n  CREATE INDEX ON wish (\n    ownr);",
        (4, 5, "ownr"),
    ),
    "behind multi-byte text": (
        (
            "CREATE TABLE wish (id int);\n"
            "SELECT '🧱🧱', 'Bärenbrücke', count(*) FROM wish WHERE \"füße\" = 1;"
        ),
        (2, 54, '"füße"'),
    ),
    "behind multi-byte statements": (
        "-- ĄĆĘ\nSELECT '日本語'; SELECT nothing;",
        (2, 22, "nothing"),
    ),
    "no position": (
        "CREATE TABLE wish (id int);\n/* again */ CREATE TABLE wish (id int);",
        (2, 26, "wish"),
    ),
    "no position, and named twice": (
        "CREATE TABLE wish (id int);\n/* again */ CREATE TABLE wish (wish int);",
        (2, 13, "CREATE TABLE wish (wish int)"),
    ),
    "check violation": (
        (
            "CREATE TABLE wish (id int CHECK (id < 3)); INSERT INTO wish VALUES (1);\n"
            "INSERT INTO wish VALUES (7);"
        ),
        (2, 1, "INSERT INTO wish VALUES (7)"),
    ),
    "the 900th statement of one message": (
        f"CREATE TABLE wish (id int);\n{NINE_HUNDRED}SELECT nothing FROM wish;",
        (901, 8, "nothing"),
    ),
    "inside DO": (
        "SELECT 1;\nDO $$ BEGIN\n  PERFORM nothing;\nEND $$;",
        (3, 11, "nothing"),
    ),
    "inside DO, unnamed": (
        "SELECT 1;\nDO $$ BEGIN\n  PERFORM 1 / 0;\nEND $$;",
        (2, 1, "DO $$ BEGIN"),
    ),
    "inside a function": (
        (
            "CREATE FUNCTION wish() RETURNS int LANGUAGE plpgsql"
            " AS $$ BEGIN RETURN 1 / 0; END $$;\n"
            "SELECT wish();"
        ),
        (2, 1, "SELECT wish()"),
    ),
    "first of all": ("SELECT nothing;", (1, 8, "nothing")),
    "behind a long one": ("CREATE TABLE w AS SELECT 1 AS a;\n;\nSELECT b FROM w;", (3, 8, "b")),
    "the options of COPY": (
        "CREATE TABLE w (a int);\nCOPY w FROM stdin WITH (wrong);\n1\n\\.\n",
        (2, 25, "wrong"),
    ),
    "COPY first of all": ("COPY nowhere FROM stdin;\n1\n\\.\n", (1, 6, "nowhere")),
}


@pytest.mark.parametrize("transactional", [True, False], ids=["transactional", "stepwise"])
@pytest.mark.parametrize("case", PLACES)
def test_the_place_is_named(project: Project, case: str, *, transactional: bool) -> None:
    sql, (line, column, word) = PLACES[case]
    if not transactional and "900" in case:
        pytest.skip("there is no message of 900 statements then")
    header = "" if transactional else "-- fails\n-- transactional: false\n\n"
    project.pair("0001_wish", header + sql)
    error = project.fails()
    where = error.where
    assert where is not None
    assert where.path.endswith("0001_wish.sql")
    assert (where.line - header.count("\n"), where.column) == (line, column)
    underlined = where.text[where.column - 1 :][: where.length]
    assert underlined.startswith(word)
    assert f"{'^' * where.length}" in "\n".join(error_lines(error))
    assert error.exit_status == (3 if transactional else project_status(project))
    assert any(note.startswith("SQLSTATE ") for note in error.notes)
    assert project.history() == [
        ("0001", "forward", "failed" if error.exit_status == 3 else "partial")
    ]
    project.assert_sound()


def project_status(project: Project) -> int:
    """Outside a transaction, what was done before the failure stands."""
    return 4 if project.value("SELECT count(*) FROM wishkit.step") else 3


def test_context_says_where_inside_a_block(project: Project) -> None:
    project.pair("0001_wish", "DO $$ BEGIN\n  PERFORM 1;\n  PERFORM nothing;\nEND $$;")
    error = project.fails()
    assert error.message == 'column "nothing" does not exist'
    assert any("inline_code_block line 3 at PERFORM" in note for note in error.notes)


def test_a_large_insert_fails_at_its_row(project: Project) -> None:
    rows = ",\n".join(
        f"({n}, 'a wish that is long enough to make the file large')" for n in range(30000)
    )
    project.pair(
        "0001_wish",
        "CREATE TABLE wish (id int, title text);\nINSERT INTO wish VALUES\n"
        f"{rows},\n(nothing, '');",
    )
    assert len(rows) > 1_800_000
    error = project.fails()
    assert error.where is not None
    assert (error.where.line, error.where.column) == (30003, 2)
    project.pair(
        "0001_wish", f"CREATE TABLE wish (id int, title text);\nINSERT INTO wish VALUES\n{rows};"
    )
    assert project.migrate().error is None
    assert project.value("SELECT count(*) FROM wish") == 30000
    # The text is kept whole, although it is too long for a message.
    assert project.value("SELECT max(length(forward)) FROM wishkit.script") > 1_800_000
    project.assert_done()


@pytest.mark.parametrize("transactional", [True, False], ids=["transactional", "stepwise"])
def test_a_deferred_constraint_fails_at_the_end(project: Project, *, transactional: bool) -> None:
    header = "" if transactional else "-- deferred\n-- transactional: false\n\n"
    project.pair(
        "0001_wish", "CREATE TABLE wish (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED);"
    )
    project.pair("0002_twice", f"{header}INSERT INTO wish VALUES (1), (1);")
    error = project.fails()
    assert (error.code, error.exit_status) == ("migration-failed", 3)
    assert error.message.startswith("duplicate key value violates unique constraint")
    assert error.where is not None
    assert error.where.path.endswith("0002_twice.sql")
    assert error.where.text == "INSERT INTO wish VALUES (1), (1);"
    assert project.value("SELECT count(*) FROM wish") == 0
    project.pair("0002_twice", f"{header}INSERT INTO wish VALUES (1), (2);")
    assert project.migrate().error is None
    project.assert_done()


def test_a_serialization_failure_at_commit_is_not_the_ledgers_fault(project: Project) -> None:
    project.rows("CREATE TABLE wish (id int); CREATE TABLE other (id int)")
    project.pair(
        "0001_wish",
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\n"
        "SELECT count(*) FROM other; SELECT pg_advisory_xact_lock_shared(1);\n"
        "INSERT INTO wish VALUES (1);",
    )
    process = None
    with psycopg.connect(project.url) as rival, project.gate():
        process = project.spawn("migrate")
        project.wait_at_gate()
        rival.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        rival.execute("SELECT count(*) FROM wish")
        rival.execute("INSERT INTO other VALUES (1)")
        rival.commit()
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 3, errors
    assert "could not serialize access" in errors
    assert "error[migration-failed]" in errors
    assert project.migrate().error is None
    project.assert_done()


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("CREATE TABLE wish (id int);\nVACUUM;", "needs-autocommit"),
        (
            "CREATE TABLE wish (id int);\nCREATE INDEX CONCURRENTLY i ON wish (id);",
            "needs-autocommit",
        ),
        ("CREATE TABLE wish (id int);\nCOMMIT;", "transaction-control"),
        ("CREATE TABLE wish (id int);\nBEGIN;", "transaction-control"),
        ("CREATE TABLE wish (id int);\nSAVEPOINT wish;", "transaction-control"),
    ],
)
def test_what_cannot_run_in_a_transaction_is_refused_before_anything_runs(
    project: Project, sql: str, code: str
) -> None:
    project.pair("0001_good", "CREATE TABLE good (id int);")
    project.pair("0002_bad", sql)
    with pytest.raises(MigrationFileError) as raised:
        project.migrate()
    assert (raised.value.code, raised.value.exit_status) == (code, 2)
    assert raised.value.where is not None
    assert raised.value.where.line == 2
    assert project.value("SELECT to_regclass('good') IS NULL")


@pytest.mark.parametrize("sql", ["CALL committing();", "DO $$ BEGIN COMMIT; END $$;"])
def test_commit_inside_a_block_cannot_break_the_transaction(project: Project, sql: str) -> None:
    project.pair(
        "0001_procedure",
        "CREATE PROCEDURE committing() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;",
    )
    project.pair("0002_call", f"CREATE TABLE wish (id int);\n{sql}")
    error = project.fails()
    assert (error.message, error.exit_status) == ("invalid transaction termination", 3)
    assert error.where is not None
    assert error.where.line == 2
    assert project.value("SELECT to_regclass('wish') IS NULL")
    project.pair("0002_call", "CREATE TABLE wish (id int);")
    assert project.migrate().error is None
    project.assert_done()


@pytest.mark.parametrize("transactional", [True, False], ids=["transactional", "stepwise"])
def test_a_migration_ends_its_own_server_process(project: Project, *, transactional: bool) -> None:
    header = "" if transactional else "-- ends itself\n-- transactional: false\n\n"
    project.pair(
        "0001_end",
        f"{header}CREATE TABLE wish (id int);\nSELECT pg_terminate_backend(pg_backend_pid());",
    )
    error = project.fails()
    assert error.code == "connection-lost"
    assert error.exit_status == (3 if transactional else 4)
    assert error.message == "terminating connection due to administrator command"
    assert project.value("SELECT to_regclass('wish') IS NULL") is transactional
    project.pair("0001_end", f"{header}CREATE TABLE wish (id int);\nSELECT 1;")
    assert project.migrate().error is None
    project.assert_done()


def test_a_deadlock_is_named(project: Project) -> None:
    project.rows("CREATE TABLE a (id int); CREATE TABLE b (id int)")
    project.pair(
        "0001_locks", "LOCK TABLE a;\nSELECT pg_advisory_xact_lock_shared(1);\nLOCK TABLE b;"
    )
    url = psycopg.conninfo.make_conninfo(project.url, options="-c deadlock_timeout=50ms")
    project.target = replace(project.target, url=url)
    with psycopg.connect(project.url) as rival, ThreadPoolExecutor() as pool:
        rival.execute("SET deadlock_timeout = '1h'")
        rival.execute("LOCK TABLE b")
        with project.gate():
            ours = pool.submit(project.fails)
            project.wait_at_gate()
            theirs = pool.submit(rival.execute, "LOCK TABLE a")
            project.wait_for(
                "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND relation = 'a'::regclass"
            )
        error = ours.result(30)
        theirs.result(30)
    assert (error.message, error.exit_status) == ("deadlock detected", 3)
    assert error.where is not None
    assert error.where.line == 3
    assert error.help is not None
    assert project.migrate().error is None
    project.assert_done()


def test_secrets_of_a_failed_statement_are_not_told(project: Project) -> None:
    project.pair(
        "0001_role",
        "DO $$ BEGIN EXECUTE 'CREATE ROLE postgres PASSWORD ''s3cr3t'''; END $$;",
    )
    error = project.fails()
    kept = project.value("SELECT error::text FROM wishkit.execution")
    assert "s3cr3t" not in "".join([*error.notes, error.message, kept])


def test_the_server_runs_out_of_room_for_temporary_files(project: Project) -> None:
    project.pair(
        "0001_wish",
        "CREATE TABLE wish AS SELECT n FROM generate_series(1, 1000) AS n;\n"
        "CREATE TABLE sorted AS SELECT n, repeat('x', 100) AS t FROM generate_series(1, 100000) n"
        " ORDER BY md5(n::text);",
    )
    url = psycopg.conninfo.make_conninfo(
        project.url, options="-c temp_file_limit=1MB -c work_mem=64kB"
    )
    roomy, project.target = project.target, replace(project.target, url=url)
    error = project.fails()
    assert "temp_file_limit" in error.message
    assert error.exit_status == 3
    assert error.where is not None
    assert error.where.line == 2
    assert project.value("SELECT to_regclass('wish') IS NULL")
    project.target = roomy
    assert project.migrate().error is None
    project.assert_done()


def run(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@contextmanager
def small_disk() -> Iterator[Path]:
    """A folder of 4 MB that the server may write to."""
    folder = Path(tempfile.mkdtemp(dir="/dev/shm"))
    try:
        mounted = run("mount", "-t", "tmpfs", "-o", "size=4m,mode=777", "none", str(folder))
        if not mounted:
            pytest.skip("nobody but root may mount a file system")
        yield folder
    finally:
        run("umount", "-l", str(folder))
        folder.rmdir()


def test_the_servers_disk_is_full(project: Project) -> None:
    with small_disk() as disk:
        space = f"small_{project.number}"
        location = disk / "space"
        location.mkdir()
        location.chmod(0o777)
        try:
            os.chown(location, *owner_of_server(project))
            project.rows(f"CREATE TABLESPACE {space} LOCATION '{location}'")
            project.pair(
                "0001_wish",
                f"CREATE TABLE wish (t text) TABLESPACE {space};\nCREATE TABLE other (id int);\n"
                "INSERT INTO wish SELECT repeat('x', 2000) FROM generate_series(1, 10000);",
            )
            error = project.fails()
            assert error.exit_status == 3
            assert error.message.startswith("could not extend file")
            assert "SQLSTATE 53100 (DiskFull)" in error.notes
            assert error.where is not None
            assert error.where.line == 3
            assert project.value("SELECT to_regclass('other') IS NULL")
            project.assert_sound()
            assert run("mount", "-o", "remount,size=64m", str(disk))
            assert project.migrate().error is None
            project.assert_done()
        finally:
            project.rows("DROP TABLE IF EXISTS wish")
            project.rows(f"DROP TABLESPACE IF EXISTS {space}")


def owner_of_server(project: Project) -> tuple[int, int]:
    """Who the server runs as."""
    found = Path(project.value("SELECT current_setting('data_directory')")).stat()
    return found.st_uid, found.st_gid


def test_notes_are_told_and_never_on_stdout(project: Project) -> None:
    project.pair(
        "0001_wish",
        "DO $$ BEGIN RAISE NOTICE 'a notice'; RAISE WARNING 'a warning'; END $$;\n"
        "SELECT n AS number, NULL AS nothing FROM generate_series(1, 25) AS n;\n"
        "CREATE TABLE wish AS SELECT 1; SELECT 'the last' AS row;",
    )
    process = project.spawn("migrate", "--json")
    output, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert output.startswith("{")
    assert "a notice" not in output
    for text in ("notice: a notice", "warning: a warning", "number | nothing", "(25 rows)"):
        assert text in errors
    lines = [line.strip() for line in errors.splitlines()]
    assert "20 |" in lines
    assert "21 |" not in lines
    assert "the last" in errors
