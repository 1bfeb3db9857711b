"""What every test has: a clean environment, a real PostgreSQL, files and the command line."""

from __future__ import annotations

import sys
from pathlib import Path

# `python -m pytest` puts the project's root on the path, plain `pytest` does not.
sys.path.insert(0, str(Path(__file__).parents[1]))
# Tests are rewritten by pytest before they are compiled, which takes longer than to collect them.
sys.dont_write_bytecode = False

pytest_plugins = (
    "pytester",
    "tests.plugins.environment",
    "tests.plugins.databases",
    "tests.plugins.poolers",  # uses databases
    "tests.plugins.golden",
    "tests.plugins.project",
    "tests.plugins.backups",
    "tests.plugins.changes",
    "tests.plugins.approvals",  # uses databases, project
    "tests.plugins.recipes",
    "tests.plugins.checkout",  # uses project
)
