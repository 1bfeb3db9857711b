"""What was done, and how long it took: history, stats."""

from typing import Annotated

from wishkit.interface.options import Env, Json, Url
from wishkit.interface.output import answer
from wishkit.interface.parameters import Argument, Option
from wishkit.interface.progress import Progress


def history(
    *,
    id: Annotated[  # noqa: A002 - as a person calls it
        str | None, Argument(metavar="ID", help="Only this migration, with each of its statements.")
    ] = None,
    limit: Annotated[
        int, Option("--limit", metavar="N", help="How many attempts, the newest first: 20.")
    ] = 20,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """What was done everywhere: when, by whom, how long it took.

    Example: wishkit history 0007
    """
    from wishkit.commands import history as verb  # noqa: PLC0415 - imported where used

    with Progress(quiet=json) as progress:
        found = verb.history(id, url=url, env=env, limit=limit, listener=progress)
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(found))
    else:
        from wishkit.interface.render_history import render_history  # noqa: PLC0415 - as above

        render_history(found)
    return 0


def stats(
    *,
    limit: Annotated[
        int, Option("--limit", metavar="N", help="How many of each, the longest first: 5.")
    ] = 5,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """What takes long, and how long what is pending may take.

    Example: wishkit stats --env production
    """
    from wishkit.commands import stats as verb  # noqa: PLC0415 - imported where used

    with Progress(quiet=json) as progress:
        found = verb.stats(url=url, env=env, limit=limit, listener=progress)
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(found))
    else:
        from wishkit.interface.render_stats import render_stats  # noqa: PLC0415 - as above

        render_stats(found)
    return 0
