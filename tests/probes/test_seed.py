"""Seeds: all or nothing, refused where they do not belong, and nothing to do the second time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from wishkit.commands.migrate import migrate
from wishkit.commands.seed import aimed, seed
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Environment, Target
from wishkit.core.script import Script
from wishkit.errors import ConsentNeeded, MigrationFileError, SeedFailed, UsageError
from wishkit.postgres.seed import Written, sow

if TYPE_CHECKING:
    from collections.abc import Iterator

SQL = Path(__file__).parents[2] / "sql"
GOOD = "INSERT INTO wishes VALUES (1, 'castle') ON CONFLICT DO NOTHING;"


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE wishes (id int PRIMARY KEY, title text)")
        yield connection


def scripts(*texts: str) -> list[Script]:
    return [Script(f"seeds/{n}.sql", text.encode()) for n, text in enumerate(texts, 1)]


def wishes(connection: psycopg.Connection[Any]) -> list[tuple[int, str]]:
    return connection.execute("SELECT * FROM wishes ORDER BY id").fetchall()


def test_rows_are_written_once(connection: psycopg.Connection[Any]) -> None:
    upsert = """
        INSERT INTO wishes AS w VALUES (2, 'mill'), (1, 'keep')
        ON CONFLICT (id) DO UPDATE SET title = excluded.title
        WHERE w.title IS DISTINCT FROM excluded.title
        """
    sown = sow(connection, scripts(upsert))
    assert sown.written == (Written("public.wishes", 2, 0, 0),)
    assert sown.proven
    connection.execute("UPDATE wishes SET title = 'other' WHERE id = 2")
    assert sow(connection, scripts(upsert)).written == (Written("public.wishes", 0, 1, 0),)
    assert sow(connection, scripts(upsert)).written == ()
    assert wishes(connection) == [(1, "keep"), (2, "mill")]


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("INSERT INTO wishes VALUES (7, 'x');", "2:1", "fails: duplicate key"),
        (
            "INSERT INTO wishes SELECT max(id) + 1, 'x' FROM wishes;",
            "2:1",
            "public.wishes (1 inserted)",
        ),
        (
            f"{GOOD}\nUPDATE wishes SET title = title;",
            "3:1",
            "public.wishes (1 updated)",
        ),
        (
            f"DELETE FROM wishes;\n{GOOD}",
            "2:1",
            "public.wishes (1 deleted)",
        ),
        (f"TRUNCATE wishes;\n{GOOD}", "2:1", "public.wishes (truncated)"),
        ("COPY wishes FROM stdin;\n9\tx\n\\.\n", "3:1", "fails: duplicate key"),
    ],
)
def test_what_changes_rows_again_is_told_and_not_kept(
    connection: psycopg.Connection[Any], text: str, where: str, words: str
) -> None:
    with pytest.raises(SeedFailed) as caught:
        sow(connection, scripts(GOOD, "-- two\n" + text))
    assert caught.value.code == "seed-not-idempotent"
    assert caught.value.exit_status == 3
    assert str(caught.value.where) == f"seeds/2.sql:{where}"
    assert words in caught.value.message
    assert "ON CONFLICT" in (caught.value.help or "")
    assert wishes(connection) == []


def test_what_fails_leaves_nothing(connection: psycopg.Connection[Any]) -> None:
    connection.execute(
        "CREATE TABLE notes (id int PRIMARY KEY, wish int REFERENCES wishes "
        "DEFERRABLE INITIALLY DEFERRED)"
    )
    late = "INSERT INTO notes VALUES (1, 99) ON CONFLICT DO NOTHING;"
    for text, words in (("SELECT nothing;", "nothing"), (late, "notes_wish_fkey")):
        with pytest.raises(SeedFailed, match=words) as caught:
            sow(connection, scripts(GOOD, text))
        assert caught.value.code == "seed-failed"
        assert caught.value.state == "all seeds of this run were rolled back"
    with pytest.raises(MigrationFileError, match="a seed does not begin"):
        sow(connection, scripts(GOOD, "COMMIT;"))
    assert wishes(connection) == []


def test_where_rows_are_not_counted_nothing_is_proven(
    connection: psycopg.Connection[Any],
) -> None:
    connection.execute("DROP ROLE IF EXISTS gardener; CREATE ROLE gardener")
    connection.execute("GRANT ALL ON wishes TO gardener")
    connection.execute("SET track_counts = off")
    again = "INSERT INTO wishes SELECT coalesce(max(id), 0) + 1, 'x' FROM wishes;"
    with pytest.raises(SeedFailed):  # a superuser has them counted all the same
        sow(connection, scripts(again))
    connection.execute("SET ROLE gardener")
    assert not sow(connection, scripts(GOOD)).proven
    connection.execute("RESET ROLE; DROP OWNED BY gardener; DROP ROLE gardener")


# The command


def workspace(url: str, name: str = "development", *, seeds: bool | None = None) -> Workspace:
    """On a protected database where seeds are allowed or not."""
    target = Target(url, name, protected=seeds is not None, seeds=bool(seeds))
    return Workspace(Config(sql=SQL), target, lambda _: None)


def test_the_seeds_of_this_project(database: str) -> None:
    migrate(workspace(database), to="0006")
    with pytest.raises(SeedFailed, match="wishlist_items"):
        seed(workspace(database), "development")
    migrate(workspace(database))
    first = seed(workspace(database), "development")
    assert first.proven
    assert Written("public.wishlist_items", 5, 0, 0) in first.written
    assert sum(it.inserted for it in first.written) == 25
    assert seed(workspace(database), "development").written == ()
    with pytest.raises(UsageError, match="no seeds"):
        seed(workspace(database), "staging")


def test_a_protected_database_takes_only_its_own_and_only_with_consent(
    database: str,
) -> None:
    migrate(workspace(database))
    refused = [workspace(database, "production", seeds=allowed) for allowed in (False, True)]
    told = []
    for project in refused:
        with pytest.raises(ConsentNeeded) as caught:
            seed(project, "development", yes=True)
        told.append((caught.value.code, caught.value.help))
    assert [code for code, _ in told] == ["seeds-refused"] * 2
    assert "seeds = true" in (told[0][1] or "")
    assert told[1][1] == "wishkit seed production"
    own = workspace(database, "development", seeds=True)
    with pytest.raises(ConsentNeeded, match="write seeds"):
        seed(own, "development")
    assert seed(own, "development", yes=True).written


def test_the_word_names_the_database_too_where_it_can() -> None:
    environment = Environment("staging", "postgresql://db.example.org/wishes")
    project = Workspace(Config(environments=(environment,)), Target("", "x"), lambda _: None)
    assert aimed(project, "staging").target.name == "staging"
    assert aimed(project, "development") is project
