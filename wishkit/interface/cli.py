"""The command line: options in, one verb called, one status out."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import typer

from wishkit.errors import Interrupted, WishkitError
from wishkit.interface import cli_run
from wishkit.interface.output import say

if TYPE_CHECKING:
    from types import FrameType

BUG_STATUS = 101
INTERRUPT_STATUS = Interrupted.exit_status

app = typer.Typer(
    name="wishkit",
    help="Plain-SQL migrations for PostgreSQL that are known to work before they run.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

# In the order of --help.
for _command in (cli_run.migrate, cli_run.rollback, cli_run.status):
    app.command()(_command)


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP: stop as for Ctrl-C."""


def run(arguments: list[str]) -> int:
    """Run one command line.

    Returns:
        The exit status, as docs/errors.md lists them.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _terminate)
    try:
        status = app(arguments, standalone_mode=False)  # a typer.Exit comes back as its number
    except WishkitError as error:
        from wishkit.interface.errors import print_error  # noqa: PLC0415 - rarely needed

        print_error(error)
        return error.exit_status
    except KeyboardInterrupt:
        say("interrupted; nothing was run")
        return INTERRUPT_STATUS
    except BrokenPipeError:
        # Whoever read our output has gone; a second complaint at exit would help nobody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status if isinstance(status, int) else 0


def _terminate(number: int, frame: FrameType | None) -> None:
    del frame
    raise Terminated(signal.Signals(number).name)
