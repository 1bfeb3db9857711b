"""What probes found and seeds wrote, as a person reads it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wishkit.interface.errors import print_error
from wishkit.interface.output import answer, count, folded, seconds, styled, width
from wishkit.interface.table import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wishkit.commands.probes import Smoke, Verification
    from wishkit.commands.seed import Seeded
    from wishkit.core.probes import Verdict

_STYLES = {"holds": "green", "broken": "bold red", "not asked": "bold red"}
_NAMED = 5  # migrations without a file that are told by name


def render_verification(found: Verification) -> None:
    """Each promise and whether it holds; what is broken on stderr, with its place."""
    _verdicts(found.verdicts, "migration")
    if found.verdicts:
        answer("")
    _without(found.without)
    if found.verdicts:
        answer(sentence(found.verdicts))
    elif not found.without:
        answer("nothing to verify: no migration is applied")


def render_smoke(found: Smoke) -> None:
    """Each probe, what it said, and whether it passed."""
    if not found.verdicts:
        answer("nothing to try: there are no files in sql/smoke")
        return
    _verdicts(found.verdicts, "probe")
    answer("")
    answer(f"{sentence(found.verdicts)}, tried with {count(found.scale, 'row')}")


def render_seeded(found: Seeded) -> None:
    """What seeds wrote, and what a second run would do."""
    for note in found.notes:
        answer(f"note: {note}")
    for it in found.written:
        numbers = {"inserted": it.inserted, "updated": it.updated, "deleted": it.deleted}
        told = ", ".join(f"{number:,} {word}" for word, number in numbers.items() if number)
        answer(f"{it.table}: {told}")
    if not found.written:
        answer("nothing to do: every row is there")
        return
    how = "a second run would change nothing: it was tried"
    if not found.proven:
        how = "whether a second run changes nothing is not known: the server counts no rows"
    files = count(len(found.files), "file")
    answer(f"\n{files} of {found.environment} in {seconds(found.seconds)}; {how}")


def sentence(verdicts: Sequence[Verdict]) -> str:
    """What verdicts come to: ``13 of 14 hold, 1 is broken``."""
    broken = sum(verdict.broken for verdict in verdicts)
    unknown = sum(not verdict.passed for verdict in verdicts) - broken
    parts = [f"{len(verdicts) - broken - unknown} of {len(verdicts)} hold"]
    parts += [f"{broken} {'is' if broken == 1 else 'are'} broken"] if broken else []
    parts += [f"{unknown} could not be asked"] if unknown else []
    return ", ".join(parts)


def _verdicts(verdicts: Sequence[Verdict], title: str) -> None:
    def paint(title: str, text: str) -> str:
        style = _STYLES.get(text.strip(), "") if title == "answer" else ""
        return styled(text, style if title else "bold", sys.stdout)

    rows = [(it.id, _answer(it), seconds(it.seconds), it.summary) for it in verdicts]
    titles = (title, "answer", "time", "what it promises")
    columns = width(sys.stdout)
    lines = table(titles, rows, width=columns, right=("time",), paint=paint) if rows else ()
    for line in lines:
        answer(line)
    for verdict in verdicts:
        for notice in verdict.notices:
            for line in folded(f"{verdict.id}: {notice}", columns, 0):
                answer(line)
    for verdict in verdicts:
        if verdict.error:
            print_error(verdict.error)


def _answer(verdict: Verdict) -> str:
    if verdict.passed:
        return "holds"
    return "broken" if verdict.broken else "not asked"


def _without(ids: Sequence[str]) -> None:
    if not ids:
        return
    named = ", ".join(ids[:_NAMED]) + (", …" if ids[_NAMED:] else "")
    what = "has no file" if len(ids) == 1 else "have no file"
    answer(f"{count(len(ids), 'applied migration')} {what} in sql/verify: {named}")
