"""Each element of a worker task template: answered by mouse and by keyboard, and its answer as Amazon documents it."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from review_ui.a2i.template_needs import ELEMENTS
from tests.houses.agency import SCRIPT, Agency, picture, png
from tests.houses.template_worker import fill_in, submit

pytestmark = pytest.mark.browser
STATIC = Path(__file__).parents[3] / "review_ui/portal/static/crowd"
INSTRUCTIONS = "<short-instructions>Short</short-instructions><full-instructions header='All'>Long</full-instructions>"


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agency]:
    opened = Agency(tmp_path_factory.mktemp("agency") / "data")
    yield opened
    opened.server.close()


@pytest.fixture
def page(agency: Agency, open_page: Callable[..., Any]) -> Any:
    return agency.signed_in(open_page)


def begin(agency: Agency, page: Any, name: str, body: str, content: Any = None) -> Any:
    """A template with this in its form, opened as a task."""
    form = body if "<crowd-form" in body or "<crowd-entity" in body else f"<crowd-form>{body}</crowd-form>"
    agency.start(SCRIPT + form, {"picture": picture(), **(content or {})}, name)
    return agency.next(page, name)


def finish(page: Any, frame: Any) -> None:
    submit(frame)
    page.wait_for_url("**/done**")


def test_the_elements_that_the_endpoint_takes_are_those_that_the_pages_have() -> None:
    defined: set[str] = set()
    for file in STATIC.glob("*.js"):
        text = file.read_text()
        defined |= set(re.findall(r'define\("(crowd-[a-z-]+)"', text))
        for several in re.findall(r"for \(const name of \[([^\]]*)\]\) define", text):
            defined |= set(re.findall(r'"(crowd-[a-z-]+)"', several))

    assert defined == ELEMENTS


def complaints_of(page: Any) -> list[str]:
    """The console's, but for AWS's own elements, which no page loads here: it has ours in their place."""
    return [each for each in page.complaints if "assets.crowd.aws" not in each]


TOOLS = ("bounding-box", "keypoint", "line", "polyline", "polygon", "semantic-segmentation", "instance-segmentation")


@pytest.mark.parametrize("by_keyboard", [False, True], ids=["mouse", "keyboard"])
def test_what_is_drawn_on_a_picture_is_answered_in_its_pixels(agency: Agency, page: Any, by_keyboard: bool) -> None:
    tools = "".join(
        f"<crowd-{tool} name='{tool}' header='{tool}' src='{{{{ task.input.picture }}}}' labels=\"['cat', 'dog']\">"
        f"{INSTRUCTIONS}</crowd-{tool}>"
        for tool in TOOLS
    )
    name = f"drawn-{int(by_keyboard)}"
    frame = begin(agency, page, name, tools)

    expected = fill_in(page, frame, by_keyboard=by_keyboard)
    finish(page, frame)

    assert agency.answer(name) == expected
    assert set(expected) == set(TOOLS)
    assert complaints_of(page) == []


def test_nothing_is_answered_by_a_tool_that_nobody_used(agency: Agency, page: Any) -> None:
    body = "<crowd-keypoint name='points' src='{{ task.input.picture }}' labels=\"['eye']\"></crowd-keypoint>"
    frame = begin(agency, page, "nothing", body)
    frame.locator("crowd-keypoint img").evaluate("image => image.decode()")

    submit(frame)
    refused = frame.locator("crowd-form > .crowd-problem").inner_text()
    frame.get_by_label("Nothing to label").check()
    finish(page, frame)

    assert "mark something, or say that there is nothing to label" in refused
    assert agency.answer("nothing") == {
        "points": {"inputImageProperties": {"height": 200, "width": 400}, "keypoints": []}
    }


def test_earlier_marks_are_corrected_and_steps_taken_back(agency: Agency, page: Any) -> None:
    body = """<crowd-line name="lines" src="{{ task.input.picture }}" labels="['edge', 'fold']" label-colors="['#d62728']"
      initial-value="{ lines: [ { label: 'edge', // from the task before
        vertices: [{ x: 10, y: 20 }, { x: 200, y: 100 }] }, { label: 'unknown', vertices: [{x: 1, y: 1}, {x: 2, y: 2}] } ] }"></crowd-line>"""
    frame = begin(agency, page, "earlier", body)
    canvas = frame.locator(".upper-canvas")
    frame.get_by_role("button", name="edge: 10, 20 to 200, 100", exact=True).wait_for()

    canvas.press(" ")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("2")
    page.keyboard.press(" ")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+y")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press(" ")
    frame.get_by_role("button", name="Remove edge").click()
    finish(page, frame)

    assert agency.answer("earlier")["lines"] == {
        "inputImageProperties": {"height": 200, "width": 400},
        "lines": [{"label": "fold", "vertices": [{"x": 200, "y": 100}, {"x": 160, "y": 96}]}],
        "initialValueModified": True,
    }


