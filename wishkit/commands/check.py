"""Look whether a database is what its applied migrations define; changes nothing in it."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from wishkit.commands.checked import Check, cache_folder, severity_named
from wishkit.commands.unchanged import Clean, last_clean, question
from wishkit.core.drift import (
    Drift,
    at_least,
    in_any_order,
    judged,
    reordered,
    without_ignored,
)
from wishkit.core.drift_origin import HalfThere, Makers, begun, half_there
from wishkit.core.schema import compare
from wishkit.core.severity import Severity
from wishkit.errors import CompareError, WishkitError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import psycopg

    from wishkit.commands.workspace import Workspace
    from wishkit.core.migration import Migration
    from wishkit.core.schema import Difference, Identity, Snapshot
    from wishkit.core.state import Ledger
    from wishkit.postgres.connection import Server
    from wishkit.postgres.last_run import LastRun

    Connection = psycopg.Connection[Any]


def check(
    workspace: Workspace,
    *,
    severity: str | None = None,
    column_order: bool = False,
    last_run: bool = False,
    remedies: bool = False,
) -> Check:
    """Compare a database with what its migrations define, or with how the last run left it.

    Args:
        workspace: project and database; the migrations are taken from the database's own ledger.
        severity: tell, and fail for, only what is at least this severe; all is told when None, and
            the environment says what fails.
        column_order: columns in another order are drift.
        last_run: compare with how the last run left it, which needs no scratch server.
        remedies: tell of each drift how it is mended.

    Raises:
        CompareError: what it should be cannot be found out.
        WishkitError: configuration, connection or ledger cannot be read.
    """
    least = severity_named(severity)
    with comparing(workspace, column_order=column_order, remedies=remedies) as comparison:
        found = comparison.with_last_run() if last_run else comparison.with_migrations()
    found = replace(found, fails=least or found.fails)
    return replace(found, drifts=tuple(at_least(found.drifts, least or Severity.INFO)))


@contextmanager
def comparing(
    workspace: Workspace, *, column_order: bool = False, remedies: bool = False
) -> Iterator[Comparison]:
    """Both sides of a comparison, for as long as there is a connection.

    Args:
        workspace: as for `check`.
        column_order: as for `check`.
        remedies: as for `check`.

    Raises:
        WishkitError: configuration, connection or ledger cannot be read.
    """
    with workspace.connect("check", writes=False) as (connection, target, server):
        from wishkit.postgres.connection import describe  # noqa: PLC0415 - heavy
        from wishkit.postgres.ledger import read_ledger  # noqa: PLC0415 - as above

        ledger = read_ledger(connection)
        blank = Check(
            target.name,
            describe(target, server),
            datetime.now(UTC),
            "migrations",
            ledger.position,
            fails=Severity(target.drift_fails),
        )
        place = replace(workspace, target=target)
        yield Comparison(place, connection, server, ledger, blank, column_order, remedies)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A database, its ledger and its migrations.

    Attributes:
        workspace: project and database.
        connection: to the database.
        server: where that is.
        ledger: of the database.
        blank: the answer, as far as it is known without comparing.
        column_order: whether the order of columns counts.
        remedies: whether it is told how each drift is mended.
    """

    workspace: Workspace
    connection: Connection
    server: Server
    ledger: Ledger
    blank: Check
    column_order: bool
    remedies: bool

    def with_migrations(self) -> Check:
        """What is not as the migrations define it."""
        from wishkit.postgres.expected import expected_snapshot, replay_of  # noqa: PLC0415 - heavy
        from wishkit.postgres.last_run import last_run  # noqa: PLC0415

        folder = cache_folder(self.workspace.config)
        applied = self._applied()
        now = self._state()  # first: what changes from here on makes it another one
        last = last_run(self.connection, self.ledger)
        blank = replace(self.blank, last_run=last.ended_at if last else None)
        clean = last_clean(folder, now.question) if now else None
        if now and clean and (clean.place, clean.state) == (now.place, now.state):
            return replace(blank, unchanged_since=clean.checked_at)
        replay = replay_of(self.connection, applied, schema=self.ledger.yoyo_schema)
        actual = self._actual()
        expected = expected_snapshot(replay, self._texts, folder, self.workspace.listener)
        found = self._told(blank, expected, actual, last, last.snapshot() if last else None)
        if now and not (found.drifts or found.unseen or found.reordered or found.ignored):
            self._keep(replace(now, last_run=blank.last_run))
        return found

    def _state(self) -> Clean | None:
        """This check, as it is kept if it finds nothing; None where that cannot be told again.

        That is so where the server alone does not know what is applied, and where drift is ignored:
        which entry ignores nothing is told every time.
        """
        from wishkit.postgres.ledger import VERSION  # noqa: PLC0415 - heavy
        from wishkit.postgres.unchanged import state  # noqa: PLC0415 - as above

        ledger, blank = self.ledger, self.blank
        known = ledger.version == VERSION and all(it.checksum for it in ledger.records)
        if self.workspace.config.ignore or not known or ledger.yoyo_schema is None:
            return None
        now = state(self.connection, ledger.yoyo_schema)
        if now is None:
            return None
        return Clean(
            question=question(self.workspace.target, column_order=self.column_order),
            database=blank.database,
            place=f"{self.server.host}:{self.server.port}",
            schema=ledger.yoyo_schema,
            position=ledger.position or "",
            last_run=None,
            checked_at=blank.checked_at,
            state=now,
        )

    def _keep(self, clean: Clean) -> None:
        """Keep this check, unless a run came in between: the ledger was read before its state."""
        from wishkit.postgres.ledger import read_ledger  # noqa: PLC0415 - heavy

        if read_ledger(self.connection) == self.ledger:
            clean.keep(cache_folder(self.workspace.config))

    def snapshots(self) -> tuple[Snapshot, Snapshot]:
        """How the database should be by its migrations, and how it is.

        Raises:
            CompareError: what it should be cannot be found out.
        """
        from wishkit.postgres.expected import expected_snapshot, replay_of  # noqa: PLC0415 - heavy

        replay = replay_of(self.connection, self._applied(), schema=self.ledger.yoyo_schema)
        actual = self._actual()
        folder = cache_folder(self.workspace.config)
        return expected_snapshot(replay, self._texts, folder, self.workspace.listener), actual

    def with_last_run(self) -> Check:
        """What is not as the last run left it."""
        from wishkit.postgres.catalog import fingerprint  # noqa: PLC0415 - heavy
        from wishkit.postgres.last_run import last_run  # noqa: PLC0415 - as above

        last = last_run(self.connection, self.ledger)
        if last is None:
            raise CompareError(
                "the ledger does not say how the last run left this database",
                code="no-snapshot",
                help="wishkit check, without --last-run, compares with the migrations; the next "
                "run of migrate or rollback keeps what it leaves",
            )
        blank = replace(self.blank, compared_with="last run", last_run=last.ended_at)
        if last.fingerprint and last.fingerprint == fingerprint(self.connection):
            return replace(blank, unchanged_since=last.ended_at)
        then = last.snapshot()
        if then is None:
            raise CompareError(
                f"something has changed since the last run ({last.ended_at:%Y-%m-%d %H:%M %Z}), "
                "and the ledger does not say what",
                code="no-snapshot",
                help="wishkit check, without --last-run, compares with the migrations",
            )
        return self._told(blank, then, self._actual(), last, then)

    def _told(
        self,
        blank: Check,
        expected: Snapshot,
        actual: Snapshot,
        last: LastRun | None,
        then: Snapshot | None,
    ) -> Check:
        """The differences as drift, and what else is to be said of them."""
        all_ = compare(expected, actual, column_order=True)
        differences = all_ if self.column_order else in_any_order(all_)
        blank = replace(
            blank,
            reordered=() if self.column_order else reordered(all_),
            unseen=actual.unseen,
        )
        known = self.workspace.config.ignore
        if not differences:
            return replace(blank, ignored=without_ignored((), known)[1])
        by_hand: dict[Identity, datetime] = {}
        if last and then:
            since_then = compare(then, actual, column_order=self.column_order)
            by_hand = {it.identity: last.ended_at for it in since_then}
        applied = self._texts()
        makers = Makers(applied)
        drifts = self._attributed(judged(differences, made_by=makers.of, by_hand=by_hand), last)
        left, ignored = without_ignored(drifts, known)
        if self.remedies and not actual.unseen:
            left = self._mended(left, differences, expected, actual)
        return replace(
            blank,
            drifts=left,
            half_there=self._half_there(makers, differences, actual),
            ignored=ignored,
        )

    def _mended(
        self,
        drifts: Sequence[Drift],
        differences: Sequence[Difference],
        expected: Snapshot,
        actual: Snapshot,
    ) -> tuple[Drift, ...]:
        """Each with its part of the remedy."""
        from wishkit.commands.remedy import large_tables, to_be_mended  # noqa: PLC0415 - heavy
        from wishkit.core.remedy import remedy  # noqa: PLC0415 - as above
        from wishkit.core.remedy.told import with_remedies  # noqa: PLC0415 - as above

        large = large_tables(self.connection, actual, self.workspace.target.small)
        mended = to_be_mended(differences, self.workspace.config.ignore)
        return with_remedies(drifts, mended, remedy(mended, expected, actual, large=large))

    def _attributed(self, drifts: Sequence[Drift], last: LastRun | None) -> tuple[Drift, ...]:
        """Each with who changed it, or the table it belongs to, since the last run."""
        from wishkit.postgres.audit import last_noted  # noqa: PLC0415 - heavy

        tables = {it.name: ".".join(it.name.split(".")[:2]) for it in drifts}
        noted = last_noted(
            self.connection, [*tables, *tables.values()], since=last.ended_at if last else None
        )
        return tuple(
            replace(it, by=noted.get(it.name) or noted.get(tables[it.name])) for it in drifts
        )

    def _half_there(
        self, makers: Makers, differences: Sequence[Difference], actual: Snapshot
    ) -> tuple[HalfThere, ...]:
        """Applied migrations that are not all there, and others that are there in part."""
        missing = [it.identity for it in differences if it.type == "missing"]
        extra = {it.identity for it in differences if it.type == "extra"}
        found = half_there(makers, missing=missing, there=actual.items)
        return found + self._begun(extra)

    def _begun(self, extra: Collection[Identity]) -> tuple[HalfThere, ...]:
        """Migrations that are not applied, and of which something is there all the same."""
        from wishkit.postgres.ledger import read_scripts  # noqa: PLC0415 - heavy

        if not extra:
            return ()
        partial = [it.id for it in self.ledger.partial]
        texts = {**self._files(), **read_scripts(self.connection, self.ledger, partial)}
        for record in self.ledger.records:
            texts.pop(record.id, None)
        return begun(Makers(texts.values()), extra)

    def _actual(self) -> Snapshot:
        from wishkit.postgres.catalog import read_snapshot  # noqa: PLC0415 - heavy

        return read_snapshot(self.connection)

    def _applied(self) -> tuple[tuple[str, str], ...]:
        """Id and checksum of what is applied; the files' where plain yoyo kept no text.

        Raises:
            CompareError: ``text-unknown``.
        """
        files = self._files() if any(it.checksum is None for it in self.ledger.records) else {}
        found = []
        for record in self.ledger.records:
            if record.checksum is None and record.id not in files:
                raise CompareError(
                    f"the text of {record.id} is not known: plain yoyo applied it and keeps none",
                    code="text-unknown",
                    help="run this where its files are, or record them with the text that was "
                    f"applied: wishkit mark {record.id} --reason …",
                )
            found.append((record.id, record.checksum or files[record.id].checksum))
        return tuple(found)

    def _texts(self) -> tuple[Migration, ...]:
        """The migrations as applied, in that order."""
        from wishkit.postgres.failure import of_ledger  # noqa: PLC0415 - heavy
        from wishkit.postgres.ledger import read_scripts  # noqa: PLC0415 - heavy

        records = self.ledger.records
        with of_ledger():
            known = read_scripts(self.connection, self.ledger, [it.id for it in records])
        if len(known) < len(records):
            known = {**self._files(), **known}
        return tuple(known[it.id] for it in records)

    def _files(self) -> Mapping[str, Migration]:
        """The project's own files, if we stand in one."""
        with suppress(WishkitError):
            return {it.id: it for it in self.workspace.migrations()}
        return {}
