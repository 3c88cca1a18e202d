"""Redacted copies: what a rule wants taken out is not in the copy that apps get, and what cannot be is not approved."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from ground.media.limits import Limits
from moderation.api.views import item_view
from moderation.core.detections import Detection
from moderation.core.items import Box, Extraction, Part, Place, Span, Tool
from moderation.core.redaction import places, redact_text
from moderation.media.inspecting import inspect, store_media
from moderation.pipeline.intake import Submission
from moderation.settings import Settings
from moderation.storage.records import ItemRecord, decided_data
from tests.houses.api import NOBODY, Api
from tests.houses.service import House
from tests.paths import EXAMPLES
from tests.waiting import wait_for

REDACTS = """\
policy: words
format: 1
applies_to: {content_type: [text, image]}
if_nothing_matches: approve
if_a_detector_fails: {review: people}
queues:
  - {name: people, a2i_flow: people}
rules:
  - id: mails
    when: {label: [PII/EMAIL, PII/GPS_POSITION], at_least: 50}
    then: approve
    redact: [PII/EMAIL, PII/GPS_POSITION]
"""


def found(start: int | None, end: int = 0, label: str = "PII/EMAIL", part: str = "p0") -> Detection:
    span = None if start is None else Span(start=start, end=end)
    return Detection(label=label, confidence=90, part=part, span=span)


def test_each_place_is_replaced_by_the_name_of_what_was_there() -> None:
    text = "Write to ann@example.org or 206-555-0100 👍"

    assert redact_text(text, [found(9, 24), found(28, 40, "PII/PHONE")]) == "Write to [EMAIL] or [PHONE] 👍"


def test_places_that_overlap_become_one() -> None:
    assert redact_text("abcdef", [found(1, 4), found(3, 5, "PII/NAME")]) == "a[EMAIL/NAME]f"


def test_a_detection_without_a_place_is_about_all_of_it() -> None:
    assert redact_text("abc", [found(None)]) == "[EMAIL]"


@given(st.text(max_size=30), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=5))
def test_nothing_of_a_place_is_left_and_everything_else_is(text: str, pairs: list[tuple[int, int]]) -> None:
    spans = [tuple(sorted((min(a, len(text)), min(b, len(text))))) for a, b in pairs]
    covered = {at for start, end in spans for at in range(start, end)}

    done = redact_text(text, [found(start, end) for start, end in spans])

    assert done.replace("[EMAIL]", "") == "".join(c for at, c in enumerate(text) if at not in covered) or "[" in text


def test_a_word_read_in_a_picture_is_blacked_out_where_it_stood() -> None:
    box = Box(left=0.1, top=0.2, width=0.3, height=0.1)
    read = Part(
        id="p0.0",
        type="text",
        text="call ann@example.org",
        extraction=Extraction(
            part="p0",
            extractor=Tool(name="vision.text", version="1"),
            places=(
                Place(span=Span(start=0, end=4), box=Box(left=0, top=0, width=0.1, height=0.1)),
                Place(span=Span(start=5, end=20), box=box),
            ),
        ),
    )

    where = places([Part(id="p0", type="image"), read], [found(5, 20, part="p0.0")])

    assert [(part, [d.box for d in listed]) for part, listed in where.items()] == [("p0", [box])]


def post(house: House, data: bytes) -> ItemRecord:
    service = house.service
    media = store_media(service.blobs, data, inspect(data, Limits.of(house.settings), "image"), "a.jpg")
    item = service.pipeline.prepare(Submission("shop", (Part(id="p0", type="image", media=media),)))
    service.pipeline.intake([item])
    return house.wait(item.id, lambda record: record.status != "pending")


def test_an_approved_text_is_delivered_with_its_places_taken_out(open_house: Callable[[str], House]) -> None:
    house = open_house(REDACTS)
    record = house.post("Write to ann@example.org today")

    assert record.decision is not None
    assert record.decision.outcome == "approve"
    assert [part.text for part in record.redacted] == ["Write to [EMAIL] today"]
    view = item_view(record, house.service.versions)
    assert [part.text for part in view.redacted] == ["Write to [EMAIL] today"]
    payload = {"data": decided_data(record.item, record.decision, 1, record.redacted)}
    assert payload["data"]["redacted"] == [{"part": "p0", "type": "text", "text": "Write to [EMAIL] today"}]


def test_a_text_with_nothing_to_redact_has_no_copy(open_house: Callable[[str], House]) -> None:
    assert open_house(REDACTS).post("Nothing here").redacted == ()


def test_the_copy_of_a_picture_is_at_its_path_and_of_no_other_part(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "words.yml").write_text(REDACTS)
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (47.0, 36.0, 0.0), 3: "W", 4: (122.0, 20.0, 0.0)})
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(out, "JPEG", exif=exif)
    api = Api.open(settings.model_copy(update={"rules": tmp_path / "rules", "a2i_endpoint_url": NOBODY}))
    try:
        api.work()
        part = {"type": "image", "base64": base64.b64encode(out.getvalue()).decode()}
        item = api.post("/v1/items?wait=20", json={"parts": [{"type": "text", "text": "hello"}, part]}).get_json()

        copy = api.get(item["redacted"][0]["path"])

        assert item["decision"]["outcome"] == "approve"
        assert (copy.status_code, copy.content_type) == (200, "image/jpeg")
        with Image.open(io.BytesIO(copy.data)) as picture:
            assert not picture.getexif()
            assert all(abs(low - 128) < 6 for low, _ in picture.getextrema()[1:])
        assert api.get(f"/v1/items/{item['id']}/parts/p0/redacted").status_code == 404
        assert api.get(item["redacted"][0]["path"], app="forum").status_code == 404
    finally:
        api.close()


@pytest.mark.slow
def test_an_address_in_a_picture_is_black_in_the_copy_and_its_position_is_gone(
    open_house: Callable[[str], House],
) -> None:
    picture = Image.new("RGB", (900, 300), "white")
    ImageDraw.Draw(picture).text((60, 120), "ann@example.org", "black", ImageFont.load_default(48))
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (47.0, 36.0, 0.0), 3: "W", 4: (122.0, 20.0, 0.0)})
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif, quality=95)
    house = open_house(REDACTS)

    record = post(house, out.getvalue())

    assert {d.label for d in record.detections} >= {"PII/EMAIL", "PII/GPS_POSITION"}
    assert record.decision is not None, record
    copy = record.redacted[0].media
    assert copy is not None
    with Image.open(io.BytesIO(house.service.blobs.get(copy.uri))) as blacked:
        assert not blacked.getexif()
        assert blacked.convert("L").crop((80, 130, 380, 165)).getextrema()[1] < 40
        assert blacked.convert("L").crop((0, 220, 900, 300)).getextrema()[0] > 200


def test_what_cannot_be_redacted_goes_to_people_and_is_withheld_when_they_approve(
    open_house: Callable[[str], House],
) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (47.0, 36.0, 0.0), 3: "W", 4: (122.0, 20.0, 0.0)})
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], exif=exif)
    house = open_house(REDACTS)

    record = post(house, out.getvalue())
    name = f"{record.item.id}-1"
    wait_for(lambda: name in house.people.started)
    house.people.said[name] = "approve"
    decided = house.wait(record.item.id, lambda r: r.status == "decided")

    assert record.status == "in_review"
    assert "animations cannot be redacted" in {failure.message for failure in record.failures}
    assert [part.withheld for part in decided.redacted] == ["animations cannot be redacted"]
    assert item_view(decided, house.service.versions).redacted[0].withheld


GROUPS = """\
policy: groups
format: 1
applies_to: {content_type: [image]}
needs: [vision.faces, vision.lettering]
if_nothing_matches: approve
if_a_detector_fails: {review: people}
queues:
  - {name: people, a2i_flow: people}
