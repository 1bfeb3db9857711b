"""The command that proves migrations before they are merged: rehearse."""

from typing import Annotated

from wishkit.interface.options import Env, Json, Url, workspace
from wishkit.interface.output import answer
from wishkit.interface.parameters import Argument, Option
from wishkit.interface.progress import Progress


def rehearse(
    ids: Annotated[
        list[str] | None, Argument(metavar="[ID]...", help="Only these; all when none is named.")
    ] = None,
    *,
    pending: Annotated[
        bool, Option("--pending", help="Only what is not applied to the database.")
    ] = False,
    from_: Annotated[
        str | None, Option("--from", metavar="ID", help="Only this one and those after it.")
    ] = None,
    changed: Annotated[
        str | None,
        Option(
            "--changed",
            metavar="REVISION",
            help="Only those whose files differ from where this branch left a git revision.",
        ),
    ] = None,
    server: Annotated[
        str | None,
        Option(
            "--server",
            metavar="URL",
            help="Rehearse on this server, in databases of our own that go again.",
        ),
    ] = None,
    jobs: Annotated[
        int | None, Option("--jobs", metavar="N", help="How many migrations to prove at a time.")
    ] = None,
    proof: Annotated[
        str | None, Option("--proof", metavar="FILE", help="Keep the proof in this file.")
    ] = None,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """Prove migrations: forward, backward, and forward again.

    Example: wishkit rehearse --changed origin/main --proof rehearsal.json
    """
    from wishkit.commands import rehearse as verb  # noqa: PLC0415 - imported where used

    with Progress(quiet=json) as progress:
        result = verb.rehearse(
            workspace(progress, url, env),
            ids=ids or (),
            pending=pending,
            from_=from_,
            changed=changed,
            server=server,
            jobs=jobs,
            proof=proof,
        )
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
    else:
        from wishkit.interface.render_rehearse import render_rehearsal  # noqa: PLC0415 - as above

        render_rehearsal(result)
    return result.exit_status
