"""The tools whose histories can be taken over, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.core.adoption import (
    alembic,
    dbmate,
    drizzle,
    flyway,
    golang_migrate,
    goose,
    graphile_migrate,
    plain,
    sqitch,
    yoyo,
)
from wishkit.errors import UsageError

if TYPE_CHECKING:
    from wishkit.core.adoption.model import Tool

_MODULES = (
    yoyo,
    drizzle,
    alembic,
    flyway,
    dbmate,
    golang_migrate,
    goose,
    sqitch,
    graphile_migrate,
    plain,
)
TOOLS: dict[str, Tool] = {module.TOOL.name: module.TOOL for module in _MODULES}


def tool_named(name: str) -> Tool:
    """The tool of that name.

    Raises:
        UsageError: ``unknown-tool``.
    """
    if name in TOOLS:
        return TOOLS[name]
    from difflib import get_close_matches  # noqa: PLC0415 - only for what is not found

    close = get_close_matches(name.lower(), TOOLS, n=1)
    raise UsageError(
        f'"{name}" is no tool that wishkit knows',
        code="unknown-tool",
        help=f'perhaps you meant "{close[0]}"'
        if close
        else f"known are {', '.join(TOOLS)}; sql is a plain folder of numbered files",
    )
