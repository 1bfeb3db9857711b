"""The command line: options in, one verb called, one status out."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from wishkit.errors import Interrupted, WishkitError
from wishkit.interface.output import answer, say
from wishkit.interface.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from wishkit.commands.report import Report
    from wishkit.commands.workspace import Workspace

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

Url = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="Any libpq connection string, or env:VARIABLE."),
]
Env = Annotated[
    str | None,
    typer.Option("--env", metavar="NAME", help="An environment of wishkit.toml."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Consent for a protected database.")]
LockWait = Annotated[
    str | None,
    typer.Option(
        "--lock-wait", metavar="TIME", help="How long to wait for another run: 30s, 5min."
    ),
]


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
        app(arguments, standalone_mode=False)
    except typer.Exit as leave:
        return leave.exit_code
    except WishkitError as error:
        _print_error(error)
        return error.exit_status
    except KeyboardInterrupt:
        say("interrupted; nothing was run")
        return INTERRUPT_STATUS
    except BrokenPipeError:
        # Whoever read our output has gone; a second complaint at exit would help nobody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return 0


def _terminate(number: int, frame: FrameType | None) -> None:
    del frame
    raise Terminated(signal.Signals(number).name)


def _print_error(error: WishkitError) -> None:
    from wishkit.interface.errors import error_lines, render_error  # noqa: PLC0415 - rarely needed

    if sys.stderr.isatty():
        from wishkit.interface.output import console  # noqa: PLC0415 - heavy

        console(stderr=True).print(render_error(error), soft_wrap=True)
    else:
        say("\n".join(error_lines(error)))


def _workspace(progress: Progress, url: str | None, env: str | None) -> Workspace:
    from wishkit.commands.workspace import open_workspace  # noqa: PLC0415 - imported where used

    ask = _asker(progress) if sys.stdin.isatty() and sys.stderr.isatty() else None
    return open_workspace(url=url, env=env, listener=progress, ask=ask)


def _asker(progress: Progress) -> Callable[[str], bool]:
    def ask(question: str) -> bool:
        progress.stop()
        return typer.confirm(question, default=False, err=True)

    return ask


def _finish(report: Report, *, as_json: bool) -> None:
    if as_json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(report))
    else:
        from wishkit.interface.render import render_report  # noqa: PLC0415 - imported where used

        render_report(report)
    if report.error:
        if not as_json:
            _print_error(report.error)
        raise typer.Exit(report.error.exit_status)


@app.command()
def migrate(
    *,
    to: Annotated[
        str | None, typer.Option("--to", metavar="ID", help="Stop after this migration.")
    ] = None,
    allow_out_of_order: Annotated[
        bool,
        typer.Option(help="Accept a pending migration numbered below an applied one."),
    ] = False,
    allow_missing: Annotated[
        bool, typer.Option(help="Accept applied migrations whose files are gone.")
    ] = False,
    yes: Yes = False,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> None:
    """Apply what is pending.

    Example: wishkit migrate --env staging --to 0007
    """
    from wishkit.commands import migrate as verb  # noqa: PLC0415 - imported where used

    with Progress(quiet=json) as progress:
        report = verb.migrate(
            _workspace(progress, url, env),
            to=to,
            allow_out_of_order=allow_out_of_order,
            allow_missing=allow_missing,
            yes=yes,
        )
    _finish(report, as_json=json)


@app.command()
def rollback(
    *,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Undo these migrations.")
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="ID", help="Undo everything applied after it; base: all."),
    ] = None,
    steps: Annotated[
        int | None, typer.Option("--steps", metavar="N", help="Undo the N newest.")
    ] = None,
    allow_out_of_order: Annotated[
        bool, typer.Option(help="Undo some while later ones stay.")
    ] = False,
    accept_data_loss: Annotated[
        bool, typer.Option("--accept-data-loss", help="Consent to losing the rows at stake.")
    ] = False,
    yes: Yes = False,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> None:
    """Undo migrations, newest applied first.

    Example: wishkit rollback --to 0006
    """
    from wishkit.commands import rollback as verb  # noqa: PLC0415 - imported where used
    from wishkit.interface.render import render_rollback_plan  # noqa: PLC0415 - as above

    with Progress(quiet=json) as progress:
        report = verb.rollback(
            _workspace(progress, url, env),
            to=to,
            steps=steps,
            ids=ids or (),
            allow_out_of_order=allow_out_of_order,
            accept_data_loss=accept_data_loss,
            yes=yes,
            show=None if json else render_rollback_plan,
        )
    _finish(report, as_json=json)


@app.command()
def status(
    *,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 1 unless everything is applied.")
    ] = False,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> None:
    """Every migration and its state; writes nothing, takes no lock.

    Example: wishkit status --env production --exit-code
    """
    from wishkit.commands import status as verb  # noqa: PLC0415 - imported where used

    with Progress(quiet=json) as progress:
        result = verb.status(_workspace(progress, url, env))
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
    else:
        from wishkit.interface.render import render_status  # noqa: PLC0415 - imported where used

        render_status(result)
    if exit_code and not result.up_to_date:
        raise typer.Exit(1)
