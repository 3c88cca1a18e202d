"""Spreading: what the service knows of items' clearances, the portal's database is told before it shows a page.

The two may be two databases. A page that was asked for after the item got its clearance does not show the item's human
loops, those of before either: whoever asks for it has this done first.
"""

from __future__ import annotations

from collections.abc import Sequence

from ground.database import Database
from moderation.storage.attention import Attention, items_of_loops
from moderation.storage.clearances import Clearances
from review_ui.clearance import put_on_items_loops
from review_ui.desk.staffing import Unstaffed
from review_ui.service import ReviewService


class Spreading:
    """Tells `review` what `clearances` knows and it does not. May be done by several processes, and twice."""

    def __init__(self, clearances: Clearances, review: ReviewService) -> None:
        self._clearances, self._review = clearances, review

    def spread(self) -> None:
        """Until nothing is left to tell; costs one look at an empty index nearly always. Raises `StoreUnavailable`."""
        while untold := self._clearances.untold():
            put_on_items_loops(self._review.database, untold, self._review.clock())
            self._clearances.told({item_id: names for item_id, (names, _loops) in untold.items()})


def waiting_for_clearance(database: Database, unstaffed: Sequence[Unstaffed]) -> list[Attention]:
    """Items that wait because nobody holds what they need, as what needs attention."""
    why = {name: f"nobody who reviews holds {', '.join(each.needed)}" for each in unstaffed for name in each.loops}
    return items_of_loops(database, why)
