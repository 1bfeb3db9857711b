"""pg_dump and pg_restore: which of those installed fits, and how one is run and listened to."""

from __future__ import annotations

import os
import re
import select
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wishkit.errors import ServerError
from wishkit.postgres.binaries import VARIABLE, output_of, system_folders, wheel_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

TICK = 0.25  # seconds between looks at how far a program is
_KEPT = 200  # lines of what a program says; the last ones matter
_CANCELLED = 10.0  # seconds that a program may take to end when it is told to


@dataclass(frozen=True, slots=True, order=True)
class Tools:
    """pg_dump and pg_restore of one installation; the greater one is the newer.

    Attributes:
        version: major and minor, such as ``(18, 6)``.
        bin: the folder they are in.
    """

    version: tuple[int, int]
    bin: Path

    @property
    def major(self) -> int:
        """The major version."""
        return self.version[0]

    def program(self, name: str) -> str:
        """The path of one of the two."""
        return str(self.bin / name)

    def __str__(self) -> str:
        return f"{self.version[0]}.{self.version[1]} ({self.bin})"


def fitting_tools(
    least: int | None, env: Mapping[str, str] = os.environ, *, what: str = "the server"
) -> Tools:
    """The programs of a major, or the next newer ones: pg_dump refuses a server newer than itself.

    The same major is preferred: what it writes can be restored into a server of that major.

    Args:
        least: the major; None: the newest there is.
        env: the caller's environment variables.
        what: for which they have to do, for messages.

    Raises:
        ServerError: ``dump-too-old``, ``program-not-found``.
    """
    found = list(_installed(env))
    named = f" in {env[VARIABLE]}, which {VARIABLE} names" if env.get(VARIABLE) else ""
    if not found:
        raise ServerError(
            f"there is no pg_dump with its pg_restore{named or ' here'}",
            code="program-not-found",
            help=f"install PostgreSQL's client programs, or point {VARIABLE} at a folder that has "
            "them",
        )
    if least is None:
        return max(found)
    fit = [it for it in found if it.major >= least]
    if not fit:
        raise ServerError(
            f"pg_dump {max(found)} is older than {what}, PostgreSQL {least}",
            code="dump-too-old",
            help=f"install the client programs of PostgreSQL {least} or newer"
            + (f", or let {VARIABLE} name them" if named else f"; {VARIABLE} names their folder"),
        )
    nearest = min(it.major for it in fit)
    return max(it for it in fit if it.major == nearest)


def _installed(env: Mapping[str, str]) -> Iterator[Tools]:
    if named := env.get(VARIABLE):
        folders = [Path(named)]
    else:
        wheel = wheel_folder()
        folders = [*([wheel] if wheel else []), *system_folders(env)]
    # Debian's /usr/bin/pg_dump is a link to a script that chooses one as it likes.
    real = {(folder / "pg_dump").resolve() for folder in folders}
    for program in sorted(real):
        folder = program.parent
        if program.name != "pg_dump" or not os.access(folder / "pg_restore", os.X_OK):
            continue
        answer = output_of([str(program), "--version"]) if os.access(program, os.X_OK) else None
        if match := re.search(r"PostgreSQL\) (\d+)(?:\.(\d+))?", answer or ""):
            yield Tools((int(match[1]), int(match[2] or 0)), folder)


def run_program(
    line: Sequence[str],
    *,
    secrets: Mapping[str, str] | None = None,
    env: Mapping[str, str] = os.environ,
    hear: Callable[[str], None] = lambda _: None,
    tick: Callable[[], None] = lambda: None,
) -> tuple[int, list[str]]:
    """Run one of them to its end; what it makes is for its owner's eyes only.

    Args:
        line: program and arguments.
        secrets: variables on top of those.
        env: the variables it is given.
        hear: is given every line that it says.
        tick: is called a few times a second.

    Returns:
        Its exit status, and the last lines it said.

    Raises:
        ServerError: ``program-not-found``: it cannot be started.
    """
    given = {**env, **(secrets or {}), "LC_ALL": "C"}  # messages that we understand
    said: list[str] = []
    try:
        process = subprocess.Popen(
            line,
            env=given,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,  # an interrupt is ours to hand on
            umask=0o077,
        )
    except OSError as error:
        raise ServerError(
            f"{line[0]} cannot be started: {error.strerror}", code="program-not-found"
        ) from None
    with process:
        try:
            for text in _lines(process, tick):
                said.append(text)
                del said[:-_KEPT]
                hear(text)
            return process.wait(), said
        except BaseException:
            process.terminate()
            try:
                process.wait(_CANCELLED)
            except subprocess.TimeoutExpired:
                process.kill()
            raise


def _lines(process: subprocess.Popen[bytes], tick: Callable[[], None]) -> Iterator[str]:
    """What it says, line by line, with a tick now and then."""
    if process.stderr is None:
        return
    rest, last = b"", time.monotonic()
    while True:
        ready = select.select([process.stderr], [], [], TICK)[0]
        if time.monotonic() - last >= TICK:
            last = time.monotonic()
            tick()
        if not ready:
            continue
        piece = os.read(process.stderr.fileno(), 1 << 16)
        *lines, rest = (rest + piece).split(b"\n")
        yield from (it.decode(errors="replace") for it in lines)
        if not piece:
            if rest:
                yield rest.decode(errors="replace")
            return


def complaints(said: Sequence[str]) -> list[str]:
    """What a program said was wrong, without what it told of its progress."""
    kept: list[str] = []
    following = False
    for line in said:
        words = re.sub(r"^pg_(dump|restore): ", "", line)
        if re.match(r"(error|warning|detail|hint|fatal)\b", words, re.IGNORECASE):
            kept.append(words)
            following = True
        elif words == line and following:  # the rest of a message of several lines
            kept.append(line)
        else:
            following = False
    return kept or list(said[-3:])
