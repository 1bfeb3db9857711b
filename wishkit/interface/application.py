"""The command line as typer sees it, built from the table of commands."""

from __future__ import annotations

import os
import re
from importlib import import_module
from typing import Annotated

import typer
from typer.main import get_command

from wishkit.errors import UsageError
from wishkit.interface.cli import COMPLETION
from wishkit.interface.overview import COMMANDS, FAMILIES, OPTIONS, SUMMARY

_HINT = re.compile(r" Did you mean (.*)\?| \(Possible options: (.*)\)")
_HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}


def execute(arguments: list[str]) -> int:
    """Parse a command line and run the command it names.

    Returns:
        The exit status.

    Raises:
        UsageError: it cannot be understood.
        WishkitError: what the command raises.
        KeyboardInterrupt: also when a question was left unanswered.
    """
    command = get_command(application(arguments[0] if arguments else ""))
    if COMPLETION in os.environ:
        command.main(prog_name="wishkit")  # prints the words and exits
    try:
        # Not through command.main: it would turn an interrupt into a bare exit status.
        with command.make_context("wishkit", list(arguments)) as context:
            command.invoke(context)
    except typer.Exit as leave:
        return leave.exit_code
    except typer.Abort:
        raise KeyboardInterrupt from None
    except typer.TyperException as error:
        raise _usage_error(error) from None
    return 0


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
        module = import_module(f"wishkit.interface.{COMMANDS[words][0]}")
        parent.command(name)(getattr(module, name.replace("-", "_")))
    return app


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
