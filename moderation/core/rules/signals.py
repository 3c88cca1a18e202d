"""Signals: what an item shows, so that only rules which may be true of it are looked at.

A condition says what wakes it: signals, each with the number from which it could be true. An item gives off signals:
each label that was found, with its highest confidence; how bare each body part of its people is; and, of the app's
metadata, counters, lists and measured facts, those that the policy asks about. What could not be found out wakes every
condition on it. A signal may wake a condition that turns out to be false, but none sleeps through what makes it true or
leaves it open.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from moderation.core.detections import Detection
from moderation.core.measuring import Fact as Measure
from moderation.core.policy.terms import is_number
from moderation.core.rules.scene import MISSING, Scene, value_at

OfPeople = Literal["bare", "unsure", "hidden"]
OfLabels = Literal["several"]
OfValues = Literal["given", "value", "number"]
OfItem = Literal["counter", "list", "most", "least", "media_type", "parts"]
UNKNOWN = math.inf


class Sign(NamedTuple):
    """A signal that is no label.

    Attributes:
        kind: ``bare``: a body part without a cover, as the cover's confidence negated; ``unsure``: nobody can tell;
            ``hidden``: the part is out of sight. ``several``: a label, and something else was found too. ``given``,
            ``value`` and ``number``: a key of the metadata is there, has a value, is a number. ``counter``: its number.
            ``list``: the item is on it. ``most`` and ``least``: the highest measure among the parts, and the lowest one
            negated. ``media_type``: of a part. ``parts``: how many.
        name: label, body part, key, counter, list or measured fact.
        value: the cover and how sure it must be that it is a person; or what the metadata's value is.
    """

    kind: OfPeople | OfLabels | OfValues | OfItem
    name: str
    value: object = None


Signal = str | Sign
Wakes = Mapping[Signal, float]
"""Signals, each with the number from which on a condition could be true or open; one of them is needed, not all."""


Heard = tuple[str, str, object]
"""A sign that an item gives off, equal to the `Sign` of the same three values and many times as fast to make."""


class _Cover(NamedTuple):
    """A cover that is asked about, on a body part of people who are surely that: and the signs of it."""

    part: str
    cover: str
    at_least: float

    @property
    def signs(self) -> tuple[Heard, Heard, Heard]:
        """Bare, nobody can tell, and out of sight."""
        who = self.cover, self.at_least
        return ("bare", self.part, who), ("unsure", self.part, who), ("hidden", self.part, who)


@dataclass(frozen=True)
class Asked:
    """The signs that a program asks about, ready to be looked for in items.

    Attributes:
        body: body parts with the covers that are asked about and how sure the person must be, and the signs of each.
        keys: of the app's metadata, with what is asked about them.
        several: True where some ask for several detections.
        others: counters, lists and measures.
        signs: all of them.
    """

    body: tuple[tuple[_Cover, tuple[Heard, Heard, Heard]], ...] = ()
    keys: tuple[tuple[str, bool, bool, bool], ...] = ()
    several: bool = False
    others: tuple[Sign, ...] = ()
    signs: frozenset[Heard] = frozenset()

    @classmethod
    def of(cls, signals: Iterable[Signal | Heard]) -> Asked:
        """What is to be looked for so that these signals are heard."""
        signs = sorted({each for each in signals if isinstance(each, Sign)}, key=repr)
        of_people, of_item = get_args(OfPeople), get_args(OfItem)
        body = {
            _Cover(sign.name, *sign.value) for sign in signs if sign.kind in of_people and isinstance(sign.value, tuple)
        }
        kinds: dict[str, set[str]] = {}
        for sign in signs:
            if sign.kind in get_args(OfValues):
                kinds.setdefault(sign.name, set()).add(sign.kind)
        return cls(
            tuple((each, each.signs) for each in sorted(body)),
            tuple((key, "given" in of, "number" in of, "value" in of) for key, of in sorted(kinds.items())),
            any(sign.kind == "several" for sign in signs),
            tuple(sign for sign in signs if sign.kind in of_item),
            frozenset(signs),
        )

    def __bool__(self) -> bool:
        return bool(self.signs)

    def heard(self, scene: Scene) -> list[tuple[Heard, float]]:
        """The signs that an item gives off, among others that nobody asks about."""
        found: list[tuple[Heard, float]] = []
        if self.several and scene.is_crowded:
            found += [(("several", label, None), those[0].confidence) for label, those in scene.by_label.items()]
        if self.body and (people := scene.by_label.get("Person")):
            for person in people:
                self._add_person(person, found)
        metadata = scene.subject.metadata
        for key, asks_given, asks_number, asks_value in self.keys:
            value = value_at(key, metadata)
            if value is MISSING:
                continue
            if asks_value and type(value) is str:
                found.append((("value", key, value), 0.0))
            elif asks_value:
                for each in value if isinstance(value, list | tuple) else (value,):
                    if isinstance(each, str | int | float):
                        found.append((("value", key, each), 0.0))
            if asks_given:
                found.append((("given", key, None), 0.0))
            if asks_number and isinstance(value, int | float) and is_number(value):
                found.append((("number", key, None), value))
        for sign in self.others:
            strength = _of_item(sign, scene)
            if strength is not None:
                found.append((sign, strength))
        return found

    def _add_person(self, person: Detection, found: list[tuple[Heard, float]]) -> None:
        parts = person.attributes.get("parts")
        seen = parts if isinstance(parts, Mapping) else {}
        for (part, cover, at_least), (bare, unsure, hidden) in self.body:
            if person.confidence < at_least:
                continue
            if part not in seen:
                found.append((hidden, 0.0))
                continue
            worn = seen[part]
            sure = worn.get(cover, 0) if isinstance(worn, Mapping) else 0
            if sure is None:
                found.append((unsure, 0.0))
            else:  # what is no number covers nothing
                found.append((bare, -sure if isinstance(sure, int | float) and sure == sure else math.inf))


def _of_item(sign: Sign, scene: Scene) -> float | None:
    """How strong a sign of the item is; None where there is none."""
    subject = scene.subject
    match sign.kind:
        case "counter":
            number = subject.counts.get(sign.name)
            return UNKNOWN if number is None else number
        case "list":
            listed = subject.listed.get(sign.name)
            return UNKNOWN if listed is None or listed[0] else None
        case "parts":
            return len(subject.facts) or UNKNOWN
        case _:
            if not subject.facts:
                return UNKNOWN
            measures = [facts[sign.name] for facts in subject.facts.values() if sign.name in facts]
            return UNKNOWN if None in measures else _strength(sign, measures)


def _strength(sign: Sign, measures: list[Measure]) -> float | None:
    if not measures:
        return None
    if sign.kind == "media_type":
        kinds = {str(each) for each in measures}
        wide = {f"{each.partition('/')[0]}/*" for each in kinds}
        return 0.0 if sign.value in kinds | wide else None
    numbers = [float(each) for each in measures if each is not None]
    return max(numbers) if sign.kind == "most" else -min(numbers)
