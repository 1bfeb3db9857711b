"""How a column is brought from what it is to what it should be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wishkit.core.ddl.address import word
from wishkit.core.ddl.model import text_of, texts_of
from wishkit.core.ddl.names import dotted, literal, quote
from wishkit.core.ddl.tables import sequence_words
from wishkit.core.remedy.model import ByHandError
from wishkit.core.remedy.options import reset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.core.remedy.model import Edit
    from wishkit.core.schema import Difference

# ALTER TABLE … SET EXPRESSION (release notes of 17).
SET_EXPRESSION_SINCE = 170000
# Types that hold the same values with a limit: what does not fit is refused, never cut.
_FAMILIES = (
    ("smallint", "integer", "bigint", "numeric"),
    ("text", "character varying"),
)
_BARE = re.compile(r"\(.*\)")


def _alter(edit: Edit) -> str:
    table = edit.identity.name[:-1]
    kind = edit.sides.have.kind_of(table) or "table"
    return f"ALTER {word(kind)} {dotted(table)}"


def _column(edit: Edit) -> str:
    return f"{_alter(edit)} ALTER COLUMN {quote(edit.identity.name[-1])}"


def keeps_values(want: str, have: str) -> bool:
    """Whether another type holds the same values, or refuses what it cannot hold."""
    bare = [_BARE.sub("", it) for it in (want, have)]
    if bare[0] == bare[1] == "numeric":
        return want == "numeric"
    if want == "bigint[]" and have == "integer[]":
        return True
    if bare[0] == bare[1]:
        return bare[0] == "character varying"
    return any(bare[0] in it and bare[1] in it for it in _FAMILIES) and not (
        bare[1] == "numeric" or (bare[0] == "numeric" and want != "numeric")
    )


def retyped(edit: Edit) -> Iterator[str]:
    """Another type or collation; the default is set again where it might not fit."""
    if edit.have("inherited") and not edit.have("local"):
        return  # the parent's ALTER TABLE does it
    if edit.sides.have.kind_of(edit.identity.name[:-1]) in {"view", "materialized view"}:
        return  # the view is made again
    want, have = str(edit.want("type")), str(edit.have("type"))
    collation = edit.want("collation")
    text = f"{_column(edit)} TYPE {want}"
    if collation is not None:
        text += f" COLLATE {collation}"
    elif "collation" in edit.changes and want == have:
        text += ' COLLATE pg_catalog."default"'
    if want == have or keeps_values(want, have):
        yield text
        return
    default = edit.have("default")
    if default is not None:
        yield f"{_column(edit)} DROP DEFAULT"
    # Only built-in types have casts between them; by way of text all have one.
    over = "::text" if "." in want + have else ""
    yield f"{text} USING {quote(edit.identity.name[-1])}{over}::{want}"
    if default is not None and "default" not in edit.changes:
        yield f"{_column(edit)} SET DEFAULT {default}"


def loses_values(edit: Edit) -> bool:
    """Whether values may come to be others by what `retyped` does."""
    want, have = str(edit.want("type")), str(edit.have("type"))
    return "type" in edit.changes and not keeps_values(want, have)


def redefaulted(edit: Edit) -> Iterator[str]:
    """Another default, or none."""
    if edit.have("generated") is not None or edit.want("generated") is not None:
        return
    if _loses_identity(edit) and "not_null" not in edit.changes:
        yield f"{_column(edit)} DROP IDENTITY"
    default = edit.want("default")
    if default is None:
        yield f"{_column(edit)} DROP DEFAULT"
    else:
        yield f"{_column(edit)} SET DEFAULT {default}"


def renulled(edit: Edit) -> Iterator[str]:
    """NOT NULL or not; with a named constraint of its own that does it, where there is one."""
    name, column = edit.identity.name[:-1], edit.identity.name[-1]
    definition = f"NOT NULL {quote(column)}"
    sides = edit.sides
    for side, other in ((sides.want, sides.have), (sides.have, sides.want)):
        for it, its in side.parts(name, "constraint"):
            if str(its.get("definition")).startswith(definition) and it not in other.items:
                return
    if not edit.want("not_null"):
        if _loses_identity(edit):  # which needs NOT NULL for as long as it is there
            yield f"{_column(edit)} DROP IDENTITY"
        yield f"{_column(edit)} DROP NOT NULL"
        return
    if name not in sides.large:
        yield f"{_column(edit)} SET NOT NULL"
        return
    check = quote(f"{column}_is_there")
    yield f"{_alter(edit)} ADD CONSTRAINT {check} CHECK ({quote(column)} IS NOT NULL) NOT VALID"
    yield f"{_alter(edit)} VALIDATE CONSTRAINT {check}"
    yield f"{_column(edit)} SET NOT NULL"
    yield f"{_alter(edit)} DROP CONSTRAINT {check}"


def renumbered(edit: Edit) -> Iterator[str]:
    """GENERATED … AS IDENTITY; a new sequence begins behind the numbers that are there."""
    want, have = edit.want("identity"), edit.have("identity")
    sides, name = edit.sides, edit.identity.name
    if (want is None) != (have is None) and (
        sides.want.sequences.get(name) in sides.have.items
        or sides.have.sequences.get(name) in sides.want.items
    ):
        raise ByHandError("its sequence is there as one of its own")
    if _loses_identity(edit):
        if not edit.changes.keys() & {"default", "not_null"}:  # else they have done it
            yield f"{_column(edit)} DROP IDENTITY"
        return
    if have is not None:
        yield f"{_column(edit)} SET GENERATED {str(want).upper()}"
        return
    sequence = edit.sides.want.sequences.get(edit.identity.name)
    table, column = edit.identity.name[:-1], edit.identity.name[-1]
    words = []
    if sequence is not None:
        words = [f"SEQUENCE NAME {dotted(sequence.name)}"]
        words += sequence_words(edit.sides.want.items[sequence])
    more = f" ({' '.join(words)})" if words else ""
    yield f"{_column(edit)} ADD GENERATED {str(want).upper()} AS IDENTITY{more}"
    if sequence is not None:
        last = f"max({quote(column)})"
        number = f"pg_catalog.setval({literal(dotted(sequence.name))}, {last})"
        yield f"SELECT {number} FROM {dotted(table)} HAVING {last} IS NOT NULL"  # noqa: S608 - written, not run


def _loses_identity(edit: Edit) -> bool:
    return "identity" in edit.changes and edit.want("identity") is None


def recomputed(edit: Edit) -> Iterator[str]:
    """GENERATED ALWAYS AS (…)."""
    want, have = edit.want("generated"), edit.have("generated")
    if want is None and have == "stored":
        yield f"{_column(edit)} DROP EXPRESSION"
        default = edit.want("default")
        if default is not None:
            yield f"{_column(edit)} SET DEFAULT {default}"
    elif want == have and edit.sides.version >= SET_EXPRESSION_SINCE and not _is_checked(edit):
        yield f"{_column(edit)} SET EXPRESSION AS ({edit.want('expression')})"
    else:
        raise ByHandError("a column becomes a generated one, or another sort of it, only by being "
                          "dropped and added again")  # fmt: skip


def _is_checked(edit: Edit) -> bool:
    """Whether a virtual column is in a table with checks, for which SET EXPRESSION is refused."""
    checks = edit.sides.have.parts(edit.identity.name[:-1], "constraint")
    return edit.want("generated") == "virtual" and any(
        its.get("type") == "check" for _, its in checks
    )


def stored(edit: Edit) -> Iterator[str]:
    """SET STORAGE; DEFAULT is spelled out for servers before 16."""
    storage = edit.want("storage")
    if storage is None:
        if edit.sides.version < 160000:  # noqa: PLR2004 - SET STORAGE DEFAULT (release notes of 16)
            raise ByHandError("only PostgreSQL 16 and later can SET STORAGE DEFAULT; before, it is "
                              "written out: see pg_type.typstorage")  # fmt: skip
        storage = "DEFAULT"
    yield f"{_column(edit)} SET STORAGE {str(storage).upper()}"


def compressed(edit: Edit) -> Iterator[str]:
    """SET COMPRESSION."""
    yield f"{_column(edit)} SET COMPRESSION {edit.want('compression') or 'default'}"


def sampled(edit: Edit) -> Iterator[str]:
    """SET STATISTICS."""
    target = edit.want("statistics")
    yield f"{_column(edit)} SET STATISTICS {-1 if target is None else target}"


def tuned(edit: Edit) -> Iterator[str]:
    """SET (n_distinct = …)."""
    for clause in reset(edit.want("options"), edit.have("options")):
        yield f"{_column(edit)} {clause}"


def inherited(edit: Edit) -> Iterator[str]:
    """Where a column comes from follows from what its table inherits or is a partition of."""
    table = edit.identity.name[:-1]
    for it in edit.sides.have.named(table):
        want = edit.sides.want.items.get(it, {})
        have = edit.sides.have.items[it]
        if want.get("partition_of") != have.get("partition_of"):
            raise ByHandError("it goes with the partition that its table is or was")
        if want.get("inherits") != have.get("inherits"):
            if edit.want("inherited") and not edit.want("local"):
                raise ByHandError("it would be both inherited and the table's own")
            return
    yield from ()
    raise ByHandError("no command says whether a column is also a table's own, beside inherited")


def texts(edit: Edit, attribute: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A list of texts on both sides."""
    return texts_of(edit.want(attribute)), texts_of(edit.have(attribute))


def owner(edit: Edit) -> str | None:
    """Whose an object should be."""
    return text_of(edit.sides.want.items[edit.identity], "owner")


def retypes(difference: Difference) -> bool:
    """Whether what a column holds becomes something else."""
    return any(it.attribute in {"type", "collation"} for it in difference.changes)
