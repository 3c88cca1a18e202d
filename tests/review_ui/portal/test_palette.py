"""The command palette: pages and queues of one's own role, own answers with some words; by keys in the browser."""

from __future__ import annotations

from typing import Any

import pytest

from tests.content import text
from tests.houses.desk import Desk, answer
from tests.pages import Reviewer, start, until


def offers(client: Any, words: str = "") -> list[tuple[str, str]]:
    found = client.get("/review/palette", query_string={"q": words}).get_json()
    return [(offer["title"], offer["href"]) for offer in found]


def test_a_reviewer_is_offered_pages_and_queues_with_tasks(desk: Desk) -> None:
    desk.add_flow("empty", "Moderation: empty")
    desk.start_item(text("task 0"))
    offered = offers(desk.client())

    assert ("History", "/review/history") in offered
    assert ("general", "/review/next?flow=general") in offered
    assert not [title for title, href in offered if title == "empty" or "/lead" in href]


def test_a_lead_is_offered_every_queue_to_look_after(desk: Desk) -> None:
    offered = offers(desk.client("lead"))

    assert ("general", "/review/lead/queues/general") in offered


def test_words_find_own_answers_only(desk: Desk) -> None:
    for words in ("the blue badger", "the red badger"):
        desk.start_item(text(words))
    mine, other = desk.client(name="mia"), desk.client(name="otto")
    ids = {user.name: user.id for user in desk.people.list()}
    past = answer(desk, ids["mia"], "approve")
    answer(desk, ids["otto"], "approve")

    assert offers(mine, "badger")[1:] == [("the blue badger", f"/review/history/{past.id}")]
    assert [title for title, _ in offers(other, "badger")] == ["Your answers with “badger”", "the red badger"]


@pytest.mark.browser
def test_ctrl_k_goes_anywhere_without_a_mouse_and_the_note_stays(desk: Desk, reviewer: Reviewer) -> None:
    desk.start_item(text("task 0"))
    page = reviewer("rita")
    start(page)
    page.locator("#note").press_sequentially("not done yet")
    page.keyboard.press("Control+k")
    page.locator("#offers [role=option]").first.wait_for()
    page.keyboard.type("wellb")
    until(page, "document.querySelectorAll('#offers [role=option]').length === 1")
    chosen = page.locator("[aria-selected=true]").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url("**/wellbeing")
    page.go_back()
    page.wait_for_selector("#note")
    page.wait_for_load_state()

    assert chosen.startswith("Wellbeing")
    assert page.input_value("#note") == "not done yet"
    assert page.complaints == []
