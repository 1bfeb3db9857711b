"""The quickest loop one could write: every file, with its ledger row, as one message. No checks."""

import sys
from pathlib import Path

import psycopg

url, project = sys.argv[1], Path(sys.argv[2])
with psycopg.connect(url, autocommit=True) as connection:
    connection.execute("CREATE TABLE _ledger (id text PRIMARY KEY)")
    for path in sorted((project / "sql" / "migrations").glob("*.sql")):
        if not path.name.endswith(".rollback.sql"):
            connection.execute(
                b"BEGIN;\n"
                + path.read_bytes()
                + f";INSERT INTO _ledger VALUES ('{path.stem}');COMMIT".encode()
            )
