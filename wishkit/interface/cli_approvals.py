"""The commands around approvals: approvers, request, approve, reject, requests, ledger verify."""

from typing import TYPE_CHECKING, Annotated

from wishkit.errors import UsageError
from wishkit.interface.options import Accept, Env, Json, Url, Yes, workspace
from wishkit.interface.output import answer
from wishkit.interface.parameters import Argument, Option
from wishkit.interface.progress import Progress

if TYPE_CHECKING:
    from wishkit.core.approval import Verdict

Login = Annotated[
    str | None,
    Option("--login", metavar="ROLE", help="Log in as this role, whatever the URL says."),
]
Environment = Annotated[
    str | None, Argument(metavar="[ENV]", help="An environment of wishkit.toml.")
]


def approvers(
    *,
    environment: Environment = None,
    role: Annotated[
        str | None, Argument(metavar="[ROLE]", help="Whose members approve; shown when left out.")
    ] = None,
    none: Annotated[bool, Option("--none", help="Nothing is asked for from now on.")] = False,
    reason: Annotated[
        str | None, Option("--reason", metavar="TEXT", help="Why; the ledger keeps it.")
    ] = None,
    yes: Yes = False,
    url: Url = None,
    json: Json = False,
) -> int:
    """Who approves what runs in an environment; or say who does.

    Example: wishkit approvers production release_managers
    """
    from wishkit.commands import approvals as verb  # noqa: PLC0415 - imported where used

    if none and role:
        raise UsageError("--none and a role contradict each other", help="give one of the two")
    with Progress(quiet=json) as progress:
        place = workspace(progress, url, environment)
        if role or none:
            result = verb.set_approvers(place, role, reason=reason, yes=yes)
        else:
            result = verb.approvers(place)
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
    else:
        from wishkit.interface.render_approvals import render_approvers  # noqa: PLC0415 - as above

        render_approvers(result)
    return 0


def request(
    *,
    environment: Environment = None,
    note: Annotated[
        str | None, Option("--note", metavar="TEXT", help="Why: who approves reads it. Required.")
    ] = None,
    to: Annotated[str | None, Option("--to", metavar="ID", help="Migrate up to this.")] = None,
    rollback_to: Annotated[
        str | None,
        Option("--rollback-to", metavar="ID", help="Roll back all after it; base: all."),
    ] = None,
    steps: Annotated[
        int | None, Option("--steps", metavar="N", help="Roll back the N newest.")
    ] = None,
    allow_out_of_order: Annotated[
        bool, Option("--allow-out-of-order", help="As for migrate and rollback.")
    ] = False,
    allow_missing: Annotated[bool, Option("--allow-missing", help="As for migrate.")] = False,
    accept: Accept = None,
    proof: Annotated[
        str | None,
        Option("--proof", metavar="FILE", help="What rehearsals have proven is in this file."),
    ] = None,
    url: Url = None,
    json: Json = False,
) -> int:
    """Ask others to approve what would run, just as it is now.

    Example: wishkit request production --note "release 2.4"
    """
    from wishkit.commands.request import request as verb  # noqa: PLC0415 - imported where used

    with Progress(quiet=json) as progress:
        result = verb(
            workspace(progress, url, environment),
            note=note or "",
            to=to,
            rollback_to=rollback_to,
            steps=steps,
            allow_out_of_order=allow_out_of_order,
            allow_missing=allow_missing,
            accept=accept or (),
            proof=proof,
        )
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
    else:
        from wishkit.interface.render_approvals import render_request  # noqa: PLC0415 - as above

        render_request(result)
    return 0


def requests(
    *,
    id_: Annotated[
        str | None, Argument(metavar="[REQUEST]", help="Its number; all when left out.")
    ] = None,
    sql: Annotated[
        bool, Option("--sql", help="Print only its texts, as they are to be approved.")
    ] = False,
    login: Login = None,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """What was requested, who approved it, and what is missing.

    Example: wishkit requests 3 --env production
    """
    from wishkit.commands import requests as verb  # noqa: PLC0415 - imported where used

    number = None if id_ is None else _number(id_)
    if sql and number is None:
        raise UsageError("--sql needs a request", help="wishkit requests 3 --sql")
    with Progress(quiet=json or sql) as progress:
        place = workspace(progress, url, env)
        if sql and number is not None:
            answer(verb.request_text(place, number, login=login).rstrip("\n"))
            return 0
        result = verb.requests(place, number, login=login)
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
    elif number is None:
        from wishkit.interface.render_approvals import render_requests  # noqa: PLC0415 - as above

        render_requests(result)
    else:
        from wishkit.interface.render_approvals import render_request  # noqa: PLC0415 - as above

        render_request(result.requests[0])
    return 0


def approve(
    *,
    id_: Annotated[str, Argument(metavar="REQUEST", help="Its number.")],
    note: Annotated[
        str | None, Option("--note", metavar="TEXT", help="What there is to say.")
    ] = None,
    digest: Annotated[
        str | None,
        Option("--digest", metavar="HASH", help="Of what was read; refuse anything else."),
    ] = None,
    login: Login = None,
    yes: Annotated[bool, Option("--yes", "-y", help="Consent.")] = False,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """Approve a request, as who logs in to the database.

    Example: wishkit approve 3 --env production --login alice
    """
    return _decide(
        "approve", id_, note, login=login, digest=digest, yes=yes, url=url, env=env, json=json
    )


def reject(
    *,
    id_: Annotated[str, Argument(metavar="REQUEST", help="Its number.")],
    note: Annotated[str | None, Option("--note", metavar="TEXT", help="Why. Required.")] = None,
    login: Login = None,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """Reject a request, which closes it.

    Example: wishkit reject 3 --env production --note "not on a Friday"
    """
    return _decide(
        "reject", id_, note, login=login, digest=None, yes=True, url=url, env=env, json=json
    )


def verify(
    *,
    head: Annotated[
        str | None,
        Option("--head", metavar="HASH", help="A head that was kept elsewhere."),
    ] = None,
    url: Url = None,
    env: Env = None,
    json: Json = False,
) -> int:
    """Whether anything in the ledger was changed behind its back.

    Example: wishkit ledger verify --env production
    """
    from wishkit.commands.verify_ledger import verify_ledger  # noqa: PLC0415 - imported where used

    with Progress(quiet=json) as progress:
        result = verify_ledger(workspace(progress, url, env), head=head)
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
    else:
        from wishkit.interface.render_approvals import render_verified  # noqa: PLC0415 - as above

        render_verified(result)
    return result.exit_status


def _decide(
    verdict: "Verdict",
    id_: str,
    note: str | None,
    *,
    login: str | None,
    digest: str | None,
    yes: bool,
    url: str | None,
    env: str | None,
    json: bool,
) -> int:
    from wishkit.commands import approvals as verb  # noqa: PLC0415 - imported where used

    number = _number(id_)
    with Progress(quiet=json) as progress:
        result = verb.decide(
            workspace(progress, url, env),
            number,
            verdict,
            note=note,
            login=login,
            digest=digest,
            yes=yes,
        )
    if json:
        from wishkit.interface.json import to_json  # noqa: PLC0415 - heavy

        answer(to_json(result))
    else:
        from wishkit.interface.render_approvals import render_decided  # noqa: PLC0415 - as above

        render_decided(result)
    return 0


def _number(text: str) -> int:
    if not text.isdecimal():
        raise UsageError(
            f'"{text}" is no number of a request',
            code="unknown-request",
            help="wishkit requests lists them; wishkit show ID shows a migration",
        )
    return int(text)
