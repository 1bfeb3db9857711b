"""Statements that cannot run in a transaction: what the catalog says of them, before and after.

One class a family; the journal asks each the same questions. See ``work.Work``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, LiteralString

from wishkit.postgres.online.index import BuildIndex, DropIndex
from wishkit.postgres.online.partition import DetachPartition, refuse_in_file, verify_attached
from wishkit.postgres.online.reindex import Reindex
from wishkit.postgres.online.watch import watching
from wishkit.postgres.online.work import CreateOrDrop, Procedure, Repeatable, Unclear, Work
from wishkit.postgres.session import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import psycopg

    from wishkit.core.batches import Batch
    from wishkit.core.plan import Step

    Fields = Mapping[str, Any]

__all__ = [
    "Unclear",
    "Work",
    "attached",
    "refuse_on_partitioned",
    "verify_attached",
    "watching",
    "work",
]


def work(tree: Mapping[str, Fields], sql: str = "") -> Work:
    """What is known about a statement, from its parse tree and, if it is to be run, its text."""
    ((node, fields),) = tree.items()
    if node == "IndexStmt":
        return _build(fields, sql)
    make = _WORK.get(node)
    return make(fields) if make else Work()


def attached(tree: Mapping[str, Fields]) -> tuple[str, str] | None:
    """The index of a partitioned table to which a statement attaches one of a partition's.

    Returns:
        As written, quoted where needed; and its bare name.
    """
    fields = tree.get("AlterTableStmt", {})
    if fields.get("objtype") == "OBJECT_INDEX":
        for item in fields["cmds"]:
            if item["AlterTableCmd"].get("subtype") == "AT_AttachPartition":
                return _name(fields["relation"]), fields["relation"]["relname"]
    return None


def refuse_on_partitioned(
    connection: psycopg.Connection[Any], prepared: Iterable[tuple[Step, Sequence[Batch]]]
) -> None:
    """Refuse, before anything runs, an index build that PostgreSQL would refuse in the middle.

    Only what the catalog shows now, under the names it has now: behind a SET in the file, and of
    tables that this plan makes, it is told when the statement's turn comes.

    Raises:
        MigrationFileError: ``index-on-partitioned``, with SQL for the partitions there are.
    """

    def ask(statement: LiteralString, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
        return connection.execute(statement, values).fetchall()

    for step, batches in prepared:
        script = step.script
        for batch in batches:
            if batch.statement is None or batch.first <= step.done:
                continue
            if batch.statement.node == "VariableSetStmt":
                break
            if batch.statement.node == "IndexStmt" and batch.kind == "autocommit":
                sql = script.source[batch.start : batch.end].decode()
                build = _build(batch.statement.tree["IndexStmt"], sql)
                refuse_in_file(ask, build, script, batch.spans[0])


def _build(fields: Fields, sql: str) -> BuildIndex:
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


def _reindex(fields: Fields) -> Work:
    options = {item["DefElem"]["defname"] for item in fields.get("params", ())}
    if "concurrently" not in options:
        return Repeatable()
    kind = fields["kind"].removeprefix("REINDEX_OBJECT_").lower()
    if "relation" in fields:
        return Reindex("relation", _name(fields["relation"]))
    return Reindex(kind, quote(fields.get("name", "")))


def _name(relation: Fields) -> str:
    parts = [relation.get("schemaname"), relation["relname"]]
    return ".".join(quote(part) for part in parts if part)


_WORK: dict[str, Callable[[Fields], Work]] = {
    **dict.fromkeys(("CallStmt", "DoStmt"), lambda _: Procedure()),
    "DropStmt": _drop,
    "AlterTableStmt": _alter_table,
    "ReindexStmt": _reindex,
    "CreatedbStmt": lambda f: CreateOrDrop("database", f["dbname"], creates=True),
    "DropdbStmt": lambda f: CreateOrDrop("database", f["dbname"], creates=False),
    "CreateTableSpaceStmt": lambda f: CreateOrDrop("tablespace", f["tablespacename"], creates=True),
    "DropTableSpaceStmt": lambda f: CreateOrDrop("tablespace", f["tablespacename"], creates=False),
    "CreateSubscriptionStmt": lambda f: CreateOrDrop("subscription", f["subname"], creates=True),
    "DropSubscriptionStmt": lambda f: CreateOrDrop("subscription", f["subname"], creates=False),
    **dict.fromkeys(
        (
            *("VacuumStmt", "ClusterStmt", "RepackStmt", "AlterSystemStmt"),
            *("AlterDatabaseStmt", "AlterSubscriptionStmt", "DiscardStmt", "LoadStmt"),
        ),
        lambda _: Repeatable(),
    ),
}
