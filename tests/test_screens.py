"""What a person sees: whole screens kept in tests/golden, and a real terminal where it matters."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.terminal import on_a_terminal
from wishkit.commands.migrate import migrate
from wishkit.commands.plan import plan
from wishkit.commands.rollback import rollback
from wishkit.commands.status import status
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Rehearse, Target
from wishkit.core.events import Connected, MigrationFinished, Noted, Waiting
from wishkit.errors import Location, MigrationFailed, WishkitError
from wishkit.interface import output
from wishkit.interface.errors import print_error
from wishkit.interface.progress import Progress
from wishkit.interface.render import render_report, render_rollback_plan, render_status
from wishkit.interface.render_plan import render_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.plugins.golden import Golden
    from tests.plugins.project import RunWishkit, SqlFolder
    from wishkit.commands.report import Report
    from wishkit.commands.status import Status
    from wishkit.core.events import Event
    from wishkit.postgres.scratch import Scratch

    Life = tuple[Report, Status, Report, str]

PROJECT = Path(__file__).parents[1]
WIDTHS = pytest.mark.parametrize("columns", [60, 80, 120, None])
SECONDS = [0.0072, 0.184, 2.4149, 61.5, 4321.0]


@pytest.fixture(autouse=True)
def own_consoles() -> Iterator[None]:
    """Consoles are kept for a process's life; here several screens share one."""
    output.console.cache_clear()
    yield
    output.console.cache_clear()


@pytest.fixture
def see(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What a call prints, on a screen of that width; None: where lines are not folded."""

    def look(call: Callable[[], object], *, columns: int | None = None) -> str:
        if columns:
            monkeypatch.setenv("COLUMNS", str(columns))
        capsys.readouterr()
        call()
        told = capsys.readouterr()
        return told.out + told.err

    return look


def workspace(url: str, sql: Path = PROJECT / "sql") -> Workspace:
    # What somebody has rehearsed in this checkout is no part of a screen.
    nothing = Rehearse(proof=PROJECT / "no" / "rehearsal.json")
    config = Config(sql=sql, rehearse=nothing)
    return Workspace(config, Target(url, "command line"), lambda _: None)


def timed(report: Report) -> Report:
    """The same report with times that are the same in every run."""
    done = [replace(it, seconds=SECONDS[i % 3]) for i, it in enumerate(report.done)]
    return replace(report, done=tuple(done))


def dated(found: Status) -> Status:
    """The same status with times that are the same in every run."""
    start = datetime(2031, 5, 17, 9, 30, tzinfo=UTC)
    rows = [
        replace(row, applied_at=start + timedelta(seconds=7 * i), seconds=SECONDS[i % 5])
        if row.applied_at
        else row
        for i, row in enumerate(found.migrations)
    ]
    return replace(found, migrations=tuple(rows))


@pytest.fixture(scope="module")
def life(server: Scratch) -> Life:
    """The project's own database: everything applied, its status, and everything undone again."""
    url = server.create_database("screens")
    applied = migrate(workspace(url))
    found = status(workspace(url))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO wishlist_items (user_id, title, store) VALUES ('u', 't', 'LEGO')"
        )
        connection.execute("INSERT INTO sets (user_id, title) VALUES ('u', 'one'), ('u', 'two')")
    shown = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", shown)
        undone = rollback(
            workspace(url), to="0004", accept_data_loss=True, show=render_rollback_plan
        )
    return applied, found, undone, shown.getvalue()


@WIDTHS
def test_what_migrate_prints(
    life: Life,
    see: Callable[..., str],
    golden: Golden,
    columns: int | None,
) -> None:
    text = see(lambda: render_report(timed(life[0])), columns=columns)
    golden(text, f"screens/migrate-{columns or 'piped'}.txt")
    assert fits(text, columns)


@WIDTHS
def test_what_status_prints(
    life: Life,
    see: Callable[..., str],
    golden: Golden,
    columns: int | None,
) -> None:
    text = see(lambda: render_status(dated(life[1])), columns=columns)
    golden(text, f"screens/status-{columns or 'piped'}.txt")
    assert fits(text, columns)
    assert text.count("  applied") == len(life[1].migrations)


