"""What a migration file says about itself, and every way to say it wrongly."""

from __future__ import annotations

import pytest

from wishkit.core.header import Allow, Header, parse_header
from wishkit.core.script import Script
from wishkit.errors import MigrationFileError


def header(text: str, *, backward: bool = False) -> Header:
    return parse_header(Script.normalise("0002_b.sql", text.encode()), backward=backward)


def refused(text: str, *, backward: bool = False) -> MigrationFileError:
    with pytest.raises(MigrationFileError) as caught:
        header(text, backward=backward)
    return caught.value


def test_everything_a_header_can_say() -> None:
    assert header(
        "-- shelves for the sets\n"
        "-- depends: 0000_a 0001_b\n"
        "-- depends: 0003_c\n"
        "-- transactional: false\n"
        "-- irreversible: the old order is not kept\n"
        "-- allow: drop-column nothing reads it\n"
        "-- allow: rename it is a view's column\n"
        "-- phase: contract\n"
        "SELECT 1;\n"
    ) == Header(
        summary="shelves for the sets",
        depends=("0000_a", "0001_b", "0003_c"),
        transactional=False,
        irreversible="the old order is not kept",
        phase="contract",
        allow=(Allow("drop-column", "nothing reads it"), Allow("rename", "it is a view's column")),
    )


def test_a_file_without_comments_has_an_empty_header() -> None:
    assert header("SELECT 1;\n") == Header()
    assert header("") == Header()


@pytest.mark.parametrize(
    "text",
    [
        "--depends:0001_a\nSELECT 1;",
        "  --  depends :  0001_a  \nSELECT 1;",
        "\n\n-- summary\n\n-- depends: 0001_a\n\nSELECT 1;",
        "\ufeff-- summary\r\n-- depends: 0001_a\r\nSELECT 1;\r\n",
        "-- summary\n--\n-- Prose, and more prose.\n-- depends: 0001_a\nSELECT 1;",
        "-- summary\n-- depends: 0001_a",
    ],
)
def test_white_space_and_prose_do_not_hide_a_directive(text: str) -> None:
    assert header(text).depends == ("0001_a",)


def test_a_directive_in_the_first_line_is_no_summary() -> None:
    assert header("-- depends: 0001_a\n-- what it does\nSELECT 1;").summary == ""


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("-- note: the first line is the summary, colon or not\n", "note: the first line is"),
        ("-- a summary\n-- Note: a capital begins prose\nSELECT 1;", "a summary"),
        ("-- a summary\n--\n-- careful: an empty line begins prose\nSELECT 1;", "a summary"),
        ("-- a summary\n-- The casts value::text and a::b stand for nothing\n", "a summary"),
        ("-- see https://example.org/x\n-- word::cast\nSELECT 1;", "see https://example.org/x"),
    ],
)
def test_prose_with_a_colon_is_prose(text: str, summary: str) -> None:
    assert header(text).summary.startswith(summary)


@pytest.mark.parametrize(
    ("line", "key", "help_"),
    [
        ("-- depend: 0001_a", "depend", 'perhaps you meant "depends"'),
        ("-- Depends: 0001_a", "Depends", 'perhaps you meant "depends"'),
        ("-- transactionl: false", "transactionl", 'perhaps you meant "transactional"'),
        ("-- TRANSACTIONAL: false", "TRANSACTIONAL", 'perhaps you meant "transactional"'),
        ("-- owner: anna", "owner", "known are depends, transactional, batch, irreversible"),
    ],
)
def test_an_unknown_directive_is_an_error_with_a_suggestion(
    line: str, key: str, help_: str
) -> None:
    error = refused(f"-- summary\n{line}\nSELECT 1;")
    assert error.code == "unknown-directive"
    assert error.message == f'unknown directive "{key}"'
    assert error.help
    assert error.help.startswith(help_)
    assert error.where
    assert (error.where.line, error.where.column, error.where.length) == (2, 4, len(key))


def test_a_misspelt_directive_is_found_in_prose_as_well() -> None:
    error = refused("-- summary\n--\n-- Some prose.\n-- transactionnal: false\nSELECT 1;")
    assert error.code == "unknown-directive"
    assert error.where
    assert error.where.line == 4


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("-- transactional: no", '"transactional" must be true or false, not "no"'),
        ("-- transactional:", '"transactional" must be true or false, not ""'),
        ("-- depends:", '"depends" names no migration'),
        ("-- irreversible:", '"irreversible" needs a reason'),
        ("-- allow: drop-column", '"allow" needs a rule and a reason'),
        ("-- phase: both", '"phase" must be expand or contract, not "both"'),
    ],
)
def test_a_value_that_is_not_understood_is_an_error_with_an_example(
    line: str, message: str
) -> None:
    error = refused(f"-- summary\n{line}\nSELECT 1;")
    assert (error.code, error.message) == ("directive-value", message)
    example = (error.help or "").removeprefix("for example: ")
    assert header(f"-- summary\n{example}\nSELECT 1;") != Header("summary")


@pytest.mark.parametrize("value", ["true", "True", "TRUE"])
def test_transactional_is_read_without_regard_to_case(value: str) -> None:
    assert header(f"-- s\n-- transactional: {value}\nSELECT 1;").transactional is True


@pytest.mark.parametrize("line", ["transactional: true", "irreversible: x", "phase: expand"])
def test_a_directive_that_can_be_given_once_is_given_once(line: str) -> None:
    error = refused(f"-- s\n-- {line}\n-- {line}\nSELECT 1;")
    assert error.code == "directive-twice"
    assert error.where
    assert error.where.line == 3


@pytest.mark.parametrize("line", ["depends: 0001_a", "irreversible: x", "phase: expand"])
def test_what_belongs_to_the_forward_file_is_refused_in_the_backward_file(line: str) -> None:
    assert refused(f"-- s\n-- {line}\nSELECT 1;", backward=True).code == "directive-misplaced"


def test_a_backward_file_may_speak_for_itself() -> None:
    text = "-- s\n-- transactional: false\n-- allow: drop-table it is meant to\nSELECT 1;"
    assert header(text, backward=True).transactional is False


@pytest.mark.parametrize(
    "line", ["-- transactional: false", "--depends: 0001_a 0002_b", "-- phase: expand  "]
)
def test_a_directive_below_the_first_statement_is_not_ignored(line: str) -> None:
    error = refused(f"-- s\nSELECT 1;\n{line}\nSELECT 2;")
    assert error.code == "directive-misplaced"
    assert error.where
    assert (error.where.line, error.where.length) == (3, len(line.strip("- ").split(":")[0]))


@pytest.mark.parametrize(
    "line",
    [
        "-- depends: on the weather",
        "-- transactional: is the question",
        "   -- transactional: false",
        "-- phase: expand the table first",
    ],
)
def test_prose_below_the_first_statement_is_prose(line: str) -> None:
    assert header(f"-- s\nSELECT 1;\n{line}\nSELECT 2;").summary == "s"


def test_bytes_that_are_no_text_do_not_stop_the_summary() -> None:
    script = Script.normalise("f.sql", "-- für alle\nSELECT 1;".encode("latin-1"))
    assert parse_header(script).summary == "f\ufffdr alle"
