"""The profile for works councils: what holds where people at work are seen, and no setting makes it less.

Which agreement or law asks for it is for counsel and the council to say; `docs/works-council.md` says what is done.
"""

from __future__ import annotations

from datetime import timedelta

LEAST_GROUP = 5
"""Smaller numbers are in no report."""
ALARM_AFTER_SECONDS = 10.0
"""So long something is wrong before anybody is alarmed: a helmet taken off for a moment is nobody's business."""
KEPT = timedelta(hours=24)
"""From the decision, after which an item goes with its picture and all that was found in it."""
