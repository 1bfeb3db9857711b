"""yoyo's way in: ``yoyo apply -d wishkit://user@host/database FOLDER`` runs on wishkit's engine.

yoyo keeps its command line and its Python interface; what it asks its backend to do is planned by
``core.plan``, run by ``engine.run_step`` and recorded as any other run is. Nothing of yoyo's own
way of running a migration is left.
"""

from __future__ import annotations

import logging
import re
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.exceptions import LockTimeout
from yoyo.migrations import default_migration_table, get_migration_hash

from wishkit.config import Target
from wishkit.core.batches import batches
from wishkit.core.events import MigrationStarted, Noted, Waiting
from wishkit.core.migration import read_folder
from wishkit.core.plan import backward_plan, forward_plan
from wishkit.core.stakes import threats
from wishkit.errors import ConsentNeeded, LockHeld, UsageError, WishkitError
from wishkit.postgres.approvals import refuse_unasked
from wishkit.postgres.connection import connect, identify, refuse_unfit
from wishkit.postgres.engine import run_step
from wishkit.postgres.ledger import in_schema, read_ledger, read_scripts
from wishkit.postgres.lock import run_lock
from wishkit.postgres.run import begin_run
from wishkit.postgres.stakes import stakes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import psycopg
    from yoyo.connections import DatabaseURI
    from yoyo.migrations import Migration as YoyoMigration
    from yoyo.migrations import MigrationList

    from wishkit.core.batches import Batch
    from wishkit.core.events import Event
    from wishkit.core.migration import Direction, Migration
    from wishkit.core.plan import Step
    from wishkit.core.state import Ledger
    from wishkit.postgres.run import Run

    Connection = psycopg.Connection[Any]
    Prepared = list[tuple[Step, tuple[Batch, ...]]]

logger = logging.getLogger("yoyo.migrations")  # yoyo's -v shows it, on stderr

# What a URL's query may hold besides libpq's parameters.
ROLE, SCHEMA, CONSENT = "role", "schema", "accept_data_loss"
_VERBS: dict[Direction, str] = {"forward": "migrate", "backward": "rollback"}


@contextmanager
def _told_in_traceback() -> Iterator[None]:
    """An error ends yoyo in a traceback: put there what it says besides its message."""
    try:
        yield
    except WishkitError as error:
        if not hasattr(error, "__notes__"):
            lines = [("-->", error.where), *(("note:", note) for note in error.notes)]
            lines += [("help:", error.help), ("state:", error.state)]
            for label, text in lines:
                if text:
                    error.add_note(f"{label} {text}")
        raise


