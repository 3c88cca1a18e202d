"""What leads do: pause, prioritise, assign, take back, decide by the batch; and work teams that keep queues apart."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from review_ui.a2i import workforces
from review_ui.a2i.outputs import sweep
from review_ui.desk import leading
from review_ui.desk.leading import open_tasks, queue_states, workers
from tests.content import text
from tests.houses.desk import Desk, form_token


def next_text(client: Any) -> str:
    """The words of the next task; empty when nothing waits."""
    where = client.get("/review/next").headers["Location"]
    if "/done" in where:
        return ""
    page = client.get(where).get_data(as_text=True)
    return str(page.partition('<div class="text" dir="auto">')[2].partition("</div>")[0])


def post(client: Any, path: str, **form: Any) -> Any:
    return client.post(f"/review/lead{path}", data={"csrf": form_token(client), **form})


def task_ids(desk: Desk, flow: str = "general") -> list[str]:
    return [task.id for task in open_tasks(desk.review, "nobody", flow)]


def test_nothing_of_a_paused_queue_is_handed_out(desk: Desk) -> None:
    desk.start_item(text("hello"))
    lead, ann = desk.client("lead", name="lea"), desk.client()
    post(lead, "/queues/general", pause="1")
    paused = (next_text(ann), "paused by lea" in lead.get("/review/lead").get_data(as_text=True))
    post(lead, "/queues/general", pause="0")

    assert paused == ("", True)
    assert next_text(ann) == "hello"


def test_what_a_lead_puts_first_comes_first(desk: Desk) -> None:
    desk.add_flow("urgent", "Moderation: urgent")
    for words in ("old", "older than urgent"):
        desk.start_item(text(words))
    desk.start_item(text("urgent"), flow="urgent")
    lead = desk.client("lead")
    post(lead, "/queues/urgent", priority="3")
    assert next_text(desk.client()) == "urgent"
    post(lead, f"/tasks/{task_ids(desk)[1]}", flow="general", priority="1")

    assert next_text(desk.client()) == "older than urgent"
    assert post(lead, "/queues/urgent", priority="99").status_code == 422
    assert post(lead, "/queues/urgent", priority="x").status_code == 422


def test_an_assigned_task_is_one_persons_next_and_nobody_elses(desk: Desk) -> None:
    desk.start_item(text("first"))
    desk.start_item(text("for bob"))
    lead, ann, bob = desk.client("lead"), desk.client(name="ann"), desk.client(name="bob")
    post(lead, f"/tasks/{task_ids(desk)[1]}", flow="general", assign="bob")
    unknown = post(lead, f"/tasks/{task_ids(desk)[0]}", flow="general", assign="nobody")

    assert unknown.status_code == 422
    assert next_text(bob) == "for bob"
    assert next_text(ann) == "first"


def test_a_task_taken_back_goes_to_the_next_reviewer(desk: Desk) -> None:
    desk.start_item(text("hello"))
    lead, ann, bob = desk.client("lead"), desk.client(), desk.client()
    assert next_text(ann) == "hello"
    held = ann.get("/review/next").headers["Location"]
    post(lead, f"/tasks/{task_ids(desk)[0]}", flow="general", take="1")

    assert ann.get(held).status_code == 409
    assert next_text(bob) == "hello"


def test_a_batch_is_shown_before_it_is_decided_and_can_be_taken_back(desk: Desk) -> None:
    loops = [desk.start_item(text(f"spam {n}")) for n in range(3)]
    lead = desk.client("lead")
    ids = task_ids(desk)
    preview = post(lead, "/queues/general/batch", task=ids[:2]).get_data(as_text=True)
    shown = (preview.count("spam"), desk.held())
    unsaid = post(lead, "/queues/general/batch", task=ids[:2], confirmed="1", outcome="reject")
    decided = post(
        lead, "/queues/general/batch", task=ids[:2], confirmed="1", outcome="reject", note="one wave of spam"
    )
    page = lead.get(decided.headers["Location"]).get_data(as_text=True)
    undo = page.partition('action="/review/lead/batches/')[2].partition('"')[0]
    lead.post(f"/review/lead/batches/{undo}", data={"csrf": form_token(lead)})
    back = [task_ids(desk) == ids, queue_states(desk.review, _id(desk, lead))[0].waiting]
    post(lead, "/queues/general/batch", task=ids[1:], confirmed="1", outcome="reject", note="one wave of spam")
    desk.pass_time(minutes=3)
    sweep(desk.review)

    assert shown == (2, [])
    assert unsaid.status_code == 422
    assert decided.status_code == 303
    assert back == [True, 3]
    assert [desk.status(loop) for loop in loops] == ["InProgress", "Completed", "Completed"]
    [answer] = desk.answers(loops[2])
    assert answer == {"decision": {"approve": False, "reject": True}, "labels": {}, "note": "one wave of spam"}
    assert lead.post(f"/review/lead/batches/{undo}", data={"csrf": form_token(lead)}).status_code == 404


def test_fifty_tasks_found_by_words_are_decided_together_with_labels_and_reasons(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leading, "LISTED", 50)
    for number in range(5):
        desk.start_item(text(f"a quiet word {number}"))
    more = {
        "labels": ["Spam", "Custom/Scam"],
        "names": {"Custom/Scam": {"en": "A swindle"}},
        "reasons": [{"name": "wave", "words": {"en": "One of a wave"}}],
    }
    loops = [desk.start_item(text(f"cheap watches {number}"), **more) for number in range(50)]
    lead = desk.client("lead")
    found = lead.get("/review/lead/queues/general?q=cheap+watches").text
    chosen = re.findall(r'name="task" value="([^"]+)"', found)
    preview = post(lead, "/queues/general/batch", task=chosen, q="cheap watches").text
    form = {"task": chosen, "confirmed": "1", "outcome": "reject", "note": "one wave", "q": "cheap watches"}
    unsaid = post(lead, "/queues/general/batch", **{**form, "note": ""}, found=["Spam"], because=["wave"]).text
    post(lead, "/queues/general/batch", **form, found=["Spam", "made up"], because=["wave", "made up"])
    desk.pass_time(minutes=3)
    sweep(desk.review)

    assert len(chosen) == 50
    assert preview.count('<span class="name"') == 50
    assert ("A swindle" in preview, "One of a wave" in preview, "?q=cheap+watches" in preview) == (True, True, True)
    assert re.findall(r'value="([^"]+)"(?: required)? checked', unsaid) == ["reject", "Spam", "wave"]
    assert {desk.status(loop) for loop in loops} == {"Completed"}
    assert desk.answers(loops[-1]) == [
        {
            "decision": {"approve": False, "reject": True},
            "labels": {"Spam": True},
            "reasons": {"wave": True},
            "note": "one wave",
        }
    ]
    assert len(task_ids(desk)) == 5


def test_a_batch_leaves_alone_what_is_not_for_this_lead_and_says_so_before(desk: Desk) -> None:
    for number in range(3):
        desk.start_item(text(f"spam {number}"))
    lead, ann = desk.client("lead"), desk.client(name="ann")
    ids = task_ids(desk)
    assert next_text(ann) == "spam 0"
    preview = post(lead, "/queues/general/batch", task=ids).text
    ready, _, left = preview.partition("Left alone")

    assert ("spam 0" in ready, "spam 0" in left) == (False, True)
    assert re.findall(r'type="hidden" name="task" value="([^"]+)"', preview) == ids[1:]


def test_leads_see_load_pace_and_who_works(desk: Desk) -> None:
    for number in range(5):
        desk.start_item(text(f"task {number}"))
    ann, lead = desk.client(name="ann"), desk.client("lead", name="lea")
    for _ in range(2):
        where = ann.get("/review/next").headers["Location"]
        ann.post(where, data={"csrf": form_token(ann), "decision": "approve"})
    ann.get("/review/next")
    [state] = queue_states(desk.review, _id(desk, lead))

    assert (state.waiting, state.claimed, state.answered) == (2, 1, 2)
    assert state.empty_in is not None
    assert state.empty_in.total_seconds() == 1.5 * 3600, "three are left, two an hour"
    assert [(w.name, w.holding, w.answered) for w in workers(desk.review)] == [("ann", 1, 2)]
    assert state.oldest_at is not None
    assert (datetime.now(UTC) - state.oldest_at).total_seconds() < 60
    rows = lead.get("/review/lead", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "<html" not in rows


def test_work_teams_keep_their_queues_to_themselves(desk: Desk) -> None:
    for name in ("safety", "adult"):
        members = [{"OidcMemberDefinition": {"Groups": [name]}}]
        workforces.create_workteam(
            desk.review, {"WorkteamName": name, "Description": "d", "MemberDefinitions": members}
        )
        desk.add_flow(name, f"Moderation: {name}", team=name)
        desk.start_item(text(f"for {name}"), flow=name)
    ann, lead, free = desk.client(name="ann"), desk.client("lead", name="lea"), desk.client(name="free")
    desk.start_item(text("spam"), flow="adult")
    other = desk.client("lead", name="noa")
    form = {"task": task_ids(desk, "adult")[1:], "confirmed": "1", "outcome": "reject", "note": "spam"}
    page = other.get(post(other, "/queues/adult/batch", **form).headers["Location"]).text
    undo = page.partition('action="/review/lead/batches/')[2].partition('"')[0]
    desk.people.set_groups("ann", ["adult"])
    desk.people.set_groups("lea", ["safety"])
    [adult] = task_ids(desk, "adult")

    assert "safety" not in ann.get("/review/").get_data(as_text=True)
    assert next_text(ann) == "for adult"
    assert ann.get("/review/next?flow=safety").headers["Location"].startswith("/review/done")
    assert [q.flow for q in queue_states(desk.review, _id(desk, lead))] == ["safety"]
    assert lead.get("/review/lead/queues/adult").status_code == 404
    assert post(lead, "/queues/adult", pause="1").status_code == 404
    assert post(lead, f"/tasks/{adult}", flow="adult", take="1").status_code == 404
    assert undo not in lead.get("/review/lead/quality?show=batches").text
    assert post(lead, f"/batches/{undo}").status_code == 404
    assert next_text(free) == "for safety", "who is in no group works for every team"


def _id(desk: Desk, client: Any) -> str:
    return next(user.id for user in desk.people.list() if user.name == client.user_name)
