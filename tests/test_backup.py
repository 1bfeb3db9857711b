"""`wishkit backup`: what is made comes back, each verification is kept, and a gate counts on it."""

from __future__ import annotations

import hashlib
import json
import re
import stat
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from wishkit.commands import backup
from wishkit.commands.backup_verify import environment_of, verify
from wishkit.config import EMBEDDED
from wishkit.core.events import Connected, Progressed
from wishkit.core.manifest import read_manifest
from wishkit.errors import BackupError, UsageError
from wishkit.interface.progress import Progress
from wishkit.interface.render_backup import render_backups, render_made, render_verified
from wishkit.postgres.dump import Flow
from wishkit.postgres.ledger import version_file
from wishkit.postgres.programs import fitting_tools, run_program

if TYPE_CHECKING:
    from tests.plugins.backups import Live
    from tests.plugins.databases import MakeDatabase
    from tests.plugins.project import RunWishkit

LEVELS = "SELECT level, failure FROM wishkit.backup ORDER BY entry"


@pytest.mark.parametrize(
    ("kind", "jobs"), [("custom", None), pytest.param("directory", 2, id="directory")]
)
def test_what_is_made_comes_back_row_by_row(live: Live, kind: str, jobs: int | None) -> None:
    made = live.create(kind=kind, jobs=jobs, hashes=True)
    assert (made.kind, made.hashed, made.level, made.kept) == (kind, True, 0, True)
    assert made.notes == ()
    found = verify(live.workspace, Path(made.path), jobs=2)
    assert (found.level, found.id, found.kept, found.notes) == (3, made.id, True, ())
    assert (found.tables, found.rows) == (made.tables, made.rows)
    assert found.rows > 2050
    assert live.rows(LEVELS) == [(0, None), (3, None)]
    assert any(isinstance(it, Progressed) for it in live.events)


def test_the_manifest_says_what_it_is_of(live: Live, server_tools: int) -> None:
    made = live.create()
    path = Path(made.path)
    manifest = read_manifest(path.with_name(path.name + ".json").read_bytes())
    (place,) = live.rows(
        "SELECT current_database(), (SELECT system_identifier::text FROM pg_control_system()),"
        " current_setting('server_version_num')::int"
    )
    told = (manifest.database, manifest.system_identifier, manifest.server_version)
    assert told == place
    assert (manifest.dump_major, manifest.environment) == (server_tools, "test")
    assert "backup_app" in manifest.roles
    assert re.fullmatch(r"[0-9A-F]+/[0-9A-F]+", manifest.lsn or "")
    tables = {it.name: (it.rows, it.digest) for it in manifest.tables}
    assert (tables["public.wishes"], tables["public.odd_1"]) == ((2000, None), (50, None))
    assert "Odd" not in str(tables)
    assert manifest.checksum == hashlib.sha256(path.read_bytes()).hexdigest() == made.checksum
    (row,) = live.rows(
        "SELECT id, kind, size, checksum, database::text, system_identifier::text, lsn, location,"
        " recorded_by::text, taken_at <= finished_at FROM wishkit.backup"
    )
    assert row[:7] == (
        made.id,
        "custom",
        made.size,
        made.checksum,
        *place[:2],
        manifest.lsn,
    )
    assert (Path(row[7]), row[8:]) == (path, ("postgres", True))


