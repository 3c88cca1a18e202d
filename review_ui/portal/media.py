"""Media for a reviewer's browser: short-lived signed addresses, and pictures made anew instead of the posted bytes."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from flask import Response, request
from itsdangerous import BadData, URLSafeTimedSerializer

from moderation.blobs import Blobs
from moderation.core.errors import MediaRefused, NotFound
from moderation.media import display_copy, sniff

TOKEN_SECONDS = 3600
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
    """The secret that signs media addresses; made once, readable by the owner only."""
    path = folder / "media.secret"
    try:
        with path.open("x", encoding="ascii") as file:
            path.chmod(0o600)
            file.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    return path.read_text(encoding="ascii")


class MediaAddresses:
    """Signed tokens for media, each good for one user and one hour."""

    def __init__(self, secret: str) -> None:
        self._serializer = URLSafeTimedSerializer(secret, salt="review-media")

    def token(self, uri: str, user_id: str) -> str:
        """The token that stands in an address."""
        return self._serializer.dumps([uri, user_id])

    def uri(self, token: str, user_id: str) -> str:
        """The object that a token is for. Raises `NotFound` when it is forged, old or somebody else's."""
        try:
            uri, owner = self._serializer.loads(token, max_age=TOKEN_SECONDS)
        except (BadData, ValueError, TypeError) as error:
            raise NotFound("this media address is not valid any more") from error
        if owner != user_id:
            raise NotFound("this media address is somebody else's")
        return str(uri)


def media_response(blobs: Blobs, uri: str) -> Response:
    """The object as a browser may have it: a fresh rendering of a picture; film and sound in ranges; nothing else."""
    data = blobs.get(uri)
    kind = sniff(data)
    if kind is not None and kind.startswith("image/"):
        try:
            body, kind = display_copy(data)
        except MediaRefused as error:
            raise NotFound("the picture cannot be shown") from error
        response = Response(body, content_type=kind)
    elif kind in _PLAYABLE:
        response = _ranged(data, kind)
    else:
        raise NotFound("media of this kind is not shown")
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, max-age=600"
    response.headers["Content-Disposition"] = "inline; filename=media"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _ranged(data: bytes, kind: str) -> Response:
    """All of it, or the one range that was asked for: players seek with them."""
    match = re.fullmatch(r"bytes=(\d{1,12})-(\d{0,12})", request.headers.get("Range", ""))
    if match is None or int(match.group(1)) >= len(data):
        response = Response(data, content_type=kind)
    else:
        start = int(match.group(1))
        end = min(int(match.group(2) or len(data) - 1), len(data) - 1)
        response = Response(data[start : end + 1], 206, content_type=kind)
        response.headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
    response.headers["Accept-Ranges"] = "bytes"
    return response
