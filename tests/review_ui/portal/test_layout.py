"""The task page from a phone to a desk: no control lies on another, and nothing scrolls sideways, whatever an item says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.content import found, picture, speech, text
from tests.houses.desk import Desk
from tests.pages import start

pytestmark = pytest.mark.browser

Reviewer = Callable[..., Any]
WIDTHS = {320: 568, 390: 844, 768: 1024, 1024: 768, 1440: 900}
"""Widths of a small phone, a phone, a tablet upright and lying, and a desk, with their heights."""
LONG_WORD = "Donaudampfschifffahrt" * 8
RIGHT_TO_LEFT = "مرحبا بكم في هذه الصفحة الطويلة " * 12

# A control is where it can be tapped: its own boxes and those of all in it, since a child that is wider than its
# parent takes taps too. Where something scrolls, controls outside of it meet only what is to be seen of those inside. At
# the end of the page the bar at the bottom lies in its place in the flow, so nothing may be under it either.
OVERLAPS = """() => {
  scrollTo(0, document.documentElement.scrollHeight);
  const wanted = "a[href], button, input:not([type=hidden]), textarea, select, label, video, audio, [tabindex]";
  const tell = (e) => `${e.tagName.toLowerCase()}#${e.id} '${(e.innerText || e.name || "").trim().slice(0, 30)}'`;
  function scrollers(element) {
    const all = [];
    for (let above = element.parentElement; above && above !== document.body; above = above.parentElement) {
      const style = getComputedStyle(above);
      if (/auto|scroll|hidden|clip/.test(style.overflowX + style.overflowY)) all.push(above);
    }
    return all;
  }
  function boxes(element) {
    const rects = [];
    for (const each of [element, ...(element.matches("a, button, label") ? element.querySelectorAll("*") : [])]) {
      const style = getComputedStyle(each);
      // Radio buttons and ticks are one transparent pixel; their labels are what is tapped.
      if (style.visibility !== "visible" || style.opacity === "0") continue;
      rects.push(...[...each.getClientRects()].map((r) => [r.left, r.top, r.right, r.bottom]));
    }
    return rects.filter(([l, t, r, b]) => r - l > 1 && b - t > 1);
  }
  function within(rects, frames) {
    for (const frame of frames.map((each) => each.getBoundingClientRect()))
      rects = rects.map(([l, t, r, b]) => [
        Math.max(l, frame.left), Math.max(t, frame.top), Math.min(r, frame.right), Math.min(b, frame.bottom),
      ]);
    return rects;
  }
  const controls = [...document.querySelectorAll(wanted)]
    .filter((e) => e.checkVisibility() && !e.closest("dialog") && !e.matches(".skip") && getComputedStyle(e).opacity !== "0")
    .map((e) => ({ e, rects: boxes(e), frames: scrollers(e) }))
    .filter((control) => control.rects.length);
  const said = [];
  for (const [n, one] of controls.entries()) {
    for (const other of controls.slice(n + 1)) {
      if (one.e.contains(other.e) || other.e.contains(one.e)) continue;
      const ours = within(one.rects, one.frames.filter((frame) => !other.frames.includes(frame)));
      const theirs = within(other.rects, other.frames.filter((frame) => !one.frames.includes(frame)));
      const meet = ours.some(([l, t, r, b]) =>
        theirs.some(([l2, t2, r2, b2]) => Math.min(r, r2) - Math.max(l, l2) > 1 && Math.min(b, b2) - Math.max(t, t2) > 1));
      if (meet) said.push(`${tell(one.e)} meets ${tell(other.e)}`);
    }
  }
  return { count: controls.length, said };
}"""

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
    *("lead", "lead/queues/long", "lead/quality", "lead/quality/long", "lead/lists", "lead/log"),
)


def misfits(page: Any) -> dict[str, list[str]]:
    """What overlaps or makes the page wider than the screen, by width, in light and in dark."""
    found = {}
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if width % 3 else "light", reduced_motion="reduce")
        said = page.evaluate(OVERLAPS)["said"]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            said.append("the page scrolls sideways")
        if said:
            found[f"{page.url} at {width}"] = said
    return found


HEAVIEST = 150_000
"""Bytes of a page with its sheets and scripts, before compression; the pictures of an item aside."""
WEIGHT = """() => performance.getEntries().filter((e) => e.encodedBodySize && !e.name.includes("/media/"))
  .reduce((sum, e) => sum + e.encodedBodySize, 0)"""


def test_every_page_fits_every_screen(desk: Desk, hostile_task: Any) -> None:
    page, found = hostile_task, {}
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
