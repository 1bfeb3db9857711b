"""A text is cut into exactly the statements that the server would see."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wishkit.core import statements
from wishkit.core.script import Script
from wishkit.core.statements import insert_target, keyword, parse, split
from wishkit.errors import MigrationFileError

# Each is one statement, with something in it that a naive splitter would trip over.
STATEMENTS = (
    "SELECT 1",
    "SELECT",
    "SELECT 'a;b', 'it''s', ';'",
    r"SELECT E'\'; x', E'\\'",
    r"SELECT 'C:\', 'x'",
    r"""SELECT U&'d\0061t;', U&"d!0061" UESCAPE '!'""",
    "SELECT B'101', X'1F', N'n;'",
    "SELECT 'one'\n  'literal;'",
    'SELECT 1 AS "a;b", 2 AS "say ""hi;"""',
    "SELECT $$;$$, $a$ $b$ ; $b$ $a$, $ä$;$ä$",
    "SELECT a$b FROM t$x",
    "CREATE TABLE begin (begin int, end_ int)",
    'CREATE TABLE t ("begin" int, "end" int, "case" int)',
    "SELECT t.begin, t.end FROM t",
    "SELECT CASE WHEN a THEN 1 END AS commit FROM t",
    "SELECT /* a /* nested; */ comment; */ 1 -- and; a line\n + 2",
    "DO $$ BEGIN PERFORM 1; IF true THEN NULL; END IF; END $$",
    "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT a; END",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC; SELECT CASE WHEN true THEN 2 END; END",
    "CREATE FUNCTION f(a int) RETURNS int RETURN a + 1",
    "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN; END;'",
    "CREATE SCHEMA s CREATE TABLE t (a int) CREATE VIEW v AS SELECT 1 GRANT SELECT ON t TO public",
    "CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO a VALUES (1); DELETE FROM b; NOTIFY x)",
    "INSERT INTO t (a, b) VALUES (1, 'x;'), (2, $$;$$)",
    "SELECT 'COPY t FROM stdin;\n1\n\\.\n'",
    "SELECT $$\nCOPY t FROM stdin;\n1\n\\.\n$$",
    "DO $$\nBEGIN\n-- COPY t FROM stdin;\nEND $$",
    "SELECT 1 AS stdin",
    "COPY t FROM '/tmp/x'",
    "COPY t FROM PROGRAM 'cat; cat'",
)
SPACES = (" ", "\n", "\t", "\n\n  ", "\f", "\v", "\r")
COMMENTS = (
    "-- a comment; 'with $$ all /* sorts\n",
    "/* a; comment */",
    "/* nested /* ; */ 'it */",
    "-- COPY t FROM stdin;\n",
    "/*\nCOPY t FROM stdin;\n1\n\\.\n*/",
    "--\n",
    "/**/",
)
DATA = ("", "1\n", "a;b\tit's \"$$ /* --\n\\\\.\n\\N\n", "'\n", "COPY u FROM stdin;\n1\n", "\\.x\n")
COPIES = (
    "COPY t FROM stdin",
    "copy public.t (a, b)\nfrom STDIN",
    "COPY t FROM stdin WITH (FORMAT csv, DELIMITER ';', QUOTE '''', NULL '\"')",
    "COPY t FROM stdin DELIMITER ';' CSV",
    'COPY "odd;table" ("a;b") FROM STDIN',
    "COPY /* why; */ t -- because;\n FROM /* it's */ stdin",
    "COPY t FROM stdin WHERE a <> 'x;y' AND b > 0",
)


def script(text: str) -> Script:
    return Script.normalise("f.sql", text.encode())


def texts(text: str) -> list[str]:
    source = script(text).source
    return [source[span.start : span.end].decode() for span in split(script(text))]


def refused(text: str) -> MigrationFileError:
    with pytest.raises(MigrationFileError) as caught:
        split(script(text))
    return caught.value


@pytest.mark.parametrize("statement", STATEMENTS)
def test_each_of_them_is_one_statement(statement: str) -> None:
    assert texts(f"{statement};") == [statement]
    assert texts(statement) == [statement]


between = st.lists(st.sampled_from(SPACES + COMMENTS), max_size=3).map("".join)


@st.composite
def files(draw: st.DrawFn) -> tuple[str, list[tuple[str, str | None]]]:
    """A file's text, and its statements, each with its COPY data."""
    text, expected = draw(between), []
    for statement in draw(st.lists(st.sampled_from(STATEMENTS + COPIES), max_size=6)):
        data = draw(st.sampled_from(DATA)) if statement in COPIES else None
        expected.append((statement, data))
        if data is None:
            text += statement + draw(between) + ";"
            text += draw(st.sampled_from(["", ";", " ; "])) + draw(between)
        else:  # psql's closing line, if it stands inside of the COPY itself, is not looked behind
            text += statement + draw(between.filter(lambda space: "\\." not in space)) + ";"
            text += draw(st.sampled_from(["", "  ", " -- data"])) + f"\n{data}\\.\n" + draw(between)
    return text, expected


