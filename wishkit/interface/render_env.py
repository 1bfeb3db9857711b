"""Environments, as a person reads them on stdout."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wishkit.interface.output import answer, seconds, styled
from wishkit.interface.render import print_table

if TYPE_CHECKING:
    from wishkit.commands.environments import Environments, Examination, Examined
    from wishkit.core.pool_advice import Advice


def render_environments(found: Environments) -> None:
    """A row an environment, in the order in which a change travels."""
    if not found.environments:
        answer("there are no environments: write [environments.NAME] into wishkit.toml")
        return
    print_table(
        ("environment", "url", "acts as", "protected", "asks for"),
        (
            (
                it.name,
                it.url,
                it.role or "",
                "yes" if it.protected else "",
                "; ".join(it.asks) or "nothing",
            )
            for it in found.environments
        ),
        right=(),
    )


def render_examination(found: Examination) -> None:
    """A row an environment, and below the table what is wrong with each."""
    print_table(
        ("environment", "is", "PostgreSQL", "at", "as", "replicas"),
        (_row(it) for it in found.environments),
        right=(),
        style=lambda title, text: _STYLES.get(text, "") if title == "is" else "",
    )
    for it in found.environments:
        told = [*([str(it.error.message)] if it.error else []), *it.problems]
        for text in told:
            answer(f"{it.name}: {styled(text, 'bold red', sys.stdout)}")
        if it.error and it.error.help:
            answer(f"{it.name}: help: {it.error.help}")
        for advice in it.advice:
            _render_advice(it.name, advice)
        for text in it.notes:
            answer(f"{it.name}: note: {text}")


def _render_advice(environment: str, advice: Advice) -> None:
    place = environment + (f", pool {advice.pool}" if advice.pool else "")
    what = styled(advice.what, "bold red", sys.stdout) if advice.wrong else f"note: {advice.what}"
    answer(f"{place}: {what}")
    answer(f"  why: {advice.why}")
    answer(f"  remedy: {advice.remedy}")


_STYLES = {"well": "green", "not well": "bold red", "not there": "bold red"}


def _row(it: Examined) -> tuple[str, ...]:
    if it.error:
        return (it.name, "not there", "", "", "", "")
    standby = f" standby, {seconds(it.behind)} behind" if it.behind is not None else ""
    login = it.login if it.login == it.role else f"{it.role} (as {it.login})"
    followers = ", ".join(
        f"{r.name} {seconds(r.lag) if r.lag is not None else 'level'}" for r in it.replicas
    )
    return (
        it.name,
        "well" if it.well else "not well",
        f"{it.version}{standby}",
        (it.position or "base") + (f", {it.pending} pending" if it.pending else ""),
        login or "",
        followers,
    )
