"""Several answers become one label: who errs often counts less, order counts nothing, and what most people saw stays."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review_ui.a2i.labelling.answers import read_answer
from review_ui.a2i.labelling.consolidation import DrawnBox, MarkedSpan, merge_boxes, merge_spans, most_likely

VOTES = st.dictionaries(
    st.integers(1, 20),
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 2), min_size=1),
    min_size=1,
    max_size=8,
)


class TestClasses:
    def test_two_who_agree_everywhere_outvote_one_who_says_the_same_of_all(self) -> None:
        votes = {n: {"ann": n % 2, "bob": n % 2, "spammer": 0} for n in range(20)}

        likely = most_likely(votes, 2)

        assert [likely[n].index(max(likely[n])) for n in range(20)] == [n % 2 for n in range(20)]
        assert min(max(each) for each in likely.values()) > 0.9

    def test_who_is_known_to_err_loses_against_one_who_is_not(self) -> None:
        """A majority of votes would be a tie: what the others show of both decides."""
        votes = {n: {"good": n % 2, "other": n % 2, "guesser": n % 3 % 2} for n in range(30)}
        votes[99] = {"good": 1, "guesser": 0}

        assert most_likely(votes, 2)[99][1] > 0.7

    def test_people_who_mix_up_two_classes_are_read_the_right_way_round(self) -> None:
        drawn = random.Random(4)
        truth = {n: drawn.randrange(3) for n in range(60)}
        votes = {n: {"ann": k, "bob": k, "cyd": k if drawn.random() < 0.8 else (k + 1) % 3} for n, k in truth.items()}

        likely = most_likely(votes, 3)

        assert {n: each.index(max(each)) for n, each in likely.items()} == truth

    def test_one_answer_is_its_own_label_and_not_certain(self) -> None:
        likely = most_likely({1: {"ann": 2}}, 3)[1]

        assert likely.index(max(likely)) == 2
        assert max(likely) < 1

    @settings(deadline=None, max_examples=40)
    @given(VOTES)
    def test_chances_are_chances_whatever_was_answered_in_whichever_order(
        self, votes: dict[int, dict[str, int]]
    ) -> None:
        likely = most_likely(votes, 3)
        turned = most_likely({n: dict(reversed(votes[n].items())) for n in reversed(votes)}, 3)

        for n, each in likely.items():
            assert sum(each) == pytest.approx(1)
            assert all(0 <= chance <= 1 for chance in each)
            assert turned[n] == pytest.approx(each, abs=1e-6)


def box(left: float, label: int = 0, width: float = 20) -> DrawnBox:
    return DrawnBox(label, left, 0, width, 10)


class TestBoxes:
    def test_boxes_of_one_thing_become_one_in_the_middle(self) -> None:
        merged = merge_boxes({"ann": [box(0)], "bob": [box(2)], "cyd": [box(4)]})

        assert merged == [(box(2), 1.0)]

    def test_what_one_of_three_drew_is_not_kept(self) -> None:
        merged = merge_boxes({"ann": [box(0), box(100)], "bob": [box(1)], "cyd": [box(2)]})

        assert [share for _, share in merged] == [1.0]

    def test_two_things_beside_each_other_stay_two(self) -> None:
        merged = merge_boxes({who: [box(0), box(30)] for who in ("ann", "bob")})

        assert [each.left for each, _ in merged] == [0, 30]

    def test_a_label_is_part_of_what_is_seen(self) -> None:
        merged = merge_boxes({"ann": [box(0, 0)], "bob": [box(0, 0)], "cyd": [box(0, 1)]})

        assert [(each.label, share) for each, share in merged] == [(0, pytest.approx(2 / 3))]

    def test_nobody_drew_anything(self) -> None:
        assert merge_boxes({"ann": [], "bob": []}) == []


class TestSpans:
    def test_the_same_stretch_with_the_same_label_is_kept_when_most_marked_it(self) -> None:
        one, other = MarkedSpan(0, 3, 0), MarkedSpan(0, 4, 0)

        merged = merge_spans({"ann": [one], "bob": [one, other], "cyd": [one, one]})

        assert merged == [(one, 1.0)]

    def test_half_is_not_most(self) -> None:
        assert merge_spans({"ann": [MarkedSpan(0, 3, 0)], "bob": []}) == []


class TestAnswers:
    @pytest.mark.parametrize(
        "content",
        [
            None,
            {},
            {"x": 3},
            {"x": {"label": "horse"}},
            {"x": {"label": ["cat"]}},
            {"x": {"labels": ["cat", 3]}},
            {"x": {"boundingBoxes": [{"label": "cat", "left": 0, "top": 0, "width": -1, "height": 2}]}},
            {"x": {"boundingBoxes": [{"label": "cat", "left": float("nan"), "top": 0, "width": 1, "height": 2}]}},
            {"x": {"boundingBoxes": "cat"}},
            {"x": {"entities": [{"label": "cat", "startOffset": 4, "endOffset": 4}]}},
            {"x": {"entities": [{"label": "cat", "startOffset": "0", "endOffset": 4}]}},
        ],
    )
    def test_what_says_no_label_is_no_answer(self, content: object) -> None:
        kinds = ("class", "classes", "boxes", "spans")

        assert [read_answer(content, kind, ["cat", "dog"]) for kind in kinds] == [None] * 4  # type: ignore[arg-type]

    def test_the_element_may_be_called_as_its_template_likes_and_others_stand_beside_it(self) -> None:
        content = {"comment": {"text": "blurred"}, "z": {"label": "dog"}}

        answered = read_answer(content, "class", ["cat", "dog"])

        assert answered is not None
        assert answered.classes == {1}
