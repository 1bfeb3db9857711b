"""`wishkit status --all`: every migration in every environment, and what is wrong with each."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.terminal import on_a_terminal
from wishkit import config as configuration
from wishkit.commands import drifting
from wishkit.commands.everywhere import Everywhere, open_everywhere
from wishkit.commands.matrix import Memory, matrix
from wishkit.commands.migrate import migrate
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Target
from wishkit.errors import WishkitError
from wishkit.interface.cli import execute
from wishkit.interface.render_matrix import lines
from wishkit.postgres.backups import Entry, keep_evidence
from wishkit.postgres.connection import connect, identify
from wishkit.postgres.lock import KEY
from wishkit.postgres.promotions import acknowledge
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.approvals_place import Place
    from tests.plugins.databases import MakeDatabase
    from tests.plugins.golden import Golden
    from tests.plugins.project import RunWishkit
    from wishkit.commands.matrix import EnvironmentStatus, Matrix
    from wishkit.postgres.scratch import Scratch

WISHKIT = [sys.executable, "-m", "wishkit"]
GONE = "postgresql://u:hush@127.0.0.1:1/x"  # nobody listens at port 1
FILES = {
    f"000{i}_{name}": (
        f"-- {name}\nCREATE TABLE {name} (id int, what text);\n",
        f"DROP TABLE {name};",
    )
    for i, name in enumerate(("albums", "boxes", "colours", "dates", "elements", "figures"), 1)
}
TROUBLE = """
    ALTER TABLE albums ADD COLUMN by_hand int;
    ALTER TABLE boxes ALTER COLUMN what SET STATISTICS 7;
    ALTER TABLE albums ADD CONSTRAINT positive CHECK (id > 0) NOT VALID;
    INSERT INTO boxes VALUES (1), (1);
    UPDATE wishkit.applied AS a SET checksum = b.checksum FROM wishkit.applied AS b
    WHERE a.migration_id = '0002_boxes' AND b.migration_id = '0001_albums';
"""
TEMPLATE = "matrix_origin"


def run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@pytest.fixture(scope="module")
def origin(server: Scratch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project; the database ``TEMPLATE`` has all of its migrations."""
    project = tmp_path_factory.mktemp("matrix")
    folder = project / "sql" / "migrations"
    folder.mkdir(parents=True)
    for id_, (forward, backward) in FILES.items():
        (folder / f"{id_}.sql").write_text(forward)
        (folder / f"{id_}.rollback.sql").write_text(backward)
    place = Workspace(
        Config(sql=project / "sql"),
        Target(server.create_database(TEMPLATE), "command line"),
        lambda _: None,
    )
    assert migrate(place).error is None
    yield project
    server.drop_database(TEMPLATE)


@pytest.fixture
def everywhere(origin: Path, tmp_path: Path) -> Callable[..., Everywhere]:
    """Environments of that project by their URLs, and further keys of theirs by name."""

    def make(keys: dict[str, str] | None = None, /, **urls: str) -> Everywhere:
        told = [
            f'[environments.{name}]\nurl = "{url}"\n{(keys or {}).get(name, "")}\n'
            for name, url in urls.items()
        ]
        text = "\n".join([f'sql = "{origin}/sql"', *told])
        (tmp_path / "wishkit.toml").write_text(text)
        return Everywhere(configuration.load(tmp_path), application_name="wishkit status")

    return make


@pytest.fixture
def applied(make_database: MakeDatabase, origin: Path) -> Callable[[], str]:
    """Makes databases with all migrations."""
    del origin
    return lambda: make_database(template=TEMPLATE)


def by_name(found: Matrix) -> dict[str, EnvironmentStatus]:
    return {it.name: it for it in found.environments}


def evidence(url: str, level: int, hours: float) -> None:
    """A backup of so many hours ago, in the ledger."""
    target = Target(url, "test")
    with connect(target, application_name="test") as connection:
        server = identify(connection)
        entry = Entry(
            id=f"b{level}",
            kind="custom",
            level=level,
            database=server.database,
            system_identifier=str(server.system_identifier),
            location="/backups",
            taken_at=datetime.now(UTC) - timedelta(hours=hours),
        )
        assert keep_evidence(connection, target, server, entry, lambda _: None) is None


