"""The pace of work: undo, skip and escalate with a reason, masked personal data, history. Mostly through plain HTTP."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from review_ui.a2i.outputs import sweep
from review_ui.desk.audit import recent_events
from tests.content import found, text
from tests.houses.desk import Desk, form_token


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk where the last answer can be undone for ten seconds, as it is by default."""
    opened = Desk(tmp_path / "data", undo_seconds=10)
    yield opened
    opened.review.close()


def take(client: Any, flow: str = "") -> str:
    """Claim the next task, of this queue if one is named; its address."""
    answer = client.get(f"/review/next?flow={flow}")
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def give(client: Any, task: str, decision: str = "approve", **more: Any) -> Any:
    return client.post(task, data={"csrf": form_token(client), "decision": decision, **more})


def page_of(client: Any, path: str) -> str:
    return str(client.get(path).get_data(as_text=True))


def test_the_last_answer_can_be_undone_for_ten_seconds(desk: Desk) -> None:
    loop = desk.start_item(text("hello"))
    client = desk.client()
    task = take(client)
    done = give(client, task, "reject", label="1", note="not nice").headers["Location"]
    before, done_page = desk.status(loop), page_of(client, done)
    undone = client.post(f"{task}/undo", data={"csrf": form_token(client)})
    again = page_of(client, undone.headers["Location"])

    assert 'id="undo"' in done_page
    assert before == "InProgress", "an answer that may be undone does not count yet"
    assert re.search(r'value="reject"[^>]*checked', again)
    assert re.search(r'name="label" value="1"[^>]*checked', again)
    assert ">not nice</textarea>" in again
    assert 'id="undo"' not in again
    give(client, task, "approve")
    desk.pass_time(seconds=11)
    late = client.post(f"{task}/undo", data={"csrf": form_token(client)})
    sweep(desk.review)
    assert (late.status_code, desk.status(loop)) == (409, "Completed")
    [answer] = desk.answers(loop)
    assert answer["decision"] == {"approve": True, "reject": False}


def test_the_next_answer_makes_the_last_one_final(desk: Desk) -> None:
    loops = [desk.start_item(text(f"task {n}")) for n in range(2)]
    client = desk.client()
    first = take(client)
    second = give(client, first).headers["Location"]
    give(client, second)
    too_late = client.post(f"{first}/undo", data={"csrf": form_token(client)})

    assert [desk.status(loop) for loop in loops] == ["Completed", "InProgress"]
    assert too_late.status_code == 409


def test_a_loop_waits_until_every_answer_is_final(desk: Desk) -> None:
    desk.add_flow("two", "Moderation: two", answers=2)
    loop = desk.start_item(text("for both"), flow="two")
    desk.start_item(text("for bob"))
    ann, bob = desk.client(), desk.client()
    give(ann, take(ann, "two"))
    give(bob, take(bob, "two"))
    give(bob, take(bob))
    before = desk.status(loop)
    desk.pass_time(seconds=11)
    sweep(desk.review)

    assert before == "InProgress", "bob's answer is final, ann can still undo hers"
    assert desk.status(loop) == "Completed"
    assert len(desk.answers(loop)) == 2


def test_nobody_undoes_the_answer_of_somebody_else(desk: Desk) -> None:
    desk.start_item(text("hello"))
    ann, bob = desk.client(), desk.client()
    task = take(ann)
    give(ann, task)

    assert bob.post(f"{task}/undo", data={"csrf": form_token(bob)}).status_code == 409


def test_an_answer_that_waits_to_be_final_outlives_the_loops_time(desk: Desk) -> None:
    loop = desk.start_item(text("hello"))
    client = desk.client()
    give(client, take(client))
    desk.pass_time(days=40)
    sweep(desk.review)

    assert desk.status(loop) == "Completed"


def test_skipping_says_why_and_escalating_hands_the_task_to_a_lead(desk: Desk) -> None:
    desk.start_item(text("hello"))
    ann, lead = desk.client(name="ann"), desk.client("lead", name="lea")
    task = take(ann)
    token = {"csrf": form_token(ann)}
    ann.post(f"{task}/release", data=token | {"to": "others", "reason": "language", "words": "Finnish?"})
    task = take(ann)
    without = ann.post(f"{task}/release", data=token | {"to": "lead"})
    ann.post(f"{task}/release", data=token | {"to": "lead", "reason": "policy", "words": "satire, I think"})

    assert without.status_code == 422
    assert ann.get("/review/next").headers["Location"].startswith("/review/done")
    assert "satire, I think" in page_of(lead, take(lead))
    events = [(e.kind, e.who, e.detail) for e in recent_events(desk.review)]
    assert events == [
        ("escalated", "ann", "The policy does not cover this. satire, I think"),
        ("skipped", "ann", "I do not read this language. Finnish?"),
    ]


