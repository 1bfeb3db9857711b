"""The command that writes the schema down: snapshot."""

import sys
from typing import Annotated

from wishkit.interface.options import Env, Json, Url, workspace
from wishkit.interface.output import answer, count, say
from wishkit.interface.parameters import Option
from wishkit.interface.progress import Progress


def snapshot(
    *,
    check: Annotated[
        bool,
        Option("--check", help="Only compare; exit 1 with the difference when it is not current."),
    ] = False,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """Write sql/schema.sql: the whole schema as one text.

    Example: wishkit snapshot --check
    """
    from wishkit.commands import snapshot as verb  # noqa: PLC0415 - imported where used

    with Progress(quiet=json) as progress:
        result = verb.snapshot(workspace(progress, url, env), check=check)
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
    else:
        if result.outcome == "stale":
            sys.stdout.write(result.difference + "\n")
        for remark in result.unwritten:
            say(f"not as SQL: {remark}")
        told = {
            "written": f"{result.path} is written: {count(result.objects, 'object')}",
            "current": f"{result.path} is current: {count(result.objects, 'object')}",
            "stale": f"{result.path} is not what the database is; `wishkit snapshot` writes it",
        }
        (say if result.outcome == "stale" else answer)(told[result.outcome])
    return result.exit_status
