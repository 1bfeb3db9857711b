"""Rules about what runs in one transaction, and what cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.core.lint.book import Spot, of_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.core.lint.reading import Around, File, Told
    from wishkit.errors import Location


@of_file("needless-autocommit")
def _needless(file: File, _around: Around) -> Iterator[Spot]:
    if file.transactional or file.header.batch or not file.statements:
        return
    if any(map(_gains, file.statements)):
        return
    inherited = file.header.transactional is None
    yield Spot(
        file.statements[0].where if inherited else _directive(file),
        "nothing here needs to be outside a transaction: if a statement fails, those before it stay"
        + (", because the forward file says transactional: false" if inherited else ""),
        "say in its header: -- transactional: true" if inherited else "remove this line",
    )


def _gains(it: Told) -> bool:
    """Whether a statement cannot be in a transaction, or is better off in one of its own."""
    return (
        it.effects.autocommit
        or it.statement.node in {"DoStmt", "CallStmt"}  # they may commit on their way
        or bool(it.effects.scans or it.effects.rewrites)  # whose locks should end with them
    )


def _directive(file: File) -> Location:
    at = file.script.source.lower().find(b"transactional")
    return file.script.locate(at, at + len("transactional"))


@of_file("several-autocommit")
def _several(file: File, around: Around) -> Iterator[Spot]:
    alone = [it for it in file.statements if it.effects.autocommit]
    # Indexes that become one index are one piece of work.
    several = [it for it in alone if not _part_of_another(it, around)]
    if file.transactional or len(several) < 2:  # noqa: PLR2004 - two are several
        return
    for it in several[1:]:
        yield Spot(
            it.where,
            f"a second statement that cannot be undone together with the first (line "
            f"{several[0].line}): if it fails, the migration stays half-done",
            "move it into a migration of its own, with its way back",
        )


def _part_of_another(it: Told, around: Around) -> bool:
    return it.tree.get("IndexStmt", {}).get("idxname") in around.attached


@of_file("concurrently-if-not-exists")
def _if_not_exists(file: File, _around: Around) -> Iterator[Spot]:
    for it in file.statements:
        index = it.tree.get("IndexStmt", {})
        if index.get("concurrent") and index.get("if_not_exists"):
            at = it.text.upper().find("IF NOT EXISTS")
            start = it.span.start + len(it.text[: max(at, 0)].encode())
            yield Spot(
                file.script.locate(start, start + len("IF NOT EXISTS")),
                "a build that was broken off leaves an INVALID index of this name, and IF NOT "
                "EXISTS takes it for the finished one",
                "leave it out: wishkit looks whether the index is there, valid and the same, and "
                "builds a broken one anew",
            )
