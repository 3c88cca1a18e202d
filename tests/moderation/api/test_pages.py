"""The pages for people and machines around the API: documents, health, readiness, figures, headers."""

from __future__ import annotations

import inspect
import json
import re
import threading
import uuid
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from prometheus_client.parser import text_string_to_metric_families

from moderation.api.openapi import Operation, openapi
from moderation.api.problems import KINDS
from moderation.core.errors import StoreUnavailable
from moderation.core.events import EVENT_TYPES
from moderation.core.policy.policies import PolicySet
from moderation.serving.app import create_app
from tests.houses.api import Api
from tests.houses.service import REJECTS, House
from tests.waiting import wait_for

TEXT = {"parts": [{"type": "text", "text": "Have a nice day"}]}


def test_the_openapi_document_is_valid_and_lists_every_route(empty_api: Api) -> None:
    document = empty_api.client.get("/openapi.json").json

    validate(document)
    assert document["openapi"].startswith("3.1")
    listed = {(method, path) for path, methods in document["paths"].items() for method in methods}
    ours = [rule for rule in empty_api.client.application.url_map.iter_rules() if not _is_elsewhere(rule.rule)]
    served = {
        (method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in ours
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert listed == served


def _is_elsewhere(rule: str) -> bool:
    """The portal, the endpoints that speak as AWS and Google do, and pages for browsers."""
    elsewhere = ("/review", "/notices", "/a2i", "/aws", "/comprehend", "/perspective", "/static")
    return rule.startswith(elsewhere) or rule in ("/", "/docs", "/admin")


def test_every_view_of_the_api_says_what_it_does_and_takes_what_its_path_has(empty_api: Api) -> None:
    assert _slips(empty_api.client.application) == []


def test_a_view_that_says_nothing_of_itself_or_takes_another_argument_is_found() -> None:
    app = Flask("some", static_folder=None)
    said = Operation("Something.", {200: None})
    app.get("/v1/said/<name>")(said(lambda name: name))
    app.get("/v1/unsaid", endpoint="unsaid")(lambda: "")
    app.get("/v1/other/<name>", endpoint="other")(said(lambda item_id: item_id))

    assert _slips(app) == ["/v1/unsaid has no operation", "/v1/other/<name> is given ['name'], takes ['item_id']"]


def _slips(app: Flask) -> list[str]:
    found = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        takes = sorted(inspect.signature(view).parameters)
        if _is_elsewhere(rule.rule):
            continue
        if not isinstance(getattr(view, "operation", None), Operation):
            found.append(f"{rule.rule} has no operation")
        elif takes != sorted(rule.arguments):
            found.append(f"{rule.rule} is given {sorted(rule.arguments)}, takes {takes}")
    return found


def test_each_documented_parameter_of_a_search_is_taken_and_no_other(empty_api: Api) -> None:
    examples = {"date-time": "2026-01-31T12:00:00Z", "uuid": str(uuid.uuid4()), "integer": "7", "string": "shop"}
    parameters = openapi(empty_api.client.application)["paths"]["/v1/items"]["get"]["parameters"]

    for parameter in parameters:
        schema = parameter["schema"]
        example = parameter.get("example") or examples[schema.get("format", schema["type"])]
        for value in schema.get("enum") or [example]:
            assert empty_api.get("/v1/items", query_string={parameter["name"]: value}).status_code == 200, parameter

    refused = empty_api.get("/v1/items?colour=red")
    assert refused.status_code == 422
    assert (
        refused.json["errors"][0]["message"] == f"unknown parameter; known: {', '.join(p['name'] for p in parameters)}"
    )


def test_every_operation_under_v1_wants_a_key_and_documents_the_refusal(empty_api: Api) -> None:
    document = openapi(empty_api.client.application)
    assert document["security"] == [{"key": []}]
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert (operation.get("security") == []) == (not path.startswith("/v1"))
            if path.startswith("/v1"):
                assert "application/problem+json" in operation["responses"]["401"]["content"]


def test_every_property_and_parameter_of_the_document_says_what_it_means(empty_api: Api) -> None:
    document = openapi(empty_api.client.application)

    silent = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, said in schema.get("properties", {}).items()
        if not said.get("description")
    ]
    silent += [
        f"{method} {path} {parameter['name']}"
        for path, operations in (*document["paths"].items(), *document["webhooks"].items())
        for method, operation in operations.items()
        for parameter in operation["parameters"]
        if not parameter.get("description")
    ]

    assert silent == []


@pytest.mark.parametrize("kind", ["text", "image", "video", "audio", "film"])
def test_the_schema_of_a_part_refuses_what_the_server_does(empty_api: Api, kind: str) -> None:
    document = openapi(empty_api.client.application)
    schema = {"$ref": "#/components/schemas/PostedPart", "components": document["components"]}
    ways = {"text": "hi", "url": "https://x.example/a", "s3": "s3://b/k", "base64": "aGk=", "upload": "0" * 32}
    for chosen in range(1 << len(ways)):
        given = {name: said if chosen >> bit & 1 else None for bit, (name, said) in enumerate(ways.items())}
        part = {"type": kind, **given}

        answer = empty_api.post("/v1/items", json={"parts": [part]})

        said = "".join(
            each["message"] for each in answer.json.get("errors", []) if each["field"] in ("parts[0]", "parts[0].type")
        )
        refused = "give exactly one" in said or "a text part has" in said or "Input should be" in said
        assert Draft202012Validator(schema).is_valid(part) is not refused, part


def test_the_document_describes_each_event_under_webhooks(empty_api: Api) -> None:
    webhooks = openapi(empty_api.client.application)["webhooks"]

    assert set(webhooks) == set(EVENT_TYPES)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.ids.add(found.get("id") or "")
        self.links += [found.get("href") or ""] if tag == "a" else []
        self.inline += [name for name in found if name == "style" or name.startswith("on")]
        if tag in ("style", "script"):
            self.inline.append(tag)


def test_the_docs_are_readable_without_script_and_their_links_lead_somewhere(empty_api: Api) -> None:
    answer = empty_api.client.get("/docs")

    page = _Page()
    page.feed(answer.text)
    assert page.inline == []
    assert {link[1:] for link in page.links if link.startswith("#")} <= page.ids
    assert {f"problem-{slug}" for slug in KINDS} <= page.ids
    for path in openapi(empty_api.client.application)["paths"]:
        assert path in answer.text
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    with empty_api.client.get("/static/docs.css") as style:
        assert style.status_code == 200


def test_every_kind_of_problem_that_is_answered_is_in_the_docs(empty_api: Api) -> None:
    answers = [
        empty_api.get("/v1/items", app=None),
        empty_api.get("/v1/items/nothing"),
        empty_api.post("/v1/items", data=b"{"),
        empty_api.post("/v1/items", data=b"{", content_type="text/csv"),
        empty_api.post("/v1/items", json={}),
        empty_api.client.delete("/v1/items"),
    ]

    for answer in answers:
        slug = answer.json["type"].removeprefix("/docs#problem-")
        assert slug in KINDS


@pytest.mark.parametrize("path", ["/healthz", "/v1/items", "/v1/nothing", "/docs", "/openapi.json", "/metrics", "/"])
def test_browsers_are_kept_strict_on_every_answer(empty_api: Api, path: str) -> None:
    headers = empty_api.client.get(path).headers

    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Strict-Transport-Security" not in headers
    assert re.fullmatch(r"[0-9a-f]{16}", headers["X-Request-Id"])
    assert "Access-Control-Allow-Origin" not in headers


def test_api_answers_allow_a_browser_nothing(empty_api: Api) -> None:
    assert "self" not in empty_api.client.get("/v1/items").headers["Content-Security-Policy"]


def test_the_process_is_alive_and_ready(empty_api: Api) -> None:
    assert empty_api.get("/healthz", app=None).json == {"status": "ok"}
    ready = empty_api.get("/readyz", app=None)
    assert (ready.status_code, ready.json) == (200, {"status": "ready", "reasons": []})


HESITANT = """
import os, time
from pathlib import Path
from moderation import hookimpl
class Hesitant:
    name, version, reads, labels, min_confidence, time_limit_seconds = "test.hesitant", "1", ("text",), ("Weapons",), 0, 300
    def detect(self, part, context):
        while not Path(__file__).with_suffix(".go").exists(): time.sleep(0.02)
        if Path(__file__).with_suffix(".dies").exists(): os._exit(3)
        return []
@hookimpl
def register_detectors(settings): return [Hesitant()]
"""


def test_the_service_is_ready_when_each_detector_has_answered_once(
    open_api: Callable[..., Api], tmp_path: Path
) -> None:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "hesitant.py").write_text(HESITANT)
    (folder / "hesitant.dies").touch()
    api = open_api(plugins_dir=folder)
    runner = api.service.judge.runner

    def reasons() -> list[str]:
        answer = api.get("/readyz", app=None)
        assert answer.json["status"] == ("ready" if answer.status_code == 200 else "not ready")
        return list(answer.json["reasons"])

    assert reasons() == [], "nobody keeps them warm"
    api.service.keep_warm()
    wait_for(lambda: len(runner.problems()) == 1)
    assert reasons() == ["detectors: test.hesitant: has not answered yet"]
    (folder / "hesitant.go").touch()
    wait_for(lambda: "died" in "".join(runner.problems()))
    assert reasons() == ["detectors: test.hesitant: crashed: its process died (exit code 3)"]
    (folder / "hesitant.dies").unlink()
    wait_for(lambda: not runner.problems())
    assert (api.get("/readyz", app=None).status_code, reasons()) == (200, [])


