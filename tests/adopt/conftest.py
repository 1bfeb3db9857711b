"""Folders of other tools, databases as they left them, and the tools themselves where they are."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from wishkit.commands.adoption.adopt import Wish
from wishkit.commands.workspace import Workspace
from wishkit.config import Target, load

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).parent
CASES = HERE / "cases"
CACHE = HERE.parents[1] / ".wishkit" / "cache"

ALEMBIC = (sys.executable, "-m", "alembic")
# What has to be said besides, because no file says it.
WISHES = {
    "alembic": Wish("alembic", program=ALEMBIC),
    "graphile-migrate": Wish("graphile-migrate", values={"SCHEMA": "public"}),
    "sql": Wish("sql", applied_to="10"),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A project of another tool, with a database.

    Attributes:
        tool: its name.
        folder: the project's; the working folder of the test.
        url: of the database.
    """

    tool: str
    folder: Path
    url: str

    @property
    def wish(self) -> Wish:
        return WISHES.get(self.tool, Wish(self.tool))

    @property
    def workspace(self) -> Workspace:
        """As the command line would have it, with what is in wishkit.toml by now."""
        target = Target(url=self.url, name="test")
        return Workspace(load(self.folder), target, lambda _: None)

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def case(
    request: pytest.FixtureRequest, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Case:
    """The case that a test is parametrised with, on an empty database."""
    folder = tmp_path / "project"
    shutil.copytree(CASES / request.param, folder)
    monkeypatch.chdir(folder)
    return Case(request.param, folder, database)


@pytest.fixture
def lived(case: Case) -> Case:
    """The case, with its database as the tool itself left it."""
    case.run((case.folder / "live.sql").read_text(encoding="utf-8"))
    return case


@pytest.fixture(scope="session")
def node() -> Path:
    """Where the tools of npm are: installed once, as package-lock.json says."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    files = [HERE / "node" / name for name in ("package.json", "package-lock.json")]
    digest = hashlib.sha256(b"".join(it.read_bytes() for it in files)).hexdigest()[:16]
    folder = CACHE / f"node-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # workers install it once
        if not (folder / "done").exists():
            for path in [*files, HERE / "node" / "drizzle_migrate.mjs"]:
                shutil.copy(path, folder)
            words = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-save"]
            done = run([*words, "--fetch-retries=0"], folder)
            if done.returncode:
                pytest.skip(f"npm install failed: {done.stderr.strip()[-300:]}")
            (folder / "done").touch()
    return folder


def run(
    words: Sequence[str], cwd: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; it has two minutes."""
    return subprocess.run(
        words,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=120,
        check=False,
    )
