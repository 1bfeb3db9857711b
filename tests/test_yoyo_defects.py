"""What yoyo 9.0.0 gets wrong, shown on yoyo itself and then shown not to be so in wishkit.

The first half of a test is the reason for the second: where a later yoyo mends a defect, the first
half fails and can go.
"""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import time
import traceback
from typing import TYPE_CHECKING

import psycopg
import pytest
import sqlparse
from yoyo import get_backend, read_migrations
from yoyo.connections import BadConnectionURI
from yoyo.exceptions import LockTimeout

from tests.plain_yoyo import OURS, PLAIN, Project, tables, yoyo_url
from wishkit.config import Target
from wishkit.core.events import Noted
from wishkit.core.script import Script
from wishkit.core.statements import split
from wishkit.errors import (
    ConnectError,
    LedgerError,
    LockHeld,
    MigrationFileError,
    MigrationPartial,
    PlanError,
)
from wishkit.postgres.connection import connect
from wishkit.postgres.lock import run_lock

if TYPE_CHECKING:
    from tests.plugins.databases import MakeDatabase
    from tests.plugins.project import RunWishkit, SqlFolder
    from wishkit.postgres.scratch import Scratch

INDEX = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('{}')"
NOT_TRANSACTIONAL = "-- indexes\n-- transactional: false\n"


@pytest.fixture
def ours(sql_folder: SqlFolder, database: str) -> Project:
    """The project under wishkit."""
    return Project(sql_folder(tables("alpha", "beta", "gamma")), database)


@pytest.fixture
def theirs(ours: Project, make_database: MakeDatabase) -> Project:
    """The same files on another database, under plain yoyo."""
    return Project(ours.folder, make_database())


@pytest.fixture
def both(ours: Project, theirs: Project) -> tuple[Project, Project]:
    """Both, with everything applied."""
    theirs.yoyo_apply()
    ours.migrate()
    return theirs, ours


def valid(project: Project, index: str) -> bool | None:
    """Whether an index is valid; None when it is not there."""
    rows = project.rows(INDEX.format(index))
    return rows[0][0] if rows else None


def log_of(server: Scratch, begin: int) -> str:
    """The server's log from a byte on."""
    return server.log.read_bytes()[begin:].decode()


def test_an_edited_applied_file_goes_unseen(
    both: tuple[Project, Project], sql_folder: SqlFolder
) -> None:
    theirs, ours = both
    sql_folder({"0002_beta.sql": "CREATE TABLE beta (id bigint);\n"})
    with theirs.yoyo() as (backend, migrations):
        assert len(backend.to_apply(migrations)) == 0

    assert ours.states()["0002_beta"] == "changed"
    with pytest.raises(PlanError) as caught:
        ours.migrate()
    assert caught.value.code == "changed"
    assert "+CREATE TABLE beta (id bigint);" in "".join(caught.value.notes)


def test_a_vanished_applied_migration_vanishes_from_the_lists(
    both: tuple[Project, Project], sql_folder: SqlFolder
) -> None:
    theirs, ours = both
    sql_folder({"0002_beta.sql": None, "0002_beta.rollback.sql": None})
    assert theirs.yoyo_applied() == ["0003_gamma", "0001_alpha"]

    assert ours.states()["0002_beta"] == "missing"
    ours.rollback(ids=["0002_beta"], allow_out_of_order=True)  # from the text in the ledger
    assert not ours.has("beta")


