"""What was ever done with migrations, in every environment: when, by whom, and how long it took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from wishkit.commands.asking import asking
from wishkit.config import thresholds_of
from wishkit.core.migration import read_folder, resolve
from wishkit.core.timing import contrasts, judged, trends, with_sql
from wishkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wishkit.commands.everywhere import Answer, Asked
    from wishkit.config import Config
    from wishkit.core.events import Listener
    from wishkit.core.migration import Migration
    from wishkit.core.timing import Contrast, PastAttempt, Trend
    from wishkit.errors import WishkitError

T = TypeVar("T")
LIMIT = 20
_BEGINNING = 200  # bytes of a statement that are shown


@dataclass(frozen=True, slots=True)
class AskedEnvironment:
    """One environment that was asked.

    Attributes:
        name: as wishkit.toml calls it, or as the database was named.
        database: which one, without secrets; null where there is no answer.
        error: why there is no answer.
    """

    name: str
    database: str | None
    error: WishkitError | None


@dataclass(frozen=True, slots=True)
class History:
    """Attempts at migrations.

    Attributes:
        id: the migration it is about; null: all of them.
        environments: that were asked, in the order of wishkit.toml.
        attempts: the newest first.
        more: whether there are older ones than these.
        trends: how long it took over time, of one migration.
        contrasts: the same between environments.
    """

    id: str | None
    environments: tuple[AskedEnvironment, ...]
    attempts: tuple[PastAttempt, ...]
    more: bool
    trends: tuple[Trend, ...] = ()
    contrasts: tuple[Contrast, ...] = ()


def history(
    reference: str | None = None,
    *,
    url: str | None = None,
    env: str | None = None,
    limit: int = LIMIT,
    listener: Listener = lambda _: None,
) -> History:
    """Ask every environment what was done, all at once. Writes nothing, takes no lock.

    Args:
        reference: a migration, as ``resolve`` takes it; None: all of them.
        url: ask this database alone.
        env: ask this environment alone.
        limit: how many attempts are told.
        listener: is told which database answers, where it is only one.

    Raises:
        ConfigError: the configuration cannot be understood.
        UsageError: ``unknown-migration`` or ``ambiguous-migration``, or no such limit.
        WishkitError: no environment has answered.
    """
    if limit < 1:
        raise UsageError("--limit must be 1 or more", help="leave it out for the last 20")
    with asking(url=url, env=env, verb="history", listener=listener) as (config, ask):
        answers = ask(question(reference, limit=limit))
        return of_answers(answers, config, migrations_of(config), reference, limit=limit)


Told = tuple[str, tuple["PastAttempt", ...]]


def of_answers(
    answers: Sequence[Answer[Told]],
    config: Config,
    migrations: Sequence[Migration],
    reference: str | None,
    *,
    limit: int,
) -> History:
    """The history that answers come to.

    Args:
        answers: of every environment.
        config: says how long a migration may take where.
        migrations: all files.
        reference: as for `history`.
        limit: how many attempts are told.

    Raises:
        UsageError: ``unknown-migration`` or ``ambiguous-migration``.
        WishkitError: there is no answer at all.
    """
    environments = told_environments(answers, lambda it: it[0])
    found = [
        judged(attempt, thresholds_of(config, it.name))
        for it in answers
        if it.value
        for attempt in it.value[1]
    ]
    found.sort(key=lambda it: (it.at, it.number), reverse=True)
    if reference is None:
        cut = len(found) > limit
        return History(None, environments, tuple(found[:limit]), cut)
    files = {it.id: it for it in migrations}
    id_ = resolve(reference, dict.fromkeys((*files, *(it.id for it in found))))
    found = [it for it in found if it.id == id_]
    cut = len(found) > limit
    shown = tuple(with_text(it, files.get(id_)) for it in found[:limit])
    places = [it.name for it in environments]
    ordered = sorted(found[:limit], key=lambda it: places.index(it.environment))
    return History(id_, environments, shown, cut, trends(ordered), contrasts(ordered))


def told_environments(
    answers: Sequence[Answer[T]], database: Callable[[T], str]
) -> tuple[AskedEnvironment, ...]:
    """Who was asked.

    Args:
        answers: of each.
        database: which one it was, by its answer.

    Raises:
        WishkitError: of the first, where none has answered.
    """
    if all(it.value is None for it in answers):
        error = next(it.error for it in answers if it.error)
        raise error
    return tuple(
        AskedEnvironment(it.name, None if it.value is None else database(it.value), it.error)
        for it in answers
    )


def question(reference: str | None = None, *, limit: int = LIMIT) -> Callable[[Asked], Told]:
    """What `history` asks of a database; `of_answers` takes what comes back."""

    def ask(asked: Asked) -> Told:
        from wishkit.postgres.connection import describe  # noqa: PLC0415 - the driver is heavy
        from wishkit.postgres.history import read_attempts  # noqa: PLC0415 - as above

        # One more than asked for, to know whether there are more.
        name = asked.target.name
        attempts = read_attempts(asked.connection, name, _beginnings(reference), limit=limit + 1)
        return describe(asked.target, asked.server), attempts

    return ask


def _beginnings(reference: str | None) -> list[str] | None:
    """What the id of a migration may be or begin with that is named like this."""
    if reference is None:
        return None
    word = reference.removesuffix(".sql").removesuffix(".rollback").rsplit("/", 1)[-1]
    return [word, word.zfill(4)] if word.isdecimal() else [word]


def migrations_of(config: Config) -> tuple[Migration, ...]:
    """The files, where there are any: what was done can be told without them.

    Raises:
        MigrationFileError: a name among them is wrong.
    """
    folder = config.sql / "migrations"
    return read_folder(folder) if folder.is_dir() else ()


def with_text(attempt: PastAttempt, migration: Migration | None) -> PastAttempt:
    """With the beginnings of its statements, where the file is what ran."""
    if migration is None or not attempt.timings or attempt.checksum != migration.checksum:
        return attempt
    script = migration.script("forward" if attempt.direction == "forward" else "backward")
    if script is None:
        return attempt
    from wishkit.core.statements import split  # noqa: PLC0415 - the parser is heavy

    texts = (script.source[it.start : min(it.end, it.start + _BEGINNING)] for it in split(script))
    return with_sql(attempt, [" ".join(it.decode(errors="ignore").split()) for it in texts])
