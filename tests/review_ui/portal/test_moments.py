"""Times: in UTC as the server writes them, in the reader's zone and form once the page's script has seen them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from review_ui.portal.moments import moment
from tests.content import text
from tests.houses.desk import Desk
from tests.pages import Reviewer, start


@pytest.mark.parametrize(
    ("form", "words"),
    [("minute", "2026-01-01 23:30 UTC"), ("second", "2026-01-01 23:30:05 UTC"), ("day", "2026-01-01"), ("clock", "23:30 UTC")],
)  # fmt: skip
def test_without_a_script_a_time_is_in_utc(form: str, words: str) -> None:
    at = datetime(2026, 1, 2, 1, 30, 5, tzinfo=timezone(timedelta(hours=2)))

    assert moment(at, form) == f'<time datetime="2026-01-01T23:30:05Z" data-form="{form}">{words}</time>'


@pytest.mark.browser
def test_a_task_was_posted_at_a_time_of_the_readers_zone(desk: Desk, reviewer: Reviewer) -> None:
    desk.start_item(text("task 0"))
    page = reviewer("rita", timezone_id="Asia/Tokyo", locale="en-GB")
    start(page)
    shown = page.locator("time[datetime='2026-01-02T03:04:05Z']")

    assert shown.get_attribute("title") == "2026-01-02 03:04 UTC"
    assert shown.inner_text() == "2 Jan 2026, 12:04"
