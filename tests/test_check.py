"""`wishkit check`: what is not as the migrations define it is found and told, and nothing else."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from wishkit.commands.check import check
from wishkit.commands.mark import mark
from wishkit.commands.migrate import migrate
from wishkit.commands.rollback import rollback
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Ignore, Patience, Target
from wishkit.core.drift_words import change_words
from wishkit.core.events import Replaying
from wishkit.core.schema import PUBLIC, Change
from wishkit.core.severity import Severity
from wishkit.errors import CompareError, UsageError, WishkitError
from wishkit.interface.json import to_json
from wishkit.interface.progress import Progress
from wishkit.interface.render_check import render_check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.plugins.databases import MakeDatabase
    from tests.plugins.golden import Golden
    from tests.plugins.project import RunWishkit, SqlFolder
    from wishkit.commands.checked import Check
    from wishkit.core.events import Event
    from wishkit.core.schema import Value
    from wishkit.postgres.scratch import Scratch

MIGRATIONS = Path(__file__).parents[1] / "sql" / "migrations"
LAST = "9000_let_app_in"
# What the domain has none of: grants and a trigger.
MORE = """\
-- The application may read and write wishes, and who wrote last is kept.
GRANT SELECT, INSERT, UPDATE ON wishlist_items TO drift_app;
CREATE FUNCTION wish_touched() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN NEW.updated_at = now(); RETURN NEW; END';
CREATE TRIGGER wish_touched BEFORE UPDATE ON wishlist_items
    FOR EACH ROW EXECUTE FUNCTION wish_touched();
COMMENT ON FUNCTION wish_touched IS 'Keeps the time.';
"""
MORE_BACK = """\
DROP TRIGGER wish_touched ON wishlist_items;
DROP FUNCTION wish_touched;
REVOKE SELECT, INSERT, UPDATE ON wishlist_items FROM drift_app;
"""


@dataclass(frozen=True, slots=True)
class Live:
    """A database with everything applied, and the project that it was made from."""

    url: str
    workspace: Workspace
    events: list[Event]

    def run(self, sql: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in sql.split(";\n"):
                connection.execute(statement.encode())

    def check(self, **options: Any) -> Check:  # noqa: ANN401 - as check has them
        return check(self.workspace, **options)

    def texts(self, **options: Any) -> list[str]:  # noqa: ANN401 - as check has them
        return [f"{it.severity}: {it.text}" for it in self.check(**options).drifts]

    def with_config(self, **fields: Any) -> Live:  # noqa: ANN401 - as Config has them
        config = replace(self.workspace.config, **fields)
        return replace(self, workspace=replace(self.workspace, config=config))


def workspace(url: str, project: Path, events: list[Event], **target: Any) -> Workspace:  # noqa: ANN401
    return Workspace(
        Config(sql=project / "sql", path=project / "wishkit.toml"),
        Target(url, "test", patience=Patience(deadline=0), **target),
        events.append,
    )


@pytest.fixture(scope="module")
def origin(server: Scratch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A database to copy, with everything applied; and its project, whose cache the tests share."""
    project = tmp_path_factory.mktemp("drift")
    shutil.copytree(MIGRATIONS, project / "sql" / "migrations")
    (project / "sql" / "migrations" / f"{LAST}.sql").write_text(MORE, encoding="utf-8")
    (project / "sql" / "migrations" / f"{LAST}.rollback.sql").write_text(
        MORE_BACK, encoding="utf-8"
    )
    url = server.create_database("drift_origin")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE drift_app")
    assert migrate(workspace(url, project, [])).error is None
    yield "drift_origin", project
    server.drop_database("drift_origin")
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("DROP ROLE drift_app")


@pytest.fixture
def live(origin: tuple[str, Path], make_database: MakeDatabase) -> Live:
    template, project = origin
    url = make_database(template=template)
    events: list[Event] = []
    return Live(url, workspace(url, project, events), events)


def test_what_is_as_it_should_be(live: Live) -> None:
    found = live.check()
    assert (found.drifts, found.exit_status) == ((), 0)
    assert (found.position, found.unseen, found.half_there) == (LAST, (), ())
    assert found.last_run is not None


