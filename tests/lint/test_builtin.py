"""What lint knows by heart is what a server says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from wishkit.core.lint.builtin import COERCIBLE, NAMES, OIDS

if TYPE_CHECKING:
    from wishkit.postgres.scratch import Scratch


def test_types_and_conversions(server: Scratch) -> None:
    with psycopg.connect(server.url("postgres")) as connection:
        rows = connection.execute(
            "SELECT typname, oid::int FROM pg_type WHERE typname = ANY (%s) "
            "AND typnamespace = 'pg_catalog'::regnamespace",
            [list(OIDS)],
        ).fetchall()
        assert dict(rows) == OIDS
        casts = connection.execute(
            "SELECT castsource::int, casttarget::int FROM pg_cast WHERE castmethod = 'b'"
        ).fetchall()
        assert {*COERCIBLE} <= {*casts}
        for name, written in NAMES.items():
            query = "SELECT %s::regtype = %s::regtype"
            row = connection.execute(query, [f"pg_catalog.{name}", written]).fetchone()
            assert row == (written != "char",) or name == "bpchar"
