"""`wishkit promote`: three servers, every gate closed for its own reason, there and back."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.approvals_place import ROLES
from tests.core.test_expected import MB, READS, attempt, here, reading
from tests.plugins.databases import NUMBERS, SETTINGS, scratch_pid
from wishkit import config as configuration
from wishkit.commands import approvals, backup
from wishkit.commands.migrate import migrate
from wishkit.commands.promote import promote
from wishkit.commands.rehearse import rehearse
from wishkit.commands.request import request
from wishkit.commands.review import review
from wishkit.commands.rollback import rollback
from wishkit.commands.verify_ledger import verify_ledger
from wishkit.commands.workspace import Workspace
from wishkit.config import Target, Threshold, Thresholds
from wishkit.config.windows import freeze, window
from wishkit.core.expected import expected, judged
from wishkit.core.gate import Gate
from wishkit.core.migration import Migration
from wishkit.core.promotion import (
    Between,
    applied_gate,
    order_gate,
    soaked_gate,
    timing_gate,
    window_gate,
)
from wishkit.core.script import Script
from wishkit.core.state import Ledger, Record
from wishkit.core.timing import Waited
from wishkit.errors import ConnectError, ConsentNeeded, GateClosed, UsageError, WishkitError
from wishkit.interface.render_promote import render_promotion, render_review
from wishkit.interface.report.ticket import ticket
from wishkit.postgres.scratch import Scratch, scratch_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.plugins.golden import Golden
    from tests.plugins.project import RunWishkit, SqlFolder
    from wishkit.commands.promote import Promotion
    from wishkit.core.timing import PastAttempt
    from wishkit.postgres.binaries import Binaries

ONE = {
    "0001_people.sql": "-- people\nCREATE TABLE people (id int PRIMARY KEY, name text);\n",
    "0001_people.rollback.sql": "DROP TABLE people;\n",
}
AGE = {
    "0002_age.sql": "-- how old they are\nALTER TABLE people ADD COLUMN age int;\n",
    "0002_age.rollback.sql": "ALTER TABLE people DROP COLUMN age;\n",
}
NAMED = {
    "0003_named.sql": "-- everybody has a name\n"
    "-- allow: set-not-null there are few\n"
    "ALTER TABLE people ALTER COLUMN name SET NOT NULL;\n",
    "0003_named.rollback.sql": "ALTER TABLE people ALTER COLUMN name DROP NOT NULL;\n",
}
HAS_AGE = """\
DO $$ BEGIN
    ASSERT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'people'::regclass
                   AND attname = 'age' AND NOT attisdropped), 'people have no age';
