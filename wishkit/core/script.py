"""The text of one SQL file, normalised, and the way from an offset in it to file:line:column."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from wishkit.errors import Location, MigrationFileError

BOM = b"\xef\xbb\xbf"
# Round trips are what costs, so statements travel together; this many bytes at the most, so that
# memory stays flat and progress is seen.
MESSAGE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Script:
    """One SQL text, whether it came from a file or from the ledger.

    Attributes:
        path: the file as the user would name it, or ``ledger:0007_add_wishlist``.
        source: UTF-8 without byte order mark and with LF line endings. Offsets everywhere in
            wishkit are byte offsets into it.
    """

    path: str
    source: bytes

    @classmethod
    def normalise(cls, path: str, data: bytes) -> Script:
        """Accept a byte order mark and CRLF, so that neither changes checksum nor database."""
        data = data.removeprefix(BOM)
        if b"\r\n" in data:
            data = data.replace(b"\r\n", b"\n")
        return cls(path, data)

    def check_text(self) -> None:
        """Refuse what PostgreSQL could not be sent.

        Raises:
            MigrationFileError: ``nul-byte`` or ``not-utf8``, at the first such byte.
        """
        nul = self.source.find(b"\0")
        if nul >= 0:
            raise MigrationFileError(
                "a NUL byte cannot be part of SQL",
                code="nul-byte",
                where=self.locate(nul),
                help="is this a UTF-16 or binary file? Save it as UTF-8 text.",
            )
        try:
            self.source.decode()
        except UnicodeDecodeError as error:
            byte = self.source[error.start]
            raise MigrationFileError(
                f"byte 0x{byte:02x} is not valid UTF-8",
                code="not-utf8",
                where=self.locate(error.start),
                help=f"if the file is Latin-1: iconv -f latin1 -t utf-8 '{self.path}'",
            ) from None

    def locate(self, start: int, end: int | None = None) -> Location:
        """Turn byte offsets into a place.

        Args:
            start: byte offset of what is meant.
            end: byte offset behind it; what lies beyond the first line is not underlined.
        """
        start = max(0, min(start, len(self.source)))
        begin = self.source.rfind(b"\n", 0, start) + 1
        stop = self.source.find(b"\n", start)
        stop = len(self.source) if stop < 0 else stop
        span = self.source[start : min(end, stop)] if end is not None else b"."
        return Location(
            path=self.path,
            line=self.source.count(b"\n", 0, start) + 1,
            column=len(self.source[begin:start].decode(errors="replace")) + 1,
            text=self.source[begin:stop].decode(errors="replace"),
            length=max(1, len(span.decode(errors="replace").rstrip())),
        )


def checksum(forward: bytes, backward: bytes | None) -> str:
    r"""SHA-256 over the normalised pair, as 64 hexadecimal digits.

    A NUL byte, which no SQL text can hold, stands between the two, so that moving a line from
    one file to the other is seen: ``(cat F; printf '\0'; cat B) | sha256sum``.
    """
    digest = hashlib.sha256(forward)
    if backward is not None:
        digest.update(b"\0")
        digest.update(backward)
    return digest.hexdigest()
