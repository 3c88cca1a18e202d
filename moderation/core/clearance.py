"""Clearance: what somebody has to hold to see an item, because of a list that it is on or a queue that it was in.

Clearances are names without an order between them. An item may have several, and whoever sees it holds all of them.
Nothing takes one off an item again. A detector that found something on a list with a clearance says so by an
attribute of the detection.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from moderation.core.detections import Detection
from moderation.core.policy.terms import NAME

CLEARANCE = "clearance"
"""The attribute of a detection that names one."""
LONGEST = 60


def clearances_found(found: Iterable[Detection]) -> dict[str, str]:
    """The clearances that detections ask for, each with why, such as ``list partners``.

    What is no name is kept as it is, cut: nobody can hold such a clearance, so that a plugin's slip hides the item
    from everybody in place of showing it to anybody.
    """
    wanted: dict[str, str] = {}
    for detection in found:
        said = detection.attributes.get(CLEARANCE)
        if said is None:
            continue
        listed = detection.attributes.get("list")
        why = f"list {listed}" if isinstance(listed, str) else f"label {detection.label}"
        for each in said if isinstance(said, list | tuple) else (said,):
            wanted.setdefault(str(each)[:LONGEST] or "?", why)
    return wanted


def is_clearance(name: str) -> bool:
    """True of what can name a clearance: small letters, digits, ``-`` and ``_``; at most `LONGEST`."""
    return len(name) <= LONGEST and NAME.fullmatch(name) is not None


def may_see(needed: Iterable[str], held: Collection[str]) -> bool:
    """True when all that is needed is held."""
    return set(needed) <= set(held)
