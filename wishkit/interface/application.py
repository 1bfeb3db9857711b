"""The command line as typer sees it, built from the table of commands."""

from __future__ import annotations

import os
import re
from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Annotated

import typer
from typer.main import get_command

from wishkit.errors import UsageError
from wishkit.interface.cli import COMPLETION, load
from wishkit.interface.complete import COMPLETERS
from wishkit.interface.overview import COMMANDS, FAMILIES, HAND_ON, OPTIONS, SUMMARY
from wishkit.interface.parameters import Argument, Option, parameters

if TYPE_CHECKING:
    from collections.abc import Callable

_HINT = re.compile(r" Did you mean (.*)\?| \(Possible options: (.*)\)")
_HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}


def run_typer(arguments: list[str]) -> int:
    """Parse a command line with all of typer's care, and run the command it names.

    Returns:
        The exit status.

    Raises:
        UsageError: it cannot be understood.
        WishkitError: what the command raises.
    """
    command = get_command(application(arguments[0] if arguments else ""))
    if COMPLETION in os.environ:
        command.main(prog_name="wishkit")  # prints the words and exits
    try:
        # Not through command.main: it would turn an interrupt into a bare exit status.
        with command.make_context("wishkit", list(arguments)) as context:
            return command.invoke(context) or 0
    except typer.Exit as leave:
        return leave.exit_code
    except typer.TyperException as error:
        raise _usage_error(error) from None


def application(word: str = "") -> typer.Typer:
    """The command line, or what of it begins with one word: the rest is not even imported."""
    chosen = [words for words in COMMANDS if words.split()[0] == word]
    app = _typer(SUMMARY, add_completion=not chosen)
    app.callback()(_main)
    families: dict[str, typer.Typer] = {}
    for words in chosen or COMMANDS:
        *family, name = words.split()
        parent = app
        for prefix in family:
            if prefix not in families:
                families[prefix] = _typer(FAMILIES[prefix])
                app.add_typer(families[prefix], name=prefix)
            parent = families[prefix]
        settings = {"ignore_unknown_options": True} if words in HAND_ON else None
        parent.command(name, context_settings=settings)(_for_typer(load(words)))
    return app


def _for_typer(function: Callable[..., int]) -> Callable[..., int]:
    """The command with its options declared as typer wants them."""

    @wraps(function)
    def command(**values: object) -> int:
        return function(**values)

    given = {
        name: Annotated[kind, _declare(it)] for name, (kind, it) in parameters(function).items()
    }
    old = signature(function)
    command.__annotations__ = given
    command.__signature__ = old.replace(  # type: ignore[attr-defined]
        parameters=[p.replace(annotation=given[p.name]) for p in old.parameters.values()]
    )
    return command


def _declare(it: Argument) -> object:
    declare = typer.Option if isinstance(it, Option) else typer.Argument
    complete = COMPLETERS.get(it.metavar)
    return declare(*it.names, metavar=it.metavar, help=it.help, autocompletion=complete)


def _typer(help_: str, *, add_completion: bool = False) -> typer.Typer:
    return typer.Typer(
        help=help_,
        add_completion=add_completion,
        rich_markup_mode=None,
        context_settings=_HELP_OPTIONS,
    )


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - as typer calls it
    if wanted:
        from wishkit import __version__  # noqa: PLC0415 - imported where used
        from wishkit.interface.output import answer  # noqa: PLC0415

        answer(f"wishkit {__version__}")
        raise typer.Exit


def _main(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", help=OPTIONS["--version"], is_eager=True, callback=_show_version),
    ] = False,
) -> None:
    del version


def _usage_error(error: typer.TyperException) -> UsageError:
    """Typer's complaint in our form, what was probably meant apart from it."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "wishkit"
    message, *hint = _HINT.split(error.format_message().replace("'", '"'))
    meant = next(filter(None, hint), None)
    return UsageError(
        message[:1].lower() + message[1:].rstrip("."),
        help=f"perhaps you meant {meant}" if meant else f"{path} --help tells what there is",
    )
