"""The audit: who runs which DDL outside wishkit is noted, and nobody's DDL ever fails for it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from wishkit.commands.audit import audit, switch_audit
from wishkit.commands.check import check
from wishkit.commands.migrate import migrate
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Target
from wishkit.core.schema import compare
from wishkit.errors import ConsentNeeded, LedgerError
from wishkit.interface.cli import execute
from wishkit.postgres.catalog import read_snapshot

if TYPE_CHECKING:
    from tests.plugins.project import SqlFolder


BOOM = (
    "CREATE FUNCTION boom() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN RAISE division_by_zero; END';"
    "CREATE TRIGGER boom BEFORE INSERT ON wishkit_audit.ddl FOR EACH ROW EXECUTE FUNCTION boom()"
)


@pytest.fixture
def watched(database: str, sql_folder: SqlFolder) -> Workspace:
    """A database with one migration, and the audit on."""
    folder = sql_folder(
        {
            "0001_wish.sql": "-- wishes\nCREATE TABLE wish (id int);",
            "0001_wish.rollback.sql": "DROP TABLE wish;",
        }
    )
    target = Target(url=database, name="test")
    workspace = Workspace(Config(sql=folder / "sql"), target, lambda _: None)
    result = switch_audit(workspace, on=True)
    assert (result.on, result.changed) == (True, True)
    assert migrate(workspace).error is None
    return workspace


def run(workspace: Workspace, *statements: str, **options: Any) -> None:  # noqa: ANN401 - psycopg's
    with psycopg.connect(workspace.target.url or "", autocommit=True, **options) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def told(workspace: Workspace) -> list[tuple[str, str, str]]:
    """Command, kind and name of what was noted, oldest first."""
    rows = reversed(audit(workspace).noted)
    return [(row.tag, row.object_type, row.object_identity) for row in rows]


def test_what_wishkit_does_is_not_noted_and_what_others_do_is(watched: Workspace) -> None:
    assert told(watched) == []
    run(
        watched,
        "ALTER TABLE wish ADD COLUMN note text",
        "CREATE INDEX wish_id_idx ON wish (id)",
        "DROP INDEX wish_id_idx",
        "CREATE TEMP TABLE mine (id int)",
        "DROP TABLE mine",
        "INSERT INTO wish VALUES (1)",
        application_name="psql",
    )
    assert told(watched) == [
        ("ALTER TABLE", "table", "public.wish"),
        ("CREATE INDEX", "index", "public.wish_id_idx"),
        ("DROP INDEX", "index", "public.wish_id_idx"),
    ]
    newest = audit(watched).noted[0]
    assert newest.application == "psql"
    assert newest.query == "DROP INDEX wish_id_idx"
    assert len(audit(watched, limit=1).noted) == 1


def test_a_role_without_rights_is_noted_too(watched: Workspace) -> None:
    name = f"guest_{(watched.target.url or '').partition('test_')[2].partition('?')[0]}"
    run(
        watched,
        f"CREATE ROLE {name}",
        f"GRANT CREATE ON SCHEMA public TO {name}",
        f"SET ROLE {name}",
        "CREATE TABLE theirs (id int)",
    )
    assert audit(watched).noted[0].acting_as == name


@pytest.mark.parametrize(
    "damage",
    [
        "DROP TABLE wishkit_audit.ddl",
        "ALTER TABLE wishkit_audit.ddl DROP COLUMN tag",
        "ALTER TABLE wishkit_audit.ddl ADD CHECK (false) NOT VALID",
        BOOM,
    ],
)
def test_nobodys_ddl_fails_for_it(watched: Workspace, damage: str) -> None:
    run(watched, damage, "CREATE TABLE other (id int)", "DROP TABLE other")


def test_nobodys_ddl_waits_long_for_it(watched: Workspace) -> None:
    with psycopg.connect(watched.target.url or "") as locked:
        locked.execute("LOCK TABLE wishkit_audit.ddl")
        run(watched, "SET statement_timeout = '10s'", "CREATE TABLE other (id int)")


def test_passwords_are_not_kept(watched: Workspace) -> None:
    run(
        watched,
        "CREATE EXTENSION postgres_fdw",
        "CREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw",
        "CREATE USER MAPPING FOR CURRENT_USER SERVER away OPTIONS (password 's3cret')",
    )
    assert "s3cret" not in repr(audit(watched))
    assert ("CREATE USER MAPPING", "user mapping") in {row[:2] for row in told(watched)}


def test_it_is_no_drift(database: str, sql_folder: SqlFolder) -> None:
    """What the audit is made of belongs to the tool, like the ledger."""
    target = Target(url=database, name="test")
    workspace = Workspace(Config(sql=sql_folder({}) / "sql"), target, lambda _: None)
    with psycopg.connect(database, autocommit=True) as connection:
        before = read_snapshot(connection)
        switch_audit(workspace, on=True)
        assert compare(before, read_snapshot(connection)) == ()


def test_drift_has_a_name_and_a_time(watched: Workspace) -> None:
    run(
        watched,
        "CREATE TABLE extra (id int)",
        "ALTER TABLE wish ADD COLUMN note text",
        "CREATE VIEW wishes AS SELECT id FROM wish",
        application_name="pgadmin",
    )
    by = {drift.name: drift.by or "" for drift in check(watched).drifts}
    assert set(by) == {"public.extra", "public.wish.note", "public.wishes"}
    for name, tag in zip(sorted(by), ("CREATE TABLE", "ALTER TABLE", "CREATE VIEW"), strict=True):
        assert by[name].startswith("postgres with pgadmin, "), name
        assert by[name].endswith(f" ({tag})")


def test_grants_are_noted_though_the_server_does_not_say_on_what(watched: Workspace) -> None:
    run(watched, "GRANT SELECT ON wish TO PUBLIC")
    newest = audit(watched).noted[0]
    assert (newest.tag, newest.object_type, newest.object_identity) == ("GRANT", "table", "")
    assert newest.query == "GRANT SELECT ON wish TO PUBLIC"


def test_off_and_on_again_keeps_what_was_noted(watched: Workspace) -> None:
    run(watched, "CREATE TABLE seen (id int)")
    assert switch_audit(watched, on=False).changed
    assert not switch_audit(watched, on=False).changed
    run(watched, "CREATE TABLE unseen (id int)")
    assert switch_audit(watched, on=True).changed
    assert [name for _, _, name in told(watched)] == ["public.seen"]


def test_without_the_right_it_says_who_can(watched: Workspace) -> None:
    switch_audit(watched, on=False)
    name = f"modest_{(watched.target.url or '').partition('test_')[2].partition('?')[0]}"
    run(
        watched,
        f"CREATE ROLE {name} LOGIN",
        f"GRANT USAGE ON SCHEMA wishkit TO {name}",
        f"GRANT ALL ON ALL TABLES IN SCHEMA wishkit TO {name}",
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}",
    )
    url = psycopg.conninfo.make_conninfo(watched.target.url or "", user=name)
    modest = replace(watched, target=replace(watched.target, url=url))
    with pytest.raises(LedgerError) as caught:
        switch_audit(modest, on=True)
    assert caught.value.code == "audit-permission"
    with pytest.raises(LedgerError) as caught:
        audit(modest)
    assert caught.value.code == "ledger-permission"


def test_a_protected_database_asks(watched: Workspace) -> None:
    protected = replace(watched, target=replace(watched.target, protected=True))
    with pytest.raises(ConsentNeeded):
        switch_audit(protected, on=False)
    assert switch_audit(protected, on=False, yes=True).changed


def test_on_the_command_line(watched: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    url = watched.target.url or ""
    run(watched, "CREATE TABLE other (id int)", application_name="psql")
    assert execute(["audit", "show", "--url", url]) == 0
    out = capsys.readouterr().out
    assert "CREATE TABLE" in out
    assert "public.other" in out
    assert out.endswith("the audit is on\n")
    assert execute(["audit", "show", "--url", url, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["noted"][0]["object_identity"] == "public.other"
    assert execute(["audit", "off", "--url", url]) == 0
    assert execute(["audit", "off", "--url", url]) == 0
    assert capsys.readouterr().out == "the audit is off\nthe audit was off already\n"
