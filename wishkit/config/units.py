"""Durations and sizes as wishkit.toml and options write them."""

from __future__ import annotations

import re

# Compiled where they are used: most commands use neither.
_DURATION = r"(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)"
_SECONDS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_SIZE = r"(\d+)\s*(kB|MB|GB)"
_POWERS = {"kB": 1, "MB": 2, "GB": 3}


def duration(text: str) -> float | None:
    """Seconds in ``500ms``, ``10s``, ``5min``, ``1h`` or ``2d``; None if it is no duration."""
    match = re.fullmatch(_DURATION, text.strip())
    return float(match[1]) * _SECONDS[match[2]] if match else None


def size(text: str) -> int | None:
    """Bytes in ``8kB``, ``10MB`` or ``1GB``, as PostgreSQL counts them; None if it is no size."""
    match = re.fullmatch(_SIZE, text.strip())
    return int(match[1]) * 1024 ** _POWERS[match[2]] if match else None
