"""Lint: what is wrong with migration files, told before anybody runs them; no database is asked.

Files in, findings out. ``book.py`` has the one table of rules; each rule is a function of a module
named after what it is about, or comes from what the rest of wishkit refuses anyway: errors of files
(their code is the rule's name) and hazards. A file is read once (``reading.py``); what the files
before it have made is known from their texts (``known.py``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wishkit.core.batches import Batch
from wishkit.core.enums import addition, refuse_early_use
from wishkit.core.lint import (
    backward,
    breaking,
    comments,
    folder,
    habits,
    transactions,
    versions,
    waiting,
)
from wishkit.core.lint.book import FILE_CHECKS, FOLDER_CHECKS, PAIR_CHECKS, RULES, Spot
from wishkit.core.lint.exceptions import about_exceptions, excepted
from wishkit.core.lint.known import Known, fresh_names, plain
from wishkit.core.lint.model import Finding, Rule
from wishkit.core.lint.reading import Around, File, Pair, gathered, read
from wishkit.core.locks.model import Name
from wishkit.core.migration import BACKWARD_SUFFIX
from wishkit.core.plan import Step
from wishkit.errors import MigrationFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from wishkit.core.columns import Columns
    from wishkit.core.migration import Migration

__all__ = ["RULES", "Finding", "Rule", "lint"]

# Modules that register rules: imported for that.
_SILENCES = {"comment-missing", "summary-missing", "number-gap"}  # about what is not there
_FAMILIES = (backward, breaking, comments, folder, habits, transactions, versions, waiting)


def lint(
    scanned: Iterable[Migration | MigrationFileError],
    *,
    new: Collection[str] | None = None,
    only: Collection[str] | None = None,
    applied: Collection[str] = (),
    version: int | None = None,
    others: Iterable[Finding] = (),
    second_opinion: Callable[[Sequence[File]], Iterable[Finding]] | None = None,
) -> tuple[Finding, ...]:
    """Judge a folder.

    Args:
        scanned: its migrations and what is wrong between them, see ``migration.scan_folder``.
        new: ids of those that are to be judged, and run together; None: all of them are, each as
            if those before it were applied long ago.
        only: ids of those that anything is told of; None: all.
        applied: further ids that may be depended on.
        version: major version of the target server.
        others: findings that do not come from the texts.
        second_opinion: asked about the files that are judged; what it finds where we find something
            is left out.

    Returns:
        the findings in the order of the folder, those that are excepted included.
    """
    everything = list(scanned)
    pairs = [read(it) for it in everything if not isinstance(it, MigrationFileError)]
    ids = frozenset({pair.id for pair in pairs} | {*applied})
    judged = [
        pair
        for pair in pairs
        if (new is None or pair.id in new) and (only is None or pair.id in only)
    ]
    around = replace(gathered(pairs), ids=ids, version=version)
    found = [_of_error(it) for it in everything if isinstance(it, MigrationFileError)]
    found += [it for it in others if only is None or it.migration in only]
    found += _of_texts(pairs, judged, around, new)
    chosen = {pair.id for pair in judged}
    for name, check in FOLDER_CHECKS.items():
        found += [it for it in _findings(name, check(pairs, around)) if it.migration in chosen]
    files = [file for pair in judged for file in pair.files]
    if second_opinion:
        found += _elsewhere(second_opinion(files), found)
    found = list(excepted(found, files))
    about = about_exceptions(files, found, second_opinion=second_opinion is not None)
    found += excepted(about, files)
    return tuple(sorted(dict.fromkeys(found), key=_place))


def _place(finding: Finding) -> tuple[str, bool, int, int]:
    """Forward files before backward ones, top to bottom."""
    path = finding.where.path
    backward = path.endswith(BACKWARD_SUFFIX)
    stem = path.removesuffix(BACKWARD_SUFFIX).removesuffix(".sql")
    return stem, backward, finding.where.line, finding.where.column


def _of_texts(
    pairs: Sequence[Pair],
    judged: Sequence[Pair],
    around: Around,
    new: Collection[str] | None,
) -> Iterator[Finding]:
    known = Known.nothing(around.version)
    chosen = {pair.id for pair in judged}
    together = frozenset[Name]()
    if new is not None:
        together = frozenset(it for pair in pairs if pair.id in new for it in _made(pair))
    before = ""
    for pair in pairs:
        if new is None or before not in new:
            known.fresh = set()
        before = pair.id
        if pair.id not in chosen:
            for _ in _of_file(pair, pair.forward, known):
                pass  # what it does is known from here on
            continue
        yield from _of_file(pair, pair.forward, known)
        if pair.backward:
            yield from _of_file(pair, pair.backward, known.copy())
        own = replace(around, fresh=together | {*_made(pair)})
        for file in pair.files:
            for name, check in FILE_CHECKS.items():
                yield from _findings(name, check(file, own))
        for name, of_pair in PAIR_CHECKS.items():
            yield from _findings(name, of_pair(pair, own))


def _made(pair: Pair) -> Iterator[Name]:
    """Relations that a migration makes, in either direction, and that were not there before."""
    for file in pair.files:
        there: set[Name] = set()
        for it in file.statements:
            there |= {plain(Name(ref.schema, ref.name)) for ref in it.effects.drops}
            there |= {plain(old) for old, _ in it.effects.renames}
            yield from (name for name in fresh_names(it) if name not in there)


def _of_file(pair: Pair, file: File, known: Known) -> Iterator[Finding]:
    """What wishkit would refuse in a file, and its hazards."""
    for error in file.problems:
        yield _of_error(error, pair.id)
    for rule, spot in waiting.hazards_of(file, known):
        yield from _findings(rule, (spot,))
    adds = any(addition(it.tree) for it in file.statements)
    if not file.problems and (file.forward or adds):
        yield from _early_use(pair, file, known.enums if file.forward else known.enums.copy())


def _early_use(pair: Pair, file: File, columns: Columns) -> Iterator[Finding]:
    batches = [
        Batch(it.statement.index, (it.span,), "together", it.statement, it.effects)
        for it in file.statements
    ]
    try:
        refuse_early_use([(Step(pair.migration, file.direction), batches)], columns, {})
    except MigrationFileError as error:
        yield _of_error(error, pair.id)


def _of_error(error: MigrationFileError, id_: str | None = None) -> Finding:
    spot = folder.spot(error)
    return Finding(error.code, RULES[error.code].severity, spot.message, spot.where, spot.help, id_)


def _findings(rule: str, spots: Iterable[Spot]) -> Iterator[Finding]:
    for spot in spots:
        id_ = spot.where.path.rsplit("/", 1)[-1]
        id_ = id_.removesuffix(BACKWARD_SUFFIX).removesuffix(".sql")
        yield Finding(rule, RULES[rule].severity, spot.message, spot.where, spot.help, id_)


def _elsewhere(second: Iterable[Finding], found: Sequence[Finding]) -> Iterator[Finding]:
    """Where none of ours stands at the same place and is about what happens there."""
    taken = {(it.where.path, it.where.line) for it in found if it.rule not in _SILENCES}
    for finding in second:
        if (finding.where.path, finding.where.line) not in taken:
            yield finding
