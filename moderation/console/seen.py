"""Seen: items as the person who is signed in may see them; the one way by which the console's pages get any.

Who does not hold all the clearances of an item is told that there is none. `tests/moderation/console/test_seen.py` sees
to it that no page goes another way.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import g

from ground.errors import InputError, NotFound
from moderation.core.clearance import may_see
from moderation.service import Service
from moderation.storage.lists import Change, Entry, ListState
from moderation.storage.public_notices import PublicNotice
from moderation.storage.records import ItemRecord
from moderation.storage.searching import Asked, Row, Searching


class Seen:
    """What of the service's items somebody sees."""

    def __init__(self, service: Service) -> None:
        self._service, self._searching = service, Searching(service.database)

    @property
    def held(self) -> tuple[str, ...]:
        """What the person who is signed in holds."""
        held: tuple[str, ...] = g.session.user.clearances
        return held

    def item(self, item_id: str) -> ItemRecord:
        """An item with all that happened. Raises `NotFound`, for one that they are not cleared for as for none."""
        record = self._service.store.get_item(item_id)
        if not may_see(record.clearances, self.held):
            raise NotFound(f"no item {item_id}")
        return record

    def page(self, asked: Asked, before: str | None, limit: int) -> Sequence[Row]:
        """See `Searching.page`."""
        return self._searching.page(asked, self.held, before, limit)

    def count(self, asked: Asked) -> int:
        """See `Searching.count`."""
        return self._searching.count(asked, self.held)

    def rows(self, ids: Collection[str]) -> Sequence[Row]:
        """See `Searching.rows`."""
        return self._searching.rows(ids, self.held)

    def notices(self, **asked: Any) -> Sequence[PublicNotice]:
        """See `PublicNotices.find`; none of items that they are not cleared for."""
        return self._service.notices.find(held=self.held, **asked)

    def notice(self, number: str) -> PublicNotice:
        """A notice. Raises `NotFound`, as `item` does."""
        notice = self._service.notices.get(number)
        if notice.item_id is not None and self.hidden([notice.item_id]):
            raise NotFound(f"no notice {number[:20]}")
        return notice

    def hidden(self, ids: Collection[str]) -> frozenset[str]:
        """Those of the items that they are not cleared for."""
        return self._service.clearances.hidden(ids, self.held)

    def without_content(self, backtest: Any) -> Any:
        """A stored backtest without the content of items that they are not cleared for; None for none."""
        report = None if backtest is None else backtest.report
        if not report or not report.get("most_changed"):
            return backtest
        changed = report["most_changed"]
        hidden = self.hidden([each["item"] for each in changed])
        shown = [{**each, "content": ""} if each["item"] in hidden else each for each in changed]
        return replace(backtest, report={**report, "most_changed": shown})


class SeenLists:
    """The lists at run time as the person who is signed in may see them: not those with a clearance they do not hold.

    What stands on such a list is often content itself: words, addresses, digests of what is looked for.
    """

    def __init__(self, service: Service) -> None:
        self._lists, self._clearances = service.lists, service.clearances

    def states(self, now: datetime) -> list[ListState]:
        """See `RunTimeLists.states`."""
        asked = self._clearances.of_lists()
        return [each for each in self._lists.states(now) if self._is_shown(asked.get(each.name, ()))]

    def state(self, name: str, now: datetime) -> tuple[ListState, list[Entry]]:
        """See `RunTimeLists.state`."""
        self._need(name)
        return self._lists.state(name, now)

    def changes(self, name: str, limit: int = 200) -> list[Change]:
        """See `RunTimeLists.changes`. Raises `NotFound`."""
        self._need(name)
        return self._lists.changes(name, limit)

    def add(self, name: str, values: Sequence[str], **given: Any) -> list[Entry]:
        """See `RunTimeLists.add`. Raises `InputError` for a list that they may not see."""
        if not self._is_shown(self._clearances.of_lists().get(name, ())):
            raise InputError(f"list '{name}' needs a clearance that you do not hold")
        return self._lists.add(name, values, **given)

    def remove(self, name: str, entry_id: int, **given: Any) -> Entry:
        """See `RunTimeLists.remove`."""
        self._need(name)
        return self._lists.remove(name, entry_id, **given)

    def _need(self, name: str) -> None:
        if not self._is_shown(self._clearances.of_lists().get(name, ())):
            raise NotFound(f"there is no list '{name}'")

    def _is_shown(self, needed: Collection[str]) -> bool:
        return may_see(needed, g.session.user.clearances)
