"""Copies: once a public notice is upheld, its content goes on a list, and stored items that have it nearly are found.

Nothing is erased. A copy that rules had approved is rejected where the policy says so, which its app is told like any
decision; what people have approved is never overruled, but looked at again. All of it may run twice: what is on the
list stays there once, what is rejected is left alone, and who is asked is asked once.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from moderation.core.decisions import Decision
from moderation.core.errors import HumanLoopRefused, InvalidSubmission, NotFound
from moderation.core.fingerprints import Fingerprint
from moderation.core.items import Item
from moderation.core.policy.answering import Answering
from moderation.core.policy.policies import Policy
from moderation.core.policy.terms import Ask
from moderation.detection.subjects import content_types_of
from moderation.pipeline.deciding import decide_anew
from moderation.pipeline.loops import notice_loop
from moderation.pipeline.ports import Ports
from moderation.storage.lists import RunTimeLists
from moderation.storage.public_notices import PublicNotice, PublicNotices
from moderation.storage.records import ItemRecord

logger = logging.getLogger(__name__)

Became = Literal["rejected", "asked", "waits", "same", "left"]
"""What became of a copy: ``waits`` where people look at it already, or it is not judged yet; ``same`` where it was
rejected before; ``left`` where people should look and nobody can be asked."""
NOTHING = Answering()


@dataclass
class Swept:
    """What an upheld notice did elsewhere.

    Attributes:
        copies: ids by what became of them.
        listed: names of lists.
        problem: why nothing was listed.
    """

    copies: dict[Became, list[str]] = field(default_factory=dict)
    listed: list[str] = field(default_factory=list)
    problem: str = ""

    def document(self) -> dict[str, Any]:
        """As it is kept with the notice: what was rejected and left by id, of the others how many."""
        counts = {name: len(ids) for name, ids in self.copies.items()}
        named: dict[str, Any] = {
            "rejected": self.copies.get("rejected", []),
            "left": self.copies.get("left", []),
            "listed": self.listed,
        }
        return {"counts": counts, **named} | ({"problem": self.problem} if self.problem else {})


class Copies:
    """Sees to what upheld notices ask for.

    Args:
        copies: other items that have a part of one nearly, by its id.
    """

    def __init__(
        self, ports: Ports, notices: PublicNotices, lists: RunTimeLists, copies: Callable[[str], Sequence[str]]
    ) -> None:
        self._ports, self._notices, self._lists, self._copies = ports, notices, lists, copies

    def sweep(self, notice: PublicNotice) -> Mapping[str, Any]:
        """List what an upheld notice is about, and act on its copies; take that back for a reversed one."""
        try:
            record = self._ports.store.get_item(notice.item_id or "")
        except NotFound:
            return Swept(problem="its item is gone").document()
        if notice.state == "reversed":
            return self._take_back(notice).document()
        if record.decision is None or record.decision.outcome != "reject":
            return Swept(problem="its item is not rejected any more").document()
        swept = Swept()
        answering = self._answering(record)
        self._list(notice, record.item, answering, swept)
        why = f"nearly the same as item {record.item.id}, which was rejected after a notice ({notice.kind})"
        ask = answering.copies or Ask.of("review", answering.queue)
        for item_id in self._copies(record.item.id):
            swept.copies.setdefault(self._act(item_id, ask, record.decision, why), []).append(item_id)
        logger.info("notice=%s item=%s copies=%s", notice.number, record.item.id, swept.document()["counts"])
        return swept.document()

    def _take_back(self, notice: PublicNotice) -> Swept:
        swept, before = Swept(), notice.swept or {}
        by, now = _by(notice), self._ports.clock()
        for name in before.get("listed", ()):
            for entry in self._lists.entries(name, now):
                if entry.by == by:
                    self._lists.remove(name, entry.id, by=by, why="people have approved it since", now=now)
        why = f"rejected as a copy of item {notice.item_id}, which people have approved since"
        for item_id in before.get("rejected", ()):
            became = self._ask(item_id, why, None)
            swept.copies.setdefault(became, []).append(item_id)
        return swept

    def _list(self, notice: PublicNotice, item: Item, answering: Answering, swept: Swept) -> None:
        if answering.list is None:
            return
        values = hashes_of(item, self._ports.judge.fingerprints(item))
        if not values:
            return
        why = f"upheld: {notice.kind}, item {item.id}"
        try:
            self._lists.add(answering.list, values, by=_by(notice), why=why, now=self._ports.clock(), kind="hashes")
        except InvalidSubmission as error:
            logger.error("notice=%s is on no list: %s", notice.number, error)
            swept.problem = str(error)
        else:
            swept.listed.append(answering.list)

    def _act(self, item_id: str, ask: Ask, original: Decision, why: str) -> Became:
        record = self._record(item_id)
        if record is None:
            return "same"
        if record.decision is not None and record.decision.outcome == "reject":
            # By this very sweep, where it was broken off: what it did is to be known when it is taken back.
            return "rejected" if record.decision.reason == f"It is {why}" else "same"
        if record.status != "decided" or record.decision is None:
            return "waits"
        if ask.outcome != "reject" or record.decision.decided_by == "people":
            return self._ask(item_id, why, ask.queue)
        if not decide_anew(self._ports, record, _decision_on_copy(original, why, self._ports)):
            return "waits"
        return "rejected"

    def _ask(self, item_id: str, why: str, queue: str | None) -> Became:
        record = self._record(item_id)
        if record is None:
            return "same"
        if record.status != "decided":
            return "waits"
        try:
            loop = notice_loop(self._ports, record, f"Copy: {why}", queue=queue)
        except HumanLoopRefused as error:
            logger.error("item=%s stays as it was decided, because nobody can be asked: %s", item_id, error)
            return "left"
        if not self._notices.ask(record, loop, ()):
            return "waits"
        self._ports.news.spread()
        self._ports.ask()
        return "asked"

    def _record(self, item_id: str) -> ItemRecord | None:
        try:
            return self._ports.store.get_item(item_id)
        except NotFound:
            return None

    def _answering(self, record: ItemRecord) -> Answering:
        named = (policy.file.notices for policy in self._applicable(record))
        return next((each for each in named if each is not None), NOTHING)

    def _applicable(self, record: ItemRecord) -> tuple[Policy, ...]:
        return self._ports.judge.policies.for_content(record.item.app, content_types_of(record.parts))


def hashes_of(item: Item, made: Sequence[Fingerprint]) -> list[str]:
    """What an item's given parts are recognised by, as lists of hashes have it."""
    digests = [
        part.media.sha256 if part.media is not None else hashlib.sha256(_bytes(part.text or "")).hexdigest()
        for part in item.parts
        if part.media is not None or part.text
    ]
    near = [f"{each.kind}:{each.bits:016x}" for each in made if each.bits is not None]
    return list(dict.fromkeys([*digests, *near]))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _by(notice: PublicNotice) -> str:
    return f"notice {notice.number}"


def _decision_on_copy(original: Decision, why: str, ports: Ports) -> Decision:
    return Decision(
        outcome="reject",
        decided_by="rules",
        labels=original.labels,
        reasons=original.reasons,
        reason=f"It is {why}",
        policy=original.policy,
        decided_at=ports.clock(),
    )
