"""Pages of the portal in a real browser: what a reviewer does on them, and waiting until it is done."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from axe_playwright_python.sync_playwright import Axe

from tests.waiting import PATIENCE_SECONDS

Reviewer = Callable[..., Any]


def start(page: Any) -> None:
    """Take the first task from the queues' page."""
    page.reload()
    page.click("#start")
    page.wait_for_selector("#answer")
    page.wait_for_load_state()


def arrive(page: Any, words: str) -> None:
    """Wait for the task page that shows these words, with its keys at work."""
    page.get_by_text(words, exact=True).wait_for()
    page.wait_for_load_state()


def until(page: Any, expression: str) -> None:
    """Wait until it is true in the page. Playwright's own waiting evaluates text, which the pages' policy forbids."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"never true: {expression}"
        page.wait_for_timeout(20)


def veil(page: Any) -> str:
    """The filter over the picture, once its change has come to rest."""
    until(page, "document.querySelector('.picture img').getAnimations().length === 0")
    return str(page.eval_on_selector(".picture img", "e => getComputedStyle(e).filter"))


RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def complaints(page: Any) -> list[str]:
    """What axe finds on the page as it is: rule, and the first element that breaks it."""
    page.wait_for_load_state()
    found_by_axe = Axe().run(page, options=RULES).response["violations"]
    return [f"{page.url}: {each['id']} {each['nodes'][0]['html'][:200]}" for each in found_by_axe]
