"""Statements that cannot run in a transaction: what the catalog says of them, before and after.

One class a family. The journal asks each the same four questions; what a crash may have left is
told from the catalog, never from the fact that a statement was sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wishkit.errors import MigrationPartial
from wishkit.postgres.queries import query
from wishkit.postgres.session import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import psycopg

    from wishkit.postgres.session import Session

    Connection = psycopg.Connection[Any]
    Fields = Mapping[str, Any]


class Work:
    """What is known about any such statement: nothing.

    ``took_effect`` is asked after a crash, ``prepare`` before the statement is sent, ``clean_up``
    when it failed, ``verify`` when it succeeded.
    """

    def took_effect(self, connection: Connection) -> bool:  # noqa: ARG002 - for those who know how
        """Whether an earlier attempt, of which the end was not seen, did its work.

        Raises:
            MigrationPartial: ``step-unknown``: only a person can tell.
        """
        raise MigrationPartial(
            "an earlier run sent this statement and did not live to see it end; whether it took "
            "effect cannot be told from the catalog",
            code="step-unknown",
            help="look at what it was to do. If it did: "
            "UPDATE wishkit.step SET ended_at = now() WHERE ended_at IS NULL;\n"
            "if not: DELETE FROM wishkit.step WHERE ended_at IS NULL; then run again",
        )

    def prepare(self, session: Session) -> None:
        """Remove what an earlier attempt left half-done."""

    def clean_up(self, session: Session) -> None:
        """Remove what a failed statement leaves behind."""

    def verify(self, session: Session) -> None:
        """See that it did what it said.

        Raises:
            MigrationPartial: it did not.
        """


class Repeatable(Work):
    """VACUUM, REINDEX, CLUSTER, ALTER SYSTEM, …: running it again does no harm."""

    def took_effect(self, connection: Connection) -> bool:  # noqa: ARG002 - need not look
        """Not known and not needed."""
        return False


@dataclass(frozen=True, slots=True)
class BuildIndex(Work):
    """CREATE INDEX CONCURRENTLY.

    Attributes:
        index: its name, unquoted.
        table: as written, quoted where needed.
    """

    index: str
    table: str

    def took_effect(self, connection: Connection) -> bool:
        """Whether the index is there and valid."""
        state = self._state(connection)
        return state is not None and state[1]

    def prepare(self, session: Session) -> None:
        """Drop an INVALID index of this name: a build that died, ours or somebody's."""
        state = self._state(session.connection)
        if state and not state[1]:
            session.send(f"DROP INDEX CONCURRENTLY {state[0]}".encode())

    def clean_up(self, session: Session) -> None:
        """A failed build leaves an INVALID index, which every write would go on maintaining."""
        self.prepare(session)

    def verify(self, session: Session) -> None:
        """The index must be there and valid; IF NOT EXISTS proves neither."""
        state = self._state(session.connection)
        if not state or not state[1]:
            raise MigrationPartial(
                f"index {self.index} is {'INVALID' if state else 'not there'} after its build",
                code="index-invalid",
                help="run the same command again: it drops what is left and builds it anew",
            )

    def _state(self, connection: Connection) -> tuple[str, bool, str] | None:
        values = {"index": self.index, "table": self.table}
        row = connection.execute(query("index_state"), values).fetchone()
        return None if row is None else (row[0], row[1], row[2])


@dataclass(frozen=True, slots=True)
class DropIndex(Work):
    """DROP INDEX CONCURRENTLY; what is gone already counts as dropped.

    Attributes:
        name: as written, quoted where needed.
    """

    name: str

    def took_effect(self, connection: Connection) -> bool:
        """Whether the index is gone."""
        row = connection.execute(query("relation_exists"), {"name": self.name}).fetchone()
        return row is not None and not row[0]


@dataclass(frozen=True, slots=True)
class DetachPartition(Work):
    """ALTER TABLE … DETACH PARTITION … CONCURRENTLY, which may stop half-way.

    Attributes:
        parent: as written, quoted where needed.
        partition: as written, quoted where needed.
    """

    parent: str
    partition: str

    def took_effect(self, connection: Connection) -> bool:
        """Whether it is detached; a half-done detaching is finished."""
        values = {"parent": self.parent, "partition": self.partition}
        row = connection.execute(query("partition_state"), values).fetchone()
        if row and row[0]:
            finalize = f"ALTER TABLE {self.parent} DETACH PARTITION {self.partition} FINALIZE"
            connection.execute(finalize.encode())
            return True
        return row is None


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

    def took_effect(self, connection: Connection) -> bool:
        """Whether it is there, or gone."""
        values = {"kind": self.kind, "name": self.name}
        row = connection.execute(query("named_exists"), values).fetchone()
        return row is not None and row[0] == self.creates


def work(tree: Mapping[str, Fields]) -> Work:
    """What is known about a statement, from its parse tree."""
    ((node, fields),) = tree.items()
    make = _WORK.get(node)
    return make(fields) if make else Work()


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
    "IndexStmt": lambda f: BuildIndex(f["idxname"], _name(f["relation"])),
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