rules:
  - id: shown
    when: {any: [{label: Face}, {label: Text}]}
    then: approve
    redact: [Face, Text]
"""


def group() -> Image.Image:
    """Six faces of one person, large and small, and a line that tells nothing personal."""
    with Image.open(EXAMPLES / "face.jpg") as picture:
        face = picture.convert("RGB").crop((110, 0, 350, 240))
    wall = Image.new("RGB", (1100, 900), "#8a8f94")
    for number, side in enumerate((340, 200, 150, 120, 300, 240)):
        wall.paste(face.resize((side, side)), (20 + 350 * (number % 3), 20 + 430 * (number // 3)))
    ImageDraw.Draw(wall).text((40, 800), "Summer party of the club", "white", ImageFont.load_default(48))
    return wall


def haar(data: bytes) -> int:
    """How many faces another detector than ours sees."""
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    grey = cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_GRAYSCALE)
    return len(cascade.detectMultiScale(grey, 1.05, 3))


@pytest.mark.slow
def test_no_face_of_a_group_and_no_word_is_left_whoever_looks(open_house: Callable[[str], House]) -> None:
    out = io.BytesIO()
    group().save(out, "JPEG", quality=90)
    house = open_house(GROUPS)

    record = post(house, out.getvalue())

    assert record.decision is not None, record
    assert [d.label for d in record.detections].count("Face") == 6
    copy = record.redacted[0].media
    assert copy is not None
    data = house.service.blobs.get(copy.uri)
    assert (haar(out.getvalue()) >= 4, haar(data)) == (True, 0)
    made, answers = house.service.judge.runner.extract("shop", [Part(id="p0", type="image", media=copy)])
    assert (made, answers.failures) == ([], [])