def test_what_rollback_prints(life: Life, see: Callable[..., str], golden: Golden) -> None:
    golden(life[3], "screens/rollback-plan.txt")
    golden(see(lambda: render_report(timed(life[2])), columns=80), "screens/rollback-80.txt")


def fits(text: str, columns: int | None) -> bool:
    return columns is None or max(map(len, text.splitlines())) <= columns


@pytest.mark.parametrize("columns", [80, None])
def test_what_plan_prints(
    database: str, see: Callable[..., str], golden: Golden, columns: int | None
) -> None:
    found = plan(workspace(database), to="0013")
    last = replace(found, migrations=found.migrations[-3:])
    text = see(lambda: render_plan(last), columns=columns)
    golden(text, f"screens/plan-{columns or 'piped'}.txt")
    assert fits(text, columns)
    assert not re.search(r" $", text, re.MULTILINE)


def test_states_that_nobody_wants_to_see(
    database: str, sql_folder: SqlFolder, see: Callable[..., str], golden: Golden
) -> None:
    project = sql_folder(
        {
            "0001_one.sql": "-- the first\nCREATE TABLE one ();",
            "0001_one.rollback.sql": "DROP TABLE one;",
            "0002_two.sql": "-- the second\nCREATE TABLE two ();",
            "0002_two.rollback.sql": "DROP TABLE two;",
            "0003_three.sql": "-- an index\n-- transactional: false\n"
            "CREATE INDEX CONCURRENTLY three ON sizes (width);\nSELECT 1 / 0;",
            "0003_three.rollback.sql": "DROP INDEX CONCURRENTLY three;",
        }
    )
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE sizes (width int)")
    place = workspace(database, project / "sql")
    stopped = migrate(place)
    assert stopped.error is not None
    sql_folder(
        {
            "0001_one.sql": "-- the first, edited\nCREATE TABLE one (id int);",
            "0002_two.sql": None,
            "0002_two.rollback.sql": None,
            "0004_four.sql": "-- the fourth\nSELECT;",
        }
    )
    text = see(lambda: render_status(dated(status(place))), columns=80)
    golden(text, "screens/status-trouble-80.txt")


def test_nothing_to_do(
    database: str, sql_folder: SqlFolder, run_wishkit: RunWishkit, golden: Golden
) -> None:
    project = sql_folder({"0001_one.sql": "SELECT;", "0001_one.rollback.sql": "SELECT;"})
    first = run_wishkit("migrate", "--url", database, cwd=project)
    again = run_wishkit("migrate", "--url", database, cwd=project)
    assert (first.status, again.status) == (0, 0)
    golden(again.stdout, "screens/nothing-to-do.txt")
    # The first line of every run says which database; what was asked for is alone on stdout.
    for told in (first, again):
        assert re.match(r"command line: \S+/test_\d+ as \w+ \(PostgreSQL [\d.]+\)\n", told.stderr)


@pytest.mark.parametrize("columns", [80, None])
def test_an_error_on_a_screen(see: Callable[..., str], golden: Golden, columns: int | None) -> None:
    line = (
        "CREATE INDEX CONCURRENTLY idx_wishlist_user_store_priority ON wishlist_items"
        " (user_id, store, prority) WHERE store <> 'Other' AND priority IS NOT NULL;"
    )
    error = MigrationFailed(
        'column "prority" does not exist',
        where=Location(
            "sql/migrations/0014_index_priorities.sql", 12, line.index("prority") + 1, line, 7
        ),
        help='perhaps you meant "priority"; the columns of wishlist_items are those that\n'
        "\\d wishlist_items shows in psql, and every name in an index is looked up among them",
        state="0014_index_priorities was rolled back; the database is at "
        "0013_validate_wishlist_reference",
        notes=("SQLSTATE 42703 (UndefinedColumn)", "a list of\nseveral lines"),
    )
    text = see(lambda: print_error(error), columns=columns)
    golden(text, f"screens/error-{columns or 'piped'}.txt")
    assert fits(text, columns)
    shown = text.splitlines()
    mark = next(i for i, it in enumerate(shown) if "^^^^^^^" in it)
    begin = shown[mark].index("^")
    assert shown[mark - 1][begin : begin + 7] == "prority"


