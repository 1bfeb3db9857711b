"""What migrate and rollback do and refuse, as a developer and a DBA meet them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from wishkit.commands.migrate import migrate
from wishkit.commands.rollback import rollback
from wishkit.commands.status import status
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Target
from wishkit.core.events import MigrationStarted
from wishkit.errors import ConsentNeeded, PlanError, UsageError, WishkitError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugins.project import SqlFolder
    from wishkit.core.events import Event
    from wishkit.core.stakes import Stake


def table(name: str) -> tuple[str, str]:
    """Forward and backward text of a table."""
    return f"-- table {name}\nCREATE TABLE {name} (id integer);\n", f"DROP TABLE {name};\n"


@dataclass(slots=True)
class Project:
    """Files and a database."""

    write: SqlFolder
    target: Target
    folder: Path
    answers: list[bool] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def add(self, name: str, forward: str, backward: str | None) -> None:
        self.write(
            {f"{name}.sql": forward, f"{name}.rollback.sql": backward}
            if backward
            else {f"{name}.sql": forward}
        )

    def workspace(self, *, terminal: bool = False) -> Workspace:
        def ask(question: str) -> bool:
            self.asked.append(question)
            return self.answers.pop(0)

        config = Config(sql=self.folder / "sql")
        return Workspace(config, self.target, self.events.append, ask if terminal else None)

    def migrate(self, *, terminal: bool = False, **options: Any) -> list[str]:  # noqa: ANN401
        report = migrate(self.workspace(terminal=terminal), **options)
        if report.error:
            raise report.error
        return [done.id for done in report.done]

    def rollback(self, *, terminal: bool = False, **options: Any) -> list[str]:  # noqa: ANN401
        report = rollback(self.workspace(terminal=terminal), **options)
        if report.error:
            raise report.error
        return [done.id for done in report.done]

    def states(self) -> dict[str, str]:
        return {row.id: row.state.value for row in status(self.workspace()).migrations}

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.target.url or "", autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def tables(self) -> set[str]:
        rows = self.run(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind = 'r' AND relname !~ 'yoyo'"
        )
        return {name for (name,) in rows}


@pytest.fixture
def project(database: str, sql_folder: SqlFolder) -> Project:
    """Three tables, nothing applied."""
    made = Project(sql_folder, Target(url=database, name="test"), sql_folder({}))
    made.add("0001_a", *table("a"))
    made.add("0002_b", *table("b"))
    made.add("0003_c", *table("c"))
    return made


def test_everything_pending_is_applied_in_order_and_then_nothing(project: Project) -> None:
    assert project.migrate() == ["0001_a", "0002_b", "0003_c"]
    assert project.tables() == {"a", "b", "c"}
    assert project.migrate() == []
    assert set(project.states().values()) == {"applied"}


@pytest.mark.parametrize("to", ["0002_b", "0002", "2", "0002_b.sql"])
def test_to_stops_behind_a_migration(project: Project, to: str) -> None:
    assert project.migrate(to=to) == ["0001_a", "0002_b"]
    assert project.migrate(to=to) == []


def test_to_something_unknown_suggests(project: Project) -> None:
    with pytest.raises(UsageError, match="there is no migration") as error:
        project.migrate(to="0002_bb")
    assert "0002_b" in (error.value.help or "")


def test_dependencies_come_first(project: Project) -> None:
    project.add("0004_d", "-- d\n-- depends: 0005_e\nALTER TABLE e ADD d int;", "SELECT 1;")
    project.add("0005_e", *table("e"))
    assert project.migrate()[-2:] == ["0005_e", "0004_d"]
    # The way back is the ledger's order turned round, not that of the numbers.
    assert project.rollback(steps=2) == ["0004_d", "0005_e"]


def test_a_late_migration_is_refused_until_allowed(project: Project) -> None:
    project.write({"0002_b.sql": None, "0002_b.rollback.sql": None})
    project.migrate()
    project.add("0002_b", *table("b"))
    with pytest.raises(PlanError, match="0002_b is pending, but 0003_c is applied") as error:
        project.migrate()
    assert error.value.code == "out-of-order"
    assert "--allow-out-of-order" in (error.value.help or "")
    assert project.tables() == {"a", "c"}
    assert project.migrate(allow_out_of_order=True) == ["0002_b"]
    # It was applied last, so it is undone first.
    assert project.rollback(steps=1) == ["0002_b"]


def test_an_edited_migration_is_refused_with_the_difference(project: Project) -> None:
    project.migrate(to="0002")
    project.write({"0001_a.sql": "-- table a\nCREATE TABLE a (id bigint);\n"})
    with pytest.raises(PlanError, match="0001_a was changed since it was applied") as error:
        project.migrate()
    assert "-CREATE TABLE a (id integer);" in error.value.notes[0]
    assert "+CREATE TABLE a (id bigint);" in error.value.notes[0]
    assert project.states()["0001_a"] == "changed"
    assert project.tables() == {"a", "b"}


def test_a_vanished_file_is_told_and_stops_what_is_new(project: Project) -> None:
    project.migrate(to="0002")
    project.write({"0001_a.sql": None, "0001_a.rollback.sql": None})
    assert project.states()["0001_a"] == "missing"
    with pytest.raises(PlanError, match="0001_a: applied, but the file") as error:
        project.migrate()
    assert error.value.code == "file-missing"
    assert project.migrate(allow_missing=True) == ["0003_c"]
    report = migrate(project.workspace())
    assert report.error is None
    assert report.notes == ("applied, but the file is gone: 0001_a",)


def test_a_renamed_migration_is_not_applied_twice(project: Project) -> None:
    project.migrate()
    project.write({"0002_b.sql": None, "0002_b.rollback.sql": None})
    project.add("0004_b", *table("b"))
    with pytest.raises(PlanError, match="0002_b was applied and is now called 0004_b"):
        project.migrate()


def test_a_migration_without_a_way_back_is_not_begun(project: Project) -> None:
    project.add("0004_d", table("d")[0], None)
    with pytest.raises(PlanError, match="0004_d has no way back") as error:
        project.migrate()
    assert "irreversible" in (error.value.help or "")
    assert project.tables() == set()


def test_irreversible_goes_forward_and_stops_the_way_back_before_it_begins(
    project: Project,
) -> None:
    project.add("0004_d", "-- d\n-- irreversible: salt is gone\nCREATE TABLE d (id int);", None)
    project.add("0005_e", *table("e"))
    project.migrate()
    with pytest.raises(PlanError, match="0004_d cannot be undone: salt is gone"):
        project.rollback(to="0002")
    assert project.tables() == {"a", "b", "c", "d", "e"}
    assert project.rollback(to="0004") == ["0005_e"]


def test_rollback_to_a_migration_and_to_the_base(project: Project) -> None:
    project.migrate()
    assert project.rollback(to="1") == ["0003_c", "0002_b"]
    assert project.tables() == {"a"}
    assert project.rollback(to="base") == ["0001_a"]
    assert project.tables() == set()
    assert project.rollback(to="base") == []


def test_rollback_needs_to_know_what(project: Project) -> None:
    project.migrate()
    for options in ({}, {"to": "0001", "steps": 1}, {"steps": 0}, {"steps": 1, "ids": ["0003"]}):
        with pytest.raises(UsageError):
            project.rollback(**options)
    with pytest.raises(UsageError, match="no migration"):
        project.rollback(to="0009")
    assert project.tables() == {"a", "b", "c"}


def test_rollback_to_what_is_not_applied_is_no_rollback(project: Project) -> None:
    project.migrate(to="0001")
    with pytest.raises(UsageError, match="0002_b is not applied"):
        project.rollback(to="0002")
    with pytest.raises(UsageError, match="0002_b is not applied"):
        project.rollback(ids=["0002"])


def test_one_below_others_is_undone_only_when_allowed(project: Project) -> None:
    project.migrate()
    with pytest.raises(PlanError, match="0003_c came after it") as error:
        project.rollback(ids=["0002"])
    assert "wishkit rollback --to 0001_a" in (error.value.help or "")
    assert project.rollback(ids=["0002"], allow_out_of_order=True) == ["0002_b"]
    assert project.tables() == {"a", "c"}


def test_what_others_declare_to_need_does_not_go_alone(project: Project) -> None:
    project.add("0004_d", "-- d\n-- depends: 0002_b\nALTER TABLE b ADD d int;", "SELECT 1;")
    project.migrate()
    with pytest.raises(PlanError, match="0004_d depends on 0002_b"):
        project.rollback(ids=["0002"], allow_out_of_order=True)


def test_the_ledgers_text_undoes_what_the_files_no_longer_tell(project: Project) -> None:
    project.migrate()
    project.write({"0002_b.sql": None, "0002_b.rollback.sql": None})
    project.write({"0003_c.rollback.sql": "SELECT 'this is not the way back';\n"})
    assert project.rollback(to="0001") == ["0003_c", "0002_b"]
    assert project.tables() == {"a"}
    notes = {e.id: e.note for e in project.events if isinstance(e, MigrationStarted) and e.note}
    assert "its file is gone" in (notes["0002_b"] or "")
    assert "differs from what was applied" in (notes["0003_c"] or "")


def test_rows_at_stake_are_counted_and_need_consent(project: Project) -> None:
    project.migrate()
    project.run("INSERT INTO b SELECT generate_series(1, 42)")
    shown: list[tuple[Stake, ...]] = []
    with pytest.raises(ConsentNeeded, match="42 rows") as error:
        project.rollback(to="0001", show=lambda _, stakes: shown.append(stakes))
    assert error.value.exit_status == 1
    assert "--accept-data-loss" in (error.value.help or "")
    ((stake,),) = shown
    assert (stake.kind, stake.name, stake.rows, stake.exact) == ("table", "b", 42, True)
    assert project.tables() == {"a", "b", "c"}
    assert project.rollback(to="0001", accept_data_loss=True) == ["0003_c", "0002_b"]


def test_a_column_a_type_a_schema_and_deleted_rows_are_at_stake(project: Project) -> None:
    project.add("0004_d", "-- d\nALTER TABLE a ADD n int;", "ALTER TABLE a DROP COLUMN n;")
    project.add(
        "0005_e", "-- e\nCREATE SCHEMA s; CREATE TABLE s.t (i int);", "DROP SCHEMA s CASCADE;"
    )
    project.add("0006_f", "-- f\nCREATE TYPE mood AS ENUM ('ok');", "DROP TYPE mood CASCADE;")
    project.add("0007_g", "-- g\nINSERT INTO c VALUES (1);", "DELETE FROM c WHERE id = 1;")
    project.migrate()
    project.run("INSERT INTO a VALUES (1, 1), (2, NULL); INSERT INTO s.t VALUES (1);")
    project.run("CREATE TABLE free (m mood); INSERT INTO free VALUES ('ok'), (NULL)")
    shown: list[tuple[Stake, ...]] = []
    with pytest.raises(ConsentNeeded):
        project.rollback(to="0003", show=lambda _, stakes: shown.append(stakes))
    ((*stakes,),) = shown
    assert {(s.name, s.rows) for s in stakes} == {("a.n", 1), ("s.t", 1), ("free.m", 1), ("c", 1)}


def test_a_table_that_cannot_be_counted_is_taken_as_full(project: Project) -> None:
    project.migrate()
    project.run("INSERT INTO b VALUES (1)")
    with psycopg.connect(project.target.url or "") as other:
        other.execute("LOCK TABLE b IN ACCESS EXCLUSIVE MODE")
        shown: list[tuple[Stake, ...]] = []
        with pytest.raises(ConsentNeeded, match="about"):
            project.rollback(to="0001", show=lambda _, stakes: shown.append(stakes))
    assert not shown[0][0].exact


def test_on_a_terminal_the_question_is_asked(project: Project) -> None:
    project.migrate()
    project.answers = [False]
    with pytest.raises(ConsentNeeded, match="not confirmed"):
        project.rollback(to="0001", terminal=True)
    assert "roll back 2 migrations" in project.asked[0]
    project.answers = [True]
    assert project.rollback(to="0001", terminal=True) == ["0003_c", "0002_b"]


def test_a_protected_database_needs_consent_for_both_ways(project: Project) -> None:
    project.target = replace(project.target, protected=True)
    with pytest.raises(ConsentNeeded, match="apply 3 migrations") as error:
        project.migrate()
    assert "--yes" in (error.value.help or "")
    assert project.tables() == set()
    project.answers = [True]
    assert len(project.migrate(terminal=True)) == 3
    assert project.migrate() == [], "nothing to do needs no consent"
    with pytest.raises(ConsentNeeded, match="roll back"):
        project.rollback(steps=1)
    assert project.rollback(steps=1, yes=True) == ["0003_c"]
    assert project.migrate(yes=True) == ["0003_c"]


def test_rows_on_a_protected_database_need_both_consents(project: Project) -> None:
    project.migrate()
    project.run("INSERT INTO c VALUES (1)")
    project.target = replace(project.target, protected=True)
    for options in ({"yes": True}, {"accept_data_loss": True}):
        with pytest.raises(ConsentNeeded):
            project.rollback(steps=1, **options)
    assert project.rollback(steps=1, yes=True, accept_data_loss=True) == ["0003_c"]


def test_a_failing_way_back_leaves_the_migration_applied(project: Project) -> None:
    project.migrate()
    project.run("CREATE VIEW v AS SELECT * FROM b")
    with pytest.raises(WishkitError, match="other objects depend on it") as error:
        project.rollback(to="base")
    assert error.value.exit_status == 3
    assert "0002_b stays applied" in (error.value.state or "")
    assert project.states() == {"0001_a": "applied", "0002_b": "applied", "0003_c": "pending"}
    project.run("DROP VIEW v")
    assert project.rollback(to="base") == ["0002_b", "0001_a"]
