"""A killed run's server process may still be at work: it is waited for, or ended; exactly once."""

from __future__ import annotations

import signal
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest

from wishkit.core.events import Waiting
from wishkit.errors import LockHeld
from wishkit.postgres import orphans

if TYPE_CHECKING:
    from tests.engine.conftest import Project

GATE = "SELECT pg_advisory_xact_lock_shared(1);\n"
# Held back in the message that ends with COMMIT.
AT_COMMIT = (
    "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END';\n"
    "CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON wish DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW EXECUTE FUNCTION wait();\n"
)
# A server whose setting is off does not look whether its client is still there.
DEAF = "SET client_connection_check_interval = 0;\n"


def killed(project: Project, *, url: str | None = None) -> None:
    """Start a run, and kill it where it waits at the gate."""
    process = project.spawn("migrate", url=url)
    project.wait_at_gate()
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)


def test_the_server_notices_that_its_client_is_gone(project: Project) -> None:
    project.pair("0001_wish", f"CREATE TABLE wish (id int);\n{GATE}")
    with project.gate():
        killed(project)
        project.wait_for(
            "SELECT count(*) = 0 FROM pg_stat_activity"
            " WHERE datname = current_database() AND query ~ 'CREATE TABLE wish'"
            " AND pid <> pg_backend_pid()"
        )
    assert project.migrate().error is None
    assert project.value("SELECT count(*) FROM wishkit.execution") == 1
    project.assert_done()


def test_it_is_waited_for_and_what_it_committed_counts(project: Project) -> None:
    project.pair(
        "0001_wish",
        f"{DEAF}CREATE TABLE wish (id int);\n{AT_COMMIT}INSERT INTO wish VALUES (1);\n",
    )
    project.pair("0002_more", "CREATE TABLE more (id int);")
    with project.gate() as gate:
        killed(project)
        project.hooks["Waiting"] = lambda: gate.execute("SELECT pg_advisory_unlock_all()")
        report = project.migrate()
    assert report.error is None
    assert [d.id for d in report.done] == ["0002_more"]
    assert any(isinstance(e, Waiting) and e.what == "an orphaned statement" for e in project.events)
    assert project.rows("SELECT id FROM wish") == [(1,)]
    assert project.rows("SELECT outcome FROM wishkit.run ORDER BY id") == [("lost",), ("done",)]
    project.assert_done()


@pytest.mark.parametrize("header", ["", "-- stepwise\n-- transactional: false\n\n"])
def test_it_is_ended_when_it_does_not_end(
    project: Project, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    project.pair("0001_wish", f"{header}{DEAF}CREATE TABLE wish (id int);\n{GATE}")
    monkeypatch.setattr(orphans, "ORPHAN_PATIENCE", 0.5)
    with project.gate():
        killed(project)
        project.pair("0001_wish", f"{header}{DEAF}CREATE TABLE wish (id int);\nSELECT 1;")
        assert project.migrate().error is None
    project.assert_done()


def test_it_cannot_be_ended(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """An orphan of a role that this one has no power over is named, and nothing is run."""
    role = f"other_{project.number}"
    database = project.value("SELECT current_database()")
    project.rows(f"CREATE ROLE {role} LOGIN")
    project.rows(
        f"GRANT CREATE ON DATABASE {database} TO {role}; GRANT ALL ON SCHEMA public TO {role}"
    )
    project.pair("0001_wish", f"{DEAF}CREATE TABLE wish (id int);\n{GATE}")
    monkeypatch.setattr(orphans, "ORPHAN_PATIENCE", 0.3)
    with project.gate():
        killed(project)
        project.rows(f"GRANT ALL ON SCHEMA wishkit TO {role}")
        project.rows(f"GRANT ALL ON ALL TABLES IN SCHEMA wishkit, public TO {role}")
        project.target = replace(
            project.target, url=psycopg.conninfo.make_conninfo(project.url, user=role)
        )
        with pytest.raises(LockHeld, match="what an earlier run left behind") as raised:
            project.migrate()
        assert (raised.value.code, raised.value.exit_status) == ("orphan", 2)
        assert raised.value.help is not None
        assert "pg_terminate_backend" in raised.value.help
    project.target = replace(project.target, url=project.url)
    project.pair("0002_more", "CREATE TABLE more (id int);")
    assert project.migrate().error is None
    project.assert_done()
    project.rows(f"DROP OWNED BY {role}")
    project.rows(f"DROP ROLE {role}")


def test_acting_as_a_role_it_sees_and_ends_its_orphans(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, login = f"owner_{project.number}", f"login_{project.number}"
    database = project.value("SELECT current_database()")
    project.rows(f"CREATE ROLE {owner}; CREATE ROLE {login} LOGIN NOINHERIT IN ROLE {owner}")
    project.rows(
        f"GRANT CREATE ON DATABASE {database} TO {owner}; GRANT ALL ON SCHEMA public TO {owner}"
    )
    url = psycopg.conninfo.make_conninfo(project.url, user=login)
    project.target = replace(project.target, url=url, role=owner)
    config = f'[environments.test]\nurl = "{url}"\nrole = "{owner}"\n'
    (project.folder / "wishkit.toml").write_text(config)
    project.pair("0001_wish", f"{DEAF}CREATE TABLE wish (id int);\n{GATE}")
    monkeypatch.setattr(orphans, "ORPHAN_PATIENCE", 0.3)
    with project.gate():
        process = project.spawn("migrate", environment="test")
        project.wait_at_gate()
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
        project.pair("0001_wish", "CREATE TABLE wish (id int);")
        assert project.migrate().error is None
    assert project.value("SELECT backend_start IS NOT NULL FROM wishkit.run ORDER BY id LIMIT 1")
    project.assert_done()
    project.rows(f"DROP OWNED BY {owner}, {login} CASCADE")
    project.rows(f"DROP ROLE {login}, {owner}")


def test_a_recycled_process_id_is_no_orphan(project: Project) -> None:
    """The pid of a lost run now belongs to somebody else, of the same role and database."""
    project.pair("0001_wish", f"CREATE TABLE wish (id int);\n{GATE}")
    with project.gate() as gate:
        killed(project)
        project.rows("UPDATE wishkit.run SET backend_pid = %s", gate.info.backend_pid)
    with psycopg.connect(project.url) as stranger:
        project.rows("UPDATE wishkit.run SET backend_pid = %s", stranger.info.backend_pid)
        report = project.migrate()
        assert not any(isinstance(event, Waiting) for event in project.events)
        assert stranger.execute("SELECT 1").fetchone() == (1,)
    if report.error:
        assert project.migrate().error is None
    project.assert_done()
