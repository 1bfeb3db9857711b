"""One run: its connections, its lock, its row in the ledger, and what becomes of them."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from wishkit import __version__
from wishkit.core.events import Waiting
from wishkit.errors import ConnectError, LedgerError, LockHeld, OutcomeUnknown, WishkitError
from wishkit.postgres.connection import connect
from wishkit.postgres.ledger import ensure_ledger, in_schema, read_ledger
from wishkit.postgres.lock import run_lock
from wishkit.postgres.queries import query
from wishkit.postgres.recorder import Recorder
from wishkit.postgres.session import Lost, Session, quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from wishkit.config import Target
    from wishkit.core.events import Listener
    from wishkit.core.state import Ledger

    Connection = psycopg.Connection[Any]

# An orphan's server process notices within a second or two that its client is gone (see
# Session); one that has not by then is ended.
ORPHAN_PATIENCE = 5.0
# For how long a server that went away may take to come back, crash recovery included.
RECONNECT_PATIENCE = 30.0


@dataclass(slots=True)
class Run:
    """A run under way; holds the run lock.

    Attributes:
        target: which database.
        session: the connection that does the work.
        guard: the connection that holds the lock and does nothing else.
        recorder: writes the ledger.
        listener: is told what happens.
        ledger: as it was when the lock was taken.
        applied: ids in the order they were applied, kept current.
        failure: why it did not go on, for the ledger.
    """

    target: Target
    session: Session
    guard: Connection
    recorder: Recorder
    listener: Listener
    ledger: Ledger
    applied: list[str] = field(default_factory=list)
    failure: WishkitError | None = None

    @property
    def position(self) -> str:
        """Where the database stands, for messages."""
        return f"the database is at {self.applied[-1]}" if self.applied else "nothing is applied"

    def is_applied(self, id_: str) -> bool:
        """Ask the ledger, on the work connection.

        Raises:
            Lost: the connection went away.
        """
        return self.session.send(self.recorder.ask_applied(id_))[0].ntuples == 1

    def reconnect(self) -> None:
        """After a lost connection: connect anew and wait until the old server process is gone.

        What that process was doing is then either committed or not, and the ledger can be asked.

        Raises:
            OutcomeUnknown: the server cannot be reached.
            LockHeld: another run took the lock meanwhile.
        """
        self.session.close()
        deadline = time.monotonic() + RECONNECT_PATIENCE
        while True:
            try:
                connection = connect(self.target, application_name=_application("reconnect"))
                break
            except ConnectError as error:
                if time.monotonic() >= deadline:
                    raise OutcomeUnknown(
                        "the connection was lost and the server cannot be reached again: "
                        f"{error.message}",
                        state="not known: the migration is applied and recorded, or neither",
                        help="when the server is back, run the same command again: it asks the "
                        "ledger first",
                    ) from error
                time.sleep(0.2)
        self.session = Session(connection, role=self.target.role)
        self.recorder = replace(self.recorder, connection=connection)
        self.session.send(self.session.begin_settings)
        self._keep_lock()
        end_orphans(connection, self.listener)
        connection.execute(query("run_reconnect"), {"run": self.recorder.run})

    def _keep_lock(self) -> None:
        """Take the lock on the new connection if the one that held it is gone as well."""
        if Session(self.guard, role=None).alive:
            return
        self.guard.close()
        self.guard = connect(self.target, application_name=_application("reconnect"))
        lock = run_lock(self.guard, wait=self.target.lock_wait, listener=self.listener)
        lock.__enter__()  # released by closing the guard, in open_run

    def check_lock(self) -> None:
        """Between migrations: nobody else may be at work.

        Raises:
            LockHeld: the lock was lost and another run has it.
        """
        self._keep_lock()

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """Say in the ledger how what happens inside ended."""
        try:
            yield
        except BaseException as error:
            self._end(_outcome(error))
            raise
        else:
            self._end(_outcome(self.failure) if self.failure else "done")

    def _end(self, outcome: str) -> None:
        """Close the run's row, if the connection still stands."""
        if self.session.alive:
            values = {"run": self.recorder.run, "outcome": outcome}
            self.session.connection.execute(query("run_end"), values)


