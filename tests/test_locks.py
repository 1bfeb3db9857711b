"""What the lock table says of a statement is what a real server does."""

from __future__ import annotations

import importlib
import json
import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from postgast.native import lib

from tests.locks.measured import Catalog, Measured, differences, measure
from wishkit.core import locks
from wishkit.core.locks import Effects, LockMode, Reach, alter, effects, effects_in_order

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
# Its stubs do not parse, so mypy must not see the import.
pg_query_pb2: Any = importlib.import_module("postgast.pg_query_pb2")

SCHEMA = (HERE / "locks" / "schema.sql").read_text()
CANNOT_RUN_IN_A_TRANSACTION = "25001"
QUERIES = frozenset(
    """SelectStmt InsertStmt UpdateStmt DeleteStmt MergeStmt CreateTableAsStmt ExplainStmt
    PrepareStmt DeclareCursorStmt CopyStmt RefreshMatViewStmt""".split()  # noqa: SIM905
)


def parse(sql: str) -> list[dict[str, Any]]:
    result = lib.pg_query_parse(sql.encode())
    try:
        assert not result.error, f"{sql}: {result.error.contents.message.decode()}"
        return [item["stmt"] for item in json.loads(result.parse_tree)["stmts"]]
    finally:
        lib.pg_query_free_parse_result(result)


def told(sql: str, **given: Any) -> Effects:  # noqa: ANN401
    [tree] = parse(sql)
    return effects(tree, **given)


def sections() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (HERE / "locks" / "statements.sql").read_text().splitlines():
        if line.startswith("-- "):
            lines = found[line[3:]] = []
        elif line:
            lines.append(line)
    return {title: lines for title, lines in found.items() if lines}


SECTIONS = sections()


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database, autocommit=True) as found:
        yield found


def try_one(catalog: Catalog, line: str) -> list[str]:
    """Measures one line of statements.sql in a transaction that is rolled back."""
    oldest, _, rest = re.fullmatch(r"((\d\d): )?(.*)", line).groups()  # type: ignore[union-attr]
    if oldest and catalog.connection.info.server_version // 10000 < int(oldest[:2]):
        return []
    statement, *before = rest.split(" ;; ")
    [tree] = parse(statement)
    expected = effects(tree)
    with catalog.connection.transaction(force_rollback=True):
        for sql in before:
            catalog.connection.execute(sql.encode())
        try:
            real: Measured = measure(catalog, statement)
        except psycopg.Error as error:
            refused = error.sqlstate == CANNOT_RUN_IN_A_TRANSACTION
            if refused and (expected.autocommit or "refused" in " ".join(expected.unsure)):
                return []
            return [f"{line}\n    {error}"]
    problems = differences(catalog, expected, real, ddl=not tree.keys() & QUERIES)
    if expected.autocommit and not expected.unsure:
        problems.append("said to need autocommit, and ran in a transaction")
    return [f"{line}\n    {problem}" for problem in problems]


@pytest.mark.parametrize("section", SECTIONS)
def test_what_is_told_is_what_is_measured(
    connection: psycopg.Connection[Any], section: str
) -> None:
    connection.execute(SCHEMA.encode())
    catalog = Catalog(connection)
    wrong = [problem for line in SECTIONS[section] for problem in try_one(catalog, line)]
    assert not wrong, "\n".join(wrong)


def test_enough_is_measured() -> None:
    assert sum(len(lines) for lines in SECTIONS.values()) > 400


def test_no_lock_is_told_weaker_than_it_is(connection: psycopg.Connection[Any]) -> None:
    """The measuring itself: a wrong table of locks would be found out."""
    connection.execute(SCHEMA.encode())
    catalog = Catalog(connection)
    with connection.transaction(force_rollback=True):
        real = measure(catalog, "ALTER TABLE w ALTER COLUMN k TYPE bigint")
    found = differences(catalog, told("ALTER TABLE w VALIDATE CONSTRAINT w_nv"), real, ddl=True)
    assert "SHARE UPDATE EXCLUSIVE on w is told, ACCESS EXCLUSIVE taken" in found
    assert any("rewrite of w" in problem for problem in found)
    found = differences(catalog, told("SELECT 1"), real, ddl=True)
    assert "ACCESS EXCLUSIVE on w is not told" in found
    found = differences(catalog, told("DROP TABLE plain"), real, ddl=True)
    assert "ACCESS EXCLUSIVE on plain is told, nothing is taken" in found


