"""Nobody decides about what they wrote, nor about an appeal of it, nor twice about the same; by whatever door."""

from __future__ import annotations

from typing import Any

import pytest

from ground.errors import InputError, NotFound
from review_ui.a2i.worker_ids import worker_id
from review_ui.desk.leading import assign, content_of, prioritise_task, take_back
from review_ui.desk.tasks import TaskGone, get_task, may_see, next_task, waiting
from review_ui.people.authorship import authorships, link_author, unlink_author
from tests.content import item, text
from tests.houses.desk import PASSWORD, Desk, person, post


def by(author: str, app: str = "shop", **more: Any) -> dict[str, Any]:
    about = {"id": "1", "app": app, "content_id": "c", "metadata": {"author": author}}
    return item(text(f"words of {author}"), item=about, **more)


def lead(desk: Desk, name: str) -> str:
    return desk.people.add(name, "lead", PASSWORD).id


def task_of(desk: Desk, user: str) -> str:
    """The id of the one task, by somebody who may have it; it goes back."""
    from review_ui.desk.tasks import release_task

    found = next_task(desk.review, user)
    assert found is not None
    release_task(desk.review, found.id, user)
    return found.id


def test_own_content_is_given_to_others_only(desk: Desk) -> None:
    ann, bob = person(desk, "ann"), person(desk, "bob")
    link_author(desk.review, "ann", "shop", " u-17 ", None)
    desk.start(by("u-17"))

    assert next_task(desk.review, ann) is None
    assert waiting(desk.review, ann)[0].waiting == 0
    assert next_task(desk.review, bob) is not None


def test_an_appeal_of_ones_own_is_own_content_and_who_decided_first_is_left_out(desk: Desk) -> None:
    ann, bob, cy = person(desk, "ann"), person(desk, "bob"), person(desk, "cy")
    link_author(desk.review, "ann", "shop", "u-17", None)
    desk.start(by("u-17", not_for=[worker_id(bob)], alone=True))

    assert next_task(desk.review, ann) is None
    assert next_task(desk.review, bob) is None
    assert next_task(desk.review, cy) is not None


def test_the_same_name_in_another_app_is_somebody_else(desk: Desk) -> None:
    ann = person(desk, "ann")
    link_author(desk.review, "ann", "forum", "u-17", None)
    desk.start(by("u-17"))

    assert next_task(desk.review, ann) is not None


def test_no_address_of_the_task_leads_there(desk: Desk) -> None:
    ann, bob = lead(desk, "ann"), person(desk, "bob")
    desk.start(by("u-17"))
    task_id = task_of(desk, bob)
    assert may_see(desk.review, task_id, ann)
    link_author(desk.review, "ann", "shop", "u-17", None)

    assert not may_see(desk.review, task_id, ann)
    with pytest.raises(TaskGone):
        get_task(desk.review, task_id, ann)
    with pytest.raises(NotFound):
        content_of(desk.review, task_id, ann)


def test_a_lead_neither_moves_their_own_nor_gives_it_to_its_author(desk: Desk) -> None:
    ann, bob, cy = lead(desk, "ann"), person(desk, "bob"), lead(desk, "cy")
    desk.start(by("u-17"))
    task_id = task_of(desk, bob)
    link_author(desk.review, "ann", "shop", "u-17", None)

    for act in (
        lambda: prioritise_task(desk.review, task_id, ann, 5),
        lambda: take_back(desk.review, task_id, ann),
        lambda: assign(desk.review, task_id, ann, "bob"),
    ):
        with pytest.raises(InputError, match="what you wrote"):
            act()
    with pytest.raises(InputError, match="'ann' wrote this"):
        assign(desk.review, task_id, cy, "ann")
    assign(desk.review, task_id, cy, "bob")


def test_who_decided_before_is_not_assigned_the_appeal(desk: Desk) -> None:
    bob, cy = person(desk, "bob"), lead(desk, "cy")
    desk.start(by("u-17", not_for=[worker_id(bob)], alone=True))
    task_id = task_of(desk, cy)

    with pytest.raises(InputError, match="'bob' has decided about this before"):
        assign(desk.review, task_id, cy, "bob")


def test_what_somebody_has_in_hand_goes_back_when_they_turn_out_to_be_its_author(desk: Desk) -> None:
    ann, bob = person(desk, "ann"), person(desk, "bob")
    desk.start(by("u-17"))
    held = next_task(desk.review, ann)
    assert held is not None

    link_author(desk.review, "ann", "shop", "u-17", None)

    with pytest.raises(TaskGone):
        get_task(desk.review, held.id, ann)
    assert next_task(desk.review, bob) is not None


def test_of_an_authors_name_only_a_digest_is_kept(desk: Desk) -> None:
    person(desk, "ann")
    link_author(desk.review, "ann", "shop", "jane.roe@example.com", None)
    link_author(desk.review, "ann", "shop", "jane.roe@example.com", None)

    assert [each.app for each in authorships(desk.review)["ann"]] == ["shop"]
    assert b"jane.roe" not in (desk.settings.data / "review.db").read_bytes()
    unlink_author(desk.review, "ann", "shop", "jane.roe@example.com", None)
    assert authorships(desk.review) == {}
    with pytest.raises(NotFound):
        unlink_author(desk.review, "ann", "shop", "jane.roe@example.com", None)


def test_an_admin_links_on_the_page_of_people(desk: Desk) -> None:
    admin = desk.client("admin", "admin")
    person(desk, "ann")

    done = post(admin, "/people-authors", name="ann", app="shop", author="u-17", act="link")

    assert done.status_code == 303
    assert [each.app for each in authorships(desk.review)["ann"]] == ["shop"]
    assert "author linked" in admin.get("/review/lead/log").text
    refused = post(desk.client("lead"), "/people-authors", name="ann", app="shop", author="x", act="link")
    assert refused.status_code == 403