def found(text: str) -> list[tuple[str, str | None]]:
    one = script(text)
    return [
        (
            one.source[span.start : span.end].decode(),
            one.source[slice(*span.data)].decode() if span.data else None,
        )
        for span in split(one)
    ]


@settings(deadline=None, max_examples=400)
@given(files())
def test_what_is_joined_comes_apart_again(file: tuple[str, list[tuple[str, str | None]]]) -> None:
    text, expected = file
    assert [data for _, data in found(text)] == [data for _, data in expected]
    for (sql, _), (statement, _) in zip(found(text), expected, strict=True):
        assert sql.startswith(statement)
        assert not re.sub(r"(?s)--.*?(\n|\Z)|/\*.*\*/|\s", "", sql.removeprefix(statement))


@settings(deadline=None, max_examples=200)
@given(files(), st.integers(1, 60))
def test_small_windows_find_the_same_statements(
    file: tuple[str, list[tuple[str, str | None]]], window: int
) -> None:
    text, _ = file
    at_once = split(script(text))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statements, "WINDOW", window)
        assert split(script(text)) == at_once


@pytest.mark.parametrize("copy", COPIES)
@pytest.mark.parametrize("data", DATA)
def test_copy_data_is_data_whatever_it_looks_like(copy: str, data: str) -> None:
    text = f"SELECT 1;\n{copy};\n{data}\\.\nSELECT 2;\n"
    assert found(text) == [("SELECT 1", None), (copy, data), ("SELECT 2", None)]


def test_copy_data_may_end_with_the_file() -> None:
    assert found("COPY t FROM stdin;\n1\n\\.") == [("COPY t FROM stdin", "1\n")]


def test_several_copies_one_after_the_other() -> None:
    text = "COPY a FROM stdin;\n1\n\\.\n\nCOPY b FROM stdin;\n\\.\nCOPY c FROM stdin;\n';\n\\.\n"
    assert [data for _, data in found(text)] == ["1\n", "", "';\n"]


def test_windows_line_ends_in_copy_data_are_line_ends() -> None:
    assert found("COPY t FROM stdin;\r\n1\r\n\\.\r\nSELECT 1;\r\n") == [
        ("COPY t FROM stdin", "1\n"),
        ("SELECT 1", None),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1;\nCOPY t FROM stdin;\n1\t2\n",
        "SELECT 1;\nCOPY t FROM stdin;\n1\t2\n\\. \nSELECT 2;\n",
        "SELECT 1;\nCOPY t FROM stdin;\nit's\n",
        "COPY a FROM stdin;\n\\.\nCOPY t FROM stdin;\n1\n",
    ],
)
def test_copy_data_without_an_end(text: str) -> None:
    error = refused(text)
    assert (error.code, error.message) == ("copy-data", "the data of COPY … FROM stdin has no end")
    assert error.where
    assert error.where.text == "COPY t FROM stdin;"


@pytest.mark.parametrize(
    ("text", "place", "near"),
    [
        ("SELECT 1;\n\t\tSELEC 2;", "f.sql:2:3", "SELEC"),
        ("SELECT 'ü€😀' FRO x y z;", "f.sql:1:18", "x"),
        ("/* ü */ SELEC;", "f.sql:1:9", "SELEC"),
        ("SELECT 1;\r\n\r\nSELEC 2;\r\n", "f.sql:3:1", "SELEC"),
        ("COPY t FROM stdin;\nü;\n\\.\n-- é\nSELEC 1;", "f.sql:5:1", "SELEC"),
        ("SELEC 1;\nCOPY t FROM stdin;\n'\n\\.\n", "f.sql:1:1", "SELEC"),
        ("SELECT 1", "", ""),
        ("CREATE TABLE t (a int,);", "f.sql:1:23", ")"),
        ("CREATE TABLE t (a int", "f.sql:1:22", "end of input"),
    ],
)
def test_syntax_errors_have_a_place(text: str, place: str, near: str) -> None:
    if not place:
        assert split(script(text))
        return
    error = refused(text)
    assert (error.code, str(error.where)) == ("syntax", place)
    assert near in error.message


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(1, 200))
def test_an_error_has_the_same_place_in_every_window(before: int, window: int) -> None:
    text = "SELECT 'ü;';\n" * before + "\tSELECT 'é' FRO x y;\n" + "SELECT 2;\n" * 20
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statements, "WINDOW", window)
        assert str(refused(text).where) == f"f.sql:{before + 1}:17"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT 'a;\nSELECT 2;\n", "unterminated quoted string"),
        ("SELECT 1; /* a;\nSELECT 2;\n", "unterminated /* comment"),
        ("DO $x$ BEGIN END;\nSELECT 2;\n", "unterminated dollar-quoted string"),
        ('SELECT "a;\n', "unterminated quoted identifier"),
    ],
)
def test_what_is_left_open_is_not_printed_to_its_end(text: str, message: str) -> None:
    assert refused(text).message == message


