"""The pytest plugin: databases for a project's tests, migrated once and cloned for each test.

pytest loads it by its entry point, in every run where wishkit is installed: nothing is imported
here before a test asks for a database. docs/testing.md is the reference for users.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from wishkit.errors import ConfigError, Interrupted, UsageError, WishkitError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import psycopg

    from wishkit.commands.testing import Clone, Clones
    from wishkit.config import Config
    from wishkit.core.migration import Direction
    from wishkit.postgres.stage import Stage

_MARKER = "wishkit"
_KEYS = ("to", "fixtures", "seeds")


@dataclass(frozen=True, slots=True)
class Database:
    """A database of one test; it goes when the test ends.

    Attributes:
        url: for any driver that takes a libpq URL; it may hold a password.
        name: on its server.
    """

    url: str = field(repr=False)
    name: str
    _clone: Clone = field(repr=False)
    _stack: ExitStack = field(repr=False)

    def connect(self, *, autocommit: bool = True) -> psycopg.Connection[Any]:
        """A connection, closed when the test ends, if not before.

        Args:
            autocommit: each statement is a transaction of its own; with False, the first statement
                begins one, as psycopg has it.

        Raises:
            ConnectError: no usable connection.
        """
        connection = self._clone.connect(autocommit=autocommit)
        self._stack.callback(connection.close)
        return connection


@dataclass(frozen=True, slots=True)
class DatabaseBefore(Database):
    """A database of one test, just before a migration.

    Attributes:
        migration: id of the migration.
    """

    migration: str

    def migrate(self) -> None:
        """Run the migration, as ``wishkit migrate`` does.

        Raises:
            WishkitError: it fails; the database is as it was, unless the error says otherwise.
        """
        __tracebackhide__ = True
        _step(self._clone, "forward")

    def rollback(self) -> None:
        """Undo the migration, as ``wishkit rollback`` does; rows are lost without a question.

        Raises:
            WishkitError: it fails, or has no way back.
        """
        __tracebackhide__ = True
        _step(self._clone, "backward")


class MakeDatabaseBefore(Protocol):
    """What `wishkit_database_before` gives to a test."""

    def __call__(
        self,
        migration: str,
        *,
        fixtures: bool | Sequence[str] | None = None,
        seeds: str | None = None,
    ) -> DatabaseBefore:
        """Make a database as it is just before a migration.

        Args:
            migration: its id or number.
            fixtures: as in the marker, whose word it is where this is None.
            seeds: likewise.
        """
        ...


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say where the server and the migrations are."""
    server = "URL of a server to make test databases on; env:VARIABLE names a variable with it"
    group = parser.getgroup("wishkit", "databases migrated by wishkit")
    group.addoption("--wishkit-server", metavar="URL", default=None, help=server)
    parser.addini("wishkit_server", f"{server} (default: a throwaway one)", default="")
    parser.addini(
        "wishkit_sql",
        "folder that holds migrations/, from where this file lies (default: as wishkit.toml says)",
        default="",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(to, fixtures, seeds): which database a test gets: the last migration that has "
        "run there; True, or the migrations whose rows of sql/fixtures are there; the environment "
        "whose seeds are there",
    )


@pytest.fixture(scope="session")
def wishkit_server(pytestconfig: pytest.Config) -> Iterator[Stage]:
    """The server that test databases are on: a throwaway one, or the one that is named."""
    with _told():
        from wishkit.postgres.stage import stage  # noqa: PLC0415 - the driver is heavy

        with stage(_server(pytestconfig)) as place:
            yield place


@pytest.fixture(scope="session")
def _wishkit_clones(wishkit_server: Stage, pytestconfig: pytest.Config) -> Iterator[Clones]:
    with _told():
        from wishkit.commands.testing import Clones  # noqa: PLC0415 - as above

        clones = Clones(_sql(pytestconfig), wishkit_server)
    yield clones
    clones.close()


