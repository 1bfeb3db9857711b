"""How objects other than columns are brought from what they are to what they should be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wishkit.core.ddl.address import address, called, word
from wishkit.core.ddl.model import number, text_of, texts_of
from wishkit.core.ddl.names import dotted, literal, quote
from wishkit.core.ddl.remarks import on_database
from wishkit.core.ddl.tables import table_of
from wishkit.core.ddl.types import header_of
from wishkit.core.drift_words import TOMBSTONE
from wishkit.core.remedy.grants import default_privileges, owner_of, regranted
from wishkit.core.remedy.model import ByHandError, RebuildError
from wishkit.core.remedy.options import foreign, reset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.core.remedy.model import Edit
    from wishkit.core.schema import Value

_ENABLED = {
    None: "ENABLE",
    "disabled": "DISABLE",
    "replica": "ENABLE REPLICA",
    "always": "ENABLE ALWAYS",
    "origin": "ENABLE",
}
_TABLESPACE = "pg_default"


def _alter(edit: Edit) -> str:
    return f"ALTER {word(edit.identity.kind)} {called(edit.identity)}"


def owned(edit: Edit) -> Iterator[str]:
    """ALTER … OWNER TO."""
    if edit.want("identity_of") or edit.identity.kind == "column":
        return  # it follows the table
    role = text_of(edit.sides.want.items[edit.identity], "owner")
    if role is None:
        raise ByHandError("whose it is, is not known")
    where = address(edit.identity, edit.sides.want)
    yield on_database(edit.identity, f"ALTER {where} OWNER TO {quote(role)}")


def commented(edit: Edit) -> Iterator[str]:
    """COMMENT ON."""
    comment = text_of(edit.sides.want.items[edit.identity], "comment")
    text = "NULL" if comment is None else literal(comment)
    where = address(edit.identity, edit.sides.want)
    yield on_database(edit.identity, f"COMMENT ON {where} IS {text}")


def granted(edit: Edit) -> Iterator[str]:
    """GRANT and REVOKE."""
    want, have = edit.want("grants"), edit.have("grants")
    if edit.identity.kind == "default privileges":
        yield from default_privileges(edit.identity, want, have)
        return
    if edit.identity.kind == "language" and not edit.want("trusted") and edit.want("owner"):
        raise ByHandError("the server grants nothing on a language that is not trusted")
    owner = edit.sides.owner(owner_of(edit.identity, edit.sides.want.items))
    yield from regranted(edit.identity, want, have, owner=owner)


def labelled(edit: Edit) -> Iterator[str]:
    """SECURITY LABEL; the provider has to be loaded."""
    want = {texts_of(it)[0]: texts_of(it)[1] for it in _list(edit.want("security_labels"))}
    have = {texts_of(it)[0]: texts_of(it)[1] for it in _list(edit.have("security_labels"))}
    where = address(edit.identity, edit.sides.want)
    for provider in sorted(want.keys() | have.keys()):
        if (text := want.get(provider)) != have.get(provider):
            label = "NULL" if text is None else literal(text)
            yield f"SECURITY LABEL FOR {quote(provider)} ON {where} IS {label}"


def _list(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else ()


def configured(edit: Edit) -> Iterator[str]:
    """SET (…) and RESET (…) of a table or a view."""
    for clause in reset(edit.want("options"), edit.have("options")):
        yield f"{_alter(edit)} {clause}"


def secured(edit: Edit) -> Iterator[str]:
    """Row security."""
    for attribute, on, off in (
        ("row_security", "ENABLE", "DISABLE"),
        ("force_row_security", "FORCE", "NO FORCE"),
    ):
        if attribute in edit.changes:
            yield f"{_alter(edit)} {on if edit.want(attribute) else off} ROW LEVEL SECURITY"


def replicated(edit: Edit) -> Iterator[str]:
    """REPLICA IDENTITY, unless that is an index."""
    sides = edit.sides
    for it, its in sides.want.items.items():
        within = it.name[:-1] == edit.identity.name or table_of(it, sides.want) == edit.identity
        if its.get("replica_identity") and it.kind in {"index", "constraint"} and within:
            return  # said there
    how = str(edit.want("replica_identity") or "default")
    yield f"{_alter(edit)} REPLICA IDENTITY {how.upper()}"


def logged(edit: Edit) -> Iterator[str]:
    """SET LOGGED or UNLOGGED; a table is rewritten."""
    yield f"{_alter(edit)} SET {str(edit.want('persistence') or 'logged').upper()}"


def stored_by(edit: Edit) -> Iterator[str]:
    """SET ACCESS METHOD; a table is rewritten."""
    yield f"{_alter(edit)} SET ACCESS METHOD {quote(str(edit.want('access_method') or 'heap'))}"


def placed(edit: Edit) -> Iterator[str]:
    """SET TABLESPACE; everything is copied."""
    yield f"{_alter(edit)} SET TABLESPACE {quote(str(edit.want('tablespace') or _TABLESPACE))}"


def typed(edit: Edit) -> Iterator[str]:
    """OF a composite type, or of none."""
    of_type = edit.want("of_type")
    yield f"{_alter(edit)} OF {of_type}" if of_type else f"{_alter(edit)} NOT OF"


def inheriting(edit: Edit) -> Iterator[str]:
    """INHERIT and NO INHERIT."""
    want, have = texts_of(edit.want("inherits")), texts_of(edit.have("inherits"))
    for parent in have:
        if parent not in want:
            yield f"{_alter(edit)} NO INHERIT {parent}"
    if set(want) - set(have):
        table = edit.identity.name
        for it, its in edit.sides.want.parts(table, "column", "constraint"):
            if its.get("inherited") and not its.get("local") and it in edit.sides.have.items:
                raise ByHandError("what is there already would be both inherited and its own")
    for parent in want:
        if parent not in have:
            yield f"{_alter(edit)} INHERIT {parent}"


def partitioned(edit: Edit) -> Iterator[str]:
    """DETACH and ATTACH PARTITION, where only the bound is another."""
    name = dotted(edit.identity.name)
    if "partition_of" in edit.changes:
        raise ByHandError(
            "with a partition come and go its indexes, keys and constraints: "
            "ALTER TABLE … ATTACH or DETACH PARTITION, and check again"
        )
    yield f"ALTER TABLE {edit.have('partition_of')} DETACH PARTITION {name}"
    parent, where = edit.want("partition_of"), edit.want("partition_bound")
    yield f"ALTER TABLE {parent} ATTACH PARTITION {name} {where}"


def detached(edit: Edit) -> Iterator[str]:
    """What DETACH PARTITION CONCURRENTLY began and did not end."""
    del edit
    yield from ()
    raise ByHandError("end it: ALTER TABLE … DETACH PARTITION … FINALIZE, then attach it again")


def keyed(edit: Edit) -> Iterator[str]:
    """The partition key of a table cannot be changed."""
    del edit
    yield from ()
    raise ByHandError("a partitioned table keeps its key: make another one and move the rows")


def enabled(edit: Edit) -> Iterator[str]:
    """A trigger, a rule or an event trigger, enabled or not."""
    how = _ENABLED[text_of(edit.sides.want.items[edit.identity], "enabled")]
    kind, name = edit.identity
    if kind == "event trigger":
        yield f"{_alter(edit)} {how}"
    else:
        table = edit.sides.want.kind_of(name[:-1]) or "table"
        table = "table" if table == "view" else table
        yield f"ALTER {word(table)} {dotted(name[:-1])} {how} {word(kind)} {quote(name[-1])}"


def labels(edit: Edit) -> Iterator[str]:
    """Labels of an enum: added and renamed; none is ever removed."""
    # A value that was removed is a tombstone, and no difference.
    want, have = (
        tuple(it for it in texts_of(value) if not it.startswith(TOMBSTONE))
        for value in (edit.want("labels"), edit.have("labels"))
    )
    kept = [it for it in have if it in want]
    if len(kept) == len(have) and kept == [it for it in want if it in have]:
        for at, label in enumerate(want):
            if label in have:
                continue
            after = next((it for it in want[at + 1 :] if it in have), None)
            if at:
                place = f" AFTER {literal(want[at - 1])}"
            else:
                place = f" BEFORE {literal(after)}" if after is not None else ""
            yield f"{_alter(edit)} ADD VALUE {literal(label)}{place}"
        return
    renamed = [(old, new) for old, new in zip(have, want, strict=False) if old != new]
    if len(want) == len(have) and not any(new in have for _, new in renamed):
        for old, new in renamed:
            yield f"{_alter(edit)} RENAME VALUE {literal(old)} TO {literal(new)}"
        return
    extra = [it for it in have if it not in want]
    if extra:
        name = ".".join(edit.identity.name)
        raise ByHandError(
            "no command removes a label; docs/enums.md has the way that keeps nobody waiting: "
            f"wishkit new --enum-remove {name} {literal(extra[0])}"
        )
    raise ByHandError("no command changes the order of labels: docs/enums.md")


def domain(edit: Edit) -> Iterator[str]:
    """Default and NOT NULL of a domain."""
    if "default" in edit.changes:
        default = edit.want("default")
        yield f"{_alter(edit)} " + ("DROP DEFAULT" if default is None else f"SET DEFAULT {default}")
    if "not_null" in edit.changes:
        yield f"{_alter(edit)} {'SET' if edit.want('not_null') else 'DROP'} NOT NULL"


def attribute(edit: Edit) -> Iterator[str]:
    """An attribute of a composite type; a column of that type is in its way."""
    sides, of = edit.sides, dotted(edit.identity.name[:-1])
    for it, its in sides.have.items.items():
        if it.kind == "column" and its.get("type") in {of, f"{of}[]"}:
            raise ByHandError(f"of this type is column {'.'.join(it.name)}")
    text = f"ALTER TYPE {dotted(edit.identity.name[:-1])} ALTER ATTRIBUTE "
    text += f"{quote(edit.identity.name[-1])} TYPE {edit.want('type')}"
    if collation := edit.want("collation"):
        text += f" COLLATE {collation}"
    elif "collation" in edit.changes:
        text += ' COLLATE pg_catalog."default"'
    yield f"{text} CASCADE"


def counted(edit: Edit) -> Iterator[str]:
    """How a sequence counts, all in one command, as one value limits the other."""
    words = []
    if "type" in edit.changes:
        words.append(f"AS {edit.want('type') or 'bigint'}")
    increment = number(edit.want("increment")) or 1
    if "increment" in edit.changes:
        words.append(f"INCREMENT BY {increment}")
    for key, clause in (("minimum", "MINVALUE"), ("maximum", "MAXVALUE")):
        value = edit.want(key)
        if key in edit.changes or ("type" in edit.changes and value is None):
            words.append(f"NO {clause}" if value is None else f"{clause} {value}")
    start = edit.want("start")
    if start is None:
        first = edit.want("minimum" if increment > 0 else "maximum")
        start = (1 if increment > 0 else -1) if first is None else first
    if edit.changes.keys() & {"start", "minimum", "maximum", "increment"}:
        words.append(f"START WITH {start}")
    if "cache" in edit.changes:
        words.append(f"CACHE {edit.want('cache') or 1}")
    if "cycle" in edit.changes:
        words.append("CYCLE" if edit.want("cycle") else "NO CYCLE")
    yield f"{_alter(edit)} {' '.join(words)}"


def bound(edit: Edit) -> Iterator[str]:
    """Which column a sequence goes with."""
    if "identity_of" in edit.changes:
        raise ByHandError("its sequence is there as one of its own")
    column = texts_of(edit.want("owned_by"))
    yield f"{_alter(edit)} OWNED BY {dotted(column) if column else 'NONE'}"


def routine(edit: Edit) -> Iterator[str]:
    """The body of a function: replaced where what callers see is the same, else made again."""
    want, have = str(edit.want("definition")), str(edit.have("definition"))
    if _signature(want) != _signature(have):
        raise RebuildError
    yield want.strip()


def _signature(definition: str) -> str:
    # What stands before the language is name, arguments and result; CREATE OR REPLACE keeps to it.
    return header_of(definition).partition("\n LANGUAGE")[0]


def statistics(edit: Edit) -> Iterator[str]:
    """How much is collected for a statistics object."""
    target = edit.want("statistics")
    yield f"{_alter(edit)} SET STATISTICS {-1 if target is None else target}"


def filled(edit: Edit) -> Iterator[str]:
    """A materialized view with its rows, or without."""
    more = " WITH NO DATA" if edit.want("populated") is False else ""
    yield f"REFRESH MATERIALIZED VIEW {called(edit.identity)}{more}"


def extension(edit: Edit) -> Iterator[str]:
    """The version of an extension, and where it lives."""
    if "version" in edit.changes:
        if _numbers(edit.want("version")) < _numbers(edit.have("version")):
            raise ByHandError("an extension has no way back to an earlier version")
        yield f"{_alter(edit)} UPDATE TO {literal(str(edit.want('version')))}"
    if "schema" in edit.changes:
        yield f"{_alter(edit)} SET SCHEMA {quote(str(edit.want('schema')))}"


def limited(edit: Edit) -> Iterator[str]:
    """How many may connect to the database at once."""
    limit = edit.want("connection_limit")
    command = f"ALTER DATABASE current WITH CONNECTION LIMIT {-1 if limit is None else limit}"
    yield on_database(edit.identity, command)


def _numbers(version: Value) -> list[int]:
    return [int(it) for it in re.findall(r"\d+", str(version))]


def foreign_options(edit: Edit) -> Iterator[str]:
    """OPTIONS of foreign data."""
    key = "foreign_options" if "foreign_options" in edit.changes else "options"
    text = foreign(edit.want(key), edit.have(key))
    kind, name = edit.identity
    if kind == "column":
        yield f"ALTER FOREIGN TABLE {dotted(name[:-1])} ALTER COLUMN {quote(name[-1])} {text}"
    elif kind == "user mapping":
        raise ByHandError("options of a user mapping are secrets, which are not read")
    else:
        yield f"{_alter(edit)} {text}"
