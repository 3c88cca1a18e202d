"""Leads keep the lists that rules go by: what stands there, one entry more, one less, and who did it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.houses.desk import Desk, form_token


@pytest.fixture
def lead(desk: Desk) -> Any:
    return desk.client("lead")


def put(lead: Any, **given: str) -> Any:
    form = {"csrf": form_token(lead), "name": "watch", "value": "ann <b>", "why": "case 4711", **given}
    return lead.post("/review/lead/lists", data=form, follow_redirects=True)


def test_a_lead_puts_something_on_a_list_and_takes_it_off(lead: Any) -> None:
    page = put(lead)
    assert page.status_code == 200
    shown = page.get_data(as_text=True)
    assert "ann &lt;b&gt;" in shown
    assert "case 4711" in shown
    assert "lead" in shown
    assert "watch" in lead.get("/review/lead/lists").get_data(as_text=True)

    token = {"csrf": form_token(lead), "why": "somebody else"}
    page = lead.post("/review/lead/lists/watch/entries/1", data=token, follow_redirects=True)

    shown = page.get_data(as_text=True)
    assert "Nothing stands on it." in shown
    assert "somebody else" in shown


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"why": " "}, "say why"),
        ({"name": "Watch"}, "small letters"),
        ({"kind": "domains", "value": "none"}, "a domain is written example.org"),
        ({"expires": "2020-01-01"}, "it is over already"),
        ({"expires": "soon"}, "a day is written"),
        ({"expires": "9999-12-31"}, "a day is written"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(lead: Any, given: dict[str, str], why: str) -> None:
    page = put(lead, **given)

    assert page.status_code == 422
    shown = page.get_data(as_text=True)
    assert "Nothing was changed" in shown
    assert why in shown
    assert 'value="' + given.get("name", "watch") + '"' in shown


def test_the_leads_page_leads_there(lead: Any) -> None:
    assert "/review/lead/lists" in lead.get("/review/lead").get_data(as_text=True)
