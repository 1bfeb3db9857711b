"""`wishkit history`: attempts across environments, one of them down, and what they tell."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from wishkit.commands.history import AskedEnvironment, History, history
from wishkit.commands.migrate import migrate
from wishkit.commands.rollback import rollback
from wishkit.commands.workspace import open_workspace
from wishkit.config import Threshold, Thresholds
from wishkit.core.timing import (
    InTheWay,
    PastAttempt,
    Timing,
    Waited,
    Weight,
    contrasts,
    judged,
    trends,
)
from wishkit.errors import ConnectError, UsageError
from wishkit.interface.render_history import render_history

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugins.databases import MakeDatabase
    from tests.plugins.golden import Golden
    from tests.plugins.project import RunWishkit, SqlFolder
    from wishkit.commands.workspace import Workspace

FILES = {
    "0001_wish.sql": "-- wishes\nCREATE TABLE wish (id int);\n",
    "0001_wish.rollback.sql": "DROP TABLE wish;\n",
    "0002_fill.sql": "-- some\nINSERT INTO wish VALUES (1), (2);\nUPDATE wish SET id = id + 1;\n",
    "0002_fill.rollback.sql": "DELETE FROM wish;\n",
}


@pytest.fixture
def travelled(
    sql_folder: SqlFolder, make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Two environments with some history, and one where nobody listens."""
    staging, production = make_database(), make_database()
    folder = sql_folder(FILES)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # bound and not listening: refuses
        down = f"postgresql://u:hush@127.0.0.1:{deaf.getsockname()[1]}/x"
    urls = {"staging": staging, "down": down, "production": production}
    lines = [f'[environments.{name}]\nurl = "{url}"\n' for name, url in urls.items()]
    (folder / "wishkit.toml").write_text("\n".join(lines))
    monkeypatch.chdir(folder)

    def place(env: str) -> Workspace:
        return open_workspace(url=None, env=env, listener=lambda _: None)

    migrate(place("staging"))
    rollback(place("staging"), steps=1, accept_data_loss=True)
    migrate(place("staging"))
    migrate(place("production"))
    return folder


def test_every_environment_is_asked_and_one_that_is_down_says_why(travelled: Path) -> None:
    del travelled
    found = history()
    assert [(it.name, it.error and it.error.code) for it in found.environments] == [
        ("staging", None),
        ("down", "connection-refused"),
        ("production", None),
    ]
    assert [(it.environment, it.id, it.direction, it.rows) for it in found.attempts] == [
        ("production", "0002_fill", "forward", 4),
        ("production", "0001_wish", "forward", None),
        ("staging", "0002_fill", "forward", 4),
        ("staging", "0002_fill", "backward", 2),
        ("staging", "0002_fill", "forward", 4),
        ("staging", "0001_wish", "forward", None),
    ]
    assert (found.more, found.trends) == (False, ())
    cut = history(limit=2)
    assert (len(cut.attempts), cut.more) == (2, True)


def test_one_migration_with_its_statements_and_what_became_of_it(travelled: Path) -> None:
    found = history("2")
    assert found.id == "0002_fill"
    assert [(it.environment, it.direction, len(it.seconds)) for it in found.trends] == [
        ("staging", "forward", 2),
        ("staging", "backward", 1),
        ("production", "forward", 1),
    ]
    (contrast,) = found.contrasts
    assert {contrast.faster, contrast.slower} == {"staging", "production"}
    first, second = found.attempts[0].timings
    assert (first.sql, first.rows) == ("INSERT INTO wish VALUES (1), (2)", 2)
    assert second.sql == "UPDATE wish SET id = id + 1"
    assert [it.table for it in second.weights] == ["public.wish"]
    (travelled / "sql/migrations/0002_fill.sql").write_text("SELECT 'edited';")
    assert [it.sql for it in history("0002").attempts[0].timings] == [None, None]
    (travelled / "sql/migrations/0002_fill.sql").unlink()
    (travelled / "sql/migrations/0002_fill.rollback.sql").unlink()
    assert history("2", env="production").attempts, "its files are gone, its history is not"
    with pytest.raises(UsageError, match='no migration "7"'):
        history("7")
    with pytest.raises(UsageError, match="--limit"):
        history(limit=0)


def test_alone_and_as_json(travelled: Path, run_wishkit: RunWishkit) -> None:
    outcome = run_wishkit("history", "1", "--env", "staging", "--json", cwd=travelled)
    assert outcome.status == 0
    told = json.loads(outcome.stdout)
    assert [it["name"] for it in told["environments"]] == ["staging"]
    assert [it["id"] for it in told["attempts"]] == ["0001_wish"]
    down = run_wishkit("history", "--env", "down", cwd=travelled)
    assert (down.status, "hush" in down.stderr) == (2, False)
    assert down.stderr.startswith("error[connection-refused]")