# Statements no transaction may hold, the first lock they ask for on a table that is taken, and
# on which one.
ALONE = [
    ("CREATE INDEX CONCURRENTLY fresh ON w (n)", LockMode.SHARE_UPDATE_EXCLUSIVE, "w"),
    ("DROP INDEX CONCURRENTLY w_name", LockMode.SHARE_UPDATE_EXCLUSIVE, "w"),
    ("REINDEX INDEX CONCURRENTLY w_name", LockMode.SHARE_UPDATE_EXCLUSIVE, "w"),
    ("REINDEX TABLE CONCURRENTLY w", LockMode.SHARE_UPDATE_EXCLUSIVE, "w"),
    (
        "ALTER TABLE part DETACH PARTITION part1 CONCURRENTLY",
        LockMode.SHARE_UPDATE_EXCLUSIVE,
        "part",
    ),
    ("VACUUM w", LockMode.SHARE_UPDATE_EXCLUSIVE, "w"),
    ("VACUUM (FULL) w", LockMode.ACCESS_EXCLUSIVE, "w"),
    ("REINDEX SCHEMA s", LockMode.SHARE, "tbl"),
    ("CLUSTER", LockMode.ACCESS_EXCLUSIVE, "w"),
]


@pytest.mark.parametrize(("statement", "mode", "table"), ALONE)
def test_what_stands_alone_asks_for_what_is_told(
    connection: psycopg.Connection[Any],
    database: str,
    statement: str,
    mode: LockMode,
    table: str,
) -> None:
    connection.execute(SCHEMA.encode())
    connection.execute("ALTER TABLE w CLUSTER ON w_name")
    expected = told(statement)
    assert expected.autocommit
    named = [lock.mode for lock in expected.locks if lock.name == table]
    assert named in ([mode], []), "told of the table itself"
    assert named or any(mode <= beyond.mode for beyond in expected.beyond)
    schema = "s" if table == "tbl" else "public"
    with psycopg.connect(database) as holder, psycopg.connect(database, autocommit=True) as other:
        # Some look at the table with ACCESS SHARE first: that may pass.
        holder.execute(f"LOCK TABLE {schema}.{table} IN EXCLUSIVE MODE")
        other.pgconn.send_query(statement.encode())
        waits: list[tuple[str, str]] = []
        deadline = time.monotonic() + 30
        while not waits and time.monotonic() < deadline:
            waits = connection.execute(
                "SELECT relname, mode FROM pg_locks JOIN pg_class c ON c.oid = relation"
                " WHERE pid = %s AND NOT granted AND locktype = 'relation'",
                [other.info.backend_pid],
            ).fetchall()
        other.cancel_safe()
        while other.pgconn.get_result():
            pass
    assert waits == [(table, mode.name.title().replace("_", "") + "Lock")]


def test_conflicts_are_the_servers(database: str) -> None:
    with (
        psycopg.connect(database, autocommit=True) as one,
        psycopg.connect(database, autocommit=True) as other,
    ):
        one.execute("CREATE TABLE t (id int)")
        for held in LockMode:
            with one.transaction():
                one.execute(f"LOCK TABLE t IN {held.label} MODE")
                for wanted in LockMode:
                    refused = False
                    try:
                        with other.transaction():
                            other.execute(f"LOCK TABLE t IN {wanted.label} MODE NOWAIT")
                    except psycopg.errors.LockNotAvailable:
                        refused = True
                    assert held.conflicts(wanted) is refused, (held, wanted)
                    assert wanted.conflicts(held) is refused, (held, wanted)


def test_every_statement_of_the_grammar_is_known() -> None:
    within = {"RawStmt", "SetOperationStmt", "ReturnStmt", "PLAssignStmt", "ReplicaIdentityStmt"}
    nodes = {field.message_type.name for field in pg_query_pb2.Node.DESCRIPTOR.fields}
    statements = {name for name in nodes if name.endswith("Stmt")} - within
    assert statements == locks._HANDLERS.keys()


