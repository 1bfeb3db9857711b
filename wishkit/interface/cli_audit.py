"""The audit by hand: audit on|off|show."""

from typing import Annotated

from wishkit.interface.options import Env, Json, Url, Yes, workspace
from wishkit.interface.output import answer
from wishkit.interface.parameters import Option
from wishkit.interface.progress import Progress


def on(*, yes: Yes = False, url: Url = None, env: Env = None, json: Json = False) -> int:
    """Note from now on who runs which DDL outside wishkit.

    Example: wishkit audit on --env staging
    """
    return _switch(on=True, yes=yes, url=url, env=env, json=json)


def off(*, yes: Yes = False, url: Url = None, env: Env = None, json: Json = False) -> int:
    """Note no more; what was noted stays.

    Example: wishkit audit off --env staging
    """
    return _switch(on=False, yes=yes, url=url, env=env, json=json)


def show(
    *,
    limit: Annotated[int, Option("--limit", metavar="N", help="At most so many, the newest.")] = 20,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """What was changed outside wishkit, by whom and when.

    Example: wishkit audit show --env staging
    """
    from wishkit.commands import audit as verb  # noqa: PLC0415 - imported where used

    with Progress(quiet=json) as progress:
        result = verb.audit(workspace(progress, url, env), limit=limit)
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
        return 0
    from wishkit.interface.render import render_audit  # noqa: PLC0415 - imported where used

    render_audit(result)
    return 0


def _switch(*, on: bool, yes: bool, url: str | None, env: str | None, json: bool) -> int:
    from wishkit.commands import audit as verb  # noqa: PLC0415 - imported where used

    with Progress(quiet=json) as progress:
        result = verb.switch_audit(workspace(progress, url, env), on=on, yes=yes)
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
    else:
        word = "on" if result.on else "off"
        answer(f"the audit is {word}" if result.changed else f"the audit was {word} already")
    return 0
