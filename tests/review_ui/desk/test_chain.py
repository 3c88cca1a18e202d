"""The audit chain of the portal: answers and acts cannot be changed unseen, and what goes leaves a chain that holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from review_ui.a2i.chain import unrecorded_answers
from review_ui.a2i.pruning import prune_loops
from review_ui.a2i.tables import audit_records
from review_ui.acts import ACT, unrecorded_acts
from review_ui.desk.answers import submit_answer
from review_ui.desk.audit import unmask
from review_ui.desk.tasks import next_task
from review_ui.people.authorship import link_author, unlink_author
from review_ui.people.people import FAILURES_ALLOWED, TooManyFailures
from tests.content import text
from tests.houses.desk import PASSWORD, Desk


@pytest.fixture
def worked(tmp_path: Path) -> Iterator[Desk]:
    """A desk with two answers, somebody who saw personal data, and changes of people and keys."""
    desk = Desk(tmp_path / "data")
    admin = desk.people.add("ada", "admin", PASSWORD)
    noor = desk.people.add("noor", "reviewer", PASSWORD, by=admin.id)
    for _ in range(2):
        desk.start_item(text("hello"))
        task = next_task(desk.review, noor.id)
        assert task is not None
        unmask(desk.review, task.id, noor.id)
        submit_answer(desk.review, task.id, noor.id, {"decision": "reject", "note": "zyxnote"}, 1.0)
    desk.people.set_role("noor", "lead", by=admin.id)
    key = desk.review.add_access_key(app="shop")
    desk.review.revoke_access_key(key.id)
    desk.review.chain.seal()
    yield desk
    desk.review.close()


def problems(desk: Desk) -> list[tuple[str, str]]:
    """What is found, as kind and what is said."""
    chain, database = desk.review.chain, desk.review.database
    chain.seal()
    found = [(each.kind, each.what) for each in chain.problems()]
    found += [("answer", "unrecorded") for _ in unrecorded_answers(database, chain)]
    return found + [("act", "unrecorded") for _ in unrecorded_acts(database, chain)]


def change(desk: Desk, *statements: str) -> None:
    """By somebody who can write to the database."""
    with desk.review.database.engine.begin() as connection:
        for statement in statements:
            assert connection.execute(sa.text(statement)).rowcount != 0, statement


def test_answers_and_acts_are_records_without_content(worked: Desk) -> None:
    rows = worked.review.database.read(lambda c: c.execute(sa.select(audit_records)).all())
    kinds = [row.kind for row in rows]

    assert problems(worked) == []
    assert (kinds.count("answer"), kinds.count(ACT)) == (2, 4)
    assert {"access key added", "access key revoked", "person added"} <= set(kinds)
    assert "zyxnote" not in str(rows)


def test_who_signed_in_and_out_and_whose_passwords_were_wrong_is_a_record(worked: Desk) -> None:
    people = worked.people
    noor = next(each for each in people.list() if each.name == "noor")
    token = people.sign_in("noor", PASSWORD, 8)
    assert token is not None
    people.sign_out(token)
    people.sign_out(token)
    for _ in range(FAILURES_ALLOWED):
        assert people.sign_in("noor", "not the password", 8) is None
        assert people.sign_in("nobody-is-called-so", "not the password", 8) is None
    for _ in range(2):
        with pytest.raises(TooManyFailures):
            people.sign_in("noor", PASSWORD, 8)

    kinds = ("signed in", "signed out", "sign-ins refused")
    rows = worked.review.database.read(lambda c: c.execute(sa.select(audit_records)).all())
    told = [(row.kind, row.subject) for row in rows if row.kind in kinds]
    assert problems(worked) == []
    assert told == [(kind, f"person:{noor.id}") for kind in kinds]
    assert "nobody-is-called-so" not in str(rows)


def test_who_is_which_author_is_an_act_and_the_authors_name_is_in_no_record(worked: Desk) -> None:
    ada = next(each for each in worked.people.list() if each.name == "ada")
    link_author(worked.review, "noor", "shop", "zyxauthor", ada.id)
    unlink_author(worked.review, "noor", "shop", "zyxauthor", None)

    rows = worked.review.database.read(lambda c: c.execute(sa.select(audit_records)).all())
    assert problems(worked) == []
    assert '"author linked"' in [row.body for row in rows if row.kind == ACT][-1]
    assert [row.kind for row in rows][-1] == "author unlinked"
    assert "zyxauthor" not in str(rows)


@pytest.mark.parametrize(
    ("edit", "kind", "what"),
    [
        ("UPDATE tasks SET answer = '{\"decision\": \"approve\"}' WHERE state = 'answered'", "answer", "not as it was"),
        ("UPDATE tasks SET user_id = (SELECT id FROM users WHERE name = 'ada')", "answer", "not as it was"),
        ("DELETE FROM tasks", "answer", "no record says that it was erased"),
        ("UPDATE tasks SET state = 'waiting'", "answer", "no record says that it was erased"),
        ("UPDATE task_events SET detail = 'lead to admin' WHERE kind = 'role changed'", "act", "not as it was"),
        ("DELETE FROM task_events WHERE kind = 'unmasked'", "act", "no record says that it was erased"),
        (
            "INSERT INTO task_events (at, kind, user_id) SELECT at, 'role changed', user_id FROM task_events LIMIT 1",
            "act",
            "unrecorded",
        ),
        ("UPDATE review_audit_records SET subject = 'x' WHERE kind = 'access key added'", "access key added", "sealed"),
        ("DELETE FROM review_audit_records WHERE position = 2", "act", "missing"),
    ],
)
def test_what_is_changed_in_the_portals_database_is_found(worked: Desk, edit: str, kind: str, what: str) -> None:
    change(worked, edit)

    found = problems(worked)

    assert any(what in each for _, each in found), found
    assert kind in {each for each, _ in found} or what == "missing"


def test_answers_that_are_kept_no_longer_leave_a_chain_that_holds(worked: Desk) -> None:
    worked.review.nudge()
    for _ in range(3):
        worked.review._look()
    gone = prune_loops(worked.review, datetime.now(UTC) + timedelta(days=1), lambda _: ())

    assert gone == 2
    assert problems(worked) == []
    assert len(worked.review.chain.records("erased")) == 2
