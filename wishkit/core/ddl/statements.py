"""The statements that make all objects of a snapshot, each behind what it needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wishkit.core.ddl.address import called
from wishkit.core.ddl.kinds import KINDS
from wishkit.core.ddl.layout import TABLES, Layout, home
from wishkit.core.ddl.model import Statement, UnwritableError, Whole, text_of
from wishkit.core.ddl.order import circle, knots
from wishkit.core.ddl.remarks import remarks
from wishkit.core.ddl.tables import attachment, column, folded
from wishkit.core.ddl.types import header_of, ownership, shell_of
from wishkit.core.schema import Identity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wishkit.core.schema import Snapshot

_ROUTINES = frozenset({"function", "procedure"})
# What is made together with something else and has no statement of its own.
_MADE_WITHIN = frozenset({"column", "attribute"})
# Attributes that name what stands in no schema, and its kind.
_NAMED = {"server": "server", "wrapper": "foreign data wrapper", "schema": "schema",
          "access_method": "access method"}  # fmt: skip
_BUILT_IN = {"pg_catalog", "information_schema"}


@dataclass(slots=True)
class Draft:
    """All statements of a snapshot, not yet in order.

    Attributes:
        whole: the snapshot.
        commands: of each object, without semicolons; none for what is made with another.
        unwritten: objects that no SQL makes safely, and why.
        needs: what each of them needs.
        indexes: of each table.
    """

    whole: Whole
    commands: dict[Identity, list[str]] = field(default_factory=dict)
    unwritten: dict[Identity, str] = field(default_factory=dict)
    needs: dict[Identity, set[Identity]] = field(default_factory=dict)
    indexes: dict[Identity, list[Identity]] = field(default_factory=dict)

    @property
    def references(self) -> set[Identity]:
        """Foreign keys that come when all tables are there."""
        return self.whole.apart


def statements(snapshot: Snapshot) -> tuple[Statement, ...]:
    """What makes a database like this one of an empty one, in order.

    What no SQL makes safely is left out; ``statement`` says why.
    """
    found = draft(snapshot)
    return tuple(
        Statement(it, ended(found.commands[it]), tuple(sorted(found.needs[it])))
        for it in Layout(found).ordered()
        if found.commands[it]
    )


def statement(identity: Identity, snapshot: Snapshot) -> str:
    """What makes one object where everything around it is there already.

    Raises:
        UnwritableError: there is no SQL that makes it safely.
    """
    whole = Whole(snapshot)
    if identity.kind == "column":
        return ended([*column(identity, whole), *remarks(identity, whole)])
    whole.apart.add(identity)  # a constraint is not part of its table here
    commands, reason = _written(identity, whole)
    if reason:
        raise UnwritableError(reason)
    return ended(commands + _companion(identity, whole))


def draft(snapshot: Snapshot) -> Draft:
    """Write every object; where tables need each other, with the foreign keys apart."""
    whole = Whole(snapshot)
    while True:
        found = _draft(whole)
        tied = knots(found.needs)
        keys = {
            key
            for knot in tied
            for it in knot
            if it.kind in TABLES
            for key in folded(it, whole)
            if whole.mentioned(text_of(whole.items[key], "definition") or "") & knot - {it}
        }
        if not keys:
            _cut(found, tied)
            return found
        whole.apart |= keys


def ended(commands: Iterable[str]) -> str:
    """Commands, each with its semicolon, on lines of their own."""
    return "\n".join(f"{it};" for it in commands)


def _draft(whole: Whole) -> Draft:
    found = Draft(whole)
    for identity, attributes in whole.items.items():
        if identity.kind in _MADE_WITHIN and whole.named(identity.name[:2]):
            continue
        found.commands[identity], reason = _written(identity, whole)
        if reason:
            found.unwritten[identity] = reason
        if identity.kind == "index" and (table := home(identity, whole)):
            found.indexes.setdefault(table, []).append(identity)
        if more := _companion(identity, whole):
            found.commands[identity._replace(kind="attachment")] = more
        if shell_of(identity, attributes) or attributes.get("defined") is False:
            shell = identity._replace(kind="shell type")
            found.commands[shell] = [f"CREATE TYPE {called(shell)}"]
    extensions = {it for it in whole.items if it.kind == "extension"}
    for identity in found.commands:
        needs = _mentioned(identity, found) | set(_unmentioned(identity, found))
        if identity.kind not in {"schema", "extension"}:
            needs |= extensions
        found.needs[identity] = {it for it in needs if it in found.commands} - {identity}
    return found


def _companion(identity: Identity, whole: Whole) -> list[str]:
    """What binds an object to another, and has to wait for things that go with it."""
    command = None
    if identity.kind in TABLES:
        command = attachment(identity, whole)
    elif identity.kind == "sequence":
        command = ownership(identity, whole)
    return [command] if command else []


def _mentioned(identity: Identity, found: Draft) -> set[Identity]:
    """What the commands name."""
    whole, routine = found.whole, identity.kind in _ROUTINES
    text = "\n".join(header_of(it) if routine else it for it in found.commands[identity])
    needs = {it for it in whole.mentioned(text) if it.kind != "index"}
    if identity.kind == "operator family":  # its classes, which may have its name, come after
        needs = {it for it in needs if it.kind != "operator class"}
    if not routine:
        return needs
    # A function that is part of a type takes the type's shell.
    shells = {it._replace(kind="shell type"): it for it in needs}
    for shell, it in shells.items():
        parts = shell_of(it, whole.items[it]) if shell in found.commands else ()
        if any(identity in whole.mentioned(part) for part in parts):
            needs ^= {it, shell}
    return needs


def _unmentioned(identity: Identity, found: Draft) -> Iterator[Identity]:
    """What is needed and is not written with a schema in front."""
    kind, name = identity
    attributes = found.whole.items.get(identity, {})
    if len(name) > 1 and kind not in _FIRST:
        yield Identity("schema", name[:1])
    for key, other in _NAMED.items():
        if value := text_of(attributes, key):
            yield Identity(other, (value,))
    for other, part in _FIRST.get(kind, ()):
        yield Identity(other, name[part])
    if kind != "shell type":
        yield identity._replace(kind="shell type")
    yield from _keys(identity, found)


def _keys(identity: Identity, found: Draft) -> Iterator[Identity]:
    """Indexes that have to be there first."""
    kind, name = identity
    if kind == "attachment":
        # Of both tables: attaching them finds the indexes that belong to each other.
        for command in found.commands[identity]:
            for it in found.whole.mentioned(command):
                yield from found.indexes.get(it, ())
        yield identity._replace(kind="sequence")
    keys = folded(identity, found.whole) if kind in TABLES else [identity]
    for its in (found.whole.items.get(it, {}) for it in keys):
        if its.get("type") == "foreign key":
            # The key it refers to may be an index that is no constraint's.
            for it in found.whole.mentioned(text_of(its, "definition") or ""):
                if it.name[:2] != name[:2]:
                    yield from filter(lambda at: _unique(at, found), found.indexes.get(it, ()))


def _unique(index: Identity, found: Draft) -> bool:
    definition = text_of(found.whole.items[index], "definition") or ""
    return definition.startswith("CREATE UNIQUE INDEX")


# What stands first in names that begin with no schema, and what else they hold.
_FIRST: dict[str, tuple[tuple[str, slice], ...]] = {
    "user mapping": (("server", slice(0, 1)),),
    "publication table": (("publication", slice(0, 1)),),
    "publication schema": (("publication", slice(0, 1)), ("schema", slice(1, 2))),
    "transform": (("language", slice(1, 2)),),
    "default privileges": (("schema", slice(1, 2)),),
    "cast": (),
    "setting": (),
}


def _written(identity: Identity, whole: Whole) -> tuple[list[str], str | None]:
    """The commands that make an object and say what is said of it, or why there are none."""
    kind, attributes = KINDS.get(identity.kind), whole.items[identity]
    built_in = identity.name[0] in _BUILT_IN and "owner" not in attributes
    try:
        commands = list(kind.make(identity, whole)) if kind and not built_in else []
    except UnwritableError as error:
        return [], str(error)
    for it in (identity, *(it for it, _ in whole.parts(identity.name, *_MADE_WITHIN))):
        commands += remarks(it, whole)
    return commands, None


def _cut(found: Draft, tied: list[set[Identity]]) -> None:
    """Leave out what closes circles: the server knows none, so a name was misread."""
    while tied:
        needs = {it: found.needs[it] & knot for knot in tied for it in knot}
        for knot in tied:
            around = circle({it: needs[it] for it in knot})
            found.needs[around[0]].discard(around[-1])
            needs[around[0]].discard(around[-1])
        tied = knots(needs)
