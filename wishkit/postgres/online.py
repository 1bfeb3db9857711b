"""Statements that cannot run in a transaction: what the catalog says of them, before and after.

One class a family. The journal asks each the same four questions; what a crash may have left is
told from the catalog, never from the fact that a statement was sent.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from wishkit.core.events import Waiting
from wishkit.postgres.queries import query
from wishkit.postgres.session import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wishkit.core.events import Listener
    from wishkit.postgres.session import Session

    Fields = Mapping[str, Any]

_POLL = 0.1


class Unclear(Exception):
    """The catalog does not answer, or not as it should; a person has to look.

    Attributes:
        message: one sentence.
        code: kebab-case name of the case.
        help_: what to do next.
    """

    def __init__(self, message: str, *, code: str, help_: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.help_ = help_


class Work:
    """What is known about any such statement: nothing.

    ``took_effect`` is asked after a crash, ``prepare`` before the statement is sent,
    ``left_nothing`` when it failed, ``verify`` when it succeeded. All raise Refused and Lost as the
    session does.
    """

    def took_effect(self, session: Session) -> bool | None:  # noqa: ARG002 - for those who know how
        """Whether an earlier attempt, of which the end was not seen, did its work.

        Returns:
            None when only a person can tell.

        Raises:
            Unclear: something is there, but not what the statement makes.
        """
        return None

    def prepare(self, session: Session, listener: Listener) -> None:
        """Remove what an earlier attempt left half-done.

        Raises:
            Unclear: what is there is in the way.
        """

    def left_nothing(self, session: Session) -> bool:  # noqa: ARG002 - for those who know how
        """Remove what the failed statement left behind; whether nothing of it remains."""
        return True

    def verify(self, session: Session) -> None:
        """See that it did what it said.

        Raises:
            Unclear: it did not.
        """


class Repeatable(Work):
    """VACUUM, REINDEX, CLUSTER, ALTER SYSTEM, …: running it again does no harm."""

    def took_effect(self, session: Session) -> bool:  # noqa: ARG002 - need not look
        """Not known and not needed."""
        return False


@dataclass(slots=True)
class Procedure(Work):
    """CALL and DO, which may commit on their way.

    Attributes:
        before: number of the session's transaction before it.
    """

    before: int = 0

    def prepare(self, session: Session, listener: Listener) -> None:  # noqa: ARG002 - nobody waits
        """Remember where the session's count of transactions stands."""
        self.before = _transaction_number(session)

    def left_nothing(self, session: Session) -> bool:
        """Whether it was one transaction, so that its failure undid all of it."""
        return _transaction_number(session) == self.before + 2


def _transaction_number(session: Session) -> int:
    ((number,),) = session.ask(query("transaction_number"))
    return int(number)


class _Index(NamedTuple):
    """An index as index_state.sql finds it."""

    name: str
    valid: bool
    definition: str
    builder: int | None


@dataclass(frozen=True, slots=True)
class BuildIndex(Work):
    """CREATE INDEX CONCURRENTLY.

    Attributes:
        index: its name, unquoted.
        table: as written, quoted where needed.
        body: the statement from behind the table's name.
        unique: whether it is a unique one.
        if_not_exists: whether the statement says so; that something of this name exists proves
            nothing.
    """

    index: str
    table: str
    body: str
    unique: bool
    if_not_exists: bool

    def took_effect(self, session: Session) -> bool:
        """Whether the index is there and valid, and the one that is meant."""
        found = self._find(session)
        return found is not None and found.valid and self._is_meant(session, found)

    def prepare(self, session: Session, listener: Listener) -> None:
        """Drop an INVALID index of this name: a build that died, ours or somebody's."""
        found = self._find(session)
        while found and not found.valid and found.builder:
            listener(Waiting(f"whoever is building {self.index}", f"backend {found.builder}"))
            time.sleep(_POLL)
            found = self._find(session)
        if found and not found.valid:
            session.send(f"DROP INDEX CONCURRENTLY {found.name}".encode())
        elif found and self.if_not_exists:
            self._is_meant(session, found)

    def left_nothing(self, session: Session) -> bool:
        """A failed build leaves an INVALID index, which every write would go on maintaining."""
        found = self._find(session)
        if found and not found.valid:
            session.send(f"DROP INDEX CONCURRENTLY {found.name}".encode())
        return True

    def verify(self, session: Session) -> None:
        """The index must be there and valid; IF NOT EXISTS proves neither."""
        found = self._find(session)
        if not found or not found.valid:
            raise Unclear(
                f"index {self.index} is {'INVALID' if found else 'not there'} after its build",
                code="index-invalid",
                help_="run the same command again: it drops what is left and builds it anew; "
                "if something else has this name, rename one of them",
            )

    def _is_meant(self, session: Session, found: _Index) -> bool:
        """Always true.

        Raises:
            Unclear: an index of this name is there, but another one.
        """
        wanted = self._as_defined(session)
        if _essence(wanted) != _essence(found.definition):
            raise Unclear(
                f"an index {self.index} is there already, and it is another one",
                code="index-differs",
                help_=f"it is: {found.definition}\nrename or drop it, or this one",
            )
        return True

    def _as_defined(self, session: Session) -> str:
        """How the server would write this index's definition, from one on an empty copy."""
        kind = "UNIQUE INDEX" if self.unique else "INDEX"
        try:
            results = session.send(
                f"BEGIN READ WRITE; CREATE TEMP TABLE wishkit_copy (LIKE {self.table});"
                f"CREATE {kind} wishkit_index ON pg_temp.wishkit_copy {self.body}\n;"
                "SELECT pg_catalog.pg_get_indexdef('pg_temp.wishkit_index'::regclass)".encode()
            )
        finally:
            session.rollback()
        return (results[-1].get_value(0, 0) or b"").decode()

    def _find(self, session: Session) -> _Index | None:
        values = {"index": self.index, "table": self.table}
        rows = session.ask(query("index_state"), values)
        return _Index(*rows[0]) if rows else None


