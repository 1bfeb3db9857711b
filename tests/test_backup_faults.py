"""Whatever is wrong with a backup, or stands in its way, is named; and no half of one is left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import psycopg
import pytest

from wishkit.commands.backup import backups
from wishkit.commands.backup_verify import verify
from wishkit.config import Patience
from wishkit.core.manifest import read_manifest, write_manifest
from wishkit.errors import (
    BackupError,
    BackupUnfit,
    CompareError,
    ConfigError,
    ServerError,
    WishkitError,
)
from wishkit.postgres.binaries import Binaries
from wishkit.postgres.programs import fitting_tools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.plugins.backups import Live


def manifest_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def refused(live: Live, path: Path, **options: object) -> WishkitError:
    with pytest.raises(WishkitError) as caught:
        verify(live.workspace, path, **options)  # type: ignore[arg-type]
    return caught.value


def listed(path: Path) -> bool:
    """Whether `pg_restore --list` finds nothing wrong with it."""
    line = [fitting_tools(None).program("pg_restore"), "--list", str(path)]
    return subprocess.run(line, capture_output=True, check=False).returncode == 0


def flip(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 0x55
    path.write_bytes(data)


def test_a_dump_cut_to_60_percent_passes_a_list_and_not_us(live: Live) -> None:
    # Rows enough for the list, which stands in front, to be in the part that is left.
    live.rows("INSERT INTO wishes (what) SELECT md5(n::text) FROM generate_series(1, 20000) AS n")
    path = Path(live.create().path)
    size = path.stat().st_size
    os.truncate(path, size * 6 // 10)
    assert listed(path)
    error = refused(live, path)
    assert (type(error), error.code, error.exit_status) == (BackupUnfit, "backup-damaged", 1)
    assert (
        error.message
        == f"{path.name} is cut off: {size * 6 // 10:,} of {size:,} bytes (60%) are there"
    )
    assert any("cannot be read to its end" in it for it in error.notes)
    assert error.state == "the ledger keeps that it failed: it counts for nothing any more"
    (row,) = backups(live.workspace).backups
    assert (row.level, row.failure) == (0, error.message)
    manifest_of(path).unlink()  # and without a manifest, by what PostgreSQL says
    assert refused(live, path).message.startswith(f"{path.name} cannot be read to its end: ")


@pytest.mark.parametrize("compress", ["0", None], ids=["plain", "compressed"])
def test_a_flipped_byte_is_found_wherever_it_is(live: Live, compress: str | None) -> None:
    path = Path(live.create(compress=compress).path)
    size = path.stat().st_size
    for where, offset in {"header": 2, "toc": size // 40, "data": size * 9 // 10}.items():
        flip(path, offset)
        error = refused(live, path, level=1)
        flip(path, offset)
        assert error.code == "backup-damaged"
        assert error.message == f"bytes of {path.name} have changed since it was written"
        said = any("does not appear to be a valid" in it for it in error.notes)
        assert said or where != "header", error.notes
    assert verify(live.workspace, path, level=1).kept


def test_a_folder_with_a_bad_or_missing_file(live: Live) -> None:
    path = Path(live.create(kind="directory").path)
    largest = max(path.iterdir(), key=lambda it: it.stat().st_size)
    whole = largest.read_bytes()
    flip(largest, len(whole) // 2)
    message = f"bytes of {path.name}/{largest.name} have changed since it was written"
    assert refused(live, path, level=1).message == message
    largest.unlink()
    assert refused(live, path, level=1).message == f"{path.name}/{largest.name} is missing"
    largest.write_bytes(whole)
    assert verify(live.workspace, path, level=1).kept  # it is whole again, and counts again
    (row,) = backups(live.workspace).backups
    assert (row.level, row.failure) == (1, None)


def test_a_backup_of_another_database_is_no_backup_of_this_one(live: Live, database: str) -> None:
    path = Path(live.create().path)
    error = refused(live.with_target(url=database), path)
    assert (error.code, error.exit_status) == ("backup-foreign", 1)
    assert "is a backup of another database: it is of the database test_" in error.message
    there = manifest_of(path)
    manifest = read_manifest(there.read_bytes())
    there.write_bytes(write_manifest(replace(manifest, system_identifier="7")))
    assert "of system 7; test is test_" in refused(live, path).message


def test_a_dump_under_the_name_of_another_is_told_by_what_it_holds(live: Live) -> None:
    """Its manifest was made to fit, so that only what is restored can tell."""
    path = Path(live.create(hashes=True).path)
    kept = path.with_name("kept")
    shutil.copy(path, kept)
    live.tamper("DELETE FROM wishkit.backup")
    true = read_manifest(manifest_of(path).read_bytes())
    other = (
        ("ALTER TABLE wishes ADD colour text", ["schema: column wishes.colour is extra"]),
        (
            "ALTER TABLE wishes DROP colour; DELETE FROM wishes WHERE id = 7",
            ["1,999 of 2,000 rows"],
        ),
        (
            "INSERT INTO wishes (what) VALUES ('another one')",
            ["public.wishes: 2,000 rows, and they are not the same"],
        ),
    )
    for sql, words in other:
        live.tamper(f"DELETE FROM wishkit.backup; {sql}")
        made = live.create(hashes=True)
        found = read_manifest(manifest_of(Path(made.path)).read_bytes())
        shutil.copy(made.path, path)
        forged = replace(
            true,
            files=(replace(true.files[0], size=found.size, checksum=found.checksum),),
            size=found.size,
            checksum=found.checksum,
        )
        manifest_of(path).write_bytes(write_manifest(forged))
        error = refused(live, path)
        assert error.code == "backup-differs"
        told = "\n".join(error.notes)
        assert all(it in told for it in words), told
        assert live.rows("SELECT level FROM wishkit.backup ORDER BY entry DESC LIMIT 1") == [(0,)]


def test_a_manifest_that_was_changed_is_not_believed(live: Live) -> None:
    path = Path(live.create().path)
    there = manifest_of(path)
    manifest = read_manifest(there.read_bytes())
    there.write_bytes(write_manifest(replace(manifest, tables=())))
    error = refused(live, path, level=1)
    assert error.message == f"{there.name} has changed since the backup was made"
    there.write_bytes(b'{"format": 1}')
    assert refused(live, path).code == "backup-manifest"
    there.write_bytes(msgspec.json.encode(replace(manifest, format=9)))
    assert "its format is 9" in refused(live, path).message
    there.unlink()
    assert refused(live, path, level=2).code == "backup-no-manifest"
    found = verify(live.workspace, path)
    assert (found.level, found.id, found.kept) == (1, None, False)


def test_an_extension_that_the_scratch_server_lacks_is_named(live: Live) -> None:
    live.rows(
        "CREATE EXTENSION citext; UPDATE pg_extension SET extname = 'rare' WHERE extname = 'citext'"
    )
    path = Path(live.create().path)
    error = refused(live, path)
    assert (type(error), error.code) == (CompareError, "extension-missing")
    assert error.message == "the scratch server lacks the extension rare, which the database has"
    assert "WISHKIT_PG_BIN=/usr/lib/postgresql/" in (error.help or "")
    assert error.state == "the backup was read to its end, and is not known to be damaged"
    assert live.rows("SELECT failure FROM wishkit.backup") == [(None,)]


def test_what_cannot_be_restored_is_no_backup(live: Live) -> None:
    """A check that reads another table, whose rows are not there yet when it is restored."""
    live.rows(
        "CREATE FUNCTION wished(int) RETURNS boolean IMMUTABLE LANGUAGE sql AS "
        "'SELECT EXISTS (SELECT FROM public.wishes WHERE id = $1)';"
        "ALTER TABLE odd_1 ADD CONSTRAINT wished CHECK (wished(id))"
    )
    error = refused(live, Path(live.create().path))
    assert (error.code, error.exit_status) == ("backup-not-restorable", 1)
    assert 'violates check constraint "wished"' in "\n".join([error.message, *error.notes])


def test_a_disk_that_is_full_leaves_nothing(live: Live, tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    limit = f"ulimit -f 64; exec {sys.executable} -m wishkit backup create --to {folder}"
    done = subprocess.run(
        ["/bin/sh", "-c", limit],
        env={**os.environ, "DATABASE_URL": live.url},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert f"error[backup-disk-full]: there is no room for the backup in {folder}" in done.stderr
    assert list(folder.iterdir()) == []
    assert live.rows("SELECT FROM wishkit.backup") == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for 64 kB, where we may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("kind", ["custom", pytest.param("directory", marks=pytest.mark.soak)])
def test_a_file_system_that_is_full_leaves_nothing(live: Live, small_disk: Path, kind: str) -> None:
    with pytest.raises(BackupError, match="there is no room for the backup") as caught:
        live.create(folder=small_disk, kind=kind)
    assert caught.value.code == "backup-disk-full"
    assert "No space left on device" in caught.value.notes[0]
    assert list(small_disk.iterdir()) == []


def test_a_folder_that_cannot_be_written(live: Live, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot write into") as caught:
        live.create(folder=tmp_path / "file" / "below")
    assert caught.value.code == "unwritable"


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.soak)]
)
def test_an_interrupt_leaves_nothing(live: Live, tmp_path: Path, number: int) -> None:
    tools = fitting_tools(None)
    half = 'for it; do case "$it" in --file=*) echo half >"${it#--file=}";; esac; done'
    slow = f"echo $$ >{tmp_path}/pid; {half}; exec sleep 60"
    real = f'exec {tools.program("pg_dump")} "$@"'
    program(tmp_path / "bin", "pg_dump", f'case "$1" in --version) {real};; esac; {slow}')
    program(tmp_path / "bin", "pg_restore", "exit 1")
    with subprocess.Popen(
        [sys.executable, "-m", "wishkit", "backup", "create", "--to", "here"],
        env={**os.environ, "DATABASE_URL": live.url, "WISHKIT_PG_BIN": str(tmp_path / "bin")},
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        until(lambda: (tmp_path / "here").exists() and any((tmp_path / "here").iterdir()))
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said.endswith(
        "error[interrupted]: interrupted\nstate: nothing was kept; the database is untouched\n"
    )
    assert list((tmp_path / "here").iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_table_that_somebody_has_locked_is_waited_for_and_no_longer(live: Live) -> None:
    with psycopg.connect(live.url) as connection:
        connection.execute("LOCK TABLE wishes IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(BackupError, match="somebody has locked it") as caught:
            live.with_target(patience=Patience(deadline=0.1)).create()
    assert caught.value.code == "backup-locked"
    assert list(live.folder.iterdir()) == []


def test_a_role_that_may_not_read_all_is_told_what_to_grant(live: Live) -> None:
    live.rows("GRANT USAGE ON SCHEMA wishkit TO backup_app")
    with pytest.raises(BackupError, match="permission denied for table") as caught:
        live.with_target(role="backup_app").create()
    assert caught.value.code == "backup-permission"
    assert "GRANT pg_read_all_data" in (caught.value.help or "")
    live.rows("GRANT pg_read_all_data TO backup_app; ALTER TABLE wishes ENABLE ROW LEVEL SECURITY")
    try:
        with pytest.raises(BackupError, match="row-level security") as caught:
            live.with_target(role="backup_app").create()
        assert "BYPASSRLS" in (caught.value.help or "")
    finally:
        live.rows("REVOKE pg_read_all_data FROM backup_app")


def program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def test_a_pg_dump_that_is_older_than_the_server_is_not_even_started(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pg_dump", "pg_restore"):
        program(tmp_path / "old", name, f'echo "{name} (PostgreSQL) 9.6"')
    monkeypatch.setenv("WISHKIT_PG_BIN", str(tmp_path / "old"))
    with pytest.raises(ServerError, match=r"pg_dump 9\.6 .* is older than the server") as caught:
        live.create()
    assert caught.value.code == "dump-too-old"
    monkeypatch.setenv("WISHKIT_PG_BIN", str(tmp_path))
    with pytest.raises(ServerError, match="there is no pg_dump") as caught:
        live.create()
    assert caught.value.code == "program-not-found"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("pg_restore: error: out of disk: No space left on device", "backup-disk-full"),
        ("pg_restore: error: ICU is not supported in this build", "scratch-lacks"),
    ],
)
def test_what_the_scratch_server_lacks_is_no_fault_of_the_backup(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, code: str
) -> None:
    path = Path(live.create().path)
    tools = fitting_tools(read_manifest(manifest_of(path).read_bytes()).dump_major)
    folder = tmp_path / "bin"
    program(
        folder,
        "pg_restore",
        f'case "$*" in *dbname*) echo "{text}" >&2; exit 1;; esac\n'
        f'exec "{tools.bin}/pg_restore" "$@"',
    )
    real = Binaries.program

    def fake(self: Binaries, name: str) -> Path:
        return folder / name if name == "pg_restore" else real(self, name)

    monkeypatch.setattr(Binaries, "program", fake)
    error = refused(live, path)
    assert error.code == code
    assert live.rows("SELECT failure FROM wishkit.backup") == [(None,)]
