"""Commands that a promotion runs at its stages, and what came of them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.core.redact import redact
from wishkit.errors import GateClosed, WishkitError

if TYPE_CHECKING:
    from wishkit.config import Environment

_SHOWN = 20  # lines of what a hook prints


@dataclass(frozen=True, slots=True)
class HookRun:
    """A hook that was run.

    Attributes:
        stage: of the promotion.
        run: the command.
        seconds: how long it took.
        passed: whether it ended well, in time.
        output: what it printed, or what it said was wrong; one item a line.
    """

    stage: str
    run: str
    seconds: float
    passed: bool
    output: tuple[str, ...]


class Hooks:
    """The commands of an environment, run at each stage of a promotion into it."""

    def __init__(self, environment: Environment, source: str) -> None:
        self.environment = environment
        self.source = source
        self.migrations: list[str] = []
        self.outcome = ""
        self.done: list[HookRun] = []

    def run(self, stage: str) -> GateClosed | None:
        """Run those of a stage, one after the other; why to stop, if one says so."""
        from wishkit.postgres.hook import run_hook  # noqa: PLC0415 - rarely needed

        variables = {
            "WISHKIT_STAGE": stage,
            "WISHKIT_FROM": self.source,
            "WISHKIT_ENVIRONMENT": self.environment.name,
            "WISHKIT_MIGRATIONS": " ".join(self.migrations),
            "WISHKIT_OUTCOME": self.outcome,
        }
        for hook in self.environment.hooks:
            if hook.stage != stage:
                continue
            began = time.monotonic()
            failed = None
            try:
                output = run_hook(hook.run, variables=variables, seconds=hook.timeout)
                said = tuple(redact(it) for it in output.splitlines()[-_SHOWN:])
            except WishkitError as error:
                failed = error
                said = (error.message, *error.notes)
            seconds = time.monotonic() - began
            self.done.append(HookRun(stage, hook.run, seconds, failed is None, said))
            if failed and hook.on_failure == "stop":
                applied = stage in {"after-migrate", "after-promote"}
                return GateClosed(
                    f"the hook of {stage} failed: {failed.message}",
                    code="hook-stopped",
                    notes=failed.notes,
                    state="the migrations are applied" if applied else "nothing was run",
                    help='mend it; or say on_failure = "warn" if it does not matter',
                )
        return None
