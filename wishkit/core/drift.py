"""Drift: each difference of a database from what its migrations define, judged and in words."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

from wishkit.core.drift_origin import PARTS
from wishkit.core.drift_words import (
    TOMBSTONE,
    change_words,
    definition,
    full_name,
    object_words,
    sentence,
    short_name,
)
from wishkit.core.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from wishkit.config import Ignore
    from wishkit.core.schema import Change, Difference, Identity, Value


@dataclass(frozen=True, slots=True)
class Drift:
    """One object that is not as the migrations define it.

    Attributes:
        type: whether it is missing, extra or different.
        severity: error: queries may fail, be slow or see wrong data; warning: there is more than
            was asked for, or less is promised; info: no query can notice.
        kind: of object, such as ``column``.
        name: with its schema, as an entry of ``[[drift.ignore]]`` may give it.
        object: what it is called, in words.
        text: all of it in one sentence.
        changes: what differs, in words; of a table that is missing or extra, what it is made of.
        expected: its definition by the migrations; null if it is extra.
        actual: its definition in the database; null if it is missing.
        migration: the one that makes it, where its text tells.
        since: it was otherwise when the last run ended, at this time: somebody changed it by hand.
        by: who that was, with what, when and by which command, if the audit is on.
        remedy: the statements that bring it back, in their order among those of `--sql`, which has
            them all; what loses data is commented out, behind `-- DESTRUCTIVE:`. Null where there
            are none, and in the terminal's answer.
        by_hand: why no SQL is written for it, and what a person can do.
    """

    type: Literal["missing", "extra", "different"]
    severity: Severity
    kind: str
    name: str
    object: str
    text: str
    changes: tuple[str, ...]
    expected: str | None
    actual: str | None
    migration: str | None = None
    since: datetime | None = None
    by: str | None = None
    remedy: str | None = None
    by_hand: str | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """An entry of ``[[drift.ignore]]`` and what it took out.

    Attributes:
        kind: as it gives it.
        name: as it gives it.
        reason: as it gives it.
        objects: what it took out, in words; none: the entry is stale.
    """

    kind: str
    name: str
    reason: str
    objects: tuple[str, ...]


# By what differs; whatever is not listed is an error.
_SEVERITIES = {
    **dict.fromkeys(
        (
            "comment",
            "seclabels",
            "security_labels",
            "storage",
            "compression",
            "statistics",
            "options",
            "position",
            "clustered",
            "version",
            "tablespace",
            "access_method",
            "populated",
        ),
        Severity.INFO,
    ),
    **dict.fromkeys(("owner", "validated", "cost", "rows"), Severity.WARNING),
}
# Kinds of objects without which every query is answered as before.
_HARMLESS = {
    **dict.fromkeys(("statistics", "comment"), Severity.INFO),
    **dict.fromkeys(
        ("default privileges", "setting", "database", "role setting"), Severity.WARNING
    ),
}


def judged(
    differences: Iterable[Difference],
    *,
    made_by: Callable[[Identity], str | None],
    by_hand: Mapping[Identity, datetime],
) -> tuple[Drift, ...]:
    """Differences as drift, the worst first; parts of what is missing or extra are told with it.

    Args:
        differences: as `compare` finds them.
        made_by: the migration that makes an object, where that is known.
        by_hand: objects that have changed since the last run, with the time when it ended.
    """
    found = [it for difference in differences if (it := without_tombstones(difference))]
    whole, parts = _folded(found)
    drifts = [
        replace(
            _drift(it, parts.get(_place(it), ())),
            migration=made_by(it.identity),
            since=by_hand.get(it.identity),
        )
        for it in whole
    ]
    return tuple(sorted(drifts, key=lambda it: (-it.severity.rank, it.object)))


def without_ignored(
    drifts: Sequence[Drift], ignore: Iterable[Ignore]
) -> tuple[tuple[Drift, ...], tuple[Ignored, ...]]:
    """Drift that nobody knows of, and every entry of the list with what it took out."""
    left = list(drifts)
    entries = []
    for entry in ignore:
        taken = [it for it in left if _matches(it, entry)]
        left = [it for it in left if it not in taken]
        objects = tuple(it.object for it in taken)
        entries.append(Ignored(entry.kind, entry.name, entry.reason, objects))
    return tuple(left), tuple(entries)


def in_any_order(differences: Iterable[Difference]) -> tuple[Difference, ...]:
    """The differences that remain where the order of columns does not count."""
    found = []
    for it in differences:
        if it.identity.kind == "column" and it.type == "different":
            changes = tuple(c for c in it.changes if c.attribute != "position")
            if changes:
                found.append(replace(it, changes=changes))
        else:
            found.append(it)
    return tuple(found)


def reordered(differences: Iterable[Difference]) -> tuple[str, ...]:
    """Tables whose columns stand in another order, by differences in which the order counts."""
    tables = {
        short_name(it.identity._replace(name=it.identity.name[:-1]))
        for it in differences
        if it.identity.kind == "column" and any(c.attribute == "position" for c in it.changes)
    }
    return tuple(sorted(tables))


def _matches(drift: Drift, entry: Ignore) -> bool:
    names = (drift.name, drift.object.removeprefix(f"{drift.kind} "))
    return fnmatchcase(drift.kind, entry.kind) and any(
        fnmatchcase(name, entry.name) for name in names
    )


def _drift(difference: Difference, parts: Iterable[Difference]) -> Drift:
    identity = difference.identity
    subject = object_words(identity)
    if difference.type == "different":
        owner = (difference.actual or {}).get("owner")
        worst_first = sorted(  # and long texts behind what can be said in a word
            difference.changes,
            key=lambda it: (-_severity_of(it, owner).rank, it.attribute == "definition"),
        )
        changes = tuple(words for it in worst_first for words in change_words(it, owner=owner))
        text = sentence(subject, changes or ("is different",))
    else:
        counts = Counter(it.identity.kind for it in parts)
        changes = tuple(_counted(number, kind) for kind, number in counts.items())
        made_of = f", with {_listed(changes)}" if changes else ""
        text = f"{subject} is {difference.type}{made_of}"
        if difference.type == "extra":
            text = f"{subject} is extra: no migration makes it{made_of}"
    return Drift(
        difference.type,
        _severity(difference),
        identity.kind,
        full_name(identity),
        subject,
        text,
        changes,
        definition(difference.expected),
        definition(difference.actual),
    )


def _severity(difference: Difference) -> Severity:
    if difference.type == "extra":
        return min(
            Severity.WARNING,
            _HARMLESS.get(difference.identity.kind, Severity.WARNING),
            key=lambda it: it.rank,
        )
    harm = _HARMLESS.get(difference.identity.kind, Severity.ERROR)
    if difference.type == "missing":
        return harm
    owner = (difference.actual or {}).get("owner")
    worst = max((_severity_of(it, owner) for it in difference.changes), key=lambda it: it.rank)
    return min(worst, harm, key=lambda it: it.rank)


def _severity_of(change: Change, owner: Value) -> Severity:
    if change.attribute == "grants":
        lost = any("no longer" in words for words in change_words(change, owner=owner))
        return Severity.ERROR if lost else Severity.WARNING
    if change.attribute == "validated" and change.actual is not False:
        return Severity.INFO  # it promises more than was asked for
    return _SEVERITIES.get(change.attribute, Severity.ERROR)


def without_tombstones(difference: Difference) -> Difference | None:
    """The difference without values of enums that were removed; None where nothing is left.

    A value cannot be dropped: what takes it back renames it, so that nobody can use it again.
    """
    if difference.identity.kind != "enum" or difference.type != "different":
        return difference
    changes = []
    for it in difference.changes:
        if it.attribute == "labels":
            expected, actual = _living(it.expected), _living(it.actual)
            if expected != actual:
                changes.append(replace(it, expected=expected, actual=actual))
        else:
            changes.append(it)
    return replace(difference, changes=tuple(changes)) if changes else None


def _living(labels: Value) -> Value:
    if not isinstance(labels, tuple):
        return labels
    return tuple(it for it in labels if not str(it).startswith(TOMBSTONE))


_NAME = r'("(?:[^"]|"")+"|[^".\s]+)'
_ON = re.compile(rf" ON (?:ONLY )?{_NAME}\.{_NAME} USING ")  # as pg_get_indexdef writes it
_Place = tuple[str, str, str]  # missing or extra, schema, relation


def _folded(
    differences: Sequence[Difference],
) -> tuple[list[Difference], dict[_Place, list[Difference]]]:
    """Differences to be told for themselves, and parts of objects that are told with these."""
    whole = {
        _place(it)
        for it in differences
        if it.type != "different" and len(it.identity.name) > 1 and relation_of(it) is None
    }
    alone: list[Difference] = []
    parts: dict[_Place, list[Difference]] = {}
    columns = {it.identity.name for it in differences if it.identity.kind == "column"}
    for it in differences:
        owner = relation_of(it)
        if (it.expected or it.actual or {}).get("identity_of") in columns:
            continue  # the column says so
        place = (it.type, *owner) if owner else None
        if place in whole:
            parts.setdefault(place, []).append(it)
        else:
            alone.append(it)
    return alone, parts


def _place(difference: Difference) -> _Place:
    schema, name = (*difference.identity.name, "")[:2]
    return difference.type, schema, name


def relation_of(difference: Difference) -> tuple[str, str] | None:
    """The relation that an object is a part of."""
    identity = difference.identity
    if identity.kind in PARTS:
        return (identity.name[0], identity.name[1]) if identity.name[2:] else None
    attributes = difference.expected or difference.actual or {}
    for attribute in ("owned_by", "identity_of"):
        named = attributes.get(attribute)
        if isinstance(named, tuple) and len(named) > 1:
            return str(named[0]), str(named[1])
    if identity.kind == "index" and (on := _ON.search(str(attributes.get("definition")))):
        schema, table = (it[1:-1].replace('""', '"') if it[0] == '"' else it for it in on.groups())
        return schema, table
    return None


def _counted(number: int, kind: str) -> str:
    plural = kind + ("es" if kind.endswith("x") else "" if kind.endswith("s") else "s")
    return f"{number} {kind if number == 1 else plural}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def at_least(drifts: Iterable[Drift], severity: Severity) -> Iterator[Drift]:
    """Those that are as bad as that, or worse."""
    return (it for it in drifts if it.severity.rank >= severity.rank)
