"""Every error wishkit raises on purpose, as one tree.

    WishkitError
    ├── UsageError              2  the command line asks for something that cannot be
    ├── ConfigError             2  wishkit.toml or the environment cannot be understood
    ├── MigrationFileError      2  a file of the sql folder cannot work; nothing was run
    ├── PlanError               2  files and ledger do not fit together; nothing was run
    ├── ConsentNeeded           1  the answer is no until somebody says yes
    ├── PromiseBroken           1  a probe found that something is not as it should be
    ├── ProbeError              2  a probe could not be asked
    ├── SeedFailed              3  seeds failed and were rolled back
    ├── ConnectError            2  no usable connection to the database
    ├── ServerError             2  the embedded or scratch server cannot do what was asked
    ├── LockHeld                2  another run is at work
    ├── LedgerError             2  the ledger cannot be read or written as it stands
    ├── CompareError            2  what the database should be cannot be found out
    ├── BackupError             2  a backup cannot be made, read or restored here
    ├── BackupUnfit             1  a backup was looked at, and is not what it should be
    ├── GateClosed              1  something has to be there before a run, and is not
    ├── MigrationFailed         3  rolled back; earlier migrations of the run stand
    ├── MigrationPartial        4  stopped part-way outside a transaction; the next run resumes
    ├── OutcomeUnknown          4  the connection went away and the ledger could not be asked
    └── Interrupted           130  asked to stop; says what state that leaves

The number is the exit status. ``code`` names the case more finely (``unknown-directive``,
``wrong-password``) and is what docs/errors.md lists: scripts may rely on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a text file.

    Attributes:
        path: the file as the user would name it (relative where possible), or what stands for
            it, such as ``ledger:0007_add_wishlist``.
        line: 1-based.
        column: 1-based, counted in characters.
        text: the whole source line, without its line ending.
        length: how many characters from ``column`` on are meant; at least 1.
    """

    path: str
    line: int
    column: int = 1
    text: str = ""
    length: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


class WishkitError(Exception):
    """What went wrong, where, what state that leaves, and what to do next.

    Args:
        message: one sentence in lower case, no full stop.
        code: kebab-case name of the case; defaults to the class's own.
        where: the place in a file that is to blame.
        help: what to do next; may hold several lines and ready SQL.
        state: what state the database is in now.
        notes: further facts, each one line or a block (a diff, a list of blockers).
    """

    default_code: ClassVar[str] = "error"
    default_state: ClassVar[str | None] = None
    exit_status: ClassVar[int] = 2

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        where: Location | None = None,
        help: str | None = None,  # noqa: A002 - the word users see in front of it
        state: str | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.where = where
        self.help = help
        self.state = state or self.default_state
        self.notes = notes


class UsageError(WishkitError):
    """The command line asks for something that cannot be."""

    default_code = "usage"


class ConfigError(WishkitError):
    """wishkit.toml or an environment variable cannot be understood."""

    default_code = "config"


class MigrationFileError(WishkitError):
    """A file of the sql folder cannot work as it stands; nothing was run."""

    default_code = "migration-file"
    default_state = "nothing was run"


class PlanError(WishkitError):
    """Files and ledger do not fit together; nothing was run."""

    default_code = "plan"
    default_state = "nothing was run"


class ConsentNeeded(WishkitError):
    """The answer is no until somebody says yes; nothing was run."""

    default_code = "consent-needed"
    default_state = "nothing was run"
    exit_status = 1


class PromiseBroken(WishkitError):
    """A probe found that something is not as it should be; what it did was rolled back."""

    default_code = "promise-broken"
    exit_status = 1


class ProbeError(WishkitError):
    """A probe could not be asked, so nothing is known; what it did was rolled back."""

    default_code = "not-asked"


class SeedFailed(WishkitError):
    """Seeds failed; everything that they did was rolled back."""

    default_code = "seed-failed"
    exit_status = 3


class ConnectError(WishkitError):
    """There is no usable connection to the database; nothing was run."""

    default_code = "connect"


class ServerError(WishkitError):
    """The embedded or scratch server cannot do what was asked."""

    default_code = "server"


class LockHeld(WishkitError):
    """Another run is at work on the same database."""

    default_code = "lock-held"


class LedgerError(WishkitError):
    """The ledger cannot be read or written as it stands."""

    default_code = "ledger"


class CompareError(WishkitError):
    """What the database should consist of cannot be found out; nothing was written to it."""

    default_code = "compare"


class BackupError(WishkitError):
    """A backup cannot be made, read or restored here; that says nothing about its worth."""

    default_code = "backup"


class BackupUnfit(WishkitError):
    """A backup was looked at, and is not what it was made as; the database is untouched."""

    default_code = "backup-damaged"
    exit_status = 1


class GateClosed(WishkitError):
    """Something has to be there before a run, and is not; nothing was run."""

    default_code = "gate"
    default_state = "nothing was run"
    exit_status = 1


class MigrationFailed(WishkitError):
    """A migration failed and was rolled back; earlier ones of the run stand."""

    default_code = "migration-failed"
    exit_status = 3


class MigrationPartial(WishkitError):
    """A non-transactional migration stopped part-way; the next run resumes it."""

    default_code = "migration-partial"
    exit_status = 4


class OutcomeUnknown(WishkitError):
    """The connection went away and the ledger could not be asked how it ended."""

    default_code = "outcome-unknown"
    exit_status = 4


class Interrupted(WishkitError):
    """The run was asked to stop, and did."""

    default_code = "interrupted"
    exit_status = 130
