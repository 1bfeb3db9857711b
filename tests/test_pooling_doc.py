"""docs/pooling.md: each line of its tables, its example and its screens, on a real PgBouncer."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.plugins.poolers import PREPARES, pgbouncer, version
from wishkit.config import Target
from wishkit.core.pool_advice import advise
from wishkit.core.pools import OURS, PoolSeen, Room
from wishkit.errors import ConnectError
from wishkit.interface.cli import execute
from wishkit.interface.errors import error_lines
from wishkit.postgres.connection import connect, identify, refuse_unfit
from wishkit.postgres.pooler import answer, direct_url_hint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.plugins.poolers import MakePooler, Pooler
    from tests.plugins.project import SqlFolder
    from wishkit.postgres.scratch import Scratch

    Connection = psycopg.Connection[Any]

TEXT = (Path(__file__).parents[1] / "docs" / "pooling.md").read_text(encoding="utf-8")
MODES = ("session", "transaction", "statement")
API = "pooling_api"
KEPT = "prepared statements with max_prepared_statements = 200"
END_ALL = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND datname = current_database()
"""
HELD = 20310518  # a lock that keeps a session busy


def section(title: str) -> str:
    return TEXT.split(f"# {title}\n", 1)[1].split("\n## ", 1)[0]


def rows(title: str) -> list[list[str]]:
    lines = [line for line in section(title).splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


TABLE = {row[0]: dict(zip(MODES, row[1:4], strict=True)) for row in rows("The modes of PgBouncer")}


class Client:
    """A client, and another one that takes the session it has just had, if it can be taken."""

    def __init__(self, connection: Connection, direct: Connection, pooler: Pooler) -> None:
        self.connection, self.direct, self.pooler = connection, direct, pooler
        self.pooled = pooler.url(direct.info.dbname)
        self.pgconn = connection.pgconn

    def run(self, statement: str) -> object:
        cursor = self.connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None

    @contextmanager
    def others_busy(self) -> Iterator[None]:
        waiting = "SELECT count(*) FROM pg_locks WHERE objid = %s AND NOT granted"
        self.direct.execute("SELECT pg_advisory_lock(%s)", [HELD])
        try:
            with closing(psycopg.connect(self.pooled, autocommit=True)) as other:
                other.pgconn.send_query(f"SELECT pg_advisory_xact_lock({HELD})".encode())
                while other.pgconn.flush():
                    pass
                while self.direct.execute(waiting, [HELD]).fetchone() != (1,):
                    pass
                yield
        finally:
            self.direct.execute("SELECT pg_advisory_unlock(%s)", [HELD])


def afterwards(before: str, question: str, answer: object) -> Callable[[Client], bool]:
    """What was done is still so, when others have been at work in between."""

    def works(client: Client) -> bool:
        client.run(before)
        with client.others_busy():
            return client.run(question) == answer

    return works


def in_transaction(*statements: str, answer: object) -> Callable[[Client], bool]:
    def works(client: Client) -> bool:
        client.run("BEGIN")
        with client.others_busy():
            found = [client.run(it) for it in statements][-1]
        client.run("COMMIT")
        return found == answer

    return works


def prepared(client: Client) -> bool:
    assert client.pgconn.prepare(b"mine", b"SELECT 7").status == psycopg.pq.ExecStatus.COMMAND_OK
    with client.others_busy():
        return client.pgconn.exec_prepared(b"mine", None).status == psycopg.pq.ExecStatus.TUPLES_OK


def listens(client: Client) -> bool:
    client.run("LISTEN wishes")
    client.direct.execute("NOTIFY wishes")
    return len(list(client.connection.notifies(timeout=0.2, stop_after=1))) == 1


def notifies(client: Client) -> bool:
    client.direct.execute("LISTEN wishes")
    client.run("NOTIFY wishes")
    return len(list(client.direct.notifies(timeout=5, stop_after=1))) == 1


def copies(client: Client) -> bool:
    client.direct.execute("CREATE TABLE copied (id int)")
    with client.connection.cursor().copy("COPY copied FROM stdin") as copy:
        copy.write("1\n2\n")
    return client.run("SELECT count(*) FROM copied") == 2


def with_parameters(client: Client) -> bool:
    return client.connection.execute("SELECT %s::int", [7], prepare=False).fetchone() == (7,)


def set_for_all(client: Client) -> bool:
    name = client.direct.info.dbname
    client.direct.execute(f"ALTER DATABASE {name} SET work_mem = '5MB'".encode())
    client.connection.close()
    client.pooler.console("RECONNECT")
    with psycopg.connect(client.pooled, autocommit=True) as connection:
        return connection.execute("SHOW work_mem").fetchone() == ("5MB",)


def options(client: Client) -> bool:
    psycopg.connect(make_conninfo(client.pooled, options="-c work_mem=5MB")).close()
    return True


def looks(client: Client) -> bool:
    with connect(Target(client.pooled, "test"), application_name="test") as connection:
        identify(connection)
    return True


def migrates(client: Client) -> bool:
    with connect(Target(client.pooled, "test"), application_name="test") as connection:
        refuse_unfit(identify(connection))
    return True


PROBES: dict[str, Callable[[Client], bool]] = {
    "transactions of several statements": in_transaction("SELECT 1", "SELECT 2", answer=2),
    "statements with parameters": with_parameters,
    "prepared statements (by the driver)": prepared,
    KEPT: prepared,
    "PREPARE and EXECUTE (as SQL)": afterwards("PREPARE mine AS SELECT 7", "EXECUTE mine", 7),
    "SET": afterwards("SET work_mem = '5MB'", "SHOW work_mem", "5MB"),
    "SET search_path": afterwards("SET search_path = mine", "SHOW search_path", "mine"),
    "SET LOCAL": in_transaction("SET LOCAL work_mem = '5MB'", "SHOW work_mem", answer="5MB"),
    "ALTER DATABASE … SET, ALTER ROLE … SET, after RECONNECT": set_for_all,
    "settings in the connection string (options=-c …)": options,
    "session advisory locks (pg_advisory_lock)": afterwards(
        "SELECT pg_advisory_lock(7)", "SELECT pg_advisory_unlock(7)", answer=True
    ),
    "transaction advisory locks (pg_advisory_xact_lock)": in_transaction(
        "SELECT pg_advisory_xact_lock(7)",
        "SELECT count(*) FROM pg_locks WHERE objid = 7 AND pid = pg_backend_pid()",
        answer=1,
    ),
    "LISTEN": listens,
    "NOTIFY": notifies,
    "temporary tables": afterwards(
        "CREATE TEMP TABLE mine AS SELECT 7", "SELECT * FROM mine", 7
    ),
    "temporary tables ON COMMIT DROP": in_transaction(
        "CREATE TEMP TABLE mine ON COMMIT DROP AS SELECT 7", "SELECT * FROM mine", answer=7
    ),
    "cursors WITH HOLD": afterwards(
        "DECLARE mine CURSOR WITH HOLD FOR SELECT 7", "FETCH mine", 7
    ),
    "cursors inside a transaction": in_transaction(
        "DECLARE mine CURSOR FOR SELECT 7", "FETCH mine", answer=7
    ),
    "COPY": copies,
    "wishkit status, check, history": looks,
    "wishkit migrate, rollback": migrates,
}  # fmt: skip


def test_every_line_of_the_table_is_tried() -> None:
    assert set(TABLE) == set(PROBES)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("what", PROBES)
def test_what_works_in_each_mode(poolers: MakePooler, database: str, what: str, mode: str) -> None:
    pooler = poolers(mode, default_pool_size="4")
    if what == KEPT:
        if pooler.version < PREPARES:
            version = ".".join(map(str, pooler.version))
            pytest.skip(f"PgBouncer {version} is older than 1.21: as its manual has it, not tried")
        pooler = poolers(mode, default_pool_size="4", max_prepared_statements="200")
    elif what == "prepared statements (by the driver)" and pooler.version >= PREPARES:
        pooler = poolers(mode, default_pool_size="4", max_prepared_statements="0")
    url = pooler.url(database)
    with (
        psycopg.connect(database, autocommit=True) as direct,
        closing(psycopg.connect(url, autocommit=True)) as connection,
    ):
        try:
            works = PROBES[what](Client(connection, direct, pooler))
        except (psycopg.Error, ConnectError):
            works = False
    assert {True: "yes", False: "no"}[works] == TABLE[what][mode]


def test_the_direct_urls_are_those_that_wishkit_names() -> None:
    where = {row[0]: row[1] for row in rows("Other poolers")}
    for name, host, words in (
        ("Supabase", "db.x.supabase.co", "direct connection, port 5432, instead of 6543"),
        ("Neon", "ep-a-pooler.eu.aws.neon.tech", "the host name without `-pooler`"),
        ("Amazon RDS Proxy", "x.proxy-1.eu.rds.amazonaws.com", "the endpoint of the instance or"),
        (
            "DigitalOcean",
            "x.db.ondigitalocean.com",
            "the database's own port instead of the pool's",
        ),
        ("Azure", "x.postgres.database.azure.com", "port 5432 instead of"),
    ):
        assert words in where[name]
        assert words.replace("`", "") in direct_url_hint(host, 6543)


def test_the_worked_example_is_what_env_check_finds() -> None:
    found = re.search(
        r"\((\d+) \S (\d+) \S (\d+) \S (\d+)\) / (\d+) = (\d+) connections each",
        section("How many"),
    )
    assert found
    most, kept, ours, others, instances, size = map(int, found.groups())
    assert ours == OURS
    room = Room(most, kept, None, others, others)
    fits, too_many = (
        advise(room, [PoolSeen("api", each, instances)], "wishes") for each in (size, size + 1)
    )
    assert not fits
    assert [it.wrong for it in too_many] == [True]


def test_the_settings_to_begin_with_are_taken_by_pgbouncer(server: Scratch, database: str) -> None:
    text = section("PgBouncer, to begin with").split("[pgbouncer]\n", 1)[1].split("```", 1)[0]
    settings = dict(line.split(" = ", 1) for line in text.splitlines())
    for ours in ("listen_addr", "listen_port", "auth_type", "auth_file"):
        del settings[ours]
    mode = settings.pop("pool_mode")
    if version() < PREPARES:
        del settings["max_prepared_statements"]
    with pgbouncer(server, mode, **settings) as pooler:
        taken = {row["key"]: row["value"] for row in pooler.console("SHOW CONFIG")}
        assert settings.items() <= taken.items()
        psycopg.connect(pooler.url(database)).close()


@pytest.mark.parametrize("through", [True, False])
def test_the_example_works_with_a_pooler_and_without(
    *, poolers: MakePooler, database: str, monkeypatch: pytest.MonkeyPatch, through: bool
) -> None:
    code = section("An API in Python").split("```python\n", 1)[1].split("```", 1)[0]
    url = poolers(default_pool_size="2").url(database) if through else database
    monkeypatch.setenv("API_URL", url)
    program: dict[str, Any] = {}
    exec(compile(code, "docs/pooling.md", "exec"), program)  # noqa: S102 - our own document
    with psycopg.connect(database, autocommit=True) as direct:
        direct.execute("CREATE TABLE wishlist_items (user_id text, title text, store text,"
                       " sort_order int)")  # fmt: skip
        direct.execute("INSERT INTO wishlist_items VALUES ('a', 'Castle', 'LEGO', 1)")
        with program["serving"](), ThreadPoolExecutor(8) as threads:
            for _ in range(2):
                found = list(threads.map(program["wishes"], ["a"] * 40))
                assert found == [[("Castle", "LEGO")]] * 40
                # All of them gone, as after a restart of the server: nobody meets a dead one.
                direct.execute(END_ALL.encode())


def test_a_plan_that_is_out_of_date_and_what_helps(poolers: MakePooler, database: str) -> None:
    pooler = poolers("session", default_pool_size="4")
    star, named = "SELECT * FROM wishes", "SELECT id FROM wishes"
    with (
        psycopg.connect(database, autocommit=True) as direct,
        psycopg.connect(pooler.url(database), autocommit=True) as client,
    ):
        direct.execute("CREATE TABLE wishes (id int)")
        for statement in (star, named):
            client.execute(statement.encode(), prepare=True)
        direct.execute("ALTER TABLE wishes ADD COLUMN title text")
        with pytest.raises(psycopg.errors.FeatureNotSupported) as failure:
            client.execute(star.encode(), prepare=True)
        assert f"`{failure.value.diag.message_primary}`" in section(
            "Migrations while a pooler is in front"
        )
        client.execute(named.encode(), prepare=True)


def test_reconnect_gives_new_sessions_and_pause_holds_clients_back(
    poolers: MakePooler, database: str
) -> None:
    pooler = poolers(default_pool_size="3")
    url, ask = pooler.url(database), b"SELECT pg_backend_pid()"
    with psycopg.connect(url, autocommit=True) as client:
        before = client.execute(ask).fetchone()
        pooler.console("RECONNECT")
        after = client.execute(ask).fetchone()
        assert after != before
        name = client.info.dbname
        pooler.console(f"PAUSE {name}")
        assert answer(client.pgconn, lambda: client.pgconn.send_query(ask), patience=0.1) is None
        pooler.console(f"RESUME {name}")
        client.pgconn.consume_input()
        result = answer(client.pgconn, lambda: None)
        assert result
        assert result.status == psycopg.pq.ExecStatus.TUPLES_OK


@pytest.fixture
def login(server: Scratch) -> Iterator[str]:
    """An application's, with time-outs."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {API} LOGIN".encode())
        for setting in re.findall(r"ALTER ROLE api (SET .+;)", TEXT):
            connection.execute(f"ALTER ROLE {API} {setting}".encode())
        yield API
        connection.execute(f"DROP ROLE {API}".encode())


def test_its_screens_are_what_is_printed(
    *,
    poolers: MakePooler,
    database: str,
    sql_folder: SqlFolder,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    login: str,
) -> None:
    pooler = poolers(default_pool_size="20", stats_users=login)
    project = sql_folder({"0001_x.sql": "-- X\nSELECT 1;\n", "0001_x.rollback.sql": "SELECT 1;"})
    monkeypatch.chdir(project)
    (project / "wishkit.toml").write_text(
        f'[environments.production]\nurl = "{database}"\n'
        f'[environments.production.pools.api]\nurl = "{pooler.url(database, user=login)}"\n'
        "size = 20\ninstances = 6\n"
    )
    with pytest.raises(ConnectError) as refusal:
        execute(["migrate", "--url", pooler.url(database)])
    screens = [*error_lines(refusal.value)]
    assert execute(["env", "check"]) == 1
    if pooler.version < PREPARES:  # a newer one is judged in other words
        screens += capsys.readouterr().out.splitlines()
    for line in screens:
        told = line.replace(str(pooler.port), "6432").rstrip()
        assert re.sub(r"\d+\.\d+(?= +base)", "18.6", told) in TEXT