def test_a_crash_between_sql_and_mark_leaves_sql_applied_and_unrecorded(
    theirs: Project, ours: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with theirs.yoyo() as (backend, migrations), monkeypatch.context() as patch:
        patch.setattr(type(backend), "log_migration", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            backend.apply_one(migrations[0])
    assert theirs.has("alpha")
    assert theirs.yoyo_applied() == []

    ours.migrate(to="0001")
    # One transaction wrote them all, so none can be there without the others.
    writers = ours.rows(
        "SELECT xmin FROM pg_class WHERE relname = 'alpha' UNION ALL"
        " SELECT xmin FROM _yoyo_migration UNION ALL SELECT xmin FROM _yoyo_log UNION ALL"
        " SELECT xmin FROM wishkit.applied UNION ALL SELECT xmin FROM wishkit.execution UNION ALL"
        " SELECT xmin FROM wishkit.script"
    )
    assert len(writers) == 6
    assert len(set(writers)) == 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_lock_survives_its_process(
    theirs: Project, ours: Project, number: signal.Signals
) -> None:
    program = (
        "import sys, time; from yoyo import get_backend\n"
        "with get_backend(sys.argv[1]).lock():\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    for project, scheme in ((theirs, PLAIN), (ours, OURS)):
        command = [sys.executable, "-c", program, yoyo_url(project.url, scheme)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stdout.readline() == b"held\n"
            process.send_signal(number)
    assert theirs.ask("SELECT count(*) FROM yoyo_lock") == 1

    ours.migrate()
    assert ours.has("gamma")


def test_after_an_exception_the_same_backend_locks_no_more(theirs: Project, ours: Project) -> None:
    for project, scheme in ((theirs, PLAIN), (ours, OURS)):
        with get_backend(yoyo_url(project.url, scheme)) as backend:
            with pytest.raises(ZeroDivisionError), backend.lock():
                1 / 0  # noqa: B018
            with backend.lock():
                if project is theirs:
                    assert project.ask("SELECT count(*) FROM yoyo_lock") == 0
                else:
                    with pytest.raises(LockHeld):
                        project.migrate()


def test_a_timeout_of_zero_spins(
    theirs: Project, ours: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Spinning(Exception):
        pass

    rounds = itertools.count()

    def sleep(_: float) -> None:
        if next(rounds) > 20:
            raise Spinning

    for project, scheme, expected in ((theirs, PLAIN, Spinning), (ours, OURS, LockTimeout)):
        with (
            project.yoyo(scheme),
            get_backend(yoyo_url(project.url, scheme)) as second,
            monkeypatch.context() as patch,
        ):
            patch.setattr(time, "sleep", sleep)
            with pytest.raises(expected), second.lock(timeout=0):
                pass
    with ours.yoyo(OURS), pytest.raises(LockHeld):
        ours.migrate()  # with a lock_wait of 0


def test_a_failed_non_transactional_migration_runs_other_statements_rollbacks(
    theirs: Project, ours: Project, sql_folder: SqlFolder
) -> None:
    sql_folder(
        {
            "0002_beta.sql": "-- half\n-- transactional: false\nCREATE TABLE beta (id int);\n"
            "SELECT 1/0;\n",
            "0002_beta.rollback.sql": "DELETE FROM alpha;\nDROP TABLE IF EXISTS beta;\n"
            "DELETE FROM alpha;\n",
        }
    )
    for project in (theirs, ours):
        project.run("CREATE TABLE alpha (id int); INSERT INTO alpha VALUES (1)")
    with theirs.yoyo() as (backend, migrations):
        backend.mark_one(migrations[0])
        with pytest.raises(psycopg.errors.DivisionByZero):
            backend.apply_one(migrations[1])
    assert theirs.ask("SELECT count(*) FROM alpha") == 0  # data lost by a failed apply
    assert theirs.has("beta")

    with ours.yoyo(OURS) as (backend, migrations):
        backend.mark_one(migrations[0])
    with pytest.raises(MigrationPartial):
        ours.migrate()
    assert ours.ask("SELECT count(*) FROM alpha") == 1
    assert ours.states()["0002_beta"] == "partial"
    sql_folder({"0002_beta.sql": "-- half\n-- transactional: false\nCREATE TABLE beta (id int);\n"})
    ours.migrate()
    assert ours.has("gamma")


def test_a_second_failing_concurrent_index_drops_the_first_good_one(
    theirs: Project, ours: Project, sql_folder: SqlFolder
) -> None:
    sql_folder(
        {
            "0001_alpha.sql": "CREATE TABLE alpha (id int);\nINSERT INTO alpha VALUES (1), (1);\n",
            "0002_beta.sql": NOT_TRANSACTIONAL + "CREATE INDEX CONCURRENTLY good ON alpha (id);\n"
            "CREATE UNIQUE INDEX CONCURRENTLY bad ON alpha (id);\n",
            "0002_beta.rollback.sql": "DROP INDEX CONCURRENTLY bad;\n"
            "DROP INDEX CONCURRENTLY good;\n",
        }
    )
    with pytest.raises(psycopg.errors.UniqueViolation):
        theirs.yoyo_apply()
    assert (valid(theirs, "good"), valid(theirs, "bad")) == (None, False)

    with pytest.raises(MigrationPartial):
        ours.migrate()
    assert (valid(ours, "good"), valid(ours, "bad")) == (True, None)
    built = ours.ask("SELECT 'good'::regclass::oid")
    ours.run("TRUNCATE alpha")
    ours.migrate()
    assert valid(ours, "bad") is True
    assert ours.ask("SELECT 'good'::regclass::oid") == built  # it was not built again


def test_an_if_not_exists_retry_marks_an_invalid_index_as_done(
    theirs: Project, ours: Project, sql_folder: SqlFolder
) -> None:
    index = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS one ON alpha (id);\n"
    sql_folder(
        {
            "0002_beta.sql": NOT_TRANSACTIONAL + index,
            "0002_beta.rollback.sql": "DROP INDEX CONCURRENTLY one;\n",
        }
    )
    for project in (theirs, ours):
        project.run("CREATE TABLE alpha (id int); INSERT INTO alpha VALUES (1), (1)")
        with project.yoyo(PLAIN if project is theirs else OURS) as (backend, migrations):
            backend.mark_one(migrations[0])
        with pytest.raises(psycopg.errors.UniqueViolation):
            project.run(index)  # a build that died and left its remains
        project.run("TRUNCATE alpha")
    theirs.yoyo_apply()
    assert theirs.yoyo_applied()[-2:] == ["0002_beta", "0001_alpha"]
    assert valid(theirs, "one") is False

    ours.migrate()
    assert valid(ours, "one") is True


def test_a_missing_rollback_file_unmarks_the_migration_and_leaves_its_tables(
    theirs: Project, ours: Project, sql_folder: SqlFolder
) -> None:
    theirs.yoyo_apply()
    ours.yoyo_apply()  # so that wishkit has no text of its own to fall back on
    sql_folder({"0003_gamma.rollback.sql": None})
    theirs.yoyo_rollback("0003_gamma")
    assert theirs.has("gamma")
    assert theirs.yoyo_applied() == ["0002_beta", "0001_alpha"]

    with pytest.raises(PlanError) as caught:
        ours.rollback(to="base")
    assert caught.value.code == "backward-missing"
    assert ours.states()["0002_beta"] == "applied"


def test_rolling_back_one_leaves_what_came_after_it(both: tuple[Project, Project]) -> None:
    theirs, ours = both
    theirs.yoyo_command("rollback", "-r", "0002_beta")
    assert theirs.yoyo_applied() == ["0003_gamma", "0001_alpha"]

    with pytest.raises(PlanError, match="0003_gamma came after it"):
        ours.rollback(ids=["0002_beta"])
    ours.rollback(to="0001")
    assert list(ours.states().values()) == ["applied", "pending", "pending"]


def test_rollback_goes_by_file_order(theirs: Project, ours: Project, sql_folder: SqlFolder) -> None:
    late = tables("alpha", "beta", "gamma")
    sql_folder({"0001_alpha.sql": None, "0001_alpha.rollback.sql": None})
    theirs.yoyo_apply()
    ours.migrate()
    sql_folder(late)
    theirs.yoyo_apply()
    ours.migrate(allow_out_of_order=True)
    assert theirs.yoyo_applied() == ["0003_gamma", "0002_beta", "0001_alpha"]

    report = ours.rollback(to="base")
    assert [done.id for done in report.done] == ["0001_alpha", "0003_gamma", "0002_beta"]


def test_a_missing_folder_is_nothing_to_do(ours: Project, run_wishkit: RunWishkit) -> None:
    for path in sorted(ours.migrations.iterdir()):
        path.unlink()
    ours.migrations.rmdir()
    assert len(read_migrations(str(ours.migrations))) == 0  # and `yoyo apply` exits with 0

    for verb in ("migrate", "status"):
        outcome = run_wishkit(verb, "--url", ours.url, cwd=ours.folder)
        assert outcome.status == 2
        assert "error[no-folder]" in outcome.stderr


def test_misspelt_directives_are_ignored(
    theirs: Project, ours: Project, sql_folder: SqlFolder
) -> None:
    sql_folder({"0002_beta.sql": "-- beta\n-- depend: 0003_gamma\nCREATE TABLE beta (id int);\n"})
    theirs.yoyo_apply()
    assert theirs.yoyo_applied()[-2:] == ["0002_beta", "0001_alpha"]

    with pytest.raises(MigrationFileError, match='unknown directive "depend"') as caught:
        ours.migrate()
    assert str(caught.value.where).endswith("0002_beta.sql:2:4")
    assert not ours.has("alpha")


def test_a_start_with_nothing_to_do_runs_ddl_and_leaves_an_error_in_the_log(
    both: tuple[Project, Project], server: Scratch
) -> None:
    for project in both:
        name = project.url.split("/")[3].split("?")[0]
        project.run(f"ALTER DATABASE {name} SET log_statement = 'mod'")
    theirs, ours = both
    begin = server.log.stat().st_size
    theirs.yoyo_apply()
    assert "CREATE TABLE" in log_of(server, begin)
    assert "ERROR" in log_of(server, begin)

    begin = server.log.stat().st_size
    for look in (ours.migrate, ours.status, lambda: ours.yoyo_apply(OURS)):
        look()
    written = log_of(server, begin)
    assert "ERROR" not in written
    assert "statement:" not in written  # neither DDL nor a change of data


def test_status_takes_the_write_lock(theirs: Project, ours: Project) -> None:
    with theirs.yoyo() as (backend, _):
        assert backend.execute("SELECT count(*) FROM yoyo_lock").fetchone() == (1,)

    guard = connect(Target(ours.url, "test"), application_name="another run")
    with run_lock(guard, wait=0, listener=ours.events.append):
        assert set(ours.states().values()) == {"pending"}
        with pytest.raises(LockHeld):
            ours.migrate()
    # Nor is anything written: a session that may only read will do.
    reading = Project(ours.folder, ours.url + "&options=-cdefault_transaction_read_only%3Don")
    assert set(reading.states().values()) == {"pending"}


def test_a_new_schema_in_front_means_a_fresh_ledger_and_reapplication(
    both: tuple[Project, Project],
) -> None:
    for project in both:
        project.run(
            "CREATE SCHEMA fresh; ALTER ROLE CURRENT_USER IN DATABASE"
            f" {project.url.split('/')[3].split('?')[0]} SET search_path = fresh, public"
        )
    theirs, ours = both
    with theirs.yoyo() as (backend, migrations):
        assert len(backend.to_apply(migrations)) == 3

    assert set(ours.states().values()) == {"applied"}
    assert ours.migrate().done == ()
    assert ours.yoyo_applied(OURS) == ["0003_gamma", "0002_beta", "0001_alpha"]


def test_a_schema_called_like_the_role_hides_the_ledger(ours: Project) -> None:
    """Ours is called wishkit: a role of that name would make its tables in it."""
    ours.run("CREATE ROLE wishkit SUPERUSER LOGIN")
    url = ours.url.replace("postgres@", "wishkit@")
    named = Project(ours.folder, url)
    try:
        with pytest.raises(LedgerError) as caught:
            named.migrate()
        assert caught.value.code == "ledger-in-path"
        assert caught.value.help == 'ALTER ROLE "wishkit" SET search_path = public'
        assert not ours.has("wishkit.ledger")
        ours.run(caught.value.help)
        named.migrate()
        assert ours.has("public.gamma")
        ours.run('ALTER ROLE "wishkit" RESET search_path')
        with pytest.raises(LedgerError):
            named.rollback(steps=1)
        assert ours.has("public.gamma")
    finally:
        ours.run("REASSIGN OWNED BY wishkit TO CURRENT_USER; DROP OWNED BY wishkit")
        ours.run("DROP ROLE wishkit")


def test_the_commit_of_an_ended_transaction_counts_as_success(
    theirs: Project, ours: Project, sql_folder: SqlFolder
) -> None:
    sql_folder({"0002_beta.sql": "CREATE TABLE beta (id int);\nROLLBACK;\n"})
    theirs.yoyo_apply()
    assert "0002_beta" in theirs.yoyo_applied()
    assert not theirs.has("beta")

    with pytest.raises(MigrationFileError) as caught:
        ours.migrate()
    assert caught.value.code == "transaction-control"
    assert not ours.has("alpha")


def test_the_rows_of_a_select_go_to_stdout(
    theirs: Project,
    ours: Project,
    sql_folder: SqlFolder,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sql_folder({"0002_beta.sql": "CREATE TABLE beta (id int);\nSELECT 'forty' || 'two' AS n;\n"})
    theirs.yoyo_apply()
    assert "fortytwo" in capsys.readouterr().out

    ours.migrate()
    assert capsys.readouterr().out == ""
    notes = [event.message for event in ours.events if isinstance(event, Noted)]
    assert notes == ["n\nfortytwo\n(1 row)"]


def test_passwords_are_shown() -> None:
    secret = "hunter" * 2  # in one piece it would stand in a traceback's source lines
    with pytest.raises(BadConnectionURI, match=secret):
        get_backend(f"//ann:{secret}@localhost/wishes")

    for url in (
        f"//ann:{secret}@localhost/wishes",
        f"postgresql://ann:{secret}@127.0.0.1:1/wishes",
    ):
        with pytest.raises(ConnectError) as caught:
            connect(Target(url, "test"), application_name="wishkit")
        error = caught.value
        told = "".join((*traceback.format_exception(error), *error.notes, error.help or ""))
        assert secret not in told


def test_every_migration_is_a_new_connection(
    theirs: Project, ours: Project, server: Scratch
) -> None:
    options = "&options=-clog_disconnections%3Don"  # takes effect behind the login, unlike its pair
    counts = []
    for project in (theirs, ours):
        watched = Project(project.folder, project.url + options)
        begin = server.log.stat().st_size
        watched.yoyo_apply() if project is theirs else watched.migrate()
        counts.append(_disconnections(server, begin, at_least=4 if project is theirs else 2))
    assert counts == [1 + 3, 1 + 1]  # yoyo: one for each migration; wishkit: one, and the lock's


def _disconnections(server: Scratch, begin: int, *, at_least: int) -> int:
    """How many sessions ended; a session writes its line a moment after its client has gone."""
    deadline = time.monotonic() + 10
    while (seen := log_of(server, begin).count("disconnection: ")) < at_least:
        assert time.monotonic() < deadline, f"{seen} sessions ended"
        time.sleep(0.01)
    return seen


@pytest.mark.parametrize(
    ("text", "proof"),
    [
        pytest.param(
            "CREATE TABLE beta (id int); /* outer /* inner */ ; still a comment */\n",
            "SELECT to_regclass('beta') IS NOT NULL",
            id="nested comments",
        ),
        pytest.param(
            "CREATE TABLE beta (begin int, id int);\nINSERT INTO beta (begin) VALUES (1);\n"
            "INSERT INTO beta (begin) VALUES (2);\n",
            "SELECT count(*) = 2 FROM beta",
            id='a column named "begin"',
        ),
        pytest.param(
            "CREATE TABLE beta (id int, t text);\nCOPY beta FROM stdin;\n"
            "1\tone; or more\n2\t\\N\n\\.\n",
            "SELECT count(*) = 2 FROM beta WHERE t = 'one; or more' OR t IS NULL",
            id="COPY data",
        ),
    ],
)
def test_sql_is_split_wrongly(ours: Project, sql_folder: SqlFolder, text: str, proof: str) -> None:
    sql_folder({"0002_beta.sql": text})
    assert len(sqlparse.split(text)) != len(split(Script("text.sql", text.encode())))

    ours.migrate()
    assert ours.ask(proof) is True


def test_splitting_is_slow() -> None:
    rows = ",\n".join(f"({number}, 'wish {number}')" for number in range(6000))
    text = f"INSERT INTO wishes (id, title) VALUES\n{rows};\n"
    began = time.perf_counter()
    assert len(sqlparse.split(text)) == 1
    theirs = time.perf_counter() - began
    script = Script("text.sql", text.encode())
    split(script)  # the first time the parser has to be loaded
    began = time.perf_counter()
    assert len(split(script)) == 1
    assert time.perf_counter() - began < theirs / 3
