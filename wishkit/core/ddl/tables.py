"""Tables and what stands within them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wishkit.core.ddl.address import called, word
from wishkit.core.ddl.model import UnwritableError, text_of, texts_of
from wishkit.core.ddl.names import dotted, literal, quote
from wishkit.core.ddl.text import INDENT, WIDTH, aligned, stacked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wishkit.core.ddl.model import Whole
    from wishkit.core.schema import Attributes, Identity

# In which order constraints are read.
_CONSTRAINTS = ("primary key", "unique", "exclusion", "check", "foreign key", "not null")
# A string constant or a quoted name; the server prints no other quotes in expressions.
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*\"""")
_ENABLED = {"disabled": "DISABLE", "replica": "ENABLE REPLICA", "always": "ENABLE ALWAYS",
            "origin": "ENABLE"}  # fmt: skip


def table(identity: Identity, whole: Whole) -> Iterator[str]:
    """CREATE TABLE with its columns and constraints, and what only ALTER TABLE can say."""
    attributes, name = whole.items[identity], identity.name
    partition = attributes.get("partition_of") is not None
    rows = [
        _column(it, its, whole) for it, its in whole.parts(name, "column") if _own(its) or partition
    ]
    clauses = [_wrapped(constraint_clause(it, whole)) for it in folded(identity, whole)]
    lines = aligned(rows) + clauses
    foreign = identity.kind == "foreign table"
    of_type = text_of(attributes, "of_type")
    unlogged = "UNLOGGED " if text_of(attributes, "persistence") else ""
    head = f"CREATE {unlogged}{word(identity.kind)} {dotted(name)}"
    if of_type:
        head += f" OF {of_type}"
        lines = clauses
    tail = "".join(_tail(attributes, foreign=foreign))
    yield stacked(head, lines, tail) if lines or not of_type else head + tail
    yield from _settings(identity, whole)


def _wrapped(clause: str) -> str:
    """A foreign key on two lines where one would be long."""
    if len(clause) < WIDTH - len(INDENT):
        return clause
    return clause.replace(" REFERENCES ", f"\n{INDENT * 2}REFERENCES ", 1)


def _tail(attributes: Attributes, *, foreign: bool) -> Iterator[str]:
    if parents := texts_of(attributes.get("inherits")):
        yield f"\nINHERITS ({', '.join(parents)})"
    if key := text_of(attributes, "partition_key"):
        yield f"\nPARTITION BY {key}"
    if foreign:
        yield f"\nSERVER {quote(text_of(attributes, 'server') or '')}"
        yield options(attributes.get("foreign_options"), "\nOPTIONS")
    if method := text_of(attributes, "access_method"):
        yield f"\nUSING {quote(method)}"
    if parameters := texts_of(attributes.get("options")):
        yield f"\nWITH ({', '.join(map(parameter, parameters))})"
    if space := text_of(attributes, "tablespace"):
        yield f"\nTABLESPACE {quote(space)}"


def _settings(identity: Identity, whole: Whole) -> Iterator[str]:
    """What only ALTER TABLE says."""
    attributes, name = whole.items[identity], identity.name
    alter = f"ALTER {word(identity.kind)} ONLY {dotted(name)}"
    if attributes.get("row_security"):
        yield f"{alter} ENABLE ROW LEVEL SECURITY"
    if attributes.get("force_row_security"):
        yield f"{alter} FORCE ROW LEVEL SECURITY"
    # One of foreign data has none, and cannot have one.
    if identity.kind == "table" and (replica := text_of(attributes, "replica_identity")):
        yield f"{alter} REPLICA IDENTITY {replica.upper()}"
    for column, its in whole.parts(name, "column"):
        what = f"{alter} ALTER COLUMN {quote(column.name[-1])}"
        typed = attributes.get("of_type") is not None
        if (typed or not _own(its)) and not attributes.get("partition_of"):
            yield from _unlike_parent(column, its, what, whole, identity)
        yield from kept(its, what)


