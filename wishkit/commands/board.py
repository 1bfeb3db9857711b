"""All that the dashboard shows, looked at again and again without being a burden to anybody."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from wishkit.commands import proofs
from wishkit.commands.environments import listed
from wishkit.commands.everywhere import open_everywhere
from wishkit.commands.insight import Insight, insight
from wishkit.commands.live import look
from wishkit.commands.matrix import EnvironmentStatus, Matrix, Memory, matrix
from wishkit.commands.roads import roads, seen_of
from wishkit.commands.workspace import shown
from wishkit.core.migration import read_folder
from wishkit.errors import WishkitError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wishkit.commands.environments import Listed
    from wishkit.commands.everywhere import Answer, Everywhere
    from wishkit.commands.roads import Road
    from wishkit.config import Config
    from wishkit.core.live import Live, Running
    from wishkit.core.migration import Migration
    from wishkit.core.proof import Proof

APPLICATION = "wishkit dashboard"
WITHIN = 5.0  # seconds after which an environment that has not answered is shown as one that hangs
WHOLE = 10.0  # seconds between two looks at everything, while nothing happens


@dataclass(frozen=True, slots=True)
class Place:
    """One environment.

    Attributes:
        status: how it is; of the last look at everything.
        live: what runs there right now; None where it could not be asked.
        insight: what its ledger knows besides; None where that could not be read.
        listed: what wishkit.toml says of it; None where it is the one database that is meant.
        error: why it could not be asked right now.
    """

    status: EnvironmentStatus
    live: Live | None = None
    insight: Insight | None = None
    listed: Listed | None = None
    error: WishkitError | None = None

    @property
    def name(self) -> str:
        """Of the environment."""
        return self.status.name

    @property
    def running(self) -> tuple[Running, ...]:
        """What is known to run there right now."""
        return self.live.running if self.live else ()


@dataclass(frozen=True, slots=True)
class Board:
    """What there is to show.

    Attributes:
        asked_at: when what runs was asked, in UTC.
        project: name of the project's folder.
        matrix: every migration in every environment.
        places: the environments, in the order in which a change travels.
        roads: from each environment to the next.
        files: the migrations as they lie in the folder, by id.
        proofs: of rehearsals, by id.
        errors: what of the project's own files cannot be read.
    """

    asked_at: datetime
    project: str
    matrix: Matrix
    places: tuple[Place, ...]
    roads: tuple[Road, ...] = ()
    files: Mapping[str, Migration] = field(default_factory=dict)
    proofs: Mapping[str, Proof] = field(default_factory=dict)
    errors: tuple[WishkitError, ...] = ()


@contextmanager
def onlooker(*, url: str | None = None, env: str | None = None) -> Iterator[Onlooker]:
    """Somebody who looks at the environments of the project here, or at one database.

    Args:
        url: a database that is looked at instead; as ``resolve_target`` takes it.
        env: an environment that is looked at alone.

    Raises:
        ConfigError: the configuration cannot be understood, or there is no such environment.
    """
    with open_everywhere(url=url, env=env, application_name=APPLICATION) as everywhere:
        yield Onlooker(everywhere)


class Onlooker:
    """Looks through connections that are kept: one for each environment.

    What runs is asked each time, everything else when something began or ended, and now and then.

    Args:
        everywhere: whom to ask.
        within: seconds after which an environment that has not answered is given up.
        whole: seconds between two looks at everything, while nothing happens.
    """

    def __init__(
        self, everywhere: Everywhere, *, within: float = WITHIN, whole: float = WHOLE
    ) -> None:
        self._everywhere, self._within, self._whole = everywhere, within, whole
        self._memory = Memory()
        self._due, self._news = 0.0, object()

    def look(self, before: Board | None = None) -> Board:
        """Look once. Raises nothing: what goes wrong is part of the board.

        Args:
            before: what was found the last time.
        """
        asked_at = datetime.now(UTC)
        ids = tuple(before.files) if before else ()
        live = self._everywhere.ask(
            lambda asked: look(asked.connection, ids=ids), within=self._within
        )
        news = _news(live)
        if before and news == self._news and time.monotonic() < self._due:
            places = tuple(
                replace(place, live=it.value, error=it.error)
                for place, it in zip(before.places, live, strict=True)
            )
            return replace(before, asked_at=asked_at, places=places)
        board = self._all(asked_at, before, live)
        self._due, self._news = time.monotonic() + self._whole, news
        return board

    def _all(
        self, asked_at: datetime, before: Board | None, live: tuple[Answer[Live], ...]
    ) -> Board:
        config = self._everywhere.config
        errors: list[WishkitError] = []
        known = before or Board(asked_at, project_name(config), _blank(live, asked_at), ())
        folder = config.sql / "migrations"
        files, kept, found = known.files, known.proofs, known.matrix
        try:
            files = {it.id: it for it in read_folder(folder, shown_as=shown(folder))}
            found = matrix(self._everywhere, self._memory, within=self._within)
        except WishkitError as error:
            errors.append(error)
        try:
            kept = proofs.kept(proofs.proof_file(config))
        except WishkitError as error:
            errors.append(error)
        kept_insights = _unchanged(before, live)
        read = self._everywhere.ask(
            lambda asked: insight(
                asked, tuple(files.values()), kept_insights.get(asked.target.name)
            ),
            within=self._within,
        )
        insights = {it.name: it.value for it in read if it.value}
        known_as = {it.name: listed(it) for it in config.environments}
        places = tuple(
            Place(
                status,
                now.value,
                insights.get(now.name),
                known_as.get(now.name),
                now.error or status.error or past.error,
            )
            for status, now, past in zip(found.environments, live, read, strict=True)
        )
        seen = seen_of(found.environments, insights, asked_at)
        return replace(
            known,
            asked_at=asked_at,
            matrix=found,
            places=places,
            roads=roads(config, seen, files, kept),
            files=files,
            proofs=kept,
            errors=tuple(errors),
        )


def project_name(config: Config) -> str:
    """What the project is called: its folder."""
    return (config.path.parent if config.path else Path()).resolve().name


def _unchanged(before: Board | None, live: tuple[Answer[Live], ...]) -> dict[str, Insight]:
    """What was known of the environments in which no run has ended since."""

    def last(seen: Live | None) -> int | None:
        return seen.ended.run if seen and seen.ended else None

    return {
        place.name: place.insight
        for place, now in zip(before.places if before else (), live, strict=bool(before))
        if place.insight and place.live and now.value and last(place.live) == last(now.value)
    }


def _blank(live: tuple[Answer[Live], ...], now: datetime) -> Matrix:
    """Before anything is known."""
    statuses = tuple(
        EnvironmentStatus(
            it.name, configured=False, protected=False, asked_at=now, seconds=it.seconds
        )
        for it in live
    )
    return Matrix(now, 0.0, (), statuses)


def _news(live: tuple[Answer[Live], ...]) -> object:
    """What differs when something began or ended, went away or came back."""
    return tuple(
        (
            it.error.code if it.error else None,
            it.value and tuple((run.run, run.pid, run.migration) for run in it.value.running),
            it.value and it.value.ended and it.value.ended.run,
        )
        for it in live
    )
