"""How well places with kinds are found: precision, recall and F2, kind by kind.

A found place counts when its kind is right and it shares half of the longer of the two. F2 weighs what is missed four
times as much as false alarms.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

Place = tuple[int, int, str]
"""Where it begins and ends, and of which kind it is."""


def f2(right: int, found: int, gold: int) -> tuple[float, float, float]:
    """Precision, recall, F2."""
    precision, recall = right / found if found else 1.0, right / gold if gold else 1.0
    both = 4 * precision + recall
    return precision, recall, 5 * precision * recall / both if both else 0.0


class Scores:
    """Counts over documents."""

    def __init__(self) -> None:
        self.right, self.found, self.gold = Counter[str](), Counter[str](), Counter[str]()
        self.groups: dict[str, Counter[str]] = defaultdict(Counter)
        self.covered = self.uncovered = 0

    def add(self, group: str, gold: list[Place], found: list[Place]) -> tuple[list[Place], list[Place]]:
        """Count a document; what was missed and what was found wrongly."""
        counts, missed, taken = self.groups[group], list[Place](), set[Place]()
        counts["documents"] += 1
        counts["with findings"] += bool(found)
        for start, end, kind in gold:
            self.gold[kind] += 1
            counts["gold"] += 1
            counts["names"] += kind == "NAME"
            marks = bytearray(end - start)
            for other_start, other_end, _ in found:
                for at in range(max(other_start, start), min(other_end, end)):
                    marks[at - start] = 1
            self.covered += sum(marks)
            self.uncovered += len(marks) - sum(marks)
            counts["characters"] += len(marks)
            counts["uncovered"] += len(marks) - sum(marks)
            hit = next(
                (place for place in found if place not in taken and place[2] == kind and _shares(place, start, end)),
                None,
            )
            if hit is None:
                missed.append((start, end, kind))
                continue
            taken.add(hit)
            self.right[kind] += 1
            counts["right"] += 1
            counts["right names"] += kind == "NAME"
        for _, _, kind in found:
            self.found[kind] += 1
            counts["found"] += 1
            counts["found names"] += kind == "NAME"
        return missed, [place for place in found if place not in taken]

    @property
    def micro(self) -> tuple[float, float, float]:
        """Precision, recall, F2 over all places."""
        return f2(self.right.total(), self.found.total(), self.gold.total())

    @property
    def macro(self) -> float:
        """The mean of the kinds' F2."""
        kinds = [f2(self.right[kind], self.found[kind], self.gold[kind])[2] for kind in self.gold]
        return sum(kinds) / len(kinds) if kinds else 0.0

    def kind(self, kind: str) -> tuple[float, float, float]:
        """Precision, recall, F2 of one kind."""
        return f2(self.right[kind], self.found[kind], self.gold[kind])

    def table(self) -> Iterator[str]:
        """Lines to print: kinds from the worst to the best, the whole, the groups."""
        yield f"{'kind':42}{'gold':>6}{'found':>7}{'prec':>7}{'recall':>8}{'F2':>7}"
        for kind in sorted(self.gold | self.found, key=lambda kind: self.kind(kind)[2]):
            precision, recall, both = self.kind(kind)
            yield f"{kind:42}{self.gold[kind]:6}{self.found[kind]:7}{precision:7.2f}{recall:8.2f}{both:7.2f}"
        precision, recall, both = self.micro
        yield f"{'all (micro)':42}{self.gold.total():6}{self.found.total():7}{precision:7.3f}{recall:8.3f}{both:7.3f}"
        characters = max(1, self.covered + self.uncovered)
        yield f"macro F2 {self.macro:.3f}; gold characters uncovered {self.uncovered / characters:.1%}"
        for group, counts in self.groups.items():
            precision, recall, both = f2(counts["right"], counts["found"], counts["gold"])
            names = f2(counts["right names"], counts["found names"], counts["names"])[2]
            yield (
                f"{group:12} documents {counts['documents']:4}  with findings {counts['with findings'] / counts['documents']:6.1%}"
                f"  precision {precision:.2f} recall {recall:.2f} F2 {both:.2f}  NAME F2 {names:.2f}"
                f"  uncovered {counts['uncovered'] / max(1, counts['characters']):.1%}"
            )


def _shares(place: Place, start: int, end: int) -> bool:
    shared = min(place[1], end) - max(place[0], start)
    return 2 * shared >= max(place[1] - place[0], end - start)