def kept(its: Attributes, what: str) -> Iterator[str]:
    """How a column is stored and what is known of it; ``what`` is ALTER … ALTER COLUMN."""
    if storage := text_of(its, "storage"):
        yield f"{what} SET STORAGE {storage.upper()}"
    if compression := text_of(its, "compression"):
        yield f"{what} SET COMPRESSION {compression}"
    if (target := text_of(its, "statistics")) is not None:
        yield f"{what} SET STATISTICS {target}"
    if parameters := texts_of(its.get("options")):
        yield f"{what} SET ({', '.join(map(parameter, parameters))})"


def _unlike_parent(
    column: Identity, its: Attributes, what: str, whole: Whole, identity: Identity
) -> Iterator[str]:
    """What an inherited column, or one of a type, has otherwise than where it comes from."""
    parents = [
        whole.items.get(column._replace(name=(*parent.name, column.name[-1])), {})
        for text in texts_of(whole.items[identity].get("inherits"))
        for parent in whole.mentioned(text)
    ]
    inherited = next((it for it in parents if it), {})
    default = text_of(its, "default")
    if its.get("generated") is None and default != text_of(inherited, "default"):
        yield f"{what} SET DEFAULT {default}" if default is not None else f"{what} DROP DEFAULT"
    if its.get("not_null") and not inherited.get("not_null"):
        yield f"{what} SET NOT NULL"


def attachment(identity: Identity, whole: Whole) -> str | None:
    """How a table, once it is there, becomes a partition of another; None if it is none."""
    attributes = whole.items[identity]
    parent, bound = text_of(attributes, "partition_of"), text_of(attributes, "partition_bound")
    if parent is None or bound is None:
        return None
    return f"ALTER TABLE ONLY {parent} ATTACH PARTITION {dotted(identity.name)} {bound}"


def folded(identity: Identity, whole: Whole) -> list[Identity]:
    """The constraints that stand within CREATE TABLE, in the order in which they are read."""
    partition = whole.items[identity].get("partition_of") is not None
    found = [
        it
        for it, its in whole.parts(identity.name, "constraint")
        if it not in whole.apart and (_own(its) or partition) and is_foldable(its)
    ]
    return sorted(found, key=lambda it: (_rank(whole.items[it]), it.name))


def is_foldable(attributes: Attributes) -> bool:
    """Whether a constraint can be part of CREATE TABLE: there is no NOT VALID in it."""
    if attributes.get("type") == "not null":
        return False
    return attributes.get("validated") is not False or attributes.get("enforced") is False


def constraint_clause(identity: Identity, whole: Whole) -> str:
    """``CONSTRAINT name …``, as CREATE and ALTER TABLE and CREATE DOMAIN want it."""
    attributes = whole.items[identity]
    text = f"CONSTRAINT {quote(identity.name[-1])} {_definition(attributes)}"
    if attributes.get("type") in {"primary key", "unique", "exclusion"} and (
        space := text_of(attributes, "tablespace")
    ):
        text += f" USING INDEX TABLESPACE {quote(space)}"
    if deferrable := text_of(attributes, "deferrable"):
        text += " DEFERRABLE" + (
            " INITIALLY DEFERRED" if "initially deferred" in deferrable else ""
        )
    if attributes.get("enforced") is False:
        text += " NOT ENFORCED"
    elif attributes.get("validated") is False:
        text += " NOT VALID"
    return text


def _definition(attributes: Attributes) -> str:
    text = text_of(attributes, "definition") or ""
    # The server prints a condition in two pairs of parentheses; one is enough.
    body = text.removesuffix(" NO INHERIT")
    if body.startswith("CHECK (") and body.endswith(")"):
        return f"CHECK ({_bare(body[7:-1])}){text[len(body) :]}"
    return text


def _one_group(text: str) -> bool:
    """Whether the first parenthesis closes with the last one."""
    depth = 0
    for at, character in enumerate(_QUOTED.sub(lambda it: "x" * len(it[0]), text)):
        depth += (character == "(") - (character == ")")
        if depth == 0 and at < len(text) - 1:
            return False
    return depth == 0


