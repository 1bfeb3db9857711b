"""A database with one of every kind of object, which is never committed."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from wishkit.core.script import Script
from wishkit.core.statements import split
from wishkit.postgres.catalog import read_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.plugins.changes import SingleChange
    from wishkit.core.schema import Snapshot
    from wishkit.postgres.scratch import Scratch

OBJECTS = Path(__file__).parent / "objects"
FILES = ("roles", "15", "17", "18", "icu")


class Catalogue:
    """A database with one of every kind of object that the server can have.

    Attributes:
        can: what a change may need: the majors up to this server's, "icu" if it has it, and "".
        before: the database as it was made.
    """

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self.can = abilities(connection)
        for file in files(connection):
            connection.execute(file.read_bytes())
        self.before = read_snapshot(connection)

    def after(self, *changes: SingleChange) -> Snapshot:
        """The database with changes made, which are undone again."""
        with self.changed(*changes) as connection:
            return read_snapshot(connection)

    @contextmanager
    def changed(self, *changes: SingleChange) -> Iterator[psycopg.Connection]:
        """A connection to the database with changes made, which are undone afterwards."""
        with self._connection.transaction(force_rollback=True):
            for change in changes:
                self._connection.execute(change.sql.encode())
            yield self._connection


def abilities(connection: psycopg.Connection) -> set[str]:
    """What a server has that not all have."""
    icu = "SELECT count(*) FROM pg_collation WHERE collprovider = 'i' AND collname LIKE 'en%'"
    (found,) = connection.execute(icu).fetchone() or (0,)
    major = connection.info.server_version // 10000
    return {"", *map(str, range(15, major + 1)), *(["icu"] if found else [])}


def files(connection: psycopg.Connection) -> list[Path]:
    """The files that make one of every kind of object."""
    can = {*abilities(connection), "roles"}
    return [OBJECTS / f"{name}.sql" for name in FILES if name in can]


def statements_of(file: Path) -> list[str]:
    """The statements of a file."""
    script = Script.normalise(file.name, file.read_bytes())
    return [script.source[span.start : span.end].decode() for span in split(script)]


@contextmanager
def fresh_database(server: Scratch, name: str) -> Iterator[psycopg.Connection]:
    """A connection to a database of its own, in a transaction that is rolled back."""
    with psycopg.connect(server.create_database(name)) as connection:
        yield connection
        connection.rollback()
    server.drop_database(name)
