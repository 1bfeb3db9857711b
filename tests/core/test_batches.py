"""What travels in one message, and which statements cannot travel at all."""

from __future__ import annotations

import pytest

from wishkit.core import batches as module
from wishkit.core.batches import Batch, batches
from wishkit.core.script import Script
from wishkit.core.statements import Span, Statement, parse
from wishkit.errors import MigrationFileError


def cut(text: str, *, transactional: bool = True) -> tuple[Batch, ...]:
    return batches(Script.normalise("f.sql", text.encode()), transactional=transactional)


def refused(text: str, *, transactional: bool = True) -> MigrationFileError:
    with pytest.raises(MigrationFileError) as caught:
        cut(text, transactional=transactional)
    return caught.value


def kinds(found: tuple[Batch, ...]) -> list[tuple[str, int, int]]:
    return [(batch.kind, batch.first, batch.last) for batch in found]


def test_quick_statements_travel_together_and_long_ones_alone() -> None:
    text = """
        CREATE TABLE t (a int);
        COMMENT ON TABLE t IS 'x';
        UPDATE big SET a = 1;
        INSERT INTO t VALUES (1);
        COPY t FROM stdin;
1
\\.
        SELECT 2;
    """
    found = cut(text)
    assert kinds(found) == [
        ("together", 1, 2),
        ("alone", 3, 3),
        ("together", 4, 4),
        ("copy", 5, 5),
        ("together", 6, 6),
    ]
    assert text.encode()[found[0].start : found[0].end].split() == (
        b"CREATE TABLE t (a int); COMMENT ON TABLE t IS 'x'".split()
    )
    assert found[3].spans[0].data is not None


def test_messages_stay_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MESSAGE_BYTES", 100)
    found = cut("".join(f"INSERT INTO t VALUES ({n});\n" for n in range(20)))
    assert [batch.first for batch in found] == [
        1,
        *(batch.last + 1 for batch in found[:-1]),
    ]
    assert found[-1].last == 20
    assert len(found) > 5
    assert all(batch.end - batch.start <= 100 for batch in found)


def test_of_inserts_alike_only_the_first_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def counting(script: Script, span: Span, *, index: int) -> Statement:
        seen.append(index)
        return parse(script, span, index=index)

    monkeypatch.setattr(module, "parse", counting)
    inserts = "INSERT INTO t (a) VALUES (1);\n" * 3 + "INSERT INTO t (b) VALUES (1);\n" * 3
    cut(inserts + "SELECT 1;")
    assert seen == [1, 4, 7]


