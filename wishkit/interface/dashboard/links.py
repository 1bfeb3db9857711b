"""Where each page is: the same relative addresses on a server, behind a proxy's prefix, on disk."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")


def slug(name: str) -> str:
    """A name as it may stand in an address and be a file's, on every system; different for each."""
    if _PLAIN.fullmatch(name):
        return name
    readable = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
    return f"{readable}--{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def migration_path(id_: str) -> str:
    """Of the page of a migration."""
    return f"migrations/{slug(id_)}"


def environment_path(name: str) -> str:
    """Of the page of an environment."""
    return f"environments/{slug(name)}"


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses as they stand on one page.

    Attributes:
        path: of that page.
        files: pages are files.
    """

    path: str
    files: bool = False

    @property
    def root(self) -> str:
        """From the page to the start page's folder."""
        return "../" * self.path.count("/") or "./"

    def to(self, path: str, anchor: str = "") -> str:
        """From the page to another one.

        Args:
            path: of that page; empty for the start page.
            anchor: a place on it; any name.
        """
        place = f"#{slug(anchor)}" if anchor else ""
        return f"{self.root}{file_of(path) if self.files else path}{place}"

    def migration(self, id_: str) -> str:
        """To the page of a migration."""
        return self.to(migration_path(id_))

    def environment(self, name: str) -> str:
        """To the page of an environment."""
        return self.to(environment_path(name))

    def static(self, name: str) -> str:
        """To a file of static/."""
        return f"{self.root}static/{name}"


def file_of(path: str) -> str:
    """The file that a page is written to."""
    return f"{path or 'index'}.html"
