"""A project on a real server, run in-process or as processes that a test can kill."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.engine.proxy import Proxy
from wishkit.commands.migrate import migrate
from wishkit.commands.rollback import rollback
from wishkit.commands.status import status
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Patience, Target
from wishkit.core.events import MigrationStarted, Noted
from wishkit.postgres.lock import KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.plugins.project import SqlFolder
    from wishkit.commands.report import Report
    from wishkit.core.events import Event
    from wishkit.errors import WishkitError
    from wishkit.postgres.scratch import Scratch

# Most tests hold a statement up to look at a certain moment; nobody shall come back to it later.
IMPATIENT = Patience(deadline=0)
PATIENCE = 20.0  # seconds until a test gives up waiting for something that should happen


@dataclass(slots=True)
class Project:
    """Migration files and a database, with what a test wants to know about both.

    Attributes:
        folder: holds sql/migrations.
        write: writes files, by name.
        url: of the database.
        target: what the commands work on.
        events: what the runs of this project told.
        ask: answers what a run asks, if somebody is there.
        hooks: called once: at the start of a migration, by its number, or at the first event of a
            kind, by its name.
    """

    folder: Path
    write: SqlFolder
    url: str
    target: Target
    events: list[Event] = field(default_factory=list)
    ask: Callable[[str], bool] | None = None
    hooks: dict[str, Callable[[], object]] = field(default_factory=dict)

    def pair(self, name: str, forward: str, backward: str = "SELECT 1;") -> None:
        """Write one migration."""
        self.write({f"{name}.sql": forward, f"{name}.rollback.sql": backward})

    @property
    def number(self) -> str:
        """Tells this database from the others of the server, for names of roles."""
        return self.url.partition("test_")[2].partition("&")[0].partition("?")[0]

    @property
    def workspace(self) -> Workspace:
        return Workspace(Config(sql=self.folder / "sql"), self.target, self.hear, self.ask)

    def hear(self, event: Event) -> None:
        """What the runs of this project tell."""
        self.events.append(event)
        name = event.id[:4] if isinstance(event, MigrationStarted) else type(event).__name__
        if name in self.hooks:
            self.hooks.pop(name)()

    def processes(self) -> dict[str, int]:
        """Server processes of a run that is under way: who works, who guards."""
        work = self.value("SELECT backend_pid FROM wishkit.run WHERE ended_at IS NULL")
        (guard,) = self.rows(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2"
            " AND classid = %s AND objid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            *KEY.values(),
        ) or [(0,)]
        return {"work": work, "guard": guard[0]}

    def terminate(self, who: str) -> None:
        """End a server process of the run that is under way, and wait until it is gone."""
        pid = self.processes()[who]
        self.rows("SELECT pg_terminate_backend(%s)", pid)
        self.wait_for("SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = %s", pid)

    def migrate(self, **options: Any) -> Report:  # noqa: ANN401 - as migrate has them
        return migrate(self.workspace, **options)

    def rollback(self, **options: Any) -> Report:  # noqa: ANN401 - as rollback has them
        return rollback(self.workspace, accept_data_loss=True, **options)

    def fails(self, **options: Any) -> WishkitError:  # noqa: ANN401 - as migrate has them
        """Migrate, and expect that a migration fails."""
        error = self.migrate(**options).error
        assert error is not None
        return error

    def states(self) -> dict[str, str]:
        """State of every migration, by its number."""
        return {row.id[:4]: row.state.value for row in status(self.workspace).migrations}

    def notes(self, severity: str) -> list[str]:
        """What was noted so far at this severity."""
        return [e.message for e in self.events if isinstance(e, Noted) and e.severity == severity]

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database, past any proxy."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []

    def value(self, sql: str, *values: object) -> Any:  # noqa: ANN401 - whatever it is
        """The first column of the only row."""
        ((value, *_),) = self.rows(sql, *values)
        return value

    def spawn(
        self, *arguments: str, url: str | None = None, environment: str | None = None
    ) -> subprocess.Popen[str]:
        """Start wishkit as a process of its own."""
        place = ["--env", environment] if environment else ["--url", url or self.url]
        if arguments[0] in {"migrate", "rollback"} and "--patience" not in arguments:
            place += ["--patience", f"{self.target.patience.deadline:g}s"]
        return subprocess.Popen(
            [sys.executable, "-m", "wishkit", *arguments, *place],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for(self, sql: str, *values: object) -> None:
        """Wait until a question has an answer that is true."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            deadline = time.monotonic() + PATIENCE
            while True:
                row = connection.execute(sql, values or None).fetchone()
                if row and row[0]:
                    return
                assert time.monotonic() < deadline, f"never became true: {sql}"
                time.sleep(0.02)

    @contextmanager
    def gate(self, number: int = 1) -> Iterator[psycopg.Connection]:
        """Hold back whoever calls ``pg_advisory_xact_lock_shared(number)``."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", [number])
            yield connection

    def wait_at_gate(self, number: int = 1) -> None:
        """Wait until somebody is held back there."""
        self.wait_for(
            "SELECT count(*) > 0 FROM pg_locks"
            " WHERE locktype = 'advisory' AND NOT granted AND objid = %s",
            number,
        )

    def assert_sound(self) -> None:
        """Nothing half-recorded: yoyo's tables and ours agree, and every run has ended."""
        schema = self.value("SELECT yoyo_schema FROM wishkit.ledger")
        marks = self.rows(
            f'SELECT migration_id, applied_at_utc FROM "{schema}"._yoyo_migration ORDER BY 1'
        )
        assert marks == self.rows(
            "SELECT migration_id, applied_at_utc FROM wishkit.applied ORDER BY 1"
        )
        assert self.rows("SELECT id FROM wishkit.run WHERE ended_at IS NULL") == []
        balance = self.rows(
            "SELECT migration_id FROM (SELECT DISTINCT ON (migration_id) migration_id, direction"
            " FROM wishkit.execution WHERE outcome = 'done' ORDER BY migration_id, id DESC) AS last"
            " WHERE direction IN ('forward', 'mark') ORDER BY 1"
        )
        assert balance == [(id_,) for id_, _ in marks]
        assert [
            e
            for e in self.rows("SELECT error FROM wishkit.execution WHERE outcome <> 'done'")
            if e[0] is None
        ] == []

    def assert_done(self) -> None:
        """Everything is applied and nothing is left over."""
        self.assert_sound()
        assert set(self.states().values()) == {"applied"}
        assert self.value("SELECT count(*) FROM wishkit.step") == 0
        again = self.migrate()
        assert (again.done, again.error) == ((), None)

    def history(self) -> list[tuple[str, str, str]]:
        """(migration's number, direction, outcome) of every attempt."""
        return self.rows(
            "SELECT left(migration_id, 4), direction, outcome FROM wishkit.execution ORDER BY id"
        )


@pytest.fixture
def project(sql_folder: SqlFolder, database: str) -> Project:
    """An empty project on an empty database."""
    target = Target(url=database, name="test", patience=IMPATIENT)
    return Project(sql_folder({}), sql_folder, database, target)


@pytest.fixture
def through_proxy(project: Project) -> Iterator[Callable[..., Proxy]]:
    """Put a proxy between a project and its server; called again, another one."""
    proxies: list[Proxy] = []

    def start(**options: Any) -> Proxy:  # noqa: ANN401 - as Proxy has them
        proxy = Proxy(project.url, **options)
        proxies.append(proxy)
        project.target = replace(project.target, url=proxy.url)
        return proxy

    yield start
    for proxy in proxies:
        proxy.close()


@pytest.fixture
def private_project(sql_folder: SqlFolder, private_server: Scratch) -> Project:
    """A project on a server of its own, to be stopped, started and filled up."""
    url = private_server.create_database("private")
    return Project(
        sql_folder({}), sql_folder, url, Target(url=url, name="test", patience=IMPATIENT)
    )


def with_parameters(url: str, parameters: Mapping[str, str]) -> str:
    """A connection string with other parameters."""
    return psycopg.conninfo.make_conninfo(url, **parameters)
