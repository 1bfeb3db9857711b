"""The pools of connections that applications keep to an environment's database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wishkit.config.reader import Reader
    from wishkit.errors import Location

_KEYS: dict[str, Any] = {"url": str, "size": int, "instances": int, "prepares": bool}
_MOST = 100_000  # of either; a mistake rather than a fleet


@dataclass(frozen=True, slots=True)
class ApplicationPool:
    """One ``[environments.NAME.pools.POOL]`` table.

    Attributes:
        name: as in the table's header.
        size: connections that one instance of the application keeps at most.
        instances: how many of them run at the same time; while a release goes out, both releases.
        url: what the application connects with: anything libpq takes, or ``env:VARIABLE``; None:
            as wishkit itself does.
        prepares: its driver prepares statements, as most do unless told not to.
        where: its line, for messages.
    """

    name: str
    size: int
    instances: int = 1
    url: str | None = field(default=None, repr=False)
    prepares: bool = True
    where: Location | None = field(default=None, repr=False)

    @property
    def clients(self) -> int:
        """Connections of all instances."""
        return self.size * self.instances


def read_pools(
    reader: Reader, key: tuple[str, ...], content: dict[str, Any]
) -> tuple[ApplicationPool, ...]:
    """Each ``[environments.NAME.pools.POOL]``.

    Args:
        reader: of the file.
        key: of the table that holds them.
        content: of that table.

    Raises:
        ConfigError: at the line of what is not understood.
    """
    return tuple(_pool(reader, (*key, name), entry) for name, entry in content.items())


def _pool(reader: Reader, key: tuple[str, ...], entry: object) -> ApplicationPool:
    place = ".".join(key)
    if not isinstance(entry, dict):
        raise reader.error(key, f'"{key[-1]}" must be a table', help=f"write [{place}]")
    values = reader.table(key, entry, _KEYS)
    if "size" not in values:
        raise reader.error(
            key,
            f'pool "{key[-1]}" has no size',
            help="size = 20: the connections that one instance of the application keeps at most",
        )
    for word in ("size", "instances"):
        if not 0 < values.get(word, 1) <= _MOST:
            raise reader.error((*key, word), f'"{word}" must be from 1 to {_MOST}')
    if not values.get("url", "there").strip():
        raise reader.error((*key, "url"), '"url" is empty', help='url = "env:VARIABLE"')
    return ApplicationPool(key[-1], **values, where=reader.locate(key))
