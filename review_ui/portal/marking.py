"""Marks in a text: which runs of it detections are about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Mark:
    """A span to mark.

    Attributes:
        start: first code point, as Python counts.
        end: code point after the last.
        label: what was found there.
        tone: number of the label's colour.
        anchor: id of the place on the page, so that a list can lead to it.
    """

    start: int
    end: int
    label: str
    tone: int
    anchor: str = ""


@dataclass(frozen=True)
class Run:
    """A piece of text over which the same marks lie; no labels for what stands between marks.

    Attributes:
        labels: of all marks over it, the one that began first leading.
        tone: colour of the mark that began last, so that an inner mark shows inside an outer one.
        ending: labels of the marks that end with it: they are written there, once each.
        anchors: ids of the marks that begin with it.
        is_masked: its text was replaced, because it is personal data.
    """

    text: str
    labels: tuple[str, ...] = ()
    tone: int = 0
    ending: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ()
    is_masked: bool = False


def cut(text: str, marks: Iterable[Mark]) -> tuple[Run, ...]:
    """Cut a text at its marks, which may overlap. Joined together, the runs are the text."""
    inside = [(m, max(0, m.start), min(len(text), m.end)) for m in marks]
    inside = sorted(((m, s, e) for m, s, e in inside if s < e), key=lambda entry: (entry[1], -entry[2]))
    edges = sorted({0, len(text), *(s for _, s, _ in inside), *(e for _, _, e in inside)})
    runs, waiting, over = [], iter([*inside, None]), list[tuple[Mark, int, int]]()
    upcoming = next(waiting)
    for start, end in pairwise(edges):
        over = [entry for entry in over if entry[2] > start]
        beginning = []
        while upcoming is not None and upcoming[1] == start:
            over.append(upcoming)
            beginning.append(upcoming[0].anchor)
            upcoming = next(waiting)
        runs.append(_run(text[start:end], over, beginning, end))
    return tuple(runs)


def _run(text: str, over: Sequence[tuple[Mark, int, int]], beginning: Sequence[str], end: int) -> Run:
    if not over:
        return Run(text)
    return Run(
        text=text,
        labels=tuple(dict.fromkeys(mark.label for mark, _, _ in over)),
        tone=over[-1][0].tone,
        ending=tuple(dict.fromkeys(mark.label for mark, _, e in over if e == end)),
        anchors=tuple(anchor for anchor in beginning if anchor),
    )
