"""The whole service in one process: stores, workers, A2I endpoint, portal and HTTP, opened and closed in order."""

from __future__ import annotations

import logging
import threading
from types import TracebackType

from waitress.server import BaseWSGIServer, MultiSocketServer, create_server

from moderation.app import create_app
from moderation.blobs import open_blobs
from moderation.core.errors import SettingsError
from moderation.service import Service
from moderation.settings import Settings
from moderation.strict_http import MAX_HEADER_BYTES, make_strict
from review_ui.a2i.service import ReviewService
from review_ui.people import People

logger = logging.getLogger(__name__)


class Server:
    """A listening service.

    The socket listens before the workers start, because they open human loops at the endpoint behind it.

    Attributes:
        url: how this machine reaches it, without a slash at the end.
        first_admin_password: set when this start made the first admin; shown once, stored only as a hash.
    """

    def __init__(self, settings: Settings) -> None:
        settings.data.mkdir(parents=True, exist_ok=True)
        self.settings = settings
        self._closing = threading.Event()
        self.blobs = open_blobs(settings)
        self.review = ReviewService.open(settings, blobs=self.blobs, on_status_change=self._loop_changed)
        self.service = Service.open(settings, blobs=self.blobs, a2i_access_key=self.review.internal_access_key())
        self.first_admin_password = People(self.review.database).ensure_first_admin()
        self._http: BaseWSGIServer | MultiSocketServer
        try:
            self._http = create_server(
                create_app(self.service, self.review),
                host=settings.host,
                port=settings.port,
                threads=settings.threads,
                # The application refuses what is larger than max_body_bytes once it was read, so that the client gets
                # the answer; what is far larger is cut off unread.
                max_request_body_size=2 * settings.max_body_bytes,
                max_request_header_size=MAX_HEADER_BYTES,
                channel_timeout=60,
                ident=None,
            )
            make_strict(self._http)
        except OSError as error:
            self.close()
            raise SettingsError(
                f"cannot listen on {settings.host}:{settings.port}: {error.strerror}; choose another with --port"
            ) from error
        port = self._http.effective_port
        host = "127.0.0.1" if settings.host in ("0.0.0.0", "::", "localhost") else settings.host  # noqa: S104
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        self._thread: threading.Thread | None = None

    def _loop_changed(self, event: dict[str, object]) -> None:
        """The endpoint says that a human loop ended; before the service is open nobody needs to know."""
        service = getattr(self, "service", None)
        if service is not None:
            service.loop_changed(event)

    def start(self) -> None:
        """Start workers and answer requests in a thread of its own."""
        self.review.start()
        self._thread = threading.Thread(target=self._answer, name="http", daemon=True)
        self._thread.start()
        self.service.start(own_url=self.url)

    def close(self) -> None:
        """Stop answering, let running work end, close the databases. May be called twice."""
        http = getattr(self, "_http", None)
        self._closing.set()
        if http is not None:
            http.close()
        self.service.close()
        self.review.close()

    def _answer(self) -> None:
        try:
            self._http.run()
        except OSError:  # its sockets were closed under it
            if not self._closing.is_set():
                raise

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
