"""`wishkit ledger verify`: what was changed behind the ledger's back, and what it cannot see."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.approvals_place import ONE, ROLES, Place
from wishkit.commands.verify_ledger import verify_ledger
from wishkit.core.chain import Entry, Row, faults
from wishkit.errors import LedgerError, UsageError
from wishkit.interface.render_approvals import render_verified
from wishkit.postgres import ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.plugins.databases import MakeDatabase
    from tests.plugins.project import SqlFolder
    from wishkit.postgres.scratch import Scratch


@pytest.fixture(scope="module")
def migrated(server: Scratch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database with one run and two attempts in its chain."""
    migrations = tmp_path_factory.mktemp("chain") / "sql" / "migrations"
    migrations.mkdir(parents=True)
    for name, text in ONE.items():
        (migrations / name).write_text(text, encoding="utf-8")
    place = Place(migrations.parents[1], server.create_database("chained"), counts=None)
    place.sql(ROLES, "ALTER SCHEMA public OWNER TO appr_owner")
    place.sql("ALTER DATABASE chained OWNER TO appr_owner")
    assert place.migrate().error is None
    yield "chained"
    server.drop_database("chained")


@pytest.fixture
def place(sql_folder: SqlFolder, make_database: MakeDatabase, migrated: str) -> Place:
    return Place(sql_folder(ONE), make_database(template=migrated), counts=None)


BEHIND = {
    "a row altered": (
        "UPDATE wishkit.execution SET started_at = '2000-01-01' WHERE id = 1",
        ["altered: execution 1 was altered"],
    ),
    "who ran it": (
        "UPDATE wishkit.run SET role = 'alice'",
        ["altered: run 1 was altered"],
    ),
    "a row deleted": (
        "DELETE FROM wishkit.applied; DELETE FROM wishkit.execution WHERE id = 2",
        ["deleted: execution 2 was deleted"],
    ),
    "a row inserted": (
        (
            "ALTER TABLE wishkit.execution DISABLE TRIGGER chain; "
            "INSERT INTO wishkit.execution (run_id, migration_id, direction, transactional, "
            "started_at, outcome) VALUES (1, '0009_x', 'forward', true, now(), 'done'); "
            "ALTER TABLE wishkit.execution ENABLE ALWAYS TRIGGER chain"
        ),
        ["inserted: execution 3 was inserted without its entry in the chain"],
    ),
    "an entry altered": (
        (
            "ALTER TABLE wishkit.chain DISABLE TRIGGER stay; UPDATE wishkit.chain SET role = 'x' "
            "WHERE id = 2; ALTER TABLE wishkit.chain ENABLE ALWAYS TRIGGER stay"
        ),
        ["chain: entry 2 of the chain, of execution 1, was altered"],
    ),
    "an entry deleted": (
        (
            "ALTER TABLE wishkit.chain DISABLE TRIGGER stay; "
            "DELETE FROM wishkit.chain WHERE id = 2; "
            "ALTER TABLE wishkit.chain ENABLE ALWAYS TRIGGER stay"
        ),
        [
            "chain: entries 2 to 2 of the chain were deleted",
            "inserted: execution 1 was inserted without its entry in the chain",
        ],
    ),
    "how a run ended, which is written later": ("UPDATE wishkit.run SET outcome = 'lost'", []),
    "a setting of the database": ("SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'", []),
}


@pytest.mark.parametrize("name", BEHIND)
def test_what_was_changed_is_named(place: Place, name: str) -> None:
    statement, expected = BEHIND[name]
    place.owner(statement)
    found = place.verify()
    assert [f"{it.kind}: {it.text}" for it in found.faults] == expected
    assert found.exit_status == (1 if expected else 0)


