"""The command line: arguments in, one exit status out.

What every call pays for is imported here, and that is nothing: everything else where it is used.
"""

from __future__ import annotations

import io
import os
import sys

TYPE_CHECKING = False  # as type checkers know it; importing typing would double the time of --help
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from wishkit.errors import WishkitError

USAGE_STATUS = 2
BUG_STATUS = 101
INTERRUPT_STATUS = 130
LOG = "--log-json"
COMPLETION = "_WISHKIT_COMPLETE"  # set by a shell that asks what could come next


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP: stop as for Ctrl-C."""


def run(arguments: list[str]) -> int:
    """Run one command line.

    Returns:
        The exit status, as docs/errors.md lists them.
    """
    try:
        if arguments in ([], ["-h"], ["--help"]) and COMPLETION not in os.environ:
            from wishkit.interface.overview import overview  # noqa: PLC0415 - imported where used

            stream = sys.stdout if arguments else sys.stderr
            print(overview(), file=stream, flush=True)
            return 0 if arguments else USAGE_STATUS
        return _guarded(arguments)
    except BrokenPipeError:
        # Whoever read our output has gone; a second complaint at exit would help nobody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _guarded(arguments: list[str]) -> int:
    import signal  # noqa: PLC0415 - imported where used

    from wishkit.errors import WishkitError  # noqa: PLC0415 - imported where used

    def terminate(number: int, frame: FrameType | None) -> None:
        del frame
        raise Terminated(signal.Signals(number).name)

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a locale without "…" must not end a run
            stream.reconfigure(errors="backslashreplace")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, terminate)
    try:
        return execute(arguments)
    except WishkitError as error:
        _tell(error, arguments)
        return error.exit_status
    except KeyboardInterrupt:
        from wishkit.errors import Interrupted  # noqa: PLC0415 - rarely needed
        from wishkit.interface.output import say  # noqa: PLC0415 - rarely needed

        if LOG in arguments:
            _tell(Interrupted("interrupted", state="nothing was run"), arguments)
        else:
            say("interrupted; nothing was run")
        return INTERRUPT_STATUS
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, a person must be told what to do
        from wishkit.interface.bug import bug_error  # noqa: PLC0415 - rarely needed

        _tell(bug_error(error, arguments), arguments, bug=True)
        return BUG_STATUS


def _tell(error: WishkitError, arguments: list[str], *, bug: bool = False) -> None:
    """The error, to whoever is meant to read it."""
    from wishkit.interface.errors import print_error  # noqa: PLC0415 - rarely needed

    as_json, logs = "--json" in arguments and not bug, LOG in arguments
    if logs:
        from wishkit.interface.json_log import log_error  # noqa: PLC0415 - rarely needed

        log_error(error)
    if as_json or not logs:
        print_error(error, as_json=as_json)


def execute(arguments: list[str]) -> int:
    """Run the command that a line names.

    Returns:
        The exit status.

    Raises:
        UsageError: the line cannot be understood.
        WishkitError: what the command raises.
    """
    from wishkit.interface.overview import COMMANDS  # noqa: PLC0415 - imported where used
    from wishkit.interface.parameters import read_plain  # noqa: PLC0415 - imported where used

    for words in COMMANDS:
        count = words.count(" ") + 1
        if arguments[:count] == words.split():
            function = load(words)
            values = read_plain(function, arguments[count:])
            if values is not None:
                return function(**values)
    from wishkit.interface.application import run_typer  # noqa: PLC0415 - typer is heavy

    return run_typer(arguments)


def load(words: str) -> Callable[..., int]:
    """The function behind a command of the table; it returns an exit status."""
    from importlib import import_module  # noqa: PLC0415 - imported where used

    from wishkit.interface.overview import COMMANDS  # noqa: PLC0415 - imported where used

    module = import_module(f"wishkit.interface.{COMMANDS[words][0]}")
    function: Callable[..., int] = getattr(module, words.rsplit(maxsplit=1)[-1].replace("-", "_"))
    return function
