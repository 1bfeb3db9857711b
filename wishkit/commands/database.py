"""The embedded server by hand, and psql on whatever database is meant."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wishkit.commands.workspace import embedded_folder, start_embedded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wishkit.commands.workspace import Workspace
    from wishkit.config import Config
    from wishkit.postgres.server import EmbeddedServer, ServerStatus


@dataclass(frozen=True, slots=True)
class Program:
    """A program to become.

    Attributes:
        path: of its file.
        arguments: what the process list shows; no secret is among them.
        environment: all of its variables.
    """

    path: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)


def start(config: Config) -> ServerStatus:
    """Have the embedded server run; it is made on first use.

    Raises:
        ServerError: it does not start.
    """
    return _server(config).start()


def stop(config: Config) -> bool:
    """Have the embedded server not run; False when it did not.

    Raises:
        ServerError: it does not stop.
    """
    return _server(config).stop()


def status(config: Config) -> ServerStatus:
    """How the embedded server stands; changes nothing.

    Raises:
        ServerError: what is in its folder is not ours.
    """
    return _server(config).status()


def destroy(workspace: Workspace, *, yes: bool) -> bool:
    """Remove the embedded server with every database in it.

    Args:
        workspace: the project, and somebody to ask.
        yes: consent given on the command line.

    Returns:
        Whether there was anything.

    Raises:
        ConsentNeeded: nobody said yes; nothing was removed.
        ServerError: what is in its folder is not ours, or it does not stop.
    """
    server = _server(workspace.config)
    found = server.status()
    if found.state == "absent" and not found.folder.exists():
        return False
    question = f"remove {found.folder} with every database in it?"
    workspace.consent(question, yes=yes, flag="--yes")
    return server.destroy()


def psql(workspace: Workspace, arguments: Sequence[str] = ()) -> Program:
    """A psql session on the database that is meant, acting as its role.

    Everything libpq needs to find the database is in one argument, except passwords: those go
    through the environment, which only the same account can read.

    Args:
        workspace: the project and the database; an embedded one is started.
        arguments: for psql.

    Raises:
        ConnectError: the connection string cannot be understood.
        ServerError: ``program-not-found``, or the embedded server does not start.
    """
    from wishkit.postgres.psql import find_psql, psql_line  # noqa: PLC0415 - the driver is heavy

    target = start_embedded(workspace.config, workspace.target)
    place, secrets = psql_line(target.url or "", role=target.role)
    path = str(find_psql())
    return Program(path, (path, *place, *arguments), {**os.environ, **secrets})


def _server(config: Config) -> EmbeddedServer:
    from wishkit.postgres.server import EmbeddedServer  # noqa: PLC0415 - often not needed

    return EmbeddedServer(embedded_folder(config))
