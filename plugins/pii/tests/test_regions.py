"""A long text is looked through where the automaton says something may be, and what is found is the same."""

from pathlib import Path

import pytest
from moderation_pii import TextPii, regions

from moderation.core.items import Part

FIELD = Path(__file__).parents[3] / "tools/pii-training/evaluation/field.txt"


def found(text: str) -> list[tuple[str, int, int]]:
    return [
        (d.label, d.span.start, d.span.end)
        for d in TextPii(only_patterns=True).detect(Part(type="text", text=text), None)
    ]


@pytest.mark.parametrize("start", [0, 1_234, 30_000])
def test_a_long_text_is_looked_through_as_a_short_one(start: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = FIELD.read_text()[start : start + 20_000]
    by_regions = found(text)

    monkeypatch.setattr(regions, "SHORT", 10**9)

    assert by_regions == found(text)
    assert len(by_regions) > 50


@pytest.mark.parametrize("before", range(350, 1_250, 97))
def test_a_value_at_the_edge_of_a_region_is_found_whole(before: int) -> None:
    url = "https://example.org/" + "a1" * 400
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIi" + "Ab1_" * 900 + ".c2lnbmF0dXJl"
    text = "x " * (before // 2) + f"{url} ann.lee@example.org card 4111 1111 1111 1111 " + "y " * 2_000 + f"{token} end"

    values = [text[start:end] for _, start, end in found(text)]

    assert values == [url, "ann.lee@example.org", "4111 1111 1111 1111", token]


def test_regions_hold_what_ends_at_each_place_and_touch_no_other():
    assert regions.before([500, 100, 110], 20, 520) == [(80, 150), (480, 520)]