def test_a_long_insert_is_understood_by_its_head(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def measuring(script: Script, span: Span, *, index: int) -> Statement:
        seen.append(len(script.source[span.start : span.end]))
        return parse(script, span, index=index)

    monkeypatch.setattr(module, "parse", measuring)
    rows = ",\n".join(f"({number}, 'it''s;')" for number in range(50_000))
    text = f'INSERT INTO "T" (a, b) VALUES {rows};\nSELECT 1;'
    (found,) = cut(text)
    assert seen == [len('INSERT INTO "T" (a, b) VALUES (NULL)'), 8]
    assert [span.end - span.start for span in found.spans] == [len(text) - len(";\nSELECT 1;"), 8]


def test_outside_a_transaction_every_statement_stands_alone() -> None:
    found = cut("SELECT 1; VACUUM t; SET x.y = 1; DO $$ BEGIN END $$", transactional=False)
    assert [(batch.kind, len(batch.spans)) for batch in found] == [
        ("together", 1),
        ("autocommit", 1),
        ("together", 1),
        ("alone", 1),
    ]
    assert all(batch.statement for batch in found)


@pytest.mark.parametrize(
    "statement",
    [
        "BEGIN",
        "START TRANSACTION READ ONLY",
        "COMMIT",
        "END",
        "COMMIT AND CHAIN",
        "ROLLBACK",
        "ABORT",
        "SAVEPOINT a",
        "RELEASE SAVEPOINT a",
        "ROLLBACK TO a",
        "PREPARE TRANSACTION 'x'",
    ],
)
@pytest.mark.parametrize("transactional", [True, False])
def test_transaction_control_is_refused(statement: str, *, transactional: bool) -> None:
    error = refused(f"SELECT 1;\n  {statement};\n", transactional=transactional)
    assert (error.code, str(error.where)) == ("transaction-control", "f.sql:2:3")
    assert error.where
    assert error.where.length == len(statement)


def test_what_only_looks_like_transaction_control_is_not() -> None:
    assert cut(
        "CREATE TABLE begin (commit int); SELECT 'COMMIT;';\n"
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END;\n"
        "DO $$ BEGIN PERFORM 1; END $$; PREPARE p AS SELECT 1; DECLARE c CURSOR FOR SELECT 1;"
    )


AUTOCOMMIT = (
    "VACUUM t",
    "CREATE INDEX CONCURRENTLY i ON t (a)",
    "DROP INDEX CONCURRENTLY i",
    "REINDEX TABLE CONCURRENTLY t",
    "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
    "CREATE DATABASE d",
    "DROP DATABASE d",
    "CREATE TABLESPACE s LOCATION '/x'",
    "ALTER SYSTEM SET work_mem = '1MB'",
    "COMMIT PREPARED 'x'",
    "DISCARD ALL",
)


@pytest.mark.parametrize("statement", AUTOCOMMIT)
def test_what_postgresql_refuses_in_a_transaction_needs_a_file_that_says_so(statement: str) -> None:
    error = refused(f"SELECT 1;\n{statement};")
    assert (error.code, str(error.where)) == ("needs-autocommit", "f.sql:2:1")
    assert kinds(cut(f"{statement};", transactional=False)) == [("autocommit", 1, 1)]


@pytest.mark.parametrize(
    "statement",
    [
        "SET standard_conforming_strings = off",
        "SET LOCAL standard_conforming_strings TO 'off'",
        "SET Standard_Conforming_Strings TO 0",
        "SET standard_conforming_strings TO false",
        "SELECT set_config('standard_conforming_strings', 'off', false)",
        "SELECT 1, pg_catalog.set_config('Standard_Conforming_Strings', 'no', true)",
        "SELECT set_config('standard_conforming_strings', lower('OFF'), false) FROM t",
    ],
)
def test_standard_conforming_strings_stay_on(statement: str) -> None:
    error = refused(f"SELECT 1; {statement};")
    assert (error.code, str(error.where)) == ("nonstandard-strings", "f.sql:1:11")


@pytest.mark.parametrize(
    "statement",
    [
        "SET standard_conforming_strings = on",
        "SET standard_conforming_strings TO 'ON'",
        "SET standard_conforming_strings TO DEFAULT",
        "RESET standard_conforming_strings",
        "SELECT pg_catalog.set_config('search_path', '', false)",
        "SELECT set_config('standard_conforming_strings', 'on', false)",
        "SHOW standard_conforming_strings",
        "ALTER ROLE joe SET standard_conforming_strings = off",
    ],
)
def test_other_settings_and_turning_it_on_are_no_matter(statement: str) -> None:
    assert cut(statement)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("COPY t FROM stdin;\nSELECT 1;\n", "COPY … FROM stdin without data"),
        ("COPY t FROM stdin", "COPY … FROM stdin without data"),
        ("COPY t TO stdout;", "COPY … TO stdout has nobody to write to"),
        ("COPY (SELECT 1) TO STDOUT;", "COPY … TO stdout has nobody to write to"),
    ],
)
def test_a_copy_that_talks_to_nobody_is_refused(text: str, message: str) -> None:
    error = refused(text)
    assert (error.code, error.message) == ("copy-data", message)


def test_copy_with_files_and_programs_of_the_server_is_its_own_business() -> None:
    assert cut("COPY t FROM '/x'; COPY t TO PROGRAM 'cat'; COPY t FROM PROGRAM 'ls';")


def test_an_index_built_concurrently_needs_a_name() -> None:
    assert refused("CREATE INDEX CONCURRENTLY ON t (a);", transactional=False).code == (
        "unnamed-index"
    )
    assert cut("CREATE INDEX ON t (a);")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f.sql is empty"),
        (" \n\t\r\n", "f.sql is empty"),
        ("\ufeff", "f.sql is empty"),
        ("-- only a header\n-- transactional: false\n", "f.sql holds only comments"),
        ("/* nothing */ ;;", "f.sql holds only comments"),
    ],
)
def test_a_file_without_statements_is_refused(text: str, message: str) -> None:
    error = refused(text)
    assert (error.code, error.message) == ("empty-migration", message)
    assert cut(error.help.rpartition(": ")[2] if error.help else "")  # the advice works


def test_text_is_checked_before_it_is_parsed() -> None:
    assert refused("SELEC \0").code == "nul-byte"
