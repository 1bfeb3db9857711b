"""A matrix of environments in words: a line for each question, a cell for each environment."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from wishkit.core.evidence import age_words
from wishkit.core.state import State
from wishkit.errors import ConfigError, ConnectError
from wishkit.interface.render_running import running_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wishkit.commands.matrix import EnvironmentStatus, Matrix

_FEW = 4  # migrations that are applied everywhere are told one by one up to here
_SHOWN = 3  # names that are told one by one
_SEVERITIES = ("error", "warning", "info")


class Cell(NamedTuple):
    """What one environment answers: the mark says as much as the colour does.

    Attributes:
        mark: ✓ as it should be, ✗ not so, ! somebody has to see to it, · still to come, ? not
            known, ▸ going on; empty where nothing is said.
        text: in a few words.
    """

    mark: str = ""
    text: str = ""

    def __str__(self) -> str:
        return f"{self.mark} {self.text}".strip()


class Line(NamedTuple):
    """One question to all.

    Attributes:
        label: what is asked; a migration's id.
        cells: one for each environment.
    """

    label: str
    cells: tuple[Cell, ...]


NOTHING = Cell()
_APPLIED = Cell("✓", "applied")
_STATES = {
    State.APPLIED: _APPLIED,
    State.PENDING: Cell("·", "pending"),
    **{it: Cell("✗", it.value) for it in (State.CHANGED, State.MISSING, State.PARTIAL)},
}


def facts(found: Matrix, *, always: bool = False) -> list[Line]:
    """How the environments are.

    Args:
        found: the matrix.
        always: with the questions to which nobody has anything to say.
    """
    asked = [
        Line("is", _each(found, _verdict, always=True)),
        Line("PostgreSQL", _each(found, lambda it: Cell("", it.version or ""), always=True)),
        Line("at", _each(found, _position)),
        Line("at work", _each(found, _at_work)),
        Line("drift", _each(found, _drift)),
        Line("indexes", _each(found, _indexes)),
        Line("constraints", _each(found, _constraints)),
        Line("prepared", _each(found, _prepared)),
        Line("requests", _each(found, _requests)),
        Line("backup", _each(found, _backup)),
        Line("to review", _each(found, _unreviewed)),
    ]
    return [line for line in asked if always or {*line.cells} != {NOTHING}]


def migrations(found: Matrix, *, folded: bool = True) -> list[Line]:
    """A line for each migration, oldest first.

    Args:
        found: the matrix.
        folded: many in a row that are applied everywhere become one line.
    """
    states = [{row.id: row.state for row in it.migrations} for it in found.environments]
    lines = [
        Line(
            id_, tuple(_STATES[known[id_]] if id_ in known else _absent(known) for known in states)
        )
        for id_ in found.migrations
    ]
    if not folded:
        return lines
    told: list[Line] = []
    for everywhere, group in groupby(lines, key=lambda it: {*it.cells} <= {_APPLIED, NOTHING}):
        run = list(group)
        if everywhere and len(run) > _FEW:
            label = f"{_number(run[0].label)} to {_number(run[-1].label)} ({len(run)})"
            told.append(Line(label, run[0].cells))
        else:
            told += run
    return told


def remarks(found: Matrix) -> Iterator[str]:
    """What is wrong or waits, one sentence each, with what to do."""
    for it in found.environments:
        for text in _remarks(it):
            yield f"{it.name}: {text}"


def _each(
    found: Matrix,
    ask: Callable[[EnvironmentStatus], Cell],
    *,
    always: bool = False,
) -> tuple[Cell, ...]:
    """A cell an environment; who could not be asked has nothing to say."""
    return tuple(ask(it) if always or not it.error else NOTHING for it in found.environments)


def _absent(known: dict[str, State]) -> Cell:
    """Of a migration that another environment's ledger knows, and no file."""
    return Cell("", "-") if known else NOTHING


def _number(id_: str) -> str:
    return id_.partition("_")[0]


def _verdict(it: EnvironmentStatus) -> Cell:
    if it.error:
        there = not isinstance(it.error, ConnectError | ConfigError)
        return Cell("✗", "not read" if there else "not there")
    if it.at_work:
        return Cell("▸", "at work")
    if any(_wrong(it)):
        return Cell("✗", "not well")
    if pending := (it.counts or {}).get("pending"):
        return Cell("·", f"{pending:,} pending")
    return Cell("✓", "well")


def _wrong(it: EnvironmentStatus) -> Iterator[bool]:
    yield any((it.counts or {}).get(state) for state in ("changed", "missing", "partial"))
    yield it.drift is not None and it.drift.fails
    yield bool(it.invalid_indexes or it.prepared_transactions or it.unreviewed)
    yield it.backup_gate is not None and not it.backup_gate.passed
    yield any(request.state == "altered" for request in it.requests)


def _position(it: EnvironmentStatus) -> Cell:
    if it.position:
        return Cell("", _number(it.position))
    return Cell("", "base" if it.ledger_version else "no ledger")


def _at_work(it: EnvironmentStatus) -> Cell:
    if not it.at_work:
        return NOTHING
    run = it.at_work[0]
    share = "" if run.fraction is None else f" {run.fraction:.0%}"
    return Cell("▸", (_number(run.migration) if run.migration else "a run") + share)