def test_a_chain_that_was_written_anew_is_found_by_the_head_that_was_kept(place: Place) -> None:
    head = place.verify().head
    assert head is not None
    place.write("0003_more.sql", "-- m\nCREATE TABLE more (id int);\n")
    place.write("0003_more.rollback.sql", "DROP TABLE more;\n")
    place.migrate()
    found = place.verify(head)
    assert (found.faults, found.kept) == ((), 3)
    place.owner(ANEW)
    assert place.verify().faults == ()  # this is what nobody can see from inside
    (fault,) = place.verify(head).faults
    assert fault.text == f"the head {head[:12]}… is not in the chain: it was cut, or written anew"
    with pytest.raises(UsageError, match="no hash of the chain"):
        place.verify("abc")


# What an owner would have to do: change a row, and every hash from there on.
ANEW = """
    ALTER TABLE wishkit.chain DISABLE TRIGGER stay;
    UPDATE wishkit.execution SET started_at = '2000-01-01+00' WHERE id = 1;
    SET TimeZone = 'UTC';
    DO $$
    DECLARE it wishkit.chain; before text := '';
    BEGIN
        FOR it IN SELECT * FROM wishkit.chain ORDER BY id LOOP
            IF it.relation = 'execution' AND it.key = '1' THEN
                it.content := (SELECT encode(sha256(convert_to(
                    jsonb_strip_nulls(to_jsonb(e))::text, 'UTF8')), 'hex')
                    FROM wishkit.execution AS e WHERE e.id = 1);
            END IF;
            it.hash := encode(sha256(convert_to(concat_ws(E'\\n', before, it.id,
                (extract(epoch FROM it.at) * 1000000)::bigint, it.relation, it.key, it.role,
                it.content), 'UTF8')), 'hex');
            before := it.hash;
            UPDATE wishkit.chain SET content = it.content, hash = it.hash WHERE id = it.id;
        END LOOP;
    END $$;
    ALTER TABLE wishkit.chain ENABLE ALWAYS TRIGGER stay;
"""


def test_the_chain_begins_with_what_was_there_before_it(
    place: Place, make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = Place(place.folder, make_database(), counts=None)
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "VERSION", 3)
        # Version 7 only adds columns that are written now; they are taken away again.
        known = {v: n for v, n in ledger._VERSIONS.items() if v <= 3 or v == 7}
        patch.setattr(ledger, "_VERSIONS", known)
        assert older.migrate(older.plain(), to="0001").error is None
        with psycopg.connect(older.url) as connection:
            connection.execute("ALTER TABLE wishkit.execution DROP COLUMN rows, DROP COLUMN waits")
        with pytest.raises(LedgerError, match="older than the chain"):
            verify_ledger(older.plain())
    assert older.migrate(older.plain()).error is None
    found = verify_ledger(older.plain())
    assert found.faults == ()
    assert found.entries == 4  # a run and an execution before, and after


def test_the_screen_names_five_and_counts_the_rest(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.owner("ALTER TABLE wishkit.run DISABLE TRIGGER chain")
    place.owner(
        "INSERT INTO wishkit.run (verb, tool_version, backend_pid) "
        "SELECT 'x', 'y', 1 FROM generate_series(1, 6)"
    )
    found = place.verify()
    render_verified(found)
    shown = capsys.readouterr().out.splitlines()
    assert shown[5].startswith("and ")
    assert shown[-1] == "the ledger was changed behind its back"
    assert shown[-2] == f"head: {found.head}"


def test_a_chain_in_values() -> None:
    """What the SQL computes and what this computes is the same, and each link depends on all."""
    first = Entry(1, 5, "run", "1", "ann", "c", "")
    first = replace(first, hash=first.computed(""))
    second = Entry(2, 6, "execution", "1", "ann", "d", "")
    second = replace(second, hash=second.computed(first.hash))
    rows = {"run": {"1": Row("c", None)}, "execution": {"1": Row("d", "ann")}}
    assert list(faults([first, second], rows)) == []
    assert [f.entry for f in faults([replace(first, at=4), second], rows)] == [1]
    (swapped, *_) = faults([second, first], rows)
    assert swapped.kind == "chain"
    assert [f.kind for f in faults([first, second], {"run": {}})] == ["deleted"]
    other = {**rows, "execution": {"1": Row("d", "ben")}}
    assert [f.kind for f in faults([first, second], other)] == ["forged"]
