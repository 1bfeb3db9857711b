"""Every environment of a project asked the same, all at once: one that is down holds up nobody."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from wishkit import config as configuration
from wishkit.commands.workspace import start_embedded
from wishkit.errors import ConfigError, ConnectError, WishkitError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    import psycopg

    from wishkit.config import Config, Target
    from wishkit.postgres.connection import Server
    from wishkit.postgres.pool import Pool

    Connection = psycopg.Connection[Any]

T = TypeVar("T")
PATIENCE = 15.0  # seconds: more than a connection and a question may take each on their own


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What one environment answered.

    Attributes:
        name: of the environment.
        value: the answer; None where there is none.
        error: why there is none.
        seconds: how long it took.
    """

    name: str
    value: T | None
    error: WishkitError | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question is put to.

    Attributes:
        connection: in autocommit mode; it cannot write.
        target: which database.
        server: what it is.
    """

    connection: Connection
    target: Target
    server: Server


class Everywhere:
    """Environments, and connections to them that are kept from one question to the next.

    Use it in a ``with`` block: its end closes the connections.

    Args:
        config: the project's.
        names: of environments, each once; all of them when empty.
        alone: a database that is asked instead of environments.
        application_name: shown in pg_stat_activity.
        size: how many connections to each at most.

    Attributes:
        config: the project's.
        names: of what is asked, in order.
        alone: the database that is asked instead of environments; None: they are.

    Raises:
        ConfigError: ``unknown-environment``, or ``no-environments``.
    """

    def __init__(
        self,
        config: Config,
        names: Sequence[str] = (),
        *,
        alone: Target | None = None,
        application_name: str,
        size: int = 1,
    ) -> None:
        for name in names:
            configuration.environment_of(config, name)
        every = (alone.name,) if alone else tuple(it.name for it in config.environments)
        self.config = config
        self.names: tuple[str, ...] = tuple(dict.fromkeys(names)) or every
        if not self.names:
            raise ConfigError(
                "there are no environments",
                code="no-environments",
                help="write [environments.NAME] into wishkit.toml; docs/environments.md",
            )
        self.alone, self._application_name, self._size = alone, application_name, size
        self._pools: dict[str, tuple[Target, Pool]] = {}
        self._at_work: dict[str, Future[Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for _, pool in self._pools.values():
            pool.close()

    def ask(
        self, question: Callable[[Asked], T], *, within: float = PATIENCE
    ) -> tuple[Answer[T], ...]:
        """Ask all of them at the same time.

        Args:
            question: is called in a thread of its own for each.
            within: seconds after which the answers that there are have to do.

        Returns:
            One answer for each, in the order of the environments.
        """
        began = time.monotonic()
        # Daemons, unlike an executor's threads: one that hangs must not hold up the process's end.
        futures = [self._begin(name, question) for name in self.names]
        wait(futures, timeout=within)
        return tuple(
            self._answer(name, future, began, within)
            for name, future in zip(self.names, futures, strict=True)
        )

    def _begin(self, name: str, question: Callable[[Asked], T]) -> Future[tuple[T, float]]:
        future: Future[tuple[T, float]] = Future()
        earlier = self._at_work.get(name)
        if earlier and not earlier.done():
            future.set_exception(_hangs("no answer to an earlier question yet"))
            return future
        began = time.monotonic()

        def work() -> None:
            try:
                value = self._put(name, question)
            except BaseException as error:  # noqa: BLE001 - it is raised where the answer is taken
                future.set_exception(error)
            else:
                future.set_result((value, time.monotonic() - began))

        self._at_work[name] = future
        threading.Thread(target=work, name=f"asking {name}", daemon=True).start()
        return future

    def _put(self, name: str, question: Callable[[Asked], T]) -> T:
        if name not in self._pools:
            from wishkit.postgres.pool import Pool  # noqa: PLC0415 - the driver is heavy

            target = self.alone or configuration.resolve_target(self.config, env=name)
            target = start_embedded(self.config, target)
            pool = Pool(target, application_name=self._application_name, size=self._size)
            self._pools[name] = target, pool
        target, pool = self._pools[name]
        with pool.connection() as (connection, server):
            return question(Asked(connection, target, server))

    def _answer(
        self, name: str, future: Future[tuple[T, float]], began: float, within: float
    ) -> Answer[T]:
        if not future.done():
            error: WishkitError = _hangs(f"no answer within {within:g} s")
            return Answer(name, None, error, time.monotonic() - began)
        try:
            value, seconds = future.result()
        except WishkitError as error:
            return Answer(name, None, error, time.monotonic() - began)
        return Answer(name, value, None, seconds)


def open_everywhere(
    names: Sequence[str] = (),
    *,
    url: str | None = None,
    env: str | None = None,
    application_name: str,
    size: int = 1,
) -> Everywhere:
    """The environments of the project here; where it has none, the one database that is meant.

    Args:
        names: of environments; all of them when empty.
        url: a database that is asked instead; as ``resolve_target`` takes it.
        env: an environment that is asked alone.
        application_name: shown in pg_stat_activity.
        size: how many connections to each at most.

    Raises:
        ConfigError: the configuration cannot be understood, or there is no such environment.
    """
    config = configuration.load()
    alone = None
    if url is not None or env is not None or not (names or config.environments):
        alone = configuration.resolve_target(config, url=url, env=env)
    return Everywhere(config, names, alone=alone, application_name=application_name, size=size)


def _hangs(message: str) -> ConnectError:
    return ConnectError(
        message, code="timeout", help="does its server hang? It is asked again once it answers"
    )
