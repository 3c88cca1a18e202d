from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.loops import Answer, MoreAnswersWanted, Resolution, consolidate

START = datetime(2026, 1, 1, tzinfo=UTC)


def answers(votes: str) -> list[Answer]:
    """``aar``: three reviewers, two approve, one rejects."""
    names = {"a": "approve", "r": "reject"}
    return [
        Answer(reviewer=f"r{n}", outcome=names[vote], submitted_at=START + timedelta(minutes=n), labels=("Face",))
        for n, vote in enumerate(votes)
    ]


@pytest.mark.parametrize(
    ("votes", "reviewers", "agree", "otherwise", "outcome"),
    [
        ("a", 1, 1, None, "approve"),
        ("r", 1, 1, None, "reject"),
        ("aar", 3, 2, None, "approve"),
        ("rra", 3, 2, None, "reject"),
        ("ar", 2, 2, None, "reject"),
        ("ar", 2, 2, "approve", "approve"),
        ("ar", 2, 2, "senior", "senior"),
        ("a", 3, 2, None, None),
        ("", 1, 1, None, None),
        ("rr", 3, 2, None, "reject"),
    ],
)
def test_answers_come_to(votes: str, reviewers: int, agree: int, otherwise: str | None, outcome: str | None) -> None:
    result = consolidate(answers(votes), reviewers=reviewers, agree=agree, if_no_agreement=otherwise)

    if outcome is None:
        assert result is None
    elif outcome == "senior":
        assert isinstance(result, MoreAnswersWanted)
        assert result.queue == "senior"
    else:
        assert isinstance(result, Resolution)
        assert result.outcome == outcome


def test_one_reviewer_counts_once_and_the_latest_word_stands() -> None:
    first = Answer(reviewer="x", outcome="reject", submitted_at=START)
    later = Answer(reviewer="x", outcome="approve", submitted_at=START + timedelta(seconds=1))

    result = consolidate([later, first], reviewers=1, agree=1, if_no_agreement=None)
    assert isinstance(result, Resolution)
    assert result.outcome == "approve"


@given(st.text("ar", max_size=5), st.randoms())
def test_the_order_of_answers_does_not_matter(votes: str, random: object) -> None:
    given_answers = answers(votes)
    shuffled = list(given_answers)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    kwargs = {"reviewers": 3, "agree": 2, "if_no_agreement": None}
    assert consolidate(given_answers, **kwargs) == consolidate(shuffled, **kwargs)  # type: ignore[arg-type]
