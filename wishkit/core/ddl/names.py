"""How names and texts are written in SQL, and how the names are found again that a text holds."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# What quote_ident quotes besides odd characters: every keyword that is not unreserved, in
# PostgreSQL 18 (pg_get_keywords()); 14 to 17 have fewer. One list for all, so that the text is the
# same on every major.
_KEYWORDS = """
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit
    boolean both case cast char character check coalesce collate collation column concurrently
    constraint create cross current_catalog current_date current_role current_schema current_time
    current_timestamp current_user dec decimal default deferrable desc distinct do else end except
    exists extract false fetch float for foreign freeze from full grant greatest group grouping
    having ilike in initially inner inout int integer intersect interval into is isnull join json
    json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar
    json_serialize json_table json_value lateral leading least left like limit localtime
    localtimestamp merge_action national natural nchar none normalize not notnull null nullif
    numeric offset on only or order out outer overlaps overlay placing position precision primary
    real references returning right row select session_user setof similar smallint some substring
    symmetric system_user table tablesample then time timestamp to trailing treat trim true union
    unique user using values varchar variadic verbose when where window with xmlattributes
    xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize
    xmltable
    """
_RESERVED = frozenset(_KEYWORDS.split())
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_PART = r'(?:"(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)'
_DOTTED = re.compile(rf"(?<![\w$.\"])({_PART})\.(?:OPERATOR\()?({_PART})")
_OPERATOR = re.compile(rf"OPERATOR\(({_PART})\.([-+*/<>=~!@#%^&|`?]+)\)")


@cache
def quote(name: str) -> str:
    """A name, in quotes only where it needs them; as quote_ident does."""
    if _PLAIN.fullmatch(name) and name not in _RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def dotted(parts: Iterable[str]) -> str:
    """A name of several parts."""
    return ".".join(map(quote, parts))


def literal(text: str) -> str:
    """A string constant; with a backslash in it as an escape string, as quote_literal does."""
    quoted = "'" + text.replace("'", "''") + "'"
    return "E" + quoted.replace("\\", "\\\\") if "\\" in text else quoted


def names_in(text: str) -> Iterator[tuple[str, str]]:
    """Every pair ``schema.name`` that a text holds, operators and string constants included.

    Definitions are printed with an empty search_path, so that whatever is not built in stands with
    its schema. What only looks like such a pair, an alias with its column, comes along.
    """
    for pattern in (_DOTTED, _OPERATOR):
        for found in pattern.finditer(text):
            yield _raw(found[1]), _raw(found[2])


def _raw(part: str) -> str:
    return part[1:-1].replace('""', '"') if part.startswith('"') else part
