"""How constraints and indexes are brought from what they are to what they should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.core.ddl.address import called, word
from wishkit.core.ddl.model import texts_of
from wishkit.core.ddl.names import dotted, literal, quote
from wishkit.core.ddl.tables import table_of
from wishkit.core.remedy.model import RebuildError
from wishkit.core.remedy.options import reset
from wishkit.core.schema import Identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.core.remedy.model import Edit


def validated(edit: Edit) -> Iterator[str]:
    """VALIDATE CONSTRAINT; one that is validated and should not be is made again."""
    name, changes = edit.identity.name, edit.changes
    if "enforced" in changes or edit.want("validated") is False:
        raise RebuildError
    kind = edit.sides.want.kind_of(name[:-1]) or "table"
    yield f"ALTER {word(kind)} {dotted(name[:-1])} VALIDATE CONSTRAINT {quote(name[-1])}"


def deferred(edit: Edit) -> Iterator[str]:
    """ALTER CONSTRAINT, which only foreign keys know."""
    if edit.want("type") != "foreign key":
        raise RebuildError
    how = edit.want("deferrable")
    words = {None: "NOT DEFERRABLE", "initially deferred": "DEFERRABLE INITIALLY DEFERRED"}.get(
        how if how is None else str(how), "DEFERRABLE INITIALLY IMMEDIATE"
    )
    name = edit.identity.name
    yield f"ALTER TABLE {dotted(name[:-1])} ALTER CONSTRAINT {quote(name[-1])} {words}"


def index_options(edit: Edit) -> Iterator[str]:
    """Storage parameters of the index behind a constraint."""
    for clause in reset(edit.want("options"), edit.have("options")):
        yield f"ALTER INDEX {called(_index(edit))} {clause}"


def index_named(edit: Edit) -> Iterator[str]:
    """The index behind a constraint has another name."""
    old, new = _index(edit), edit.want("index") or edit.identity.name[-1]
    yield f"ALTER INDEX {called(old)} RENAME TO {quote(str(new))}"


def index_commented(edit: Edit) -> Iterator[str]:
    """The comment on the index behind a constraint."""
    name = edit.want("index") or edit.identity.name[-1]
    comment = edit.want("index_comment")
    text = "NULL" if comment is None else literal(str(comment))
    yield f"COMMENT ON INDEX {dotted((edit.identity.name[0], str(name)))} IS {text}"


def _index(edit: Edit) -> Identity:
    name = str(edit.have("index") or edit.identity.name[-1])
    return Identity("index", (edit.identity.name[0], name))


def used(edit: Edit) -> Iterator[str]:
    """What a table uses an index for: to be clustered by, to tell rows apart for replication."""
    name = edit.identity.name
    table = (
        name[:-1]
        if edit.identity.kind == "constraint"
        else getattr(table_of(edit.identity, edit.sides.want), "name", ())
    )
    kind = edit.sides.want.kind_of(table) or "table"
    alter, index = f"ALTER {word(kind)} {dotted(table)}", quote(name[-1])
    others = {
        key
        for it, its in edit.sides.want.items.items()
        for key in ("clustered", "replica_identity")
        if its.get(key) and it != edit.identity and it.name[:-1] in {table, table[:-1]}
    }
    if "clustered" in edit.changes:
        if edit.want("clustered"):
            yield f"{alter} CLUSTER ON {index}"
        elif "clustered" not in others:
            yield f"{alter} SET WITHOUT CLUSTER"
    if "replica_identity" in edit.changes:
        if edit.want("replica_identity"):
            yield f"{alter} REPLICA IDENTITY USING INDEX {index}"
        elif "replica_identity" not in others:
            its = edit.sides.want.items.get(Identity("table", table), {})
            how = str(its.get("replica_identity") or "default")
            yield f"{alter} REPLICA IDENTITY {how.upper()}"


def index_sampled(edit: Edit) -> Iterator[str]:
    """How much is collected about an index' expressions."""
    want = dict(it.split(": ") for it in texts_of(edit.want("statistics")))
    have = dict(it.split(": ") for it in texts_of(edit.have("statistics")))
    for at in sorted(want.keys() | have.keys()):
        if want.get(at) != have.get(at):
            alter = f"ALTER INDEX {called(edit.identity)} ALTER COLUMN {at}"
            yield f"{alter} SET STATISTICS {want.get(at, -1)}"
