"""People by a net that sees what the test says, in the whole picture and in its tiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy
from moderation_models.ppe.bodies import LONGEST, STEP, bodies_of, head_of
from moderation_models.ppe.regions import hand_of, share_inside, torso_of
from numpy.typing import NDArray
from PIL import Image

STANDING = numpy.array(
    [
        (0, -40), (4, -44), (-4, -44), (8, -42), (-8, -42), (16, -20), (-16, -20), (22, 0), (-22, 0), (24, 20), (-24, 20),
        (10, 30), (-10, 30), (10, 60), (-10, 60), (10, 90), (-10, 90),
    ],
    float,
)  # fmt: skip
"""Nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles from the middle, for somebody 140 pixels tall."""
GREEN = (0, 255, 0)


class Sees:
    """Takes each spot of green for the middle of somebody as tall as half of what it is shown."""

    def __init__(self, score: float = 0.6) -> None:
        self.score, self.shapes = score, list[Sequence[int]]()

    def __call__(self, pixels: NDArray[Any]) -> NDArray[Any]:
        self.shapes.append(pixels.shape)
        rows = numpy.zeros((1, 20, 56), numpy.float32)
        height, width = pixels.shape[1:3]
        is_green = (pixels[0, :, :, 1] > 150) & (pixels[0, :, :, 0] < 120)
        for number, (x, y) in enumerate(_spots(is_green)):
            points = STANDING * (0.5 * LONGEST / 140) * 0.5 + (x, y)
            rows[0, number, :51] = numpy.stack(
                [points[:, 1] / height, points[:, 0] / width, numpy.full(17, 0.9)], 1
            ).ravel()
            rows[0, number, 51:] = (y / height - 0.2, x / width - 0.1, y / height + 0.2, x / width + 0.1, self.score)
        return rows


def _spots(mask: NDArray[Any]) -> list[tuple[float, float]]:
    """Middles of what lies together, from a coarse grid."""
    found: list[list[float]] = []
    for y, x in numpy.argwhere(mask):
        for spot in found:
            if abs(spot[0] / spot[2] - x) < 14 and abs(spot[1] / spot[2] - y) < 14:
                spot[0], spot[1], spot[2] = spot[0] + x, spot[1] + y, spot[2] + 1
                break
        else:
            found.append([float(x), float(y), 1.0])
    return [(x / count, y / count) for x, y, count in found]


def shown(*middles: tuple[int, int], size: tuple[int, int] = (800, 600)) -> Image.Image:
    picture = Image.new("RGB", size, "grey")
    for x, y in middles:
        picture.paste(GREEN, (x - 8, y - 8, x + 8, y + 8))
    return picture


def test_somebody_is_where_they_are_in_pixels_of_the_picture() -> None:
    found = bodies_of(shown((300, 200)), Sees())
    hips = found[0].points[[11, 12], :2].mean(0)

    assert abs(hips[0] - 300) < 12
    assert 200 < hips[1] < 260
    assert found[0].head[1] < found[0].face[1] < found[0].shoulders[1]


def test_what_the_net_reads_is_a_multiple_of_what_it_knows_and_never_squeezed() -> None:
    net = Sees()
    bodies_of(shown((300, 200), size=(1000, 310)), net)

    assert all(
        height % STEP == 0 and width % STEP == 0 and max(height, width) == LONGEST for _, height, width, _ in net.shapes
    )
    assert net.shapes[0][1] == 96


def test_what_the_net_sees_twice_in_one_place_is_one_person() -> None:
    class Twice(Sees):
        def __call__(self, pixels: NDArray[Any]) -> NDArray[Any]:
            rows = super().__call__(pixels)
            rows[0, 10:] = rows[0, :10]
            rows[0, 10:, :51:3] += 0.01
            return rows

    picture = shown((80, 80), size=(160, 160))

    assert len(bodies_of(picture, Twice())) == 1
    assert len(bodies_of(shown((40, 80), (120, 80), size=(160, 160)), Twice())) == 2


def test_whose_head_is_cut_by_the_border_of_a_tile_is_left_to_the_other_looks() -> None:
    class InOneLook(Sees):
        """Sees somebody in its nth look alone, so far to the right in it."""

        def __init__(self, look: int, x: float) -> None:
            super().__init__()
            self.look, self.x = look, x

        def __call__(self, pixels: NDArray[Any]) -> NDArray[Any]:
            drawn = numpy.zeros_like(pixels)
            if len(self.shapes) == self.look:
                across = round(self.x * pixels.shape[2])
                drawn[0, 90:96, across - 3 : across + 3] = GREEN
            return super().__call__(drawn)

    whole, left_tile, right_tile = 0, 1, 2
    assert len(bodies_of(shown(), InOneLook(left_tile, 0.5))) == 1
    assert bodies_of(shown(), InOneLook(left_tile, 0.98)) == []
    assert len(bodies_of(shown(), InOneLook(right_tile, 0.98))) == 1, "that border is the picture's own"
    assert len(bodies_of(shown(), InOneLook(whole, 0.98))) == 1


def test_nobody_is_there_where_the_surest_is_unsure() -> None:
    assert bodies_of(shown((300, 200)), Sees(score=0.19)) == []
    assert bodies_of(shown((300, 200)), Sees(score=0.21)) != []
    assert bodies_of(shown(), Sees()) == []


def test_an_unsure_picture_is_looked_at_once_more_from_further_away() -> None:
    sure, unsure = Sees(score=0.6), Sees(score=0.3)
    bodies_of(shown((300, 200)), sure)
    bodies_of(shown((300, 200)), unsure)

    assert len(unsure.shapes) == len(sure.shapes) + 1


def test_a_small_picture_has_no_tiles() -> None:
    net = Sees()
    bodies_of(shown((80, 80), size=(160, 160)), net)

    assert len(net.shapes) == 1


def test_parts_lie_where_a_body_has_them() -> None:
    [body, *_] = bodies_of(shown((400, 300)), Sees())
    head, torso, hand = head_of(body), torso_of(body), hand_of(body, 0)

    assert head[3] < torso[3]
    assert head[1] < torso[1]
    assert hand[0] > (torso[0] + torso[2]) / 2, "the left hand of somebody who faces us is at the right"


def test_how_much_of_a_part_the_picture_shows() -> None:
    assert share_inside((10, 10, 20, 20), 100, 100) == 1
    assert share_inside((-10, 10, 10, 20), 100, 100) == 0.5
    assert share_inside((200, 10, 210, 20), 100, 100) == 0
    assert share_inside((10, 10, 10, 20), 100, 100) == 0
