"""`wishkit stats`: two environments of different size, and what one lets expect of the other."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.core.test_expected import MB, READS, attempt, here, reading
from wishkit import config as configuration
from wishkit.commands.everywhere import Everywhere
from wishkit.commands.history import AskedEnvironment, migrations_of
from wishkit.commands.migrate import migrate
from wishkit.commands.stats import ExpectedPlan, Stats, of_answers, question, stats
from wishkit.commands.workspace import open_workspace
from wishkit.config import Threshold, Thresholds
from wishkit.core.expected import expected, total
from wishkit.core.expected import judged as judge
from wishkit.core.ranking import blocked, gaps, lasts, slowest, slowest_statements
from wishkit.core.timing import InTheWay, Waited, judged
from wishkit.errors import ConnectError, UsageError
from wishkit.interface.render_stats import render_stats

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugins.databases import MakeDatabase
    from tests.plugins.golden import Golden
    from tests.plugins.project import RunWishkit, SqlFolder
    from wishkit.core.timing import PastAttempt

FILES = {
    "0001_wish.sql": "-- wishes\nCREATE TABLE wish (id int, note text);\n",
    "0001_wish.rollback.sql": "DROP TABLE wish;\n",
    "0002_index.sql": "-- find them\n"
    "COMMENT ON TABLE wish IS 'wishes';\nCREATE INDEX wish_id ON wish (id);\n",
    "0002_index.rollback.sql": "DROP INDEX wish_id;\n",
    "0003_column.sql": "-- how many\nALTER TABLE wish ADD COLUMN quantity int;\n",
    "0003_column.rollback.sql": "ALTER TABLE wish DROP COLUMN quantity;\n",
}
ROWS = "INSERT INTO wish SELECT n, repeat('x', 400) FROM generate_series(1, {}) AS n"


@pytest.fixture
def project(
    sql_folder: SqlFolder, make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Staging has all, production the first and four times the rows; and one is down."""
    urls = {"staging": make_database(), "production": make_database()}
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # bound and not listening: refuses
        urls["down"] = f"postgresql://u:hush@127.0.0.1:{deaf.getsockname()[1]}/x"
    folder = sql_folder(FILES)
    lines = [f'[environments.{name}]\nurl = "{url}"\n' for name, url in urls.items()]
    (folder / "wishkit.toml").write_text("\n".join(lines))
    monkeypatch.chdir(folder)
    for name, rows in (("staging", 5_000), ("production", 20_000)):
        place = open_workspace(url=None, env=name, listener=lambda _: None)
        assert migrate(place, to="1").error is None
        with psycopg.connect(urls[name]) as connection:
            connection.execute(ROWS.format(rows).encode())
    place = open_workspace(url=None, env="staging", listener=lambda _: None)
    assert migrate(place, accept=("index-not-concurrent",)).error is None
    return folder


def test_what_is_pending_is_expected_by_the_size_of_its_tables(project: Path) -> None:
    del project
    found = stats(env="production")
    assert [(it.name, it.error and it.error.code) for it in found.environments] == [
        ("production", None),
        ("staging", None),
        ("down", "connection-refused"),
    ]
    (plan,) = found.expected
    index, column = plan.migrations
    assert (plan.environment, index.id, column.id) == ("production", "0002_index", "0003_column")
    assert index.basis
    assert index.basis.environment == "staging"
    (scaled,) = index.basis.scaled
    assert scaled.first == 2
    assert scaled.factor == pytest.approx(4, rel=0.05)
    assert [it.table for it in scaled.here] == ["public.wish"]
    assert "8.7 MB against 2.2 MB of public.wish" in index.words
    assert column.basis
    assert column.basis.scaled == ()
    assert column.seconds == column.basis.seconds
    assert plan.seconds == (index.seconds or 0) + (column.seconds or 0)
    assert {it.environment for it in found.slowest} == {"production"}
    assert {it.id for it in found.contrasts} == {"0001_wish"}


