"""What must hold after every fault: I1 to I9, read from the databases, the media store, the receiver and the app.

Of I5 there are two halves: decisions are numbered without a gap, and each later one names the one it supersedes; and
the audit chain over them verifies, as `moderation audit verify` says after a `tests.faults.load.Load`.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from standardwebhooks import Webhook

from ground.database import Database
from ground.media_store import open_blobs
from moderation.core.decisions import Decision
from moderation.core.errors import NotFound
from moderation.core.items import Part
from moderation.settings import Settings
from moderation.storage import tables
from moderation.storage.opening import open_database
from review_ui.a2i.tables import human_loops
from review_ui.opening import MIGRATIONS
from review_ui.tables import metadata as review_metadata
from tests.faults.objects import Objects
from tests.faults.people import App
from tests.receiver import Request

OPEN = ("InProgress", "Stopping")


@dataclass
class Broken:
    """What does not hold, in words; nothing in any list when all does.

    Attributes:
        lost: I1, and promises that turned out otherwise.
        doubles: I2, and the numbers of I5.
        audit: I5, the sealed chain.
        loops: I3.
        webhooks: I4.
        media: I6.
        approved_on_error: I7.
        answers: I8.
        counted: I9.
    """

    lost: list[str] = field(default_factory=list)
    doubles: list[str] = field(default_factory=list)
    audit: list[str] = field(default_factory=list)
    loops: list[str] = field(default_factory=list)
    webhooks: list[str] = field(default_factory=list)
    media: list[str] = field(default_factory=list)
    approved_on_error: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))

    def __str__(self) -> str:
        return "\n".join(f"{name}: {said}" for name, said in asdict(self).items() if said)


class Facts:
    """The databases as they stand, opened beside the processes that write them.

    Args:
        objects: where media is, where it is not in the data folder.
    """

    def __init__(self, settings: Settings, objects: Objects | None = None, webhook_app: str = "shop") -> None:
        self.settings, self.objects = settings, objects
        self.database = open_database(settings)
        url = settings.review_database_url or f"sqlite:///{settings.data / 'review.db'}"
        self.review = Database(url, MIGRATIONS, review_metadata, version_table="review_alembic_version")
        self._app = webhook_app

    def close(self) -> None:
        self.database.close()
        self.review.close()

    def rows(self, query: sa.Select[Any], *, of_review: bool = False) -> Sequence[Any]:
        return (self.review if of_review else self.database).read(lambda c: c.execute(query).all())

    def waits_for(self, app: App) -> str:
        """What is still to be done; empty when nothing is."""
        undecided = sa.select(tables.items.c.id, tables.items.c.status).where(tables.items.c.status != "decided")
        if rows := self.rows(undecided):
            return f"{len(rows)} items, the first {rows[0]}"
        going_on = sa.select(tables.item_loops.c.name).where(tables.item_loops.c.state.in_(("starting", "open")))
        if rows := self.rows(going_on):
            return f"{len(rows)} human loops, the first {rows[0]}"
        if rows := self.rows(sa.select(tables.deliveries.c.id).where(tables.deliveries.c.state == "due")):
            return f"{len(rows)} deliveries, the first {rows[0]}"
        untold = sa.select(human_loops.c.name).where(human_loops.c.event_pending)
        if rows := self.rows(untold, of_review=True):
            return f"{len(rows)} events of human loops, the first {rows[0]}"
        missing = set(app.accepted) - {row.id for row in self.rows(sa.select(tables.items.c.id))}
        return f"{len(missing)} items that are not there" if missing else ""

    def check(self, app: App, got: Sequence[Request], surprises: Sequence[int] = ()) -> Broken:
        """I1 to I9. Everything that can be done must have been done: see `waits_for`."""
        broken = Broken()
        items = {row.id: row for row in self.rows(sa.select(tables.items))}
        loops = self.rows(sa.select(tables.item_loops))
        decisions: defaultdict[str, list[tuple[int, Decision]]] = defaultdict(list)
        for row in self.rows(sa.select(tables.decisions).order_by(tables.decisions.c.number)):
            decisions[row.item_id].append((row.number, Decision.model_validate(row.document)))
        _check_promises(broken, app, items, decisions, loops)
        _check_decisions(broken, items, decisions, loops)
        _check_loops(broken, loops, self.rows(sa.select(human_loops), of_review=True))
        self._check_webhooks(broken, decisions, items, got)
        self._check_media(broken, items)
        _check_marks(broken, items, decisions, self.rows(sa.select(tables.counter_marks)))
        broken.answers += app.unexpected + [f"a reviewer was answered {status}" for status in surprises]
        return broken

    def _check_webhooks(self, broken: Broken, decisions: Any, items: Any, got: Sequence[Request]) -> None:
        secret_of = sa.select(tables.apps.c.webhook_secret).where(tables.apps.c.name == self._app)
        secret = self.settings.webhook_secret or self.rows(secret_of)[0][0]
        bodies: defaultdict[str, set[bytes]] = defaultdict(set)
        for request in got:
            name = request.headers["webhook-id"]
            bodies[name].add(request.body)
            # Not `verify`, which refuses what is older than five minutes: many kills take longer.
            sent_at = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
            signature = Webhook(secret).sign(name, sent_at, request.body.decode())
            if signature not in request.headers["webhook-signature"].split(" "):
                broken.webhooks.append(f"{name} is not signed right")
        for name, different in bodies.items():
            if len(different) > 1:
                broken.webhooks.append(f"{name} was sent with {len(different)} bodies")
        wanted = {
            f"evt_{item_id.replace('-', '')}_{number}"
            for item_id, made in decisions.items()
            if items[item_id].document.get("callback_url")
            for number, _ in made
        }
        broken.webhooks += [f"{name} was never delivered" for name in sorted(wanted - set(bodies))]
        broken.webhooks += [f"{name} is of no decision" for name in sorted(set(bodies) - wanted)]

    def _check_media(self, broken: Broken, items: Any) -> None:
        blobs = open_blobs(self.settings)
        for row in items.values():
            for part in (Part.model_validate(each) for each in row.document["parts"]):
                if part.media is None or row.media_deleted_at is not None:
                    continue
                try:
                    in_s3 = self.objects.kept.get("/" + part.media.uri.removeprefix("s3://")) if self.objects else None
                    data = in_s3[0] if in_s3 else blobs.get(part.media.uri)
                    digest = hashlib.sha256(data).hexdigest()
                except NotFound:
                    digest = "missing"
                if digest != part.media.sha256:
                    broken.media.append(f"{part.media.uri} of {row.id}: {digest}")


def _check_promises(broken: Broken, app: App, items: Any, decisions: Any, loops: Sequence[Any]) -> None:
    for item_id in app.accepted:
        row = items.get(item_id)
        needs_attention = row is not None and (
            row.problem or any(loop.item_id == item_id and (loop.problem or loop.state == "stuck") for loop in loops)
        )
        if row is None or (row.status != "decided" and not needs_attention):
            broken.lost.append(f"{item_id} is {row.status if row else 'not there'}")
    for item_id, told in app.told.items():
        first = decisions[item_id][0][1].model_dump(mode="json", exclude_none=True) if decisions[item_id] else None
        if first is None or any(first[name] != told[name] for name in ("outcome", "decided_by", "reason")):
            broken.lost.append(f"{item_id} was told {told} and has {first}")
    appeals = Counter(loop.item_id for loop in loops if loop.purpose == "appeal" and loop.outcome is not None)
    for item_id in app.appealed:
        if not appeals[item_id]:
            broken.lost.append(f"the appeal of {item_id} led to nothing")
    for key, ids in app.by_key.items():
        if len(ids) > 1:
            broken.doubles.append(f"key {key} was answered with {sorted(ids)}")


def _check_decisions(broken: Broken, items: Any, decisions: Any, loops: Sequence[Any]) -> None:
    appeals = Counter(loop.item_id for loop in loops if loop.purpose == "appeal" and loop.outcome is not None)
    for item_id, row in items.items():
        made = decisions[item_id]
        if [number for number, _ in made] != list(range(1, len(made) + 1)):
            broken.doubles.append(f"{item_id} has decisions {[number for number, _ in made]}")
        if row.status == "decided" and len(made) != 1 + appeals[item_id]:
            broken.doubles.append(f"{item_id} has {len(made)} decisions and {appeals[item_id]} appeals")
        for number, decision in made[1:]:
            if decision.supersedes != number - 1 or decision.decided_by != "people":
                broken.doubles.append(f"decision {number} of {item_id} supersedes {decision.supersedes}")
        failures = (row.findings or {}).get("failures")
        if failures and made and made[0][1].outcome == "approve" and made[0][1].decided_by == "rules":
            broken.approved_on_error.append(f"{item_id} in spite of {failures[0]['kind']}")


def _check_marks(broken: Broken, items: Any, decisions: Any, marks: Sequence[Any]) -> None:
    """Each decided item is counted once as posted, and once as what its last decision says: a recount."""
    counted: defaultdict[str, list[str]] = defaultdict(list)
    for mark in marks:
        counted[mark.item_id].append(mark.of)
    for item_id, row in items.items():
        found = sorted(of for of in counted.pop(item_id, ()) if of != "review")
        wanted = sorted(["posted", decisions[item_id][-1][1].outcome]) if row.status == "decided" else None
        if wanted is not None and found != wanted:
            broken.counted.append(f"{item_id} is counted as {found}, and should be as {wanted}")
    broken.counted += [f"{item_id} is counted, and is not there" for item_id in counted]


def _check_loops(broken: Broken, loops: Sequence[Any], at_a2i: Sequence[Any]) -> None:
    ours = {loop.name: loop for loop in loops}
    of_item: defaultdict[str, list[Any]] = defaultdict(list)
    for loop in at_a2i:
        if loop.name not in ours:
            broken.loops.append(f"{loop.name} is open at A2I and nobody knows it")
        elif ours[loop.name].purpose in ("review", "appeal"):
            of_item[ours[loop.name].item_id].append(loop)
    for item_id, asked in of_item.items():
        asked.sort(key=lambda loop: loop.created_at)
        for earlier, later in pairwise(asked):
            if earlier.ended_at is None or later.created_at < earlier.ended_at:
                broken.loops.append(f"{item_id}: {earlier.name} and {later.name} were open at the same time")
