"""Whatever comes between a reviewer and the service, what they wrote is still there, and the page says what to do."""

from __future__ import annotations

from typing import Any

import pytest

from review_ui.desk.leading import take_back
from tests.content import text
from tests.houses.desk import PASSWORD, Desk
from tests.pages import Reviewer, arrive, start

pytestmark = pytest.mark.browser

NOTE = "Looked at twice; see the third line.\nשלום"


def write(page: Any) -> None:
    """A note, a decision and a label, as somebody would."""
    page.keyboard.press("r")
    page.keyboard.press("2")
    page.fill("#note", NOTE)


def submit(page: Any) -> None:
    page.locator("#note").press("Control+Enter")


def written(page: Any) -> tuple[str, bool, bool]:
    return (
        page.input_value("#note"),
        page.locator("[value=reject]").is_checked(),
        page.locator("[name=label]").nth(1).is_checked(),
    )


def trouble(page: Any) -> str:
    """What the page says is wrong, once it says so."""
    page.locator("#trouble").wait_for()
    return str(page.locator("#trouble p:not([hidden])").inner_text())


def is_answered(desk: Desk, loop: str) -> bool:
    return desk.status(loop) == "Completed" and desk.answers(loop)[0].get("note") == NOTE


def test_offline_and_back(desk: Desk, reviewer: Reviewer) -> None:
    loop = desk.start_item(text("task 0"))
    page = reviewer("rita")
    start(page)
    write(page)
    page.context.set_offline(True)
    submit(page)
    said, kept = trouble(page), written(page)
    page.context.set_offline(False)
    page.get_by_text("The connection is back.").wait_for()
    page.click("#again")
    page.wait_for_url("**/done*")

    assert said.startswith("The service cannot be reached")
    assert kept == (NOTE, True, True)
    assert is_answered(desk, loop)


def test_a_service_that_fails_and_an_answer_that_is_not_heard(desk: Desk, reviewer: Reviewer) -> None:
    loops = [desk.start_item(text(f"task {number}")) for number in range(2)]
    page = reviewer("rita")
    start(page)
    write(page)
    page.route("**/tasks/*", lambda route: route.fulfill(status=503, body="<p>busy"))
    submit(page)
    said, kept = trouble(page), written(page)
    page.unroute("**/tasks/*")

    def take_and_drop(route: Any) -> None:
        route.fetch()
        route.abort()

    page.route("**/tasks/*", take_and_drop, times=1)
    page.locator("#again").click()
    page.get_by_text("The service cannot be reached").wait_for()
    unheard = written(page)
    submit(page)
    arrive(page, "task 1")

    assert said.startswith("The service could not take it")
    assert (kept, unheard) == ((NOTE, True, True), (NOTE, True, True))
    assert is_answered(desk, loops[0])
    assert desk.status(loops[1]) == "InProgress", "what was sent twice answered one task"


def test_a_lead_takes_the_task_back_and_somebody_else_gets_it(desk: Desk, reviewer: Reviewer) -> None:
    loop = desk.start_item(text("task 0"))
    page = reviewer("rita")
    lead = desk.people.add("lea", "lead", PASSWORD)
    start(page)
    write(page)
    take_back(desk.review, desk.held()[0], lead.id)
    submit(page)
    said, kept = trouble(page), written(page)
    page.reload()
    shown = page.locator("#kept textarea").input_value()
    page.click("#next")
    arrive(page, "task 0")
    again = written(page)
    submit(page)
    page.wait_for_url("**/done*")

    assert said.startswith("This task is not yours any more")
    assert (kept, shown, again) == ((NOTE, True, True), NOTE, (NOTE, True, True))
    assert is_answered(desk, loop)


def test_a_session_that_is_over_leads_back_to_the_task(desk: Desk, reviewer: Reviewer) -> None:
    loop = desk.start_item(text("task 0"))
    page = reviewer("rita")
    start(page)
    write(page)
    page.context.clear_cookies()
    submit(page)
    said = trouble(page)
    page.click("#sign-in")
    page.get_by_label("Name").fill("rita")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    arrive(page, "task 0")
    kept = written(page)
    submit(page)
    page.wait_for_url("**/done*")

    assert said.startswith("Your session is over")
    assert kept == (NOTE, True, True)
    assert is_answered(desk, loop)


def test_what_is_typed_before_the_scripts_are_there_stays_with_what_was_kept(desk: Desk, reviewer: Reviewer) -> None:
    desk.start_item(text("task 0"))
    page = reviewer("rita")
    start(page)
    page.fill("#note", "before")
    held: list[Any] = []
    page.route("**/task.js", lambda route: held.append(route))
    page.reload(wait_until="commit")
    page.locator("#note").press_sequentially("and meanwhile")
    with page.expect_event("load"):
        held[0].continue_()
    page.unroute("**/task.js")
    merged = page.input_value("#note")
    page.reload()

    assert merged == "before\nand meanwhile"
    assert page.input_value("#note") == merged


def test_a_draft_is_of_one_person_and_one_task_and_goes_with_the_answer(desk: Desk, reviewer: Reviewer) -> None:
    for number in range(2):
        desk.start_item(text(f"task {number}"))
    page = reviewer("rita")
    start(page)
    write(page)
    submit(page)
    arrive(page, "task 1")
    kept = page.evaluate("Object.keys(sessionStorage).length")
    page.fill("#note", "of rita")
    page.keyboard.press("Escape")
    page.keyboard.press("q")
    page.wait_for_url("**/review/")
    page.click("text=Sign out")
    page.wait_for_url("**/sign-in")
    desk.people.add("otto", "reviewer", PASSWORD)
    page.get_by_label("Name").fill("otto")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/review/")
    start(page)

    assert kept == 0
    assert page.input_value("#note") == ""


def test_the_time_that_is_left_counts_down_and_begins_anew_with_work(desk: Desk, reviewer: Reviewer) -> None:
    desk.start_item(text("task 0"))
    page = reviewer("rita")
    start(page)
    at_first = page.locator("#lease").inner_text()
    desk.pass_time(minutes=50)
    page.reload()
    page.wait_for_load_state()
    later = page.locator("#lease").inner_text()
    with page.expect_response("**/renew") as renewed:
        page.locator("#note").press_sequentially("x")
    page.get_by_text("yours for 60 min").or_(page.get_by_text("yours for 59 min")).wait_for()

    assert renewed.value.ok
    assert at_first.startswith("yours for 59 min") or at_first.startswith("yours for 60 min")
    assert later.startswith("yours for 9 min") or later.startswith("yours for 10 min")
    assert page.complaints == []
