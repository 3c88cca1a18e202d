"""Events told to browsers by Web Push: encrypted for one browser (RFC 8291), signed as ours (VAPID, RFC 8292).

The push service of the browser's maker carries the message and cannot read it. A message has at most 4096 bytes: an
event that has more comes without what is in its `data` beside the item's names, and says so by ``is_cut``.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from ground.fetch import FetchFailed, Response, post
from moderation.core.errors import SettingsError, StoreUnavailable, UrlRefused

MOST_BYTES = 4096 - 86 - 16 - 1
"""Of plain text: a push service takes 4096 bytes (RFC 8030, section 7.2), less header, tag and padding (RFC 8188)."""
TOKEN_SECONDS = 12 * 3600
"""So long a signature is good; RFC 8292 allows a day."""
KEPT_SECONDS = 86_400
"""So long a push service keeps a message for a browser that is not there (TTL)."""


@dataclass(frozen=True)
class PushTarget:
    """A browser that somebody has subscribed with.

    Attributes:
        name: ``webpush:`` and the operator's word for it.
        endpoint: of the browser's maker; whoever knows it can be a nuisance, so it is in no log.
        p256dh: the browser's public key.
        auth: the secret that it shares with us.
        key_file: PEM of our key, on the curve P-256.
        contact: who is asked when our messages are a nuisance, as ``mailto:`` or ``https:``.
    """

    name: str
    endpoint: str = field(repr=False)
    p256dh: bytes = field(repr=False)
    auth: bytes = field(repr=False)
    key_file: Path
    contact: str

    @property
    def service(self) -> str:
        """``webpush``."""
        return "webpush"


def from_base64url(text: str) -> bytes:
    """Bytes, with or without padding. Raises `ValueError`."""
    return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)


def read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Our key. Raises `SettingsError`."""
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SettingsError(f"{path}: no private key in PEM without a password") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise SettingsError(f"{path}: not a key on the curve P-256, which `openssl ecparam -name prime256v1` makes")
    return key


def public_key(key: ec.EllipticCurvePrivateKey) -> str:
    """What a page subscribes with: ``applicationServerKey``, in base64url."""
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).decode().rstrip("=")


def encrypted(target: PushTarget, text: bytes) -> bytes:
    """A message that only this browser can read (RFC 8291)."""
    import http_ece

    once = ec.generate_private_key(ec.SECP256R1())
    sealed: bytes = http_ece.encrypt(
        text, private_key=once, dh=target.p256dh, auth_secret=target.auth, version="aes128gcm"
    )
    return sealed


def signed(target: PushTarget, now: datetime) -> str:
    """The header that says whose message it is (RFC 8292, section 3)."""
    from joserfc import jwt
    from joserfc.jwk import ECKey

    key = read_key(target.key_file)
    service = urlsplit(target.endpoint)
    claims = {
        "aud": f"{service.scheme}://{service.netloc}",
        "exp": int(now.timestamp()) + TOKEN_SECONDS,
        "sub": target.contact,
    }
    token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, ECKey.import_key(target.key_file.read_bytes()))
    return f"vapid t={token}, k={public_key(key)}"


def fitted(payload: bytes) -> bytes:
    """An event as it is, or as much of it as a push message takes."""
    if len(payload) <= MOST_BYTES:
        return payload
    event = json.loads(payload)
    event["data"] = {name: event["data"].get(name) for name in ("id", "app", "content_id")}
    event["is_cut"] = True
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def push(
    target: PushTarget,
    payload: bytes,
    now: datetime,
    *,
    timeout_seconds: float,
    allow_private: bool,
    send: Callable[..., Response] = post,
) -> bool:
    """Give a message to the browser's push service.

    Returns:
        False when the browser takes no more (404 and 410: RFC 8030, section 7.3).

    Raises:
        StoreUnavailable: it was not taken.
    """
    headers = {
        "Authorization": signed(target, now),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(KEPT_SECONDS),
    }
    try:
        answer = send(
            target.endpoint,
            encrypted(target, fitted(payload)),
            headers,
            timeout_seconds=timeout_seconds,
            allow_private=allow_private,
        )
    except UrlRefused as error:
        raise StoreUnavailable("webpush: the address of the subscription is refused") from error
    except FetchFailed as error:
        raise StoreUnavailable("webpush: no answer within the limits") from error
    if answer.status in (404, 410):
        return False
    if not 200 <= answer.status < 300:
        raise StoreUnavailable(f"webpush: HTTP {answer.status}")
    return True
