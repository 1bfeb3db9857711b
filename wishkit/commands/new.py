"""Begin a migration: an empty pair of files to write in, or all that a recipe knows to write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wishkit.commands.pairs import Pair, migration_name, write_pairs
from wishkit.commands.template import template
from wishkit.core.migration import BACKWARD_SUFFIX
from wishkit.core.request import NOTHING_WRITTEN, Request
from wishkit.errors import LedgerError, MigrationFileError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg

    from wishkit.commands.pairs import Texts
    from wishkit.commands.recipes.draft import Draft
    from wishkit.commands.workspace import Workspace
    from wishkit.config import Config


@dataclass(frozen=True, slots=True)
class Created:
    """Pairs of files, ready to be written in or to be run.

    Attributes:
        migrations: in the order of their numbers.
        hints: what to do with them, in words.
    """

    migrations: tuple[Pair, ...]
    hints: tuple[str, ...] = ()


def new(
    config: Config,
    words: Sequence[str],
    *,
    transactional: bool = True,
    depends: Sequence[str] = (),
) -> Created:
    """Make the files of a new migration.

    They hold no statement, so that nobody runs them by accident: migrate refuses an empty file.

    Args:
        config: says where the migrations lie.
        words: what it shall be called; also its summary, until somebody writes a better one.
        transactional: whether it shall run as one transaction.
        depends: ids or numbers of migrations it cannot do without.

    Raises:
        UsageError: ``migration-name``, ``unknown-migration``.
        MigrationFileError: ``no-folder``, ``unwritable``, ``numbers-used-up``.
    """
    name = migration_name(" ".join(words))
    directives = "-- transactional: false\n" if not transactional else ""

    def texts(id_: str, needed: str) -> dict[str, str]:
        given = directives + (f"-- depends: {needed}\n" if needed else "")
        return {
            suffix: template(f"{template_name}.sql")
            .replace("{summary}", name.replace("_", " "))
            .replace("-- {directives}\n", given)
            .replace("{id}", id_)
            for template_name, suffix in (("forward", ".sql"), ("backward", BACKWARD_SUFFIX))
        }

    return Created(write_pairs(config.sql / "migrations", [(name, texts)], depends))


def new_from_recipe(
    workspace: Workspace,
    recipe: str,
    words: Sequence[str],
    *,
    place: tuple[str, str] | None = None,
    depends: Sequence[str] = (),
) -> Created:
    """Make the files of a change that a recipe knows how to make safely.

    All is tried on the database first, and nothing of that stays there.

    Args:
        workspace: project and database.
        recipe: its name, see ``recipes.RECIPES``.
        words: what it is asked for.
        place: ``("BEFORE", "Other")``: beside which neighbour, where a recipe takes one.
        depends: ids or numbers of migrations the first one cannot do without.

    Raises:
        UsageError: it cannot be done; no file was written.
        WishkitError: files or database cannot be read.
    """
    from wishkit.commands.recipes.book import RECIPES  # noqa: PLC0415 - imported where used
    from wishkit.postgres.trial import trial  # noqa: PLC0415 - the driver is heavy

    option = f"--{recipe.replace('_', '-')}"
    request = Request(option, tuple(words), RECIPES[recipe].example, place)
    with workspace.connect("new", writes=True) as (connection, _, _):
        waiting = _pending(workspace, connection)
        try:
            with trial(connection, request) as attempt:
                drafts = RECIPES[recipe].drafts(attempt, request)
        except UsageError as error:
            if waiting and error.code in _MAY_COME:
                more = f" and {len(waiting) - 1} more" if waiting[1:] else ""
                error.help = f"{error.help}\npending: {waiting[0]}{more}; if one of them makes it, "
                error.help += "run wishkit migrate first"
            raise
    for draft in drafts:
        if twins := [id_ for id_ in waiting if id_.partition("_")[2] == draft.name]:
            raise request.refusal(
                f"{twins[0]} is pending, and does this already",
                code="already-written",
                help_="run it: wishkit migrate; or remove its files",
            )
    pairs = [(draft.name, _checked(draft)) for draft in drafts]
    created = write_pairs(workspace.folder, pairs, depends)
    return Created(created, tuple(_hints(drafts, created)))


# What is not there may be what a pending migration makes.
_MAY_COME = {"unknown-table", "unknown-column", "unknown-type", "unknown-label", "not-unique"}


def _pending(workspace: Workspace, connection: psycopg.Connection[Any]) -> list[str]:
    from wishkit.core.state import State, compare  # noqa: PLC0415 - only for this
    from wishkit.postgres.ledger import read_ledger  # noqa: PLC0415 - heavy

    try:
        ledger = read_ledger(connection)
    except LedgerError:  # it is a help, no more; and this role may not need the ledger
        return []
    entries = compare(workspace.migrations(), ledger)
    return [entry.id for entry in entries if entry.state is State.PENDING]


def _checked(draft: Draft) -> Texts:
    """The texts of a draft, after the checks that migrate would make.

    Raises:
        MigrationFileError: from these texts, when they are asked for; no file was written.
    """
    from wishkit.commands.migrate import prepare  # noqa: PLC0415 - imported where used
    from wishkit.core.migration import Migration  # noqa: PLC0415 - as above
    from wishkit.core.plan import Step  # noqa: PLC0415 - as above
    from wishkit.core.script import Script  # noqa: PLC0415 - as above

    def texts(id_: str, needed: str) -> dict[str, str]:
        pair = draft.texts(needed)
        forward, backward = (Script(id_ + end, text.encode()) for end, text in pair.items())
        try:
            prepare([Step(Migration.of(id_, forward, backward), "forward")])
        except MigrationFileError as error:
            error.state = NOTHING_WRITTEN
            raise
        return pair

    return texts


def _hints(drafts: Sequence[Draft], pairs: Sequence[Pair]) -> Iterator[str]:
    """What to do with files that a recipe wrote."""
    expand = [p.id for d, p in zip(drafts, pairs, strict=True) if d.phase == "expand"]
    if expand:
        yield f"read them, then: wishkit migrate --to {expand[-1]}"
        yield "once no release that knows the old name is running: wishkit migrate"
    else:
        yield "read them, say in COMMENT ON what the names do not, then: wishkit migrate"
