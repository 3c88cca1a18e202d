"""Keys on every board: digits by their place, labels beyond nine, keys that somebody changed, and key caps that say so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.content import text
from tests.houses.desk import Desk
from tests.pages import Reviewer, start

pytestmark = pytest.mark.browser

LABELS = [f"Custom/Label {number}" for number in range(1, 21)]


@pytest.fixture
def task(desk: Desk, reviewer: Reviewer) -> Any:
    """A task page with twenty labels."""
    desk.start_item(text("task 0"), labels=LABELS)
    page = reviewer("rita")
    start(page)
    return page


def press(page: Any, key: str, code: str, **more: bool) -> None:
    """As a board of another country does."""
    page.evaluate(
        "e => document.body.dispatchEvent(new KeyboardEvent('keydown', {bubbles: true, cancelable: true, ...e}))",
        {"key": key, "code": code, **more},
    )


def ticked(page: Any) -> list[int]:
    found = page.eval_on_selector_all("[name=label]:checked", "all => all.map((e) => Number(e.value) + 1)")
    return sorted(found)


def decision(page: Any) -> str | None:
    chosen = page.locator("[name=decision]:checked")
    return str(chosen.get_attribute("value")) if chosen.count() else None


def test_digits_go_by_their_place_and_with_shift_reach_eighteen(task: Any) -> None:
    press(task, "&", "Digit1")  # a French board
    press(task, "è", "Digit7")
    press(task, "3", "Digit3", shiftKey=True)  # the same board, where Shift writes the digit
    press(task, "!", "Digit1", shiftKey=True)  # an American one
    press(task, "9", "Numpad9")
    press(task, "ArrowLeft", "Numpad4")

    assert ticked(task) == [1, 7, 9, 10, 12]


def test_any_label_is_found_by_a_few_letters(task: Any) -> None:
    task.keyboard.press("f")
    task.keyboard.type("label 20")
    seen = task.locator(".labels label:visible").all_inner_texts()
    task.keyboard.press("Enter")
    task.keyboard.type("19")
    task.keyboard.press("Enter")
    task.keyboard.press("Escape")
    task.keyboard.press("a")

    assert seen == ["Label 20"]
    assert ticked(task) == [19, 20]
    assert task.locator(".labels label:visible").count() == 20
    assert decision(task) == "approve"


def test_a_key_that_was_changed_acts_says_so_and_is_remembered(task: Any) -> None:
    task.keyboard.press("?")
    task.click("#keys kbd[data-key=r]")
    task.keyboard.press("d")
    task.click("#keys kbd[data-key=a]")
    task.keyboard.press("s")
    task.keyboard.press("Escape")
    task.reload()
    task.wait_for_load_state()
    caps = task.locator(".decision kbd").all_inner_texts(), task.locator("#skip kbd").inner_text()
    task.keyboard.press("r")
    nothing = decision(task)
    task.keyboard.press("d")
    rejected = decision(task)
    task.keyboard.press("s")
    approved = decision(task)
    task.keyboard.press("a")
    asked = task.locator("#leave").is_visible()
    task.keyboard.press("Escape")
    task.keyboard.press("?")
    task.click("#reset-keys")
    task.keyboard.press("Escape")
    task.keyboard.press("r")

    assert caps == (["S", "D"], "A")
    assert (nothing, rejected, approved, asked) == (None, "reject", "approve", True)
    assert decision(task) == "reject"
    assert task.locator(".decision kbd").all_inner_texts() == ["A", "R"]
    assert task.complaints == []
