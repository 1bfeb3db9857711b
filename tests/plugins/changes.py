"""The single changes of tests/catalog/changes, each with what a comparison has to say of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

FOLDER = Path(__file__).parents[1] / "catalog" / "changes"
# "-- [18] + constraint shop.newer.named: comment, validated", as `Expectation` has it.
_HEAD = re.compile(
    r"-- (?:\[(?P<needs>\w+)\] )?(?:nothing(?:: .+)?|(?:(?P<sign>[+-]) )?(?P<kind>[a-z-]+)"
    r" (?P<name>.+?)(?P<all> …)?(?:: (?P<attributes>[a-z_, ]+))?)"
)
_PART = re.compile(r'"((?:[^"]|"")*)"|\(([^()]*(?:\([^()]*\)[^()]*)*)\)|([^."(]*)')


@dataclass(frozen=True, slots=True)
class Expectation:
    """One object that a change makes, takes away or makes different.

    Attributes:
        type: as `Difference` has it, from the sign before the kind: "+", "-" or none.
        kind: of the object, words joined with "-" in the file.
        name: its parts joined with "." in the file; arguments in parentheses are one.
        whole: whether what is within the object comes and goes with it ("…" in the file).
        attributes: what is different.
        needs: the major that can tell it, or "icu" for a server that has it.
    """

    type: str
    kind: str
    name: tuple[str, ...]
    whole: bool
    attributes: frozenset[str]
    needs: str


@dataclass(frozen=True, slots=True)
class SingleChange:
    """One change of the schema in tests/catalog/objects.

    Attributes:
        place: file and line.
        title: its first line of words.
        needs: what its first expectation does.
        expectations: all that it may be seen by; none if it is nothing to be told.
        sql: its statements.
    """

    place: str
    title: str
    needs: str
    expectations: tuple[Expectation, ...]
    sql: str


@cache
def read_changes() -> tuple[SingleChange, ...]:
    """All changes of all files, in their order."""
    return tuple(
        _read(f"{path.stem}:{number}", block)
        for path in sorted(FOLDER.glob("*.sql"))
        for number, block in _blocks(path.read_text(encoding="utf-8"))
    )


def _blocks(text: str) -> list[tuple[int, str]]:
    found = re.finditer(r"(?:^.+\n)+", text, re.MULTILINE)
    return [(text.count("\n", 0, it.start()) + 1, it.group()) for it in found]


def _read(place: str, block: str) -> SingleChange:
    lines = block.splitlines()
    heads = [line for line in lines if line.startswith("-- ")]
    found = [_HEAD.fullmatch(head) for head in heads]
    assert all(found), f"{place}: {heads}"
    return SingleChange(
        place,
        heads[0].removeprefix("-- "),
        (found[0] and found[0]["needs"]) or "",
        tuple(_expectation(head) for head in found if head and head["kind"]),
        "\n".join(lines[len(heads) :]),
    )


def _expectation(head: re.Match[str]) -> Expectation:
    return Expectation(
        {"+": "extra", "-": "missing", None: "different"}[head["sign"]],
        head["kind"].replace("-", " "),
        name_of(head["name"]),
        bool(head["all"]),
        frozenset((head["attributes"] or "").split(", ")) - {""},
        head["needs"] or "",
    )


def batches(
    size: int, sort: Callable[[SingleChange], Hashable] = lambda _: None
) -> list[list[SingleChange]]:
    """All changes, those that touch nothing of each other's together; only one sort in a batch."""
    found: list[tuple[Hashable, set[tuple[str, ...]], list[SingleChange]]] = []
    for change in read_changes():
        touched = {it.name for it in change.expectations}
        for other, taken, batch in found:
            if other == sort(change) and not taken & touched and len(batch) < size:
                taken.update(touched)
                batch.append(change)
                break
        else:
            found.append((sort(change), touched, [change]))
    return [batch for _, _, batch in found]


def in_parts(changes: Sequence[SingleChange], check: Callable[..., None]) -> None:
    """Check all changes at once; those that do not go together, in halves, down to single ones."""
    if not changes:
        return
    try:
        check(*changes)
    except (AssertionError, psycopg.Error):
        if len(changes) == 1:
            raise
        half = len(changes) // 2
        in_parts(changes[:half], check)
        in_parts(changes[half:], check)


def name_of(text: str) -> tuple[str, ...]:
    """The parts of a name as the files write it."""
    parts, at = [], 0
    while at <= len(text):
        part = _PART.match(text, at)
        assert part, text
        quoted, arguments, plain = part.groups()
        parts.append(quoted.replace('""', '"') if quoted is not None else arguments or plain or "")
        at = part.end() + (text[part.end() : part.end() + 1] != "(")
    return tuple(parts)


def pytest_report_header() -> str:
    """Say how many changes are tried."""
    changes = read_changes()
    kinds = {it.kind for change in changes for it in change.expectations}
    return f"catalogue: {len(changes)} single changes of {len(kinds)} kinds of object"
