"""--metrics: a file that Prometheus' own parsers read, however the run ended."""

from __future__ import annotations

import os
import signal
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as as_prometheus_reads_it

from wishkit.config import Patience
from wishkit.core.events import CommandStarted, MigrationFinished, MigrationStarted
from wishkit.errors import UsageError
from wishkit.interface.audience import Ending
from wishkit.interface.metrics import Metrics

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.conftest import Project

DONE = Ending("done", 0, None, 1.5)


def read(path: Path) -> dict[str, list[tuple[dict[str, str], float]]]:
    """(labels, value) of each sample, by name; read by both parsers, which agree."""
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n# EOF\n")
    families = [*text_string_to_metric_families(text)]  # type: ignore[no-untyped-call]
    assert all(it.documentation and it.type == "gauge" for it in families)
    found = {it.name: [(s.labels, s.value) for s in it.samples] for it in families}
    other = {
        it.name: [(s.labels, s.value) for s in it.samples] for it in as_prometheus_reads_it(text)
    }
    assert other == found, "node exporter reads the older form"
    return found


def one(path: Path, name: str) -> tuple[dict[str, str], float]:
    (sample,) = read(path)[name]
    return sample


def test_what_migrations_took_is_in_it(project: Project, tmp_path: Path) -> None:
    project.pair("0001_a", "CREATE TABLE wish (id int);\nINSERT INTO wish VALUES (1), (2);")
    project.pair("0002_b", "CREATE TABLE b ();")
    path = tmp_path / "wishkit.prom"
    path.write_text("what was there before", encoding="utf-8")
    path.chmod(0o600)
    process = project.spawn("migrate", "--metrics", str(path))
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [it.name for it in tmp_path.glob("*.tmp")] + [*tmp_path.glob(".*")] == []
    found = read(path)
    run = {"verb": "migrate", "environment": "command line", "outcome": "done"}
    assert found["wishkit_run_success"] == [(run, 1)]
    assert found["wishkit_run_migrations"] == [(run, 2)]
    (_, took), *_ = found["wishkit_run_duration_seconds"]
    migrations = found["wishkit_migration_duration_seconds"]
    assert 0 < sum(value for _, value in migrations) < took
    assert [labels for labels, _ in migrations] == [
        {
            "migration": name,
            "direction": "forward",
            "environment": "command line",
            "outcome": "done",
        }
        for name in ("0001_a", "0002_b")
    ]
    assert [value for _, value in found["wishkit_migration_rows"]] == [2]
    ((_, ended),) = found["wishkit_run_end_timestamp_seconds"]
    assert abs(ended - path.stat().st_mtime) < 60


def test_of_a_failure_and_of_a_refusal(project: Project, tmp_path: Path) -> None:
    project.pair("0001_a", "CREATE TABLE a ();")
    project.pair("0002_bad", "SELECT 1 / 0;")
    path = tmp_path / "wishkit.prom"

    def run(*words: str) -> int:
        process = project.spawn(*words, "--metrics", str(path))
        process.communicate(timeout=30)
        return process.returncode

    assert run("migrate") == 3
    assert one(path, "wishkit_run_success")[1] == 0
    assert [it["outcome"] for it, _ in read(path)["wishkit_migration_retries"]] == [
        "done",
        "failed",
    ]
    labels, _ = one(path, "wishkit_run_duration_seconds")
    assert labels["outcome"] == "failed"
    assert run("rollback", "--to", "0007") == 2
    assert one(path, "wishkit_run_success")[0]["outcome"] == "refused"
    assert read(path)["wishkit_migration_duration_seconds"] == []


def test_of_an_interrupted_run(project: Project, tmp_path: Path) -> None:
    project.pair("0001_a", "SELECT pg_advisory_xact_lock_shared(1);")
    path = tmp_path / "wishkit.prom"
    with project.gate():
        process = project.spawn("migrate", "--metrics", str(path))
        project.wait_at_gate()
        assert not path.exists(), "it says how a run has ended"
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 130
    assert one(path, "wishkit_run_success")[0]["outcome"] == "interrupted"
    assert one(path, "wishkit_migration_duration_seconds")[0]["outcome"] == "interrupted"


