"""docs/format.md says what is so: its examples work, its codes exist, its checksum is ours."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from wishkit.core.batches import batches
from wishkit.core.header import BACKWARD_KEYS, FORWARD_KEYS
from wishkit.core.migration import read_folder
from wishkit.core.script import BOM, Script

DOCS = Path(__file__).parents[1] / "docs"
TEXT = (DOCS / "format.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def table(title: str) -> list[list[str]]:
    """The rows of the table whose first column has this title."""
    lines = TEXT[TEXT.index(f"| {title} |") :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("sql", blocks("sql"))
def test_the_examples_are_migrations(sql: str) -> None:
    script = Script("0014_index_prices.sql", sql.encode())
    assert batches(script, transactional="transactional: false" not in sql)


def test_the_directives_are_those_there_are() -> None:
    rows = table("directive")
    assert {row[0].strip("`") for row in rows} == {*FORWARD_KEYS}
    assert {row[0].strip("`") for row in rows if row[3] == "yes"} == {*BACKWARD_KEYS}


def test_every_code_is_one_that_errors_md_explains() -> None:
    known = re.findall(r"^\| `([a-z0-9-]+)` \|", (DOCS / "errors.md").read_text(), re.MULTILINE)
    named = {code for group in re.findall(r"\[(`[^\]]*`)\]", TEXT) for code in group.split(", ")}
    named |= {row[1] for row in table("statement")}
    assert len(named) > 20
    assert {code.strip("`") for code in named} <= {*known}


# The short command is for files without a byte order mark and CR; the long one is for any.
COMMANDS = [(sh, plain) for sh in blocks("sh") for plain in (True, False) if plain or "sed" in sh]


@pytest.mark.parametrize(("command", "plain"), COMMANDS)
def test_the_checksum_can_be_computed_by_hand(command: str, tmp_path: Path, *, plain: bool) -> None:
    start, end = (b"", b"\n") if plain else (BOM, b"\r\n")
    forward = start + end.join([b"-- prices", "SELECT 'ü\t';".encode(), b"SELECT 2;"])
    backward = start + end.join([b"-- no prices", b"", b"SELECT 1;", b""])
    (tmp_path / "0014_index_prices.sql").write_bytes(forward)
    (tmp_path / "0014_index_prices.rollback.sql").write_bytes(backward)
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=tmp_path, capture_output=True, check=True, text=True
    )
    (migration,) = read_folder(tmp_path)
    assert done.stdout.split()[0] == migration.checksum
