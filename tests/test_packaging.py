"""The wheel, the sdist, and what a user has who installs one of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wishkit import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.plugins.checkout import Clone, MakeClone

PROJECT = Path(__file__).parents[1]
BUILD = (
    "import sys; from flit_core import buildapi as b; print(getattr(b, sys.argv[1])(sys.argv[2]))"
)


def tracked(*paths: str, root: Path = PROJECT) -> set[str]:
    """Files below some paths that git knows of."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", *paths]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    return set(filter(None, listed.stdout.split("\0")))


def build(kind: str, source: Path, target: Path) -> Path:
    """Build a wheel or an sdist, as any front end of PEP 517 would."""
    target.mkdir(exist_ok=True)
    command = [sys.executable, "-c", BUILD, f"build_{kind}", str(target)]
    done = subprocess.run(command, cwd=source, check=True, capture_output=True, text=True)
    return target / done.stdout.strip()


@pytest.fixture
def clone(make_clone: MakeClone) -> Clone:
    """A clone without anything that lies about in a developer's checkout."""
    return make_clone()


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_the_package_and_nothing_else(clone: Clone, tmp_path: Path) -> None:
    wheel = build("wheel", clone.folder, tmp_path)
    about = f"wishkit-{__version__}.dist-info"
    parts = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    package = tracked("wishkit", root=clone.folder)
    assert names(wheel) == package | {f"{about}/{part}" for part in parts}
    kinds = (
        "py.typed",
        "queries/*.sql",
        "ledger_versions/*.sql",
        "templates/*",
        "recipes/*.sql",
        "static/*",
    )
    for kind in kinds:
        assert any(Path(name).match(kind) for name in package), kind


def test_the_sdist_makes_the_same_wheel(clone: Clone, tmp_path: Path) -> None:
    sdist = build("sdist", clone.folder, tmp_path)
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    source = tmp_path / sdist.name.removesuffix(".tar.gz")
    # Whoever has it can set up the environment, migrate and test, as from a clone.
    folders = (".ci", "bench", "docs", "requirements", "sql", "tests", "wishkit")
    wanted = tracked(*folders, root=clone.folder)
    wanted |= {"Makefile", "pyproject.toml", "LICENSE", "README.md"}
    assert not {name for name in wanted if not (source / name).is_file()}
    ours = build("wheel", clone.folder, tmp_path / "ours")
    theirs = build("wheel", source, tmp_path / "theirs")
    with zipfile.ZipFile(ours) as one, zipfile.ZipFile(theirs) as other:
        assert {n: one.read(n) for n in one.namelist()} == {
            n: other.read(n) for n in other.namelist()
        }


@dataclass(frozen=True, slots=True)
class Installation:
    """A new environment with wishkit in it.

    Attributes:
        folder: of the environment.
        elsewhere: a folder without a project.
    """

    folder: Path
    elsewhere: Path

    def run(self, *command: str, env: Mapping[str, str] | None = None) -> str:
        """What a program of the environment prints."""
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        done = subprocess.run(
            [str(self.folder / "bin" / command[0]), *command[1:]],
            cwd=self.elsewhere,
            env={**os.environ, "PATH": path, **(env or {})},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(params=["a wheel", pytest.param("the source", marks=pytest.mark.soak)])
def installation(request: pytest.FixtureRequest, clone: Clone, tmp_path: Path) -> Installation:
    """Wishkit as `pip install` leaves it; what it depends on is lent by our own environment."""
    folder, elsewhere = tmp_path / "new venv", tmp_path / "elsewhere"
    elsewhere.mkdir()
    base = Path(sys.executable).resolve()
    subprocess.run([base, "-m", "venv", "--without-pip", folder], check=True)
    packages = next(folder.glob("lib/python3*/site-packages"))
    # A folder named in a .pth is searched, but .pth files in it are not read: our own wishkit.pth
    # is not seen.
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    source = clone.folder
    if request.param == "a wheel":
        source = build("wheel", clone.folder, tmp_path / "dist")
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--quiet",
         "--no-index", "--no-deps", "--no-build-isolation", "--ignore-installed", source],
        check=True,
        cwd=elsewhere,
    )  # fmt: skip
    return Installation(folder, elsewhere)


