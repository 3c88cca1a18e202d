"""The reviewers' portal and the A2I endpoint, opened for one command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ground.media_store import open_blobs
from moderation.settings import Settings
from moderation.storage.opening import need_data_folder
from review_ui.opening import open_review
from review_ui.service import ReviewService


@contextmanager
def opened_review(settings: Settings) -> Iterator[ReviewService]:
    """The portal's service, closed at the end; its database is made where there is none, but no data folder.

    Raises:
        NotFound: there is no such data folder.
    """
    need_data_folder(settings, settings.review_database_url)
    review = open_review(settings, blobs=open_blobs(settings))
    try:
        yield review
    finally:
        review.close()
