"""Durations, sizes and numbers as a person reads them."""

from __future__ import annotations


def seconds(value: float) -> str:
    """A duration as a person reads it: ``18 ms``, ``2.41 s``, ``3 min 05 s``, ``2 h 07 min``."""
    if value < 0.9995:  # noqa: PLR2004 - below that it would read "1000 ms"
        return f"{value * 1000:.0f} ms"
    return f"{value:.2f} s" if value < 59.995 else whole_seconds(round(value))  # noqa: PLR2004 - as above


def whole_seconds(value: float) -> str:
    """A duration that is going on: ``0 s``, ``12 s``, ``3 min 05 s``, ``2 h 07 min``."""
    minutes, rest = divmod(int(value), 60)
    if not minutes:
        return f"{rest} s"
    if minutes < 60:  # noqa: PLR2004 - an hour
        return f"{minutes} min {rest:02} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min"


def byte_words(number: int) -> str:
    """A size as PostgreSQL counts it: ``512 bytes``, ``12.3 MB``."""
    if number < 1024:  # noqa: PLR2004 - a kilobyte
        return count(number, "byte")
    value = float(number)
    for unit in ("kB", "MB", "GB"):
        value /= 1024
        if value < 1024:  # noqa: PLR2004 - as above
            return f"{value:.1f} {unit}"
    return f"{value / 1024:.1f} TB"


def count(number: int, noun: str) -> str:
    """A number with its noun: ``1 row``, ``2,000 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
