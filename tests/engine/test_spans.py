"""Spans of OpenTelemetry: what they hold, who their parent is, and that no run fails for them."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from wishkit.config import Patience
from wishkit.core.events import CommandStarted, MigrationStarted, Noted
from wishkit.interface.audience import Ending
from wishkit.interface.spans import Spans, operation_of
from wishkit.interface.tracing import spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from opentelemetry.sdk.trace import ReadableSpan

    from tests.engine.conftest import Project

SECRET = "hunter2"
TRACE, ABOVE = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
DONE = Ending("done", 0, None, 1.0)


class Traced:
    """What listens, and the spans it has ended."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self.kept = InMemorySpanExporter()
        self.warned: list[str] = []
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self.kept))
        tracer = provider.get_tracer("wishkit")
        self.spans = Spans("migrate", tracer, lambda: None, self.warned.append, environment or {})

    def hear(self, project: Project) -> None:
        """Take what a run has told, and its end."""
        error = project.migrate().error
        self.spans(CommandStarted("migrate", "production"))
        for event in project.events:
            self.spans(event)
        outcome = Ending("failed", error.exit_status, error, 1.0) if error else DONE
        self.spans.end(outcome)

    @property
    def by_name(self) -> dict[str, ReadableSpan]:
        found = {span.name: span for span in self.kept.get_finished_spans()}
        assert len(found) == len(self.kept.get_finished_spans())
        return found


