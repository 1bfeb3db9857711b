"""One throwaway PostgreSQL per session and worker, and fresh databases in it."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from wishkit.errors import ServerError
from wishkit.postgres.binaries import VARIABLE, Binaries, find_binaries
from wishkit.postgres.scratch import Scratch, scratch_server

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBERS = itertools.count(1)
# Off by default and cheap to have: prepared transactions are among the blockers we test.
SETTINGS = {"max_prepared_transactions": "8"}


class MakeDatabase(Protocol):
    """Makes a database and returns its URI; dropped after the test."""

    def __call__(self, *, template: str = "template1") -> str: ...


def tested_binaries() -> Binaries:
    """The PostgreSQL to test on: ``WISHKIT_TEST_PG_BIN`` names another one than the usual."""
    named = os.environ.get("WISHKIT_TEST_PG_BIN")
    return find_binaries({VARIABLE: named} if named else {})


def pytest_report_header() -> str:
    """Say which PostgreSQL the tests run on."""
    try:
        return f"tested on: {tested_binaries()}"
    except ServerError as error:
        return f"tested on: nothing; {error}"


@pytest.fixture(scope="session")
def binaries() -> Binaries:
    """The PostgreSQL the tests run on."""
    return tested_binaries()


@pytest.fixture(scope="session")
def pg_version(binaries: Binaries) -> int:
    """The major version the tests run on."""
    return binaries.major


@pytest.fixture(scope="session")
def server(binaries: Binaries, clean_environment: None) -> Iterator[Scratch]:  # noqa: ARG001 - must come first
    """A throwaway server, one per session and worker; do not stop or reconfigure this one."""
    with scratch_server(binaries, settings=SETTINGS) as scratch:
        yield scratch


@pytest.fixture(scope="session")
def wishkit_server(server: Scratch) -> Scratch:
    """Where the databases of our own pytest plugin are: on the same server as all others."""
    return server


@pytest.fixture
def make_database(server: Scratch) -> Iterator[MakeDatabase]:
    """A factory of fresh, empty databases."""
    names: list[str] = []

    def make(*, template: str = "template1") -> str:
        name = f"test_{next(NUMBERS)}"
        names.append(name)
        return server.create_database(name, template=template)

    yield make
    for name in names:
        server.drop_database(name)


@pytest.fixture
def database(make_database: MakeDatabase) -> str:
    """The URI of a fresh, empty database."""
    return make_database()


@pytest.fixture
def private_server(binaries: Binaries) -> Iterator[Scratch]:
    """A throwaway server of this test alone, to be stopped, filled up or reconfigured."""
    with scratch_server(binaries, settings=SETTINGS) as scratch:
        yield scratch


def scratch_pid(scratch: Scratch) -> int:
    """The process id of a scratch server's postmaster."""
    return int((Path(scratch.folder) / "data" / "postmaster.pid").read_text().split()[0])
