"""The A2I endpoint's state: its database, the media store for outputs, keys, and who is told when a loop ends."""

from __future__ import annotations

import copy
import logging
import random
import secrets
import string
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.awswire.signing import sign_link
from ground.awswire.throttle import Throttle
from ground.blobs import Blobs
from ground.database import Database
from ground.errors import NotFound
from review_ui import tables
from review_ui.care.exposure import DEFAULT_CARE, Care, note_missing_harms
from review_ui.settings import ReviewSettings

logger = logging.getLogger(__name__)

ACCOUNT = "000000000000"
"""The account number in our ARNs."""
SWEEP_SECONDS = 1.0
LINK_SECONDS = 3600
"""How long an address that a template was given (grant_read_access) can be read."""


@dataclass(frozen=True)
class AccessKey:
    """A key of our own for signing requests. The secret has to be kept, because signatures are computed from it."""

    id: str
    secret: str
    created_at: datetime
    revoked_at: datetime | None = None


class ReviewService:
    """What the endpoint and the portal work on.

    Args:
        on_status_change: told of ended loops, in the form of Amazon's EventBridge event, at least once each.
        clock: the wall time; given for tests.
        undo_seconds: how long a reviewer's last answer waits before it counts.
        most_loops: loops that may be in progress at the same time; 0 for any number.
        most_workteams: on AWS 25 in a Region.
        calls_per_second: of one access key; 0 for any number.
        checks_signatures: False takes unsigned requests, from this machine only.
        care: how much of what people are given.
        golden_percent: how many of the tasks have a known answer, where there are such and a queue says nothing else.

    Attributes:
        chance: a number in [0, 1) that nobody can foresee; given for tests.
        base_url: where the endpoint is reached; empty when only a request can tell.
        has_public_url: the settings say where, so that no request does.
    """

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        region: str,
        on_status_change: Callable[[dict[str, Any]], None] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        undo_seconds: float = 10.0,
        most_loops: int = 0,
        most_workteams: int = 25,
        calls_per_second: float = 0.0,
        checks_signatures: bool = True,
        care: Care = DEFAULT_CARE,
        golden_percent: float = 0.0,
    ) -> None:
        self.database, self.blobs, self.region, self.clock = database, blobs, region, clock
        self.on_status_change, self.undo_seconds, self.care = on_status_change, undo_seconds, care
        self.most_loops, self.most_workteams = most_loops, most_workteams
        self.throttle, self.checks_signatures = Throttle(calls_per_second), checks_signatures
        self.golden_percent = golden_percent
        self.chance: Callable[[], float] = random.SystemRandom().random
        self.base_url, self.has_public_url = "", False
        self._stop, self._wake = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    @classmethod
    def open(
        cls, settings: ReviewSettings, *, blobs: Blobs, on_status_change: Callable[[dict[str, Any]], None] | None = None
    ) -> ReviewService:
        """Open the database that the settings name and bring it to the newest schema."""
        path = settings.data / "review.db"
        if settings.review_database_url is None and not path.exists():
            # It holds access keys and password hashes: for the owner's eyes only, from its first byte on.
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
        url = settings.review_database_url or f"sqlite:///{path}"
        folder = Path(__file__).parent.parent / "migrations"
        database = Database(url, folder, tables.metadata, version_table="review_alembic_version")
        database.migrate()
        care = Care.of(settings)
        note_missing_harms(database, care)
        service = cls(
            database,
            blobs,
            settings.a2i_region,
            on_status_change,
            undo_seconds=settings.undo_seconds,
            most_loops=settings.a2i_most_loops,
            most_workteams=settings.a2i_most_workteams,
            calls_per_second=settings.a2i_calls_per_second,
            checks_signatures=settings.a2i_check_signatures,
            care=care,
            golden_percent=settings.golden_percent,
        )
        if settings.public_url:
            service.base_url, service.has_public_url = f"{settings.public_url.rstrip('/')}/a2i", True
        return service

    def arn(self, kind: str, name: str) -> str:
        """An ARN of ours: ``flow-definition``, ``human-loop``, ``human-task-ui``, ``workteam/private-crowd``."""
        return f"arn:aws:sagemaker:{self.region}:{ACCOUNT}:{kind}/{name}"

    def reached_at(self, base_url: str) -> ReviewService:
        """The same service for a request that came to `base_url`: unless the settings say where, links lead there."""
        if self.has_public_url:
            return self
        here = copy.copy(self)
        here.base_url = base_url
        return here

    def read_link(self, bucket: str, key: str, seconds: int = LINK_SECONDS) -> str:
        """An address where whoever has it can read one object of the media store for some seconds."""
        url = f"{self.base_url}/s3/{quote(bucket)}/{quote(key, safe='/~')}"
        return sign_link(url, self.internal_access_key(), self.region, seconds)

    def start(self) -> None:
        """Look after time limits, unwritten outputs and unsent events in the background."""
        from review_ui.a2i.outputs import sweep

        def run() -> None:
            while not self._stop.is_set():
                self._wake.wait(SWEEP_SECONDS)
                self._wake.clear()
                try:
                    sweep(self)
                except Exception:
                    logger.exception("the sweep over human loops failed; the next one tries again")

        self._thread = threading.Thread(target=run, name="a2i-sweep", daemon=True)
        self._thread.start()

    def nudge(self) -> bool:
        """Have outputs and events looked after at once, so that no reviewer waits; False when nobody does that here."""
        self._wake.set()
        return self._thread is not None and self._thread.is_alive()

    def close(self) -> None:
        """Stop the sweep and close the database."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        self.database.close()

    # Access keys

    def add_access_key(self, *, is_internal: bool = False) -> AccessKey:
        """A new key, in the form that AWS's have."""
        letters = string.ascii_uppercase + "234567"
        key = AccessKey(
            "MODA" + "".join(secrets.choice(letters) for _ in range(16)), secrets.token_urlsafe(30), self.clock()
        )
        row = {"id": key.id, "secret": key.secret, "is_internal": is_internal, "created_at": key.created_at}
        self.database.write(lambda c: c.execute(sa.insert(tables.access_keys).values(row)))
        return key

    def internal_access_key(self) -> tuple[str, str]:
        """The key with which the service of this installation calls its own endpoint; made once."""
        keys = tables.access_keys
        query = sa.select(keys).where(keys.c.is_internal.is_(True), keys.c.revoked_at.is_(None))
        row = self.database.read(lambda c: c.execute(query).first())
        if row is not None:
            return row.id, row.secret
        key = self.add_access_key(is_internal=True)
        return key.id, key.secret

    def list_access_keys(self) -> Sequence[AccessKey]:
        """All keys but the internal one, oldest first."""
        keys = tables.access_keys
        query = sa.select(keys).where(keys.c.is_internal.is_(False)).order_by(keys.c.created_at)
        return self.database.read(
            lambda c: [AccessKey(r.id, r.secret, r.created_at, r.revoked_at) for r in c.execute(query)]
        )

    def revoke_access_key(self, key_id: str) -> None:
        """Make a key useless from now on. Raises `NotFound`."""
        update = sa.update(tables.access_keys).where(tables.access_keys.c.id == key_id)
        if not self.database.write(lambda c: c.execute(update.values(revoked_at=self.clock())).rowcount):
            raise NotFound(f"no access key {key_id}")

    def secret_of(self, key_id: str) -> str | None:
        """The secret of a key in force."""
        keys = tables.access_keys
        query = sa.select(keys.c.secret).where(keys.c.id == key_id, keys.c.revoked_at.is_(None))
        return self.database.read(lambda c: _scalar(c, query))


def _scalar(c: Connection, query: Any) -> str | None:
    found: str | None = c.execute(query).scalar_one_or_none()
    return found
