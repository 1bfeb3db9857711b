"""The gate: migrate and rollback go on where there is a backup, or say what is missing."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from wishkit.commands.backup import backups
from wishkit.commands.backup_record import record
from wishkit.commands.migrate import migrate
from wishkit.commands.rollback import rollback
from wishkit.config import BackupRule
from wishkit.core.evidence import Evidence, age_words, judge, last_words, standings
from wishkit.errors import BackupError, GateClosed, UsageError
from wishkit.interface.render_backup import render_backups

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugins.backups import Live
    from tests.plugins.project import RunWishkit, SqlFolder
    from wishkit.core.gate import Gate

NOW = datetime(2031, 5, 18, 14, 2, tzinfo=UTC)
MORE = {"0002_more.sql": "CREATE TABLE more ();", "0002_more.rollback.sql": "DROP TABLE more;"}
LESS = {
    "0003_less.sql": "-- less\n-- allow: drop-table it is moved\nDROP VIEW dear;\n"
    "ALTER TABLE wishes DROP COLUMN gone;",
    "0003_less.rollback.sql": "ALTER TABLE wishes ADD COLUMN gone float8;\n"
    "CREATE VIEW dear AS SELECT * FROM wishes WHERE price > 10;",
}


def evidence(**fields: Any) -> Evidence:  # noqa: ANN401 - as Evidence has them
    given = {
        "id": "a",
        "kind": "custom",
        "level": 0,
        "claimed_level": None,
        "failure": None,
        "size": 1,
        "checksum": "c",
        "manifest_checksum": "m",
        "database": "wishes",
        "system_identifier": "7",
        "location": "/backups/a.dump",
        "host": "here",
        "lsn": None,
        "taken_at": NOW - timedelta(hours=2),
        "finished_at": NOW,
        "recorded_at": NOW,
        "recorded_by": "deploy",
        "tool_version": "1",
    }
    return Evidence(**{**given, **fields})


def judged(*rows: Evidence, destroys: tuple[str, ...] = (), **rule: Any) -> Gate:  # noqa: ANN401
    return judge(
        standings(rows),
        BackupRule(**{"age": 24 * 3600.0, "level": 2, "destructive_level": 3, **rule}),
        database="wishes",
        system_identifier="7",
        now=NOW,
        destroys=destroys,
        environment="production",
    )


def test_the_last_backup_in_words() -> None:
    def told(*rows: Evidence, cluster: str | None = "7") -> str:
        return last_words(standings(rows), database="wishes", system_identifier=cluster)

    assert told() == told(evidence(database="other")) == "none that the ledger knows of"
    assert told(evidence(system_identifier="8")) == "none that the ledger knows of"
    newer = evidence(id="b", taken_at=NOW, level=2)
    assert told(evidence(), newer) == newer.what
    assert told(evidence(kind="external")).endswith(", kept by others")
    assert told(evidence(failure="cut off")).endswith("), damaged: cut off")
    assert told(newer, cluster=None).startswith(f"{newer.what}; whether of this cluster")


def test_the_best_of_all_verifications_counts_until_one_fails() -> None:
    rows = [evidence(), evidence(level=2), evidence(level=1)]
    assert [it.level for it in standings(rows)] == [2]
    failed = [*rows, evidence(failure="cut off")]
    assert [(it.level, it.failure) for it in standings(failed)] == [(0, "cut off")]
    again = [*failed, evidence(level=1)]
    assert [(it.level, it.failure) for it in standings(again)] == [(1, None)]
    newer = evidence(id="b", taken_at=NOW)
    assert [it.id for it in standings([*rows, newer])] == ["b", "a"]


@pytest.mark.parametrize(
    ("rows", "options", "code", "found"),
    [
        ([], {}, "backup-missing", "the ledger knows of no backup of this database"),
        ([{"system_identifier": "8"}], {}, "backup-missing", "(1 of another one, which came here"),
        ([{"database": "b"}], {}, "backup-missing", "(1 of another one"),
        ([{"taken_at": NOW - timedelta(days=9), "level": 3}], {}, "backup-too-old", "9 days ago"),
        ([{"level": 1}], {}, "backup-level", "a of 2031-05-18 12:02 UTC (level 1, readable)"),
        ([{"level": 2}], {}, None, "backup a of 2031-05-18 12:02 UTC (level 2, restored)"),
        ([{"level": 2}], {"destroys": ("x: 3 rows",)}, "backup-level", "(level 2, restored)"),
        ([{"level": 3}], {"destroys": ("x: 3 rows",)}, None, "(level 3, compared)"),
        ([{"level": 3}, {"failure": "cut"}], {}, "backup-level", "is damaged: a of"),
        ([{"kind": "external", "claimed_level": 3}], {}, "backup-level", "others keep it"),
        ([{"kind": "external", "claimed_level": 2}], {"claims": True}, None, "backup a of"),
        ([{"claimed_level": 3}], {"claims": True}, "backup-level", "level 0, made"),
        ([{}], {"level": 0}, None, "level 0, made"),
    ],
)
def test_what_will_do_and_what_will_not(
    rows: list[dict[str, Any]], options: dict[str, Any], code: str | None, found: str
) -> None:
    gate = judged(*(evidence(**it) for it in rows), **options)
    assert (gate.passed, gate.code) == (code is None, code)
    assert found in gate.found
    if code:
        with pytest.raises(GateClosed) as caught:
            gate.require()
        assert (caught.value.code, caught.value.exit_status) == (code, 1)
        assert "--no-backup REASON" in (caught.value.help or "")
        assert caught.value.state == "nothing was run"
        assert "--env production" in (gate.who or "")
    else:
        gate.require()
        assert (gate.missing, gate.who) == (None, None)


def test_whose_backup_it_is_has_to_be_known() -> None:
    gate = judge(
        [evidence(level=3, system_identifier=None)],
        BackupRule(),
        database="wishes",
        system_identifier=None,
        now=NOW,
        destroys=(),
        environment="production",
    )
    assert (gate.passed, gate.code) == (False, "backup-missing")
    assert "GRANT EXECUTE ON FUNCTION pg_control_system()" in (gate.who or "")


def test_an_age_in_words() -> None:
    told = [age_words(it) for it in (60, 7100, 86400, 48 * 3600, 9 * 86400)]
    assert told == ["1 min", "118 min", "24 h", "48 h", "9 days"]


@pytest.fixture
def guarded(live: Live, sql_folder: SqlFolder) -> Live:
    """An environment that asks for a backup, with a migration to run there."""
    made = live.workspace.folder
    text = {it.name: it.read_text() for it in made.iterdir()}
    config = replace(live.workspace.config, sql=sql_folder({**text, **MORE}) / "sql")
    place = replace(live, workspace=replace(live.workspace, config=config))
    return place.with_target(backup=BackupRule(age=3600, level=1, destructive_level=2))


def closed(live: Live, **options: Any) -> GateClosed:  # noqa: ANN401 - as migrate has them
    with pytest.raises(GateClosed) as caught:
        migrate(live.workspace, **options)
    assert live.rows("SELECT to_regclass('more')") == [(None,)]
    return caught.value


def test_migrate_waits_for_a_backup_that_is_good_and_new(
    guarded: Live, sql_folder: SqlFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert closed(guarded).code == "backup-missing"
    guarded.create()
    error = closed(guarded)
    assert error.code == "backup-level"
    assert (error.help or "").splitlines() == [
        "verify it: wishkit backup verify --env test --level 1",
        "or make one: wishkit backup create --env test --level 1",
        "or go without, and have the reason in the ledger: --no-backup REASON",
    ]
    made = guarded.create(level=1)
    guarded.tamper("UPDATE wishkit.backup SET taken_at = now() - interval '2 hours'")
    assert closed(guarded).code == "backup-too-old"
    guarded.tamper(f"UPDATE wishkit.backup SET taken_at = now() WHERE id = '{made.id}'")
    assert migrate(guarded.workspace).error is None
    assert guarded.rows("SELECT reason FROM wishkit.run ORDER BY id DESC LIMIT 1") == [(None,)]
    sql_folder(LESS)  # it destroys 2,000 values
    with pytest.raises(GateClosed) as caught:
        migrate(guarded.workspace)
    assert caught.value.code == "backup-level"
    (note,) = caught.value.notes
    assert note.startswith(
        "required: a backup of level 2, restored, not older than 60 min, because"
    )
    assert note.endswith("the plan destroys data (wishes.gone: 2,000 rows)")
    found = backups(guarded.workspace)
    assert (found.gate, found.destructive_gate) != (None, None)
    render_backups(found)
    told = capsys.readouterr().out
    assert "\nmigrate may run: backup " in told
    assert "\na plan that destroys data has to wait: " in told


def test_rollback_asks_for_more_when_rows_would_be_lost(guarded: Live) -> None:
    made = guarded.create(level=1)
    assert migrate(guarded.workspace).error is None
    assert rollback(guarded.workspace, steps=1).error is None  # an empty table
    with pytest.raises(GateClosed, match="not verified as far") as caught:
        rollback(guarded.workspace, to="base", accept_data_loss=True)
    assert "destroys data (" in caught.value.notes[0]
    guarded.tamper(f"UPDATE wishkit.backup SET level = 2 WHERE id = '{made.id}' AND level = 1")
    assert rollback(guarded.workspace, to="base", accept_data_loss=True).error is None


def test_going_without_is_a_reason_in_the_ledger(guarded: Live) -> None:
    with pytest.raises(UsageError) as caught:
        migrate(guarded.workspace, no_backup="  ")
    assert caught.value.code == "reason-missing"
    assert migrate(guarded.workspace, no_backup="made anew every night").error is None
    assert rollback(guarded.workspace, steps=1, no_backup="so be it").error is None
    assert guarded.rows("SELECT reason FROM wishkit.run ORDER BY id DESC LIMIT 2") == [
        ("without a backup: so be it",),
        ("without a backup: made anew every night",),
    ]


def test_an_empty_database_has_nothing_to_lose(guarded: Live, database: str) -> None:
    empty = replace(guarded.with_target(url=database), url=database)
    assert migrate(empty.workspace, to="0001").error is None
    with pytest.raises(GateClosed, match="knows of no backup"):
        migrate(empty.workspace)


def test_an_environment_asks_for_it_in_its_table(
    guarded: Live, run_wishkit: RunWishkit, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    (project / "wishkit.toml").write_text(
        '[environments.production]\nurl = "env:PRODUCTION_URL"\n'
        'backup = { age = "24h", level = 0 }\n'
    )
    env = {"PRODUCTION_URL": guarded.url}
    words = ("migrate", "--env", "production")
    done = run_wishkit(*words, "--json", cwd=project, env=env)
    error = json.loads(done.stdout)["error"]
    assert (done.status, error["code"], error["exit_status"]) == (1, "backup-missing", 1)
    assert run_wishkit("backup", "create", "--env", "production", cwd=project, env=env).status == 0
    assert run_wishkit(*words, cwd=project, env=env).status == 0
    kept = list((project / ".wishkit" / "backups").glob("*.dump"))
    assert len(kept) == 1


def test_a_backup_that_others_keep_is_recorded_as_told(live: Live) -> None:
    words = (
        'import json, os; print(json.dumps({"id": "rds:" + os.environ["WISHKIT_BACKUP_DATABASE"],'
        ' "time": "2021-05-18T14:02:00+02:00", "level": 2, "location": "eu"}))'
    )
    made = record(live.workspace, command=f"{sys.executable} -c '{words}'")
    assert (made.claimed_level, made.kept, made.location) == (2, True, "eu")
    (row,) = live.rows(
        "SELECT id, kind, level, claimed_level, taken_at AT TIME ZONE 'UTC' FROM wishkit.backup"
    )
    name = live.rows("SELECT current_database()")[0][0]
    assert row[:4] == (f"rds:{name}", "external", 0, 2)
    assert row[4] == datetime(2021, 5, 18, 12, 2)  # noqa: DTZ001 - as the server prints it
    plain = record(live.workspace, command="echo id=snap-1 time=2021-05-18T14:02:00Z")
    assert (plain.id, plain.claimed_level) == ("snap-1", None)


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        ("false", "hook-failed", "false ended with status 1"),
        ("no-such-program x", "hook-failed", "cannot be started: no such file"),
        ("'", "hook-failed", "cannot be read"),
        (" ", "hook-failed", "is empty"),
        ("sh -c 'sleep 60 & wait'", "hook-timeout", "did not end within 0.2 s"),
        ("true", "hook-answer", "it printed nothing"),
        ("echo done", "hook-answer", 'it has no "id"'),
        ("echo id=a", "hook-answer", 'it has no "time"'),
        ("echo id=a time=yesterday", "hook-answer", '"yesterday", is not of the form'),
        ("echo id=a time=2021-05-18T14:02:00", "hook-answer", "has no zone"),
        ("echo id=a time=9021-05-18T14:02:00Z", "hook-answer", "has not come"),
        ("echo id=a time=2021-05-18T14:02:00Z level=4", "hook-answer", 'level, "4"'),
        ("echo id=a time=2021-05-18T14:02:00Z sise=4", "hook-answer", '"sise" is not known'),
        ("echo '{\"id\": '", "hook-answer", "it is no JSON"),
    ],
)
def test_what_a_hook_may_not_do(live: Live, command: str, code: str, message: str) -> None:
    with pytest.raises(BackupError) as caught:
        record(live.workspace, command=command, seconds=0.2 if "sleep" in command else 30)
    assert caught.value.code == code
    assert message in caught.value.message
    assert live.rows("SELECT FROM wishkit.backup") == []
