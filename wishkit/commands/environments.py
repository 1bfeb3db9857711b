"""The environments of a project: what each asks for, and how each is right now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit import config as configuration
from wishkit.commands.everywhere import PATIENCE, Everywhere
from wishkit.commands.pools import LONGEST, examine_pools
from wishkit.core.evidence import age_words, level_words
from wishkit.core.migration import read_folder
from wishkit.core.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wishkit.commands.everywhere import Asked
    from wishkit.config import Environment, Target
    from wishkit.config.pools import ApplicationPool
    from wishkit.core.pool_advice import Advice
    from wishkit.core.pools import PoolSeen, Room
    from wishkit.errors import WishkitError
    from wishkit.postgres.environment import Inspection, Replica, Rights

_SHOWN = 3  # names that are told one by one
_REFERENCE = "env:"


@dataclass(frozen=True, slots=True)
class Listed:
    """An environment as wishkit.toml has it.

    Attributes:
        name: of its table.
        url: how it is reached, without secrets: a variable, ``embedded``, or a redacted URL.
        role: that is acted as; null: who logs in.
        protected: migrate and rollback ask for consent.
        asks: what it asks for before anything runs, one sentence each.
    """

    name: str
    url: str
    role: str | None
    protected: bool
    asks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Environments:
    """The environments, in the order in which a change travels.

    Attributes:
        path: of wishkit.toml; null where there is none.
        environments: the first is the least protected.
    """

    path: str | None
    environments: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class Examined:
    """How an environment is right now.

    Attributes:
        name: of its table.
        database: which one, without secrets; null where it cannot be reached.
        version: of PostgreSQL, such as ``18.6``.
        login: who logged in.
        role: who acts, after SET ROLE.
        pooled: a pooler gives every transaction another session.
        standby: it only follows another server.
        behind: seconds that a standby is behind.
        position: the migration applied last.
        pending: how many are not applied there; null where there are no files.
        rights: of who acts.
        replicas: that follow it.
        room: for connections; null where no pools are configured.
        pools: of applications, as configured, and what their connections meet.
        advice: what of them does not fit, and what is worth to know.
        problems: what else is wrong, one sentence each, the remedy included.
        notes: what is worth to know, and not wrong.
        error: why it cannot be reached or read.
    """

    name: str
    database: str | None = None
    version: str | None = None
    login: str | None = None
    role: str | None = None
    pooled: bool = False
    standby: bool = False
    behind: float | None = None
    position: str | None = None
    pending: int | None = None
    rights: Rights | None = None
    replicas: tuple[Replica, ...] = ()
    room: Room | None = None
    pools: tuple[PoolSeen, ...] = ()
    advice: tuple[Advice, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    error: WishkitError | None = None

    @property
    def well(self) -> bool:
        """Whether nothing is wrong with it."""
        return not (self.error or self.problems or any(it.wrong for it in self.advice))


@dataclass(frozen=True, slots=True)
class Examination:
    """How the environments are right now.

    Attributes:
        environments: in the order of wishkit.toml.
    """

    environments: tuple[Examined, ...]

    @property
    def exit_status(self) -> int:
        """2: one cannot be reached; 1: something is wrong; 0: nothing is."""
        if any(it.error for it in self.environments):
            return 2
        return 0 if all(it.well for it in self.environments) else 1


def environments() -> Environments:
    """The environments of wishkit.toml. No database is asked.

    Raises:
        ConfigError: the configuration cannot be understood.
    """
    config = configuration.load()
    path = str(config.path) if config.path else None
    return Environments(path, tuple(listed(it) for it in config.environments))


def examine(names: Sequence[str] = ()) -> Examination:
    """Ask each environment how it is, all at the same time. Writes nothing, takes no lock.

    Args:
        names: only these; all when empty.

    Raises:
        ConfigError: ``unknown-environment`` or ``no-environments``.
        MigrationFileError: a name in the folder of migrations is wrong.
    """
    config = configuration.load()
    with Everywhere(config, names, application_name="wishkit env check") as everywhere:
        folder = config.sql / "migrations"
        ids = [it.id for it in read_folder(folder)] if folder.is_dir() else None

        pools = {it.name: it.pools for it in config.environments}

        def question(asked: Asked) -> Examined:
            return _examined(asked, ids, pools[asked.target.name])

        within = PATIENCE + LONGEST * max(map(len, pools.values()))
        answers = everywhere.ask(question, within=within)
        return Examination(tuple(it.value or Examined(it.name, error=it.error) for it in answers))


def listed(it: Environment) -> Listed:
    """An environment as wishkit.toml has it, without secrets."""
    return Listed(it.name, reference(it), it.role, it.protected, tuple(_asks(it)))


def reference(it: Environment) -> str:
    """How an environment is reached, without secrets."""
    import os  # noqa: PLC0415 - imported where used

    if not it.url.startswith(_REFERENCE):
        return redact(it.url)
    there = bool(os.environ.get(it.url.removeprefix(_REFERENCE)))
    return it.url if there else f"{it.url} (not set)"


def _asks(it: Environment) -> Iterator[str]:
    if it.rehearsed:
        yield "rehearsed"
    if it.verify:
        yield "verify"
    if it.approvals:
        risks = ("none", "low", "medium", "high")
        counts = ", ".join(f"{risk} {getattr(it.approvals, risk)}" for risk in risks)
        yield f"approvals ({counts})"
    if it.backup:
        level = level_words(it.backup.level)
        yield f"backup of level {level}, not older than {age_words(it.backup.age)}"
    if it.soak:
        yield f"{age_words(it.soak)} of soak"
    if bounded := [name for name in ("expected", "waited") if getattr(it.thresholds, name).fail]:
        yield f"thresholds ({', '.join(bounded)})"
    if it.windows:
        yield f"window {' or '.join(window.text for window in it.windows)}"
    if it.freeze:
        yield f"frozen {', '.join(freeze.text for freeze in it.freeze)}"
    if it.hooks:
        yield f"{len(it.hooks)} hook{'' if len(it.hooks) == 1 else 's'}"


def _examined(
    asked: Asked, ids: Sequence[str] | None, pools: Sequence[ApplicationPool]
) -> Examined:
    from wishkit.postgres.connection import describe  # noqa: PLC0415 - the driver is heavy
    from wishkit.postgres.environment import inspect  # noqa: PLC0415 - as above

    found = inspect(asked.connection, asked.server)
    server, applied = found.server, {it.id for it in found.ledger.records}
    room, seen, advice = examine_pools(asked, pools) if pools else (None, (), ())
    return Examined(
        asked.target.name,
        describe(asked.target, server),
        server.version,
        server.session_user,
        server.current_user,
        server.pooled,
        server.in_recovery,
        found.behind,
        found.ledger.position,
        None if ids is None else sum(it not in applied for it in ids),
        found.rights,
        found.replicas,
        room,
        seen,
        advice,
        tuple(_problems(found, asked.target)),
        tuple(_notes(found, asked.target)),
    )


def _problems(found: Inspection, target: Target) -> Iterator[str]:
    """What is wrong, each with what to do."""
    server, rights = found.server, found.rights
    if server.in_recovery:
        yield "it is a standby: name its primary"
    elif server.read_only:
        yield "its transactions are read-only: default_transaction_read_only is on"
    if server.pooled:
        yield "a transaction-mode pooler is in front of it: name the server's own port"
    if not server.in_recovery:
        yield from _missing_rights(found)
    if rights.not_owned:
        whose = f"{server.current_user} does not own"
        yield f"{whose} {_some(rights.not_owned)}, and can neither alter nor drop them: role = …"
    for replica in found.replicas:
        if replica.lag is not None and replica.lag > target.patience.replica_lag:
            yield f"replica {replica.name} is {replica.lag:.0f} s behind"
    yield from _left_behind(found)


def _left_behind(found: Inspection) -> Iterator[str]:
    if indexes := _of(found, "index"):
        yield f"INVALID, never finished: {_some(indexes)}; REINDEX INDEX CONCURRENTLY, or drop it"
    for it in found.leftovers:
        if it.kind == "prepared":
            yield f"prepared transaction {it.name} is open for {age_words(it.age or 0)}: end it"
    for partial in found.ledger.partial:
        yield f"{partial.id} stopped part-way: the next run goes on from there"


def _missing_rights(found: Inspection) -> Iterator[str]:
    server, rights = found.server, found.rights
    if rights.schema is None:
        yield "the search_path names no schema that is there: new tables have no place to go"
    elif not rights.creates:
        grant = f'GRANT CREATE ON SCHEMA {rights.schema} TO "{server.current_user}"'
        yield f"{server.current_user} may not make tables in schema {rights.schema}: {grant}"
    if not rights.creates_schemas and not found.ledger.version:
        grant = f'GRANT CREATE ON DATABASE "{server.database}" TO "{server.current_user}"'
        yield f"{server.current_user} may not make the ledger: {grant}"


def _notes(found: Inspection, target: Target) -> Iterator[str]:
    if found.server.pooled and target.role:
        yield f"behind the pooler nobody acts as {target.role}: the next client would as well"
    if constraints := _of(found, "constraint"):
        yield f"not validated: {_some(constraints)}"
    if building := _of(found, "building"):
        yield f"being built now: {_some(building)}"
    for replica in found.replicas:
        if replica.state is None:
            yield f"replica {replica.name}: how far behind is not to be seen without pg_monitor"


def _of(found: Inspection, kind: str) -> list[str]:
    return [it.name for it in found.leftovers if it.kind == kind]


def _some(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