def test_what_pip_installs_is_whole(installation: Installation, database: str) -> None:
    # The package it runs is the installed one.
    where = installation.run("python", "-c", "import wishkit; print(wishkit.__file__)")
    assert Path(where).is_relative_to(installation.folder)

    version = f"wishkit {__version__}\n"
    assert installation.run("wishkit", "--version") == version
    assert installation.run("python", "-m", "wishkit", "--version") == version
    assert "\nCommands:\n" in installation.run("wishkit", "--help")

    # Templates, queries and the ledger's own versions came along.
    installation.run("wishkit", "init")
    installation.run("wishkit", "new", "add toys")
    pair = installation.elsewhere / "sql" / "migrations" / "0000_add_toys"
    pair.with_suffix(".sql").write_text("-- toys\nCREATE TABLE toys ();\n")
    pair.with_suffix(".rollback.sql").write_text("-- toys\nDROP TABLE toys;\n")
    environment = {"DATABASE_URL": database}
    done = installation.run("wishkit", "migrate", env=environment)
    assert "1 migration applied" in done
    done = installation.run("wishkit", "rollback", "--to", "base", env=environment)
    assert "1 migration rolled back" in done

    # yoyo finds us by our entry point.
    program = (
        "from importlib.metadata import entry_points as e; "
        "print(e(group='yoyo.backends')['wishkit'].load().__module__)"
    )
    assert installation.run("python", "-c", program) == "wishkit.postgres.yoyo_backend\n"

    # pytest finds the plugin, which brings a server, and the migration from above.
    tests = installation.elsewhere / "test_toys.py"
    tests.write_text(
        "def test_toys(wishkit_database, pytestconfig):\n"
        f"    plugin = pytestconfig.pluginmanager.get_plugin('wishkit')\n"
        f"    assert plugin.__file__.startswith({str(installation.folder)!r})\n"
        "    assert wishkit_database.connect().execute('SELECT FROM toys').fetchone() is None\n"
    )
    options = ("-q", "-W", "error", "-p", "no:hypothesispytest")
    assert "1 passed" in installation.run("python", "-m", "pytest", *options)

    # What comes after "wishkit rol" and TAB.
    asked = {"_WISHKIT_COMPLETE": "complete_bash", "COMP_WORDS": "wishkit rol", "COMP_CWORD": "1"}
    assert installation.run("wishkit", env=asked).split() == ["rollback"]


def test_the_version_is_told_in_one_place() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert "version" in project["dynamic"]
    told = {
        name
        for name in tracked("*.py", "*.toml", "*.md", "Makefile")
        if f'"{__version__}"' in (PROJECT / name).read_text(errors="replace")
    }
    assert told == {"wishkit/__init__.py"}


def locked(name: str) -> set[str]:
    """The distributions of a locked file."""
    text = (PROJECT / "requirements" / f"{name}.txt").read_text()
    return set(re.findall(r"^([\w.-]+)==", text, re.MULTILINE))


def test_every_dependency_is_locked_and_accounted_for() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]

    def direct(requirements: list[str]) -> set[str]:
        return {re.split(r"[^\w.-]", text)[0].replace("_", "-") for text in requirements}

    runtime = direct(project["project"]["dependencies"])
    assert runtime <= locked("runtime") <= locked("dev")
    extras = direct(project["project"]["optional-dependencies"]["dashboard"])
    assert extras <= locked("dev")
    assert direct(groups["dev"]) <= locked("dev")
    assert direct(groups["lock"]) == locked("lock")

    told = (PROJECT / "docs" / "dependencies.md").read_text()
    own = re.findall(r"^\| \*\*([\w.-]+)\*\* \|", told, re.MULTILINE)
    others = re.findall(r"^\| (?!package )([\w.-]+) \|", told, re.MULTILINE)
    both = own + others
    assert len(both) == len(set(both)), "told twice"
    wanted = runtime | extras | direct([*groups["dev"], *groups["build"], *groups["lock"]])
    assert set(own) == wanted
    assert set(others) == (locked("dev") | locked("lock")) - wanted
