"""Scores meet the thresholds that their decimal numbers reach, and no others."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.detections import Detection
from moderation.core.policy.checks import parse_policy
from moderation.core.rules.engine import Subject, evaluate
from moderation.core.taxonomy import Taxonomy
from moderation.core.verdicts import PolicyVerdict

TAXONOMY = Taxonomy()
LABELS = ("Weapons", "Alcohol", "Gambling")
WEIGHTS = st.integers(1, 100)
TENTHS = st.integers(0, 1000)


def judged(combine: str, terms: list[tuple[float, float]], when: dict[str, float]) -> PolicyVerdict:
    """What a policy of one rule on one score says; each term is a weight and the confidence found for it."""
    data = {
        "policy": "p",
        "format": 1,
        "applies_to": {"content_type": ["image"]},
        "if_nothing_matches": "approve",
        "if_a_detector_fails": "reject",
        "queues": [{"name": "q", "a2i_flow": "q"}],
        "scores": {
            "s": {
                "combine": combine,
                "of": [{"label": label, "weight": w} for label, (w, _) in zip(LABELS, terms, strict=False)],
            }
        },
        "rules": [{"id": "r", "when": {"score": "s", **when}, "then": {"review": "q"}}],
    }
    policy, slips = parse_policy(data, TAXONOMY)
    assert policy is not None, slips
    found = [
        Detection(label=label, parents=TAXONOMY.parents(label), confidence=c, part="p0")
        for label, (_, c) in zip(LABELS, terms, strict=False)
    ]
    return evaluate([policy], Subject("a", frozenset({"image"})), found, TAXONOMY).policies[0]


@pytest.mark.parametrize(
    ("combine", "terms", "value"),
    [
        ("noisy_or", [(0.6, 75.0)], 45.0),
        ("noisy_or", [(0.5, 80.0), (0.5, 70.0)], 61.0),
        ("noisy_or", [(0.1, 30.0)], 3.0),
        ("weighted_maximum", [(0.29, 100.0)], 29.0),
        ("weighted_maximum", [(0.7, 60.0), (0.58, 50.0)], 42.0),
    ],
)
def test_a_score_meets_the_threshold_that_it_reaches(
    combine: str, terms: list[tuple[float, float]], value: float
) -> None:
    assert judged(combine, terms, {"at_least": value}).outcome == "review"
    assert judged(combine, terms, {"below": value}).outcome == "approve"
    assert judged(combine, terms, {"at_least": value + 0.001}).outcome == "approve"


@given(st.lists(st.tuples(WEIGHTS, TENTHS), min_size=1, max_size=3), st.sampled_from(["noisy_or", "weighted_maximum"]))
def test_scores_are_worked_out_as_on_paper(terms: list[tuple[int, int]], combine: str) -> None:
    weighted = [Fraction(w, 100) * Fraction(c, 10) for w, c in terms]
    value = max(weighted)
    if combine == "noisy_or":
        left = Fraction(1)
        for each in weighted:
            left *= 1 - each / 100
        value = 100 * (1 - left)
    bound = round(value, 3)  # as somebody writes it in a policy
    if not 1 < bound <= 100:
        return

    said = judged(combine, [(w / 100, c / 10) for w, c in terms], {"at_least": float(bound)})

    assert said.outcome == ("review" if value >= bound else "approve")
