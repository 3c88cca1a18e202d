"""Uploads: media sent straight to where it is kept, with a short-lived address, and named in an item afterwards.

In S3 the address is a presigned POST: the bytes never pass through this service. With media in a folder it is our own
``/uploads``, which takes the same kind of form, so that a client has one way for both. Either way the address is good
for one object, of one type, up to a size, for some minutes; what was uploaded is kept for a day.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ground.blobs import Blobs, FolderBlobs
from ground.ids import is_hex_id, new_hex_id
from ground.media.sniffing import CONTENT_TYPES
from ground.media_store import own_of
from ground.s3 import S3Blobs
from moderation.core.errors import FieldError, InvalidSubmission, MediaRefused, NotFound
from moderation.settings import Settings
from moderation.storage.accounts import Accounts

KEPT = timedelta(days=1)
"""How long an upload may be named in items; then `moderation retention`, or the bucket's own rule, removes it."""
PREFIX = "uploads/"
FORM_BYTES = 65_536
"""What a form may have beside the file."""


@dataclass(frozen=True)
class Upload:
    """Where one object may be sent: a POST of a multipart form with these fields, then the file as ``file``.

    Attributes:
        id: for ``upload`` in a part of an item.
        max_bytes: of the file.
    """

    id: str
    url: str
    fields: Mapping[str, str]
    content_type: str
    max_bytes: int
    expires_at: datetime


class Uploads:
    """Makes upload addresses, takes what is sent to our own, and finds it again."""

    def __init__(self, settings: Settings, blobs: Blobs, accounts: Accounts) -> None:
        self._settings, self._blobs, self._accounts = settings, blobs, accounts

    def begin(self, app: str, content_type: str, size_bytes: int | None, own_url: str, now: datetime) -> Upload:
        """An address for one object.

        Args:
            size_bytes: the most it may have; None for as much as is accepted at all.
            own_url: how this service is reached.

        Raises:
            InvalidSubmission: the type or the size is not accepted.
            StoreUnavailable: nothing can be signed, for want of credentials.
        """
        if content_type not in CONTENT_TYPES:
            known = ", ".join(sorted(CONTENT_TYPES))
            raise InvalidSubmission([FieldError("content_type", f"{content_type[:60]!r} is not accepted; use {known}")])
        most = self._most_bytes()
        if size_bytes is not None and not 1 <= size_bytes <= most:
            raise InvalidSubmission([FieldError("size_bytes", f"1 to {most:,} bytes are accepted")])
        max_bytes = size_bytes or most
        seconds = self._settings.upload_seconds
        upload_id, expires_at = new_hex_id(), now + timedelta(seconds=seconds)
        s3 = self._s3()
        if s3 is not None:
            url, fields = s3.presigned_post(_key(app, upload_id), content_type, max_bytes, seconds)
        else:
            url = f"{own_url.rstrip('/')}/uploads"
            claims: dict[str, Any] = {"app": app, "id": upload_id, "type": content_type, "max_bytes": max_bytes}
            fields = self._signed(app, {**claims, "expires_at": expires_at.timestamp()})
        return Upload(upload_id, url, fields, content_type, max_bytes, expires_at)

    def take(self, fields: Mapping[str, str], data: bytes, now: datetime) -> None:
        """Store what was sent to our own address.

        Raises:
            NotFound: the fields were not made by `begin`, or are over.
            MediaRefused: too much, or nothing.
        """
        claims = self._claims(fields.get("policy", ""), fields.get("signature", ""))
        if not now.timestamp() <= claims["expires_at"]:
            raise NotFound("this upload address is over; ask POST /v1/uploads for another")
        if fields.get("Content-Type", claims["type"]) != claims["type"]:
            raise MediaRefused("unknown_format", f"this address takes {claims['type']} only")
        if not data:
            raise MediaRefused("damaged", "the file is empty")
        if len(data) > claims["max_bytes"]:
            raise MediaRefused("too_large", f"more than the {claims['max_bytes']:,} bytes that this address takes")
        self._blobs.put(_key(claims["app"], claims["id"]), data, claims["type"])

    def read(self, app: str, upload_id: str) -> bytes:
        """What was uploaded, for an item of the same app.

        Raises:
            NotFound: nothing was, or by another app, or too long ago.
            MediaRefused: it is larger than accepted now.
            StoreUnavailable: S3 did not answer.
        """
        if not is_hex_id(upload_id):
            raise NotFound("the id of an upload is the one that POST /v1/uploads answered")
        try:
            uri = f"s3://{self._settings.media_bucket}/{_key(app, upload_id)}"
            return self._blobs.get(uri, self._settings.max_media_bytes)
        except NotFound as error:
            hours = int(KEPT.total_seconds() // 3600)
            raise NotFound(
                f"nothing was uploaded as {upload_id}; it must be sent first, and is kept for {hours} hours"
            ) from error

    def forget_old(self, now: datetime) -> int:
        """Remove uploads from the folder that are too old to be named; in S3 a lifecycle rule of the bucket does it.

        Returns:
            How many there were.
        """
        own = own_of(self._blobs)
        return own.remove_older(PREFIX, now - KEPT) if isinstance(own, FolderBlobs) else 0

    def _s3(self) -> S3Blobs | None:
        """Where presigned addresses lead; None with own media in a folder."""
        own = own_of(self._blobs)
        return own if isinstance(own, S3Blobs) else None

    def _most_bytes(self) -> int:
        if self._s3() is not None:
            return self._settings.max_media_bytes
        return max(min(self._settings.max_media_bytes, self._settings.max_body_bytes - FORM_BYTES), 1)

    def _signed(self, app: str, claims: Mapping[str, Any]) -> dict[str, str]:
        policy = base64.urlsafe_b64encode(json.dumps(claims, separators=(",", ":")).encode()).decode()
        return {"policy": policy, "signature": self._signature(app, policy)}

    def _signature(self, app: str, policy: str) -> str:
        # The app's webhook secret signs, so that every process of the service can check it. An app that misuses its
        # own secret can give itself no more than POST /v1/uploads would.
        secret = self._accounts.webhook_secret(app).encode()
        return hmac.new(secret, b"moderation upload\n" + policy.encode(), hashlib.sha256).hexdigest()

    def _claims(self, policy: str, signature: str) -> dict[str, Any]:
        forged = "this is no upload address of ours; ask POST /v1/uploads for one"
        try:
            claims = json.loads(base64.urlsafe_b64decode(policy.encode("ascii")))
            if not isinstance(claims, dict) or not hmac.compare_digest(
                self._signature(str(claims.get("app")), policy), signature
            ):
                raise NotFound(forged)
            claims["max_bytes"] = min(int(claims["max_bytes"]), self._most_bytes())
            claims["expires_at"] = float(claims["expires_at"])
            if not is_hex_id(claims["id"]) or claims["type"] not in CONTENT_TYPES:
                raise NotFound(forged)
        except (ValueError, OverflowError, KeyError, TypeError, RecursionError) as error:
            raise NotFound(forged) from error
        return claims


def _key(app: str, upload_id: str) -> str:
    return f"{PREFIX}{app}/{upload_id}"
