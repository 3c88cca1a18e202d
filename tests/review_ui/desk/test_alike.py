"""Waiting tasks over nearly the same content: found from one of them, answered and undone together with it."""

from __future__ import annotations

from typing import Any

import pytest

from review_ui.a2i.outputs import sweep
from review_ui.desk.alike import alike, likeness_of
from review_ui.desk.answers import submit_answer, undo
from review_ui.desk.audit import recent_events
from review_ui.desk.tasks import get_task, next_task
from tests.content import found, item, text
from tests.houses.desk import Desk, form_token, person

REJECT = {"decision": {"approve": False, "reject": True}, "labels": {}}


def take(desk: Desk, user: str) -> str:
    task = next_task(desk.review, user)
    assert task is not None
    return task.id


def like(desk: Desk, task_id: str, user: str) -> list[str]:
    return [content["parts"][0]["text"] for _, content in alike(desk.review, task_id, user)]


def test_the_same_but_for_capitals_spaces_punctuation_and_hidden_characters_is_alike(desk: Desk) -> None:
    same = ["Buy cheap watches!", "BUY  cheap watches", "buy che\u200bap watches...", "ｂｕｙ cheap watches"]
    for words in (*same, "buy cheap clocks", "buy cheap watches 2"):
        desk.start_item(text(words))
    user = person(desk, "ann")

    assert like(desk, take(desk, user), user) == same[1:]


@pytest.mark.parametrize(
    "more",
    [
        {"alone": True},
        {"not_for": ["ada"]},
        {"item": {"id": "2", "app": "forum", "content_id": "c"}},
        {"policy": {"name": "other"}},
        {"parts": []},
        {"parts": [{"id": "p", "type": "image", "uri": None, "problem": "gone"}]},
        {"parts": "odd"},
    ],
)
def test_what_is_judged_by_itself_or_of_another_app_or_policy_is_like_nothing(more: dict[str, Any]) -> None:
    ours = likeness_of(item(text("the same words")))

    assert ours is not None
    assert likeness_of(item(text("the same words")) | more) != ours


def test_media_is_alike_byte_for_byte_and_what_was_read_in_it_does_not_count() -> None:
    picture = {"id": "p0", "type": "image", "uri": "s3://media/a.jpg"}
    read = {"id": "p1", "type": "text", "text": "seven", "extracted_from": "p0"}

    assert likeness_of(item(picture)) == likeness_of(item(picture, read)) != None  # noqa: E711 - both, and there is one
    assert likeness_of(item(picture)) != likeness_of(item(picture | {"uri": "s3://media/b.jpg"}))


def test_one_answer_is_given_to_all_and_undone_of_all(desk: Desk) -> None:
    desk.review.undo_seconds = 60
    loops = [desk.start_item(text("spam")) for _ in range(4)]
    user = person(desk, "ann")
    task = take(desk, user)
    submit_answer(desk.review, task, user, REJECT, 1, with_alike=True)
    none_left = next_task(desk.review, user)
    undo(desk.review, task, user)
    again = len(like(desk, task, user))
    held = get_task(desk.review, task, user).draft
    submit_answer(desk.review, task, user, REJECT, 1, with_alike=True)
    desk.pass_time(minutes=5)
    sweep(desk.review)

    assert none_left is None
    assert (again, held) == (3, REJECT)
    assert [desk.status(loop) for loop in loops] == ["Completed"] * 4
    assert all(desk.answers(loop) == [REJECT] for loop in loops)
    assert [e.kind for e in recent_events(desk.review)].count("alike") == 2


def test_without_time_to_undo_all_count_at_once(desk: Desk) -> None:
    loops = [desk.start_item(text("spam")) for _ in range(3)]
    user = person(desk, "ann")
    submit_answer(desk.review, take(desk, user), user, REJECT, 1, with_alike=True)

    assert [desk.status(loop) for loop in loops] == ["Completed"] * 3


def test_only_what_somebody_may_be_given_is_answered_with_it(desk: Desk) -> None:
    desk.add_flow("other")
    first = desk.start_item(text("spam"))
    severe = desk.start_item(text("spam"), detections=[found("Explicit", "p0")])
    elsewhere = desk.start_item(text("spam"), flow="other")
    taken = desk.start_item(text("spam"))
    ann, bob = person(desk, "ann"), person(desk, "bob")
    task = take(desk, ann)
    held = next_task(desk.review, bob, "general")
    assert held is not None
    submit_answer(desk.review, task, ann, REJECT, 1, with_alike=True)

    assert [desk.status(loop) for loop in (first, severe, elsewhere, taken)] == ["Completed", *["InProgress"] * 3]


def test_a_loop_that_asks_two_people_gets_one_answer_of_each(desk: Desk) -> None:
    desk.add_flow("two", answers=2)
    loops = [desk.start_item(text("spam"), flow="two") for _ in range(2)]
    for name in ("ann", "bob"):
        user = person(desk, name)
        submit_answer(desk.review, take(desk, user), user, REJECT, 1, with_alike=True)

    assert [len(desk.answers(loop)) for loop in loops] == [2, 2]


def test_the_page_counts_them_opens_each_and_answers_all_when_asked(desk: Desk) -> None:
    loops = [desk.start_item(text(words)) for words in ("Spam!", "spam, spam", "SPAM spam?")]
    client = desk.client()
    task = client.get("/review/next").headers["Location"]
    page = client.get(task).get_data(as_text=True)
    alone = page.count("/alike/")
    client.post(task, data={"csrf": form_token(client), "decision": "approve", "alike": "1"})
    second = client.get("/review/next").headers["Location"]
    page = client.get(second).get_data(as_text=True)
    link = page.partition(f"{second}/alike/")[2][:36]
    shown = client.get(f"{second}/alike/{link}").get_data(as_text=True)
    client.post(second, data={"csrf": form_token(client), "decision": "reject", "alike": "1"})

    assert alone == 0
    assert "1 more waits that is nearly the same" in page
    assert "SPAM spam?" in shown
    assert [desk.status(loop) for loop in loops] == ["Completed"] * 3
    assert desk.answers(loops[2])[0]["decision"] == {"approve": False, "reject": True}
