"""The roles that migrations name, those they make, and what all databases of a server share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wishkit.core.locks.tree import nodes
from wishkit.core.statements import parse, split
from wishkit.errors import MigrationFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wishkit.core.migration import Migration
    from wishkit.core.script import Script

# In the text, because what makes a role only where there is none stands in the body of a DO.
_MADE = re.compile(
    rb"\bCREATE\s+(?:ROLE|USER|GROUP)\s+(?!MAPPING\b)(?:\"([^\"]+)\"|(\w+))", re.IGNORECASE
)
_SHARED = re.compile(
    rb"\b(?:CREATE|ALTER|DROP)\s+(?:ROLE|USER(?!\s+MAPPING)|GROUP|TABLESPACE)\b|\bGRANT\s+\w+\s+TO\b"
    rb"|\bREVOKE\s+\w+\s+FROM\b",
    re.IGNORECASE,
)


def roles_made(migration: Migration) -> frozenset[str]:
    """Roles that the text of a migration makes, by whatever way."""
    return frozenset(
        (quoted or plain.lower()).decode(errors="replace")
        for script in _texts(migration)
        for quoted, plain in _MADE.findall(script.source)
    )


def roles_named(migration: Migration) -> frozenset[str]:
    """Roles that a migration grants things to, makes owner of something, acts as, ….

    Of a text that does not parse, none: that is told elsewhere.
    """
    found: set[str] = set()
    for script in _texts(migration):
        if not _MAY_NAME.search(script.source):
            continue
        try:
            trees = [parse(script, it, index=0).tree for it in split(script)]
        except (MigrationFileError, ValueError):
            continue
        for tree in trees:
            found |= set(_specs(tree))
            for grant in nodes(tree, "GrantRoleStmt"):
                found |= {
                    it["AccessPriv"]["priv_name"]
                    for it in grant.get("granted_roles", ())
                    if "priv_name" in it["AccessPriv"]
                }
    return frozenset(name for name in found if not name.startswith("pg_"))


# Parsing costs; most texts have none of these words.
_MAY_NAME = re.compile(
    rb"\b(?:GRANT|REVOKE|OWNER|OWNED|ROLE|USER|GROUP|POLICY|AUTHORIZATION)\b", re.IGNORECASE
)


def foreign_roles(migrations: Sequence[Migration]) -> frozenset[str]:
    """The roles that migrations name and none of them makes."""
    named = {role for it in migrations for role in roles_named(it)}
    return frozenset(named - {role for it in migrations for role in roles_made(it)})


def changes_server(migration: Migration) -> bool:
    """Whether it may change what all databases of a server share: roles and tablespaces."""
    return any(_SHARED.search(script.source) for script in _texts(migration))


def _specs(tree: object) -> Iterator[str]:
    """The names of every RoleSpec, whether the field it is in tells its type or not."""
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if "roletype" in item and "rolename" in item:
                yield item["rolename"]
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _texts(migration: Migration) -> Iterator[Script]:
    yield migration.forward
    if migration.backward:
        yield migration.backward
