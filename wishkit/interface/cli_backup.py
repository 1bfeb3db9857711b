"""Backups that are known to work: backup create|verify|record|list."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from wishkit.interface.options import Env, Json, Url, seconds_of, workspace
from wishkit.interface.output import answer
from wishkit.interface.parameters import Argument, Option
from wishkit.interface.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

Jobs = Annotated[
    int | None, Option("--jobs", metavar="N", help="So many tables at a time; default 1.")
]


def create(
    *,
    to: Annotated[
        str | None,
        Option("--to", metavar="FOLDER", help="Where to put it; default .wishkit/backups."),
    ] = None,
    format_: Annotated[
        str,
        Option(
            "--format",
            metavar="custom|directory",
            help="One file, or a folder with a file for each table.",
        ),
    ] = "custom",
    jobs: Jobs = None,
    compress: Annotated[
        str | None,
        Option("--compress", metavar="HOW", help="As pg_dump takes it: 0 to 9; since 16, zstd:3."),
    ] = None,
    hashes: Annotated[
        bool,
        Option("--hashes", help="Hash all rows as well: level 3 compares them."),
    ] = False,
    level: Annotated[
        int,
        Option("--level", metavar="N", help="Verify it at once, up to this level; 3 hashes rows."),
    ] = 0,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """Make a backup that can be verified.

    Example: wishkit backup create --env production --level 2
    """
    from wishkit.commands import backup as verb  # noqa: PLC0415 - imported where used

    with Progress(quiet=json) as progress:
        result = verb.create(
            workspace(progress, url, env),
            folder=Path(to) if to else None,
            kind=format_,
            jobs=jobs,
            compress=compress,
            hashes=hashes,
            level=level,
        )
    return _show(result, "render_made", as_json=json)


def verify(
    *,
    file: Annotated[
        str | None,
        Argument(metavar="FILE", help="Of the backup; default: the newest in the ledger."),
    ] = None,
    level: Annotated[
        int | None,
        Option(
            "--level",
            metavar="N",
            help="1 readable, 2 restored, 3 compared; default: as far as can be.",
        ),
    ] = None,
    jobs: Jobs = None,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """Read a backup, restore it into a throwaway server, and compare.

    Example: wishkit backup verify --env production
    """
    from wishkit.commands import backup_verify as verb  # noqa: PLC0415 - imported where used

    named = url is not None or env is not None
    path = Path(file) if file else None
    with Progress(quiet=json) as progress:
        if path and not named:
            env = verb.environment_of(path)
        result = verb.verify(
            workspace(progress, url, env),
            path,
            level=level,
            jobs=jobs or 1,
            named=named or path is None,
        )
    return _show(result, "render_verified", as_json=json)


def record(
    *,
    command: Annotated[
        str | None,
        Option(
            "--command",
            metavar="COMMAND",
            help="Prints id and time of a backup, as JSON or as id=… time=…. Required.",
        ),
    ] = None,
    timeout: Annotated[
        str | None, Option("--timeout", metavar="TIME", help="How long it may take; default 10min.")
    ] = None,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """Record a backup that others make and keep.

    Example: wishkit backup record --env production --command ./snapshot.sh
    """
    from wishkit.commands import backup_record as verb  # noqa: PLC0415 - imported where used
    from wishkit.errors import UsageError  # noqa: PLC0415 - as above

    if command is None:
        raise UsageError(
            "say which command tells of the backup: --command COMMAND",
            help="it prints id=… time=…; docs/backups.md",
        )
    limit = seconds_of(timeout)
    with Progress(quiet=json) as progress:
        place = workspace(progress, url, env)
        result = verb.record(place, command=command, seconds=600.0 if limit is None else limit)
    return _show(result, "render_recorded", as_json=json)


def list(  # noqa: A001 - functions are called like their command
    *, url: Url = None, env: Env = None, json: Json = False
) -> int:
    """What the ledger knows of the backups of a database.

    Example: wishkit backup list --env production
    """
    from wishkit.commands import backup as verb  # noqa: PLC0415 - imported where used

    with Progress(quiet=json) as progress:
        result = verb.backups(workspace(progress, url, env))
    return _show(result, "render_backups", as_json=json)


def _show(result: object, renderer: str, *, as_json: bool) -> int:
    if as_json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
        return 0
    from wishkit.interface import render_backup  # noqa: PLC0415 - imported where used

    render: Callable[[Any], None] = getattr(render_backup, renderer)
    render(result)
    return 0
