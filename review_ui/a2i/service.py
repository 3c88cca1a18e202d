"""The A2I endpoint's state: its database, the media store for outputs, keys, and who is told when a loop ends."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.awswire.signing import sign_link
from ground.awswire.throttle import Throttle
from ground.blobs import Blobs
from ground.database import Database
from ground.errors import NotFound
from review_ui.a2i import tables
from review_ui.a2i.chain import note_change
from review_ui.a2i.owners import Caller, Objects, OperatorsAlone

ACCOUNT = "000000000000"
"""The account number in our ARNs."""
LINK_SECONDS = 3600
"""How long an address that a template was given (grant_read_access) can be read."""


@dataclass(frozen=True)
class AccessKey:
    """A key of our own for signing requests. The secret has to be kept, because signatures are computed from it.

    Attributes:
        app: whose it is; None for the operator's, which may read everything.
    """

    id: str
    secret: str
    created_at: datetime
    revoked_at: datetime | None = None
    app: str | None = None


@dataclass(frozen=True)
class NewLoop:
    """A loop that was just started.

    Attributes:
        content: its InputContent.
        app: whose access key started it; None for the operator's.
    """

    name: str
    content: Mapping[str, Any]
    app: str | None


LoopStarted = Callable[[Connection, NewLoop], None]


@dataclass(frozen=True)
class Links:
    """Addresses where objects of the media store can be read for a while.

    Attributes:
        endpoint: where the endpoint is reached, ``/a2i`` included, as the one who gets the address reaches it.
        access_key: id and secret that sign it.
    """

    endpoint: str
    region: str
    access_key: Callable[[], tuple[str, str]]

    def portal(self) -> str:
        """Where people work, without ``https://``, as DescribeWorkteam's ``SubDomain`` has it."""
        return f"{self.endpoint.partition('://')[2].removesuffix('/a2i')}/review"

    def host(self) -> str:
        """The endpoint's host, with its port where it is not the usual one."""
        return self.endpoint.partition("://")[2].partition("/")[0].lower()

    def read_link(self, bucket: str, key: str, seconds: int = LINK_SECONDS) -> str:
        """An address where whoever has it can read one object for some seconds."""
        url = f"{self.endpoint}/s3/{quote(bucket)}/{quote(key, safe='/~')}"
        return sign_link(url, self.access_key(), self.region, seconds)


class A2IService:
    """What the endpoint works on.

    Args:
        on_status_change: told of ended loops, in the form of Amazon's EventBridge event, at least once each.
        clock: the wall time; given for tests.
        most_loops: loops that may be in progress at the same time; 0 for any number.
        most_workteams: on AWS 25 in a Region.
        calls_per_second: of one access key; 0 for any number.
        checks_signatures: False takes unsigned requests, from this machine only.
        public_url: how others reach the endpoint, ``/a2i`` included; empty when only a request can tell.
        on_loop_started: told of each new loop within its transaction.
        sweeps: what else is tidied in the transaction of each sweep.
        template_hosts: hosts that all templates' pages may load scripts from and show in frames.

    Attributes:
        objects: what apps may have shown and written; set by who opens this where apps have buckets.
    """

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        region: str,
        on_status_change: Callable[[dict[str, Any]], None] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        most_loops: int = 0,
        most_workteams: int = 25,
        calls_per_second: float = 0.0,
        checks_signatures: bool = True,
        public_url: str = "",
        on_loop_started: LoopStarted = lambda _connection, _loop: None,
        sweeps: Sequence[Callable[[Connection], None]] = (),
        template_hosts: Sequence[str] = (),
    ) -> None:
        self.database, self.blobs, self.region, self.clock = database, blobs, region, clock
        self.objects: Objects = OperatorsAlone()
        self.on_status_change, self.on_loop_started, self.sweeps = on_status_change, on_loop_started, tuple(sweeps)
        self.most_loops, self.most_workteams = most_loops, most_workteams
        self.template_hosts = tuple(template_hosts)
        self.throttle, self.checks_signatures, self.public_url = (
            Throttle(calls_per_second),
            checks_signatures,
            public_url,
        )

    def arn(self, kind: str, name: str) -> str:
        """An ARN of ours: ``flow-definition``, ``human-loop``, ``human-task-ui``, ``workteam/private-crowd``."""
        return f"arn:aws:sagemaker:{self.region}:{ACCOUNT}:{kind}/{name}"

    def links(self, reached_at: str) -> Links:
        """Addresses of stored objects for somebody who came to `reached_at`, the endpoint's address as they have it."""
        return Links(self.public_url or reached_at, self.region, self.internal_access_key)

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    # Access keys

    def add_access_key(self, *, is_internal: bool = False, app: str | None = None) -> AccessKey:
        """A new key, in the form that AWS's have.

        Args:
            app: whose it is; None for the operator's.
        """
        letters = string.ascii_uppercase + "234567"
        key = AccessKey(
            "MODA" + "".join(secrets.choice(letters) for _ in range(16)),
            secrets.token_urlsafe(30),
            self.clock(),
            app=app,
        )
        row = {"id": key.id, "secret": key.secret, "is_internal": is_internal, "created_at": key.created_at, "app": app}

        def work(c: Connection) -> None:
            c.execute(sa.insert(tables.access_keys).values(row))
            note_change(c, "access key added", key.id, key.created_at, app=app, is_internal=is_internal)

        self.database.write(work, step="a2i.add_access_key")
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
            lambda c: [AccessKey(r.id, r.secret, r.created_at, r.revoked_at, r.app) for r in c.execute(query)]
        )

    def revoke_access_key(self, key_id: str) -> None:
        """Make a key useless from now on. Raises `NotFound`."""
        update = sa.update(tables.access_keys).where(tables.access_keys.c.id == key_id)

        def work(c: Connection) -> bool:
            now = self.clock()
            if not c.execute(update.values(revoked_at=now)).rowcount:
                return False
            note_change(c, "access key revoked", key_id, now)
            return True

        if not self.database.write(work, step="a2i.revoke_access_key"):
            raise NotFound(f"no access key {key_id}")

    def secret_of(self, key_id: str) -> str | None:
        """The secret of a key in force."""
        keys = tables.access_keys
        query = sa.select(keys.c.secret).where(keys.c.id == key_id, keys.c.revoked_at.is_(None))
        return self.database.read(lambda c: _scalar(c, query))

    def app_of(self, key_id: str | None) -> str | None:
        """Whose an access key is; None for the operator's, and for no key."""
        query = sa.select(tables.access_keys.c.app).where(tables.access_keys.c.id == key_id)
        return self.database.read(lambda c: _scalar(c, query)) if key_id is not None else None

    def caller(self, key_id: str | None) -> Caller:
        """Who asks with an access key; an operator where signatures are not checked."""
        return Caller(self.app_of(key_id))


def _scalar(c: Connection, query: Any) -> str | None:
    found: str | None = c.execute(query).scalar_one_or_none()
    return found