END $$;
"""
SMOKE = "INSERT INTO people (id, name) VALUES (-1, 'nobody');\n"
TEMPLATE = "promote_origin"
PLACES = ("development", "staging", "production")


@dataclass(slots=True)
class World:
    """A project and three environments, each on a server of its own."""

    project: Path
    urls: dict[str, str]
    keys: dict[str, str] = field(default_factory=dict)

    def asks(self, environment: str, text: str) -> None:
        """Keys of wishkit.toml for an environment, instead of those it had."""
        self.keys[environment] = text

    def write(self) -> None:
        tables = [
            f'[environments.{name}]\nurl = "{url}"\n{self.keys.get(name, "")}\n'
            for name, url in self.urls.items()
        ]
        (self.project / "wishkit.toml").write_text("\n".join(tables), encoding="utf-8")

    def place(self, name: str | None = None) -> Workspace:
        self.write()
        config = configuration.load(self.project, environ={})
        target = Target(None, "embedded")
        if name:
            target = configuration.resolve_target(config, env=name, environ={})
        return Workspace(config, target, lambda _: None)

    def migrate(self, name: str, **options: Any) -> None:  # noqa: ANN401 - of migrate
        assert migrate(self.place(name), yes=True, **options).error is None

    def promote(self, source: str, target: str, **options: Any) -> Promotion:  # noqa: ANN401
        return promote(self.place(), source, target, **{"yes": True, **options})

    def dry(self) -> dict[str, Gate]:
        """Every gate from staging to production."""
        found = self.promote("staging", "production", dry_run=True)
        assert found.report is None
        assert found.exit_status == (0 if all(it.passed for it in found.gates) else 1)
        return {it.name: it for it in found.gates}

    def sql(self, name: str, *statements: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        with psycopg.connect(self.urls[name], autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
                rows = cursor.fetchall() if cursor.description else []
        return rows

    def file(self, path: str, text: str) -> None:
        (self.project / "sql" / path).parent.mkdir(exist_ok=True)
        (self.project / "sql" / path).write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def servers(
    binaries: Binaries, server: Scratch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Scratch]]:
    """Three servers, each with a database to copy: the first migration is applied."""
    with (
        scratch_server(binaries, settings=SETTINGS) as staging,
        scratch_server(binaries, settings=SETTINGS) as production,
    ):
        found = dict(zip(PLACES, (server, staging, production), strict=True))
        project = tmp_path_factory.mktemp("promotion")
        (project / "sql" / "migrations").mkdir(parents=True)
        for name, text in ONE.items():
            (project / "sql" / "migrations" / name).write_text(text, encoding="utf-8")
        urls = {name: it.create_database(TEMPLATE) for name, it in found.items()}
        origin = World(project, urls)
        for place in PLACES:
            origin.migrate(place)
        yield found
        server.drop_database(TEMPLATE)


@pytest.fixture
def world(servers: dict[str, Scratch], sql_folder: SqlFolder) -> Iterator[World]:
    """The first migration is applied everywhere."""
    name = f"promote_{next(NUMBERS)}"
    urls = {it: servers[it].create_database(name, template=TEMPLATE) for it in PLACES}
    yield World(sql_folder(ONE), urls)
    for place in PLACES:
        servers[place].drop_database(name)


STRICT = """
protected = true
rehearsed = true
approvals = { high = 2 }
backup = { age = "24h", level = 1 }
soak = "24h"
"""


TELL = (
    "import os; it = os.environ; print(it['WISHKIT_STAGE'], it['WISHKIT_FROM'], "
    "it['WISHKIT_ENVIRONMENT'], it['WISHKIT_MIGRATIONS'], it['WISHKIT_OUTCOME'])"
)
EARLIER = "UPDATE {} SET applied_at_utc = applied_at_utc - interval '2d'"


def test_the_whole_story(  # noqa: PLR0915 - it is one story
    world: World, sql_folder: SqlFolder, run_wishkit: RunWishkit, capsys: pytest.CaptureFixture[str]
) -> None:
    """From `new` to production and back again, each gate closed first for its own reason."""
    world.sql("production", ROLES)
    approvals.set_approvers(world.place("production"), "appr_managers")
    assert run_wishkit("new", "age", cwd=world.project).status == 0
    sql_folder(AGE)
    world.file("verify/0002_age.sql", HAS_AGE)
    world.file("smoke/people.sql", SMOKE)
    world.migrate("development")
    nothing = world.promote("staging", "production")
    assert (nothing.gates, nothing.behind, nothing.exit_status) == ((), ("0002_age",), 0)
    assert world.promote("development", "staging").exit_status == 0
    hook = shlex.join([sys.executable, "-c", TELL])
    today = datetime.now(UTC).date()
    frozen = f'freeze = ["{today - timedelta(days=2)}/{today + timedelta(days=2)} UTC"]\n'
    hooks = f"hooks = [{{ stage = 'after-promote', run = {json.dumps(hook)} }}]\n"
    world.asks("production", STRICT + frozen + hooks)
    # Everything is wrong that can be wrong.
    world.sql("staging", "ALTER TABLE people DROP COLUMN age")
    world.sql("production", "ALTER TABLE people ADD COLUMN age text")
    gates = world.dry()
    assert {name: gate.passed for name, gate in gates.items() if gate.passed} == {
        "order": True,
        "applied": True,
        "hazards": True,
        "timing": True,
    }
    told = {name: f"{gate.found} | {gate.missing} | {gate.who}" for name, gate in gates.items()}
    for name, words in {
        "verified": "0002_age does not keep its promise in staging: people have no age",
        "soaked": "not in staging for 24 h yet: 0002_age",
        "rehearsal": 'on a copy of production\'s schema: forward: column "age" of relation',
        "proof": "0002_age: never rehearsed",
        "drift": "production is not what its migrations define: column people.age is extra",
        "backup": "wishkit backup create --env production --level 1",
        "approvals": "wishkit request production --note",
        "window": f"production is frozen: {today - timedelta(days=2)}/",
    }.items():
        assert words in told[name], name
    # A file that was changed since is stopped before anything else is asked.
    sql_folder({"0002_age.sql": AGE["0002_age.sql"] + "-- more\n"})
    assert [it.name for it in world.promote("staging", "production").gates] == ["order", "applied"]
    sql_folder(AGE)
    # One after the other is put right.
    world.sql("staging", "ALTER TABLE people ADD COLUMN age int")
    world.sql(
        "staging", *(EARLIER.format(table) for table in ("_yoyo_migration", "wishkit.applied"))
    )
    world.sql("production", "ALTER TABLE people DROP COLUMN age")
    assert rehearse(world.place(), ids=["2"]).exit_status == 0
    world.asks("production", STRICT + hooks)
    backup.create(world.place("production"), level=1)
    asked = request(world.place("production"), note="release 2.4")
    gates = world.dry()
    assert [name for name, gate in gates.items() if not gate.passed] == ["approvals"]
    assert (gates["approvals"].who or "").startswith("alice or bob (of appr_managers)")
    approvals.decide(world.place("production"), asked.id, "approve", login="alice", yes=True)
    with pytest.raises(ConsentNeeded, match="promote 1 migration from staging to production"):
        world.promote("staging", "production", yes=False)
    done = world.promote("staging", "production")
    assert done.error is None
    assert [it.id for it in done.report.done] == ["0002_age"] if done.report else False
    assert done.smoke is not None
    assert done.smoke.exit_status == 0
    (ran,) = done.hooks
    assert ran.output == ("after-promote staging production 0002_age done",)
    assert world.sql("production", "SELECT reason FROM wishkit.run ORDER BY id DESC LIMIT 1") == [
        ("promoted from staging",)
    ]
    (row,) = world.sql(
        "production",
        "SELECT from_environment, migrations, skipped, emergency, jsonb_array_length(gates) "
        "FROM wishkit.promotion",
    )
    assert row == ("staging", ["0002_age"], [], None, 12)
    assert verify_ledger(world.place("production")).faults == ()
    render_promotion(done)
    shown = capsys.readouterr().out
    assert shown.endswith("1 migration promoted from staging to production\n")
    assert world.promote("staging", "production").gates == ()
    # And back, the same way: it has to be requested, and approved.
    with pytest.raises(GateClosed) as caught:
        rollback(world.place("production"), to="0001", yes=True)
    assert caught.value.code in {"not-requested", "request-spent", "request-void"}
    back = request(world.place("production"), note="it is slow", rollback_to="0001")
    for login in ("alice", "bob"):
        approvals.decide(world.place("production"), back.id, "approve", login=login, yes=True)
    undone = rollback(world.place("production"), to="0001", yes=True, accept_data_loss=True)
    assert (undone.error, undone.position) == (None, "0001_people")


def test_a_failure_stops_it_and_tells_the_way_back_that_works(
    world: World, sql_folder: SqlFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    """A copy of the schema has no rows; production has one that does not fit."""
    sql_folder({**AGE, **NAMED})
    world.migrate("staging")
    world.sql("production", "INSERT INTO people VALUES (1, NULL)")
    hook = json.dumps(shlex.join([sys.executable, "-c", "print('queue goes on')"]))
    world.asks("production", f"hooks = [{{ stage = 'failed', run = {hook} }}]")
    found = world.promote("staging", "production")
    assert found.report is not None
    assert [it.id for it in found.report.done] == ["0002_age"]
    assert found.exit_status == 3
    assert found.way_back == "wishkit rollback --env production --to 0001_people"
    assert [it.output for it in found.hooks] == [("queue goes on",)]
    render_promotion(found)
    shown = capsys.readouterr().out
    assert "production has not got all of it" in shown
    assert f"the way back, as it was rehearsed: {found.way_back}" in shown
    assert "| 0002_age |" in ticket(found)
    assert f"`{found.way_back}`" in ticket(found)
    undone = rollback(world.place("production"), to="0001_people", accept_data_loss=True)
    assert (undone.error, undone.position) == (None, "0001_people")


def test_a_smoke_probe_that_fails_afterwards_is_told(world: World, sql_folder: SqlFolder) -> None:
    sql_folder(AGE)
    world.migrate("staging")
    world.file("smoke/people.sql", "DO $$ BEGIN ASSERT false, 'the list is empty'; END $$;\n")
    found = world.promote("staging", "production")
    assert found.exit_status == 1
    assert found.error is not None
    assert "smoke probe people: the list is empty" in found.error.message
    assert found.report is not None
    assert found.report.error is None
    assert found.way_back == "wishkit rollback --env production --to 0001_people"


def test_an_emergency_is_loud_until_somebody_else_has_looked_at_it(
    world: World,
    sql_folder: SqlFolder,
    capsys: pytest.CaptureFixture[str],
) -> None:
    world.sql("production", ROLES)
    approvals.set_approvers(world.place("production"), "appr_managers")
    sql_folder(AGE)
    world.migrate("staging")
    world.asks(
        "production",
        'soak = "1d"\nbackup = { level = 1 }\napprovals = { high = 2 }\n'
        'thresholds = { expected = { fail = "0s" } }',
    )
    skip = ("soaked", "backup", "approvals", "timing", "window")
    half = world.promote("staging", "production", emergency="incident 88", skip=skip[:2])
    assert [it.name for it in half.closed] == ["approvals", "timing"]
    assert "expected in production, above 0 ms" in half.closed[1].found
    with pytest.raises(ConsentNeeded, match="past soaked, backup, approvals, timing"):
        world.promote("staging", "production", emergency="x", skip=skip, yes=False)
    done = world.promote("staging", "production", emergency="incident 88", skip=skip)
    assert done.error is None
    assert done.skipped == ("soaked", "backup", "approvals", "timing")  # the window was open
    render_promotion(done)
    assert "promoted in an EMERGENCY, past soaked, backup, approvals, timing: incident 88" in (
        capsys.readouterr().out
    )
    production = world.place("production")
    found = review(production)
    (it,) = found.emergencies
    assert (it.skipped, it.reason, it.promoted_by) == (done.skipped, "incident 88", "postgres")
    assert found.exit_status == 1
    (run,) = world.sql("production", "SELECT reason FROM wishkit.run ORDER BY id DESC LIMIT 1")
    assert run == ("EMERGENCY, past soaked, backup, approvals, timing: incident 88",)

    def as_(login: str) -> Workspace:
        world.urls["production"] = make_conninfo(world.urls["production"], user=login)
        try:
            return world.place("production")
        finally:
            world.urls["production"] = make_conninfo(world.urls["production"], user="postgres")

    with pytest.raises(GateClosed, match="postgres promoted it, and nobody acknowledges"):
        review(production, ack=it.id, note="fine")
    with pytest.raises(WishkitError, match=r"may not see or give|no member"):
        review(as_("dave"), ack=it.id, note="fine")
    with pytest.raises(UsageError, match="there is no promotion 77"):
        review(as_("alice"), ack=77, note="fine")
    assert review(as_("alice"), ack=it.id, note="backup was an hour late").exit_status == 0
    with pytest.raises(GateClosed, match="is acknowledged already"):
        review(as_("bob"), ack=it.id, note="me too")
    with pytest.raises(psycopg.Error, match="its rows are never changed"):
        world.sql("production", "DELETE FROM wishkit.acknowledgement")
    (seen,) = review(production, everything=True).emergencies
    assert (seen.acknowledged_by, seen.note) == ("alice", "backup was an hour late")
    render_review(review(production))
    assert capsys.readouterr().out == "nothing has to be acknowledged\n"
    assert verify_ledger(production).faults == ()


def test_what_cannot_be_asked_for(world: World) -> None:
    for source, target, code in (
        ("production", "staging", "promotion-backwards"),
        ("staging", "staging", "promotion-backwards"),
        ("staging", "prod", "unknown-environment"),
    ):
        with pytest.raises(WishkitError) as caught:
            world.promote(source, target)
        assert (caught.value.code, caught.value.exit_status) == (code, 2)
    for options, code in (
        ({"skip": ["order"], "emergency": "x"}, "gate-not-skippable"),
        ({"skip": ["soak"], "emergency": "x"}, "unknown-gate"),
        ({"skip": ["soaked"]}, "reason-missing"),
        ({"emergency": "x"}, "reason-missing"),
        ({"skip": ["soaked"], "emergency": " "}, "reason-missing"),
    ):
        with pytest.raises(UsageError) as refused:
            world.promote("staging", "production", **options)
        assert refused.value.code == code
    world.urls["production"] = world.urls["staging"]
    with pytest.raises(UsageError, match="are the same database"):
        world.promote("staging", "production")


def test_staging_behind_production_is_told(world: World, sql_folder: SqlFolder) -> None:
    sql_folder(AGE)
    world.migrate("production")
    sql_folder(NAMED)
    found = world.promote("staging", "production", dry_run=True)
    gate = found.gates[0]
    assert (gate.name, gate.passed) == ("order", False)
    assert gate.found == "production is ahead of staging: 0002_age"
    assert gate.who == "whoever works on staging: wishkit migrate --env staging"
    assert found.exit_status == 1


def test_an_environment_that_is_down(
    world: World, sql_folder: SqlFolder, private_server: Scratch
) -> None:
    """Before, nothing is run; half-way, what happened is told, and the next one goes on."""
    sql_folder(AGE)
    world.migrate("staging")
    there = world.urls["staging"]
    world.urls["staging"] = "postgresql://x@127.0.0.1:1/x"
    with pytest.raises(ConnectError) as caught:
        world.promote("staging", "production", dry_run=True)
    assert caught.value.exit_status == 2
    world.urls["staging"] = there
    world.urls["production"] = private_server.create_database("half")
    kill = json.dumps(f"kill -QUIT {scratch_pid(private_server)}")
    told = json.dumps("echo resumed")
    world.asks(
        "production",
        f"hooks = [{{ stage = 'after-migrate', run = {kill} }},"
        f" {{ stage = 'failed', run = {told} }}]",
    )
    world.file("smoke/people.sql", SMOKE)
    found = world.promote("staging", "production")
    assert isinstance(found.error, ConnectError)
    assert found.report is not None
    assert [it.id for it in found.report.done] == ["0001_people", "0002_age"]
    assert [(it.stage, it.passed) for it in found.hooks] == [
        ("after-migrate", True),
        ("failed", True),
    ]
    assert found.way_back == "wishkit rollback --env production --to base"
    with pytest.raises(ConnectError):
        world.promote("staging", "production")


def test_a_hook_stops_it(world: World, sql_folder: SqlFolder) -> None:
    sql_folder(AGE)
    world.migrate("staging")
    bad = json.dumps("sh -c 'echo no queue >&2; exit 3'")
    world.asks(
        "production", f"hooks = [{{ stage = 'before-migrate', run = {bad}, on_failure = 'stop' }}]"
    )
    found = world.promote("staging", "production")
    assert found.error is not None
    assert (found.error.code, found.report, found.exit_status) == ("hook-stopped", None, 1)
    assert found.hooks[0].output == ("sh ended with status 3", "no queue")


def test_a_role_that_only_owns_the_tables_is_enough(
    world: World, servers: dict[str, Scratch], sql_folder: SqlFolder
) -> None:
    """Who deploys is no superuser: the schema is dumped, and the copy made, all the same."""
    world.sql("production", ROLES)
    name = f"promote_{next(NUMBERS)}"
    url = servers["production"].create_database(name)
    world.urls["production"] = url
    owner = f"ALTER DATABASE {name} OWNER TO appr_owner"
    world.sql("production", owner, "ALTER SCHEMA public OWNER TO appr_owner")
    world.urls["production"] = make_conninfo(url, user="deploy")
    world.asks("production", 'role = "appr_owner"')
    world.migrate("production")
    sql_folder(AGE)
    world.migrate("staging")
    # No migration says whose the schema is: of that, and of nothing else, drift is told.
    found = world.promote("staging", "production", emergency="its owner is ours", skip=["drift"])
    assert found.skipped == ("drift",)
    assert "schema public: owner is appr_owner" in " ".join(it.found for it in found.gates)
    assert found.error is None
    assert found.report is not None
    assert found.report.position == "0002_age"
    (it,) = review(world.place("production")).emergencies
    assert it.promoted_by == "deploy"
    servers["production"].drop_database(name)


@pytest.mark.soak
def test_a_hook_that_takes_too_long_is_ended_and_told(world: World, sql_folder: SqlFolder) -> None:
    sql_folder(AGE)
    world.migrate("staging")
    slow = "[[environments.production.hooks]]\nstage = 'after-migrate'\nrun = 'sleep 60'\n"
    world.asks("production", f"{slow}timeout = '10ms'\non_failure = 'warn'")
    found = world.promote("staging", "production")
    assert found.error is None
    assert not found.hooks[0].passed
    assert found.hooks[0].output[0].startswith("sleep did not end within")


NOW = datetime(2031, 5, 19, 14, 2, tzinfo=UTC)  # a Monday


def ledger(*rows: tuple[Migration, timedelta]) -> Ledger:
    records = (Record(it.id, it.checksum, (NOW - age).replace(tzinfo=None)) for it, age in rows)
    return Ledger(tuple(records))


def migration(id_: str, text: str = "SELECT 1;") -> Migration:
    return Migration.of(id_, Script(f"{id_}.sql", text.encode()), None)


def test_gates_in_values() -> None:
    """What is promoted goes up to the last one that is applied in the source, without a gap."""
    from wishkit.core.promotion import between  # noqa: PLC0415 - beside what it makes

    one, two, three = (migration(f"000{n}_x") for n in (1, 2, 3))
    files = {it.id: it for it in (one, two, three)}
    source = ledger((one, timedelta(days=9)), (three, timedelta(hours=30)))
    asked = between("staging", "production", source, [two.id, three.id])
    assert asked == Between("staging", "production", (two.id, three.id), ())
    gap = applied_gate(asked, source, files)
    assert gap.found == "not applied in staging, and it comes before what is: 0002_x"
    assert between("a", "b", source, [three.id, two.id]).behind == (two.id,)
    plain = Ledger((Record(three.id, None, NOW),))
    only = Between("staging", "production", (three.id,), ())
    assert "plain yoyo applied it" in applied_gate(only, plain, files).found
    changed = applied_gate(only, source, {three.id: migration(three.id, "SELECT 2;")})
    assert changed.found == "changed since it was applied in staging: 0003_x"
    assert soaked_gate(only, source, soak=29 * 3600, now=NOW).found == (
        "in staging for 30 h at least, of 29 h asked for"
    )
    late = soaked_gate(only, source, soak=31 * 3600, now=NOW)
    assert late.missing == "60 min, until 2031-05-19 15:02 UTC"
    assert order_gate(asked, source, ledger((two, timedelta()))).found == (
        "production is ahead of staging: 0002_x"
    )


def test_the_timing_in_values() -> None:
    asked = Between("staging", "production", (READS.id, "0008_y"), ())
    tried = [attempt("staging", 1, 2.1, *reading(2.0, 300 * MB))]
    found = expected(READS, tried, here(12000 * MB))
    unknown = replace(expected(READS, [], {}), id="0008_y")

    def gate(bounds: Thresholds, *attempts: PastAttempt) -> Gate:
        judged_ = [judged(it, bounds.expected) for it in (found, unknown)]
        return timing_gate(asked, judged_, attempts, bounds)

    words = "2.10 s on staging × 38: 11.7 GB against 300.0 MB"  # noqa: RUF001 - times
    told = gate(Thresholds())
    assert (told.passed, told.warns) == (True, False)
    assert told.found.startswith("1 min 20 s expected in production, most of it 0007_fill: ")
    assert told.found.endswith("; nothing is known of 0008_y")
    long = gate(Thresholds(expected=Threshold(warn=60)))
    assert (long.passed, long.warns) == (True, True)
    assert long.found.startswith(
        f"0007_fill: 1 min 20 s expected in production, above 1 min 00 s ({words}"
    )
    closed = gate(Thresholds(expected=Threshold(warn=30, fail=60)))
    assert (closed.passed, closed.code) == (False, "promotion")
    rough = expected(READS, [attempt("staging", 1, 1.1, *reading(1.0, 2 * MB))], here(12000 * MB))
    rough = judged(rough, Threshold(fail=60))
    assert timing_gate(asked, [rough], (), Thresholds(expected=Threshold(fail=60))).warns
    waited = replace(tried[0], waited=Waited(40.0, {"lock timeout": 9}, ()))
    held = gate(Thresholds(waited=Threshold(fail=30)), waited)
    assert held.found == "0007_fill: waited 40.00 s for others in staging, above 30.00 s"
    assert not held.passed
    nothing = timing_gate(asked, [unknown], (), Thresholds())
    assert nothing.found == "how long it takes in production is not known: it never ran"


def test_the_window_in_values() -> None:
    asked = Between("staging", "production", ("0001_x",), ())
    night = window("Mon-Thu 22:00-02:00 Europe/Berlin")
    assert night
    assert window_gate(asked, (), (), now=NOW).passed
    assert window_gate(asked, (night,), (), now=NOW + timedelta(hours=6)).passed
    shut = window_gate(asked, (night,), (), now=NOW)
    assert shut.missing == "its opening, Mon 2031-05-19 22:00 CEST"
    holidays = freeze("2031-05-19/2031-05-20 Europe/Berlin")
    assert holidays
    still = window_gate(asked, (night,), (holidays,), now=NOW + timedelta(hours=6))
    assert still.missing == "its end, 2031-05-21 00:00 CEST"


def test_the_table_of_a_dry_run(golden: Golden, capsys: pytest.CaptureFixture[str]) -> None:
    golden(dry_run_table(capsys), "promotion/dry_run.txt")


def dry_run_table(capsys: pytest.CaptureFixture[str]) -> str:
    """Gates as the core words them, at a time that does not move."""
    from wishkit.commands.promote import Promoted, Promotion  # noqa: PLC0415 - only here

    one, two = migration("0001_people"), migration("0002_age")
    source = ledger((one, timedelta(days=9)), (two, timedelta(hours=20)))
    asked = Between("staging", "production", (two.id,), ())
    night = window("Mon-Thu 22:00-02:00 Europe/Berlin")
    assert night
    ran = [attempt("staging", 1, 2.1, *reading(2.0, 300 * MB))]
    gates = (
        order_gate(asked, source, ledger((one, timedelta(days=8)))),
        applied_gate(asked, source, {two.id: two}),
        Gate("verified", passed=True, found="1 of 1 keep their promise in staging"),
        soaked_gate(asked, source, soak=86400, now=NOW),
        Gate(
            "rehearsal",
            passed=True,
            found="forward, backward and forward again, on a copy of production's schema "
            "(PostgreSQL 18)",
        ),
        Gate("hazards", passed=True, found="no client would be kept waiting"),
        Gate("drift", passed=True, found="production is what its migrations define"),
        Gate(
            "backup",
            passed=True,
            found="backup wishes-20310519T020000Z-4be1f0 of 2031-05-19 02:00 UTC "
            "(level 2, restored)",
        ),
        Gate(
            "approvals",
            passed=False,
            found="request 7 has 1 of 2 approvals by ann",
            missing="1 approval (risk high)",
            who="ben or eve (of release_managers): wishkit approve 7 --env production",
        ),
        timing_gate(
            asked,
            [
                judged(
                    replace(expected(READS, ran, here(12000 * MB)), id=two.id), Threshold(warn=60)
                )
            ],
            (),
            Thresholds(expected=Threshold(warn=60)),
        ),
        window_gate(asked, (night,), (), now=NOW),
    )
    found = Promotion(
        "staging",
        "production",
        "db.example.org:5432/wishes as deploy (PostgreSQL 18.6)",
        one.id,
        dry_run=True,
        migrations=(Promoted(two.id, "how old they are", None),),
        gates=gates,
    )
    render_promotion(found)
    assert "missing: 4 h, until 2031-05-19 18:02 UTC" in ticket(found)
    return capsys.readouterr().out


def test_the_command_line(world: World, sql_folder: SqlFolder, run_wishkit: RunWishkit) -> None:
    sql_folder(AGE)
    world.migrate("staging")
    world.asks("production", "soak = '2d'")
    world.write()
    ran = run_wishkit(
        "promote",
        "staging",
        "production",
        "--dry-run",
        "--json",
        "--report",
        "t.md",
        cwd=world.project,
    )
    assert ran.status == 1
    told = json.loads(ran.stdout)
    assert [it["name"] for it in told["gates"] if not it["passed"]] == ["soaked"]
    text = (world.project / "t.md").read_text(encoding="utf-8")
    assert text.startswith("# staging → production\n\nnothing was run: 1 gate closed (soaked)\n")
    ran = run_wishkit("ledger", "review", "--env", "production", cwd=world.project)
    assert (ran.status, ran.stdout) == (0, "nothing has to be acknowledged\n")
