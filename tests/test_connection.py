"""Connecting: every failure is one clear error, and the server is known before it is used."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.plugins.databases import scratch_pid
from tests.relay import foreign_pid, listening, relay, transaction_pooler
from wishkit.config import Target
from wishkit.errors import ConnectError
from wishkit.postgres import connection as module
from wishkit.postgres import pooler
from wishkit.postgres.account import choose_account
from wishkit.postgres.connection import (
    Server,
    connect,
    describe,
    identify,
    refuse_pooler,
    refuse_read_only,
    refuse_unfit,
)
from wishkit.postgres.scratch import Scratch, scratch_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.postgres.binaries import Binaries

HBA = """
local all guarded scram-sha-256
local all nobody_knows trust
local all refused reject
local all postgres trust
local all plain,limited,nologin trust
"""
OPENSSL = shutil.which("openssl")
PASSWORD = "correct horse/battery@staple"


@pytest.fixture(scope="module")
def guarded(binaries: Binaries, clean_environment: None) -> Iterator[Scratch]:  # noqa: ARG001 - first
    """A server with passwords, refusals and limits."""
    folder = Path(tempfile.mkdtemp(prefix="hba-", dir="/tmp"))
    try:
        rules = folder / "pg_hba.conf"
        rules.write_text(HBA)
        folder.chmod(0o755)
        rules.chmod(0o644)
        with scratch_server(binaries, settings={"hba_file": str(rules)}) as server:
            with psycopg.connect(server.url(), autocommit=True) as admin:
                for statement in (
                    f"CREATE ROLE guarded LOGIN PASSWORD '{PASSWORD}'",
                    "CREATE ROLE plain LOGIN",
                    "CREATE ROLE nologin",
                    "CREATE ROLE owner",
                    "CREATE ROLE limited LOGIN CONNECTION LIMIT 0",
                    "CREATE DATABASE private",
                    "REVOKE CONNECT ON DATABASE private FROM PUBLIC",
                    "CREATE DATABASE closed ALLOW_CONNECTIONS false",
                ):
                    admin.execute(statement)
            yield server
    finally:
        shutil.rmtree(folder)


def target(url: str, **changes: Any) -> Target:  # noqa: ANN401 - any field
    return dataclasses.replace(Target(url=url, name="staging"), **changes)


def failure(url: str, **options: Any) -> ConnectError:  # noqa: ANN401 - any option
    with pytest.raises(ConnectError) as caught:
        connect(target(url), application_name="wishkit", **options).close()
    assert caught.value.exit_status == 2
    return caught.value


def params(server: Scratch, **changes: str) -> str:
    return make_conninfo(server.url(), **changes)


def socket_path(server: Scratch) -> str:
    return str(server.folder / ".s.PGSQL.5432")


def identified(url: str) -> Server:
    with connect(target(url), application_name="wishkit") as connection:
        return identify(connection)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"user": "guarded"}, "no-password", '"guarded"'),
        ({"user": "guarded", "password": "wrong"}, "wrong-password", '"guarded"'),
        ({"user": "unlisted"}, "pg-hba", "unlisted"),
        ({"user": "refused"}, "pg-hba", "refused"),
        ({"user": "nobody_knows"}, "no-such-role", '"nobody_knows"'),
        ({"user": "nologin"}, "no-such-role", '"nologin"'),
        ({"user": "limited"}, "too-many-connections", "limited"),
        ({"dbname": "nowhere"}, "no-such-database", '"nowhere"'),
        ({"dbname": "private", "user": "plain"}, "no-connect-privilege", '"private"'),
        ({"dbname": "closed"}, "no-connect-privilege", '"closed"'),
        ({"options": "-c no_such_setting=1"}, "bad-options", "no_such_setting"),
        ({"options": "-c work_mem=much"}, "bad-options", "work_mem"),
        ({"target_session_attrs": "standby"}, "target-session-attrs", "standby"),
        ({"host": "/nowhere"}, "socket-missing", "/nowhere/.s.PGSQL.5432"),
        ({"host": "nowhere.invalid"}, "unknown-host", "nowhere.invalid"),
        ({"sslmode": "perhaps", "host": "127.0.0.1"}, "bad-conninfo", "sslmode"),
    ],
)
def test_each_refusal_has_its_code_and_names_what_it_is_about(
    guarded: Scratch, changes: dict[str, str], code: str, words: str
) -> None:
    error = failure(params(guarded, **changes))
    assert error.code == code
    assert words in error.message
    assert error.help


def test_connection_refused_names_host_and_port() -> None:
    port = closed_port()
    error = failure(f"postgresql://someone@127.0.0.1:{port}/db")
    assert (error.code, f"127.0.0.1:{port}" in error.message) == ("connection-refused", True)


def test_a_server_that_never_answers_is_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        error = failure(f"postgresql://u@127.0.0.1:{port}/db?connect_timeout=2")
    assert error.code == "timeout"


@pytest.mark.parametrize(
    ("answer", "code"),
    [(b"HTTP/1.1 400 Bad Request\r\n", "not-postgresql"), (b"", "connection-lost")],
)
def test_something_else_listens_there(answer: bytes, code: str) -> None:
    def serve(client: socket.socket) -> None:
        client.recv(8)
        client.sendall(answer)

    with listening(serve) as port:
        error = failure(f"host=127.0.0.1 port={port} user=u dbname=d sslmode=prefer")
    assert error.code == code


def test_several_hosts_each_get_a_line_and_the_telling_one_decides(guarded: Scratch) -> None:
    port = closed_port()
    hosts = f"127.0.0.1,nowhere.invalid,{guarded.folder}"
    error = failure(params(guarded, host=hosts, port=f"{port},{port},5432", dbname="nowhere"))
    assert error.code == "no-such-database"
    assert [f"127.0.0.1:{port}: Connection refused" in note for note in error.notes].count(
        True
    ) == 1
    assert any(note.startswith("nowhere.invalid: ") for note in error.notes)
    assert any('database "nowhere" does not exist' in note for note in error.notes)


def test_the_first_host_that_answers_is_taken(guarded: Scratch) -> None:
    hosts = f"127.0.0.1,{guarded.folder}"
    url = params(guarded, host=hosts, port=f"{closed_port()},5432")
    assert identified(url).host == str(guarded.folder)


def test_a_full_server_says_so(binaries: Binaries) -> None:
    few = {"max_connections": "3", "superuser_reserved_connections": "0", "max_wal_senders": "0"}
    with scratch_server(binaries, settings=few) as server, ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(psycopg.connect(server.url()))
        error = failure(server.url())
    assert error.code == "too-many-connections"


def test_a_server_that_shuts_down_says_so(private_server: Scratch) -> None:
    with psycopg.connect(private_server.url()):  # a smart shutdown waits for this session
        os.kill(scratch_pid(private_server), signal.SIGTERM)
        deadline = time.monotonic() + 20
        code = None
        while code != "shutting-down" and time.monotonic() < deadline:
            try:
                connect(target(private_server.url()), application_name="wishkit").close()
            except ConnectError as error:
                code = error.code
        assert code == "shutting-down"


@contextmanager
def standby(binaries: Binaries, **settings: str) -> Iterator[Scratch]:
    """A server in recovery; its restore_command runs in the data folder."""
    account = choose_account()
    with scratch_server(binaries) as server:
        os.kill(scratch_pid(server), signal.SIGINT)
        ended_by = time.monotonic() + 20
        while (server.folder / "data" / "postmaster.pid").exists():
            assert time.monotonic() < ended_by
            time.sleep(0.005)
        signal_file = server.folder / "data" / "standby.signal"
        signal_file.touch()
        account.own(signal_file)
        options = [f"--{name}={value}" for name, value in settings.items()]
        with subprocess.Popen(
            [
                str(server.binaries.program("postgres")),
                *("-D", str(server.folder / "data"), "-k", str(server.folder)),
                *("--listen_addresses=", "--fsync=off", *options),
            ],
            cwd="/",
            env={"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"},
            stderr=subprocess.DEVNULL,
            **account.switch,
        ) as process:
            try:
                yield server
            finally:
                process.send_signal(signal.SIGQUIT)


def wait_for_socket(server: Scratch) -> None:
    deadline = time.monotonic() + 20
    while not Path(socket_path(server)).exists():
        assert time.monotonic() < deadline, server.log.read_text()
        time.sleep(0.005)


@pytest.fixture(scope="module")
def starting(binaries: Binaries) -> Iterator[Scratch]:
    """A standby whose recovery begins when the file ``gate`` is there."""
    wait = "while [ ! -e ../gate ]; do sleep 0.02; done; false"
    with standby(binaries, restore_command=wait) as server:
        wait_for_socket(server)
        yield server


def test_a_starting_server_is_waited_for_and_a_standby_is_refused(starting: Scratch) -> None:
    assert failure(starting.url(), startup_wait=0).code == "starting-up"

    told: list[str] = []

    def open_the_gate(message: str) -> None:
        told.append(message)
        (starting.folder / "gate").touch()

    with connect(target(starting.url()), application_name="w", on_wait=open_the_gate) as connection:
        server = identify(connection)
    assert len(told) == 1
    assert "starting up" in told[0]
    assert (server.in_recovery, server.read_only, server.pooled) == (True, True, False)
    assert "standby" in describe(target(starting.url()), server)
    with pytest.raises(ConnectError, match="is a standby") as caught:
        refuse_read_only(server)
    assert caught.value.code == "read-only"
    assert failure(params(starting, target_session_attrs="read-write")).code == "read-only"


def test_a_standby_that_lets_nobody_in(binaries: Binaries) -> None:
    with standby(binaries, hot_standby="off") as server:
        wait_for_socket(server)
        codes = set()
        deadline = time.monotonic() + 20
        while "read-only" not in codes and time.monotonic() < deadline:
            codes.add(failure(server.url(), startup_wait=0).code)
        assert codes <= {"starting-up", "read-only"}
        assert "read-only" in codes


@pytest.mark.parametrize(
    ("statement", "options", "source", "remedy"),
    [
        ("ALTER DATABASE {} SET", "", "database", 'ALTER DATABASE "{}" RESET'),
        ("ALTER ROLE postgres IN DATABASE {} SET", "", "database user", "ALTER ROLE"),
        (None, "-c default_transaction_read_only=on", "client", "PGOPTIONS"),
    ],
)
def test_a_read_only_setting_is_traced_to_its_source(
    database: str, statement: str | None, options: str, source: str, remedy: str
) -> None:
    name = str(conninfo_to_dict(database)["dbname"])
    if statement:
        with psycopg.connect(database, autocommit=True) as admin:
            admin.execute(f"{statement.format(name)} default_transaction_read_only = on".encode())
    server = identified(make_conninfo(database, options=options))
    assert (server.in_recovery, server.read_only_source) == (False, source)
    with pytest.raises(ConnectError) as caught:
        refuse_unfit(server)
    assert caught.value.code == "read-only"
    assert remedy.format(name) in str(caught.value.help)


def test_a_usable_server_is_described_and_not_refused(database: str, pg_version: int) -> None:
    with connect(target(database), application_name="wishkit test") as connection:
        assert connection.autocommit
        server = identify(connection)
        shown = connection.execute(
            "SELECT application_name, current_setting('client_encoding') FROM pg_stat_activity"
            " WHERE pid = pg_backend_pid()"
        ).fetchone()
    assert shown == ("wishkit test", "UTF8")
    refuse_unfit(server)
    assert server.version_number // 10000 == pg_version
    assert server.system_identifier
    assert server.is_superuser
    line = describe(target(database), server)
    place = f"staging: {server.host}:5432/{server.database}"
    assert line.startswith(f"{place} as postgres (PostgreSQL ")


def test_the_application_name_of_the_user_wins(database: str) -> None:
    with connect(
        target(make_conninfo(database, application_name="mine", client_encoding="LATIN1")),
        application_name="wishkit",
    ) as connection:
        assert connection.info.parameter_status("application_name") == "mine"
        assert connection.info.encoding == "utf-8"


def test_an_old_server_is_refused(database: str) -> None:
    old = dataclasses.replace(identified(database), version_number=130022, version="13.22")
    with pytest.raises(ConnectError, match=r"PostgreSQL 13\.22") as caught:
        refuse_unfit(old)
    assert caught.value.code == "server-version"


def test_the_system_identifier_is_left_out_where_it_is_forbidden(guarded: Scratch) -> None:
    with psycopg.connect(guarded.url(), autocommit=True) as admin:
        admin.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
        try:
            server = identified(params(guarded, user="plain"))
        finally:
            admin.execute("GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC")
    assert (server.system_identifier, server.is_superuser) == (None, False)


def test_identify_takes_one_round_trip(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect(target(database), application_name="wishkit") as connection:
        sent: list[str] = []
        real = psycopg.Cursor.execute

        def spy(cursor: Any, query: Any, *rest: Any) -> Any:  # noqa: ANN401 - passed on
            sent.append(str(query))
            return real(cursor, query, *rest)

        monkeypatch.setattr(psycopg.Cursor, "execute", spy)
        identify(connection)
    assert len(sent) == 1


def test_a_role_is_taken_on(guarded: Scratch) -> None:
    plain = params(guarded, user="plain")
    with pytest.raises(ConnectError, match="may not act as") as caught:
        connect(target(plain, role="owner"), application_name="wishkit")
    assert caught.value.code == "role"
    help_text = str(caught.value.help)
    assert 'GRANT "owner" TO "plain"' in help_text
    with psycopg.connect(guarded.url(), autocommit=True) as admin:
        admin.execute(help_text.removeprefix("let an administrator ").encode())  # it is ready SQL
    with connect(target(plain, role="owner"), application_name="wishkit") as connection:
        server = identify(connection)
    assert (server.session_user, server.current_user) == ("plain", "owner")
    assert "as plain, acting as owner" in describe(target(plain), server)


def test_a_role_that_does_not_exist(database: str) -> None:
    with pytest.raises(ConnectError, match=r'"nobody here" .* does not exist') as caught:
        connect(target(database, role="nobody here"), application_name="wishkit")
    assert caught.value.code == "role"


# --- what libpq takes


@pytest.mark.parametrize(
    "scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+asyncpg", "POSTGRESQL"]
)
def test_spellings_of_a_uri(database: str, scheme: str) -> None:
    assert identified(database.replace("postgresql", scheme, 1)).database


def test_passwords_come_from_wherever_libpq_takes_them(
    guarded: Scratch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = quote(str(guarded.folder), safe="")
    uri = f"postgresql://guarded:{quote(PASSWORD, safe='')}@/postgres?host={host}&port=5432"
    assert identified(uri).session_user == "guarded"
    url = params(guarded, user="guarded")
    assert identified(make_conninfo(url, password=PASSWORD)).session_user == "guarded"

    passfile = tmp_path / "pass file"
    passfile.write_text(f"*:*:*:guarded:{PASSWORD}\n")
    passfile.chmod(0o600)
    assert identified(make_conninfo(url, passfile=str(passfile))).session_user == "guarded"

    services = tmp_path / "services.conf"
    services.write_text(
        f"[wishes]\nhost={guarded.folder}\nport=5432\nuser=guarded\npassword={PASSWORD}\n"
        "dbname=postgres\nconnect_timeout=7\n"
    )
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    with connect(target("service=wishes"), application_name="wishkit") as connection:
        assert connection.info.get_parameters()["connect_timeout"] == "7"
    monkeypatch.setenv("PGSERVICE", "wishes")
    assert identified("").session_user == "guarded"
    monkeypatch.delenv("PGSERVICE")
    assert failure("service=elsewhere").code == "bad-conninfo"

    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=5MB")
    with connect(target(url), application_name="wishkit") as connection:
        assert connection.execute("SHOW work_mem").fetchone() == ("5MB",)


def test_an_embedded_target_has_to_be_started_first() -> None:
    with pytest.raises(ValueError, match="not been started"):
        connect(Target(url=None, name="embedded", embedded=True), application_name="wishkit")


def test_a_timeout_is_set_unless_the_user_gives_one(database: str) -> None:
    with connect(target(database), application_name="wishkit") as connection:
        assert connection.info.get_parameters()["connect_timeout"] == "10"
    with connect(
        target(make_conninfo(database, connect_timeout="3")), application_name="wishkit"
    ) as connection:
        assert connection.info.get_parameters()["connect_timeout"] == "3"


# --- TLS, languages, poolers


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not OPENSSL:
        pytest.skip("the openssl command makes the certificates, and is not installed")
    folder = tmp_path_factory.mktemp("tls")
    for name in ("server", "stranger"):
        subprocess.run(
            [OPENSSL, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=DNS:localhost", "-keyout", f"{name}.key", "-out", f"{name}.crt"],
            cwd=folder, check=True, capture_output=True,
        )  # fmt: skip
    return folder


def test_tls(server: Scratch, certificates: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "server.crt", certificates / "server.key")
    with relay(socket_path(server), tls=context) as port:
        good = (
            f"host=localhost hostaddr=127.0.0.1 port={port} user=postgres dbname=postgres"
            f" sslmode=verify-full sslrootcert={certificates}/server.crt"
        )
        with connect(target(good), application_name="wishkit") as connection:
            assert connection.pgconn.ssl_in_use
        stranger = failure(make_conninfo(good, sslrootcert=f"{certificates}/stranger.crt"))
        wrong_name = failure(make_conninfo(good, host="127.0.0.1"))
        no_root = failure(make_conninfo(good, sslrootcert="/nowhere.crt"))
    assert [error.code for error in (stranger, wrong_name, no_root)] == ["tls"] * 3
    assert "certificate verify failed" in stranger.message
    assert "does not match host name" in wrong_name.message
    assert "/nowhere.crt" in no_root.message


def test_tls_asked_of_a_server_without(server: Scratch) -> None:
    with relay(socket_path(server)) as port:
        url = f"host=127.0.0.1 port={port} user=postgres dbname=postgres sslmode=require"
        assert failure(url).code == "tls"


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="the trace is read on Linux only")
@pytest.mark.parametrize(
    ("english", "other", "changes", "code"),
    [
        ("password authentication failed", "Passwort-Prüfung gescheitert!",
         {"user": "guarded", "password": "wrong"}, "wrong-password"),
        ("does not exist", "gibt es nicht!", {"dbname": "nowhere"}, "no-such-database"),
        ("does not exist", "gibt es nicht!", {"user": "nobody_knows"}, "no-such-role"),
        ("too many connections for role", "zu viele Leute mit der Rolle",
         {"user": "limited"}, "too-many-connections"),
    ],
)  # fmt: skip
def test_a_server_that_speaks_another_language(
    guarded: Scratch, english: str, other: str, changes: dict[str, str], code: str
) -> None:
    said = other.encode()[: len(english)].ljust(len(english))  # the length is part of the message
    with relay(
        socket_path(guarded), rewrite=lambda data: data.replace(english.encode(), said)
    ) as port:
        error = failure(params(guarded, host="127.0.0.1", port=str(port), **changes))
    assert error.code == code
    assert said.decode(errors="replace").strip() in "\n".join(error.notes)


def test_a_pooler_of_transactions_is_refused_and_one_of_sessions_is_not(server: Scratch) -> None:
    url = "host=127.0.0.1 user=postgres dbname=postgres"
    with transaction_pooler(socket_path(server), "postgres", "postgres") as port:
        shared = identified(f"{url} port={port}")
    with relay(socket_path(server), rewrite=foreign_pid) as port:
        owned = identified(f"{url} port={port}")
    assert (shared.pooled, owned.pooled) == (True, False)
    refuse_pooler(owned)
    with pytest.raises(ConnectError) as caught:
        refuse_unfit(shared)
    assert caught.value.code == "pooler"
    assert "5432" in str(caught.value.help)


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("aws-0-eu-central-1.pooler.supabase.com", "port 5432 (session mode) instead of 6543"),
        ("ep-cool-1-pooler.eu-central-1.aws.neon.tech", "ep-cool-1.eu-central-1.aws.neon.tech"),
        ("db.example.org", "instead of port 6543"),
    ],
)
def test_the_direct_url_is_hinted_at(host: str, words: str) -> None:
    assert words in pooler.direct_url_hint(host, 6543)


def test_the_module_does_not_load_the_diagnosis_before_it_is_needed(database: str) -> None:
    code = (
        "import sys; from wishkit.postgres.connection import connect; from wishkit.config import"
        " Target; connect(Target(url=sys.argv[1], name='x'), application_name='w').close();"
        " print([m for m in ('wishkit.postgres.connect_failure', 'msgspec', 'tomllib', 'difflib')"
        " if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, database],
        capture_output=True, check=True, text=True, cwd=Path(module.__file__).parents[2],
    )  # fmt: skip
    assert done.stdout == "[]\n"
