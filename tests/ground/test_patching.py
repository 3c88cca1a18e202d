"""A patch is made of what lies around a place, and of nothing in it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ground.media.patching import joined, patch

sides = st.tuples(st.integers(-5, 30), st.integers(-5, 30), st.integers(0, 45), st.integers(0, 45))
places = st.lists(sides, min_size=1, max_size=4)
pictures = arrays(np.uint8, (30, 40, 3))


@given(pictures, pictures, places)
def test_what_was_within_makes_no_difference(
    one: np.ndarray, other: np.ndarray, given: list[tuple[int, int, int, int]]
) -> None:
    inside = np.zeros((30, 40), bool)
    for left, top, right, bottom in given:
        inside[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = True
    two = one.copy()
    two[inside] = other[inside]
    # Places near to each other are covered with what is between them.
    for left, top, right, bottom in joined(given, 40, 30):
        inside[top:bottom, left:right] = True

    patch(one, given)
    patch(two, given)

    assert np.array_equal(one[inside], two[inside])


@given(pictures, places)
def test_what_is_around_stays(picture: np.ndarray, given: list[tuple[int, int, int, int]]) -> None:
    before = picture.copy()
    outside = np.ones((30, 40), bool)
    for left, top, right, bottom in joined(given, 40, 30):
        outside[top:bottom, left:right] = False

    patch(picture, given)

    assert np.array_equal(picture[outside], before[outside])


def test_a_patch_looks_like_what_is_around_it() -> None:
    slope = np.repeat(np.linspace(0, 250, 40)[None, :], 30, 0).astype(np.uint8)
    hidden = slope.copy()
    hidden[10:20, 10:30] = 255

    patch(hidden, [(10, 10, 30, 20)])

    assert np.abs(hidden.astype(int) - slope).max() < 45
    assert hidden[15, 12] < hidden[15, 20] < hidden[15, 27]


def test_all_of_a_picture_is_solid() -> None:
    picture = np.full((8, 8), 200, np.uint8)

    patch(picture, [(0, 0, 8, 8)], solid=16)

    assert (picture == 16).all()
