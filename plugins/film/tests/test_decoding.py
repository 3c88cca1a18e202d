"""Chosen frames of films are decoded without most of the others, and are what they would be with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from moderation_film.decoding import decoded, listed
from moderation_film.opening import opened
from moderation_film.planning import decodable

from plugins.film.tests.films import made, moving


@pytest.mark.parametrize("step", [2, 7])
@pytest.mark.parametrize(
    ("codec", "form", "content_type"),
    [
        ("libx264", "mp4", "video/mp4"),
        ("libx265", "mp4", "video/mp4"),
        ("libsvtav1", "mp4", "video/mp4"),
        ("libvpx-vp9", "webm", "video/webm"),
        ("mpeg4", "matroska", "video/x-matroska"),
    ],
)
def test_each_chosen_frame_is_as_in_a_film_that_is_decoded_whole(
    tmp_path: Path, codec: str, form: str, content_type: str, step: int
) -> None:
    path = tmp_path / "film"
    path.write_bytes(made(moving, 5, form=form, codec=codec, gop=50))
    with opened(path, content_type) as film:
        whole = {frame.pts: frame.to_ndarray() for frame in film.container.decode(film.stream)}
    with opened(path, content_type) as film:
        packets = decodable(listed(film)[0])
    # From the third on: the decoder begins with a frame that nobody wants.
    chosen = packets[2::step]

    with opened(path, content_type) as film:
        seen = {packet.stamp: frame.to_ndarray() for packet, frame in decoded(film, chosen, lambda: False)}

    assert set(seen) == {each.stamp for each in chosen}
    assert all((seen[stamp] == whole[stamp]).all() for stamp in seen)
