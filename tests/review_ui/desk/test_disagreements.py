"""Disagreements: listed with every answer, settled by an answer where one still counts, else by saying what is right."""

from __future__ import annotations

import json
import re

from review_ui.a2i import loops
from review_ui.desk.disagreements import disagreements
from review_ui.quality.golden import list_golden
from tests.content import item, text
from tests.houses.desk import Desk, answer, disagree, person, post, words_of

PAGE = "/lead/quality?show=disagreements"


def lead_of(desk: Desk, name: str = "lea") -> str:
    return next(user.id for user in desk.people.list() if user.name == name)


def test_what_people_judged_differently_is_listed_with_every_answer_and_nothing_else_is(desk: Desk) -> None:
    torn = disagree(desk, "torn", "It depends.")
    desk.start_item(text("agreed"), flow="two")
    for name in ("one", "other"):
        answer(desk, person(desk, name), "approve", "two")
    lead = desk.client("lead", name="lea")
    [found] = disagreements(desk.review, lead_of(desk), 28)
    page = words_of(lead, PAGE)

    assert (found.loop_name, found.is_ended, found.task) == (torn, True, None)
    assert [(s.who, s.outcome, s.labels, s.note) for s in found.said] == [
        ("anna-two", "approve", [], "It depends."),
        ("bert-two", "reject", ["torn"], "It depends."),
    ]
    assert "anna-two approved" in page
    assert "bert-two rejected torn It depends." in page
    assert "agreed" not in page


def test_saying_what_is_right_makes_a_golden_item_and_takes_it_off_the_list(desk: Desk) -> None:
    torn = disagree(desk)
    lead = desk.client("lead", name="lea")
    settled = post(lead, "/lead/quality/two", source=torn, outcome="reject", because="It is.", back="disagreements")

    assert settled.headers["Location"] == f"/review{PAGE}"
    assert [(g.source, g.outcome, g.because) for g in list_golden(desk.review)] == [(torn, "reject", "It is.")]
    assert "Nobody disagreed." in words_of(lead, PAGE)
    assert torn in words_of(lead, "/lead/quality?show=golden")


def test_where_another_answer_is_wanted_a_lead_opens_the_task_or_decides_it(desk: Desk) -> None:
    desk.add_flow("three", "Moderation: three", answers=3)
    for words in ("first", "second"):
        desk.start_item(text(words), flow="three")
    for name, outcome in (("anna", "approve"), ("bert", "reject")):
        user = person(desk, name)
        for _ in range(2):
            answer(desk, user, outcome, "three")
    lead = desk.client("lead", name="lea")
    page = lead.get(f"/review{PAGE}").text
    opened, decided = re.findall(r"/lead/quality/tasks/([0-9a-f-]+)", page)
    there = post(lead, f"/lead/quality/tasks/{opened}")
    task = lead.get(there.headers["Location"]).headers["Location"]
    preview = post(lead, "/lead/queues/three/batch", task=decided).text

    assert opened in task
    assert decided in preview
    assert 'name="outcome" value="reject"' in preview
    assert post(lead, f"/lead/quality/tasks/{opened}").status_code == 404, "it is in hand"


def test_the_queue_that_is_asked_next_settles_it_but_not_for_those_who_disagreed(desk: Desk) -> None:
    for name in ("two", "leads"):
        desk.add_flow(name, f"Moderation: {name}", answers=2 if name == "two" else 1)
    content = item(text("torn"))

    def start(name: str, flow: str, body: dict[str, object]) -> None:
        arn = desk.review.arn("flow-definition", flow)
        given = {"FlowDefinitionArn": arn, "HumanLoopName": name, "HumanLoopInput": {"InputContent": json.dumps(body)}}
        loops.start(desk.review, given)

    item_id = str(content["item"]["id"])
    start(f"{item_id}-1", "two", content)
    lead = desk.client("lead", name="lea")
    answer(desk, person(desk, "anna"), "approve", "two")
    answer(desk, lead_of(desk), "reject", "two")
    from review_ui.a2i.worker_ids import worker_id

    start(f"{item_id}-2", "leads", content | {"not_for": [worker_id(lead_of(desk))]})
    other = desk.client("lead", name="noa")
    [own] = disagreements(desk.review, lead_of(desk), 28)
    [fresh] = disagreements(desk.review, lead_of(desk, "noa"), 28)

    assert own.task is None
    assert fresh.task is not None
    assert fresh.task.flow == "leads"
    assert fresh.item_id == item_id
    assert "Open and judge it" not in words_of(lead, PAGE)
    assert "Open and judge it" in words_of(other, PAGE)


def test_a_lead_sees_those_of_their_own_teams_only(desk: Desk) -> None:
    from review_ui.a2i import workforces

    members = [{"OidcMemberDefinition": {"Groups": ["safety"]}}]
    workforces.create_workteam(
        desk.review, {"WorkteamName": "safety", "Description": "d", "MemberDefinitions": members}
    )
    disagree(desk)
    desk.client("lead", name="lea")
    desk.people.set_groups("lea", ["safety"])

    assert disagreements(desk.review, lead_of(desk), 28) == []
