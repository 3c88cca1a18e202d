"""An author's history: what people answered to the items of somebody whom the app names."""

from __future__ import annotations

from typing import Any

import pytest

from review_ui.desk.authors import AuthorHistory, author_history, author_of
from review_ui.desk.tasks import next_task
from tests.content import item, text
from tests.houses.desk import Desk, answer, person


def by(author: Any, app: str = "shop", **more: Any) -> dict[str, Any]:
    """An item of this author."""
    about = {"id": "1", "app": app, "content_id": "c", "metadata": {"author": author}}
    return item(text(f"words of {author}"), item=about, **more)


def seen(desk: Desk, user: str) -> AuthorHistory | None:
    task = next_task(desk.review, user)
    assert task is not None
    return author_history(desk.review, task, user)


@pytest.mark.parametrize(
    ("metadata", "author"),
    [
        ({"author": "ann"}, "ann"),
        ({"user_id": 17}, "17"),
        ({"author": {"id": "7", "name": "ann"}}, "7"),
        ({"author": {"karma": 5}, "user": " bo "}, "bo"),
        ({"author": True}, ""),
        ({"author": ["ann"]}, ""),
        ({}, ""),
    ],
)
def test_an_author_is_whom_the_metadata_names(metadata: dict[str, Any], author: str) -> None:
    assert author_of({"item": {"metadata": metadata}}) == author


def test_what_people_answered_is_counted_newest_first_in_this_app_only(desk: Desk) -> None:
    ann = person(desk, "ann")
    for author, app, outcome in (
        ("x", "shop", "reject"), ("x", "shop", "approve"), ("x", "shop", "reject"), ("x", "shop", "reject"),
        ("x", "forum", "approve"), ("y", "shop", "approve"),
    ):  # fmt: skip
        desk.start(by(author, app))
        answer(desk, ann, outcome)
    for _ in range(3):
        desk.start(by("x"))
    history = seen(desk, ann)

    assert history is not None
    assert (history.author, history.outcomes, history.waiting) == ("x", {"reject": 3, "approve": 1}, 2)
    assert [past.outcome for past in history.last] == ["reject", "reject", "approve"]


@pytest.mark.parametrize("more", [{"alone": True}, {"not_for": ["somebody"]}])
def test_who_judges_by_themselves_is_told_nothing_of_the_author(desk: Desk, more: dict[str, Any]) -> None:
    ann = person(desk, "ann")
    desk.start(by("x"))
    answer(desk, ann, "reject")
    desk.start(by("x", **more))

    assert seen(desk, ann) is None


def test_the_page_tells_it(desk: Desk) -> None:
    desk.start(by("x"))
    answer(desk, person(desk, "ann"), "reject")
    desk.start(by("x"))
    client = desk.client()
    page = client.get(client.get("/review/next").headers["Location"]).get_data(as_text=True)

    assert "people approved 0 and rejected 1." in page
    assert "words of x" in page.partition('class="author"')[2].partition("</section>")[0]
