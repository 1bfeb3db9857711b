"""How objects of every kind are dropped, and what is lost with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.core.ddl.address import called, word
from wishkit.core.ddl.names import dotted, quote
from wishkit.core.ddl.remarks import on_database
from wishkit.core.schema import PUBLIC

if TYPE_CHECKING:
    from wishkit.core.ddl.model import Whole
    from wishkit.core.schema import Identity

# What SQL could not bring back.
_LOSSES = {
    "table": "all rows of",
    "column": "the values of",
    "attribute": "the values of",
    "sequence": "the position of",
    "subscription": "what connects",
    "user mapping": "the secrets of",
}
LOSING = frozenset(_LOSSES)


def dropped(identity: Identity, whole: Whole) -> str:
    """The command that drops an object; never with CASCADE onto anything that is not part of it."""
    kind, name = identity
    within = f"{word(whole.kind_of(name[:-1]) or 'table')} {dotted(name[:-1])}"
    last = quote(name[-1])
    match kind:
        case "constraint":
            command = f"ALTER {within} DROP CONSTRAINT {last}"
        case "column":
            command = f"ALTER {within} DROP COLUMN {last}"
        case "attribute":
            # With the columns of tables OF the type, which are nothing of their own.
            command = f"ALTER TYPE {dotted(name[:-1])} DROP ATTRIBUTE {last} CASCADE"
        case "trigger" | "policy" | "rule":
            command = f"DROP {word(kind)} {last} ON {dotted(name[:-1])}"
        case "publication table":
            command = f"ALTER PUBLICATION {quote(name[0])} DROP TABLE ONLY {dotted(name[1:])}"
        case "publication schema":
            command = f"ALTER PUBLICATION {quote(name[0])} DROP TABLES IN SCHEMA {last}"
        case "user mapping":
            who = "PUBLIC" if name[1] == PUBLIC else last
            command = f"DROP USER MAPPING FOR {who} SERVER {quote(name[0])}"
        case "setting":
            whom = f"ROLE {quote(name[0])} IN DATABASE current" if name[0] else "DATABASE current"
            command = on_database(identity, f"ALTER {whom} RESET {dotted(name[1].split('.'))}")
        case _:
            command = f"DROP {word(kind)} {called(identity)}"
    return command


def loss(identity: Identity) -> str:
    """What is lost when an object is dropped, in words; empty if SQL can make it again."""
    begin = _LOSSES.get(identity.kind)
    return f"{begin} {'.'.join(identity.name)}" if begin else ""