def test_waits_are_told_apart(project: Project, tmp_path: Path) -> None:
    project.pair("0001_a", "CREATE TABLE wish ();")
    project.migrate()
    project.pair("0002_b", "ALTER TABLE wish ADD COLUMN a int;")
    project.target = replace(project.target, patience=Patience(deadline=20, attempt=0.03))
    with psycopg.connect(project.url) as reader:
        reader.execute("TABLE wish")
        project.hooks["Blocked"] = reader.rollback
        assert project.migrate().error is None
    path = tmp_path / "wishkit.prom"
    heard = Metrics("migrate", str(path), pytest.fail)
    for event in project.events[project.events.index(started(project, "0002_b")) :]:
        heard(event)
    heard.end(DONE)
    assert one(path, "wishkit_migration_retries")[1] >= 1
    waited, took = (one(path, f"wishkit_migration_{it}_seconds")[1] for it in ("wait", "duration"))
    assert 0 < waited < took


def started(project: Project, name: str) -> MigrationStarted:
    (event,) = (e for e in project.events if isinstance(e, MigrationStarted) and e.id == name)
    return event


def test_any_name_is_escaped_and_a_migration_that_nobody_saw_end_is_told(tmp_path: Path) -> None:
    path = tmp_path / "m.prom"
    name = 'a "b" \\ c\nd\\n ü'
    heard = Metrics("migrate", str(path), pytest.fail)
    heard(CommandStarted("migrate", name))
    heard(MigrationStarted("0001_a", "forward", 1, 2, 1))
    heard(MigrationFinished("0001_a", "forward", 0.5, rows=3))
    heard(MigrationStarted("0002_b", "forward", 2, 2, 1))
    heard.end(Ending("unknown", 4, None, 9.0))
    assert one(path, "wishkit_run_success")[0]["environment"] == name
    ends = [it["outcome"] for it, _ in read(path)["wishkit_migration_duration_seconds"]]
    assert ends == ["done", "unknown"]


@pytest.mark.parametrize("name", ["no/such/m.prom", ".", "pipe"])
def test_what_cannot_be_written_is_refused_before_anything_runs(
    project: Project, tmp_path: Path, name: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="metrics cannot be written to") as refused:
        Metrics("migrate", str(tmp_path / name), pytest.fail)
    assert refused.value.code == "metrics-not-writable"
    if name == "pipe":
        project.pair("0001_a", "CREATE TABLE a ();")
        process = project.spawn("migrate", "--metrics", str(tmp_path / name))
        errors = process.communicate(timeout=30)[1]
        assert (process.returncode, project.states()) == (2, {"0001": "pending"})
        assert errors.startswith("error[metrics-not-writable]: metrics cannot be written to")
        assert "it is no file" in errors


def test_a_full_disk_at_the_end_is_told_and_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, warned = tmp_path / "m.prom", list[str]()
    path.write_text("before", encoding="utf-8")
    heard = Metrics("migrate", str(path), warned.append)

    def full(number: int) -> None:
        del number
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    heard.end(DONE)
    assert warned == ["the metrics could not be written: No space left on device"]
    assert [(it.name, it.read_text(encoding="utf-8")) for it in tmp_path.iterdir()] == [
        ("m.prom", "before")
    ]


def test_a_link_stays_one(tmp_path: Path) -> None:
    real, link = tmp_path / "real.prom", tmp_path / "link.prom"
    link.symlink_to(real)
    Metrics("migrate", str(link), pytest.fail).end(DONE)
    assert link.is_symlink()
    assert one(real, "wishkit_run_success")[1] == 1


def test_a_dry_run_has_none(project: Project, tmp_path: Path) -> None:
    process = project.spawn("migrate", "--dry-run", "--metrics", str(tmp_path / "m"))
    errors = process.communicate(timeout=30)[1]
    assert process.returncode == 2
    assert "--dry-run runs nothing" in errors
    assert not (tmp_path / "m").exists()
