"""Asking a database what a probe asks, and leaving nothing behind."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import psycopg
import pytest

from wishkit.core.probes import Probe
from wishkit.core.script import Script
from wishkit.errors import ConnectError, ProbeError, PromiseBroken, WishkitError
from wishkit.postgres.probe import run_probe, undone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from wishkit.core.probes import Verdict


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE wishes (id int PRIMARY KEY, stars int CHECK (stars < 6))")
        yield connection


def ask(
    connection: psycopg.Connection[Any],
    sql: str,
    settings: dict[str, str] | None = None,
    **options: float,
) -> Verdict:
    return run_probe(
        connection, Probe("p", "smoke", Script("p.sql", sql.encode())), settings=settings, **options
    )


def value(connection: psycopg.Connection[Any], sql: str) -> object:
    row = connection.execute(sql.encode()).fetchone()
    return row[0] if row else None


def do(body: str) -> str:
    return f"-- comment\n\nDO $x$\nBEGIN\n{body}\nEND\n$x$;\n"


def told(error: WishkitError | None) -> tuple[str, str, str]:
    """Where, which words of that line are meant, and what is said."""
    assert error
    assert error.where
    where = error.where
    marked = where.text[where.column - 1 :][: where.length]
    return str(where), marked, error.message


def test_what_holds_passes_and_says_what_it_says(connection: psycopg.Connection[Any]) -> None:
    found = ask(connection, do("    ASSERT 1 = 1; RAISE NOTICE 'seen'; RAISE WARNING 'hm';"))
    assert (found.id, found.kind, found.passed, found.error) == ("p", "smoke", True, None)
    assert found.notices == ("seen", "warning: hm")
    assert found.seconds > 0


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            do("    PERFORM 1;\n    ASSERT 1 = 2, 'there are two';"),
            ("p.sql:6:5", "ASSERT 1 = 2, 'there are two';", "there are two"),
        ),
        (
            do("    PERFORM 1;\n    RAISE EXCEPTION 'no %', 'wish';"),
            ("p.sql:6:5", "RAISE EXCEPTION 'no %', 'wish';", "no wish"),
        ),
        (
            do("    INSERT INTO wishes\n    VALUES (1, 10);"),
            (
                "p.sql:5:5",
                "INSERT INTO wishes",
                'new row for relation "wishes" violates check constraint "wishes_stars_check"',
            ),
        ),
        (
            "SELECT 1;\nSELECT titel\nFROM wishes;",
            ("p.sql:2:8", "titel", 'column "titel" does not exist'),
        ),
        (do("ASSERT missing.id = 1 FROM missing;"), None),
        (
            "DO 'BEGIN ASSERT false, $$é$$; END';",
            ("p.sql:1:4", "'BEGIN ASSERT false, $$é$$; END'", "é"),
        ),
        ("SELECT 1;\nSELECT 1 / 0;", ("p.sql:2:1", "SELECT 1 / 0", "division by zero")),
        (
            "COPY wishes FROM stdin;\n1\t3\n2\t7\n\\.\n",
            (
                "p.sql:3:1",
                "2\t7",
                'new row for relation "wishes" violates check constraint "wishes_stars_check"',
            ),
        ),
    ],
)
def test_what_is_broken_is_told_with_its_place(
    connection: psycopg.Connection[Any], sql: str, expected: tuple[str, str, str] | None
) -> None:
    error = ask(connection, sql).error
    assert isinstance(error, PromiseBroken)
    if expected:
        assert told(error) == expected
    assert value(connection, "SELECT count(*) FROM wishes") == 0


def test_nothing_stays_of_a_probe(connection: psycopg.Connection[Any]) -> None:
    """Neither rows nor settings, whether it passes or not."""
    path = value(connection, "SHOW search_path")
    sql = (
        "INSERT INTO wishes VALUES (1, 1); CREATE TEMPORARY TABLE t (); CREATE TABLE new ();"
        "SET search_path = nowhere; SET ROLE pg_monitor; LISTEN x; PREPARE p AS SELECT 1;"
        "SELECT pg_catalog.pg_advisory_lock(7), pg_catalog.set_config('a.b', 'c', false);"
        "DECLARE d CURSOR WITH HOLD FOR SELECT 1;"
    )
    for end, passes in (("", True), ("SELECT 1 / 0;", False)):
        assert ask(connection, sql + end).passed is passes
        assert value(connection, "SELECT count(*) FROM wishes") == 0
        assert value(connection, "SHOW search_path") == path
        assert value(connection, "SELECT current_user = session_user") is True
        assert value(connection, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0
        assert value(connection, "SELECT to_regclass('t') IS NULL AND to_regclass('new') IS NULL")
        left = """
            SELECT (SELECT count(*) FROM pg_listening_channels())
                 + (SELECT count(*) FROM pg_prepared_statements WHERE NOT from_sql IS NULL)
                 + (SELECT count(*) FROM pg_cursors WHERE is_holdable)
            """
        assert value(connection, left) == 0
        assert not value(connection, "SELECT current_setting('a.b', true)")
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_what_a_commit_would_check_is_checked(connection: psycopg.Connection[Any]) -> None:
    connection.execute(
        "CREATE TABLE notes (wish int REFERENCES wishes DEFERRABLE INITIALLY DEFERRED)"
    )
    found = ask(connection, "INSERT INTO notes VALUES (1);")
    assert isinstance(found.error, PromiseBroken)
    assert "notes_wish_fkey" in found.error.message
    both = "INSERT INTO notes VALUES (1); INSERT INTO wishes VALUES (1, 1);"
    assert ask(connection, both).passed


def test_assertions_count_whatever_the_session_says(connection: psycopg.Connection[Any]) -> None:
    connection.execute("SET plpgsql.check_asserts = off")
    assert ask(connection, do("    ASSERT false;")).broken
    assert value(connection, "SHOW plpgsql.check_asserts") == "off"


def test_settings_are_given_to_it(connection: psycopg.Connection[Any]) -> None:
    sql = do("    ASSERT current_setting('wishkit.scale')::int = 7;")
    assert ask(connection, sql, settings={"wishkit.scale": "7"}).passed
    assert ask(connection, sql, settings={"wishkit.scale": "8"}).broken


@pytest.mark.parametrize(
    ("sql", "sqlstate", "words"),
    [
        ("SET ROLE nobody_much; SELECT * FROM wishes;", "42501", "grant"),
        (do("    ASSERT 1 ==;"), "42", ""),
        ("SET TRANSACTION READ ONLY; INSERT INTO wishes VALUES (1, 1);", "25006", "primary"),
        ("SELECT pg_catalog.pg_sleep(30);", "57014", "longer"),
    ],
)
def test_what_cannot_be_asked_is_no_broken_promise(
    connection: psycopg.Connection[Any], sql: str, sqlstate: str, words: str
) -> None:
    connection.execute("DROP ROLE IF EXISTS nobody_much; CREATE ROLE nobody_much")
    found = ask(connection, sql, statement_timeout=0.3)
    assert type(found.error) is ProbeError
    assert not found.broken
    assert any(f"SQLSTATE {sqlstate}" in note for note in found.error.notes)
    assert words in (found.error.help or "")
    assert found.error.where


def test_nobody_queues_for_long_behind_it(
    connection: psycopg.Connection[Any], database: str
) -> None:
    with psycopg.connect(database) as other:
        other.execute("LOCK TABLE wishes")
        found = ask(connection, "INSERT INTO wishes VALUES (1, 1);", lock_timeout=0.1)
    assert type(found.error) is ProbeError
    assert "another session holds a lock" in (found.error.help or "")


def test_a_lost_connection_is_no_verdict(connection: psycopg.Connection[Any]) -> None:
    with pytest.raises(ConnectError) as caught:
        ask(connection, "SELECT pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid());")
    assert caught.value.code == "connection-lost"


def test_an_interrupt_between_sending_and_waiting_leaves_nothing_under_way(
    connection: psycopg.Connection[Any],
) -> None:
    def interrupted() -> None:
        with undone(connection):
            connection.pgconn.send_query(b"SELECT pg_catalog.pg_sleep(60)")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_an_interrupt_rolls_back_at_once(
    connection: psycopg.Connection[Any], database: str
) -> None:
    main = threading.get_ident()

    def interrupt() -> None:
        asleep = "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = %s"
        with psycopg.connect(database, autocommit=True) as other:
            name = [other.info.dbname]
            while not other.execute(asleep, name).fetchall():
                pass
        signal.pthread_kill(main, signal.SIGINT)

    watcher = threading.Thread(target=interrupt)
    watcher.start()
    with pytest.raises(KeyboardInterrupt):
        ask(connection, "INSERT INTO wishes VALUES (1, 1); SELECT pg_catalog.pg_sleep(60);")
    watcher.join()
    assert value(connection, "SELECT count(*) FROM wishes") == 0


@pytest.mark.parametrize(
    ("sql", "code", "words"),
    [
        ("SELECT 1;\nCOMMIT;", "transaction-control", "rolled back"),
        ("SAVEPOINT a;", "transaction-control", "rolled back"),
        ("VACUUM wishes;", "needs-autocommit", "leave this out"),
        ("\\i other.sql", "psql-command", ""),
        ("SELECT 1 +;", "syntax", ""),
        ("-- nothing\n", "empty-migration", "better removed"),
    ],
)
def test_a_text_that_cannot_work_is_told_and_not_sent(
    connection: psycopg.Connection[Any], sql: str, code: str, words: str
) -> None:
    found = ask(connection, sql)
    assert not found.passed
    assert not found.broken
    assert found.error
    assert (found.error.code, found.error.exit_status) == (code, 2)
    assert words in (found.error.help or "")
    assert "migration" not in found.error.message