DAMAGE = {
    "DROP INDEX idx_wishlist_user_sort": "error: index idx_wishlist_user_sort is missing",
    "ALTER TABLE wishlist_items ALTER COLUMN sort_order DROP DEFAULT": (
        "error: column wishlist_items.sort_order has no default, expected 0"
    ),
    "ALTER TABLE wishlist_items ALTER COLUMN price TYPE varchar(80)": (
        "error: column wishlist_items.price: type is character varying(80), expected text"
    ),
    "ALTER TYPE wishlist_currency ADD VALUE 'DKK' BEFORE 'EUR'": (
        'error: enum wishlist_currency has "DKK", which no migration added'
    ),
    "REVOKE UPDATE, INSERT ON wishlist_items FROM drift_app": (
        "error: table wishlist_items: drift_app may no longer INSERT and UPDATE"
    ),
    "ALTER TABLE wishlist_items DISABLE TRIGGER wish_touched": (
        "error: trigger wishlist_items.wish_touched is disabled"
    ),
    "CREATE TABLE stray (id int PRIMARY KEY, what text)": (
        "warning: table stray is extra: no migration makes it, with 2 columns and 1 constraint"
    ),
    "ALTER TABLE wishlist_items ALTER COLUMN title DROP NOT NULL": (
        "error: column wishlist_items.title is nullable, expected NOT NULL"
    ),
    "GRANT DELETE ON wishlist_items TO drift_app WITH GRANT OPTION": (
        "warning: table wishlist_items: drift_app may DELETE and grant that to others, which no"
        " migration granted"
    ),
    "COMMENT ON FUNCTION wish_touched IS NULL": (
        "info: function wish_touched() has no comment, expected Keeps the time."
    ),
    "ALTER TABLE wishlist_items RENAME CONSTRAINT priority_range_check TO p": (
        "error: constraint wishlist_items.priority_range_check is missing",
        "warning: constraint wishlist_items.p is extra: no migration makes it",
    ),
    "ALTER TABLE wishlist_items ADD COLUMN hue text": (
        "warning: column wishlist_items.hue is extra: no migration makes it"
    ),
    "DROP TABLE set_images": (
        "error: table set_images is missing, with 6 columns, 2 constraints and 1 index"
    ),
    "ALTER TABLE sets ALTER COLUMN quantity DROP DEFAULT;\n"
    "ALTER TABLE sets ALTER COLUMN quantity ADD GENERATED BY DEFAULT AS IDENTITY": (
        "error: column sets.quantity has no default, expected 1; identity is by default,"
        " expected none"
    ),
    "ALTER TABLE wishlist_items OWNER TO drift_app": (
        "warning: table wishlist_items: owner is drift_app, expected postgres"
    ),
}


@pytest.mark.parametrize("sql", DAMAGE)
def test_each_damage_is_told_alone_and_in_words(live: Live, sql: str) -> None:
    live.run(sql)
    told = DAMAGE[sql]
    found = live.check(remedies=True)
    assert [f"{it.severity}: {it.text}" for it in found.drifts] == (
        [told] if isinstance(told, str) else list(told)
    )
    assert found.exit_status == 1
    # What JSON tells as the remedy of a drift is one, or says why there is none.
    by_hand = [it.by_hand for it in found.drifts if it.by_hand]
    assert by_hand or all(it.remedy for it in found.drifts)
    for drift in found.drifts:
        script = re.sub(r"(?m)^-- (?!DESTRUCTIVE)", "", drift.remedy or "SELECT 1")
        with psycopg.connect(live.url, autocommit=True) as connection:
            connection.execute(script.encode())
    assert len(live.check().drifts) == len(by_hand)