@pytest.fixture
def troubled(applied: Callable[[], str]) -> Iterator[str]:
    """A database that somebody has been at."""
    url = applied()
    run(url, TROUBLE)
    with pytest.raises(psycopg.errors.UniqueViolation):
        run(url, "CREATE UNIQUE INDEX CONCURRENTLY broken ON boxes (id)")
    run(url, "BEGIN; INSERT INTO colours VALUES (1); PREPARE TRANSACTION 'left'")
    yield url
    run(url, "ROLLBACK PREPARED 'left'")


BACKUP = 'backup = { age = "24h", level = 2 }'


@pytest.fixture
def picture(
    everywhere: Callable[..., Everywhere],
    applied: Callable[[], str],
    make_database: MakeDatabase,
    troubled: str,
) -> Matrix:
    """Environments of every kind, asked once."""
    well, old, newer = applied(), applied(), applied()
    evidence(well, 3, 5)
    evidence(old, 1, 50)
    run(newer, "UPDATE wishkit.ledger SET version = 99, written_by = '99.0'")
    behind = applied()
    run(behind, "DELETE FROM public._yoyo_migration WHERE migration_id >= '0005'")
    with (
        everywhere(
            {"well": BACKUP, "old": f"protected = true\n{BACKUP}"},
            well=well,
            behind=behind,
            troubled=troubled,
            old=old,
            bare=make_database(),
            newer=newer,
            gone=GONE,
        ) as all_,
    ):
        return matrix(all_)


def test_each_environment_tells_how_it_is(picture: Matrix) -> None:
    found = by_name(picture)
    assert picture.migrations == tuple(FILES)
    well = found["well"]
    assert (well.position, well.counts) == ("0006_figures", {"applied": 6})
    assert well.up_to_date
    assert well.drift
    assert well.drift.state == "none"
    assert well.last_backup
    assert (well.last_backup.level, round(well.last_backup.age / 3600)) == (3, 5)
    assert well.backup_gate
    assert well.backup_gate.passed
    assert well.migrations[0].applied_by
    assert found["behind"].counts == {"applied": 4, "pending": 2}

    troubled = found["troubled"]
    assert troubled.counts == {"applied": 5, "changed": 1}
    assert troubled.invalid_indexes == ("broken",)
    assert troubled.unvalidated_constraints == ("positive of albums",)
    assert [it.name for it in troubled.prepared_transactions] == ["left"]
    assert troubled.drift
    assert troubled.drift.fails
    told = [(it.severity.value, it.text) for it in troubled.drift.drifts]
    assert ("warning", "column albums.by_hand is extra: no migration makes it") in told

    old = found["old"]
    assert old.protected
    assert old.backup_gate
    assert (old.backup_gate.passed, old.backup_gate.code) == (False, "backup-too-old")

    bare = found["bare"]
    assert (bare.ledger_version, bare.position, bare.counts) == (0, None, {"pending": 6})
    assert bare.drift
    assert (bare.drift.state, bare.drift.why) == ("unknown", "nothing is applied")
    newer = found["newer"]
    assert newer.error
    assert newer.error.code == "ledger-newer"
    assert newer.version
    gone = found["gone"]
    assert gone.error
    assert gone.error.code == "connection-refused"
    assert "hush" not in str(picture)
    assert picture.exit_status == 2


def still(found: Matrix) -> Matrix:
    """With all that differs from run to run as it always is."""
    moment = datetime(2031, 5, 18, 14, 2, tzinfo=UTC)
    environments = []
    for it in found.environments:
        gate = it.backup_gate
        if gate and not gate.passed:
            told = "the newest backup is too old: b1 of 2031-05-16 12:02 UTC, 2 days ago"
            gate = replace(gate, found=told)
        version = it.version and "18.6"
        environments.append(replace(it, version=version, backup_gate=gate))
    return replace(found, asked_at=moment, environments=tuple(environments))


@pytest.mark.parametrize("columns", [46, 80, 120, None])
def test_what_it_looks_like(
    picture: Matrix, monkeypatch: pytest.MonkeyPatch, golden: Golden, columns: int | None
) -> None:
    if columns:
        monkeypatch.setenv("COLUMNS", str(columns))
    shown = list(lines(still(picture)))
    assert columns is None or max(map(len, shown)) <= columns
    text = re.sub(r"knows(\s+)version \d+", r"knows\1version N", "\n".join(shown))
    golden(f"{text}\n", f"screens/status-all-{columns or 'piped'}.txt")


