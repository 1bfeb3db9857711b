"""yoyo's command line and Python interface on wishkit's engine: ``wishkit://`` URLs."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import time
import traceback
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from yoyo import get_backend
from yoyo.connections import parse_uri
from yoyo.exceptions import LockTimeout

from tests.plain_yoyo import OURS, Project, tables, yoyo_url
from wishkit.errors import (
    ConsentNeeded,
    LockHeld,
    MigrationFailed,
    MigrationFileError,
    PlanError,
    UsageError,
)
from wishkit.postgres.yoyo_backend import WishkitBackend, target_of

if TYPE_CHECKING:
    from tests.plugins.project import SqlFolder

READ_ONLY = {"options": "-cdefault_transaction_read_only=on"}


@pytest.fixture
def project(sql_folder: SqlFolder, database: str) -> Project:
    return Project(sql_folder(tables("alpha", "beta", "gamma")), database)


def verbs(project: Project) -> list[tuple[str, str]]:
    return project.rows("SELECT verb, outcome FROM wishkit.run ORDER BY id")


def test_yoyos_command_line_applies_lists_marks_and_rolls_back(project: Project) -> None:
    output, log = project.yoyo_command("apply", "-vv", scheme=OURS)
    assert output == ""
    assert [line.split()[-1] for line in log.splitlines()] == [
        "0001_alpha",
        "0002_beta",
        "0003_gamma",
    ]
    project.yoyo_command("rollback", "-r", "0003", scheme=OURS)
    assert not project.has("gamma")
    project.yoyo_command("mark", scheme=OURS)
    assert project.states() == dict.fromkeys(["0001_alpha", "0002_beta", "0003_gamma"], "applied")
    project.yoyo_command("unmark", "-r", "0003", scheme=OURS)
    listed, _ = project.yoyo_command("list", scheme=OURS)
    assert [line.split()[:2] for line in listed.splitlines()[2:]] == [
        ["A", "0001_alpha"],
        ["A", "0002_beta"],
        ["U", "0003_gamma"],
    ]
    assert verbs(project) == [(v, "done") for v in ("migrate", "rollback", "mark", "unmark")]
    assert project.ask("SELECT count(*) FROM yoyo_lock") == 0
    assert project.rows("SELECT DISTINCT environment FROM wishkit.run") == [("yoyo",)]


def test_a_failure_is_recorded_and_told_with_place_help_and_state(
    project: Project, sql_folder: SqlFolder
) -> None:
    sql_folder({"0002_beta.sql": "-- wrong\nSELECT 1;\nCREATE TABLE alpha (id int);\n"})
    with pytest.raises(MigrationFailed) as caught:
        project.yoyo_apply(OURS)
    told = "".join(traceback.format_exception(caught.value))
    assert "0002_beta.sql:3:1" in told
    assert "help: something of that name is there already" in told
    assert "state: 0002_beta was rolled back; the database is at 0001_alpha" in told
    assert project.yoyo_applied(OURS) == ["0001_alpha"]
    assert project.rows("SELECT migration_id, outcome FROM wishkit.execution ORDER BY id") == [
        ("0001_alpha", "done"),
        ("0002_beta", "failed"),
    ]
    assert verbs(project) == [("migrate", "failed")]


def test_every_text_is_checked_before_the_first_one_runs(
    project: Project, sql_folder: SqlFolder
) -> None:
    sql_folder({"0003_gamma.sql": "CREATE TABEL gamma (id int);\n"})
    with pytest.raises(MigrationFileError):
        project.yoyo_apply(OURS)
    assert not project.has("alpha")
    assert not project.has("wishkit.run")


def test_listing_writes_nothing(project: Project) -> None:
    assert project.yoyo_applied(OURS, **READ_ONLY) == []
    assert project.rows("SELECT FROM pg_namespace WHERE nspname = 'wishkit'") == []
    project.migrate()
    assert project.yoyo_applied(OURS, **READ_ONLY) == ["0003_gamma", "0002_beta", "0001_alpha"]
    with project.yoyo(OURS, **READ_ONLY) as (backend, migrations):
        backend.apply_migrations(backend.to_apply(migrations))  # nothing to do: nothing is written
    assert verbs(project) == [("migrate", "done")]


def test_yoyo_lists_and_rolls_back_in_the_ledgers_order(
    project: Project, sql_folder: SqlFolder
) -> None:
    sql_folder({"0001_alpha.sql": None, "0001_alpha.rollback.sql": None})
    project.yoyo_apply(OURS)
    sql_folder(tables("alpha"))
    project.yoyo_apply(OURS)
    assert project.yoyo_applied(OURS) == ["0001_alpha", "0003_gamma", "0002_beta"]
    with project.yoyo(OURS) as (backend, migrations):
        backend.rollback_one(backend.to_rollback(migrations)[0])
    assert project.yoyo_applied(OURS) == ["0003_gamma", "0002_beta"]


def test_reapplying_is_two_runs_under_one_lock(project: Project) -> None:
    project.yoyo_apply(OURS)
    project.yoyo_command("reapply", scheme=OURS)
    assert verbs(project) == [(v, "done") for v in ("migrate", "rollback", "migrate")]
    assert project.has("gamma")


def test_one_migration_at_a_time(project: Project) -> None:
    with get_backend(yoyo_url(project.url, OURS)) as backend, project.yoyo(OURS) as (_, migrations):
        pass
    with get_backend(yoyo_url(project.url, OURS)) as backend:
        backend.apply_one(migrations[0])
        assert backend.is_applied(migrations[0])
        backend.mark_one(migrations[1])
        backend.mark_one(migrations[1])  # it is already: nothing to do
        assert [m.id for m in backend.to_apply(migrations)] == ["0003_gamma"]
        backend.unmark_one(migrations[1])
        backend.rollback_one(migrations[0])
        assert backend.get_applied_migration_hashes() == []
    assert [verb for verb, _ in verbs(project)] == ["migrate", "mark", "unmark", "rollback"]


def test_rows_and_notices_go_to_the_log(
    project: Project,
    sql_folder: SqlFolder,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    sql_folder(
        {
            "0001_alpha.sql": "CREATE TABLE alpha (id int);\nSELECT 42 AS answer;\n"
            "DO $$ BEGIN RAISE NOTICE 'by the way'; RAISE WARNING 'mind the gap'; END $$;\n"
        }
    )
    with caplog.at_level(logging.INFO, "yoyo.migrations"):
        project.yoyo_apply(OURS)
    assert capsys.readouterr().out == ""
    assert "answer\n42\n(1 row)" in caplog.text
    assert "NOTICE: by the way" in caplog.text
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert warnings == ["0001_alpha: mind the gap"]


def test_data_is_not_lost_without_consent(project: Project) -> None:
    project.yoyo_apply(OURS)
    project.run("INSERT INTO beta VALUES (1), (2)")
    with pytest.raises(ConsentNeeded) as caught:
        project.yoyo_rollback(scheme=OURS)
    assert caught.value.notes == ("0002_beta: 2 rows with data in beta",)
    assert project.has("gamma")
    project.yoyo_rollback(scheme=OURS, accept_data_loss="true")
    assert not project.has("beta")


def test_what_wishkit_refuses_it_refuses_under_yoyo(
    project: Project, sql_folder: SqlFolder
) -> None:
    project.yoyo_apply(OURS)
    with pytest.raises(PlanError, match="is not the last one"):
        project.yoyo_rollback("0001_alpha", scheme=OURS)
    sql_folder({"0002_beta.sql": "CREATE TABLE other (id int);\n"})
    with pytest.raises(PlanError, match="was changed since it was applied"):
        project.yoyo_apply(OURS)
    sql_folder({"post-apply.sql": "SELECT 1;\n"})
    with pytest.raises(MigrationFileError, match=r"post-apply\.sql is not a migration's name"):
        project.yoyo_apply(OURS)


def test_options_of_yoyo_that_cannot_be_honoured(project: Project) -> None:
    url = yoyo_url(project.url, OURS)
    with pytest.raises(UsageError) as caught:
        get_backend(url, "_my_migrations")
    assert caught.value.code == "migration-table"
    with project.yoyo(OURS) as (backend, migrations), pytest.raises(UsageError) as caught:
        backend.apply_migrations(migrations, force=True)
    assert caught.value.code == "force"
    assert not project.has("alpha")


def test_the_lock_is_the_run_lock(project: Project) -> None:
    with project.yoyo(OURS) as (backend, _):
        with pytest.raises(LockHeld):
            project.migrate()
        with (
            get_backend(yoyo_url(project.url, OURS)) as other,
            pytest.raises(LockTimeout, match=r"another run holds the lock: wishkit yoyo, "),
            other.lock(timeout=0.3),
        ):
            pass
        with backend.lock(timeout=0):  # held already
            pass
        with pytest.raises(LockHeld):
            project.migrate()
    project.migrate()


def test_the_lock_goes_with_its_process(project: Project) -> None:
    program = (
        "import sys, time; from yoyo import get_backend\n"
        "with get_backend(sys.argv[1]).lock():\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, yoyo_url(project.url, OURS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"held\n"
        process.send_signal(signal.SIGKILL)
    project.yoyo_apply(OURS)
    assert project.has("gamma")


def test_the_backend_goes_on_after_its_connection_was_lost(
    project: Project, sql_folder: SqlFolder
) -> None:
    suicide = "SELECT pg_terminate_backend(pg_backend_pid());\n"
    sql_folder({"0002_beta.sql": suicide})
    with project.yoyo(OURS) as (backend, migrations):
        with pytest.raises(MigrationFailed) as caught:
            backend.apply_migrations(backend.to_apply(migrations))
        assert caught.value.code == "connection-lost"
        sql_folder(tables("alpha", "beta"))
        backend.apply_migrations(backend.to_apply(migrations))
    assert project.has("gamma")


def test_breaking_the_lock_of_plain_yoyo(project: Project) -> None:
    with project.yoyo() as (backend, migrations):
        backend.apply_one(migrations[0])
        with pytest.raises(LockHeld) as caught:
            project.migrate()
        assert caught.value.code == "yoyo-lock"
        assert "yoyo break-lock" in (caught.value.help or "")
        with get_backend(yoyo_url(project.url, OURS)) as ours:
            ours.break_lock()
    project.migrate()


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        (
            "wishkit://ann:p%40ss%27w%5Crd@db.example.org:5433/wishes?sslmode=require",
            {
                "user": "ann",
                "password": "p@ss'w\\rd",
                "host": "db.example.org",
                "port": "5433",
                "dbname": "wishes",
                "sslmode": "require",
            },
        ),
        ("wishkit:///wishes", {"dbname": "wishes"}),
        ("wishkit://ann@/wishes?host=/tmp/A%20b", {"user": "ann", "dbname": "wishes"}),
        ("wishkit://%2Frun%2Fpostgresql/wishes", {"host": "/run/postgresql", "dbname": "wishes"}),
        ("wishkit://[::1]/wishes", {"host": "::1", "dbname": "wishes"}),
        ("wishkit:///wishes?host=a,b&port=1,2", {"host": "a,b", "port": "1,2"}),
        ("wishkit:///wishes?service=prod&autocommit=0", {"service": "prod", "dbname": "wishes"}),
        (
            "wishkit:///wishes?schema=app, public&options=-cwork_mem%3D1MB",
            {"options": "-cwork_mem=1MB -csearch_path=app,\\ public"},
        ),
    ],
)
def test_urls(uri: str, expected: dict[str, str]) -> None:
    target = target_of(parse_uri(uri))
    assert target.url is not None
    assert expected.items() <= conninfo_to_dict(target.url).items()
    assert "autocommit" not in conninfo_to_dict(target.url)


def test_role_and_schema_of_a_url_are_in_force(project: Project) -> None:
    project.run('CREATE SCHEMA app; CREATE SCHEMA "odd \'\\ name"')
    with project.yoyo(OURS, role="pg_monitor", schema='"odd \'\\ name", app') as (backend, _):
        assert backend.execute("SELECT current_user::text").fetchone() == ("pg_monitor",)
        shown = backend.execute("SELECT current_setting('search_path')").fetchone()
        assert shown == ('"odd \'\\ name", app',)
    project.yoyo_apply(OURS, schema="app")
    assert project.has("app.gamma")
    assert project.has("app._yoyo_migration")


def test_a_failed_connection_tells_no_password() -> None:
    password = "hunter" * 2  # in one piece it would stand in the traceback's source
    with pytest.raises(Exception, match="refused") as caught:
        get_backend(f"wishkit://ann:{password}@127.0.0.1:1/wishes")
    assert type(caught.value).__name__ == "ConnectError"
    assert password not in "".join(traceback.format_exception(caught.value))


def test_the_backend_is_yoyos_own_kind() -> None:
    from yoyo.backends import get_backend_class  # noqa: PLC0415 - asks the entry points
    from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend  # noqa: PLC0415

    assert get_backend_class("wishkit") is WishkitBackend
    assert issubclass(WishkitBackend, PostgresqlPsycopgBackend)


def test_a_run_uses_two_connections_however_many_migrations(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    connect = psycopg.connect

    def counted(*args: str, **options: object) -> object:
        opened.append(time.monotonic())
        return connect(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(psycopg, "connect", counted)
    project.yoyo_apply(OURS)
    assert len(opened) == 2
