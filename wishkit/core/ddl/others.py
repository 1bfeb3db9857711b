"""The kinds of objects that a database has few of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.core.ddl.address import called
from wishkit.core.ddl.model import UnwritableError, text_of, texts_of
from wishkit.core.ddl.names import dotted, literal, quote
from wishkit.core.ddl.remarks import on_database, privileges
from wishkit.core.ddl.tables import options
from wishkit.core.ddl.text import stacked
from wishkit.core.ddl.types import function_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.core.ddl.model import Whole
    from wishkit.core.schema import Attributes, Identity

_ENABLED = {"disabled": "DISABLE", "replica": "ENABLE REPLICA", "always": "ENABLE ALWAYS"}
# Attributes of an aggregate and the words for them (manual, CREATE AGGREGATE).
_AGGREGATE = {
    "state_function": "SFUNC",
    "state_type": "STYPE",
    "state_size": "SSPACE",
    "final_function": "FINALFUNC",
    "final_extra": "FINALFUNC_EXTRA",
    "final_modify": "FINALFUNC_MODIFY",
    "combine_function": "COMBINEFUNC",
    "serial_function": "SERIALFUNC",
    "deserial_function": "DESERIALFUNC",
    "initial": "INITCOND",
    "moving_state_function": "MSFUNC",
    "moving_inverse_function": "MINVFUNC",
    "moving_state_type": "MSTYPE",
    "moving_state_size": "MSSPACE",
    "moving_final_function": "MFINALFUNC",
    "moving_final_extra": "MFINALFUNC_EXTRA",
    "moving_final_modify": "MFINALFUNC_MODIFY",
    "moving_initial": "MINITCOND",
    "sort_operator": "SORTOP",
    "parallel": "PARALLEL",
}
_MODIFY = {"r": "READ_ONLY", "s": "SHAREABLE", "w": "READ_WRITE"}
# Settings whose value is a list that is kept in quotes already (variable_is_guc_list_quote in
# PostgreSQL's dumputils.c).
_LISTS = {"local_preload_libraries", "search_path", "session_preload_libraries",
          "shared_preload_libraries", "temp_tablespaces", "unix_socket_directories"}  # fmt: skip


def schema(identity: Identity, whole: Whole) -> Iterator[str]:
    """A schema; public is in every database."""
    del whole
    if identity.name != ("public",):
        yield f"CREATE SCHEMA {called(identity)}"


def extension(identity: Identity, whole: Whole) -> Iterator[str]:
    """An extension in its schema."""
    attributes = whole.items[identity]
    schema_ = text_of(attributes, "schema") or "pg_catalog"
    where = "" if schema_ == "pg_catalog" else f" SCHEMA {quote(schema_)}"
    version = text_of(attributes, "version")
    yield f"CREATE EXTENSION {called(identity)}{where}" + (
        f" VERSION {literal(version)}" if version else ""
    )


def language(identity: Identity, whole: Whole) -> Iterator[str]:
    """A procedural language."""
    attributes = whole.items[identity]
    text = f"CREATE {'TRUSTED ' if attributes.get('trusted') else ''}LANGUAGE {called(identity)}"
    for key in ("handler", "inline", "validator"):
        if value := text_of(attributes, key):
            text += f" {key.upper()} {function_name(value)}"
    yield text


def access_method(identity: Identity, whole: Whole) -> Iterator[str]:
    """An access method."""
    attributes = whole.items[identity]
    kind = (text_of(attributes, "type") or "").upper()
    handler = function_name(text_of(attributes, "handler") or "")
    yield f"CREATE ACCESS METHOD {called(identity)} TYPE {kind} HANDLER {handler}"


def conversion(identity: Identity, whole: Whole) -> Iterator[str]:
    """A conversion between encodings."""
    attributes = whole.items[identity]
    yield (
        f"CREATE {'DEFAULT ' if attributes.get('default') else ''}CONVERSION {called(identity)}"
        f" FOR {literal(text_of(attributes, 'source') or '')}"
        f" TO {literal(text_of(attributes, 'target') or '')}"
        f" FROM {function_name(text_of(attributes, 'function') or '')}"
    )


def aggregate(identity: Identity, whole: Whole) -> Iterator[str]:
    """An aggregate."""
    attributes = whole.items[identity]
    words = []
    for key, word in _AGGREGATE.items():
        value = text_of(attributes, key)
        if value is None:
            continue
        if key.endswith("function"):
            value = function_name(value)
        elif key in {"initial", "moving_initial"}:
            value = literal(value)
        elif key.endswith("modify"):
            value = _MODIFY[value]
        elif key == "sort_operator":
            value = _operator(value)
        elif key == "parallel":
            value = value.upper()
        words.append(word if key.endswith("extra") else f"{word} = {value}")
    if text_of(attributes, "type") == "hypothetical set":
        words.append("HYPOTHETICAL")
    arguments = text_of(attributes, "arguments") or "*"
    yield stacked(f"CREATE AGGREGATE {dotted(identity.name[:2])}({arguments})", words)


def operator(identity: Identity, whole: Whole) -> Iterator[str]:
    """An operator; the one it is the commutator or negator of may come later."""
    attributes, name = whole.items[identity], identity.name
    function = text_of(attributes, "function")
    if function is None:
        raise UnwritableError("it was only mentioned by another operator, and never made")
    words = [f"FUNCTION = {function_name(function)}"]
    words += [f"{side} = {it}" for side, it in zip(("LEFTARG", "RIGHTARG"), name[2:], strict=False)
              if it != "NONE"]  # fmt: skip
    for key in ("commutator", "negator"):
        if value := text_of(attributes, key):
            words.append(f"{key.upper()} = {_operator(value)}")
    for key in ("restrict", "join"):
        if value := text_of(attributes, key):
            words.append(f"{key.upper()} = {function_name(value)}")
    words += [key.upper() for key in ("hashes", "merges") if attributes.get(key)]
    yield f"CREATE OPERATOR {quote(name[0])}.{name[1]} ({', '.join(words)})"


def operator_class(identity: Identity, whole: Whole) -> Iterator[str]:
    """An operator class; its members are told by the family, and added there."""
    attributes = whole.items[identity]
    type_ = text_of(attributes, "type") or ""
    yield (
        f"CREATE OPERATOR CLASS {dotted(identity.name[:2])}"
        f"{' DEFAULT' if attributes.get('default') else ''} FOR TYPE {type_}"
        f" USING {quote(identity.name[2])} FAMILY {text_of(attributes, 'family')}"
        f" AS STORAGE {text_of(attributes, 'storage') or type_}"
    )


def operator_family(identity: Identity, whole: Whole) -> Iterator[str]:
    """An operator family with its operators and functions."""
    attributes = whole.items[identity]
    yield f"CREATE OPERATOR FAMILY {called(identity)}"
    members = [f"OPERATOR {it}" for it in texts_of(attributes.get("operators"))]
    members += [f"FUNCTION {it}" for it in texts_of(attributes.get("functions"))]
    if members:
        yield f"ALTER OPERATOR FAMILY {called(identity)} ADD\n    " + ",\n    ".join(members)


def cast(identity: Identity, whole: Whole) -> Iterator[str]:
    """A cast; that of a range to its multirange comes with the type."""
    attributes = whole.items[identity]
    source, target = identity.name
    for it in whole.mentioned(source):
        if text_of(whole.items[it], "multirange") == target:
            return
    how = {"binary coercible": "WITHOUT FUNCTION", "in and out": "WITH INOUT"}.get(
        text_of(attributes, "method") or "", f"WITH FUNCTION {text_of(attributes, 'function')}"
    )
    context = text_of(attributes, "context")
    yield f"CREATE CAST {called(identity)} {how}" + (f" AS {context.upper()}" if context else "")


def transform(identity: Identity, whole: Whole) -> Iterator[str]:
    """A transform."""
    attributes = whole.items[identity]
    words = [
        f"{way} SQL WITH FUNCTION {value}"
        for way, key in (("FROM", "from_sql"), ("TO", "to_sql"))
        if (value := text_of(attributes, key))
    ]
    yield f"CREATE TRANSFORM {called(identity)} ({', '.join(words)})"


def statistics(identity: Identity, whole: Whole) -> Iterator[str]:
    """Extended statistics."""
    attributes = whole.items[identity]
    yield text_of(attributes, "definition") or ""
    if (target := text_of(attributes, "statistics")) is not None:
        yield f"ALTER STATISTICS {called(identity)} SET STATISTICS {target}"


def text_search(identity: Identity, whole: Whole) -> Iterator[str]:
    """What text search is made of."""
    attributes = whole.items[identity]
    functions = [
        "NULL" if it in {"-", "None"} else function_name(it)
        for it in texts_of(attributes.get("functions"))
    ]
    text = f"CREATE {identity.kind.upper()} {called(identity)}"
    match identity.kind:
        case "text search parser":
            keys: tuple[str, ...] = ("START", "GETTOKEN", "END", "HEADLINE", "LEXTYPES")
        case "text search template":
            keys = ("INIT", "LEXIZE")
        case "text search dictionary":
            more = text_of(attributes, "options")
            yield f"{text} (TEMPLATE = {text_of(attributes, 'template')}" + (
                f", {more})" if more else ")"
            )
            return
        case _:
            yield f"{text} (PARSER = {text_of(attributes, 'parser')})"
            for mapping in texts_of(attributes.get("mappings")):
                token, _, dictionaries = mapping.partition(": ")
                yield (
                    f"ALTER TEXT SEARCH CONFIGURATION {called(identity)}"
                    f" ADD MAPPING FOR {quote(token)} WITH {dictionaries}"
                )
            return
    pairs = zip(keys, functions, strict=False)
    yield f"{text} ({', '.join(f'{key} = {it}' for key, it in pairs if it != 'NULL')})"


def wrapper(identity: Identity, whole: Whole) -> Iterator[str]:
    """A foreign data wrapper."""
    attributes = whole.items[identity]
    text = f"CREATE FOREIGN DATA WRAPPER {called(identity)}"
    for key in ("handler", "validator"):
        if value := text_of(attributes, key):
            text += f" {key.upper()} {function_name(value)}"
    yield text + options(attributes.get("options"), " OPTIONS")


def server(identity: Identity, whole: Whole) -> Iterator[str]:
    """A foreign server."""
    attributes = whole.items[identity]
    text = f"CREATE SERVER {called(identity)}"
    for key in ("type", "version"):
        if (value := text_of(attributes, key)) is not None:
            text += f" {key.upper()} {literal(value)}"
    text += f" FOREIGN DATA WRAPPER {quote(text_of(attributes, 'wrapper') or '')}"
    yield text + options(attributes.get("options"), " OPTIONS")


def user_mapping(identity: Identity, whole: Whole) -> Iterator[str]:
    """A user mapping, if it has no options, which are secrets."""
    if names := texts_of(whole.items[identity].get("options")):
        raise UnwritableError(f"its options are secrets, which are not read: {', '.join(names)}")
    server_, role = identity.name
    who = "PUBLIC" if role == "<public>" else quote(role)
    yield f"CREATE USER MAPPING FOR {who} SERVER {quote(server_)}"


def publication(identity: Identity, whole: Whole) -> Iterator[str]:
    """A publication; what is in it is added by itself."""
    attributes = whole.items[identity]
    text = f"CREATE PUBLICATION {called(identity)}"
    if attributes.get("all_tables"):
        text += " FOR ALL TABLES"
    words = []
    done = [it for it in ("insert", "update", "delete", "truncate") if attributes.get(it) is None]
    if len(done) < 4:  # noqa: PLR2004 - of four
        words.append(f"publish = {literal(', '.join(done))}")
    if attributes.get("via_root"):
        words.append("publish_via_partition_root = true")
    if generated := text_of(attributes, "generated_columns"):
        words.append(f"publish_generated_columns = {generated}")
    yield text + (f" WITH ({', '.join(words)})" if words else "")


def publication_schema(identity: Identity, whole: Whole) -> Iterator[str]:
    """A schema in a publication."""
    del whole
    publication_, schema_ = identity.name
    yield f"ALTER PUBLICATION {quote(publication_)} ADD TABLES IN SCHEMA {quote(schema_)}"


def publication_table(identity: Identity, whole: Whole) -> Iterator[str]:
    """A table in a publication."""
    attributes = whole.items[identity]
    publication_, *table = identity.name
    text = f"ALTER PUBLICATION {quote(publication_)} ADD TABLE ONLY {dotted(table)}"
    if columns := texts_of(attributes.get("columns")):
        text += f" ({', '.join(map(quote, columns))})"
    if condition := text_of(attributes, "where"):
        text += f" WHERE ({condition})"
    yield text


def subscription(identity: Identity, whole: Whole) -> Iterator[str]:
    """A subscription connects to another server, by a string that holds a secret."""
    del identity, whole
    raise UnwritableError("how it connects is a secret, which is not read")


def event_trigger(identity: Identity, whole: Whole) -> Iterator[str]:
    """An event trigger."""
    attributes = whole.items[identity]
    text = f"CREATE EVENT TRIGGER {called(identity)} ON {text_of(attributes, 'event')}"
    if tags := texts_of(attributes.get("tags")):
        text += f"\n    WHEN TAG IN ({', '.join(map(literal, tags))})"
    yield f"{text}\n    EXECUTE FUNCTION {function_name(text_of(attributes, 'function') or '')}()"
    if enabled := text_of(attributes, "enabled"):
        yield f"ALTER EVENT TRIGGER {called(identity)} {_ENABLED[enabled]}"


def default_privileges(identity: Identity, whole: Whole) -> Iterator[str]:
    """What a role's new objects come with."""
    role, schema_, sort = identity.name
    head = f"ALTER DEFAULT PRIVILEGES FOR ROLE {quote(role)}"
    if schema_:
        head += f" IN SCHEMA {quote(schema_)}"
    grants = whole.items[identity].get("grants")
    for command in privileges(grants, on=sort.upper(), owner_=quote(role)):
        yield f"{head} {command}"


def database(identity: Identity, whole: Whole) -> Iterator[str]:
    """The database itself is there; how many may connect to it is said."""
    attributes: Attributes = whole.items[identity]
    for key in ("connection_limit", "allow_connections"):
        if (value := text_of(attributes, key)) is not None:
            word = key.upper().replace("_", " ") if key == "connection_limit" else key.upper()
            yield on_database(identity, f"ALTER DATABASE current WITH {word} {value}")
    if attributes.get("template"):
        yield on_database(identity, "ALTER DATABASE current WITH IS_TEMPLATE true")


def setting(identity: Identity, whole: Whole) -> Iterator[str]:
    """A setting of the database, or of a role in it."""
    role, name = identity.name
    raw = text_of(whole.items[identity], "value") or ""
    value = raw if name in _LISTS and raw else literal(raw)
    whom = f"ALTER ROLE {quote(role)} IN DATABASE current" if role else "ALTER DATABASE current"
    yield on_database(identity, f"{whom} SET {dotted(name.split('.'))} = {value}")


def _operator(signature: str) -> str:
    """``OPERATOR(shop.===)`` of ``shop.===(integer,text)``."""
    return f"OPERATOR({function_name(signature)})"
