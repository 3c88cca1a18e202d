"""What is to be done with what a camera shows: an item, a report of what is wrong with it, or nothing. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "offline", "frozen", "black"]
BLACK, FLAT = 10.0, 4.0
"""Brightness and spread, of 255, below which a picture shows nothing."""
UNCHANGED = 0.02
"""Mean difference of two looks, of 255, below which they are the same: what a sensor sees is never twice the same."""
LOOKS = 5
"""So many looks in a row before a camera counts as frozen or black: a lorry may stand in front of it."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


@dataclass(frozen=True)
class Glance:
    """What matters of one look; None stands for a camera that gave no picture."""

    is_new: bool
    brightness: float
    spread: float
    changed: float | None

    @property
    def is_black(self) -> bool:
        """Whether it shows nothing."""
        return self.brightness < BLACK and self.spread < FLAT

    @property
    def is_still(self) -> bool:
        """Whether it shows the same as before, to the last bit."""
        return not self.is_new or (self.changed is not None and self.changed < UNCHANGED)


def state_of(glances: Sequence[Glance | None]) -> State:
    """How a camera is, by its last looks, oldest first; at least one of them."""
    if glances[-1] is None:
        return "offline"
    last = glances[-LOOKS:]
    if len(last) == LOOKS and all(each is not None and each.is_black for each in last):
        return "black"
    if len(last) == LOOKS and all(each is not None and each.is_still for each in last):
        return "frozen"
    return "ok"


def pause(failures: int) -> float:
    """Seconds before a camera that is gone is called again, after so many failures in a row."""
    return min(FIRST_PAUSE * 2.0 ** min(failures - 1, 10), LONGEST_PAUSE)


@dataclass(frozen=True)
class Judged:
    """What became of an item: ``approve``, ``reject`` or ``review``, and why, for people."""

    outcome: str
    reason: str = ""


def alert(judged: Sequence[Judged], place: str) -> str:
    """What is said of a camera's last items, oldest first: empty, or how many of them are not approved, and why.

    From two of five on, so that one look that was wrong wakes nobody. The reason is the one that most of them have.
    """
    last = judged[-5:]
    bad = [each.reason for each in last if each.outcome != "approve"]
    if len(bad) < 2:
        return ""
    reason = max(bad, key=lambda each: (bad.count(each), bool(each)))
    said = f"{len(bad)} of {len(last)} pictures at {place} were not approved"
    return f"{said}: {reason}" if reason else said
