"""Who waits while a migration runs on a busy table, and for how long: psql against wishkit.

    make stall                                      what is worth seeing
    make stall ARGS='--all --json stall.json'       everything
    make stall ARGS='--only add-column --form none idle-read --tool wishkit --rows 200000 --hold 3'

A throwaway server (nothing reaches a disk: fsync off, in memory where there is room), a table of a
million wishes, 16 clients that read and write at a fixed rate, and somebody who holds the table for
some seconds. Then a change is made with each tool, and every client's wait is noted. Nothing is
asserted: where the aim is missed, the table says so.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

import psycopg
import stall_clients
from psycopg.conninfo import make_conninfo
from stall_blockers import FORMS, NONE, blocking
from stall_result import AIM, PROMPT, Row, owns, progress, table, verdict
from stall_table import OPERATIONS, build, environment, prepare_change
from stall_tools import TOOLS, run_tool
from stall_witness import Witness

from wishkit.postgres.binaries import find_binaries
from wishkit.postgres.scratch import Scratch, scratch_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stall_clients import Sample
    from stall_table import Change

WARM_UP, HEAD_START, TAIL = 1.0, 0.5, 0.5  # seconds
OVERHEAD = 4.0  # seconds a cell takes beyond holding and work, for the estimate
TEMPLATE, DATABASE, OWNER = "stall_template", "stall", "stall_owner"
# A tool without patience has nothing new to say about other forms (a write is in everybody's way),
# nor has an operation that takes no lock on the table.
FEW_FORMS = {"psql": (NONE, "idle-write"), "psql-timeout": (NONE, "idle-write")}
FREE = {"enum": (NONE, "idle-read", "idle-write")}
SETTINGS = {
    "shared_buffers": "1GB",
    "max_wal_size": "16GB",
    "max_prepared_transactions": "4",
    "autovacuum": "on",
    "log_lock_waits": "on",
}


@dataclass(frozen=True, slots=True)
class Load:
    """What is going on, whatever the migration.

    Attributes:
        clients: how many.
        rate: requests a second of each.
        rows: of the table.
        hold: seconds for which the blocker holds it.
        ordinary: whether who migrates owns the tables, and may do nothing else.
    """

    clients: int
    rate: float
    rows: int
    hold: float
    ordinary: bool

    def tools_url(self, url: str) -> str:
        """How the tools connect to a database."""
        return make_conninfo(url, user=OWNER) if self.ordinary else url


@dataclass(slots=True)
class Clients:
    """The clients' process, for the length of a ``with`` block; afterwards, what it noted."""

    samples: list[Sample] = field(default_factory=list)


