"""All that can be proven of a project's SQL before it is merged, in one go."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from wishkit.commands.lint import Lint, lint
from wishkit.commands.migrate import migrate
from wishkit.commands.probes import Smoke, Verification, smoke, verify
from wishkit.commands.rehearse import Rehearsing, rehearse
from wishkit.commands.seed import Seeded, seed
from wishkit.commands.snapshot import SchemaFile, schema_file, snapshot
from wishkit.commands.throwaway import throwaway
from wishkit.commands.workspace import shown
from wishkit.errors import WishkitError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wishkit.commands.workspace import Workspace
    from wishkit.config import Threshold
    from wishkit.config.rules import Level

Check = Literal["lint", "rehearse", "verify", "smoke", "seed", "snapshot"]
CHECKS: tuple[Check, ...] = get_args(Check)
Outcome = Literal["passed", "failed", "skipped", "error"]
_BY_STATUS: dict[int, Outcome] = {0: "passed", 2: "error"}  # anything else: the answer is no


@dataclass(frozen=True, slots=True)
class Examined:
    """One of the checks.

    Attributes:
        name: the command that does it alone.
        outcome: passed, failed, skipped because there is nothing to check, or error: it could not
            be done.
        seconds: how long it took.
        skipped: why it was.
        error: what ended it.
    """

    name: Check
    outcome: Outcome
    seconds: float = 0.0
    skipped: str | None = None
    error: WishkitError | None = None


@dataclass(frozen=True, slots=True)
class Slow:
    """A migration that took longer in the rehearsal than wishkit.toml says.

    Attributes:
        id: which one.
        path: of its forward file.
        seconds: how long forward took.
        above: warn or fail.
        limit: above how many seconds that is.
    """

    id: str
    path: str
    seconds: float
    above: Level
    limit: float


@dataclass(frozen=True, slots=True)
class Ci:
    """What was proven. Besides the checks, a result each, in their order.

    Attributes:
        checks: each with how it went.
        lint: what is wrong with the texts.
        rehearsal: forward, backward and forward again.
        verification: whether all promises hold when everything is applied.
        smoke: whether the application's path works then.
        seeded: what the seeds write then.
        schema: whether sql/schema.sql is what comes out.
        slow: what took longer in the rehearsal than it may; one that fails fails the rehearsal.
    """

    checks: tuple[Examined, ...]
    lint: Lint | None = None
    rehearsal: Rehearsing | None = None
    verification: Verification | None = None
    smoke: Smoke | None = None
    seeded: Seeded | None = None
    schema: SchemaFile | None = None
    slow: tuple[Slow, ...] = field(default=(), kw_only=True)

    @property
    def exit_status(self) -> int:
        """1: something is wrong; 2: something could not be checked; 0: all is well."""
        outcomes = {it.outcome for it in self.checks}
        return 1 if "failed" in outcomes else 2 if "error" in outcomes else 0


def ci(
    workspace: Workspace,
    *,
    base: str | None = None,
    server: str | None = None,
    jobs: int | None = None,
    proof: str | None = None,
    scale: int | None = None,
) -> Ci:
    """Lint, rehearse, verify, smoke, seed, and hold sql/schema.sql against what comes out.

    Every check is done, whatever the others find. No database of the project is asked.

    Args:
        workspace: the project.
        base: a commit of git: only what it does not have is judged and rehearsed.
        server: URL of a server to use; a throwaway one when None.
        jobs: how many migrations to prove at a time.
        proof: the file for the proof of the rehearsal.
        scale: rows that smoke probes make.
    """
    examined = _Examination()
    examined.check("lint", lambda: lint(workspace, base=base))
    examined.check(
        "rehearse",
        lambda: rehearse(workspace, changed=base, server=server, jobs=jobs, proof=proof),
    )
    examined.hold_against(workspace.config.thresholds.duration)
    try:
        with throwaway(workspace, server, name="ci") as place:
            if error := migrate(place).error:
                raise error
            _at_head(examined, place, scale)
    except WishkitError as error:
        for name in CHECKS:
            if name not in examined.checks:
                examined.skip(name, f"migrate fails: {error.message}")
    return examined.result()


def _at_head(examined: _Examination, place: Workspace, scale: int | None) -> None:
    """What can be said of a database in which everything is applied."""
    sql, seeds = place.config.sql, place.config.rehearse.seeds
    work: dict[Check, tuple[Path, Callable[[], Any]]] = {
        "verify": (sql / "verify", lambda: verify(place)),
        "smoke": (sql / "smoke", lambda: smoke(place, scale=scale)),
        "seed": (sql / "seeds" / seeds, lambda: seed(place, seeds)),
        "snapshot": (schema_file(place.config), lambda: snapshot(place, check=True)),
    }
    for name, (path, run) in work.items():
        if path.exists():
            examined.check(name, run)
        else:
            examined.skip(name, f"there is no {shown(path)}")


@dataclass(slots=True)
class _Examination:
    """Takes up how each check ends, and what it has found."""

    checks: dict[Check, Examined] = field(default_factory=dict)
    found: dict[Check, Any] = field(default_factory=dict)
    slow: list[Slow] = field(default_factory=list)

    def check(self, name: Check, work: Callable[[], Any]) -> None:
        began, error = time.monotonic(), None
        try:
            self.found[name] = work()
            status = self.found[name].exit_status
        except WishkitError as told:
            error, status = told, told.exit_status
        outcome = _BY_STATUS.get(status, "failed")
        self.checks[name] = Examined(name, outcome, time.monotonic() - began, error=error)

    def hold_against(self, threshold: Threshold) -> None:
        """Whether what was rehearsed took no longer than it may."""
        rehearsal: Rehearsing | None = self.found.get("rehearse")
        self.slow = [
            Slow(it.id, it.path, it.seconds, above, getattr(threshold, above))
            for it in (rehearsal.migrations if rehearsal else ())
            if (above := threshold.above(it.seconds))
        ]
        if any(it.above == "fail" for it in self.slow):
            self.checks["rehearse"] = replace(self.checks["rehearse"], outcome="failed")

    def skip(self, name: Check, why: str) -> None:
        self.checks[name] = Examined(name, "skipped", skipped=why)

    def result(self) -> Ci:
        checks = tuple(self.checks[it] for it in CHECKS)
        return Ci(checks, *map(self.found.get, CHECKS), slow=tuple(self.slow))
