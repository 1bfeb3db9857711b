"""The table under load, and the changes that are made to it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
LAST = "0009"  # the schema is what the project's own migrations make, up to this one
STEPWISE = "-- transactional: false"

CHANGES = Path(__file__).parent / "changes"
FILL = Path(__file__).parent / "stall_fill.sql"
OPERATIONS = ("add-column", "not-null", "foreign-key", "check", "index", "enum", "backfill")


@dataclass(frozen=True, slots=True)
class Change:
    """An operation written down as migrations: the safe form, since what is measured is waiting.

    Attributes:
        name: of the operation.
        folder: a project of wishkit's with these migrations behind those that are applied.
        files: the forward files, in order.
    """

    name: str
    folder: Path
    files: tuple[Path, ...]


def prepare_change(base: Path, name: str) -> Change:
    """Put an operation's files behind those of the schema."""
    folder = base / name
    migrations = copy_schema(folder)
    files = sorted((CHANGES / name).glob("*.sql"))
    for file in files:
        shutil.copy(file, migrations)
    return Change(name, folder, tuple(files))


def copy_schema(folder: Path) -> Path:
    """Begin a project with this project's own migrations that make the tables."""
    migrations = folder / "sql" / "migrations"
    migrations.mkdir(parents=True)
    for file in (ROOT / "sql" / "migrations").glob("*.sql"):
        if file.name[:4] <= LAST:
            shutil.copy(file, migrations)
    return migrations


def build(psql: str, url: str, folder: Path, rows: int) -> None:
    """Make the schema in an empty database, and fill it."""
    copy_schema(folder)
    migrate = [sys.executable, "-m", "wishkit", "migrate", "--url", url]
    fill = [psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", f"rows={rows}"]
    for command in (migrate, [*fill, "-f", str(FILL), url]):
        ended = subprocess.run(
            command, cwd=folder, env=environment(), capture_output=True, text=True, check=False
        )
        if ended.returncode:
            sys.exit(f"{command[0]} failed:\n{ended.stdout}{ended.stderr}")


def environment(**more: str) -> dict[str, str]:
    """A clean environment for a child, in which it finds this project's wishkit."""
    foreign = ("PG", "WISHKIT", "PYTHON", "DATABASE_URL")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
    return {**kept, "PYTHONPATH": str(ROOT), **more}
