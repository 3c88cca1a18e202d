"""WCAG 2.2 AA by axe, in a real browser, on every page of the portal, light and dark; and right-to-left, and a tablet."""

from __future__ import annotations

import pytest

from tests.content import fill
from tests.houses.desk import Desk
from tests.pages import Reviewer, complaints, start

pytestmark = pytest.mark.browser


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
    page.keyboard.press("Control+k")
    page.locator("#offers [role=option]").first.wait_for()
    said += complaints(page)
    page.keyboard.press("Escape")
    page.locator("#offers").wait_for(state="hidden")
    page.keyboard.press("u")
    page.get_by_text("Personal data is shown.").wait_for()
    said += complaints(page)
    page.wait_for_load_state()
    for key in ("r", "1", "Enter"):
        page.keyboard.press(key)
    page.get_by_text("task 0", exact=True).wait_for()
    said += complaints(page)
    for path in (
        "history",
        "lead",
        "lead/queues/general",
        "lead/log",
        "people",
        "done",
        "nowhere",
        "history?q=none",
        "style",
    ):
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
