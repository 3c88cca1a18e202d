"""Ids that are sent to us are checked before they are looked up."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from ground.ids import is_hex_id, is_uuid, new_hex_id


def test_what_is_made_is_what_is_known() -> None:
    assert is_uuid(str(uuid.uuid4()))
    assert is_hex_id(new_hex_id())


@pytest.mark.parametrize("change", [str.upper, lambda made: made + "\n", lambda made: made[1:], lambda _: ""])
def test_nothing_else_is(change: Callable[[str], str]) -> None:
    # A letter in each, so that upper case is something else.
    assert not is_uuid(change("0197a0c0-aaaa-7aaa-8aaa-aaaaaaaaaaaa"))
    assert not is_hex_id(change("a" * 32))