class WishkitBackend(PostgresqlPsycopgBackend):  # type: ignore[misc]  # yoyo is not typed
    """The backend that yoyo's entry point ``wishkit`` names.

    Args:
        dburi: as yoyo parsed it; its query takes libpq's parameters, ``role`` (SET ROLE to it),
            ``schema`` (a search_path, as for yoyo's own backend) and ``accept_data_loss=true``.
        migration_table: yoyo's default; wishkit's ledger has one name.

    Raises:
        UsageError: ``migration-table``.
        ConnectError: no usable connection.
    """

    def __init__(self, dburi: DatabaseURI, migration_table: str) -> None:
        if migration_table != default_migration_table:
            raise UsageError(
                f"--migration-table {migration_table}: wishkit knows {default_migration_table}",
                code="migration-table",
                help="leave the option out",
            )
        self.target = target_of(dburi)
        self.accepts_data_loss = dburi.args.get(CONSENT, "").lower() in {"true", "yes", "1"}
        self._guard: Connection | None = None
        super().__init__(dburi, migration_table)

    @_told_in_traceback()
    def connect(self, dburi: DatabaseURI) -> Connection:  # noqa: ARG002 - yoyo's signature
        """A connection as every command of wishkit has it."""
        return connect(self.target, application_name="wishkit yoyo")

    def init_connection(self, connection: Connection) -> None:
        """Nothing: the search_path travels in the connection's parameters."""

    def init_database(self) -> None:
        """Nothing: yoyo would make a lock table and try out DDL here."""

    def ensure_internal_schema_updated(self) -> None:
        """Nothing: the first run that changes something makes or lifts the ledger."""

    def get_applied_migration_hashes(self) -> list[str]:
        """Hashes of what is applied, in the ledger's order, wherever the ledger is."""
        return [get_migration_hash(record.id) for record in self._ledger().records]

    @_told_in_traceback()
    def to_apply(self, migrations: MigrationList) -> MigrationList:
        """Those that are pending, in dependency order.

        Raises:
            WishkitError: the folder and the ledger do not fit together.
        """
        return _picked(migrations, self._forward(migrations, self._ledger()))

    def to_rollback(self, migrations: MigrationList) -> MigrationList:
        """Those that are applied, newest first by the ledger's order."""
        return _picked(migrations, reversed(self._ledger().records))

    @contextmanager
    def lock(self, timeout: float = 10) -> Iterator[None]:
        """Hold the run lock; within a block that holds it, it is there already.

        Args:
            timeout: seconds to ask again; 0 asks once.

        Raises:
            LockTimeout: another run has it, and which.
        """
        if self._guard is not None:
            yield
            return
        with ExitStack() as stack:
            guard = self.connect(self.uri)
            try:
                stack.enter_context(run_lock(guard, wait=timeout, listener=_log))
            except LockHeld as held:
                raise LockTimeout(f"{held.message} ({held.help})") from held
            self._guard = guard
            stack.callback(self._let_go)
            yield

    def break_lock(self) -> None:
        """Remove the lock of plain yoyo; wishkit's own ends with its session."""
        schema = self._ledger().yoyo_schema
        if schema is not None:
            self.connection.execute(in_schema("yoyo_lock_break", schema))

    def apply_migrations_only(self, migrations: MigrationList, force: bool = False) -> None:  # noqa: FBT001, FBT002 - yoyo's
        """Apply them, all of them checked before the first one runs.

        Raises:
            WishkitError: as ``wishkit migrate``.
        """
        _refuse_force(force=force)
        self._change("forward", lambda ledger: self._forward(migrations, ledger))

    def rollback_migrations(self, migrations: MigrationList, force: bool = False) -> None:  # noqa: FBT001, FBT002 - yoyo's
        """Undo them, newest first.

        Raises:
            WishkitError: as ``wishkit rollback``.
        """
        _refuse_force(force=force)
        self._change("backward", lambda ledger: self._backward(migrations, ledger))

    def mark_migrations(self, migrations: MigrationList) -> None:
        """Record that they are applied, with the text they have now."""
        self._mark(migrations, mark=True)

    def unmark_migrations(self, migrations: MigrationList) -> None:
        """Record that they are not applied."""
        self._mark(migrations, mark=False)

    def apply_one(self, migration: YoyoMigration, force: bool = False, mark: bool = True) -> None:  # noqa: ARG002, FBT001, FBT002 - yoyo's
        """Apply one; it is always marked, in the transaction of its SQL."""
        self.apply_migrations_only([migration], force)

    def rollback_one(self, migration: YoyoMigration, force: bool = False) -> None:  # noqa: FBT001, FBT002 - yoyo's
        """Undo one."""
        self.rollback_migrations([migration], force)

    def mark_one(self, migration: YoyoMigration, log: bool = True) -> None:  # noqa: ARG002, FBT001, FBT002 - yoyo's
        """Record that one is applied; it is always logged."""
        self.mark_migrations([migration])

    def unmark_one(self, migration: YoyoMigration, log: bool = True) -> None:  # noqa: ARG002, FBT001, FBT002 - yoyo's
        """Record that one is not applied; it is always logged."""
        self.unmark_migrations([migration])

    def _let_go(self) -> None:
        """Close the connection that holds the lock; the engine may have made another one."""
        if self._guard is not None:
            self._guard.close()
            self._guard = None

    @_told_in_traceback()
    def _ledger(self) -> Ledger:
        return read_ledger(self.connection)

    def _forward(self, migrations: MigrationList, ledger: Ledger) -> list[Step]:
        # Which ones, and whether out of turn, is what yoyo's user has just decided.
        pairs = _pairs(migrations)
        steps = forward_plan(pairs, ledger, allow_out_of_order=True, allow_missing=True)
        wanted = {m.id for m in migrations}
        return [step for step in steps if step.id in wanted]

    def _backward(self, migrations: MigrationList, ledger: Ledger) -> tuple[Step, ...]:
        wanted = [m.id for m in migrations]
        applied = read_scripts(self.connection, ledger, wanted)
        return backward_plan(_pairs(migrations), ledger, applied, ids=wanted)

    @_told_in_traceback()
    def _change(self, direction: Direction, plan: Callable[[Ledger], Sequence[Step]]) -> None:
        """Plan under the lock, check every text, and run."""
        with self.lock():
            prepared = [
                (step, batches(step.script, transactional=step.transactional, batched=step.batched))
                for step in plan(self._ledger())
            ]
            if not prepared:
                return
            if direction == "backward":
                self._consent(prepared)
            with self._run(_VERBS[direction]) as run:
                for position, (step, parts) in enumerate(prepared, 1):
                    run_step(run, step, parts, position=position, total=len(prepared))

    def _consent(self, prepared: Prepared) -> None:
        lost = stakes(self.connection, threats(prepared))
        if lost and not self.accepts_data_loss:
            raise ConsentNeeded(
                "this would destroy data",
                code="data-loss",
                notes=tuple(f"{s.migration}: {s.rows} rows with data in {s.name}" for s in lost),
                help=f"add {CONSENT}=true to the query of the URL once you are sure",
                state="nothing was run",
            )

    @_told_in_traceback()
    def _mark(self, migrations: MigrationList, *, mark: bool) -> None:
        with self.lock():
            wanted = {m.id for m in migrations}
            applied = {record.id for record in self._ledger().records}
            chosen = [
                pair
                for pair in _pairs(migrations)
                if pair.id in wanted and (pair.id in applied) != mark
            ]
            if not chosen:
                return
            for script in (s for pair in chosen for s in (pair.forward, pair.backward) if s):
                script.check_text()
            with self._run("mark" if mark else "unmark") as run:
                for pair in chosen:
                    keep = run.recorder.keep(pair) if mark else b"SELECT"
                    record = run.recorder.by_hand(pair, mark=mark, reason=None)
                    clear = run.recorder.step("step_clear", id=pair.id)
                    run.session.send(b";\n".join([b"BEGIN", keep, record, clear, b"COMMIT"]))

    @contextmanager
    def _run(self, verb: str) -> Iterator[Run]:
        """A run on the connections that are open already."""
        refuse_unfit(identify(self.connection))
        if self._guard is None:
            raise RuntimeError("a run begins under the lock")
        if verb in _VERBS.values():
            refuse_unasked(self.connection, read_ledger(self.connection))
        run = begin_run(
            self.connection, self._guard, self.target, verb=verb, reason=None, listener=_log
        )
        try:
            with run.recorded():
                yield run
        finally:
            # The engine may have connected anew.
            self._connection, self._guard = run.session.connection, run.guard


