"""Which frames are looked at: whatever the film's times are, no shot as long as the interval is missed."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from moderation_film.planning import Packet, decodable, plan, rate

steps = st.lists(st.floats(0.001, 3.0), min_size=1, max_size=120)


@st.composite
def films(draw: st.DrawFn) -> list[Packet]:
    """Frames at odd times, key frames anywhere, sizes of any kind; the first is a key frame."""
    packets, at = [], 0.0
    for number, step in enumerate(draw(steps)):
        is_key = number == 0 or draw(st.booleans())
        packets.append(Packet(round(at * 90_000), at, is_key, draw(st.integers(1, 50_000))))
        at += step
    return packets


@given(films(), st.floats(0.2, 10.0))
def test_no_shot_as_long_as_the_interval_is_missed(packets: list[Packet], every: float) -> None:
    chosen = plan(packets, every)

    times = [each.time for each in packets]
    assert chosen[0].time == 0
    for before, after in pairwise([each.time for each in chosen]):
        between = [time for time in times if before < time < after]
        # Every frame between two neighbours leaves the screen before the interval is over, counted from the first.
        assert not between or after - before <= every + 1e-9
    assert times[-1] - chosen[-1].time < every


@given(films(), st.floats(0.2, 10.0))
def test_a_sample_is_a_frame_of_the_film_and_none_comes_twice(packets: list[Packet], every: float) -> None:
    chosen = plan(packets, every)

    assert set(chosen) <= set(packets)
    assert [each.time for each in chosen] == sorted({each.time for each in chosen})


@given(films(), st.floats(0.2, 10.0), st.randoms())
def test_frames_that_need_an_earlier_key_frame_are_left_to_others(
    packets: list[Packet], every: float, chance: object
) -> None:
    # As encoders do it: frames that are shown before a key frame, and lie behind it in the file.
    moved = list(packets)
    for number in range(1, len(moved)):
        if moved[number].is_key and not moved[number - 1].is_key:
            moved[number - 1], moved[number] = moved[number], moved[number - 1]

    usable = decodable(moved)

    assert set(plan(moved, every)) <= set(usable)
    for number, each in enumerate(moved):
        key = next(other for other in reversed(moved[: number + 1]) if other.is_key)
        assert (each in usable) == (each.time >= key.time)


def test_key_frames_are_taken_where_they_are_near_enough() -> None:
    film = [Packet(number, number / 25, number % 25 == 0, 100) for number in range(25 * 20)]

    assert [each.time for each in plan(film, 2.0)] == [2.0 * number for number in range(10)]


def test_close_looks_have_the_last_frame_too() -> None:
    film = [Packet(number, number / 25, number % 25 == 0, 100) for number in range(25 * 20)]

    assert plan(film, 0.25)[-1].time == film[-1].time


def test_noise_before_a_camera_is_no_scene() -> None:
    film = [Packet(n, n / 25, n % 50 == 0, 70_000 if n % 50 == 0 else 2_000 if n % 7 else 100) for n in range(500)]

    assert all(each.is_key for each in plan(film, 2.0))


def test_where_the_encoder_saw_a_new_scene_a_picture_is_taken() -> None:
    keys = {0, 250, 300, 500}
    film = [Packet(number, number / 25, number in keys, 100) for number in range(750)]

    assert 12.0 in [each.time for each in plan(film, 5.0)]


def test_where_much_is_new_a_picture_is_taken_without_a_key_frame() -> None:
    film = [Packet(n, n / 25, n % 250 == 0, 9000 if n % 250 == 0 else 4000 if n == 83 else 300) for n in range(500)]

    assert 83 / 25 in [each.time for each in plan(film, 2.0)]


def test_a_plain_scene_that_takes_few_bytes_is_one_all_the_same() -> None:
    film = [Packet(n, n / 25, n % 250 == 0, 37 if n == 83 else 20 + n % 5) for n in range(500)]

    assert 83 / 25 in [each.time for each in plan(film, 2.0)]


def test_movement_throughout_adds_at_most_as_many_again() -> None:
    film = [Packet(n, n / 25, n % 250 == 0, 9000 if n % 2 else 100) for n in range(2500)]

    assert len(plan(film, 2.0)) <= 2 * 51 + 16


def test_the_rate_is_the_usual_distance_of_two_frames() -> None:
    times = [0.0, 0.04, 0.08, 0.12, 5.12, 5.16]

    assert abs(rate([Packet(0, time, True, 1) for time in times]) - 25) < 1e-6
    assert rate([Packet(0, 0.0, True, 1)]) == 0


def test_a_film_without_a_key_frame_has_nothing_to_take() -> None:
    assert plan([Packet(0, 0.0, False, 10)], 2.0) == []
