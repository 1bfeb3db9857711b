"""A database that asks for approvals, made once and copied for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.approvals_place import ONE, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.plugins.databases import MakeDatabase
    from tests.plugins.project import SqlFolder
    from wishkit.postgres.scratch import Scratch

TEMPLATE = "asks_for_approvals"


@pytest.fixture(scope="session")
def approvals_template(server: Scratch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database with roles, approvers and the first of two migrations."""
    migrations = tmp_path_factory.mktemp("approvals") / "sql" / "migrations"
    migrations.mkdir(parents=True)
    for name, text in ONE.items():
        (migrations / name).write_text(text, encoding="utf-8")
    Place.make(migrations.parents[1], server.create_database(TEMPLATE))
    yield TEMPLATE
    server.drop_database(TEMPLATE)


@pytest.fixture
def place(sql_folder: SqlFolder, make_database: MakeDatabase, approvals_template: str) -> Place:
    """The project and its own copy of that database."""
    return Place(sql_folder(ONE), make_database(template=approvals_template))
