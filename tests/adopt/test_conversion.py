"""Folders and ledgers of other tools, read and converted without any database."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from wishkit.core.adoption import graphile_migrate
from wishkit.core.adoption.convert import convert
from wishkit.core.adoption.flyway import checksum
from wishkit.core.adoption.model import Folder, History
from wishkit.core.adoption.registry import TOOLS, tool_named
from wishkit.core.migration import Migration
from wishkit.core.script import Script
from wishkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wishkit.core.adoption.convert import Conversion

TABLE = "CREATE TABLE a ();\n"


def history(
    tool: str, files: Mapping[str, str], rows: Sequence[Mapping[str, Any]] | None = ()
) -> History:
    scripts = {name: Script(f"their/{name}", text.encode()) for name, text in files.items()}
    return TOOLS[tool].read(Folder("their", scripts), rows)


def converted(
    tool: str,
    files: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]] | None = (),
    *,
    existing: Sequence[Migration] = (),
    **values: str,
) -> Conversion:
    return convert(history(tool, files, rows), tool, existing, values)


def text(conversion: Conversion, name: str) -> str:
    return next(it.files[name] for it in conversion.pairs if name in it.files).decode()


def told(conversion: Conversion) -> list[str]:
    return [f"{it.where}: {it.message}" if it.where else it.message for it in conversion.troubles]


def applied(conversion: Conversion) -> list[str]:
    return [it.original.name for it in conversion.pairs if it.original.applied]


# What is the same for every tool


@pytest.mark.parametrize(
    ("sql", "body", "alone"),
    [
        (f"BEGIN;\n{TABLE}COMMIT;\n", TABLE, False),
        (f"begin transaction isolation level serializable;\n{TABLE}end;", TABLE, False),
        (
            f"SET lock_timeout = 0;\nBEGIN;\n{TABLE}COMMIT;",
            f"SET lock_timeout = 0;\n\n{TABLE}",
            False,
        ),
        (f"BEGIN; {TABLE}COMMIT; -- done", f"{TABLE} -- done\n", False),
        (
            f"BEGIN;\n{TABLE}COMMIT;\n\nBEGIN;\nDROP TABLE a;\nCOMMIT;\n",
            f"{TABLE}\nDROP TABLE a;\n",
            True,
        ),
        (f"{TABLE}BEGIN;\nDROP TABLE a;\nCOMMIT;", f"{TABLE}\nDROP TABLE a;\n", True),
        ("VACUUM", "VACUUM\n", True),
        (
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC\n\n\n\nSELECT 1; END;\n",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC\n\n\n\nSELECT 1; END;\n",
            False,
        ),
        (
            "COPY a FROM stdin;\n\\.\n\n\n\n\nSELECT 1;",
            "COPY a FROM stdin;\n\\.\n\n\nSELECT 1;\n",
            False,
        ),
        ("-- nothing\n", "-- nothing\nSELECT;  -- nothing to do\n", False),
        (
            "-- allow: this\n-- note: that\nSELECT 1;",
            "-- | allow: this\n-- note: that\nSELECT 1;\n",
            False,
        ),
    ],
)
def test_a_text_becomes_ours(sql: str, body: str, alone: bool) -> None:  # noqa: FBT001 - a parameter
    found = converted("sql", {"1_a.sql": sql, "1_a.down.sql": "SELECT 1;"})
    assert told(found) == []
    head = "-- a\n" + "-- transactional: false\n" * alone + "-- converted from sql: 1_a.sql\n\n"
    assert text(found, "0001_a.sql") == head + body
    back = "-- undo: a\n" + "-- transactional: true\n" * alone + "\nSELECT 1;\n"
    assert text(found, "0001_a.rollback.sql") == back


@pytest.mark.parametrize(
    ("sql", "troubles"),
    [
        (
            f"\\set x 1\n{TABLE}\\echo 'done'\n",
            [
                "their/1_a.sql:1:1: \\set is a psql command, not SQL",
                "their/1_a.sql:3:1: \\echo is a psql command, not SQL",
            ],
        ),
        ("\nSELEC 1;", ['their/1_a.sql:2:1: syntax error at or near "SELEC"']),
        (f"BEGIN;\n{TABLE}", ["their/1_a.sql:1:1: BEGIN and COMMIT do not belong together here"]),
        (
            f"BEGIN;\n{TABLE}ROLLBACK;",
            [
                "their/1_a.sql:3:1: a migration does not go back within itself",
                "their/1_a.sql:1:1: BEGIN and COMMIT do not belong together here",
            ],
        ),
        ("SELECT 1;\0", ["their/1_a.sql:1:10: a NUL byte cannot be part of SQL"]),
        (
            "CREATE INDEX CONCURRENTLY ON a (b);",
            ["their/1_a.sql:1:1: an index that is built CONCURRENTLY needs a name"],
        ),
    ],
)
def test_what_a_person_has_to_decide_is_told_with_its_place(sql: str, troubles: list[str]) -> None:
    assert told(converted("sql", {"1_a.sql": sql})) == troubles


def test_what_a_person_wrote_is_taken_as_it_stands() -> None:
    files = {"1_a.sql": TABLE, "2_b.sql": "\\i other.sql", "3_c.sql": TABLE}
    assert [it.id for it in converted("sql", files).pairs] == ["0001_a", "0002_b", "0003_c"]
    own = Script(
        "x", b"-- b\n-- converted from sql: 2_b.sql\n-- irreversible: it is old\n\nSELECT;"
    )
    existing = [Migration.of("0002_b", own, None)]
    found = converted("sql", files, existing=existing)
    assert told(found) == []
    assert [(it.id, it.kept) for it in found.pairs] == [
        ("0002_b", True),
        ("0003_a", False),
        ("0004_c", False),
    ]


def test_names_are_made_of_what_there_is() -> None:
    names = ["1_Crème brûlée.sql", "2-2024 Übersicht.sql", "3.sql", f"4_{'x' * 120}.sql"]
    found = converted("sql", dict.fromkeys(names, TABLE))
    assert [it.id for it in found.pairs] == [
        "0001_creme_brulee",
        "0002_ubersicht",
        "0003_step_3",
        f"0004_{'x' * 80}",
    ]


def test_a_tool_that_is_not_known() -> None:
    with pytest.raises(UsageError) as caught:
        tool_named("Flywy")
    assert (caught.value.code, caught.value.help) == ("unknown-tool", 'perhaps you meant "flyway"')


# Flyway


def flyway_row(version: str | None, script: str, sql: str = TABLE, **other: Any) -> dict[str, Any]:  # noqa: ANN401 - columns
    row = {"installed_rank": 1, "version": version, "description": "a", "type": "SQL"}
    return {**row, "script": script, "checksum": checksum(sql.encode()), "success": True, **other}


def test_flyway_versions_are_numbers_and_its_last_word_counts() -> None:
    files = {
        f"sub/V{it}__v.sql": TABLE for it in ("1.10", "1.9", "1.10.0.1", "2_1", "20240101")
    } | {"U1.9__v.sql": "DROP TABLE a;", "beforeMigrate.sql": TABLE, "notes.sql": TABLE}
    rows = [
        flyway_row("1.9", "V1.9__v.sql"),
        flyway_row("1.10", "V1.10__v.sql"),
        flyway_row("1.10", "U1.10__v.sql", type="UNDO_SQL"),
    ]
    found = converted("flyway", files, rows)
    assert [it.original.name for it in found.pairs] == [
        "sub/V1.9__v.sql",
        "sub/V1.10__v.sql",
        "sub/V1.10.0.1__v.sql",
        "sub/V2_1__v.sql",
        "sub/V20240101__v.sql",
    ]
    assert applied(found) == ["sub/V1.9__v.sql"]
    assert text(found, "0001_v.rollback.sql") == "-- undo: v\n\nDROP TABLE a;\n"
    assert "left out: beforeMigrate.sql is a callback" in found.notes
    assert "left out: notes.sql is no migration by its name" in found.notes


def test_flyway_that_is_not_well() -> None:
    files = {"V1__a.sql": TABLE, "V2__b.sql": "CREATE SCHEMA ${schema};", "R__v.sql": "SELECT 2;"}
    rows = [
        flyway_row("1", "V1__a.sql", "CREATE TABLE other ();"),
        flyway_row("3", "com.example.V3__c", type="JDBC"),
        flyway_row(None, "R__v.sql", "SELECT 1;"),
        flyway_row("4", "V4__d.sql", success=False),
    ]
    found = converted("flyway", files, rows)
    assert told(found) == [
        "V4__d.sql failed half-way, by Flyway's history",
        (
            "version 3 is applied (com.example.V3__c, a migration of type JDBC), but its SQL file "
            "is not there"
        ),
        (
            "their/R__v.sql:1:1: R__v.sql has changed since it was applied, and Flyway would run "
            "it again"
        ),
        "their/V2__b.sql:1:15: ${schema} is a placeholder",
    ]
    assert any(it.startswith("V1__a.sql is not what was applied") for it in found.notes)
    filled = converted("flyway", {"V2__b.sql": files["V2__b.sql"]}, (), schema="app")
    assert text(filled, "0001_b.sql").endswith("\nCREATE SCHEMA app;\n")


def test_flyway_baseline_schemas_and_configuration() -> None:
    files = {"V1__a.sql": TABLE, "V2__b.sql": TABLE, "V3__c.sql": TABLE, "V4.sql": TABLE,
             "V3__c.sql.conf": "executeInTransaction=false\n"}  # fmt: skip
    rows = [
        flyway_row(None, '"app"', type="SCHEMA", description="<< Flyway Schema Creation >>"),
        flyway_row("2", "<< Flyway Baseline >>", type="BASELINE", checksum=None),
    ]
    found = converted("flyway", files, rows)
    assert told(found) == []
    assert [(it.id, it.original.applied, it.transactional) for it in found.pairs] == [
        ("0001_create_schema_app", True, True),
        ("0002_a", True, True),
        ("0003_b", True, True),
        ("0004_c", False, False),
        ("0005_version_4", False, True),
    ]
    assert text(found, "0001_create_schema_app.sql").endswith(
        'CREATE SCHEMA IF NOT EXISTS "app";\n'
    )


def test_flyways_checksum_is_blind_to_line_ends() -> None:
    # Checksums that Flyway itself gave, from its documentation's own format: lines without ends.
    assert checksum(b"a\nb\n") == checksum(b"a\r\nb") == checksum(b"ab")
    assert checksum(b"123456789") == 0xCBF43926 - (1 << 32)  # the check value of CRC-32


# dbmate, golang-migrate, goose


def test_dbmate_sections_in_any_order_and_files_without() -> None:
    files = {
        "1_a.sql": "-- migrate:down\nDROP TABLE a;\n-- migrate:up\nCREATE TABLE a ();\n",
        "2_b.sql": "CREATE TABLE b ();\n",
    }
    found = converted("dbmate", files, [{"version": "1"}, {"version": "7"}])
    assert applied(found) == ["1_a.sql"]
    assert text(found, "0001_a.sql").endswith("\nCREATE TABLE a ();\n")
    assert text(found, "0001_a.rollback.sql").endswith("\nDROP TABLE a;\n")
    assert told(found) == [
        "version 7 is applied, but its file is not there",
        "their/2_b.sql:1:1: there is no line `-- migrate:up`, so dbmate would not run it either",
    ]


def test_golang_migrate_dirty_and_unpaired() -> None:
    files = {"2_a.up.sql": TABLE, "2_a.down.sql": "", "3_b.down.sql": TABLE, "10_c.up.sql": TABLE}
    found = converted("golang-migrate", files, [{"version": 9, "dirty": True}])
    assert told(found) == [
        "version 9 failed half-way: golang-migrate calls the database dirty",
        "version 9 is the one applied last, but its files are not there",
        "their/3_b.down.sql:1:1: 3_b.down.sql has no .up.sql",
    ]
    assert applied(found) == ["2_a.up.sql"]
    assert found.pairs[0].irreversible == "its .down.sql is empty"


def test_goose_statements_variables_and_go() -> None:
    files = {
        "1_a.sql": "-- +goose up\n-- +goose ENVSUB ON\nCREATE TABLE ${NAME} ();\n"
        "-- +goose envsub off\n-- +goose DOWN\n-- +goose statementbegin\nDROP TABLE x -- ;\n"
        "-- +goose statementend\n",
        "2_b.go": "package x",
        "3_c.sql": "SELECT 1;",
        "4_d.sql": "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n",
        "5_e.sql": "-- +goose Up\n-- +goose Sideways\nSELECT 1;\n",
    }
    rows = [
        {"version_id": v, "is_applied": a} for v, a in ((0, True), (1, True), (2, True), (2, False))
    ]
    found = converted("goose", files, rows, NAME="x")
    assert applied(found) == ["1_a.sql"]
    assert text(found, "0001_a.sql").endswith("\nCREATE TABLE x ();\n")
    assert text(found, "0001_a.rollback.sql").endswith("\nDROP TABLE x; -- ;\n")
    assert told(found) == [
        "their/2_b.go:1:1: 2_b.go is written in Go, and wishkit runs plain SQL",
        "their/3_c.sql:1:1: there is no line `-- +goose Up`, so goose would not run it either",
        "their/4_d.sql:2:1: StatementBegin has no StatementEnd",
        "their/5_e.sql:2:1: `-- +goose sideways` is nothing that goose knows here",
    ]
    (missing,) = converted("goose", {"1_a.sql": files["1_a.sql"]}, rows).troubles
    assert (missing.message, missing.help) == (
        "${NAME} is a placeholder",
        "say what it stands for: --set NAME=…",
    )


# drizzle, graphile-migrate, sqitch


def test_drizzle_goes_by_its_journal() -> None:
    entries = [{"tag": "0000_a", "when": 10}, {"tag": "0001_b", "when": 20},
               {"tag": "0002_c", "when": 15}, {"tag": "0003_gone", "when": 40}]  # fmt: skip
    files = {"meta/_journal.json": json.dumps({"entries": entries}), "x.sql": TABLE}
    files |= {f"{it}.sql": "SELECT 1--> statement-breakpoint\nSELECT 2" for it in
              ("0000_a", "0001_b", "0002_c")}  # fmt: skip
    sha = hashlib.sha256(files["0000_a.sql"].encode()).hexdigest()
    rows = [{"created_at": 10, "hash": sha}, {"created_at": 20, "hash": "0" * 64},
            {"created_at": 12, "hash": "1" * 64}]  # fmt: skip
    found = converted("drizzle", files, rows)
    assert applied(found) == ["0000_a.sql", "0001_b.sql", "0002_c.sql"]
    assert text(found, "0001_a.sql").endswith("\nSELECT 1;\nSELECT 2;\n")
    assert told(found) == [
        "0003_gone.sql is in the journal, but not in the folder",
        "the migration of 12 (SHA-256 111111111111…) is applied, but not in the journal",
    ]
    about = ["0001_b.sql", "0002_c.sql", "left out: x.sql"]
    assert [it.partition(" is ")[0] for it in found.notes] == about
    assert told(converted("drizzle", {"meta/_journal.json": "{"}))[0].startswith("their/meta")
    assert told(converted("drizzle", {})) == ["there is no meta/_journal.json in their"]


def test_graphile_migrate_knows_what_was_committed() -> None:
    def committed(body: str, previous: str, hash_: str) -> str:
        return f"--! Previous: {previous}\n--! Hash: {hash_}\n\n{body}"

    first = f"sha1:{graphile_migrate.hash_of(TABLE.encode(), '')}"
    files = {
        "committed/000001.sql": committed(TABLE, "-", first),
        "committed/000002-b.sql": committed("--!include x.sql\nSELECT 1;", first, "sha1:00"),
        "committed/000003.sql": committed("SELECT 1;", first, "sha1:11"),
        "current/1.sql": "SELECT 1;",
    }
    rows = [{"filename": "000001.sql", "hash": "sha1:99"}, {"filename": "000009.sql", "hash": "x"}]
    found = converted("graphile-migrate", files, rows)
    assert applied(found) == ["000001.sql"]
    assert told(found) == [
        f"their/committed/000003.sql:1:1: it comes after {first}, and not after sha1:00",
        "000009.sql is applied, but its file is not there; graphile-migrate keeps no text",
        "their/committed/000002-b.sql:4:12: x.sql is still to be included",
    ]
    assert "committed/000001.sql is not what was applied: its hash is another one" in found.notes
    assert "committed/000002-b.sql is not what its hash says" in found.notes
    assert any("current/1.sql is not committed" in it for it in found.notes)


PLAN = """%project=shop
%syntax-version=1.0.0

