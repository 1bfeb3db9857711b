"""`wishkit db`: the embedded server by hand, and psql without a password in the process list."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from wishkit.commands import database as verb
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Target
from wishkit.errors import WishkitError
from wishkit.interface.cli import execute
from wishkit.postgres.psql import find_psql, psql_line

if TYPE_CHECKING:
    from tests.plugins.project import RunWishkit

SECRET = "hunter2 and 'more'"


def test_a_life_of_the_embedded_server(
    tmp_path: Path, run_wishkit: RunWishkit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def state() -> str:
        return str(json.loads(run_wishkit("db", "status", "--json").stdout)["state"])

    assert state() == "absent"
    assert run_wishkit("db", "stop").stdout == "the embedded server was not running\n"
    assert run_wishkit("db", "destroy", "--yes").stdout == "there is nothing to remove\n"
    try:
        started = json.loads(run_wishkit("db", "start", "--json").stdout)
        assert started["state"] == state() == "running"
        url = run_wishkit("db", "url")
        assert url.stdout == started["url"] + "\n"
        assert url.stderr == ""
        with psycopg.connect(url.stdout.strip(), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept ()")
        assert run_wishkit("db", "stop").stdout == "the embedded server has stopped\n"
        assert state() == "stopped"
        # psql starts it again, hands its arguments on and leaves with psql's status.
        asked = run_wishkit("db", "psql", "-XAt", "-c", "SELECT count(*) FROM kept")
        assert (asked.status, asked.stdout) == (0, "0\n")
        assert run_wishkit("db", "psql", "--", "-Xc", "SELECT nonsense").status == 1
        assert state() == "running"
        refused = run_wishkit("db", "destroy")
        assert refused.status == 1
        assert "error[consent-needed]" in refused.stderr
        assert "--yes" in refused.stderr
        assert state() == "running"
    finally:
        gone = run_wishkit("db", "destroy", "--yes")
    assert gone.stdout == "the embedded server and its data are gone\n"
    assert state() == "absent"


@pytest.mark.parametrize("answer", [True, False])
def test_destroy_asks_where_somebody_can_answer(tmp_path: Path, *, answer: bool) -> None:
    questions: list[str] = []

    def ask(question: str) -> bool:
        questions.append(question)
        return answer

    config = Config(path=tmp_path / "wishkit.toml")
    target = Target(url=None, name="embedded", embedded=True)
    workspace = Workspace(config, target, listener=lambda _: None, ask=ask)
    folder = verb.start(config).folder
    try:
        if answer:
            assert verb.destroy(workspace, yes=False)
            assert not folder.exists()
        else:
            with pytest.raises(WishkitError, match="not confirmed"):
                verb.destroy(workspace, yes=False)
            assert verb.status(config).state == "running"
    finally:
        verb.destroy(workspace, yes=True)
    assert questions == [f"remove {folder} with every database in it?"]


@pytest.fixture
def login(database: str) -> str:
    """A URL with a password in it that the server lets in."""
    name = conninfo_to_dict(database)["dbname"]
    role = f"login_{name}"
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), SECRET)
        )
        connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(f"{role} owner")))
        connection.execute(
            sql.SQL("GRANT {} TO {}").format(sql.Identifier(f"{role} owner"), sql.Identifier(role))
        )
    return make_conninfo(database, user=role, password=SECRET)


def test_psql_shows_no_password_and_acts_as_the_role(
    login: str, run_wishkit: RunWishkit, tmp_path: Path
) -> None:
    user = conninfo_to_dict(login)["user"]
    (tmp_path / "wishkit.toml").write_text(
        f'[environments.staging]\nurl = "env:STAGING_URL"\nrole = "{user} owner"\n'
    )
    shell = r"\! tr '\0' '\n' < /proc/$PPID/cmdline; echo password: $PGPASSWORD"
    ask = "SELECT session_user, current_user"
    done = run_wishkit(
        "db", "psql", "--env", "staging", "-XAtc", ask, "-c", shell, env={"STAGING_URL": login}
    )
    assert done.status == 0, done
    lines = done.stdout.splitlines()
    assert lines[0] == f"{user}|{user} owner"
    assert lines[-1] == f"password: {SECRET}"
    line = "\n".join(lines[1:-1])
    if Path("/proc/self/cmdline").exists():
        assert f"user={user}" in line
    assert "hunter2" not in line


def test_what_libpq_calls_secret_leaves_the_line_and_the_rest_stays() -> None:
    line, secrets = psql_line(
        "postgresql://me:secret1@db.example.org:6543/wishes?sslmode=require&sslpassword=secret2",
        role=None,
    )
    assert line[0] == "-d"
    told = conninfo_to_dict(line[1])
    assert told["host"] == "db.example.org"
    assert told["sslmode"] == "require"
    assert "secret" not in line[1]
    assert secrets == {"PGPASSWORD": "secret1"}


def test_options_of_the_url_and_of_the_environment_are_kept_beside_the_role() -> None:
    role = "the owner"
    line, _ = psql_line("options='-c work_mem=1MB'", role=role)
    assert conninfo_to_dict(line[1])["options"] == "-c work_mem=1MB -c role=the\\ owner"
    line, _ = psql_line("", role=role, env={"PGOPTIONS": "-c jit=off"})
    assert conninfo_to_dict(line[1])["options"] == "-c jit=off -c role=the\\ owner"


def test_a_bad_url_is_told_without_its_password(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(WishkitError) as caught:
        execute(["db", "psql", "--url", "postgresql://me:se/cret@db/wishes"])
    assert caught.value.code == "bad-conninfo"
    assert "se/cret" not in str(caught.value) + capsys.readouterr().err


def test_an_installation_without_psql_falls_back_to_the_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, names in (("server", ("postgres", "initdb")), ("system", ("psql",))):
        for name in names:
            program = tmp_path / folder / name
            program.parent.mkdir(exist_ok=True)
            program.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 18.1'\n")
            program.chmod(0o755)
    monkeypatch.setenv("WISHKIT_PG_BIN", str(tmp_path / "server"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'system'}{os.pathsep}{os.defpath}")
    assert find_psql() == tmp_path / "system" / "psql"
    shutil.rmtree(tmp_path / "system")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WishkitError) as caught:
        find_psql()
    assert caught.value.code == "program-not-found"
