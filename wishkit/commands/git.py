"""What git knows of a folder: what it held at a revision, and which files are not so any more."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from wishkit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = 60


def changed_since(folder: Path, revision: str) -> frozenset[str]:
    """Names of files in a folder that differ from where this branch left a revision.

    Changed, new, or not yet tracked, committed or not; those that are gone are left out.

    Args:
        folder: within a git checkout.
        revision: such as ``origin/main``; the last commit it shares with HEAD counts.

    Raises:
        UsageError: ``no-git``: no checkout, or no git; ``unknown-revision``.
    """
    base = fork_point(folder, revision)
    changed = _git(folder, "diff", "--name-only", "--relative", "--diff-filter=d", "-z", base, ".")
    untracked = _git(folder, "ls-files", "--others", "--exclude-standard", "-z", ".")
    return frozenset(filter(None, (changed + untracked).split("\0")))


def fork_point(folder: Path, revision: str) -> str:
    """The last commit that HEAD shares with a revision.

    Raises:
        UsageError: ``no-git`` or ``unknown-revision``.
    """
    _git(folder, "rev-parse", "--git-dir")
    try:
        return _git(folder, "merge-base", "HEAD", revision).strip()
    except UsageError:
        raise UsageError(
            f'git knows no revision "{revision}" that shares history with HEAD',
            code="unknown-revision",
            help="fetch it first (in CI, checkouts are shallow: fetch-depth: 0)",
        ) from None


def commit_of(folder: Path, revision: str) -> str:
    """The commit that a revision names now.

    Raises:
        UsageError: ``no-git``.
    """
    return _git(folder, "rev-parse", "--verify", f"{revision}^{{commit}}").strip()


def files_at(folder: Path, commit: str, *, suffix: str) -> dict[str, bytes]:
    """The files that a folder held at a commit, by name; those below it are left out.

    Raises:
        UsageError: ``no-git``.
    """
    listed = _git(folder, "ls-tree", "-z", "--name-only", commit).split("\0")
    names = [name for name in listed if name.endswith(suffix)]
    # One process for all of them; its answer is `<object> blob <size>`, the content, a line end.
    answer = subprocess.run(
        ["git", "-C", str(folder), "cat-file", "--batch"],  # noqa: S607 - the user's git
        input="".join(f"{commit}:./{name}\n" for name in names).encode(),
        capture_output=True,
        timeout=_SECONDS,
        check=True,
    ).stdout
    found, at = {}, 0
    for name in names:
        begin = answer.index(b"\n", at) + 1
        end = begin + int(answer[at:begin].rsplit(b" ", 1)[1])
        found[name] = answer[begin:end]
        at = end + 1
    return found


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - the user's git
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"git does not run: {error}", code="no-git") from None
    if done.returncode:
        first, *_ = [*done.stderr.strip().splitlines(), f"git {arguments[0]} failed"]
        raise UsageError(first.removeprefix("fatal: "), code="no-git")
    return done.stdout
