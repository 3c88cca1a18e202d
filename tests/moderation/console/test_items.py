"""Items: leads and policy owners find any of them, see what they may, and decide those that wait, together."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.houses.console import Console, send, words
from tests.waiting import wait_for

SSN = "my social security number is 123-45-6780"


@pytest.fixture(scope="module")
def posted(console: Console) -> dict[str, str]:
    """Items of each kind, by what they are."""
    console.client("leona", "lead")
    return {
        "number": console.post(SSN, metadata={"author": {"id": "42"}, "site": "Quay"}),
        "tickets": console.post("Selling two tickets for Saturday", content_id="post-7", metadata={"author": "ann"}),
        "threat": console.post("I will find you and hurt you, you worthless idiot", app="forum"),
    }


def found(console: Console, query: str, name: str = "leona") -> set[str]:
    page = console.client(name).get(f"/review/items?{query}")
    assert page.status_code == 200
    return set(re.findall(r"open=([0-9a-f-]{36})[^\"]*#item", page.text))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=tickets", {"tickets"}),
        ("q=TICK+satur", {"tickets"}),
        ("q=tickets+nothing", set()),
        ("q=author:42", {"number"}),
        ("author=ann", {"tickets"}),
        ("app=forum", {"threat"}),
        ("content_id=post-7", {"tickets"}),
        ("q=id:post-7", {"tickets"}),
        ("label=PII", {"number"}),
        ("q=label:Toxicity+hurt", {"threat"}),
        ("place=Quay", {"number"}),
        ("outcome=approve&decided_by=rules", {"tickets"}),
        ("wanted=approve&app=shop&q=label:PII", set()),
        ("since=2026-01-01&until=2026-01-02", set()),
        ("by=nobody", set()),
        ("again=1", set()),
    ],
)
def test_items_are_found_by_what_is_asked_for(
    console: Console, posted: dict[str, str], query: str, expected: set[str]
) -> None:
    assert found(console, query) & set(posted.values()) == {posted[name] for name in expected}


def test_a_rule_and_an_items_own_id_find_it(console: Console, posted: dict[str, str]) -> None:
    page = console.client("leona").get("/review/admin/").text
    rules = re.findall(r"rule=(pii/[^&\"]+)", page.replace("%2F", "/"))

    assert any(posted["number"] in found(console, f"rule={rule}") for rule in rules)
    assert found(console, f"q={posted['threat']}") == {posted["threat"]}


def test_a_time_or_a_choice_that_is_none_is_said(console: Console, posted: dict[str, str]) -> None:
    for query in ("since=yesterday", "outcome=maybe"):
        answer = console.client("leona").get(f"/review/items?{query}")

        assert answer.status_code == 422
        assert 'role="alert"' in answer.text


def test_personal_data_is_masked_until_a_lead_asks_which_is_noted(console: Console, posted: dict[str, str]) -> None:
    lead, address = console.client("leona"), f"/review/items?open={posted['number']}"
    listed, opened = lead.get("/review/items").text, lead.get(address).text
    assert "123-45-6780" not in listed + opened
    assert "Quay" not in opened, "what an app says of an item may name people"

    send(lead, f"/items/{posted['number']}/unmask")

    assert "123-45-6780" in lead.get(address).text
    assert f"item:{posted['number']}" in words(lead.get("/review/lead/log?kind=unmasked"))


def test_nobody_else_sees_what_one_asked_for_and_policy_owners_cannot_ask(
    console: Console, posted: dict[str, str]
) -> None:
    send(console.client("leona"), f"/items/{posted['number']}/unmask")
    owner, other = console.client("paula", "policy_owner"), console.client("lena", "lead")

    for client in (owner, other):
        assert "123-45-6780" not in client.get(f"/review/items?open={posted['number']}").text
    assert send(owner, f"/items/{posted['number']}/unmask", "/review/items").status_code == 403


def test_reviewers_do_not_see_items(console: Console, posted: dict[str, str]) -> None:
    reviewer = console.client("rita", "reviewer")

    assert [reviewer.get(f"/review/{path}").status_code for path in ("items", "admin/", "policies", "keys")] == [
        403
    ] * 4


def test_a_view_is_kept_by_its_name_and_shared_when_its_owner_says_so(console: Console, posted: dict[str, str]) -> None:
    lead, other = console.client("leona"), console.client("lena", "lead")
    send(lead, "/items/views", name="Threats at the forum", search="app=forum&q=hurt")
    send(lead, "/items/views", name="For all", search="app=shop", shared="1")

    assert 'href="/review/items?q=hurt&amp;app=forum"' in lead.get("/review/items").text
    assert "Threats at the forum" not in other.get("/review/items").text
    assert "For all" in other.get("/review/items").text


@pytest.fixture
def waiting(console: Console, posted: dict[str, str]) -> list[str]:
    """Two items that wait for people, with tasks."""
    ids = [console.post(f"You are a worthless idiot, number {number}", app="forum") for number in range(2)]
    assert all(console.api.service.store.get_item(each).status == "in_review" for each in ids)
    for each in ids:
        console.ask_people(each)
    return ids


def test_items_that_wait_are_decided_together_after_a_preview_with_labels_and_words(
    console: Console, posted: dict[str, str], waiting: list[str]
) -> None:
    lead = console.client("leona")
    chosen = [*waiting, posted["tickets"]]
    preview = words(send(lead, "/items/decide", item=chosen))
    assert "Decide 2 items" in preview
    assert "Left alone" in preview, "one is decided already"
    assert "One of a wave" in preview

    ticked = {"found": ["Toxicity/INSULT", "made up"], "because": ["wave", "made up"]}
    form = {"item": chosen, "confirmed": "1", "decision": "reject", **ticked}
    assert "say why" in words(send(lead, "/items/decide", **form))
    answer = send(lead, "/items/decide", **form, note="insults")

    assert answer.status_code == 303
    review = console.api.review
    with review.database.engine.connect() as c:
        from review_ui.a2i.tables import tasks

        given = [row.answer for row in c.execute(tasks.select().where(tasks.c.state == "given"))]
    assert [(each["decision"]["reject"], each["labels"], each["reasons"], each["note"]) for each in given] == [
        (True, {"Toxicity/INSULT": True}, {"wave": True}, "insults")
    ] * 2


def test_a_task_is_opened_from_its_item_and_then_found_by_who_has_answered(
    console: Console, posted: dict[str, str]
) -> None:
    lead = console.client("leona")
    item_id = console.post("You are a worthless idiot, and another", app="forum")
    console.ask_people(item_id)
    page = lead.get(f"/review/items?open={item_id}").text
    action = re.search(rf"/review(/items/{item_id}/tasks/[0-9a-f-]+)", page)
    assert action is not None

    there = send(lead, action[1]).headers["Location"]
    task = lead.get(there).headers["Location"]
    token = re.search(r'name="csrf" value="([^"]+)"', lead.get(task).text)
    assert token is not None
    lead.post(task, data={"csrf": token[1], "decision": "approve"})

    wait_for(lambda: item_id in found(console, "q=by:leona"))


def test_forms_without_the_sessions_token_change_nothing(console: Console, posted: dict[str, str]) -> None:
    lead = console.client("leona")
    paths: list[str] = [f"items/{posted['number']}/unmask", "items/decide", "items/views"]

    assert [lead.post(f"/review/{path}", data={"item": posted["number"]}).status_code for path in paths] == [403] * 3


def test_a_text_that_nobody_has_looked_at_is_not_shown(console: Console, posted: dict[str, str]) -> None:
    from datetime import UTC, datetime

    from moderation.core.items import Item, Part
    from moderation.storage.item_ids import new_item_id

    now = datetime.now(UTC)
    item = Item(id=new_item_id(now), app="shop", parts=(Part(id="p0", type="text", text=SSN),), created_at=now)
    service: Any = console.api.service
    service.store.claim = lambda *_: []  # nobody judges it
    try:
        service.store.add_items([item])
        page = console.client("lena", "lead").get(f"/review/items?open={item.id}")
    finally:
        del service.store.claim

    assert "123-45-6780" not in page.text
    assert "Nobody has looked at this text yet" in words(page)
