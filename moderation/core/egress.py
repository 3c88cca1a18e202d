"""Egress: what may be sent off this machine, and what a list of known content keeps here.

A tool that sends content elsewhere says so by ``leaves_machine``. A detector that may find what has to stay says so by
``keeps_on_machine = True``, and by an attribute of that name, true, on the detections for which it holds. Those
detectors are asked before anything leaves. What they keep here is shown to no tool and no target elsewhere, and goes to
people: it is never approved by rules, because somebody who was to look did not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from moderation.core.cards import card_of
from moderation.core.detections import Detection, Failure
from moderation.core.items import Tool

KEEPS = "keeps_on_machine"
"""Of a detector that may keep content here, and of a detection that does."""
KEEPING = Tool(name="kept-on-this-machine", version="1")
"""Stands as the detector of the failure that says of an item that it stays here."""


def leaves_machine(tool: object) -> bool:
    """Whether a detector or extractor sends content elsewhere.

    As its attribute ``leaves_machine`` says, else its card. One that says nothing and costs money is taken to.
    """
    said = getattr(tool, "leaves_machine", None)
    if isinstance(said, bool):
        return said
    card = card_of(tool)
    return bool(getattr(tool, "on_demand", False)) if card is None else card.leaves_machine


def keeps_on_machine(tool: object) -> bool:
    """Whether a detector may find what has to stay here."""
    return getattr(tool, KEEPS, False) is True


def kept_by(found: Iterable[Detection], failed: Iterable[Failure]) -> tuple[str, str] | None:
    """The part that keeps an item here and why, from the answers of those who `keeps_on_machine`; None for none.

    What they could not look at stays too: nobody can say that it may leave.
    """
    for detection in found:
        if detection.attributes.get(KEEPS) is True:
            listed = detection.attributes.get("list")
            return detection.part, f"it is on list '{listed}'" if listed else f"{detection.label} was found"
    for failure in failed:
        return failure.part, f"{failure.detector.name} could not tell whether it has to stay"
    return None


def kept_failure(part: str, why: str, skipped: Sequence[str]) -> Failure:
    """What says that an item stays here, and who was therefore not asked."""
    asked = f"not asked: {', '.join(sorted(skipped))}" if skipped else "nobody elsewhere would have been asked"
    message = f"content that stays on this machine: {why}; {asked}"
    return Failure(detector=KEEPING, part=part, kind="not_examined", message=message)


def stays_here(failures: Iterable[Failure]) -> bool:
    """True of an item of which nothing may leave this machine."""
    return any(failure.detector.name == KEEPING.name for failure in failures)
