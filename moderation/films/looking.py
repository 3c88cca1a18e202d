"""Looking at a stored film: its pictures, a stretch of time after the other, and what is found in each.

Nothing of the film is stored: pictures are looked at and forgotten. Who could not look at all of it says so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ground.media.limits import Limits
from moderation.core.detections import Detection, Failure
from moderation.core.egress import leaves_machine
from moderation.core.errors import InputError, MediaRefused, ModerationError, NotFound
from moderation.core.items import Extraction, Part, TimeRange, Tool
from moderation.detection.runner import Runner
from moderation.hookspecs import Detector, Extractor
from moderation.media.in_place import InPlace
from moderation.media.inspecting import inspect, media_at
from moderation.plugins import Plugins
from moderation.storage.buckets import Buckets

OPERATOR = "aws"
"""What detectors are told as the app where the access key is no app's."""
STRETCH_SECONDS = 60.0
"""Of a film that are looked at in one go; in halves where that has more pictures than one look takes."""
LEAST_SECONDS = 2.0
"""Stretches that are not halved again."""
AT_ONCE = 4
"""Pictures that detectors are asked about together, so that items wait for no more than these."""
SHORT_SECONDS = 2.0
"""By which pictures may end before the film does, which is how far apart they are taken."""
_ON = 24 * 3600.0
"""Added to the end of the last stretch: pictures may go on after the film's container says that it is over."""
_BY = Tool(name="films", version="1")
_MAY_PASS = ("timed_out", "unavailable")


class NotLooked(ModerationError):
    """Not all of a film could be looked at.

    Attributes:
        may_pass: True where another attempt may go well.
    """

    def __init__(self, message: str, may_pass: bool = False) -> None:
        self.may_pass = may_pass
        super().__init__(message)


@dataclass(frozen=True)
class Picture:
    """What a picture of a film showed.

    Attributes:
        start: seconds from which on it is seen.
        end: seconds until which nothing else is seen.
        detections: by the job's detectors.
        texts: what its readers read in it.
    """

    start: float
    end: float
    detections: tuple[Detection, ...] = ()
    texts: tuple[Part, ...] = ()


def sampler_of(plugins: Plugins) -> Extractor | None:
    """Who takes pictures out of films here; None where nobody does."""
    for each in plugins.extractors:
        if "video" in each.reads and "image" in each.makes and not leaves_machine(each):
            return each
    return None


