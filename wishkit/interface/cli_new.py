"""The command that begins a migration: new."""

import os
from typing import Annotated

from wishkit.commands.recipes.book import RECIPES
from wishkit.errors import UsageError
from wishkit.interface.options import Env, Json, Url, workspace
from wishkit.interface.output import answer, say
from wishkit.interface.parameters import Argument, Option
from wishkit.interface.progress import Progress


def _recipe(name: str, metavar: str, what: str) -> Option:
    """An option whose value, with the words of the line, is what a recipe is asked for."""
    example = RECIPES[name].example
    return Option(f"--{name.replace('_', '-')}", metavar=metavar, help=f"{what}: {example}")


def new(
    *,
    name: Annotated[
        list[str] | None,
        Argument(metavar="WORDS", help="What it does, in words: add wish notes."),
    ] = None,
    index: Annotated[str | None, _recipe("index", "TABLE(…)", "An index")] = None,
    unique: Annotated[str | None, _recipe("unique", "TABLE(…)", "A unique constraint")] = None,
    foreign_key: Annotated[
        str | None, _recipe("foreign_key", "FROM->TO", "A foreign key and the index behind it")
    ] = None,
    check: Annotated[str | None, _recipe("check", "TABLE:EXPR", "A check")] = None,
    not_null: Annotated[
        str | None, _recipe("not_null", "TABLE.COLUMN", "A column becomes required")
    ] = None,
    column: Annotated[str | None, _recipe("column", "TABLE.COLUMN", "A new column")] = None,
    rename_column: Annotated[
        str | None,
        _recipe("rename_column", "TABLE.COLUMN", "Another name for a column, both for a while"),
    ] = None,
    backfill: Annotated[
        str | None, _recipe("backfill", "UPDATE", "Rows changed batch by batch")
    ] = None,
    enum_add: Annotated[str | None, _recipe("enum_add", "TYPE", "A value more")] = None,
    enum_remove: Annotated[str | None, _recipe("enum_remove", "TYPE", "A value less")] = None,
    enum_rename: Annotated[
        str | None, _recipe("enum_rename", "TYPE", "Another name for a value")
    ] = None,
    before: Annotated[
        str | None, Option("--before", metavar="LABEL", help="Where --enum-add puts the value.")
    ] = None,
    after: Annotated[
        str | None, Option("--after", metavar="LABEL", help="Where --enum-add puts the value.")
    ] = None,
    transactional: Annotated[
        bool,
        Option("--transactional/--no-transactional", help="Whether it runs as one transaction."),
    ] = True,
    depends: Annotated[
        list[str] | None,
        Option(
            "--depends",
            metavar="ID",
            help="A migration it cannot do without; may be given again.",
        ),
    ] = None,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """Begin a migration: the next number, two files to write in.

    Example: wishkit new add wish notes

    With a recipe they are written out, in as many migrations as it takes to stall nobody; the
    database is asked whether it can be, and is not changed.

    Example: wishkit new --enum-add wishlist_store Etsy --before Other
    """
    given = locals()
    from wishkit import config  # noqa: PLC0415 - imported where used
    from wishkit.commands import new as verb  # noqa: PLC0415 - imported where used

    asked = [recipe for recipe in RECIPES if given[recipe] is not None]
    place = _place(before, after, asked)
    if not asked:
        if not name:
            raise UsageError('missing argument "WORDS"', help="wishkit new --help tells more")
        created = verb.new(config.load(), name, transactional=transactional, depends=depends or ())
    else:
        if asked[1:] or not transactional:
            other = f"--{asked[1].replace('_', '-')}" if asked[1:] else "--no-transactional"
            raise UsageError(
                f"--{asked[0].replace('_', '-')} and {other} cannot be had together",
                help="one recipe at a time; it knows what runs in a transaction",
            )
        with Progress(quiet=json) as progress:
            created = verb.new_from_recipe(
                workspace(progress, url, env),
                asked[0],
                (given[asked[0]], *(name or ())),
                place=place,
                depends=depends or (),
            )
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(created))
        return 0
    for pair in created.migrations:
        answer(f"{pair.forward}\n{pair.backward}")
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "your editor"
    for hint in created.hints or (f"write both with {editor}, then: wishkit migrate",):
        say(hint)
    return 0


def _place(before: str | None, after: str | None, asked: list[str]) -> tuple[str, str] | None:
    """Where a value goes: beside which neighbour, on which side.

    Raises:
        UsageError: there is none to place, or two neighbours.
    """
    given = {"BEFORE": before, "AFTER": after}
    places = [(side, label) for side, label in given.items() if label is not None]
    if not places:
        return None
    if asked != ["enum_add"] or places[1:]:
        raise UsageError(
            "--before or --after, one of them, says where --enum-add puts a value",
            help="for example: wishkit new --enum-add wishlist_store Etsy --before Other",
        )
    return places[0]
