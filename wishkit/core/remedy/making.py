"""The commands that make what is missing, where everything around it is there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.core.ddl.address import called
from wishkit.core.ddl.model import UnwritableError, text_of, texts_of
from wishkit.core.ddl.names import dotted
from wishkit.core.ddl.remarks import remarks
from wishkit.core.ddl.statements import statement
from wishkit.core.ddl.tables import constraint_clause, table_of
from wishkit.core.remedy.belonging import holder
from wishkit.core.remedy.model import Edit, Step
from wishkit.core.remedy.objects import owned

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from wishkit.core.ddl.statements import Draft
    from wishkit.core.remedy.model import Name, Sides
    from wishkit.core.schema import Attributes, Identity, Snapshot

_OWNED = frozenset(
    {"table", "view", "materialized view", "foreign table", "function", "procedure", "aggregate",
     "schema", "sequence", "enum", "domain", "composite type", "range type", "base type",
     "operator", "operator class", "operator family", "conversion", "collation", "statistics",
     "text search dictionary", "text search configuration", "publication", "foreign data wrapper",
     "server", "event trigger", "language"}
)  # fmt: skip

# A key whose index can be built beforehand.
_KEY = re.compile(r"(?P<sort>PRIMARY KEY|UNIQUE) (?P<columns>\([^()]*\))")


@dataclass(frozen=True, slots=True)
class Making:
    """How objects are made.

    Attributes:
        expected: how the database should be.
        want: the same, written.
        sides: both databases.
        missing: everything that is made because it is not there.
    """

    expected: Snapshot
    want: Draft
    sides: Sides
    missing: Collection[Identity]

    def commands(self, identity: Identity) -> list[str]:
        """What makes an object, without semicolons.

        Raises:
            UnwritableError: there is no SQL that makes it safely.
        """
        of = holder(identity, self.want.whole)
        if identity in self.want.unwritten:
            raise UnwritableError(self.want.unwritten[identity])
        its = self.want.whole.items[identity]
        commands = list(self.want.commands.get(identity, ()))
        if identity.kind == "attribute":
            commands = [_attribute(identity, its)]
        elif identity.kind in {"column", "constraint"} and of not in self.missing:
            online = list(self._online(identity, its)) if identity.name[:-1] in self._large else []
            commands = online or [statement(identity, self.expected).removesuffix(";")]
        elif identity.kind == "index":
            commands = list(self._index(identity, its, commands))
        owner = text_of(its, "owner")
        # A whole schema leaves its usual owner to whoever loads it; here it is known.
        usual = owner is not None and owner == self.want.whole.owner and not self.sides.anywhere
        if usual and identity.kind in _OWNED:
            commands += owned(Edit(identity, {}, self.sides))
        return commands

    @property
    def _large(self) -> frozenset[Name]:
        return self.sides.large

    def _online(self, identity: Identity, its: Attributes) -> Iterator[str]:
        """A constraint for which nobody waits while rows are read; nothing for other sorts."""
        table, name = dotted(identity.name[:-1]), dotted(identity.name[-1:])
        clause = constraint_clause(identity, self.want.whole)
        if its.get("type") in {"check", "foreign key"} and its.get("validated") is not False:
            yield f"ALTER TABLE {table} ADD {clause} NOT VALID"
            yield f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}"
        elif found := _KEY.fullmatch(str(its.get("definition"))):
            yield f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} {found['columns']}"
            key = clause.replace(found[0], f"{found['sort']} USING INDEX {name}", 1)
            yield f"ALTER TABLE {table} ADD {key}"
        else:
            return
        yield from remarks(identity, self.want.whole)

    def renamed_sequence(self, identity: Identity) -> Iterator[Step]:
        """The sequence of an identity column that is there, but is called otherwise."""
        column = texts_of(self.want.whole.items[identity].get("identity_of"))
        old = self.sides.have.sequences.get(column)
        if old is None or old == identity:
            return
        commands = []
        if old.name[0] != identity.name[0]:
            schema = dotted(identity.name[:1])
            commands.append(f"ALTER SEQUENCE {dotted(old.name)} SET SCHEMA {schema}")
        if old.name[1] != identity.name[1]:
            now = dotted((identity.name[0], old.name[1]))
            commands.append(f"ALTER SEQUENCE {now} RENAME TO {dotted(identity.name[1:])}")
        yield Step(identity, tuple(commands))

    def _index(self, identity: Identity, its: Attributes, commands: list[str]) -> Iterator[str]:
        table = table_of(identity, self.want.whole)
        parent = its.get("partition_of")
        whole = table and self.want.whole.items[table].get("partition_key")
        online = table and table.name in self.sides.large and not parent and not whole
        for command in commands:
            if online:
                yield re.sub(r"^CREATE (UNIQUE )?INDEX ", r"CREATE \1INDEX CONCURRENTLY ", command)
            else:
                yield command
        if parent and table not in self.missing:
            yield f"ALTER INDEX {parent} ATTACH PARTITION {called(identity)}"


def _attribute(identity: Identity, its: Attributes) -> str:
    collation = f" COLLATE {its['collation']}" if its.get("collation") else ""
    return (
        f"ALTER TYPE {dotted(identity.name[:-1])} ADD ATTRIBUTE "
        f"{dotted(identity.name[-1:])} {its.get('type')}{collation} CASCADE"
    )
