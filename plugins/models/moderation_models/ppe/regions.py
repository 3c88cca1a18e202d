"""Where a body's parts are: head, torso and hands as boxes, in pixels, from its keypoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moderation_models.ppe.bodies import ELBOWS, HIPS, SHOULDERS, WRISTS, Body, Region

if TYPE_CHECKING:
    from numpy.typing import NDArray

HANDS = ("left_hand", "right_hand")


def torso_of(body: Body) -> Region:
    """From the shoulders to the hips, where a vest is."""
    corners = body.points[[*SHOULDERS, *HIPS], :2]
    left, top = (float(value) for value in corners.min(0))
    right, bottom = (float(value) for value in corners.max(0))
    # Somebody seen from the side is wider than the line between the shoulders.
    across, down = max(right - left, 0.5 * body.size) * 1.36, max(bottom - top, 0.5 * body.size) * 1.24
    x, y = (left + right) / 2, (top + bottom) / 2
    return x - across / 2, y - down / 2, x + across / 2, y + down / 2


def hand_of(body: Body, side: int) -> Region:
    """A hand: from the wrist on along the forearm. 0 is the person's left one."""
    wrist: NDArray[Any] = body.points[WRISTS[side], :2]
    middle = wrist + 0.3 * (wrist - body.points[ELBOWS[side], :2])
    x, y, half = float(middle[0]), float(middle[1]), 0.35 * body.size
    return x - half, y - half, x + half, y + half


def share_inside(region: Region, width: int, height: int) -> float:
    """How much of a region lies in the picture, 0-1."""
    across = min(region[2], width) - max(region[0], 0)
    down = min(region[3], height) - max(region[1], 0)
    area = (region[2] - region[0]) * (region[3] - region[1])
    return max(0.0, across) * max(0.0, down) / area if area > 0 else 0.0
