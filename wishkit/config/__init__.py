"""wishkit.toml and the environment variables, read once into one frozen value.

Which database a command means is decided here too (``resolve_target``), because it is nothing but
configuration: an option, a table of wishkit.toml, or a variable. docs/configuration.md is the
reference for users.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wishkit.config.rules import APPROVAL_EXPIRES as APPROVAL_EXPIRES
from wishkit.config.rules import NO_THRESHOLDS
from wishkit.config.rules import Approvals as Approvals
from wishkit.config.rules import BackupRule as BackupRule
from wishkit.config.rules import Hook as Hook
from wishkit.config.rules import Ignore as Ignore
from wishkit.config.rules import Threshold as Threshold
from wishkit.config.rules import Thresholds as Thresholds
from wishkit.config.units import duration as duration
from wishkit.config.units import size as size
from wishkit.errors import ConfigError, Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wishkit.config.pools import ApplicationPool
    from wishkit.config.windows import Freeze, Window

FILE_NAME = "wishkit.toml"
EMBEDDED = "embedded"
DEFAULT_LOCK_WAIT = 10.0
KILLABLE = ("idle", "any")
SEVERITIES = ("info", "warning", "error")  # of drift, the least first

# Those of libpq's variables that name a database. PGUSER, PGPASSWORD, PGSSLMODE and the like only
# say how to reach one, and are often exported for good; they alone must not turn a run away from
# the embedded server. https://www.postgresql.org/docs/18/libpq-envars.html
LIBPQ_VARIABLES = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGSERVICE")

_REFERENCE = "env:"


@dataclass(frozen=True, slots=True)
class Patience:
    """How much the clients of a database may notice of a migration. Times in seconds.

    Attributes:
        deadline: how long a statement goes on trying to get its locks; 0: it queues like any
            other client, once, for as long as the server lets it.
        attempt: for how long one attempt queues for a lock (lock_timeout).
        old: whoever has held a lock that is needed for longer than this is not queued behind.
        stall: when a client has waited for us this long, we cancel ourselves.
        replica_lag: a batched backfill pauses while a replica is further behind.
        kill_blockers: whose sessions may be ended at the deadline: ``idle`` in a transaction, or
            ``any``; None: nobody's.
    """

    deadline: float = 300.0
    attempt: float = 0.1
    old: float = 0.2
    stall: float = 0.2
    replica_lag: float = 10.0
    kill_blockers: str | None = None


@dataclass(frozen=True, slots=True)
class Small:
    """Up to what size a table may be rewritten or read from end to end while clients wait.

    Attributes:
        rows: as the catalog estimates them.
        bytes: without indexes.
    """

    rows: int = 10_000
    bytes: int = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Rehearse:
    """How migrations are rehearsed.

    Attributes:
        server: URL of the server, or ``env:VARIABLE``; None: a throwaway one.
        seeds: whose seeds there are rows from.
        jobs: how many migrations are proven at a time; None: as many as there are cores.
        proof: the file that keeps what was proven; None: in the project's data folder.
    """

    server: str | None = field(default=None, repr=False)
    seeds: str = "development"
    jobs: int | None = None
    proof: Path | None = None


@dataclass(frozen=True, slots=True)
class Environment:
    """One ``[environments.NAME]`` table.

    Attributes:
        name: as in the table's header.
        url: anything libpq takes, ``env:VARIABLE``, or ``embedded``.
        role: SET ROLE to this after connecting.
        protected: migrate and rollback ask for consent.
        lock_wait: seconds to wait for another run's lock.
        patience: see ``Patience``.
        drift_fails: the least severity of drift that makes ``wishkit check`` exit 1.
        rehearsed: migrate runs only what has passed a rehearsal.
        verify: migrate and rollback run the files of verify/.
        seeds: it takes seeds although it is protected.
        backup: which backup migrate and rollback ask for; None: none.
        approvals: how many approvals migrate and rollback ask for; None: as the database says.
        approval_expires: seconds that a request is good for.
        soak: seconds that a migration has to have been in the environment before, to be promoted.
        windows: promotions happen in one of these; at any time where there is none.
        freeze: promotions do not happen in any of these.
        hooks: commands that a promotion into it runs.
        pools: that applications keep to it.
        thresholds: how long a migration may take there.
        where: the line of ``url``, for messages.
    """

    name: str
    url: str = field(repr=False)
    role: str | None = None
    protected: bool = False
    lock_wait: float = DEFAULT_LOCK_WAIT
    patience: Patience = Patience()
    drift_fails: str = SEVERITIES[0]
    rehearsed: bool = False
    verify: bool = False
    seeds: bool = False
    backup: BackupRule | None = None
    approvals: Approvals | None = None
    approval_expires: float = APPROVAL_EXPIRES
    soak: float = 0.0
    windows: tuple[Window, ...] = ()
    freeze: tuple[Freeze, ...] = ()
    hooks: tuple[Hook, ...] = ()
    pools: tuple[ApplicationPool, ...] = ()
    thresholds: Thresholds = NO_THRESHOLDS
    where: Location | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    """What wishkit.toml and the environment variables say.

    Attributes:
        sql: the folder that holds migrations/, verify/, ….
        path: the wishkit.toml that was read, if there is one.
        environments: in the file's order: the first is the least protected.
        lock_wait: seconds, the default of all environments.
        patience: the default of all environments.
        small: which tables count as small.
        drift_fails: the default of all environments.
        ignore: drift that somebody knows of.
        rehearse: see ``Rehearse``.
        backups: the folder that backups are written to; None: ``backups`` in the folder of the
            embedded server.
        thresholds: the default of all environments, and those of a rehearsal.
        default_environment: ``WISHKIT_ENV``.
    """

    sql: Path = Path("sql")
    path: Path | None = None
    environments: tuple[Environment, ...] = ()
    lock_wait: float = DEFAULT_LOCK_WAIT
    patience: Patience = Patience()
    small: Small = Small()
    drift_fails: str = SEVERITIES[0]
    ignore: tuple[Ignore, ...] = ()
    rehearse: Rehearse = Rehearse()
    backups: Path | None = None
    thresholds: Thresholds = NO_THRESHOLDS
    default_environment: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """The database a command works on.

    Attributes:
        url: for libpq; "" leaves everything to libpq's own variables and defaults; None for an
            embedded server that is still to be started (``dataclasses.replace`` it then).
        name: who named it: an environment's name, ``command line``, ``DATABASE_URL``,
            ``PG* variables`` or ``embedded``.
        role: SET ROLE to this after connecting.
        protected: migrate and rollback ask for consent.
        embedded: it is wishkit's own server.
        lock_wait: seconds to wait for another run's lock.
        patience: see ``Patience``.
        small: see ``Small``.
        drift_fails: the least severity of drift that makes ``wishkit check`` exit 1.
        rehearsed: migrate runs only what has passed a rehearsal.
        verify: migrate and rollback run the files of verify/.
        seeds: it takes seeds although it is protected.
        backup: which backup migrate and rollback ask for; None: none.
        approvals: how many approvals migrate and rollback ask for; None: as the database says.
        approval_expires: seconds that a request is good for.
    """

    url: str | None = field(repr=False)  # it may hold a password
    name: str
    role: str | None = None
    protected: bool = False
    embedded: bool = False
    lock_wait: float = DEFAULT_LOCK_WAIT
    patience: Patience = Patience()
    small: Small = Small()
    drift_fails: str = SEVERITIES[0]
    rehearsed: bool = False
    verify: bool = False
    seeds: bool = False
    backup: BackupRule | None = None
    approvals: Approvals | None = None
    approval_expires: float = APPROVAL_EXPIRES


def load(start: Path | None = None, *, environ: Mapping[str, str] | None = None) -> Config:
    """Read wishkit.toml, looked for from ``start`` upwards, and the environment variables.

    Args:
        start: a folder; the working directory by default.
        environ: ``os.environ`` by default.

    Raises:
        ConfigError: the file cannot be read or understood, or ``WISHKIT_CONFIG`` names none.
    """
    environ = os.environ if environ is None else environ
    path = _find(start or Path(), environ)
    return Config(
        path=path,
        **(_from_file(path) if path else {}),
        default_environment=environ.get("WISHKIT_ENV") or None,
    )


def resolve_target(
    config: Config,
    *,
    url: str | None = None,
    env: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Target:
    """Decide which database is meant.

    In this order: ``url``; ``env``, or ``WISHKIT_ENV``; ``DATABASE_URL``; libpq's variables; the
    embedded server.

    Args:
        config: from ``load``.
        url: the value of --url; ``env:VARIABLE`` keeps a password out of the process list.
        env: the value of --env.
        environ: ``os.environ`` by default.

    Raises:
        ConfigError: no such environment, or a variable that is referred to is not set.
    """
    environ = os.environ if environ is None else environ
    if url is not None:
        # An empty --url "$URL" is a variable that was forgotten, not a wish for libpq's defaults.
        if not url.strip():
            raise ConfigError(
                "--url is empty",
                code="empty-url",
                help="if it came from a shell variable, that variable is not set",
            )
        return _target(dereference(url, environ), "command line", config)
    if name := env or config.default_environment:
        return _environment_target(config, name, environ)
    if database_url := environ.get("DATABASE_URL"):
        return _target(database_url, "DATABASE_URL", config)
    if any(environ.get(variable) for variable in LIBPQ_VARIABLES):
        return _target("", "PG* variables", config)
    return _target(EMBEDDED, EMBEDDED, config)


def _from_file(path: Path) -> dict[str, Any]:
    from wishkit.config.file import read  # noqa: PLC0415 - only a project with a file pays for it

    return read(path)


def _target(url: str, name: str, config: Config) -> Target:
    embedded = url == EMBEDDED
    return Target(
        url=None if embedded else url,
        name=name,
        embedded=embedded,
        lock_wait=config.lock_wait,
        patience=config.patience,
        small=config.small,
        drift_fails=config.drift_fails,
    )


def environment_of(config: Config, name: str) -> Environment:
    """The environment of a name.

    Raises:
        ConfigError: ``unknown-environment``.
    """
    names = [environment.name for environment in config.environments]
    if name not in names:
        place = config.path or f"a {FILE_NAME}, and none was found"
        raise ConfigError(
            f'there is no environment "{name}" in {place}',
            code="unknown-environment",
            help=suggestion(name, names, "it has" if names else f"write [environments.{name}]"),
        )
    return config.environments[names.index(name)]


def thresholds_of(config: Config, name: str) -> Thresholds:
    """How long a migration may take in an environment, or in a database of another name."""
    found = (it.thresholds for it in config.environments if it.name == name)
    return next(found, config.thresholds)


def _environment_target(config: Config, name: str, environ: Mapping[str, str]) -> Target:
    chosen = environment_of(config, name)
    url = dereference(chosen.url, environ, chosen.where)
    embedded = url == EMBEDDED
    return Target(
        url=None if embedded else url,
        name=name,
        role=chosen.role,
        protected=chosen.protected,
        embedded=embedded,
        lock_wait=chosen.lock_wait,
        patience=chosen.patience,
        small=config.small,
        drift_fails=chosen.drift_fails,
        rehearsed=chosen.rehearsed,
        verify=chosen.verify,
        seeds=chosen.seeds,
        backup=chosen.backup,
        approvals=chosen.approvals,
        approval_expires=chosen.approval_expires,
    )


def dereference(
    url: str, environ: Mapping[str, str] = os.environ, where: Location | None = None
) -> str:
    """The URL that ``env:VARIABLE`` stands for; any other as it is.

    Raises:
        ConfigError: ``missing-variable``.
    """
    if not url.startswith(_REFERENCE):
        return url
    variable = url.removeprefix(_REFERENCE)
    if value := environ.get(variable):
        return value
    raise ConfigError(
        f"the variable {variable} is {'empty' if variable in environ else 'not set'}",
        code="missing-variable",
        where=where,
        help=f"export {variable}='postgresql://user@host/database'",
    )


def _find(start: Path, environ: Mapping[str, str]) -> Path | None:
    """The configuration file: WISHKIT_CONFIG, or the nearest one up to the repository's root."""
    if explicit := environ.get("WISHKIT_CONFIG"):
        path = Path(explicit)
        if not path.is_file():
            raise ConfigError(
                f"WISHKIT_CONFIG names {explicit}, which is no file",
                code="config-missing",
                help="set it to the path of a wishkit.toml, or unset it",
            )
        return path
    start = Path(os.path.abspath(start))  # noqa: PTH100 - resolve() would leave a symlinked project
    for folder in (start, *start.parents):
        if (path := folder / FILE_NAME).is_file():
            return path
        if (folder / ".git").exists():  # a file in a worktree
            return None
    return None


def suggestion(name: str, known: Iterable[str], label: str) -> str:
    """What to say of a name that is not known: the nearest one, or all there are."""
    import difflib  # noqa: PLC0415 - 5 ms that only an error has to pay

    known = list(known)
    if close := difflib.get_close_matches(name, known, n=1):
        return f'perhaps you meant "{close[0]}"'
    return f"{label}: {', '.join(known)}" if known else label
