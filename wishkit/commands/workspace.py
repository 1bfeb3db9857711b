"""What every command starts from: configuration, files, and a connection to the right database."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wishkit import config as configuration
from wishkit.errors import ConsentNeeded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import psycopg

    from wishkit.config import Config, Target
    from wishkit.core.events import Blocker, Listener
    from wishkit.core.migration import Migration
    from wishkit.postgres.connection import Server

    Connection = psycopg.Connection[Any]
    Ask = Callable[[str], bool]

DATA_FOLDER = ".wishkit"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A project and the database that a command is about.

    Attributes:
        config: wishkit.toml and the environment variables.
        target: which database; an embedded one is started by ``connect``.
        listener: is told what happens.
        ask: puts a question to the user; None where nobody can answer.
    """

    config: Config
    target: Target
    listener: Listener
    ask: Ask | None = None

    @property
    def folder(self) -> Path:
        """Where the migrations lie."""
        return self.config.sql / "migrations"

    def migrations(self) -> tuple[Migration, ...]:
        """All pairs of files.

        Raises:
            MigrationFileError: the folder is missing, or a name in it is wrong.
        """
        from wishkit.core.migration import read_folder  # noqa: PLC0415 - not every command reads them

        return read_folder(self.folder, shown_as=shown(self.folder))

    @contextmanager
    def connect(self, verb: str, *, writes: bool) -> Iterator[tuple[Connection, Target, Server]]:
        """A connection in autocommit mode, and the target it really is.

        Args:
            verb: what for; shown in pg_stat_activity.
            writes: refuse a standby, a read-only setting and a transaction-mode pooler.

        Raises:
            ConnectError: no usable connection.
            ServerError: the embedded server does not start.
        """
        from wishkit.core.events import Connected  # noqa: PLC0415 - heavy
        from wishkit.postgres import failure  # noqa: PLC0415 - the driver is heavy
        from wishkit.postgres.connection import (  # noqa: PLC0415 - the driver is heavy
            connect,
            describe,
            identify,
            refuse_old,
            refuse_unfit,
        )

        target = start_embedded(self.config, self.target)
        connection = connect(target, application_name=f"wishkit {verb}")
        with connection, failure.of_connection():
            server = identify(connection)
            self.listener(Connected(describe(target, server)))
            (refuse_unfit if writes else refuse_old)(server)
            yield connection, target, server

    def consent(self, question: str, *, yes: bool, flag: str) -> None:
        """Ask for consent.

        Args:
            question: what is about to happen, as a question.
            yes: given on the command line already.
            flag: the option that gives it.

        Raises:
            ConsentNeeded: nobody said yes.
        """
        if yes:
            return
        if self.ask is None:
            raise ConsentNeeded(
                f"this needs consent: {question}",
                help=f"add {flag} once you are sure",
                state="nothing was run",
            )
        if not self.ask(question):
            raise ConsentNeeded("not confirmed", state="nothing was run")

    @property
    def may_kill(self) -> Callable[[Sequence[Blocker]], bool] | None:
        """Puts it to the user whether sessions may be ended; None where nobody can answer."""
        ask = self.ask
        if ask is None:
            return None

        def agreed(blockers: Sequence[Blocker]) -> bool:
            lines = "\n".join(f"  {blocker}" for blocker in blockers)
            return ask(f"patience is over; end these sessions?\n{lines}\n")

        return agreed


def open_workspace(
    *,
    url: str | None,
    env: str | None,
    listener: Listener,
    ask: Ask | None = None,
    lock_wait: float | None = None,
    patience: Mapping[str, Any] | None = None,
) -> Workspace:
    """Read the configuration and decide which database is meant.

    Args:
        url: as ``resolve_target`` takes it.
        env: as ``resolve_target`` takes it.
        listener: is told what happens.
        ask: puts a question to the user.
        lock_wait: seconds to wait for another run, instead of what is configured.
        patience: fields of ``Patience``, instead of what is configured.

    Raises:
        ConfigError: the configuration cannot be understood.
    """
    config = configuration.load()
    target = configuration.resolve_target(config, url=url, env=env)
    if lock_wait is not None:
        target = replace(target, lock_wait=lock_wait)
    if patience:
        target = replace(target, patience=replace(target.patience, **patience))
    return Workspace(config, target, listener, ask)


def open_files(listener: Listener) -> Workspace:
    """The project alone, for a command that asks no database: none has to be known.

    Raises:
        ConfigError: the configuration cannot be understood.
    """
    target = configuration.Target(url=None, name=configuration.EMBEDDED, embedded=True)
    return Workspace(configuration.load(), target, listener)


def embedded_folder(config: Config) -> Path:
    """Where the embedded server of a project lives."""
    project = config.path.parent if config.path else Path()
    return project / DATA_FOLDER / "pg"


def start_embedded(config: Config, target: Target) -> Target:
    """The same target with a URL: an embedded server is started if it does not run.

    Raises:
        ServerError: it does not start.
    """
    if target.url is not None:
        return target
    from wishkit.postgres.server import EmbeddedServer  # noqa: PLC0415 - often not needed

    return replace(target, url=EmbeddedServer(embedded_folder(config)).start().url)


def shown(path: Path) -> str:
    """A path as the user would name it: relative to where they stand, when below it."""
    try:
        return os.path.relpath(path) if path.resolve().is_relative_to(Path.cwd()) else str(path)
    except OSError:
        return str(path)