def test_every_form_of_alter_table_is_known() -> None:
    # Made by the server itself while it works, never by the parser.
    internal = re.compile(r"AT_(Re|Cooked|AddIndex|AddColumnToView)\w*|ALTER_TABLE_TYPE_UNDEFINED")
    replica = {"AT_ReplicaIdentity", "AT_ResetOptions", "AT_ResetRelOptions"}
    forms = pg_query_pb2.DESCRIPTOR.enum_types_by_name["AlterTableType"].values_by_name
    parsed = {name for name in forms if name in replica or not internal.fullmatch(name)}
    assert parsed == alter._FORMS.keys() | alter._PLAIN.keys()


def test_what_the_grammar_does_not_know_is_the_worst() -> None:
    unknown = effects({"EatCakeStmt": {}})
    assert (unknown.command, unknown.known, unknown.may_be_long) == ("EAT CAKE", False, True)
    assert unknown.strongest is LockMode.ACCESS_EXCLUSIVE


@pytest.mark.parametrize(
    "statement", ["DO $$BEGIN END$$", "CALL p()", "SELECT f()", "CREATE EXTENSION x", "EXECUTE p"]
)
def test_code_is_not_known(statement: str) -> None:
    assert not told(statement).known
    assert told(statement).may_be_long
    assert told(statement).strongest is LockMode.ACCESS_EXCLUSIVE


@pytest.mark.parametrize(
    ("statement", "command"),
    [
        ("ALTER TABLE w ADD COLUMN a int", "ALTER TABLE … ADD COLUMN"),
        ("ALTER TABLE w ADD a int, ADD b int", "ALTER TABLE … ADD COLUMN"),
        ("ALTER TABLE w ADD a int, DROP b", "ALTER TABLE … ADD COLUMN, DROP COLUMN"),
        ("ALTER TABLE w ADD CHECK (a > 0) NOT VALID", "ALTER TABLE … ADD CHECK NOT VALID"),
        ("ALTER TABLE w RENAME a TO b", "ALTER TABLE … RENAME COLUMN"),
        ("ALTER TABLE w RENAME TO b", "ALTER TABLE … RENAME"),
        ("ALTER INDEX i SET (fillfactor = 70)", "ALTER INDEX … SET (…)"),
        ("CREATE UNIQUE INDEX CONCURRENTLY i ON w (a)", "CREATE UNIQUE INDEX CONCURRENTLY"),
        ("DROP INDEX CONCURRENTLY i", "DROP INDEX CONCURRENTLY"),
        ("REINDEX TABLE CONCURRENTLY w", "REINDEX TABLE CONCURRENTLY"),
        ("DROP MATERIALIZED VIEW m", "DROP MATERIALIZED VIEW"),
        ("COMMENT ON COLUMN w.a IS ''", "COMMENT ON COLUMN"),
        ("ALTER TYPE t ADD VALUE 'x'", "ALTER TYPE … ADD VALUE"),
        ("CREATE TABLE p PARTITION OF w DEFAULT", "CREATE TABLE … PARTITION OF"),
        ("CREATE MATERIALIZED VIEW m AS SELECT 1", "CREATE MATERIALIZED VIEW"),
        ("CREATE TABLE t AS SELECT 1", "CREATE TABLE AS"),
        ("VALUES (1)", "SELECT"),
        ("VACUUM FULL w", "VACUUM FULL"),
    ],
)
def test_the_command_is_named(statement: str, command: str) -> None:
    assert told(statement).command == command


@pytest.mark.parametrize(
    ("statement", "relation", "schema", "name"),
    [
        ("LOCK TABLE s.w", "s.w", "s", "w"),
        ('LOCK TABLE "W"', '"W"', None, "W"),
        ('LOCK TABLE "user"."a""b"', '"user"."a""b"', "user", 'a"b'),
        ("LOCK TABLE begin", "begin", None, "begin"),
        ("LOCK TABLE d.s.w", "s.w", "s", "w"),
    ],
)
def test_names_are_quoted_only_where_needed(
    statement: str, relation: str, schema: str | None, name: str
) -> None:
    [lock] = told(statement).locks
    assert (lock.relation, lock.schema, lock.name) == (relation, schema, name)


