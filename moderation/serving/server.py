"""What `moderation serve` and `moderation a2i serve` run: stores, workers, endpoint, portal and HTTP, in order."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from ground.awswire.signing import is_loopback
from ground.blobs import open_blobs
from ground.listening import Listener
from moderation.core.errors import SettingsError
from moderation.service import Service
from moderation.serving.app import create_a2i_app, create_app
from moderation.settings import Settings
from review_ui.a2i.events import open_targets
from review_ui.opening import open_review
from review_ui.people.people import People
from review_ui.service import ReviewService


def _prepare(settings: Settings) -> None:
    """Make the data folder. Raises `SettingsError` for an endpoint that would be open to others than this machine."""
    if not settings.a2i_check_signatures and not is_loopback(settings.host):
        raise SettingsError(
            f"MODERATION_A2I_CHECK_SIGNATURES is off, so MODERATION_HOST has to be 127.0.0.1, not {settings.host}"
        )
    settings.data.mkdir(parents=True, exist_ok=True)


class Server:
    """A listening service.

    The socket listens before the workers start, because they open human loops at the endpoint behind it.

    Attributes:
        url: how this machine reaches it, without a slash at the end.
        first_admin_password: set when this start made the first admin; shown once, stored only as a hash.
    """

    def __init__(self, settings: Settings) -> None:
        _prepare(settings)
        self.settings = settings
        self.blobs = open_blobs(settings)
        self._tell = open_targets(settings.a2i_events)
        self.review = open_review(settings, blobs=self.blobs, on_status_change=self._loop_changed)
        self.service = Service.open(settings, blobs=self.blobs, a2i_access_key=self.review.internal_access_key())
        self.first_admin_password = _first_admin_password(self.review, settings)
        try:
            self._listener = Listener(create_app(self.service, self.review), settings)
        except SettingsError:
            self.close()
            raise
        self.url = self._listener.url

    def _loop_changed(self, event: dict[str, Any]) -> None:
        """The endpoint says that a human loop ended; before the service is open nobody needs to know."""
        service = getattr(self, "service", None)
        if service is not None:
            service.loop_changed(event)
        self._tell(event)

    def start(self) -> None:
        """Start workers and answer requests in a thread of its own."""
        self.review.start()
        self._listener.start()
        self.service.start(own_url=self.url)

    def close(self) -> None:
        """Stop answering, let running work end, close the databases. May be called twice."""
        if hasattr(self, "_listener"):
            self._listener.close()
        self.service.close()
        self.review.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _first_admin_password(review: ReviewService, settings: Settings) -> str | None:
    """Make the first admin, unless nobody signs in with a password anyway."""
    return None if settings.oidc_only else People(review.database).ensure_first_admin()


class A2IServer:
    """The A2I-compatible endpoint and the reviewers' portal alone, without items, policies or detectors.

    Attributes:
        url: how this machine reaches it, without a slash at the end.
        first_admin_password: as of `Server`.
    """

    def __init__(self, settings: Settings) -> None:
        _prepare(settings)
        self.settings = settings
        self.blobs = open_blobs(settings)
        self.review = open_review(settings, blobs=self.blobs, on_status_change=open_targets(settings.a2i_events))
        self.first_admin_password = _first_admin_password(self.review, settings)
        try:
            self._listener = Listener(create_a2i_app(self.review, self.blobs, settings), settings)
        except SettingsError:
            self.review.close()
            raise
        self.url = self._listener.url

    def start(self) -> None:
        """Answer requests, and look after time limits, outputs and events."""
        self.review.start()
        self._listener.start()

    def close(self) -> None:
        """Stop answering and close the database."""
        self._listener.close()
        self.review.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
