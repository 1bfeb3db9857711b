"""Files put in place and migrations recorded: both, or neither."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wishkit.commands.mark import exchange
from wishkit.commands.template import template
from wishkit.commands.workspace import shown
from wishkit.config import FILE_NAME
from wishkit.errors import MigrationFileError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wishkit.commands.adoption.result import Adoption
    from wishkit.commands.workspace import Workspace


def carry_out(
    workspace: Workspace,
    adoption: Adoption,
    files: Mapping[str, bytes],
    applied: Sequence[str],
    gone: Sequence[str],
    *,
    reason: str,
) -> Adoption:
    """Write the files, then record what is applied; when that fails, the files go again.

    Args:
        workspace: project and database.
        adoption: as it was planned.
        files: by name; ``verify/…`` goes beside the migrations, all others among them.
        applied: ids to record as applied.
        gone: ids under which the ledger had some of them until now.
        reason: for the ledger.

    Raises:
        MigrationFileError: ``unwritable``: a file is there already, or cannot be made.
        WishkitError: the ledger cannot be written. In both cases nothing was changed.
    """
    written: list[Path] = []
    try:
        for name, text in files.items():
            folder = workspace.config.sql if name.startswith("verify/") else workspace.folder
            _write(folder / name, text, written)
        hints = _configured(adoption, written)
        recorded: tuple[str, ...] = ()
        if applied or gone:
            done = exchange(workspace, gone, applied, reason=reason)
            recorded = tuple(it.id for it in done.changes if it.what in {"marked", "text"})
    except BaseException:
        for path in written:
            with suppress(OSError):
                path.unlink()
        raise
    hints.append("wishkit status shows where the database stands; wishkit check compares it again")
    paths = tuple(shown(it) for it in written)
    return replace(
        adoption, outcome="adopted", written=paths, recorded=recorded, hints=tuple(hints)
    )


def _write(path: Path, text: bytes, written: list[Path]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            written.append(path)
            file.write(text)
    except OSError as error:
        raise MigrationFileError(
            f"cannot write {shown(path)}: {(error.strerror or str(error)).lower()}",
            code="unwritable",
            state="nothing was changed",
        ) from None


def _configured(adoption: Adoption, written: list[Path]) -> list[str]:
    """What the other tool made for itself is no drift: said in wishkit.toml, if there is none."""
    if not adoption.ignore:
        return []
    if adoption.configuration is None:
        text = f"{template(FILE_NAME)}\n{adoption.ignore}"
        _write(Path(FILE_NAME), text.encode(), written)
        return []
    return [f"put the [[drift.ignore]] above into {adoption.configuration}: check asks for it"]
