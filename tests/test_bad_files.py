"""Bad files: refused with words that help, before anything runs, and mended by mending the file."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from wishkit.commands.migrate import migrate
from wishkit.commands.rollback import rollback
from wishkit.commands.status import status
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Target
from wishkit.errors import WishkitError
from wishkit.interface.errors import error_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.plugins.databases import MakeDatabase
    from tests.plugins.golden import Golden
    from tests.plugins.project import RunWishkit, SqlFolder
    from wishkit.commands.report import Report
    from wishkit.postgres.binaries import Binaries

    Files = Mapping[str, str | bytes | None]

# What stands in the folder, and is applied, before something bad is put there.
FIRST: Files = {
    "0001_add_shelves.sql": "-- shelves\nCREATE TABLE shelves (id int PRIMARY KEY);\n",
    "0001_add_shelves.rollback.sql": "-- no shelves\nDROP TABLE shelves;\n",
}
FORWARD, BACK = "0002_add_boxes.sql", "0002_add_boxes.rollback.sql"
GOOD: Files = {
    FORWARD: "-- boxes\nCREATE TABLE boxes (id int PRIMARY KEY, label text);\n",
    BACK: "-- no boxes\nDROP TABLE boxes;\n",
}
ROWS = ",\n".join(f"({n}, 'it''s; row {n}')" for n in range(65_000))
ONE_LINE = ", ".join(f"({n}, 'row {n}')" for n in range(90_000))


def second(text: str | bytes) -> Files:
    return {**GOOD, FORWARD: text}


BAD: dict[str, Files] = {
    # Bytes
    "latin-1": second("-- Kisten\n\tCOMMENT ON TABLE t IS 'Größe';\n".encode("latin-1")),
    "nul": second(b"-- boxes\nSELECT 1;\nSELECT '\0';\n"),
    "utf-16": second("-- boxes\nSELECT 1;\n".encode("utf-16")),
    "empty": second(""),
    "only-bom": second("\ufeff\r\n"),
    "only-comments": second("-- boxes\n/* to be written */\n"),
    "only-header": second("-- boxes\n-- depends: 0001_add_shelves\n-- transactional: false\n"),
    # Grammar
    "tabs": second("-- boxes\n\t\tCREATE TABEL boxes (id int);\n"),
    "multi-byte": second("-- Größe\nSELECT 'ü€😀' AS x, 'e\u0301' FRO x y;\n"),
    "windows-line-ends": second("-- boxes\r\nCREATE TABLE boxes (\r\n\tid int,\r\n);\r\n"),
    "open-string": second("-- boxes\nSELECT 'a box;\nSELECT 1;\n"),
    "open-comment": second("-- boxes\nSELECT 1; /* a box\n/* nested */\nSELECT 1;\n"),
    "open-dollar-quote": second("-- boxes\nDO $body$ BEGIN END $Body$;\nSELECT 1;\n"),
    "no-semicolon": second("-- boxes\nCREATE TABLE boxes (id int)\nCREATE TABLE lids (id int);\n"),
    "merge-conflict": second("-- boxes\n<<<<<<< HEAD\nSELECT 1;\n=======\nSELECT 2;\n>>>>>>> x\n"),
    "no-break-space": second("-- boxes\nCREATE\u00a0TABLE boxes (id int);\n"),
    "long-line": second(f"-- boxes\nINSERT INTO shelves VALUES {ONE_LINE}, (1;\n"),
    "escape-sequence": second("-- boxes\nSELECT \x1b[31mred;\n"),
    # psql's own
    "psql-echo": second("-- boxes\n\\echo it's here\nSELECT 1;\n"),
    "psql-include": second("-- boxes\nSELECT 1;\n\t\\i boxes.sql\n"),
    "psql-copy": second("-- boxes\n\\copy boxes from 'boxes.csv' csv\n"),
    "psql-gset": second("-- boxes\nSELECT 'ü' AS label \\gset\nSELECT 1;\n"),
    "psql-variable": second("-- boxes\nCREATE TABLE :name (id int);\n"),
    "psql-restrict": second("\\restrict k3y\nSELECT 1;\n\\unrestrict k3y\n"),
    "stray-end-of-data": second("-- boxes\nSELECT 1;\n\\.\n"),
    # COPY
    "copy-without-end": second("-- boxes\nSELECT 1;\nCOPY shelves FROM stdin;\n1\n2\n\\. \n"),
    "copy-without-data": second("-- boxes\nCOPY shelves FROM stdin;\nSELECT 1;\n"),
    "copy-to-stdout": second("-- boxes\nCOPY shelves TO stdout;\n"),
    # Statements
    "begin": second("-- boxes\nBEGIN;\nCREATE TABLE boxes (id int);\nCOMMIT;\n"),
    "savepoint": second("-- boxes\nSELECT 1;\n  SAVEPOINT a;\n"),
    "prepare-transaction": second("-- boxes\nPREPARE TRANSACTION 'boxes';\n"),
    "vacuum": second("-- boxes\nSELECT 1;\nVACUUM ANALYZE shelves;\n"),
    "concurrently": second("-- boxes\nCREATE INDEX CONCURRENTLY i\n    ON shelves (id);\n"),
    "unnamed-index": second(
        "-- boxes\n-- transactional: false\nCREATE INDEX CONCURRENTLY ON shelves (id);\n"
    ),
    "strings-off": second("-- boxes\nSET standard_conforming_strings = off;\nSELECT 'it\\'s';\n"),
    "strings-off-by-function": second(
        "-- boxes\nSELECT set_config('standard_conforming_strings', 'off', true);\n"
    ),
    # Headers
    "unknown-directive": second("-- boxes\n-- owner: anna\nSELECT 1;\n"),
    "misspelt-directive": second("-- boxes\n-- transactionl: false\nSELECT 1;\n"),
    "directive-value": second("-- boxes\n-- transactional: no\nSELECT 1;\n"),
    "directive-twice": second("-- s\n-- phase: expand\n-- phase: expand\nSELECT 1;\n"),
    "late-directive": second("-- boxes\nSELECT 1;\n-- transactional: false\nVACUUM shelves;\n"),
    "unknown-dependency": second("-- boxes\n-- depends: 0001_add_shelf\nSELECT 1;\n"),
    "depends-on-itself": second("-- boxes\n-- depends: 0002_add_boxes\nSELECT 1;\n"),
    "cycle": {
        **second("-- boxes\n-- depends: 0003_add_lids\nSELECT 1;\n"),
        "0003_add_lids.sql": "-- lids\n-- depends: 0001_add_shelves 0002_add_boxes\nSELECT 1;\n",
        "0003_add_lids.rollback.sql": "SELECT 1;\n",
    },
    # Ways back
    "backward-missing": {FORWARD: GOOD[FORWARD]},
    "backward-syntax": {**GOOD, BACK: "-- no boxes\nDROP TABEL boxes;\n"},
    "backward-empty": {**GOOD, BACK: "-- no boxes\n"},
    "backward-directive": {**GOOD, BACK: "-- no boxes\n-- depends: 0001_add_shelves\nSELECT 1;\n"},
    "irreversible-twice": second("-- boxes\n-- irreversible: they are glued\nSELECT 1;\n"),
    "forward-missing": {BACK: GOOD[BACK]},
    # Names
    "duplicate-number": {**GOOD, "0002_add_lids.sql": "SELECT 1;\n"},
    "file-name": {**GOOD, "0003-add-lids.sql": "SELECT 1;\n"},
    "file-name-capitals": {**GOOD, "0003_lids.SQL": "SELECT 1;\n"},
    "python": {**GOOD, "0003_add_lids.py": "steps = []\n"},
    "late-comer": {**GOOD, "0000_begin.sql": "SELECT 1;\n", "0000_begin.rollback.sql": "SELECT 1;"},
    # What is applied already
    "edited": {"0001_add_shelves.sql": "-- shelves\nCREATE TABLE shelves (id bigint);\n"},
    "edited-backward": {**GOOD, "0001_add_shelves.rollback.sql": "DROP TABLE shelves CASCADE;\n"},
    "backward-deleted": {"0001_add_shelves.rollback.sql": None},
    "deleted": {**GOOD, **dict.fromkeys(FIRST)},
    "renamed": {
        "0001_add_racks.sql": FIRST["0001_add_shelves.sql"],
        "0001_add_racks.rollback.sql": FIRST["0001_add_shelves.rollback.sql"],
        **dict.fromkeys(FIRST),
    },
    "swapped": {
        "0001_add_shelves.sql": GOOD[FORWARD],
        "0001_add_shelves.rollback.sql": GOOD[BACK],
        FORWARD: FIRST["0001_add_shelves.sql"],
        BACK: FIRST["0001_add_shelves.rollback.sql"],
    },
}


@pytest.fixture
def project(sql_folder: SqlFolder, monkeypatch: pytest.MonkeyPatch) -> SqlFolder:
    """A project in the working folder, as a user has it."""
    monkeypatch.chdir(sql_folder({}))
    return sql_folder


def workspace(url: str) -> Workspace:
    return Workspace(Config(sql=Path("sql")), Target(url=url, name="command line"), lambda _: None)


def error_of(url: str) -> WishkitError:
    try:
        report = migrate(workspace(url))
    except WishkitError as error:
        return error
    assert report.error
    return report.error


def writes(url: str) -> str:
    """The number of the next transaction that writes: unchanged as long as nobody wrote."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())").fetchone()
    assert row
    return str(row[0])


