"""Reviewers at work in a real browser: keys, veils, marks, boxes, and content that would like to be a script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from moderation.core.errors import NotFound
from tests.content import found, item, picture, sound, text
from tests.houses.desk import PASSWORD, Desk
from tests.pages import Reviewer, arrive, start, until, veil
from tests.waiting import wait_for

pytestmark = pytest.mark.browser

PAYLOADS = [
    "<script>window.hacked=1</script>",
    '<img src=x onerror="window.hacked=1">',
    '"><svg onload=window.hacked=1>',
    "' autofocus onfocus='window.hacked=1",
    "'-(window.hacked=1)-'",
    "{{ 7*7 }}{% raw %}",
    "javascript:window.hacked=1",
    "</textarea></title></script><script>window.hacked=1</script>",
    '<iframe srcdoc="<script>top.hacked=1</script>">',
    "&lt;script&gt;window.hacked=1&lt;/script&gt;",
    "\u202egnp.exe\u2066<b>",
]


def test_a_morning_of_tasks_takes_no_mouse(
    desk: Desk, live_server: Callable[..., str], open_page: Callable[..., Any]
) -> None:
    loops = [desk.start_item(text(f"task {number}")) for number in range(3)]
    desk.people.add("rita", "reviewer", PASSWORD)
    page = open_page()
    page.goto(f"{live_server(desk.app)}/review/")
    until(page, "document.activeElement.name === 'username'")
    page.keyboard.type("rita")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/review/")
    waiting = page.locator(".hero .n").inner_text()
    until(page, "document.activeElement.textContent === 'Start reviewing'")
    page.keyboard.press("Enter")
    for number, keys in enumerate((["a"], ["r", "2"], ["a", "r", "1", "1", "n"])):
        arrive(page, f"task {number}")
        for key in keys:
            page.keyboard.press(key)
        if keys[-1] != "n":
            page.keyboard.press("Enter")
    page.keyboard.type("not 1, not a; skip? no\nsecond line")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_url("**/done*")

    assert waiting == "3 tasks wait for you"
    assert page.locator("h1").inner_text() == "All done"
    nothing = {"Face": False, "PII/EMAIL": False}
    yes, no = {"approve": True, "reject": False}, {"approve": False, "reject": True}
    assert desk.answers(loops[2]) == [
        {"decision": no, "labels": nothing, "note": "not 1, not a; skip? no\nsecond line"}
    ]
    assert desk.answers(loops[0]) == [{"decision": yes, "labels": nothing}]
    assert desk.answers(loops[1]) == [{"decision": no, "labels": nothing | {"PII/EMAIL": True}}]
    until(page, "document.activeElement.textContent === 'Back to the queues'")
    page.keyboard.press("Enter")
    page.wait_for_url("**/review/")
    assert page.locator(".hero .n").inner_text() == "Nothing waits for you"
    assert page.complaints == []


def test_a_letter_alone_never_submits_and_enter_needs_a_decision(desk: Desk, reviewer: Reviewer) -> None:
    loop = desk.start_item(text("hello"))
    page = reviewer("rita")
    start(page)
    for key in ("1", "Enter", "Enter", "a"):
        page.keyboard.press(key)
    page.wait_for_timeout(200)

    assert desk.status(loop) == "InProgress"
    assert page.locator("#submit").inner_text().endswith("Approve and next")


def test_enter_twice_answers_one_task(desk: Desk, reviewer: Reviewer) -> None:
    loops = [desk.start_item(text(f"task {number}")) for number in range(2)]
    page = reviewer("rita")
    start(page)
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    arrive(page, "task 1")
    page.keyboard.press("Enter")

    assert [desk.status(loop) for loop in loops] == ["Completed", "InProgress"]


def test_pictures_are_veiled_until_asked_and_again_with_each_task(desk: Desk, reviewer: Reviewer) -> None:
    desk.start_item(picture(desk, "a"))
    desk.start_item(picture(desk, "b"))
    page = reviewer("rita")
    start(page)
    seen = [veil(page)]
    for key in ("b", "g", "b", "b"):
        page.keyboard.press(key)
        seen.append(veil(page))
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    arrive(page, "0 more waiting")
    seen.append(veil(page))
    page.hover(".picture")
    page.mouse.down()
    held = veil(page)
    page.mouse.up()

    both = "blur(24px) grayscale(1)"
    assert seen == [both, "grayscale(1)", "none", "blur(24px)", "none", both]
    assert (held, veil(page)) == ("none", both)
    assert page.complaints == []


def test_the_page_works_without_script(desk: Desk, reviewer: Reviewer) -> None:
    loop = desk.start_item(picture(desk))
    page = reviewer("rita", java_script_enabled=False)
    page.reload()
    page.click("#start")
    veiled = page.locator(".picture img").evaluate("e => getComputedStyle(e).filter")
    page.click("text=Blur")
    page.click("text=Grey")
    wait_for(lambda: page.locator(".picture img").evaluate("e => e.getAnimations().length === 0"))
    unveiled = page.locator(".picture img").evaluate("e => getComputedStyle(e).filter")
    page.click(".labels label >> nth=1")
    page.fill("#note", "by mouse")
    page.click(".reject")
    page.click("#submit")
    page.wait_for_url("**/done*")

    assert (veiled, unveiled) == ("blur(24px) grayscale(1)", "none")
    assert desk.answers(loop) == [
        {
            "decision": {"approve": False, "reject": True},
            "labels": {"Face": False, "PII/EMAIL": True},
            "note": "by mouse",
        }
    ]


def test_marks_are_exact_though_the_text_has_emoji(desk: Desk, reviewer: Reviewer) -> None:
    words = "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 e\u0301 ada@example.com \U0001f3f4 or 415-555-0102"
    spans = {"PII/EMAIL": "ada@example.com", "PII/NAME": "ada", "PII/PHONE": "415-555-0102", "Emoji": "\U0001f3f4"}
    detections = [
        found(label, "p0", span={"start": words.index(part), "end": words.index(part) + len(part)})
        for label, part in spans.items()
    ]
    desk.start_item(text(words), detections=detections)
    page = reviewer("rita")
    start(page)
    page.keyboard.press("u")
    page.get_by_text("Personal data is shown.").wait_for()
    marks = page.eval_on_selector_all("mark", "all => all.map(m => [m.title, m.textContent])")

    for label, part in spans.items():
        assert "".join(content for title, content in marks if label in title.split(", ")) == part
    assert page.locator(".text").text_content() == words
    page.click("text=PII/PHONE >> nth=-1")
    assert page.evaluate("document.querySelector(':target + mark').textContent") == "415-555-0102"
    assert page.complaints == []


def test_boxes_lie_where_the_detections_are(desk: Desk, reviewer: Reviewer) -> None:
    box = {"left": 0.25, "top": 0.5, "width": 0.5, "height": 0.25}
    desk.start_item(picture(desk), detections=[found("Face", "p0", 93.25, box=box)])
    page = reviewer("rita")
    start(page)
    until(page, "document.querySelector('.picture img').naturalWidth > 0")
    outer, inner = (page.locator(s).bounding_box() for s in (".picture", ".boxes .line"))
    words = page.locator(".boxes text").text_content()
    page.keyboard.press("x")

    # The outline is drawn on the edge: up to its width of 2.5 px may stand out.
    for got, want in (
        (inner["x"], outer["x"] + outer["width"] * 0.25),
        (inner["y"], outer["y"] + outer["height"] * 0.5),
        (inner["width"], outer["width"] * 0.5),
        (inner["height"], outer["height"] * 0.25),
    ):
        assert abs(got - want) <= 3
    assert words == "Face 93.2 %"
    assert not page.locator(".boxes").is_visible()


def test_the_list_of_keys_opens_and_keeps_other_keys_away(desk: Desk, reviewer: Reviewer) -> None:
    desk.start_item(text("hello"))
    page = reviewer("rita")
    start(page)
    page.keyboard.press("?")
    opened = page.locator("#keys").is_visible()
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    chosen = page.locator("[name=decision]:checked").count()
    page.keyboard.press("?")
    page.uncheck("#single-keys")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.reload()
    page.keyboard.press("r")

    assert (opened, page.locator("#keys").is_visible()) == (True, False)
    assert (chosen, page.locator("[name=decision]:checked").count()) == (0, 0)


def test_the_keys_are_found_on_a_keyboard_without_latin_letters(desk: Desk, reviewer: Reviewer) -> None:
    desk.start_item(text("hello"))
    page = reviewer("rita")
    start(page)
    page.evaluate("document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'к', code: 'KeyR', bubbles: true}))")

    assert page.locator("[name=decision]:checked").get_attribute("value") == "reject"


def test_a_skipped_task_goes_to_others_and_does_not_come_straight_back(desk: Desk, reviewer: Reviewer) -> None:
    for number in range(2):
        desk.start_item(text(f"task {number}"))
    page = reviewer("rita")
    start(page)
    page.keyboard.press("s")
    page.keyboard.press("Enter")
    arrive(page, "task 1")
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    arrive(page, "task 0")
    page.keyboard.press("s")
    page.keyboard.press("Enter")
    page.wait_for_url("**/done*")
    told, held = page.locator("main p").first.inner_text(), desk.held()
    other = reviewer("otto")
    start(other)
    others_text = other.locator(".text").text_content()
    other.keyboard.press("q")
    other.wait_for_url("**/review/")

    assert told.startswith("Only what you left to others still waits")
    assert (held, others_text, desk.held()) == ([], "task 0", [])


def test_the_next_picture_is_loaded_while_this_one_is_looked_at(desk: Desk, reviewer: Reviewer) -> None:
    served: list[str] = []

    @desk.app.after_request
    def count(response: Any) -> Any:
        from flask import request

        if "/media/" in request.path:
            served.append(request.path)
        return response

    desk.start_item(picture(desk, "a"))
    desk.start_item(picture(desk, "b"))
    page = reviewer("rita")
    with page.expect_response(lambda r: "/media/" in r.url and r.url != first(page)) as ahead:
        start(page)
    before = list(served)
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    arrive(page, "0 more waiting")
    until(page, "document.querySelector('.picture img').naturalWidth > 0")

    assert len(before) == 2
    assert first(page) == ahead.value.url
    assert served == before, "the second page took its picture from the browser's cache"


def first(page: Any) -> str:
    """The address of the first picture on the page, if there is one."""
    image = page.query_selector(".picture img")
    return str(image.evaluate("e => e.src")) if image else ""


def test_sound_is_off_and_jumps_to_what_was_found(desk: Desk, reviewer: Reviewer) -> None:
    detections = [found("Profanity", "p0", time_range={"start": 2.5, "end": 3})]
    desk.start_item(sound(desk), detections=detections)
    page = reviewer("rita")
    start(page)
    until(page, "document.querySelector('audio').readyState > 0")
    state = page.evaluate("(a => [a.muted, a.autoplay, a.paused])(document.querySelector('audio'))")
    page.click("text=0:02.5 to 0:03")

    assert state == [True, False, True]
    until(page, "document.querySelector('audio').currentTime === 2.5")
    assert page.complaints == []


def test_a_picture_that_is_gone_is_said_to_be_gone(desk: Desk, reviewer: Reviewer) -> None:
    part = picture(desk)
    desk.blobs.delete(part["uri"])
    desk.start_item(part)
    page = reviewer("rita")
    start(page)
    page.wait_for_selector("text=This picture cannot be shown")

    assert not page.locator(".picture").is_visible()
    with pytest.raises(NotFound):
        desk.blobs.get(part["uri"])


@pytest.mark.parametrize("kind", ["ours", "custom"])
def test_no_content_runs_in_the_reviewers_browser(desk: Desk, reviewer: Reviewer, kind: str) -> None:
    every = " ".join(PAYLOADS)
    tool = {"name": PAYLOADS[1], "version": PAYLOADS[0]}
    content = item(
        {"id": PAYLOADS[2], "type": "text", "text": every, "extracted_from": PAYLOADS[1], "extractor": every},
        {"id": "p1", "type": PAYLOADS[0], "text": every},
        picture(desk, part="p2"),
        {"id": "p3", "type": "image", "uri": "javascript:window.hacked=1", "width": PAYLOADS[0]},
        {"id": "p4", "type": "video", "uri": "s3://bucket/\"onerror='window.hacked=1'"},
        item={
            "id": every,
            "app": every,
            "content_id": every,
            "created_at": every,
            "metadata": dict.fromkeys(PAYLOADS, every),
        },
        detections=[
            found(every, PAYLOADS[2], span={"start": 3, "end": 40}),
            found(PAYLOADS[3], PAYLOADS[2], span={"start": 20, "end": 90}) | {"detector": tool},
            found(PAYLOADS[1], "p2", box={"left": 0.1, "top": 0, "width": 0.5, "height": 0.5}),
            found(PAYLOADS[2], "p4", time_range={"start": 1, "end": 2}),
        ],
        failures=[{"detector": tool, "part": PAYLOADS[2], "kind": every, "message": every}],
        why=PAYLOADS,
        policy={"name": every, "version": every, "description": every},
        labels=PAYLOADS,
        queue=every,
    )
    desk.add_flow("hostile", title=every[:120])
    desk.start(content if kind == "ours" else content | {"schema": every}, "hostile")
    page = reviewer("rita")
    page.reload()
    page.click("#start")
    page.wait_for_selector("#answer")
    page.wait_for_load_state("networkidle")
    for key in ("b", "g", "x", "x", "?", "Escape", "1", "2", "n"):
        page.keyboard.press(key)
    page.keyboard.type(PAYLOADS[7])
    page.evaluate("document.getElementById('answer').noValidate = true")
    page.click("#submit")  # without a decision: the page comes back with the note
    page.wait_for_selector("text=Choose approve or reject.")
    note = page.input_value("#note")
    shown = page.locator("main").text_content()
    ran = page.evaluate("window.hacked")
    page.keyboard.press("r")
    page.keyboard.press("Enter")
    page.wait_for_url("**/done*")

    assert ran is None
    assert page.evaluate("window.hacked") is None
    assert note == PAYLOADS[7]
    assert all(payload in shown for payload in PAYLOADS[:8]) or kind == "custom"
    # The film that is not there and the refused form are answered 404 and 422; nothing else is complained of.
    assert [c for c in page.complaints if "status of 404" not in c and "status of 422" not in c] == []


def test_right_to_left_text_stands_on_its_own_side(desk: Desk, reviewer: Reviewer) -> None:
    desk.start_item(text("שלום עולם"))
    page = reviewer("rita")
    start(page)

    assert page.eval_on_selector(".text", "e => getComputedStyle(e).direction") == "rtl"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(desk: Desk, reviewer: Reviewer, scheme: str) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1, for each text as the browser draws it."""
    spans = [found(f"Label {n}", "p0", 90 - n, span={"start": 10 * n, "end": 10 * n + 8}) for n in range(8)]
    failure = {"detector": {"name": "x", "version": "1"}, "part": "p0", "kind": "raised", "message": "it fell over"}
    labels = [f"Label {n}" for n in range(12)]
    desk.start_item(text("twenty words " * 10), detections=spans, failures=[failure], labels=labels)
    page = reviewer("rita", "admin", color_scheme=scheme)
    poor = page.evaluate(POOR_CONTRAST)
    start(page)
    for key in ("1", "a"):
        poor += page.evaluate(POOR_CONTRAST)
        page.keyboard.press(key)
    page.keyboard.press("r")
    poor += page.evaluate(POOR_CONTRAST)
    for path in ("people", "done", "nowhere"):
        page.goto(f"{page.root}/{path}")
        poor += page.evaluate(POOR_CONTRAST)

    assert poor == []


POOR_CONTRAST = """() => {
  const parse = (c) => { const [r, g, b, a = 1] = c.match(/[\\d.]+/g).map(Number); return { r, g, b, a }; };
  const light = ({ r, g, b }) => [r, g, b].map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ground = (el) => {
    for (let e = el; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.a === 1) return c; }
    return { r: 255, g: 255, b: 255 };
  };
  const poor = [];
  const check = (words, ink, back, where) => {
    const [a, b] = [light(parse(ink)), light(back)].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${where}: ${words.trim().slice(0, 30)}`);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const el = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !el.checkVisibility() || el.closest('svg, .unseen, option')) continue;
    check(walker.currentNode.data, getComputedStyle(el).color, ground(el), el.tagName + '.' + el.className);
  }
  for (const el of document.querySelectorAll('mark[data-tag], .switches span')) {
    const after = getComputedStyle(el, '::after');
    const own = parse(after.backgroundColor);
    check(after.content, after.color, own.a === 1 ? own : ground(el), '::after of ' + el.tagName);
  }
  return poor;
}"""
