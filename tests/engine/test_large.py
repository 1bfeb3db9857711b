"""Large files: in little memory, and right."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.conftest import Project

ROW = "INSERT INTO wish VALUES ({n}, 'a wish of some length, so that the file grows: {n:060}');\n"


Write = Callable[["Path", int], int]


def write_inserts(path: Path, megabytes: int) -> int:
    """A file of single-row INSERTs; how many."""
    count = megabytes * 1_000_000 // len(ROW.format(n=0))
    with path.open("w") as file:
        file.write("CREATE TABLE wish (id int, title text);\n")
        file.writelines(ROW.format(n=n) for n in range(count))
    return count


def write_copy(path: Path, megabytes: int) -> int:
    """A file of one COPY; how many rows."""
    line = "{n}\tanother wish that is long enough to matter {n:060}\n"
    count = megabytes * 1_000_000 // len(line.format(n=0))
    with path.open("w") as file:
        file.write("CREATE TABLE wish (id int, title text);\nCOPY wish FROM stdin;\n")
        file.writelines(line.format(n=n) for n in range(count))
        file.write("\\.\n")
    return count


def peak_memory(project: Project, *arguments: str) -> float:
    """Megabytes that a run of wishkit takes at its peak."""
    process = subprocess.Popen(
        [sys.executable, "-m", "wishkit", *arguments, "--url", project.url],
        cwd=project.folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024)


@pytest.mark.parametrize("write", [write_inserts, write_copy])
def test_memory_grows_little_with_the_file(project: Project, write: Write) -> None:
    project.pair("0001_wish", "CREATE TABLE wish (id int);", "DROP TABLE wish;")
    small = peak_memory(project, "migrate")
    assert project.rollback(steps=1).error is None
    count = write(project.folder / "sql" / "migrations" / "0001_wish.sql", 8)
    large = peak_memory(project, "migrate")
    assert project.value("SELECT count(*) FROM wish") == count
    # At the 50 MB that must fit into 300 MB this leaves 5 MB for each of the file's.
    assert large - small < 5 * 8, (small, large)
    project.assert_done()


@pytest.mark.soak
@pytest.mark.parametrize("write", [write_inserts, write_copy])
def test_fifty_megabytes(project: Project, write: Write) -> None:
    project.pair("0001_wish", "", "DROP TABLE wish;")
    count = write(project.folder / "sql" / "migrations" / "0001_wish.sql", 50)
    assert peak_memory(project, "migrate") < 300
    assert project.value("SELECT count(*) FROM wish") == count
    assert peak_memory(project, "rollback", "--to", "base", "--accept-data-loss") < 300
    assert project.states() == {"0001": "pending"}


def test_nine_hundred_statements_that_fail_late(project: Project) -> None:
    """Messages are cut at a megabyte; the place is still found in the second one."""
    rows = "".join(ROW.format(n=n) for n in range(12000))
    project.pair("0001_wish", f"CREATE TABLE wish (id int, title text);\n{rows}SELECT nothing;")
    assert len(rows) > 1024 * 1024
    error = project.fails()
    assert error.where is not None
    assert (error.where.line, error.where.column) == (12002, 8)
    project.pair("0001_wish", f"CREATE TABLE wish (id int, title text);\n{rows}")
    assert project.migrate().error is None
    assert project.value("SELECT count(*) FROM wish") == 12000
    project.assert_done()
