"""A reviewer's hands on a template's page: they answer whatever stands there, and know what the answer has to be."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from PIL import Image

WORDS = "Words of a reviewer"
DATE = "2019-06-01"
FAR = 3
"""Pixels by which a mouse may miss, because a picture is drawn smaller or larger than it is."""
_PARTS = ",".join(
    f"crowd-{name}"
    for name in """
    input text-area slider radio-button checkbox toggle-button classifier classifier-multi-select image-classifier
    image-classifier-multi-select rekognition-detect-moderation-labels textract-analyze-document bounding-box keypoint
    line polyline polygon semantic-segmentation instance-segmentation entity-annotation
    """.split()  # noqa: SIM905
)
_SHAPES = {
    "crowd-bounding-box": ("boundingBoxes", 2),
    "crowd-keypoint": ("keypoints", 1),
    "crowd-line": ("lines", 2),
    "crowd-polyline": ("polylines", 3),
    "crowd-polygon": ("polygons", 3),
}
_POINTS = ((0.25, 0.25), (0.75, 0.3), (0.6, 0.75))
"""Where the mouse presses, as ratios of the picture."""


class Anything:
    """Equal to whatever is there."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = object.__hash__


class Painted:
    """Equal to a PNG in base 64 of this size, in which this place has this colour and the corner has none."""

    def __init__(self, width: int, height: int, x: int, y: int, colour: str) -> None:
        self.size, self.place, self.colour = (width, height), (x, y), colour

    def __eq__(self, other: object) -> bool:
        with Image.open(io.BytesIO(base64.b64decode(str(other)))) as picture:
            mask = picture.convert("RGBA")
        red, green, blue, alpha = mask.getpixel(self.place)  # type: ignore[misc]
        here = f"#{red:02x}{green:02x}{blue:02x}"
        colours = mask.getcolors(mask.width * mask.height) or []
        return (
            mask.size == self.size
            and (here, alpha) == (self.colour, 255)
            and mask.getpixel((0, 0)) == (0, 0, 0, 0)
            and len(colours) == 2
        )

    __hash__ = object.__hash__


def near(number: float, by_keyboard: bool) -> Any:
    return pytest.approx(number, abs=0 if by_keyboard else FAR)


def fill_in(page: Any, frame: Any, *, by_keyboard: bool = False) -> dict[str, Any]:
    """Answer every part of the page in its order; what the loop's answer has to be then. Submits nothing."""
    expected: dict[str, Any] = {}
    frame.locator("crowd-form .crowd-button").first.wait_for()
    for document in frame.get_by_role("button", name="Open the document").all():
        document.click()
        page.get_by_role("button", name="Stay here").click()
    for add in frame.locator("#addLabel").all():
        frame.locator("#customLabel input").fill("thing")
        add.click()
    for part in frame.locator(f"{_PARTS}, input[name], select[name], textarea[name]").all():
        kind, name = part.evaluate("e => [e.localName, e.getAttribute('name') ?? '']")
        if name.startswith("crowd-") and not kind.startswith("crowd-"):
            continue  # what an element made for itself
        done = _answer(page, frame, part, kind, by_keyboard)
        if done is None or (not name and "detect-moderation" not in kind and "textract" not in kind):
            continue
        there = expected.get(name)
        is_tick = kind in ("crowd-radio-button", "crowd-checkbox", "crowd-toggle-button", "input")
        if is_tick and isinstance(there, dict) and isinstance(done, dict):
            done = {**there, **done}
        if kind == "crowd-rekognition-detect-moderation-labels":
            expected["AWS/Rekognition/DetectModerationLabels/Image/V3"] = done
        elif kind == "crowd-textract-analyze-document":
            expected["AWS/Textract/AnalyzeDocument/Forms/V1"] = done
        else:
            expected[name] = done
    return expected


def submit(frame: Any) -> None:
    frame.locator("crowd-button[form-action=submit], crowd-form button:text-is('Submit')").first.click()


