"""What pictures of a film showed, as lists by time: an entry for each picture, or for each stretch without a gap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation.storage.film_jobs import ShownPicture

Shown = Sequence[tuple[ShownPicture, Sequence[Mapping[str, Any]]]]
"""Pictures by time, each with what it showed."""


def by_pictures(shown: Shown, entry: str) -> list[dict[str, Any]]:
    """Each finding with the time of its picture, in milliseconds."""
    return [{"Timestamp": _ms(picture.start), entry: each} for picture, found in shown for each in found]


def by_segments(shown: Shown, entry: str) -> list[dict[str, Any]]:
    """Labels from the first to the last of neighbouring pictures that show them, with the most confidence.

    Places are of pictures, so that segments have none (GetLabelDetection).
    """
    segments: list[dict[str, Any]] = []
    going_on: dict[str, dict[str, Any]] = {}
    for picture, found in shown:
        still: dict[str, dict[str, Any]] = {}
        for each in found:
            segment = going_on.get(each["Name"])
            if segment is None:
                label = {name: value for name, value in each.items() if name != "Instances"}
                segment = {"Timestamp": _ms(picture.start), entry: label, "StartTimestampMillis": _ms(picture.start)}
                segments.append(segment)
            segment[entry]["Confidence"] = max(segment[entry]["Confidence"], each["Confidence"])
            segment["EndTimestampMillis"] = _ms(picture.end)
            segment["DurationMillis"] = segment["EndTimestampMillis"] - segment["StartTimestampMillis"]
            still[each["Name"]] = segment
        going_on = still
    return segments


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
