"""Databases at chosen states of the migrations: a state is made once, and copied ever after."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from psycopg.conninfo import conninfo_to_dict

from wishkit.core.roles import changes_server, foreign_roles
from wishkit.errors import Interrupted, SeedFailed, WishkitError
from wishkit.postgres.stage import make_roles, missing_extension

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg

    from wishkit.core.migration import Direction, Migration
    from wishkit.core.script import Script
    from wishkit.postgres.workbench import Workbench

    Connection = psycopg.Connection[Any]
    Key = tuple[tuple[tuple[str, bool], ...], tuple[str, ...]]

_GONE = "nothing is left of the database that it was to make"


@dataclass(frozen=True, slots=True)
class State:
    """What has been run on an empty database.

    Attributes:
        steps: migrations in the order in which they run, each with the rows put in after it.
        seeds: put in at the end.
    """

    steps: tuple[tuple[Migration, Script | None], ...]
    seeds: tuple[Script, ...] = ()

    def key(self, length: int | None = None) -> Key:
        """The same for the same state; with a length, of the state after so many steps."""
        steps = tuple((it.id, rows is not None) for it, rows in self.steps[:length])
        return steps, () if length is not None else tuple(it.path for it in self.seeds)


@dataclass(slots=True)
class States:
    """The states of one server that have been made.

    One state goes on from the longest beginning of it that is there. A migration that changes what
    all databases of the server share is never run twice: a copy is kept of what it leaves.

    Args:
        bench: where.
        migrations: all there are; roles that they name and do not make are made.
    """

    bench: Workbench
    migrations: Sequence[Migration]
    _made: dict[Key, str] = field(default_factory=dict)
    _failed: dict[Key, WishkitError] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _token: str = field(default_factory=lambda: secrets.token_hex(4))

    def copy(self, state: State) -> str:
        """A database of its own in this state; returns its name on the stage.

        Raises:
            WishkitError: a migration, its rows or the seeds failed: whenever it is asked for.
            CompareError: ``extension-missing``.
            ServerError: databases or roles cannot be made.
        """
        return self._copy(self._template(state))

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        self.bench.stage.drop_database(name)

    def step(self, name: str, migration: Migration, direction: Direction) -> None:
        """Run one migration on a copy, forward or backward.

        Raises:
            WishkitError: it fails, or has no way back.
        """
        with self.bench.running(name) as run:
            run(migration, direction)

    def drop_all(self) -> None:
        """Remove what the copies are made from."""
        for name in {*self._made.values()}:
            self.drop(name)
        self._made.clear()

    def _copy(self, template: str) -> str:
        name = f"wishkit_{self._token}_{next(self._numbers)}"
        self.bench.stage.create_database(name, template=template)
        return name

    def _template(self, state: State) -> str:
        if name := self._made.get(state.key()):
            return name
        begun = 0
        for length in range(1, len(state.steps) + 1):
            if error := self._failed.get(state.key(length)):
                raise error.with_traceback(None)
            begun = length if state.key(length) in self._made else begun
        if error := self._failed.get(state.key()):
            raise error.with_traceback(None)
        name = self._copy(self._made[state.key(begun)] if begun else "template1")
        try:
            if not begun:
                self._make_roles(name)
            for end in self._stretches(state, begun):
                self._forward(name, state, begun, end)
                self._made[state.key(end)] = name
                if end < len(state.steps) or state.seeds:
                    name = self._copy(name)
                begun = end
            self._fill(name, state.seeds, state.key())
        except WishkitError:
            if name not in self._made.values():
                self.drop(name)
            raise
        self._made[state.key()] = name
        return name

    def _stretches(self, state: State, begun: int) -> Iterator[int]:
        """After which steps a copy is kept: behind what is shared, and at the end."""
        for number, (migration, _) in enumerate(state.steps[begun:], begun + 1):
            if number == len(state.steps) or changes_server(migration):
                yield number

    def _forward(self, name: str, state: State, begun: int, end: int) -> None:
        with self.bench.running(name) as run:
            for number, (migration, rows) in enumerate(state.steps[begun:end], begun + 1):
                try:
                    run(migration, "forward")
                except Interrupted:
                    raise
                except WishkitError as error:
                    instead = "name a server that has it: --wishkit-server URL"
                    missing = missing_extension(error, migration.id, instead=instead)
                    self._fail(state.key(number), missing or error)
                if rows:
                    self._fill(name, (rows,), state.key(number))

    def _fill(self, name: str, scripts: Sequence[Script], key: Key) -> None:
        if not scripts:
            return
        with self.bench.connect(name) as connection:
            if error := self.bench.fill(connection, scripts):
                wrong = SeedFailed(
                    error.message, where=error.where, help=error.help, notes=error.notes
                )
                self._fail(key, wrong)

    def _fail(self, key: Key, error: WishkitError) -> None:
        error.state = _GONE
        self._failed[key] = error
        raise error

    def _make_roles(self, name: str) -> None:
        with self.bench.connect(name) as connection:
            make_roles(connection, foreign_roles(self.migrations))


def database_name(url: str) -> str:
    """The name that a database has on its server."""
    return str(conninfo_to_dict(url).get("dbname", ""))
