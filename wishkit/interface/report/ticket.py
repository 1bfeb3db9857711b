"""A promotion as Markdown, for the ticket of a release."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wishkit.errors import ConfigError
from wishkit.interface.render_promote import rows, verdict, way_back_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.commands.promote import Promotion


def ticket(it: Promotion) -> str:
    """The whole document."""
    return "\n".join(_lines(it)) + "\n"


def _lines(it: Promotion) -> Iterator[str]:
    yield f"# {it.source} → {it.environment}"
    yield ""
    yield verdict(it)
    if it.database:
        yield ""
        yield f"{it.database}, before: {it.position or 'base'}"
    if it.migrations:
        yield from ("", "| migration | what it does | way back |", "|---|---|---|")
    for migration in it.migrations:
        way = f"none: {migration.irreversible}" if migration.irreversible else "yes"
        yield _row(migration.id, migration.summary, way)
    if it.gates:
        yield from ("", "| gate | is | because; what is missing, and who can give it |")
        yield "|---|---|---|"
    for gate in it.gates:
        (name, state, found), *more = rows(it, gate)
        yield _row(name, state, "\n".join([found, *(text for _, _, text in more)]))
    yield from _ending(it)


def _ending(it: Promotion) -> Iterator[str]:
    if it.report and it.report.done:
        yield from ("", "| applied | seconds |", "|---|---|")
        for done in it.report.done:
            yield _row(done.id, f"{done.seconds:.3f}")
    for hook in it.hooks:
        yield from ("", f"hook {hook.stage}: `{hook.run}`, {hook.seconds:.1f} s", "", "```text")
        yield from hook.output
        yield "```"
    if it.error:
        yield from ("", f"error `{it.error.code}`: {it.error.message}")
        yield from ("", *(f"state: {it.error.state}" for _ in range(bool(it.error.state))))
    if it.way_back:
        yield from ("", f"{way_back_words(it)}: `{it.way_back}`")


def _row(*cells: str) -> str:
    texts = (cell.replace("|", r"\|").replace("\n", "<br>") for cell in cells)
    return f"| {' | '.join(texts)} |"


def write(path: str, text: str) -> None:
    """Write it, over what is there.

    Raises:
        ConfigError: ``unwritable``.
    """
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot write {path}: {(error.strerror or str(error)).lower()}",
            code="unwritable",
            help="name another file: --report FILE; the promotion itself is as wishkit status says",
        ) from None