def states(url: str) -> list[str]:
    return [row.state.value for row in status(workspace(url)).migrations]


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_and_mended(
    name: str, project: SqlFolder, database: str, golden: Golden
) -> None:
    project(FIRST)
    assert migrate(workspace(database)).error is None
    before = writes(database)
    project(BAD[name])
    error = error_of(database)
    text = "\n".join(error_lines(error)) + "\n"
    assert error.exit_status == 2
    assert error.state == "nothing was run"
    assert error.help
    assert not [character for character in text if ord(character) < 32 and character not in "\n\t"]
    assert writes(database) == before, "the database is untouched"
    golden(text, f"bad_files/{name}.txt")

    folder = project({file: None for file in BAD[name] if (Path("sql/migrations") / file).exists()})
    assert folder.exists()
    project({**FIRST, **GOOD})
    report = migrate(workspace(database))
    assert [done.id for done in report.done] == ["0002_add_boxes"]
    assert states(database) == ["applied", "applied"]
    assert migrate(workspace(database)).done == ()
    assert len(rollback(workspace(database), to="base").done) == 2


@pytest.mark.parametrize("name", ["misspelt-directive", "multi-byte"])
def test_the_command_line_says_it_and_exits_with_2(
    name: str, project: SqlFolder, database: str, run_wishkit: RunWishkit, golden: Golden
) -> None:
    folder = project({**FIRST, **BAD[name]})
    outcome = run_wishkit("migrate", "--url", database, cwd=folder)
    assert outcome.status == 2
    assert outcome.stdout == ""
    first_line, _, error = outcome.stderr.partition("\n")
    assert "error" not in first_line
    golden(error, f"bad_files/{name}.txt")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("server-column", "-- boxes\nSELECT 1;\n\tSELECT 'ü', ownr FROM shelves;\n"),
        ("server-whole-statement", "-- boxes\nCREATE TABLE\n    shelves (id int);\n"),
        ("server-copy", "-- boxes\nCOPY shelves FROM stdin;\n1\nünd\n3\n\\.\n"),
        ("server-curly-quotes", "-- boxes\nSELECT ‘boxes’;\n"),  # noqa: RUF001 - the point of it
        ("server-statement-without-place", f"-- s\nINSERT INTO shelves VALUES {ONE_LINE};\n"),
    ],
)
def test_what_only_the_server_can_refuse_is_rolled_back(  # noqa: PLR0917 - pytest's fixtures
    name: str, text: str, project: SqlFolder, database: str, golden: Golden, pg_version: int
) -> None:
    project({**FIRST, **second(text)})
    error = error_of(database)
    assert error.exit_status == 3
    lines = error_lines(error)
    assert max(map(len, lines)) < 250
    if pg_version >= 18:  # whose words the golden files have
        golden("\n".join(lines) + "\n", f"bad_files/{name}.txt")
    assert states(database) == ["applied", "pending"]
    project(GOOD)
    assert migrate(workspace(database)).error is None


