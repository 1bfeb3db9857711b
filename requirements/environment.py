"""Make .venv exactly what the locked files say: `make` calls this when they differ.

    python3 requirements/environment.py runtime|dev

It needs nothing but the standard library, and is the only thing that writes to .venv. What a file
of the project asks for is done once a copy of that file lies in .venv; before work begins the copy
is emptied. So an environment that was interrupted, or that other locked files made, is known for
what it is, and is made again from nothing.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VENV = Path(".venv")
PYTHON = VENV / "bin" / "python"
RUNTIME = Path("requirements/runtime.txt")
DEV = Path("requirements/dev.txt")
# The package itself, installed so that what is in the checkout is what runs.
PROJECT = Path("pyproject.toml")
WANTED = {"runtime": (RUNTIME, PROJECT), "dev": (RUNTIME, PROJECT, DEV)}
LOCKED = ("--require-hashes", "--requirement")
INSTALL = {
    RUNTIME: [*LOCKED, str(RUNTIME)],
    PROJECT: ["--no-deps", "--no-build-isolation", "--editable", "."],
    DEV: [*LOCKED, str(DEV)],
}
LOG_LINES = 20
INTERRUPTED = 130


class SetupError(Exception):
    """What went wrong, and what to do next."""

    def __init__(self, message: str, help_: str) -> None:
        super().__init__(f"error[environment]: {message}\nhelp: {help_}")


def main(wanted: str) -> None:
    """Have .venv hold what a set asks for.

    Raises:
        SetupError: it cannot.
    """
    os.chdir(Path(__file__).parents[1])
    with alone():
        if all(map(is_done, WANTED[wanted])):
            return
        if not is_sound():
            make_venv()
        for part in WANTED[wanted]:
            if not is_done(part):
                mark(part, b"")
                run([PYTHON, "-m", "pip", "install", *INSTALL[part]], f"pip install of {part}")
                if part == PROJECT:
                    point_to_project()
                mark(part, part.read_bytes())


def marker(part: Path) -> Path:
    """The copy of a file that says what of it is done."""
    return VENV / f".{part.stem}"


def mark(part: Path, content: bytes) -> None:
    """Write the copy, in one piece or not at all."""
    unfinished = marker(part).with_suffix(".new")
    unfinished.write_bytes(content)
    unfinished.replace(marker(part))


def is_done(part: Path) -> bool:
    """Whether .venv holds what a file asks for."""
    return is_executable() and has(part, part.read_bytes())


def has(part: Path, content: bytes) -> bool:
    """Whether the copy of a file is there and is this."""
    return marker(part).exists() and marker(part).read_bytes() == content


def is_executable() -> bool:
    """Whether .venv has a Python; it is a link, and what it points to may have been removed."""
    return os.access(PYTHON, os.X_OK)


def is_sound() -> bool:
    """Whether more can be put on top: no locked set in it is half-made or of another day."""
    return is_done(RUNTIME) and (not marker(DEV).exists() or is_done(DEV))


def make_venv() -> None:
    """An empty environment."""
    if not importlib.util.find_spec("venv") or not importlib.util.find_spec("ensurepip"):
        raise SetupError(
            f"{sys.executable} (Python {platform.python_version()}) came without venv",
            "on Debian and Ubuntu: apt-get install python3-venv\n"
            "or use another Python: make PYTHON=/path/to/python3 …",
        )
    say(f"setting up {VENV} with Python {platform.python_version()}, once: about half a minute")
    stop_server()
    if VENV.exists():
        shutil.rmtree(VENV)
    VENV.mkdir()
    run([sys.executable, "-m", "venv", VENV], "making the environment")


def point_to_project() -> None:
    """Have the environment find the package by a relative path.

    The absolute one that pip writes stops Python from starting at all where it is not ASCII and
    the locale is (site.addpackage reads it in the locale's encoding), and dies with a move.
    """
    for packages in VENV.glob("lib/python3*/site-packages"):
        (packages / "wishkit.pth").write_text(f"{os.path.relpath('.', packages)}\n")


def stop_server() -> None:
    """The embedded server runs from the environment: stop it before its files go."""
    if is_executable() and Path(".wishkit").exists():
        subprocess.run([PYTHON, "-m", "wishkit", "db", "stop"], capture_output=True, check=False)


def run(command: list[str | Path], what: str) -> None:
    """Run a command silently; when it fails, its last words are part of the error."""
    ours = {"PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIREMENT"}
    env = {name: value for name, value in os.environ.items() if name not in ours}
    env |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_USER": "0", "PIP_NO_INPUT": "1"}
    with tempfile.TemporaryFile() as log:
        # The lock's file stays open in the command: whoever comes after an interrupted make waits
        # until pip, too, has ended.
        status = subprocess.run(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            close_fds=False,
            check=False,
        ).returncode
        log.seek(0)
        lines = log.read().decode(errors="replace").splitlines()
    if status:
        sys.stderr.writelines(f"  {line}\n" for line in lines[-LOG_LINES:])
        raise SetupError(
            f"{what} failed (exit status {status}); its last words are above",
            "is the package index reachable? PIP_INDEX_URL and PIP_FIND_LINKS name others\n"
            "what is half-made is made again next time",
        )


@contextmanager
def alone() -> Iterator[None]:
    """Wait until nobody else works on .venv; the project's folder itself is what is locked."""
    folder = os.open(".", os.O_RDONLY)
    os.set_inheritable(folder, True)  # noqa: FBT003 - as os has it
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another make that sets up {VENV}")
            fcntl.flock(folder, fcntl.LOCK_EX)
        except OSError:
            pass  # a network file system that cannot lock folders
        yield
    finally:
        os.close(folder)


def say(text: str) -> None:
    """A line of progress."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except SetupError as error:
        say(str(error))
        sys.exit(2)
    except OSError as error:
        say(f"error[environment]: cannot make {VENV}: {error.filename}: {error.strerror}")
        say("help: the project's folder must be writable, and everything in .venv your own")
        sys.exit(2)
    except KeyboardInterrupt:
        say(f"interrupted: {VENV} is made again next time")
        sys.exit(INTERRUPTED)
