"""A run as spans of OpenTelemetry, where its SDK is installed and somebody has asked for them.

Attributes follow the semantic conventions for databases that are stable since 1.33,
https://opentelemetry.io/docs/specs/semconv/database/postgresql/; those of our own begin with
``wishkit.``. The text of a statement is not among them: it may hold what nobody should see.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from opentelemetry import context, trace
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from wishkit.core.events import (
    Blocked,
    CommandStarted,
    MigrationFinished,
    MigrationStarted,
    MigrationStopped,
    Noted,
    Progressed,
    RunStarted,
    StatementsFinished,
    StatementsStarted,
    Waiting,
)
from wishkit.core.redact import redact, without_literals
from wishkit.core.timing import InTheWay
from wishkit.core.waits import query_without_values
from wishkit.interface.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.trace import Span, Tracer

    from wishkit.core.events import Blocker, Event
    from wishkit.interface.audience import Ending

_ROWS = "ROWS"  # the severity of a note that is data
# Words between CREATE, ALTER or DROP and the kind of object, and such as are only half of a kind.
_BETWEEN = {"CONSTRAINT", "GLOBAL", "LOCAL", "OR", "RECURSIVE", "REPLACE", "TEMP", "TEMPORARY"} | {
    "UNIQUE",
    "UNLOGGED",
}
_HALF = {"ACCESS", "DEFAULT", "EVENT", "FOREIGN", "MATERIALIZED", "TEXT", "USER"}


class Spans:
    """Listens to a run: it is a span, each migration in it is one, and each message in that.

    A run never fails for its spans: with the first error that comes from them they end.

    Args:
        verb: what was asked.
        tracer: makes the spans.
        flush: sees to it that they are sent; takes no longer than somebody would wait.
        warn: is told what goes wrong.
        environment: of the process; ``TRACEPARENT`` names the span that this run belongs to.
    """

    asks = True

    def __init__(
        self,
        verb: str,
        tracer: Tracer,
        flush: Callable[[], None],
        warn: Callable[[str], None],
        environment: Mapping[str, str],
    ) -> None:
        self._tracer = tracer
        self._flush = flush
        self._warn = warn
        self._pace = Pace()
        self._database: dict[str, str | int] = {"db.system.name": "postgresql"}
        names = ("traceparent", "tracestate")
        carrier = {it: environment[it.upper()] for it in names if it.upper() in environment}
        above = TraceContextTextMapPropagator().extract(carrier, context.get_current())
        self._root = tracer.start_span(f"wishkit {verb}", above, attributes={"wishkit.verb": verb})
        self._migration: Span | None = None
        self._message: Span | None = None
        self._broken = False

    def __call__(self, event: Event) -> None:
        """Take one event."""
        if self._broken:
            return
        try:
            self._take(event)
        except Exception as error:  # noqa: BLE001 - whatever it is, the run is worth more
            self._give_up(error)

    def stop(self) -> None:
        """Nothing is in anybody's way."""

    def end(self, ending: Ending) -> None:
        """End what is open, and see to it that all is sent."""
        try:
            if not self._broken:
                self._end(ending)
                self._flush()
        except Exception as error:  # noqa: BLE001 - as above
            self._give_up(error)
        except KeyboardInterrupt:
            self._warn("interrupted while spans were sent")

    def _give_up(self, error: Exception) -> None:
        self._broken = True
        self._warn(f"there are no spans from here on: {redact(str(error))}")

    def _take(self, event: Event) -> None:  # noqa: C901 - one case a kind of event
        match event:
            case CommandStarted():
                self._root.set_attribute("wishkit.environment", event.environment)
            case RunStarted():
                self._database |= _place(event)
                self._root.set_attributes(self._database | {"wishkit.run": event.run})
            case MigrationStarted():
                self._start_migration(event)
            case StatementsStarted():
                self._pace.due(event)
                self._stop_message()  # what was tried before came to nothing
                self._start_message(event)
            case StatementsFinished():
                self._finish_message(event)
            case MigrationFinished():
                self._end_migration("done", _met(event))
            case MigrationStopped():
                self._end_migration(event.outcome, _met(event), event.code)
            case Waiting() if self._pace.due(event):
                self._tell("waiting", {"wishkit.for": event.what, "wishkit.whom": event.whom})
            case Blocked() if self._pace.due(event):
                self._tell("blocked", {"wishkit.by": [*map(_who, event.blockers)]})
            case Progressed(waiting_for=str(whom)) if self._pace.due(event):
                self._tell("waiting", {"wishkit.for": event.phase, "wishkit.whom": redact(whom)})
            case Noted() if event.severity != _ROWS:
                text = redact(event.message)
                self._tell("noted", {"wishkit.severity": event.severity, "wishkit.message": text})

    def _tell(self, name: str, attributes: Mapping[str, str | list[str]]) -> None:
        """Add an event to the innermost span that is open."""
        (self._message or self._migration or self._root).add_event(name, dict(attributes))

    def _start_migration(self, event: MigrationStarted) -> None:
        about: dict[str, str | int] = {
            "wishkit.migration": event.id,
            "wishkit.direction": event.direction,
            "wishkit.position": event.position,
            "wishkit.total": event.total,
        }
        self._migration = self._tracer.start_span(
            f"{event.direction} {event.id}", trace.set_span_in_context(self._root), attributes=about
        )

    def _start_message(self, event: StatementsStarted) -> None:
        several = event.last > event.first
        operation = "BATCH" if several else operation_of(event.sql)
        about: dict[str, str | int] = {
            "db.operation.name": operation,
            "wishkit.migration": event.id,
            "wishkit.statement.first": event.first,
            "wishkit.statement.last": event.last,
        }
        if several:
            about["db.operation.batch.size"] = event.last - event.first + 1
        self._message = self._tracer.start_span(
            operation,
            trace.set_span_in_context(self._migration or self._root),
            SpanKind.CLIENT,
            self._database | about,
        )

    def _finish_message(self, event: StatementsFinished) -> None:
        if self._message:
            if event.rows is not None:
                self._message.set_attribute("wishkit.rows", event.rows)
            self._message.end()
        self._message = None

    def _stop_message(self, code: str | None = None) -> None:
        if self._message:
            _fail(self._message, code or "retried")
            self._message.end()
        self._message = None

    def _end_migration(
        self, outcome: str, met: Mapping[str, int | float], code: str | None = None
    ) -> None:
        self._stop_message(code)
        if self._migration:
            self._migration.set_attributes({"wishkit.outcome": outcome, **met})
            if outcome != "done":
                _fail(self._migration, code or outcome)
            self._migration.end()
        self._migration = None

    def _end(self, ending: Ending) -> None:
        code = ending.error.code if ending.error else None
        self._end_migration(ending.outcome, {}, code)
        self._root.set_attribute("wishkit.outcome", ending.outcome)
        if ending.outcome != "done":
            said = redact(ending.error.message) if ending.error else None
            _fail(self._root, code or ending.outcome, said)
        self._root.end()


