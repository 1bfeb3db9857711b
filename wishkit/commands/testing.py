"""Databases for the tests of a project: clones of what its migrations lead to."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wishkit.commands.workspace import shown
from wishkit.core.migration import read_folder, resolve
from wishkit.core.order import dependency_order
from wishkit.core.plan import BASE
from wishkit.core.probes import read_fixtures, read_seeds
from wishkit.core.roles import changes_server
from wishkit.errors import MigrationFileError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import psycopg

    from wishkit.core.migration import Direction, Migration
    from wishkit.core.script import Script
    from wishkit.postgres.stage import Stage
    from wishkit.postgres.states import State, States

    Connection = psycopg.Connection[Any]

# Of a migration that a test steps over: a connection of the test may be in its way, for good.
_DEADLINE = 5.0


@dataclass(frozen=True, slots=True)
class Clone:
    """A database of one test.

    Attributes:
        url: anything libpq takes.
        name: on its server.
        migration: the one that is next, or has just run; None if the clone is not about one.
    """

    url: str = field(repr=False)
    name: str
    migration: str | None
    _states: States = field(repr=False)
    _place: str = field(repr=False)
    _next: Migration | None = field(repr=False)

    def connect(self, *, autocommit: bool) -> Connection:
        """A connection; who asks for it closes it.

        Raises:
            ConnectError: no usable connection.
        """
        from wishkit.config import Target  # noqa: PLC0415 - as below
        from wishkit.postgres.connection import connect  # noqa: PLC0415 - the driver is heavy

        target = Target(self.url, self.name)
        return connect(target, application_name="wishkit test", autocommit=autocommit)

    def step(self, direction: Direction) -> None:
        """Run the migration that the clone is about, forward or backward.

        Raises:
            WishkitError: it fails, or has no way back.
        """
        if self._next:
            self._states.step(self._place, self._next, direction)


class Clones:
    """What clones are made from: the files of a project, and the states that have been made.

    Args:
        sql: the folder that holds migrations/, fixtures/ and seeds/.
        place: the server that they are on.

    Raises:
        MigrationFileError: ``no-migrations``, or files that do not go together.
    """

    def __init__(self, sql: Path, place: Stage) -> None:
        folder = sql / "migrations"
        known = {it.id: it for it in read_folder(folder, shown_as=shown(folder))}
        if not known:
            raise MigrationFileError(
                f"there is nothing to test: {shown(folder)} holds no migrations",
                code="no-migrations",
                help="wishkit new begins one; or name another folder: sql = … in wishkit.toml",
            )
        self._sql = sql
        self._place = place
        self._migrations = dependency_order(known, known.keys())
        self._ids = [it.id for it in self._migrations]
        self._fixtures = read_fixtures(
            sql / "fixtures", shown_as=shown(sql / "fixtures"), ids=self._ids
        )
        self._shared = {it.id for it in self._migrations if changes_server(it)}
        self._states: dict[frozenset[str], States] = {}
        self._servers = ExitStack()

    def close(self) -> None:
        """Leave nothing on the server, and stop those that were started beside it."""
        for states in self._states.values():
            if states.bench.stage is self._place:
                states.drop_all()
        self._servers.close()

    @contextmanager
    def clone(
        self,
        *,
        to: str | None = None,
        fixtures: bool | Sequence[str] = False,
        seeds: str | None = None,
    ) -> Iterator[Clone]:
        """A database of its own for the length of a ``with`` block.

        Args:
            to: the last migration that has run there, or ``base``; all have when None.
            fixtures: whether the rows of sql/fixtures are there, or of which migrations.
            seeds: the environment whose seeds are there.

        Raises:
            UsageError: ``unknown-migration``, ``no-fixture``, ``no-seeds``.
            WishkitError: a migration, its rows or the seeds failed.
            ServerError: databases or roles cannot be made.
        """
        count = len(self._ids)
        if to is not None:
            count = 0 if to == BASE else self._ids.index(resolve(to, self._ids)) + 1
        rows = self._chosen(fixtures)
        if late := rows - {*self._ids[:count]} if fixtures is not True else None:
            raise UsageError(
                f"{min(late)} has not run at {to}: its rows have no place there",
                code="no-fixture",
                help="leave it out of fixtures, or go further: to",
            )
        states = self._states_for(rows)
        with self._copy(states, self._state(count, rows, seeds), None) as clone:
            yield clone

    @contextmanager
    def before(
        self,
        migration: str,
        *,
        fixtures: bool | Sequence[str] = False,
        seeds: str | None = None,
    ) -> Iterator[Clone]:
        """As `clone`, just before a migration, which can then be run there, and undone.

        Args:
            migration: an id or its number.
            fixtures: as for `clone`; those of later migrations do not count.
            seeds: as for `clone`.

        Raises:
            WishkitError: as `clone` does.
        """
        id_ = resolve(migration, self._ids)
        count = self._ids.index(id_)
        rows = self._chosen(fixtures)
        state = self._state(count, rows, seeds)
        with ExitStack() as own:
            states = self._states_for(rows)
            if id_ in self._shared:
                # What it makes may be there already, or be in use in another database.
                states = self._another(own) or states
            yield own.enter_context(self._copy(states, state, self._migrations[count]))

    @contextmanager
    def _copy(self, states: States, state: State, following: Migration | None) -> Iterator[Clone]:
        from wishkit.postgres.states import database_name  # noqa: PLC0415 - the driver is heavy

        place = states.copy(state)
        try:
            url = states.bench.stage.url(place)
            id_ = following.id if following else None
            yield Clone(url, database_name(url), id_, states, place, following)
        finally:
            states.drop(place)

    def _state(self, count: int, rows: frozenset[str], seeds: str | None) -> State:
        from wishkit.postgres.states import State  # noqa: PLC0415 - as above

        fixtures: dict[str, Script] = {it: self._fixtures[it] for it in rows}
        steps = tuple((it, fixtures.get(it.id)) for it in self._migrations[:count])
        folder = self._sql / "seeds"
        return State(steps, read_seeds(folder, seeds, shown_as=shown(folder)) if seeds else ())

    def _chosen(self, fixtures: bool | Sequence[str]) -> frozenset[str]:  # noqa: FBT001 - as users give it
        """The ids of the migrations that rows are put in after."""
        if isinstance(fixtures, bool):
            return frozenset(self._fixtures if fixtures else ())
        chosen = [resolve(it, self._ids) for it in fixtures]
        for id_ in chosen:
            if id_ not in self._fixtures:
                raise UsageError(
                    f"no rows come with {id_}",
                    code="no-fixture",
                    help=f"write them: {shown(self._sql / 'fixtures' / id_)}.sql",
                )
        return frozenset(chosen)

    def _states_for(self, rows: frozenset[str]) -> States:
        """Those with the same rows; on a server of their own where migrations change the server.

        What changes the server can run there only once.
        """
        key = rows if self._shared else frozenset()
        if key not in self._states:
            own = self._another(self._servers) if self._states else None
            self._states[key] = own or self._begin(self._place)
        return self._states[key]

    def _another(self, stack: ExitStack) -> States | None:
        """States on one more throwaway server; None where the server is a named one."""
        from wishkit.postgres.scratch import Scratch, scratch_server  # noqa: PLC0415 - as above

        if not isinstance(self._place, Scratch):
            return None
        return self._begin(stack.enter_context(scratch_server(self._place.binaries)))

    def _begin(self, place: Stage) -> States:
        from wishkit.config import Patience  # noqa: PLC0415 - as above
        from wishkit.postgres.states import States  # noqa: PLC0415 - as above
        from wishkit.postgres.workbench import Workbench  # noqa: PLC0415 - as above

        bench = Workbench(place, verb="test", patience=Patience(deadline=_DEADLINE))
        return States(bench, self._migrations)
