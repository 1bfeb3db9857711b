"""Whether spans are wanted, and how they leave: as the variables of OpenTelemetry say.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from wishkit.core.redact import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

    from wishkit.interface.spans import Spans

    Warn = Callable[[str], None]

_ASKING = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_TRACES_EXPORTER",
)
_SDK = "opentelemetry.sdk.trace"
_EXPORTERS = "opentelemetry_traces_exporter"  # the group of entry points that the SDK looks into
_PROTOCOLS = {"http/protobuf": "otlp_proto_http", "grpc": "otlp_proto_grpc"}
_LONGEST_FLUSH = 5.0  # seconds


def spans(verb: str, warn: Warn) -> Spans | None:
    """What turns a run into spans; None where nobody wants them, or there is no SDK.

    Args:
        verb: what was asked.
        warn: is told, once, what goes wrong: a run does not fail for that.
    """
    if not _wanted():
        return None
    warn = _once(warn)
    try:
        import opentelemetry.sdk.trace  # noqa: F401, PLC0415 - optional, and heavy
    except ImportError:
        return None  # the variables may be there for others
    try:
        return _spans(verb, warn)
    except Exception as error:  # noqa: BLE001 - a setting that it does not understand, or a bug in it
        warn(f"there are no spans: {redact(str(error))}")
        return None


def _wanted() -> bool:
    exporter = os.environ.get("OTEL_TRACES_EXPORTER", "")
    if exporter == "none" or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    # Whoever has started us may have set it up already, as opentelemetry-instrument does.
    return _SDK in sys.modules or any(os.environ.get(name) for name in _ASKING)


def _spans(verb: str, warn: Warn) -> Spans | None:
    from opentelemetry import trace  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - as above

    from wishkit import __version__  # noqa: PLC0415 - as above
    from wishkit.interface.spans import Spans  # noqa: PLC0415 - as above

    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        ours = provider
        end: Callable[[], object] = provider.force_flush
    elif any(os.environ.get(name) for name in _ASKING):
        _quieten(warn)
        ours = _provider()
        end = ours.shutdown
    else:
        return None
    tracer = ours.get_tracer("wishkit", __version__)
    return Spans(verb, tracer, lambda: _within_bounds(end, warn), warn, os.environ)


def _provider() -> TracerProvider:
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - heavy
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - heavy
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - heavy

    from wishkit import __version__  # noqa: PLC0415 - as above

    about = {"service.version": __version__}
    named = "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    if not named and not os.environ.get("OTEL_SERVICE_NAME"):
        about["service.name"] = "wishkit"
    # It would wait for its exporter when Python ends, however long that takes.
    provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
    for exporter in _exporters():
        provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def _exporters() -> Iterator[SpanExporter]:
    """Those that the variables name.

    Raises:
        LookupError: one of them is not installed.
    """
    installed = {it.name: it for it in entry_points(group=_EXPORTERS)}
    for wanted in (os.environ.get("OTEL_TRACES_EXPORTER") or "otlp").split(","):
        name = wanted.strip()
        if name == "otlp":
            name = _otlp(installed)
        if name not in installed:
            raise LookupError(
                f'no exporter "{name}" is installed; for OTLP: '
                "pip install opentelemetry-exporter-otlp-proto-http"
            )
        yield installed[name].load()()


def _otlp(installed: Collection[str]) -> str:
    asked = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or os.environ.get(
        "OTEL_EXPORTER_OTLP_PROTOCOL"
    )
    if asked:
        return _PROTOCOLS.get(asked, asked)
    # The specification's default first.
    there = (name for name in _PROTOCOLS.values() if name in installed)
    return next(there, _PROTOCOLS["http/protobuf"])


def _quieten(warn: Warn) -> None:
    """The SDK's complaints, some with whole tracebacks, become one line."""
    logger = logging.getLogger("opentelemetry")
    logger.addHandler(_Complaints(warn))
    logger.propagate = False


class _Complaints(logging.Handler):
    def __init__(self, warn: Warn) -> None:
        super().__init__(logging.WARNING)
        self._warn = warn

    def emit(self, record: logging.LogRecord) -> None:
        said = redact(record.getMessage()).splitlines()
        self._warn(f"spans may be lost: {''.join(said[:1])}")


def _once(warn: Warn) -> Warn:
    """Passes on the first thing that goes wrong: the others follow from it."""
    told: list[str] = []

    def tell(text: str) -> None:
        if not told:
            told.append(text)
            warn(text)

    return tell


def _within_bounds(end: Callable[[], object], warn: Warn) -> None:
    """Do it in a thread that may be left behind: not everything keeps the SDK's own time-outs."""
    asked = os.environ.get("OTEL_BSP_EXPORT_TIMEOUT", "")
    longest = min(_LONGEST_FLUSH, int(asked) / 1000 if asked.isdecimal() else _LONGEST_FLUSH)
    thread = threading.Thread(target=end, name="flush", daemon=True)
    thread.start()
    thread.join(longest)
    if thread.is_alive():
        warn(f"spans may be lost: they could not be sent within {longest:g} s")
