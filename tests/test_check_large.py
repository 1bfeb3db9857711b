"""`wishkit check` and `snapshot` on a database with very many functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from wishkit.commands.check import check
from wishkit.commands.migrate import migrate
from wishkit.commands.remedy import mend
from wishkit.commands.snapshot import snapshot
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Patience, Target

if TYPE_CHECKING:
    from tests.plugins.project import SqlFolder

FUNCTIONS = """\
-- Half of them in SQL, half in PL/pgSQL.
DO $$ BEGIN
    FOR i IN 1..{count} LOOP
        EXECUTE format('CREATE FUNCTION f%s(a int, b text DEFAULT ''x'') RETURNS int LANGUAGE %s',
            i, CASE WHEN i % 2 = 0 THEN format('sql AS ''SELECT a + %s''', i)
                    ELSE format('plpgsql AS ''BEGIN RETURN a * %s; END''', i) END);
    END LOOP;
END $$;
"""
BACK = (
    "DO $$ BEGIN FOR i IN 1..{count} LOOP EXECUTE format('DROP FUNCTION f%s', i); END LOOP; END $$;"
)


@pytest.mark.parametrize("count", [200, pytest.param(50_000, marks=pytest.mark.soak)])
def test_a_database_with_many_functions(database: str, sql_folder: SqlFolder, count: int) -> None:
    files = {
        "0001_functions.sql": FUNCTIONS.replace("{count}", str(count)),
        "0001_functions.rollback.sql": BACK.replace("{count}", str(count)),
    }
    project = sql_folder(files)
    workspace = Workspace(
        Config(sql=project / "sql", path=project / "wishkit.toml"),
        Target(database, "test", patience=Patience(deadline=0)),
        lambda _: None,
    )
    assert migrate(workspace).error is None
    assert check(workspace).drifts == ()
    assert check(workspace).unchanged_since is not None
    assert snapshot(workspace).objects == count
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "DROP FUNCTION f7; CREATE OR REPLACE FUNCTION f8(a int, b text DEFAULT 'x')"
            " RETURNS int LANGUAGE sql AS 'SELECT 0'"
        )
        damage = [
            "function f7(a integer, b text) is missing",
            "function f8(a integer, b text): definition is another one",
        ]
        assert [it.text for it in check(workspace).drifts] == damage
        assert [it.text for it in check(workspace, last_run=True).drifts] == damage
        connection.execute(mend(workspace).script.encode())
    assert check(workspace).drifts == ()
