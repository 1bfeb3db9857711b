"""The commands that ask whether a database does what it should, or fill it: verify, smoke, seed."""

from typing import Annotated

from wishkit.interface.options import Env, Json, Url, Yes, workspace
from wishkit.interface.output import answer
from wishkit.interface.parameters import Argument, Option
from wishkit.interface.progress import Progress


def verify(
    *,
    ids: Annotated[
        list[str] | None, Argument(metavar="ID", help="Ask about these migrations only.")
    ] = None,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """Whether what the applied migrations promised holds.

    Example: wishkit verify 0007 --env staging
    """
    from wishkit.commands import probes  # noqa: PLC0415 - imported where used

    with Progress(quiet=json) as progress:
        found = probes.verify(workspace(progress, url, env), ids or ())
    if json:
        _as_json(found)
    else:
        from wishkit.interface.render_probes import (  # noqa: PLC0415 - imported where used
            render_verification,
        )

        render_verification(found)
    return found.exit_status


def smoke(
    *,
    names: Annotated[
        list[str] | None, Argument(metavar="PROBE", help="Run these files of sql/smoke only.")
    ] = None,
    scale: Annotated[
        int | None,
        Option("--scale", metavar="ROWS", help="How many rows to try it with; 1000 if not told."),
    ] = None,
    limit: Annotated[
        int | None,
        Option("--limit", metavar="MS", help="Fail if a query takes more milliseconds."),
    ] = None,
    yes: Yes = False,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """Whether the application's path through the database works.

    Example: wishkit smoke --scale 100000
    """
    from wishkit.commands import probes  # noqa: PLC0415 - imported where used

    with Progress(quiet=json) as progress:
        found = probes.smoke(
            workspace(progress, url, env), names or (), scale=scale, limit=limit, yes=yes
        )
    if json:
        _as_json(found)
    else:
        from wishkit.interface.render_probes import (  # noqa: PLC0415 - imported where used
            render_smoke,
        )

        render_smoke(found)
    return found.exit_status


def seed(
    *,
    environment: Annotated[
        str, Argument(metavar="ENV", help="Whose seeds: a folder of sql/seeds.")
    ],
    yes: Yes = False,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """Fill a database with the rows an environment works with.

    Example: wishkit seed development
    """
    from wishkit.commands import seed as verb  # noqa: PLC0415 - imported where used

    with Progress(quiet=json) as progress:
        project = workspace(progress, url, env)
        if url is None and env is None:
            project = verb.aimed(project, environment)
        found = verb.seed(project, environment, yes=yes)
    if json:
        _as_json(found)
    else:
        from wishkit.interface.render_probes import (  # noqa: PLC0415 - imported where used
            render_seeded,
        )

        render_seeded(found)
    return 0


def _as_json(found: object) -> None:
    from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

    answer(to_json(found))
