"""What takes long and what waits, anywhere; and how long what is pending may take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wishkit.commands.asking import asking
from wishkit.commands.everywhere import Everywhere
from wishkit.commands.expectation import Outlook, outlook
from wishkit.commands.history import migrations_of, told_environments, with_text
from wishkit.commands.migrate import pending, prepare
from wishkit.config import thresholds_of
from wishkit.core.expected import total
from wishkit.core.ranking import blocked, gaps, lasts, slowest, slowest_statements
from wishkit.core.timing import judged
from wishkit.errors import UsageError, WishkitError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wishkit.commands.everywhere import Answer, Asked
    from wishkit.commands.history import AskedEnvironment
    from wishkit.config import Config, Thresholds
    from wishkit.core.events import Listener
    from wishkit.core.expected import Expected
    from wishkit.core.migration import Migration
    from wishkit.core.ranking import Blocked, SlowStatement
    from wishkit.core.timing import Contrast, PastAttempt

LIMIT = 5
NAME = "stats"


@dataclass(frozen=True, slots=True)
class ExpectedPlan:
    """How long all that is pending may take in one environment.

    Attributes:
        environment: where it would run.
        migrations: in the order they would run.
        seconds: of all of them; null where nothing is known of one.
        error: why there is no plan.
    """

    environment: str
    migrations: tuple[Expected, ...]
    seconds: float | None
    error: WishkitError | None = None


@dataclass(frozen=True, slots=True)
class Stats:
    """What takes long.

    Attributes:
        environments: that were asked, in the order of wishkit.toml.
        expected: of those that it is about, where something is pending.
        slowest: the last attempt at each migration in each environment, the longest first.
        statements: of these attempts, the longest first.
        contrasts: the same migration in two environments, those that differ most first.
        blocked: what was lost by waiting, the most first.
    """

    environments: tuple[AskedEnvironment, ...]
    expected: tuple[ExpectedPlan, ...]
    slowest: tuple[PastAttempt, ...]
    statements: tuple[SlowStatement, ...]
    contrasts: tuple[Contrast, ...]
    blocked: tuple[Blocked, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What one database tells.

    Attributes:
        database: which one, without secrets.
        attempts: at anything.
        outlook: what is pending; None where there is no plan.
        error: why there is none.
    """

    database: str
    attempts: tuple[PastAttempt, ...]
    outlook: Outlook | None
    error: WishkitError | None


def stats(
    *,
    url: str | None = None,
    env: str | None = None,
    limit: int = LIMIT,
    listener: Listener = lambda _: None,
) -> Stats:
    """Ask every environment, all at once. Writes nothing, takes no lock.

    Args:
        url: tell of this database alone; what is expected of it rests on all environments.
        env: tell of this environment alone; the same.
        limit: how many of each are told.
        listener: is told which database answers, where it is only one.

    Raises:
        ConfigError: the configuration cannot be understood.
        MigrationFileError: a name among the files is wrong.
        UsageError: no such limit.
        WishkitError: nobody has answered, or not the one that it is about.
    """
    if limit < 1:
        raise UsageError("--limit must be 1 or more", help=f"leave it out for {LIMIT} of each")
    with asking(url=url, env=env, verb=NAME, listener=listener) as (config, ask):
        migrations = migrations_of(config)
        ours = ask(question(migrations))
        about = [it.name for it in ours]
        others: tuple[Answer[Told], ...] = ()
        if (url is not None or env is not None) and config.environments:
            names = [it.name for it in config.environments if it.name not in about]
            if names:
                with Everywhere(config, names, application_name=f"wishkit {NAME}") as everywhere:
                    others = everywhere.ask(question(()))
        return of_answers((*ours, *others), config, migrations, about=about, limit=limit)


def question(migrations: Sequence[Migration]) -> Callable[[Asked], Told]:
    """What `stats` asks of a database; `of_answers` takes what comes back.

    Args:
        migrations: all files; none where nothing is asked about what is pending.
    """

    def ask(asked: Asked) -> Told:
        from wishkit.postgres.connection import describe  # noqa: PLC0415 - the driver is heavy
        from wishkit.postgres.history import read_attempts  # noqa: PLC0415 - as above
        from wishkit.postgres.ledger import read_ledger  # noqa: PLC0415

        connection, name = asked.connection, asked.target.name
        database, attempts = describe(asked.target, asked.server), read_attempts(connection, name)
        if not migrations:
            return Told(database, attempts, None, None)
        try:
            steps = pending(
                connection,
                migrations,
                read_ledger(connection),
                to=None,
                allow_out_of_order=False,
                allow_missing=False,
            )
            return Told(database, attempts, outlook(connection, prepare(steps)), None)
        except WishkitError as error:
            return Told(database, attempts, None, error)

    return ask


def of_answers(
    answers: Sequence[Answer[Told]],
    config: Config,
    migrations: Sequence[Migration],
    *,
    about: Sequence[str] | None = None,
    limit: int = LIMIT,
) -> Stats:
    """What answers come to.

    Args:
        answers: of every environment.
        config: says how long a migration may take where.
        migrations: all files.
        about: names of those that are told of; None: all. What is expected rests on all.
        limit: how many of each are told.

    Raises:
        WishkitError: there is no answer at all.
    """
    environments = told_environments(answers, lambda it: it.database)
    names = [it.name for it in environments]
    told = {it.name: it.value for it in answers if it.value}
    bounds = {name: thresholds_of(config, name) for name in names}
    everything = [
        judged(attempt, bounds[name]) for name, it in told.items() for attempt in it.attempts
    ]
    chosen = names if about is None else about
    ours = [it for it in everything if it.environment in chosen]
    done = lasts(ours)
    files = {it.id: it for it in migrations}
    return Stats(
        environments,
        tuple(
            _expected(name, it, everything, bounds[name])
            for name, it in told.items()
            if name in chosen and (it.error or (it.outlook and it.outlook.awaited))
        ),
        slowest(done, limit),
        _with_sql(slowest_statements(done, limit), done, files),
        gaps(lasts(everything), names, chosen, limit),
        blocked(ours, limit),
    )


def _expected(
    name: str, it: Told, attempts: Sequence[PastAttempt], thresholds: Thresholds
) -> ExpectedPlan:
    if it.outlook is None:
        return ExpectedPlan(name, (), None, it.error)
    found = it.outlook.expected(attempts, thresholds.expected)
    return ExpectedPlan(name, found, total(found))


def _with_sql(
    statements: Sequence[SlowStatement],
    done: Sequence[PastAttempt],
    files: Mapping[str, Migration],
) -> tuple[SlowStatement, ...]:
    """With the beginning of each, where the file is what ran."""
    attempts = {(it.environment, it.id, it.direction): it for it in done}
    found = []
    for it in statements:
        whole = attempts[it.environment, it.id, it.direction]
        one = with_text(replace(whole, timings=(it.timing,)), files.get(it.id))
        found.append(replace(it, timing=one.timings[0]))
    return tuple(found)
