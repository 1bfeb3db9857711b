"""The embedded server and its throwaway sisters, on real PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from tests.plugins.databases import MakeDatabase


def test_a_database_is_fresh_and_empty(make_database: MakeDatabase, pg_version: int) -> None:
    first, second = make_database(), make_database()
    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE wish (id int)")
    with psycopg.connect(second) as connection:
        assert connection.execute("SELECT to_regclass('wish')").fetchone() == (None,)
        assert connection.info.server_version // 10000 == pg_version
