"""``{label: L, at_least: 50}``: what was found, how surely, how often, by whom and how large."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from moderation.core.policy.terms import Count, Labels, OneOrMore, Percent, Range, TimeShare
from moderation.core.policy.words.related import Other, Relation
from moderation.core.policy.words.word import Bounds


class BoxArea(Range):
    """A share of the picture, in percent."""

    at_least: Percent | None = Field(None, description="Percent of the picture, inclusive.")
    below: Percent | None = Field(None, description="Percent of the picture, exclusive.")


class BesideLabel(Bounds):
    """What may stand beside ``label``."""

    exact: bool | None = Field(None, description="Beside label: the label itself only, nothing under it.")
    count: Count | None = Field(None, description="Beside label: how many detections must match.")
    different_labels: Count | None = Field(None, description="Beside label: how many different labels among them.")
    detector: OneOrMore | None = Field(None, description="Beside label: only what these detectors found.")
    box_area: BoxArea | None = Field(None, description="Beside label: share of the picture that the box covers.")
    span_length: Range | None = Field(None, description="Beside label: length of the span, in characters.")
    seconds: Range | None = Field(
        None, description="Beside label: for how long without a break, in seconds of a film or sound."
    )
    share_of_time: TimeShare | None = Field(
        None, description="Beside label: for how much of the film or sound, in percent."
    )
    runs: Count | None = Field(None, description="Beside label: how many separate times in the film or sound.")
    inside: Other | None = Field(None, description="Beside label: its box lies in one of this label.")
    overlaps: Other | None = Field(None, description="Beside label: its box and one of this label cover each other.")
    without: Other | None = Field(None, description="Beside label: no box of this label covers its box.")


class LabelCondition(BesideLabel):
    """Detections of a label."""

    label: Labels = Field(description="A label, several, or {list: NAME}: it or anything under it.")

    @property
    def relations(self) -> Mapping[Relation, Other]:
        """How a detection must lie with regard to others; empty where it may lie anywhere."""
        others: dict[Relation, Other | None] = {
            "inside": self.inside,
            "overlaps": self.overlaps,
            "without": self.without,
        }
        return {name: other for name, other in others.items() if other is not None}