@contextmanager
def running_clients(url: str, load: Load) -> Iterator[Clients]:
    """Let clients come, and see what they noted once they have gone."""
    arguments = [url, str(load.clients), str(load.rate), str(load.rows)]
    clients = Clients()
    with subprocess.Popen(
        [sys.executable, stall_clients.__file__, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
        encoding="utf-8",
    ) as process:
        if process.stdout is None or process.stdout.readline() != "ready\n":
            sys.exit("the clients' process ended before it began")
        try:
            yield clients
        finally:
            text, _ = process.communicate()
        clients.samples = [tuple(sample) for sample in json.loads(text)]


def measure(server: Scratch, change: Change, form: str, tool: str, load: Load) -> Row:
    """Make one change on a fresh copy of the database, with everybody at work."""
    server.drop_database(DATABASE)
    url = server.create_database(DATABASE, template=TEMPLATE)
    psql = str(server.binaries.program("psql"))
    with running_clients(url, load) as clients:
        time.sleep(stall_clients.LEAD + WARM_UP)
        with Witness(url) as witness:
            with blocking(form, url, load.hold) as blocker:
                time.sleep(HEAD_START if form != NONE else 0)
                began = time.monotonic()
                outcome = run_tool(tool, psql, load.tools_url(url), change, load.hold)
                ended = time.monotonic()
            time.sleep(TAIL)
    mine = [s for s in clients.samples if s[2] != stall_clients.CONTROL]
    during = [s for s in mine if s[0] + s[1] >= began]
    worst = max(during, key=lambda s: s[1])
    failed = [s[3] for s in mine if s[3]]
    return Row(
        operation=change.name,
        form=form,
        tool=tool,
        wait=worst[1],
        wait_of=worst[2],
        stalled=sum(s[1] > AIM for s in during),
        before=max(s[1] for s in mine if s[0] + s[1] < began),
        machine=max(s[1] for s in clients.samples if s[2] == stall_clients.CONTROL),
        lock_wait=witness.longest,
        story=witness.story,
        requests=len(mine),
        errors=len(failed),
        first_error=failed[0] if failed else "",
        done=outcome.done,
        attempts=outcome.attempts,
        took=ended - began,
        after=ended - (blocker.ended if form != NONE else began),
        output="" if outcome.done else outcome.output,
    )


def cells(options: argparse.Namespace) -> list[tuple[str, str, str]]:
    """Which operation with which tool in which form; by default without a blocker, too."""
    chosen = []
    for operation in options.only or OPERATIONS:
        for tool in options.tool or TOOLS:
            forms = list(FORMS)
            if not options.all:
                forms = [f for f in forms if f in FREE.get(operation, FORMS)]
                forms = [f for f in forms if f in FEW_FORMS.get(tool, FORMS)]
            chosen += [(operation, form, tool) for form in options.form or forms]
    return chosen


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", nargs="+", choices=OPERATIONS, help="which changes")
    parser.add_argument(
        "--form",
        nargs="+",
        choices=FORMS,
        help="of the blocker; without `none` nobody knows what is late",
    )
    parser.add_argument("--tool", nargs="+", choices=TOOLS)
    parser.add_argument("--all", action="store_true", help="also what says nothing new")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--hold", type=float, default=8.0, help="seconds")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--rate", type=float, default=15.0, help="requests a second of each")
    parser.add_argument(
        "--ordinary", action="store_true", help="migrate as a role that only owns the tables"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all that was measured")
    return parser.parse_args()


def main() -> None:
    """Measure what the command line asks for, and print it."""
    options = arguments()
    load = Load(options.clients, options.rate, options.rows, options.hold, options.ordinary)
    plan = cells(options)
    binaries = find_binaries()
    version = ".".join(map(str, binaries.version))
    say(
        f"PostgreSQL {version}; {load.rows:,} rows; {load.clients} clients, each"
        f" {load.rate:g} requests a second; the blocker holds the table for {load.hold:g} s"
    )
    seconds = sum(OVERHEAD + load.rows / 500_000 + (f != NONE) * load.hold for _, f, _ in plan)
    say(f"{len(plan)} measurements, about {seconds / 60:.0f} min")
    with (
        tempfile.TemporaryDirectory(prefix="wishkit-stall-") as folder,
        scratch_server(binaries, settings=SETTINGS) as server,
    ):
        base = Path(folder)
        psql = str(binaries.program("psql"))
        template = server.create_database(TEMPLATE)
        with psycopg.connect(template, autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {OWNER} LOGIN")
            connection.execute(f"GRANT CREATE ON DATABASE {TEMPLATE} TO {OWNER}")
            connection.execute(f"GRANT CREATE ON SCHEMA public TO {OWNER}")
        build(psql, load.tools_url(template), base / TEMPLATE, load.rows)
        changes = {name: prepare_change(base, name) for name in {cell[0] for cell in plan}}
        rows: list[Row] = []
        with suppress(KeyboardInterrupt):  # enough: what has been measured is told all the same
            for operation, form, tool in plan:
                rows.append(measure(server, changes[operation], form, tool, load))
                say(progress(rows[-1]))
    if not rows:
        return
    print(f"\n{table(rows)}")
    print(
        f"\nWithout any migration the longest wait was {max(r.before for r in rows) * 1000:.0f} ms."
        f" Aim: no wait beyond {AIM * 1000:.0f} ms, no error, done {PROMPT:g} s after the blocker's"
        " end plus the work itself. Machine: what a client waited that no migration concerns."
    )
    if options.json:
        own = owns(rows)
        written = [asdict(r) | {"aim": verdict(r, own.get((r.operation, r.tool)))} for r in rows]
        result = {"server": version, "load": asdict(load), "rows": written}
        options.json.write_text(json.dumps(result, indent=1), encoding="utf-8")


def say(text: str) -> None:
    """To whoever waits for the table."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
