"""Every page of the dashboard, as HTML: which there are, and what each is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context

from wishkit import __version__
from wishkit.interface.dashboard import views
from wishkit.interface.dashboard.chart import timing_chart
from wishkit.interface.dashboard.links import Links, environment_path, migration_path, slug
from wishkit.interface.dashboard.words import (
    diff_lines,
    highlighted,
    progress_words,
    when,
    without_secrets,
)
from wishkit.interface.output import byte_words, count, seconds, whole_seconds

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from jinja2 import Template
    from jinja2.runtime import Context
    from markupsafe import Markup

    from wishkit.commands.board import Board

_PART = "part_"  # blocks of a template that may change while a browser shows the page
# In the order of the navigation: path, title, template, what it shows.
_FIXED: tuple[tuple[str, str, str, Callable[[Board], dict[str, Any]]], ...] = (
    ("", "Overview", "overview.html", views.overview),
    ("running", "Running", "running.html", views.running),
    ("requests", "Requests", "requests.html", views.requests),
    ("drift", "Drift", "drift.html", views.drift),
    ("history", "History", "history.html", views.history),
)
NAVIGATION = tuple((path, title) for path, title, _, _ in _FIXED)
_LINKED = (("migrations", "Migrations", "migrations.html", views.all_migrations),)


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        path: of its address, without the first slash.
        title: what it is about.
        template: that it is made by.
        shows: what the template is given.
    """

    path: str
    title: str
    template: str
    shows: dict[str, Any] = field(default_factory=dict)


class Pages:
    """Makes pages of what was seen.

    Args:
        build: tells these templates and their script from others.
        silence: seconds without a word after which the server counts as away.
        files: pages are files, to be read at any time, without a server.
    """

    def __init__(self, *, build: str, silence: float = 0.0, files: bool = False) -> None:
        self._files = files
        self._templates = Environment(
            loader=PackageLoader("wishkit.interface.dashboard"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=without_secrets,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {
            "when": self._when,
            "seconds": seconds,
            "whole_seconds": whole_seconds,
            "bytes": byte_words,
            "count": count,
            "sql": highlighted,
            "diff": diff_lines,
            "progress": progress_words,
            "slug": slug,
        }
        self._templates.globals |= {
            "version": __version__,
            "build": build,
            "silence": round(silence * 1000),
            "files": files,
            "navigation": NAVIGATION,
            "chart": timing_chart,
            "kind": views.kind,
        }

    def has(self, board: Board, path: str) -> bool:
        """Whether there is such a page."""
        return path in self.paths(board)

    def paths(self, board: Board) -> tuple[str, ...]:
        """Of all pages."""
        return (
            *(path for path, _, _, _ in (*_FIXED, *_LINKED)),
            *(migration_path(it) for it in board.matrix.migrations),
            *(environment_path(it.name) for it in board.places),
        )

    def page(self, board: Board, path: str) -> str | None:
        """A page as a browser loads it; None: there is none."""
        page = find(board, path)
        return self._whole(board, page) if page else None

    def missing(self, board: Board, path: str) -> str:
        """What is shown where there is no such page."""
        return self._whole(board, Page(path, "Not here", "missing.html"))

    def parts(self, board: Board, path: str) -> dict[str, str] | None:
        """What of a page may change, by the id of its place; None: there is no such page."""
        page = find(board, path)
        if page is None:
            return None
        template = self._templates.get_template(page.template)
        values = self._values(board, page)
        blocks: dict[str, str] = {}
        # Also those that every page has.
        layout = self._templates.get_template("layout.html")
        for source in (layout, template):
            for name, block in source.blocks.items():
                if name.startswith(_PART):
                    blocks[name] = "".join(block(source.new_context(values)))
        return blocks

    def _whole(self, board: Board, page: Page) -> str:
        return self._templates.get_template(page.template).render(self._values(board, page))

    def _values(self, board: Board, page: Page) -> dict[str, Any]:
        values = {
            "board": board,
            "now": board.asked_at,
            "page": page,
            "links": Links(page.path, self._files),
            "signals": views.signals(board),
            **page.shows,
        }
        # A part is made alone, without what stands around it: so what parts use is given to them.
        return values | {"ui": _module(self._templates.get_template("ui.html"), values)}

    @pass_context
    def _when(self, context: Context, at: datetime | None) -> Markup:
        return when(at, context["now"], absolute=self._files)


def find(board: Board, path: str) -> Page | None:
    """The page of a path; None: there is none."""
    for known, title, template, view in (*_FIXED, *_LINKED):
        if path == known:
            return Page(path, title, template, view(board))
    kind, _, name = path.partition("/")
    if kind == "migrations":
        for id_ in board.matrix.migrations:
            if slug(id_) == name:
                return Page(path, id_, "migration.html", views.migration(board, id_))
    if kind == "environments":
        for place in board.places:
            if slug(place.name) == name:
                shows = views.environment(board, place)
                return Page(path, place.name, "environment.html", shows)
    return None


def _module(template: Template, values: dict[str, Any]) -> object:
    return template.make_module(values)