class Looking:
    """Reads films that an app's key reaches, and has detectors of pictures look at them."""

    def __init__(self, runner: Runner, plugins: Plugins, buckets: Buckets, in_place: InPlace, limits: Limits) -> None:
        self._runner, self._plugins = runner, plugins
        self._buckets, self._in_place, self._limits = buckets, in_place, limits

    def film(self, app: str | None, place: Mapping[str, Any]) -> tuple[Part, bytes]:
        """A stored film as a part, and its bytes.

        Args:
            app: whose buckets may be read; None for all of this installation's.
            place: ``Bucket``, ``Name`` and ``Version``, as Rekognition's S3Object has them.

        Raises:
            NotFound: there is no such object, or it is not this app's.
            MediaRefused: it is no film, too large, or damaged.
        """
        bucket, key, version = place["Bucket"], place["Name"], place.get("Version")
        uri = f"s3://{bucket}/{key}"
        if self._buckets.may_read(app, bucket):
            if version is not None:
                raise NotFound("own buckets keep no versions")
            data = self._buckets.read(bucket, key, self._limits.max_media_bytes)
        else:
            try:
                found = self._in_place.check(app or "", uri)
            except InputError as error:
                raise NotFound(f"no stored object {uri[:300]!r}") from error
            data = found.read(uri, self._limits.max_media_bytes, version=version).data
        return Part(id="film", type="video", media=media_at(uri, data, inspect(data, self._limits, "video"))), data

    def stretch(self, film: Part, start: float) -> TimeRange:
        """The next stretch to look at from `start` on; the last one goes on beyond the end."""
        assert film.media is not None
        assert film.media.seconds is not None
        end = start + STRETCH_SECONDS
        return TimeRange(start=start, end=end if end <= film.media.seconds else film.media.seconds + _ON)

    def look(self, app: str | None, film: Part, stretch: TimeRange, tools: Sequence[Tool]) -> list[list[Part]]:
        """The pictures of a stretch, in bunches to be given to `see`, by time.

        Raises:
            NotLooked: not all of them can be taken, or a tool of the job's is not loaded any more.
        """
        sampler = sampler_of(self._plugins)
        if sampler is None:
            raise NotLooked("nobody takes pictures out of films here any more")
        here: list[Detector | Extractor] = [*self._plugins.detectors, *self._plugins.extractors]
        loaded = {(each.name, each.version) for each in here}
        gone = [f"{each.name} {each.version}" for each in tools if (each.name, each.version) not in loaded]
        if gone:
            raise NotLooked(f"{', '.join(gone)} is not loaded here any more; start the job again")
        made = self._taken(app or OPERATOR, film, stretch, sampler.name)
        parts = [self._picture(number, each) for number, each in enumerate(made)]
        return [parts[first : first + AT_ONCE] for first in range(0, len(parts), AT_ONCE)]

    def see(self, app: str | None, pictures: Sequence[Part], tools: Sequence[Tool]) -> list[Picture]:
        """What these tools find in some pictures.

        Raises:
            NotLooked: one of them gave no answer.
        """
        names = {each.name for each in tools}
        answers = self._runner.look(app or OPERATOR, pictures, lambda each: each.name in names)
        texts, read = self._runner.extract(app or OPERATOR, pictures, lambda each: each.name in names)
        answers.add(read)
        if answers.failures:
            raise _not_looked(answers.failures[0], _when(pictures, answers.failures[0].part))
        missing = {(name, part.id) for name in names for part in pictures} - set(answers.answered)
        if missing:
            raise NotLooked(f"{min(missing)[0]} gave no answer")
        return [
            Picture(
                each.extraction.time_range.start,
                each.extraction.time_range.end,
                tuple(found for found in answers.detections if found.part == each.id),
                tuple(text for text in texts if text.extraction is not None and text.extraction.part == each.id),
            )
            for each in pictures
            if each.extraction is not None and each.extraction.time_range is not None
        ]

    def check_end(self, film: Part, end: float | None) -> None:
        """Refuse a film whose pictures end too early. Raises `NotLooked`."""
        assert film.media is not None
        assert film.media.seconds is not None
        if end is None:
            raise NotLooked("the film has no picture that can be decoded")
        if end < film.media.seconds - SHORT_SECONDS:
            raise NotLooked(f"its pictures end at {end:.1f} s of {film.media.seconds:.1f}")

    def _taken(self, app: str, film: Part, stretch: TimeRange, sampler: str) -> list[Part]:
        part = film.model_copy(update={"extraction": Extraction(part="", extractor=_BY, time_range=stretch)})
        made, answers = self._runner.extract(app, [part], lambda each: each.name == sampler)
        if not answers.failures:
            return made
        assert film.media is not None
        end = min(stretch.end, film.media.seconds or stretch.end)
        if answers.failures[0].kind != "not_run" or end - stretch.start <= LEAST_SECONDS:
            raise _not_looked(answers.failures[0])
        middle = (stretch.start + end) / 2
        halves = (TimeRange(start=stretch.start, end=middle), TimeRange(start=middle, end=stretch.end))
        return [each for half in halves for each in self._taken(app, film, half, sampler)]

    def _picture(self, number: int, made: Part) -> Part:
        """A picture that was taken, as detectors are shown it; its bytes go with it and are kept nowhere."""
        if made.data is None or made.extraction is None or made.extraction.time_range is None:
            raise NotLooked("what was taken out of the film is no picture with its time")
        try:
            facts = inspect(made.data, self._limits, "image")
        except MediaRefused as error:
            raise NotLooked(f"a picture of the film cannot be looked at: {error}") from error
        media = media_at(f"film:{number}", made.data, facts)
        return made.model_copy(update={"id": f"f{number}", "media": media})


def _when(pictures: Collection[Part], part_id: str | None) -> float | None:
    found = next((each for each in pictures if each.id == part_id), None)
    when = found.extraction.time_range if found is not None and found.extraction is not None else None
    return when.start if when is not None else None


def _not_looked(failure: Failure, at: float | None = None) -> NotLooked:
    where = "" if at is None else f" at {at:.1f} s"
    return NotLooked(f"{failure.detector.name} gave no answer{where}: {failure.message}", failure.kind in _MAY_PASS)
