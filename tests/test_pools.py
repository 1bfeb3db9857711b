"""`wishkit env check` and the pools of an application: do they fit what is there?"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.plugins.poolers import PREPARES
from tests.test_pgbouncer import state
from wishkit.commands.environments import examine
from wishkit.core.pools import OURS
from wishkit.interface.cli import execute
from wishkit.postgres.pooler_trial import try_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.plugins.poolers import MakePooler
    from tests.plugins.project import SqlFolder
    from wishkit.commands.environments import Examined
    from wishkit.postgres.scratch import Scratch

API = "pools_api"
LIMITED = "pools_limited"


@pytest.fixture(scope="module", autouse=True)
def logins(server: Scratch) -> Iterator[None]:
    """An application's login as it should be, and one with limits and without time-outs."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {API} LOGIN".encode())
        for setting in ("idle_in_transaction_session_timeout", "statement_timeout"):
            connection.execute(f"ALTER ROLE {API} SET {setting} = '30s'".encode())
        connection.execute(f"CREATE ROLE {LIMITED} LOGIN CONNECTION LIMIT 7".encode())
        yield
        connection.execute(f"DROP ROLE {API}, {LIMITED}".encode())


@pytest.fixture
def check(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Examined]:
    """Examine a fresh database whose configuration has these pools."""
    monkeypatch.chdir(tmp_path)

    def ask(**pools: str) -> Examined:
        lines = [f'[environments.a]\nurl = "{database}"']
        lines += [f"[environments.a.pools.{name}]\n{keys}" for name, keys in pools.items()]
        (tmp_path / "wishkit.toml").write_text("\n".join(lines) + "\n")
        found = examine()
        (examined,) = found.environments
        assert examined.error is None
        assert found.exit_status == (0 if examined.well else 1)
        return examined

    return ask


@pytest.fixture
def api(database: str) -> str:
    """How the application connects directly."""
    return make_conninfo(database, user=API)


def told(found: Examined) -> list[tuple[str | None, bool, str]]:
    return [(it.pool, it.wrong, it.what) for it in found.advice]


@pytest.mark.parametrize(
    ("keys", "line", "column", "words", "help_text"),
    [
        ("instances = 2", 3, 2, 'pool "api" has no size', "size = 20"),
        ("size = 0", 4, 1, '"size" must be from 1 to', ""),
        ("size = 5\ninstances = -1", 5, 1, '"instances" must be from 1 to', ""),
        ('size = "5"', 4, 1, '"size" must be a whole number, not a string', ""),
        ("size = 5\nsizes = 6", 5, 1, 'unknown key "sizes"', 'perhaps you meant "size"'),
        ('size = 5\nurl = " "', 5, 1, '"url" is empty', "env:VARIABLE"),
    ],
)
def test_what_is_no_pool_is_refused_at_its_line(
    *, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: str, line: int, column: int,
    words: str, help_text: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wishkit.toml").write_text(
        f'[environments.a]\nurl = "embedded"\n[environments.a.pools.api]\n{keys}\n'
    )
    with pytest.raises(Exception, match=re.escape(words)) as refusal:
        execute(["env", "list"])
    where = getattr(refusal.value, "where", None)
    assert where
    assert (where.line, where.column) == (line, column)
    assert help_text in str(getattr(refusal.value, "help", ""))


