"""The embedded server by hand, and psql on any database: db start|stop|status|url|psql|destroy."""

import os
import sys
from typing import TYPE_CHECKING, Annotated

from wishkit.interface.options import Env, Json, Url, workspace
from wishkit.interface.output import answer
from wishkit.interface.parameters import Argument, Option
from wishkit.interface.progress import Progress

if TYPE_CHECKING:
    from wishkit.postgres.server import ServerStatus


def start(*, json: Json = False) -> int:
    """Start the embedded server; it is made on first use.

    Example: wishkit db start
    """
    from wishkit import config  # noqa: PLC0415 - imported where used
    from wishkit.commands import database  # noqa: PLC0415 - imported where used

    return _show(database.start(config.load()), as_json=json)


def stop(*, json: Json = False) -> int:
    """Stop the embedded server; what was committed is kept.

    Example: wishkit db stop
    """
    from wishkit import config  # noqa: PLC0415 - imported where used
    from wishkit.commands import database  # noqa: PLC0415 - imported where used

    loaded = config.load()
    ran = database.stop(loaded)
    if json:
        return _show(database.status(loaded), as_json=True)
    answer("the embedded server has stopped" if ran else "the embedded server was not running")
    return 0


def status(*, json: Json = False) -> int:
    """How the embedded server stands; changes nothing.

    Example: wishkit db status
    """
    from wishkit import config  # noqa: PLC0415 - imported where used
    from wishkit.commands import database  # noqa: PLC0415 - imported where used

    return _show(database.status(config.load()), as_json=json)


def url() -> int:
    """Print the URL of the embedded database; starts it if need be.

    Example: DATABASE_URL=$(wishkit db url) my-application
    """
    from wishkit import config  # noqa: PLC0415 - imported where used
    from wishkit.commands import database  # noqa: PLC0415 - imported where used

    answer(database.start(config.load()).url or "")
    return 0


def psql(
    *,
    arguments: Annotated[
        list[str] | None,
        Argument(metavar="ARGS", help="For psql itself; behind our own options."),
    ] = None,
    url: Url = None,
    env: Env = None,
) -> int:
    """A psql session on the database that is meant, acting as its role.

    Example: wishkit db psql --env staging -c 'TABLE wishlist_items'
    """
    from wishkit.commands import database  # noqa: PLC0415 - imported where used

    with Progress() as progress:
        program = database.psql(workspace(progress, url, env), arguments or ())
    sys.stdout.flush()
    os.execve(program.path, program.arguments, program.environment)  # noqa: S606 - no shell, a list


def destroy(
    *,
    yes: Annotated[bool, Option("--yes", "-y", help="Consent to losing all of its data.")] = False,
) -> int:
    """Remove the embedded server with every database in it.

    Example: wishkit db destroy --yes
    """
    from wishkit.commands import database  # noqa: PLC0415 - imported where used

    with Progress() as progress:
        removed = database.destroy(workspace(progress, "embedded", None), yes=yes)
    answer("the embedded server and its data are gone" if removed else "there is nothing to remove")
    return 0


def _show(status: "ServerStatus", *, as_json: bool) -> int:
    if as_json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(status))
        return 0
    answer(f"state   {status.state}")
    answer(f"folder  {status.folder}")
    answer(f"log     {status.log}")
    if status.major:
        answer(f"version PostgreSQL {status.major}")
    if status.pid:
        answer(f"pid     {status.pid}")
    if status.url:
        answer(f"url     {status.url}")
    return 0
