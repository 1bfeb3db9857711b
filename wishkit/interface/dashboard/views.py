"""What each page shows of a board."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from wishkit.commands.foretell import foretell
from wishkit.core.difference import difference
from wishkit.core.header import Header
from wishkit.errors import MigrationFileError
from wishkit.interface.matrix_words import Cell, facts, migrations, remarks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.commands.board import Board, Place
    from wishkit.commands.requests import Standing
    from wishkit.commands.status import Row
    from wishkit.core.migration import Direction, Migration
    from wishkit.core.timing import PastAttempt

_SETTLED = 50  # of the others that are shown with them
_NEW = 8  # migrations that are shown although they are applied everywhere
_MOST = 200  # that are not
_RECENT = 100  # attempts
# By the mark of a cell: how it is coloured.
_KINDS = {"✓": "ok", "✗": "bad", "!": "warn", "·": "todo", "?": "unknown", "▸": "live"}
_WELL, _WRONG, _SOON, _RUNS, _UNSURE = "✓", "✗", "·", "▸", "?"


def kind(mark: str) -> str:
    """How a cell of that mark is coloured."""
    return _KINDS.get(mark, "plain")


@dataclass(frozen=True, slots=True)
class Card:
    """One environment at a glance.

    Attributes:
        place: it.
        verdict: how it is.
        facts: what was asked and what it answered.
        remarks: what is wrong or waits, one sentence each.
    """

    place: Place
    verdict: Cell
    facts: tuple[tuple[str, Cell], ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InPlace:
    """A migration in one environment.

    Attributes:
        name: of the environment.
        cell: its state.
        row: what is known of it there; None where nothing is.
    """

    name: str
    cell: Cell
    row: Row | None


@dataclass(frozen=True, slots=True)
class Line:
    """A migration in every environment.

    Attributes:
        id: which one.
        summary: its first comment line.
        cells: one for each environment.
    """

    id: str
    summary: str
    cells: tuple[InPlace, ...]

    @property
    def settled(self) -> bool:
        """Applied everywhere."""
        return all(it.cell.mark in {_WELL, ""} for it in self.cells)


@dataclass(frozen=True, slots=True)
class Signals:
    """What every page says at its top.

    Attributes:
        mark: of all together.
        title: in a few words.
        text: one sentence.
        running: how many runs are under way.
        waiting: how many requests wait for somebody.
        drifted: how many environments have drifted.
        wrong: environments that are not well, each with one sentence.
    """

    mark: str
    title: str
    text: str
    running: int
    waiting: int
    drifted: int
    wrong: tuple[tuple[str, str], ...]


def signals(board: Board) -> Signals:
    """The headline, and the numbers beside the navigation."""
    cards = _cards(board)
    wrong = tuple(
        (it.place.name, next(iter(it.remarks), it.verdict.text))
        for it in cards
        if it.verdict.mark == _WRONG
    )
    running = sum(len(it.live.running) for it in board.places if it.live)
    waiting = [it for it in _waiting(board) if it.state in {"open", "altered"}]
    drifted = [
        it.name for it in board.places if it.status.drift and it.status.drift.state == "some"
    ]
    pending = max((it.status.counts or {}).get("pending", 0) for it in board.places)
    known = f"{_number(len(board.places), 'environment')}, "
    known += _number(len(board.matrix.migrations), "migration")
    if wrong or board.errors:
        names = [name for name, _ in wrong]
        names += ["the project's own files"] if board.errors else []
        mark, title, text = _WRONG, "Look here", f"Not well: {', '.join(names)}."
    elif running:
        mark, title = _RUNS, "At work"
        text = f"{_number(running, 'run')} under way."
    elif waiting:
        mark, title = "!", "Somebody is waited for"
        text = f"{_number(len(waiting), 'request')} to be approved."
    elif pending:
        mark, title = _SOON, "On its way"
        text = f"Up to {_number(pending, 'migration')} to be applied; nothing is wrong."
    elif not board.matrix.migrations:
        mark, title, text = _SOON, "Nothing here yet", "There are no migrations: wishkit new."
    else:
        mark, title, text = _WELL, "All is well", f"{known}: applied everywhere, nothing waits."
    return Signals(mark, title, text, running, len(waiting), len(drifted), wrong)


def overview(board: Board) -> dict[str, Any]:
    """All environments, all migrations."""
    lines = _lines(board)
    fresh = [it for n, it in enumerate(lines) if n < _NEW or not it.settled]
    settled = [it for n, it in enumerate(lines) if n >= _NEW and it.settled]
    return {
        "cards": _cards(board),
        "lines": fresh[:_MOST],
        "settled": settled[:_SETTLED],
        "more": len(lines) - len(fresh[:_MOST]) - len(settled[:_SETTLED]),
    }


def all_migrations(board: Board) -> dict[str, Any]:
    """All migrations."""
    return {"lines": _lines(board)}


def running(board: Board) -> dict[str, Any]:
    """What runs right now, in every environment."""
    busy = [it for it in board.places if it.live and (it.live.running or it.live.queued)]
    return {"busy": busy, "quiet": [it for it in board.places if it not in busy]}


def requests(board: Board) -> dict[str, Any]:
    """Requests and gates."""
    every = [(it.name, one) for it in board.places if it.insight for one in it.insight.requests]
    live = {"open", "approved", "altered"}
    return {
        "open": [it for it in every if it[1].state in live],
        "closed": sorted(
            (it for it in every if it[1].state not in live),
            key=lambda it: it[1].requested_at,
            reverse=True,
        ),
        "unread": [
            (it.name, text) for it in board.places if it.insight for text in it.insight.denied
        ],
    }


def drift(board: Board) -> dict[str, Any]:
    """What is not as it was left, in every environment."""
    return {"cells": {it.place.name: dict(it.facts).get("drift") for it in _cards(board)}}


def history(board: Board) -> dict[str, Any]:
    """What was done lately, everywhere."""
    every = _attempts(board)
    return {"attempts": every[:_RECENT], "more": max(0, len(every) - _RECENT)}


def environment(board: Board, place: Place) -> dict[str, Any]:
    """One environment."""
    card = next(it for it in _cards(board) if it.place is place)
    rows = sorted(place.status.migrations, key=lambda it: it.id, reverse=True)
    attempts = place.insight.attempts if place.insight else ()
    return {"card": card, "place": place, "rows": rows, "attempts": attempts[:20]}


def migration(board: Board, id_: str) -> dict[str, Any]:
    """One migration."""
    line = next(it for it in _lines(board) if it.id == id_)
    source = board.files.get(id_) or next(
        (it.insight.texts[id_] for it in board.places if it.insight and id_ in it.insight.texts),
        None,
    )
    header, problem = _header(source)
    proof = board.proofs.get(id_)
    fits = bool(proof and source and proof.checksum == source.checksum)
    directions: tuple[Direction, ...] = ("forward", "backward")
    plans = [foretell(source, it, proof) for it in directions] if source else []
    return {
        "line": line,
        "source": source,
        "on_disk": id_ in board.files,
        "header": header,
        "problem": problem,
        "texts": [(it, source.script(it)) for it in directions] if source else [],
        "plans": [it for it in plans if it],
        "proof": proof,
        "proof_fits": fits,
        "differences": [*_differences(board, id_)],
        "attempts": [it for it in _attempts(board) if it.id == id_],
        "timed": _timed(board, id_),
        "requests": [
            (it.name, one)
            for it in board.places
            if it.insight
            for one in it.insight.requests
            if id_ in {asked.id for asked in one.migrations}
        ],
    }


def _cards(board: Board) -> list[Card]:
    found = []
    for place in board.places:
        alone = replace(board.matrix, environments=(place.status,))
        told = [(line.label, line.cells[0]) for line in facts(alone, always=True)]
        lines = tuple(it.removeprefix(f"{place.name}: ") for it in remarks(alone))
        found.append(Card(place, told[0][1], tuple(told[1:]), lines))
    return found


def _lines(board: Board) -> list[Line]:
    """The newest first."""
    known = [{row.id: row for row in it.status.migrations} for it in board.places]
    names = [it.name for it in board.places]
    found = []
    for line in reversed(migrations(board.matrix, folded=False)):
        rows = [it.get(line.label) for it in known]
        summary = next((row.summary for row in rows if row and row.summary), "")
        if not summary and line.label in board.files:
            summary = _header(board.files[line.label])[0].summary
        cells = tuple(map(InPlace, names, line.cells, rows))
        found.append(Line(line.label, summary, cells))
    return found


def _header(source: Migration | None) -> tuple[Header, MigrationFileError | None]:
    try:
        return (source.header if source else Header()), None
    except MigrationFileError as error:
        return Header(), error


def _differences(board: Board, id_: str) -> Iterator[tuple[str, str, str]]:
    """Environment, direction, and how the file differs from what was applied there."""
    file = board.files.get(id_)
    for place in board.places:
        applied = place.insight.texts.get(id_) if place.insight else None
        if file is None or applied is None:
            continue
        for direction in ("forward", "backward"):
            text = difference(applied.script(direction), file.script(direction))
            if text:
                yield place.name, direction, text


def _attempts(board: Board) -> list[PastAttempt]:
    every = [one for it in board.places if it.insight for one in it.insight.attempts]
    return sorted(every, key=lambda it: it.at, reverse=True)


def _timed(board: Board, id_: str) -> list[PastAttempt]:
    """The last time that it went forward, in each environment."""
    found = []
    for place in board.places:
        attempts = place.insight.attempts if place.insight else ()
        done = (it for it in attempts if it.id == id_ and it.direction == "forward" and it.ran)
        found += [it for it in (next(done, None),) if it and it.timings]
    return found


def _waiting(board: Board) -> list[Standing]:
    return [one for it in board.places for one in it.status.requests]


def _number(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
