"""The project's benchmarks: ratios of whole commands, measured in turn in one run.

    make bench                    all of them
    make bench ARGS='many idle'   some of them
    make bench ARGS='--runs 9'    more runs

Every benchmark compares wishkit with a yardstick on the same work and the same server, A B A B …,
and prints the median of each and the ratio of the medians. Figures of one machine mean little;
the ratios carry over. Nothing is asserted: where an aim is missed, the table says by how much.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

import snapshot
import workloads

from wishkit.postgres.binaries import find_binaries
from wishkit.postgres.scratch import Scratch, scratch_server

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WISHKIT = [sys.executable, "-m", "wishkit"]


@dataclass(frozen=True, slots=True)
class Usage:
    """What one run of a command cost.

    Attributes:
        wall: seconds.
        user: seconds of user CPU.
        peak: megabytes of memory at the most.
    """

    wall: float
    user: float
    peak: float


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to do the work.

    Attributes:
        name: as the table shows it.
        prepare: brings the database into the state before the work; not timed.
        command: the work, as a process.
        stdin: what the process reads, if anything.
    """

    name: str
    prepare: Callable[[], None]
    command: Sequence[str]
    stdin: Path | None = None


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Contenders on the same work.

    Attributes:
        name: how it is picked on the command line.
        title: what is measured.
        aim: the ratio wanted, of the first contender to the second.
        figure: which figure of ``Usage`` counts.
        contenders: wishkit, the yardstick, and others for comparison.
    """

    name: str
    title: str
    aim: float
    figure: str
    contenders: Sequence[Contender]


def measure(contender: Contender, folder: Path) -> Usage:
    """Run it once, as a process of its own."""
    contender.prepare()
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("PG", "WISHKIT", "PYTHON"))
    }
    environment["PYTHONPATH"] = str(Path(__file__).parents[1])
    stdin = contender.stdin.open("rb") if contender.stdin else subprocess.DEVNULL
    with (folder / "out").open("wb") as out:
        began = time.perf_counter()
        process = subprocess.Popen(
            contender.command, cwd=folder, stdin=stdin, stdout=out, stderr=out, env=environment
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{contender.name} failed:\n{(folder / 'out').read_text()[-2000:]}")
    return Usage(wall, usage.ru_utime, usage.ru_maxrss / 1024)


def compare(benchmark: Benchmark, folder: Path, runs: int) -> None:
    """Run the contenders in turn and print a row each."""
    seen: dict[str, list[Usage]] = {c.name: [] for c in benchmark.contenders}
    for count in range(runs + 1):
        for contender in benchmark.contenders:
            usage = measure(contender, folder)
            if count:  # the first round warms caches
                seen[contender.name].append(usage)
    yardstick = benchmark.contenders[1].name

    def median(name: str) -> float:
        figures: list[float] = [getattr(usage, benchmark.figure) for usage in seen[name]]
        return statistics.median(figures)

    unit = "MB" if benchmark.figure == "peak" else "s"
    print(f"\n{benchmark.title} ({benchmark.figure}, median of {runs})")
    for contender in benchmark.contenders:
        value = median(contender.name)
        ratio = value / median(yardstick)
        verdict = ""
        if contender is benchmark.contenders[0]:
            verdict = f"   aim {benchmark.aim:.2f}: "
            verdict += "met" if ratio <= benchmark.aim else f"missed by {ratio - benchmark.aim:.2f}"
        print(f"  {contender.name:<34} {value:9.3f} {unit}   {ratio:5.3f}{verdict}")
    sys.stdout.flush()


def main() -> None:
    """Run the benchmarks named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", help="which ones; all by default")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    binaries = find_binaries()
    with (
        tempfile.TemporaryDirectory(prefix="wishkit-bench-") as name,
        scratch_server(settings=snapshot.SETTINGS) as server,
    ):
        folder = Path(name)
        all_ = benchmarks(server, folder, str(binaries.bin / "psql"))
        unknown = set(options.names) - {b.name for b in all_}
        if unknown:
            parser.error(f"known are {', '.join(b.name for b in all_)}")
        print(f"{binaries.source}, PostgreSQL {binaries.version}; ratio to the second row")
        for benchmark in all_:
            if not options.names or benchmark.name in options.names:
                compare(benchmark, folder, options.runs)


def checked(server: Scratch, folder: Path) -> None:
    """Have the large database migrated and checked, once."""
    if (folder / ".wishkit").exists():
        return
    url = server.create_database("migrated")
    for verb in ("migrate", "check"):
        command = [*WISHKIT, verb, "--url", url]
        measure(Contender(f"wishkit {verb}", lambda: None, command), folder)


