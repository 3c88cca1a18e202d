"""Templates of one's own in a real browser: what each element answers, and that a template can do nothing else."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.houses.agency import SCRIPT, Agency, picture

pytestmark = pytest.mark.browser


@pytest.fixture
def agency(tmp_path: Path) -> Iterator[Agency]:
    opened = Agency(tmp_path / "data")
    yield opened
    opened.server.close()


def test_fields_answer_as_amazon_documents_them(agency: Agency, open_page: Callable[..., Any]) -> None:
    template = (
        SCRIPT
        + """<crowd-form>
      <crowd-input name="title" label="Title" required></crowd-input>
      <crowd-input name="empty" label="Empty"></crowd-input>
      <crowd-text-area name="notes" label="Notes" rows="3"></crowd-text-area>
      <crowd-radio-group>
        <crowd-radio-button name="verdict" value="good">Good</crowd-radio-button>
        <crowd-radio-button name="verdict" value="bad">Bad</crowd-radio-button>
      </crowd-radio-group>
      <crowd-checkbox name="flags" value="blurred">Blurred</crowd-checkbox>
      <crowd-checkbox name="flags" value="dark">Dark</crowd-checkbox>
      <crowd-checkbox name="sure">I am sure</crowd-checkbox>
      <crowd-slider name="how-bad" label="How bad" min="0" max="10" value="3"></crowd-slider>
      <input name="plain" value="html">
      <crowd-button form-action="submit" variant="primary">Send</crowd-button>
    </crowd-form>"""
    )
    agency.start(template, {})
    page = open_page()
    frame = agency.open(page)

    frame.get_by_role("button", name="Send").click()
    assert "Title is wanted" in frame.locator("crowd-form").inner_text()
    frame.get_by_label("Title").fill("A <b>title</b>")
    frame.get_by_label("Notes").fill("two\nlines")
    frame.get_by_text("Bad", exact=True).click()
    frame.get_by_text("Dark").click()
    frame.get_by_text("I am sure").click()
    frame.get_by_role("button", name="Send").click()
    page.wait_for_url("**/done**")

    assert agency.answer() == {
        "plain": "html",
        "title": "A <b>title</b>",
        "notes": "two\nlines",
        "verdict": {"good": False, "bad": True},
        "flags": {"blurred": False, "dark": True},
        "sure": {"on": True},
        "how-bad": "3",
    }


def test_classifiers_answer_labels(agency: Agency, open_page: Callable[..., Any]) -> None:
    template = (
        SCRIPT
        + """<crowd-form>
      <crowd-classifier name="mood" categories="['glad', 'sad',]" header="Mood">
        <classification-target>{{ task.input.text }}</classification-target>
        <full-instructions header="Rules">Long rules</full-instructions>
        <short-instructions>Short rules</short-instructions>
      </crowd-classifier>
      <crowd-image-classifier-multi-select name="seen" src="{{ task.input.picture }}" header="What is there?"
        categories="{{ task.input.labels | to_json | escape }}" exclusion-category="{ text: 'None of these' }">
      </crowd-image-classifier-multi-select>
    </crowd-form>"""
    )
    content = {"text": "<i>well</i>", "picture": picture(), "labels": ["cat & dog", "it's a bird"]}
    agency.start(template, content)
    page = open_page()
    frame = agency.open(page)

    assert frame.locator("classification-target").inner_text() == "<i>well</i>"
    frame.get_by_label("sad").check()
    frame.get_by_label("None of these").check()
    frame.get_by_label("cat & dog").check()
    frame.get_by_label("it's a bird").check()
    assert not frame.get_by_label("None of these").is_checked()
    frame.get_by_role("button", name="Submit").click()
    page.wait_for_url("**/done**")

    assert agency.answer() == {"mood": {"label": "sad"}, "seen": {"labels": ["cat & dog", "it's a bird"]}}


def test_rekognitions_element_gives_back_the_labels_that_were_chosen(
    agency: Agency, open_page: Callable[..., Any]
) -> None:
    template = (
        SCRIPT
        + """<crowd-form>
      {% capture s3_uri %}{{ task.input.picture }}{% endcapture %}
      <crowd-rekognition-detect-moderation-labels
        categories='[{% for label in task.input.labels %}{ name: "{{ label.name }}", parentName: "{{ label.parentName }}" },{% endfor %}]'
        src="{{ s3_uri | grant_read_access }}" header="Review the picture">
      </crowd-rekognition-detect-moderation-labels>
    </crowd-form>"""
    )
    out = io.BytesIO()
    Image.new("RGB", (400, 200), "teal").save(out, "PNG")
    uri = agency.review.blobs.put("ab" * 32, out.getvalue(), "image/png")
    labels = [{"name": "Weapons", "parentName": "Violence"}, {"name": "Alcohol", "parentName": ""}]
    agency.start(template, {"picture": uri, "labels": labels})
    page = open_page()
    frame = agency.open(page)

    frame.get_by_label("Alcohol").check()
    shown = frame.locator("img").evaluate("image => [image.complete, image.naturalWidth]")
    frame.get_by_role("button", name="Submit").click()
    page.wait_for_url("**/done**")

    assert shown == [True, 400]
    chosen = {"moderationLabels": [{"name": "Alcohol", "parentName": ""}]}
    assert agency.answer() == {"AWS/Rekognition/DetectModerationLabels/Image/V3": chosen}


def test_boxes_are_in_pixels_of_the_picture(agency: Agency, open_page: Callable[..., Any]) -> None:
    template = (
        SCRIPT
        + """<crowd-form><crowd-bounding-box name="boxes" src="{{ task.input.picture }}"
      labels="['car', 'face']" header="Draw"></crowd-bounding-box></crowd-form>"""
    )
    agency.start(template, {"picture": picture()})
    page = open_page()
    frame = agency.open(page)
    frame.get_by_label("face").check()
    frame.locator(".crowd-canvas img").wait_for()
    frame.locator(".crowd-canvas").hover()  # waits until nothing moves any more
    area = frame.locator(".crowd-canvas").bounding_box()

    page.mouse.move(area["x"] + area["width"] * 0.25, area["y"] + area["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * 0.75, area["y"] + area["height"] * 0.5)
    page.mouse.up()
    frame.get_by_role("button", name="Submit").click()
    page.wait_for_url("**/done**")

    found = agency.answer()["boxes"]
    assert found["inputImageProperties"] == {"height": 200, "width": 400}
    box = found["boundingBoxes"][0]
    assert box.pop("label") == "face"
    for side, expected in {"left": 100, "top": 50, "width": 200, "height": 50}.items():
        assert abs(box[side] - expected) <= 2


def test_marked_words_have_offsets_into_the_text(agency: Agency, open_page: Callable[..., Any]) -> None:
    template = (
        SCRIPT
        + """<crowd-form><crowd-entity-annotation name="found" text="{{ task.input.text }}"
      labels="[{label: 'person', shortDisplayName: 'P'}, {label: 'place'}]" header="Mark"></crowd-entity-annotation></crowd-form>"""
    )
    agency.start(template, {"text": "Ann <lives> in Lisbon"})
    page = open_page()
    frame = agency.open(page)
    select = """(box, [start, end]) => {
      const range = document.createRange(); const text = box.firstChild;
      range.setStart(text, start); range.setEnd(text, end);
      getSelection().removeAllRanges(); getSelection().addRange(range);
    }"""

    frame.locator(".crowd-text").evaluate(select, [0, 3])
    frame.get_by_role("button", name="person").click()
    frame.get_by_role("button", name="Submit").click()
    page.wait_for_url("**/done**")

    assert agency.answer() == {"found": {"entities": [{"endOffset": 3, "label": "person", "startOffset": 0}]}}


def test_our_own_template_for_moderation_works_here_unchanged(agency: Agency, open_page: Callable[..., Any]) -> None:
    from moderation.review.answers import _read_answer
    from moderation.review.client import task_template

    content = {
        "policy": {"name": "text", "description": "Be kind"},
        "why": ["It <b>may</b> hurt"],
        "failures": [],
        "item": {"app": "shop", "content_id": "c-1"},
        "parts": [{"id": "p0", "type": "text", "text": "some words"}],
        "detections": [],
        "labels": ["Toxicity/INSULT"],
    }
    agency.start(task_template(), content)
    page = open_page()
    frame = agency.open(page)

    assert "It <b>may</b> hurt" in frame.locator("crowd-form").inner_text()
    frame.get_by_text("Toxicity/INSULT").click()
    frame.get_by_text("Reject", exact=True).click()
    frame.get_by_label("Note").fill("clear")
    frame.get_by_role("button", name="Submit").click()
    page.wait_for_url("**/done**")

    raw = {"workerId": "a", "submissionTime": "2027-01-01T00:00:00.000Z", "answerContent": agency.answer()}
    read = _read_answer(raw)
    assert (read.outcome, read.labels, read.note) == ("reject", ("Toxicity/INSULT",), "clear")


HOSTILE = """<crowd-form><crowd-input name="x" value="1"></crowd-input></crowd-form>
<script>
  const said = [];
  const attempt = async (name, work) => { try { said.push(name + ": " + JSON.stringify(await work())); } catch (error) { said.push(name + ": refused"); } };
  window.addEventListener("load", async () => {
    await attempt("cookie", () => document.cookie);
    await attempt("storage", () => localStorage.length);
    await attempt("parent", () => parent.document.title);
    await attempt("top", () => { top.location.href = "about:blank"; });
    await attempt("fetch", async () => (await fetch("/review/people", { credentials: "include" })).status);
    await attempt("outside", async () => (await fetch("https://example.org/")).status);
    await attempt("popup", () => String(window.open("/review/")));
    parent.postMessage({ kind: "answer", content: { forged: true } }, "*");
    document.body.append(Object.assign(document.createElement("pre"), { id: "said", textContent: said.join("\\n") }));
  });
