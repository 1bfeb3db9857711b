"""Rehearse migrations: each one forward, backward and forward again, with rows there to be lost.

One database is carried forward through all migrations. After each, a copy of it goes on to the next
one, and what is left behind is where the migration is undone and done again, beside the others.
"""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from wishkit.core.rehearsal import Problem
from wishkit.errors import Interrupted, WishkitError
from wishkit.postgres.catalog import read_snapshot
from wishkit.postgres.proving import MEASURED, Part, Proving, blank
from wishkit.postgres.rows import read_rows
from wishkit.postgres.stage import make_roles, missing_extension

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import psycopg

    from wishkit.core.rehearsal import Rehearsed, Rows
    from wishkit.core.schema import Snapshot
    from wishkit.core.script import Script
    from wishkit.postgres.workbench import Workbench

    Connection = psycopg.Connection[Any]


@dataclass(slots=True)
class Rehearsal:
    """A rehearsal under way.

    Args:
        bench: where.
        parts: all migrations from the first, in the order in which they run.
        seeds: rows that are put in as soon as the tables for them are there.
        jobs: how many migrations are undone and done again at a time.
        tell: is told which migration begins, and its place among those to be proven.

    Attributes:
        results: of the parts that are to be proven, as far as it got.
        unreached: ids of those that it did not get to.
        held: per table, how many rows it ever had.
        seeded: whether the seeds could be put in.
        version: of the server, such as ``18.6``.
    """

    bench: Workbench
    parts: Sequence[Part]
    seeds: Sequence[Script]
    jobs: int
    tell: Callable[[str, int], None]
    results: tuple[Rehearsed, ...] = ()
    unreached: tuple[str, ...] = ()
    held: dict[str, int] = field(default_factory=dict)
    seeded: bool = False
    version: str = ""
    _found: list[Future[Rehearsed]] = field(default_factory=list)
    _schema: Future[Snapshot] | None = None

    def run(self, roles: Iterable[str]) -> None:
        """Rehearse all parts.

        Args:
            roles: that the migrations name and do not make.

        Raises:
            CompareError: ``extension-missing``.
            ServerError: databases or roles cannot be made.
            WishkitError: rows of a fixture do not fit.
            Interrupted: asked to stop; nothing is left behind.
        """
        pool = ThreadPoolExecutor(self.jobs) if self.jobs > 1 else None
        try:
            self._begin(roles)
            self._carry(pool.submit if pool else _at_once)
            self.results = tuple(it.result() for it in self._found)
        except (KeyboardInterrupt, Interrupted):
            self.bench.stop(self._found)
            raise Interrupted("interrupted", state="nothing is left of the rehearsal") from None
        except BaseException:
            self.bench.stop(self._found)
            raise
        finally:
            if pool:
                pool.shutdown()

    def _begin(self, roles: Iterable[str]) -> None:
        self.bench.stage.create_database("0")
        with self.bench.connect("0") as connection:
            number = connection.info.server_version
            self.version = f"{number // 10000}.{number % 10000}"
            make_roles(connection, roles)

    def _carry(self, submit: Callable[..., Future[Any]]) -> None:
        """Carry one database forward, and leave one behind at every migration to be proven."""
        name = "0"
        for number, part in enumerate(self.parts, 1):
            rest = self.parts[number:]
            following = str(number)
            proving = self._forward(name, part)
            if proving is None and part.proven:
                self._not_reached(rest)
                return
            if proving is None:
                following = name
            elif part.shared:
                # What all databases share is put back only if no copy was made meanwhile.
                wait(self._found)
                self._found.append(_at_once(proving.prove))
                if proving.result.problems:
                    self._not_reached(rest)
                    return
            if rest and following != name:
                self.bench.stage.create_database(following, template=name)
            if proving and part.shared:
                self.bench.stage.drop_database(name)
            elif proving:
                self._found.append(submit(proving.prove, drop=True))
            name = following
            if rest and part.fixture:
                self._fill(name, part.fixture)

    def _forward(self, name: str, part: Part) -> Proving | None:
        """Run a migration; None if it is not to be proven, or failed.

        Raises:
            WishkitError: one that is not to be proven failed.
        """
        rows: dict[str, Rows] = {}
        with self.bench.connect(name) as connection:
            self._sow(connection)
            if part.proven:
                self.tell(part.migration.id, len(self._found) + 1)
                rows = self._rows(connection)
                self._schema = self._schema or _done(read_snapshot(connection))
        try:
            if part.proven and part.migration.header.irreversible is not None:
                self.bench.stage.create_database(name + MEASURED, template=name)
            with self.bench.running(name) as run:
                seconds = run(part.migration, "forward")
        except Interrupted:
            raise
        except WishkitError as error:
            if missing := missing_extension(error, part.migration.id):
                raise missing from error
            if not part.proven:
                raise
            problem = Problem("forward-failed", error.message, error=error)
            self._found.append(_done(replace(blank(part), forward="failed", problems=(problem,))))
            return None
        if not part.proven or self._schema is None:
            self._schema = None
            return None
        proving = Proving(self.bench, part, name, self._schema, rows, seconds)
        self._schema = proving.after
        return proving

    def _not_reached(self, parts: Sequence[Part]) -> None:
        self.unreached = tuple(it.migration.id for it in parts if it.proven)

    def _rows(self, connection: Connection) -> dict[str, Rows]:
        """The rows that are there, by table; which tables ever had some is kept."""
        rows = read_rows(connection)
        for table, it in rows.items():
            self.held[table] = max(it.count, self.held.get(table, 0))
        return {table: it for table, it in rows.items() if it.count}

    def _sow(self, connection: Connection) -> None:
        """Put the seeds in, once the tables for them are there."""
        if self.seeds and not self.seeded:
            self.seeded = self.bench.fill(connection, self.seeds) is None

    def _fill(self, name: str, fixture: Script) -> None:
        """Put in the rows that come with a migration.

        Raises:
            WishkitError: they do not fit.
        """
        with self.bench.connect(name) as connection:
            if error := self.bench.fill(connection, [fixture]):
                error.state = "nothing is left of the rehearsal"
                raise error


def _at_once(work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 - whatever it takes
    """Run it here and now, as a pool of none would."""
    return _done(work(*args, **kwargs))


def _done(value: Any) -> Future[Any]:  # noqa: ANN401 - whatever it is
    future: Future[Any] = Future()
    future.set_result(value)
    return future


def default_jobs() -> int:
    """As many as there are cores for us."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
