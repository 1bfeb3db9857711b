"""Random migrations, cut at a random byte, run until done: always as if nothing had happened."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.engine.conftest import Project
from tests.engine.proxy import Proxy
from wishkit.config import Target
from wishkit.errors import WishkitError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.plugins.project import SqlFolder
    from wishkit.commands.report import Report
    from wishkit.postgres.scratch import Scratch

HEADER = "-- {n}\n-- transactional: {transactional}\n\n"
# (statement, whether it may stand in a transaction); {n} is the migration, {k} its statement.
KINDS = {
    "table": ("CREATE TABLE t_{n}_{k} (id int);", True),
    "rows": ("INSERT INTO log VALUES ({n}, {k});", True),
    "notice": ("DO $$ BEGIN RAISE NOTICE 'here'; END $$;", True),
    "select": ("SELECT * FROM log;", True),
    "setting": ("SET search_path = public, pg_temp;", True),
    "copy": ("COPY log FROM stdin;\n{n}\t{k}\n{n}\t-{k}\n\\.", True),
    "index": ("CREATE INDEX CONCURRENTLY i_{n}_{k} ON log (migration);", False),
    "vacuum": ("VACUUM log;", False),
}
UNDO = {
    "table": "DROP TABLE t_{n}_{k};",
    "rows": "DELETE FROM log WHERE migration = {n} AND statement = {k};",
    "copy": "DELETE FROM log WHERE migration = {n} AND abs(statement) = {k};",
    "index": "DROP INDEX CONCURRENTLY i_{n}_{k};",
}


@dataclass(frozen=True)
class Plan:
    """What is run, and where it is cut."""

    migrations: list[tuple[bool, list[str]]]
    cuts: list[tuple[str, int]]
    back: bool


def migrations() -> st.SearchStrategy[list[tuple[bool, list[str]]]]:
    quick = st.sampled_from([kind for kind, (_, inside) in KINDS.items() if inside])
    # A block's end cannot be told from the catalog: a person is asked, see test_stepwise.
    anything = st.sampled_from([kind for kind in KINDS if kind != "notice"])
    one = st.one_of(
        st.tuples(st.sampled_from([True]), st.lists(quick, min_size=1, max_size=4)),
        st.tuples(st.sampled_from([False]), st.lists(anything, min_size=1, max_size=4)),
    )
    return st.lists(one, min_size=1, max_size=4)


PLANS = st.builds(
    Plan,
    migrations(),
    st.lists(
        st.tuples(st.sampled_from(["client_bytes", "server_bytes"]), st.integers(1, 40_000)),
        min_size=1,
        max_size=3,
    ),
    st.booleans(),
)
EXAMPLES = 15


def write(project: Project, plan: Plan) -> None:
    project.pair("0000_log", "CREATE TABLE log (migration int, statement int);", "DROP TABLE log;")
    for n, (transactional, kinds) in enumerate(plan.migrations, 1):
        header = HEADER.format(n=n, transactional=str(transactional).lower())
        numbered = list(enumerate(kinds, 1))
        forward = "\n".join(KINDS[kind][0].format(n=n, k=k) for k, kind in numbered)
        backward = "\n".join(
            UNDO[kind].format(n=n, k=k) for k, kind in reversed(numbered) if kind in UNDO
        )
        project.pair(f"{n:04}_any", header + forward, header + (backward or "SELECT 1;"))


def finish(run: Callable[[], Report], proxy: Proxy) -> None:
    """Run until done; each failure must say that the connection is to blame."""
    for _ in range(4):
        try:
            error = run().error
        except WishkitError as refused:
            error = refused
        if error is None:
            return
        assert proxy.has_cut.is_set(), error
        assert error.code == "connection-lost" or error.code.startswith("connect"), error
    raise AssertionError("it never ended")


def outcome(project: Project) -> object:
    """Schema, rows and ledger, without times and numbers."""
    return (
        project.rows(
            "SELECT c.relname, c.relkind, i.indisvalid FROM pg_class AS c"
            " LEFT JOIN pg_index AS i ON i.indexrelid = c.oid"
            " WHERE relnamespace IN ('public'::regnamespace, 'wishkit'::regnamespace) ORDER BY 1"
        ),
        project.rows("SELECT * FROM log ORDER BY 1, 2")
        if project.value("SELECT to_regclass('log') IS NOT NULL")
        else None,
        project.rows(
            "SELECT migration_id, a.checksum, s.forward, s.backward FROM _yoyo_migration"
            " LEFT JOIN wishkit.applied AS a USING (migration_id)"
            " LEFT JOIN wishkit.script AS s USING (checksum)"
            " ORDER BY _yoyo_migration.applied_at_utc, 1"
        ),
        project.rows("SELECT migration_id FROM wishkit.step"),
        project.rows(
            "SELECT migration_id, direction, count(*) FROM wishkit.execution"
            " WHERE outcome = 'done' GROUP BY 1, 2 ORDER BY 1, 2"
        ),
    )


def check(plan: Plan, server: Scratch, sql_folder: SqlFolder, folder: Path) -> None:
    """Run a plan undisturbed, then with its cuts, and compare."""
    for old in folder.rglob("*.sql"):
        old.unlink()
    outcomes = []
    for cuts in ([], plan.cuts):
        database = f"property_{os.getpid()}_{len(cuts)}"
        url = server.create_database(database)
        project = Project(sql_folder({}), sql_folder, url, Target(url=url, name="test"))
        try:
            write(project, plan)
            verbs: list[Callable[[], Report]] = [project.migrate]
            if plan.back:
                verbs.append(partial(project.rollback, to="0000"))
            for verb in verbs:
                for where, count in cuts or [("client_bytes", 0)]:
                    proxy = Proxy(url, **{where: count})  # type: ignore[arg-type]
                    project.target = replace(project.target, url=proxy.url)
                    finish(verb, proxy)
                    proxy.close()
            project.target = replace(project.target, url=url)
            outcomes.append(outcome(project))
        finally:
            server.drop_database(database)
    assert outcomes[0] == outcomes[1]


def fast(examples: int) -> Callable[..., object]:
    return settings(
        max_examples=examples,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@fast(EXAMPLES)
@given(plan=PLANS)
def test_cut_anywhere(plan: Plan, server: Scratch, sql_folder: SqlFolder, tmp_path: Path) -> None:
    check(plan, server, sql_folder, tmp_path)


@pytest.mark.soak
@fast(500)
@given(plan=PLANS)
def test_cut_anywhere_for_long(
    plan: Plan, server: Scratch, sql_folder: SqlFolder, tmp_path: Path
) -> None:
    check(plan, server, sql_folder, tmp_path)
