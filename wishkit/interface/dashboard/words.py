"""Values as pages show them: times, SQL, durations; everything without secrets."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from wishkit.core.redact import redact
from wishkit.interface.output import byte_words

if TYPE_CHECKING:
    from wishkit.core.live import Running

_URI = r"\b(postgres(?:ql)?://)[^\s'\"<>]+"
_SHORT = 200  # characters
_LONGEST = 200_000  # characters of SQL that are shown: nobody reads a dump in a browser
_STEPS = ((60.0, 60.0, "min"), (90 * 60.0, 3600.0, "h"), (36 * 3600.0, 86400.0, "day"))
_JUST_NOW = 45.0  # seconds


def without_secrets(value: object) -> object:
    """Every text on its way into a page; what is HTML already was a text before."""
    return clean(value) if type(value) is str else value


def clean(text: str) -> str:
    """A text without passwords, and without addresses of databases."""
    return _short_and_clean(text) if len(text) < _SHORT else _clean(text)


@lru_cache(maxsize=20_000)  # names and states, which a page says a thousand times
def _short_and_clean(text: str) -> str:
    return _clean(text)


def _clean(text: str) -> str:
    return re.sub(_URI, r"\1…", redact(text), flags=re.IGNORECASE)


def when(at: datetime | None, now: datetime, *, absolute: bool) -> Markup:
    """A moment: how long ago, and exactly when for who asks.

    Args:
        at: the moment; UTC where it does not say.
        now: when it is read.
        absolute: it may be read at any time.
    """
    if at is None:
        return Markup("")
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    exact = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    text = f"{at:%Y-%m-%d %H:%M} UTC" if absolute else ago((now - at).total_seconds())
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        f"{at:%Y-%m-%dT%H:%M:%SZ}", exact, text
    )


def ago(seconds: float) -> str:
    """How long ago, or how soon: ``just now``, ``2 min ago``, ``in 3 days``; as live.js has it."""
    distance = abs(seconds)
    if distance < _JUST_NOW:
        return "just now"
    unit, word = 60.0, "min"
    for least, each, name in _STEPS:
        if distance >= least:
            unit, word = each, name
    number = max(1, round(distance / unit))
    plural = "s" if word == "day" and number > 1 else ""
    text = f"{number} {word}{plural}"
    return f"{text} ago" if seconds > 0 else f"in {text}"


def highlighted(sql: str) -> Markup:
    """SQL as HTML: an element a line, and classes that the style sheet colours."""
    return _highlighted(clean(sql))


@lru_cache(maxsize=512)
def _highlighted(sql: str) -> Markup:
    from pygments import highlight  # noqa: PLC0415 - heavy

    shown, more = sql[:_LONGEST], len(sql) > _LONGEST
    lexer, formatter = _tools()
    lines = highlight(shown.rstrip("\n"), lexer, formatter).rstrip("\n").split("\n")
    html = Markup("").join(Markup("<span class=l>{}\n</span>").format(Markup(it)) for it in lines)  # noqa: S704 - Pygments escapes
    if more:
        rest = sql.count("\n", _LONGEST)
        html += Markup("<span class=more>… {} more lines</span>").format(f"{rest:,}")
    return html


@lru_cache(maxsize=1)
def _tools() -> tuple[Any, Any]:
    from pygments.formatters import HtmlFormatter  # noqa: PLC0415 - heavy
    from pygments.lexers import PostgresLexer  # noqa: PLC0415 - heavy

    return PostgresLexer(stripnl=False, ensurenl=False), HtmlFormatter(nowrap=True)


def diff_lines(text: str) -> Markup:
    """A unified diff as HTML: what is gone and what is new."""
    kinds = {"+": "new", "-": "gone", "@": "place"}
    return Markup("").join(
        Markup("<span class='l {}'>{}\n</span>").format(kinds.get(it[:1], ""), escape(it))
        for it in clean(text).splitlines()
    )


def progress_words(run: Running) -> str:
    """How far a run is, in words: ``40 %, 1,200 of 3,000 blocks, building index``."""
    told = run.progress
    parts = [] if run.fraction is None else [f"{run.fraction:.0%}"]
    if told:
        parts.insert(0, told.phase)
        if told.done is not None and told.unit == "bytes":
            total = f" of {byte_words(told.total)}" if told.total else ""
            parts.append(f"{byte_words(told.done)}{total}")
        elif told.done is not None:
            total = f" of {told.total:,}" if told.total else ""
            parts.append(f"{told.done:,}{total} {told.unit}".rstrip())
        if told.detail:
            parts.append(told.detail)
        if told.waiting_for:
            parts.append(f"waits for {told.waiting_for}")
    return ", ".join(parts)
