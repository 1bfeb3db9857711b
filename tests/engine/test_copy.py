r"""COPY … FROM stdin with its data in the file, as pg_dump writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.engine.conftest import Project

TABLE = "CREATE TABLE wish (id int PRIMARY KEY, title text, price numeric CHECK (price < 100));\n"
HEADERS = {"transactional": "", "stepwise": "-- copy\n-- transactional: false\n\n"}
# Only the primary key is deferrable to nothing: each case fails at the line that is given.
WRONG = {
    "a value": ("COPY wish FROM stdin;\n1\tone\t1\n2\ttwo\tzwei\n\\.\n", 3),
    "too few": ("COPY wish FROM stdin;\n1\tone\t1\n2\ttwo\n\\.\n", 3),
    "too many": ("COPY wish FROM stdin;\n1\tone\t1\textra\n\\.\n", 2),
    "a duplicate": ("COPY wish FROM stdin;\n1\tone\t1\n2\ttwo\t2\n1\tone\t1\n\\.\n", 4),
    "a check": ("COPY wish FROM stdin;\n1\tone\t1\n2\tdear\t1000\n\\.\n", 3),
    "csv": ("COPY wish FROM stdin (FORMAT csv);\n1,one,1\n2,two,zwei\n\\.\n", 3),
    "csv with a header": (
        "COPY wish FROM stdin (FORMAT csv, HEADER);\nid,title,price\n1,one,x\n\\.\n",
        3,
    ),
    "the first line": ("COPY wish FROM stdin;\nx\tone\t1\n\\.\n", 2),
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_data_as_pg_dump_writes_it(project: Project, header: str) -> None:
    project.pair(
        "0001_wish",
        f"{header}SET client_encoding = 'UTF8';\n{TABLE}"
        "COPY public.wish (id, title, price) FROM stdin;\n"
        "1\tBärenbrücke 🧱\t1.50\n2\tback\\\\slash; and -- no comment\t\\N\n"
        "3\ttab\\there\\nline\t3\n"
        "\\.\n\n"
        "COPY wish FROM stdin WITH (FORMAT csv);\n"
        '4,"a ""quoted"", comma",4\n5,,\n'
        "\\.\n"
        "INSERT INTO wish VALUES (6, 'six');\n"
        "COPY wish FROM stdin;\n\\.\n",
    )
    assert project.migrate().error is None
    assert project.rows("SELECT * FROM wish ORDER BY id")[1:5] == [
        (2, "back\\slash; and -- no comment", None),
        (3, "tab\there\nline", 3),
        (4, 'a "quoted", comma', 4),
        (5, None, None),
    ]
    assert project.value("SELECT title FROM wish WHERE id = 1") == "Bärenbrücke 🧱"
    assert project.value("SELECT count(*) FROM wish") == 6
    project.assert_done()


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
@pytest.mark.parametrize("case", WRONG)
def test_the_line_that_is_wrong_is_named(project: Project, case: str, header: str) -> None:
    sql, line = WRONG[case]
    project.pair("0001_table", TABLE)
    project.pair("0002_data", f"{header}{sql}INSERT INTO wish VALUES (99);")
    error = project.fails()
    assert error.exit_status == 3
    assert error.where is not None
    assert error.where.line - header.count("\n") == line
    assert error.where.text == sql.splitlines()[line - 1]
    assert project.value("SELECT count(*) FROM wish") == 0
    project.assert_sound()


def test_data_fails_behind_other_statements(project: Project) -> None:
    rows = "".join(f"{n}\twish {n}\t1\n" for n in range(5000))
    project.pair(
        "0001_data", f"{TABLE}COPY wish FROM stdin;\n{rows}5000\twrong\n\\.\nSELECT nothing;"
    )
    error = project.fails()
    assert error.where is not None
    assert (error.where.line, error.where.text) == (5003, "5000\twrong")
    assert project.value("SELECT to_regclass('wish') IS NULL")