def constraint(identity: Identity, whole: Whole) -> Iterator[str]:
    """A constraint that its table was made without, and how its index is used."""
    attributes, name = whole.items[identity], identity.name
    kind = whole.kind_of(name[:-1])
    if attributes.get("triggers"):
        raise UnwritableError("the triggers behind it are not enabled as they usually are")
    on = f"ALTER {word(kind or 'table')} {dotted(name[:-1])}"
    owner = next((it for it in whole.named(name[:2]) if it.kind == kind), None)
    if owner and kind != "domain" and identity in folded(owner, whole):
        yield from _index_use(attributes, name)
        return
    if attributes.get("inherited") and not attributes.get("local"):
        return
    if identity not in whole.apart and (
        (kind == "domain" and is_foldable(attributes))
        or (attributes.get("type") == "not null" and attributes.get("validated") is None)
    ):
        return
    yield f"{on} ADD {constraint_clause(identity, whole)}"
    yield from _index_use(attributes, name)


def _index_use(attributes: Attributes, name: tuple[str, ...]) -> Iterator[str]:
    if attributes.get("clustered"):
        yield f"ALTER TABLE {dotted(name[:-1])} CLUSTER ON {quote(name[-1])}"
    if attributes.get("replica_identity"):
        yield f"ALTER TABLE {dotted(name[:-1])} REPLICA IDENTITY USING INDEX {quote(name[-1])}"


def column(identity: Identity, whole: Whole) -> Iterator[str]:
    """One more column of a table that is there."""
    table_ = dotted(identity.name[:-1])
    row = " ".join(it for it in _column(identity, whole.items[identity], whole) if it)
    yield f"ALTER TABLE {table_} ADD COLUMN {row}"


def trigger(identity: Identity, whole: Whole) -> Iterator[str]:
    """A trigger; the copy of one on a partition is there already, and only switched."""
    attributes, name = whole.items[identity], identity.name
    if not attributes.get("copied_from"):
        yield text_of(attributes, "definition") or ""
    if enabled := text_of(attributes, "enabled"):
        yield (
            f"ALTER TABLE ONLY {dotted(name[:-1])} {_ENABLED[enabled]} TRIGGER {quote(name[-1])}"
        )


def rule(identity: Identity, whole: Whole) -> Iterator[str]:
    """A rewrite rule."""
    attributes, name = whole.items[identity], identity.name
    yield (text_of(attributes, "definition") or "").rstrip(";")
    if enabled := text_of(attributes, "enabled"):
        yield f"ALTER TABLE {dotted(name[:-1])} {_ENABLED[enabled]} RULE {quote(name[-1])}"


def policy(identity: Identity, whole: Whole) -> Iterator[str]:
    """A policy of row security."""
    attributes, name = whole.items[identity], identity.name
    text = f"CREATE POLICY {quote(name[-1])} ON {dotted(name[:-1])}"
    if attributes.get("restrictive"):
        text += " AS RESTRICTIVE"
    if command := text_of(attributes, "command"):
        text += f" FOR {command.upper()}"
    if roles := texts_of(attributes.get("roles")):
        text += f" TO {', '.join(map(quote, roles))}"
    for clause, key in (("USING", "using"), ("WITH CHECK", "check")):
        if (expression := text_of(attributes, key)) is not None:
            text += f"\n    {clause} ({_bare(expression)})"
    yield text


def index(identity: Identity, whole: Whole) -> Iterator[str]:
    """An index, and what its table uses it for."""
    attributes, name = whole.items[identity], identity.name
    definition = text_of(attributes, "definition") or ""
    if attributes.get("valid") is False:
        raise UnwritableError(f"it is INVALID; it would be: {definition}")
    if space := text_of(attributes, "tablespace"):
        head, where, tail = definition.partition(" WHERE ")
        definition = f"{head} TABLESPACE {quote(space)}{where}{tail}"
    yield definition
    on = table_of(identity, whole)
    for target in texts_of(attributes.get("statistics")):
        at, _, value = target.partition(": ")
        yield f"ALTER INDEX {called(identity)} ALTER COLUMN {at} SET STATISTICS {value}"
    if on:
        yield from _index_use(attributes, (*on.name, name[-1]))


def table_of(identity: Identity, whole: Whole) -> Identity | None:
    """The table or materialized view that an index, or a sequence by its owner, belongs to."""
    attributes = whole.items[identity]
    owned = texts_of(attributes.get("owned_by"))[:2] or texts_of(attributes.get("of"))
    for found in whole.named(owned) if owned else ():
        if found.kind in {"table", "materialized view", "foreign table"}:
            return found
    _, _, on = (text_of(attributes, "definition") or "").partition(" ON ")
    named = whole.mentioned(on.partition(" USING ")[0]) if identity.kind == "index" else ()
    tables = (it for it in named if it.kind in {"table", "materialized view"})
    return next(tables, None)