@pytest.fixture
def server_tools(live: Live) -> int:
    """The major of the pg_dump that fits the server."""
    ((number,),) = live.rows("SELECT current_setting('server_version_num')::int")
    return fitting_tools(number // 10000).major


def test_only_its_owner_may_read_it(live: Live) -> None:
    live.create(kind="directory")
    live.create()
    found = [live.folder, *live.folder.rglob("*")]
    assert {stat.S_IMODE(it.stat().st_mode) for it in found if it.is_dir()} == {0o700}
    assert {stat.S_IMODE(it.stat().st_mode) for it in found if it.is_file()} == {0o600}


def test_a_folder_has_the_checksum_that_sha256sum_gives(live: Live) -> None:
    made = live.create(kind="directory")
    listed = subprocess.run(
        ["sh", "-c", "LC_ALL=C; export LC_ALL; sha256sum * | sha256sum"],
        cwd=made.path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert listed.stdout.split()[0] == made.checksum


def test_no_password_is_on_a_command_line(
    live: Live, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tools = fitting_tools(None)
    folder = tmp_path / "bin"
    folder.mkdir()
    told = tmp_path / "told"
    for name in ("pg_dump", "pg_restore"):
        program = folder / name
        program.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$@" >>{told}\nprintenv PGPASSWORD >>{told}.env\n'
            f'exec {tools.program(name)} "$@"\n'
        )
        program.chmod(0o755)
    monkeypatch.setenv("WISHKIT_PG_BIN", str(folder))
    place = live.with_target(url=live.url.replace("postgres@", "postgres:hunter2@"))
    place.create()
    assert "--snapshot=" in told.read_text()
    assert "hunter2" not in told.read_text()
    assert Path(f"{told}.env").read_text() == "hunter2\n"


def test_rows_written_meanwhile_are_in_neither(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(line: list[str], **options: object) -> object:
        live.rows("INSERT INTO wishes (what) VALUES ('late'); DELETE FROM wishes WHERE id < 100")
        return run_program(line, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("wishkit.postgres.dump.run_program", busy)
    made = live.create(hashes=True)
    assert verify(live.workspace, Path(made.path)).level == 3


def test_a_level_at_once(live: Live, capsys: pytest.CaptureFixture[str]) -> None:
    made = live.create(level=2)
    assert (made.level, made.hashed) == (2, False)
    assert live.rows(LEVELS) == [(0, None), (2, None)]
    assert sum(isinstance(it, Connected) for it in live.events) == 1
    render_made(made)
    told = capsys.readouterr().out
    assert told.startswith(f"{made.path}: {made.tables} tables, {made.rows:,} rows, ")
    assert f"sha256 {made.checksum}\n" in told
    assert told.endswith("level 2, restored\n")


def test_the_newest_of_an_environment(live: Live, capsys: pytest.CaptureFixture[str]) -> None:
    live.create()
    made = live.create()
    live.events.clear()
    found = verify(live.workspace, level=1)
    assert sum(isinstance(it, Connected) for it in live.events) == 1
    assert (found.id, found.level, found.server) == (made.id, 1, None)
    listed = backup.backups(live.workspace)
    assert listed.backups[0].id == made.id
    assert [it.level for it in listed.backups] == [1, 0]
    assert (listed.gate, listed.others) == (None, 0)
    render_verified(found)
    render_backups(listed)
    told = capsys.readouterr().out
    assert "are readable\nlevel 1, readable, in " in told
    assert "1, readable" in told
    Path(made.path).rename(live.folder / "elsewhere")
    with pytest.raises(BackupError, match="the newest backup is not here") as caught:
        verify(live.workspace)
    assert caught.value.code == "backup-not-here"


def test_a_copy_of_the_database_does_not_have_its_backups(
    live: Live, make_database: MakeDatabase
) -> None:
    live.create()
    name = live.rows("SELECT current_database()")[0][0]
    copy = live.with_target(url=make_database(template=name))
    listed = backup.backups(copy.workspace)
    assert (listed.backups, listed.others) == ((), 1)
    with pytest.raises(BackupError, match="knows of no backup of this database") as caught:
        verify(copy.workspace)
    assert caught.value.code == "backup-missing"


def test_a_ledger_of_an_older_version_is_lifted(live: Live) -> None:
    names = ("0001_create_ledger", "0002_record_patience", "0003_keep_snapshot")
    old = ";\n".join(map(version_file, names))
    row = "INSERT INTO wishkit.ledger (version, yoyo_schema, written_by) VALUES (3, 'public', '0')"
    live.rows(f"DROP SCHEMA wishkit CASCADE; {old}; {row}")
    assert backup.backups(live.workspace).backups == ()
    assert live.create().kept
    assert live.rows(LEVELS) == [(0, None)]
    assert live.rows("SELECT version > 3 FROM wishkit.ledger") == [(True,)]


def test_without_a_ledger_it_is_made_all_the_same(
    live: Live, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = live.with_target(url=database)
    made = bare.create()
    (note,) = made.notes
    assert (made.kept, made.tables) == (False, 0)
    assert note == (
        "the ledger does not know of it: the database has no ledger; the first migrate makes it"
    )
    monkeypatch.setenv("PGOPTIONS", "-c default_transaction_read_only=on")  # is not for a scratch
    found = verify(bare.workspace, Path(made.path))
    assert (found.level, found.kept) == (2, False)
    assert "the database is read-only" in found.notes[0]


def test_a_role_that_may_read_and_not_write(live: Live) -> None:
    live.rows(
        "GRANT pg_read_all_data TO backup_app;"
        "GRANT USAGE ON SCHEMA wishkit TO backup_app;"
        "GRANT SELECT ON ALL TABLES IN SCHEMA wishkit TO backup_app"
    )
    try:
        made = live.with_target(role="backup_app").create(hashes=True)
        assert not made.kept
        assert "may not read and write the ledger" in made.notes[0]
        assert verify(live.workspace, Path(made.path)).kept  # the owner tells it later
        assert live.rows(LEVELS) == [(3, None)]
    finally:
        live.rows("REVOKE pg_read_all_data FROM backup_app")


def test_a_file_alone_finds_its_environment(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = live.with_target(name="production").create()
    assert environment_of(Path(made.path)) is None
    (tmp_path / "wishkit.toml").write_text('[environments.production]\nurl = "env:NONE"\n')
    assert environment_of(Path(made.path)) == "production"


def test_nobody_is_told_when_nobody_knows_whose_it_is(live: Live, database: str) -> None:
    path = Path(live.create().path)
    lost = live.with_target(url=None, name=EMBEDDED, embedded=True)
    found = verify(lost.workspace, path, level=1, named=False)
    assert (found.kept, found.notes[0][:17]) == (False, "no ledger knows o")
    other = verify(live.with_target(url=database).workspace, path, level=1, named=False)
    assert "it is of the database" in other.notes[0]
    gone = live.with_target(url="postgresql:///x?host=/nowhere")
    assert "no ledger knows of this" in verify(gone.workspace, path, level=1, named=False).notes[0]
    assert live.rows(LEVELS) == [(0, None)]


def in_encoding(live: Live, database: str, encoding: str) -> Live:
    """A database in another encoding, under the name of one that was just made."""
    name = re.sub(r".*/(\w+)\?.*", r"\1", database)
    live.rows(f"DROP DATABASE {name}")
    live.rows(
        f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C'"
        " LC_CTYPE 'C' LOCALE_PROVIDER libc"
    )
    return replace(live.with_target(url=database), url=database)


def test_large_objects_and_bytes_of_no_encoding_come_back(live: Live, database: str) -> None:
    odd = in_encoding(live, database, "SQL_ASCII")
    odd.rows("CREATE TABLE a (b text); INSERT INTO a VALUES (E'\\xe9')")
    odd.rows("SELECT lo_from_bytea(0, 'abc')")
    made = odd.create(hashes=True)
    found = verify(odd.workspace, Path(made.path))
    assert (found.level, found.rows) == (3, 2)


def test_a_schema_that_cannot_be_read_is_not_compared(live: Live, database: str) -> None:
    latin = in_encoding(live, database, "LATIN1")
    latin.rows("CREATE TABLE a (b text); INSERT INTO a VALUES (chr(233))")
    path = Path(latin.create().path)
    assert verify(latin.workspace, path).level == 1
    with pytest.raises(BackupError, match="is not known") as caught:
        verify(latin.workspace, path, level=2)
    assert caught.value.code == "backup-no-schema"


def test_a_database_without_schema_public(live: Live, database: str) -> None:
    bare = replace(live.with_target(url=database), url=database)
    bare.rows("DROP SCHEMA public; CREATE SCHEMA app; CREATE TABLE app.a (b int)")
    made = bare.create()
    assert verify(bare.workspace, Path(made.path)).level == 2


def test_an_invalid_index_is_in_no_dump_and_missed_by_nobody(live: Live) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation):
        live.rows("CREATE UNIQUE INDEX CONCURRENTLY half ON wishes (mood)")
    assert live.rows("SELECT indisvalid FROM pg_index WHERE indexrelid = 'half'::regclass") == [
        (False,)
    ]
    assert verify(live.workspace, Path(live.create().path)).level == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "plain"}, '"plain" is no format'),
        ({"jobs": 0}, "--jobs must be 1 or more"),
        ({"jobs": 2}, "need a folder"),
        ({"level": 4}, "4 is no level"),
    ],
)
def test_options_that_do_not_go_together(live: Live, options: dict[str, int], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        live.create(**options)
    assert live.events == []


def test_a_level_that_cannot_be(live: Live) -> None:
    path = Path(live.create().path)
    with pytest.raises(UsageError, match="0 is no level"):
        verify(live.workspace, path, level=0)
    with pytest.raises(BackupError, match="made without hashes") as caught:
        verify(live.workspace, path, level=3)
    assert caught.value.code == "backup-no-hashes"
    with pytest.raises(UsageError, match="there is no") as missing:
        verify(live.workspace, path.with_name("nothing"))
    assert missing.value.code == "no-such-backup"


def test_how_far_it_is_is_told_by_bytes_and_tables(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    heard: list[Any] = []
    (tmp_path / "dump").write_bytes(b"x" * (3 << 19))
    sizes = {"public.a": 1000, "public.b": 3000}
    flow = Flow("dumping", sizes, 1, heard.append, tmp_path / "dump")
    flow.hear('pg_dump: dumping contents of table "public.a"')
    flow.hear("pg_dump: reading schemas")
    flow.tell()
    detail = "0 of 2 tables, 1.5 MB written"
    assert heard.pop() == Progressed("backup", "dumping", detail=detail)
    flow.seen, flow.running["public.a"] = True, 0.5
    flow.tell()
    flow.hear('pg_dump: dumping contents of table "public.b"')
    flow.tell()
    assert heard[0] == Progressed("backup", "dumping", 500, 4000, "bytes", detail=detail)
    assert (heard[1].done, heard[1].detail) == (1000, "1 of 2 tables, 1.5 MB written")
    clock = iter(range(0, 10000, 5))
    monkeypatch.setattr("time.monotonic", lambda: float(next(clock)))
    progress = Progress()
    for event in (*heard, replace(heard[1], phase="reading")):
        progress(event)
    assert "backup: reading, 25%, 1,000 bytes of 3.9 kB" in capsys.readouterr().err


def test_the_command_line(live: Live, run_wishkit: RunWishkit, tmp_path: Path) -> None:
    env = {"DATABASE_URL": live.url}
    done = run_wishkit("backup", "create", "--to", "here", "--json", env=env)
    assert done.status == 0, done.stderr
    made = json.loads(done.stdout)
    assert (tmp_path / made["path"]).exists()
    found = run_wishkit("backup", "verify", made["path"], "--level", "1", env=env)
    assert (found.status, found.stdout.splitlines()[-1][:17]) == (0, "level 1, readable")
    listed = json.loads(run_wishkit("backup", "list", "--json", env=env).stdout)
    assert [(it["id"], it["level"]) for it in listed["backups"]] == [(made["id"], 1)]
    missing = run_wishkit("backup", "record", env=env)
    assert (missing.status, missing.stderr.splitlines()[0]) == (
        2,
        "error[usage]: say which command tells of the backup: --command COMMAND",
    )
