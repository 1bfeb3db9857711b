"""The same pages as files: for an artefact of CI, or to send to somebody."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from wishkit.errors import UsageError
from wishkit.interface.dashboard.app import static_files
from wishkit.interface.dashboard.links import file_of
from wishkit.interface.dashboard.pages import Pages

if TYPE_CHECKING:
    from wishkit.commands.board import Board

_MARK = ".wishkit-dashboard"  # tells a folder that holds an export, and nothing else


def export_to(folder: str, board: Board) -> int:
    """Write all pages; an earlier export in the folder goes.

    Args:
        folder: new, empty, or of an earlier export.
        board: what was seen.

    Returns:
        The number of pages.

    Raises:
        UsageError: ``export-folder``: it holds other things, or cannot be written.
    """
    place = Path(folder)
    try:
        refuse_foreign(place)
        place.mkdir(parents=True, exist_ok=True)
        for old in place.iterdir():
            shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
        (place / _MARK).touch()
        pages = Pages(build="", files=True)
        for path in pages.paths(board):
            file = place / file_of(path)
            file.parent.mkdir(exist_ok=True)
            file.write_text(pages.page(board, path) or "", encoding="utf-8")
        (place / "static").mkdir(exist_ok=True)
        for name, content in static_files().items():
            if not name.endswith(".js"):
                (place / "static" / name).write_bytes(content)
    except OSError as error:
        raise UsageError(
            f"{error.filename or folder} cannot be written: {error.strerror or error}",
            code="export-folder",
            help="name a folder that you may write to",
        ) from None
    return len(pages.paths(board))


def refuse_foreign(place: Path) -> None:
    """Leave alone what somebody else put there.

    Raises:
        UsageError: ``export-folder``.
        OSError: it cannot be read.
    """
    if not place.exists() and not place.is_symlink():
        return
    if place.is_dir() and ((place / _MARK).is_file() or not any(place.iterdir())):
        return
    raise UsageError(
        f"{place} holds other things" if place.is_dir() else f"{place} is no folder",
        code="export-folder",
        help="name a new folder, an empty one, or one of an earlier export",
        state="nothing was written",
    )
