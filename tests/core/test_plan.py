"""Files and ledger in, steps out; or the reason why there is no safe answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wishkit.core.migration import Migration
from wishkit.core.plan import BASE, backward_plan, forward_plan, ids_after, last_ids
from wishkit.core.script import Script
from wishkit.core.state import Ledger, Partial, Record
from wishkit.errors import MigrationFileError, PlanError, UsageError, WishkitError

if TYPE_CHECKING:
    from collections.abc import Sequence

WHEN = datetime(2024, 5, 17, 12, 0, tzinfo=UTC)


def migration(
    id_: str, *, depends: str = "", text: str = "", back: str | None = "SELECT 2;"
) -> Migration:
    header = f"-- {id_} as it is\n" + (f"-- depends: {depends}\n" if depends else "")
    forward = Script(f"sql/{id_}.sql", (header + (text or f"SELECT '{id_}';\n")).encode())
    return Migration.of(
        id_, forward, None if back is None else Script(f"sql/{id_}.rollback.sql", back.encode())
    )


def applied(*migrations: Migration, partial: Sequence[Partial] = ()) -> Ledger:
    return Ledger(tuple(Record(m.id, m.checksum, WHEN) for m in migrations), tuple(partial))


def begun(of: Migration, direction: str = "forward", done: int = 1) -> Partial:
    return Partial(
        of.id, "backward" if direction == "backward" else "forward", of.checksum, done, 3
    )


def forward(*args: object, **options: object) -> list[str]:
    return [step.id for step in forward_plan(*args, **options)]  # type: ignore[arg-type]


def refusal(*args: object, **options: object) -> WishkitError:
    with pytest.raises((PlanError, MigrationFileError, UsageError)) as caught:
        forward_plan(*args, **options)  # type: ignore[arg-type]
    return caught.value


A, B, C, D = (migration(f"000{n}_{letter}") for n, letter in enumerate("abcd", 1))
IRREVERSIBLE = migration("0002_b", text="-- irreversible: rows are gone\nSELECT 1;", back=None)


def test_what_is_pending_runs_in_order_and_what_is_applied_does_not() -> None:
    assert forward([A, B, C], Ledger()) == [A.id, B.id, C.id]
    assert forward([A, B, C], applied(A)) == [B.id, C.id]
    assert forward([A, B, C], applied(A, B, C)) == []
    assert forward([], Ledger()) == []


def test_a_dependency_comes_first_whatever_its_number() -> None:
    first = migration(A.id, depends=C.id)
    assert forward([first, B, C], Ledger()) == [B.id, C.id, A.id]


def test_a_dependency_may_be_applied_already_even_when_its_file_is_gone() -> None:
    late = migration(B.id, depends=A.id)
    assert forward([A, late], applied(A)) == [B.id]
    assert forward([late], applied(A), allow_missing=True) == [B.id]


@given(st.data(), st.integers(1, 12))
def test_every_order_meets_every_dependency_and_is_the_lowest(
    data: st.DataObject, count: int
) -> None:
    ids = [f"{number:04}_m" for number in range(count)]
    ranked = data.draw(st.permutations(ids))
    depends = {
        id_: data.draw(st.sets(st.sampled_from(ranked[:rank]), max_size=3)) if rank else set()
        for rank, id_ in enumerate(ranked)
    }
    found = forward([migration(i, depends=" ".join(sorted(depends[i]))) for i in ids], Ledger())
    assert sorted(found) == ids
    for position, id_ in enumerate(found):
        ready = [i for i in ids if i not in found[:position] and depends[i] <= {*found[:position]}]
        assert id_ == min(ready)


@pytest.mark.parametrize(
    ("depends", "message", "place"),
    [
        ({"a": "0001_a"}, "0001_a depends on itself", "sql/0001_a.sql:2:13"),
        (
            {"a": "0002_b", "b": "0001_a"},
            "migrations depend on each other in a circle: 0001_a → 0002_b → 0001_a",
            "sql/0001_a.sql:2:13",
        ),
        (
            {"a": "0002_b", "b": "0003_c 0004_d", "d": "0002_b"},
            "migrations depend on each other in a circle: 0002_b → 0004_d → 0002_b",
            "sql/0002_b.sql:2:20",
        ),
    ],
)
def test_a_circle_of_dependencies_is_shown(
    depends: dict[str, str], message: str, place: str
) -> None:
    files = [migration(m.id, depends=depends.get(m.id[-1], "")) for m in (A, B, C, D)]
    error = refusal(files, Ledger())
    assert (error.code, error.message, str(error.where)) == ("dependency-cycle", message, place)


def test_an_unknown_dependency_gets_a_suggestion_at_its_place() -> None:
    error = refusal([A, migration(B.id, depends=f"{A.id} 0001_aa")], Ledger())
    assert error.code == "unknown-dependency"
    assert error.message == '0002_b depends on "0001_aa", which does not exist'
    assert error.help == 'perhaps you meant "0001_a"'
    assert error.where
    assert (error.where.line, error.where.column, error.where.length) == (2, 20, 7)
    assert refusal([migration(B.id, depends="x")], Ledger()).help == (
        "a dependency is named by its full id"
    )


def test_up_to_a_migration_with_what_it_needs() -> None:
    needs_d = migration(B.id, depends=D.id)
    assert forward([A, B, C, D], Ledger(), to=B.id) == [A.id, B.id]
    assert forward([A, needs_d, C, D], Ledger(), to=B.id) == [A.id, D.id, B.id]
    assert forward([A, B, C], applied(A, B), to=B.id) == []
    assert forward([A, B, C], applied(B), to=B.id, allow_out_of_order=True) == [A.id]


def test_a_late_comer_is_refused_with_the_choice() -> None:
    error = refusal([A, B, C], applied(A, C))
    assert (error.code, error.message) == (
        "out-of-order",
        "0002_b is pending, but 0003_c is applied already",
    )
    assert "--allow-out-of-order" in (error.help or "")
    assert forward([A, B, C], applied(A, C), allow_out_of_order=True) == [B.id]


def test_one_that_began_out_of_order_may_go_on() -> None:
    stepwise = migration(B.id, text="-- transactional: false\nSELECT 1;")
    ledger = applied(A, C, partial=[begun(stepwise, done=2)])
    (step,) = forward_plan([A, stepwise, C], ledger)
    assert (step.id, step.done) == (B.id, 2)


def test_what_stopped_part_way_is_not_run_again_as_one_transaction() -> None:
    error = refusal([A, B], applied(A, partial=[begun(B)]))
    assert (error.code, str(error.where)) == ("changed", f"sql/{B.id}.sql:1:1")
    assert "-- transactional: false" in (error.help or "")


def test_a_changed_file_is_refused_even_when_nothing_is_pending() -> None:
    edited = migration(A.id, text="SELECT 'another thing';")
    error = refusal([edited], applied(A))
    assert (error.code, error.message) == ("changed", "0001_a was changed since it was applied")
    both = refusal([edited, migration(B.id, back="SELECT 3;")], applied(A, B))
    assert both.message == "0001_a was changed since it was applied (and 1 more)"


def test_a_missing_file_stops_what_is_pending_unless_allowed() -> None:
    assert forward([B], applied(A, B)) == []
    error = refusal([C], applied(A, B))
    assert (error.code, error.message) == (
        "file-missing",
        "0001_a, 0002_b: applied, but the files are gone",
    )
    assert forward([C], applied(A, B), allow_missing=True) == [C.id]


def test_a_renamed_file_is_recognised() -> None:
    renamed = Migration.of("0002_better", A.forward, A.backward)
    error = refusal([renamed], applied(A))
    assert (error.code, error.message) == (
        "renamed",
        "0001_a was applied and is now called 0002_better",
    )
    assert refusal([renamed], applied(A), allow_missing=True).code == "renamed"


def test_no_migration_without_a_way_back() -> None:
    error = refusal([migration(A.id, back=None)], Ledger())
    assert error.code == "backward-missing"
    assert "sql/0001_a.rollback.sql does not exist" in error.message
    assert forward([IRREVERSIBLE], Ledger()) == [B.id]


def test_irreversible_with_a_backward_file_is_a_contradiction() -> None:
    both = Migration.of(B.id, IRREVERSIBLE.forward, A.backward)
    assert refusal([both], Ledger()).code == "irreversible-twice"


def test_half_a_rollback_is_finished_first() -> None:
    error = refusal([A], applied(A, partial=[begun(A, "backward")]))
    assert (error.code, error.message) == (
        "half-rolled-back",
        "0001_a is half rolled back (1 of 3 statements)",
    )


def test_half_a_migration_without_its_file_cannot_go_on() -> None:
    assert refusal([A], applied(A, partial=[begun(B)])).code == "file-missing"


# Backward


def backward(
    files: Sequence[Migration],
    ledger: Ledger,
    *ids: str,
    texts: Sequence[Migration] = (),
    allow: bool = False,
) -> list[tuple[str, str, int]]:
    kept = {m.id: m for m in texts}
    steps = backward_plan(files, ledger, kept, ids=ids, allow_out_of_order=allow)
    assert all(step.direction == "backward" for step in steps)
    return [(step.id, step.source, step.done) for step in steps]


def no_way_back(
    files: Sequence[Migration], ledger: Ledger, *ids: str, texts: Sequence[Migration] = ()
) -> WishkitError:
    with pytest.raises(PlanError) as caught:
        backward(files, ledger, *ids, texts=texts)
    return caught.value


def test_back_goes_in_the_ledgers_order_newest_first() -> None:
    ledger = applied(B, C, A)
    everything = ids_after(ledger, BASE)
    assert [s[0] for s in backward([A, B, C], ledger, *everything)] == [A.id, C.id, B.id]


def test_what_was_applied_after_a_migration() -> None:
    ledger = applied(B, C, A, partial=[begun(D)])
    assert ids_after(ledger, C.id) == (A.id, D.id)
    assert ids_after(ledger, A.id) == (D.id,)
    assert last_ids(ledger, 2) == (A.id, D.id)
    assert last_ids(ledger, 99) == (B.id, C.id, A.id, D.id)
    with pytest.raises(UsageError) as caught:
        ids_after(ledger, "0009_x")
    assert (caught.value.code, caught.value.help) == ("not-applied", f"the database is at {A.id}")


def test_the_ledgers_text_is_used_when_the_file_is_gone_or_differs() -> None:
    edited = migration(A.id, back="SELECT 'wrong';")
    ledger = applied(A)
    assert backward([A], ledger, A.id, texts=[A]) == [(A.id, "file", 0)]
    assert backward([edited], ledger, A.id, texts=[A]) == [(A.id, "ledger", 0)]
    assert backward([], ledger, A.id, texts=[A]) == [(A.id, "ledger", 0)]
    (step,) = backward_plan([edited], ledger, {A.id: A}, ids=[A.id])
    assert step.script.source == b"SELECT 2;"
    assert step.why == "its file differs from what was applied; the text in the ledger is used"


def test_without_file_and_text_there_is_no_way_back() -> None:
    error = no_way_back([], applied(A), A.id)
    assert (error.code, error.message) == (
        "backward-missing",
        "0001_a has no file, and the ledger has no text of it",
    )


def test_one_irreversible_migration_stops_all_of_them() -> None:
    error = no_way_back([A, IRREVERSIBLE, C], applied(A, IRREVERSIBLE, C), A.id, B.id, C.id)
    assert (error.code, error.message) == (
        "irreversible",
        "0002_b cannot be undone: rows are gone",
    )


def test_one_missing_backward_file_stops_all_of_them() -> None:
    alone = migration(B.id, back=None)
    assert no_way_back([A, alone], applied(A, alone), A.id, B.id).code == "backward-missing"


def test_undoing_one_below_others_needs_permission() -> None:
    error = no_way_back([A, B, C], applied(A, B, C), B.id)
    assert error.code == "out-of-order"
    assert error.message == "0002_b is not the last one: 0003_c came after it"
    assert "wishkit rollback --to 0001_a" in (error.help or "")
    assert no_way_back([A, B], applied(A, B), A.id).help == (
        "undo them too: wishkit rollback --to base\n"
        "or leave them, if they do not build on it: --allow-out-of-order"
    )
    assert backward([A, B, C], applied(A, B, C), B.id, allow=True) == [(B.id, "file", 0)]


def test_what_others_depend_on_stays() -> None:
    needs_a = migration(B.id, depends=A.id)
    with pytest.raises(PlanError) as caught:
        backward([A, needs_a], applied(A, needs_a), A.id, allow=True)
    assert (caught.value.code, caught.value.message) == (
        "depended-on",
        "0002_b depends on 0001_a and would stay",
    )


def test_half_a_rollback_goes_on_where_it_stopped() -> None:
    ledger = applied(A, B, partial=[begun(B, "backward", done=2)])
    assert backward([A, B], ledger, B.id) == [(B.id, "file", 2)]


def test_half_a_migration_is_undone_from_the_beginning() -> None:
    ledger = applied(A, partial=[begun(B, done=2)])
    assert backward([A, B], ledger, *last_ids(ledger, 1)) == [(B.id, "file", 0)]
