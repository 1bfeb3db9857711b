"""What adopt refuses, and that nothing is changed then; the baseline; the command line."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.terminal import on_a_terminal
from wishkit.commands.adoption.adopt import Wish, adopt, prepare
from wishkit.commands.adoption.baseline import adopt_baseline, prepare_baseline
from wishkit.commands.check import check
from wishkit.commands.rollback import rollback
from wishkit.errors import ConsentNeeded, LedgerError, LockHeld, UsageError, WishkitError
from wishkit.interface.cli import run
from wishkit.postgres.lock import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.adopt.conftest import Case
    from tests.plugins.project import RunWishkit

WISHKIT = (sys.executable, "-m", "wishkit")
golang = pytest.mark.parametrize("case", ["golang-migrate"], indirect=True)


@pytest.fixture
def locked(lived: Case) -> Iterator[psycopg.Connection[Any]]:
    """Another run is at work."""
    with psycopg.connect(lived.url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%(class)s, %(object)s)", KEY)
        yield other


def untouched(case: Case) -> bool:
    """Nothing of wishkit's is there: neither files nor a ledger."""
    return (
        not (case.folder / "sql").exists()
        and not (case.folder / "wishkit.toml").exists()
        and case.run("SELECT to_regnamespace('wishkit')") == [(None,)]
    )


@golang
def test_a_database_that_is_something_else_is_left_alone(lived: Case) -> None:
    lived.run("ALTER TABLE wishes ADD COLUMN by_hand text; DROP INDEX wishes_title_idx")
    plan = prepare(lived.workspace, lived.wish).adoption
    assert (plan.outcome, plan.exit_status) == ("drift", 1)
    assert plan.check is not None
    assert [(it.type, it.name, it.migration) for it in plan.check.drifts] == [
        ("missing", "public.wishes_title_idx", "0003_index_titles"),
        ("extra", "public.wishes.by_hand", "0001_create_wishes"),
    ]
    assert untouched(lived)


@golang
def test_when_it_cannot_be_recorded_no_file_stays(
    lived: Case, locked: psycopg.Connection[Any]
) -> None:
    place = lived.workspace
    place = replace(place, target=replace(place.target, lock_wait=0.0))
    prepared = prepare(place, lived.wish)
    with pytest.raises(LockHeld):
        adopt(place, prepared)
    assert not [*(lived.folder / "sql").rglob("*.sql")]
    assert not (lived.folder / "wishkit.toml").exists()
    locked.execute("UPDATE schema_migrations SET version = 2")
    with pytest.raises(ConsentNeeded) as caught:
        adopt(place, prepared)
    assert caught.value.code == "changed-meanwhile"


@golang
def test_the_ledger_has_another_name_or_is_none(lived: Case) -> None:
    lived.run("CREATE SCHEMA b; CREATE TABLE b.schema_migrations (LIKE schema_migrations)")
    with pytest.raises(LedgerError, match="several schemas: b, public") as caught:
        prepare(lived.workspace, lived.wish)
    assert caught.value.help == "say which is meant: --ledger b.schema_migrations"
    lived.run("DROP SCHEMA b CASCADE; ALTER TABLE schema_migrations RENAME TO done")
    named = prepare(lived.workspace, replace(lived.wish, ledger="done"))
    assert (named.adoption.outcome, named.adoption.ledger) == ("planned", "public.done")
    assert 'name = "public.done"' in named.adoption.ignore
    for ledger, message in (("x.done", "no table done"), ("wishes", "wishes is another tool's")):
        with pytest.raises(LedgerError, match=message) as caught:
            prepare(lived.workspace, replace(lived.wish, ledger=ledger))
        assert caught.value.code == "foreign-ledger"
    # dbmate's table has the same name, and none of its columns tells it apart but this one.
    lived.run("ALTER TABLE done RENAME TO schema_migrations")
    with pytest.raises(LedgerError, match="is another tool's"):
        prepare(lived.workspace, Wish("dbmate", "migrations"))
    lived.run("DROP TABLE schema_migrations")
    plan = prepare(lived.workspace, lived.wish).adoption
    assert plan.notes[0] == "there is no schema_migrations here, so nothing is applied"
    assert plan.outcome == "drift"
    assert plan.hints == ("nothing counts as applied; is it the right database and ledger?",)