def test_what_a_run_tells_off_a_terminal(see: Callable[..., str], golden: Golden) -> None:
    progress = Progress()
    events: list[Event] = [
        Connected("staging: db.example.org:5432/wishes as deploy (PostgreSQL 17.2)"),
        Waiting("the run lock", "wishkit migrate (ann@build), backend 4711"),
        Waiting("the run lock", "wishkit migrate (ann@build), backend 4711"),
        Noted("0007_add_wishlist", "NOTICE", "extension is there"),
        Noted("0007_add_wishlist", "ROWS", "count\n12\n(1 row)"),
        MigrationFinished("0007_add_wishlist", "forward", 0.25),
        MigrationFinished("0008_extend_stores", "backward", 75.0),
    ]

    def run() -> None:
        with progress:
            for event in events:
                progress(event)

    golden(see(run), "screens/progress.txt")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0004, "0 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.00 s"),
        (59.994, "59.99 s"),
        (59.996, "1 min 00 s"),
        (185.2, "3 min 05 s"),
        (3599.6, "1 h 00 min"),
        (7625.0, "2 h 07 min"),
    ],
)
def test_durations_have_one_form(value: float, text: str) -> None:
    assert output.seconds(value) == text


@pytest.mark.parametrize(("number", "text"), [(0, "0 rows"), (1, "1 row"), (2000, "2,000 rows")])
def test_numbers_have_their_noun(number: int, text: str) -> None:
    assert output.count(number, "row") == text


WISHKIT = [sys.executable, "-m", "wishkit"]


def test_a_long_statement_is_seen_while_it_runs(database: str, sql_folder: SqlFolder) -> None:
    project = sql_folder(
        {
            "0001_quick.sql": "CREATE TABLE quick ();",
            "0001_quick.rollback.sql": "DROP TABLE quick;",
            "0002_slow.sql": "CREATE TABLE t (id int);\nINSERT INTO t SELECT 1 FROM pg_sleep(60);",
            "0002_slow.rollback.sql": "DROP TABLE t;",
        }
    )
    seen = on_a_terminal(
        [*WISHKIT, "migrate", "--url", database],
        project,
        stop_at="statement 2 of 2: INSERT INTO t",
    )
    assert "✓ 0001_quick applied" in seen.raw  # stays in sight while the next one runs
    assert "2/2" in seen.raw
    assert "✓" not in seen.screen  # and makes room for the table
    assert re.search(r"^0001_quick +\d+ ms$", seen.screen, re.MULTILINE)
    assert "state: 0002_slow was rolled back; the database is at 0001_quick" in seen.screen
    assert seen.status == 130


def test_colour_is_for_terminals_that_want_it(database: str, sql_folder: SqlFolder) -> None:
    project = sql_folder({"0001_one.sql": "SELECT;", "0001_one.rollback.sql": "SELECT;"})
    commands = (["status", "--url", database], ["migrate", "--url", database, "--to", "9"])
    for command in commands:
        coloured = on_a_terminal([*WISHKIT, *command], project)
        assert "\x1b[" in coloured.raw
        for variable in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            plain = on_a_terminal([*WISHKIT, *command], project, env=variable)
            assert "\x1b[" not in plain.raw
            assert coloured.screen == plain.screen


def test_a_locale_without_our_letters_ends_no_run(
    database: str, sql_folder: SqlFolder, run_wishkit: RunWishkit
) -> None:
    project = sql_folder(
        {"0001_one.sql": "-- Größe … ✓\nSELECT;", "0001_one.rollback.sql": "SELECT;"}
    )
    told = run_wishkit("migrate", "--url", database, cwd=project, env={"PYTHONIOENCODING": "ascii"})
    assert (told.status, "Gr\\xf6\\xdfe \\u2026 \\u2713" in told.stdout) == (0, True)


def test_an_error_needs_no_place_no_help_no_state(see: Callable[..., str]) -> None:
    assert see(lambda: print_error(WishkitError("so it is"))) == "error[error]: so it is\n"
