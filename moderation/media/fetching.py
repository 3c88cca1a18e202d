"""Fetching: the bytes that a part's address gives, looked at as those that come with a post are, and stored.

Where that is the playlist of a film (HLS), its pieces are fetched in the same way, and the film is what they make.
"""

from __future__ import annotations

import time
from urllib.parse import urljoin, urlsplit

from ground.blobs import Blobs
from ground.fetch import FetchFailed, fetch_until
from ground.media.limits import Limits
from ground.media.sniffing import is_playlist
from moderation.core.errors import MediaRefused, UrlRefused
from moderation.core.items import Part, Source
from moderation.media.inspecting import inspect, store_media
from moderation.media.joining import Joined, joined
from moderation.settings import Settings


class MediaFetcher:
    """Fetches parts into `blobs`, within the limits that the settings name."""

    def __init__(self, settings: Settings, blobs: Blobs) -> None:
        self._blobs, self._limits = blobs, Limits.of(settings)
        self._seconds, self._allow_private = settings.fetch_timeout_seconds, settings.allow_private_urls

    def fetch(self, part: Part) -> Part:
        """The part with its media; or with the problem, where trying again would bring nothing else.

        Raises:
            FetchFailed: try again later.
            StoreUnavailable: the media store did not take it; try again later.
        """
        source = part.source
        assert source is not None
        try:
            film = self._data(source.url, is_film=part.type == "video")
            facts = inspect(film.data, self._limits, part.type)
        except FetchFailed as error:
            if error.is_passing:
                raise
            return given_up(part, str(error))
        except UrlRefused as error:
            return given_up(part, str(error))
        except MediaRefused as error:
            return _with(part, f"what {_host(source)} gave for it is not accepted: {error}")
        media = store_media(self._blobs, film.data, facts, source.name, film.left_out)
        return part.model_copy(update={"media": media, "source": None})

    def _data(self, url: str, is_film: bool) -> Joined:
        deadline, most = time.monotonic() + self._seconds, self._limits.max_media_bytes
        at, data = fetch_until(url, most, deadline, self._allow_private)
        if not (is_film and is_playlist(data)):
            return Joined(data)

        def read(where: str, address: str, most: int) -> tuple[str, bytes]:
            try:
                named = urljoin(where, address)
            except ValueError as error:
                raise UrlRefused(f"{address[:100]!r} is no address") from error
            return fetch_until(named, most, deadline, self._allow_private)

        return joined(data, at, read, most)


def given_up(part: Part, why: str) -> Part:
    """The part, with what kept it from being fetched."""
    assert part.source is not None
    return _with(part, f"it could not be fetched from {_host(part.source)}: {why}")


def _with(part: Part, problem: str) -> Part:
    assert part.source is not None
    return part.model_copy(update={"source": part.source.model_copy(update={"problem": problem})})


def _host(source: Source) -> str:
    return (urlsplit(source.url).hostname or "")[:100]
