"""Prove one migration that has gone forward: undo it, do it again, and compare all there is."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import psycopg

from wishkit.core.batches import batches
from wishkit.core.plan import Step
from wishkit.core.rehearsal import (
    Problem,
    Rehearsed,
    losses,
    not_the_same_again,
    not_undone,
    rows_lost,
)
from wishkit.errors import Interrupted, WishkitError
from wishkit.postgres.catalog import read_snapshot
from wishkit.postgres.measure import Measurer
from wishkit.postgres.probe import run_probe
from wishkit.postgres.rows import read_rows
from wishkit.postgres.session import Lost, Refused, Session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wishkit.core.migration import Direction, Migration
    from wishkit.core.probes import Probe
    from wishkit.core.rehearsal import Measured, Rows
    from wishkit.core.schema import Snapshot
    from wishkit.core.script import Script
    from wishkit.postgres.workbench import Workbench

    Connection = psycopg.Connection[Any]

MEASURED = "_measured"  # behind the name of a database: the same, before the migration


@dataclass(frozen=True, slots=True)
class Part:
    """One migration of a rehearsal.

    Attributes:
        migration: which one.
        base: tells what is there before it.
        proven: whether it is undone and done again; otherwise it only makes the state for others.
        shared: it changes what all databases of a server share, such as a role: nothing else may
            run beside it.
        verify: asserts what it promises.
        gone: asserts that nothing of it remains when it is undone.
        fixture: rows that are put in once it has run.
    """

    migration: Migration
    base: str
    proven: bool = True
    shared: bool = False
    verify: Probe | None = None
    gone: Probe | None = None
    fixture: Script | None = None


@dataclass(slots=True)
class Proving:
    """One migration, gone forward on a database that is used for nothing else from now on.

    Args:
        bench: where that is.
        part: the migration.
        name: of the database. If the migration has no way back, there is another one, called so
            with ``MEASURED`` behind, where it has not gone forward.
        before: the schema as it was.
        rows: as they were, of tables that had some.
        seconds: how long forward took.

    Attributes:
        after: the schema as it was when the migration had gone forward.
        result: as far as it is known.
    """

    bench: Workbench
    part: Part
    name: str
    before: Future[Snapshot]
    rows: Mapping[str, Rows]
    seconds: float
    after: Future[Snapshot] = field(default_factory=Future)
    result: Rehearsed = field(init=False)

    def __post_init__(self) -> None:
        rows = sum(it.count for it in self.rows.values())
        self.result = replace(blank(self.part), forward="passed", seconds=self.seconds, rows=rows)

    def prove(self, *, drop: bool = False) -> Rehearsed:
        """Undo the migration, do it again, and see what each of its statements does.

        Args:
            drop: remove the database afterwards.
        """
        try:
            # One that looks for all of it: catalogs are read three times, and then quicker.
            with self.bench.connect(self.name) as looker:
                self._prove(looker)
        except BaseException as error:
            if not self.after.done():
                self.after.set_exception(error)
            raise
        finally:
            if drop:
                with suppress(psycopg.Error):  # then the stage goes with it
                    self.bench.stage.drop_database(self.name)
        return self.result

    def _prove(self, looker: Connection) -> None:
        self.after.set_result(read_snapshot(looker))
        self._verify(looker)
        reason = self.part.migration.header.irreversible
        if reason is not None:
            self._tell(irreversible=reason, backward="irreversible", again="irreversible")
            self._measure_aside()
            return
        with self.bench.running(self.name) as run:
            if not self._run(run, "backward", "backward"):
                return
            self._compare_schema(looker)
            self._compare_rows(looker)
            self._verify_undone(looker)
            if not self._run(run, "forward", "again"):
                return
        self._problem("again", not_the_same_again(self.after.result(), read_snapshot(looker)))
        self._measure(looker, self.name, "backward", "forward")

    def _run(
        self, run: Callable[[Migration, Direction], float], direction: Direction, phase: str
    ) -> bool:
        try:
            run(self.part.migration, direction)
        except WishkitError as error:
            if self.bench.stopping or isinstance(error, Interrupted):
                raise
            self._problem(phase, Problem(f"{phase}-failed", error.message, error=error))
            return False
        self._tell(**{phase: "passed"})
        return True

    def _verify(self, connection: Connection) -> None:
        if self.part.verify is None:
            return
        verdict = run_probe(connection, self.part.verify)
        self._tell(verify="passed")
        if verdict.error:
            text = f"what it promises is not there: {verdict.error.message}"
            self._problem("verify", Problem("verify-failed", text, error=verdict.error))

    def _compare_schema(self, connection: Connection) -> None:
        problem, moved = not_undone(self.before.result(), read_snapshot(connection))
        self._problem("backward", problem)
        self._tell(reordered=moved)

    def _compare_rows(self, connection: Connection) -> None:
        found = losses(self.rows, read_rows(connection))
        self._problem("backward", rows_lost(found, self.part.migration))

    def _verify_undone(self, connection: Connection) -> None:
        """Its mirror has to pass now, and what asserts its promises has to fail."""
        gone, verify = self.part.gone, self.part.verify
        if gone and (error := run_probe(connection, gone).error):
            text = f"something of it remains: {error.message}"
            self._problem("backward", Problem("not-gone", text, error=error))
        if verify and self.result.verify == "passed" and run_probe(connection, verify).passed:
            text = (
                f"{verify.script.path} passes without the migration too: it asserts nothing of it"
            )
            self._problem("verify", Problem("verify-empty", text))

    def _measure_aside(self) -> None:
        name = self.name + MEASURED
        try:
            with self.bench.connect(name) as watcher:
                self._measure(watcher, name, "forward")
        finally:
            self.bench.stage.drop_database(name)

    def _measure(self, watcher: Connection, name: str, *directions: Direction) -> None:
        """See what each statement locks and rewrites; where that cannot be seen, say why."""
        found: dict[str, tuple[Measured, ...]] = {}
        with self.bench.connect(name) as connection:
            measurer = Measurer(Session(connection, role=None), watcher)
            for direction in directions:
                step = Step(self.part.migration, direction)
                parts = batches(step.script, transactional=step.transactional)
                try:
                    found[direction] = measurer.measure(step, parts)
                except (Refused, Lost) as stopped:
                    if self.bench.stopping:
                        raise
                    first, *_ = str(stopped).splitlines() or [""]
                    self._tell(unmeasured=f"alone, a statement {direction} does not work: {first}")
                    break
        self._tell(
            statements=found.get("forward", ()), backward_statements=found.get("backward", ())
        )

    def _tell(self, **facts: Any) -> None:  # noqa: ANN401 - fields of Rehearsed
        self.result = replace(self.result, **facts)

    def _problem(self, phase: str, problem: Problem | None) -> None:
        if problem:
            self._tell(**{phase: "failed"}, problems=(*self.result.problems, problem))


def blank(part: Part) -> Rehearsed:
    """What is known of a migration that has not run."""
    migration = part.migration
    path = migration.forward.path
    known = Rehearsed(migration.id, migration.checksum, part.base, "not run", path)
    with suppress(WishkitError):  # a header that cannot be read is told elsewhere
        known = replace(known, summary=migration.header.summary)
    return known
