"""Who a server's processes run as, and folders that account can use and nobody else can forge."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from wishkit.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Mapping

NOBODY = 65534
# initdb looks its user up by name and gives up without one (src/bin/initdb/initdb.c, get_id).
# A user namespace shows it the same account under a uid that has a name: user_namespaces(7).
NAMESPACE = """
import ctypes, os, sys
uid, gid = os.geteuid(), os.getegid()
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000):
    sys.exit(f"unshare: {os.strerror(ctypes.get_errno())}")
for name, text in (
    ("setgroups", "deny"),
    ("uid_map", f"{sys.argv[1]} {uid} 1"),
    ("gid_map", f"{gid} {gid} 1"),
):
    with open(f"/proc/self/{name}", "w") as file:
        file.write(text)
os.execv(sys.argv[2], sys.argv[2:])
"""


class Switch(TypedDict, total=False):
    """The arguments of `subprocess.Popen` that change who a process runs as."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """The user and group ids that PostgreSQL's processes run as."""

    uid: int
    gid: int

    @property
    def switch(self) -> Switch:
        """How to start a process as this account; empty when we are it already."""
        if os.geteuid() == self.uid:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    @property
    def name(self) -> str:
        """The account's name, or its number where it has none."""
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)

    def may(self, test: str, path: Path) -> bool:
        """Whether the account passes ``test -<test>`` for ``path``: parents count too."""
        if not self.switch:
            return os.access(path, {"w": os.W_OK | os.X_OK, "x": os.X_OK}[test])
        done = subprocess.run(
            ["/bin/sh", "-c", f'test -x "$1" && test -{test} "$1"', "sh", str(path)],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            **self.switch,
        )
        return done.returncode == 0

    def own(self, path: Path) -> None:
        """Hand over a file or folder that we have just created ourselves."""
        if self.switch:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def keeper_of(path: Path) -> Account:
    """Who shall own what we make at ``path``: ourselves, or, as root, the owner of what is there.

    Args:
        path: absolute; the nearest of its parents that exists counts.
    """
    if os.geteuid() == 0:
        found = next(folder for folder in [path, *path.parents] if folder.exists()).stat()
        return Account(found.st_uid, found.st_gid)
    return Account(os.geteuid(), os.getegid())


def choose_account(keeper: Account | None = None) -> Account:
    """Who to run PostgreSQL as: ``keeper``, or nobody where that is root, whom it refuses.

    Args:
        keeper: by default ourselves.
    """
    keeper = keeper or Account(os.geteuid(), os.getegid())
    if keeper.uid != 0:
        return keeper
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return Account(NOBODY, NOBODY)
    return Account(nobody.pw_uid, nobody.pw_gid)


def as_named_account(account: Account, command: list[str]) -> list[str]:
    """``command`` changed so that it also works for an account without a passwd entry."""
    try:
        pwd.getpwuid(account.uid)
    except KeyError:
        named = next((entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid != 0), None)
        if named is not None and sys.platform == "linux":
            return [sys.executable, "-I", "-S", "-c", NAMESPACE, str(named), *command]
    return command


def make_folders(path: Path, account: Account, mode: int) -> None:
    """Make a folder and the parents it lacks; what is made is the account's, what was there stays.

    Args:
        path: the folder.
        account: who shall own what is made.
        mode: of the folder itself. Where others shall pass through it, or the account is not
            ourselves, the parents made get 0755, whatever the umask.
    """
    for folder in [*reversed(path.parents), path]:
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        if folder == path:
            folder.chmod(mode)
        elif account.switch or mode & stat.S_IXOTH:
            folder.chmod(0o755)
        account.own(folder)


def private_folder(path: Path, account: Account) -> bool:
    """Make ``path`` a folder only ``account`` can use, or see that it is one already.

    Returns:
        False when somebody else made it first, or others may write to it: in a shared folder
        such as /tmp any name can have been taken.
    """
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        found = path.lstat()
        return (
            stat.S_ISDIR(found.st_mode)
            and found.st_uid == account.uid
            and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        )
    account.own(path)
    return True


def cache_folder(env: Mapping[str, str] = os.environ) -> Path:
    """Our own folder for what can be made again, under the user's cache or temporary folder.

    A home that is missing, not writable, or (under sudo) somebody else's is passed over; so is
    one below a folder that is closed to us, which tells nothing of what is in it.
    """
    me = Account(os.geteuid(), os.getegid())
    homes = [env[name] + rest for name, rest in (("XDG_CACHE_HOME", ""), ("HOME", "/.cache"))
             if env.get(name, "").startswith("/")]  # fmt: skip
    for home in map(Path, homes):
        try:
            existing = next(folder for folder in [home, *home.parents] if folder.exists())
            if existing.stat().st_uid == me.uid and os.access(existing, os.W_OK | os.X_OK):
                make_folders(home, me, 0o700)
                if private_folder(home / "wishkit", me):
                    return home / "wishkit"
        except OSError:
            continue
    shared = Path(tempfile.gettempdir()) / f"wishkit-cache-{me.uid}"
    if private_folder(shared, me):
        return shared
    raise ServerError(
        f"{shared} belongs to somebody else or others may write to it",
        code="server-unsafe-folder",
        help="remove it, or set XDG_CACHE_HOME to a folder of your own",
    )