def test_all_environments_and_an_edited_file(project: Path) -> None:
    (project / "sql/migrations/0003_column.sql").write_text("ALTER TABLE wish ADD quantity int;\n")
    found = stats(limit=50)
    plans = {it.environment: it for it in found.expected}
    assert list(plans) == ["staging", "production"]
    assert plans["staging"].error, "an applied one was changed: there is no plan"
    index, column = plans["production"].migrations
    assert index.seconds is not None
    assert (column.seconds, column.why) == (None, "it ran with another text only")
    assert plans["production"].seconds is None
    assert {it.environment for it in found.slowest} == {"staging", "production"}
    told = {(it.id, it.timing.first): it.timing.sql for it in found.statements}
    assert told["0002_index", 2] == "CREATE INDEX wish_id ON wish (id)"
    with pytest.raises(UsageError, match="--limit"):
        stats(limit=0)


def test_over_connections_that_are_kept(project: Path) -> None:
    config = configuration.load(project)
    migrations = migrations_of(config)
    with Everywhere(config, ["staging", "production"], application_name="test") as everywhere:
        for _ in range(2):
            found = of_answers(everywhere.ask(question(migrations)), config, migrations)
    assert [it.environment for it in found.expected] == ["production"]


def test_as_json_and_by_url(
    project: Path, make_database: MakeDatabase, run_wishkit: RunWishkit
) -> None:
    outcome = run_wishkit("stats", "--url", make_database(), "--json", cwd=project)
    assert outcome.status == 0
    told = json.loads(outcome.stdout)
    (plan,) = told["expected"]
    assert plan["environment"] == "command line"
    first, index, _ = plan["migrations"]
    assert first["basis"]["environment"] in {"staging", "production"}
    assert first["basis"]["attempts"] == 2
    assert "public.wish is not there yet" in index["why"]
    down = run_wishkit("stats", "--env", "down", cwd=project)
    assert (down.status, "hush" in down.stderr) == (2, False)


@pytest.mark.parametrize("columns", [80, None])
@pytest.mark.golden
def test_the_screens(
    golden: Golden,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    columns: int | None,
) -> None:
    if columns:
        monkeypatch.setenv("COLUMNS", str(columns))
    gigabytes = here(12 * 1024 * MB)
    blocker = InTheWay(
        *("app", "reporting", "idle in transaction", "public.wishlist_items", "ACCESS SHARE"),
        "SELECT count(*) FROM wishlist_items WHERE user_id = '…'",
    )
    tried: tuple[PastAttempt, ...] = (
        attempt("staging", 10, 2.1, *reading(2.0, 300 * MB), rows=2_000_000),
        attempt(
            *("production", 31, 86.0, *reading(84.2, 12 * 1024 * MB)),
            rows=80_000_000,
            waited=Waited(0.812, {"lock timeout": 3, "deadlock": 1}, (blocker,)),
        ),
        attempt("staging", 11, 0.4, direction="backward"),
    )
    bounds = Thresholds(Threshold(warn=1, fail=60), Threshold(warn=60, fail=90), Threshold(0.5))
    tried = tuple(judged(it, bounds) for it in tried)
    far = [attempt("development", 1, 1.2, *reading(1.0, 2 * MB))]
    pending = (
        expected(READS, tried[:1], gigabytes),
        replace(expected(READS, far, gigabytes), id="0008_fill_more"),
        replace(expected(READS, [], {}), id="0009_new"),
    )
    judged_ = tuple(judge(it, bounds.expected) for it in pending)
    refused = ConnectError("nobody listens at db:5432", help="check host and port")
    names = ("staging", "production", "dr")
    asked = tuple(AskedEnvironment(it, f"{it}: …", None) for it in names[:2])
    down = AskedEnvironment("dr", None, refused)
    done = lasts(tried)
    found = Stats(
        (*asked, down),
        (
            ExpectedPlan("production", judged_, total(judged_)),
            ExpectedPlan("staging", (), None, UsageError("0001 was changed since")),
        ),
        slowest(done, 5),
        slowest_statements(done, 5),
        gaps(done, names, names, 5),
        blocked(tried, 5),
    )
    render_stats(found)
    render_stats(Stats(asked[:1], (), (), (), (), ()))
    golden(capsys.readouterr().out, f"screens/stats-{columns or 'piped'}.txt")