def benchmarks(server: Scratch, folder: Path, psql: str) -> Sequence[Benchmark]:
    """All of them, with their files written."""
    many, rows, fifty, tables = (folder / name for name in ("many", "rows", "fifty", "tables"))
    three_hundred = folder / "three hundred"
    workloads.many_tables(many, 1000)
    workloads.many_tables(three_hundred, 150)
    workloads.single_row_inserts(rows, 100_000, 20_000_000)
    workloads.single_row_inserts(fifty, 100_000, 50_000_000)
    snapshot.migrations(tables)
    url = {name: server.url(name) for name in ("a", "b", "c", "done", "half", "migrated")}

    def fresh(database: str) -> Callable[[], None]:
        def prepare() -> None:
            server.drop_database(database)
            server.create_database(database)

        return prepare

    def applied(database: str) -> Callable[[], None]:
        """Clone a database in which everything is applied (made on first use)."""

        def prepare() -> None:
            if not made:
                server.create_database("done")
                wishkit_migrate = [*WISHKIT, "migrate", "--url", url["done"]]
                measure(Contender("", lambda: None, wishkit_migrate), many)
                made.append(True)
            server.drop_database(database)
            server.create_database(database, template="done")

        return prepare

    made: list[bool] = []

    def nothing() -> None:
        pass

    def wishkit(*arguments: str) -> list[str]:
        return [*WISHKIT, *arguments]

    def in_folder(where: Path, command: Sequence[str]) -> list[str]:
        return ["sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", str(where), *command]

    quiet = [psql, "-X", "-q", "-v", "ON_ERROR_STOP=1"]
    python = sys.executable
    large = server.url(snapshot.NAME)
    functions = server.url(snapshot.FUNCTIONS)
    dump = [str(Path(psql).with_name("pg_dump")), "--schema-only", "-f", os.devnull]
    return (
        Benchmark(
            "many",
            "1,000 migrations of a table, two indexes and a comment",
            0.95,
            "wall",
            (
                Contender(
                    "wishkit migrate",
                    fresh("a"),
                    in_folder(many, wishkit("migrate", "--url", url["a"])),
                ),
                Contender(
                    "psql, one session, with a ledger",
                    fresh("b"),
                    [*quiet, url["b"], "-f", str(many / "forward.psql")],
                ),
                Contender(
                    "psycopg, a message a migration",
                    fresh("c"),
                    [python, str(Path(__file__).parent / "bare.py"), url["c"], str(many)],
                ),
            ),
        ),
        Benchmark(
            "back",
            "the same 1,000 rolled back",
            1.10,
            "wall",
            (
                Contender(
                    "wishkit rollback --to base",
                    applied("a"),
                    in_folder(many, wishkit("rollback", "--to", "base", "--url", url["a"])),
                ),
                Contender(
                    "psql, one session, with a ledger",
                    applied("b"),
                    [*quiet, url["b"], "-f", str(many / "backward.psql")],
                ),
            ),
        ),
        Benchmark(
            "rows",
            "20 MB of 100,000 single-row INSERTs",
            0.35,
            "wall",
            (
                Contender(
                    "wishkit migrate",
                    fresh("a"),
                    in_folder(rows, wishkit("migrate", "--url", url["a"])),
                ),
                Contender(
                    "psql",
                    fresh("b"),
                    [*quiet, url["b"], "-1", "-f", str(workloads.only_file(rows))],
                ),
            ),
        ),
        Benchmark(
            "idle",
            "nothing to do with 1,000 applied",
            1.25,
            "wall",
            (
                Contender(
                    "wishkit migrate",
                    applied("a") if not made else nothing,
                    in_folder(many, wishkit("migrate", "--url", url["a"])),
                ),
                Contender(
                    "psycopg: connect, one question",
                    nothing,
                    [python, "-c", workloads.ONE_QUESTION, url["a"]],
                ),
                Contender(
                    "psql: connect, one question",
                    nothing,
                    [*quiet, url["a"], "-c", "SELECT 1"],
                ),
            ),
        ),
        Benchmark(
            "lint",
            "300 files linted",
            3.5,
            "user",
            (
                Contender("wishkit lint", nothing, in_folder(three_hundred, wishkit("lint"))),
                Contender(
                    "each statement parsed, and no more",
                    nothing,
                    [python, "-c", workloads.PARSED, str(three_hundred)],
                ),
            ),
        ),
        Benchmark(
            "help",
            "wishkit --help",
            3.0,
            "user",
            (
                Contender("wishkit --help", nothing, wishkit("--help")),
                Contender("python -c pass", nothing, [python, "-c", "pass"]),
            ),
        ),
        Benchmark(
            "memory",
            "a 50 MB file, against 300 MB",
            1.0,
            "peak",
            (
                Contender(
                    "wishkit migrate",
                    fresh("a"),
                    in_folder(fifty, wishkit("migrate", "--url", url["a"])),
                ),
                Contender("300 MB", nothing, [python, "-c", workloads.THREE_HUNDRED_MEGABYTES]),
            ),
        ),
        Benchmark(
            "snapshot",
            "a live snapshot, 10,000 tables of 6 columns and 2 indexes",
            0.6,
            "wall",
            (
                Contender(
                    "a live snapshot",
                    lambda: snapshot.fill(server),
                    [python, "-c", snapshot.READ, large],
                ),
                Contender("pg_dump --schema-only", nothing, [*dump, large]),
            ),
        ),
        Benchmark(
            "unchanged",
            "nothing has changed, 10,000 tables of 6 columns and 2 indexes",
            0.05,
            "wall",
            (
                Contender(
                    "wishkit check",
                    lambda: checked(server, tables),
                    in_folder(tables, wishkit("check", "--url", url["migrated"])),
                ),
                Contender("pg_dump --schema-only", nothing, [*dump, url["migrated"]]),
            ),
        ),
        Benchmark(
            "functions",
            "a live snapshot, 50,000 functions",
            0.6,
            "wall",
            (
                Contender(
                    "a live snapshot",
                    lambda: snapshot.fill(server, snapshot.FUNCTIONS),
                    [python, "-c", snapshot.READ, functions],
                ),
                Contender("pg_dump --schema-only", nothing, [*dump, functions]),
            ),
        ),
        Benchmark(
            "snapshot-memory",
            "a live snapshot, against 500 MB",
            1.0,
            "peak",
            (
                Contender(
                    "a live snapshot",
                    lambda: snapshot.fill(server),
                    [python, "-c", snapshot.READ, large],
                ),
                Contender("500 MB", nothing, [python, "-c", snapshot.HALF_A_GIGABYTE]),
            ),
        ),
    )


if __name__ == "__main__":
    main()
