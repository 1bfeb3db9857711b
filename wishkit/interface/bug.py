"""An exception that nobody expected: kept in a log for whoever mends it, told in a few lines."""

from __future__ import annotations

import platform
import shlex
import tempfile
import traceback
from pathlib import Path

from wishkit import __version__
from wishkit.core.redact import redact
from wishkit.errors import WishkitError


def bug_error(error: Exception, arguments: list[str]) -> WishkitError:
    """Write the log and say where it is.

    Args:
        error: what was raised.
        arguments: of the command line.

    Returns:
        What to print; where no log can be written it holds the whole story itself.
    """
    about = (
        f"wishkit {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"wishkit {shlex.join(arguments)}\n\n"
    )
    story = redact(about + "".join(traceback.format_exception(error)))
    name = redact("".join(traceback.format_exception_only(error)).strip())
    notes: tuple[str, ...] = ()
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", prefix="wishkit-bug-", suffix=".log", delete=False
        ) as log:
            log.write(story)
        help_ = f"please report it, with the log: {Path(log.name)}"
    except OSError:
        help_ = "please report it, with the lines above"
        notes = (story,)
    return WishkitError(
        f"this is a bug in wishkit: {name}",
        code="bug",
        help=help_,
        state="wishkit status tells where the database stands",
        notes=notes,
    )
