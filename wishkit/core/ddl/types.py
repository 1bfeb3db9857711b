"""Types, collations, sequences, views and functions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wishkit.core.ddl.address import called
from wishkit.core.ddl.model import UnwritableError, text_of, texts_of
from wishkit.core.ddl.names import dotted, literal
from wishkit.core.ddl.tables import (
    constraint_clause,
    is_foldable,
    kept,
    parameter,
    sequence_words,
    table_of,
)
from wishkit.core.ddl.text import aligned, listed, stacked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.core.ddl.model import Whole
    from wishkit.core.schema import Attributes, Identity

# pg_type.typalign and typstorage (manual, "pg_type").
_ALIGNMENT = {"c": "char", "s": "int2", "i": "int4", "d": "double"}
_STORAGE = {"p": "plain", "e": "external", "x": "extended", "m": "main"}
_NAME = re.compile(r'((?:"(?:[^"]|"")+"|[^"(])+)\(')
_IO = ("input", "output", "receive", "send", "typmod_in", "typmod_out", "analyze", "subscript")


def enum(identity: Identity, whole: Whole) -> Iterator[str]:
    """An enum with its labels in order."""
    labels = map(literal, texts_of(whole.items[identity].get("labels")))
    yield listed(f"CREATE TYPE {called(identity)} AS ENUM", labels)


def composite(identity: Identity, whole: Whole) -> Iterator[str]:
    """A composite type."""
    rows = []
    for it, its in whole.parts(identity.name, "attribute"):
        collation = text_of(its, "collation")
        more = f"COLLATE {collation}" if collation else ""
        rows.append((dotted(it.name[-1:]), text_of(its, "type") or "", more))
    yield stacked(f"CREATE TYPE {called(identity)} AS", aligned(rows))


def domain(identity: Identity, whole: Whole) -> Iterator[str]:
    """A domain with its constraints, but for those that are not validated."""
    attributes = whole.items[identity]
    text = f"CREATE DOMAIN {called(identity)} AS {text_of(attributes, 'type')}"
    if collation := text_of(attributes, "collation"):
        text += f" COLLATE {collation}"
    if (default := text_of(attributes, "default")) is not None:
        text += f" DEFAULT {default}"
    if attributes.get("not_null"):
        text += " NOT NULL"
    for it, its in whole.parts(identity.name, "constraint"):
        if is_foldable(its):
            text += f"\n    {constraint_clause(it, whole)}"
    yield text


def range_type(identity: Identity, whole: Whole) -> Iterator[str]:
    """A range type."""
    attributes = whole.items[identity]
    words = [f"SUBTYPE = {text_of(attributes, 'subtype')}"]
    for key, word in (
        ("subtype_opclass", "SUBTYPE_OPCLASS"),
        ("collation", "COLLATION"),
        ("canonical", "CANONICAL"),
        ("subtype_diff", "SUBTYPE_DIFF"),
        ("multirange", "MULTIRANGE_TYPE_NAME"),
    ):
        if value := text_of(attributes, key):
            bare = function_name(value) if key in {"canonical", "subtype_diff"} else value
            words.append(f"{word} = {bare}")
    yield stacked(f"CREATE TYPE {called(identity)} AS RANGE", words)


def base_type(identity: Identity, whole: Whole) -> Iterator[str]:
    """A base type; its functions took the shell of it, which was made before."""
    attributes = whole.items[identity]
    if attributes.get("defined") is False:
        return
    words = [
        f"{key.upper()} = {function_name(value)}"
        for key in _IO
        if (value := text_of(attributes, key))
    ]
    length = text_of(attributes, "length")
    words.append(f"INTERNALLENGTH = {'VARIABLE' if length == '-1' else length}")
    if attributes.get("passed_by_value"):
        words.append("PASSEDBYVALUE")
    words.append(f"ALIGNMENT = {_ALIGNMENT[text_of(attributes, 'alignment') or 'i']}")
    words.append(f"STORAGE = {_STORAGE[text_of(attributes, 'storage') or 'p']}")
    words += [
        f"{key.upper()} = {literal(value)}"
        for key in ("category", "default", "delimiter")
        if (value := text_of(attributes, key)) is not None
    ]
    if element := text_of(attributes, "element"):
        words.append(f"ELEMENT = {element}")
    if attributes.get("preferred"):
        words.append("PREFERRED = true")
    if attributes.get("collation"):
        words.append("COLLATABLE = true")
    yield stacked(f"CREATE TYPE {called(identity)}", words)


def shell_of(identity: Identity, attributes: Attributes) -> tuple[str, ...]:
    """The functions that are made between the shell of a type and the type."""
    if identity.kind == "base type":
        return tuple(value for key in _IO if (value := text_of(attributes, key)))
    if identity.kind == "range type":
        return tuple(filter(None, (text_of(attributes, "canonical"),)))
    return ()


def collation(identity: Identity, whole: Whole) -> Iterator[str]:
    """A collation."""
    attributes = whole.items[identity]
    locale, character_type = text_of(attributes, "locale"), text_of(attributes, "character_type")
    words = [f"PROVIDER = {text_of(attributes, 'provider')}"]
    if character_type is not None:
        words += [f"LC_COLLATE = {literal(locale or '')}", f"LC_CTYPE = {literal(character_type)}"]
    elif locale is not None:
        words.append(f"LOCALE = {literal(locale)}")
    if attributes.get("deterministic") is False:
        words.append("DETERMINISTIC = false")
    if rules := text_of(attributes, "rules"):
        words.append(f"RULES = {literal(rules)}")
    yield f"CREATE COLLATION {called(identity)} ({', '.join(words)})"


def sequence(identity: Identity, whole: Whole) -> Iterator[str]:
    """A sequence; that of an identity column comes with the column."""
    attributes = whole.items[identity]
    if column := texts_of(attributes.get("identity_of")):
        # In another schema than its table the name that a column would give it is taken as well.
        if column[:2] not in {it.name for it in whole.named(column[:2])}:
            raise UnwritableError("the column it numbers is not there")
        return
    unlogged = "UNLOGGED " if text_of(attributes, "persistence") else ""
    words = list(sequence_words(attributes))
    if type_ := text_of(attributes, "type"):
        words.insert(0, f"AS {type_}")
    yield " ".join([f"CREATE {unlogged}SEQUENCE {called(identity)}", *words])


def ownership(identity: Identity, whole: Whole) -> str | None:
    """How a sequence is bound to the column that it goes with; None if it is not."""
    owned = texts_of(whole.items[identity].get("owned_by"))
    if not owned or table_of(identity, whole) is None:
        return None
    return f"ALTER SEQUENCE {called(identity)} OWNED BY {dotted(owned)}"


def view(identity: Identity, whole: Whole) -> Iterator[str]:
    """A view, or a materialized one, filled unless it was not."""
    attributes = whole.items[identity]
    materialized = identity.kind == "materialized view"
    text = f"CREATE {identity.kind.upper()} {called(identity)}"
    if method := text_of(attributes, "access_method"):
        text += f"\nUSING {method}"
    if parameters := texts_of(attributes.get("options")):
        text += f"\nWITH ({', '.join(map(parameter, parameters))})"
    if space := text_of(attributes, "tablespace"):
        text += f"\nTABLESPACE {dotted((space,))}"
    text += " AS\n" + (text_of(attributes, "definition") or "").rstrip("; \n")
    if materialized and attributes.get("populated") is False:
        text += "\nWITH NO DATA"
    yield text
    alter = f"ALTER {identity.kind.upper()} {called(identity)} ALTER COLUMN"
    for it, its in whole.parts(identity.name, "column"):
        column = f"{alter} {dotted(it.name[-1:])}"
        if (default := text_of(its, "default")) is not None:
            yield f"{column} SET DEFAULT {default}"
        yield from kept(its, column)


def routine(identity: Identity, whole: Whole) -> Iterator[str]:
    """A function or procedure, as the server prints it."""
    definition = text_of(whole.items[identity], "definition")
    if definition is None:
        raise UnwritableError("the server has no definition of it")
    yield definition.replace("CREATE OR REPLACE ", "CREATE ", 1).strip()


def header_of(definition: str) -> str:
    """What of a function is looked at when it is made: all but a body in a string."""
    head, _, _ = definition.partition("\nAS $")
    return head.partition("\nAS '")[0]


def function_name(signature: str) -> str:
    """``shop.plus`` of ``shop.plus(integer,integer)``."""
    found = _NAME.match(signature)
    return found[1] if found else signature
