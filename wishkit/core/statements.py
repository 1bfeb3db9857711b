"""Split SQL text into statements, exactly as the server would, and know what each one is.

PostgreSQL's own grammar (libpg_query, through postgast) does the splitting, so nested comments,
tagged dollar quotes, SQL-standard function bodies and a column named "begin" are no special cases.
This is the only module that imports the parser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from wishkit.errors import MigrationFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wishkit.core.script import Script

# A statement boundary is looked for behind this many bytes; what lies before it is parsed in one
# go. Larger windows cost memory (the parse tree), smaller ones calls. Measured: 64 KiB to 1 MiB
# differ by less than 5 %, the whole of a 20 MB file at once takes three times as long.
WINDOW = 256 * 1024

_WORD = re.compile(rb"[A-Za-z_]+")
_COPY = re.compile(rb"\bCOPY\b[^;]*?\bFROM\s+STDIN\b[^;]*;[ \t]*\n", re.IGNORECASE)
_PLAIN_INSERT = re.compile(rb"INSERT\s+INTO\s[^;'(]+(?:\([^)']*\)\s*)?VALUES\b", re.IGNORECASE)
_END_OF_DATA = re.compile(rb"^\\\.[ \t]*(?:\n|\Z)", re.MULTILINE)


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
    offset = 0
    for copy_start, data_start in _copies(script):
        yield from _parse_windows(script, offset, copy_start)
        data_end, offset = _copy_data(script, data_start)
        (copy,) = _parse_windows(script, copy_start, data_start)
        yield Span(copy.start, copy.end, (data_start, data_end))
    yield from _parse_windows(script, offset, len(script.source))


def _parse_windows(script: Script, start: int, stop: int) -> Iterator[Span]:
    """Parse piece by piece, so that memory does not grow with the file.

    A piece that ends inside a string, a comment, a dollar quote, parentheses or a function body
    does not parse; one that parses therefore ends where a statement ends.
    """
    source = script.source
    window = WINDOW
    while start < stop:
        end = source.find(b";\n", start + window, stop)
        end = stop if end < 0 else end + 1
        spans, error = _parse_spans(source[start:end])
        if error is None:
            for first, last in spans:
                yield Span(start + first, start + last)
            start, window = end, WINDOW
        elif end == stop:
            raise _syntax_error(script, start, end, error)
        else:
            window *= 4


def _parse_spans(sql: bytes) -> tuple[list[tuple[int, int]], tuple[str, int] | None]:
    """Statement offsets of a piece of SQL, or the parser's message and its 0-based character."""
    import ctypes  # noqa: PLC0415 - heavy, and not needed to find nothing to do

    from postgast.native import lib  # noqa: PLC0415

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


def _syntax_error(
    script: Script, start: int, stop: int, error: tuple[str, int]
) -> MigrationFileError:
    message, position = error
    piece = script.source[start:stop].decode(errors="replace")
    offset = start + len(piece[: max(position, 0)].encode())
    near = re.search(r'at or near "(.*)"$', message, re.DOTALL)
    word = near.group(1).encode() if near else b""
    where = script.locate(offset, offset + max(1, len(word)))
    if where.text.lstrip().startswith("\\"):
        command = where.text.split()[0]
        return MigrationFileError(
            f"{command} is a psql command, not SQL",
            code="psql-command",
            where=where,
            help="only psql understands backslash commands; write it as SQL or remove it",
        )
    help_ = "this is the verdict of PostgreSQL 18's own grammar; nothing was sent to a server"
    if _COPY.search(script.source, 0, offset):
        help_ = "if this is data of COPY … FROM stdin, close it with a line that holds only \\."
    return MigrationFileError(
        message,
        code="syntax",
        where=where,
        help=help_,
    )


def _copies(script: Script) -> Iterator[tuple[int, int]]:
    """(start of the COPY, start of its data) for each COPY … FROM stdin that is a statement."""
    source, offset = script.source, 0
    if b"\n\\." not in source:  # a hundred times quicker to find than COPY itself
        return
    candidate = _COPY.search(source)
    while candidate:
        begins_here = _is_boundary(source[offset : candidate.start()])
        if begins_here:
            yield candidate.span()
            _, offset = _copy_data(script, candidate.end())
        candidate = _COPY.search(source, offset if begins_here else candidate.start() + 1)


def _is_boundary(prefix: bytes) -> bool:
    """Whether a statement may begin behind this text.

    Inside a string, a comment or a function body it may not: then the text alone does not parse.
    """
    spans, error = _parse_spans(prefix)
    return error is None and (not spans or prefix[spans[-1][1] :].startswith(b";"))


def _copy_data(script: Script, start: int) -> tuple[int, int]:
    """(end of the data, offset behind the closing line)."""
    end = _END_OF_DATA.search(script.source, start)
    if end is None:
        raise MigrationFileError(
            "the data of COPY … FROM stdin has no end",
            code="copy-data",
            where=script.locate(start),
            help="close it with a line that holds only \\.",
        )
    return end.start(), end.end()


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
    from postgast.native import lib  # noqa: PLC0415

    result = lib.pg_query_parse(script.source[span.start : span.end])
    try:
        tree = msgspec.json.decode(result.parse_tree)
    finally:
        lib.pg_query_free_parse_result(result)
    return Statement(index, span, tree["stmts"][0]["stmt"])
