"""Who may call what: keys, apps, and a row for every route under /v1."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from moderation.api.auth import WRONG_AT_ONCE, WRONG_PER_SECOND
from moderation.core.errors import InputError, NotFound
from moderation.settings import Settings
from moderation.storage.accounts import Accounts
from moderation.storage.opening import open_database
from tests.houses.api import NOBODY, Api

TEXT = {"parts": [{"type": "text", "text": "Have a nice day"}]}

ALLOWED = {
    # (method, route): status for the owner's key, status for another app's key
    ("GET", "/v1/items"): (200, 200),
    ("POST", "/v1/items"): (202, 202),
    ("POST", "/v1/items/batch"): (202, 202),
    ("GET", "/v1/items/<item_id>"): (200, 404),
    ("GET", "/v1/items/<item_id>/explanation"): (200, 404),
    ("GET", "/v1/deliveries"): (200, 200),
    ("GET", "/v1/items/<item_id>/deliveries"): (200, 404),
    ("POST", "/v1/items/<item_id>/deliveries/<delivery_id>/resend"): (404, 404),  # this item has no callback
    ("POST", "/v1/items/<item_id>/appeal"): (409, 404),  # nobody has decided this item
    ("GET", "/v1/items/<item_id>/parts/<part_id>/redacted"): (404, 404),  # this item has no redacted copy
    ("GET", "/v1/items/<item_id>/statement"): (404, 404),  # nobody has decided this item
    ("GET", "/v1/items/<item_id>/disputes"): (200, 404),
    ("POST", "/v1/items/<item_id>/disputes"): (422, 404),  # there is no decision to dispute
    ("POST", "/v1/items/<item_id>/disputes/<dispute_id>/outcome"): (404, 404),  # no dispute about this item
    ("POST", "/v1/notices"): (201, 201),  # it may be about anything; who looks finds out which item is meant
    ("GET", "/v1/notices"): (200, 200),
    ("GET", "/v1/notices/<number>"): (404, 404),  # there is no notice of this number
    ("POST", "/v1/notices/<number>/appeal"): (404, 404),
    ("POST", "/v1/flags"): (202, 404),
    ("GET", "/v1/flags"): (200, 200),
    ("GET", "/v1/flags/<flag_id>"): (404, 404),
    ("POST", "/v1/moderations"): (200, 200),
    ("POST", "/v1/redact"): (200, 200),
    ("POST", "/v1/uploads"): (201, 201),
    ("GET", "/v1/policies"): (200, 200),
    ("GET", "/v1/policies/<name>"): (200, 200),
    ("GET", "/v1/detectors"): (200, 200),
    ("GET", "/v1/lists"): (403, 403),  # for operators: no app may change what it is judged by
    ("GET", "/v1/lists/<list_name>"): (403, 403),
    ("GET", "/v1/lists/<list_name>/changes"): (403, 403),
    ("GET", "/v1/remoderations"): (403, 403),
    ("POST", "/v1/remoderations"): (403, 403),
    ("GET", "/v1/remoderations/<run_id>"): (403, 403),
    ("POST", "/v1/remoderations/<run_id>/cancel"): (403, 403),
    ("POST", "/v1/remoderations/<run_id>/undo"): (403, 403),
    ("POST", "/v1/lists/<list_name>"): (403, 403),
    ("DELETE", "/v1/lists/<list_name>/entries/<int:entry_id>"): (403, 403),
    ("GET", "/v1/detectors/<detector>"): (200, 200),
    ("DELETE", "/v1/items/<item_id>"): (202, 404),
}


@pytest.fixture
def make_api(tmp_path: Path) -> Iterator[Callable[..., Api]]:
    """Opens an API of these settings; nobody moderates."""
    opened: list[Api] = []

    def make(**given: Any) -> Api:
        opened.append(Api.open(Settings(data=tmp_path, a2i_endpoint_url=NOBODY, **given)))
        return opened[-1]

    yield make
    for api in opened:
        api.close()


def _routes(api: Api) -> set[tuple[str, str]]:
    rules = [rule for rule in api.client.application.url_map.iter_rules() if rule.rule.startswith("/v1")]
    return {(method, rule.rule) for rule in rules for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}


def test_every_route_has_a_row_in_the_table_of_access(empty_api: Api) -> None:
    assert _routes(empty_api) == set(ALLOWED)


def test_every_route_answers_each_caller_as_the_table_says(idle_api: Api) -> None:
    item_id = idle_api.post("/v1/items", json=TEXT).json["id"]
    revoked = idle_api.service.accounts.add_key("shop", datetime.now(UTC))
    idle_api.service.accounts.revoke(revoked.id, datetime.now(UTC))
    good = idle_api.keys["shop"]
    strangers = {
        "no key": None,
        "nothing": "Bearer ",
        "another scheme": f"Basic {good}",
        "the bare key": good,
        "a made up key": "Bearer mod_0123456789_" + "A" * 43,
        "a wrong secret": f"Bearer {good[:-1]}{'A' if good[-1] != 'A' else 'B'}",
        "a short secret": f"Bearer {good[:-1]}",
        "a long secret": f"Bearer {good}A",
        "the id alone": f"Bearer {good.rpartition('_')[0]}",
        "another id": f"Bearer mod_{'0' * 10}_{good[15:]}",
        "a revoked key": f"Bearer {revoked.key}",
        "no ASCII": "Bearer \xff\xfe",
        "very long": "Bearer " + "x" * 5000,
    }

    for number, ((method, rule), (own, other)) in enumerate(ALLOWED.items()):
        path = rule.replace("<item_id>", item_id).replace("<name>", "text").replace("<detector>", "vision.faces")
        path = path.replace("<int:entry_id>", "1")
        bodies: dict[str, Any] = {"batch": [TEXT], "appeal": {"reason": "look again"}, "redact": {"text": "hi"}}
        bodies["flags"] = {"item": item_id, "reason": "spam", "reporter": "ann"}
        bodies["disputes"] = {"body": "a body", "reference": "1"}
        bodies["outcome"] = {"outcome": "upheld"}
        bodies["moderations"] = {"input": "hi"}
        bodies["notices"] = {
            "place": "https://example.org/1",
            "kind": "hate",
            "reason": "It is",
            "name": "Ann",
            "mail": "ann@example.org",
            "good_faith": True,
        }
        bodies["uploads"] = {"content_type": "image/png"}
        body = bodies.get(rule.rpartition("/")[2], TEXT) if method == "POST" else None
        for name, header in strangers.items():
            headers = {} if header is None else {"Authorization": header}
            # Each route from an address of its own: so many wrong keys from one are told to wait.
            address = {"REMOTE_ADDR": f"192.0.2.{number}"}
            answer = idle_api.call(method, path, app=None, headers=headers, json=body, environ_base=address)
            assert answer.status_code == 401, (name, method, path)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert idle_api.call(method, path, app="shop", json=body).status_code == own
        assert idle_api.call(method, path, app="forum", json=body).status_code == other


def test_a_stranger_posts_nothing_and_another_app_sees_nothing(idle_api: Api) -> None:
    idle_api.post("/v1/items", json=TEXT, app=None)
    assert idle_api.service.store.backlog()[0] == 0
    posted = idle_api.post("/v1/items", json={**TEXT, "content_id": "mine"}).json["id"]

    assert idle_api.get("/v1/items?content_id=mine", app="forum").json["items"] == []
    assert idle_api.get("/v1/items?app=shop", app="forum").json["items"] == []
    missing = idle_api.get("/v1/items/01a1fb69-8c15-730f-b107-a0c881b9b117", app="forum").json
    foreign = idle_api.get(f"/v1/items/{posted}", app="forum").json
    assert (missing["status"], missing["title"]) == (foreign["status"], foreign["title"])


CALLS = {
    "read": ("GET", "/v1/items", None),
    "post": ("POST", "/v1/items", TEXT),
    "manage": ("DELETE", "/v1/items/01a1fb69-8c15-730f-b107-a0c881b9b117", None),
}


@pytest.mark.parametrize("scope", list(CALLS))
def test_a_key_does_what_it_is_for_and_nothing_else(empty_api: Api, scope: str) -> None:
    key = empty_api.service.accounts.add_key("shop", datetime.now(UTC), scopes=[scope]).key
    headers = {"Authorization": f"Bearer {key}"}

    refused = {
        name
        for name, (method, path, body) in CALLS.items()
        if empty_api.call(method, path, app=None, headers=headers, json=body).status_code == 403
    }

    assert refused == set(CALLS) - {scope}


def test_a_refusal_says_what_the_key_is_for(empty_api: Api) -> None:
    key = empty_api.service.accounts.add_key("shop", datetime.now(UTC), scopes=["read"]).key

    answer = empty_api.post("/v1/items", app=None, headers={"Authorization": f"Bearer {key}"}, json=TEXT)

    assert answer.json["type"].endswith("#problem-scope")
    assert "this key is for read only" in answer.json["detail"]


def test_a_key_is_useless_once_its_time_is_over(empty_api: Api) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    over = empty_api.service.accounts.add_key("shop", yesterday, expires_at=yesterday + timedelta(hours=1)).key
    good = empty_api.service.accounts.add_key("shop", yesterday, expires_at=yesterday + timedelta(days=2)).key

    statuses = [
        empty_api.get("/v1/items", app=None, headers={"Authorization": f"Bearer {key}"}).status_code
        for key in (over, good)
    ]

    assert statuses == [401, 200]


def test_a_key_that_would_be_useless_from_the_start_is_not_made(empty_api: Api) -> None:
    now = datetime.now(UTC)
    with pytest.raises(InputError, match="is past"):
        empty_api.service.accounts.add_key("shop", now, expires_at=now)


def test_answers_say_how_many_calls_are_left(make_api: Callable[..., Api]) -> None:
    api = make_api(calls_per_second=0.5)

    told = [api.get("/v1/policies").headers for _ in range(2)]

    assert [each["RateLimit-Policy"] for each in told] == ['"calls";q=1;w=2'] * 2
    assert [each["RateLimit"].partition(";t=")[0] for each in told] == ['"calls";r=0', '"calls";r=0']
    assert "RateLimit" not in api.get("/v1/policies", app=None).headers


def test_a_revoked_key_is_useless_at_once(idle_api: Api) -> None:
    key = idle_api.service.accounts.add_key("shop", datetime.now(UTC))
    headers = {"Authorization": f"Bearer {key.key}"}
    assert idle_api.get("/v1/items", app=None, headers=headers).status_code == 200

    idle_api.service.accounts.revoke(key.id, datetime.now(UTC))

    assert idle_api.get("/v1/items", app=None, headers=headers).status_code == 401
    assert idle_api.get("/v1/items").status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_read_without_regard_to_case(empty_api: Api, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {empty_api.keys['shop']}"}

    assert empty_api.get("/v1/items", app=None, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1", 404),
        ("GET", "/v1/", 404),
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/items/not-an-id", 404),
        ("GET", "/v1/items/%00", 404),
        ("GET", "/v1/items/../items", 404),
        ("DELETE", "/v1/items", 405),
        ("PUT", "/v1/items/batch", 405),
        ("POST", "/v1/policies", 405),
        ("GET", "/nowhere", 404),
        ("POST", "/healthz", 405),
    ],
)
def test_other_addresses_and_methods_are_problems_too(empty_api: Api, method: str, path: str, status: int) -> None:
    headers = {"Authorization": f"Bearer {empty_api.keys['shop']}"}

    answer = empty_api.client.open(path, method=method, headers=headers)

    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    document: dict[str, Any] = answer.json
    assert document["status"] == status
    assert document["request_id"] == answer.headers["X-Request-Id"]
    assert document["instance"].startswith("/")
    assert (status == 405) == ("Allow" in answer.headers)


# Keys themselves


@pytest.fixture
def accounts(tmp_path: Path) -> Any:
    database = open_database(Settings(data=tmp_path))
    yield Accounts(database)
    database.close()


def test_a_key_is_found_by_its_whole_and_stored_as_a_digest(accounts: Accounts, tmp_path: Path) -> None:
    made = accounts.add_key("shop", datetime.now(UTC))

    assert accounts.app_of(made.key) == "shop"
    secret = made.key.split("_", 2)[2]
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert made.id.encode() in files
    assert secret.encode() not in files
    assert all(secret not in str(record) for record in accounts.list_keys())


def test_keys_of_one_app_share_its_webhook_secret_and_live_on_their_own(accounts: Accounts) -> None:
    first, second = (accounts.add_key("shop", datetime.now(UTC)) for _ in range(2))
    other = accounts.add_key("forum", datetime.now(UTC))

    assert first.key != second.key
    assert first.webhook_secret == second.webhook_secret == accounts.webhook_secret("shop")
    assert other.webhook_secret != first.webhook_secret
    accounts.revoke(first.id, datetime.now(UTC))
    assert accounts.app_of(first.key) is None
    assert accounts.app_of(second.key) == "shop"
    revoked = {record.id: record.revoked_at is not None for record in accounts.list_keys()}
    assert revoked == {first.id: True, second.id: False, other.id: False}


def test_revoking_twice_keeps_the_first_time_and_an_unknown_key_is_said_to_be_so(accounts: Accounts) -> None:
    made = accounts.add_key("shop", datetime(2026, 1, 1, tzinfo=UTC))
    accounts.revoke(made.id, datetime(2026, 1, 2, tzinfo=UTC))
    accounts.revoke(made.id, datetime(2026, 1, 3, tzinfo=UTC))

    (record,) = accounts.list_keys()
    assert record.revoked_at == datetime(2026, 1, 2, tzinfo=UTC)
    with pytest.raises(NotFound):
        accounts.revoke("nothing", datetime.now(UTC))


@pytest.mark.parametrize("name", ["", " ", "a b", "-a", "a/b", "ä", "a" * 64, "a\n"])
def test_a_bad_app_name_is_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(InputError):
        accounts.add_key(name, datetime.now(UTC))


@pytest.mark.parametrize(
    "key", ["", "mod", "mod_", "mod__", "mod_a_b", "_" * 100, "mod_\x00_\x00", "mod_%_" + "A" * 43]
)
def test_what_is_no_key_belongs_to_nobody(accounts: Accounts, key: str) -> None:
    accounts.add_key("shop", datetime.now(UTC))

    assert accounts.app_of(key) is None


def test_a_refused_key_is_logged_by_its_id_at_most(empty_api: Api, caplog: pytest.LogCaptureFixture) -> None:
    key = empty_api.keys["shop"]
    wrong = f"{key[:-4]}AAAA"
    with caplog.at_level(logging.DEBUG):
        empty_api.get("/v1/items", app=None, headers={"Authorization": f"Bearer {wrong}"})

    assert key.split("_", 2)[2][:20] not in caplog.text


def test_an_app_that_calls_too_often_is_told_to_wait_and_no_other(make_api: Callable[..., Api]) -> None:
    api = make_api(calls_per_second=5)
    answers = [api.get("/v1/policies") for _ in range(40)]
    refused = [answer for answer in answers if answer.status_code == 429]

    assert len(refused) >= 20
    assert {answer.status_code for answer in answers} == {200, 429}
    assert refused[0].json["type"] == "/docs#problem-too-many-requests"
    assert int(refused[0].headers["Retry-After"]) >= 1
    assert api.get("/v1/policies", app="forum").status_code == 200
    assert api.get("/healthz").status_code == 200


def test_wrong_keys_are_slowed_and_right_ones_from_the_same_address_are_not(make_api: Callable[..., Api]) -> None:
    api = make_api()
    wrong = {"Authorization": "Bearer mod_0123456789_" + "A" * 43}
    began = time.monotonic()
    answers = [api.get("/v1/policies", app=None, headers=wrong).status_code for _ in range(250)]
    took = time.monotonic() - began

    assert answers[:WRONG_AT_ONCE] == [401] * WRONG_AT_ONCE
    assert answers.count(401) <= WRONG_AT_ONCE + WRONG_PER_SECOND * took + 1
    assert set(answers[WRONG_AT_ONCE:]) <= {401, 429}
    assert api.get("/v1/policies").status_code == 200


def test_one_app_cannot_fill_the_backlog_for_all(make_api: Callable[..., Api]) -> None:
    api = make_api(max_app_backlog=2, max_backlog=100)
    for _ in range(2):
        assert api.post("/v1/items", json=TEXT).status_code == 202
    api.service._backlog.forget()

    refused = api.post("/v1/items", json=TEXT)

    assert (refused.status_code, refused.json["type"]) == (429, "/docs#problem-overloaded")
    assert "of app 'shop'" in refused.json["detail"]
    assert api.post("/v1/items", json=TEXT, app="forum").status_code == 202