@pytest.mark.parametrize(
    ("text", "help_"),
    [
        ("SELECT :name;", ":name would be a variable of psql; write the value itself"),
        ("SELECT :'name';", ":'name' would be a variable of psql; write the value itself"),
        ("<<<<<<< HEAD\nSELECT 1;", "git left a merge conflict here"),
        ("SELECT 1;\n=======\nSELECT 2;", "git left a merge conflict here"),
        ("SELECT 1\nCREATE TABLE t (a int);", "is a semicolon missing before it?"),
        ("SELECT\u00a01;", "an invisible character is in it: U+00A0, no-break space"),
        ("SELECT 1;\n\ufeffSELECT 2;", "an invisible character is in it: U+FEFF"),
        ("SELEC 1;", "this is the verdict of PostgreSQL 18's own grammar"),
    ],
)
def test_what_to_do_about_a_syntax_error(text: str, help_: str) -> None:
    assert (refused(text).help or "").startswith(help_)


@pytest.mark.parametrize(
    ("text", "command", "place"),
    [
        ("\\echo it's here\nSELECT 1;", "\\echo", "f.sql:1:1"),
        ("SELECT 1;\n  \\i other.sql\n", "\\i", "f.sql:2:3"),
        ("SELECT 1;\n\\copy t from 'x.csv' csv\n", "\\copy", "f.sql:2:1"),
        ("SELECT 1 AS x \\gset\nSELECT 2;", "\\gset", "f.sql:1:15"),
        ("SELECT 1 \\g /tmp/x\n", "\\g", "f.sql:1:10"),
        ("\\restrict k3y\nSELECT 1;\n\\unrestrict k3y\n", "\\restrict", "f.sql:1:1"),
        ("\\! rm x", "\\!", "f.sql:1:1"),
        ("SELECT 1;\n\\?", "\\?", "f.sql:2:1"),
    ],
)
def test_psql_commands_are_named(text: str, command: str, place: str) -> None:
    error = refused(text)
    assert (error.code, str(error.where)) == ("psql-command", place)
    assert error.message == f"{command} is a psql command, not SQL"
    assert error.where
    assert error.where.length == len(command)
    assert error.help


def test_an_end_of_data_without_a_copy() -> None:
    assert refused("SELECT 1;\n\\.\n").message == (
        "\\. ends the data of a COPY … FROM stdin, and none begins before it"
    )


@pytest.mark.parametrize(
    "setting",
    [
        "SET standard_conforming_strings = off",
        "  set local STANDARD_CONFORMING_STRINGS to 'off'",
        "SET SESSION standard_conforming_strings TO false",
    ],
)
def test_strings_that_parse_only_with_the_setting_off_get_the_reason(setting: str) -> None:
    error = refused(f"SELECT 1;\n{setting};\nSELECT 'it\\'s';\n")
    assert error.code == "nonstandard-strings"
    assert error.where
    assert error.where.line == 2


def test_a_text_without_statements() -> None:
    for text in ("", " \n\t", ";;;", "-- a\n/* b */", "-- a"):
        assert split(script(text)) == []


def test_keyword_and_tree_of_a_statement() -> None:
    one = script("/* a */ create table t (a int); insert into T (a) values (1)")
    first, second = split(one)
    assert keyword(one, first) == "CREATE"
    statement = parse(one, first, index=1)
    assert (statement.node, statement.index) == ("CreateStmt", 1)
    assert insert_target(one, first) is None
    assert insert_target(one, second) == b"insert into T (a) values"


def test_one_insert_of_two_megabytes_is_one_statement() -> None:
    rows = ",\n".join(f"({number}, 'it''s; row {number}')" for number in range(65_000))
    text = f"INSERT INTO t VALUES\n{rows};\nSELECT 1;\n"
    assert len(text) > 1_800_000
    assert [len(sql) for sql in texts(text)] == [len(text) - len(";\nSELECT 1;\n"), 8]


def test_a_hundred_thousand_inserts_cost_as_much_each_as_a_thousand() -> None:
    def seconds(count: int) -> float:
        text = script("".join(f"INSERT INTO t VALUES ({n}, 'x;');\n" for n in range(count)))
        began = time.process_time()
        assert len(split(text)) == count
        return (time.process_time() - began) / count

    small = min(seconds(1_000) for _ in range(5))
    large = min(seconds(100_000) for _ in range(2))
    assert large < 5 * small


def test_strings_that_mention_stdin_do_not_make_it_slow() -> None:
    def seconds(word: str) -> float:
        inserts = f"INSERT INTO t VALUES ('reads from {word}');\n" * 4_000
        text = script(inserts + "COPY t FROM stdin;\n1\n\\.\n")
        began = time.process_time()
        assert len(split(text)) == 4_001
        return time.process_time() - began

    plain = min(seconds("a file") for _ in range(3))
    assert min(seconds("stdin") for _ in range(2)) < 20 * plain
