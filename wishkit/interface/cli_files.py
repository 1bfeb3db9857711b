"""The command that begins a project: init."""

from wishkit.interface.options import Json
from wishkit.interface.output import answer, say


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
