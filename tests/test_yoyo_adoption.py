"""A database changes hands between plain yoyo and wishkit; both stay right about it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yoyo.migrations import default_migration_table
from yoyo.topologicalsort import topological_sort

from tests.plain_yoyo import Project, tables
from wishkit.core.migration import Migration
from wishkit.core.plan import forward_plan
from wishkit.core.script import Script
from wishkit.core.state import Ledger
from wishkit.errors import LedgerError, LockHeld, PlanError

if TYPE_CHECKING:
    from tests.plugins.databases import MakeDatabase
    from tests.plugins.project import SqlFolder

ALL = ["0001_alpha", "0002_beta", "0003_gamma"]
SHAPE = """
    SELECT c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
           pg_get_expr(d.adbin, d.adrelid),
           (SELECT string_agg(pg_get_constraintdef(k.oid), ';') FROM pg_constraint AS k
            WHERE k.conrelid = c.oid AND k.contype = 'p')
    FROM pg_class AS c
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
    LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relname ~ 'yoyo' AND c.relkind = 'r'
    ORDER BY 1, 2
"""


@pytest.fixture
def project(sql_folder: SqlFolder, database: str) -> Project:
    return Project(sql_folder(tables("alpha", "beta", "gamma")), database)


def apply_first(project: Project, count: int) -> None:
    """Let plain yoyo apply the first few."""
    with project.yoyo() as (backend, migrations):
        backend.apply_migrations(migrations[:count])


def test_a_database_of_plain_yoyo_goes_on_as_it_stands(project: Project) -> None:
    apply_first(project, 2)
    before = project.rows("SELECT * FROM _yoyo_migration ORDER BY migration_id")
    status = project.status()
    assert [(row.state.value, row.note) for row in status.migrations] == [
        ("applied", "applied by plain yoyo, which keeps no text"),
        ("applied", "applied by plain yoyo, which keeps no text"),
        ("pending", None),
    ]
    (user,) = {row[0] for row in project.rows("SELECT username FROM _yoyo_log")}
    assert status.migrations[0].applied_by == user
    report = project.migrate()
    assert [done.id for done in report.done] == ["0003_gamma"]
    assert project.rows("SELECT * FROM _yoyo_migration ORDER BY migration_id")[:2] == before
    assert project.rows("SELECT migration_id FROM wishkit.applied") == [("0003_gamma",)]
    assert project.states() == dict.fromkeys(ALL, "applied")


def test_what_plain_yoyo_applied_is_rolled_back_from_the_files(project: Project) -> None:
    apply_first(project, 3)
    report = project.rollback(to="0001")
    assert [done.id for done in report.done] == ["0003_gamma", "0002_beta"]
    assert not project.has("beta")
    assert project.has("alpha")
    log = "SELECT migration_id, operation FROM _yoyo_log ORDER BY created_at_utc DESC LIMIT 2"
    assert project.rows(log) == [("0002_beta", "rollback"), ("0003_gamma", "rollback")]


def test_without_file_and_text_there_is_no_way_back(
    project: Project, sql_folder: SqlFolder
) -> None:
    apply_first(project, 3)
    sql_folder({"0003_gamma.sql": None, "0003_gamma.rollback.sql": None})
    with pytest.raises(PlanError, match="has no file, and the ledger has no text") as caught:
        project.rollback(to="0001")
    assert "plain yoyo applied it" in (caught.value.help or "")
    assert project.has("gamma")


def test_yoyos_tables_in_another_schema_are_found_and_stay_there(project: Project) -> None:
    project.run("CREATE SCHEMA app")
    with project.yoyo(schema="app") as (backend, migrations):
        backend.apply_migrations(migrations[:1])
    assert project.states()["0001_alpha"] == "applied"
    project.migrate()
    assert project.ask("SELECT yoyo_schema FROM wishkit.ledger") == "app"
    assert project.ask("SELECT count(*) FROM app._yoyo_migration") == 3
    assert not project.has("public._yoyo_migration")


def test_yoyos_tables_in_two_schemas(project: Project) -> None:
    project.run("CREATE SCHEMA one; CREATE SCHEMA two")
    for schema in ("one", "two"):
        with project.yoyo(schema=schema) as (backend, migrations):
            backend.mark_migrations(migrations[: 1 if schema == "one" else 2])
    with pytest.raises(LedgerError, match="several schemas: one, two") as caught:
        project.status()
    assert caught.value.code == "ledger-ambiguous"
    assert "?options=-csearch_path%3Done" in (caught.value.help or "")
    told = Project(project.folder, project.url + "&options=-csearch_path%3Dtwo")
    assert list(told.states().values()) == ["applied", "applied", "pending"]
    told.migrate()
    assert told.has("two.gamma")
    assert list(project.states().values()) == ["applied"] * 3  # and nobody has to be told again


def test_tables_of_an_older_yoyo(project: Project) -> None:
    project.run(
        f"CREATE TABLE {default_migration_table} (id varchar(191) PRIMARY KEY, ctime timestamp);"
        f"INSERT INTO {default_migration_table} VALUES ('0001_alpha', '2017-01-02')"
    )
    with pytest.raises(LedgerError) as caught:
        project.status()
    assert caught.value.code == "ledger-older"
    assert "yoyo list -d postgresql+psycopg://" in (caught.value.help or "")
    assert project.yoyo_applied() == ["0001_alpha"]  # as the help says
    assert project.states()["0001_alpha"] == "applied"


def test_tables_of_a_newer_yoyo(project: Project) -> None:
    apply_first(project, 1)
    project.run("INSERT INTO _yoyo_version VALUES (3, now())")
    with pytest.raises(LedgerError) as caught:
        project.migrate()
    assert caught.value.code == "ledger-newer"
    assert not project.has("beta")


def test_a_lock_row_that_plain_yoyo_left_behind(project: Project) -> None:
    apply_first(project, 1)
    project.run("INSERT INTO yoyo_lock VALUES (1, '2026-01-01 10:00', 4711)")
    with pytest.raises(LockHeld) as caught:
        project.migrate()
    assert caught.value.code == "yoyo-lock"
    assert "process 4711, since 2026-01-01 10:00:00 UTC" in caught.value.message
    assert "yoyo break-lock" in (caught.value.help or "")
    assert project.states()["0002_beta"] == "pending"  # looking is not forbidden
    project.yoyo_command("break-lock")
    project.migrate()


def test_plain_yoyo_works_on_a_database_of_wishkit(project: Project) -> None:
    project.migrate(to="0002")
    listed, _ = project.yoyo_command("list")
    assert [line.split()[0] for line in listed.splitlines()[2:]] == ["A", "A", "U"]
    project.yoyo_apply()
    assert project.has("gamma")
    project.yoyo_rollback("0002_beta")
    with project.yoyo() as (backend, migrations):
        backend.unmark_one(migrations[0])
        backend.mark_one(migrations[0])
    status = {row.id: row for row in project.status().migrations}
    assert [row.state.value for row in status.values()] == ["applied", "pending", "applied"]
    # Plain yoyo has put both there: the texts that wishkit once applied say nothing about them.
    assert {row.note for id_, row in status.items() if id_ != "0002_beta"} == {
        "applied by plain yoyo, which keeps no text"
    }
    project.migrate(allow_out_of_order=True)
    assert project.rows(
        "SELECT migration_id FROM wishkit.applied AS a JOIN _yoyo_migration"
        " USING (migration_id, applied_at_utc)"
    ) == [("0002_beta",)]
    project.rollback(to="base")
    assert (
        project.ask("SELECT count(*) FROM pg_class WHERE relname IN ('alpha','beta','gamma')") == 0
    )


def test_an_edited_file_that_yoyo_applied_anew_is_no_change(
    project: Project, sql_folder: SqlFolder
) -> None:
    project.migrate()
    sql_folder({"0003_gamma.sql": "CREATE TABLE gamma (id bigint);\n"})
    assert project.states()["0003_gamma"] == "changed"
    project.yoyo_rollback("0003_gamma")
    assert project.states()["0003_gamma"] == "pending"
    project.yoyo_apply()
    assert project.states()["0003_gamma"] == "applied"


def test_a_text_that_is_no_longer_applied_is_no_way_back(
    project: Project, sql_folder: SqlFolder
) -> None:
    project.migrate()
    sql_folder({"0003_gamma.sql": "CREATE TABLE delta (id int);\n"})
    sql_folder({"0003_gamma.rollback.sql": "DROP TABLE gamma;\n"})
    project.yoyo_rollback("0003_gamma")
    sql_folder({"0003_gamma.rollback.sql": "DROP TABLE delta;\n"})
    project.yoyo_apply()
    sql_folder({"0003_gamma.sql": None, "0003_gamma.rollback.sql": None})
    with pytest.raises(PlanError, match="the ledger has no text"):
        project.rollback(steps=1)  # the text in wishkit.applied would drop another table
    assert project.has("delta")


def test_who_applied_it_is_who_did_so_last(project: Project) -> None:
    apply_first(project, 1)
    project.run(
        "UPDATE _yoyo_log SET username = 'zoe';"
        "INSERT INTO _yoyo_log SELECT 'x', migration_hash, migration_id, 'mark', 'ann', hostname,"
        " comment, created_at_utc + interval '1 hour' FROM _yoyo_log"
    )
    assert project.status().migrations[0].applied_by == "ann"
    project.migrate()
    assert project.status().migrations[0].applied_by == "ann"


def test_the_rows_and_tables_that_wishkit_writes_are_yoyos(
    project: Project, make_database: MakeDatabase
) -> None:
    theirs = Project(project.folder, make_database())
    for plain in (True, False):
        side = theirs if plain else project
        side.yoyo_apply() if plain else side.migrate()
        side.yoyo_rollback("0003_gamma") if plain else side.rollback(steps=1)
    assert project.rows(SHAPE) == theirs.rows(SHAPE)
    for facts in (
        "SELECT migration_hash, migration_id FROM _yoyo_migration ORDER BY applied_at_utc",
        (
            "SELECT migration_hash, migration_id, operation, username, comment, length(id)"
            " FROM _yoyo_log WHERE hostname <> '' ORDER BY created_at_utc"
        ),
        "SELECT count(*) FROM yoyo_lock",
        "SELECT max(version) FROM _yoyo_version",
    ):
        assert project.rows(facts) == theirs.rows(facts)
    # In UTC, as the name says, whatever the zone of the session.
    assert project.ask(
        "SELECT max(abs(extract(epoch FROM now() AT TIME ZONE 'UTC' - applied_at_utc))) < 60"
        " FROM _yoyo_migration"
    )
    digest = hashlib.sha256(b"0001_alpha").hexdigest()
    assert (
        project.ask(
            f"SELECT min(migration_id) FROM _yoyo_migration WHERE migration_hash = '{digest}'"
        )
        == "0001_alpha"
    )


def test_both_at_once_never_apply_a_migration_twice(project: Project) -> None:
    """A run of wishkit does not stop plain yoyo; yoyo's own key does."""
    with project.yoyo() as (backend, migrations):
        pending = backend.to_apply(migrations)
        backend.break_lock()
        project.migrate()
        with pytest.raises(Exception, match="already exists"):
            backend.apply_migrations(pending)
    assert project.states() == dict.fromkeys(ALL, "applied")


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, set[str]]:
    """Ids, and for each some that it depends on, without a circle; not always lower ones."""
    count = draw(st.integers(1, 9))
    order = draw(st.permutations([f"{number:04}_m" for number in range(count)]))
    return {
        id_: draw(st.sets(st.sampled_from(order[:place]))) if place else set()
        for place, id_ in enumerate(order)
    }


@given(graphs())
def test_the_dependency_order_is_yoyos(graph: dict[str, set[str]]) -> None:
    def migration(id_: str) -> Migration:
        depends = "".join(f"-- depends: {needed}\n" for needed in sorted(graph[id_]))
        forward = Script(f"{id_}.sql", f"-- {id_}\n{depends}SELECT 1;\n".encode())
        return Migration.of(id_, forward, Script(f"{id_}.rollback.sql", b"SELECT 1;\n"))

    ids = sorted(graph)
    plan = forward_plan([migration(id_) for id_ in ids], Ledger())
    assert [step.id for step in plan] == list(topological_sort(ids, graph))
