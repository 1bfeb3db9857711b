"""Every migration in every environment, and how each environment is: all at one glance."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from wishkit.commands.backup import identifier
from wishkit.commands.drifting import Drifting, drifting
from wishkit.commands.everywhere import PATIENCE
from wishkit.commands.live import look
from wishkit.commands.requests import standing
from wishkit.commands.status import counted, rows_of
from wishkit.commands.workspace import shown
from wishkit.core.evidence import judge, standings
from wishkit.core.migration import read_folder
from wishkit.core.state import State
from wishkit.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wishkit.commands.drifting import Compared
    from wishkit.commands.everywhere import Asked, Everywhere
    from wishkit.commands.requests import Standing
    from wishkit.commands.status import Row
    from wishkit.config import Config, Target
    from wishkit.core.approval import Bundle
    from wishkit.core.evidence import Evidence
    from wishkit.core.gate import Gate
    from wishkit.core.live import Running
    from wishkit.core.migration import Migration
    from wishkit.errors import WishkitError
    from wishkit.postgres.connection import Server
    from wishkit.postgres.environment import Leftover
    from wishkit.postgres.glance import Glance
    from wishkit.postgres.promotions import Emergency

WAITING = ("open", "approved", "altered")  # requests that somebody still has to see to


@dataclass(frozen=True, slots=True)
class LastBackup:
    """The backup with the newest data, as the ledger has it.

    Attributes:
        id: of the backup.
        kind: custom, directory or external.
        level: how far it was verified: 0 made, 1 readable, 2 restored, 3 compared.
        claimed_level: how far others say that it was; null where nobody does.
        taken_at: the data is of then.
        age: seconds since then, by the server's clock.
        failure: what a verification found wrong with it.
    """

    id: str
    kind: str
    level: int
    claimed_level: int | None
    taken_at: datetime
    age: float
    failure: str | None


@dataclass(frozen=True, slots=True)
class EnvironmentStatus:
    """One environment at one moment.

    Attributes:
        name: of the environment; of what named the database, where it is none.
        configured: it is an environment of wishkit.toml.
        protected: migrate and rollback ask for consent there.
        asked_at: when, in UTC.
        seconds: how long the answer took.
        database: which one, without secrets; null where it cannot be reached.
        version: of PostgreSQL, such as ``18.6``.
        standby: it only follows another server.
        pooled: a pooler gives every transaction another session.
        ledger_version: of wishkit's tables; 0 where there are none.
        position: the migration applied last.
        counts: how many migrations are in each state that occurs.
        migrations: all that the files or this ledger know, sorted by id.
        at_work: runs that are under way there right now; rarely more than one.
        drift: whether it is as the last run left it; null where it could not be asked.
        invalid_indexes: that were never finished, and are not being built now.
        unvalidated_constraints: that are NOT VALID.
        prepared_transactions: that are open.
        requests: that wait for approval, or are approved and wait to be run.
        last_backup: the newest; null where the ledger knows of none.
        backup_gate: whether there is a backup as the environment asks for; null where it asks
            for none, or nothing is applied yet.
        unreviewed: promotions past closed gates that nobody has acknowledged.
        denied: what of the ledger this role may not read, and is not told here: snapshot (drift),
            backups, requests, promotions.
        error: why it could not be asked, or not be read.
    """

    name: str
    configured: bool
    protected: bool
    asked_at: datetime
    seconds: float
    database: str | None = None
    version: str | None = None
    standby: bool = False
    pooled: bool = False
    ledger_version: int | None = None
    position: str | None = None
    counts: dict[str, int] | None = None
    migrations: tuple[Row, ...] = ()
    at_work: tuple[Running, ...] = ()
    drift: Drifting | None = None
    invalid_indexes: tuple[str, ...] = ()
    unvalidated_constraints: tuple[str, ...] = ()
    prepared_transactions: tuple[Leftover, ...] = ()
    requests: tuple[Standing, ...] = ()
    last_backup: LastBackup | None = None
    backup_gate: Gate | None = None
    unreviewed: tuple[Emergency, ...] = ()
    denied: tuple[str, ...] = ()
    error: WishkitError | None = None

    @property
    def up_to_date(self) -> bool:
        """Whether everything is applied, as it stands in the files."""
        return self.error is None and all(it.state is State.APPLIED for it in self.migrations)


@dataclass(frozen=True, slots=True)
class Matrix:
    """Every migration in every environment.

    Attributes:
        asked_at: when, in UTC.
        seconds: until all had answered, or were given up.
        migrations: ids that the files or any ledger knows, sorted.
        environments: in the order of wishkit.toml.
    """

    asked_at: datetime
    seconds: float
    migrations: tuple[str, ...]
    environments: tuple[EnvironmentStatus, ...]

    @property
    def up_to_date(self) -> bool:
        """Whether everything is applied everywhere, as it stands in the files."""
        return all(it.up_to_date for it in self.environments)

    @property
    def exit_status(self) -> int:
        """2: one could not be asked; 0: all have answered."""
        return 2 if any(it.error for it in self.environments) else 0


class Memory:
    """What holds until something changes: kept by who asks again and again, so that it costs once.

    It is used by one question at a time.
    """

    def __init__(self) -> None:
        self.compared: dict[str, Compared] = {}
        self.bundles: dict[str, dict[str, Bundle | None]] = {}


def matrix(
    everywhere: Everywhere, memory: Memory | None = None, *, within: float = PATIENCE
) -> Matrix:
    """Ask each environment how it is, all at the same time. Writes nothing, takes no lock.

    Args:
        everywhere: whom to ask.
        memory: of earlier questions to the same.
        within: seconds after which one that has not answered is given up.

    Raises:
        MigrationFileError: the folder is missing, or a name in it is wrong.
    """
    memory = memory or Memory()
    config, asked_at, began = everywhere.config, datetime.now(UTC), time.monotonic()
    folder = config.sql / "migrations"
    files = read_folder(folder, shown_as=shown(folder))
    configured = {it.name: it.protected for it in config.environments}
    blanks = {
        name: EnvironmentStatus(
            name, name in configured, configured.get(name, False), asked_at, seconds=0.0
        )
        for name in everywhere.names
    }

    def question(asked: Asked) -> EnvironmentStatus:
        return _status(asked, blanks[asked.target.name], config, files, memory)

    environments = tuple(
        replace(it.value, seconds=it.seconds)
        if it.value
        else replace(blanks[it.name], seconds=it.seconds, error=it.error)
        for it in everywhere.ask(question, within=within)
    )
    ids = {it.id for it in files} | {row.id for it in environments for row in it.migrations}
    seconds = time.monotonic() - began
    return Matrix(asked_at, seconds, tuple(sorted(ids)), environments)


def _status(
    asked: Asked,
    blank: EnvironmentStatus,
    config: Config,
    files: Sequence[Migration],
    memory: Memory,
) -> EnvironmentStatus:
    """In a thread of its own."""
    from wishkit.postgres.connection import describe  # noqa: PLC0415 - the driver is heavy
    from wishkit.postgres.glance import glance  # noqa: PLC0415 - as above

    target, server = asked.target, asked.server
    there = replace(
        blank,
        database=describe(target, server),
        version=server.version,
        standby=server.in_recovery,
        pooled=server.pooled,
    )
    bundles = memory.bundles.pop(target.name, {})
    try:
        seen = glance(asked.connection, environment=target.name, bundles=bundles)
        ids = [it.id for it in files]
        # Nobody else pays for the look: it takes two round trips more.
        at_work = look(asked.connection, ids=ids).running if seen.at_work else ()
    except LedgerError as error:
        return replace(there, error=error)
    now = {it.digest for it in seen.requests}
    memory.bundles[target.name] = {it: known for it, known in bundles.items() if it in now}
    rows = rows_of(files, seen.ledger)
    drift, compared = drifting(asked, config, seen, memory.compared.get(target.name))
    if compared:
        memory.compared[target.name] = compared
    backups = standings(seen.evidence)
    return replace(
        there,
        ledger_version=seen.ledger.version,
        position=seen.ledger.position,
        counts=counted(rows),
        migrations=rows,
        at_work=at_work,
        drift=drift,
        invalid_indexes=_names(seen, "index"),
        unvalidated_constraints=_names(seen, "constraint"),
        prepared_transactions=tuple(it for it in seen.leftovers if it.kind == "prepared"),
        requests=_waiting(seen, target, config),
        last_backup=_last_backup(seen, server, backups),
        backup_gate=_backup_gate(seen, target, server, backups),
        unreviewed=seen.emergencies,
        denied=tuple(sorted(seen.denied)),
    )


def _names(seen: Glance, kind: str) -> tuple[str, ...]:
    return tuple(it.name for it in seen.leftovers if it.kind == kind)


def _waiting(seen: Glance, target: Target, config: Config) -> tuple[Standing, ...]:
    """Requests for this environment; a copy of another database has that one's as well."""
    known = {it.name for it in config.environments}
    found = (standing(it, seen.policy, seen.members) for it in seen.requests)
    return tuple(
        it
        for it in found
        if it.state in WAITING and (target.name not in known or it.environment == target.name)
    )


def _last_backup(seen: Glance, server: Server, backups: Sequence[Evidence]) -> LastBackup | None:
    """The newest that is of this very database, as far as that can be told."""
    cluster = identifier(server)
    for it in backups:
        if it.database == server.database and cluster in {None, it.system_identifier}:
            age = (seen.now - it.taken_at).total_seconds()
            return LastBackup(
                it.id, it.kind, it.level, it.claimed_level, it.taken_at, age, it.failure
            )
    return None


def _backup_gate(
    seen: Glance, target: Target, server: Server, backups: Sequence[Evidence]
) -> Gate | None:
    if target.backup is None or "backups" in seen.denied or not seen.ledger.records:
        return None
    return judge(
        backups,
        target.backup,
        database=server.database,
        system_identifier=identifier(server),
        now=seen.now,
        destroys=(),
        environment=target.name,
    )
