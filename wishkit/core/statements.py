"""Split SQL text into statements, exactly as the server would, and know what each one is.

PostgreSQL's own grammar (libpg_query, through postgast) does the splitting, so nested comments,
tagged dollar quotes, SQL-standard function bodies and a column named "begin" are no special cases.
This is the only module that imports the parser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from wishkit.core.syntax import syntax_error
from wishkit.errors import MigrationFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wishkit.core.script import Script

# A statement boundary is looked for behind this many bytes; what lies before it is parsed in one
# go. Larger windows cost memory (the parse tree), smaller ones calls. Measured: 64 KiB to 1 MiB
# differ by less than 5 %, the whole of a 20 MB file at once takes three times as long.
WINDOW = 256 * 1024

_WORD = re.compile(rb"[A-Za-z_]+")
_PLAIN_INSERT = re.compile(rb"INSERT\s+INTO\s[^;'(]+(?:\([^)']*\)\s*)?VALUES\b", re.IGNORECASE)
_END_OF_DATA = re.compile(rb"^\\\.(?:\n|\Z)", re.MULTILINE)
# STDIN and, looked ahead, the rest of its statement and line: where COPY data would begin. Only a
# guess, which the parser then confirms; its length is limited so that a wrong one costs little.
_STDIN = re.compile(
    rb"\bSTDIN\b(?=("
    rb"(?:--[^\n]*+|/\*(?:/\*.*?\*/|.)*?\*/|'[^'\n]*+'|\"[^\"\n]*+\"|[^;'\"]){0,4000}+;[^\n]*\n))",
    re.IGNORECASE | re.DOTALL,
)


class Span(NamedTuple):
    r"""Where one statement lies, in byte offsets of its script.

    Attributes:
        start: its first byte, behind comments and white space.
        end: behind its last byte, before the semicolon.
        data: the lines behind ``COPY … FROM stdin;``, without the closing ``\\.``.
    """

    start: int
    end: int
    data: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, parsed.

    Attributes:
        index: 1-based position in its script.
        span: where it lies.
        tree: its parse tree as libpg_query writes it in JSON: one key, the type of the node
            (``CreateStmt``), with the node's fields as value.
    """

    index: int
    span: Span
    tree: Mapping[str, Any]

    @property
    def node(self) -> str:
        """Type of the parse tree, such as ``CreateStmt``."""
        return next(iter(self.tree))


def split(script: Script) -> list[Span]:
    """Find the statements of a script and prove that each one parses.

    Raises:
        MigrationFileError: ``syntax`` (with the parser's words), ``psql-command`` or
            ``copy-data``, at file:line:column.
    """
    return list(_spans(script))


def _spans(script: Script) -> Iterator[Span]:
    source, offset, seen = script.source, 0, 0
    # The plain search is a hundred times quicker, and most files hold no data.
    ends = _END_OF_DATA.finditer(source) if b"\n\\." in source else ()
    for end in ends:
        if copy := _copy_before(script, offset, seen, end.start()):
            *before, statement = copy
            yield from before
            yield statement
            offset = end.end()
        seen = end.end()
    try:
        yield from _parse_windows(script, offset, len(source))
    except MigrationFileError:
        if copy := _copy_before(script, offset, seen, len(source)):
            raise _no_end_of_data(script, copy[-1]) from None
        raise


def _copy_before(script: Script, start: int, seen: int, stop: int) -> list[Span] | None:
    """The statements up to the first COPY … FROM stdin, which comes last, with its data.

    A closing line inside a string, a comment or a function body has no COPY before it: a text that
    is cut there does not parse.

    Args:
        script: the text.
        start: where a statement begins.
        seen: no COPY that counts ends before.
        stop: where its data would end.
    """
    for word in _STDIN.finditer(script.source, seen, stop):
        data = word.end(1)
        try:
            spans = list(_parse_windows(script, start, data))
        except MigrationFileError:
            continue
        if (
            spans
            and _reads_stdin(script, spans[-1])
            and b";" in script.source[spans[-1].end : data]
        ):
            return [*spans[:-1], spans[-1]._replace(data=(data, stop))]
    return None


def _reads_stdin(script: Script, span: Span) -> bool:
    if keyword(script, span) != "COPY":
        return False
    copy = parse(script, span, index=0).tree["CopyStmt"]
    return copy.get("is_from", False) and "filename" not in copy


def _no_end_of_data(script: Script, copy: Span) -> MigrationFileError:
    return MigrationFileError(
        "the data of COPY … FROM stdin has no end",
        code="copy-data",
        where=script.locate(copy.start, copy.end),
        help="close it with a line that holds nothing but \\.",
    )


def _parse_windows(script: Script, start: int, stop: int) -> Iterator[Span]:
    """Parse piece by piece, so that memory does not grow with the file.

    A piece that ends inside a string, a comment, a dollar quote, parentheses or a function body
    does not parse, or its last statement has no semicolon (the piece's last one is in a line
    comment). Any other therefore ends where a statement ends.
    """
    source = script.source
    window = WINDOW
    while start < stop:
        end = source.find(b";\n", start + window, stop)
        end = stop if end < 0 else end + 1
        spans, error = _parse_spans(source[start:end])
        finished = not spans or start + spans[-1][1] < end
        if error is None and (finished or end == stop):
            for first, last in spans:
                yield Span(start + first, start + last)
            start, window = end, WINDOW
        elif error and end == stop:
            raise syntax_error(script, start, end, error)
        else:
            window *= 4