def _fail(span: Span, code: str, said: str | None = None) -> None:
    span.set_attribute("error.type", code)
    span.set_status(Status(StatusCode.ERROR, said or code))


def _place(event: RunStarted) -> dict[str, str | int]:
    place: dict[str, str | int] = {"db.namespace": event.database, "server.address": event.host}
    # A socket has a name, and no port.
    return place if event.host.startswith(("/", "@")) else place | {"server.port": event.port}


def _met(event: MigrationFinished | MigrationStopped) -> dict[str, int | float]:
    met: dict[str, int | float] = {}
    if event.rows is not None:
        met["wishkit.rows"] = event.rows
    if event.retries:
        met |= {"wishkit.wait": event.waited, "wishkit.retries": event.retries}
    return met


def _who(it: Blocker) -> str:
    query = query_without_values(it.query)
    return str(InTheWay(it.role, it.application, it.state, it.relation, it.mode, query))


def operation_of(sql: str) -> str:
    """What a statement does, in its own words: ``UPDATE``, ``CREATE TABLE``; never a name.

    Args:
        sql: its beginning.
    """
    words = re.findall(r"[A-Z]+", without_literals(sql).upper())
    if not words or words[0] not in {"ALTER", "CREATE", "DROP"}:
        return words[0] if words else "SQL"
    kind = [word for word in words[1:] if word not in _BETWEEN][:2]
    return " ".join([words[0], *kind[: 2 if kind[:1] and kind[0] in _HALF else 1]])
