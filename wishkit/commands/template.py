"""The files that wishkit writes into other people's projects, kept as files here."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "templates"


def template(name: str) -> str:
    """The text of a template; ``{…}`` in it is for the caller to fill in."""
    return (FOLDER / name).read_text(encoding="utf-8")
