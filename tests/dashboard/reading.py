"""A page as a program reads it: its elements, links and ids."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "link", "img", "br", "wbr", "input", "hr"}
_SVG = {"line", "rect", "path"}


@dataclass
class Read(HTMLParser):
    """What a page is made of.

    Attributes:
        elements: name and attributes of each.
        problems: tags that do not fit together, and ids that are there twice.
    """

    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    text: str = ""
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    @classmethod
    def of(cls, html: str) -> Read:
        """Read a page."""
        found = cls()
        found.feed(html)
        found.close()
        found.problems += [f"<{tag}> is never closed" for tag in found._open]
        ids = found.all("id")
        found.problems += [f"id {it} twice" for it in {*ids} if ids.count(it) > 1]
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _SVG | _VOID:
            self.problems.append(f"<{tag}/>")

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.problems.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, attribute: str) -> list[str]:
        """The values of an attribute, wherever it stands."""
        return [attrs[attribute] for _, attrs in self.elements if attribute in attrs]
