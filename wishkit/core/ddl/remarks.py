"""What is said of an object beside its definition: owner, comment, privileges, security labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.core.ddl.address import address, granted_on
from wishkit.core.ddl.model import text_of, texts_of
from wishkit.core.ddl.names import literal, quote
from wishkit.core.schema import OWNER, PUBLIC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.core.ddl.model import Whole
    from wishkit.core.schema import Attributes, Identity, Value

_SAID = frozenset({"owner", "comment", "security_labels", "grants"})
# The server gives these no owner of their own, or none that a command could change.
_OWNERLESS = frozenset({"database", "column", "attribute"})


def remarks(identity: Identity, whole: Whole) -> Iterator[str]:
    """Commands that bring an object, as it is made, to what the snapshot says besides."""
    attributes = whole.items[identity]
    if not attributes.keys() & _SAID:
        return
    yield from owner(identity, attributes, whole)
    if (comment := text_of(attributes, "comment")) is not None:
        yield on_database(identity, f"COMMENT ON {address(identity, whole)} IS {literal(comment)}")
    labels = attributes.get("security_labels")
    for label in labels if isinstance(labels, tuple) else ():
        provider, text = texts_of(label)
        yield (
            f"SECURITY LABEL FOR {quote(provider)} ON {address(identity, whole)} IS {literal(text)}"
        )
    yield from grants(identity, attributes, whole)


def owner(identity: Identity, attributes: Attributes, whole: Whole) -> Iterator[str]:
    """ALTER … OWNER, for what does not belong to the owner of the most."""
    role = text_of(attributes, "owner")
    if role is None or role == whole.owner or identity.kind in _OWNERLESS:
        return
    if not attributes.get("identity_of"):
        yield f"ALTER {address(identity, whole)} OWNER TO {quote(role)}"


def grants(identity: Identity, attributes: Attributes, whole: Whole) -> Iterator[str]:
    """GRANT and REVOKE, the privileges of one role in one command."""
    if identity.kind == "default privileges":
        return  # they are what it is
    role = text_of(attributes, "owner")
    owner_ = quote(role) if role and role != whole.owner else "CURRENT_USER"
    if identity.kind == "column":
        table = identity._replace(kind="table", name=identity.name[:-1])
        on, columns = granted_on(table), f" ({quote(identity.name[-1])})"
    else:
        on, columns = granted_on(identity), ""
    for command in privileges(attributes.get("grants"), on=on, columns=columns, owner_=owner_):
        yield on_database(identity, command)


def privileges(value: Value, *, on: str, columns: str = "", owner_: str) -> Iterator[str]:
    """The commands behind a list of grants.

    Args:
        value: of the attribute.
        on: the object, or the sort of object.
        columns: written behind each privilege.
        owner_: how the owner is called.
    """
    by_role: dict[tuple[str, Value], list[str]] = {}
    for grant in value if isinstance(value, tuple) else ():
        if isinstance(grant, tuple):
            role, privilege, passed_on = grant
            by_role.setdefault((str(role), passed_on), []).append(str(privilege))
    for (role, passed_on), names in by_role.items():
        what = ", ".join(f"{name}{columns}" for name in sorted(names))
        who = {OWNER: owner_, PUBLIC: "PUBLIC"}.get(role) or quote(role)
        if passed_on is None:
            yield f"REVOKE {what} ON {on} FROM {who}"
        else:
            yield f"GRANT {what} ON {on} TO {who}{' WITH GRANT OPTION' if passed_on else ''}"


def on_database(identity: Identity, command: str) -> str:
    """A command about the database itself, whatever that is called where it is run."""
    if identity.kind not in {"database", "setting"}:
        return command
    pattern = literal(command.replace("%", "%%").replace("DATABASE current", "DATABASE %I", 1))
    return f"DO $$ BEGIN EXECUTE format({pattern}, current_database()); END $$"
