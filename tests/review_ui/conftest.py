"""The reviewers' portal, and people at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from flask import Flask

    from tests.houses.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with one queue, ``general``."""
    from tests.houses.desk import Desk

    opened = Desk(tmp_path / "data")
    yield opened
    opened.review.close()


@pytest.fixture
def reviewer(desk: Desk, live_server: Callable[[Flask], str], open_page: Callable[..., Any]) -> Callable[..., Any]:
    """Opens the queues in a browser, as a new reviewer who has just signed in; ``page.root`` is the portal's address."""
    from tests.houses.desk import PASSWORD

    root = live_server(desk.app)

    def open_as(name: str, role: str = "reviewer", **given: Any) -> Any:
        desk.people.add(name, role, PASSWORD)
        page = open_page(**given)
        page.root = f"{root}/review"
        page.goto(f"{page.root}/")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/review/")
        return page

    return open_as
