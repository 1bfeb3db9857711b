"""The whole catalog in one transaction and one pipeline: rows in, a snapshot out."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from contextlib import contextmanager
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import TransactionStatus

from wishkit.core.schema import Identity, Snapshot
from wishkit.postgres.catalog.keys import Keys
from wishkit.postgres.catalog.questions import FACTS, OBJECTS, Question, together
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wishkit.core.schema import Attributes

    Connection = psycopg.Connection[Any]
    Cursor = psycopg.Cursor[Any]
    Address = tuple[int, int, int]
    Path = tuple[str, ...]
    Row = tuple[Any, ...]
    Rows = Sequence[Row]
    Told = dict[str, Any]

# Before 16 a view was stored with two more relations, OLD and NEW, for which its columns were
# qualified where one relation needs no such thing (release notes of 16, get_query_def).
PLAIN_VIEWS_SINCE = 160000
# What a row says besides attributes: what and where the object is.
_PLACE = ["kind", "class", "oid", "sub", "within", "name"]
_SWITCH_INTERVAL = 0.0002  # seconds; a socket's buffer is filled in less than Python's 0.005
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
) -> dict[Identity, Attributes]:
    idle = connection.info.transaction_status == TransactionStatus.IDLE
    with _at_full_speed(), connection.transaction(force_rollback=True):
        with connection.pipeline():
            if idle:
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            connection.execute(query("catalog_pinned"))
            plain = connection.execute(query("catalog_plain"))
        reader = _Reader(Keys(plain.fetchall()), plain_views=version >= PLAIN_VIEWS_SINCE)
        for question, cursor in _answers(connection, together(questions)):
            reader.add(question, cursor)
        if reader.indexes:
            values = {"indexes": list(reader.indexes)}
            for oid, text in connection.execute(query("catalog_index_definitions"), values):
                reader.indexes[oid]["definition"] = text
    return reader.items


def _answers(
    connection: Connection, groups: Iterable[Sequence[Question]]
) -> Iterator[tuple[Question, Cursor]]:
    """Answers in turn; while they are put together, the server is at the next group of questions.

    One pipeline alone would not do: psycopg waits for all of it before it gives anything.
    """
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - a fingerprint needs none

    def ask(group: Sequence[Question]) -> list[tuple[Question, Cursor]]:
        with connection.pipeline():
            return [(it, connection.execute(it.sql, binary=True)) for it in group]

    with ThreadPoolExecutor(1, "catalog") as pool:
        asked = [pool.submit(ask, it) for it in groups]
        asked.reverse()
        try:
            while asked:
                yield from asked.pop().result()
        except psycopg.Error:  # the rest would fail likewise
            pool.shutdown(cancel_futures=True)
            raise
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            connection.cancel_safe()
            raise


@contextmanager
def _at_full_speed() -> Iterator[None]:
    """Hundreds of thousands of values are made, and none in a circle.

    Whoever reads from the server must not wait long for whoever makes them, or the server waits.
    """
    was_on, interval = gc.isenabled(), sys.getswitchinterval()
    gc.disable()
    sys.setswitchinterval(_SWITCH_INTERVAL)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        if was_on:
            gc.enable()


class _Reader:
    """Puts answers together.

    Attributes:
        items: what is told so far.
        indexes: by OID, those whose definition has to be asked for.
    """

    def __init__(self, keys: Keys, *, plain_views: bool) -> None:
        self.items: dict[Identity, Attributes] = {}
        self.indexes: dict[int, dict[str, Any]] = {}
        self._keys = keys
        self._plain_views = plain_views
        self._facts: dict[Address, dict[str, Any]] = {}
        # The names of what holds others, by catalog and OID.
        self._paths: dict[str, dict[int, Path]] = {
            catalog: {} for catalog in ("pg_namespace", "pg_class", "pg_type")
        }

    def add(self, question: Question, cursor: Cursor) -> None:
        """Take the answer to a question."""
        rows: Rows = cursor.fetchall()  # first: in a pipeline nothing is known before
        names = [column.name for column in cursor.description or ()]
        if question.name == "catalog_columns":
            self._keys.add(names, rows)
            rows = _closed_up(names, rows)
        if names[: len(_PLACE)] == _PLACE:
            self._add_objects(question, names[len(_PLACE) :], rows)
        else:
            self._add_facts(names, rows)

    def _add_facts(self, names: list[str], rows: Rows) -> None:
        for row in rows:
            fact = _attributes(names, row)
            address = (fact.pop("class"), fact.pop("oid"), fact.pop("sub"))
            kind, name = fact.pop("kind", None), fact.pop("name", ())
            if "grants" in fact:
                fact["grants"] = tuple((*it[:2], _GRANTABLE[it[2]]) for it in fact["grants"])
            if kind is not None:  # of the server's own or of an extension: told here or nowhere
                self.items[Identity(kind, name)] = fact
            else:
                self._facts.setdefault(address, {}).update(fact)

    def _add_objects(self, question: Question, names: list[str], rows: Rows) -> None:
        items, facts = self.items, self._facts
        paths = self._paths[question.within] if question.within else None
        held = self._paths[question.holds] if question.holds else None
        finish = {
            "catalog_indexes": self._index,
            "catalog_constraints": self._constraint,
            "catalog_relations": self._relation,
        }.get(question.name)
        # Many objects are alike but for their name, columns above all: they share what is told.
        alike: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in rows:
            kind, class_, oid, sub, within, name = row[:6]
            path: Path = (name,) if type(name) is str else tuple(name)
            if paths is not None:
                if (outer := paths.get(within)) is None:
                    continue  # in something that is none of the user's
                path = outer + path
            if held is not None:
                held[oid] = path
            values = row[6:]
            try:
                told = alike.get(values)
            except TypeError:  # there are lists among them
                values = _tuple(values)
                told = alike.get(values)
            if told is None:
                told = alike[values] = _attributes(names, values)
            if finish is not None and (told := finish(row, path, told)) is None:
                continue
            if facts and (fact := facts.get((class_, oid, sub))) is not None:
                told = {**told, **fact}
                if oid in self.indexes:
                    self.indexes[oid] = told
            items[Identity(kind, path)] = told

    def _relation(self, _row: Row, _path: Path, told: Told) -> Told:
        if self._plain_views or "definition" not in told:
            return told
        from wishkit.postgres.catalog.views import unqualified  # noqa: PLC0415 - old servers only

        return {**told, "definition": unqualified(told["definition"])}

    def _constraint(self, row: Row, _path: Path, told: Told) -> Told:
        if "keys" not in told:
            return told
        told = dict(told)
        word = "PRIMARY KEY" if told["type"] == "primary key" else "UNIQUE"
        told["definition"] = f"{word} ({self._keys.columns(row[4], told.pop('keys'))})"
        return told

    def _index(self, row: Row, path: Path, told: Told) -> Told | None:
        told = dict(told)
        on = told["of"]
        table = self._paths["pg_class"].get(on)
        if table is None:
            return None
        told["of"] = table
        unique, classes = told.pop("unique"), told.pop("classes")
        if "keys" in told:
            columns = self._keys.columns(on, told.pop("keys"), classes)
            if columns is None:
                self.indexes[row[2]] = told
            else:
                told["definition"] = self._keys.index(path[-1], table, columns, unique=unique)
        return told


def _closed_up(names: Sequence[str], rows: Rows) -> Rows:
    """Columns with their places among those that are left, which their numbers are not.

    The server could tell, but looking for dropped columns takes it longer than all the rest.
    """
    oid, sub, position = (names.index(it) for it in ("oid", "sub", "position"))
    left = Counter(row[oid] for row in rows)
    with_gaps = {row[oid] for row in rows if row[sub] > left[row[oid]]}
    if not with_gaps:
        return rows
    closed, before = [], Counter[int]()
    for row in sorted(rows, key=itemgetter(oid, sub)):
        before[row[oid]] += 1
        place = before[row[oid]]
        closed.append(row if row[position] == place else _with(row, position, place))
    return closed


def _with(row: Row, at: int, value: int) -> Row:
    return (*row[:at], value, *row[at + 1 :])


def _attributes(names: Iterable[str], values: Iterable[Any]) -> dict[str, Any]:
    """What is not NULL; arrays as tuples."""
    return {
        name: value if type(value) is not list else _tuple(value)
        for name, value in zip(names, values, strict=True)
        if value is not None
    }


def _tuple(values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(_tuple(it) if isinstance(it, list) else it for it in values)
