"""From several people's answers about objects to one label each, with how sure that is.

Classes by the expectation maximisation of A. P. Dawid and A. M. Skene, "Maximum likelihood estimation of observer
error-rates using the EM algorithm", Applied Statistics 28 (1979): who errs how often is learned from all answers of a
job, and each vote counts by it. Boxes are merged where they overlap, spans where they are the same; what most people
marked stays. Pure; the order of answers does not matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

ROUNDS, MOST_STEPS = 50, 20_000_000
"""Rounds at most; fewer where a job's answers times its classes are so many that they would take minutes."""
SMOOTHING = 0.5
"""Added to each count of a person's answers, so that one error does not make them useless, nor one hit infallible."""
SETTLED = 1e-6
LEAST_OVERLAP = 0.5
"""Intersection over union from which two boxes are of one thing."""

Votes = Mapping[int, Mapping[str, int]]
"""By number of the object, who answered which class."""


def most_likely(votes: Votes, classes: int) -> dict[int, list[float]]:
    """How likely each class is for each object; each list sums to 1.

    Args:
        classes: their number; answers are from 0 to one less.
    """
    likely = {each: _shares(given, classes) for each, given in votes.items()}
    people = sorted({who for given in votes.values() for who in given})
    steps = 1 + classes * sum(len(given) for given in votes.values())
    for _ in range(max(1, min(ROUNDS, MOST_STEPS // steps))):
        prior = [(SMOOTHING + sum(each[k] for each in likely.values())) for k in range(classes)]
        total = sum(prior)
        prior = [each / total for each in prior]
        errors = {who: _confusion(who, votes, likely, classes) for who in people}
        after = {each: _posterior(given, prior, errors, classes) for each, given in votes.items()}
        moved = max((abs(a - b) for each in after for a, b in zip(after[each], likely[each], strict=True)), default=0.0)
        likely = after
        if moved < SETTLED:
            break
    return likely


def _shares(given: Mapping[str, int], classes: int) -> list[float]:
    counts = Counter(given.values())
    return [counts[k] / len(given) for k in range(classes)]


def _confusion(who: str, votes: Votes, likely: Mapping[int, Sequence[float]], classes: int) -> list[list[float]]:
    """How often this person answers each class (columns) of objects that are of each class (rows)."""
    # Somebody of whom nothing is known is more often right than wrong.
    counted = [[SMOOTHING + (1.0 if row == column else 0.0) for column in range(classes)] for row in range(classes)]
    for each, given in votes.items():
        if who in given:
            for row in range(classes):
                counted[row][given[who]] += likely[each][row]
    return [[cell / sum(row) for cell in row] for row in counted]


def _posterior(
    given: Mapping[str, int], prior: Sequence[float], errors: Mapping[str, list[list[float]]], classes: int
) -> list[float]:
    likely = list(prior)
    for who in sorted(given):
        likely = [likely[k] * errors[who][k][given[who]] for k in range(classes)]
        total = sum(likely)
        likely = [each / total for each in likely]
    return likely


@dataclass(frozen=True)
class DrawnBox:
    """A box on a picture, in its pixels."""

    label: int
    left: float
    top: float
    width: float
    height: float

    def overlap(self, other: DrawnBox) -> float:
        """Intersection over union, from 0 to 1."""
        wide = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        high = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        if wide <= 0 or high <= 0:
            return 0.0
        return wide * high / (self.width * self.height + other.width * other.height - wide * high)


def merge_boxes(answers: Mapping[str, Sequence[DrawnBox]]) -> list[tuple[DrawnBox, float]]:
    """The boxes that most people drew, each with the share of people who did; from left to right.

    Boxes of one label that overlap are one thing; its edges are in the middle of theirs.
    """
    groups: list[dict[str, DrawnBox]] = []
    pairs = [(who, box) for who in sorted(answers) for box in answers[who]]
    for who, box in sorted(pairs, key=lambda pair: (pair[1].label, pair[1].left, pair[1].top, pair[0])):
        fits = [
            (min(box.overlap(each) for each in group.values()), number)
            for number, group in enumerate(groups)
            if who not in group and all(each.label == box.label for each in group.values())
        ]
        best = max(fits, default=(0.0, -1))
        if best[0] >= LEAST_OVERLAP:
            groups[best[1]][who] = box
        else:
            groups.append({who: box})
    kept = [(_middle(list(group.values())), len(group) / len(answers)) for group in groups]
    return sorted((each for each in kept if each[1] > 0.5), key=lambda each: (each[0].left, each[0].top, each[0].label))


def _middle(boxes: Sequence[DrawnBox]) -> DrawnBox:
    def mean(sides: Iterable[float]) -> float:
        return sum(sides) / len(boxes)

    return DrawnBox(
        boxes[0].label,
        mean(box.left for box in boxes),
        mean(box.top for box in boxes),
        mean(box.width for box in boxes),
        mean(box.height for box in boxes),
    )


@dataclass(frozen=True, order=True)
class MarkedSpan:
    """A stretch of a text in code points, the end exclusive."""

    start: int
    end: int
    label: int


def merge_spans(answers: Mapping[str, Sequence[MarkedSpan]]) -> list[tuple[MarkedSpan, float]]:
    """The spans that most people marked alike, each with the share of people who did; in the order of the text."""
    counts = Counter(span for who in answers for span in set(answers[who]))
    kept = [(span, count / len(answers)) for span, count in counts.items() if count / len(answers) > 0.5]
    return sorted(kept)
