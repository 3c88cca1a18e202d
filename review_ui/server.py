"""The A2I endpoint and the portal as a server of their own."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from ground import tracing
from ground.awswire.signing import is_loopback
from ground.errors import SettingsError
from ground.media_store import open_blobs
from ground.private_files import private_folder
from ground.web.listening import Listener
from review_ui.a2i.events import open_targets
from review_ui.app import create_a2i_app
from review_ui.opening import open_review
from review_ui.people.people import People
from review_ui.service import ReviewService
from review_ui.settings import ReviewSettings


def prepare(settings: ReviewSettings) -> None:
    """Make the data folder. Raises `SettingsError` for an endpoint that would be open to others than this machine."""
    if not settings.a2i_check_signatures and not is_loopback(settings.host):
        raise SettingsError(
            f"MODERATION_A2I_CHECK_SIGNATURES is off, so MODERATION_HOST has to be 127.0.0.1, not {settings.host}"
        )
    private_folder(settings.data)


def first_admin_password(review: ReviewService, settings: ReviewSettings) -> str | None:
    """Make the first admin, unless nobody signs in with a password anyway."""
    return None if settings.oidc_only else People(review.database).ensure_first_admin()


class A2IServer:
    """The A2I-compatible endpoint and the reviewers' portal alone, without items, policies or detectors.

    Attributes:
        url: how this machine reaches it, without a slash at the end.
        first_admin_password: as of `Server`.
    """

    def __init__(self, settings: ReviewSettings) -> None:
        prepare(settings)
        self.settings = settings
        self.blobs = open_blobs(settings)
        self.review = open_review(settings, blobs=self.blobs, on_status_change=open_targets(settings.a2i_events))
        self.first_admin_password = first_admin_password(self.review, settings)
        try:
            self._listener = Listener(create_a2i_app(self.review, settings), settings)
        except SettingsError:
            self.review.close()
            raise
        self.url = self._listener.url

    def start(self) -> None:
        """Answer requests, and look after time limits, outputs and events."""
        if self.settings.otlp_endpoint is not None:
            tracing.start(self.settings.otlp_endpoint, "a2i")
        self.review.start()
        self._listener.start()

    def close(self) -> None:
        """Stop answering and close the database."""
        self._listener.close()
        self.review.close()
        if self.settings.otlp_endpoint is not None:
            tracing.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
