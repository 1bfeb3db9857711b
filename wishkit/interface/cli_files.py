"""The commands that write files: new, init."""

import os
from typing import Annotated

from wishkit.interface.options import Json
from wishkit.interface.output import answer, say
from wishkit.interface.parameters import Argument, Option


def new(
    *,
    name: Annotated[
        list[str], Argument(metavar="WORDS", help="What it does, in words: add wish notes.")
    ],
    transactional: Annotated[
        bool,
        Option(
            "--transactional/--no-transactional",
            help="Whether it runs as one transaction.",
        ),
    ] = True,
    depends: Annotated[
        list[str] | None,
        Option(
            "--depends",
            metavar="ID",
            help="A migration it cannot do without; may be given again.",
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Begin a migration: the next number, two files to write in.

    Example: wishkit new add wish notes
    """
    from wishkit import config  # noqa: PLC0415 - imported where used
    from wishkit.commands import new as verb  # noqa: PLC0415 - imported where used

    created = verb.new(config.load(), name, transactional=transactional, depends=depends or ())
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(created))
    else:
        answer(f"{created.forward}\n{created.backward}")
        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "your editor"
        say(f"write both with {editor}, then: wishkit migrate")
    return 0


def init(*, json: Json = False) -> int:
    """Make what a project needs; overwrites nothing.

    Example: wishkit init
    """
    from pathlib import Path  # noqa: PLC0415 - imported where used

    from wishkit import config  # noqa: PLC0415 - imported where used
    from wishkit.commands import init as verb  # noqa: PLC0415 - imported where used

    project = verb.init(config.load(), Path())
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(project))
        return 0
    for file in project.files:
        answer(f"{file.outcome:8}  {file.path}")
    for hint in project.hints:
        say(hint)
    if any(file.outcome == "created" for file in project.files):
        say("next: wishkit new create wishes")
    return 0