def _essence(definition: str) -> tuple[bool, str]:
    """What an index is, whatever it and its table are called."""
    return definition.startswith("CREATE UNIQUE"), definition.partition(" USING ")[2]


@dataclass(frozen=True, slots=True)
class DropIndex(Work):
    """DROP INDEX CONCURRENTLY; what is gone already counts as dropped.

    Attributes:
        name: as written, quoted where needed.
    """

    name: str

    def took_effect(self, session: Session) -> bool:
        """Whether the index is gone."""
        return not session.ask(query("relation_exists"), {"name": self.name})[0][0]


@dataclass(frozen=True, slots=True)
class DetachPartition(Work):
    """ALTER TABLE … DETACH PARTITION … CONCURRENTLY, which may stop half-way.

    Attributes:
        parent: as written, quoted where needed.
        partition: as written, quoted where needed.
    """

    parent: str
    partition: str

    def took_effect(self, session: Session) -> bool:
        """Whether it is detached; a half-done detaching is finished."""
        values = {"parent": self.parent, "partition": self.partition}
        rows = session.ask(query("partition_state"), values)
        if rows and rows[0][0]:
            finalize = f"ALTER TABLE {self.parent} DETACH PARTITION {self.partition} FINALIZE"
            session.send(finalize.encode())
            return True
        return not rows


@dataclass(frozen=True, slots=True)
class CreateOrDrop(Work):
    """CREATE or DROP of a DATABASE, TABLESPACE or SUBSCRIPTION.

    Attributes:
        kind: database, tablespace or subscription.
        name: unquoted.
        creates: whether it makes or removes it.
    """

    kind: str
    name: str
    creates: bool

    def took_effect(self, session: Session) -> bool:
        """Whether it is there, or gone."""
        values = {"kind": self.kind, "name": self.name}
        return bool(session.ask(query("named_exists"), values)[0][0]) == self.creates


def work(tree: Mapping[str, Fields], sql: str = "") -> Work:
    """What is known about a statement, from its parse tree and, if it is to be run, its text."""
    ((node, fields),) = tree.items()
    if node == "IndexStmt":
        return _build(fields, sql)
    make = _WORK.get(node)
    return make(fields) if make else Work()


def _build(fields: Fields, sql: str) -> Work:
    relation = fields["relation"]
    start = relation.get("location", 0)  # in bytes; left out where it is 0
    name = _QUALIFIED.match(sql.encode(), start)
    return BuildIndex(
        fields["idxname"],
        _name(relation),
        sql.encode()[name.end() if name else start :].decode(),
        unique=fields.get("unique", False),
        if_not_exists=fields.get("if_not_exists", False),
    )


_PART = rb'(?:"(?:[^"]|"")+"|[\w$\x80-\xff]+)'
_QUALIFIED = re.compile(_PART + rb"(?:\s*\.\s*" + _PART + rb")*")


def _alter_table(fields: Fields) -> Work:
    for item in fields.get("cmds", ()):
        command = item["AlterTableCmd"]
        if command.get("subtype") == "AT_DetachPartition":
            partition = command["def"]["PartitionCmd"]["name"]
            return DetachPartition(_name(fields["relation"]), _name(partition))
    return Work()


def _drop(fields: Fields) -> Work:
    parts = fields["objects"][0]["List"]["items"]
    return DropIndex(".".join(quote(p["String"]["sval"]) for p in parts))


def _name(relation: Fields) -> str:
    parts = [relation.get("schemaname"), relation["relname"]]
    return ".".join(quote(part) for part in parts if part)


_WORK: dict[str, Callable[[Fields], Work]] = {
    **dict.fromkeys(("CallStmt", "DoStmt"), lambda _: Procedure()),
    "DropStmt": _drop,
    "AlterTableStmt": _alter_table,
    "CreatedbStmt": lambda f: CreateOrDrop("database", f["dbname"], creates=True),
    "DropdbStmt": lambda f: CreateOrDrop("database", f["dbname"], creates=False),
    "CreateTableSpaceStmt": lambda f: CreateOrDrop("tablespace", f["tablespacename"], creates=True),
    "DropTableSpaceStmt": lambda f: CreateOrDrop("tablespace", f["tablespacename"], creates=False),
    "CreateSubscriptionStmt": lambda f: CreateOrDrop("subscription", f["subname"], creates=True),
    "DropSubscriptionStmt": lambda f: CreateOrDrop("subscription", f["subname"], creates=False),
    **dict.fromkeys(
        (
            *("VacuumStmt", "ReindexStmt", "ClusterStmt", "RepackStmt", "AlterSystemStmt"),
            *("AlterDatabaseStmt", "AlterSubscriptionStmt", "DiscardStmt", "LoadStmt"),
        ),
        lambda _: Repeatable(),
    ),
}
