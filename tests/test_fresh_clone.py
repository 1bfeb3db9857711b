"""From a fresh clone to a migrated database with nothing but Python and make."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.plugins.checkout import finish
from wishkit.postgres.account import Account

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.plugins.checkout import Clone, MakeClone
    from tests.plugins.project import Outcome

ROOT = os.geteuid() == 0
STRANGER = Account(54321, 54321)  # has no passwd entry
# Where root can become somebody who may not write everywhere; else that is who we are.
SOMEBODY = STRANGER if ROOT else Account(os.geteuid(), os.getegid())
AWKWARD = "fri sch 'geklönt' ✓"
NUMBERS = [f"{number:04}" for number in range(14)]


def applied(outcome: Outcome) -> list[str]:
    """The numbers in the table of what was done."""
    return re.findall(r"^(\d{4})_", outcome.stdout, re.MULTILINE)


def assert_migrated(outcome: Outcome) -> None:
    assert outcome.status == 0, outcome.stderr
    assert applied(outcome) == NUMBERS
    assert re.search(
        r"^14 migrations applied in .*\nthe database is at 0013_", outcome.stdout, re.MULTILINE
    )


def assert_idle(outcome: Outcome) -> None:
    assert outcome.status == 0, outcome.stderr
    assert outcome.stdout.startswith("nothing to do: the database is at 0013_")


def until(condition: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def locked(file: Path) -> dict[str, str]:
    """Names and versions that a locked file wants on this system."""
    lines = re.findall(r"^([\w.-]+)==(\S+)([^\\]*)", file.read_text(), re.MULTILINE)
    return {name: version for name, version, only in lines if "win32" not in only}


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skips where no package index can be reached: there is nothing then to install from."""
    venv = tmp_path_factory.mktemp("index")
    target = ["--target", str(venv), "--no-deps", "--retries", "0", "--timeout", "15"]
    command = ["python3", "-m", "pip", "install", "--quiet", *target, "zipp"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no package index within reach: {done.stderr.strip()[-200:]}")


def test_without_an_index_it_fails_and_says_so(make_clone: MakeClone) -> None:
    clone = make_clone()
    failed = clone.make("migrate", env={"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": None})
    assert failed.status == 2
    assert "No matching distribution found" in failed.stderr
    assert "error[environment]: pip install of requirements/runtime.txt failed" in failed.stderr
    assert "help: is the package index reachable?" in failed.stderr
    assert not (clone.folder / ".wishkit").exists()
    # What is half-made is not taken for whole.
    again = clone.make("migrate", "PYTHONS=none", env={"PYTHON": None})
    assert "error[python]" in again.stderr


@pytest.mark.soak  # the one below makes everything from nothing too
@pytest.mark.usefixtures("index")
def test_everything_from_nothing_killed_once_and_then_two_at_once(make_clone: MakeClone) -> None:
    clone = make_clone(AWKWARD, mode=0o700)
    venv = clone.folder / ".venv"

    # Killed half-way: there is a Python already, and pip has begun.
    with clone.start("migrate") as killed:
        until(lambda: any(venv.glob("lib/*/site-packages/pip")))
        os.killpg(killed.pid, signal.SIGKILL)
        finish(killed)

    both = [clone.start("migrate", umask=0o077) for _ in range(2)]
    outcomes = [finish(process) for process in both]
    told = "".join(outcome.stderr for outcome in outcomes)
    assert [outcome.status for outcome in outcomes] == [0, 0], told
    assert sorted(number for outcome in outcomes for number in applied(outcome)) == NUMBERS
    assert told.count("setting up .venv") == 1
    assert told.count("waiting for another make") == 1
    assert not re.search("warning|notice|pip", told, re.IGNORECASE)

    packages = next(venv.glob("lib/*/site-packages"))
    made = packages.stat().st_mtime_ns
    again = clone.make("migrate")
    assert_idle(again)
    assert "setting up" not in again.stderr
    assert packages.stat().st_mtime_ns == made
    assert installed(clone) == locked(clone.folder / "requirements/runtime.txt")


def installed(clone: Clone) -> dict[str, str]:
    """Names and versions in the environment, but for what every venv has and ourselves."""
    command = [".venv/bin/python", "-m", "pip", "list", "--format=freeze", "--exclude=wishkit"]
    listed = subprocess.run(
        [*command, "--exclude=pip", "--exclude=setuptools"],
        cwd=clone.folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return {k.replace("_", "-").lower(): v for k, v in re.findall(r"(\S+)==(\S+)", listed)}


@pytest.mark.skipif(not ROOT, reason="only root can become somebody else")
@pytest.mark.usefixtures("index")
def test_everything_from_nothing_for_somebody_without_name_home_or_locale(
    make_clone: MakeClone,
) -> None:
    clone = make_clone(AWKWARD, account=STRANGER)
    temporary = clone.folder / ("t" * 120)
    clone.run("mkdir", str(temporary))
    hostile = {"HOME": None, "LC_ALL": "tr_TR.UTF-8", "LANG": "xx_YY", "TMPDIR": str(temporary)}
    assert_migrated(clone.make("migrate", env=hostile, umask=0o077))
    assert_idle(clone.make("migrate", env=hostile, umask=0o077))


def test_every_target_of_the_database(make_clone: MakeClone) -> None:
    clone = make_clone().furnish()
    assert clone.make("status").stdout.count(" pending ") == 14
    migrated = clone.make("migrate")
    assert_migrated(migrated)
    assert_idle(clone.make("migrate"))

    shown = re.search("^connect with: (psql .*)$", migrated.stdout, re.MULTILINE)
    assert shown
    program, url = shlex.split(shown[1])
    asked = clone.make("psql", f"ARGS=-XAtc 'SELECT count(*) FROM wishlist_items' '{url}'")
    assert (program, asked.stdout) == ("psql", "0\n")

    back = clone.make("rollback", "TO=0006")
    assert back.status == 0, back.stderr
    assert applied(back) == NUMBERS[:6:-1]
    planned = clone.make("plan", "ARGS=--sql")
    assert "CREATE TABLE wishlist_items" in planned.stdout
    asked = clone.make("psql", "ARGS=-XAtc \"SELECT to_regclass('wishlist_items') IS NULL\"")
    assert asked.stdout == "t\n"
    partly = clone.make("migrate", "ARGS=--to 0007")
    assert applied(partly) == ["0007"]
    assert clone.make("status").stdout.count(" pending ") == 6

    where = clone.make("rollback")
    assert where.status == 2
    assert "make rollback TO=0006" in where.stderr

    gone = clone.make("destroy", "ARGS=--yes")
    assert gone.status == 0, gone.stderr
    assert not (clone.folder / ".wishkit" / "pg").exists()


def test_clean_keeps_the_database_and_leaves_no_process(make_clone: MakeClone) -> None:
    clone = make_clone().furnish()
    clone.make("migrate")
    cleaned = clone.make("clean")
    assert (cleaned.status, cleaned.stderr) == (0, "")
    assert not (clone.folder / ".venv").exists()
    assert clone.make("clean").status == 0
    clone.furnish()
    assert_idle(clone.make("migrate"))


def test_tests_run_and_git_sees_nothing_of_it(make_clone: MakeClone) -> None:
    clone = make_clone("a clone").furnish()
    tested = clone.make("test", "TESTS=tests/test_config.py", "WORKERS=1", "ARGS=-k duration")
    assert tested.status == 0, tested.stdout
    assert re.search(r"^=+ \d+ passed", tested.stdout.splitlines()[-1])
    clone.make("migrate")
    clone.run("git", "-c", "safe.directory=*", "diff", "--exit-code")
    status = ["git", "-c", "safe.directory=*", "status", "--porcelain"]
    assert subprocess.check_output(status, cwd=clone.folder) == b""


@pytest.mark.parametrize(
    "env",
    [
        pytest.param({"LC_ALL": "tr_TR.UTF-8", "HOME": None}, id="no such locale, no HOME"),
        pytest.param(
            {
                "LANG": "C",
                "LC_ALL": None,
                "HOME": "/proc/self",
                "PYTHONPATH": "tests",
                "PYTHONHOME": "/nowhere",
            },
            id="C locale, a HOME that cannot be written, another Python's variables",
            marks=pytest.mark.soak,
        ),
        pytest.param(
            {
                "LC_ALL": "POSIX",
                "PYTHONCOERCECLOCALE": "0",
                "PYTHONUTF8": "0",
                "HOME": "relative",
                "TMPDIR": "t" * 100,  # below the test's own
            },
            id="ASCII only, a HOME that is no path, a long TMPDIR",
        ),
        pytest.param(
            {
                "PYTHONIOENCODING": "latin-1",
                "TMPDIR": "/nowhere",
                "PGUSER": "x",
                "PGSSLMODE": "require",
                "PGTZ": "Asia/Tokyo",
            },
            id="Latin-1, no TMPDIR, libpq's variables",
            marks=pytest.mark.soak,
        ),
    ],
)
def test_a_hostile_environment(
    make_clone: MakeClone, tmp_path: Path, env: Mapping[str, str | None]
) -> None:
    temporary = tmp_path / (env.get("TMPDIR") or "")  # an absolute one stays as it is
    if temporary.is_relative_to(tmp_path):
        temporary.mkdir(exist_ok=True)
    env = {**env, "TMPDIR": str(temporary)}
    clone = make_clone(AWKWARD).furnish()
    assert_migrated(clone.make("migrate", env=env, umask=0o077))
    status = clone.make("status", env=env, umask=0o077)
    assert status.stdout.count(" applied ") == 14


def test_two_migrations_at_once(make_clone: MakeClone) -> None:
    clone = make_clone().furnish()
    outcomes = [finish(process) for process in [clone.start("migrate") for _ in range(3)]]
    assert [outcome.status for outcome in outcomes] == [0, 0, 0], outcomes
    assert sorted(number for outcome in outcomes for number in applied(outcome)) == NUMBERS


@pytest.mark.skipif(not ROOT, reason="only root can enter other people's folders")
def test_root_in_the_clone_of_somebody(make_clone: MakeClone) -> None:
    theirs = make_clone(account=STRANGER, mode=0o700).furnish()
    # As under `sudo -u` or setpriv: HOME is still root's, which nobody else may enter.
    assert_migrated(theirs.make("migrate", env={"HOME": "/root"}))
    ours = type(theirs)(theirs.folder, Account(0, 0), theirs.python)
    assert_idle(ours.make("migrate"))
    assert_idle(theirs.make("migrate"))


def test_a_checkout_that_cannot_be_written(make_clone: MakeClone) -> None:
    clone = make_clone(account=SOMEBODY)
    clone.folder.chmod(0o555)
    try:
        refused = clone.make("migrate")
    finally:
        clone.folder.chmod(0o755)
    assert refused.status == 2
    assert "error[environment]: " in refused.stderr
    assert "the project's folder must be writable" in refused.stderr
    assert "Traceback" not in refused.stderr


def fake_python(folder: Path, script: str) -> Path:
    path = folder / "python3"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_a_python_that_is_too_old(make_clone: MakeClone, tmp_path: Path) -> None:
    old = 'case "$1" in -V) echo Python 3.9.2;; *) exit 1;; esac'
    refused = make_clone().make("migrate", env={"PYTHON": str(fake_python(tmp_path, old))})
    assert refused.status == 2
    assert "wishkit needs Python 3.11 or newer" in refused.stderr
    assert "is Python 3.9.2" in refused.stderr
    assert "make PYTHON=" in refused.stderr


def test_no_python_at_all(make_clone: MakeClone) -> None:
    clone = make_clone()
    refused = clone.make("migrate", "PYTHONS=nothing-of-this-name", env={"PYTHON": None})
    assert refused.status == 2
    assert "nothing-of-this-name is not there" in refused.stderr


def test_a_newer_python_beside_one_that_is_too_old_is_found(
    make_clone: MakeClone, tmp_path: Path
) -> None:
    clone = make_clone().furnish()
    (clone.folder / ".venv" / ".runtime").touch()
    with (clone.folder / ".venv" / ".pyproject").open("w") as stamp:
        stamp.write("of another day")
    old = fake_python(tmp_path, "exit 1")
    done = clone.make("runtime", f"PYTHONS={old} {clone.python}", env={"PYTHON": None})
    assert done.status == 0, done.stderr


def test_a_python_without_venv(make_clone: MakeClone, tmp_path: Path) -> None:
    """As Debian's python3 is without python3-venv: it lacks ensurepip."""
    clone = make_clone()
    program = (
        "import runpy, sys; sys.modules['ensurepip'] = None; sys.argv = sys.argv[1:]; "
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    script = f"""
case "$1" in -I) shift; exec {clone.python} -c "{program}" "$@";; esac
exec {clone.python} "$@"
"""
    refused = clone.make("migrate", env={"PYTHON": str(fake_python(tmp_path, script))})
    assert refused.status == 2
    assert "came without venv" in refused.stderr
    assert "apt-get install python3-venv" in refused.stderr


@pytest.mark.usefixtures("index")
@pytest.mark.soak
def test_locking_again_changes_nothing(make_clone: MakeClone) -> None:
    clone = make_clone("lock here")
    done = clone.make("lock")
    assert done.status == 0, done.stderr
    status = ["git", "-c", "safe.directory=*", "status", "--porcelain"]
    assert subprocess.check_output(status, cwd=clone.folder) == b""


@pytest.mark.parametrize("name", ["runtime", "dev", "lock"])
def test_locked_files_hold_hashes_and_no_place(name: str) -> None:
    text = Path(__file__).parents[1].joinpath("requirements", f"{name}.txt").read_text()
    assert "://" not in text
    assert "index-url" not in text
    pins = re.findall(r"^\S+==\S+.*\\\n    --hash=sha256:", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^\w", text, re.MULTILINE)) > 0


def test_help_tells_every_target() -> None:
    makefile = Path(__file__).parents[1] / "Makefile"
    done = subprocess.run(["make", "-f", makefile, "help"], capture_output=True, text=True)  # noqa: PLW1510
    targets = set(re.findall(r"^\.PHONY: (.*)$", makefile.read_text(), re.MULTILINE))
    told = set(re.findall(r"^  make (\S+) +\w", done.stdout, re.MULTILINE))
    assert told == targets - {"runtime dev"}
