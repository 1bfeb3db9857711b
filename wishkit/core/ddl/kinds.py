"""Which function writes which kind of object, and where in the text it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from wishkit.core.ddl import others, tables, types

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wishkit.core.ddl.model import Whole
    from wishkit.core.schema import Identity

Make: TypeAlias = "Callable[[Identity, Whole], Iterator[str]]"


class Kind(NamedTuple):
    """How a kind of object is written.

    Attributes:
        section: heading it is read under.
        make: its commands, without semicolons.
    """

    section: str
    make: Make


# In the order in which they are read, as far as what needs what allows it.
SECTIONS = (
    "Schemas and extensions",
    "Languages, collations and conversions",
    "Types",
    "Functions that tables use",
    "Foreign data",
    "Tables",
    "Foreign keys between tables that need each other",
    "Views",
    "Functions",
    "Operators and casts",
    "Text search",
    "Replication",
    "Settings and privileges",
    "Event triggers",
)
KINDS: dict[str, Kind] = {
    "schema": Kind("Schemas and extensions", others.schema),
    "extension": Kind("Schemas and extensions", others.extension),
    "language": Kind("Languages, collations and conversions", others.language),
    "access method": Kind("Languages, collations and conversions", others.access_method),
    "collation": Kind("Languages, collations and conversions", types.collation),
    "conversion": Kind("Languages, collations and conversions", others.conversion),
    "enum": Kind("Types", types.enum),
    "domain": Kind("Types", types.domain),
    "composite type": Kind("Types", types.composite),
    "range type": Kind("Types", types.range_type),
    "base type": Kind("Types", types.base_type),
    "foreign data wrapper": Kind("Foreign data", others.wrapper),
    "server": Kind("Foreign data", others.server),
    "user mapping": Kind("Foreign data", others.user_mapping),
    "sequence": Kind("Tables", types.sequence),
    "table": Kind("Tables", tables.table),
    "foreign table": Kind("Tables", tables.table),
    "constraint": Kind("Tables", tables.constraint),
    "index": Kind("Tables", tables.index),
    "statistics": Kind("Tables", others.statistics),
    "trigger": Kind("Tables", tables.trigger),
    "rule": Kind("Tables", tables.rule),
    "policy": Kind("Tables", tables.policy),
    "view": Kind("Views", types.view),
    "materialized view": Kind("Views", types.view),
    "function": Kind("Functions", types.routine),
    "procedure": Kind("Functions", types.routine),
    "aggregate": Kind("Functions", others.aggregate),
    "operator": Kind("Operators and casts", others.operator),
    "operator family": Kind("Operators and casts", others.operator_family),
    "operator class": Kind("Operators and casts", others.operator_class),
    "cast": Kind("Operators and casts", others.cast),
    "transform": Kind("Operators and casts", others.transform),
    "text search parser": Kind("Text search", others.text_search),
    "text search template": Kind("Text search", others.text_search),
    "text search dictionary": Kind("Text search", others.text_search),
    "text search configuration": Kind("Text search", others.text_search),
    "publication": Kind("Replication", others.publication),
    "publication schema": Kind("Replication", others.publication_schema),
    "publication table": Kind("Replication", others.publication_table),
    "subscription": Kind("Replication", others.subscription),
    "database": Kind("Settings and privileges", others.database),
    "setting": Kind("Settings and privileges", others.setting),
    "default privileges": Kind("Settings and privileges", others.default_privileges),
    "event trigger": Kind("Event triggers", others.event_trigger),
}
# Within one table: the order of what is read together.
WITHIN = ("sequence", "table", "foreign table", "constraint", "index", "statistics", "trigger",
          "rule", "policy", "attachment")  # fmt: skip
EARLY = "Functions that tables use"
REFERENCES = "Foreign keys between tables that need each other"
