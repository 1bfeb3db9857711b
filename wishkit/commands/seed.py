"""Fill a database with the rows that an environment works with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wishkit.commands.workspace import shown
from wishkit.config import resolve_target
from wishkit.core.probes import read_seeds
from wishkit.core.state import State, compare
from wishkit.errors import ConsentNeeded

if TYPE_CHECKING:
    from wishkit.commands.workspace import Workspace
    from wishkit.config import Target
    from wishkit.postgres.seed import Written


@dataclass(frozen=True, slots=True)
class Seeded:
    """What a run of seeds came to.

    Attributes:
        database: which one, without secrets.
        environment: whose seeds.
        files: which ones, in the order in which they ran.
        written: by table; empty when everything was there already.
        seconds: how long it took.
        proven: they were run a second time, and that changed nothing. False where the server does
            not count rows (track_counts).
        notes: what the reader should know besides.
    """

    database: str
    environment: str
    files: tuple[str, ...]
    written: tuple[Written, ...]
    seconds: float
    proven: bool
    notes: tuple[str, ...] = ()

    @property
    def exit_status(self) -> int:
        """0: what went wrong was raised."""
        return 0


def seed(workspace: Workspace, env: str, *, yes: bool = False) -> Seeded:
    """Run the seeds of an environment in one transaction, if a second run would change nothing.

    Args:
        workspace: project and database.
        env: whose seeds: the folder of that name.
        yes: consent for a protected database.

    Raises:
        UsageError: ``no-seeds``.
        ConsentNeeded: ``seeds-refused``, or nobody said yes, for a protected database.
        SeedFailed: everything was rolled back.
        WishkitError: files or connection cannot be read.
    """
    folder = workspace.config.sql / "seeds"
    scripts = read_seeds(folder, env, shown_as=shown(folder))
    _refuse_protected(workspace.target, env)
    with workspace.connect("seed", writes=True) as (connection, target, server):
        from wishkit.postgres.connection import describe  # noqa: PLC0415 - heavy
        from wishkit.postgres.ledger import read_ledger  # noqa: PLC0415 - as above
        from wishkit.postgres.seed import sow  # noqa: PLC0415 - as above

        database = describe(target, server)
        if target.protected:
            workspace.consent(f"write seeds into {database}?", yes=yes, flag="--yes")
        entries = compare(workspace.migrations(), read_ledger(connection))
        pending = sum(entry.state is State.PENDING for entry in entries)
        sown = sow(connection, scripts)
    notes = (f"not everything is applied here: {pending} pending",) if pending else ()
    return Seeded(
        database,
        env,
        tuple(script.path for script in scripts),
        sown.written,
        sown.seconds,
        sown.proven,
        notes,
    )


def aimed(workspace: Workspace, env: str) -> Workspace:
    """The same workspace, on the environment of that name, if wishkit.toml has one."""
    if env not in {it.name for it in workspace.config.environments}:
        return workspace
    return replace(workspace, target=resolve_target(workspace.config, env=env))


def _refuse_protected(target: Target, env: str) -> None:
    """On a protected database only its own seeds, and only where wishkit.toml allows them.

    Raises:
        ConsentNeeded: ``seeds-refused``.
    """
    if not target.protected or (target.seeds and target.name == env):
        return
    if target.seeds:
        raise ConsentNeeded(
            f"{target.name} is protected: it takes its own seeds, and none of {env}",
            code="seeds-refused",
            help=f"wishkit seed {target.name}",
        )
    raise ConsentNeeded(
        f"{target.name} is protected: no seeds are written there",
        code="seeds-refused",
        help=f"if it shall have seeds of its own, say so in wishkit.toml: "
        f"[environments.{target.name}] seeds = true",
    )
