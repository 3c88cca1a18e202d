"""People: admins give roles and passwords, end sessions, shut out and let in again; each of it is in the log."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ground.errors import InputError
from review_ui.people import people
from tests.houses.desk import PASSWORD, Desk, post, sign_in, words_of
from tests.made_once import DERIVATION


@pytest.fixture
def admin(desk: Desk) -> Any:
    return desk.client("admin", "adam")


def log(admin: Any, query: str = "") -> str:
    return words_of(admin, f"/lead/log?{query}")


def test_another_role_holds_in_a_session_that_is_open(desk: Desk, admin: Any) -> None:
    noor = desk.client("reviewer", "noor")
    assert noor.get("/review/lead").status_code == 403

    post(admin, "/people/noor", act="role", role="lead")

    assert noor.get("/review/lead").status_code == 200
    assert "role changed" in log(admin, "subject=person:noor")
    assert "reviewer to lead" in log(admin, "who=adam&q=reviewer")


def test_a_new_password_is_shown_once_and_ends_all_sessions(desk: Desk, admin: Any) -> None:
    noor = desk.client("reviewer", "noor")
    answer = post(admin, "/people/noor", act="password")
    made = re.search(r'<code class="secret">([^<]+)', answer.text)
    assert made is not None

    assert noor.get("/review/").status_code == 303, "signed out"
    assert sign_in(desk.app.test_client(), "noor").status_code == 401
    assert sign_in(desk.app.test_client(), "noor", made[1]).status_code == 303
    assert made[1] not in admin.get("/review/people").text
    assert made[1] not in log(admin)


def test_a_stored_password_costs_a_guesser_what_scrypt_asks(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "DERIVATION", DERIVATION)
    desk.people.add("noor", "reviewer", PASSWORD)

    stored = b"".join(path.read_bytes() for path in desk.settings.data.glob("review.db*"))
    assert b"scrypt:32768:8:1$" in stored
    assert PASSWORD.encode() not in stored
    assert sign_in(desk.app.test_client(), "noor").status_code == 303


def test_sessions_are_ended_and_somebody_shut_out_is_let_in_again(desk: Desk, admin: Any) -> None:
    noor = desk.client("reviewer", "noor")
    post(admin, "/people/noor", act="sessions")
    assert noor.get("/review/").status_code == 303
    post(admin, "/people/noor/disable")
    assert sign_in(desk.app.test_client(), "noor").status_code == 401

    post(admin, "/people/noor", act="enable")

    assert sign_in(desk.app.test_client(), "noor").status_code == 303
    assert all(entry in log(admin) for entry in ("sessions ended", "shut out", "let in again"))


def test_there_is_an_admin_left(desk: Desk, admin: Any) -> None:
    assert post(admin, "/people/adam", act="role", role="lead").status_code == 422
    assert post(admin, "/people/adam/disable").status_code == 422

    desk.client("admin", "ada")
    assert post(admin, "/people/adam", act="role", role="lead").status_code == 303
    with pytest.raises(InputError, match="last admin"):
        desk.people.disable("ada", by=desk.people.list()[0].id)


def test_everybody_changes_their_own_password_and_stays_signed_in_here_only(desk: Desk, admin: Any) -> None:
    noor, elsewhere = desk.client("reviewer", "noor"), desk.app.test_client()
    sign_in(elsewhere, "noor")
    wrong = post(noor, "/password", old="not this one", new="another password", again="another password")
    twice = post(noor, "/password", old=PASSWORD, new="another password", again="another passwort")
    short = post(noor, "/password", old=PASSWORD, new="short", again="short")
    assert [answer.status_code for answer in (wrong, twice, short)] == [422] * 3

    assert post(noor, "/password", old=PASSWORD, new="another password", again="another password").status_code == 303

    assert noor.get("/review/").status_code == 200
    assert elsewhere.get("/review/").status_code == 303
    assert sign_in(desk.app.test_client(), "noor", "another password").status_code == 303
    assert "password changed" in log(admin, "who=noor")


def test_wrong_old_passwords_are_counted_as_at_sign_in(desk: Desk) -> None:
    noor = desk.client("reviewer", "noor")
    for _ in range(9):
        answer = post(noor, "/password", old="not this one", new="another password", again="another password")

    assert "too many wrong passwords" in answer.get_data(as_text=True)


def test_the_log_is_searched_by_kind_words_and_days_and_leads_on(desk: Desk, admin: Any) -> None:
    desk.client("reviewer", "noor")
    post(admin, "/people/noor/groups", groups="night day")

    assert "day, night" in log(admin, "kind=groups+changed")
    assert "No entry is like this" in log(admin, "kind=groups+changed&q=nothing")
    assert "No entry is like this" in log(admin, "until=2020-01-01")
    assert admin.get("/review/lead/log?since=x").status_code == 422
    assert 'href="/review/people"' in admin.get("/review/lead/log?subject=person:noor").text


def test_only_admins_change_people(desk: Desk) -> None:
    lead = desk.client("lead", "leona")
    desk.client("reviewer", "noor")

    assert post(lead, "/people/noor", act="role", role="admin").status_code == 403
    assert post(lead, "/people/noor", act="password").status_code == 403
