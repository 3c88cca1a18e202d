"""Every template of a folder: rendered, answered in a real browser, and its loop's answer compared.

Only by ``make test-templates DATA=folder``. The folder may be AWS's public samples
(github.com/aws-samples/amazon-a2i-sample-task-uis); any folder with ``*.html`` templates will do.
"""

from __future__ import annotations

import io
import json
import os
import re
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from review_ui.a2i import resources
from review_ui.a2i.owners import OPERATOR
from tests.houses.agency import Agency, png
from tests.houses.template_worker import fill_in, submit
from tests.waiting import PATIENCE_SECONDS

pytestmark = [pytest.mark.faults, pytest.mark.browser]

FOLDER = Path(os.environ.get("TEMPLATES", ""))
TEMPLATES = sorted(FOLDER.rglob("*.html")) if os.environ.get("TEMPLATES") else []
HOSTS = ("platform.twitter.com", "cdnjs.cloudflare.com", "www.youtube.com", "d3js.org")
"""Hosts that AWS's samples load from; here they are played by the stand-ins below."""
STAND_INS = {
    "uuid.min.js": "window.uuid = () => 'an-id-' + Math.random();",
    "draggable.bundle.js": "window.Draggable = { Sortable: class {}, Plugins: {} };",
}
SENTENCE = "Amazon opened an office in Lisbon last May."


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agency]:
    opened = Agency(tmp_path_factory.mktemp("agency") / "data", a2i_template_hosts=" ".join(HOSTS))
    yield opened
    opened.server.close()


@pytest.fixture(scope="module")
def page(browser: Any, agency: Agency) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    context.route(re.compile("^https://"), _play)
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_SECONDS * 1000)
    agency.sign_in(opened)
    yield opened
    context.close()


def _play(route: Any) -> None:
    """Other hosts: their scripts by stand-ins, their pictures by one of ours, their pages by a word."""
    name = route.request.url.rpartition("/")[2].partition("?")[0]
    if route.request.resource_type == "script":
        route.fulfill(body=STAND_INS.get(name, ""), content_type="text/javascript")
    elif route.request.resource_type == "image":
        route.fulfill(body=png(), content_type="image/png")
    else:
        route.fulfill(body="<p>a page</p>", content_type="text/html")


def _sound() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * 800)
    return out.getvalue()


def _input(template: str, agency: Agency) -> dict[str, Any]:
    """What the template asks for: an object of the store where it grants access, words elsewhere."""
    is_sound = "<audio" in template
    stored = agency.review.blobs.put(
        "d" * 64 if is_sound else "c" * 64, _sound() if is_sound else png(), "audio/wav" if is_sound else "image/png"
    )
    bucket, _, key = stored.removeprefix("s3://").partition("/")
    content: dict[str, Any] = {
        "labels": [{"label": "place"}, {"label": "name"}] if "entity-annotation" in template else ["first", "second"],
        "aiServiceRequest": {each: {"s3Object": {"bucket": bucket, "name": key}} for each in ("image", "document")},
        "selectedAiServiceResponse": {
            "moderationLabels": [{"name": "Weapons", "parentName": "Violence"}],
            "blocks": _blocks(),
        },
        "humanLoopContext": {"importantFormKeys": [{"importantFormKey": "Zip", "importantFormKeyAliases": ["ZIP"]}]},
        "translationPairs": [
            {"originalText": "Um", "translation": "One"},
            {"originalText": "Dois", "translation": "Two"},
        ],
    }
    granted = set(re.findall(r"task\.input\.([\w.]+)\s*\|\s*grant_read_access", template))
    known = set(content)
    for name in set(re.findall(r"task\.input\.([\w.]+)", template)):
        if name.split(".")[0] in known:
            continue
        place, names = content, name.split(".")
        for each in names[:-1]:
            place = place.setdefault(each, {})
        is_page = re.search(rf"<iframe[^>]*{re.escape(name)}", template)
        place[names[-1]] = stored if name in granted else "https://www.youtube.com/embed/x" if is_page else SENTENCE
    return content


def _blocks() -> list[dict[str, Any]]:
    box = {"left": 0.2, "top": 0.2, "width": 0.2, "height": 0.1}
    common = {"blockType": "KEY_VALUE_SET", "confidence": 81.5, "geometry": {"boundingBox": box}}
    links = [{"type": "CHILD", "ids": ["w"]}, {"type": "VALUE", "ids": ["v"]}]
    return [
        {**common, "id": "k", "entityTypes": ["KEY"], "text": "Name", "relationships": links},
        {**common, "id": "v", "entityTypes": ["VALUE"], "text": "Jane"},
    ]


def test_there_are_templates_to_look_at() -> None:
    assert TEMPLATES, "give a folder of templates: make test-templates DATA=folder"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_template(path: Path, agency: Agency, page: Any) -> None:
    template = path.read_text()
    name = re.sub(r"[^a-z0-9]+", "-", str(path.relative_to(FOLDER)).lower().removesuffix(".html"))[-60:].strip("-")
    content = _input(template, agency)
    agency.start(template, content, name)
    shown = {"Task": {"Input": json.dumps(content)}, "HumanTaskUiArn": agency.review.arn("human-task-ui", name)}
    rendered = resources.render_ui_template(agency.review, shown, OPERATOR, agency.review.links("http://127.0.0.1/a2i"))

    frame = agency.next(page, name)
    expected = fill_in(page, frame)
    if frame.locator(".StackedList").count():
        frame.locator("body").evaluate(
            "() => document.querySelectorAll('.right .StackedList').forEach(list => list.append(document.querySelector('#unclassified img')))"
        )
    if folder := os.environ.get("SHOTS"):
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 1000})
            page.wait_for_timeout(150)
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
        page.set_viewport_size({"width": 1440, "height": 1000})
    submit(frame)
    page.wait_for_url("**/done**")

    assert rendered["Errors"] == []
    assert agency.answer(name) == expected
