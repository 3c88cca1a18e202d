"""Krippendorff's alpha, held against worked examples that were published, and against its definition."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_ui.quality.krippendorff import agreement


def units(*observers: str) -> list[list[str]]:
    """The answers to each unit, from one row of answers per observer; a point is a missing answer."""
    return [
        [answer for answer in column if answer != "."] for column in zip(*(o.split() for o in observers), strict=True)
    ]


# K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), examples A (binary, two observers), B (nominal, two
# observers) and C (nominal, any number of observers, missing data); and the example of Wikipedia's article on it.
PUBLISHED = [
    (units("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"), 0.095, 10, 20),
    (units("a a b b d c c c e d d a", "b a b b b c c c e d d d"), 0.692, 12, 24),
    (
        units(
            "1 2 3 3 2 1 4 1 2 . . .", "1 2 3 3 2 2 4 1 2 5 . 3", ". 3 3 3 2 3 4 2 2 5 1 .", "1 2 3 3 2 4 4 1 2 5 1 ."
        ),
        0.743,
        11,
        40,
    ),
    (
        units(". . . . . 3 4 1 2 1 1 3 3 . 3", "1 . 2 1 3 3 4 3 . . . . . . .", ". . 2 1 3 4 4 . 2 1 1 3 3 . 4"),
        0.691,
        12,
        26,
    ),
]


@pytest.mark.parametrize(("answers", "alpha", "compared", "pairable"), PUBLISHED)
def test_alpha_is_as_published(answers: list[list[str]], alpha: float, compared: int, pairable: int) -> None:
    found = agreement(answers)

    assert found.alpha == pytest.approx(alpha, abs=0.0005)
    assert (found.units, found.answers) == (compared, pairable)


def by_definition(answers: list[list[int]]) -> float | None:
    """1 - D_o / D_e from the matrix of coincidences, pair by pair."""
    coincidences: dict[tuple[int, int], float] = {}
    for unit in answers:
        for pair in permutations(unit, 2):
            coincidences[pair] = coincidences.get(pair, 0.0) + 1 / (len(unit) - 1)
    values = {value for pair in coincidences for value in pair}
    totals = {v: sum(o for (a, _), o in coincidences.items() if a == v) for v in values}
    n = sum(totals.values())
    observed = sum(o for (a, b), o in coincidences.items() if a != b) / n if n else 0.0
    expected = sum(totals[a] * totals[b] for a in values for b in values if a != b) / (n * (n - 1)) if n > 1 else 0.0
    return 1 - observed / expected if expected else None


@given(st.lists(st.lists(st.integers(0, 3), max_size=4), max_size=12))
def test_alpha_is_what_its_definition_says_and_lies_in_its_interval(answers: list[list[int]]) -> None:
    found, expected = agreement(answers, resamples=20), by_definition(answers)

    assert found.alpha == (expected if expected is None else pytest.approx(expected))
    assert (found.low is None) == (found.high is None) == (found.alpha is None)
    if found.low is not None and found.high is not None:
        assert found.low <= found.high <= 1.0


@given(st.lists(st.lists(st.sampled_from("ab"), min_size=1, max_size=3), min_size=1, max_size=8), st.randoms())
def test_the_order_of_things_and_answers_does_not_matter(answers: list[list[str]], random: object) -> None:
    turned = [unit[::-1] for unit in answers]

    assert agreement(turned, resamples=1).alpha == agreement(answers, resamples=1).alpha


def test_the_same_seed_gives_the_same_interval_and_it_holds_alpha() -> None:
    answers = PUBLISHED[2][0] * 5
    one, again, other = agreement(answers), agreement(answers), agreement(answers, seed=2)

    assert one == again
    assert (one.low, one.high) != (other.low, other.high)
    assert one.alpha is not None
    assert one.low is not None
    assert one.high is not None
    assert one.low < one.alpha < one.high


@pytest.mark.parametrize("answers", [[], [["a"], ["b"]], [["a", "a"], ["a", "a", "a"]]])
def test_where_nobody_could_disagree_there_is_no_alpha(answers: list[list[str]]) -> None:
    assert agreement(answers).alpha is None
