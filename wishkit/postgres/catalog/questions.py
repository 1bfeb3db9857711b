"""Which questions are put to the system catalogs, and where their answers belong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# Objects that belong to an extension; so written, the server looks them up once per question.
_MEMBERS = (
    "SELECT classid, objid FROM pg_depend"
    " WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'"
)


@dataclass(frozen=True, slots=True)
class Question:
    """A bulk query, one row per object.

    Attributes:
        name: of the file in ``queries/``.
        within: the catalog of what the objects are in: their names continue its name.
        holds: the catalog of the objects, if others are in them.
        since: the first ``server_version_num`` that can answer.
    """

    name: str
    within: str = ""
    holds: str = ""
    since: int = 0

    @property
    def sql(self) -> bytes:
        """The statement."""
        return query(self.name).replace("{members}", _MEMBERS).encode()

    @property
    def catalogs(self) -> frozenset[str]:
        """The system catalogs it reads."""
        return frozenset(re.findall(r"(?:FROM|JOIN) (pg_[a-z_]+)\b(?!\()", self.sql.decode()))


# Said of objects by their address: class, OID and number within (of a column), as pg_depend has it.
FACTS = (
    Question("catalog_comments"),
    Question("catalog_security_labels"),
    Question("catalog_disabled"),
    Question("catalog_grants"),
)
# What holds others comes before them.
OBJECTS = (
    Question("catalog_database"),
    Question("catalog_settings"),
    Question("catalog_schemas", holds="pg_namespace"),
    Question("catalog_extensions"),
    Question("catalog_relations", "pg_namespace", "pg_class"),
    Question("catalog_types", "pg_namespace", "pg_type"),
    Question("catalog_columns", "pg_class"),
    Question("catalog_attributes", "pg_type"),
    Question("catalog_constraints", "pg_class"),
    Question("catalog_not_null_180000", "pg_class", since=180000),
    Question("catalog_domain_constraints", "pg_type"),
    Question("catalog_indexes", "pg_namespace"),
    Question("catalog_sequences", "pg_namespace"),
    Question("catalog_functions", "pg_namespace"),
    Question("catalog_aggregates", "pg_namespace"),
    Question("catalog_triggers", "pg_class"),
    Question("catalog_rules", "pg_class"),
    Question("catalog_policies", "pg_class"),
    Question("catalog_statistics", "pg_namespace"),
    Question("catalog_operators", "pg_namespace"),
    Question("catalog_operator_classes", "pg_namespace"),
    Question("catalog_casts"),
    Question("catalog_conversions", "pg_namespace"),
    Question("catalog_collations", "pg_namespace"),
    Question("catalog_languages"),
    Question("catalog_transforms"),
    Question("catalog_access_methods"),
    Question("catalog_text_search", "pg_namespace"),
    Question("catalog_event_triggers"),
    Question("catalog_wrappers"),
    Question("catalog_servers"),
    Question("catalog_user_mappings"),
    Question("catalog_publications"),
    Question("catalog_publication_tables"),
    Question("catalog_publication_schemas_150000", since=150000),
    Question("catalog_subscriptions"),
    Question("catalog_default_privileges"),
)
# Whose answers are long where a schema is large: what comes back for one is put together while the
# server is at the next.
_LONG = frozenset(
    {
        "catalog_relations",
        "catalog_columns",
        "catalog_constraints",
        "catalog_indexes",
        "catalog_functions",
    }
)


def together(questions: Iterable[Question]) -> Iterator[Sequence[Question]]:
    """The same questions in groups, each of which is one round trip and ends with a long answer."""
    group: list[Question] = []
    for question in questions:
        group.append(question)
        if question.name in _LONG:
            yield group
            group = []
    if group:
        yield group
