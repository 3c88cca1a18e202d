"""The navigation: what somebody's role may open and this installation has, with the current page marked."""

from __future__ import annotations

import re
from typing import Any

import pytest

from review_ui.portal import navigation
from review_ui.portal.navigation import ENTRIES, GROUPS, Entry
from tests.houses.desk import Desk


def led_to(client: Any, path: str = "/review/") -> dict[str, bool]:
    """Titles of the navigation's entries, and which is the current one."""
    page = client.get(path).get_data(as_text=True).partition('<nav class="side"')[2].partition("</nav>")[0]
    links = re.findall(r'<li><a[^>]*?href="[^"]*"( aria-current="page")?>(?:<svg.*?</svg>)(.*?)</a>', page)
    return {title: bool(current) for current, title in links}


@pytest.mark.parametrize(
    ("role", "titles"),
    [
        ("reviewer", ["Review", "History", "Wellbeing"]),
        ("lead", ["Review", "History", "Wellbeing", "Queues", "Quality", "Lists", "Legal holds", "Who did what"]),
        (
            "admin",
            ["Review", "History", "Wellbeing", "Queues", "Quality", "Lists", "Legal holds", "Who did what", "People"],
        ),
    ],
)
def test_each_role_is_led_to_what_it_may_open(desk: Desk, role: str, titles: list[str]) -> None:
    client = desk.client(role)
    led = led_to(client)

    assert list(led) == titles
    assert [title for title, is_current in led.items() if is_current] == ["Review"]


def test_a_page_beneath_an_entry_marks_it(desk: Desk) -> None:
    led = led_to(desk.client("lead"), "/review/lead/queues/general")

    assert [title for title, is_current in led.items() if is_current] == ["Queues"]


def test_an_entry_whose_page_is_not_there_is_left_out(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    away = Entry("elsewhere", "Elsewhere", "list", "Run", ("lead",))
    monkeypatch.setattr(navigation, "ENTRIES", (*ENTRIES, away))

    assert "Elsewhere" not in led_to(desk.client("lead"))


def test_who_reviews_nothing_lands_on_their_first_page(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    client = desk.client("policy_owner")
    alone = client.get("/review/").get_data(as_text=True)
    own = Entry("style", "Style", "book", "Run", ("policy_owner",))
    monkeypatch.setattr(navigation, "ENTRIES", (*ENTRIES, own))

    assert "No tasks for your role" in alone
    assert client.get("/review/").headers["Location"] == "/review/style"


def test_every_entry_stands_under_a_head_and_has_an_icon(desk: Desk) -> None:
    sprite = desk.client("admin").get("/review/style").get_data(as_text=True)

    for entry in ENTRIES:
        assert entry.group in GROUPS
        assert f"#{entry.icon}" in sprite, entry
