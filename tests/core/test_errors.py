"""What every error carries, and how a person sees it."""

from __future__ import annotations

import pytest

from wishkit import errors
from wishkit.errors import Location, MigrationFailed, MigrationFileError, WishkitError
from wishkit.interface.errors import error_lines

CLASSES = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, WishkitError) and kind is not WishkitError
]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_a_class_has_a_code_of_its_own_that_a_case_may_replace(kind: type[WishkitError]) -> None:
    assert kind("it went wrong").code == kind.default_code != WishkitError.default_code
    assert kind("it went wrong", code="a-case").code == "a-case"
    assert [other for other in CLASSES if other.default_code == kind.default_code] == [kind]
    assert str(kind("it went wrong")) == "it went wrong"


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_what_ran_nothing_says_so_unless_told_better(kind: type[WishkitError]) -> None:
    if "nothing was run" in (kind.__doc__ or "") and kind.default_state:
        assert kind("no").state == "nothing was run"
    else:
        assert kind("no").state is None
    assert kind("no", state="at 0007").state == "at 0007"


def shown(error: WishkitError) -> str:
    return "\n".join(error_lines(error))


def test_everything_an_error_can_say() -> None:
    where = Location(
        "sql/migrations/0010_x.sql", 12, 33, "CREATE INDEX ON wishlist_items (ownr);", 4
    )
    error = MigrationFailed(
        'column "ownr" does not exist',
        where=where,
        notes=("detail: one\ntwo", "SQLSTATE 42703"),
        help='perhaps you meant "owner"',
        state="0010_x was rolled back; the database is at 0009_y",
    )
    assert shown(error) == (
        'error[migration-failed]: column "ownr" does not exist\n'
        "  --> sql/migrations/0010_x.sql:12:33\n"
        "   |\n"
        "12 | CREATE INDEX ON wishlist_items (ownr);\n"
        "   |                                 ^^^^\n"
        "note: detail: one\n"
        "      two\n"
        "note: SQLSTATE 42703\n"
        'help: perhaps you meant "owner"\n'
        "state: 0010_x was rolled back; the database is at 0009_y"
    )


@pytest.mark.parametrize(
    ("text", "column", "length", "line", "mark"),
    [
        ("\t\tSELEC 1;", 3, 5, "\t\tSELEC 1;", "\t\t^^^^^"),
        ("'ü' FRO x", 5, 3, "'ü' FRO x", "    ^^^"),
        ("'漢😀' FRO x", 6, 3, "'漢😀' FRO x", "       ^^^"),
        ("'e\u0301' FRO x", 6, 3, "'e\u0301' FRO x", "    ^^^"),
        ("a\0b \x1b[31m", 2, 1, "a␀b ␛[31m", " ^"),
        ("x" * 5, 2, 99, "xxxxx", " ^^^^"),
        ("", 1, 1, "", ""),
        ("ends here", 10, 1, "ends here", "         ^"),
    ],
)
def test_the_mark_stands_under_what_is_meant(
    text: str, column: int, length: int, line: str, mark: str
) -> None:
    error = MigrationFileError("no", where=Location("f.sql", 1, column, text, length), state="-")
    expected = [" |", f"1 | {line}", f"  | {mark}"] if text else []
    assert error_lines(error)[2:-1] == [" " + bar if bar == " |" else bar for bar in expected]


@pytest.mark.parametrize("column", [1, 50_000, 99_990])
def test_of_a_line_of_a_megabyte_a_piece_is_shown(column: int) -> None:
    text = "x" * (column - 1) + "HERE" + "x" * (100_000 - column)
    error = MigrationFileError("no", where=Location("f.sql", 1, column, text, 4))
    lines = error_lines(error)
    assert max(map(len, lines)) < 250
    start = lines[4].index("^")
    assert lines[3][start : start + 4] == "HERE"


def test_nothing_in_a_text_reaches_the_terminal_as_a_command() -> None:
    error = MigrationFileError("near \x1b[2J", notes=("\x07",), help="\x9b", state="a\rb")
    assert not any(ord(character) < 32 for line in error_lines(error) for character in line)
