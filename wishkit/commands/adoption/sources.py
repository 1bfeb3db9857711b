"""The files of another tool, and the programs that have to be run for them."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wishkit.commands.workspace import shown
from wishkit.core.adoption.model import Folder
from wishkit.core.script import Script
from wishkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wishkit.core.adoption.model import Command, Tool

# Folders that hold other people's files.
_SKIPPED = {"node_modules", "__pycache__", "venv", "site-packages", "target", "build"}


def folder_of(tool: Tool, named: str | None) -> Path:
    """Where the other tool's files are: as named, or the first of the usual places.

    Raises:
        UsageError: ``foreign-folder``.
    """
    if named is not None:
        path = Path(named)
        if path.is_dir():
            return path
        raise _no_folder(f"{named} is no folder", tool)
    for usual in tool.usual:
        path = Path(usual)
        if path.is_dir() and any(it.endswith(tool.suffixes) for it in _paths(path)):
            return path
    tried = ", ".join("here" if it == "." else it for it in tool.usual)
    raise _no_folder(f"where are the files of {tool.name}? None of these has any: {tried}", tool)


def _no_folder(message: str, tool: Tool) -> UsageError:
    return UsageError(
        message,
        code="foreign-folder",
        help=f"name their folder: wishkit adopt --from {tool.name} FOLDER",
    )


def read_files(tool: Tool, path: Path, program: Sequence[str]) -> Folder:
    """The files, with what the other tool's own program has to say.

    Args:
        tool: which one.
        path: its folder.
        program: what runs its commands; its usual name when empty.

    Raises:
        UsageError: ``foreign-folder``: a file cannot be read; ``foreign-command``.
    """
    name = shown(path)
    files = {}
    for relative in _paths(path):
        if relative.endswith(tool.suffixes):
            at = relative if name == "." else os.path.join(name, relative)  # noqa: PTH118 - a text
            try:
                files[relative] = Script(at, (path / relative).read_bytes())
            except OSError as error:
                message = f"cannot read {at}: {(error.strerror or str(error)).lower()}"
                raise _no_folder(message, tool) from None
    folder = Folder(name, files)
    home = next((it for it in _upwards(path) if tool.home and (it / tool.home).is_file()), path)
    while commands := tool.commands(folder):
        told = dict(folder.files)
        for command in commands:
            told |= _run(program or tool.program, command, home)
        folder = replace(folder, files=told)
    return folder


def _run(program: Sequence[str], command: Command, home: Path) -> dict[str, Script]:
    words = [*program, *command.arguments]
    line = " ".join(words)
    try:
        done = subprocess.run(words, cwd=home, stdin=subprocess.DEVNULL, capture_output=True)  # noqa: PLW1510 - its status is looked at
    except OSError as error:
        raise UsageError(
            f"cannot run {program[0]}: {(error.strerror or str(error)).lower()}",
            code="foreign-command",
            help=f"it is needed for `{line}`; say how it is called here, for example "
            f'--with "poetry run {program[0]}"',
        ) from None
    if done.returncode:
        return {
            f"{command.into}~": Script.normalise(line, done.stdout),
            f"{command.into}!": Script.normalise(line, done.stderr),
        }
    return {command.into: Script.normalise(line, done.stdout)}


def _paths(path: Path) -> list[str]:
    """All files below a folder, with ``/`` between the parts; none of hidden folders."""
    found = []
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(it for it in folders if it[0] != "." and it not in _SKIPPED)
        at = Path(folder).relative_to(path)
        found += [(at / name).as_posix() for name in names if name[0] != "."]
    return sorted(found)


def _upwards(path: Path) -> list[Path]:
    whole = path.resolve()
    return [whole, *whole.parents]
