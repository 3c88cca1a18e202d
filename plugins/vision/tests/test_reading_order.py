"""The order in which lines of a picture are read."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moderation_vision.reading.order import reading_order

Corners = list[tuple[float, float]]


def box(left: float, top: float, width: float, height: float = 30) -> Corners:
    """Four corners, clockwise from the top left."""
    return [(left, top), (left + width, top), (left + width, top + height), (left, top + height)]


def turned(corners: Corners, degrees: float) -> Corners:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [(x * cos - y * sin, x * sin + y * cos) for x, y in corners]


def order(lines: list[Corners]) -> list[int]:
    return [number for row in reading_order(lines) for number in row]


def test_two_columns_of_a_table_are_read_row_by_row() -> None:
    names, values = [box(30, top, 90) for top in (30, 90, 150)], [box(330, top, 140) for top in (32, 88, 151)]

    assert reading_order([*names, *values]) == [[0, 3], [1, 4], [2, 5]]


def test_a_row_is_one_though_its_boxes_differ_in_height() -> None:
    assert reading_order([box(200, 20, 90, 60), box(20, 40, 90, 24), box(400, 30, 90, 40)]) == [[1, 0, 2]]


def test_columns_of_running_text_are_read_one_after_the_other() -> None:
    title = box(100, 0, 800)
    left = [box(0, 60 + 40 * row, 440) for row in range(8)]
    right = [box(500, 60 + 40 * row, 440) for row in range(8)]
    below = box(0, 400, 940)

    assert order([below, *right, title, *left]) == [9, *range(10, 18), *range(1, 9), 0]


def test_columns_whose_lines_stand_at_other_heights_are_columns_all_the_same() -> None:
    left, right = [box(0, 40 * row, 440) for row in range(8)], [box(500, 20 + 40 * row, 440) for row in range(8)]

    assert order([*right, *left]) == [*range(8, 16), *range(8)]


def test_messages_on_both_sides_of_a_chat_are_read_as_they_come() -> None:
    messages = [box(0 if number % 2 else 500, 80 * number, 400) for number in range(12)]

    assert order(messages) == list(range(12))


def test_lines_that_run_in_another_direction_are_read_last() -> None:
    along = [box(0, 50 * row, 300) for row in range(3)]
    down = [(500.0, 0.0), (500.0, 100.0), (470.0, 100.0), (470.0, 0.0)]

    assert order([down, *along]) == [1, 2, 3, 0]


@given(
    rows=st.integers(1, 9),
    columns=st.integers(1, 5),
    widths=st.data(),
    degrees=st.sampled_from([0.0, 10.0, -30.0, 45.0, 90.0, 180.0, 270.0]),
)
def test_any_table_is_read_row_by_row_however_it_is_turned(
    rows: int, columns: int, widths: st.DataObject, degrees: float
) -> None:
    """Cells of any width, moved by up to a sixth of their height, shown in any order."""
    cells = [
        turned(
            box(
                300 * column,
                60 * row + widths.draw(st.floats(-4, 4)),
                widths.draw(st.floats(40, 200)),
                widths.draw(st.floats(24, 36)),
            ),
            degrees,
        )
        for row in range(rows)
        for column in range(columns)
    ]
    shown = widths.draw(st.permutations(range(len(cells))))

    assert [shown[number] for number in order([cells[number] for number in shown])] == list(range(len(cells)))


@given(lengths=st.lists(st.integers(3, 12), min_size=2, max_size=3), data=st.data())
def test_columns_of_any_number_of_lines_are_read_one_after_the_other(lengths: list[int], data: st.DataObject) -> None:
    """Lines fill their column but for the last of each paragraph."""
    lines = [
        box(500 * column, 40 * row, 440 if row % 4 else data.draw(st.floats(340, 440)))
        for column, length in enumerate(lengths)
        for row in range(length)
    ]
    shown = data.draw(st.permutations(range(len(lines))))

    assert [shown[number] for number in order([lines[number] for number in shown])] == list(range(len(lines)))


@pytest.mark.parametrize("count", [0, 1])
def test_no_line_and_one_have_an_order(count: int) -> None:
    assert order([box(0, 0, 100)] * count) == list(range(count))
