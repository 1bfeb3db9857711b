"""One of everything, for the tests of the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.catalog.catalogue import Catalogue, fresh_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.postgres.scratch import Scratch


@pytest.fixture(scope="module")
def catalogue(server: Scratch) -> Iterator[Catalogue]:
    """A database with one of every kind of object, the same one for all tests of a module."""
    with fresh_database(server, "catalogue") as connection:
        yield Catalogue(connection)