@contextmanager
def open_run(
    connection: Connection,
    target: Target,
    *,
    verb: str,
    reason: str | None,
    listener: Listener,
) -> Iterator[Run]:
    """Take the lock, make or lift the ledger, see to what an earlier run left, and begin.

    Args:
        connection: in autocommit mode; does the work.
        target: which database; its ``lock_wait`` says how long to wait for another run.
        verb: what was asked, for the ledger.
        reason: why, for the ledger.
        listener: is told what happens.

    Raises:
        LockHeld: another run is at work, plain yoyo's included.
        LedgerError: the ledger cannot be made or read.
    """
    guard = connect(target, application_name=_application(verb))
    with run_lock(guard, wait=target.lock_wait, listener=listener):
        run = begin_run(connection, guard, target, verb=verb, reason=reason, listener=listener)
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
    """
    ledger = read_ledger(connection)
    _refuse_yoyo(connection, ledger)
    schema = ensure_ledger(connection, ledger)
    end_orphans(connection, listener)
    values = _who() | {"verb": verb, "environment": target.name, "reason": reason}
    row = connection.execute(query("run_begin"), values).fetchone()
    if row is None:
        raise LedgerError("the run could not be recorded", code="ledger-damaged")
    recorder = Recorder(connection, schema, row[0], str(values["user"]), str(values["host"]))
    session = Session(connection, role=target.role)
    session.send(session.begin_settings)
    run = Run(target, session, guard, recorder, listener, ledger)
    run.applied = [r.id for r in ledger.records]
    return run


def end_orphans(connection: Connection, listener: Listener) -> None:
    """See to runs that never ended: wait for their server processes, then end those, then say so.

    Only called with the run lock held, so whatever still works under another run's name has lost
    its client.

    Raises:
        LockHeld: an orphan cannot be ended by this role.
    """
    started = time.monotonic()
    while True:
        rows = connection.execute(query("runs_unended")).fetchall()
        orphans = [row for row in rows if row[5]]
        if not orphans:
            break
        run, verb, pid, host, user, _, statement, _ = orphans[0]
        whom = f"run {run} ({verb} by {user} on {host}), backend {pid}: {statement or '?'}"
        if time.monotonic() - started > 2 * ORPHAN_PATIENCE:
            raise LockHeld(
                f"what an earlier run left behind is still at work: {whom}",
                help=f"let a role that may do so end it: SELECT pg_terminate_backend({pid})",
                state="nothing was run",
            )
        listener(Waiting("an orphaned statement", whom))
        if time.monotonic() - started > ORPHAN_PATIENCE:
            connection.execute(query("terminate"), {"pid": pid})
        time.sleep(0.2)
    lost = [row[0] for row in rows]
    if lost:
        connection.execute(query("runs_lost"), {"runs": lost})


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


def _outcome(error: BaseException) -> str:
    code = error.exit_status if isinstance(error, WishkitError) else None
    if isinstance(error, KeyboardInterrupt) or code == 130:  # noqa: PLR2004 - errors.py
        return "interrupted"
    if isinstance(error, Lost | OutcomeUnknown):
        return "unknown"
    return "partial" if code == 4 else "failed"  # noqa: PLR2004 - errors.py


def _application(verb: str) -> str:
    """What pg_stat_activity shows; the server cuts it at 63 bytes."""
    who = _who()
    return f"wishkit {verb} ({who['user']}@{who['host']}, process {os.getpid()})"


def _who() -> dict[str, object]:
    return {
        "user": _login_name(),
        "host": socket.gethostname(),
        "version": __version__,
        "commit": _git_commit(),
    }


def _login_name() -> str:
    """Login name on this machine; the number where the user has no entry there."""
    import getpass  # noqa: PLC0415 - only when something is written

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _git_commit() -> str | None:
    """What is checked out here; "+" when files differ from it; None outside a checkout."""
    try:
        shown = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--dirty=+", "--exclude=*"],  # noqa: S607 - the user's git
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return shown.stdout.strip() or None
