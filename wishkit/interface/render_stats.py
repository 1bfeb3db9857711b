"""What takes long, and what is expected to, as a person reads it on stdout."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.interface.output import answer, count, seconds, styled
from wishkit.interface.render import print_table
from wishkit.interface.render_history import (
    above_words,
    numbers,
    render_unanswered,
    times,
    waited_words,
    way_words,
    weight_words,
    what,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wishkit.commands.stats import ExpectedPlan, Stats
    from wishkit.config.rules import Level
    from wishkit.core.expected import Expected

_RED = "bold red"


@dataclass(frozen=True, slots=True)
class _Table:
    """One of the tables: what it is about, and its rows; without rows it is left out."""

    head: str
    titles: Sequence[str]
    rows: Iterable[Sequence[str]] = ()
    several: bool = True


def render_stats(found: Stats) -> None:
    """A table each: what is pending, what was slow, where it differs, what waited."""
    if not found.slowest:
        answer("nothing was run yet")
    above = not found.slowest
    for it in (*map(_expected, found.expected), *_tables(found)):
        rows = list(it.rows)
        if not rows and it.titles:
            continue
        if above:
            answer("")
        above = True
        answer(styled(it.head, "bold", sys.stdout))
        if rows:
            _print(it, rows)
    if any(it.error for it in found.environments):
        answer("")
        render_unanswered(found.environments)


def _tables(found: Stats) -> Iterator[_Table]:
    several = len(found.environments) > 1
    yield _Table(
        "slowest migrations",
        ("took", "is", "rows", "environment", "migration", "when (UTC)"),
        (
            (
                seconds(it.work),
                _above(it.above),
                "" if it.rows is None else f"{it.rows:,}",
                it.environment,
                way_words(it.id, it.direction),
                f"{it.at:%Y-%m-%d %H:%M}",
            )
            for it in found.slowest
        ),
        several=several,
    )
    yield _Table(
        "slowest statements",
        ("took", "rows", "environment", "migration", "statement", "tables before it", "what"),
        (
            (
                seconds(it.timing.seconds),
                "" if it.timing.rows is None else f"{it.timing.rows:,}",
                it.environment,
                way_words(it.id, it.direction),
                numbers(it.timing),
                "; ".join(map(weight_words, it.timing.weights)),
                " ".join(what(it.timing)),
            )
            for it in found.statements
        ),
        several=several,
    )
    yield _Table(
        "between environments",
        ("migration", "environment", "took", "against", "took there", "times"),
        (
            (
                way_words(it.id, it.direction),
                it.slower,
                seconds(it.slower_seconds),
                it.faster,
                seconds(it.faster_seconds),
                times(it.ratio),
            )
            for it in found.contrasts
        ),
        several=True,
    )
    yield _Table(
        "most waited",
        ("waited", "is", "attempts", "environment", "migration", "in the way"),
        (
            (
                waited_words(it),
                _above(it.above),
                f"{it.attempts:,}",
                it.environment,
                it.id,
                "; ".join(map(str, it.by)) or "not known",
            )
            for it in found.blocked
        ),
        several=several,
    )


def _expected(plan: ExpectedPlan) -> _Table:
    if plan.error:
        return _Table(
            f"{plan.environment}: what is pending cannot be told: {plan.error.message}", ()
        )
    known = sum(it.seconds or 0.0 for it in plan.migrations)
    unknown = sum(it.seconds is None for it in plan.migrations)
    head = f"pending in {plan.environment}: {count(len(plan.migrations), 'migration')}"
    if unknown < len(plan.migrations):
        head += f", {seconds(known)} expected"
        head += f", and {unknown} of which nothing is known" if unknown else ""
    else:
        head += ", of which nothing is known"
    return _Table(
        head,
        ("expected", "is", "migration", "because"),
        ((_expectation(it), _above(it.above), it.id, it.words) for it in plan.migrations),
    )


def _above(above: Level | None) -> str:
    return above_words(above) if above else ""


def _style(title: str, text: str) -> str:
    return "" if title != "is" else _RED if text.isupper() else "bold"


def _expectation(it: Expected) -> str:
    if it.seconds is None:
        return "not known"
    return f"{'about ' if it.rough else ''}{seconds(it.seconds)}"


def _print(it: _Table, rows: Sequence[Sequence[str]]) -> None:
    empty = {title for n, title in enumerate(it.titles) if not any(row[n] for row in rows)}
    left_out = (empty & {"is"}) | (set() if it.several else {"environment"})
    shown = [n for n, title in enumerate(it.titles) if title not in left_out]
    print_table(
        [it.titles[n] for n in shown],
        ([row[n] for n in shown] for row in rows),
        right=("took", "rows", "expected", "attempts", "took there"),
        style=_style,
    )
