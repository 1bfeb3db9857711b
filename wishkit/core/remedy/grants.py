"""From one list of privileges to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.core.ddl.address import granted_on
from wishkit.core.ddl.model import text_of
from wishkit.core.ddl.names import quote
from wishkit.core.ddl.remarks import on_database
from wishkit.core.schema import OWNER, PUBLIC, Identity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wishkit.core.schema import Attributes, Value

_Granted = dict[tuple[str, str], str]


def regranted(identity: Identity, want: Value, have: Value, *, owner: str | None) -> Iterator[str]:
    """GRANT and REVOKE about an object that is there; the privileges of one role in one command.

    Args:
        identity: of the object.
        want: its grants as they should be.
        have: as they are.
        owner: whose it will be by then; None where it is not known, then whoever runs it.
    """
    on, columns = identity, ""
    if identity.kind == "column":
        on = identity._replace(kind="table", name=identity.name[:-1])
        columns = f" ({quote(identity.name[-1])})"
    elif identity.kind == "function" and len(identity.name) > 2:  # noqa: PLR2004 - one of the server's own names its arguments apart
        on = identity._replace(name=(*identity.name[:2], ", ".join(identity.name[2:])))
    owner_ = quote(owner) if owner else "CURRENT_USER"
    for command in commands(want, have, on=granted_on(on), columns=columns, owner=owner_):
        yield on_database(identity, command)


def default_privileges(identity: Identity, want: Value, have: Value) -> Iterator[str]:
    """ALTER DEFAULT PRIVILEGES of one role, for one sort of objects, in one schema or all."""
    role, schema, sort = identity.name
    head = f"ALTER DEFAULT PRIVILEGES FOR ROLE {quote(role)}"
    if schema:
        head += f" IN SCHEMA {quote(schema)}"
    for command in commands(want, have, on=sort.upper(), columns="", owner=quote(role)):
        yield f"{head} {command}"


def commands(want: Value, have: Value, *, on: str, columns: str, owner: str) -> Iterator[str]:
    """The commands between two lists of grants, each a difference from the built-in default."""
    wanted, given = _by_role(want), _by_role(have)
    found: dict[tuple[str, str], list[str]] = {}
    for key in sorted(wanted.keys() | given.keys()):
        if (verb := _VERBS.get((wanted.get(key, "default"), given.get(key, "default")))) is None:
            continue
        role, privilege = key
        found.setdefault((verb, role), []).append(privilege)
    # What is taken away first: a privilege may have been given twice in different ways.
    for (verb, role), names in sorted(found.items(), reverse=True):
        what = ", ".join(f"{name}{columns}" for name in names)
        who = {OWNER: owner, PUBLIC: "PUBLIC"}.get(role) or quote(role)
        head, tail = verb.split("|")
        yield f"{head} {what} ON {on} {tail.format(who)}"


_GRANT, _WITH = "GRANT|TO {}", "GRANT|TO {} WITH GRANT OPTION"
_REVOKE, _ONLY = "REVOKE|FROM {}", "REVOKE GRANT OPTION FOR|FROM {}"
# By how it should be and how it is. A default that is told of neither way holds what a revoked one
# would give back, and nothing of what is granted besides.
_VERBS = {
    ("granted", "default"): _GRANT,
    ("granted", "revoked"): _GRANT,
    ("granted", "grantable"): _ONLY,
    ("grantable", "default"): _WITH,
    ("grantable", "revoked"): _WITH,
    ("grantable", "granted"): _WITH,
    ("revoked", "default"): _REVOKE,
    ("revoked", "granted"): _REVOKE,
    ("revoked", "grantable"): _REVOKE,
    ("default", "granted"): _REVOKE,
    ("default", "grantable"): _REVOKE,
    ("default", "revoked"): _GRANT,
}


def _by_role(value: Value) -> _Granted:
    found: _Granted = {}
    for grant in value if isinstance(value, tuple) else ():
        if isinstance(grant, tuple):
            role, privilege, passed_on = grant
            state = {None: "revoked", False: "granted", True: "grantable"}[passed_on]  # type: ignore[index] # as the catalog tells it
            found[str(role), str(privilege)] = state
    return found


def owner_of(identity: Identity, items: Mapping[Identity, Attributes]) -> str | None:
    """Whose an object is; that of a column by its table."""
    if identity.kind != "column":
        return text_of(items.get(identity, {}), "owner")
    for kind in ("table", "view", "materialized view", "foreign table"):
        if found := items.get(Identity(kind, identity.name[:-1])):
            return text_of(found, "owner")
    return None
