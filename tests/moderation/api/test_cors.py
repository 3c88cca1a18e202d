"""CORS: which pages may call the API in somebody's browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from moderation.core.errors import SettingsError
from moderation.settings import Settings
from tests.houses.api import NOBODY, Api

SHOP, FORUM, EVIL = "https://shop.example", "http://forum.example:8080", "https://evil.example"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("cors")
    opened = Api.open(Settings(data=folder, a2i_endpoint_url=NOBODY, cors=f"shop={SHOP} forum={FORUM}"))
    yield opened
    opened.close()


def allowed(api: Api, origin: str, **more: Any) -> str | None:
    return api.get("/v1/items", headers={"Origin": origin}, **more).headers.get("Access-Control-Allow-Origin")


def test_a_page_of_an_origin_in_the_settings_may_read_answers_of_its_app(api: Api) -> None:
    assert allowed(api, SHOP) == SHOP
    assert allowed(api, FORUM, app="forum") == FORUM


def test_no_other_page_may(api: Api) -> None:
    assert allowed(api, EVIL) is None
    assert allowed(api, FORUM) is None  # that is another app's
    assert allowed(api, SHOP, app=None) is None


def test_a_browser_that_asks_before_is_told_for_the_origins_alone(api: Api) -> None:
    told = api.client.options("/v1/items", headers={"Origin": SHOP, **PREFLIGHT})
    refused = api.client.options("/v1/items", headers={"Origin": EVIL, **PREFLIGHT})

    assert told.status_code == refused.status_code == 204
    assert told.headers["Access-Control-Allow-Origin"] == SHOP
    assert "Idempotency-Key" in told.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_answers_differ_by_origin_and_say_so(api: Api) -> None:
    assert "Origin" in api.get("/v1/items").headers["Vary"]


def test_without_the_setting_no_page_may(empty_api: Api) -> None:
    assert allowed(empty_api, SHOP) is None
    answer = empty_api.client.options("/v1/items", headers={"Origin": SHOP, **PREFLIGHT})
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("entry", ["shop", "shop=*", "shop=https://x.example/page", "=https://x.example", "shop=x"])
def test_what_is_no_origin_stops_the_start(open_api: Callable[..., Api], tmp_path: Path, entry: str) -> None:
    with pytest.raises(SettingsError, match="MODERATION_CORS"):
        open_api(cors=entry)