def _parse_spans(sql: bytes) -> tuple[list[tuple[int, int]], tuple[str, int] | None]:
    """Statement offsets of a piece of SQL, or the parser's message and its 0-based character."""
    import ctypes  # noqa: PLC0415 - heavy, and not needed to find nothing to do

    lib = _parser()
    result = lib.pg_query_split_with_parser(sql)
    try:
        if result.error:
            error = result.error.contents
            return [], (error.message.decode(), error.cursorpos - 1)
        # Each item is {int location; int length}; going by address is twice as fast as by
        # ctypes pointers, which shows in a file of 100,000 statements.
        pair = ctypes.c_int * 2
        addresses = ctypes.cast(result.stmts, ctypes.POINTER(ctypes.c_void_p))[: result.n_stmts]
        pairs = map(pair.from_address, addresses)
        return [(start, start + length) for start, length in pairs], None
    finally:
        lib.pg_query_free_split_result(result)


@cache
def _parser() -> Any:  # noqa: ANN401 - a ctypes library
    """libpg_query, bound by ``postgast.native``.

    That one file is loaded alone: the package around it imports protobuf and a class for every
    node of a tree, which we read as JSON, and would double the start of every run with work to do.
    """
    from importlib import util  # noqa: PLC0415 - as above

    package = util.find_spec("postgast")
    folder = package.submodule_search_locations if package else None
    if not folder:
        raise ImportError("postgast is not installed")
    spec = util.spec_from_file_location("postgast_native", f"{folder[0]}/native.py")
    if spec is None or spec.loader is None:
        raise ImportError("postgast has no native module")
    native = util.module_from_spec(spec)
    spec.loader.exec_module(native)
    return native.lib


def tokens(sql: bytes) -> Iterator[tuple[int, int]]:
    """Where each word, constant and sign of a statement lies, in bytes; comments are left out.

    The scanner answers in protobuf's wire format: the version, then one message a token, of small
    numbers only: 1 start, 2 end, 4 kind, 5 class of keyword (pg_query.proto, ScanResult).
    """
    import ctypes  # noqa: PLC0415 - heavy, and not needed to find nothing to do

    lib = _parser()
    result = lib.pg_query_scan(sql)
    try:
        data = ctypes.string_at(result.pbuf.data, result.pbuf.len)
    finally:
        lib.pg_query_free_scan_result(result)
    at = 0
    while at < len(data):
        field, at = _varint(data, at)
        value, at = _varint(data, at)
        if field != _TOKEN:
            continue
        stop, found = at + value, {_START: 0}
        while at < stop:
            field, at = _varint(data, at)
            found[field], at = _varint(data, at)
        start, end = found[_START], found[_END]
        if not sql.startswith((b"--", b"/*"), start, end):
            yield start, end


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number in protobuf's wire format, and where the next one begins."""
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:  # noqa: PLR2004 - the bit that says there is more
            return value, at


# Number of a field, times eight, plus how it is encoded: 2 has its length in front, 0 is a number.
_TOKEN = 2 << 3 | 2
_START = 1 << 3
_END = 2 << 3


def keyword(script: Script, span: Span) -> str:
    """The first word of a statement, in capitals."""
    word = _WORD.match(script.source, span.start, span.end)
    return word.group().decode().upper() if word else ""


def insert_target(script: Script, span: Span) -> bytes | None:
    """``INSERT INTO … VALUES`` as it stands before the values; None for anything else."""
    insert = _PLAIN_INSERT.match(script.source, span.start, min(span.end, span.start + 2000))
    return insert.group() if insert else None


def parse(script: Script, span: Span, *, index: int) -> Statement:
    """Parse one statement into a tree of plain values."""
    import msgspec.json  # noqa: PLC0415 - heavy, and not needed to find nothing to do

    lib = _parser()
    result = lib.pg_query_parse(script.source[span.start : span.end])
    try:
        tree = msgspec.json.decode(result.parse_tree)
    finally:
        lib.pg_query_free_parse_result(result)
    return Statement(index, span, tree["stmts"][0]["stmt"])


def write(tree: Mapping[str, Any]) -> str:
    """The text of one statement, from a tree such as ``parse`` gives; on one line, no semicolon.

    Raises:
        ValueError: the tree is none of a statement.
    """
    import ctypes  # noqa: PLC0415 - as in _parse_spans
    from importlib import import_module  # noqa: PLC0415 - as above

    # libpg_query takes trees as protobuf only, which has no types here, or some that do not parse.
    json_format: Any = import_module("google.protobuf.json_format")
    messages: Any = import_module("postgast.pg_query_pb2")
    native: Any = import_module("postgast.native")
    result = json_format.ParseDict({"stmts": [{"stmt": tree}]}, messages.ParseResult())
    data = result.SerializeToString()
    buffer = ctypes.create_string_buffer(data, len(data))
    address = ctypes.cast(buffer, ctypes.c_void_p).value
    answer = native.lib.pg_query_deparse_protobuf(native.PgQueryProtobuf(len(data), address))
    try:
        if answer.error:
            raise ValueError(answer.error.contents.message.decode())
        text: bytes = answer.query
        return text.decode()
    finally:
        native.lib.pg_query_free_deparse_result(answer)


def parse_plpgsql(script: Script, span: Span) -> list[Any]:
    """Parse the body of a DO; empty where it does not parse, which the server will tell better."""
    import msgspec.json  # noqa: PLC0415 - as above

    lib = _parser()
    result = lib.pg_query_parse_plpgsql(script.source[span.start : span.end])
    try:
        return [] if result.error else list(msgspec.json.decode(result.plpgsql_funcs))
    finally:
        lib.pg_query_free_plpgsql_parse_result(result)
