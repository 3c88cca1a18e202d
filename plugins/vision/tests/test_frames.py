"""``vision.frames``."""

from __future__ import annotations

from moderation_vision.frames import Frames

from plugins.vision.tests.pictures import Files, example


def test_nothing_hides_behind_the_first_frame(files: Files) -> None:
    frames = Frames().extract(example(files, "animated.gif"), files)

    assert 1 < len(frames) <= 6
    assert all(frame.data is not None for frame in frames)
    times = [frame.extraction.time_range.start for frame in frames if frame.extraction and frame.extraction.time_range]
    assert times == sorted(set(times))
    assert Frames().extract(example(files, "landscape.jpg"), files) == []
