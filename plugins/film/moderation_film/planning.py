"""Which frames of a film to look at: by time, by scene change and by movement, as cheaply as its key frames allow.

Pure. Only frames that a decoder can give without the ones before its last key frame are chosen.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

AT_ONCE = 0.1
"""Seconds: two pictures nearer to each other than this are one to a viewer."""
CLOSE_SECONDS = 1.0
"""An interval below which few scenes can be missed by time, so that a quarter as many are added, not as many."""
KEY_STEP, CHEAP_STEP = 0.5, 0.75
"""Of the interval: how far a key frame is from the picture before it, and a frame that others are made of, to be taken
in place of the last one of the interval."""
OUT_OF_RHYTHM = 0.9
"""A key frame that comes after this share of the usual distance stands where the encoder saw a new scene."""
LARGE = 3.0
"""How many times the usual bytes a frame has in which all is new, or much moves; encoders without regard for scenes
write no key frame there."""
LEAST = 0.1
"""Of a usual key frame's bytes: with fewer, no frame shows much that is new, whatever those about it have. So where
nearly nothing moves, as before most cameras, no noise is taken for a scene."""
LITTLE = 200
"""Bytes of the usual frame, up to which most of them say that nothing is new: a plain scene needs few more."""
LARGER_THAN_LITTLE = 1.4
"""How many times as many such a scene has at least."""


@dataclass(frozen=True)
class Packet:
    """One frame as it lies in the file, in the order of the file.

    Attributes:
        stamp: when it is shown, in the file's units; going on where those of the file begin anew.
        time: the same in seconds, 0 or more.
        is_key: it can be decoded by itself.
        size: bytes.
        is_between: frames before it in the file are shown after it, so that it is most likely none that others are made
            of, and small.
    """

    stamp: int
    time: float
    is_key: bool
    size: int
    is_between: bool = False


def plan(packets: Sequence[Packet], every: float) -> list[Packet]:
    """The frames to look at, by time.

    The first one is among them, no two neighbours are further apart than `every` (unless there is nothing between), and
    the last one is nearer than that to the end: so no shot of `every` seconds or more is missed. Of close looks the
    film's last frame is one, too.

    Args:
        packets: of one film, at least one of them a key frame.
        every: seconds, more than 0.
    """
    usable = sorted({each.time: each for each in decodable(packets)}.values(), key=lambda each: each.time)
    if not usable:
        return []
    times = [each.time for each in usable]
    chosen = [usable[0]]
    # Between the last key frame and the end lies a stretch that costs as much as many samples.
    enough = every if every >= CLOSE_SECONDS else 0.0
    while (at := bisect_right(times, chosen[-1].time)) < len(usable) and times[-1] - chosen[-1].time >= enough:
        end = max(bisect_right(times, chosen[-1].time + every), at + 1)
        window = usable[at:end]
        # A key frame costs one frame, any other those since the key frame before it that others are made of, and one
        # between two of these all of them; but steps should stay large, because each picture is looked at.
        steps = [(each, each.time - chosen[-1].time) for each in reversed(window)]
        key = next((each for each, step in steps if each.is_key and step >= KEY_STEP * every), None)
        cheap = next((each for each, step in steps if not each.is_between and step >= CHEAP_STEP * every), None)
        chosen.append(key or cheap or window[-1])
    return _with_scenes(chosen, usable, len(chosen) + 16 if every >= CLOSE_SECONDS else len(chosen) // 4 + 4)


def decodable(packets: Sequence[Packet]) -> list[Packet]:
    """The packets whose pictures need no key frame but the last one before them in the file."""
    found = []
    key: Packet | None = None
    for each in packets:
        if each.is_key:
            key = each
        if key is not None and each.time >= key.time:
            found.append(each)
    return found


def rate(packets: Sequence[Packet]) -> float:
    """Frames a second, by the usual distance of two; 0 where there is but one."""
    times = sorted({each.time for each in packets})
    return 1 / median(after - before for before, after in pairwise(times)) if len(times) > 1 else 0.0


def _with_scenes(chosen: Sequence[Packet], usable: Sequence[Packet], most: int) -> list[Packet]:
    """With frames where a scene begins or much moves: at most so many, those first that stand out most."""
    taken = [each.time for each in chosen]
    found = {each.time: each for each in chosen}
    for each in _standing_out(usable)[:most]:
        at = bisect_right(taken, each.time)
        if all(abs(each.time - near) >= AT_ONCE for near in taken[max(at - 1, 0) : at + 1]):
            taken.insert(at, each.time)
            found[each.time] = each
    return [found[time] for time in taken]


def _standing_out(usable: Sequence[Packet]) -> list[Packet]:
    keys = [each for each in usable if each.is_key]
    others = [each for each in usable if not (each.is_key or each.is_between)]
    steps = [after.time - before.time for before, after in pairwise(keys)]
    found = []
    if others and len(keys) > 1:
        usual = max(steps)
        found += [after for step, after in zip(steps, keys[1:], strict=True) if step < OUT_OF_RHYTHM * usual]
    if others:
        sizes = [each.size for each in others]
        most_usual, smallest = median(sizes), min(sizes)
        least = LARGE * most_usual
        if most_usual <= LITTLE:
            least = max(smallest + LARGE * (most_usual - smallest), LARGER_THAN_LITTLE * most_usual)
        least = max(least, LEAST * median(each.size for each in keys))
        large = [each for each in others if each.size >= least]
        found += sorted(large, key=lambda each: (-each.size, each.time))
    return found
