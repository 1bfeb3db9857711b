"""`.ci/install`: programs of the system that tests drive, installed where that can be done."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT = Path(__file__).parents[1]
TOLD = 'echo "$RUNLEVEL $*"'


@pytest.fixture
def install(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a copy of it on a machine with nothing but these programs."""

    def run(packages: str, **programs: str) -> subprocess.CompletedProcess[str]:
        for name in (".ci", "bin"):
            (tmp_path / name).mkdir()
        (tmp_path / ".ci" / "packages").write_text(packages)
        script = shutil.copy(PROJECT / ".ci" / "install", tmp_path / ".ci")
        for name in ("dirname", "sed"):
            (tmp_path / "bin" / name).symlink_to(shutil.which(name) or "")
        for name, body in programs.items():
            program = tmp_path / "bin" / name.replace("_", "-")
            program.write_text(f"#!/bin/sh\n{body}\n")
            program.chmod(0o755)
        return subprocess.run(
            ["/bin/sh", script],
            env={"PATH": str(tmp_path / "bin")},
            capture_output=True,
            text=True,
            check=True,
        )

    return run


def test_what_is_missing_is_installed_and_not_started(
    install: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = install(
        "# a comment\nhere-1\none-1  # why\n\ntwo-2\n", here_1="", id="echo 0", apt_get=TOLD
    )
    update, installed = done.stdout.splitlines()
    assert update.endswith("update")
    assert installed.startswith("1 ")
    assert installed.endswith("install -y --no-install-recommends one-1 two-2")


@pytest.mark.parametrize(
    ("programs", "words"),
    [
        ({"id": "echo 1000", "apt_get": TOLD}, "not installed"),
        ({"id": "echo 0"}, "not installed"),
        ({"id": "echo 0", "apt_get": TOLD, "one_1": ""}, ""),
    ],
)
def test_where_it_cannot_be_done_it_is_said(
    install: Callable[..., subprocess.CompletedProcess[str]], programs: dict[str, str], words: str
) -> None:
    done = install("one-1\n", **programs)
    assert done.stdout == ""
    assert words in done.stderr
    assert bool(done.stderr) == bool(words)


def test_ci_installs_them_first() -> None:
    lines = (PROJECT / ".ci" / "run").read_text().splitlines()
    assert lines.index(".ci/install") < lines.index("make lint")
