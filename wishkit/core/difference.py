"""What was changed between a text as it was applied and the file as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wishkit.core.script import Script


def difference(then: Script | None, now: Script | None) -> str:
    """A unified diff from the text as applied to the text in the file; empty when equal.

    Either may be missing: a backward file that came, or went, after the fact.
    """
    import difflib  # noqa: PLC0415 - only for what was changed

    lines = difflib.unified_diff(
        _lines(then),
        _lines(now),
        f"as applied: {then.path.removeprefix('ledger:')}" if then else "/dev/null",
        f"now: {now.path}" if now else "/dev/null",
        lineterm="",
    )
    return "\n".join(lines)


def _lines(script: Script | None) -> list[str]:
    return script.source.decode(errors="replace").splitlines() if script else []
