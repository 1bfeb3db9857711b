"""How long a plan may take: scaled where it reads tables, not known where nothing tells."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wishkit.core.batches import batches
from wishkit.core.expected import LITTLE, Awaited, awaited, expected, multiple, total
from wishkit.core.locks.model import Name
from wishkit.core.ranking import blocked, gaps, lasts, slowest, slowest_statements
from wishkit.core.script import Script
from wishkit.core.timing import InTheWay, PastAttempt, Timing, Waited, Weight

if TYPE_CHECKING:
    from wishkit.core.expected import Expected

MB = 1024 * 1024
TABLE = "public.wishlist_items"
READS = Awaited("0007_fill", "forward", "c" * 64, 0, 4, {4: (Name(None, "wishlist_items"),)})


def attempt(
    environment: str, number: int, seconds: float, *timings: Timing, **more: object
) -> PastAttempt:
    """One of 0007, as many minutes later as its number says."""
    at = datetime(2031, 5, 17, 9, 30) + timedelta(minutes=number)  # noqa: DTZ001 - UTC
    made = PastAttempt(
        *(environment, "0007_fill", number, number, "forward", "done", "c" * 64, at, seconds),
        *(None, None, "deploy", "ann", "laptop", "1.0", None, None, timings),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def reading(seconds: float, size: int) -> tuple[Timing, Timing]:
    """Three quick statements, and one that reads a table of this size in bytes."""
    weights = (Weight(TABLE, size // 100, size),)
    return Timing(1, 3, 0.1), Timing(4, 4, seconds, depends=True, weights=weights)


def here(size: int) -> dict[str, Weight]:
    return {TABLE: Weight(TABLE, size // 100, size)}


def test_what_reads_a_table_takes_as_many_times_as_long_as_it_is_larger() -> None:
    found = expected(READS, [attempt("staging", 1, 2.2, *reading(2.0, 300 * MB))], here(12000 * MB))
    assert found.seconds == pytest.approx(0.1 + 2.0 * 40 + 0.1)
    assert not found.rough
    assert found.words == (
        f"2.20 s on staging × 36: 11.7 GB against 300.0 MB of {TABLE}"  # noqa: RUF001 - times
    )


def test_what_touches_catalogs_only_takes_as_long_as_there() -> None:
    it = replace(READS, weighs={})
    found = expected(it, [attempt("staging", 1, 0.25, Timing(1, 4, 0.2))], here(12000 * MB))
    assert (found.seconds, found.rough) == (0.25, False)
    assert found.words == "250 ms on staging, however large its tables are"
    assert expected(it, [attempt("staging", 1, 0.25)], {}).seconds == 0.25, "it ran from a script"


def test_the_median_of_several_and_no_failed_ones() -> None:
    tried = [
        attempt("staging", 1, 1.2, *reading(1.0, 100 * MB)),
        attempt("staging", 2, 9.2, *reading(9.0, 100 * MB)),
        attempt("development", 3, 2.2, *reading(2.0, 100 * MB)),
        attempt("staging", 4, 900.0, outcome="failed"),
        attempt("staging", 5, 0.1, *reading(0.1, 100 * MB), direction="backward"),
    ]
    found = expected(READS, tried, here(200 * MB))
    assert found.seconds == pytest.approx(4.2)
    assert found.basis
    assert (found.basis.environment, found.basis.attempts) == ("development", 3)
    assert found.words.endswith("; the median of 3 attempts")


def why(found: Expected) -> str:
    assert found.seconds is None
    assert found.basis is None
    assert found.words == found.why
    return found.words


def test_without_a_basis_it_is_not_known() -> None:
    large = here(12000 * MB)
    assert why(expected(READS, [], large)) == "it never ran"
    edited = attempt("staging", 1, 2.2, *reading(2.0, 300 * MB), checksum="d" * 64)
    assert why(expected(READS, [edited], large)) == "it ran with another text only"
    failed = attempt("staging", 1, 2.2, *reading(2.0, 300 * MB), outcome="failed")
    assert why(expected(READS, [failed], large)) == "it never ran"
    little = attempt("staging", 1, 0.2, *reading(0.001, 8192))
    assert why(expected(READS, [little], large)) == (
        f"too little of {TABLE} on staging to tell (8.0 kB there, 11.7 GB here)"
    )
    old = attempt("staging", 1, 2.2, Timing(1, 3, 0.1), Timing(4, 4, 2.0))
    assert "older wishkit" in why(expected(READS, [old], large))
    half = attempt("staging", 1, 2.2, reading(2.0, 300 * MB)[1])
    assert "does not tell how long each" in why(expected(READS, [half], large))
    assert "does not tell how long each" in why(expected(READS, [attempt("s", 1, 2.0)], large))


def test_what_is_rough_says_why_and_gives_way_to_what_is_not() -> None:
    far = attempt("development", 1, 1.2, *reading(1.0, 2 * MB))
    found = expected(READS, [far], here(2000 * MB))
    assert found.rough
    assert found.words.endswith(
        "; rough: statement 4 has 1,000 times as much to do as it had there"
    )
    near = attempt("staging", 2, 50.2, *reading(50.0, 1000 * MB))
    found = expected(READS, [far, near], here(2000 * MB))
    assert found.basis
    assert (found.rough, found.basis.environment, found.basis.attempts) == (False, "staging", 1)
    block = (Timing(1, 3, 0.1), Timing(4, 4, 2.0, depends=True))
    found = expected(READS, [attempt("staging", 1, 2.2, *block)], here(2000 * MB))
    assert found.rough is True
    assert found.seconds == pytest.approx(2.2)
    assert "only running statement 4 tells what it reads" in found.words
    absent = expected(READS, [near], {})
    assert absent.rough is True
    assert absent.seconds == pytest.approx(50.2)
    assert f"{TABLE} is not there yet" in absent.words
    empty = expected(READS, [attempt("staging", 1, 0.2, *reading(0.01, 0))], {})
    assert empty.rough is False, "made by what runs before"
    assert empty.seconds == pytest.approx(0.2)


def test_what_an_earlier_run_has_completed_is_not_counted() -> None:
    found = expected(
        replace(READS, done=3), [attempt("s", 1, 9.0, *reading(2.0, MB))], here(2 * MB)
    )
    assert found.seconds == pytest.approx(4.0)


sizes = st.integers(min_value=0, max_value=2**60)
times = st.floats(min_value=0, max_value=1e7, allow_nan=False)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(times, sizes, times), max_size=4), sizes)
def test_it_is_never_negative_and_always_a_number(
    tried: list[tuple[float, int, float]], size: int
) -> None:
    attempts = [
        attempt("staging", n, whole, *reading(seconds, there))
        for n, (seconds, there, whole) in enumerate(tried)
    ]
    found = expected(READS, attempts, here(size))
    if found.seconds is None:
        assert not any(there >= LITTLE for _, there, _ in tried)
    else:
        assert math.isfinite(found.seconds)
        assert found.seconds >= 0
        assert found.basis
    assert found.words


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(times, st.integers(min_value=LITTLE, max_value=2**50), sizes, sizes)
def test_a_larger_table_never_takes_less(seconds: float, there: int, one: int, two: int) -> None:
    tried = [attempt("staging", 1, seconds + 0.2, *reading(seconds, there))]
    less, more = (expected(READS, tried, here(it)).seconds for it in sorted((one, two)))
    assert less is not None
    assert more is not None
    assert less <= more


def test_what_a_text_depends_on() -> None:
    text = (
        b"CREATE TABLE n (id int);\n"
        b"ALTER TABLE wishlist_items ADD COLUMN n int;\n"
        b"CREATE INDEX ON wishlist_items (n);\n"
        b"DO $$ BEGIN PERFORM 1; END $$;\n"
    )
    cut = batches(Script("0007_fill.sql", text), transactional=True)
    found = awaited("0007_fill", "forward", "c" * 64, 0, cut)
    assert (found.count, found.weighs) == (4, {3: (Name(None, "wishlist_items"),), 4: ()})


def test_a_total_is_known_when_all_of_it_is() -> None:
    known = expected(READS, [attempt("s", 1, 2.0, *reading(1.8, MB))], here(MB))
    assert total([]) == 0
    assert total([known, known]) == pytest.approx(4.0)
    assert total([known, expected(READS, [], {})]) is None


@pytest.mark.parametrize(
    ("factor", "words"),
    [(0.0, "0.01"), (0.424, "0.42"), (1.0, "1"), (9.96, "10"), (40.4, "40"), (12345.0, "12,000")],
)
def test_factors_have_two_digits(factor: float, words: str) -> None:
    assert multiple(factor) == words


def test_what_took_longest_counts_by_the_last_attempt_that_went_through() -> None:
    ann, bob = (InTheWay(it, *(None,) * 5) for it in ("ann", "bob"))
    tried = [
        attempt("staging", 1, 90.0, *reading(80.0, MB)),
        attempt("staging", 2, 2.0, *reading(1.0, MB)),
        attempt("production", 3, 30.0, waited=Waited(25.0, {"deadlock": 1}, (ann,))),
        attempt(
            "production", 4, 8.0, outcome="failed", waited=Waited(6.0, {"deadlock": 2}, (bob,))
        ),
        attempt("staging", 5, 0.5, direction="backward"),
        attempt("staging", 6, 0.1, direction="mark"),
    ]
    done = lasts(reversed(tried))
    assert {it.number for it in done} == {2, 3, 5}
    assert [it.number for it in slowest(done, 2)] == [3, 2]
    assert [it.timing.seconds for it in slowest_statements(done, 9)] == [1.0, 0.1]
    (gap,) = gaps(done, ("staging", "production"), ("production",), 5)
    assert (gap.slower, gap.ratio, gap.id) == ("production", 2.5, "0007_fill")
    assert gaps(done, ("staging", "production"), ("development",), 5) == ()
    (lost,) = blocked(tried, 5)
    assert (lost.seconds, lost.attempts, lost.retries) == (31.0, 2, {"deadlock": 3})
    assert lost.by == (ann, bob)
