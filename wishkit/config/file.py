"""wishkit.toml, checked by hand so that every complaint names file and line."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wishkit.config import (
    DEFAULT_LOCK_WAIT,
    KILLABLE,
    SEVERITIES,
    Approvals,
    BackupRule,
    Environment,
    Hook,
    Ignore,
    Patience,
    Rehearse,
    Small,
    Threshold,
    Thresholds,
    duration,
    size,
)
from wishkit.config.pools import read_pools
from wishkit.config.reader import Reader, kind_of, masked
from wishkit.config.rules import POLICIES, STAGES
from wishkit.errors import ConfigError, Location

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from wishkit.config.windows import Freeze, Window


def read(path: Path) -> dict[str, Any]:
    """The fields of Config that the file decides.

    Raises:
        ConfigError: it cannot be read, or holds what is not understood.
    """
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
    reader = _Reader(_display(path), text.splitlines(), _TEXTS)
    tables = ("patience", "small", "drift", "backup", "rehearse", "thresholds", "environments")
    kinds: dict[str, Any] = {"sql": str, **dict.fromkeys(tables, dict)}
    top = reader.table((), data, kinds)
    waits = reader.table(("patience",), top.get("patience", {}), _WAITS)
    drift = reader.table(("drift",), top.get("drift", {}), {"fails": _severity, "ignore": list})
    fails = drift.get("fails", SEVERITIES[0])
    thresholds = reader.thresholds(("thresholds",), top.get("thresholds", {}), Thresholds())
    environments = tuple(
        reader.environment(name, content, waits, fails, thresholds)
        for name, content in top.get("environments", {}).items()
    )
    small = reader.table(("small",), top.get("small", {}), {"rows": int, "size": size})
    backup = reader.table(("backup",), top.get("backup", {}), {"folder": str})
    defaults = Small()
    rehearse = reader.table(("rehearse",), top.get("rehearse", {}), _REHEARSE)
    if "proof" in rehearse:
        rehearse["proof"] = path.parent / rehearse["proof"]
    return {
        "sql": path.parent / top.get("sql", "sql"),
        "environments": environments,
        "small": Small(small.get("rows", defaults.rows), small.get("size", defaults.bytes)),
        "drift_fails": fails,
        "ignore": reader.ignored(drift.get("ignore", [])),
        "rehearse": Rehearse(**rehearse),
        "thresholds": thresholds,
        "backups": path.parent / backup["folder"] if "folder" in backup else None,
        **_waits(waits),
    }


def _waits(values: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of [patience] as the fields that hold them."""
    patience = {name: value for name, value in values.items() if name != "lock_wait"}
    lock_wait = values.get("lock_wait", DEFAULT_LOCK_WAIT)
    return {"lock_wait": lock_wait, "patience": Patience(**patience)}


def _killable(text: str) -> str | None:
    return text if text in KILLABLE else None


def _severity(text: str) -> str | None:
    return text if text in SEVERITIES else None


def _stage(text: str) -> str | None:
    return text if text in STAGES else None


def _policy(text: str) -> str | None:
    return text if text in POLICIES else None


def _window(text: str) -> Window | None:
    from wishkit.config.windows import window  # noqa: PLC0415 - zones are heavy

    return window(text)


def _freeze(text: str) -> Freeze | None:
    from wishkit.config.windows import freeze  # noqa: PLC0415 - as above

    return freeze(text)


# By what reads a text (None: it cannot be): what is wrong with it then, and what would do.
_TEXTS: dict[object, tuple[str, str]] = {
    duration: ("is not a duration", 'write it with its unit: "500ms", "10s", "5min", "1h", "2d"'),
    size: ("is not a size", 'write it with its unit: "512kB", "10MB", "1GB"'),
    _killable: ("does not say whose sessions", 'write "idle" or "any"'),
    _severity: ("is no severity", 'write "info", "warning" or "error"'),
    _stage: ("is no stage of a promotion", f"there are: {', '.join(STAGES)}"),
    _policy: ("does not say what a failure means", 'write "stop" or "warn"'),
    _window: (
        "holds what is no window, or a time zone that is not known here",
        'write "Mon-Fri 22:00-04:00 Europe/Berlin", or without days; Mon Tue Wed Thu Fri Sat Sun',
    ),
    _freeze: (
        "holds what are no days, or a time zone that is not known here",
        'write "2026-12-20/2027-01-06 Europe/Berlin": first and last day',
    ),
}
# The keys of [patience]; an environment may have its own.
_WAITS: dict[str, Any] = {
    **dict.fromkeys(("lock_wait", "deadline", "attempt", "old", "stall", "replica_lag"), duration),
    "kill_blockers": _killable,
}