a/one 2024-01-01T00:00:00Z A <a@b> # first
two [a/one] 2024-01-01T00:00:00Z A <a@b>
three 2024-01-01T00:00:00Z A <a@b>
???
"""
CONF = """[core]
\ttop_dir = db
[engine "pg"]
\tdeploy_dir = up
[deploy]
\tverify = true
"""


def test_sqitch_settings_projects_and_gaps() -> None:
    files = {
        "sqitch.conf": CONF,
        "db/sqitch.plan": PLAN,
        "up/a/one.sql": f"BEGIN;\n{TABLE}COMMIT;\n",
        "db/verify/a/one.sql": "BEGIN;\nSELECT 1 / count(*) FROM pg_class;\nROLLBACK;\n",
        "up/two.sql": "SELECT :'variable';",
    }  # fmt: skip
    rows: list[dict[str, Any]] = [
        {"project": "shop", "change": "a/one", "script_hash": "0" * 40, "change_id": "1"},
        {"project": "shop", "change": "lost", "script_hash": None, "change_id": "2"},
        {"project": "other", "change": "two", "script_hash": None, "change_id": "3"},
    ]
    found = converted("sqitch", files, rows)
    assert applied(found) == ["a/one"]
    assert found.pairs[0].id == "0001_a_one"
    assert text(found, "verify/0001_a_one.sql").endswith("\nSELECT 1 / count(*) FROM pg_class;\n")
    assert told(found) == [
        "their/db/sqitch.plan:7:1: this line of the plan cannot be understood",
        "lost is deployed, but not in db/sqitch.plan; Sqitch keeps no text",
        'their/up/two.sql:1:8: syntax error at or near ":"',
        "their/db/sqitch.plan:6:1: there is no up/three.sql",
    ]
    assert found.notes[0] == "other projects are deployed here as well: other"
    assert found.notes[1].startswith("up/a/one.sql is not what was deployed")


# Alembic, yoyo


def revision(id_: str, after: object) -> str:
    return f'"""{id_} words"""\nrevision: str = {id_!r}\ndown_revision = {after!r}\n'


def test_alembic_asks_again_behind_a_revision_that_fails() -> None:
    tool = TOOLS["alembic"]
    files = {f"versions/{it}.py": revision(it, after) for it, after in
             (("a", None), ("b", "a"), ("c", "b"))}  # fmt: skip
    scripts = {name: Script(name, body.encode()) for name, body in files.items()}

    def asked() -> list[tuple[str, ...]]:
        return [it.arguments for it in tool.commands(Folder("their", scripts))]

    def answer(name: str, sql: str, failed: str = "") -> None:
        scripts[name + "~" * bool(failed)] = Script("alembic", sql.encode())
        if failed:
            scripts[name + "!"] = Script("alembic", failed.encode())

    assert asked() == [("upgrade", "base:heads", "--sql"), ("downgrade", "c:base", "--sql")]
    run = "-- Running upgrade {} -> {}\n\n{}\n"
    answer("upgrade", run.format("", "a", "SELECT 1;") + run.format("a", "b", ""), "Oh:\nno bind\n")
    answer("downgrade", "", "it does not even start")
    assert asked() == [("upgrade", "b:heads", "--sql")]
    answer("upgrade/c", "BEGIN;\n" + run.format("b", "c", "SELECT 3;\n\nCOMMIT;"))
    assert asked() == []
    found = convert(tool.read(Folder("their", scripts), [{"version_num": "b"}]), "alembic", (), {})
    assert applied(found) == ["versions/a.py", "versions/b.py"]
    assert told(found) == [
        "versions/b.py:1:1: Alembic cannot write revision b as SQL: no bind",
    ]
    assert text(found, "0003_c_words.sql").endswith("\nSELECT 3;\n")
    assert found.pairs[2].irreversible == "its downgrade writes no SQL: it does not even start"
    nowhere = {it: scripts[it] for it in (*files, "downgrade~", "downgrade!")}
    nowhere |= {"upgrade~": scripts["downgrade~"], "upgrade!": scripts["downgrade!"]}
    assert tool.commands(Folder("their", nowhere)) == ()
    (trouble,) = tool.read(Folder("their", nowhere), ()).troubles
    assert trouble.message == "Alembic does not run here: it does not even start"
    lost = tool.read(Folder("their", scripts), [{"version_num": "z"}])
    assert "revision z is applied" in lost.troubles[0].message


def test_yoyo_pairs_like_ours_stay_as_they_are() -> None:
    files = {"0001_a.sql": TABLE, "0001_a.rollback.sql": "DROP TABLE a;", "0002_b.sql": TABLE}
    found = converted("yoyo", files, [{"migration_id": "0001_a"}])
    assert text(found, "0001_a.sql") == TABLE
    assert [it.id for it in found.pairs] == ["0001_a", "0002_b"]
    steps = converted("yoyo", {**files, "0003_c.py": "steps = []", "post-apply.sql": ""}, ())
    assert told(steps) == [
        "their/0003_c.py:1:1: 0003_c.py is a Python migration, and wishkit runs plain SQL"
    ]
    circle = {"a.sql": "-- depends: b\n", "b.sql": "-- depends: a\n"}
    assert told(converted("yoyo", circle))[0].startswith("migrations depend on each other: ")


def test_plain_files_have_one_order() -> None:
    files = {"001_a.up.sql": TABLE, "001_a.down.sql": TABLE, "2_b.sql": TABLE, "02_c.sql": TABLE,
             "notes.sql": TABLE, "4_x.down.sql": TABLE}  # fmt: skip
    found = converted("sql", files)
    assert told(found) == [
        "their/2_b.sql:1:1: 02_c.sql and 2_b.sql have the same number: which comes first?",
        "their/4_x.down.sql:1:1: 4_x.down.sql has no forward file beside it",
    ]
    assert found.notes == ("left out: notes.sql has no number, so its place is not known",)