def test_bom_and_windows_line_ends_change_nothing(project: SqlFolder, database: str) -> None:
    project({**FIRST, **GOOD})
    migrate(workspace(database))
    both = {file: str(text) for file, text in {**FIRST, **GOOD}.items()}
    project({file: f"\ufeff{text}".replace("\n", "\r\n") for file, text in both.items()})
    report = migrate(workspace(database))
    assert (report.done, report.error) == ((), None)
    assert states(database) == ["applied", "applied"]


def test_with_nothing_pending_a_missing_file_is_a_note(project: SqlFolder, database: str) -> None:
    project(FIRST)
    migrate(workspace(database))
    project(dict.fromkeys(FIRST))
    report = migrate(workspace(database))
    assert report.error is None
    assert report.notes == ("applied, but the file is gone: 0001_add_shelves",)
    assert states(database) == ["missing"]


def test_a_bad_file_that_is_applied_already_does_not_stop_the_status(
    project: SqlFolder, database: str
) -> None:
    project(FIRST)
    migrate(workspace(database))
    project({"0001_add_shelves.sql": b"-- shelves\n-- owner: anna\n\xff\0"})
    (row,) = status(workspace(database)).migrations
    assert row.state.value == "changed"
    assert row.note
    assert "unknown directive" in row.note


