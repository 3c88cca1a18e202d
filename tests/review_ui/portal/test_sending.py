"""Forms of tasks as the page's script sends them, and as a browser without scripts does: answered, refused, sent again."""

from __future__ import annotations

from typing import Any

import pytest

from review_ui.desk.leading import take_back
from review_ui.desk.tasks import get_task
from tests.content import text
from tests.houses.desk import PASSWORD, Desk, form_token, sign_in

FETCHED = {"Accept": "application/json"}


@pytest.fixture
def client(desk: Desk) -> Any:
    return desk.client(name="rita")


def take(client: Any) -> str:
    return str(client.get("/review/next").headers["Location"])


def send(client: Any, path: str, **form: str) -> Any:
    return client.post(path, data={"csrf": form_token(client), **form}, headers=FETCHED)


def user_id(desk: Desk, name: str = "rita") -> str:
    return next(user.id for user in desk.people.list() if user.name == name)


def test_a_script_is_told_where_to_go_on(desk: Desk, client: Any) -> None:
    for number in range(2):
        desk.start_item(text(f"task {number}"))
    first = take(client)
    answered = send(client, first, decision="approve")
    second = answered.get_json()["next"]
    skipped = send(client, f"{second}/release", reason="hard", to="others")

    assert answered.status_code == 200
    assert "/review/tasks/" in second
    assert second != first
    assert skipped.get_json() == {"next": "/review/done?left=1"}


def test_a_script_is_told_what_is_wrong_in_words(desk: Desk, client: Any) -> None:
    desk.start_item(text("task 0"))
    task = take(client)
    incomplete = send(client, task, note="x")
    lead = desk.people.add("lea", "lead", PASSWORD)
    take_back(desk.review, desk.held()[0], lead.id)
    gone = send(client, task, decision="approve")
    visitor = desk.app.test_client()
    closed = visitor.post(f"{task}?flow=general", data={"decision": "approve"}, headers=FETCHED)

    assert (incomplete.status_code, incomplete.get_json()) == (422, {"problem": "Choose approve or reject."})
    assert gone.status_code == 409
    assert "a lead took it back" in gone.get_json()["problem"]
    assert closed.status_code == 403
    assert closed.get_json()["sign_in"] == f"/review/sign-in?next={task}?flow%3Dgeneral"


def test_an_answer_that_is_sent_again_goes_on_and_another_one_does_not(desk: Desk, client: Any) -> None:
    loop = desk.start_item(text("task 0"))
    task = take(client)
    token = form_token(client)
    answers = [client.post(task, data={"csrf": token, "decision": "reject", "note": "n"}) for _ in range(2)]
    other = client.post(task, data={"csrf": token, "decision": "approve", "note": "n"})

    assert [answer.headers["Location"] for answer in answers] == ["/review/done", "/review/done"]
    assert other.status_code == 409
    assert len(desk.answers(loop)) == 1


@pytest.mark.parametrize(("field", "path"), [("note", ""), ("words", "/release")])
def test_without_a_script_the_page_that_refuses_has_what_was_written(
    desk: Desk, client: Any, field: str, path: str
) -> None:
    desk.start_item(text("task 0"))
    task = take(client)
    visitor = desk.app.test_client()
    page = visitor.post(f"{task}{path}", data={field: "a <b>long</b> thought", "to": "lead"})

    assert page.status_code == 403
    assert "a &lt;b&gt;long&lt;/b&gt; thought</textarea>" in page.get_data(as_text=True)


def test_signing_in_leads_back_to_where_one_was_and_nowhere_else(desk: Desk, client: Any) -> None:
    visitor = desk.app.test_client()
    desk.people.add("otto", "reviewer", PASSWORD)
    asked = visitor.get("/review/history?q=some+words").headers["Location"]
    token = form_token(visitor, asked)
    form = {"username": "otto", "password": PASSWORD, "csrf": token}
    back = visitor.post("/review/sign-in", data={**form, "next": "/review/history?q=some+words"})
    elsewhere = []
    for wanted in ("https://evil.example/", "//evil.example", "/review/../../x\\y", "/reviewer", "/review/\r\nX: y"):
        other = desk.app.test_client()
        data = {**form, "csrf": form_token(other, "/review/sign-in"), "next": wanted}
        elsewhere.append(other.post("/review/sign-in", data=data).headers["Location"])

    assert asked == "/review/sign-in?next=/review/history?q%3Dsome%2Bwords"
    assert back.headers["Location"] == "/review/history?q=some+words"
    assert set(elsewhere) == {"/review/"}
    assert sign_in(desk.app.test_client(), "otto").headers["Location"] == "/review/"


def test_work_on_a_task_begins_its_time_anew_until_it_is_gone(desk: Desk, client: Any) -> None:
    desk.start_item(text("task 0"))
    task = take(client)
    before = get_task(desk.review, desk.held()[0], user_id(desk)).lease_until
    desk.pass_time(minutes=50)
    renewed = send(client, f"{task}/renew")
    after = get_task(desk.review, desk.held()[0], user_id(desk)).lease_until
    desk.pass_time(minutes=200)
    late = send(client, f"{task}/renew")

    assert renewed.get_json() == {"seconds": 3600.0}
    assert (after - before).total_seconds() == pytest.approx(3000, abs=60)
    assert late.status_code == 409


def test_time_before_somebodys_eyes_counts_on_when_a_task_is_renewed(desk: Desk, client: Any) -> None:
    from review_ui.care.exposure import seen_since

    desk.start_item(text("task 0"))
    task = take(client)
    began = desk.review.clock()
    for minutes in (50, 100):
        desk.pass_time(minutes=minutes)
        send(client, f"{task}/renew")
    now = desk.review.clock()
    seen = desk.review.database.read(lambda c: seen_since(c, user_id(desk), began.replace(hour=0, minute=0), now))

    assert seen["mild"].seconds == pytest.approx(6000, abs=60)
