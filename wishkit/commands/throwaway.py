"""Databases that a project needs for a moment only: on a throwaway server, or on a named one."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from wishkit.config import Patience, Target, dereference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.commands.workspace import Workspace
    from wishkit.config import Config
    from wishkit.postgres.stage import Stage


@contextmanager
def stage_for(config: Config, server: str | None) -> Iterator[Stage]:
    """The server to make such databases on: as asked, as configured, or a throwaway one.

    Raises:
        ServerError: it does not start.
        ConnectError: the named one cannot be reached.
        ConfigError: ``missing-variable``.
    """
    from wishkit.postgres.stage import stage  # noqa: PLC0415 - heavy

    named = server or config.rehearse.server
    with stage(dereference(named) if named else None) as place:
        yield place


@contextmanager
def throwaway(workspace: Workspace, server: str | None, *, name: str) -> Iterator[Workspace]:
    """The same project on an empty database that goes again, with nobody to ask or to tell.

    Args:
        workspace: the project.
        server: as `stage_for` has it.
        name: of the environment and, on a throwaway server, of the database.

    Raises:
        WishkitError: there is no such server, or it takes no databases or roles of ours.
    """
    from wishkit.core.roles import foreign_roles  # noqa: PLC0415 - the parser is heavy
    from wishkit.postgres.connection import connect  # noqa: PLC0415 - heavy
    from wishkit.postgres.stage import make_roles  # noqa: PLC0415 - heavy

    with stage_for(workspace.config, server) as stage:
        target = Target(stage.create_database(name), name, patience=Patience(deadline=0))
        with connect(target, application_name=f"wishkit {name}") as connection:
            make_roles(connection, foreign_roles(workspace.migrations()))
        yield replace(workspace, target=target, ask=None, listener=_nobody)


def _nobody(_event: object) -> None:
    """What happens on such a database is nobody's business."""
