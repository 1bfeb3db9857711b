"""CREATE INDEX CONCURRENTLY and DROP INDEX CONCURRENTLY: done when the catalog says so.

Manual: CREATE INDEX, "Building Indexes Concurrently"; DROP INDEX, CONCURRENTLY.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from wishkit.postgres.online.duplicates import violated
from wishkit.postgres.online.partition import refuse_partitioned
from wishkit.postgres.online.work import Unclear, Work, wait_while
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wishkit.postgres.run import Run
    from wishkit.postgres.session import Refused, Session


class _Index(NamedTuple):
    """An index as index_state.sql finds it."""

    name: str
    schema: str
    valid: bool
    definition: str
    own: bool
    builder: int | None


@dataclass(frozen=True, slots=True)
class BuildIndex(Work):
    """CREATE INDEX CONCURRENTLY.

    Attributes:
        index: its name, unquoted.
        table: as written, quoted where needed.
        body: the statement from behind the table's name.
        unique: whether it is a unique one.
        if_not_exists: whether the statement says so; that something of this name exists proves
            nothing.
    """

    index: str
    table: str
    body: str
    unique: bool
    if_not_exists: bool

    def is_done(self, run: Run, *, begun: bool) -> bool:  # noqa: ARG002 - the catalog knows better
        """Whether the index is there and valid, and the one that is meant; whoever built it."""
        refuse_partitioned(run.session, self)
        found = self._settled(run)
        if found is None or (found.own and not found.valid):
            return False
        self._expect_meant(run.session, found)
        return True

    def prepare(self, run: Run) -> None:
        """Drop an INVALID index of this name: a build that died, ours or somebody's."""
        found = self._settled(run)
        if found and found.own and not found.valid:
            drop(run.session, found.name)

    def left_nothing(self, run: Run, refused: Refused) -> bool:
        """A failed build leaves an INVALID index, which every write would go on maintaining."""
        found = self._find(run.session)
        if found and found.own and not found.valid:
            keys = violated(run.session, refused)
            drop(run.session, found.name)  # first: it makes clients fail at duplicates, too
            refused.notes = keys.duplicates(run.session) if keys else ()
        return True

    def verify(self, run: Run) -> Sequence[str]:
        """The index must be there and valid; IF NOT EXISTS proves neither."""
        found = self._find(run.session)
        if not found or not found.valid:
            raise Unclear(
                f"index {self.index} is {'INVALID' if found else 'not there'} after its build",
                code="index-invalid",
                help_="run the same command again: it drops what is left and builds it anew; "
                "if something else has this name, rename one of them",
            )
        if self.if_not_exists:
            self._expect_meant(run.session, found)
        return ()

    def _settled(self, run: Run) -> _Index | None:
        """The index when nobody is building it any more."""
        found = self._find(run.session)

        def building() -> tuple[str, int | None] | None:
            nonlocal found
            found = self._find(run.session)
            unsettled = found and not found.valid and found.builder
            return (self.index, found.builder) if found and unsettled else None

        if found and not found.valid:
            wait_while(run, building)
        return found

    def _expect_meant(self, session: Session, found: _Index) -> None:
        """See that an index of this name is this one.

        Raises:
            Unclear: it is another one.
        """
        wanted = self._as_defined(session, found.schema)
        if not found.own or _essence(wanted) != _essence(found.definition):
            kind = "UNIQUE INDEX" if self.unique else "INDEX"
            wanted = f"CREATE {kind} {self.index} ON {self.table} USING {_essence(wanted)[1]}"
            raise Unclear(
                f"an index {self.index} is there already, and it is another one",
                code="index-differs",
                notes=(f"there is: {found.definition}", f"wanted:   {wanted}"),
                help_=f"drop or rename the one that is there, or name this one otherwise:\n"
                f"DROP INDEX CONCURRENTLY {found.name};",
            )

    def _as_defined(self, session: Session, schema: str) -> str:
        """How the server would write this index's definition, from one on an empty copy.

        The copy is no temporary one: that takes a privilege which building the index does not.
        """
        kind = "UNIQUE INDEX" if self.unique else "INDEX"
        copy = replace(self, index="wishkit_index", table=f"{schema}.wishkit_copy")
        try:
            session.send(
                f"BEGIN READ WRITE; CREATE TABLE {copy.table} (LIKE {self.table});"
                f"CREATE {kind} {copy.index} ON {copy.table} {self.body}".encode()
            )
            built = copy._find(session)  # noqa: SLF001 - of its own kind
        finally:
            session.rollback()
        return built.definition if built else ""

    def _find(self, session: Session) -> _Index | None:
        values = {"index": self.index, "table": self.table}
        rows = session.ask(query("index_state"), values)
        return _Index(*rows[0]) if rows else None


def _essence(definition: str) -> tuple[bool, str]:
    """What an index is, whatever it and its table are called."""
    return definition.startswith("CREATE UNIQUE"), definition.partition(" USING ")[2]


def drop(session: Session, name: str) -> None:
    """Drop an INVALID index without standing in anybody's way.

    Args:
        session: works.
        name: quoted where needed.
    """
    session.send(f"DROP INDEX CONCURRENTLY {name}".encode())


@dataclass(slots=True)
class DropIndex(Work):
    """DROP INDEX CONCURRENTLY, which may stop half-way: the index is there, but nobody uses it.

    Attributes:
        name: as written, quoted where needed.
        before: whether it was there and whole before the statement was sent; None: it was not
            there.
    """

    name: str
    before: bool | None = None

    def is_done(self, run: Run, *, begun: bool) -> bool:
        """Whether the index is gone, since an attempt was begun."""
        return begun and self._state(run) is None

    def prepare(self, run: Run) -> None:
        """Remember what there is."""
        self.before = self._state(run)

    def left_nothing(self, run: Run, refused: Refused) -> bool:  # noqa: ARG002 - looked up, not told
        """Whether the index is as it was; one that has become INVALID waits to be dropped."""
        return self._state(run) == self.before

    def _state(self, run: Run) -> bool | None:
        rows = run.session.ask(query("index_whole"), {"name": self.name})
        return rows[0][0] if rows else None
