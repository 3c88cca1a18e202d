"""Damaged films: what can be seen is looked at, what cannot is told, and nothing else is ever raised.

A few in the suite; sixty, each in a process that may die of it, by ``make test-faults`` (`tests/faults/test_films.py`).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from moderation_film.covering import Cover
from moderation_film.frames import Frames

from moderation.core.detections import Detection
from moderation.hookspecs import Incomplete, Unreadable
from moderation.testing import FakeContext
from plugins.film.tests.damaged import damaged


@pytest.mark.parametrize("number", range(10))
def test_a_damaged_film_is_looked_at_or_refused_by_name(tmp_path: Path, number: int) -> None:
    content_type, data = damaged(number)
    context = FakeContext(tmp_path)
    part = context.media(data, declared=("video", content_type))

    try:
        pictures = Frames().extract(part, context)
    except Incomplete as told:
        pictures = told.parts
    except Unreadable:
        pictures = []

    assert all(each.data and each.data.startswith(b"\xff\xd8") for each in pictures)
    try:
        copy = Cover().redact(part, [Detection(label="Face", confidence=90)], context)
    except Unreadable:
        return
    assert copy.data is not None
