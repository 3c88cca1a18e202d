"""Tracing: where the time of a request and of an item goes, told to an OpenTelemetry collector; nothing unless started.

Started or not, what is logged within a span of an item names that item (`NamesItem`).

An item's trace goes from its post through whatever process works on it. Its id, and that of its first span, follow from
the item's id, so that nothing has to be kept or passed on: every process knows them. Spans carry ids, names and counts,
never content, addresses or words of errors.
"""

from __future__ import annotations

import contextlib
import contextvars
import hashlib
import logging
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeVar

from ground.errors import SettingsError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import SpanContext

ITEM = "moderation.item.id"
MOST_LINKS = 128
"""Of one span; OpenTelemetry's usual limit."""
Value = str | int | float | bool
Given = TypeVar("Given")
Result = TypeVar("Result")


class _Tracing:
    """A running tracer, and the ids of items' traces."""

    def __init__(self, processor: SpanProcessor, role: str) -> None:
        from opentelemetry import trace
        from opentelemetry.context import Context
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
        from opentelemetry.sdk.trace.sampling import Decision

        given: contextvars.ContextVar[tuple[int, int] | None] = contextvars.ContextVar("given ids", default=None)

        class Ids(RandomIdGenerator):
            """Random, but for the first span of an item."""

            def generate_span_id(self) -> int:
                ids = given.get()
                return ids[1] if ids else super().generate_span_id()

            def generate_trace_id(self) -> int:
                ids = given.get()
                return ids[0] if ids else super().generate_trace_id()

        self._sampled = Decision.RECORD_AND_SAMPLE
        self._given, self._trace, self._empty = given, trace, Context
        # One worker knows itself by its process; the standard OTEL_RESOURCE_ATTRIBUTES say more where they are set.
        resource = Resource.create(
            {"service.name": "moderation", "service.version": version("moderation"), "moderation.role": role}
        )
        self.provider = TracerProvider(resource=resource, id_generator=Ids(), shutdown_on_exit=False)
        self.provider.add_span_processor(processor)
        self._tracer = self.provider.get_tracer("moderation")

    @contextmanager
    def span(self, name: str, item: str | None, items: Collection[str], attributes: dict[str, Value]) -> Iterator[Span]:
        trace = self._trace
        if item is not None:
            attributes[ITEM] = item
        links = [trace.Link(self._context_of(each)) for each in list(items)[:MOST_LINKS]]
        with (
            contextlib.nullcontext() if item is None else _about(item),
            self._tracer.start_as_current_span(
                name,
                context=self._parent(item),
                attributes=attributes,
                links=links,
                record_exception=False,  # its words may quote the content
                set_status_on_exception=False,
            ) as started,
        ):
            try:
                yield Span(started)
            except BaseException as error:
                started.set_attribute("error.type", type(error).__name__)
                started.set_status(trace.StatusCode.ERROR)
                raise

    def begin_item(self, item: str, app: str) -> None:
        here = self._trace.get_current_span().get_span_context()
        links = [self._trace.Link(here)] if here.is_valid else []
        token = self._given.set(_ids_of(item))
        try:
            attributes = {ITEM: item, "moderation.app": app}
            self._tracer.start_span("item", context=self._empty(), attributes=attributes, links=links).end()
        finally:
            self._given.reset(token)

    def _parent(self, item: str | None) -> Any:
        """Where a span belongs: into the trace of its item, below what is open there or else its first span."""
        here = self._trace.get_current_span().get_span_context()
        if item is None or here.trace_id == _ids_of(item)[0]:
            return None
        return self._trace.set_span_in_context(self._trace.NonRecordingSpan(self._context_of(item)), self._empty())

    def _context_of(self, item: str) -> SpanContext:
        """That of an item's first span, sampled or not as every process finds by itself."""
        trace_id, span_id = _ids_of(item)
        decision = self.provider.sampler.should_sample(self._empty(), trace_id, "item").decision
        is_sampled = decision is self._sampled
        flags = self._trace.TraceFlags.SAMPLED if is_sampled else self._trace.TraceFlags.DEFAULT
        return self._trace.SpanContext(trace_id, span_id, is_remote=True, trace_flags=self._trace.TraceFlags(flags))


class Span:
    """What is under way; takes what becomes known on the way."""

    def __init__(self, started: Any = None) -> None:
        self._started = started

    def set(self, **attributes: Value) -> None:
        """Add attributes; dots in their names are written as two underscores."""
        if self._started is not None:
            self._started.set_attributes(_dotted(attributes))


_item: contextvars.ContextVar[str | None] = contextvars.ContextVar("item", default=None)
_tracing: _Tracing | None = None
_lock = threading.Lock()
_nothing = contextlib.nullcontext(Span())


def start(endpoint: str, role: str) -> None:
    """Tell an OTLP collector of this process's spans from now on. More than this say the standard OTEL_* variables.

    Args:
        endpoint: the collector's address for OTLP over HTTP, such as ``http://127.0.0.1:4318``.
        role: what this process does.

    Raises:
        SettingsError: the packages for it are not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise SettingsError(
            "MODERATION_OTLP_ENDPOINT needs OpenTelemetry, which is not installed: pip install 'moderation[traces]'"
        ) from error
    start_with(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")), role)


def start_with(processor: SpanProcessor, role: str) -> None:
    """Give spans to `processor` from now on, instead of to another."""
    global _tracing
    stop()
    with _lock:
        _tracing = _Tracing(processor, role)


def stop() -> None:
    """Hand over what is left, and trace no more. May be called when nothing is traced."""
    global _tracing
    with _lock:
        ended, _tracing = _tracing, None
    if ended is not None:
        ended.provider.shutdown()


def span(
    name: str, *, item: str | None = None, items: Collection[str] = (), **attributes: Value
) -> AbstractContextManager[Span]:
    """A part of the work, as long as the context is open.

    Args:
        item: the item that it is for; puts it into the item's trace.
        items: those it is for together; links their traces to it.
        attributes: ids, names and counts; dots in their names are written as two underscores.
    """
    if (tracing := _tracing) is not None:
        return tracing.span(name, item, items, _dotted(attributes))
    return _nothing if item is None else _about(item)


class NamesItem(logging.Filter):
    """Adds ``item=...`` to lines of a handler that are about an item and do not name it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets every line through."""
        item = _item.get()
        if item is not None and item not in (message := record.getMessage()):
            record.msg, record.args = f"{message} item={item}", ()
        return True


def begin_item(item: str, app: str) -> None:
    """The first span of an item's trace, linked to what brought the item."""
    if (tracing := _tracing) is not None:
        tracing.begin_item(item, app)


def carried(work: Callable[[Given], Result]) -> Callable[[Given], Result]:
    """`work` for other threads, whose spans and log lines go with those here."""
    here = contextvars.copy_context()
    return lambda given: here.copy().run(work, given)


@contextmanager
def _about(item: str) -> Iterator[Span]:
    token = _item.set(item)
    try:
        yield Span()
    finally:
        _item.reset(token)


def _ids_of(item: str) -> tuple[int, int]:
    """Trace id and span id. A digest, because samplers want ids whose last bits are evenly spread."""
    digest = hashlib.sha256(item.encode()).digest()
    return int.from_bytes(digest[:16], "big") or 1, int.from_bytes(digest[16:24], "big") or 1


def _dotted(attributes: dict[str, Value]) -> dict[str, Value]:
    return {name.replace("__", "."): value for name, value in attributes.items()}
