"""The words a shell offers when somebody presses tab; silent whatever is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def migration_ids(incomplete: str) -> list[str]:
    """Ids that begin so, from the names in the folder alone; also for a number."""
    from wishkit import config  # noqa: PLC0415 - a shell completes rarely
    from wishkit.core.migration import BACKWARD_SUFFIX, NAME  # noqa: PLC0415
    from wishkit.errors import WishkitError  # noqa: PLC0415

    try:
        names = [path.name for path in (config.load().sql / "migrations").iterdir()]
    except (OSError, WishkitError):
        return []
    stems = (n.removesuffix(".sql") for n in names if not n.endswith(BACKWARD_SUFFIX))
    return sorted(s for s in stems if s.startswith(incomplete) and NAME.fullmatch(s))


def environments(incomplete: str) -> list[str]:
    """Environments of wishkit.toml that begin so."""
    from wishkit import config  # noqa: PLC0415 - a shell completes rarely
    from wishkit.errors import WishkitError  # noqa: PLC0415

    try:
        known = config.load().environments
    except WishkitError:
        return []
    return [e.name for e in known if e.name.startswith(incomplete)]


def smoke_probes(incomplete: str) -> list[str]:
    """Files of sql/smoke that begin so."""
    return [path.stem for path in _below("smoke") if path.name.startswith(incomplete)]


def seeded_environments(incomplete: str) -> list[str]:
    """Folders of sql/seeds that begin so."""
    return [path.name for path in _below("seeds") if path.name.startswith(incomplete)]


def _below(folder: str) -> list[Path]:
    from wishkit import config  # noqa: PLC0415 - a shell completes rarely
    from wishkit.errors import WishkitError  # noqa: PLC0415

    try:
        return sorted((config.load().sql / folder).iterdir())
    except (OSError, WishkitError):
        return []


def tools(incomplete: str) -> list[str]:
    """Migration tools that begin so."""
    from wishkit.core.adoption.registry import TOOLS  # noqa: PLC0415 - a shell completes rarely

    return [it for it in TOOLS if it.startswith(incomplete)]


# By metavar: the same word stands for the same thing in every command.
COMPLETERS: dict[str | None, Callable[[str], list[str]]] = {
    "ID": migration_ids,
    "ID...": migration_ids,
    "NAME": environments,
    "PROBE": smoke_probes,
    "ENV": seeded_environments,
    "TOOL": tools,
    "[ENV]": environments,
}