def test_pools_that_fit_are_well_and_said_in_json(
    check: Callable[..., Examined], api: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = check(api=f'url = "{api}"\nsize = 5\ninstances = 4', jobs="size = 3")
    assert found.well
    assert told(found) == []
    assert execute(["env", "check", "--json"]) == 0
    (it,) = json.loads(capsys.readouterr().out)["environments"]
    assert it["room"]["most"] == 100
    assert [(pool["name"], pool["login"], pool["pooler"]) for pool in it["pools"]] == [
        ("api", API, None),
        ("jobs", None, None),
    ]


def test_more_than_the_server_has_is_told_with_what_would_fit(
    check: Callable[..., Examined], api: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def pools(size: int, jobs: int) -> Examined:
        return check(api=f'url = "{api}"\nsize = {size}\ninstances = 4', jobs=f"size = {jobs}")

    found = pools(25, 10)
    (advice,) = found.advice
    wanted = 100 + 10 + OURS + found.room.others if found.room else 0
    assert advice.what.startswith(f"{wanted} connections are wanted (100 of api (4 instances of 25")
    assert "97 are there: max_connections = 100, 3 of them kept" in advice.what
    assert f"ALTER SYSTEM SET max_connections = {wanted + 3};" in advice.remedy
    assert execute(["env", "check"]) == 1
    assert "remedy: ALTER SYSTEM SET max_connections" in capsys.readouterr().out
    sizes = [int(size) for size in re.findall(r"size = (\d+) for", advice.remedy)]
    assert sizes[0] > 15
    assert pools(*sizes).well  # what it proposes does fit


def test_limits_of_login_and_database_count(check: Callable[..., Examined], database: str) -> None:
    url = make_conninfo(database, user=LIMITED)
    with psycopg.connect(database, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 9".encode())
        found = check(api=f'url = "{url}"\nsize = 4\ninstances = 2')
    what = {it.what: it for it in found.advice}
    login = what[f"8 connections are wanted as {LIMITED}, whose limit is 7"]
    assert login.remedy == f'ALTER ROLE "{LIMITED}" CONNECTION LIMIT 8;'
    (base,) = [it for it in found.advice if it.pool is None]
    # 8 of the pool, 1 that is connected here, and ours
    assert base.what.startswith(f"{8 + 1 + OURS} connections are wanted")
    assert base.remedy.startswith(f'ALTER DATABASE "{name}" CONNECTION LIMIT {8 + 1 + OURS};')
    for setting in ("idle_in_transaction_session_timeout", "statement_timeout"):
        assert not what[f"{LIMITED} has no {setting}"].wrong
        assert f'ALTER ROLE "{LIMITED}" SET {setting}' in what[f"{LIMITED} has no {setting}"].remedy


def test_a_run_takes_no_more_connections_than_are_counted(
    sql_folder: SqlFolder, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = """-- Count
    CREATE TABLE counted AS SELECT count(*) FROM pg_stat_activity
    WHERE application_name LIKE 'wishkit %' AND datname = current_database();
    """
    files = {
        "0001_count.sql": count,
        "0001_count.rollback.sql": "DROP TABLE counted;",
    }
    monkeypatch.chdir(sql_folder(files))
    assert execute(["migrate", "--url", database]) == 0
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT count FROM counted").fetchone()
    assert row
    assert 0 < row[0] < OURS  # and somebody looks on


def test_one_that_leads_nowhere_or_elsewhere_is_told(
    check: Callable[..., Examined], private_server: Scratch
) -> None:
    found = check(
        unset='url = "env:POOLS_UNSET"\nsize = 1',
        down='url = "postgresql://u:hush@127.0.0.1:1/x"\nsize = 1',
        other=f'url = "{private_server.url()}"\nsize = 1',
    )
    assert told(found)[0] == (
        "unset", True, "it does not connect: the variable POOLS_UNSET is not set",
    )  # fmt: skip
    assert "it does not connect: nobody listens at 127.0.0.1:1" in told(found)[1][2]
    assert "it leads to another server" in told(found)[2][2]
    assert "hush" not in str(found)


@pytest.mark.parametrize("size", ["1", "4"])
@pytest.mark.parametrize("turns", ["0", "1"])
def test_what_is_tried_is_found_and_leaves_nothing(
    poolers: MakePooler, database: str, size: str, turns: str
) -> None:
    pooler = poolers(default_pool_size=size, server_round_robin=turns)
    url = pooler.url(database)
    before, _ = state(url)
    trial = try_out(lambda: psycopg.connect(url))
    assert trial.leaks is True
    assert trial.prepares is (pooler.version >= PREPARES and pooler.prepared > 0)
    for _ in range(int(size)):
        assert state(url)[0] == before


def test_a_pool_of_transactions_is_judged_by_what_it_does(
    check: Callable[..., Examined], poolers: MakePooler, database: str
) -> None:
    pooler = poolers(default_pool_size="5", stats_users=API)
    url = pooler.url(database, user=API)
    found = check(api=f'url = "{url}"\nsize = 20\ninstances = 6')
    (pool,) = found.pools
    assert pool.pooler
    assert pool.pooler.bouncer
    assert (pool.pooler.mode, pool.takes) == ("transaction", 5)
    assert pool.pooler.bouncer.version == ".".join(map(str, pooler.version)) + ".0"
    what = {it.what: it for it in found.advice}
    clients = what["120 clients for a pooler that takes 100"]
    assert (clients.pool, clients.wrong, clients.remedy) == ("api", True, "max_client_conn = 150")
    assert any(it.startswith("what one client SETs, the next one has") for it in what)
    prepared = "prepared statements do not work through its pooler: tried"
    if pooler.version < PREPARES:
        assert "PgBouncer 1.21 or later with max_prepared_statements" in what[prepared].remedy
    found = check(api=f'url = "{url}"\nsize = 2\nprepares = false')
    assert found.well, told(found)


def test_sessions_of_all_pairs_together_are_held_against_the_server(
    check: Callable[..., Examined], poolers: MakePooler, database: str
) -> None:
    pooler = poolers(default_pool_size="60", stats_users=API)
    for user in ("postgres", API):
        psycopg.connect(pooler.url(database, user=user)).close()
    found = check(api=f'url = "{pooler.url(database, user=API)}"\nsize = 2\nprepares = false')
    (advice,) = [it for it in found.advice if it.wrong]
    assert "its pooler may open 120 sessions, for 2 pairs of database and user" in advice.what
    assert advice.remedy.startswith("default_pool_size = 47")


def test_a_pool_of_sessions_and_one_of_statements(
    check: Callable[..., Examined], poolers: MakePooler, database: str
) -> None:
    session = poolers("session", default_pool_size="5", stats_users=API).url(database, user=API)
    statement = poolers("statement", stats_users=API).url(database, user=API)
    found = check(
        api=f'url = "{session}"\nsize = 3\ninstances = 2',
        jobs=f'url = "{statement}"\nsize = 1',
    )
    assert [it.pooler.mode for it in found.pools if it.pooler] == ["session", "statement"]
    assert [it for it in told(found) if it[1]] == [
        ("api", True, "its pooler is in session mode and has 5 sessions for 6 clients"),
        ("jobs", True, "its pooler is in statement mode"),
    ]


def test_a_console_that_lets_nobody_look_is_no_mistake(
    check: Callable[..., Examined], poolers: MakePooler, database: str
) -> None:
    url = poolers(default_pool_size="2").url(database, user=API)
    found = check(api=f'url = "{url}"\nsize = 200\nprepares = false')
    assert found.well
    assert found.pools[0].pooler
    assert found.pools[0].pooler.bouncer is None
    (unseen,) = [it for it in found.advice if "is not to be seen" in it.what]
    assert (
        unseen.remedy == f"stats_users = {API} in pgbouncer.ini, and a line for it in its auth_file"
    )