def target_of(dburi: DatabaseURI) -> Target:
    """The target of a wishkit:// URL as yoyo parsed it.

    yoyo writes a host in small letters, so a folder of sockets is better given in the query, as
    libpq has it: ``wishkit://user@/database?host=/run/postgresql``.
    """
    params = {key: value for key, value in dburi.args.items() if key not in {CONSENT, "autocommit"}}
    role, schema = params.pop(ROLE, None), params.pop(SCHEMA, None)
    given = {
        "user": dburi.username,
        "password": dburi.password,
        "host": unquote(dburi.hostname) if dburi.hostname else None,
        "port": dburi.port,
        "dbname": dburi.database,
    }
    params |= {key: str(value) for key, value in given.items() if value}
    if schema:
        path = re.sub(r"([\\\s])", r"\\\1", schema)
        params["options"] = f"{params.get('options', '')} -csearch_path={path}".strip()
    url = " ".join(f"{key}={_quoted(value)}" for key, value in params.items())
    return Target(url, "yoyo", role=role)


def _quoted(value: str) -> str:
    """A value in a connection string of libpq (manual: 32.1.1.1)."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _pairs(migrations: Iterable[YoyoMigration]) -> tuple[Migration, ...]:
    """Every pair in the folders these come from: a plan is made from the whole."""
    folders = sorted({Path(m.path).parent for m in migrations})
    return tuple(pair for folder in folders for pair in read_folder(folder))


def _picked(migrations: MigrationList, order: Iterable[Any]) -> MigrationList:
    """The migrations of yoyo with the ids of these, in their order."""
    by_id = {m.id: m for m in migrations}
    return migrations.replace(by_id[item.id] for item in order if item.id in by_id)


def _refuse_force(*, force: bool) -> None:
    if force:
        raise UsageError(
            "--force: wishkit does not go on behind a statement that failed",
            code="force",
            help="mend the migration, and run again without --force",
            state="nothing was run",
        )


def _log(event: Event) -> None:
    match event:
        case MigrationStarted():
            verb = "Applying" if event.direction == "forward" else "Rolling back"
            logger.info("%s %s", verb, event.id)
        case Noted(severity="WARNING"):
            logger.warning("%s: %s", event.id, event.message)
        case Noted():
            logger.info("%s: %s: %s", event.id, event.severity, event.message)
        case Waiting():
            logger.warning("waiting for %s: %s", event.what, event.whom)
