"""Whom a command asks that looks: every environment, or the one database that is meant."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

from wishkit.commands.everywhere import Answer, Asked, Everywhere
from wishkit.commands.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wishkit.config import Config
    from wishkit.core.events import Listener

T = TypeVar("T")


class Ask(Protocol):
    """Puts a question to all that are meant, at the same time."""

    def __call__(self, question: Callable[[Asked], T], /) -> tuple[Answer[T], ...]:
        """One answer for each, in the order of wishkit.toml."""


@contextmanager
def asking(
    *, url: str | None, env: str | None, verb: str, listener: Listener
) -> Iterator[tuple[Config, Ask]]:
    """The project, and what to ask its databases with.

    Where neither a URL nor an environment is named, every environment of wishkit.toml is asked;
    where there is none, the database that any other command would take.

    Args:
        url: this database alone.
        env: this environment alone.
        verb: shown in pg_stat_activity.
        listener: is told which database answers, where it is only one.

    Raises:
        WishkitError: as ``open_workspace``; as ``Workspace.connect`` where it is only one.
    """
    workspace = open_workspace(url=url, env=env, listener=listener)
    config = workspace.config
    if url is None and env is None and config.environments:
        with Everywhere(config, application_name=f"wishkit {verb}") as everywhere:
            yield config, everywhere.ask
        return
    with workspace.connect(verb, writes=False) as (connection, target, server):
        asked = Asked(connection, target, server)

        def ask(question: Callable[[Asked], T], /) -> tuple[Answer[T], ...]:
            return (Answer(target.name, question(asked), None, 0.0),)

        yield config, ask
