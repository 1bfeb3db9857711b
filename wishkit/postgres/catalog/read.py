"""The whole catalog in one transaction and one pipeline: rows in, a snapshot out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import TransactionStatus

from wishkit.core.schema import Identity, Snapshot
from wishkit.postgres.catalog.questions import FACTS, OBJECTS, Question
from wishkit.postgres.catalog.views import unqualified
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wishkit.core.schema import Value

    Connection = psycopg.Connection[Any]
    Cursor = psycopg.Cursor[Any]
    Address = tuple[int, int, int]

# Before 16 a view was stored with two more relations, OLD and NEW, for which its columns were
# qualified where one relation needs no such thing (release notes of 16, get_query_def).
PLAIN_VIEWS_SINCE = 160000
_GRANTABLE = {"true": True, "false": False, "": None}


def read_snapshot(connection: Connection) -> Snapshot:
    """All objects of the database. Writes nothing and takes no lock that anybody would notice.

    Inside a transaction it sees what that has done so far; otherwise it is one of its own,
    REPEATABLE READ and READ ONLY. Settings are as they were afterwards.

    Raises:
        psycopg.Error: the connection is lost, or a catalog cannot be read twice in a row.
    """
    version = connection.info.server_version
    questions = [it for it in (*FACTS, *OBJECTS) if version >= it.since]
    try:
        return Snapshot(version, _read(connection, questions, version))
    except psycopg.errors.InternalError_:
        # The pg_get_* functions look past our snapshot: what they describe may be gone by now
        # ("cache lookup failed"). Once more, with a newer one.
        return Snapshot(version, _read(connection, questions, version))
    except psycopg.errors.InsufficientPrivilege:
        unseen = _unseen(connection, questions)
        if not unseen:
            raise
        seen = [it for it in questions if not it.catalogs & unseen]
        return Snapshot(version, _read(connection, seen, version), tuple(sorted(unseen)))


def fingerprint(connection: Connection) -> str | None:
    """Changes whenever any object does; None for a role that may not read some catalog.

    It may also change when none does, since temporary tables and TRUNCATE write to catalogs too.
    """
    try:
        with connection.transaction():
            row = connection.execute(query("catalog_fingerprint")).fetchone()
    except psycopg.errors.InsufficientPrivilege:
        return None
    return row[0] if row else None


def _unseen(connection: Connection, questions: Iterable[Question]) -> frozenset[str]:
    catalogs = sorted({name for question in questions for name in question.catalogs})
    rows = connection.execute(query("catalog_unseen"), {"names": catalogs}).fetchall()
    return frozenset(name for (name,) in rows)


def _read(
    connection: Connection, questions: Sequence[Question], version: int
) -> dict[Identity, dict[str, Value]]:
    idle = connection.info.transaction_status == TransactionStatus.IDLE
    with connection.transaction(force_rollback=True):
        with connection.pipeline():
            if idle:
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            connection.execute(query("catalog_pinned"))
            cursors = [(it, connection.execute(it.sql, binary=True)) for it in questions]
        reader = _Reader()
        for question, cursor in cursors:
            if question in FACTS:
                reader.add_facts(cursor)
            else:
                reader.add_objects(question, cursor)
        items = reader.items
    if version < PLAIN_VIEWS_SINCE:
        for identity, attributes in items.items():
            if identity.kind in {"view", "materialized view"} and "definition" in attributes:
                attributes["definition"] = unqualified(str(attributes["definition"]))
    return items


class _Reader:
    """Puts answers together.

    Attributes:
        items: what is told so far.
    """

    def __init__(self) -> None:
        self.items: dict[Identity, dict[str, Value]] = {}
        self._facts: dict[Address, dict[str, Value]] = {}
        # The names of what holds others, by catalog and OID.
        self._paths: dict[str, dict[int, tuple[str, ...]]] = {
            catalog: {} for catalog in ("pg_namespace", "pg_class", "pg_type")
        }

    def add_facts(self, cursor: Cursor) -> None:
        """Keep what is said of objects by their address."""
        for row in _rows(cursor):
            address = (row.pop("class"), row.pop("oid"), row.pop("sub"))
            if "grants" in row:
                row["grants"] = tuple((*it[:2], _GRANTABLE[it[2]]) for it in row["grants"])
            if "kind" in row:  # of the server's own or of an extension: told here or nowhere
                self.items[Identity(row.pop("kind"), row.pop("name"))] = row
            else:
                row.pop("name", None)
                self._facts.setdefault(address, {}).update(row)

    def add_objects(self, question: Question, cursor: Cursor) -> None:
        """Make items of the rows, each with what is said of it."""
        items, facts = self.items, self._facts
        paths = self._paths.get(question.within)
        held = self._paths.get(question.holds)
        tables = self._paths["pg_class"]
        last, position = 0, 0
        for row in _rows(cursor):
            kind, class_, oid = row.pop("kind"), row.pop("class"), row.pop("oid", 0)
            sub, within, name = row.pop("sub"), row.pop("within", 0), row.pop("name")
            path = (name,) if isinstance(name, str) else name
            if paths is not None:
                if within not in paths:
                    continue  # in something that is none of the user's
                path = paths[within] + path
            if row.pop("of", None) not in tables and kind == "index":
                continue
            if sub:
                position = position + 1 if within == last else 1
                last = within
                row["position"] = position
            if held is not None:
                held[oid] = path
            if (class_, oid, sub) in facts:
                row.update(facts[class_, oid, sub])
            items[Identity(kind, path)] = row


def _rows(cursor: Cursor) -> Iterator[dict[str, Any]]:
    """The rows of an answer, without what is NULL; arrays as tuples."""
    names = [column.name for column in cursor.description or ()]
    for row in cursor.fetchall():
        yield {
            name: value if type(value) is not list else _tuple(value)
            for name, value in zip(names, row, strict=True)
            if value is not None
        }


def _tuple(values: list[Any]) -> tuple[Any, ...]:
    return tuple(_tuple(it) if isinstance(it, list) else it for it in values)
