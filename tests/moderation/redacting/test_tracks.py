"""Whatever moves between two pictures of a film stays covered, and what was found once is covered a while longer."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from moderation.core.detections import Detection
from moderation.core.items import Box
from moderation.redacting.media import looks_like_a_plate
from moderation.redacting.tracks import HOLD_SECONDS, Sample, covers

SIDE = 0.1


def face(left: float, top: float = 0.4, label: str = "Face") -> Detection:
    return Detection(label=label, confidence=90, box=Box(left=left, top=top, width=SIDE, height=SIDE))


def samples(*found: tuple[Detection, ...]) -> list[Sample]:
    return [Sample(number * 0.2, number * 0.2 + 0.2, those) for number, those in enumerate(found)]


def is_covered(made: list[Detection], at: float, left: float, top: float = 0.4) -> bool:
    """Whether one of the covers hides all of a face that stands there."""
    return any(
        each.time_range is not None
        and each.box is not None
        and each.time_range.start <= at <= each.time_range.end
        and each.box.left <= left + 1e-9
        and each.box.left + each.box.width >= left + SIDE - 1e-9
        and each.box.top <= top + 1e-9
        and each.box.top + each.box.height >= top + SIDE - 1e-9
        for each in made
    )


@given(st.lists(st.floats(-0.07, 0.07), min_size=1, max_size=12), st.data())
def test_a_face_is_covered_on_its_whole_way_missed_in_between_or_not(steps: list[float], data: st.DataObject) -> None:
    places = [0.4]
    for step in steps:
        places.append(min(max(places[-1] + step, 0.0), 1 - SIDE))
    # Never missed at both ends, nor for longer than a second.
    missed = {number for number in range(1, len(places) - 1) if number % 3 and data.draw(st.booleans())}
    missed = {number for number in missed if abs(places[number + 1] - places[number - 1]) < 0.04}

    made = covers(samples(*(() if number in missed else (face(at),) for number, at in enumerate(places))))

    for number, (before, after) in enumerate(pairwise(places)):
        if number in missed or number + 1 in missed:
            continue
        for share in (0.0, 0.5, 1.0):
            at, left = (number + share) * 0.2, before + share * (after - before)
            assert is_covered(made, at, left)


def test_before_the_first_and_after_the_last_picture_it_is_covered_a_while_longer() -> None:
    made = covers(samples((), (), (), (face(0.4),), (), (), ()))

    assert is_covered(made, 0.6 - HOLD_SECONDS + 0.01, 0.4)
    assert is_covered(made, 0.8 + HOLD_SECONDS - 0.01, 0.4)
    assert not is_covered(made, 0.1, 0.4)
    assert all(each.time_range is not None and each.time_range.start >= 0 for each in made)


def test_two_that_stand_apart_stay_two() -> None:
    made = covers(samples((face(0.1), face(0.8)), (face(0.12), face(0.78))))

    assert all(each.box is not None and each.box.width < 0.4 for each in made)
    assert is_covered(made, 0.1, 0.11)
    assert is_covered(made, 0.1, 0.79)


def test_things_of_two_kinds_are_never_one() -> None:
    made = covers(samples((face(0.4),), (face(0.4, label="Text"),)))

    assert {each.label for each in made} == {"Face", "Text"}
    assert is_covered(made, 0.3, 0.4)


def test_plates_of_many_countries_look_like_plates_and_prose_does_not() -> None:
    plates = ["AB 123 CD", "ZH 445 102", "7ABC123", "LN63 HXT", "M-AB 1234", "1-ABC-234", "seen: WOB ZK 295"]
    prose = ["EXIT", "Open 24 hours", "2026", "OFFICE", "12:30", "0800 123 456", "A4"]

    assert [looks_like_a_plate(each) for each in plates] == [True] * len(plates)
    assert [looks_like_a_plate(each) for each in prose] == [False] * len(prose)
