"""Traces: an item's goes from its post to whoever works on it, holds no content, and costs nothing while it is off."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from PIL import Image

from ground import tracing
from ground.tracing import ITEM
from moderation.core.errors import SettingsError
from moderation.service import Service
from moderation.settings import Settings, load_settings
from review_ui.server import A2IServer
from tests.houses.api import Api
from tests.houses.service import NUMBER, REVIEWS, House
from tests.receiver import Receiver
from tests.waiting import wait_for

CANARY = "CanaryInTheCoalMine"


@pytest.fixture
def spans() -> Iterator[Callable[[], tuple[ReadableSpan, ...]]]:
    """Traces into memory; gives the spans that have ended."""
    exporter = InMemorySpanExporter()
    tracing.start_with(SimpleSpanProcessor(exporter), "test")
    yield exporter.get_finished_spans
    tracing.stop()


def of_item(spans: tuple[ReadableSpan, ...], item: str) -> list[ReadableSpan]:
    """Those of the item's trace, its first one first."""
    [root] = [span for span in spans if span.name == "item" and (span.attributes or {})[ITEM] == item]
    trace_id = root.get_span_context().trace_id
    found = [span for span in spans if span.get_span_context().trace_id == trace_id and span is not root]
    return [root, *found]


def parents(spans: list[ReadableSpan]) -> dict[str, str]:
    names = {span.get_span_context().span_id: span.name for span in spans}
    return {span.name: names[span.parent.span_id] for span in spans if span.parent is not None}


def test_an_items_trace_goes_from_its_post_through_another_process_to_its_delivery(
    idle_api: Api, spans: Callable[[], tuple[ReadableSpan, ...]]
) -> None:
    form = {
        "item": json.dumps({"callback_url": "http://127.0.0.1:9/hook?token=secret"}),
        "file": (io.BytesIO(_png()), "a.png", "image/png"),
    }
    item = idle_api.post("/v1/items", data=form).json["id"]
    worker = Service.open(idle_api.service.settings)  # knows nothing of the post but what is in the database
    try:
        worker.work_once()
        worker.deliveries.run_due()
    finally:
        worker.close()

    found = of_item(spans(), item)
    assert {"moderate", "rules", "call vision.exif", "deliver"} <= {span.name for span in found}
    below = parents(found)
    assert below["moderate"] == below["deliver"] == "item"
    assert below["rules"] == below["call vision.exif"] == "moderate"
    [request] = [span for span in spans() if span.name == "POST /v1/items"]
    assert found[0].links[0].context.span_id == request.get_span_context().span_id
    assert request.attributes is not None
    assert request.attributes["http.response.status_code"] == 202
    assert {"http.route", "moderation.request.id"} <= request.attributes.keys()


def test_texts_that_are_judged_together_are_linked_from_the_claim(
    idle_api: Api, spans: Callable[[], tuple[ReadableSpan, ...]]
) -> None:
    posted = [{"parts": [{"type": "text", "text": f"hello {number}"}]} for number in range(3)]
    ids = [each["id"] for each in idle_api.post("/v1/items/batch", json=posted).json["items"]]
    idle_api.service.work_once()

    [claim] = [span for span in spans() if span.name == "claim"]
    assert {link.context.span_id for link in claim.links} == {
        of_item(spans(), item)[0].get_span_context().span_id for item in ids
    }
    [call] = [span for span in spans() if span.name == "call pii.text"]
    assert call.parent is not None
    assert call.parent.span_id == claim.get_span_context().span_id, "threads carry the context along"
    assert all("rules" in {span.name for span in of_item(spans(), item)} for item in ids)


def test_starting_a_human_loop_is_in_the_items_trace(
    open_house: Callable[[str], House], spans: Callable[[], tuple[ReadableSpan, ...]]
) -> None:
    house = open_house(REVIEWS)
    record = house.post(NUMBER)
    wait_for(lambda: any(span.name == "start human loop" for span in spans()))

    assert "start human loop" in {span.name for span in of_item(spans(), record.item.id)}


