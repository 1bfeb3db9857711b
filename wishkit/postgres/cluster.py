"""Make a PostgreSQL data folder, quickly from a cached one, and tell who can run it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wishkit.errors import ServerError
from wishkit.postgres.account import Account, as_named_account, cache_folder
from wishkit.postgres.binaries import VARIABLE, Binaries, system_binaries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Not "wishkit": a role called as the schema of the ledger would have that schema as its current one
# (search_path "$user"), and every table of its migrations would go there.
ROLE = "postgres"
BUILTIN_PROVIDER = 17  # the first major with --locale-provider=builtin (initdb)
# A server wants some 100 file descriptors; a low soft limit of the caller's shell must not
# stop it.
RAISE_LIMIT = 'ulimit -S -n "$(ulimit -H -n)" 2>/dev/null || ulimit -S -n 4096 2>/dev/null\n'


def server_env(env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of PostgreSQL's processes: nothing of the caller's PG*, locale or zone."""
    kept = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
    return {name: env[name] for name in kept if name in env} | {"LC_ALL": "C", "TZ": "UTC"}


def settings_arguments(settings: Mapping[str, str]) -> list[str]:
    """Settings as arguments of ``postgres``."""
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def initdb_arguments(major: int, locale: str) -> list[str]:
    """How we make a cluster: UTF-8, and a locale that is there on every machine."""
    arguments = ["--encoding=UTF8", f"--username={ROLE}", "--auth=trust", "--no-sync"]
    if major >= BUILTIN_PROVIDER:
        arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return [*arguments, f"--locale={locale}"]


def initdb(binaries: Binaries, account: Account, data: Path) -> None:
    """Make a new cluster in ``data``, a folder that is the account's.

    Raises:
        ServerError: ``server-init-failed``, with what initdb said.
    """
    # Before 17 only libc can offer C.UTF-8, and not every libc does.
    locales = ("C",) if binaries.major >= BUILTIN_PROVIDER else ("C.UTF-8", "C")
    for locale in locales:
        command = [str(binaries.program("initdb")), f"--pgdata={data}"]
        command += initdb_arguments(binaries.major, locale)
        command = as_named_account(account, command)
        done = subprocess.run(
            [
                "/bin/sh",
                "-c",
                f'{RAISE_LIMIT} exec "$@"',
                "sh",
                *as_named_account(account, command),
            ],
            cwd="/",
            env=server_env(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
            umask=0o077,
            **account.switch,
        )
        if done.returncode == 0:
            return
        if "invalid locale" not in done.stdout:
            break
    raise ServerError(
        f"could not make a new {binaries} cluster",
        code="server-init-failed",
        help="if initdb finds no user for this id: add it to /etc/passwd, run as a user that "
        "has an entry there, or name another database with --url",
        notes=(done.stdout.strip(),),
    )


def template_path(binaries: Binaries) -> Path:
    """Where the cache keeps, or shall keep, a ready-made cluster of a build of PostgreSQL."""
    facts = [binaries.version, (binaries.bin / "postgres").stat().st_size]
    facts += [initdb_arguments(binaries.major, "")]
    digest = hashlib.sha256(repr(facts).encode()).hexdigest()[:12]
    return cache_folder() / f"cluster-{binaries.major}.{binaries.version[1]}-{digest}"


def make_template(binaries: Binaries, account: Account, template: Path, workshop: Path) -> None:
    """Make a cluster to copy from; whoever comes second waits for it.

    Args:
        binaries: whose cluster.
        account: who runs initdb.
        template: where it shall be, in one piece or not at all.
        workshop: a path where the account may make the cluster.
    """
    with file_lock(template.with_name(f"{template.name}.lock")):
        if not template.exists():
            initdb(binaries, account, workshop)
            unfinished = template.with_name(f"{template.name}.new")
            shutil.rmtree(unfinished, ignore_errors=True)
            copy_cluster(workshop, unfinished, Account(os.geteuid(), os.getegid()))
            os.sync()
            unfinished.rename(template)


def copy_cluster(source: Path, target: Path, account: Account) -> None:
    """Copy a stopped cluster; the copy is the account's.

    Args:
        source: its data folder.
        target: a path where nothing is yet.
        account: who shall own the copy.
    """
    for folder, _, files in os.walk(source):
        made = target / Path(folder).relative_to(source)
        made.mkdir(mode=0o700)
        account.own(made)
        for name in files:
            shutil.copyfile(f"{folder}/{name}", made / name)
            (made / name).chmod(0o600)
            account.own(made / name)


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold the lock that is a file; waits for whoever has it. The file may be removed meanwhile."""
    while True:
        with path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                same = path.stat().st_ino == os.fstat(file.fileno()).st_ino
            except FileNotFoundError:
                same = False
            if same:
                yield
                return


def major_of(data: Path) -> int:
    """The major version of PostgreSQL that made a data folder.

    Raises:
        ServerError: ``server-foreign-folder``: it is none.
    """
    try:
        return int((data / "PG_VERSION").read_text())
    except (OSError, ValueError):
        raise ServerError(
            f"{data} is not the data folder of a PostgreSQL: it has no PG_VERSION",
            code="server-foreign-folder",
            help="restore it from a copy, or start afresh with: wishkit db destroy",
        ) from None


def check_version(data: Path, binaries: Binaries) -> None:
    """Make sure that ``binaries`` can run the data folder ``data``.

    Raises:
        ServerError: ``server-version``: another major version made it.
    """
    major = major_of(data)
    if major == binaries.major:
        return
    fitting = [other for other in system_binaries() if other.major == major]
    way = (
        f"{VARIABLE}={fitting[0].bin} runs it as it is"
        if fitting
        else f"install PostgreSQL {major} and set {VARIABLE} to its bin folder"
    )
    raise ServerError(
        f"the data in {data} was made by PostgreSQL {major}, but this is {binaries}",
        code="server-version",
        state="the data was not touched",
        help=f"{way}\nor start afresh, without the data: wishkit db destroy",
    )
