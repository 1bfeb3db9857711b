"""How every kind of object is called in COMMENT, GRANT, ALTER … OWNER and DROP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.core.ddl.names import dotted, quote

if TYPE_CHECKING:
    from wishkit.core.ddl.model import Whole
    from wishkit.core.schema import Identity

# Kinds whose word is not their own name in capitals.
_WORDS = dict.fromkeys(("composite type", "enum", "range type", "base type", "shell type"), "TYPE")
# GRANT has words of its own.
_GRANT_WORDS = {
    **_WORDS,
    **dict.fromkeys(("view", "materialized view", "foreign table"), "TABLE"),
    "aggregate": "FUNCTION",
    "domain": "TYPE",
    "server": "FOREIGN SERVER",
}


def word(kind: str) -> str:
    """What a kind is called in commands."""
    return _WORDS.get(kind, kind.upper())


def called(identity: Identity) -> str:
    """An object's name as commands want it, without the word for its kind."""
    kind, name = identity
    match kind:
        case "function" | "procedure" | "aggregate":
            # One of the server's own names its arguments apart.
            arguments = ", ".join(name[2:]) or ("*" if kind == "aggregate" else "")
            return f"{dotted(name[:2])}({arguments})"
        case "operator":
            return f"{quote(name[0])}.{name[1]} ({name[2]}, {name[3]})"
        case "operator class" | "operator family":
            return f"{dotted(name[:2])} USING {quote(name[2])}"
        case "cast":
            return f"({name[0]} AS {name[1]})"
        case "transform":
            return f"FOR {name[0]} LANGUAGE {quote(name[1])}"
    return dotted(name)


def address(identity: Identity, whole: Whole) -> str:
    """An object with the word for its kind, ``TABLE public.wishes``; for COMMENT and the like."""
    kind, name = identity
    if kind in {"constraint", "trigger", "policy", "rule"}:
        on = dotted(name[:-1])
        if whole.kind_of(name[:-1]) == "domain":
            on = f"DOMAIN {on}"
        return f"{word(kind)} {quote(name[-1])} ON {on}"
    return f"{'COLUMN' if kind == 'attribute' else word(kind)} {called(identity)}"


def granted_on(identity: Identity) -> str:
    """An object as GRANT and REVOKE want it."""
    kind = identity.kind
    return f"{_GRANT_WORDS.get(kind) or kind.upper()} {called(identity)}"
