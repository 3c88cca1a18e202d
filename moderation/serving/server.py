"""What `moderation serve` runs: stores, workers, endpoint, portal and HTTP, in order."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from ground.media_store import open_blobs
from ground.web.listening import Listener
from moderation.core.errors import SettingsError
from moderation.loop_cleaning import clean_loops_now_and_then
from moderation.service import Service
from moderation.serving.app import create_app
from moderation.settings import Settings
from review_ui.a2i.chain import NAME as REVIEW_CHAIN
from review_ui.a2i.events import open_targets
from review_ui.opening import open_review
from review_ui.server import first_admin_password, prepare


class Server:
    """A listening service.

    The socket listens before the workers start, because they open human loops at the endpoint behind it.

    Args:
        sockets: that listen already and that other processes listen on, too; none to listen where the settings say.

    Attributes:
        url: how this machine reaches it, without a slash at the end.
        first_admin_password: set when this start made the first admin; shown once, stored only as a hash.
    """

    def __init__(self, settings: Settings, sockets: Sequence[socket.socket] = ()) -> None:
        prepare(settings)
        self.settings = settings
        self.blobs = open_blobs(settings)
        self._tell = open_targets(settings.a2i_events)
        self.review = open_review(settings, blobs=self.blobs, on_status_change=self._loop_changed)
        self.service = Service.open(settings, blobs=self.blobs, a2i_access_key=self.review.internal_access_key())
        self.service.auditing.chains[REVIEW_CHAIN] = self.review.chain
        self.first_admin_password = first_admin_password(self.review, settings)
        try:
            self._listener = Listener(create_app(self.service, self.review), settings, settings.waits, sockets)
        except SettingsError:
            self.close()
            raise
        self.url = self._listener.url
        self._loop_cleaning = clean_loops_now_and_then(self.service, self.review)

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
        self._loop_cleaning.start()

    def close(self) -> None:
        """Answer what was begun and end: the work in hand too, then the databases. May be called twice."""
        self.service.pipeline.ports.news.end()  # posts that wait are answered as things stand
        if hasattr(self, "_listener"):
            self._listener.close()
        if hasattr(self, "_loop_cleaning"):
            self._loop_cleaning.close()
        self.service.close()
        self.review.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
