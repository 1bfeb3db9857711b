"""When something may run: maintenance windows, and times at which nothing does.

Both are written in words that a person reads aloud, by the clock of a named time zone: a window of
22:00 stays at 22:00 when the clocks change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEK = len(DAYS)
_MIDNIGHT = 24 * 60  # minutes
_WINDOW = re.compile(
    r"(?:(?P<days>[A-Za-z,-]+)\s+)?(?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d)\s+(?P<zone>[\w/+-]+)"
)
_FREEZE = re.compile(r"(?P<first>\d{4}-\d\d-\d\d)/(?P<last>\d{4}-\d\d-\d\d)\s+(?P<zone>[\w/+-]+)")


@dataclass(frozen=True, slots=True)
class Window:
    """A maintenance window: days, from when to when, by which clock.

    Attributes:
        text: as it was written, such as ``Mon-Fri 22:00-04:00 Europe/Berlin``.
        days: on which it opens, 0 for Monday; one that passes midnight belongs to the day before.
        start: minutes after midnight.
        end: the same, not included; not after ``start`` where it passes midnight.
        zone: of the IANA database.
    """

    text: str
    days: tuple[int, ...]
    start: int
    end: int
    zone: str

    def is_open(self, now: datetime) -> bool:
        """Whether it is open at a moment, which has a zone."""
        here = now.astimezone(ZoneInfo(self.zone))
        minute = here.hour * 60 + here.minute
        today, yesterday = here.weekday(), (here.weekday() - 1) % _WEEK
        if self.start < self.end:
            return today in self.days and self.start <= minute < self.end
        evening = today in self.days and minute >= self.start
        return evening or (yesterday in self.days and minute < self.end)

    def next_opening(self, now: datetime) -> datetime:
        """When it opens next, after a moment; in its own zone."""
        zone = ZoneInfo(self.zone)
        today = now.astimezone(zone).date()
        starts = time(self.start // 60, self.start % 60)
        for ahead in range(_WEEK + 1):
            day = today + timedelta(days=ahead)
            opens = datetime.combine(day, starts, zone)
            if day.weekday() in self.days and opens > now:
                return opens
        raise AssertionError(self.text)  # it has a day, so a week has one


@dataclass(frozen=True, slots=True)
class Freeze:
    """Days on which nothing is promoted, the first and the last one included.

    Attributes:
        text: as it was written, such as ``2026-12-20/2027-01-06 Europe/Berlin``.
        first: day.
        last: day.
        zone: of the IANA database.
    """

    text: str
    first: date
    last: date
    zone: str

    def holds(self, now: datetime) -> bool:
        """Whether it holds at a moment, which has a zone."""
        return self.first <= now.astimezone(ZoneInfo(self.zone)).date() <= self.last

    @property
    def ends(self) -> datetime:
        """When it is over."""
        return datetime.combine(self.last + timedelta(days=1), time(), ZoneInfo(self.zone))


def window(text: str) -> Window | None:
    """``Mon-Fri 22:00-04:00 Europe/Berlin``, without days every day; None if it is no window."""
    match = _WINDOW.fullmatch(text.strip())
    if match is None:
        return None
    days = _days(match["days"]) if match["days"] else tuple(range(_WEEK))
    start, end = _minutes(match["start"]), _minutes(match["end"])
    if days is None or start is None or end is None or start in {end, _MIDNIGHT}:
        return None
    return Window(text.strip(), days, start, end, match["zone"]) if _known(match["zone"]) else None


def freeze(text: str) -> Freeze | None:
    """``2026-12-20/2027-01-06 Europe/Berlin``, both days included; None if it is none."""
    match = _FREEZE.fullmatch(text.strip())
    if match is None or not _known(match["zone"]):
        return None
    try:
        first, last = date.fromisoformat(match["first"]), date.fromisoformat(match["last"])
    except ValueError:
        return None
    return Freeze(text.strip(), first, last, match["zone"]) if first <= last else None


def _days(text: str) -> tuple[int, ...] | None:
    """``Mon``, ``Mon,Wed`` or ``Fri-Mon``; None if a word is no day."""
    found: set[int] = set()
    for part in text.split(","):
        words = part.split("-")
        if len(words) > 2 or any(it not in DAYS for it in words):  # noqa: PLR2004 - from and to
            return None
        first, last = DAYS.index(words[0]), DAYS.index(words[-1])
        found |= {(first + n) % _WEEK for n in range((last - first) % _WEEK + 1)}
    return tuple(sorted(found))


def _minutes(text: str) -> int | None:
    """Minutes after midnight; 24:00 is the end of a day."""
    hours, minutes = map(int, text.split(":"))
    value = hours * 60 + minutes
    return value if minutes < 60 and value <= _MIDNIGHT else None  # noqa: PLR2004 - an hour


@cache
def _known(zone: str) -> bool:
    """Whether the machine's time zone database has it."""
    try:
        datetime.now(UTC).astimezone(ZoneInfo(zone))
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return False
    return True