# Odd, but right: the same files through psql and through wishkit make the same database.

ODD: dict[str, str] = {
    "comments": "/* a /* nested; */ comment; */ CREATE TABLE a (b int); -- and; more\n"
    "CREATE /* here; */ TABLE -- there;\n c (d int)",
    "semicolons": ";;CREATE TABLE a (b int);; ;\n;CREATE TABLE c (d int);;",
    "no-last-semicolon": "CREATE TABLE a (b int);\nCREATE TABLE c (d int)\n-- the end",
    "columns-named-begin": 'CREATE TABLE a (begin int, "end" int, "case" int, commit int);\n'
    "CREATE VIEW v AS SELECT a.begin, a.end FROM a;",
    "function-bodies": "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql\n"
    "BEGIN ATOMIC SELECT CASE WHEN a > 1 THEN 1 END; SELECT a; END;\n"
    "CREATE FUNCTION g() RETURNS int RETURN 1;\n"
    "CREATE FUNCTION h() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; END; $$;\n"
    "CREATE PROCEDURE p() LANGUAGE sql AS $p$ SELECT $$;$$; $p$;",
    "strings": "CREATE TABLE s (v text);\nINSERT INTO s VALUES ('it''s;'), (E'it\\'s;\\n'),\n"
    "(U&'d\\0061t;'), ($$;'$$), ($ä$$$;$ä$), ('C:\\'), ('two'\n  ' lines;'), (B'101'::text),\n"
    "('tab\there'), ('\u2028'), ('{json: \"x\"}'), ('%s %(x)s {} $1 :name ?');",
    "unicode-names": 'CREATE TABLE "Größe; ß" ("a""b" int, überlänge int, 漢字 int);\n'
    "SELECT U&\"d!0061\" UESCAPE '!' FROM (SELECT 1 AS da) AS x;",
    "schema-with-elements": "CREATE SCHEMA s CREATE TABLE t (a int) CREATE VIEW v AS SELECT 1 AS x"
    "\n CREATE INDEX i ON t (a);\nCREATE TABLE s.u (b int);",
    "rule-with-actions": "CREATE TABLE a (b int); CREATE TABLE c (d int);\n"
    "CREATE RULE r AS ON INSERT TO a DO ALSO\n"
    "    (INSERT INTO c VALUES (new.b); DELETE FROM c WHERE d = 0; NOTIFY x);\n"
    "INSERT INTO a VALUES (7);",
    "copy-text": "CREATE TABLE t (a int, b text);\nCOPY t (a, b) FROM stdin;\n"
    "1\ta;b's \"$$ /* --\n2\t\\N\n3\tback\\\\slash\\ttab\\nline\n4\t\\\\.\n5\tCOPY t FROM stdin;\n"
    "6\t\n\\.\nCOPY t FROM stdin;\n\\.\nINSERT INTO t VALUES (7, 'after');",
    "copy-csv": "CREATE TABLE t (a int, b text);\n"
    "COPY t FROM stdin WITH (FORMAT csv, DELIMITER ';', NULL 'none', HEADER);\n"
    'a;b\n1;"it\'s; ""quoted"""\n2;none\n3;"two\nlines"\n4;\\N\n\\.\nSELECT 1;',
    "copy-lookalikes": "CREATE TABLE t (a text);\n-- COPY t FROM stdin;\n"
    "/*\nCOPY t FROM stdin;\nno\n\\.\n*/\nINSERT INTO t VALUES ('COPY t FROM stdin;\nno\n\\.\n');\n"
    "DO $$ BEGIN\n-- COPY t FROM stdin;\nEND $$;\nCOMMENT ON TABLE t IS $$\nCOPY t FROM stdin;\n"
    "no\n\\.\n$$;\nCOPY /* t; */ t -- it's;\n FROM STDIN; -- here it comes\nyes\n\\.\n"
    "SELECT 1 AS stdin;\nCOPY t FROM stdin WHERE a <> 'x;';\nx;\ny\n\\.\n",
    "copy-windows": "CREATE TABLE t (a int, b text);\r\nCOPY t FROM stdin;\r\n1\tone\r\n\\.\r\n",
    "one-long-insert": "CREATE TABLE t (a int, b text);\nINSERT INTO t VALUES\n" + ROWS + ";\n",
    "many-inserts": "CREATE TABLE t (a int, b text);\n"
    + "".join(f"INSERT INTO t VALUES ({n}, 'row; {n}');\n" for n in range(20_000)),
    "prepared": "PREPARE p AS SELECT 1; EXECUTE p; DEALLOCATE p; DECLARE c CURSOR FOR SELECT 1;\n"
    "FETCH c; CREATE TABLE t AS SELECT 1 AS x; SELECT; VALUES (1), (2); TABLE t;",
}