def test_what_hangs_is_given_up_and_the_others_have_answered(
    everywhere: Callable[..., Everywhere], applied: Callable[[], str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # connects, and never says a word
        port = deaf.getsockname()[1]
        url = f"postgresql://u@127.0.0.1:{port}/x?sslmode=disable&connect_timeout=2"
        with everywhere(hangs=url, a=applied()) as all_:
            found = by_name(matrix(all_, within=60))
    assert found["hangs"].error
    assert found["hangs"].error.code == "timeout"
    assert found["a"].up_to_date


def test_a_request_says_what_it_lacks(place: Place, tmp_path: Path) -> None:
    """Until it is approved, as who may read the approvals and as who may not."""
    asked = place.request()
    text = f'sql = "{place.folder}/sql"\n[environments.production]\nurl = "{place.url}"\n'
    (tmp_path / "wishkit.toml").write_text(text)
    memory = Memory()
    with Everywhere(configuration.load(tmp_path), application_name="t") as all_:
        (found,) = matrix(all_, memory).environments
        (request,) = found.requests
        assert (request.id, request.state, request.missing) == (asked.id, "open", "1 more approval")
        assert request.who
        assert "alice" in request.who
        place.approve(asked.id)
        (found,) = matrix(all_, memory).environments
        assert [it.state for it in found.requests] == ["approved"]
    place.sql(
        "GRANT USAGE ON SCHEMA wishkit TO dave",
        "GRANT SELECT ON wishkit.ledger, wishkit.applied,"
        " wishkit.execution, wishkit.run, wishkit.step, _yoyo_migration, _yoyo_log TO dave",
    )
    (tmp_path / "wishkit.toml").write_text(text.replace(place.url, place.as_("dave")))
    with Everywhere(configuration.load(tmp_path), application_name="t") as all_:
        (found,) = matrix(all_).environments
        assert found.position == "0001_people"
        assert found.requests == ()
        assert found.denied == ("backups", "promotions", "requests", "snapshot")
        assert found.drift
        assert found.drift.why == "this role may not read wishkit.snapshot and wishkit.execution"


def test_a_promotion_past_closed_gates_is_told_until_somebody_has_looked_at_it(
    everywhere: Callable[..., Everywhere], applied: Callable[[], str]
) -> None:
    url = applied()
    insert = """
        INSERT INTO wishkit.promotion
            (run_id, from_environment, to_environment, migrations, gates, skipped, emergency)
        SELECT max(id), 'staging', 'a', '{0006_figures}', '[]', '{soak,backup}', 'incident 88'
        FROM wishkit.run
    """
    run(url, insert, insert)
    with everywhere(a=url) as all_:
        found = matrix(all_)
        (it,) = found.environments
        assert [(one.id, one.skipped) for one in it.unreviewed] == [
            (2, ("soak", "backup")),
            (1, ("soak", "backup")),
        ]
        text = "\n".join(lines(found))
        assert re.search(r"to review +✗ 2 promotions", text)
        assert re.search(r"is +✗ not well", text)
        words = " ".join(text.split())
        assert "promotion 1 went past soak, backup, and nobody has looked at it since:" in words
        assert "wishkit ledger review --env a" in words
        with connect(Target(url, "test"), application_name="test") as connection:
            for number in (1, 2):
                acknowledge(connection, number, "it was right")
        found = matrix(all_)
        assert found.environments[0].unreviewed == ()
        assert "to review" not in "\n".join(lines(found))


def test_a_run_at_work_is_told_with_what_it_is_at(
    everywhere: Callable[..., Everywhere], applied: Callable[[], str], origin: Path
) -> None:
    """One that waits: a reader has the table that its next migration changes."""
    url = applied()
    folder = origin / "sql" / "migrations"
    written = {"0007_more.sql": "-- more\nALTER TABLE albums ADD COLUMN more int;\n",
               "0007_more.rollback.sql": "ALTER TABLE albums DROP COLUMN more;\n"}  # fmt: skip
    for name, text in written.items():
        (folder / name).write_text(text)
    try:
        with psycopg.connect(url) as reader, everywhere(a=url) as all_:
            reader.execute("SELECT * FROM albums")
            reader_pid = reader.info.backend_pid
            place = Workspace(Config(sql=origin / "sql"), Target(url, "a"), lambda _: None)
            worker = threading.Thread(target=migrate, args=[place])
            worker.start()
            while not (found := matrix(all_)).environments[0].at_work or not (
                found.environments[0].at_work[0].blockers
            ):
                time.sleep(0.01)
            reader.rollback()
            worker.join()
            after = matrix(all_).environments[0]
    finally:
        for name in written:
            (folder / name).unlink()
    assert found.environments[0].at_work[0].migration == "0007_more"
    words = " ".join("\n".join(lines(found)).split())
    assert re.search(r"at work ▸ 0007", words)
    assert re.search(r"a: at work: run \d+: migrate of a by \S+ on .*1/1 0007_more", words)
    assert f"waits for pid {reader_pid}" in words
    assert (after.at_work, after.position) == ((), "0007_more")


def test_catalogs_are_compared_only_when_they_have_changed_and_not_all_the_time(
    everywhere: Callable[..., Everywhere],
    applied: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, memory, compared = applied(), Memory(), []
    real = drifting._compare

    def counting(*args: object) -> object:
        compared.append(1)
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(drifting, "_compare", counting)
    monkeypatch.setattr(drifting, "_SHARE", 0)

    with everywhere(a=url) as all_:

        def drift() -> tuple[str, list[str]]:
            found = matrix(all_, memory).environments[0].drift
            assert found
            return found.state, [it.object for it in found.drifts]

        assert drift() == drift() == ("none", [])
        first = len(compared)
        assert first <= 1  # none, where the fingerprint is that of the last run
        run(url, "CREATE TABLE by_hand ()")
        assert drift() == drift() == ("some", ["table by_hand"])
        assert len(compared) == first + 1
        monkeypatch.setattr(drifting, "_SHARE", 10**9)
        run(url, "ALTER TABLE by_hand ADD a int")
        memory.compared["a"] = replace(memory.compared["a"], rest_until=0)
        assert drift() == ("some", ["table by_hand"])
        run(url, "DROP TABLE by_hand")
        assert drift() == ("some", ["table by_hand"])  # the same answer for a while, and cheap
        assert len(compared) == first + 2
        memory.compared["a"] = replace(memory.compared["a"], rest_until=0)
        assert drift() == ("none", [])
        with psycopg.connect(url, autocommit=True, application_name="wishkit migrate") as other:
            other.execute(query("lock_try"), KEY)
            assert drift() == ("unknown", [])
            (found,) = matrix(all_, memory).environments
            assert [it.doing for it in found.at_work] == ["preparing"]


def test_an_index_that_is_being_built_is_not_one_that_was_left(
    everywhere: Callable[..., Everywhere], applied: Callable[[], str]
) -> None:
    url = applied()
    with (
        psycopg.connect(url) as writer,
        psycopg.connect(url, autocommit=True) as builder,
        psycopg.connect(url, autocommit=True) as other,
        everywhere(a=url) as all_,
    ):
        writer.execute("LOCK TABLE boxes IN ROW EXCLUSIVE MODE")  # which is waited for
        builder.pgconn.send_query(b"CREATE INDEX CONCURRENTLY slow ON boxes (id)")
        builder.pgconn.flush()
        there = "SELECT FROM pg_stat_progress_create_index WHERE index_relid = to_regclass('slow')"
        while not other.execute(there).fetchall():
            time.sleep(0.005)
        assert matrix(all_).environments[0].invalid_indexes == ()
        builder.cancel_safe()
        while builder.pgconn.get_result() is not None:
            pass
        assert matrix(all_).environments[0].invalid_indexes == ("slow",)


def test_it_takes_few_round_trips(
    everywhere: Callable[..., Everywhere], applied: Callable[[], str], tmp_path: Path
) -> None:
    """Counted as often as the server's turn comes, in libpq's trace."""
    trace = tmp_path / "trace"
    memory = Memory()
    with everywhere(a=applied()) as all_, trace.open("w") as file:
        matrix(all_, memory)
        all_.ask(lambda asked: asked.connection.pgconn.trace(file.fileno()))
        matrix(all_, memory)
        all_.ask(lambda asked: asked.connection.pgconn.untrace())
    sides = re.findall(r"^\S+ \S+\t([FB])\t", trace.read_text(), re.MULTILINE)
    turns = [side for side, _ in itertools.groupby(sides)]
    assert turns.count("F") <= 7  # two of which ask whether the connection stands


def test_without_environments_it_is_the_one_database_that_is_meant(
    origin: Path,
    applied: Callable[[], str],
    run_wishkit: RunWishkit,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = applied()
    done = run_wishkit("status", "--all", "--json", cwd=origin, env={"DATABASE_URL": url})
    assert done.status == 0, done.stderr
    (told,) = json.loads(done.stdout)["environments"]
    assert (told["name"], told["configured"]) == ("DATABASE_URL", False)
    assert told["migrations"][5]["state"] == "applied"
    monkeypatch.chdir(origin)
    with open_everywhere(url=url, application_name="t") as all_:
        assert all_.names == ("command line",)
        assert matrix(all_).up_to_date


def test_the_exit_status_says_what_was_found(
    everywhere: Callable[..., Everywhere],
    applied: Callable[[], str],
    make_database: MakeDatabase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    everywhere(a=applied(), bare=make_database(), gone=GONE)
    monkeypatch.chdir(tmp_path)
    for status, words in (
        (0, ["a", "bare"]),
        (1, ["a", "bare", "--exit-code"]),
        (0, ["a", "--exit-code"]),
        (2, []),
        (2, ["--exit-code"]),
    ):
        assert execute(["status", "--all", *words]) == status


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--all", "nobody"], 'there is no environment "nobody"'),
        (["--all", "a", "--url", GONE], "names of environments and one database were given"),
        (["--all", "--watch", "--json"], "--watch is for people"),
        (["--all", "--watch", "--interval", "1ms"], "an --interval of 1ms is too short"),
        (["--watch"], "--watch goes with --all"),
        (["a"], "names of environments go with --all"),
    ],
)
def test_what_is_not_clear_is_refused(
    everywhere: Callable[..., Everywhere],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    told: str,
) -> None:
    everywhere(a=GONE)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WishkitError, match=re.escape(told)) as refusal:
        execute(["status", *words])
    assert refusal.value.exit_status == 2


def test_a_terminal_is_refreshed_in_place(
    everywhere: Callable[..., Everywhere], applied: Callable[[], str], tmp_path: Path
) -> None:
    everywhere(a=applied(), gone=GONE)
    seen = on_a_terminal(
        [*WISHKIT, "status", "--all", "--watch", "--interval", "200ms"],
        tmp_path,
        stop_at="\x1b[1A",  # it has gone up again
    )
    assert seen.status == 130
    assert seen.screen.count("PostgreSQL") == 1
    assert "every 0.2 s, Ctrl-C ends it" in seen.screen
    assert "✗ not there" in seen.screen
    assert "Traceback" not in seen.raw


def test_off_a_terminal_what_changes_is_told(
    everywhere: Callable[..., Everywhere], applied: Callable[[], str], tmp_path: Path
) -> None:
    url = applied()
    everywhere(a=url)
    with subprocess.Popen(
        [*WISHKIT, "status", "--all", "--watch", "--interval", "200ms"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout
        assert process.stderr
        for line in process.stdout:
            if line.startswith("0001 to 0006"):
                break
        run(url, "DELETE FROM public._yoyo_migration WHERE migration_id = '0006_figures'")
        changes = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        assert process.stderr.read() == ""
    assert [line.split(" ", 2)[2] for line in changes] == [
        "a: is: well → 1 pending\n",
        "a: at: 0006 → 0005\n",
        "a: 0006_figures: applied → pending\n",
    ]


def test_a_database_as_its_role_sees_it(
    everywhere: Callable[..., Everywhere], applied: Callable[[], str]
) -> None:
    """Who may not even see the ledger is told so, and the rest of the column is there."""
    url = applied()
    run(
        url,
        "DO $$ BEGIN CREATE ROLE matrix_nobody LOGIN; EXCEPTION WHEN duplicate_object THEN END $$",
    )
    with everywhere(a=make_conninfo(url, user="matrix_nobody")) as all_:
        (found,) = matrix(all_).environments
    assert found.error
    assert found.error.code == "ledger-permission"
    assert found.database
