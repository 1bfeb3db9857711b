"""The migrations that others have, as git tells; nothing is checked out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.commands.git import commit_of, files_at, fork_point
from wishkit.core.lint.against import Base
from wishkit.core.migration import Migration, pair

if TYPE_CHECKING:
    from pathlib import Path


def read_base(folder: Path, revision: str) -> Base:
    """What a revision has in this folder, and what the commit had where this branch left it.

    Args:
        folder: where the migrations lie; in a git checkout.
        revision: a branch, a tag or a commit.

    Raises:
        UsageError: ``no-git`` or ``unknown-revision``.
    """
    fork, tip = fork_point(folder, revision), commit_of(folder, revision)
    return Base(revision, _migrations(folder, fork), _migrations(folder, tip))


def _migrations(folder: Path, commit: str) -> dict[str, Migration]:
    """Those of a commit, by id; what is wrong there is not ours to tell."""
    files = files_at(folder, commit, suffix=".sql")
    found = pair(files, files.__getitem__, shown_as=commit[:12])
    return {it.id: it for it in found if isinstance(it, Migration)}