_REHEARSE: dict[str, Any] = {"server": str, "seeds": str, "jobs": int, "proof": str}
_ENVIRONMENT: dict[str, Any] = {
    "url": str,
    "role": str,
    "protected": bool,
    "rehearsed": bool,
    "verify": bool,
    "seeds": bool,
    "drift_fails": _severity,
    "backup": dict,
    "approvals": dict,
    "approval_expires": duration,
    "soak": duration,
    "windows": list,
    "freeze": list,
    "hooks": list,
    "pools": dict,
    "thresholds": dict,
}
_HOOK: dict[str, Any] = {
    "stage": _stage,
    "run": str,
    "timeout": duration,
    "on_failure": _policy,
}


class _Reader(Reader):
    """Reads what is particular to wishkit.toml."""

    __slots__ = ()

    def environment(
        self,
        name: str,
        content: object,
        waits: Mapping[str, Any],
        drift_fails: str,
        thresholds: Thresholds,
    ) -> Environment:
        """One ``[environments.NAME]``; what it leaves out is as ``[patience]`` and ``[drift]``."""
        key = ("environments", name)
        if not isinstance(content, dict):
            raise self.error(key, f'"{name}" must be a table', help=f"write [environments.{name}]")
        kinds = {**_ENVIRONMENT, **_WAITS}
        values = {"drift_fails": drift_fails, **self.table(key, content, kinds)}
        if "backup" in values:
            values["backup"] = self.backup_rule((*key, "backup"), values["backup"])
        if "approvals" in values:
            values["approvals"] = self.approvals((*key, "approvals"), values["approvals"])
        for word, reads in (("windows", _window), ("freeze", _freeze)):
            if word in values:
                values[word] = self.texts((*key, word), values[word], reads)
        if "pools" in values:
            values["pools"] = read_pools(self, (*key, "pools"), values["pools"])
        values["thresholds"] = self.thresholds(
            (*key, "thresholds"), values.get("thresholds", {}), thresholds
        )
        if "hooks" in values:
            values["hooks"] = self.hooks((*key, "hooks"), values["hooks"])
        if not values.get("url"):
            raise self.error(
                key,
                f'environment "{name}" has no url',
                help='url = "env:VARIABLE", or a connection string, or "embedded"',
            )
        own = {name: values.pop(name) for name in _WAITS if name in values}
        where = self.locate((*key, "url"))
        return Environment(name=name, where=where, **values, **_waits({**waits, **own}))

    def backup_rule(self, key: tuple[str, ...], content: dict[str, Any]) -> BackupRule:
        """Which backup has to be there before a migration."""
        kinds = {"age": duration, "level": int, "destructive_level": int, "claims": bool}
        values = self.table(key, content, kinds)
        for name in ("level", "destructive_level"):
            if name in values and values[name] not in range(4):
                raise self.error(
                    (*key, name),
                    f'"{name}" is no level of a backup',
                    help="0: made, 1: readable, 2: restored, 3: compared",
                )
        rule = BackupRule(**{"destructive_level": values.get("level", 2), **values})
        if rule.destructive_level < rule.level:
            raise self.error(
                (*key, "destructive_level"),
                f'"destructive_level" is lower than the level of any other plan, {rule.level}',
                help="leave it out, or ask for more when a plan destroys data",
            )
        return rule

    def approvals(self, key: tuple[str, ...], content: dict[str, Any]) -> Approvals:
        """How many approvals are needed; a higher risk asks for no fewer."""
        names = ("none", "low", "medium", "high")
        counts = Approvals(**self.table(key, content, dict.fromkeys(names, int)))
        before = 0
        for name in names:
            count = getattr(counts, name)
            if not before <= count <= 9:  # noqa: PLR2004 - more than anybody has
                raise self.error(
                    (*key, name) if name in content else key,
                    f'"{name}" asks for {count} approvals',
                    help="from 0 to 9, and no fewer than a lower risk: "
                    "{ none = 0, low = 1, medium = 1, high = 2 }",
                )
            before = count
        return counts

    def thresholds(
        self, key: tuple[str, ...], content: dict[str, Any], defaults: Thresholds
    ) -> Thresholds:
        """How long a migration may take; what is not said is as it is for all environments."""
        values = self.table(key, content, dict.fromkeys(("duration", "expected", "waited"), dict))
        found = {}
        for name, limits in values.items():
            place = (*key, name)
            found[name] = it = Threshold(
                **self.table(place, limits, dict.fromkeys(("warn", "fail"), duration))
            )
            if it.warn is None and it.fail is None:
                raise self.error(
                    place,
                    f'"{name}" has neither "warn" nor "fail"',
                    help='write one or both: { warn = "10s", fail = "1min" }',
                )
            if it.warn is not None and it.fail is not None and it.warn > it.fail:
                raise self.error(
                    (*place, "warn"),
                    f'"{name}" would fail before it warns',
                    help='what fails is above what warns: { warn = "10s", fail = "1min" }',
                )
        return replace(defaults, **found)

    def texts(
        self, key: tuple[str, ...], entries: list[Any], reads: Callable[[str], Any]
    ) -> tuple[Any, ...]:
        """A list of texts, each read by what its key asks for."""
        found = []
        for entry in entries:
            value = reads(entry) if isinstance(entry, str) else None
            if value is None:
                problem, help_text = _TEXTS[reads]
                told = f'"{entry}"' if isinstance(entry, str) else kind_of(entry)
                raise self.error(key, f'"{key[-1]}" {problem}: {told}', help=help_text)
            found.append(value)
        return tuple(found)

    def hooks(self, key: tuple[str, ...], entries: list[Any]) -> tuple[Hook, ...]:
        """Each ``[[environments.NAME.hooks]]``."""
        found = []
        for entry in entries:
            if not isinstance(entry, dict):
                raise self.error(key, '"hooks" must hold tables', help=f"write [[{'.'.join(key)}]]")
            values = self.table(key, entry, _HOOK)
            for name in ("stage", "run"):
                if not values.get(name, "").strip():
                    raise self.error(
                        key,
                        f'an entry of [[{".".join(key)}]] has no "{name}"',
                        help='stage = "before-migrate", run = "./pause-queue.sh"',
                    )
            found.append(Hook(**values))
        return tuple(found)

    def ignored(self, entries: list[Any]) -> tuple[Ignore, ...]:
        """Each ``[[drift.ignore]]``, with the line where it stands."""
        key = ("drift", "ignore")
        heads = [
            (number, line)
            for number, line in enumerate(self.lines, 1)
            if re.match(r"\s*\[\[\s*drift\s*\.\s*ignore\s*\]\]", line)
        ]
        found = []
        for index, entry in enumerate(entries):
            if not isinstance(entry, dict):
                raise self.error(key, '"ignore" must hold tables', help="write [[drift.ignore]]")
            where = self.locate(key)
            if index < len(heads):
                number, line = heads[index]
                where = Location(self.path, number, text=line, length=len(line.rstrip()))
            values = self.table(key, entry, dict.fromkeys(("kind", "name", "reason"), str))
            for name in ("kind", "name", "reason"):
                if not values.get(name, "").strip():
                    raise ConfigError(
                        f'an entry of [[drift.ignore]] has no "{name}"',
                        where=where,
                        help='kind = "table", name = "partman.*", reason = "why it is not ours"',
                    )
            found.append(Ignore(**values, where=where))
        return tuple(found)


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
        where=Location(path, line, column, masked(lines[line - 1]) if lines else ""),
    )


def _display(path: Path) -> str:
    """The path as the user would type it."""
    relative = os.path.relpath(path)
    return relative if not relative.startswith("..") else str(path)
