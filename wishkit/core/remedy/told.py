"""The remedy, drift by drift: which of its statements are for which, or why there are none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wishkit.core.drift import relation_of
from wishkit.core.drift_words import full_name
from wishkit.core.remedy.script import step_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wishkit.core.drift import Drift
    from wishkit.core.remedy.model import Remedy
    from wishkit.core.schema import Difference, Identity


def with_remedies(
    drifts: Iterable[Drift], differences: Iterable[Difference], found: Remedy
) -> tuple[Drift, ...]:
    """Each with the statements that mend it, or the reason why a person has to.

    What has to be dropped and made again on the way, as a view is whose column gets another type,
    goes with the drift that is the cause of it.

    Args:
        drifts: of a database.
        differences: that they tell of.
        found: the remedy of all of them.
    """
    told = list(drifts)
    places = _Places(told, differences, found)
    lines: dict[int, list[str]] = {}
    reasons: dict[int, str] = {}
    for step in found.steps:
        for at in places.of(step.identity):
            lines.setdefault(at, []).extend(step_lines(step, commented=True))
    for hand in found.by_hand:
        for at in places.of(hand.difference.identity):
            reasons.setdefault(at, hand.reason)
    return tuple(
        replace(it, remedy="\n".join(lines[at]) if at in lines else None, by_hand=reasons.get(at))
        for at, it in enumerate(told)
    )


class _Places:
    """Where among the drifts the parts of a remedy belong."""

    def __init__(
        self, drifts: Sequence[Drift], differences: Iterable[Difference], found: Remedy
    ) -> None:
        self._found = found
        self._own = {(it.kind, it.name): at for at, it in enumerate(drifts)}
        self._relations = {it.identity: ".".join(relation_of(it) or ()) for it in differences}
        self._named = {
            it.name: at for at, it in enumerate(drifts) if it.kind not in {"schema", "extension"}
        }

    def of(self, identity: Identity) -> list[int]:
        """The drift that an object is, or is part of; else those on whose account it is touched.

        An object under another name is two: one is missing, and one is extra.
        """
        own = self._around(identity)
        if own is not None and identity not in self._found.renamed:
            return [own]
        causes = [self._around(it) for it in self._found.causes.get(identity, ())]
        return sorted({it for it in (own, *causes) if it is not None})

    def _around(self, identity: Identity) -> int | None:
        at = self._own.get((identity.kind, full_name(identity)))
        if at is not None:
            return at
        names = [".".join(identity.name[:n]) for n in range(len(identity.name), 0, -1)]
        names.append(self._relations.get(identity, ""))
        return next((self._named[it] for it in names if it in self._named), None)
