"""Files for the benchmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ONE_QUESTION = """
import sys, psycopg
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    print(connection.execute("SELECT count(*) FROM _yoyo_migration").fetchone())
"""
# A process that holds just that much; the interpreter itself counts.
THREE_HUNDRED_MEGABYTES = """
import resource
have = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
block = bytearray(300 * 1024 * 1024 - have)
for i in range(0, len(block), 4096):
    block[i] = 1
"""

_LEDGER = "CREATE TABLE _ledger (id text PRIMARY KEY, at timestamptz DEFAULT clock_timestamp());\n"


def many_tables(project: Path, count: int) -> None:
    """Small migrations: a table, two indexes, a comment; and psql scripts that do the same."""
    folder = project / "sql" / "migrations"
    folder.mkdir(parents=True)
    forward, backward = [_LEDGER], []
    for number in range(count):
        table = f"thing_{number:04}"
        name = f"{number:04}_create_{table}"
        up = folder / f"{name}.sql"
        down = folder / f"{name}.rollback.sql"
        up.write_text(
            f"-- things of kind {number}\n"
            f"CREATE TABLE {table} (\n    id bigint PRIMARY KEY,\n    owner text NOT NULL,\n"
            "    title text NOT NULL,\n    created_at timestamptz NOT NULL DEFAULT now()\n);\n"
            f"CREATE INDEX {table}_owner_idx ON {table} (owner);\n"
            f"CREATE INDEX {table}_created_idx ON {table} (owner, created_at);\n"
            f"COMMENT ON TABLE {table} IS 'things of kind {number}';\n"
        )
        down.write_text(f"-- no things of kind {number}\nDROP TABLE {table};\n")
        forward.append(
            f"BEGIN;\n\\i '{up}'\nINSERT INTO _ledger (id) VALUES ('{name}');\nCOMMIT;\n"
        )
        backward.append(
            f"BEGIN;\n\\i '{down}'\nDELETE FROM _yoyo_migration WHERE migration_id = '{name}';\n"
            "COMMIT;\n"
        )
    (project / "forward.psql").write_text("".join(forward))
    (project / "backward.psql").write_text("".join(reversed(backward)))


PARSED = """
import sys
from pathlib import Path
from wishkit.core.script import Script
from wishkit.core.statements import parse, split
for path in sorted(Path(sys.argv[1]).glob("sql/migrations/*.sql")):
    script = Script(path.name, path.read_bytes())
    for index, span in enumerate(split(script), 1):
        parse(script, span, index=index)
"""


def single_row_inserts(project: Path, rows: int, size: int) -> None:
    """One file of INSERTs, about ``size`` bytes long."""
    folder = project / "sql" / "migrations"
    folder.mkdir(parents=True)
    text = "x" * max(1, size // rows - 68)
    with (folder / "0001_fill_notes.sql").open("w") as file:
        file.write("-- notes\nCREATE TABLE notes (id integer, body text, more text);\n")
        for row in range(rows):
            file.write(f"INSERT INTO notes (id, body, more) VALUES ({row}, 'it''s', '{text}');\n")
    (folder / "0001_fill_notes.rollback.sql").write_text("DROP TABLE notes;\n")


def only_file(project: Path) -> Path:
    """The one forward file of a project."""
    return project / "sql" / "migrations" / "0001_fill_notes.sql"
