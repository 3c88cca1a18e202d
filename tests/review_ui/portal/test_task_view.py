"""What the task page makes of a loop's input: marks at exact places, and no input that breaks it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from review_ui.portal.drawing import MAX_MARKS
from review_ui.portal.marking import Mark, cut
from review_ui.portal.masking import masked
from review_ui.portal.task_view import media_of, show
from review_ui.portal.untrusted import clock, percent
from tests.content import found, item, text
from tests.examples import examples
from tests.houses.desk import Desk

TEXTS = st.text(alphabet=st.sampled_from("ab \n\U0001f600\u200d\u0301é"), max_size=40)
SPANS = st.lists(st.tuples(st.integers(-3, 45), st.integers(-3, 45)), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\ud800") | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = ["item", "parts", "detections", "failures", "why", "policy", "labels", "id", "type", "text", "uri", "width"]
KEYS += ["height", "extracted_from", "places", "span", "box", "time_range", "start", "end", "left", "top", "label"]
KEYS += ["confidence", "detector", "name", "part", "message", "metadata", "created_at", "version"]
OURS = st.recursive(
    JSON | st.sampled_from(["text", "image", "p0", "s3://bucket/key"]) | st.floats(0, 1) | st.integers(0, 9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=25,
)
TOP = st.dictionaries(st.sampled_from(KEYS), OURS, max_size=8)


@settings(deadline=None)
@given(TEXTS, SPANS)
def test_stretches_together_are_the_text_and_each_mark_covers_its_span_exactly(
    text: str, spans: list[tuple[int, int]]
) -> None:
    marks = [Mark(start, end, f"label {number}", 0, f"m{number}") for number, (start, end) in enumerate(spans)]
    stretches = cut(text, marks)

    assert "".join(s.text for s in stretches) == text
    for mark in marks:
        covered = "".join(s.text for s in stretches if mark.label in s.labels)
        assert covered == (text[max(0, mark.start) : max(0, mark.end)] if mark.start < mark.end else "")
        assert sum(mark.label in s.ending for s in stretches) == (1 if covered else 0)
        assert sum(mark.anchor in s.anchors for s in stretches) == (1 if covered else 0)


@settings(deadline=None, max_examples=examples(200), suppress_health_check=[HealthCheck.too_slow])
@given(TOP)
def test_no_input_breaks_the_page(content: dict[str, Any]) -> None:
    shown = show(content | {"schema": "moderation-item/1"})

    for words in (*shown.why, *shown.labels, *(s.text for part in shown.parts for s in part.runs)):
        words.encode("utf-8")
    for frame in (frame for part in shown.parts for frame in part.frames):
        assert 0 <= frame.left <= frame.left + frame.width <= 100.001
        assert 0 <= frame.top <= frame.top + frame.height <= 100.001


@pytest.mark.parametrize(
    "content",
    [
        {"why": 5, "labels": None, "parts": {}, "detections": "x", "failures": 1, "item": [], "policy": 7},
        {"detections": [{"label": "X", "confidence": 5}, {"label": "Y", "confidence": 10**400}, {"confidence": True}]},
        {"failures": [{}], "item": {"metadata": [1], "created_at": "yesterday"}, "policy": {"version": 5}},
        {"parts": [{"id": "p0", "type": "text", "text": "half a pair: \ud800"}, {"type": "image", "uri": 5}, {}]},
        {"parts": [{"id": "p0", "type": "image", "uri": "s3://nowhere/at-all"}], "labels": ["a\nb", "a\nb", 3]},
        {"item": {"metadata": {"deep": json.loads("[" * 190 + "]" * 190)}}},
        {"schema": "something-else", "half": "\ud800", "deep": json.loads("[" * 190 + "]" * 190)},
        {"schema": ["moderation-item/1"]},
    ],
)
def test_odd_input_can_still_be_answered(desk: Desk, content: dict[str, Any]) -> None:
    loop = desk.start({"schema": "moderation-item/1"} | content)
    client = desk.client()
    task = client.get("/review/next").headers["Location"]
    page = client.get(task)
    token = page.get_data(as_text=True).partition('name="csrf" value="')[2].partition('"')[0]
    answered = client.post(task, data={"csrf": token, "decision": "reject", "label": ["0"]})

    assert (page.status_code, answered.status_code) == (200, 303)
    assert desk.status(loop) == "Completed"
    assert desk.answers(loop)[0]["decision"] == {"approve": False, "reject": True}


def test_a_label_with_a_line_end_is_ticked_all_the_same(desk: Desk) -> None:
    loop = desk.start(item({"id": "p0", "type": "text", "text": "x"}, labels=["a\nb", "c"]))
    client = desk.client()
    task = client.get("/review/next").headers["Location"]
    token = client.get(task).get_data(as_text=True).partition('name="csrf" value="')[2].partition('"')[0]
    client.post(task, data={"csrf": token, "decision": "approve", "label": ["0"]})

    assert desk.answers(loop)[0]["labels"] == {"a\nb": True, "c": False}


def test_the_page_says_what_it_does_not_show() -> None:
    text = {"id": "p0", "type": "text", "text": "x" * 100, "shortened": True}
    many = [found("PII/EMAIL", "p0", span={"start": n % 90, "end": n % 90 + 5}) for n in range(MAX_MARKS + 7)]
    beyond = [found("PII/EMAIL", "p0", span={"start": 100, "end": 120})]
    shown = show(item(text, detections=[*many, *beyond]))

    hints = " ".join(shown.parts[0].hints)
    assert "Only the beginning is shown" in hints
    assert "1 of the detections lie in what is not shown" in hints
    assert f"Only the {MAX_MARKS} most certain of {MAX_MARKS + 7}" in hints


def test_text_that_was_read_in_a_picture_is_drawn_where_it_stood() -> None:
    picture = {"id": "p0", "type": "image", "uri": "s3://bucket/a.png"}
    left, right = ({"left": x, "top": 0.1, "width": 0.2, "height": 0.1} for x in (0.1, 0.6))
    places = [{"span": {"start": 0, "end": 5}, "box": left}, {"span": {"start": 6, "end": 18}, "box": right}]
    read = {"id": "p0.0", "type": "text", "text": "write to@example.x", "extracted_from": "p0", "places": places}
    shown = show(item(picture, read, detections=[found("PII/EMAIL", "p0.0", 97, span={"start": 6, "end": 18})]))

    assert [(f.words, f.left, f.tone) for f in shown.parts[0].frames] == [
        ("PII/EMAIL 97 %", 60, 0),
        ("write", 10, None),
    ]
    assert "read from p0" in shown.parts[1].origin


@pytest.mark.parametrize(
    ("confidence", "words"), [(80, "80"), (79.96, "79.9"), (79.9, "79.9"), (64.5, "64.5"), (100, "100"), (0.04, "0")]
)
def test_a_confidence_under_a_threshold_never_looks_as_if_it_met_it(confidence: float, words: str) -> None:
    assert percent(confidence) == words


@pytest.mark.parametrize(("seconds", "words"), [(0, "0:00"), (1.5, "0:01.5"), (62.25, "1:02.2"), (3600, "60:00")])
def test_times_read_as_on_a_player(seconds: float, words: str) -> None:
    assert clock(seconds) == words


def reasoned(reason: Any) -> dict[str, Any]:
    return {**found("Custom/PETS", "p0", 80), "attributes": {"reason": reason}}


def test_what_detectors_give_as_a_reason_stands_beside_the_label() -> None:
    given = [reasoned("A dog."), reasoned("A dog."), reasoned("x" * 9000), reasoned(7), reasoned({"a": "b"})]

    (label,) = show(item(text("a puppy"), detections=given)).found

    assert label.reasons == ("A dog.", "x" * 500)


def test_reasons_are_hidden_with_personal_data_which_they_may_repeat() -> None:
    personal = found("PII/EMAIL", "p0", span={"start": 0, "end": 6})

    with_personal = masked(show(item(text("a@b.cd"), detections=[reasoned("By a@b.cd."), personal])))
    without = masked(show(item(text("a@b.cd"), detections=[reasoned("A dog.")])))

    assert [label.reasons for label in with_personal.found] == [(), ()]
    assert [label.reasons for label in without.found] == [("A dog.",)]


def test_a_reason_is_shown_as_it_stands_and_never_as_markup(desk: Desk) -> None:
    desk.start_item(text("a puppy"), detections=[reasoned("<img src=x> & it is sold")])

    page = desk.client("reviewer").get("/review/next", follow_redirects=True).get_data(as_text=True)

    assert '<q class="reason" dir="auto">&lt;img src=x&gt; &amp; it is sold</q>' in page


@pytest.mark.parametrize("kind", ["audio", "video"])
def test_a_transcript_is_marked_as_a_machines(kind: str) -> None:
    spoken = {"id": "p0", "type": kind, "uri": "s3://bucket/a.mp4"}
    heard = {"id": "p0.0", "type": "text", "text": "hello", "extracted_from": "p0", "extractor": "speech.text"}

    assert show(item(spoken, heard)).parts[1].origin == (
        "written down by a machine (speech.text) from what is said in p0"
    )


def of_film(label: str, picture: int, confidence: float, start: float, end: float) -> dict[str, Any]:
    return found(label, f"p0.{picture}", confidence, time_range={"start": start, "end": end})


def test_what_goes_on_in_a_film_from_picture_to_picture_is_one_moment_at_its_surest() -> None:
    pictures = [{"id": f"p0.{n}", "type": "image", "uri": f"s3://b/{n}.jpg", "extracted_from": "p0"} for n in range(4)]
    detections = [
        of_film("Face", 0, 80, 0, 2),
        of_film("Face", 1, 95, 2, 4),
        of_film("Face", 3, 70, 6, 8),
        of_film("Weapons", 1, 60, 2, 4),
    ]

    shown = show(item({"id": "p0", "type": "video", "uri": "s3://b/f.mp4"}, *pictures, detections=detections))

    moments = [(m.label, m.confidence, m.start, m.end, m.picture) for m in shown.parts[0].moments]
    assert moments == [
        ("Face", "95", 0, 4, "s3://b/1.jpg"),
        ("Weapons", "60", 2, 4, "s3://b/1.jpg"),
        ("Face", "70", 6, 8, "s3://b/3.jpg"),
    ]
    assert [part.is_in_film for part in shown.parts] == [False, True, True, True, True]
    assert all(label.anchor in {m.anchor for m in shown.parts[0].moments} for label in shown.found)


def test_a_text_that_was_read_in_a_film_is_shown_where_something_was_found_in_it() -> None:
    parts = [{"id": "p0", "type": "video", "uri": "s3://b/f.mp4"}]
    for number, words in enumerate(("a@b.cd", "EXIT")):
        parts.append({"id": f"p0.{number}", "type": "image", "uri": f"s3://b/{number}.jpg", "extracted_from": "p0"})
        parts.append(text(words, f"p0.{number}.0") | {"extracted_from": f"p0.{number}"})
    personal = found("PII/EMAIL", "p0.0.0", span={"start": 0, "end": 6}, time_range={"start": 1, "end": 2})

    shown = show(item(*parts, detections=[personal]))

    assert [part.id for part in shown.parts if not part.is_in_film] == ["p0", "p0.0.0"]
    assert [(m.label, m.start, m.picture) for m in shown.parts[0].moments] == [("PII/EMAIL", 1, "s3://b/0.jpg")]


def test_pictures_of_a_film_are_not_loaded_ahead() -> None:
    film = {"id": "p0", "type": "video", "uri": "s3://b/f.mp4"}
    taken = {"id": "p0.0", "type": "image", "uri": "s3://b/0.jpg", "extracted_from": "p0"}
    posted = {"id": "p1", "type": "image", "uri": "s3://b/1.jpg"}

    assert media_of(item(film, taken, posted), "image") == ["s3://b/1.jpg"]