def about(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def parent(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent else None


def own(span: ReadableSpan) -> int:
    assert span.context
    return int(span.context.span_id)


def test_a_run_its_migrations_and_their_messages(project: Project) -> None:
    project.pair(
        "0001_wish",
        f"CREATE TABLE wish (note text);\nINSERT INTO wish VALUES ('{SECRET}'), ('b');\n",
    )
    project.pair(
        "0002_index", "-- transactional: false\nCREATE INDEX CONCURRENTLY i ON wish (note);"
    )
    traced = Traced()
    traced.hear(project)
    spans = traced.by_name
    assert traced.warned == []
    root = spans["wishkit migrate"]
    assert root.status.status_code is StatusCode.UNSET
    assert about(root) == {
        "wishkit.verb": "migrate",
        "wishkit.environment": "production",
        "wishkit.run": project.value("SELECT id FROM wishkit.run"),
        "wishkit.outcome": "done",
        "db.system.name": "postgresql",
        "db.namespace": project.value("SELECT current_database()"),
        "server.address": about(root)["server.address"],
    }
    wish, index = spans["forward 0001_wish"], spans["forward 0002_index"]
    assert [parent(root), parent(wish), parent(index)] == [None, own(root), own(root)]
    assert about(wish)["wishkit.rows"] == 2
    batch, alone = spans["BATCH"], spans["CREATE INDEX"]
    assert [parent(batch), parent(alone)] == [own(wish), own(index)]
    assert batch.kind is alone.kind is SpanKind.CLIENT
    assert about(batch)["db.operation.batch.size"] == 2
    assert about(alone)["db.operation.name"] == "CREATE INDEX"
    assert about(alone)["db.namespace"] == about(root)["db.namespace"]
    assert wish.start_time
    assert batch.end_time
    assert wish.end_time
    assert wish.start_time < batch.end_time < wish.end_time
    assert all(SECRET not in span.to_json() for span in spans.values())


def test_what_fails_is_an_error_all_the_way_up(project: Project) -> None:
    project.pair("0001_a", "CREATE TABLE a ();")
    project.pair("0002_bad", "UPDATE nothing SET a = 1;")
    traced = Traced()
    traced.hear(project)
    spans = traced.by_name
    failed = [spans[name] for name in ("wishkit migrate", "forward 0002_bad", "UPDATE")]
    assert {span.status.status_code for span in failed} == {StatusCode.ERROR}
    assert {about(span)["error.type"] for span in failed} == {"migration-failed"}
    assert failed[0].status.description == 'relation "nothing" does not exist'
    assert spans["forward 0001_a"].status.status_code is StatusCode.UNSET


def test_waits_are_events_and_tries_that_came_to_nothing_are_seen(project: Project) -> None:
    project.pair("0001_a", "CREATE TABLE wish ();")
    project.migrate()
    project.events.clear()
    project.pair("0002_b", "ALTER TABLE wish ADD COLUMN a int;")
    project.target = replace(project.target, patience=Patience(deadline=20, attempt=0.03))
    traced = Traced()
    with psycopg.connect(project.url, application_name="reporting") as reader:
        reader.execute(f"SELECT *, '{SECRET}' FROM wish")
        project.hooks["Blocked"] = reader.rollback
        traced.hear(project)
    tries = [it for it in traced.kept.get_finished_spans() if it.name == "ALTER TABLE"]
    assert [it.status.status_code for it in (tries[0], tries[-1])] == [
        StatusCode.ERROR,
        StatusCode.UNSET,
    ]
    assert about(tries[0])["error.type"] == "retried"
    (blocked,) = [event for event in tries[0].events if event.name == "blocked"]
    who = str((blocked.attributes or {})["wishkit.by"])
    assert "(ACCESS SHARE on public.wish): SELECT *, '…' FROM wish" in who
    assert "reporting" in who
    (migration,) = (it for it in traced.kept.get_finished_spans() if it.name == "forward 0002_b")
    assert about(migration)["wishkit.retries"] >= 1
    assert about(migration)["wishkit.wait"] > 0


def test_the_parent_is_that_of_the_environment() -> None:
    traced = Traced({"TRACEPARENT": f"00-{TRACE}-{ABOVE}-01", "TRACESTATE": "a=b"})
    traced.spans.end(DONE)
    (root,) = traced.kept.get_finished_spans()
    assert root.parent
    assert root.context
    assert (root.context.trace_id, root.parent.span_id) == (int(TRACE, 16), int(ABOVE, 16))
    assert root.context.trace_state.get("a") == "b"
    odd = Traced({"TRACEPARENT": "what is this"})
    odd.spans.end(DONE)
    assert [it.parent for it in odd.kept.get_finished_spans()] == [None]


def test_a_migration_that_nobody_saw_end_and_rows_that_are_data() -> None:
    traced = Traced()
    traced.spans(MigrationStarted("0001_a", "forward", 1, 1, 1))
    traced.spans(Noted("0001_a", "ROWS", SECRET))
    traced.spans(Noted("0001_a", "NOTICE", f"password={SECRET}"))
    traced.spans.end(Ending("interrupted", 130, None, 1.0))
    spans = traced.by_name
    assert about(spans["forward 0001_a"])["error.type"] == "interrupted"
    (noted,) = spans["forward 0001_a"].events
    assert (noted.attributes or {})["wishkit.message"] == "password=***"


def test_an_error_in_the_spans_ends_them_and_not_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    traced = Traced()

    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("no such thing")

    monkeypatch.setattr(traced.spans, "_start_migration", break_down)
    for number in range(3):
        traced.spans(MigrationStarted(f"000{number}_a", "forward", 1, 1, 1))
    traced.spans.end(DONE)
    assert traced.warned == ["there are no spans from here on: no such thing"]


@pytest.mark.parametrize(
    ("sql", "operation"),
    [
        ("update t set a = 1", "UPDATE"),
        ("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)", "CREATE INDEX"),
        ("create or replace function f()", "CREATE FUNCTION"),
        ("CREATE MATERIALIZED VIEW v AS", "CREATE MATERIALIZED VIEW"),
        ("DROP /* 'x */ TABLE t", "DROP TABLE"),
        ("WITH x AS (SELECT 1) INSERT", "WITH"),
        ("$$", "SQL"),
    ],
)
def test_what_a_statement_does(sql: str, operation: str) -> None:
    assert operation_of(sql) == operation


class Receiver(HTTPServer):
    """Takes spans as a collector does, over HTTP."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.taken: list[Any] = []


class _Taking(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        request = ExportTraceServiceRequest()
        request.ParseFromString(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.taken.append((self.path, request))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(ExportTraceServiceResponse().SerializeToString())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def receiver() -> Iterator[Receiver]:
    with Receiver() as taking:
        thread = threading.Thread(target=taking.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield taking
        finally:
            taking.shutdown()
            thread.join()


def test_spans_arrive_at_a_collector_also_of_an_interrupted_run(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.pair("0001_a", "CREATE TABLE a ();")
    project.pair("0002_b", "SELECT pg_advisory_xact_lock_shared(1);")
    with receiver() as taking, project.gate():
        url = f"http://127.0.0.1:{taking.server_port}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        monkeypatch.setenv("TRACEPARENT", f"00-{TRACE}-{ABOVE}-01")
        process = project.spawn("migrate")
        project.wait_at_gate()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "spans" not in errors
    ((path, request), *_) = taking.taken
    assert path == "/v1/traces"
    (resource,) = request.resource_spans
    about_it = {it.key: it.value.string_value for it in resource.resource.attributes}
    assert about_it["service.name"] == "wishkit"
    spans = [span for scope in resource.scope_spans for span in scope.spans]
    assert {span.name for span in spans} == {
        "wishkit migrate",
        "forward 0001_a",
        "CREATE TABLE",
        "forward 0002_b",
        "SELECT",
    }
    (root,) = (span for span in spans if span.name == "wishkit migrate")
    assert (root.trace_id.hex(), root.parent_span_id.hex()) == (TRACE, ABOVE)
    assert root.status.code == 2
    assert {span.trace_id.hex() for span in spans} == {TRACE}


def test_a_collector_that_does_not_answer_fails_nothing_and_is_not_waited_for(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.pair("0001_a", "CREATE TABLE a ();")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        monkeypatch.setenv("OTEL_BSP_EXPORT_TIMEOUT", "100")
        process = project.spawn("migrate", "--log-json")
        began = time.monotonic()
        stdout, errors = process.communicate(timeout=30)
        assert time.monotonic() - began < 9.5, "the exporter itself would wait ten seconds"
    assert (process.returncode, project.states()) == (0, {"0001": "applied"})
    assert "1 migration applied" in stdout
    *_, warning, last = map(json.loads, errors.splitlines())
    assert warning["message"] == "spans may be lost: they could not be sent within 0.1 s"
    assert last["event"] == "finished"


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, "spans may be lost: "),
        ({"OTEL_TRACES_EXPORTER": "nowhere"}, 'there are no spans: no exporter "nowhere" is'),
    ],
)
def test_what_cannot_be_sent_is_told_in_one_line(
    project: Project, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], said: str
) -> None:
    project.pair("0001_a", "CREATE TABLE a ();")
    monkeypatch.setenv("OTEL_BSP_EXPORT_TIMEOUT", "2000")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    process = project.spawn("migrate")
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in errors
    assert errors.count("migrate: warning: ") == 1
    assert said in errors


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"},
        {"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"},
    ],
)
def test_who_asks_for_none_gets_none(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert spans("migrate", pytest.fail) is None


def test_who_has_set_it_up_already_is_sent_them(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr("opentelemetry.trace.get_tracer_provider", lambda: provider)
    traced = spans("migrate", pytest.fail)
    assert traced
    traced.end(DONE)
    assert [it.name for it in kept.get_finished_spans()] == ["wishkit migrate"]
    with provider.get_tracer("theirs").start_as_current_span("after"):
        pass
    assert len(kept.get_finished_spans()) == 2, "theirs goes on"
