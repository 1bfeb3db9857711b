"""All environments asked at once: kept connections, and one that is down, hangs or comes back."""

from __future__ import annotations

import os
import signal
import socket
import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.plugins.databases import scratch_pid
from tests.relay import transaction_pooler
from wishkit import config as configuration
from wishkit.commands.everywhere import Everywhere
from wishkit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.plugins.databases import MakeDatabase
    from wishkit.commands.everywhere import Answer, Asked
    from wishkit.postgres.scratch import Scratch


@pytest.fixture
def everywhere(tmp_path: Path) -> Callable[..., Everywhere]:
    def make(size: int = 1, **urls: str) -> Everywhere:
        lines = [f'[environments.{name}]\nurl = "{url}"\n' for name, url in urls.items()]
        (tmp_path / "wishkit.toml").write_text("\n".join(lines))
        config = configuration.load(tmp_path)
        return Everywhere(config, application_name="wishkit test", size=size)

    return make


def backend(asked: Asked) -> int:
    row = asked.connection.execute("SELECT pg_backend_pid()").fetchone()
    assert row
    return int(row[0])


def errors(answers: tuple[Answer[Any], ...]) -> list[str | None]:
    return [it.error.code if it.error else None for it in answers]


def test_each_answers_for_itself_and_one_that_is_down_says_why(
    everywhere: Callable[..., Everywhere], make_database: MakeDatabase
) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # bound and not listening: refuses
        port = deaf.getsockname()[1]
        with everywhere(
            a=make_database(), down=f"postgresql://u:hush@127.0.0.1:{port}/x", b=make_database()
        ) as all_:
            answers = all_.ask(lambda asked: asked.server.database)
    assert [it.name for it in answers] == ["a", "down", "b"]
    assert errors(answers) == [None, "connection-refused", None]
    assert answers[0].value != answers[2].value
    assert "hush" not in str(answers[1].error)


def test_connections_are_kept_checked_and_made_again(
    everywhere: Callable[..., Everywhere], database: str
) -> None:
    with everywhere(a=database) as all_:
        first, second = (all_.ask(backend)[0].value for _ in range(2))
        assert first == second
        with psycopg.connect(database, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
        third = all_.ask(backend)[0]
        assert third.error is None
        assert third.value != first
    with psycopg.connect(database, autocommit=True) as other:
        sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'wishkit test'"
        while other.execute(sql).fetchone() != (0,):
            time.sleep(0.01)


def test_what_is_asked_can_neither_write_nor_go_on_for_ever(
    everywhere: Callable[..., Everywhere], database: str
) -> None:
    with everywhere(a=database) as all_:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            all_.ask(lambda asked: asked.connection.execute("CREATE TABLE t ()"))
        settings = all_.ask(
            lambda asked: asked.connection.execute(
                "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')"
            ).fetchone()
        )
        assert settings[0].value == ("10s", "10s")
        slow = all_.ask(
            lambda asked: [
                asked.connection.execute("SET statement_timeout = 50"),
                asked.connection.execute("SELECT pg_sleep(60)"),
            ]
        )
        assert errors(slow) == ["timeout"]


def test_one_that_hangs_holds_up_neither_this_question_nor_the_next(
    everywhere: Callable[..., Everywhere], make_database: MakeDatabase
) -> None:
    with everywhere(hangs=make_database(), a=make_database()) as all_:
        pid = all_.ask(backend)[0].value
        assert pid
        os.kill(pid, signal.SIGSTOP)  # the kernel still acknowledges what is sent to it
        try:
            answers = all_.ask(backend, within=0.3)
            assert errors(answers) == ["timeout", None]
            began = time.monotonic()
            answers = all_.ask(backend, within=60)
            assert errors(answers) == ["timeout", None]
            assert time.monotonic() - began < 50  # it was not waited for
        finally:
            os.kill(pid, signal.SIGCONT)
        while all_.ask(backend)[0].error:
            time.sleep(0.01)


def test_a_server_that_went_away_says_so_and_the_others_answer(
    everywhere: Callable[..., Everywhere], private_server: Scratch, database: str
) -> None:
    with everywhere(a=private_server.url(), b=database) as all_:
        assert errors(all_.ask(backend)) == [None, None]
        os.kill(scratch_pid(private_server), signal.SIGQUIT)  # at once, as after a crash
        while errors(answers := all_.ask(backend))[0] in {None, "connection-lost"}:
            time.sleep(0.01)
    assert answers[0].error
    assert answers[0].error.code in {"connection-refused", "socket-missing", "shutting-down"}
    assert answers[1].error is None


def test_behind_a_transaction_pooler_nothing_is_set_for_the_next_client(
    everywhere: Callable[..., Everywhere], database: str
) -> None:
    info = conninfo_to_dict(database)
    with (
        transaction_pooler(
            f"{info['host']}/.s.PGSQL.{info['port']}", str(info["user"]), str(info["dbname"])
        ) as port,
        everywhere(a=f"postgresql://{info['user']}@127.0.0.1:{port}/{info['dbname']}") as all_,
    ):
        answers = all_.ask(
            lambda asked: (
                asked.server.pooled,
                asked.connection.prepare_threshold,
                asked.connection.execute("SHOW default_transaction_read_only").fetchone(),
            )
        )
        assert answers[0].value == (True, None, ("off",))


def test_without_environments_there_is_nobody_to_ask(
    everywhere: Callable[..., Everywhere],
) -> None:
    with pytest.raises(ConfigError) as refusal:
        everywhere()
    assert refusal.value.code == "no-environments"
