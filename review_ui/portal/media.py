"""Media for a reviewer's browser: short-lived signed addresses, and pictures made anew instead of the posted bytes."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from flask import Response, request
from itsdangerous import BadData, URLSafeSerializer

from ground.blobs import Blobs
from ground.errors import MediaRefused, NotFound
from ground.media.display import display_copy
from ground.media.sniffing import sniff
from ground.media.veiled import veiled_copy
from ground.private_files import private_folder
from ground.web.hygiene import SANDBOX
from review_ui.portal.drawing import Frame

PERIOD_SECONDS = 1800
"""Addresses made within one such period are the same, so that a browser finds again what it loaded ahead."""
PERIODS_GOOD = 17
"""An address is good for eight hours at least, as long as A2I's longest task: a film that is paused plays on."""
_PLAYABLE = {
    "video/mp4",
    "video/quicktime",
    "video/webm",
    "audio/mpeg",
    "audio/wav",
    "audio/flac",
    "audio/ogg",
    "audio/mp4",
}


def load_secret(folder: Path) -> str:
    """The secret that signs media addresses and sign-in forms; made once, readable by the owner only."""
    path = folder / "media.secret"
    if not path.exists():
        private_folder(folder)
        # Written beside and linked: whoever else starts at the same time reads all of one secret, never half of it.
        beside = folder / f".media.secret.{secrets.token_hex(6)}"
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(beside, path)
        except FileExistsError:
            pass
        finally:
            beside.unlink()
    return path.read_text(encoding="ascii")


class MediaAddresses:
    """Signed tokens for media, each good for one user and one task, as long as the task may be in hand."""

    def __init__(self, secret: str, clock: Callable[[], datetime]) -> None:
        self._serializer = URLSafeSerializer(secret, salt="review-media")
        self._clock = clock

    def token(self, uri: str, task_id: str, user_id: str, open_to_view: bool = False) -> str:
        """The token that stands in an address.

        Args:
            open_to_view: the reviewer asked to see the task's personal data, so nothing of it is painted over.
        """
        return str(self._serializer.dumps([uri, task_id, user_id, self._period(), int(open_to_view)]))

    def read(self, token: str, user_id: str) -> tuple[str, str, bool]:
        """The object, the task, and `open_to_view`. Raises `NotFound` when it is forged, old or somebody else's."""
        try:
            uri, task_id, owner, period, open_to_view = self._serializer.loads(token)
        except (BadData, ValueError, TypeError) as error:
            raise NotFound("this media address is not valid") from error
        if owner != user_id or not 0 <= self._period() - period < PERIODS_GOOD:
            raise NotFound("this media address is not valid any more")
        return str(uri), str(task_id), bool(open_to_view)

    def _period(self) -> int:
        return int(self._clock().timestamp()) // PERIOD_SECONDS


def veiled_response(blobs: Blobs, uri: str) -> Response:
    """A veiled copy of a picture, for lists. Raises `NotFound` for what is none, or cannot be shown."""
    try:
        response = Response(veiled_copy(blobs.local_path(uri).read_bytes()), content_type="image/jpeg")
    except MediaRefused as error:
        raise NotFound("the picture cannot be shown") from error
    return _guarded(response)


def media_response(blobs: Blobs, uri: str, covers_of: Callable[[], Sequence[Frame]]) -> Response:
    """The object as a browser may have it: a fresh rendering of a picture; film and sound in ranges; nothing else.

    Args:
        covers_of: gives the places to paint over; asked of pictures only, not for each range of a film.
    """
    path = blobs.local_path(uri)
    with path.open("rb") as file:
        kind = sniff(file.read(64))
    if kind is not None and kind.startswith("image/"):
        try:
            covers = [(f.left / 100, f.top / 100, f.width / 100, f.height / 100) for f in covers_of()]
            body, kind = display_copy(path.read_bytes(), covers=covers)
        except MediaRefused as error:
            raise NotFound("the picture cannot be shown") from error
        response = Response(body, content_type=kind)
    elif kind in _PLAYABLE:
        # Players seek with ranges.
        data = path.read_bytes()
        response = Response(data, content_type=kind)
        response.make_conditional(request.environ, accept_ranges=True, complete_length=len(data))
    else:
        raise NotFound("media of this kind is not shown")
    return _guarded(response)


def _guarded(response: Response) -> Response:
    """Bytes that somebody else made: shown to nobody but this portal's page, and kept no longer than their address."""
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = f"private, max-age={PERIOD_SECONDS}"
    response.headers["Content-Disposition"] = "inline; filename=media"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