def dump(binaries: Binaries, url: str) -> str:
    """Schema and data as pg_dump writes them, without the ledger."""
    command: list[str | Path] = [
        binaries.program("pg_dump"),
        *("--exclude-schema=wishkit", "--exclude-table=*yoyo*"),
        *("--no-owner", f"--dbname={url}"),
    ]
    done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")
    return re.sub(r"(?m)^\\(un)?restrict .*", "", done.stdout)


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_does_what_psql_does(
    name: str, project: SqlFolder, make_database: MakeDatabase, binaries: Binaries
) -> None:
    by_wishkit, by_psql = make_database(), make_database()
    folder = project(second(ODD[name]))
    report = migrate(workspace(by_wishkit))
    assert (report.error, len(report.done)) == (None, 1)
    command: list[str | Path] = [
        *(binaries.program("psql"), "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1"),
        *("-o", "/dev/null", "-d", by_psql, "-f", folder / "sql" / "migrations" / FORWARD),
    ]
    subprocess.run(command, check=True, env={"PGCLIENTENCODING": "UTF8", "PATH": "/usr/bin:/bin"})
    assert dump(binaries, by_wishkit) == dump(binaries, by_psql)


def test_what_a_dump_says_comes_back(
    project: SqlFolder, make_database: MakeDatabase, binaries: Binaries
) -> None:
    source, target = make_database(), make_database()
    with psycopg.connect(source, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, E'a;\\n\\\\.')"
        )
        connection.execute(ODD["function-bodies"].encode())
    project(second(dump(binaries, source)))
    report: Report = migrate(workspace(target))
    assert report.error is None
    assert dump(binaries, target) == dump(binaries, source)