@pytest.mark.parametrize(
    ("file", "named", "long"),
    [
        ("CREATE TABLE t (id int); CREATE INDEX i ON t (id)", [], False),
        ("CREATE TABLE t (id int); ALTER TABLE t ADD CHECK (id > 0)", [], False),
        ("CREATE TABLE t (id int); ALTER TABLE t ADD FOREIGN KEY (id) REFERENCES w", ["w"], False),
        ("CREATE TABLE t (id int); UPDATE t SET id = 1", [], False),
        ("CREATE TABLE t (id int); INSERT INTO t SELECT 1 FROM w", ["w"], True),
        ("CREATE TABLE t (id int); INSERT INTO t VALUES (1); CREATE INDEX ON t (id)", [], True),
        ("CREATE TABLE t AS SELECT 1; CREATE INDEX ON t (id)", [], True),
        ("CREATE TABLE t AS SELECT 1 WITH NO DATA; CREATE INDEX ON t (id)", [], False),
        ("CREATE TABLE IF NOT EXISTS t (id int); CREATE INDEX ON t (id)", ["t"], True),
        ("CREATE TABLE s.t (id int); CREATE INDEX ON t (id)", ["t"], True),
        ("CREATE TABLE t (id int); DROP TABLE t; CREATE INDEX ON t (id)", ["t"], True),
        ("CREATE TABLE a (id int); ALTER TABLE a RENAME TO b; CREATE INDEX ON b (id)", [], False),
        ("CREATE TABLE a (id int); ALTER TABLE a RENAME TO b; DROP TABLE a", ["a"], False),
        ("CREATE TABLE a (id int); ALTER TABLE a SET SCHEMA s; DROP TABLE s.a", [], False),
        ("CREATE TYPE e AS ENUM ('a'); ALTER TABLE w ADD COLUMN c e", ["w"], False),
        ("CREATE DOMAIN e AS int CHECK (value > 0); ALTER TABLE w ADD c e", ["w"], True),
    ],
)
def test_what_the_file_created_blocks_nobody(file: str, named: list[str], long: bool) -> None:  # noqa: FBT001
    last = list(effects_in_order(parse(file)))[-1]
    assert [lock.relation for lock in last.locks] == named
    assert last.may_be_long is long
    assert set(last.rewrites + last.scans) <= set(named)


@pytest.mark.parametrize(
    ("statement", "long"),
    [
        ("INSERT INTO t VALUES (1, gen_random_uuid())", False),
        ("INSERT INTO t DEFAULT VALUES", False),
        ("INSERT INTO t SELECT * FROM w", True),
        ("INSERT INTO t SELECT generate_series(1, 10)", True),
        ("INSERT INTO t VALUES ((SELECT max(id) FROM w))", True),
        ("UPDATE w SET a = 1", True),
        ("DELETE FROM w", True),
        ("COPY w FROM STDIN", True),
        ("SELECT pg_catalog.set_config('search_path', '', false)", False),
        ("SELECT setval('s', 1)", False),
        ("SELECT 1", False),
        ("CREATE INDEX ON w (a)", True),
        ("CREATE TABLE t (id int PRIMARY KEY)", False),
        ("ALTER TABLE w ADD COLUMN a int DEFAULT 1", False),
        ("ALTER TABLE w ADD COLUMN a uuid DEFAULT gen_random_uuid()", True),
        ("ALTER TABLE w ADD COLUMN a text REFERENCES p", False),
        ("ALTER TABLE w ALTER a SET NOT NULL", True),
        ("ALTER TABLE w DROP COLUMN a", False),
        ("ALTER TABLE w VALIDATE CONSTRAINT c", True),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY m", True),
        ("COMMENT ON TABLE w IS ''", False),
        ("GRANT SELECT ON w TO PUBLIC", False),
    ],
)
def test_what_may_be_long(statement: str, long: bool) -> None:  # noqa: FBT001
    assert told(statement).may_be_long is long