def test_a_service_that_starts_keeps_the_detectors_of_its_policies_warm(open_house: Callable[[str], House]) -> None:
    house = open_house(REJECTS)
    runner = house.service.judge.runner
    wait_for(lambda: runner._pools["pii.text"]._has_answered)
    wait_for(lambda: not runner.problems())

    assert not any(pool._all for name, pool in runner._pools.items() if name.startswith("vision."))


def test_readiness_says_what_is_wrong(idle_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    service = idle_api.service

    def reasons() -> str:
        answer = idle_api.get("/readyz", app=None)
        assert answer.status_code == 503
        assert answer.json["status"] == "not ready"
        return "\n".join(answer.json["reasons"])

    # A file stands where the folder of the media should be.
    (service.settings.data / "media").write_bytes(b"")
    assert reasons().startswith("media: ")
    (service.settings.data / "media").unlink()
    assert idle_api.get("/readyz", app=None).status_code == 200

    service.following.problem = "account 1 may not use A2I"
    assert reasons() == "human loops: account 1 may not use A2I"
    service.following.problem = ""

    policies = service.judge.policies
    service.judge.policies = PolicySet((), (("faces", "vision.faces is not loaded"),))
    assert "policies: none is in force (faces: vision.faces is not loaded)" in reasons()
    service.judge.policies = policies

    def fail(*_: object, **__: object) -> None:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(service.database, "write", fail)
    assert reasons() == "database: the disk is full"
    assert idle_api.get("/healthz", app=None).status_code == 200


def test_figures_count_items_posts_backlog_failures_and_deliveries(idle_api: Api) -> None:
    def figures() -> dict[str, float]:
        idle_api.service.heart.beat()
        fresh = create_app(idle_api.service, idle_api.review).test_client()  # which has kept no answer for a while
        text = fresh.get("/metrics").text
        return {
            sample.name + json.dumps(sample.labels, sort_keys=True): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    assert figures()['moderation_posted_items_total{"answer": "accepted"}'] == 0
    idle_api.post("/v1/items", json={**TEXT, "callback_url": "http://127.0.0.1:9/"}, headers={"Idempotency-Key": "a"})
    idle_api.post("/v1/items", json={**TEXT, "callback_url": "http://127.0.0.1:9/"}, headers={"Idempotency-Key": "a"})
    idle_api.post("/v1/items", json={})
    idle_api.post("/v1/items/batch", json=[TEXT, {}])

    before = figures()
    assert before['moderation_posted_items_total{"answer": "accepted"}'] == 2
    assert before['moderation_posted_items_total{"answer": "refused"}'] == 2
    assert before['moderation_posted_items_total{"answer": "repeated"}'] == 1
    assert before["moderation_backlog_items{}"] == 2
    assert before["moderation_backlog_oldest_seconds{}"] > 0

    idle_api.service.work_once()
    after = figures()
    assert after['moderation_items{"outcome": "approve", "status": "decided"}'] == 2
    assert after["moderation_backlog_items{}"] == 0
    assert after['moderation_deliveries{"state": "due"}'] == 1


def test_making_the_application_starts_no_thread(empty_api: Api) -> None:
    before = set(threading.enumerate())

    create_app(empty_api.service, empty_api.review)

    assert set(threading.enumerate()) == before


def test_whoever_is_asked_tells_figures_of_all_processes(idle_api: Api) -> None:
    other = create_app(idle_api.service, idle_api.review).test_client()
    idle_api.post("/v1/items", json=TEXT)
    idle_api.service.heart.beat()

    for client in (idle_api.client, other):
        assert 'moderation_posted_items_total{answer="accepted"} 1.0' in client.get("/metrics").text
