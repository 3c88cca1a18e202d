"""The console's pages in a browser: on every screen, for people who see or read otherwise, in another language."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from moderation.storage.searching import Asked, Searching
from tests.houses.console import Console
from tests.houses.desk import PASSWORD
from tests.layout import misfits
from tests.pages import complaints, until

pytestmark = pytest.mark.browser

LONG_WORD = "Donaudampfschifffahrt" * 8
RIGHT_TO_LEFT = "مرحبا بكم في هذه الصفحة الطويلة " * 6


@pytest.fixture(scope="module")
def filled(console: Console) -> Console:
    """Items whose texts are too long or run the other way, a picture, a draft, a saved view, an entry of each kind."""
    from moderation_aws.shared import open_store

    console.client("adam", "admin")
    metadata = {"site": LONG_WORD, "author": RIGHT_TO_LEFT}
    for text in (LONG_WORD, RIGHT_TO_LEFT, "my social security number is 123-45-6780", "You are a worthless idiot"):
        console.post(text, metadata=metadata, content_id=LONG_WORD)
    picture = io.BytesIO()
    Image.new("RGB", (320, 200), "red").save(picture, "PNG")
    console.api.client.post(
        "/v1/items?wait=30",
        data={"file": (io.BytesIO(picture.getvalue()), "x.png")},
        headers={"Authorization": f"Bearer {console.api.keys['shop']}"},
    )
    console.complete()
    service = console.api.service
    open_store(service.settings).used("shop", LONG_WORD, f"vendor.{LONG_WORD}", 3)
    for record in Searching(service.database).page(Asked(), ()):
        if record.status == "in_review":
            console.ask_people(record.item.id)
    policy = service.policies.get("text")
    service.drafts.begin(
        "text", policy.text.replace("description:", "descriptio:", 1), policy.version, "ines", service.pipeline.now()
    )
    service.accounts.add_key("clips", service.pipeline.now())
    return console


def addresses(console: Console) -> list[str]:
    service = console.api.service
    opened = [row.item.id for row in Searching(service.database).page(Asked(), ())]
    draft = service.drafts.open_drafts()[0].id
    version = service.policies.get("text").version
    return [
        *("admin/", "admin/?period=28d", "admin/ppe", "items", "items?q=nothing+like+this"),
        *(f"items?open={opened[0]}#item", f"items?open={opened[2]}#item", f"items?open={opened[-1]}#item"),
        *("policies", "policies/text", f"policies/text/versions/{version}", f"policies/drafts/{draft}"),
        *("keys", "people", "password", "lead", "lead/log"),
    ]


def at_work(console: Console, live_server: Callable[..., str], open_page: Callable[..., Any], **given: Any) -> Any:
    page = open_page(**given)
    page.root = f"{live_server(console.api.client.application)}/review"
    page.goto(f"{page.root}/sign-in")
    page.fill("[name=username]", "adam")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/review/")
    return page


def test_every_page_fits_every_screen_and_nobody_complains(
    filled: Console, live_server: Callable[..., str], open_page: Callable[..., Any]
) -> None:
    page = at_work(filled, live_server, open_page)
    misfit: dict[str, list[str]] = {}
    axe: list[str] = []
    sizes: dict[str, int] = {}
    for number, path in enumerate(addresses(filled)):
        page.set_viewport_size({"width": 1440, "height": 900})
        answer = page.goto(f"{page.root}/{path}")
        assert answer.status == 200, path
        page.wait_for_load_state()
        sizes[path] = len(answer.body())
        misfit |= misfits(page)
        page.emulate_media(color_scheme=("light", "dark")[number % 2])
        axe += complaints(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{page.root}/items")
    page.locator("[name=item]").first.check()
    page.click("text=Decide what is ticked")
    page.wait_for_selector("[name=because]")
    misfit |= misfits(page)
    axe += complaints(page)

    assert misfit == {}
    assert axe == []
    assert page.complaints == []
    assert {path: size for path, size in sizes.items() if size > 150_000} == {}


def test_the_console_speaks_spanish(filled: Console) -> None:
    client = filled.client("adam")
    said = {
        path: client.get(f"/review/{path}", headers={"Accept-Language": "es"}).text
        for path in ("admin/", "items", "policies", "keys")
    }

    for path, words in {
        "admin/": "Etiquetas halladas",
        "items": "Vistas guardadas",
        "policies": "En vigor",
        "keys": "Claves de API",
    }.items():
        assert words in said[path], path


def test_lint_follows_what_is_written_and_nothing_typed_is_lost(
    filled: Console, live_server: Callable[..., str], open_page: Callable[..., Any]
) -> None:
    page = at_work(filled, live_server, open_page)
    page.goto(f"{page.root}/policies/drafts/{filled.api.service.drafts.open_drafts()[0].id}")
    assert "E101" in page.inner_text("#lint")

    text = page.input_value("#text").replace("descriptio:", "description:", 1)
    page.fill("#text", text)

    until(page, "!document.querySelector('#lint').innerText.includes('E101')")
    assert page.input_value("#text") == text
