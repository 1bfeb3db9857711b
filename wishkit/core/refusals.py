"""Statements that cannot work in a migration, each with the reason and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.core.locks.tree import nodes
from wishkit.core.syntax import nonstandard_strings
from wishkit.errors import MigrationFileError

if TYPE_CHECKING:
    from collections.abc import Callable

    from wishkit.core.locks import Effects
    from wishkit.core.statements import Statement


def refusal(
    statement: Statement, what: Effects, *, transactional: bool
) -> MigrationFileError | None:
    """Why a statement would fail, or do what nobody expects; None if it may run.

    Args:
        statement: parsed.
        what: its effects.
        transactional: whether its file runs as one transaction.

    Returns:
        ``transaction-control``, ``nonstandard-strings``, ``copy-data``, ``needs-autocommit`` or
        ``unnamed-index``, still without a place.
    """
    answers = (check(statement, what) for check in _CHECKS)
    error = next(filter(None, answers), None)
    if error is None and what.autocommit and transactional:
        error = MigrationFileError(
            f"{what.command} cannot run inside a transaction",
            code="needs-autocommit",
            help="move it into a migration of its own that says `-- transactional: false`",
        )
    return error


def _transaction_control(statement: Statement, what: Effects) -> MigrationFileError | None:
    # COMMIT PREPARED and ROLLBACK PREPARED end somebody else's transaction.
    if statement.node != "TransactionStmt" or what.autocommit:
        return None
    return MigrationFileError(
        "a migration does not begin or end transactions: wishkit does",
        code="transaction-control",
        help="remove it: the file and its line in the ledger are one transaction. What must not "
        "run in one goes into a file that says `-- transactional: false`",
    )


def _strings_off(statement: Statement, _what: Effects) -> MigrationFileError | None:
    if all(value.lower() in _ON for value in _string_settings(statement)):
        return None
    return nonstandard_strings()


_ON = frozenset({"on", "true", "yes", "1"})


def _string_settings(statement: Statement) -> list[str]:
    """The values a statement gives to standard_conforming_strings in this session."""
    fields = statement.tree.get("VariableSetStmt", {})
    calls = nodes(statement.tree.get("SelectStmt"), "FuncCall")
    given = [
        (fields.get("name", ""), fields.get("args", ())),
        *(
            (_constant(call["args"][0]), call["args"][1:])
            for call in calls
            if call["funcname"][-1]["String"]["sval"] == "set_config" and "args" in call
        ),
    ]
    # RESET and TO DEFAULT give no value: wishkit's sessions start with it on.
    return [
        _constant(values[0])
        for name, values in given
        if name.lower() == "standard_conforming_strings" and values
    ]


def _constant(tree: object) -> str:
    """A literal as text; empty for anything that only running it would tell."""
    for constant in nodes([tree], "A_Const"):
        for kind in ("sval", "ival", "boolval"):
            if kind in constant:
                return str(constant[kind].get(kind, ""))
    return ""


def _copy_to_nobody(statement: Statement, _what: Effects) -> MigrationFileError | None:
    fields = statement.tree.get("CopyStmt")
    if fields is None or statement.span.data is not None or "filename" in fields:
        return None
    if fields.get("is_from", False):
        return MigrationFileError(
            "COPY … FROM stdin without data",
            code="copy-data",
            help="write the data in the lines behind it, and close it with a line that holds "
            "nothing but \\.",
        )
    return MigrationFileError(
        "COPY … TO stdout has nobody to write to",
        code="copy-data",
        help="a migration returns no data: use psql, or COPY … TO a file on the server",
    )


def _unnamed_index(statement: Statement, what: Effects) -> MigrationFileError | None:
    if not what.autocommit or "idxname" in statement.tree.get("IndexStmt", {"idxname": ""}):
        return None
    return MigrationFileError(
        "an index that is built CONCURRENTLY needs a name",
        code="unnamed-index",
        help="without one, nobody can tell after a crash whether it is there",
    )


_CHECKS: tuple[Callable[[Statement, Effects], MigrationFileError | None], ...] = (
    _transaction_control,
    _strings_off,
    _copy_to_nobody,
    _unnamed_index,
)