def test_what_was_painted_before_is_painted_on(agency: Agency, page: Any) -> None:
    mask, out = Image.new("RGBA", (400, 200)), io.BytesIO()
    mask.paste((31, 119, 180, 255), (10, 10, 60, 60))
    mask.save(out, "PNG")
    uri = agency.review.blobs.put("e" * 64, out.getvalue(), "image/png")
    body = """<crowd-semantic-segmentation name="seen" src="{{ task.input.picture }}" labels="['sky', 'sea']"
      initial-value="{ labelMappings: { sky: { color: '#1f77b4' } }, src: '{{ task.input.mask | grant_read_access }}' }">
      </crowd-semantic-segmentation>"""
    frame = begin(agency, page, "painted", body, {"mask": uri})
    canvas = frame.locator(".upper-canvas")
    frame.get_by_text("sea").click()
    frame.get_by_text("Polygon", exact=True).click()
    frame.locator("crowd-semantic-segmentation").evaluate(
        "async e => { while (e.missing()) await new Promise(requestAnimationFrame); }"
    )

    canvas.press(" ")
    for keys in ("Shift+ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(keys)
        page.keyboard.press(" ")
    page.keyboard.press("Enter")
    finish(page, frame)

    found = agency.answer("painted")["seen"]
    assert found["labelMappings"] == {"sky": {"color": "#1f77b4"}, "sea": {"color": "#ff7f0e"}}
    assert found["initialValueModified"] is True
    with Image.open(io.BytesIO(base64.b64decode(found["labeledImage"]["pngImageData"]))) as read:
        after = read.convert("RGBA")
    assert after.size == (400, 200)
    assert after.crop((10, 10, 60, 60)).getcolors() == [(2500, (31, 119, 180, 255))]
    assert after.getpixel((235, 110)) == (255, 127, 14, 255)
    assert after.getpixel((205, 130)) == (0, 0, 0, 0)


def test_a_template_changes_the_labels_and_reads_what_was_drawn(agency: Agency, page: Any) -> None:
    template = f"""{SCRIPT}<crowd-form><p id="said"></p>
      <crowd-polygon id="tool" name="shapes" src="{picture()}" labels="['placeholder']"></crowd-polygon></crowd-form>
      <script>
        document.addEventListener("all-crowd-elements-ready", () => {{ tool.labels = ["own <b>label</b>"]; }});
        document.querySelector("crowd-form").onsubmit = (event) => {{
          const count = (tool._submittableValue || tool.value).polygons[0].vertices.length;
          if (!window.isTold) event.preventDefault();
          window.isTold = true;
          said.textContent = `${{count}} corners`;
        }};
      </script>"""
    frame = begin(agency, page, "script", template)

    expected = fill_in(page, frame, by_keyboard=True)
    submit(frame)
    told = frame.locator("#said").inner_text()
    finish(page, frame)

    assert told == "3 corners"
    assert expected["shapes"]["polygons"][0]["label"] == "own <b>label</b>"
    assert agency.answer("script") == expected


def test_choices_are_answered_by_keyboard_too(agency: Agency, page: Any) -> None:
    body = f"""
      <crowd-classifier name="mood" categories="['glad', 'sad']" header="Mood">{INSTRUCTIONS}</crowd-classifier>
      <crowd-classifier-multi-select name="topics" categories="['war', 'art']" header="Topics"
        exclusion-category="{{ text: 'Neither' }}"></crowd-classifier-multi-select>
      <crowd-image-classifier name="kind" src="{{{{ task.input.picture }}}}" categories="['good', 'bad']" header="Kind"
        overlay="{{ boundingBox: {{ labels: ['bird'], value: [{{ height: 20, label: 'bird', left: 5, top: 6, width: 30 }}] }} }}">
        <worker-comment header="Why" link-text="Say why">Say why</worker-comment></crowd-image-classifier>
      <crowd-image-classifier-multi-select name="many" src="{{{{ task.input.picture }}}}" categories="['x', 'y']"
        header="Many"></crowd-image-classifier-multi-select>
      <crowd-toggle-button name="on" required>On</crowd-toggle-button>
      <crowd-slider name="rate" min="1" max="5" required pin></crowd-slider>
      <crowd-slider name="untouched" min="1" max="5"></crowd-slider>"""
    frame = begin(agency, page, "choices", body)
    submit(frame)
    refused = frame.locator("crowd-form > .crowd-problem").inner_text()

    for kind in ("crowd-classifier", "crowd-classifier-multi-select", "crowd-image-classifier-multi-select"):
        frame.locator(f"{kind} .crowd-choices input").first.press(" ")
    frame.get_by_label("bad").press(" ")
    frame.get_by_role("button", name="Say why").press("Enter")
    page.keyboard.type("blurred & dark")
    frame.get_by_role("button", name="Done").press("Enter")
    frame.get_by_role("switch").press(" ")
    frame.locator("crowd-slider[name=rate] input").press("ArrowRight")
    finish(page, frame)

    assert refused == "Mood: choose one"
    assert agency.answer("choices") == {
        "mood": {"label": "glad"},
        "topics": {"labels": ["war"]},
        "kind": {"label": "bad", "workerComment": "blurred & dark"},
        "many": {"labels": ["x"]},
        "on": {"on": True},
        "rate": "4",
    }


def test_fields_take_only_what_the_template_allows(agency: Agency, page: Any) -> None:
    body = """
      <crowd-input name="code" label="Code" auto-validate allowed-pattern="[A-Z0-9]" max-length="4" min-length="2"
        error-message="Capitals and digits"></crowd-input>
      <crowd-text-area name="said" label="Said" max-length="10" char-counter></crowd-text-area>
      <crowd-input name="site" label="Site" type="url"></crowd-input>"""
    frame = begin(agency, page, "fields", body)

    frame.get_by_label("Code").press_sequentially("aB")
    frame.get_by_label("Site").fill("nowhere")
    submit(frame)
    first = frame.locator("crowd-form > .crowd-problem").inner_text()
    frame.get_by_label("Code").press_sequentially("-12345")
    frame.get_by_label("Said").press_sequentially("twelve chars")
    submit(frame)
    second = frame.locator("crowd-form > .crowd-problem").inner_text()
    frame.get_by_label("Site").fill("https://example.org")
    finish(page, frame)

    assert first == "Code: Capitals and digits"
    assert second.startswith("Site: ")
    assert agency.answer("fields") == {"code": "B123", "said": "twelve cha", "site": "https://example.org"}


ENTITIES = """<crowd-entity-annotation name="found" header="Mark" text="{{ task.input.text }}"
  labels="[{label: 'person', shortDisplayName: 'per', fullDisplayName: 'Person'}, {label: 'place'}]">
  <div id="more"><crowd-radio-group><crowd-radio-button name="tech" value="tech">Tech</crowd-radio-button></crowd-radio-group></div>
</crowd-entity-annotation>
<script>document.addEventListener("all-crowd-elements-ready", () => {
  document.querySelector("crowd-entity-annotation").shadowRoot.querySelector("crowd-form").form.appendChild(more);
});</script>"""


def test_entities_bring_their_own_form_and_count_code_points(agency: Agency, page: Any) -> None:
    frame = begin(agency, page, "entities", ENTITIES, {"text": "😀 Ann <lives> in Lisbon"})
    text = frame.locator(".crowd-text")

    for _ in range(2):
        text.press("ArrowRight")
    text.press("1")
    for _ in range(6):
        text.press("ArrowRight")
    text.press("Shift+ArrowRight")
    text.press("Shift+ArrowLeft")
    text.press("2")
    frame.get_by_label("Tech").check()
    frame.get_by_role("button", name="Submit").click()
    page.wait_for_url("**/done**")

    answer = agency.answer("entities")
    assert answer["tech"] == {"tech": True}
    assert answer["found"]["entities"][0] == {"endOffset": 5, "label": "person", "startOffset": 2}


BLOCK = {"blockType": "KEY_VALUE_SET", "confidence": 61.2}
BOX = {"boundingBox": {"left": 0.1, "top": 0.1, "width": 0.3, "height": 0.1}}


def test_pairs_of_a_document_are_corrected(agency: Agency, page: Any) -> None:
    links = [{"type": "CHILD", "ids": ["w1"]}, {"type": "VALUE", "ids": ["v1"]}]
    blocks = [
        {**BLOCK, "id": "k1", "entityTypes": ["KEY"], "text": "Name", "geometry": BOX, "relationships": links},
        {**BLOCK, "id": "v1", "entityTypes": ["VALUE"], "relationships": [{"type": "CHILD", "ids": ["w2", "w3"]}]},
        {"blockType": "WORD", "id": "w2", "text": "Jane"},
        {"blockType": "WORD", "id": "w3", "text": "Smiht"},
        {**BLOCK, "id": "k2", "entityTypes": ["KEY"], "text": "Noise"},
    ]
    keys = [{"importantFormKey": "Town", "importantFormKeyAliases": ["City"]}, {"importantFormKey": "name"}]
    uri = agency.review.blobs.put("f" * 64, png(), "image/png")
    body = """<crowd-textract-analyze-document src="{{ task.input.uri | grant_read_access }}" header="Check" no-key-edit
      no-geometry-edit initial-value="{{ task.input.blocks }}" keys="{{ task.input.keys }}" block-types="['KEY_VALUE_SET']">
      </crowd-textract-analyze-document>"""
    frame = begin(agency, page, "pairs", body, {"uri": uri, "blocks": blocks, "keys": keys})
    frame.locator("crowd-textract-analyze-document img").evaluate("image => image.decode()")

    submit(frame)
    refused = frame.locator("crowd-form > .crowd-problem").inner_text()
    pairs = frame.locator(".crowd-pair")
    pairs.nth(0).get_by_label("Yes").check()
    shown = frame.get_by_label("Value of Name").input_value()
    frame.get_by_label("Value of Name").fill("Jane Smith")
    pairs.nth(1).get_by_label("No", exact=True).check()
    pairs.nth(2).get_by_label("Found", exact=True).check()
    frame.get_by_label("Value of Town").fill("Oporto")
    finish(page, frame)

    found = agency.answer("pairs")["AWS/Textract/AnalyzeDocument/Forms/V1"]["blocks"]
    assert refused == "Name: say whether it is right"
    assert shown == "Jane Smiht"
    assert found[:2] == [
        {"blockType": "KEY_VALUE_SET", "id": "k1", "relationships": links, "entityTypes": ["KEY"], "text": "Name"},
        {
            "blockType": "KEY_VALUE_SET",
            "id": "v1",
            "relationships": blocks[1]["relationships"],
            "entityTypes": ["VALUE"],
            "text": "Jane Smith",
        },
    ]
    key, value = found[2:]
    assert (key["text"], value["text"]) == ("Town", "Oporto")
    assert key["relationships"] == [{"type": "VALUE", "ids": [value["id"]]}]


def test_rekognitions_labels_need_an_answer_and_none_is_one(agency: Agency, page: Any) -> None:
    body = """<crowd-rekognition-detect-moderation-labels categories="['Weapons', 'Alcohol']" src="{{ task.input.picture }}"
      header="Check"></crowd-rekognition-detect-moderation-labels>"""
    frame = begin(agency, page, "labels", body)

    submit(frame)
    refused = frame.locator("crowd-form > .crowd-problem").inner_text()
    frame.get_by_label("None of these").check()
    finish(page, frame)

    assert "choose what applies" in refused
    assert agency.answer("labels") == {"AWS/Rekognition/DetectModerationLabels/Image/V3": {"moderationLabels": []}}


def test_furniture_shows_what_it_holds(agency: Agency, page: Any) -> None:
    body = """
      <crowd-card heading="A card" image="{{ task.input.picture }}">In the card</crowd-card>
      <crowd-alert type="error" dismissible>Look here</crowd-alert>
      <crowd-modal link-text="See" link-type="button">In the window</crowd-modal>
      <crowd-tabs><crowd-tab header="One">First</crowd-tab><crowd-tab header="Two">
        <crowd-input name="inside" label="Inside"></crowd-input></crowd-tab></crowd-tabs>
      <crowd-toast duration="600000" opened>Just so you know</crowd-toast>
      <p id="owner">Owner<crowd-badge label="7" for="owner"></crowd-badge></p>
      <crowd-instructions link-text="How to"><short-summary>Briefly</short-summary>
        <detailed-instructions>In detail</detailed-instructions><positive-example>Good</positive-example></crowd-instructions>
      <crowd-icon-button id="report" icon="report-problem" title="Report"/></crowd-icon-button>
      <script>report.addEventListener("click", () => { alert("Told"); document.querySelector("crowd-form").submit(); });</script>"""
    frame = begin(agency, page, "furniture", body)

    frame.get_by_text("Look here").wait_for()
    frame.locator("crowd-alert").get_by_role("button", name="Close").click()
    frame.get_by_role("button", name="See").click()
    assert frame.get_by_text("In the window").is_visible()
    frame.locator("crowd-modal").get_by_role("button", name="Close").click()
    assert not frame.get_by_text("In the window").is_visible()
    frame.get_by_role("tab", name="One").press("ArrowRight")
    assert not frame.get_by_text("First").is_visible()
    frame.get_by_label("Inside").fill("within")
    frame.get_by_role("button", name="How to").click()
    frame.get_by_role("tab", name="Examples").click()
    assert frame.get_by_text("A good example").is_visible()
    frame.locator("crowd-instructions").get_by_role("button", name="Close").click()
    shown = {
        each: frame.get_by_text(each).is_visible()
        for each in ("A card", "In the card", "Look here", "Just so you know", "7")
    }
    frame.get_by_role("button", name="Report").click()
    page.wait_for_url("**/done**")

    assert shown == {"A card": True, "In the card": True, "Look here": False, "Just so you know": True, "7": True}
    assert agency.answer("furniture") == {"inside": "within"}
    assert complaints_of(page) == ["a dialog opened"], "alert() opens one, as on AWS"
