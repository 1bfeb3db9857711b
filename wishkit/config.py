"""wishkit.toml and the environment variables, read once into one frozen value.

Which database a command means is decided here too (``resolve_target``), because it is nothing but
configuration: an option, a table of wishkit.toml, or a variable. docs/configuration.md is the
reference for users.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wishkit.errors import ConfigError, Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FILE_NAME = "wishkit.toml"
EMBEDDED = "embedded"
DEFAULT_LOCK_WAIT = 10.0

# Those of libpq's variables that name a database. PGUSER, PGPASSWORD, PGSSLMODE and the like only
# say how to reach one, and are often exported for good; they alone must not turn a run away from
# the embedded server. https://www.postgresql.org/docs/18/libpq-envars.html
LIBPQ_VARIABLES = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGSERVICE")

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}
_REFERENCE = "env:"


@dataclass(frozen=True, slots=True)
class Environment:
    """One ``[environments.NAME]`` table.

    Attributes:
        name: as in the table's header.
        url: anything libpq takes, ``env:VARIABLE``, or ``embedded``.
        role: SET ROLE to this after connecting.
        protected: migrate and rollback ask for consent.
        lock_wait: seconds to wait for another run's lock.
        where: the line of ``url``, for messages.
    """

    name: str
    url: str = field(repr=False)
    role: str | None = None
    protected: bool = False
    lock_wait: float = DEFAULT_LOCK_WAIT
    where: Location | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    """What wishkit.toml and the environment variables say.

    Attributes:
        sql: the folder that holds migrations/, verify/, ….
        path: the wishkit.toml that was read, if there is one.
        environments: in the file's order: the first is the least protected.
        lock_wait: seconds, the default of all environments.
        default_environment: ``WISHKIT_ENV``.
        color: False when ``NO_COLOR`` is set (https://no-color.org), else None: up to the terminal.
    """

    sql: Path = Path("sql")
    path: Path | None = None
    environments: tuple[Environment, ...] = ()
    lock_wait: float = DEFAULT_LOCK_WAIT
    default_environment: str | None = None
    color: bool | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """The database a command works on.

    Attributes:
        url: for libpq; "" leaves everything to libpq's own variables and defaults; None for an
            embedded server that is still to be started (``dataclasses.replace`` it then).
        name: who named it: an environment's name, ``command line``, ``DATABASE_URL``,
            ``PG* variables`` or ``embedded``.
        role: SET ROLE to this after connecting.
        protected: migrate and rollback ask for consent.
        embedded: it is wishkit's own server.
        lock_wait: seconds to wait for another run's lock.
    """

    url: str | None = field(repr=False)  # it may hold a password
    name: str
    role: str | None = None
    protected: bool = False
    embedded: bool = False
    lock_wait: float = DEFAULT_LOCK_WAIT


def load(start: Path | None = None, *, environ: Mapping[str, str] | None = None) -> Config:
    """Read wishkit.toml, looked for from ``start`` upwards, and the environment variables.

    Args:
        start: a folder; the working directory by default.
        environ: ``os.environ`` by default.

    Raises:
        ConfigError: the file cannot be read or understood, or ``WISHKIT_CONFIG`` names none.
    """
    environ = os.environ if environ is None else environ
    path = _find(start or Path(), environ)
    return Config(
        path=path,
        **(_read(path) if path else {}),
        default_environment=environ.get("WISHKIT_ENV") or None,
        color=False if environ.get("NO_COLOR") else None,
    )


def resolve_target(
    config: Config,
    *,
    url: str | None = None,
    env: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Target:
    """Decide which database is meant.

    In this order: ``url``; ``env``, or ``WISHKIT_ENV``; ``DATABASE_URL``; libpq's variables; the
    embedded server.

    Args:
        config: from ``load``.
        url: the value of --url; ``env:VARIABLE`` keeps a password out of the process list.
        env: the value of --env.
        environ: ``os.environ`` by default.

    Raises:
        ConfigError: no such environment, or a variable that is referred to is not set.
    """
    environ = os.environ if environ is None else environ
    if url is not None:
        # An empty --url "$URL" is a variable that was forgotten, not a wish for libpq's defaults.
        if not url.strip():
            raise ConfigError(
                "--url is empty",
                code="empty-url",
                help="if it came from a shell variable, that variable is not set",
            )
        return _target(_dereference(url, environ, None), "command line", config.lock_wait)
    if name := env or config.default_environment:
        return _environment_target(config, name, environ)
    if database_url := environ.get("DATABASE_URL"):
        return _target(database_url, "DATABASE_URL", config.lock_wait)
    if any(environ.get(variable) for variable in LIBPQ_VARIABLES):
        return _target("", "PG* variables", config.lock_wait)
    return _target(EMBEDDED, EMBEDDED, config.lock_wait)


def duration(text: str) -> float | None:
    """Seconds in ``500ms``, ``10s``, ``5min`` or ``1h``; None if it is no duration."""
    match = _DURATION.fullmatch(text.strip())
    return float(match[1]) * _SECONDS[match[2]] if match else None


def _target(url: str, name: str, lock_wait: float) -> Target:
    embedded = url == EMBEDDED
    return Target(url=None if embedded else url, name=name, embedded=embedded, lock_wait=lock_wait)


def _environment_target(config: Config, name: str, environ: Mapping[str, str]) -> Target:
    names = [environment.name for environment in config.environments]
    if name not in names:
        place = config.path or f"a {FILE_NAME}, and none was found"
        raise ConfigError(
            f'there is no environment "{name}" in {place}',
            code="unknown-environment",
            help=_suggestion(name, names, "it has" if names else f"write [environments.{name}]"),
        )
    chosen = config.environments[names.index(name)]
    url = _dereference(chosen.url, environ, chosen.where)
    embedded = url == EMBEDDED
    return Target(
        url=None if embedded else url,
        name=name,
        role=chosen.role,
        protected=chosen.protected,
        embedded=embedded,
        lock_wait=chosen.lock_wait,
    )


def _dereference(url: str, environ: Mapping[str, str], where: Location | None) -> str:
    if not url.startswith(_REFERENCE):
        return url
    variable = url.removeprefix(_REFERENCE)
    if value := environ.get(variable):
        return value
    raise ConfigError(
        f"the variable {variable} is {'empty' if variable in environ else 'not set'}",
        code="missing-variable",
        where=where,
        help=f"export {variable}='postgresql://user@host/database'",
    )


def _find(start: Path, environ: Mapping[str, str]) -> Path | None:
    """The configuration file: WISHKIT_CONFIG, or the nearest one up to the repository's root."""
    if explicit := environ.get("WISHKIT_CONFIG"):
        path = Path(explicit)
        if not path.is_file():
            raise ConfigError(
                f"WISHKIT_CONFIG names {explicit}, which is no file",
                code="config-missing",
                help="set it to the path of a wishkit.toml, or unset it",
            )
        return path
    start = Path(os.path.abspath(start))  # noqa: PTH100 - resolve() would leave a symlinked project
    for folder in (start, *start.parents):
        if (path := folder / FILE_NAME).is_file():
            return path
        if (folder / ".git").exists():  # a file in a worktree
            return None
    return None


def _read(path: Path) -> dict[str, Any]:
    """The fields of Config that the file decides."""
    import tomllib  # noqa: PLC0415 - only a project with a wishkit.toml pays for it

    try:
        text = path.read_text(encoding="utf-8-sig")
        data = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}", code="config-unreadable"
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} is not UTF-8 (byte {error.start})", code="config-unreadable"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(_display(path), text, str(error)) from None
    reader = _Reader(path=_display(path), lines=text.splitlines())
    top = reader.table((), data, {"sql": str, "patience": dict, "environments": dict})
    patience = reader.table(("patience",), top.get("patience", {}), {"lock_wait": duration})
    lock_wait = patience.get("lock_wait", DEFAULT_LOCK_WAIT)
    environments = tuple(
        reader.environment(name, content, lock_wait)
        for name, content in top.get("environments", {}).items()
    )
    sql = path.parent / top.get("sql", "sql")
    return {"sql": sql, "lock_wait": lock_wait, "environments": environments}


