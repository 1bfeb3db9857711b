"""Begin a project: the folders and files wishkit expects, none of them overwritten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from wishkit.commands.template import template
from wishkit.commands.workspace import DATA_FOLDER, shown
from wishkit.config import FILE_NAME
from wishkit.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from wishkit.config import Config

Outcome = Literal["created", "extended", "kept"]

# make takes the first of them that is there (GNU make manual, "What Name to Give Your Makefile").
MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
OUR_MAKEFILE = "Makefile.wishkit"
WORKFLOW = ".github/workflows/migrations.yml"  # where GitHub looks for it; of no harm elsewhere


@dataclass(frozen=True, slots=True)
class Laid:
    """One file of the project.

    Attributes:
        path: as the user would name it.
        outcome: created, extended by a line, or kept as it was.
    """

    path: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Project:
    """What ``init`` came to.

    Attributes:
        files: in the order they are worth reading.
        hints: what is left to do by hand.
    """

    files: tuple[Laid, ...]
    hints: tuple[str, ...]


def init(config: Config, root: Path) -> Project:
    """Make what is missing of a project.

    Args:
        config: says where an existing wishkit.toml wants the SQL.
        root: the project's folder.

    Raises:
        ConfigError: ``unwritable``: a file cannot be made.
    """
    ours = config.path is not None and config.path.parent.resolve() == root.resolve()
    sql = config.sql if ours else root / "sql"
    makefile, hints = _makefile(root)
    texts = {
        root / FILE_NAME: template(FILE_NAME),
        sql / "README.md": template("README.md"),
        sql / "migrations" / ".gitkeep": "",
        makefile: template("Makefile"),
        root / WORKFLOW: template("migrations.yml"),
    }
    try:
        files = [Laid(shown(path), _make(path, text)) for path, text in texts.items()]
        ignore = root / ".gitignore"
        files.append(Laid(shown(ignore), _ignore(ignore)))
    except OSError as error:
        raise ConfigError(
            f"cannot write {error.filename}: {(error.strerror or str(error)).lower()}",
            code="unwritable",
            state="what was made before it stays; run it again when the folder can be written",
        ) from None
    return Project(tuple(files), tuple(hints))


def _make(path: Path, text: str) -> Outcome:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return "kept"
    return "created"


def _makefile(root: Path) -> tuple[Path, list[str]]:
    """Where the targets go, and what is left to do: a Makefile that is there is not ours."""
    existing = next((root / name for name in MAKEFILES if (root / name).exists()), None)
    if existing is None:
        return root / "Makefile", []
    if "wishkit" in existing.read_text(encoding="utf-8", errors="replace"):
        return existing, []
    hint = f"add this line to {existing.name}: include {OUR_MAKEFILE}"
    return root / OUR_MAKEFILE, [hint]


def _ignore(path: Path) -> Outcome:
    """Have git not see the embedded server."""
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else None
    if text is None:
        return _make(path, f"/{DATA_FOLDER}/\n")
    if DATA_FOLDER in (line.strip().strip("/") for line in text.splitlines()):
        return "kept"
    with path.open("a", encoding="utf-8") as file:
        file.write(("" if text.endswith("\n") or not text else "\n") + f"/{DATA_FOLDER}/\n")
    return "extended"
