"""Where a picture is kept that came as bytes for people to look at: under its app and its loop."""

from __future__ import annotations

OPERATORS = "-"
"""In a key, in the place of the app: no app is called so."""
FOLDER = "a2i/pictures"


def pictures_of_app(app: str | None) -> str:
    """What the keys of an app's pictures begin with."""
    return f"{FOLDER}/{app or OPERATORS}/"


def picture_key(app: str | None, loop_name: str, sha256: str) -> str:
    """The key of a picture in the media store's own bucket."""
    return f"{pictures_of_app(app)}{loop_name}/{sha256}"