@dataclass(frozen=True, slots=True)
class _Reader:
    """Checks tables by hand: a validation library loses the key's name on the way to its line."""

    path: str
    lines: list[str]

    def environment(self, name: str, content: object, lock_wait: float) -> Environment:
        key = ("environments", name)
        if not isinstance(content, dict):
            raise self.error(key, f'"{name}" must be a table', help=f"write [environments.{name}]")
        kinds = {"url": str, "role": str, "protected": bool, "lock_wait": duration}
        values = {"lock_wait": lock_wait, **self.table(key, content, kinds)}
        if not values.get("url"):
            raise self.error(
                key,
                f'environment "{name}" has no url',
                help='url = "env:VARIABLE", or a connection string, or "embedded"',
            )
        return Environment(name=name, where=self.locate((*key, "url")), **values)

    def table(
        self, key: tuple[str, ...], content: dict[str, Any], kinds: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The table's values, each of the kind that ``kinds`` asks for."""
        place = f" in [{'.'.join(key)}]" if key else ""
        checked = {}
        for name, value in content.items():
            where = (*key, name)
            if name not in kinds:
                help_text = _suggestion(name, kinds, "known here")
                raise self.error(where, f'unknown key "{name}"{place}', help=help_text)
            kind = kinds[name]
            checked[name] = value
            if kind is duration:
                checked[name] = duration(value) if isinstance(value, str) else None
                if checked[name] is None:
                    help_text = 'write it with its unit: "500ms", "10s", "5min", "1h"'
                    raise self.error(where, f'"{name}" is not a duration', help=help_text)
            elif type(value) is not kind:
                raise self.error(where, f'"{name}" must be {_KIND[kind]}, not {_kind_of(value)}')
        return checked

    def error(self, key: tuple[str, ...], message: str, *, help: str | None = None) -> ConfigError:  # noqa: A002
        return ConfigError(message, where=self.locate(key), help=help)

    def locate(self, key: tuple[str, ...]) -> Location:
        """Where a key stands: its own line, else that of the table or inline table around it."""
        table: tuple[str, ...] = ()
        best, found = Location(self.path, 1), -1
        for number, line in enumerate(self.lines, 1):
            if header := re.match(r"\s*\[+([^\]]+)\]", line):
                here = table = _split(header[1])
                name = header[1]
            elif assignment := re.match(r"\s*([\w.\"' -]+?)\s*=", line):
                name = assignment[1]
                here = (*table, *_split(name))
            else:
                continue
            if len(here) > found and here == key[: len(here)]:
                found = len(here)
                column = line.index(name) + 1
                best = Location(self.path, number, column, _masked(line), len(name))
        return best


_KIND: dict[object, str] = {str: "a string", bool: "true or false", dict: "a table"}


def _kind_of(value: object) -> str:
    return _KIND.get(type(value), f"{type(value).__name__}")


def _split(key: str) -> tuple[str, ...]:
    parts = re.findall(r"\"[^\"]*\"|'[^']*'|[^.\s]+", key)
    return tuple(part.strip("\"'") for part in parts)


def _masked(line: str) -> str:
    """The line without its value, which may be or hold a password, unless it is plainly none."""
    if "=" not in line:
        return line if line.lstrip().startswith("[") else ""
    plain = r"[\"']env:\w+[\"']|true|false|[\d.]+"
    return re.sub(rf"=\s*+(?!({plain})\s*(#|$)).*", "= …", line)


def _suggestion(name: str, known: Iterable[str], label: str) -> str:
    import difflib  # noqa: PLC0415 - 5 ms that only an error has to pay

    known = list(known)
    if close := difflib.get_close_matches(name, known, n=1):
        return f'perhaps you meant "{close[0]}"'
    return f"{label}: {', '.join(known)}" if known else label


def _syntax_error(path: str, text: str, message: str) -> ConfigError:
    """TOMLDecodeError tells the place only in words before Python 3.14."""
    lines = text.splitlines()
    words, _, place = message.rpartition(" (at ")
    numbers = [int(number) for number in re.findall(r"\d+", place)]
    line, column = numbers if len(numbers) == 2 else (len(lines), 1)  # noqa: PLR2004
    words = words or message
    return ConfigError(
        f"{path} is not valid TOML: {words[:1].lower()}{words[1:]}",
        code="config-syntax",
        where=Location(path, line, column, _masked(lines[line - 1]) if lines else ""),
    )


def _display(path: Path) -> str:
    """The path as the user would type it."""
    relative = os.path.relpath(path)
    return relative if not relative.startswith("..") else str(path)
