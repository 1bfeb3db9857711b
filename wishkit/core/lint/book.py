"""The one table of rules, and what registers the functions that look for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from wishkit.core.enums import ENUM_SWAP
from wishkit.core.hazards import STALLS
from wishkit.core.hazards.pileup import PILE_UP
from wishkit.core.hazards.rules import RULES as HAZARDS
from wishkit.core.lint.model import Rule
from wishkit.core.rehearsal import ROWS_LOST

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wishkit.core.lint.reading import Around, File, Pair
    from wishkit.errors import Location


def _refused(name: str, summary: str) -> Rule:
    return Rule(name, summary, "error", refused=True)


def _against(name: str, summary: str) -> Rule:
    return Rule(name, summary, "error", refused=True, seen="ledger or base")


_TABLE = (
    # Files and their names
    _refused("file-name", "a file that is not named like a migration"),
    _refused("duplicate-number", "a number that two migrations have"),
    Rule("number-gap", "a number that is left out", "warning"),
    _refused("forward-missing", "a backward file without its forward file"),
    _refused("backward-missing", "a forward file without its backward file, and no reason why"),
    _refused("irreversible-twice", "a backward file of what is said to be irreversible"),
    _refused("unreadable", "a file that cannot be read"),
    # Text and header
    _refused("not-utf8", "a text that is not UTF-8"),
    _refused("nul-byte", "a NUL byte"),
    _refused("empty-migration", "a file without a statement: empty, or comments only"),
    _refused("syntax", "SQL that does not parse"),
    _refused("psql-command", "a command that only psql understands"),
    _refused("copy-data", "COPY without its data, or to nobody"),
    _refused("nonstandard-strings", "standard_conforming_strings turned off"),
    _refused("unknown-directive", "a directive that does not exist"),
    _refused("directive-value", "a directive whose value is not understood"),
    _refused("directive-twice", "a directive that is given twice"),
    _refused("directive-misplaced", "a directive where it is a mere comment, or does not belong"),
    _refused("unknown-dependency", "a dependency on a migration that does not exist"),
    _refused("dependency-cycle", "migrations that depend on each other"),
    Rule("summary-missing", "a file whose first comment line does not say what it is", "warning"),
    # Transactions
    _refused("transaction-control", "BEGIN, COMMIT, ROLLBACK or SAVEPOINT in a file"),
    _refused("needs-autocommit", "what cannot run in a transaction, in a file that is one"),
    Rule("needless-autocommit", "a file outside a transaction that could be in one", "warning"),
    Rule(
        "several-autocommit",
        "more than one statement that cannot run in a transaction in one file",
        "warning",
    ),
    _refused("unnamed-index", "an index without a name, built CONCURRENTLY"),
    Rule("concurrently-if-not-exists", "IF NOT EXISTS on an index built CONCURRENTLY", "error"),
    _refused("batch-transactional", "a file that runs in batches, in one transaction"),
    _refused("batch-statement", "a file that cannot run in batches"),
    _refused("new-enum-value", "an enum value used in the transaction that adds it"),
    # What keeps clients waiting
    *(
        Rule(name, (rule.__doc__ or "").split("\n", 1)[0].rstrip("."), "error")
        for name, rule in HAZARDS.items()
    ),
    Rule(PILE_UP, "one transaction that blocks one table after another", "warning"),
    Rule("index-drop-blocks", "DROP INDEX without CONCURRENTLY", "warning"),
    Rule(ENUM_SWAP, "another type for a column of an enum", "error", seen="run"),
    Rule(STALLS, "a statement that made clients wait while it ran", "error", seen="run"),
    # What destroys data, or breaks the release that is running
    Rule(ROWS_LOST, "rows that a rehearsal does not find as they were", "error", seen="run"),
    Rule("drop-table", "DROP TABLE", "error"),
    Rule("drop-column", "DROP COLUMN", "error"),
    Rule("drop-type", "DROP TYPE or DROP DOMAIN", "error"),
    Rule("drop-schema", "DROP SCHEMA", "error"),
    Rule("truncate", "TRUNCATE", "error"),
    Rule("delete-all", "DELETE without WHERE", "error"),
    Rule("update-all", "UPDATE without WHERE", "error"),
    Rule("rename-table", "another name for a table or view that is in use", "error"),
    Rule("rename-column", "another name for a column that is in use", "error"),
    Rule("required-column", "a new column that is NOT NULL, without a default", "error"),
    # Habits
    Rule("backward-forgets", "a backward file that leaves what the forward file made", "error"),
    Rule("comment-missing", "something new without a COMMENT", "warning"),
    Rule("returns-rows", "a statement whose rows go to nobody", "warning"),
    Rule("search-path", "SET search_path without LOCAL", "warning"),
    Rule("newer-syntax", "what the target server is too old for", "error"),
    # What was applied, here or on the base branch
    _against("changed", "an applied migration that was edited"),
    _against("file-missing", "an applied migration whose file is gone"),
    _against("renamed", "an applied migration under another name"),
    _against("out-of-order", "a new migration numbered below an applied one"),
    Rule(
        "number-collides",
        "a new migration with a number that the base branch gave to another",
        "error",
        refused=True,
        seen="base",
    ),
    # Exceptions
    Rule("unknown-allow", "an exception from a rule that does not exist or knows none", "error"),
    Rule("unused-allow", "an exception from a rule that nothing breaks", "warning"),
)
RULES: dict[str, Rule] = {rule.name: rule for rule in _TABLE}


class Spot(NamedTuple):
    """What a rule has found.

    Attributes:
        where: the place.
        message: what blocks or breaks, in one sentence.
        help: what to write instead.
    """

    where: Location
    message: str
    help: str | None = None


FileCheck = Callable[["File", "Around"], "Iterable[Spot]"]
PairCheck = Callable[["Pair", "Around"], "Iterable[Spot]"]
FolderCheck = Callable[["Sequence[Pair]", "Around"], "Iterable[Spot]"]
# The functions that look, by the name of their rule.
FILE_CHECKS: dict[str, FileCheck] = {}
PAIR_CHECKS: dict[str, PairCheck] = {}
FOLDER_CHECKS: dict[str, FolderCheck] = {}


def of_file(name: str) -> Callable[[FileCheck], FileCheck]:
    """Register a function that looks at one file, whichever direction it has."""
    return _registered(FILE_CHECKS, name)


def of_pair(name: str) -> Callable[[PairCheck], PairCheck]:
    """Register a function that looks at a migration, forward and backward."""
    return _registered(PAIR_CHECKS, name)


def of_folder(name: str) -> Callable[[FolderCheck], FolderCheck]:
    """Register a function that looks at all migrations together."""
    return _registered(FOLDER_CHECKS, name)


_Check = TypeVar("_Check")


def _registered(checks: dict[str, _Check], name: str) -> Callable[[_Check], _Check]:
    def register(check: _Check) -> _Check:
        checks[RULES[name].name] = check
        return check

    return register


def few(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"


_SHOWN = 3