@pytest.mark.parametrize(
    ("statement", "creates", "drops"),
    [
        ("CREATE TABLE s.t (id int)", [("table", "s", "t", None, False)], []),
        ("CREATE TABLE IF NOT EXISTS t (id int)", [("table", None, "t", None, True)], []),
        ("CREATE INDEX i ON s.t (id)", [("index", "s", "i", None, False)], []),
        ("ALTER TABLE t ADD a int", [("column", None, "t", "a", False)], []),
        ("ALTER TABLE t DROP IF EXISTS a", [], [("column", None, "t", "a", True)]),
        (
            "DROP TABLE a, s.b",
            [],
            [("table", None, "a", None, False), ("table", "s", "b", None, False)],
        ),
        ("DROP TYPE s.e", [], [("type", "s", "e", None, False)]),
        ("DROP TRIGGER g ON s.t", [], [("trigger", "s", "t", "g", False)]),
        ("TRUNCATE t", [], [("rows", None, "t", None, False)]),
        ("CREATE SCHEMA x", [("schema", None, "x", None, False)], []),
        ("DROP SCHEMA x", [], [("schema", None, "x", None, False)]),
        ("CREATE TYPE e AS ENUM ('a')", [("type", None, "e", None, False)], []),
    ],
)
def test_what_is_created_and_dropped(
    statement: str, creates: list[tuple[Any, ...]], drops: list[tuple[Any, ...]]
) -> None:
    found = told(statement)
    assert [(o.kind, o.schema, o.name, o.column, o.maybe) for o in found.creates] == creates
    assert [(o.kind, o.schema, o.name, o.column, o.maybe) for o in found.drops] == drops


def guide_locks(found: Effects) -> list[str]:
    """The locks column: partitions with their table, the rest a line each."""
    with_children = {(it.name, it.mode) for it in found.beyond if it.reach is Reach.DESCENDANTS}
    taken = []
    for lock in found.locks:
        also = f", {Reach.DESCENDANTS.value}" if (lock.name, lock.mode) in with_children else ""
        taken.append(f"{lock.mode.label} on {lock.relation}{also}")
    several = len(found.locks) > 1
    taken += [
        f"{it.mode.label} on {it.reach.value}{f' (of {it.relation})' if several else ''}"
        for it in found.beyond
        if it.mode > LockMode.ROW_EXCLUSIVE and it.reach is not Reach.DESCENDANTS
    ]
    return taken


def guide_row(statement: str, safer: str) -> str:
    """One row of the guide: everything but the last column comes from the code."""
    found = told(statement)
    taken = guide_locks(found)
    mode = found.strongest
    work = [f"rewrites {name}" for name in found.rewrites]
    work += [f"scans {name}" for name in found.scans if name not in found.rewrites]
    if found.unsure:
        work.append(f"({'; '.join(found.unsure)})")
    cells = [
        f"`{statement}`",
        "<br>".join(taken) if found.known else "unknown: assume the strongest",
        "yes" if mode and mode.blocks_reads else "no",
        "yes" if mode and mode.blocks_writes else "no",
        "<br>".join(work) or "—",
        "no" if found.autocommit else "yes",
        safer or "—",
    ]
    return f"| {' | '.join(cell or 'none' for cell in cells)} |"


def guide() -> str:
    head = (
        "| statement | locks | blocks reads | blocks writes | work under the lock |"
        " in a transaction | safer form |\n|---|---|---|---|---|---|---|"
    )
    parts = []
    for line in (HERE / "locks" / "guide.sql").read_text().splitlines():
        if line.startswith("-- "):
            parts.append(f"\n### {line[3:]}\n\n{head}")
        else:
            statement, _, safer = line.partition(" ;;")
            parts.append(guide_row(statement, safer.strip()))
    return "\n".join(parts).strip()


@pytest.mark.golden
def test_the_guide_is_current() -> None:
    path = HERE.parent / "docs" / "locks.md"
    text = path.read_text(encoding="utf-8")
    before, _, rest = text.partition("<!-- generated: `make golden` -->\n")
    _, _, after = rest.partition("\n<!-- end -->")
    current = f"{before}<!-- generated: `make golden` -->\n{guide()}\n<!-- end -->{after}"
    if os.environ.get("WISHKIT_GOLDEN") == "write":
        path.write_text(current, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == current, "`make golden` writes docs/locks.md anew"