def test_an_escalated_task_is_nothing_for_another_reviewer(desk: Desk) -> None:
    desk.start_item(text("hello"))
    ann, bob = desk.client(), desk.client()
    ann.post(f"{take(ann)}/release", data={"csrf": form_token(ann), "to": "lead", "reason": "hard"})

    assert bob.get("/review/next").headers["Location"].startswith("/review/done")


def test_personal_data_stays_off_the_page_until_asked_for_and_that_is_noted(desk: Desk) -> None:
    words = "\U0001f600 mail ada@example.com now"
    span = {"start": 7, "end": 22}
    desk.start_item(
        text(words),
        detections=[found("PII/EMAIL", "p0", span=span), found("Toxic/Insult", "p0", span={"start": 0, "end": 1})],
    )
    client = desk.client(name="ann")
    task = take(client)
    hidden = page_of(client, task)
    shown = client.post(f"{task}/unmask", data={"csrf": form_token(client), "note": "half a note"}).get_data(
        as_text=True
    )
    give(client, task)
    past = page_of(client, task.replace("tasks", "history").partition("?")[0])

    assert "ada@" not in hidden
    assert "PII/EMAIL" in hidden
    assert "1 masked" in hidden
    assert "ada@example.com" in shown
    assert "half a note" in shown
    assert "ada@example.com" in past, "who asked once is not asked again"
    assert [(e.kind, e.who) for e in recent_events(desk.review)] == [("unmasked", "ann")]


def test_a_picture_is_painted_over_where_personal_data_was_read(desk: Desk) -> None:
    out = io.BytesIO()
    Image.new("RGB", (200, 100), "white").save(out, "PNG")
    uri = desk.blobs.put("media/w.png", out.getvalue(), "image/png")
    place = {"span": {"start": 0, "end": 7}, "box": {"left": 0.5, "top": 0.5, "width": 0.25, "height": 0.25}}
    read = {
        "id": "p0.t",
        "type": "text",
        "text": "a@b.org",
        "extracted_from": "p0",
        "extractor": "ocr",
        "places": [place],
    }
    detections = [found("PII/EMAIL", "p0.t", span={"start": 0, "end": 7})]
    desk.start_item({"id": "p0", "type": "image", "uri": uri}, read, detections=detections)
    client = desk.client()
    task = take(client)

    def pixels(page: str) -> tuple[int, int]:
        address = re.search(r'<img src="([^"]+/media/[^"]+)"', page)
        assert address is not None
        with Image.open(io.BytesIO(client.get(address[1]).data)) as picture:
            grey = picture.convert("L")
        inside, outside = grey.getpixel((125, 62)), grey.getpixel((20, 20))
        assert isinstance(inside, int)
        assert isinstance(outside, int)
        return inside, outside

    before = pixels(page_of(client, task))
    after = pixels(client.post(f"{task}/unmask", data={"csrf": form_token(client)}).get_data(as_text=True))

    assert before[0] < 20
    assert before[1] > 235
    assert min(after) > 235


def test_a_reviewer_finds_what_they_answered_and_nothing_of_others(desk: Desk) -> None:
    desk.add_flow("other", "Moderation: other")
    desk.start_item(text("the first Ödland"), flow="general")
    desk.start_item(text("the second"), flow="other")
    ann, bob = desk.client(), desk.client()
    give(ann, take(ann), "reject", note="rude words")
    task = take(ann)
    give(ann, task)

    def listed(query: str, client: Any = ann) -> list[str]:
        page = page_of(client, f"/review/history?{query}")
        return [word for word in ("the first", "the second") if word in page]

    assert listed("") == ["the first", "the second"]
    assert listed("q=ödland") == ["the first"]
    assert listed("q=RUDE") == ["the first"]
    assert listed("outcome=approve") == ["the second"]
    assert listed("flow=other") == ["the second"]
    assert listed("q=100%25") == []
    assert listed("", bob) == []
    assert bob.get(task.replace("tasks", "history").partition("?")[0]).status_code == 404
    rows = ann.get("/review/history?q=second", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "<html" not in rows
    assert "the second" in rows