def _answer(page: Any, frame: Any, part: Any, kind: str, by_keyboard: bool) -> Any:
    """Answer one part; None for one that answers nothing by itself."""
    if kind in _SHAPES:
        return _draw(page, part, kind, by_keyboard)
    if kind.endswith("-segmentation"):
        return _paint(page, part, kind, by_keyboard)
    if kind in ("crowd-input", "crowd-text-area"):
        if part.get_attribute("id") == "customLabel":
            return None
        part.locator("input, textarea").fill(WORDS)
        return WORDS
    if kind == "crowd-slider":
        part.locator("input[type=range]").press("ArrowRight")
        return part.evaluate("e => e.value")
    if kind in ("crowd-radio-button", "crowd-checkbox", "crowd-toggle-button"):
        return _tick(part, kind)
    if kind == "crowd-entity-annotation":
        part.locator(".crowd-text").press("ArrowRight")
        page.keyboard.press("1")
        text, label = part.evaluate("e => [e.getAttribute('text'), e.nameOf(0)]")
        first = text.split()[0].strip(".,;:!?")
        start = text.index(first)
        return {"entities": [{"endOffset": start + len(first), "label": label, "startOffset": start}]}
    if kind == "crowd-textract-analyze-document":
        return _check_pairs(part)
    if kind.startswith("crowd-"):
        return _choose(part, kind, by_keyboard)
    return _fill_native(part, kind)


def _tick(part: Any, kind: str) -> Any:
    value = part.get_attribute("value") or "on"
    is_first = kind != "crowd-radio-button" or part.evaluate(
        "e => !e.closest('crowd-radio-group') || e.closest('crowd-radio-group').querySelector('crowd-radio-button') === e"
    )
    if is_first and part.get_attribute("disabled") is None:
        part.locator("input").check()
    return {value: bool(is_first and part.get_attribute("disabled") is None)}


def _choose(part: Any, kind: str, by_keyboard: bool) -> Any:
    first = part.locator(".crowd-choices input").first
    if by_keyboard:
        first.press(" ")
    else:
        first.check()
    chosen = first.get_attribute("value")
    if kind == "crowd-rekognition-detect-moderation-labels":
        return {"moderationLabels": part.evaluate("e => e.categories.slice(0, 1)")}
    return {"labels": [chosen]} if kind.endswith("multi-select") else {"label": chosen}


def _check_pairs(part: Any) -> Any:
    blocks: list[Any] = []
    for pair in part.locator(".crowd-pair").all():
        pair.locator(".crowd-choices input").first.check()
        pair.locator("input.crowd-field").nth(1).fill(WORDS)
        key, same = pair.locator("input.crowd-field").first.input_value(), Anything()
        common = {"blockType": "KEY_VALUE_SET", "id": same, "relationships": same}
        blocks.append({**common, "entityTypes": ["KEY"], "text": key})
        blocks.append({**common, "entityTypes": ["VALUE"], "text": WORDS})
    return {"blocks": blocks}


def _fill_native(part: Any, kind: str) -> Any:
    how = part.get_attribute("type") or "text"
    if how == "hidden":
        return Anything()
    can_be_seen = part.is_visible() and part.is_enabled()
    if how in ("checkbox", "radio"):
        value = part.evaluate("e => e.value")
        is_first = part.evaluate("e => document.querySelector(`input[name='${CSS.escape(e.name)}']`) === e")
        if can_be_seen and is_first:
            part.check()
        return {value: bool(can_be_seen and is_first)}
    if not can_be_seen:
        return part.evaluate("e => e.value") or None
    if kind == "select":
        values = part.evaluate("e => [...e.options].filter(o => !o.disabled && o.value).map(o => o.value)")
        if not values:
            return None
        part.select_option(values[0])
        return [values[0]] if part.evaluate("e => e.multiple") else values[0]
    part.fill(DATE if how == "date" else WORDS)
    return DATE if how == "date" else WORDS


