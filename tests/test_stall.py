"""The load harness sees a stall where there is one, and none where wishkit waits instead."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from wishkit.postgres.binaries import Binaries

HARNESS = Path(__file__).parents[1] / "bench" / "stall.py"
HOLD = 2.0
CLIENTS = 4

Rows = dict[str, dict[str, Any]]


@pytest.fixture
def stall(binaries: Binaries, tmp_path: Path) -> Callable[..., Rows]:
    """Run the harness on a small table with few clients; returns its rows by tool."""

    def run(*arguments: str) -> Rows:
        result = tmp_path / "stall.json"
        small = f"--rows=20000 --clients={CLIENTS} --hold={HOLD}".split()
        ended = subprocess.run(
            [sys.executable, str(HARNESS), *small, *arguments, "--json", str(result)],
            env={**os.environ, "WISHKIT_PG_BIN": str(binaries.bin)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert ended.returncode == 0, ended.stderr
        return {row["tool"]: row for row in json.loads(result.read_text())["rows"]}

    return run


def test_psql_stalls_clients_and_wishkit_does_not(stall: Callable[..., Rows]) -> None:
    rows = stall("--only", "add-column", "--form", "idle-read", "--tool", "psql", "wishkit")
    psql, wishkit = rows["psql"], rows["wishkit"]

    # psql starts half a second after the blocker and queues behind it; so do the clients.
    assert psql["done"]
    assert psql["wait"] > HOLD / 4
    assert "ALTER TABLE wishlist_items" in psql["story"]
    # Every request that fell due meanwhile counts, not only the one that each client waits for.
    assert psql["stalled"] > 2 * CLIENTS

    assert wishkit["done"], wishkit["output"]
    assert wishkit["errors"] == 0, wishkit["first_error"]
    assert wishkit["after"] > 0  # it was the blocker that it waited for
    # Of locks, because a busy machine makes everybody wait.
    assert wishkit["lock_wait"] < psql["lock_wait"] / 2
