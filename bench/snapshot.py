"""A large schema, made at once or by migrations, and the program that looks at all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from pathlib import Path

    from wishkit.postgres.scratch import Scratch

NAME = "large"
FUNCTIONS = "functions"
TABLES = 10_000
# pg_dump locks every table of a database at once; the server's default is for about 6,400 of them.
SETTINGS = {"max_locks_per_transaction": "500"}

_AT_ONCE = 200  # tables that are made in one transaction

_MAKE = """
DO $$ BEGIN
    FOR i IN {first}..{last} LOOP
        EXECUTE format(
            'CREATE TABLE t%1$s (id bigint PRIMARY KEY, name text NOT NULL,'
            ' price numeric(10, 2) DEFAULT 0, tags jsonb,'
            ' created_at timestamptz NOT NULL DEFAULT now(), state varchar(20));'
            'CREATE INDEX t%1$s_name ON t%1$s (name)', i);
    END LOOP;
END $$;
"""
_FILL = [
    _MAKE.format(first=first, last=first + _AT_ONCE - 1) for first in range(1, TABLES, _AT_ONCE)
]

_FILL_FUNCTIONS = [
    """
DO $$ BEGIN
    FOR i IN 1..50000 LOOP
        EXECUTE format(
            'CREATE FUNCTION f%1$s(a int, b text DEFAULT $x$y$x$) RETURNS int LANGUAGE plpgsql'
            ' AS $f$BEGIN RETURN a * %1$s; END$f$', i);
        IF i % 2000 = 0 THEN COMMIT; END IF;
    END LOOP;
END $$
"""
]

READ = """
import sys, psycopg
from wishkit.postgres.catalog import read_snapshot
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    print(len(read_snapshot(connection).items))
"""
HALF_A_GIGABYTE = "held = bytearray(500 << 20); held[::4096] = bytes(len(held[::4096]))"


def fill(server: Scratch, name: str = NAME) -> None:
    """Make 10,000 tables with 6 columns and 2 indexes each, or 50,000 functions, once."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        known = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
    if not known:
        with psycopg.connect(server.create_database(name), autocommit=True) as connection:
            for statement in _FILL if name == NAME else _FILL_FUNCTIONS:
                connection.execute(statement.encode())
            connection.execute("VACUUM ANALYZE")


def migrations(folder: Path) -> None:
    """Write migrations that make the same 10,000 tables."""
    folder = folder / "sql" / "migrations"
    folder.mkdir(parents=True)
    for number, statement in enumerate(_FILL):
        first, last = number * _AT_ONCE + 1, (number + 1) * _AT_ONCE
        name = f"{number:04}_make_tables_{first}"
        (folder / f"{name}.sql").write_text(f"-- Tables {first} to {last}.{statement}")
        (folder / f"{name}.rollback.sql").write_text(
            f"DO $$ BEGIN FOR i IN {first}..{last} LOOP"
            " EXECUTE format('DROP TABLE t%s', i); END LOOP; END $$;\n"
        )
