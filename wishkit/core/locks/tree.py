"""Reading libpg_query's JSON parse tree: names, flags, options, and everything inside a query."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wishkit.core.locks.model import Name

Tree = Mapping[str, Any]

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")


def words(text: str) -> frozenset[str]:
    """A set of words, from a text that is easier to read than a list of strings."""
    return frozenset(text.split())


# The words that cannot be a table's name without quotes: "reserved" and "reserved (can be
# function or type)" in the manual's appendix C.
_RESERVED = words(
    """all analyse analyze and any array as asc asymmetric authorization binary both case cast
    check collate collation column concurrently constraint create cross current_catalog
    current_date current_role current_schema current_time current_timestamp current_user default
    deferrable desc distinct do else end except false fetch for foreign freeze from full grant
    group having ilike in initially inner intersect into is isnull join lateral leading left like
    limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps
    placing primary references returning right select session_user similar some symmetric
    system_user table tablesample then to trailing true union unique user using variadic verbose
    when where window with"""
)


def quoted(word: str) -> str:
    """An identifier as it would be written, in quotes only where it must be."""
    if _PLAIN.fullmatch(word) and word not in _RESERVED:
        return word
    return '"' + word.replace('"', '""') + '"'


def written(name: Name) -> str:
    """A name as it would be written: with its schema where the text had one."""
    return ".".join(quoted(part) for part in name if part is not None)


def node(tree: Tree) -> tuple[str, Tree]:
    """The type and the fields of a wrapped node, which is a dict of one key."""
    [(kind, fields)] = tree.items()
    return kind, fields


def range_var(fields: Tree) -> Name:
    """The name in the fields of a RangeVar."""
    return Name(fields.get("schemaname") or None, fields["relname"])


def strings(nodes: Iterable[Tree]) -> list[str]:
    """The texts of a list of String nodes."""
    return [item["String"]["sval"] for item in nodes]


def dotted(parts: list[str]) -> Name:
    """A name from its dotted parts; a leading database name is dropped."""
    return Name(parts[-2] if len(parts) > 1 else None, parts[-1])


def parts_of(tree: Tree) -> list[str]:
    """The dotted parts of any node that names an object in DROP, COMMENT, GRANT, RENAME."""
    kind, fields = node(tree)
    match kind:
        case "List":
            return [part for item in fields["items"] for part in parts_of(item)]
        case "String":
            return [fields["sval"]]
        case "ObjectWithArgs":
            return strings(fields["objname"])
        case "TypeName":
            return strings(fields["names"])
        case "RangeVar":
            return [part for part in range_var(fields) if part is not None]
        case _:
            return []


def literal_name(text: str) -> Name:
    """The relation a regclass literal such as ``'public.seq'`` names."""
    found = re.findall(r'"((?:[^"]|"")*)"|([^.\s"]+)', text)
    return dotted([q.replace('""', '"') if q else plain.lower() for q, plain in found] or [text])


def options(defs: Iterable[Tree]) -> dict[str, str]:
    """DefElem nodes as a dict in lower case; an option given without a value is ``true``."""
    found = {}
    for item in defs:
        fields = item["DefElem"]
        name = fields["defname"].lower()
        if space := fields.get("defnamespace"):
            name = f"{space}.{name}"
        found[name] = _scalar(fields["arg"]) if "arg" in fields else "true"
    return found


def on(flags: Mapping[str, str], name: str) -> bool:
    """Whether a boolean option is given and is not switched off."""
    return flags.get(name, "off").lower() not in {"off", "false", "0", "no"}


def _scalar(arg: Tree) -> str:
    _, fields = node(arg)
    value = next((fields[key] for key in ("sval", "ival", "fval", "boolval") if key in fields), 0)
    return str(value)


def nodes(tree: object, kind: str) -> Iterator[Tree]:
    """The fields of every wrapped node of one type anywhere in a tree, in the order of the text."""
    # A loop over plain dicts and lists, as JSON gives them: this is asked several times of every
    # statement, and would be most of what planning costs if it descended into every string.
    waiting: list[Any] = [tree] if isinstance(tree, dict | list) else []
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            found = item.get(kind)
            if isinstance(found, dict):
                yield found
        parts = item.values() if isinstance(item, dict) else item
        waiting.extend([part for part in parts if isinstance(part, dict | list)][::-1])
