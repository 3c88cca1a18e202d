"""A reviewer's tools in a real browser: undo, reasons, zoom, timeline, frames, waveform, transcript, leads' pages."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from playwright.sync_api import Route

from plugins.film.tests.films import made, moving
from review_ui.desk.audit import recent_events
from tests.content import film, found, speech, text
from tests.houses.desk import Desk
from tests.pages import Reviewer, arrive, start, until
from tests.waiting import wait_for

pytestmark = pytest.mark.browser


def test_z_takes_the_last_answer_back(desk: Desk, reviewer: Reviewer) -> None:
    desk.review.undo_seconds = 600
    loop = desk.start_item(text("task 0"))
    desk.start_item(text("task 1"))
    page = reviewer("rita")
    start(page)
    for key in ("r", "2", "Enter"):
        page.keyboard.press(key)
    arrive(page, "task 1")
    offered = page.locator("#undo").inner_text()
    page.keyboard.press("z")
    arrive(page, "task 0")
    taken_back = (
        page.locator("#reject, [value=reject]").is_checked(),
        page.locator("[name=label]").nth(1).is_checked(),
    )
    desk.review.undo_seconds = 2
    for key in ("a", "Enter"):
        page.keyboard.press(key)
    arrive(page, "task 1")
    page.locator("#undo").wait_for(state="hidden")
    hidden = page.locator("#undo").is_hidden()
    page.keyboard.press("z")

    assert offered.startswith("Rejected.")
    assert taken_back == (True, True)
    assert (hidden, desk.status(loop)) == (True, "InProgress"), "the sweep, which is off here, would complete it"
    assert page.complaints == []


def test_s_and_e_ask_why_by_number(desk: Desk, reviewer: Reviewer) -> None:
    for number in range(2):
        desk.start_item(text(f"task {number}"))
    page = reviewer("rita")
    start(page)
    page.keyboard.press("s")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.keyboard.press("4")
    asked = page.locator("#leave h2").inner_text()
    page.keyboard.press("Enter")
    arrive(page, "task 1")
    page.keyboard.press("s")
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    page.wait_for_url("**/done*")

    assert asked == "Hand it to a lead"
    assert [(e.kind, e.detail) for e in recent_events(desk.review)] == [
        ("skipped", "I do not read this language"),
        ("escalated", "This is too hard on me"),
    ]
    assert page.complaints == []


def test_pictures_are_enlarged_and_moved_by_key(desk: Desk, reviewer: Reviewer) -> None:
    out = io.BytesIO()
    Image.new("RGB", (320, 240), "grey").save(out, "PNG")
    desk.start_item({"id": "p0", "type": "image", "uri": desk.blobs.put("media/p.png", out.getvalue(), "image/png")})
    page = reviewer("rita")
    start(page)
    matrix = "getComputedStyle(document.querySelector('.canvas')).transform"
    seen = []
    for keys in (["+"], ["ArrowLeft"], ["+", "+"], ["0"]):
        for key in keys:
            page.keyboard.press(key)
        seen.append(page.evaluate(matrix))

    assert seen[0].startswith("matrix(1.25, 0, 0, 1.25, 0, 0")
    assert seen[1] == "matrix(1.25, 0, 0, 1.25, 40, 0)", "never past the picture's own edge"
    assert seen[2].startswith("matrix(1.95")
    assert seen[3] == "matrix(1, 0, 0, 1, 0, 0)"
    assert page.complaints == []


def test_a_sound_has_a_waveform_a_timeline_and_a_transcript_to_jump_by(desk: Desk, reviewer: Reviewer) -> None:
    detections = [found("Toxic/Threat", "p0", time_range={"start": 12.0, "end": 16.0})]
    detections.append(found("PII/NAME", "p0.t", span={"start": 4, "end": 7}))
    desk.start_item(*speech(desk), detections=detections)
    page = reviewer("rita")
    start(page)
    until(page, "document.querySelector('.region') !== null && !document.querySelector('.wave').hidden")
    now = "document.querySelector('audio').currentTime"
    region = page.evaluate("[...document.querySelectorAll('.region')].map(r => [r.style.left, r.style.width])")
    times = []
    for key in ("]", "j", "l", ".", "["):
        page.keyboard.press(key)
        times.append(round(page.evaluate(now), 2))
    muted = page.evaluate("document.querySelector('audio').muted")
    page.keyboard.press("m")
    page.click(".transcript button >> nth=1")
    until(page, "document.querySelector('.spoken') !== null")

    assert region == [["60%", "20%"]]
    assert times == [12.0, 7.0, 12.0, 12.04, 0.0]
    assert (muted, page.evaluate("document.querySelector('audio').muted")) == (True, False)
    assert page.evaluate(now) == 10.0
    assert page.locator(".transcript li").all_inner_texts() == [
        "0:00\none •••••• three four five.",
        "0:10\nsix seven eight nine ten.",
    ]
    assert page.locator(".spoken").inner_text().startswith("0:10")
    assert page.complaints == []


def test_a_film_has_a_timeline_thumbnails_speeds_and_single_frames_at_its_own_rate(
    desk: Desk, reviewer: Reviewer
) -> None:
    times = [(0.0, 2.0), (2.0, 4.0)]
    detections = [
        found("Face", "p0.0", 80, time_range={"start": 0.0, "end": 2.0}),
        found("Face", "p0.1", time_range={"start": 2.0, "end": 4.0}),
    ]
    desk.start_item(*film(desk, made(moving, 4, rate=10, codec="libvpx", form="webm"), times), detections=detections)
    page = reviewer("rita")
    start(page)
    until(page, "document.querySelector('.region') !== null && document.querySelector('.glimpse').complete")
    parts = page.locator("article.part").count()
    moments = page.locator(".moments li").all_inner_texts()
    page.evaluate("document.querySelector('video').play()")
    until(page, "document.querySelector('video').currentTime > 1")
    page.evaluate("document.querySelector('video').pause()")
    page.evaluate("document.querySelector('video').currentTime = 2")
    page.keyboard.press(".")
    stepped = page.evaluate("document.querySelector('video').currentTime")
    page.keyboard.press(">")
    faster = page.evaluate("document.querySelector('video').playbackRate")
    page.click("[data-speed='0.5']")

    assert parts == 1
    assert len(moments) == 1
    assert "Face" in moments[0]
    assert round(stepped, 2) == 2.1, "ten frames a second"
    assert faster == 2
    assert page.evaluate("document.querySelector('video').playbackRate") == 0.5
    assert page.get_attribute("[data-speed='0.5']", "aria-pressed") == "true"
    assert page.complaints == []


def test_a_lead_works_without_a_reload_and_a_reviewer_searches_while_typing(desk: Desk, reviewer: Reviewer) -> None:
    for number in range(3):
        desk.start_item(text(f"task {number}"))
    page = reviewer("lea", "lead")
    start(page)
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    arrive(page, "task 1")
    page.keyboard.press("h")
    page.get_by_text("task 0").wait_for()
    page.locator("[name=q]").fill("nothing like it")
    page.get_by_text("None of your answers is like this.").wait_for()
    page.goto(f"{page.root}/lead/queues/general")
    page.check("#all")
    page.click("text=Decide what is ticked")
    page.check("[value=reject]", force=True)
    page.fill("[name=note]", "spam")
    page.click("text=Decide all of them")
    page.wait_for_url("**/lead/quality?show=batches")

    assert page.locator("#batches tbody tr").count() == 1
    page.click("text=Take back")
    page.get_by_text("taken back").wait_for()
    assert page.complaints == []


def test_what_is_typed_before_the_scripts_are_there_is_searched_too(desk: Desk, reviewer: Reviewer) -> None:
    for number in range(2):
        desk.start_item(text(f"task {number}"))
    page = reviewer("rita")
    start(page)
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    arrive(page, "task 1")
    held: list[Route] = []
    page.route("**/htmx.min.js*", lambda route: held.append(route))
    page.goto(f"{page.root}/history", wait_until="commit")
    page.locator("[name=q]").fill("nothing like it")
    wait_for(lambda: page.evaluate("document.readyState") == "interactive" and held)
    held[0].continue_()

    page.get_by_text("None of your answers is like this.").wait_for()
    assert page.complaints == []