@pytest.fixture
def wishkit_database(_wishkit_clones: Clones, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database of this test alone, with all migrations run, or as its marker says."""
    with ExitStack() as stack:
        with _told():
            clone = stack.enter_context(_wishkit_clones.clone(**_marked(request)))
        yield Database(clone.url, clone.name, clone, stack)


@pytest.fixture
def wishkit_database_before(
    _wishkit_clones: Clones, request: pytest.FixtureRequest
) -> Iterator[MakeDatabaseBefore]:
    """A factory of databases of this test alone, each just before a migration."""
    with ExitStack() as stack:

        def make(migration: str, **rows: Any) -> DatabaseBefore:  # noqa: ANN401 - as above
            __tracebackhide__ = True
            with _told():
                wanted = _marked(request) | {k: v for k, v in rows.items() if v is not None}
                wanted.pop("to", None)
                clone = stack.enter_context(_wishkit_clones.before(migration, **wanted))
            return DatabaseBefore(clone.url, clone.name, clone, stack, clone.migration or "")

        yield make


@contextmanager
def _told() -> Iterator[None]:
    """What is wrong is told in wishkit's words; where inside of it, is nobody's business."""
    __tracebackhide__ = True
    try:
        yield
    except Interrupted:
        raise KeyboardInterrupt from None
    except WishkitError as error:
        raise pytest.fail.Exception(_words(error), pytrace=False) from None


def _words(error: WishkitError) -> str:
    from wishkit.interface.errors import error_lines  # noqa: PLC0415 - rarely needed

    return "\n".join(error_lines(error))


def _step(clone: Clone, direction: Direction) -> None:
    """Run a migration of a test, which may expect that it fails: the error is raised as it is."""
    __tracebackhide__ = True
    try:
        clone.step(direction)
    except Interrupted:
        raise KeyboardInterrupt from None
    except WishkitError as error:
        error.add_note(_words(error))
        raise error.with_traceback(None) from None


def _marked(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the markers of a test say, those of its class and module included.

    Raises:
        UsageError: they say what there is not.
    """
    said: dict[str, Any] = {}
    for marker in reversed([*request.node.iter_markers(_MARKER)]):
        if marker.args:
            raise _mistake(f"does not know what {marker.args[0]!r} is", _EXAMPLES["to"])
        for key, value in marker.kwargs.items():
            if key not in _KEYS:
                from wishkit.config import suggestion  # noqa: PLC0415 - rarely needed

                raise _mistake(f'has no "{key}"', suggestion(key, _KEYS, "it has"))
            if not _fits(key, value):
                raise _mistake(f"cannot have {key}={value!r}", _EXAMPLES[key])
            said[key] = value
    return said


_EXAMPLES = {
    "to": 'name a migration: to="0006", or to="base" for none',
    "fixtures": 'fixtures=True, or those of some migrations: fixtures=["0007"]',
    "seeds": 'name an environment: seeds="development"',
}


def _fits(key: str, value: object) -> bool:
    if key == "fixtures" and isinstance(value, list | tuple):
        return all(isinstance(it, str) for it in value)
    return isinstance(value, bool) if key == "fixtures" else value is None or isinstance(value, str)


def _mistake(what: str, help_: str) -> UsageError:
    return UsageError(f"the marker {_MARKER} {what}", help=help_)


def _configuration(config: pytest.Config) -> Config:
    from wishkit.config import load  # noqa: PLC0415 - only who asks for a database pays

    return load(config.rootpath)


def _server(config: pytest.Config) -> str | None:
    """The URL of the server; None for a throwaway one.

    Raises:
        ConfigError: what names it cannot be understood.
    """
    from wishkit.config import dereference  # noqa: PLC0415 - as above

    option = config.getoption("--wishkit-server")
    if option is not None and not option.strip():
        raise ConfigError(
            "--wishkit-server is empty",
            code="empty-url",
            help="if it came from a shell variable, that variable is not set",
        )
    named = option or config.getini("wishkit_server") or _configuration(config).rehearse.server
    return dereference(named) if named else None


def _sql(config: pytest.Config) -> Path:
    """The folder that holds migrations/."""
    if named := config.getini("wishkit_sql"):
        return (config.inipath.parent if config.inipath else config.rootpath) / str(named)
    found = _configuration(config)
    return found.sql if found.path else config.rootpath / found.sql
