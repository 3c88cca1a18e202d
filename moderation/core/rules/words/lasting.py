"""How long, for what share of the time and in how many stretches something is seen in a film or heard in a sound.

What was found in a picture that was taken out of a film stands for the seconds until the next one. What has no time is
there all the time.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from moderation.core.detections import Detection
from moderation.core.policy.terms import Count, Range
from moderation.core.rules.scene import Scene, root_of

Stretch = tuple[float, float]
"""From a second up to another."""
_GAP = 0.01
"""Seconds: times are rounded to thousandths where they are written down."""
_ONE = Count.model_construct(at_least=1)


def is_of_frame(detection: Detection) -> bool:
    """True of what was found in a picture that was taken out of a film, or in a text that was read there."""
    return detection.time_range is not None and "." in detection.part


def number_at_once(detections: Sequence[Detection]) -> int:
    """How many there are: of each film, the most that are seen at one time; everything else one by one."""
    timed = [each for each in detections if is_of_frame(each)]
    if not timed:
        return len(detections)
    return len(detections) - len(timed) + sum(_most_at_once(those) for those in _by_film(timed).values())


def _by_film(detections: Iterable[Detection]) -> Mapping[str, list[Detection]]:
    found: dict[str, list[Detection]] = {}
    for each in detections:
        found.setdefault(root_of(each.part), []).append(each)
    return found


def _most_at_once(detections: Sequence[Detection]) -> int:
    return max((number for _, _, number, _ in _sweep(detections)), default=0)


def _sweep(detections: Sequence[Detection]) -> Iterable[tuple[float, float, int, int]]:
    """Each stretch in which nothing changes: its ends, how many detections it has, and of how many labels."""
    changes: list[tuple[float, int, str]] = []
    for each in detections:
        start, end = (0.0, math.inf) if each.time_range is None else (each.time_range.start, each.time_range.end)
        # What is there for a moment only is there.
        changes += [(start, 1, each.label), (max(end, start + _GAP), -1, each.label)]
    changes.sort()
    number, labels = 0, Counter[str]()
    for at, (time, step, label) in enumerate(changes):
        number += step
        labels[label] += step
        if not labels[label]:
            del labels[label]
        following = changes[at + 1][0] if at + 1 < len(changes) else time
        if number and following > time:
            yield time, following, number, len(labels)


@dataclass(frozen=True)
class Lasting:
    """Bounds of time.

    Attributes:
        seconds: of one stretch.
        share: of the film or sound, in percent, all stretches together.
        runs: how many stretches there are, of those that are as long as `seconds` asks.
    """

    seconds: Range | None = None
    share: Range | None = None
    runs: Count | None = None

    def test(
        self, detections: Sequence[Detection], scene: Scene, counts: Sequence[Count | None], *, may_grow: bool
    ) -> bool | None:
        """Whether it holds in some film or sound.

        Args:
            detections: those that matter.
            counts: how many there are to be at one time, and of how many labels; None for one or more.
            may_grow: somebody who failed could have found more.
        """
        by_film = _by_film(detections) or {"": []}
        truths = [self._of_one(those, _seconds_of(scene, root), counts) for root, those in by_film.items()]
        truth = True if True in truths else None if None in truths else False
        # More that is found makes stretches longer, and joins some.
        ranges, numbers = (self.seconds, self.share), [count for count in counts if count is not None]
        is_capped = any(bound is not None and bound.below is not None for bound in ranges)
        is_capped = is_capped or self.runs is not None or any(count.at_most is not None for count in numbers)
        return truth if not may_grow or (truth and not is_capped) else None

    def _of_one(
        self, detections: Sequence[Detection], whole: float | None, counts: Sequence[Count | None]
    ) -> bool | None:
        stretches = _joined(
            (start, end)
            for start, end, *numbers in _sweep(detections)
            if all(count is None or count.holds(number) for count, number in zip(counts, numbers, strict=True))
        )
        if self.seconds is not None:
            stretches = [(start, end) for start, end in stretches if self.seconds.holds(round(end - start, 3))]
        truths = [self._of_runs(len(stretches)), self._of_share(stretches, whole)]
        return False if False in truths else None if None in truths else True

    def _of_runs(self, number: int) -> bool:
        if self.runs is None and self.seconds is None:
            return True
        return bool((self.runs or _ONE).holds(number))

    def _of_share(self, stretches: Sequence[Stretch], whole: float | None) -> bool | None:
        if self.share is None:
            return True
        together = sum(end - start for start, end in stretches)
        if not together:
            return self.share.holds(0.0)
        if math.isinf(together):
            return self.share.holds(100.0)
        if not whole:
            return None
        return self.share.holds(min(100.0, round(100.0 * together / whole, 3)))


def _joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    found: list[Stretch] = []
    for start, end in stretches:
        if found and start - found[-1][1] <= _GAP:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _seconds_of(scene: Scene, root: str) -> float | None:
    """How long a film or sound plays, as was measured; of the only part where nothing says which one it is."""
    facts = scene.subject.facts
    of_root = facts.get(root) or (next(iter(facts.values())) if len(facts) == 1 else {})
    seconds = of_root.get("duration")
    return seconds if isinstance(seconds, float | int) else None
