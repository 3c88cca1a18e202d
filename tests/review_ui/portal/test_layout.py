"""The task page from a phone to a desk: no control lies on another, and nothing scrolls sideways, whatever an item says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.content import found, picture, speech, text
from tests.houses.desk import Desk, disagree
from tests.layout import OVERLAPS, WIDTHS, misfits
from tests.pages import start

pytestmark = pytest.mark.browser

Reviewer = Callable[..., Any]
LONG_WORD = "Donaudampfschifffahrt" * 8
RIGHT_TO_LEFT = "مرحبا بكم في هذه الصفحة الطويلة " * 12

STRAY_TAPS = """() => {
  const stray = [];
  for (const button of document.querySelectorAll(".dock button, .dock label")) {
    const box = button.getBoundingClientRect();
    if (!box.width || button.closest("dialog")) continue;
    for (const share of [0.05, 0.25, 0.5, 0.75, 0.95]) {
      const hit = document.elementFromPoint(box.left + share * box.width, box.top + box.height / 2);
      const taker = hit && hit.closest("button, label");
      if (taker && taker !== button) stray.push(`${button.innerText} at ${share}: ${taker.innerText}`);
    }
  }
  return stray;
}"""


def hostile(desk: Desk) -> None:
    """A task whose every text is too long, or runs the other way, in a queue of such a name, after another task."""
    labels = [f"Custom/{LONG_WORD}", *(f"Custom/Label number {number}" for number in range(40)), RIGHT_TO_LEFT[:60]]
    detections = [
        found("PII/EMAIL", "p1", span={"start": 0, "end": 30}),
        found(f"Custom/{LONG_WORD}", "p1", span={"start": 40, "end": 120}),
        found(f"Custom/{LONG_WORD}", "p0", time_range={"start": 12.0, "end": 16.0}),
        found("Face", "p3", box={"left": 0.1, "top": 0.1, "width": 0.5, "height": 0.5}),
    ]
    failure = {"detector": {"name": LONG_WORD, "version": "1"}, "part": "p1", "message": LONG_WORD}
    parts = [*speech(desk), text(LONG_WORD, "p1"), text(RIGHT_TO_LEFT, "p2"), picture(desk, part="p3")]
    more = {
        "failures": [failure],
        "why": [LONG_WORD, RIGHT_TO_LEFT],
        "labels": labels,
        "earlier": [LONG_WORD],
        "policy": {"name": "general", "version": "0" * 64, "description": LONG_WORD},
        "item": {"id": "1", "app": "shop", "content_id": LONG_WORD, "metadata": {LONG_WORD: RIGHT_TO_LEFT}},
    }
    desk.add_flow("long", title=f"Moderation: {LONG_WORD[:90]}")
    desk.start_item(text("before"), flow="long")
    desk.start_item(*parts, flow="long", detections=detections, **more)


@pytest.fixture
def hostile_task(desk: Desk, reviewer: Reviewer) -> Any:
    """The page of a task with hostile content, the answer before it still to be undone, and a long note."""
    desk.review.undo_seconds = 60
    hostile(desk)
    page = reviewer("reviewer-with-a-name-of-some-length", "admin")
    start(page)
    for key in ("a", "Enter"):
        page.keyboard.press(key)
    page.wait_for_selector("#undo")
    page.fill("#note", f"{LONG_WORD} {RIGHT_TO_LEFT}" * 3)
    return page


@pytest.mark.parametrize("key", ["n", "a", "r"])
def test_no_control_lies_on_another_and_nothing_scrolls_sideways(hostile_task: Any, key: str) -> None:
    page = hostile_task
    page.keyboard.press("Escape")
    page.keyboard.press(key)

    said = {}
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(200)  # a note that is left or entered changes its height over 0.12 s
        looked = page.evaluate(OVERLAPS)
        assert looked["count"] > 50
        said[width] = looked["said"]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            said[width].append("the page scrolls sideways")

    assert said == {width: [] for width in WIDTHS}


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_tap_anywhere_on_a_button_of_the_bar_is_taken_by_it(desk: Desk, reviewer: Reviewer, language: str) -> None:
    desk.start_item(text("a short one"))
    page = reviewer("rita")
    page.set_extra_http_headers({"Accept-Language": language})
    start(page)

    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(200)
        assert page.evaluate(STRAY_TAPS) == [], f"at {width} pixels"


PAGES = (
    *("", "history", "wellbeing", "done", "nowhere", "style", "people"),
    *(
        "lead",
        "lead/queues/long",
        "lead/quality",
        "lead/quality/long",
        "lead/lists",
        "lead/holds",
        "lead/log",
        "password",
    ),
    *("lead/people", "lead/quality?show=golden", "lead/quality?show=batches", "lead/quality?show=disagreements"),
)


HEAVIEST = 150_000
"""Bytes of a page with its sheets and scripts, before compression; the pictures of an item aside."""
WEIGHT = """() => performance.getEntries().filter((e) => e.encodedBodySize && !e.name.includes("/media/"))
  .reduce((sum, e) => sum + e.encodedBodySize, 0)"""


def test_every_page_fits_every_screen(desk: Desk, hostile_task: Any) -> None:
    page, found = hostile_task, {}
    disagree(desk, LONG_WORD, RIGHT_TO_LEFT)
    weights = {page.url: page.evaluate(WEIGHT)}
    for path in PAGES:
        page.goto(f"{page.root}/{path}")
        page.wait_for_load_state()
        found |= misfits(page)
        weights[page.url] = page.evaluate(WEIGHT)
    page.goto(f"{page.root}/history")
    page.click("tbody a")
    page.wait_for_url("**/history/*")
    found |= misfits(page)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{page.root}/")
    page.click(".menu")
    page.wait_for_selector(".side a")
    drawer = page.evaluate(OVERLAPS)["said"]
    page.context.clear_cookies()
    page.goto(f"{page.root}/sign-in")
    found |= misfits(page)

    assert found == {}
    assert {url: weight for url, weight in weights.items() if not 0 < weight <= HEAVIEST} == {}
    assert [said for said in drawer if "meets" in said and ".side" in said] == []
