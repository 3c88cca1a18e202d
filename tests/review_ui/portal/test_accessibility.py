"""WCAG 2.2 AA by axe, in a real browser, on every page of the portal, light and dark; and right-to-left, and a tablet."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from tests.houses.desk import Desk, found
from tests.review_ui.portal.test_at_work import start, text
from tests.review_ui.portal.test_tools import speech

pytestmark = pytest.mark.browser

Reviewer = Callable[..., Any]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def complaints(page: Any) -> list[str]:
    """What axe finds on the page as it is: rule, and the first element that breaks it."""
    page.wait_for_load_state()
    found_by_axe = Axe().run(page, options=RULES).response["violations"]
    return [f"{page.url}: {each['id']} {each['nodes'][0]['html'][:200]}" for each in found_by_axe]


def fill(desk: Desk) -> None:
    """A task with everything that a page can show, and others."""
    out = io.BytesIO()
    Image.new("RGB", (320, 240), "grey").save(out, "PNG")
    uri = desk.blobs.put("media/p.png", out.getvalue(), "image/png")
    picture = {"id": "p1", "type": "image", "uri": uri, "width": 320, "height": 240}
    detections = [
        found("PII/EMAIL", "p2", span={"start": 0, "end": 7}),
        found("Face", "p1", box={"left": 0.1, "top": 0.1, "width": 0.5, "height": 0.5}),
        found("Insult", "p2", 71.5, span={"start": 12, "end": 20}),
        found("Threat", "p0", time_range={"start": 12.0, "end": 16.0}),
    ]
    failure = {"detector": {"name": "slow", "version": "1"}, "part": "p1", "message": "no answer in 5 s"}
    parts = [*speech(desk), picture, {"id": "p2", "type": "text", "text": "a@b.org and an insult of words"}]
    more = {"failures": [failure], "earlier": ["Rejected by people 2 days ago"]}
    desk.start_item(*parts, detections=detections, **more)
    for number in range(3):
        desk.start_item(text(f"task {number}"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_keeps_anybody_out(desk: Desk, reviewer: Reviewer, scheme: str) -> None:
    desk.review.undo_seconds = 60
    fill(desk)
    page = reviewer("ada", "admin", color_scheme=scheme, bypass_csp=True)
    said = complaints(page)
    start(page)
    said += complaints(page)
    for key in ("?", "e"):
        page.keyboard.press(key)
        said += complaints(page)
        page.keyboard.press("Escape")
    page.keyboard.press("u")
    page.get_by_text("Personal data is shown.").wait_for()
    said += complaints(page)
    page.wait_for_load_state()
    for key in ("r", "1", "Enter"):
        page.keyboard.press(key)
    page.get_by_text("task 0", exact=True).wait_for()
    said += complaints(page)
    for path in ("history", "lead", "lead/queues/general", "lead/log", "people", "done", "nowhere", "history?q=none"):
        page.goto(f"{page.root}/{path}")
        said += complaints(page)
    page.goto(f"{page.root}/history")
    page.click("tbody a")
    page.wait_for_url("**/history/*")
    said += complaints(page)
    page.goto(f"{page.root}/lead/queues/general")
    page.check("[name=task] >> nth=0")
    page.click("text=Decide what is ticked")
    said += complaints(page)
    page.click("text=Sign out")
    page.wait_for_url("**/sign-in")
    said += complaints(page)

    assert said == []


@pytest.mark.parametrize(("width", "height"), [(1024, 768), (768, 1024)])
def test_a_tablet_shows_a_task_without_scrolling_sideways(
    desk: Desk, reviewer: Reviewer, width: int, height: int
) -> None:
    fill(desk)
    page = reviewer("rita", "lead")
    page.set_viewport_size({"width": width, "height": height})
    start(page)
    widths = [page.evaluate("document.documentElement.scrollWidth")]
    answer = page.locator("#submit").bounding_box()
    for path in ("history", "lead", "lead/queues/general", ""):
        page.goto(f"{page.root}/{path}")
        widths.append(page.evaluate("document.documentElement.scrollWidth"))

    assert max(widths) <= width
    assert answer["y"] + answer["height"] <= height, "the answer is in reach without scrolling"
