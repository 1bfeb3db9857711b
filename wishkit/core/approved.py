"""Whether what is about to run was approved: the request, the plan, the database, the people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from wishkit.core.approval import intact
from wishkit.core.gate import Gate
from wishkit.core.risk import RISKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wishkit.core.approval import Bundle, Policy, Request, TargetState
    from wishkit.core.plan import Step
    from wishkit.core.risk import Risk

NAME = "approvals"


@dataclass(frozen=True, slots=True)
class Intended:
    """What is about to run.

    Attributes:
        verb: migrate or rollback.
        steps: in order.
        risk: the highest of them, as it is judged now.
        required: how many approvals that asks for, or more where the environment does.
        accepted: rules about large tables that it may break.
        begun: ids that stopped part-way.
        option: how the environment is named on a command line: ``--env production``.
    """

    verb: str
    steps: Sequence[Step]
    risk: Risk
    required: int
    accepted: Sequence[str]
    begun: Sequence[str]
    option: str


class _Void(NamedTuple):
    """Why a request is good for nothing."""

    code: str
    why: str


def judge(
    intended: Intended,
    policy: Policy,
    request: Request | None,
    state: TargetState,
    *,
    members: Sequence[str],
    suspicions: Sequence[str],
) -> Gate:
    """Whether a run may go on.

    Args:
        intended: what is about to run.
        policy: who approves.
        request: the last one for the environment.
        state: of the database, now.
        members: who may approve.
        suspicions: what is wrong with the tables that approvals are in, in words.
    """
    if not intended.required:
        return Gate(NAME, passed=True, found=f"risk {intended.risk}: no approval is needed")
    for gate in _of_place(intended, policy, suspicions):
        return gate
    again = f"wishkit request {policy.environment} --note …"
    asked = f"a request with {_count(intended.required)} (risk {intended.risk})"
    if request is None:
        who = f"request it: {again}\nthen a member of {policy.role} approves it"
        found = f"nobody has requested this for {policy.environment}"
        return Gate(NAME, passed=False, found=found, missing=asked, who=who, code="not-requested")
    for code, why in (*_closed(request), *_void(intended, policy, request, state)):
        found = f"request {request.id} does not hold: {why}"
        who = f"request it again: {again}"
        return Gate(NAME, passed=False, found=found, missing=asked, who=who, code=code)
    needed = max(intended.required, request.bundle.required if request.bundle else 0)
    given = request.approved_by
    by = f" by {', '.join(given)}" if given else ""
    if len(given) >= needed:
        return Gate(NAME, passed=True, found=f"request {request.id} is approved{by}")
    return Gate(
        NAME,
        passed=False,
        found=f"request {request.id} has {len(given)} of {_count(needed)}{by}",
        missing=f"{_count(needed - len(given))} (risk {intended.risk})",
        who=f"{who_can(policy, request, members)}: wishkit approve {request.id} {intended.option}",
        code="not-approved",
    )


def _of_place(intended: Intended, policy: Policy, suspicions: Sequence[str]) -> Iterator[Gate]:
    """What stands against any request here."""
    if policy.role is None:
        yield Gate(
            NAME,
            passed=False,
            found=f"{policy.environment} asks for approvals, and nobody may give them",
            missing=_count(intended.required),
            who=f"name the role of those who approve: wishkit approvers {policy.environment} ROLE",
            code="no-approvers",
        )
    if suspicions:
        yield Gate(
            NAME,
            passed=False,
            found=f"the approvals cannot be believed: {suspicions[0]}",
            missing="the tables of approvals as wishkit made them",
            who="find out who changed them: wishkit ledger verify",
            code="approvals-tampered",
        )


def who_can(policy: Policy, request: Request, members: Sequence[str]) -> str:
    """Who may still approve, in words."""
    can = [it for it in members if it != request.requested_by and it not in request.approved_by]
    if not can:
        return f"another member of {policy.role}, which has none that is left"
    return f"{' or '.join(can)} (of {policy.role})"


def _closed(request: Request) -> Iterator[_Void]:
    """The codes and reasons why a request is good for nothing any more, whatever is to run."""
    if not intact(request):
        yield _Void(code="approvals-tampered", why="its bundle is not what was requested")
    if request.superseded_by:
        yield _Void(
            code="request-superseded", why=f"request {request.superseded_by} has replaced it"
        )
    if no := request.rejected:
        yield _Void(
            code="request-rejected",
            why=f"{no.approver} rejected it{f': {no.note}' if no.note else ''}",
        )
    if request.spent:
        yield _Void(
            code="request-spent", why="all of it was run already, and it is good for that once"
        )
    if request.expired:
        yield _Void(
            code="request-expired", why=f"it expired at {request.expires_at:%Y-%m-%d %H:%M %Z}"
        )


def _void(
    intended: Intended, policy: Policy, request: Request, state: TargetState
) -> Iterator[_Void]:
    """The same, because something else is to run, or on something else."""
    bundle = request.bundle
    if bundle is None:
        return
    if bundle.verb != intended.verb:
        yield _Void(code="request-void", why=f"it is for {bundle.verb}")
    if why := _rest(bundle, request, intended, state):
        yield _Void(code="request-void", why=why)
    if bundle.approvers != policy.role:
        yield _Void(
            code="request-void", why=f"the approvers were {bundle.approvers}, and are {policy.role}"
        )
    if more := [it for it in intended.accepted if it not in bundle.accepted]:
        yield _Void(code="request-void", why=f"--accept {more[0]} was not part of it")
    if RISKS.index(intended.risk) > RISKS.index(bundle.risk):
        yield _Void(
            code="request-void", why=f"its risk was {bundle.risk}, and is {intended.risk} now"
        )


def _rest(bundle: Bundle, request: Request, intended: Intended, state: TargetState) -> str | None:
    """What differs, of what is left of a request when an earlier run has done some of it."""
    rest = replace(
        bundle, migrations=tuple(it for it in bundle.migrations if it.id not in request.done)
    )
    if differs := plan_differs(rest, intended.steps):
        return differs
    before = bundle.state
    if bundle.verb == "migrate":
        state_now = tuple(it for it in state.applied if it.id not in request.done)
    else:
        state_now = state.applied
        left = tuple(it for it in before.applied if it.id not in request.done)
        before = replace(before, applied=left)
    begun = request.done or {*intended.begun} & {it.id for it in bundle.migrations}
    if begun:  # what an approved run has changed itself cannot have been foreseen
        last = before.applied[-1].id if before.applied else None
        before = replace(before, schema=state.schema, position=last)
    position = state_now[-1].id if state_now else None
    return state_differs(before, replace(state, applied=state_now, position=position))


def plan_differs(bundle: Bundle, steps: Sequence[Step]) -> str | None:
    """In words, what of a plan is not what was requested; None if it is just that."""
    asked = {it.id: it for it in bundle.migrations}
    planned = {it.id: it for it in steps}
    for id_, step in planned.items():
        if id_ not in asked:
            return f"{id_} is not part of it"
        if asked[id_].direction != step.direction:
            return f"it is about running {id_} {asked[id_].direction}"
        if asked[id_].checksum != step.migration.checksum:
            return f"the files of {id_} have changed since"
    if missing := [id_ for id_ in asked if id_ not in planned]:
        return f"{missing[0]} is part of it, and would not run"
    return None if list(asked) == list(planned) else "they would run in another order"


def state_differs(before: TargetState, now: TargetState) -> str | None:
    """In words, how a database is not what a request was made for; None if it is."""
    if before.position != now.position:
        return f"the database was at {before.position or 'base'} and is at {now.position or 'base'}"
    if before.applied != now.applied:
        known = {it.id: it for it in before.applied}
        other = next((it.id for it in now.applied if known.get(it.id) != it), None)
        gone = next(iter(known.keys() - {it.id for it in now.applied}), None)
        return f"{other or gone} is not applied as it was"
    if before.reader != now.reader:
        return "it was made by another version of wishkit, which reads the catalogs otherwise"
    if before.schema != now.schema:
        return "the schema of the database was changed since, outside wishkit"
    return None


def _count(number: int) -> str:
    return f"{number} approval{'' if number == 1 else 's'}"
