"""A question that may be put to one database, as other commands put theirs, or to all of them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

from wishkit.commands.everywhere import Answer, Asked, open_everywhere
from wishkit.core.events import Connected

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
    """The project, and what to ask its databases with: `open_everywhere` decides which.

    Where it is only one, it is told first, and what is wrong with it is raised.

    Args:
        url: this database alone.
        env: this environment alone.
        verb: shown in pg_stat_activity.
        listener: is told which database answers, where it is only one.

    Raises:
        ConfigError: as `open_everywhere`.
        WishkitError: of the question, where it is put to one database alone.
    """
    with open_everywhere(url=url, env=env, application_name=f"wishkit {verb}") as everywhere:

        def ask(question: Callable[[Asked], T], /) -> tuple[Answer[T], ...]:
            if everywhere.alone is None:
                return everywhere.ask(question)
            found: list[str] = []

            def described(asked: Asked) -> T:
                from wishkit.postgres.connection import describe  # noqa: PLC0415 - heavy

                found.append(describe(asked.target, asked.server))
                return question(asked)

            answers = everywhere.ask(described)
            for text in found:
                listener(Connected(text))
            for it in answers:
                if it.error:
                    raise it.error
            return answers

        yield everywhere.config, ask
