"""From differences to steps: what is dropped, what is changed, what is made, and in which order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from wishkit.core.ddl.address import called
from wishkit.core.ddl.layout import Layout
from wishkit.core.ddl.model import UnwritableError, texts_of
from wishkit.core.ddl.names import dotted
from wishkit.core.ddl.order import reached
from wishkit.core.ddl.statements import Draft, draft
from wishkit.core.ddl.tables import table_of
from wishkit.core.remedy.belonging import HOLDERS, Belonging, holder
from wishkit.core.remedy.columns import loses_values, retypes
from wishkit.core.remedy.drops import LOSING, dropped, loss
from wishkit.core.remedy.limits import in_order, limit, partition_limit, renamed
from wishkit.core.remedy.making import Making
from wishkit.core.remedy.model import ByHand, ByHandError, Edit, RebuildError, Remedy, Sides, Step
from wishkit.core.remedy.registry import REBUILT, alters
from wishkit.core.remedy.standing import COMPANIONS, Standing
from wishkit.core.schema import Change, Difference, Identity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from wishkit.core.remedy.model import Name
    from wishkit.core.schema import Snapshot

_ROUTINES = frozenset({"function", "procedure", "aggregate"})
# These may be in the way of what is made; everything else that is extra goes last.
_EARLY = frozenset(
    {
        "cast",
        "constraint",
        "operator class",
        "policy",
        "publication schema",
        "publication table",
        "rule",
        "trigger",
        "view",
        "materialized view",
    }
)


def remedy(
    differences: Sequence[Difference],
    expected: Snapshot,
    actual: Snapshot,
    *,
    large: Collection[Name] = (),
    anywhere: bool = False,
) -> Remedy:
    """What brings a database to what it should be.

    Args:
        differences: those to be mended.
        expected: how the database should be.
        actual: how it is.
        large: tables that are not small, schema and name.
        anywhere: it is for any database: whoever owns most of it is nobody by name.
    """
    if not differences:
        return Remedy()
    return _Plan(expected, actual, frozenset(large), anywhere).remedy(differences)


@dataclass(slots=True)
class _Plan:
    expected: Snapshot
    actual: Snapshot
    large: frozenset[Name]
    anywhere: bool
    by_hand: list[ByHand] = field(default_factory=list)
    edits: dict[Identity, Step] = field(default_factory=dict)
    rebuilt: dict[Identity, Difference] = field(default_factory=dict)
    missing: dict[Identity, Difference] = field(default_factory=dict)
    extra: dict[Identity, Difference] = field(default_factory=dict)
    causes: dict[Identity, list[Identity]] = field(default_factory=dict)
    renamed: set[Identity] = field(default_factory=set)
    want: Draft = field(init=False)
    have: Draft = field(init=False)
    sides: Sides = field(init=False)
    standing: Standing = field(init=False)
    belonging: Belonging = field(init=False)
    making: Making = field(init=False)

    def __post_init__(self) -> None:
        self.want, self.have = draft(self.expected), draft(self.actual)
        self.sides = Sides(
            self.want.whole, self.have.whole, self.actual.version, self.large, self.anywhere
        )
        self.standing = Standing(self.have)
        self.belonging = Belonging(self.want, self.have, self.missing, self.extra, self.rebuilt)
        self.making = Making(self.expected, self.want, self.sides, self.missing)

    def remedy(self, differences: Sequence[Difference]) -> Remedy:
        for it in differences:
            if it.type != "different" and _is_bare(it):
                self._edit(_as_different(it))
            elif it.type == "missing":
                self.missing[it.identity] = it
            elif it.type == "extra":
                self.extra[it.identity] = it
        self._set_aside()
        touched: set[Identity] = set()
        for it in differences:
            if it.type == "different" and not self.belonging.within(it):
                self._edit(it)
                if it.identity.kind == "column" and retypes(it):
                    above = self.standing.on_column(it.identity)
                    self._blame(it.identity, above)
                    touched |= above
        self._typed(differences)
        self._close(touched)
        first = [self.edits.pop(it) for it in self._released()]
        creations, late = self._creations()
        drops, losing = self._drops()
        return Remedy(
            (*drops, *first, *creations, *late, *losing),
            tuple(self.by_hand),
            {it: tuple(causes) for it, causes in self.causes.items()},
            frozenset(self.renamed),
        )

    def _blame(self, cause: Identity, consequences: set[Identity]) -> None:
        for it in consequences:
            self.causes.setdefault(it, []).append(cause)

    def _set_aside(self) -> None:
        """Leave out what cannot be made or dropped by itself; rename what is called otherwise."""
        want, have = self.want.whole, self.have.whole
        for it in list(self.missing):
            if old := renamed(it, self.extra.keys(), want, have):
                command = f"ALTER INDEX {called(old)} RENAME TO {dotted(it.name[-1:])}"
                self.edits[it] = Step(it, (command,))
                del self.missing[it], self.extra[old]
                self._blame(old, {it})
                self.renamed.add(it)
        for among in (self.missing, self.extra):
            for it, difference in list(among.items()):
                reason = partition_limit(difference, want, have, self.extra)
                if reason is None and not self.belonging.within(difference):
                    reason = limit(difference, want, have)
                if reason:
                    self.by_hand.append(ByHand(among.pop(it), reason))

        # What cannot be made is missed by what needs it.
        left = {it.difference.identity for it in self.by_hand if it.difference.type == "missing"}
        left |= {it._replace(kind="shell type") for it in left}
        for it in list(self.missing if left else ()):
            if it in self.want.needs and reached({it}, self.want.needs) & left:
                reason = "it needs what is left here"
                self.by_hand.append(ByHand(self.missing.pop(it), reason))

    # What changes in place

    def _edit(self, difference: Difference) -> None:
        identity = difference.identity
        edit = Edit(identity, {it.attribute: it for it in difference.changes}, self.sides)
        found, rest = alters(identity.kind, set(edit.changes))
        if identity.kind == "column" or (
            identity.kind == "attribute"
            and in_order(identity.name[:-1], self.sides.want, self.sides.have)
        ):
            rest -= {"position"}
        try:
            if rest:
                self._may_be_rebuilt(edit)
                raise RebuildError  # noqa: TRY301 - as the functions of the registry do
            commands = tuple(it for function in found for it in function(edit))
            loses = ""
            if identity.kind == "column" and loses_values(edit):
                loses = f"what the other type cannot hold of {'.'.join(identity.name)}"
            if commands:
                self.edits[identity] = Step(identity, commands, loses, alone=_alone(commands))
        except ByHandError as error:
            self.by_hand.append(ByHand(difference, str(error)))
        except RebuildError:
            if identity.kind in REBUILT:
                self.rebuilt[identity] = difference
            else:
                what = ", ".join(sorted(rest))
                self.by_hand.append(ByHand(difference, f"no command changes its {what}"))

    def _may_be_rebuilt(self, edit: Edit) -> None:
        if any(edit.want(it) is not None for it in ("valid", "triggers")):
            raise ByHandError("nobody would break it on purpose")
        if edit.identity.kind == "operator class":
            raise ByHandError("its members are those of its family, which is there")
        if edit.identity.kind == "index":
            table = table_of(edit.identity, self.have.whole)
            if (
                edit.have("partition_of")
                or edit.want("partition_of")
                or (table and self.have.whole.items[table].get("partition_key"))
            ):
                raise ByHandError("it is one with the indexes of its partitions")

    def _typed(self, differences: Sequence[Difference]) -> None:
        """Columns of typed tables are as their type, and left to a person if that is."""
        hand = {it.difference.identity for it in self.by_hand}
        left = {(dotted(it.name[:-1]), it.name[-1]) for it in hand if it.kind == "attribute"}
        for it in differences if left else ():
            table = it.identity._replace(kind="table", name=it.identity.name[:-1])
            of = (self.have.whole.items.get(table) or {}).get("of_type")
            if it.identity.kind == "column" and (of, it.identity.name[-1]) in left:
                self.by_hand.append(ByHand(it, "it is as the attribute of its type"))

    # What has to make way

    def _close(self, touched: set[Identity]) -> None:
        """Make again what stands on what is made again, or leave all of it to a person."""
        for start in [*self.rebuilt, *self._namesakes()]:
            above = self.standing.above(start)
            if problem := self._stuck(start, above):
                among = self.rebuilt if start in self.rebuilt else self.extra
                self.by_hand.append(ByHand(among.pop(start), problem))
            else:
                self._blame(start, above)
                touched |= above
        for it in touched:
            if it not in self.extra and it not in self.rebuilt and it in self.want.whole.items:
                self.rebuilt[it] = Difference("different", it, (), None, None)

    def _namesakes(self) -> list[Identity]:
        """Routines in the way of others, which have their name and perhaps the same arguments."""
        names = {it.name[:2] for it in self.missing if it.kind in _ROUTINES}
        ranges = {self.want.whole.items[it].get("multirange") for it in self.missing} - {None}
        return [
            it
            for it in self.extra
            if (it.kind in _ROUTINES and it.name[:2] in names)
            or self.have.whole.items[it].get("multirange") in ranges
        ]

    def _stuck(self, start: Identity, above: set[Identity]) -> str | None:
        for it in sorted(above | {start}):
            if it in self.extra and it.kind not in LOSING:
                continue
            if it.kind not in REBUILT:
                return f"not made again, as this stands on it: {it.kind} {'.'.join(it.name)}"
            if it in self.want.unwritten:
                return self.want.unwritten[it]
            if it in self.want.whole.items and it.kind == "constraint" and self._inherited(it):
                return "it is inherited, and made with the parent's"
        return None

    def _inherited(self, identity: Identity) -> bool:
        its = self.want.whole.items[identity]
        return bool(its.get("inherited")) and not its.get("local")

    # What is dropped

    def _drops(self) -> tuple[list[Step], list[Step]]:
        """What goes before anything is made, and what goes last."""
        order = {it: at for at, it in enumerate(Layout(self.have).ordered())}
        early, namesakes = set(self.rebuilt), set(self._namesakes())
        last: set[Identity] = set()
        for it, difference in self.extra.items():
            if self.belonging.within(difference) or self.belonging.follows(it, self.extra):
                continue
            (early if it.kind in _EARLY or it in namesakes else last).add(it)
        last -= self._held(last)
        kept = {it for it in last if it.kind in LOSING or it in self.have.unwritten}
        holding = reached(
            {it if it in self.have.needs else holder(it, self.have.whole) or it for it in kept}
            & self.have.needs.keys(),
            self.have.needs,
        )

        def backwards(it: Identity) -> tuple[int, ...]:
            at = order.get(it)
            if at is None:
                of = holder(it, self.have.whole)
                at = order.get(of, 0) if of else 0
                return (-at, 0)
            foreign = self.have.whole.items[it].get("type") == "foreign key"
            return (-at - (len(order) if foreign else 0), 0)

        def step(it: Identity) -> Step:
            lost = loss(it)
            if not lost and it in last and it in self.have.unwritten:
                lost = f"what cannot be written of {it.kind} {'.'.join(it.name)}"
            if not lost and it in last and it in holding:
                lost = f"{it.kind} {'.'.join(it.name)}, on which others of these stand"
            command, alone = self._drop(it)
            return Step(it, (command,), lost, alone)

        return (
            [step(it) for it in sorted(early, key=backwards)],
            [step(it) for it in sorted(last, key=backwards)],
        )

    def _held(self, last: set[Identity]) -> set[Identity]:
        """Leave to a person what something stands on that is left to a person."""
        held = {it.difference.identity for it in self.by_hand}
        nodes = {of for it in held if (of := holder(it, self.have.whole) or it) in self.have.needs}
        found = (reached(nodes, self.have.needs) - nodes) & last
        for it in found:
            self.by_hand.append(ByHand(self.extra[it], "something stands on it that is left here"))
        return found

    def _drop(self, identity: Identity) -> tuple[str, bool]:
        command = dropped(identity, self.have.whole)
        table = table_of(identity, self.have.whole) if identity.kind == "index" else None
        plain = table and not self.have.whole.items[table].get("partition_key")
        if plain and table and table.name in self.large:
            return command.replace("DROP INDEX", "DROP INDEX CONCURRENTLY", 1), True
        return command, False

    def _released(self) -> list[Identity]:
        """Indexes that tell rows apart for replication no longer: their columns are bound by it."""
        return [
            it
            for it in self.edits
            if it.kind in {"index", "constraint"}
            and self.have.whole.items.get(it, {}).get("replica_identity")
            and not self.want.whole.items[it].get("replica_identity")
        ]

    # What is made, and what is changed, in the order of what should be there

    def _creations(self) -> tuple[list[Step], list[Step]]:
        made = {**self.missing, **self.rebuilt}
        steps: list[Step] = []
        keys: list[Step] = []
        done: set[Identity] = set()
        for node in [*Layout(self.want).ordered(), *sorted(self.edits)]:
            for it in self._at(node, made):
                if it in done:
                    continue
                done.add(it)
                late = self.want.whole.items.get(it, {}).get("type") == "foreign key"
                new = list(self._made(it, made)) if it in made or it.kind in COMPANIONS else []
                if it in self.edits and it not in made:
                    new.append(self.edits[it])
                (keys if late else steps).extend(new)
        return steps, keys

    def _at(self, node: Identity, made: dict[Identity, Difference]) -> Iterator[Identity]:
        """An object, and what of it changes by itself."""
        yield node
        if node.kind not in HOLDERS or node in made:
            return
        for kinds in (("column", "attribute"), ("constraint",)):
            for it, _ in self.want.whole.parts(node.name, *kinds):
                if it in self.edits or (it in made and not self.want.commands.get(it)):
                    yield it

    def _renumbered(self, sequence: Identity) -> bool:
        """Whether it comes with a column that becomes an identity column."""
        column = texts_of(self.want.whole.items[sequence].get("identity_of"))
        return Identity("column", column) in self.edits

    def _made(self, identity: Identity, made: dict[Identity, Difference]) -> Iterator[Step]:
        difference = made.get(identity)
        if identity.kind in COMPANIONS:
            kinds = ("sequence", "table", "foreign table", "base type", "range type")
            if any(identity._replace(kind=kind) in self.missing for kind in kinds):
                yield Step(identity, tuple(self.want.commands[identity]))
            return
        if difference is None or self.belonging.within(difference):
            return
        if self.belonging.follows(identity, self.missing):
            if identity.kind == "sequence" and not self._renumbered(identity):
                yield from self.making.renamed_sequence(identity)
            return
        try:
            commands = self.making.commands(identity)
        except UnwritableError as error:
            self.by_hand.append(ByHand(difference, str(error)))
            return
        if commands:
            yield Step(identity, tuple(commands), alone=_alone(commands))


def _is_bare(difference: Difference) -> bool:
    """Whether only privileges are told of an object, which then is there in any case."""
    attributes = difference.expected or difference.actual or {}
    kind = difference.identity.kind
    own = {"publication schema", "publication table", "user mapping", "transform"}
    bare = (
        bool(attributes) and attributes.keys() <= {"grants", "security_labels"} and kind not in own
    )
    return bare or kind == "default privileges"


def _as_different(difference: Difference) -> Difference:
    want, have = difference.expected or {}, difference.actual or {}
    changes = tuple(Change(key, want.get(key), have.get(key)) for key in sorted(want.keys() | have))
    return replace(difference, changes=changes)


def _alone(commands: Collection[str]) -> bool:
    """Whether each is to be a transaction of its own: some have to, others would hold locks."""
    return any(" CONCURRENTLY " in it[:40] or " VALIDATE CONSTRAINT " in it for it in commands)