def test_spans_carry_no_content_no_address_and_no_words_of_errors(
    idle_api: Api, spans: Callable[[], tuple[ReadableSpan, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = idle_api.service
    text = {"type": "text", "text": f"{CANARY} 123-45-6780 me@{CANARY}.example"}
    given = {
        "parts": [text],
        "content_id": CANARY,
        "metadata": {"k": CANARY},
        "callback_url": f"http://127.0.0.1:9/{CANARY}?token={CANARY}",
    }
    idle_api.post("/v1/items", json=given, headers={"Idempotency-Key": CANARY})
    idle_api.get(f"/v1/items?content_id={CANARY}")
    idle_api.get(f"/v1/items/{CANARY}")
    idle_api.client.get(f"/{CANARY}")
    service.work_once()
    service.deliveries.run_due()

    def fail(*_: object, **__: object) -> None:
        raise ValueError(CANARY)

    idle_api.post("/v1/items", json={"parts": [text]})
    monkeypatch.setattr(service.judge, "judge", fail)
    service.work_once()

    assert len(spans()) > 10
    for span in spans():
        said = span.to_json() or ""
        assert CANARY not in said, span.name
        assert "127.0.0.1:9" not in said
        assert not span.events


def test_whether_an_item_is_traced_is_found_alike_by_every_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.5")
    kept: list[set[str]] = []
    for _ in range(2):  # a process each
        exporter = InMemorySpanExporter()
        tracing.start_with(SimpleSpanProcessor(exporter), "test")
        for number in range(200):
            if not kept:
                tracing.begin_item(f"item-{number}", "shop")
            with tracing.span("moderate", item=f"item-{number}"):
                pass
        found = exporter.get_finished_spans()
        if not kept:
            kept.append({str((span.attributes or {})[ITEM]) for span in found if span.name == "item"})
        kept.append({str((span.attributes or {})[ITEM]) for span in found if span.name == "moderate"})
        tracing.stop()

    assert kept[0] == kept[1] == kept[2]
    assert 60 < len(kept[0]) < 140


def test_a_collector_is_told_over_http(settings: Settings) -> None:
    receiver = Receiver()
    receiver.start()
    service = Service.open(settings.model_copy(update={"otlp_endpoint": f"{receiver.url}/"}))
    try:
        service.live("worker")
        with tracing.span("moderate", item="item-1"):
            pass
        service.close()  # hands over what is left
        sent = [ExportTraceServiceRequest.FromString(each.body) for each in receiver.got("/v1/traces")]
    finally:
        receiver.stop()
    names = {
        span.name
        for each in sent
        for resource in each.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    }
    assert "moderate" in names
    resource = {each.key: each.value.string_value for each in sent[0].resource_spans[0].resource.attributes}
    assert (resource["service.name"], resource["moderation.role"]) == ("moderation", "worker")


def test_the_endpoint_alone_tells_its_requests(tmp_path: Path) -> None:
    receiver = Receiver()
    receiver.start()
    try:
        with A2IServer(load_settings(data=tmp_path, port=0, otlp_endpoint=receiver.url)) as server:
            server.start()
            assert urllib3.request("GET", f"{server.url}/healthz").status == 200
        sent = b"".join(each.body for each in receiver.got("/v1/traces"))
    finally:
        receiver.stop()
    assert b"GET /healthz" in sent


def test_nothing_of_it_is_imported_while_it_is_off() -> None:
    code = (
        "import sys, moderation.serving.server, moderation.commands.worker\n"
        "from ground import tracing\n"
        "with tracing.span('x', item='y') as span: span.set(a=1)\n"
        "tracing.begin_item('y', 'shop'); tracing.stop()\n"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_where_the_packages_are_missing_the_start_says_what_to_install(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    service = Service.open(settings.model_copy(update={"otlp_endpoint": "http://127.0.0.1:9"}))
    try:
        with pytest.raises(SettingsError, match=r"pip install 'moderation\[traces\]'"):
            service.live("worker")
    finally:
        service.close()


@pytest.mark.parametrize("wrong", ["127.0.0.1:4318", "http://me:secret@host:4318", "http://host?key=secret"])
def test_an_address_of_a_collector_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("MODERATION_OTLP_ENDPOINT", wrong)
    with pytest.raises(SettingsError, match="MODERATION_OTLP_ENDPOINT"):
        load_settings()


def _png() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((30, 20), 60).convert("RGB").save(out, "PNG")
    return out.getvalue()
