"""Which function changes which attribute of which kind of object."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from wishkit.core.remedy import columns, keys, objects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wishkit.core.remedy.model import Edit

Alter: TypeAlias = "Callable[[Edit], Iterator[str]]"

EVERY = "every"
_TABLES = ("table", "foreign table")
# In the order in which they run. What every kind has comes behind what a kind has of its own.
ALTERS: tuple[tuple[tuple[str, ...], tuple[str, ...], Alter], ...] = (
    (("column",), ("inherited", "local"), columns.inherited),
    (("column",), ("type", "collation"), columns.retyped),
    (("column",), ("not_null",), columns.renulled),
    (("column",), ("generated", "expression"), columns.recomputed),
    (("column",), ("default",), columns.redefaulted),
    (("column",), ("identity",), columns.renumbered),
    (("column",), ("storage",), columns.stored),
    (("column",), ("compression",), columns.compressed),
    (("column",), ("statistics",), columns.sampled),
    (("column",), ("options",), columns.tuned),
    (("column", "foreign table"), ("foreign_options",), objects.foreign_options),
    (("table",), ("persistence",), objects.logged),
    (("table", "materialized view"), ("access_method",), objects.stored_by),
    (("table", "materialized view", "index"), ("tablespace",), objects.placed),
    (("table",), ("of_type",), objects.typed),
    (_TABLES, ("inherits",), objects.inheriting),
    (_TABLES, ("partition_of", "partition_bound"), objects.partitioned),
    (_TABLES, ("detach_pending",), objects.detached),
    (("table",), ("partition_key",), objects.keyed),
    (_TABLES, ("row_security", "force_row_security"), objects.secured),
    (("table",), ("replica_identity",), objects.replicated),
    (("table", "view", "materialized view"), ("options",), objects.configured),
    (("trigger", "rule", "event trigger"), ("enabled",), objects.enabled),
    (("enum",), ("labels",), objects.labels),
    (("domain",), ("default", "not_null"), objects.domain),
    (("attribute",), ("type", "collation"), objects.attribute),
    (
        ("sequence",),
        ("type", "start", "increment", "minimum", "maximum", "cache", "cycle"),
        objects.counted,
    ),
    (("sequence",), ("persistence",), objects.logged),
    (("sequence",), ("owned_by", "identity_of"), objects.bound),
    (("function", "procedure"), ("definition",), objects.routine),
    (("constraint",), ("inherited", "local"), columns.inherited),
    (("constraint",), ("validated", "enforced"), keys.validated),
    (("constraint",), ("deferrable",), keys.deferred),
    (("constraint",), ("index",), keys.index_named),
    (("constraint",), ("options",), keys.index_options),
    (("constraint",), ("index_comment",), keys.index_commented),
    (("constraint", "index"), ("clustered", "replica_identity"), keys.used),
    (("index",), ("statistics",), keys.index_sampled),
    (("statistics",), ("statistics",), objects.statistics),
    (("materialized view",), ("populated",), objects.filled),
    (("database",), ("connection_limit",), objects.limited),
    (("extension",), ("version", "schema"), objects.extension),
    (("server", "foreign data wrapper", "user mapping"), ("options",), objects.foreign_options),
    ((EVERY,), ("owner",), objects.owned),
    ((EVERY,), ("comment",), objects.commented),
    ((EVERY,), ("security_labels",), objects.labelled),
    ((EVERY,), ("grants",), objects.granted),
)
# Kinds that hold nothing of their own: what differs otherwise is made again.
REBUILT = frozenset(
    {
        "access method",
        "aggregate",
        "cast",
        "collation",
        "constraint",
        "conversion",
        "domain",
        "event trigger",
        "foreign data wrapper",
        "function",
        "index",
        "language",
        "materialized view",
        "operator",
        "operator class",
        "operator family",
        "policy",
        "procedure",
        "publication",
        "publication schema",
        "publication table",
        "range type",
        "rule",
        "server",
        "setting",
        "statistics",
        "text search configuration",
        "text search dictionary",
        "text search parser",
        "text search template",
        "transform",
        "trigger",
        "user mapping",
        "view",
    }
)


def alters(kind: str, attributes: set[str]) -> tuple[list[Alter], set[str]]:
    """The functions that change these attributes, in order; and the attributes none changes."""
    found: list[Alter] = []
    rest = set(attributes)
    for kinds, names, function in ALTERS:
        hit = rest.intersection(names)
        if hit and (kind in kinds or EVERY in kinds):
            found.append(function)
            rest -= hit
    return found, rest