def parameter(text: str) -> str:
    """``name=value`` of pg_class.reloptions as WITH (…) wants it."""
    name, _, value = text.partition("=")
    plain = value.replace(".", "", 1).isalnum()
    return f"{dotted(name.split('.'))} = {value if plain else literal(value)}"


def options(value: object, head: str) -> str:
    """``name=value`` of foreign data as OPTIONS (…) wants it; empty for none.

    Raises:
        UnwritableError: a value is a secret.
    """
    pairs = [str(it).partition("=") for it in value] if isinstance(value, tuple) else []
    if any(it == "…" for _, _, it in pairs):
        raise UnwritableError("its options hold a secret, which is not read")
    text = ", ".join(f"{quote(name)} {literal(it)}" for name, _, it in pairs)
    return f"{head} ({text})" if text else ""


def _column(identity: Identity, its: Attributes, whole: Whole) -> tuple[str, str, str, str]:
    """Name, type, NOT NULL, and the rest: the words that stand under each other."""
    type_ = text_of(its, "type") or ""
    if collation := text_of(its, "collation"):
        type_ += f" COLLATE {collation}"
    type_ += options(its.get("foreign_options"), " OPTIONS")
    return (
        quote(identity.name[-1]),
        type_,
        _not_null(identity, its, whole),
        _rest(identity, whole),
    )


def _not_null(identity: Identity, its: Attributes, whole: Whole) -> str:
    if not its.get("not_null"):
        return ""
    for it, other in whole.parts(identity.name[:-1], "constraint"):
        definition = f"NOT NULL {quote(identity.name[-1])}"
        if other.get("type") == "not null" and other.get("definition") in {
            definition, f"{definition} NO INHERIT"
        }:  # fmt: skip
            if other.get("validated") is False:
                return ""
            more = " NO INHERIT" if str(other["definition"]).endswith("NO INHERIT") else ""
            return f"CONSTRAINT {quote(it.name[-1])} NOT NULL{more}"
    return "NOT NULL"


def _rest(identity: Identity, whole: Whole) -> str:
    its = whole.items[identity]
    if kind := text_of(its, "generated"):
        return f"GENERATED ALWAYS AS ({_bare(text_of(its, 'expression') or '')}) {kind.upper()}"
    if how := text_of(its, "identity"):
        sequence = whole.sequences.get(identity.name)
        return f"GENERATED {how.upper()} AS IDENTITY" + (
            _sequence_options(sequence, identity, whole) if sequence else ""
        )
    default = text_of(its, "default")
    return f"DEFAULT {default}" if default is not None else ""


def _sequence_options(sequence: Identity, column_: Identity, whole: Whole) -> str:
    schema, table_, name = column_.name
    words = list(sequence_words(whole.items[sequence]))
    if sequence.name != (schema, f"{table_}_{name}_seq"):
        words.insert(0, f"SEQUENCE NAME {dotted(sequence.name)}")
    return f" ({' '.join(words)})" if words else ""


def sequence_words(attributes: Attributes) -> Iterator[str]:
    """How a sequence counts."""
    for key, words in _COUNTING.items():
        if (value := text_of(attributes, key)) is not None:
            yield f"{words} {value}"
    if attributes.get("cycle"):
        yield "CYCLE"


_COUNTING = {"start": "START WITH", "increment": "INCREMENT BY", "minimum": "MINVALUE",
             "maximum": "MAXVALUE", "cache": "CACHE"}  # fmt: skip


def _own(its: Attributes) -> bool:
    return not its.get("inherited") or bool(its.get("local"))


def _rank(attributes: Attributes) -> int:
    kinds: Iterable[str] = _CONSTRAINTS
    return next((at for at, it in enumerate(kinds) if it == attributes.get("type")), 9)


def _bare(expression: str) -> str:
    """Without the parentheses around the whole."""
    whole = expression.startswith("(") and expression.endswith(")") and _one_group(expression)
    return expression[1:-1] if whole else expression
