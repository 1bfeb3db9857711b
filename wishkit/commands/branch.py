"""The migrations that another commit has, as git tells; nothing is checked out."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from wishkit.core.lint.against import Base
from wishkit.core.migration import Migration, pair
from wishkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def read_base(folder: Path, ref: str) -> Base:
    """What a commit has in this folder, and what the commit had that this branch began with.

    Args:
        folder: where the migrations lie; in a git checkout.
        ref: a branch, a tag or a commit.

    Raises:
        UsageError: ``git-base``: there is no git, no checkout, no such commit, or no common one.
    """
    if ref.startswith("-"):
        raise _error(f'"{ref}" is no commit', "for example: --base origin/main")
    try:
        inside = _git(folder, "rev-parse", "--is-inside-work-tree")
    except OSError as error:
        raise _error(f"git cannot be run: {error.strerror}", "install git") from None
    if inside is None:
        raise _error(f"{folder} is in no git checkout", "run it inside of one")
    tip = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if tip is None:
        raise _error(
            f'git knows no commit "{ref}"',
            "fetch it first: git fetch origin main\nthen, for example: --base origin/main",
        )
    fork = _git(folder, "merge-base", tip.strip(), "HEAD")
    if fork is None:
        raise _error(
            f'git knows no commit that "{ref}" and what is checked out have in common',
            "a shallow clone lacks it: git fetch --unshallow; actions/checkout: fetch-depth: 0",
        )
    return Base(ref, _migrations(folder, fork.strip()), _migrations(folder, tip.strip()))


def _migrations(folder: Path, commit: str) -> dict[str, Migration]:
    """Those of a commit, by id; what is wrong there is not ours to tell."""
    listed = _git(folder, "ls-tree", "-z", "--name-only", commit) or ""
    names = [name for name in listed.split("\0") if name.endswith(".sql")]
    texts = dict(zip(names, _contents(folder, commit, names), strict=True))
    found = pair(names, texts.__getitem__, shown_as=commit[:12])
    return {it.id: it for it in found if isinstance(it, Migration)}


def _contents(folder: Path, commit: str, names: Iterable[str]) -> Iterable[bytes]:
    """The content of files, by one process for all of them."""
    asked = "".join(f"{commit}:./{name}\n" for name in names).encode()
    answer = subprocess.run(
        ["git", "cat-file", "--batch"],  # noqa: S607 - the user's git
        cwd=folder,
        input=asked,
        capture_output=True,
        check=True,
    ).stdout
    at = 0
    while at < len(answer):
        end = answer.index(b"\n", at)  # <object> blob <size>
        size = int(answer[at:end].rsplit(b" ", 1)[1])
        yield answer[end + 1 : end + 1 + size]
        at = end + 1 + size + 1


def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints; None when it says no."""
    done = subprocess.run(
        ["git", *arguments],  # noqa: S607 - the user's git
        cwd=folder,
        capture_output=True,
        check=False,
    )
    return done.stdout.decode("utf-8", "surrogateescape") if done.returncode == 0 else None


def _error(message: str, help_: str) -> UsageError:
    return UsageError(message, code="git-base", help=help_)
