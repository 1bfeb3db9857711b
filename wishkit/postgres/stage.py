"""Where migrations are rehearsed: a throwaway server, or databases of our own on a named one."""

from __future__ import annotations

import re
import secrets
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from wishkit.config import Target
from wishkit.errors import CompareError, ServerError
from wishkit.postgres.binaries import VARIABLE
from wishkit.postgres.connection import connect, identify, refuse_unfit
from wishkit.postgres.queries import query
from wishkit.postgres.scratch import FILE_COPY, scratch_server

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wishkit.errors import WishkitError
    from wishkit.postgres.binaries import Binaries

    Connection = psycopg.Connection[Any]

_PREFIX = "wishkit_rehearsal_"
_NO_EXTENSION = re.compile(r'extension "([^"]+)" is not available')


class Stage(Protocol):
    """A server on which databases are made as copies of each other, and dropped."""

    def create_database(self, name: str, *, template: str = "template1") -> str:
        """Make a database as a copy of another one of this stage; returns its URL."""

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is connected to it; fine if it is not there."""

    def url(self, database: str) -> str:
        """How to connect to a database of this stage."""


@dataclass(frozen=True, slots=True)
class NamedServer:
    """A server that somebody named; our databases there are told by a token of this process.

    Args:
        address: of its maintenance database, anything libpq takes.
        token: random, in the names of our databases.
        connection: to the maintenance database; holds a lock that says the token is in use.
    """

    address: str = field(repr=False)
    token: str
    connection: Connection

    def url(self, database: str) -> str:
        """How to connect to a database of this stage."""
        return make_conninfo(self.address, dbname=self._real(database))

    def create_database(self, name: str, *, template: str = "template1") -> str:
        """Make a database as a copy of another one of this stage; returns its URL."""
        source = template if template.startswith("template") else self._real(template)
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(self._real(name)), sql.Identifier(source)
        )
        if self.connection.info.server_version // 10000 >= FILE_COPY:
            statement += sql.SQL(" STRATEGY file_copy")
        try:
            self.connection.execute(statement)
        except psycopg.errors.InsufficientPrivilege as error:
            user = self.connection.info.user
            raise ServerError(
                f"{user} may not make databases on this server: {error.diag.message_primary}",
                code="stage-permission",
                help=f'let an administrator run: ALTER ROLE "{user}" CREATEDB',
            ) from None
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is connected to it; fine if it is not there."""
        self._drop(self._real(name))

    def drop_all(self) -> None:
        """Remove every database of ours, and those that a killed process has left."""
        for (name,) in self.connection.execute(query("stage_databases")).fetchall():
            token = name.removeprefix(_PREFIX)[:8]
            if token == self.token:
                self._drop(name)
            elif self._lock(token):
                # Of another role: that is who may drop it.
                with suppress(psycopg.errors.InsufficientPrivilege):
                    self._drop(name)
                self.connection.execute(query("stage_unlock"), {"token": token})

    def hold(self) -> None:
        """Say that our databases are in use, for as long as the connection stands."""
        self._lock(self.token)

    def _lock(self, token: str) -> bool:
        row = self.connection.execute(query("stage_lock"), {"token": token}).fetchone()
        return bool(row and row[0])

    def _drop(self, name: str) -> None:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self.connection.execute(drop.format(sql.Identifier(name)))

    def _real(self, name: str) -> str:
        return f"{_PREFIX}{self.token}_{name}"


@contextmanager
def named_server(url: str) -> Iterator[NamedServer]:
    """Rehearse on a server that somebody named; every database made there goes again.

    Args:
        url: anything libpq takes; of any database but the ones to be made.

    Raises:
        ConnectError: no usable connection.
        ServerError: ``stage-permission``.
    """
    target = Target(url, "--server")
    with connect(target, application_name="wishkit rehearse") as connection:
        refuse_unfit(identify(connection))
        server = NamedServer(url, secrets.token_hex(4), connection)
        server.hold()
        server.drop_all()  # what others have left
        try:
            yield server
        finally:
            server.drop_all()


@contextmanager
def stage(server: str | None, binaries: Binaries | None = None) -> Iterator[Stage]:
    """A server to rehearse on.

    Args:
        server: its URL; None: a throwaway one.
        binaries: what a throwaway one runs; by default what is found.

    Raises:
        ServerError: it does not start, or no databases may be made there.
        ConnectError: the named one cannot be reached.
    """
    if server is None:
        with scratch_server(binaries) as scratch:
            yield scratch
    else:
        with named_server(server) as named:
            yield named


def make_roles(connection: Connection, roles: Iterable[str]) -> None:
    """Make the roles that migrations grant things to and are not there; nobody can log in as them.

    Raises:
        ServerError: ``stage-permission``.
    """
    there = {name for (name,) in connection.execute(query("role_names")).fetchall()}
    for role in sorted({*roles} - there):
        try:
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
        except psycopg.errors.InsufficientPrivilege as error:
            raise ServerError(
                f'the migrations name the role "{role}", which is not on this server, and '
                f"{connection.info.user} may not make it: {error.diag.message_primary}",
                code="stage-permission",
                help=f"let an administrator run: CREATE ROLE {sql.Identifier(role).as_string()}",
            ) from None


def missing_extension(
    error: WishkitError,
    id_: str,
    *,
    instead: str = "rehearse on a server that has it: --server URL",
) -> CompareError | None:
    """What to say when a scratch server lacks an extension; None if it was something else.

    Args:
        error: why a migration failed.
        id_: of the migration.
        instead: what else can be done than install it.
    """
    if not (missing := _NO_EXTENSION.search(error.message)):
        return None
    return CompareError(
        f"the scratch server lacks the extension {missing[1]}, which {id_} makes",
        code="extension-missing",
        where=error.where,
        help=f"install it for the PostgreSQL that {VARIABLE} names; or {instead}",
    )
