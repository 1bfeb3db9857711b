"""The environments of a project: env list|check."""

from wishkit.interface.options import Environments, Json
from wishkit.interface.output import answer


def list(  # noqa: A001 - functions are called like their command
    *,
    json: Json = False,
) -> int:
    """The environments, and what each asks for.

    Example: wishkit env list
    """
    from wishkit.commands.environments import environments  # noqa: PLC0415 - imported where used

    result = environments()
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
    else:
        from wishkit.interface.render_env import render_environments  # noqa: PLC0415 - as above

        render_environments(result)
    return 0


def check(
    *,
    names: Environments = None,
    json: Json = False,
) -> int:
    """Ask each environment how it is, all at once; changes nothing.

    Example: wishkit env check production
    """
    from wishkit.commands import environments as verb  # noqa: PLC0415 - imported where used

    result = verb.examine(names or ())
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
    else:
        from wishkit.interface.render_env import render_examination  # noqa: PLC0415 - as above

        render_examination(result)
    return result.exit_status
