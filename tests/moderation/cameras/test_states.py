"""A camera counts as what its last looks say, and one look that was wrong wakes nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.cameras.files import camera_of, read_cameras
from moderation.cameras.states import FIRST_PAUSE, LONGEST_PAUSE, LOOKS, Glance, Judged, alert, pause, state_of
from moderation.core.errors import InputError

WELL = Glance(is_new=True, brightness=120, spread=40, changed=3.0)
STILL = replace(WELL, changed=0.0)
NOT_NEW = replace(WELL, is_new=False)
DARK = replace(WELL, brightness=2, spread=1)
NIGHT = replace(WELL, brightness=8, spread=9)


@pytest.mark.parametrize(
    ("last", "state"),
    [
        (None, "offline"),
        (STILL, "frozen"),
        (NOT_NEW, "frozen"),
        (DARK, "black"),
        (NIGHT, "ok"),
        (WELL, "ok"),
    ],
)
def test_what_goes_on_for_some_looks_is_the_state(last: Glance | None, state: str) -> None:
    assert state_of([last] * LOOKS) == state


@given(st.lists(st.sampled_from([WELL, STILL, NOT_NEW, DARK, None]), min_size=1, max_size=12))
def test_one_look_that_was_well_among_the_last_is_enough(glances: list[Glance | None]) -> None:
    assert state_of([*glances, WELL]) == "ok"


def test_a_camera_is_frozen_or_black_only_after_several_looks() -> None:
    assert state_of([STILL] * (LOOKS - 1)) == "ok"
    assert state_of([DARK] * (LOOKS - 1)) == "ok"


def test_who_is_gone_is_called_again_later_each_time_and_for_ever() -> None:
    pauses = [pause(number) for number in range(1, 100)]

    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (FIRST_PAUSE, LONGEST_PAUSE)


def judged(*outcomes: str) -> list[Judged]:
    return [Judged(outcome, "" if outcome == "approve" else "no helmet") for outcome in outcomes]


def test_two_of_the_last_five_are_an_alert_that_says_why() -> None:
    assert alert(judged("approve", "reject", "approve", "approve", "approve"), "gate-1") == ""
    said = alert(judged("reject", "approve", "review", "approve", "approve"), "gate-1")
    assert said == "2 of 5 pictures at gate-1 were not approved: no helmet"
    assert alert(judged("reject", "reject", "approve", "approve", "approve", "approve", "approve"), "gate-1") == ""


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"url": "rtsp://u:secret@h/1"}, "place: Field required"),
        ({"url": "ftp://u:secret@h/1", "place": "gate"}, "neither rtsp://"),
        ({"url": "/no/such/film.mp4", "place": "gate"}, "nor a film that is there"),
        ({"url": "rtsp://u:secret@h/1", "place": "Gate 1"}, "place: "),
        ({"url": "rtsp://u:secret@h/1", "place": "gate", "every": 2}, "every: a number of seconds with its unit"),
        ({"url": "rtsp://u:secret@h/1", "place": "gate", "evry": "2s"}, "evry: Extra inputs"),
        ({"url": "rtsp://u:secret@h/1", "place": "gate", "quiet": {"from": "22:00", "to": "6"}}, "quiet.to: a time"),
    ],
)
def test_what_is_wrong_is_told_without_the_address(said: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        camera_of(said)

    assert message in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_file_of_cameras_is_read_and_its_faults_have_a_line(tmp_path: Path) -> None:
    good = "cameras:\n  - {url: 'rtsp://h/1', place: gate-1, every: 0.5s, quiet: {from: '22:00', to: '06:00'}}\n"
    (tmp_path / "good.yml").write_text(good)
    (tmp_path / "bad.yml").write_text(good + "  - {url: 'rtsp://h/2', place: gate-2, every: soon}\n")
    (tmp_path / "twice.yml").write_text(good + "  - {url: 'rtsp://h/2', place: gate-1}\n")

    (camera,) = read_cameras(tmp_path / "good.yml")

    assert (camera.place, camera.every, camera.app) == ("gate-1", 0.5, "site-cameras")
    with pytest.raises(InputError, match=r"bad.yml:3: every: a number of seconds"):
        read_cameras(tmp_path / "bad.yml")
    with pytest.raises(InputError, match="two cameras are called gate-1"):
        read_cameras(tmp_path / "twice.yml")
    with pytest.raises(InputError, match="No such file"):
        read_cameras(tmp_path / "none.yml")


def test_quiet_hours_go_over_midnight_in_their_zone() -> None:
    camera = camera_of(
        {"url": "rtsp://h/1", "place": "g", "quiet": {"from": "22:00", "to": "06:00", "zone": "Europe/Zurich"}}
    )
    quiet = camera.quiet

    assert quiet is not None
    assert [quiet.holds(datetime(2026, 12, 1, hour, 30, tzinfo=UTC)) for hour in (20, 21, 4, 5)] == [
        False, True, True, False
    ]  # fmt: skip
