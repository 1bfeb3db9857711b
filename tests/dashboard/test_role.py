"""A role that may only read sees everything, and may not write: as docs/dashboard.md grants it."""

from __future__ import annotations

import re
from contextlib import chdir
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.dashboard.reading import Read
from tests.dashboard.world import as_uri
from wishkit.commands.board import onlooker
from wishkit.interface.dashboard.pages import Pages

if TYPE_CHECKING:
    from tests.dashboard.world import World
    from wishkit.commands.everywhere import Asked

DOC = Path(__file__).parents[2] / "docs" / "dashboard.md"


def _execute(asked: Asked, *, sql: str) -> None:
    asked.connection.execute(sql.encode())


def grants() -> str:
    """The SQL of the documentation."""
    (found,) = re.findall(r"```sql\n(CREATE ROLE .*?)```", DOC.read_text(), re.DOTALL)
    return str(found)


def test_the_documented_role_sees_everything_and_cannot_write(world: World, tmp_path: Path) -> None:
    url = world.urls["production"]
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(grants().encode())
        try:
            (tmp_path / "sql").symlink_to(world.folder / "sql")
            login = as_uri(make_conninfo(url, user="dashboard"))
            text = (world.folder / "wishkit.toml").read_text().replace(url, login)
            (tmp_path / "wishkit.toml").write_text(text)
            with chdir(tmp_path), onlooker() as looks:
                board = looks.look()
                place = next(it for it in board.places if it.name == "production")
                assert place.error is None
                assert place.insight
                assert (place.status.denied, place.insight.denied) == ((), ())
                assert place.live
                assert place.live.advice == ()
                assert place.status.drift
                assert place.status.drift.state == "none"
                assert len(place.insight.attempts) == 11
                assert [it.state for it in place.insight.requests] == ["open"]
                pages = Pages(build="test")
                for path in pages.paths(board):
                    assert Read.of(pages.page(board, path) or "").problems == []
                for sql in ("CREATE TABLE t ()", "DELETE FROM wishkit.request"):
                    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                        looks._everywhere.ask(partial(_execute, sql=sql))
            with psycopg.connect(login, autocommit=True) as other:
                for sql in ("SET default_transaction_read_only = off", "SELECT 1 FROM wishkit.run"):
                    other.execute(sql.encode())
                for sql in ("CREATE TABLE t ()", "DELETE FROM wishkit.run", "SELECT FROM sets"):
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        other.execute(sql.encode())
        finally:
            admin.execute("DROP OWNED BY dashboard; DROP ROLE dashboard")
