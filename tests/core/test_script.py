"""A text's places, its normal form, and its checksum."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wishkit.core.script import BOM, Script, checksum
from wishkit.errors import MigrationFileError

LINES = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n")), min_size=1)


@given(LINES, st.data())
def test_offset_to_place_and_back(lines: list[str], data: st.DataObject) -> None:
    source = "\n".join(lines)
    character = data.draw(st.integers(0, len(source)))
    offset = len(source[:character].encode())
    place = Script("f.sql", source.encode()).locate(offset)
    assert lines[place.line - 1] == place.text
    before = "\n".join([*lines[: place.line - 1], place.text[: place.column - 1]])
    assert len(before.encode()) == offset


@given(st.binary(), st.integers(-5, 50), st.integers(-5, 50))
def test_any_bytes_and_any_offsets_have_a_place(data: bytes, start: int, end: int) -> None:
    place = Script("f.sql", data).locate(start, end)
    assert place.line >= 1
    assert place.column >= 1
    assert place.length >= 1


@pytest.mark.parametrize(
    ("text", "meant", "line", "column", "length"),
    [
        ("SELECT 1", "SELECT", 1, 1, 6),
        ("\n\n\t\tx", "x", 3, 3, 1),
        ("'ü€😀' here", "here", 1, 7, 4),
        ("a\nlonger\nthan a line", "longer\nthan", 2, 1, 6),
    ],
)
def test_columns_are_characters_and_marks_stay_on_their_line(
    text: str, meant: str, line: int, column: int, length: int
) -> None:
    start = len(text[: text.index(meant)].encode())
    place = Script("f.sql", text.encode()).locate(start, start + len(meant.encode()))
    assert (place.line, place.column, place.length) == (line, column, length)
    assert str(place) == f"f.sql:{line}:{column}"


@given(LINES)
def test_neither_bom_nor_crlf_changes_the_checksum(lines: list[str]) -> None:
    unix = "\n".join(lines).encode()
    for data in (unix, BOM + unix, "\r\n".join(lines).encode(), BOM + "\r\n".join(lines).encode()):
        if not unix.startswith(BOM):
            assert Script.normalise("f.sql", data).source == unix


def test_the_checksum_is_what_the_manual_says() -> None:
    assert checksum(b"up", b"down") == hashlib.sha256(b"up\0down").hexdigest()
    assert checksum(b"up", None) == hashlib.sha256(b"up").hexdigest()


@given(st.binary(), st.binary(), st.binary())
def test_moving_text_between_the_files_of_a_pair_is_seen(a: bytes, b: bytes, c: bytes) -> None:
    parts = [part.replace(b"\0", b"") for part in (a, b, c)]
    one, other = (parts[0] + parts[1], parts[2]), (parts[0], parts[1] + parts[2])
    assert (checksum(*one) == checksum(*other)) == (one == other)
    assert checksum(parts[0], None) != checksum(parts[0], b"")


@pytest.mark.parametrize(
    ("data", "code", "place"),
    [
        (b"SELECT 1;\nSEL\0ECT", "nul-byte", "f.sql:2:4"),
        ("SELECT 1;".encode("utf-16"), "nul-byte", "f.sql:1:4"),
        ("-- ok\nSELECT 'Größe';".encode("latin-1"), "not-utf8", "f.sql:2:11"),
        (b"\xed\xa0\x80", "not-utf8", "f.sql:1:1"),
        (b"\xff\xfe", "not-utf8", "f.sql:1:1"),
    ],
)
def test_what_the_server_could_not_be_sent_is_refused(data: bytes, code: str, place: str) -> None:
    with pytest.raises(MigrationFileError) as caught:
        Script.normalise("f.sql", data).check_text()
    assert (caught.value.code, str(caught.value.where)) == (code, place)


def test_what_the_server_can_be_sent_is_not_refused() -> None:
    Script.normalise("f.sql", BOM + "SELECT '€😀\u0301';\r\n".encode()).check_text()