def damage(live: Live) -> None:
    """Everything that the issue lists, at once."""
    live.run(";\n".join(list(DAMAGE)[:7]))
    live.run("INSERT INTO wishlist_items (user_id, title, store, sort_order)"
             " VALUES ('u', 'a', 'LEGO', 0), ('u', 'b', 'LEGO', 0)")  # fmt: skip
    with pytest.raises(psycopg.errors.UniqueViolation):
        live.run("CREATE UNIQUE INDEX CONCURRENTLY idx_once ON wishlist_items (user_id)")
    live.run(
        "DROP INDEX idx_wishlist_user_id;\n"
        "ALTER INDEX idx_once RENAME TO idx_wishlist_user_id;\n"
        "ALTER TABLE sets DROP CONSTRAINT sets_wishlist_item_id_fkey;\n"
        "ALTER TABLE sets ADD CONSTRAINT sets_wishlist_item_id_fkey FOREIGN KEY (wishlist_item_id)"
        " REFERENCES wishlist_items(id) ON DELETE SET NULL NOT VALID"
    )


def test_all_that_can_be_told_of_a_damaged_database(
    live: Live, golden: Golden, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(live)
    found = live.check(remedies=True)
    render_check(found)
    golden(dateless(capsys.readouterr().out), "check/damaged.txt")
    golden(dateless(to_json(found)), "check/damaged.json")
    assert all(it.since == found.last_run for it in found.drifts)


def test_what_has_to_make_way_goes_with_the_drift_that_is_the_cause(live: Live) -> None:
    live.run(
        "CREATE VIEW titles AS SELECT title FROM wishlist_items;\n"
        "ALTER INDEX idx_wishlist_user_sort RENAME TO other_name"
    )
    rollback(live.workspace, to="0013", yes=True)
    found = live.check(remedies=True, last_run=True)
    assert found.drifts == ()
    live.run(
        "DROP VIEW titles;\n"
        "ALTER TABLE wishlist_items ALTER title TYPE varchar(80);\n"
        "CREATE VIEW titles AS SELECT title FROM wishlist_items;\n"
        "ALTER INDEX other_name RENAME TO yet_another"
    )
    told = {it.object: it for it in live.check(remedies=True, last_run=True).drifts}
    renaming = "ALTER INDEX public.yet_another RENAME TO other_name;"
    assert told["index other_name"].remedy == told["index yet_another"].remedy == renaming
    lines = (told["column wishlist_items.title"].remedy or "").splitlines()
    assert lines[0] == "DROP VIEW public.titles;"
    assert "ALTER TABLE public.wishlist_items ALTER COLUMN title TYPE text" in "\n".join(lines)
    assert "CREATE VIEW public.titles AS" in lines


def test_a_second_check_needs_no_scratch_server(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.check()
    live.events.clear()
    monkeypatch.setenv("WISHKIT_PG_BIN", "/nowhere")
    again = live.check()
    assert (again.drifts, again.unchanged_since is not None) == ((), True)
    live.run("CREATE TABLE stray ()")
    assert live.texts() == ["warning: table stray is extra: no migration makes it"]
    assert not [it for it in live.events if isinstance(it, Replaying)]
    live.run("DROP TABLE stray")
    assert live.check().drifts == ()


def test_every_migration_is_run_again_once(live: Live, tmp_path: Path) -> None:
    other = live.with_config(path=tmp_path / "wishkit.toml")  # a cache of its own
    other.check()
    told = [(it.id, it.position) for it in live.events if isinstance(it, Replaying)]
    ids = sorted(it.stem for it in MIGRATIONS.glob("*.sql") if ".rollback" not in it.name)
    assert told == [(id_, number) for number, id_ in enumerate([*ids, LAST], 1)]
    assert [
        it.name.partition("-")[0] for it in sorted((tmp_path / ".wishkit/cache").iterdir())
    ] == [
        "expected",
        "unchanged",
    ]


def test_a_damaged_cache_is_not_believed(live: Live, tmp_path: Path) -> None:
    other = live.with_config(path=tmp_path / "wishkit.toml")
    other.check()
    for path in (tmp_path / ".wishkit" / "cache").iterdir():
        path.write_bytes(path.read_bytes()[:-7])
    live.events.clear()
    assert other.check().drifts == ()
    assert [it for it in live.events if isinstance(it, Replaying)]


def test_no_checkout_is_needed(live: Live, tmp_path: Path) -> None:
    live.run("DROP INDEX idx_wishlist_user_sort")
    alone = live.with_config(sql=tmp_path / "nothing", path=None)
    (drift,) = alone.with_config(path=tmp_path / "wishkit.toml").check().drifts
    assert (drift.kind, drift.migration) == ("index", "0007_add_wishlist")


def test_what_changed_since_the_last_run(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WISHKIT_PG_BIN", "/nowhere")
    found = live.check(last_run=True)
    assert (found.drifts, found.exit_status, found.compared_with) == ((), 0, "last run")
    live.run("ALTER TABLE wishlist_items DISABLE TRIGGER wish_touched;\nCREATE TABLE stray ()")
    found = live.check(last_run=True)
    assert [it.object for it in found.drifts] == [
        "trigger wishlist_items.wish_touched",
        "table stray",
    ]
    assert (found.exit_status, found.drifts[0].since) == (1, found.last_run)


def test_what_was_so_when_the_last_run_ended_is_not_told_as_changed_since(live: Live) -> None:
    live.run("CREATE TABLE early ()")
    rollback(live.workspace, to="0013", yes=True)
    migrate(live.workspace)
    live.run("CREATE TABLE late ()")
    found = live.check()
    assert {it.object: it.since for it in found.drifts} == {
        "table early": None,
        "table late": found.last_run,
    }


def test_the_ledger_may_not_know_how_the_last_run_left_it(live: Live) -> None:
    rollback(live.workspace, to="0013", yes=True)
    migrate(live.workspace)
    live.run("UPDATE wishkit.snapshot SET content = NULL")
    assert live.check(last_run=True).drifts == ()  # the fingerprint is the same
    live.run("CREATE TABLE stray ()")
    error = refused(live, last_run=True)
    assert error.code == "no-snapshot"
    assert "something has changed since the last run" in error.message
    live.run(
        "GRANT USAGE ON SCHEMA wishkit TO drift_app;\n"
        "GRANT SELECT ON wishkit.ledger, wishkit.applied, wishkit.script, wishkit.step,"
        " wishkit.execution, wishkit.run, _yoyo_migration, _yoyo_log TO drift_app"
    )
    target = replace(live.workspace.target, role="drift_app")  # it may not read the snapshot
    (drift,) = (
        it
        for it in check(replace(live.workspace, target=target)).drifts
        if it.object == "table stray"
    )
    assert drift.since is None
    live.run("DELETE FROM wishkit.snapshot")
    assert refused(live, last_run=True).code == "no-snapshot"
    assert {it.since for it in live.check().drifts} == {None}


def test_a_snapshot_of_an_earlier_run_is_not_taken_for_the_last_one(live: Live) -> None:
    live.run(
        "INSERT INTO wishkit.run (verb, tool_version, backend_pid) VALUES ('migrate', 'x', 1);\n"
        "INSERT INTO wishkit.execution (run_id, migration_id, direction, checksum, outcome,"
        " started_at, ended_at, transactional) SELECT max(r.id), 'x', 'forward', (SELECT checksum"
        " FROM wishkit.script LIMIT 1), 'done', now(), now(), true FROM wishkit.run AS r"
    )
    assert refused(live, last_run=True).code == "no-snapshot"


def refused(live: Live, **options: Any) -> WishkitError:  # noqa: ANN401 - as check has them
    with pytest.raises(CompareError) as caught:
        live.check(**options)
    assert caught.value.exit_status == 2
    return caught.value


def test_drift_that_is_known_is_left_out_and_an_entry_without_any_is_told(
    live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    idle = live.with_config(ignore=(Ignore("index", "idx_*", "went away in June"),))
    assert [it.objects for it in idle.check().ignored] == [()]  # stale where there is no drift
    live.run("CREATE SCHEMA partman;\nCREATE TABLE partman.jobs (id int);\nCREATE TABLE stray ()")
    known = live.with_config(
        ignore=(
            Ignore("schema", "partman", "not ours"),
            Ignore("*", "partman.*", "not ours"),
            Ignore("table", "public.str?y", "an experiment"),
            Ignore("index", "idx_*", "went away in June"),
        )
    )
    found = known.check()
    assert (found.drifts, found.exit_status) == ((), 0)
    assert [it.objects for it in found.ignored] == [
        ("schema partman",),
        ("table partman.jobs",),
        ("table stray",),
        (),
    ]
    render_check(found)
    assert capsys.readouterr().out == (
        'ignored: schema partman, by [[drift.ignore]] schema "partman" (not ours)\n'
        'ignored: table partman.jobs, by [[drift.ignore]] * "partman.*" (not ours)\n'
        'ignored: table stray, by [[drift.ignore]] table "public.str?y" (an experiment)\n'
        'note: [[drift.ignore]] index "idx_*" (went away in June) is stale: no such drift\n'
        f"no drift: the database is at {LAST}, and what its migrations define\n"
    )


def test_what_fails_is_for_the_environment_to_say(live: Live) -> None:
    live.run("CREATE TABLE stray ();\nCOMMENT ON FUNCTION wish_touched IS 'other'")

    def status(fails: str, severity: str | None = None) -> tuple[int, int]:
        target = replace(live.workspace.target, drift_fails=fails)
        found = check(replace(live.workspace, target=target), severity=severity)
        return found.exit_status, len(found.drifts)

    assert [status(it) for it in ("info", "warning", "error")] == [(1, 2), (1, 2), (0, 2)]
    assert [status("error", it) for it in ("info", "warning", "error")] == [(1, 2), (1, 1), (0, 0)]
    with pytest.raises(UsageError, match='"bad" is no severity'):
        live.check(severity="bad")


def test_a_value_that_was_removed_from_an_enum_is_no_drift(live: Live) -> None:
    done = rollback(live.workspace, to="0007", accept_data_loss=True, yes=True)
    assert done.error is None
    with psycopg.connect(live.url) as connection:
        rows = connection.execute("SELECT enum_range(NULL::wishlist_store)::text").fetchone()
    assert rows is not None
    assert "(removed) Amazon" in rows[0]
    assert live.check().drifts == ()
    live.run("ALTER TYPE wishlist_store RENAME VALUE 'Other' TO '(removed) Other'")
    assert live.texts() == ['error: enum wishlist_store lacks "Other"']


def test_columns_in_another_order_are_told_apart(
    live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    live.run(
        "ALTER TABLE moc_parts DROP COLUMN color;\n"
        "ALTER TABLE moc_parts ADD COLUMN color text NOT NULL;\n"
        "CREATE INDEX idx_moc_parts_color ON moc_parts (color);\n"
        "COMMENT ON COLUMN moc_parts.color IS 'Name or number, whichever the file used.';\n"
        "COMMENT ON INDEX idx_moc_parts_color IS 'Which lists need parts in this colour.'"
    )
    found = live.check()
    assert (found.drifts, found.exit_status, found.reordered) == ((), 0, ("moc_parts",))
    render_check(found)
    assert "the columns of moc_parts stand in another order" in capsys.readouterr().out
    told = live.check(column_order=True)
    assert (told.exit_status, told.reordered) == (1, ())
    assert {it.severity for it in told.drifts} == {Severity.INFO}


def test_a_migration_that_is_half_there_is_named(
    live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    live.run("DROP INDEX idx_wishlist_user_sort, idx_wishlist_user_priority")
    found = live.check()
    (half,) = found.half_there
    assert (half.id, half.recorded, half.others) == ("0007_add_wishlist", "applied", 6)
    render_check(found)
    assert (
        "0007_add_wishlist is there in part: 2 of 8 objects are missing: "
        "index idx_wishlist_user_priority, index idx_wishlist_user_sort\n"
    ) in capsys.readouterr().out


def test_a_pending_migration_that_was_run_by_hand_in_part_is_named(
    live: Live, sql_folder: SqlFolder
) -> None:
    project = sql_folder(
        {
            "9001_rate.sql": "CREATE TABLE ratings ();\nCREATE TABLE stars ();",
            "9001_rate.rollback.sql": "DROP TABLE ratings;\nDROP TABLE stars;",
        }
    )
    live.run("CREATE TABLE ratings ()")
    (half,) = live.with_config(sql=project / "sql").check().half_there
    assert (half.id, half.recorded) == ("9001_rate", "not applied")
    assert (half.contrary, half.others) == (("table ratings",), 1)


def test_a_reader_with_other_settings_sees_no_drift(live: Live) -> None:
    live.run(
        "GRANT USAGE ON SCHEMA wishkit TO drift_app;\n"
        "GRANT SELECT ON ALL TABLES IN SCHEMA wishkit TO drift_app;\n"
        "GRANT SELECT ON _yoyo_migration, _yoyo_log, _yoyo_version TO drift_app;\n"
        "CREATE SCHEMA drift_app AUTHORIZATION drift_app"
    )
    target = replace(
        live.workspace.target,
        role="drift_app",
        url=f"{live.url}&options=-csearch_path%3Ddrift_app%20-cdatestyle%3Dsql",
    )
    found = check(replace(live.workspace, target=target))
    assert [it.text for it in found.drifts] == ["schema drift_app is extra: no migration makes it"]


def test_what_may_not_be_read_is_told_and_the_answer_is_2(
    live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    live.run(
        "GRANT USAGE ON SCHEMA wishkit TO drift_app;\n"
        "GRANT SELECT ON ALL TABLES IN SCHEMA wishkit TO drift_app;\n"
        "GRANT SELECT ON _yoyo_migration, _yoyo_log, _yoyo_version TO drift_app;\n"
        "REVOKE SELECT ON pg_catalog.pg_policy FROM public"
    )
    target = replace(live.workspace.target, role="drift_app")
    found = check(replace(live.workspace, target=target))
    assert (found.unseen, found.exit_status) == (("pg_policy",), 2)
    render_check(found)
    assert "not compared, because this role may not read it: pg_policy" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("sql", "code", "message"),
    [
        (
            "CREATE EXTENSION no_such_thing;",
            "extension-missing",
            "the scratch server lacks the extension no_such_thing, which 9001_odd makes",
        ),
        (
            "SELECT 1/0;",
            "replay-failed",
            "9001_odd is applied, but cannot be run again on a scratch server: division by zero",
        ),
    ],
)
def test_what_cannot_be_run_again_is_no_answer(
    live: Live, sql_folder: SqlFolder, sql: str, code: str, message: str
) -> None:
    project = sql_folder({"9001_odd.sql": sql, "9001_odd.rollback.sql": "SELECT;"})
    odd = live.with_config(sql=project / "sql")
    mark(odd.workspace, ["9001"], reason="made by hand", yes=True)
    error = refused(odd)
    assert (error.code, error.message) == (code, message)
    assert str(error.where).startswith("ledger:9001_odd:1:")


def test_what_plain_yoyo_applied_is_taken_from_the_files(live: Live, tmp_path: Path) -> None:
    live.run("DELETE FROM wishkit.applied WHERE migration_id = '0001_create_moc_parts'")
    assert live.check().drifts == ()
    error = refused(live.with_config(sql=tmp_path))
    assert error.code == "text-unknown"
    assert "0001_create_moc_parts" in error.message


def test_roles_owners_and_schemas_are_as_the_first_run_found_them(
    make_database: MakeDatabase, server: Scratch, sql_folder: SqlFolder
) -> None:
    project = sql_folder(
        {
            "0001_a.sql": "CREATE TABLE a (id int);\nGRANT SELECT ON a TO drift_reader;",
            "0001_a.rollback.sql": "DROP TABLE a;",
            "0002_b.sql": "CREATE ROLE drift_made;\nGRANT SELECT ON a TO drift_made;",
            "0002_b.rollback.sql": "DROP OWNED BY drift_made;\nDROP ROLE drift_made;",
        }
    )
    url = make_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE drift_owner CREATEROLE; CREATE ROLE drift_reader")
        connection.execute("CREATE SCHEMA app AUTHORIZATION drift_owner")
        (name,) = connection.execute("SELECT current_database()").fetchone() or ("",)
        connection.execute(f"ALTER DATABASE {name} OWNER TO drift_owner")
    place = workspace(f"{url}&options=-csearch_path%3Dapp", project, [], role="drift_owner")
    try:
        assert migrate(place).error is None
        found = check(replace(place, target=replace(place.target, role=None, url=url)))
        assert (found.drifts, found.exit_status) == ((), 0)
    finally:
        rollback(place, to="base", accept_data_loss=True, yes=True)
        server.drop_database(name)
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("DROP ROLE IF EXISTS drift_owner, drift_reader, drift_made")


def test_the_command_line(live: Live, origin: tuple[str, Path], run_wishkit: RunWishkit) -> None:
    project = origin[1]
    words = ("check", "--url", live.url)
    done = run_wishkit(*words, cwd=project)
    assert (done.status, done.stdout) == (
        0,
        f"no drift: the database is at {LAST}, and what its migrations define\n",
    )
    again = run_wishkit(*words, cwd=project).stdout
    assert again.startswith("no drift: nothing has changed since the check of ")
    live.run("CREATE TABLE stray ()")
    told = run_wishkit(*words, "--json", cwd=project)
    assert told.status == 1
    (drift,) = json.loads(told.stdout)["drifts"]
    assert (drift["type"], drift["severity"], drift["name"]) == ("extra", "warning", "public.stray")
    assert run_wishkit(*words, "--severity", "error", cwd=project).status == 0


def dateless(text: str) -> str:
    text = re.sub(r"\w+day \d{4}-\d\d-\d\d \d\d:\d\d", "Sunday 2031-05-18 14:02", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "2031-05-18T14:02:00Z", text)
    return re.sub(
        r"test: .*? as", "test: … as", re.sub(r"PostgreSQL [\d.]+", "PostgreSQL 18", text)
    )


def test_a_replay_that_takes_long_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress() as progress:
        for number, elapsed in enumerate([0.2, 0.9, 1.1, 1.4], 1):
            progress(Replaying("replaying", f"000{number}_a", number, 4, elapsed))
    assert capsys.readouterr().err == "replaying 4 migrations on a scratch server\n"
    with Progress(quiet=True) as progress:
        progress(Replaying("replaying", "0001_a", 1, 1, 9.0))
    assert capsys.readouterr().err == ""


def grant_words(expected: Value, actual: Value, owner: str | None = None) -> tuple[str, ...]:
    return change_words(Change("grants", expected, actual), owner=owner)


def test_grants_in_words() -> None:
    reads = ("a", "SELECT", False)
    writes = ("a", "INSERT", False)
    assert grant_words((reads, writes), None) == ("a may no longer INSERT and SELECT",)
    assert grant_words(None, (reads,)) == ("a may SELECT, which no migration granted",)
    passes = ("a", "SELECT", True)
    assert grant_words((reads,), (passes,)) == (
        "a may grant SELECT to others, which no migration granted",
    )
    assert grant_words((passes,), (reads,)) == ("a may no longer grant SELECT to others",)
    gone = (PUBLIC, "EXECUTE", None)  # taken away from what everybody has by default
    assert grant_words(None, (gone,)) == ("everybody may no longer EXECUTE",)
    assert grant_words((gone,), None) == ("everybody may EXECUTE, which no migration granted",)
    assert grant_words((reads,), None, owner="a") == ()


def test_the_order_of_an_enum_in_words() -> None:
    def words(expected: tuple[str, ...], actual: tuple[str, ...]) -> str:
        (text,) = change_words(Change("labels", expected, actual))
        return text

    assert words(("a", "b"), ("b", "a")) == "is in another order: b, a; expected a, b"
    assert words(("a", "b"), ("a",)) == 'lacks "b"'
    assert words(("a",), ("c", "a", "d")) == 'has "c" and "d", which no migration added'
    assert words(("a", "b"), ("a", "x")) == 'lacks "b" and has "x", which no migration added'
