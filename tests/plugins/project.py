"""A project's folder with migrations in it, and the command line run on it as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class SqlFolder(Protocol):
    """Writes migration files; returns the project's folder, which holds sql/migrations.

    Called again it adds to what is there. A file given as None is removed.
    """

    def __call__(self, files: Mapping[str, str | bytes | None]) -> Path: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of the command line gave."""

    status: int
    stdout: str
    stderr: str


class RunWishkit(Protocol):
    """Runs ``python -m wishkit ARGS`` to its end."""

    def __call__(
        self,
        *args: str,
        cwd: Path | None = None,
        env: Mapping[str, str | None] | None = None,
        stdin: str | None = None,
        timeout: float = 60,
    ) -> Outcome: ...


@pytest.fixture
def sql_folder(tmp_path: Path) -> SqlFolder:
    """A factory of project folders below ``tmp_path``."""
    project = tmp_path / "project"

    def write(files: Mapping[str, str | bytes | None]) -> Path:
        migrations = project / "sql" / "migrations"
        migrations.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            if content is None:
                (migrations / name).unlink()
            elif isinstance(content, bytes):
                (migrations / name).write_bytes(content)
            else:
                (migrations / name).write_text(content, encoding="utf-8", newline="")
        return project

    return write


@pytest.fixture
def run_wishkit(tmp_path: Path) -> RunWishkit:
    """Run the command line as a process of its own.

    The working folder is ``tmp_path`` unless told otherwise; ``env`` is laid over the cleaned
    environment, and a variable given as None is taken out.
    """

    def run(
        *args: str,
        cwd: Path | None = None,
        env: Mapping[str, str | None] | None = None,
        stdin: str | None = None,
        timeout: float = 60,
    ) -> Outcome:
        merged = {**os.environ, **(env or {})}
        done = subprocess.run(
            [sys.executable, "-m", "wishkit", *args],
            cwd=cwd or tmp_path,
            env={name: value for name, value in merged.items() if value is not None},
            input=stdin or "",
            capture_output=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run
