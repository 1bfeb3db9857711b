"""Hazards before a run: judged by the catalog, refused until accepted, kept for the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wishkit.errors import ConsentNeeded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg

    from wishkit.config import Target
    from wishkit.core.batches import Batch
    from wishkit.core.hazards.model import Hazard
    from wishkit.core.plan import Step

    Connection = psycopg.Connection[Any]
    Judged = Mapping[str, tuple[Hazard, ...]]

_TYPE_CHANGE = "column-type-change"


def judge(
    connection: Connection,
    target: Target,
    prepared: Sequence[tuple[Step, Sequence[Batch]]],
    accept: Sequence[str] = (),
) -> Judged:
    """What a plan would do to tables that are not small, by migration.

    Args:
        connection: the catalog is asked on it; nothing is written.
        target: says what is small.
        prepared: the plan.
        accept: rules that may be broken by all of it.

    Raises:
        MigrationFileError: ``new-enum-value``.
    """
    # None of this for nothing to do.
    from wishkit.core.hazards import hazards, question, take_apart  # noqa: PLC0415
    from wishkit.postgres.enums import refuse_new_values, swap_hazards  # noqa: PLC0415
    from wishkit.postgres.hazards import facts  # noqa: PLC0415

    refuse_new_values(connection, prepared)
    taken = take_apart(prepared)
    known = facts(connection, question(taken))
    swaps = swap_hazards(connection, prepared, target.small, accepted=accept)
    judged = hazards(taken, known, small=target.small, accepted=accept)
    return {id_: _told_once(found, swaps.get(id_, ())) for id_, found in judged.items()}


def _told_once(found: tuple[Hazard, ...], swaps: tuple[Hazard, ...]) -> tuple[Hazard, ...]:
    """The exchange of an enum is told as that; a second column would be of the former type."""
    swapped = {swap.relation for swap in swaps}
    others = (it for it in found if it.rule != _TYPE_CHANGE or it.relation not in swapped)
    return (*others, *swaps)


def check(accept: Sequence[str]) -> None:
    """Every rule to accept exists.

    Raises:
        UsageError: ``unknown-rule``.
    """
    if accept:
        from wishkit.core.hazards import check_rules  # noqa: PLC0415 - rarely needed

        check_rules(accept)


def refuse(judged: Judged) -> None:
    """Nothing runs that would keep clients waiting, unless somebody said that it may.

    Raises:
        ConsentNeeded: ``hazard``, with all of them and their safe forms.
    """
    refused = [it for found in judged.values() for it in found if it.refused and not it.accepted]
    if not refused:
        return
    first, *others = refused
    more = f" (and {len(others)} more)" if others else ""
    flags = " ".join(f"--accept {rule}" for rule in dict.fromkeys(it.rule for it in refused))
    raise ConsentNeeded(
        f"{first.rule}: {first.what}{more}",
        code="hazard",
        where=first.where,
        notes=(
            *first.instead(),
            *(
                note
                for it in others
                for note in (f"{it.where}: {it.rule}: {it.what}", *it.instead())
            ),
        ),
        help=f"to run it all the same, and have that in the ledger: {flags}\n"
        f"or in the file itself: -- allow: {first.rule} <reason>",
        state="nothing was run",
    )


def accepted(judged: Judged, accept: Sequence[str] = ()) -> dict[str, tuple[str, ...]]:
    """What was accepted, by migration, as the ledger keeps it.

    Args:
        judged: what is known before anything runs.
        accept: rules that may be broken by all of it, those included that only a run can break.
    """
    from wishkit.core.hazards import STALLS  # noqa: PLC0415 - not for nothing to do

    foretold = {id_: [it.accepted for it in found] for id_, found in judged.items()}
    at_work = [STALLS] if STALLS in accept else []
    taken = {id_: tuple(dict.fromkeys(filter(None, (*a, *at_work)))) for id_, a in foretold.items()}
    return {id_: rules for id_, rules in taken.items() if rules}
