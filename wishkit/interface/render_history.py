"""What was done and how long it took, as a person reads it on stdout."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wishkit.interface.output import answer, byte_words, count, seconds, styled
from wishkit.interface.render import print_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wishkit.commands.history import AskedEnvironment, History
    from wishkit.config.rules import Level
    from wishkit.core.ranking import Blocked
    from wishkit.core.timing import PastAttempt, Timing, Waited, Weight

_RED = "bold red"
# What an attempt came to, in a word or two.
_DONE = {
    "forward": "applied",
    "backward": "rolled back",
    "mark": "marked",
    "unmark": "unmarked",
}
_POINTS = 6  # durations of a trend that are written out


def render_history(found: History) -> None:
    """The attempts, each with its statements where it is about one migration."""
    several = len(found.environments) > 1
    if found.id and found.attempts:
        answer(styled(found.id, "bold", sys.stdout) + "\n")
    if found.attempts:
        _attempts(found, several=several)
    else:
        answer("nothing was done" if found.id is None else f"{found.id} was never run")
    if found.more:
        answer(f"\nthere are older ones: --limit {2 * len(found.attempts)}")
    if found.id:
        for attempt in found.attempts:
            _statements(attempt, several=several)
        _trends(found, several=several)
    render_unanswered(found.environments)


def render_unanswered(environments: Sequence[AskedEnvironment]) -> None:
    """Who was asked and did not answer."""
    for it in environments:
        if it.error:
            answer(f"{it.name}: {styled(it.error.message, _RED, sys.stdout)}")
            if it.error.help:
                answer(f"{it.name}: help: {it.error.help}")


def _attempts(found: History, *, several: bool) -> None:
    titles = ("when (UTC)", "environment", "migration", "outcome", "took", "rows, waits, by")
    rows = [
        (
            f"{it.at:%Y-%m-%d %H:%M}",
            it.environment,
            it.id,
            _outcome(it),
            seconds(it.seconds),
            "; ".join(_more(it)),
        )
        for it in found.attempts
    ]
    told = {"environment": several, "migration": found.id is None}
    shown = [n for n, title in enumerate(titles) if told.get(title, True)]
    print_table(
        [titles[n] for n in shown],
        ([row[n] for n in shown] for row in rows),
        right=("took",),
        style=_style,
    )


def _style(title: str, text: str) -> str:
    if title != "outcome":
        return ""
    return "green" if text in _DONE.values() else _RED


def _outcome(it: PastAttempt) -> str:
    if it.outcome == "done":
        return _DONE[it.direction]
    return it.outcome if it.direction == "forward" else f"{it.outcome} ({it.direction})"


def _more(it: PastAttempt) -> Iterator[str]:
    if it.above:
        yield above_words(it.above)
    if it.rows is not None:
        yield count(it.rows, "row")
    if it.waited:
        yield f"waited {seconds(it.waited.seconds)}"
    yield _who(it) + (f": {it.reason}" if it.reason else "")


def _who(it: PastAttempt) -> str:
    place = "@".join(part for part in (it.user, it.host) if part)
    return f"{it.role} ({place})" if place else it.role


def _statements(attempt: PastAttempt, *, several: bool) -> None:
    """Each message of one attempt, and what it waited for."""
    if not (attempt.timings or attempt.waited or attempt.error):
        return
    where = f" in {attempt.environment}" if several else ""
    head = f"{_outcome(attempt)}{where} at {attempt.at:%Y-%m-%d %H:%M:%S} UTC"
    answer("\n" + styled(head, "bold", sys.stdout))
    if attempt.timings:
        print_table(
            ("statement", "took", "rows", "tables before it", "what"),
            (
                (
                    numbers(it),
                    seconds(it.seconds),
                    "" if it.rows is None else f"{it.rows:,}",
                    "; ".join(map(weight_words, it.weights)),
                    " ".join(what(it)),
                )
                for it in attempt.timings
            ),
            right=("took", "rows"),
        )
    if attempt.waited:
        answer(f"waited {waited_words(attempt.waited)}")
        for blocker in attempt.waited.by:
            answer(f"  in the way: {blocker}")
    if attempt.error:
        answer(styled(attempt.error, _RED, sys.stdout))


def numbers(it: Timing) -> str:
    """Which statements of their file: ``4``, ``1-3``."""
    return f"{it.first}" if it.first == it.last else f"{it.first}-{it.last}"


def what(it: Timing) -> Iterator[str]:
    """How it begins, and in how many batches it ran."""
    if it.sql:
        yield it.sql if len(it.sql) <= 60 else it.sql[:59] + "…"  # noqa: PLR2004 - a line's worth
    if it.batches:
        yield f"[{count(it.batches, 'batch').replace('batchs', 'batches')}]"


def weight_words(it: Weight) -> str:
    """A table with its size: ``public.wishes 12.0 GB, 80,000,000 rows``."""
    return f"{it.table} {byte_words(it.bytes)}, {count(it.rows, 'row')}"


def above_words(above: Level) -> str:
    """That something takes longer than wishkit.toml says."""
    return "TOO LONG" if above == "fail" else "long"


def way_words(id_: str, direction: str) -> str:
    """A migration, and which way if that is not forward."""
    return id_ if direction == "forward" else f"{id_} ({direction})"


def waited_words(it: Waited | Blocked) -> str:
    """How long and how often: ``812 ms (lock timeout 3 times)``."""
    reasons = ", ".join(f"{why} {number} times" for why, number in it.retries.items())
    reasons = reasons.replace(" 1 times", " once")
    return seconds(it.seconds) + (f" ({reasons})" if reasons else "")


def _trends(found: History, *, several: bool) -> None:
    told = [(it, it.change) for it in found.trends if it.change is not None]
    if told or found.contrasts:
        answer("")
    for trend, change in told:
        where = f"{trend.environment}, " if several else ""
        points = " → ".join(map(seconds, trend.seconds[-_POINTS:]))
        more = "… → " if len(trend.seconds) > _POINTS else ""
        answer(f"{where}{trend.direction}: {more}{points}; the last is {times(change)} the first")
    for it in found.contrasts:
        answer(
            f"{it.direction}: {it.slower} takes {times(it.ratio)} as long as {it.faster} "
            f"({seconds(it.slower_seconds)}, {seconds(it.faster_seconds)})"
        )


def times(ratio: float) -> str:
    """A multiple as a person says it: ``0.4 times``, ``12 times``."""
    return f"{ratio:.0f} times" if ratio >= 10 else f"{ratio:.2g} times"  # noqa: PLR2004 - two digits
