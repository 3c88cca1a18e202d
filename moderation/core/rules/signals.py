"""Signals: what an item shows, so that only rules which may be true of it are looked at.

A condition says what wakes it: signals, each with the number from which it could be true. An item gives off signals:
each label that was found, with its highest confidence; how bare each body part of its people is; and, of the app's
metadata, counters, lists and measured facts, those that the policy asks about. What could not be found out wakes every
condition on it. A signal may wake a condition that turns out to be false, but none sleeps through what makes it true or
leaves it open.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, NamedTuple, TypeVar, get_args

from moderation.core.detections import Detection
from moderation.core.measuring import Fact as Measure
from moderation.core.policy.terms import is_number
from moderation.core.rules.scene import MISSING, Scene, value_at

OfPeople = Literal["bare", "unsure", "hidden"]
OfLabels = Literal["several"]
OfValues = Literal["given", "value", "number"]
OfItem = Literal["counter", "list", "most", "least", "media_type", "parts", "flags"]
UNKNOWN = math.inf


class Sign(NamedTuple):
    """A signal that is no label.

    Attributes:
        kind: ``bare``: a body part without a cover, as the cover's confidence negated; ``unsure``: nobody can tell;
            ``hidden``: the part is out of sight. ``several``: a label, and something else was found too. ``given``,
            ``value`` and ``number``: a key of the metadata is there, has a value, is a number. ``counter``: its number.
            ``list``: the item is on it. ``most`` and ``least``: the highest measure among the parts, and the lowest one
            negated. ``media_type``: of a part. ``parts``: how many. ``flags``: users' reports.
        name: label, body part, key, counter, list or measured fact.
        value: the cover and how sure it must be that it is a person; or what the metadata's value is.
    """

    kind: OfPeople | OfLabels | OfValues | OfItem
    name: str
    value: object = None


Signal = str | Sign
Wakes = Mapping[Signal, float]
"""Signals, each with the number from which on a condition could be true or open; one of them is needed, not all."""


Woken = TypeVar("Woken")


@dataclass(frozen=True)
class Listening(Generic[Woken]):
    """What each sign that is asked about wakes, arranged by how signs are looked for in items.

    Attributes:
        several: by label.
        body: body part, cover, how sure the person must be; and what is woken by a bare part, by one of which nobody
            can tell, and by one that is out of sight.
        keys: of the app's metadata; what is woken by its being there, by a number, and by each value.
        others: counters, lists and measures.
    """

    several: Mapping[str, Woken]
    body: tuple[tuple[str, str, float, Woken | None, Woken | None, Woken | None], ...]
    keys: tuple[tuple[str, Woken | None, Woken | None, Mapping[object, Woken]], ...]
    others: tuple[tuple[Sign, Woken], ...]

    @classmethod
    def to(cls, signs: Iterable[Sign], wakes: Callable[[Sign], Woken]) -> Listening[Woken]:
        """How to listen to these signs; `wakes` says what one wakes."""
        woken = {sign: wakes(sign) for sign in sorted(signs, key=repr)}
        who = {
            (sign.name, *sign.value)
            for sign in woken
            if sign.kind in get_args(OfPeople) and isinstance(sign.value, tuple)
        }
        body = tuple(
            (part, cover, sure, *(woken.get(Sign(kind, part, (cover, sure))) for kind in ("bare", "unsure", "hidden")))
            for part, cover, sure in sorted(who)
        )
        keys = tuple(
            (
                key,
                woken.get(Sign("given", key)),
                woken.get(Sign("number", key)),
                {sign.value: each for sign, each in woken.items() if sign.kind == "value" and sign.name == key},
            )
            for key in sorted({sign.name for sign in woken if sign.kind in get_args(OfValues)})
        )
        several = {sign.name: each for sign, each in woken.items() if sign.kind == "several"}
        return cls(several, body, keys, tuple(each for each in woken.items() if each[0].kind in get_args(OfItem)))

    def heard(self, scene: Scene) -> list[tuple[Woken, float]]:
        """What the signs wake that an item gives off, with the number of each."""
        found: list[tuple[Woken, float]] = []
        if self.several and scene.is_crowded:
            for label, those in scene.by_label.items():
                if label in self.several:
                    found.append((self.several[label], those[0].confidence))
        if self.body and (people := scene.by_label.get("Person")):
            for person in people:
                self._add_person(person, found)
        for key, given, number, values in self.keys:
            value = value_at(key, scene.subject.metadata)
            if value is MISSING:
                continue
            if given is not None:
                found.append((given, 0.0))
            if number is not None and isinstance(value, int | float) and is_number(value):
                found.append((number, value))
            if values:
                for each in value if isinstance(value, list | tuple) else (value,):
                    if isinstance(each, Hashable) and (woken := values.get(each)) is not None:
                        found.append((woken, 0.0))
        for sign, woken in self.others:
            strength = _of_item(sign, scene)
            if strength is not None:
                found.append((woken, strength))
        return found

    def _add_person(self, person: Detection, found: list[tuple[Woken, float]]) -> None:
        parts = person.attributes.get("parts")
        seen = parts if isinstance(parts, Mapping) else {}
        for part, cover, at_least, bare, unsure, hidden in self.body:
            if person.confidence < at_least:
                continue
            if part not in seen:
                if hidden is not None:
                    found.append((hidden, 0.0))
                continue
            worn = seen[part]
            sure = worn.get(cover, 0) if isinstance(worn, Mapping) else 0
            if sure is None:
                if unsure is not None:
                    found.append((unsure, 0.0))
            elif bare is not None:  # what is no number covers nothing
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
        case "flags":
            return subject.flags
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