def _drift(it: EnvironmentStatus) -> Cell:
    if it.drift is None or it.drift.state == "unknown":
        return Cell("?", "not known")
    if it.drift.state == "none":
        return Cell("✓", "none")
    counts = Counter(drift.severity.value for drift in it.drift.drifts)
    worst = next(severity for severity in _SEVERITIES if counts[severity])
    number, more = counts[worst], counts.total() - counts[worst]
    plural = "s" if number > 1 and worst != "info" else ""
    text = f"{number} {worst}{plural}" + (f", {more} more" if more else "")
    return Cell("✗" if it.drift.fails else "!", text)


def _indexes(it: EnvironmentStatus) -> Cell:
    number = len(it.invalid_indexes)
    return Cell("✗", f"{number} INVALID") if number else Cell("✓", "valid")


def _constraints(it: EnvironmentStatus) -> Cell:
    number = len(it.unvalidated_constraints)
    return Cell("!", f"{number} not validated") if number else Cell("✓", "validated")


def _prepared(it: EnvironmentStatus) -> Cell:
    number = len(it.prepared_transactions)
    return Cell("✗", f"{number} open") if number else NOTHING


def _requests(it: EnvironmentStatus) -> Cell:
    if "requests" in it.denied:
        return Cell("?", "not known")
    if not it.requests:
        return NOTHING
    request = it.requests[-1]
    if request.state == "open":
        return Cell("!", f"{request.id} lacks {_first_number(request.missing)}")
    return Cell("✗" if request.state == "altered" else "✓", f"{request.id} {request.state}")


def _first_number(missing: str | None) -> str:
    """``2 more approvals`` in as few words as can be."""
    return (missing or "something").replace(" more", "")


def _backup(it: EnvironmentStatus) -> Cell:
    if "backups" in it.denied:
        return Cell("?", "not known")
    passed = it.backup_gate.passed if it.backup_gate else True
    last = it.last_backup
    if last is None:
        return NOTHING if passed else Cell("✗", "none")
    age = age_words(last.age)
    if last.failure:
        return Cell("✗", f"damaged, {age} old")
    level = max(last.level, last.claimed_level or 0)
    return Cell("✓" if passed else "✗", f"level {level}, {age} old")


def _unreviewed(it: EnvironmentStatus) -> Cell:
    if "promotions" in it.denied:
        return Cell("?", "not known")
    number = len(it.unreviewed)
    return Cell("✗", f"{number} promotion{'' if number == 1 else 's'}") if number else NOTHING


def _remarks(it: EnvironmentStatus) -> Iterator[str]:
    """Of one environment."""
    if it.error:
        yield it.error.message
        if it.error.help:
            yield f"help: {it.error.help}"
        return
    for run in it.at_work:
        yield f"at work: {running_words(run)}"
    yield from _of_states(it)
    yield from _of_drift(it)
    if it.invalid_indexes:
        yield (
            f"INVALID, never finished: {_some(it.invalid_indexes)}; "
            "REINDEX INDEX CONCURRENTLY, or drop it"
        )
    if it.unvalidated_constraints:
        yield f"not validated: {_some(it.unvalidated_constraints)}"
    for left in it.prepared_transactions:
        yield f"prepared transaction {left.name} is open for {age_words(left.age or 0)}: end it"
    yield from _of_gates(it)
    if it.denied:
        yield f"this role may not read all of the ledger: {', '.join(it.denied)} are not known"


def _of_states(it: EnvironmentStatus) -> Iterator[str]:
    advice = {
        State.CHANGED: "files are not what was applied: wishkit show ID prints the difference",
        State.MISSING: "applied, and the files are gone: wishkit show ID prints them as applied",
        State.PARTIAL: "stopped part-way: the next run goes on from there",
    }
    for state, words in advice.items():
        if ids := [row.id for row in it.migrations if row.state is state]:
            yield f"{_some(ids)}: {words}"


def _of_drift(it: EnvironmentStatus) -> Iterator[str]:
    drift = it.drift
    if drift is None:
        return
    if drift.why and not it.at_work and it.position:
        yield f"whether it has drifted is not known: {drift.why}"
    for one in drift.drifts[:_SHOWN]:
        yield f"drift, {one.severity.value}: {one.text}"
    if (more := len(drift.drifts) - _SHOWN) > 0:
        yield f"and {more} more: wishkit check --last-run{_option(it)}"


def _of_gates(it: EnvironmentStatus) -> Iterator[str]:
    for request in it.requests:
        what = f"request {request.id} ({request.verb}, risk {request.risk}) is {request.state}"
        if request.state == "approved":
            yield f"{what}: wishkit {request.verb}{_option(it)}"
        else:
            yield f"{what} and lacks {request.missing}; {request.who}"
    if it.backup_gate and not it.backup_gate.passed:
        first = (it.backup_gate.who or "").splitlines()[:1]
        yield "; ".join([it.backup_gate.found, *first])
    elif it.last_backup and it.last_backup.failure:
        yield f"backup {it.last_backup.id} is damaged: {it.last_backup.failure}"
    for one in it.unreviewed:
        yield (
            f"promotion {one.id} went past {', '.join(one.skipped)}, and nobody has looked at it "
            f"since: wishkit ledger review{_option(it)}"
        )


def _option(it: EnvironmentStatus) -> str:
    return f" --env {it.name}" if it.configured else ""


def _some(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
