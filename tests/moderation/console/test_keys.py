"""Keys and webhook secrets: made, shown once, changed over without a lost webhook, revoked; all of it noted."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.houses.console import Console, send, words

KEYS = "/review/keys"


@pytest.fixture
def admin(console: Console) -> Any:
    return console.client("adam", "admin")


def shown(answer: Any) -> list[str]:
    """What a page shows this once."""
    return re.findall(r'<code class="secret">([^<]+)', answer.text)


def calls(console: Console, key: str) -> int:
    status: int = console.api.client.get("/v1/items", headers={"Authorization": f"Bearer {key}"}).status_code
    return status


def test_a_key_is_made_shown_once_and_revoked(console: Console, admin: Any) -> None:
    made = send(admin, "/keys", KEYS, app="clips")
    key = shown(made)[0]
    assert calls(console, key) == 200
    assert key not in admin.get(KEYS).text

    key_id = key.split("_")[1]
    send(admin, f"/keys/{key_id}/revoke", KEYS)

    assert calls(console, key) == 401
    log = words(admin.get(f"/review/lead/log?subject=key:{key_id}"))
    assert "key made" in log
    assert "key revoked" in log


def test_an_app_changes_over_to_another_key_while_both_work(console: Console, admin: Any) -> None:
    old = shown(send(admin, "/keys", KEYS, app="over", operator="1"))[0]
    new = shown(send(admin, f"/keys/{old.split('_')[1]}/rotate", KEYS))[0]

    assert [calls(console, key) for key in (old, new)] == [200, 200]
    holder = console.api.service.accounts.holder_of(new)
    assert holder is not None
    assert (holder.app, holder.is_operator) == ("over", True)


def test_a_name_that_is_none_is_refused_and_what_was_typed_stays(admin: Any) -> None:
    answer = send(admin, "/keys", KEYS, app="no spaces")

    assert answer.status_code == 422
    assert 'value="no spaces"' in answer.text


def test_a_new_webhook_secret_is_shown_once_and_noted(console: Console, admin: Any) -> None:
    new = shown(send(admin, "/apps/shop/secret", KEYS))[0]

    assert console.api.service.accounts.webhook_secret("shop") == new
    page = admin.get(KEYS)
    assert new not in page.text
    assert "the old one signs too until" in words(page)
    assert "secret changed" in words(admin.get("/review/lead/log?subject=app:shop"))


def test_only_admins_see_keys(console: Console) -> None:
    lead = console.client("leona", "lead")

    assert lead.get(KEYS).status_code == 403
    assert send(lead, "/keys", app="mine").status_code == 403