def _ready(part: Any) -> tuple[Any, int, int]:
    part.locator("img").first.evaluate("image => image.decode()")
    # The portal gives the frame the height of its page: until then, what is in it moves.
    part.evaluate(
        """async () => {
            const ends = performance.now() + 30000;
            while (document.documentElement.scrollHeight > innerHeight && performance.now() < ends)
                await new Promise(requestAnimationFrame);
        }"""
    )
    canvas = part.locator(".upper-canvas")
    canvas.scroll_into_view_if_needed()
    width, height = part.evaluate("e => [e.surface.width, e.surface.height]")
    return canvas, width, height


def _draw(page: Any, part: Any, kind: str, by_keyboard: bool) -> Any:
    canvas, width, height = _ready(part)
    key, count = _SHAPES[kind]
    label = part.locator(".crowd-choices input:checked").get_attribute("value")
    points = [(x * width, y * height) for x, y in _POINTS[:count]]
    if by_keyboard:
        points = _press_points(page, canvas, width, height, count)
    else:
        area = canvas.bounding_box()
        places = [(area["x"] + x / width * area["width"], area["y"] + y / height * area["height"]) for x, y in points]
        if count == 2:
            page.mouse.move(*places[0])
            page.mouse.down()
            page.mouse.move(*places[1])
            page.mouse.up()
        else:
            for place in places:
                page.mouse.click(*place)
    if count > 2:
        page.keyboard.press("Enter")
    vertices = [{"x": near(x, by_keyboard), "y": near(y, by_keyboard)} for x, y in points]
    shape: dict[str, Any] = {"label": label, "vertices": vertices}
    if kind == "crowd-keypoint":
        shape = {"label": label, **vertices[0]}
    if kind == "crowd-bounding-box":
        (left, top), (right, bottom) = points
        sides = {"left": left, "top": top, "width": right - left, "height": bottom - top}
        shape = {"label": label, **{side: near(value, by_keyboard) for side, value in sides.items()}}
    return {"inputImageProperties": {"height": height, "width": width}, key: [shape]}


def _press_points(page: Any, canvas: Any, width: int, height: int, count: int) -> list[tuple[float, float]]:
    """Set points with the keys, from the middle on: right by ten steps, then down by ten."""
    far = max(1, round(max(width, height) / 100)) * 10
    x, y = round(width / 2), round(height / 2)
    points = [(x, y), (x + far, y + far), (x, y + far)][:count]
    canvas.press(" ")
    for keys in (("Shift+ArrowRight", "Shift+ArrowDown"), ("Shift+ArrowLeft",))[: count - 1]:
        for each in (*keys, " "):
            page.keyboard.press(each)
    return points


def _paint(page: Any, part: Any, kind: str, by_keyboard: bool) -> Any:
    canvas, width, height = _ready(part)
    label = part.locator(".crowd-choices input:checked").first.get_attribute("value")
    if by_keyboard:
        canvas.press(" ")
        x, y = width // 2, height // 2
    else:
        area = canvas.bounding_box()
        page.mouse.move(area["x"] + area["width"] * 0.4, area["y"] + area["height"] * 0.5)
        page.mouse.down()
        page.mouse.move(area["x"] + area["width"] * 0.6, area["y"] + area["height"] * 0.5, steps=4)
        page.mouse.up()
        x, y = round(width * 0.5), round(height * 0.5)
    found = {
        "inputImageProperties": {"height": height, "width": width},
        "labeledImage": {"pngImageData": Painted(width, height, x, y, "#1f77b4")},
    }
    if kind == "crowd-instance-segmentation":
        return {**found, "instances": [{"color": "#1f77b4", "label": label}]}
    colours = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728")
    names = part.evaluate("e => e.labels")
    return {**found, "labelMappings": {name: {"color": colours[n]} for n, name in enumerate(names)}}
