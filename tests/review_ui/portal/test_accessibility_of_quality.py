"""WCAG 2.2 AA by axe on the pages about wellbeing and quality, and on a tablet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from review_ui.desk.preferences import choose_severe
from review_ui.desk.tasks import next_task, release_task
from review_ui.quality.golden import QueueQuality, add_golden, set_quality
from tests.content import found, picture, text
from tests.houses.desk import Desk, answer, disagree, person
from tests.layout import misfits
from tests.pages import Reviewer, complaints

pytestmark = pytest.mark.browser


def test_no_page_on_wellbeing_or_quality_keeps_anybody_out(desk: Desk, reviewer: Reviewer) -> None:
    source = desk.start_item(text("known"))
    answer(desk, person(desk, "maker"), "reject")
    add_golden(desk.review, source, "reject", "It is unkind.", "lea")
    desk.start_item(text("decided"))
    answer(desk, person(desk, "other"), "approve", Odd=True)
    desk.start_item(text("hard"), detections=[found("Explicit", "p0")])
    desk.start_item(text("new"))
    page = reviewer("lea", "lead", color_scheme="dark", bypass_csp=True)
    user = next(user.id for user in desk.people.list() if user.name == "lea")
    said = complaints(page)
    set_quality(desk.review, "general", QueueQuality(50.0, gives_feedback=True))
    desk.review.chance = lambda: 0.0
    page.goto(f"{page.root}/next")
    page.wait_for_load_state()
    for key in ("a", "Enter"):
        page.keyboard.press(key)
    page.get_by_text("We see this one differently").wait_for()
    said += complaints(page)
    desk.review.chance = lambda: 0.99
    choose_severe(desk.review, user, takes_severe=True)
    task = next_task(desk.review, user)
    if task is not None and "hard" not in str(task.content):  # the page may have gone on to the other one already
        release_task(desk.review, task.id, user)
        task = next_task(desk.review, user)
    assert task is not None
    assert "hard" in str(task.content)
    desk.pass_time(minutes=20)
    desk.review.care = replace(desk.review.care, break_after_minutes=1)
    for path in ("next", "wellbeing", "lead/quality", "lead/quality/general"):
        page.goto(f"{page.root}/{path}")
        said += complaints(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 1440
    page.goto(f"{page.root}/wellbeing")
    page.get_by_role("button", name="Rest for 10 minutes").click()
    page.get_by_text("You are on a break").wait_for()
    said += complaints(page)

    assert said == []


def test_no_list_that_leads_work_through_keeps_anybody_out_or_is_cut_off(desk: Desk, reviewer: Reviewer) -> None:
    word, turned = "Donaudampfschifffahrt" * 8, "مرحبا بكم في هذه الصفحة الطويلة " * 6
    disagree(desk, word, turned)
    disagree(desk, turned, word, flow="settled")
    desk.add_flow("three", f"Moderation: {word[:90]}", answers=3)
    desk.start_item(text(word), flow="three")
    for name, outcome in (("a", "approve"), ("b", "reject")):
        answer(desk, person(desk, name), outcome, "three")
    known = desk.start_item(text("known"), flow="three")
    labels = [f"Custom/{word}", *(f"Custom/Label {number}" for number in range(17)), turned[:60]]
    reasons = [{"name": "wave", "words": {"en": f"{turned} {word}"}}]
    loops = [
        desk.start_item(text(words), picture(desk, part="p1"), labels=labels, reasons=reasons)
        for words in (word, turned)
    ]
    page = reviewer("lea", "lead", bypass_csp=True)
    page.goto(f"{page.root}/lead/queues/general")
    page.check("#all")
    page.click("text=Decide what is ticked")
    page.wait_for_selector("[name=because]")
    said, fits = complaints(page), misfits(page)
    page.get_by_text("Label 3", exact=True).click()
    page.get_by_text("Reject all").click()
    page.fill("[name=note]", word)
    page.click("text=Decide all of them")
    page.wait_for_selector("#batches")
    source = disagree(desk, "also torn", flow="also")
    add_golden(desk.review, source, "reject", word, "lea")
    for path in ("quality?show=batches", "quality?show=disagreements", "quality?show=golden", "quality", "people"):
        page.goto(f"{page.root}/lead/{path}")
        said += complaints(page)
        fits |= misfits(page)
    page.emulate_media(color_scheme="dark")
    page.goto(f"{page.root}/lead/quality?show=disagreements")
    said += complaints(page)
    page.get_by_role("button", name="Open and judge it").click()
    page.wait_for_selector("#answer")

    assert said == []
    assert fits == {}
    assert {desk.status(loop) for loop in [known, *loops]} == {"InProgress"}, "the batch can still be taken back"
    assert page.complaints == []


def test_a_tablet_shows_them_without_scrolling_sideways(desk: Desk, reviewer: Reviewer) -> None:
    source = desk.start_item(text("known " * 40))
    answer(desk, person(desk, "maker"), "reject")
    desk.start_item(text("decided " * 40))
    answer(desk, person(desk, "other"), "reject")
    add_golden(desk.review, source, "reject", "It is unkind. " * 9, "lea")
    page = reviewer("lea", "lead")
    page.set_viewport_size({"width": 768, "height": 1024})
    widths = []
    for path in ("wellbeing", "lead/quality", "lead/quality/general"):
        page.goto(f"{page.root}/{path}")
        widths.append(page.evaluate("document.documentElement.scrollWidth"))

    assert max(widths) <= 768
