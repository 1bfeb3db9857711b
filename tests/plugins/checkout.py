"""Fresh clones of this project, and `make` run in them as anybody, anywhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.plugins.project import Outcome
from wishkit.postgres.account import Account
from wishkit.postgres.location import STATE_FOLDERS
from wishkit.postgres.server import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROJECT = Path(__file__).parents[2]
# What else would steer a fresh clone's `make` (see `environment`).
HANDED_DOWN = ("VENV", "VIRTUAL_ENV", "PYTHON", "PYTEST", "GIT_")
STAMPS = {"runtime": "requirements/runtime.txt", "dev": "requirements/dev.txt",
          "pyproject": "pyproject.toml"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clone:
    """A clone of HEAD.

    Attributes:
        folder: its root.
        account: whose it is, and who runs `make` in it.
        python: a Python that the account may run.
    """

    folder: Path
    account: Account
    python: str

    def start(
        self, *arguments: str, env: Mapping[str, str | None] | None = None, umask: int = 0o022
    ) -> subprocess.Popen[str]:
        """Start `make`, in a session of its own; ``env`` is laid over a clean environment."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(HANDED_DOWN)}
        merged = {**clean, "PYTHON": self.python, **(env or {})}
        return subprocess.Popen(
            ["make", "-C", str(self.folder), "--no-print-directory", *arguments],
            env={name: value for name, value in merged.items() if value is not None},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="backslashreplace",
            start_new_session=True,
            umask=umask,
            **self.account.switch,
        )

    def make(
        self, *arguments: str, env: Mapping[str, str | None] | None = None, umask: int = 0o022
    ) -> Outcome:
        """Run `make` to its end."""
        with self.start(*arguments, env=env, umask=umask) as process:
            return finish(process)

    def furnish(self) -> Clone:
        """Give it a copy of the environment that the tests run in, as if `make dev` had."""
        venv = self.folder / ".venv"
        self.run(self.python, "-m", "venv", "--without-pip", str(venv))
        packages = next((venv / "lib").glob("python3*/site-packages"))
        source = Path(sysconfig.get_path("purelib"))
        link = self.account.may("x", source)
        for package in source.iterdir():
            # Whatever may be changed here must not be changed there.
            if not package.name.startswith("wishkit"):
                if link:
                    (packages / package.name).symlink_to(package)
                elif package.is_dir():
                    shutil.copytree(package, packages / package.name)
        squawk = Path(sysconfig.get_path("scripts")) / "squawk"  # a program without a package
        if squawk.exists():
            shutil.copy(squawk, venv / "bin")
        (packages / "wishkit.pth").write_text("../../../..\n", encoding="ascii")
        for stamp, file in STAMPS.items():
            shutil.copyfile(self.folder / file, venv / f".{stamp}")
        give(venv, self.account)
        self._take_bytecode()
        return self

    def _take_bytecode(self) -> None:
        """Of modules that are the same as here, the bytecode is too: it goes by their times."""
        for cache in (PROJECT / "wishkit").rglob("__pycache__"):
            place = self.folder / cache.relative_to(PROJECT)
            if not place.parent.is_dir():
                continue
            for source in cache.parent.glob("*.py"):
                module = place.parent / source.name
                if module.exists() and module.read_bytes() == source.read_bytes():
                    shutil.copystat(source, module)
            shutil.copytree(cache, place, dirs_exist_ok=True)
            give(place, self.account)

    def run(self, *command: str) -> None:
        """Run a program as the clone's owner."""
        subprocess.run(
            command, cwd=self.folder, check=True, capture_output=True, **self.account.switch
        )


class MakeClone(Protocol):
    """Clones the project; embedded server and clone are gone after the test."""

    def __call__(
        self, name: str = "wishkit", *, account: Account | None = None, mode: int = 0o755
    ) -> Clone: ...


@pytest.fixture
def make_clone(tmp_path: Path) -> Iterator[MakeClone]:
    """A factory of clones, each in a folder of its own that others may pass or not (``mode``)."""
    trust = tmp_path / "gitconfig"
    trust.write_text("[safe]\n directory = *\n", encoding="utf-8")
    clones: list[Clone] = []

    def make(name: str = "wishkit", *, account: Account | None = None, mode: int = 0o755) -> Clone:
        if not (PROJECT / ".git").exists():
            pytest.skip("there is nothing to clone: this is no git repository")
        owner = account or Account(os.geteuid(), os.getegid())
        base = Path(tempfile.mkdtemp(prefix="wishkit-clone-"))
        clone = Clone(base / name, owner, python_for(owner))
        clones.append(clone)
        subprocess.run(
            ["git", "clone", "--quiet", str(PROJECT), str(clone.folder)],
            env={**os.environ, "GIT_CONFIG_GLOBAL": str(trust)},
            check=True,
        )
        give(base, owner)
        base.chmod(mode)
        return clone

    yield make
    for clone in clones:
        remove(clone)


def remove(clone: Clone) -> None:
    """Take everything away that a clone made, and see that nothing of it runs on."""
    server = EmbeddedServer(clone.folder / ".wishkit" / "pg")
    pid = server.status().pid
    programs = Path(f"/proc/{pid}/exe").resolve() if pid else clone.folder
    server.destroy()
    # As root, where the server's account cannot reach the environment, it runs a copy.
    copies = [parent for parent in programs.parents if parent.parent in STATE_FOLDERS]
    for path in [*copies, clone.folder.parent]:
        shutil.rmtree(path)
        path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
    assert not running(clone.folder)


def running(folder: Path) -> list[str]:
    """Processes that have a folder in their command line."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = process.read_text(errors="replace").replace("\0", " ")
        except OSError:
            continue
        if str(folder) in command:
            found.append(command)
    return found


def finish(process: subprocess.Popen[str]) -> Outcome:
    """Wait for a process that was started with `Clone.start`."""
    stdout, stderr = process.communicate(timeout=300)
    return Outcome(process.returncode, stdout, stderr)


def python_for(account: Account) -> str:
    """A Python like this one that an account can run; skips the test where there is none."""
    for program in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        base = Path(program).resolve()
        if base.exists() and account.may("x", base):
            return str(base)
    pytest.skip("every Python lies where no other account may go")


def give(folder: Path, account: Account) -> None:
    """Hand a folder with all that is in it to an account."""
    if account.switch:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
