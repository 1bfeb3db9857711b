"""The tools themselves, where they can be had: what they leave is what the cases hold."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.adopt.conftest import ALEMBIC, run
from tests.adopt.test_histories import taken_over
from wishkit.commands.adoption.adopt import prepare

if TYPE_CHECKING:
    from pathlib import Path

    from tests.adopt.conftest import Case
    from tests.plugins.golden import Golden
    from wishkit.postgres.binaries import Binaries

PENDING = {"dbmate": "20240401080000_add_notes.sql", "yoyo": "20240401_01_nnnnn-add-notes.sql"}


@pytest.fixture
def environment(case: Case, binaries: Binaries) -> dict[str, str]:
    """The variables by which each tool finds the database."""
    told = conninfo_to_dict(case.url)
    host, port = str(told["host"]), str(told["port"])
    url = f"postgres://{told['user']}@/{told['dbname']}?host={host}&port={port}&sslmode=disable"
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(binaries.bin), os.environ["PATH"]]),
        "PGHOST": host,
        "PGPORT": port,
        "PGUSER": str(told["user"]),
        "PGDATABASE": str(told["dbname"]),
        "DATABASE_URL": url,
        "SHADOW_DATABASE_URL": url.replace("?", "_shadow?"),
        "ROOT_DATABASE_URL": url.replace(f"/{told['dbname']}?", "/postgres?"),
        "SQITCH_FULLNAME": "A Person",
        "SQITCH_EMAIL": "person@example.org",
    }


@pytest.fixture
def unfinished(case: Case, tmp_path: Path) -> None:
    """The tool's folder without what was not applied in the case."""
    name = PENDING[case.tool]
    (case.folder / "migrations" / name).rename(tmp_path / name)


def migrated(case: Case, words: list[str], environment: dict[str, str]) -> None:
    """Run the tool; then its database and folder are taken over like the recorded ones."""
    done = run(words, case.folder, environment)
    assert done.returncode == 0, done.stdout + done.stderr
    plan = prepare(case.workspace, case.wish).adoption
    assert plan.undecided == ()
    assert plan.check is not None
    assert [it.text for it in plan.check.drifts] == []
    assert (plan.outcome, sum(it.applied for it in plan.migrations)) == (
        "planned",
        4 if case.tool == "sqitch" else 3,
    )
    # It says that something is applied, and nothing of another text.
    assert not any("is not what" in it for it in plan.notes)


@pytest.mark.parametrize("case", ["yoyo"], indirect=True)
@pytest.mark.usefixtures("unfinished")
def test_yoyo(case: Case, environment: dict[str, str]) -> None:
    url = case.url.replace("postgresql://", "postgresql+psycopg://", 1)
    yoyo = [sys.executable, "-m", "yoyo", "apply", "--batch", "--no-config-file"]
    migrated(case, [*yoyo, "--database", url, "migrations"], environment)


@pytest.mark.parametrize("case", ["alembic"], indirect=True)
def test_alembic(
    case: Case,
    environment: dict[str, str],
    golden: Golden,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = case.url.replace("postgresql://", "postgresql+psycopg://", 1)
    done = run([*ALEMBIC, "upgrade", "4c5d"], case.folder, {**environment, "DATABASE_URL": url})
    assert done.returncode == 0, done.stderr
    taken_over(case, golden, capsys)


@pytest.mark.parametrize("case", ["dbmate"], indirect=True)
@pytest.mark.usefixtures("unfinished")
def test_dbmate(case: Case, environment: dict[str, str], node: Path) -> None:
    dbmate = [str(node / "node_modules/.bin/dbmate"), "--migrations-dir", "migrations"]
    migrated(case, [*dbmate, "--no-dump-schema", "up"], environment)


@pytest.mark.parametrize("case", ["drizzle"], indirect=True)
def test_drizzle(case: Case, environment: dict[str, str], node: Path) -> None:
    journal = case.folder / "drizzle/meta/_journal.json"
    whole = journal.read_text()
    head, _, _ = whole.rpartition(",\n    {")
    journal.write_text(head + "]}")
    program = ["node", str(node / "drizzle_migrate.mjs"), "drizzle"]
    migrated(case, program, environment)


@pytest.mark.parametrize("case", ["graphile-migrate"], indirect=True)
def test_graphile_migrate(case: Case, environment: dict[str, str], node: Path) -> None:
    migrated(case, [str(node / "node_modules/.bin/graphile-migrate"), "migrate"], environment)


@pytest.mark.skipif(not shutil.which("sqitch"), reason="sqitch is not installed")
@pytest.mark.parametrize("case", ["sqitch"], indirect=True)
def test_sqitch(case: Case, environment: dict[str, str]) -> None:
    name = environment["PGDATABASE"]
    words = ["sqitch", "deploy", "--to", "touch_wishes@HEAD", f"db:pg:{name}"]
    migrated(case, words, environment)
