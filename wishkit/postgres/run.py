"""One run: its connections, its lock, its row in the ledger, and what becomes of them."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from wishkit.core.events import RunStarted
from wishkit.errors import (
    ConnectError,
    LedgerError,
    LockHeld,
    MigrationFailed,
    OutcomeUnknown,
    WishkitError,
)
from wishkit.postgres import failure
from wishkit.postgres.connection import connect
from wishkit.postgres.ledger import ensure_ledger, in_schema, read_ledger
from wishkit.postgres.lock import run_lock, take_lock
from wishkit.postgres.lookout import Lookout
from wishkit.postgres.origin import application_name, origin
from wishkit.postgres.orphans import end_orphans
from wishkit.postgres.patience import Patient
from wishkit.postgres.queries import query
from wishkit.postgres.recorder import Recorder
from wishkit.postgres.session import Lost, Refused, Session, quote, stands
from wishkit.postgres.signpost import Signpost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import psycopg

    from wishkit.config import Target
    from wishkit.core.events import Blocker, Listener
    from wishkit.core.plan import Unfinished
    from wishkit.core.state import Ledger
    from wishkit.core.waits import Waits
    from wishkit.core.wants import Want

    Connection = psycopg.Connection[Any]

# For how long a server that went away may take to come back, crash recovery included.
RECONNECT_PATIENCE = 30.0


@dataclass(slots=True)
class Run:
    """A run under way; holds the run lock.

    Attributes:
        target: which database.
        verb: what was asked: migrate, rollback, …
        session: the connection that does the work.
        guard: the connection that holds the lock and does nothing else.
        recorder: writes the ledger.
        listener: is told what happens.
        ledger: as it was when the lock was taken.
        unfinished: what to do about a statement of which only a person can tell how it ended.
        applied: ids in the order they were applied, kept current.
        accepted: rules that a migration may break, by its id, as the ledger keeps them.
        may_kill: asked before sessions in the way are ended; None: the configuration decides.
        advised: roles that have been told which grant would show them more.
        failure: why it did not go on, for the ledger.
        signpost: lets its sessions say where it is; listens in front of ``listener``.
    """

    target: Target
    verb: str
    session: Session
    guard: Connection
    recorder: Recorder
    listener: Listener
    ledger: Ledger
    unfinished: Unfinished | None = None
    applied: list[str] = field(default_factory=list)
    accepted: dict[str, tuple[str, ...]] = field(default_factory=dict)
    may_kill: Callable[[Sequence[Blocker]], bool] | None = None
    advised: set[str] = field(default_factory=set)
    failure: WishkitError | None = None
    signpost: Signpost = field(init=False)
    _lookout: Lookout | None = None

    def __post_init__(self) -> None:
        self.listener = self.signpost = Signpost(self, self.listener)

    @property
    def position(self) -> str:
        """Where the database stands, for messages."""
        return f"the database is at {self.applied[-1]}" if self.applied else "nothing is applied"

    def patient(
        self, id_: str, wanted: tuple[Want, ...], killed: list[Blocker], waits: Waits
    ) -> Patient:
        """What keeps the clients from noticing a piece of work.

        Args:
            id_: the migration.
            wanted: the locks it needs, as far as its text tells.
            killed: takes up the sessions that are ended for it.
            waits: takes up what is lost by others being in the way.
        """
        if self._lookout is None:
            self._lookout = Lookout(self.guard, self.session, self.target.patience)
        return Patient(
            id_,
            wanted,
            self.session,
            self._lookout,
            self.target.patience,
            self.listener,
            may_stall=bool(self.accepted.get(id_)),
            may_kill=self.may_kill,
            killed=killed,
            waits=waits,
        )

    def _end_lookout(self) -> None:
        if self._lookout:
            self._lookout.close()
        self._lookout = None

    def is_applied(self, id_: str) -> bool:
        """Ask the ledger, on the work connection.

        Raises:
            Lost: the connection went away.
        """
        return self.session.send(self.recorder.ask_applied(id_))[0].ntuples == 1

    def read_ledger(self) -> Ledger:
        """The ledger as it stands; where it cannot be read any more, as it was at the beginning."""
        with suppress(WishkitError):
            return read_ledger(self.session.connection)
        return self.ledger

    def settle(self, id_: str) -> bool:
        """After a lost connection: ask, on a new one, whether a migration is applied.

        Asked when the old server process is gone, so that what it was doing is either committed or
        not.

        Raises:
            OutcomeUnknown: the server cannot be reached, or another run has the lock.
        """
        deadline = time.monotonic() + RECONNECT_PATIENCE
        while True:
            try:
                self._reconnect()
                return self.is_applied(id_)
            except LockHeld as error:
                raise OutcomeUnknown(
                    f"the connection was lost, and then the lock: {error.message}",
                    code="lock-lost",
                    state=f"not known: {id_} is done and recorded, or neither",
                    help="when the other run has ended, run the same command again: it asks the "
                    "ledger first",
                ) from error
            except (ConnectError, Lost) as error:
                if time.monotonic() >= deadline:
                    raise OutcomeUnknown(
                        f"the connection was lost and the server cannot be reached again: {error}",
                        state=f"not known: {id_} is done and recorded, or neither",
                        help="when the server is back, run the same command again: it asks the "
                        "ledger first",
                    ) from error
                time.sleep(0.2)

    def _reconnect(self) -> None:
        self._end_lookout()
        self.session.close()
        connection = connect(self.target, application_name=application_name("reconnect"))
        self.session = Session(connection, role=self.target.role)
        self.recorder = replace(self.recorder, connection=connection)
        with failure.of_ledger():
            self.session.send(self.session.begin_settings)
            self._keep_lock()
            end_orphans(connection, self.guard, self.listener, own=self.recorder.run)
            values = {"run": self.recorder.run, **_backend(connection, self.guard)}
            connection.execute(query("run_reconnect"), values)

    def _keep_lock(self) -> None:
        """Take the lock on a new connection if the one that held it is gone."""
        if stands(self.guard):
            return
        self._end_lookout()
        self.guard.close()
        self.guard = connect_guard(self.target, "reconnect")
        take_lock(self.guard, wait=self.target.lock_wait, listener=self.listener)

    def check_lock(self) -> None:
        """Between migrations: nobody else may be at work.

        Raises:
            MigrationFailed: ``lock-lost``: the lock was lost and cannot be had again.
        """
        try:
            self._keep_lock()
        except (ConnectError, LockHeld) as error:
            raise MigrationFailed(
                f"the run lock was lost: {error.message}",
                code="lock-lost",
                state=f"stopped between migrations; {self.position}",
                help="run the same command again for the rest",
            ) from error

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """Say in the ledger how what happens inside ended."""
        try:
            yield
        except BaseException as error:
            self._end(outcome_of(error))
            raise
        else:
            self._end(outcome_of(self.failure) if self.failure else "done")

    def _end(self, outcome: str) -> None:
        """Close the run's row, on a new connection where the old one is in no state to.

        If that fails too, the next run finds the row open and closes it as lost.
        """
        self._end_lookout()
        with suppress(Refused, Lost):
            self._close_row(outcome)
            return
        with suppress(Refused, Lost, ConnectError):
            self.session.close()
            connection = connect(
                self.target, application_name=application_name("end"), startup_wait=0
            )
            self.session = Session(connection, role=self.target.role)
            self._close_row(outcome)

    def _close_row(self, outcome: str) -> None:
        self.session.rollback()
        self.session.send(self.session.clean)
        self.session.ask(query("run_end"), {"run": self.recorder.run, "outcome": outcome})


def connect_guard(target: Target, verb: str) -> Connection:
    """The connection that is to hold the lock, and shall see and end what earlier runs left.

    It stays the user who logged in: acting as the owner of the tables, one may not see or end
    one's own other processes.

    Raises:
        ConnectError: no usable connection.
    """
    guard = connect(replace(target, role=None), application_name=application_name(verb))
    with failure.of_ledger():
        guard.execute(query("stay"))
    return guard


@contextmanager
def open_run(
    connection: Connection,
    target: Target,
    *,
    verb: str,
    reason: str | None,
    listener: Listener,
    unfinished: Unfinished | None = None,
) -> Iterator[Run]:
    """Take the lock, make or lift the ledger, see to what an earlier run left, and begin.

    Args:
        connection: in autocommit mode; does the work.
        target: which database; its ``lock_wait`` says how long to wait for another run.
        verb: what was asked, for the ledger.
        reason: why, for the ledger.
        listener: is told what happens.
        unfinished: see ``Run``.

    Raises:
        LockHeld: another run is at work, plain yoyo's included.
        LedgerError: the ledger cannot be made or read.
        ConnectError: the connection went away before anything was run.
    """
    guard = connect_guard(target, verb)
    with failure.of_ledger():
        connection.execute(query("stay"))
    with run_lock(guard, wait=target.lock_wait, listener=listener):
        run = begin_run(connection, guard, target, verb=verb, reason=reason, listener=listener)
        run.unfinished = unfinished
        try:
            with run.recorded():
                yield run
        finally:
            run.guard.close()
            run.session.close()


def begin_run(
    connection: Connection,
    guard: Connection,
    target: Target,
    *,
    verb: str,
    reason: str | None,
    listener: Listener,
) -> Run:
    """What ``open_run`` does once the lock is held; for who holds it already and goes on to.

    Args:
        connection: in autocommit mode; does the work.
        guard: holds the run lock.
        target: which database.
        verb: what was asked, for the ledger.
        reason: why, for the ledger.
        listener: is told what happens.

    Raises:
        LockHeld: plain yoyo is at work.
        LedgerError: the ledger cannot be made or read.
        ConnectError: the connection went away before anything was run.
    """
    with failure.of_ledger():
        ledger = read_ledger(connection)
        _refuse_yoyo(connection, ledger)
        schema = ensure_ledger(connection, ledger)
        if end_orphans(connection, guard, listener):
            ledger = read_ledger(connection)  # they may have committed since it was read
        values = origin() | {"verb": verb, "environment": target.name, "reason": reason}
        values |= _backend(connection, guard)
        row = connection.execute(query("run_begin"), values).fetchone()
        if row is None:
            raise LedgerError("the run could not be recorded", code="ledger-damaged")
        session = Session(connection, role=target.role)
        session.send(session.begin_settings)
    recorder = Recorder(connection, schema, row[0], str(values["user"]), str(values["host"]))
    run = Run(target, verb, session, guard, recorder, listener, ledger)
    run.applied = [r.id for r in ledger.records]
    about = connection.info
    listener(RunStarted(row[0], about.dbname, about.host, about.port))
    return run


def _backend(connection: Connection, guard: Connection) -> dict[str, object]:
    """The server process of the work connection, so that a later run can find it."""
    (pid,) = connection.execute(query("backend_pid")).fetchone() or (0,)
    (start,) = guard.execute(query("backend_start"), {"pid": pid}).fetchone() or (None,)
    return {"pid": pid, "start": start}


def _refuse_yoyo(connection: Connection, ledger: Ledger) -> None:
    if ledger.yoyo_schema is None:
        return
    table = f"{quote(ledger.yoyo_schema)}.yoyo_lock"
    exists = connection.execute(query("relation_exists"), {"name": table}).fetchone()
    if not exists or not exists[0]:
        return
    row = connection.execute(in_schema("yoyo_lock_holder", ledger.yoyo_schema)).fetchone()
    if row:
        raise LockHeld(
            f"plain yoyo holds its lock: process {row[0]}, since {row[1]} UTC",
            code="yoyo-lock",
            help="wait for it; if that process is gone, remove what it left behind: "
            f"yoyo break-lock (or TRUNCATE {table})",
            state="nothing was run",
        )


def outcome_of(error: BaseException) -> str:
    """How what was stopped by an error ended, in the ledger's word."""
    code = error.exit_status if isinstance(error, WishkitError) else None
    if isinstance(error, KeyboardInterrupt) or code == 130:  # noqa: PLR2004 - errors.py
        return "interrupted"
    if isinstance(error, Lost | OutcomeUnknown):
        return "unknown"
    return "partial" if code == 4 else "failed"  # noqa: PLR2004 - errors.py