def test_a_database_without_a_ledger_and_one_of_an_older_version(
    database: str, sql_folder: SqlFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(sql_folder(FILES))
    assert history(url=database).attempts == ()
    migrate(open_workspace(url=database, env=None, listener=lambda _: None))
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE wishkit.execution DROP COLUMN rows, DROP COLUMN waits")
        connection.execute("UPDATE wishkit.ledger SET version = 6")
    assert [(it.rows, it.waited) for it in history(url=database).attempts] == [(None, None)] * 2
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE wishkit.ledger SET version = 99, written_by = '9.0'")
    with pytest.raises(Exception, match="written by a newer wishkit"):
        history(url=database)


AT = datetime(2031, 5, 17, 9, 30)  # noqa: DTZ001 - UTC, as the ledger has it


def attempt(environment: str, number: int, seconds: float, **more: object) -> PastAttempt:
    """One of 0007, as many minutes later as its number says."""
    made = PastAttempt(
        *(environment, "0007_add_wishlist", number, number, "forward", "done", "c" * 64),
        *(AT + timedelta(minutes=number), seconds, None, None, "deploy", "ann", "laptop"),
        *("1.0", None, None),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def test_a_trend_leaves_out_waits_and_what_did_not_go_through() -> None:
    waited = Waited(90.0, {"lock timeout": 4}, ())
    tried = [
        attempt("production", 9, 40.0),
        attempt("staging", 5, 100.0, waited=waited),
        attempt("staging", 4, 3.0, outcome="failed"),
        attempt("staging", 3, 0.5, direction="backward"),
        attempt("staging", 2, 2.0),
    ]
    in_order = sorted(tried, key=lambda it: it.environment != "staging")
    found = {(it.environment, it.direction): it for it in trends(in_order)}
    assert found["staging", "forward"].seconds == (2.0, 10.0)
    assert found["staging", "forward"].change == 5.0
    assert found["staging", "backward"].change is None
    (contrast,) = contrasts(in_order)
    assert (contrast.faster, contrast.slower, contrast.ratio) == ("staging", "production", 4.0)


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
    weight = Weight("public.wishlist_items", 80_000_000, 12 * 1024**3)
    blocker = InTheWay(
        *("app", "reporting", "idle in transaction", "public.wishlist_items", "ACCESS SHARE"),
        "SELECT count(*) FROM wishlist_items WHERE user_id = '…'",
    )
    timings = (
        Timing(1, 3, 0.004, sql="CREATE TYPE wishlist_store AS ENUM ('LEGO', 'Other')"),
        Timing(
            *(4, 4, 84.2, 80_000_000),
            depends=True,
            weights=(weight,),
            batches=80_000,
            sql="UPDATE wishlist_items SET store = 'Other' WHERE store IS NULL",
        ),
    )
    tried: tuple[PastAttempt, ...] = (
        attempt(
            *("production", 31, 85.1),
            timings=timings,
            rows=80_000_000,
            waited=Waited(0.812, {"lock timeout": 3, "deadlock": 1}, (blocker,)),
        ),
        attempt("staging", 12, 2.1, rows=2_000_000, reason="again, with more rows"),
        attempt("staging", 11, 0.4, direction="backward", outcome="failed", error="no way back"),
        attempt("staging", 10, 1.9, rows=1_900_000),
    )
    bounds = Thresholds(Threshold(warn=2, fail=60), waited=Threshold(warn=0.5))
    tried = tuple(judged(it, bounds) for it in tried)
    refused = ConnectError("nobody listens at db:5432", help="check host and port")
    environments = (
        AskedEnvironment("staging", "staging: …", None),
        AskedEnvironment("production", "production: …", None),
        AskedEnvironment("dr", None, refused),
    )
    ordered = sorted(tried, key=lambda it: it.environment != "staging")
    render_history(History(None, environments, tried, more=True))
    listed = capsys.readouterr().out
    one = History(
        *("0007_add_wishlist", environments, tried, False, trends(ordered), contrasts(ordered))
    )
    render_history(one)
    golden(
        f"{listed}\n----\n\n{capsys.readouterr().out}",
        f"screens/history-{columns or 'piped'}.txt",
    )


def test_nothing_yet(capsys: pytest.CaptureFixture[str]) -> None:
    asked = (AskedEnvironment("staging", "staging: …", None),)
    render_history(History(None, asked, (), more=False))
    render_history(History("0007_add_wishlist", asked, (), more=False))
    assert capsys.readouterr().out == "nothing was done\n0007_add_wishlist was never run\n"
