"""A command of the user's, with a time limit; what it prints is its answer."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

from wishkit.core.redact import redact
from wishkit.errors import BackupError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHOWN = 20  # lines of its standard error


def run_hook(command: str, *, variables: Mapping[str, str], seconds: float) -> str:
    """Run a command to its end.

    Args:
        command: as a shell would split it; there is no shell.
        variables: on top of ours.
        seconds: after which it is ended, with everything it started.

    Returns:
        What it printed.

    Raises:
        BackupError: ``hook-failed``, ``hook-timeout``.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise BackupError(f"the command cannot be read: {error}", code="hook-failed") from None
    if not words:
        raise BackupError("the command is empty", code="hook-failed")
    try:
        process = subprocess.Popen(
            words,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise BackupError(
            f"{words[0]} cannot be started: {(error.strerror or str(error)).lower()}",
            code="hook-failed",
            help="it is started without a shell; for a pipeline: --command \"sh -c '…'\"",
            state="nothing was recorded",
        ) from None
    with process:
        try:
            answer, said = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            _end(process)
            raise BackupError(
                f"{words[0]} did not end within {seconds:g} s, and was ended",
                code="hook-timeout",
                help="give it longer: --timeout 30min",
                state="nothing was recorded",
            ) from None
        except BaseException:
            _end(process)
            raise
    if process.returncode:
        raise BackupError(
            f"{words[0]} ended with status {process.returncode}",
            code="hook-failed",
            notes=tuple(redact(line) for line in said.splitlines()[-_SHOWN:]),
            state="nothing was recorded",
        )
    return answer


def _end(process: subprocess.Popen[str]) -> None:
    """It and whatever it started: a session of its own is a group of its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