</script>"""


def test_a_templates_script_can_neither_act_as_the_reviewer_nor_reach_anything(
    agency: Agency, open_page: Callable[..., Any]
) -> None:
    agency.start(HOSTILE, {})
    page = open_page()
    frame = agency.open(page)

    said = dict(line.split(": ", 1) for line in frame.locator("#said").inner_text().splitlines())

    assert said["cookie"] in ('""', "refused")
    assert {said[name] for name in ("storage", "parent", "top", "fetch", "outside")} == {"refused"}
    assert said["popup"] in ('"null"', "refused")
    assert "/review/tasks/" in page.url
    assert agency.status() == "InProgress", "the forged answer was not taken: nobody had pressed anything"


def test_what_an_input_says_is_never_markup(agency: Agency, open_page: Callable[..., Any]) -> None:
    agency.start(
        "<crowd-form><p id='shown'>{{ task.input.text }}</p></crowd-form>", {"text": "<img src=x onerror=alert(1)>"}
    )
    page = open_page()
    frame = agency.open(page)

    assert frame.locator("#shown").inner_text() == "<img src=x onerror=alert(1)>"
    assert not [text for text in page.complaints if "dialog" in text]


def test_a_faulty_template_says_so_and_can_be_skipped(agency: Agency, open_page: Callable[..., Any]) -> None:
    agency.start("<crowd-form>{{ x | nothing }}</crowd-form>", {})
    page = open_page()
    frame = agency.open(page)

    assert "cannot be shown" in frame.locator("body").inner_text()
    page.keyboard.press("s")
    page.keyboard.press("Enter")
    page.wait_for_url("**/done**")
    assert agency.status() == "InProgress"
