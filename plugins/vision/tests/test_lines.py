"""Lines that several looks at a picture found."""

from __future__ import annotations

import numpy
from moderation_vision.reading.lines import Line, joined, without_doubles


def line(left: float, top: float, width: float, height: float = 30) -> Line:
    corners = [(left, top), (left + width, top), (left + width, top + height), (left, top + height)]
    return Line(numpy.array(corners, numpy.float32), 0.9)


def test_pieces_that_overlap_on_one_row_are_one_line() -> None:
    [whole] = joined([line(0, 100, 240), line(220, 103, 60, 28)])

    assert whole.corners.round().tolist() == [[0, 100], [280, 100], [280, 130], [0, 130]]


def test_rows_that_touch_and_words_apart_stay_lines_of_their_own() -> None:
    assert len(joined([line(0, 100, 240), line(0, 126, 240), line(260, 100, 60), line(0, 90, 300, 200)])) == 4


def test_what_two_looks_saw_is_one_line_but_not_small_ones_in_a_large_pattern() -> None:
    first, again, small, pattern = line(0, 0, 200), line(4, 2, 190), line(300, 300, 100), line(250, 200, 400, 400)

    assert without_doubles([first, pattern], [again, small]) == [first, pattern, small]
