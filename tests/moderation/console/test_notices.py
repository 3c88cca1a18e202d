"""Leads see what waits for an answer, name the item or answer in words, and never see who gave a notice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from moderation.core.public_notices import GivenNotice
from moderation.notices.taking import take
from moderation.storage.public_notices import PublicNotice
from tests.houses.console import Console, send, words

NOTICES = "/review/notices"


@pytest.fixture
def lead(console: Console) -> Any:
    return console.client("lea", "lead")


def give(console: Console, reason: str) -> PublicNotice:
    given = GivenNotice(
        place="somewhere", kind="hate", reason=reason, name="Ann Smith", mail="ann@example.org", is_in_good_faith=True
    )
    return take(console.api.service, "shop", given, via="form", now=datetime.now(UTC))[0]


def test_a_lead_names_the_item_or_answers_and_does_not_see_who_gave_it(console: Console, lead: Any) -> None:
    notices = console.api.service.notices
    one, other = give(console, "<b>it insults us</b>"), give(console, "it lies")
    item_id = console.post("hello there")

    page = lead.get(NOTICES)

    assert "&lt;b&gt;it insults us" in page.text
    assert "ann@example.org" not in page.text
    assert "Ann Smith" not in page.text
    assert send(lead, f"/notices/{one.number}", item="none").status_code == 422
    assert send(lead, f"/notices/{other.number}", answer=" ").status_code == 422
    send(lead, f"/notices/{one.number}", item=item_id)
    send(lead, f"/notices/{other.number}", answer="there is no such thing here")

    assert notices.get(one.number).item_id == item_id
    assert notices.get(other.number).state == "dismissed"
    assert other.number not in words(lead.get(NOTICES))
    assert other.number in words(lead.get(f"{NOTICES}?all=1"))
    log = words(console.client("adam", "admin").get("/review/lead/log"))
    assert "it lies" not in log


@pytest.mark.parametrize("role", ["reviewer", "policy_owner"])
def test_the_page_is_for_leads_and_admins(console: Console, role: str) -> None:
    assert console.client(f"a-{role}", role).get(NOTICES).status_code == 403
