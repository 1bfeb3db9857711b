"""yoyo as its users run it, on its own backend or on ours, and wishkit beside it in one process."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict
from yoyo import get_backend, read_migrations

from wishkit.commands.migrate import migrate
from wishkit.commands.rollback import rollback
from wishkit.commands.status import status
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wishkit.commands.report import Report
    from wishkit.commands.status import Status
    from wishkit.core.events import Event

PLAIN = "postgresql+psycopg"
OURS = "wishkit"


def yoyo_url(url: str, scheme: str = PLAIN, **query: str) -> str:
    """A libpq URI as yoyo writes it."""
    parts = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    user, database = parts.pop("user"), parts.pop("dbname")
    arguments = "&".join(f"{key}={quote(value, safe='')}" for key, value in (parts | query).items())
    return f"{scheme}://{user}@/{database}?{arguments}"


@dataclass(slots=True)
class Project:
    """One folder of migrations and one database, under yoyo and under wishkit.

    Attributes:
        folder: holds sql/migrations.
        url: of the database, for libpq.
        events: what wishkit told while it ran.
    """

    folder: Path
    url: str
    events: list[Event] = field(default_factory=list)

    @property
    def migrations(self) -> Path:
        """Where the files lie."""
        return self.folder / "sql" / "migrations"

    @contextmanager
    def yoyo(self, scheme: str = PLAIN, **query: str) -> Iterator[tuple[Any, Any]]:
        """A backend of yoyo under its lock, and what yoyo reads from the folder."""
        with get_backend(yoyo_url(self.url, scheme, **query)) as backend, backend.lock():
            yield backend, read_migrations(str(self.migrations))

    def yoyo_apply(self, scheme: str = PLAIN, **query: str) -> None:
        """As ``yoyo apply``."""
        with self.yoyo(scheme, **query) as (backend, migrations):
            backend.apply_migrations(backend.to_apply(migrations))

    def yoyo_rollback(self, *ids: str, scheme: str = PLAIN, **query: str) -> None:
        """As ``yoyo rollback --all``, or ``-r`` for each of the ids."""
        with self.yoyo(scheme, **query) as (backend, migrations):
            chosen = migrations.filter(lambda m: m.id in ids) if ids else migrations
            backend.rollback_migrations(backend.to_rollback(chosen))

    def yoyo_applied(self, scheme: str = PLAIN, **query: str) -> list[str]:
        """What ``yoyo list`` shows as applied, in the order ``yoyo rollback`` would take."""
        with self.yoyo(scheme, **query) as (backend, migrations):
            return [m.id for m in backend.to_rollback(migrations)]

    def yoyo_command(self, *arguments: str, scheme: str = PLAIN, **query: str) -> tuple[str, str]:
        """The command line of yoyo; returns what it wrote to stdout and to stderr."""
        done = subprocess.run(
            [
                *(sys.executable, "-m", "yoyo.scripts.main", *arguments, "--batch"),
                *("--no-config-file", "-d", yoyo_url(self.url, scheme, **query)),
                str(self.migrations),
            ],
            cwd=self.folder,
            env=os.environ,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr

    @property
    def workspace(self) -> Workspace:
        """The same for wishkit's commands."""
        config = Config(sql=self.folder / "sql")
        return Workspace(config, Target(self.url, "test", lock_wait=0), self.events.append)

    def migrate(self, **options: Any) -> Report:  # noqa: ANN401 - as the command has them
        """``wishkit migrate``; what stopped it on the way is raised."""
        return _finished(migrate(self.workspace, **options))

    def rollback(self, **options: Any) -> Report:  # noqa: ANN401 - as the command has them
        """``wishkit rollback``, with consent; what stopped it on the way is raised."""
        return _finished(rollback(self.workspace, accept_data_loss=True, **options))

    def status(self) -> Status:
        """``wishkit status``."""
        return status(self.workspace)

    def states(self) -> dict[str, str]:
        """The state of each migration."""
        return {row.id: row.state.value for row in self.status().migrations}

    def ask(self, question: str) -> Any:  # noqa: ANN401 - whatever the database answers
        """The one value a query returns, by a connection of its own."""
        row = self.rows(question)[0]
        return row[0]

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """What a query returns."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(question.encode()).fetchall()

    def run(self, statement: str) -> None:
        """Run SQL that returns nothing."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def has(self, relation: str) -> bool:
        """Whether there is a relation of this name."""
        return self.ask(f"SELECT to_regclass('{relation}') IS NOT NULL") is True


def _finished(report: Report) -> Report:
    if report.error:
        raise report.error
    return report


def tables(*names: str) -> dict[str, str | bytes | None]:
    """Files of migrations 0001, 0002, … that each make one table."""
    files: dict[str, str | bytes | None] = {}
    for number, name in enumerate(names, 1):
        files[f"{number:04}_{name}.sql"] = f"-- table {name}\nCREATE TABLE {name} (id int);\n"
        files[f"{number:04}_{name}.rollback.sql"] = f"DROP TABLE {name};\n"
    return files
