"""Who runs this, and from where: for the ledger and for pg_stat_activity."""

from __future__ import annotations

import os
import socket
import subprocess

from wishkit import __version__
from wishkit.core.sign import Caller


def application_name(verb: str) -> str:
    """What pg_stat_activity shows; the server cuts it at 63 bytes."""
    return str(Caller(verb, f"{login_name()}@{socket.gethostname()}", os.getpid()))


def origin() -> dict[str, object]:
    """What the ledger keeps of where a run was started."""
    return {
        "user": login_name(),
        "host": socket.gethostname(),
        "version": __version__,
        "commit": git_commit(),
    }


def login_name() -> str:
    """Login name on this machine; the number where the user has no entry there."""
    import getpass  # noqa: PLC0415 - only when something is written

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def git_commit() -> str | None:
    """What is checked out here; "+" when files differ from it; None outside a checkout."""
    try:
        shown = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--dirty=+", "--exclude=*"],  # noqa: S607 - the user's git
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return shown.stdout.strip() or None