@golang
def test_what_cannot_be_asked(case: Case) -> None:
    def code(wish: Wish) -> str:
        with pytest.raises(WishkitError) as caught:
            prepare(case.workspace, wish)
        return caught.value.code

    assert code(Wish("golang")) == "unknown-tool"
    assert code(Wish("golang-migrate", "nowhere")) == "foreign-folder"
    assert code(Wish("flyway")) == "foreign-folder"
    case.write("empty/notes.txt", "")
    assert code(Wish("goose", "empty")) == "foreign-folder"
    assert code(Wish("golang-migrate", applied_to="2")) == "not-applied-to"
    assert code(Wish("sql", "migrations", applied_to="77")) == "not-applied-to"
    case.write("alembic/versions/a.py", 'revision = "a"\ndown_revision = None\n')
    assert code(Wish("alembic", program=("no-such-program",))) == "foreign-command"
    (case.folder / "sql").mkdir()
    (case.folder / "migrations").rename(case.folder / "sql" / "migrations")
    assert code(Wish("golang-migrate", "sql/migrations")) == "own-folder"


@golang
def test_a_database_of_wishkits_is_not_adopted_again(lived: Case) -> None:
    adopt_baseline(lived.workspace, prepare_baseline(lived.workspace, "start"))
    for ask in (
        lambda: prepare(lived.workspace, lived.wish),
        lambda: prepare_baseline(lived.workspace, "start"),
    ):
        with pytest.raises(UsageError) as caught:
            ask()
        assert caught.value.code == "already-adopted"
    (lived.folder / "sql/migrations/0000_start.sql").unlink()
    with pytest.raises(UsageError, match="has a history already"):
        prepare_baseline(lived.workspace, "start")


@golang
def test_the_baseline_makes_an_empty_database_the_same(lived: Case) -> None:
    lived.run("COMMENT ON TABLE wishes IS 'What somebody wants.'; CREATE TYPE mood AS ENUM ('a')")
    prepared = prepare_baseline(lived.workspace, "start")
    assert (prepared.adoption.outcome, untouched(lived)) == ("planned", True)
    assert prepared.adoption.notes == (
        (
            "public.schema_migrations looks like the ledger of golang-migrate: it is part of this "
            "baseline; wishkit adopt --from golang-migrate converts its history instead"
        ),
    )
    done = adopt_baseline(lived.workspace, prepared)
    assert (done.recorded, done.written) == (
        ("0000_start",),
        ("sql/migrations/0000_start.sql",),
    )
    assert check(lived.workspace).exit_status == 0
    with pytest.raises(WishkitError) as caught:  # there is nothing to go back to
        rollback(lived.workspace, to="base", accept_data_loss=True)
    assert caught.value.code == "irreversible"


@golang
def test_the_command_line(lived: Case, run_wishkit: RunWishkit) -> None:
    def wishkit(*words: str) -> tuple[int, str, str]:
        done = run_wishkit("adopt", *words, "--url", lived.url, cwd=lived.folder)
        return done.status, done.stdout, done.stderr

    status, out, _ = wishkit("--from", "golang-migrate", "migrations")
    assert (status, out.splitlines()[-1]) == (
        0,
        "nothing was changed; with --yes, 4 migrations will be written and 3 recorded as applied",
    )
    assert untouched(lived)
    lived.write("migrations/000005_e.up.sql", "\\echo x\n")
    status, out, _ = wishkit("--from", "golang-migrate", "--yes")
    assert status == 1
    assert "to be decided: migrations/000005_e.up.sql:1:1: \\echo is a psql command, not SQL" in out
    assert "sql/migrations/0005_e.sql, with this line below its summary" in out
    assert untouched(lived)
    lived.write("migrations/000005_e.up.sql", "SELECT 1;\n")
    status, out, _ = wishkit("--from", "golang-migrate", "--yes", "--json")
    told = json.loads(out)
    assert (status, told["outcome"], len(told["written"])) == (0, "adopted", 9)
    assert told["check"]["drifts"] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "from which tool?"),
        (("--from", "goose", "--baseline"), "--from and --baseline do not go together"),
        (("--baseline", "--set", "a=b"), "--set does not go with --baseline"),
        (("--from", "goose", "--name", "x"), "--name is for --baseline"),
        (("--from", "goose", "--set", "a"), '"a" is no NAME=VALUE'),
    ],
)
def test_mistakes_on_the_command_line(
    words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["adopt", *words]) == 2
    assert f"error[usage]: {message}\n" in capsys.readouterr().err


@golang
def test_on_a_terminal_it_asks(lived: Case) -> None:
    command = [*WISHKIT, "adopt", "--from", "golang-migrate", "--url", lived.url]
    seen = on_a_terminal(command, lived.folder, answers=["n"])
    assert seen.status == 0
    assert "write 4 migrations to sql/migrations, and record 3 as applied on" in seen.screen
    assert untouched(lived)
    seen = on_a_terminal(command, lived.folder, answers=["y"])
    assert "adopted: 8 files written, 3 recorded as applied; no SQL was run\n" in seen.screen
