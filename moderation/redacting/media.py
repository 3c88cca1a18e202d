"""Pictures, films and sounds without faces, plates, letters, named places or words: found, covered, looked at again.

A copy counts when nothing of it is found in it any more, and when all who were to look could. Else there is none.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

from ground.blobs import Blobs
from ground.media.limits import Limits
from ground.media.pictures import opened_picture
from moderation.core.detections import Detection, Failure
from moderation.core.errors import InputError, MediaRefused
from moderation.core.items import Box, Extraction, Part, Span, TimeRange, Tool
from moderation.core.policy.file import PolicyFile
from moderation.core.policy.policies import Policy
from moderation.core.redaction import places
from moderation.detection.answers import Answers
from moderation.detection.pool import most_processes
from moderation.detection.runner import Runner
from moderation.media.inspecting import MediaFacts, inspect, inspect_copy, media_at, store_media
from moderation.redacting.texts import NotRedacted, look_each
from moderation.redacting.tracks import Sample, covers

APP = "redact"
ROUNDS = 3
WINDOW_SECONDS = 8.0
"""Of a film that are looked at in one go: no more pictures than `film.frames` takes out of one, unless set to fewer."""
FACES, QUICK_FACES, READER, FRAMES = "vision.faces", "vision.faces_quick", "vision.text", "film.frames"
LISTENER = "speech.text"
NAMED, SAID = "Custom/NAMED", "Custom/SAID"
_BY = Tool(name="redaction", version="3")
_PLATE = re.compile(
    r"(?<![A-Z0-9])(?=[A-Z0-9 .·-]{5,11}(?![A-Z0-9]))"
    r"[A-Z0-9]{1,4}(?:[ .·-]{0,2}[A-Z0-9]{1,5}){1,3}(?![A-Z0-9])"
)


@dataclass(frozen=True)
class Wanted:
    """What is to be covered.

    Attributes:
        boxes: places that are covered in any case, all the time.
        words: that are muted where they are said, in any case.
        spoken: labels of personal data, likewise.
        listener: the extractor that writes down what is said, with the times of its words.
        fill: what is in the place of what is covered.
    """

    faces: bool = False
    plates: bool = False
    text: bool = False
    boxes: tuple[Box, ...] = ()
    words: tuple[str, ...] = ()
    spoken: frozenset[str] = frozenset()
    listener: str = LISTENER
    fill: Literal["solid", "patch"] = "solid"

    @property
    def hears(self) -> bool:
        """Whether what is said matters."""
        return bool(self.words or self.spoken)

    @property
    def sees(self) -> bool:
        """Whether something is looked for in pictures, or covered in them."""
        return self.faces or self.reads or bool(self.boxes)

    @property
    def reads(self) -> bool:
        """Whether letters matter."""
        return self.plates or self.text


@dataclass(frozen=True)
class MediaCopy:
    """A copy in which nothing was found any more.

    Attributes:
        found: how many places were covered, by label; of films, for how many stretches of time.
        rounds: how often it was covered and looked at.
    """

    data: bytes
    facts: MediaFacts
    found: Counter[str]
    rounds: int

    @property
    def report(self) -> dict[str, Any]:
        """What is said of the copy."""
        return {"found": self.found, "rounds": self.rounds, "content_type": self.facts.content_type}


class NoCopy(InputError):
    """Why there is no copy."""


def looks_like_a_plate(text: str) -> bool:
    """True of a line with something in it that may be a vehicle's number: letters and at least two digits, 5 to 9.

    Any country's: too much is covered rather than too little.
    """
    for match in _PLATE.finditer(text.upper()):
        signs = [sign for sign in match.group() if sign.isalnum()]
        if 5 <= len(signs) <= 9 and sum(map(str.isdigit, signs)) >= 2 and any(map(str.isalpha, signs)):
            return True
    return False


class MediaRedaction:
    """Makes copies.

    Args:
        blobs: where films lie while they are worked on; None for small ones, which are handed over each time.
        advanced: told the share of a file that is done, 0-1, now and then.
    """

    def __init__(
        self, runner: Runner, blobs: Blobs | None, limits: Limits, wanted: Wanted, advanced: Callable[[float], None]
    ) -> None:
        self._runner, self._blobs, self._limits, self._wanted = runner, blobs, limits, wanted
        self._advanced = advanced

    def copy(self, data: bytes) -> MediaCopy:
        """A copy of a picture, film or sound.

        Raises:
            NoCopy: it is none, cannot be read, somebody could not look, or something is still found in the copy.
        """
        facts = self._facts(data)
        part = self._part(data, facts)
        left = self._look_at(part, _CLOSELY)
        found: list[Detection] = []
        for number in range(1, ROUNDS + 1):
            found += left
            made = self._runner.redact(APP, part, [*found, *self._named()], self._wanted.fill)
            if isinstance(made, Failure):
                raise NoCopy(made.message)
            assert made.data is not None
            copied = self._facts_of_copy(made.data, facts)
            left = self._look_at(self._part(made.data, copied), _AGAIN)
            self._advanced(1.0)
            if not left:
                return MediaCopy(made.data, copied, Counter(each.label for each in found), number)
        labels = ", ".join(sorted({each.label for each in left}))
        raise NoCopy(f"{labels} was still found in the copy after {ROUNDS} rounds")

    def _facts(self, data: bytes) -> MediaFacts:
        try:
            facts = inspect(data, self._limits, None)
        except MediaRefused as error:
            raise NoCopy(str(error)) from error
        if facts.type == "text":
            raise NoCopy("it is neither a picture, a film nor a sound")
        if facts.type == "audio" and not self._wanted.hears:
            raise NoCopy("it is a sound, and nothing that is said was asked for")
        if facts.type == "image" and not self._wanted.sees:
            raise NoCopy("it is a picture, and only what is said was asked for")
        return facts

    def _facts_of_copy(self, data: bytes, original: MediaFacts) -> MediaFacts:
        try:
            if self._wanted.faces or self._wanted.reads:
                return inspect_copy(data, original, self._limits)
            return inspect(data, self._limits, original.type)
        except MediaRefused as error:
            raise NoCopy(str(error)) from error

    def _part(self, data: bytes, facts: MediaFacts) -> Part:
        if self._blobs is None:
            return at_hand("p0", data, facts)
        return Part(id="p0", type=facts.type, media=store_media(self._blobs, data, facts, None))

    def _named(self) -> list[Detection]:
        return [Detection(label=NAMED, confidence=100, detector=_BY, box=box) for box in self._wanted.boxes]

    def _look_at(self, part: Part, words: Policy) -> list[Detection]:
        if part.type == "image":
            return self._look_at_picture(part)
        seen = self._look_at_film(part, words) if part.type == "video" else []
        return [*seen, *self._listen(part)] if self._wanted.hears else seen

    def _listen(self, part: Part) -> list[Detection]:
        """What is said that is to be muted, each with its seconds."""
        if part.media is not None and not part.media.sound_seconds:
            return []
        texts, answers = self._runner.extract(APP, [part], lambda tool: tool.name == self._wanted.listener)
        _all_answered(answers.failures)
        if not answers.answered:
            raise NoCopy(f"{self._wanted.listener} is not installed")
        texts = [text.model_copy(update={"id": f"s{number}"}) for number, text in enumerate(texts)]
        found: list[Detection] = []
        for text in texts:
            assert text.text is not None
            for word in self._wanted.words:
                for match in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", text.text, re.IGNORECASE):
                    span = Span(start=match.start(), end=match.end())
                    found.append(Detection(label=SAID, confidence=100, detector=_BY, part=text.id, span=span))
            if self._wanted.spoken:
                try:
                    (listed,) = look_each(self._runner, APP, [text.text], self._wanted.spoken)
                except NotRedacted as error:
                    raise NoCopy(str(error)) from error
                found += [each.model_copy(update={"part": text.id}) for each in listed]
        return list(places([part, *texts], found).get(part.id, []))

    def _look_at_picture(self, picture: Part) -> list[Detection]:
        if ((picture.media and picture.media.frames) or 1) > 1:
            raise NoCopy("animations cannot be redacted")
        return self.look([picture])[0]

    def _look_at_film(self, film: Part, words: Policy) -> list[Detection]:
        if not (self._wanted.faces or self._wanted.reads):
            return []
        samples: list[Sample] = []
        assert film.media is not None
        assert film.media.seconds is not None
        windows = [TimeRange(start=at, end=at + WINDOW_SECONDS) for at in _windows(film.media.seconds)]
        # One more than there are processors: while the pictures of a window are looked at, those of the next are taken.
        with ThreadPoolExecutor(most_processes(None) + 1) as side_by_side:
            looks = side_by_side.map(lambda window: list(self._samples(film, window, words)), windows)
            for number, found in enumerate(looks, 1):
                samples += found
                self._advanced(0.45 * number / len(windows))
        return covers(samples)

    def _samples(self, film: Part, window: TimeRange, words: Policy) -> Iterator[Sample]:
        # Letters are read in pictures of their full size.
        extraction = Extraction(part="", extractor=_BY, time_range=window, is_glance=not self._wanted.reads)
        part = film.model_copy(update={"extraction": extraction})
        made, answers = self._runner.extract(APP, [part], lambda tool: tool.name == FRAMES, [words])
        _all_answered(answers.failures)
        pictures, quickly = [], set[str]()
        for number, each in enumerate(made):
            assert each.data is not None
            # By itself: what was read in it is a place of the picture, not of the film.
            pictures.append(at_hand(f"f{number}", each.data, self._facts_of(each.data)))
            if each.extraction is not None and each.extraction.is_glance:
                quickly.add(pictures[-1].id)
        times = [each.extraction.time_range for each in made if each.extraction and each.extraction.time_range]
        for when, found in zip(times, self.look(pictures, quickly), strict=True):
            yield Sample(when.start, when.end, tuple(found))

    def _facts_of(self, frame: bytes) -> MediaFacts:
        """By its head: whoever looks at it decodes it anyway, under the same limits."""
        try:
            with opened_picture(frame, self._limits) as (picture, _):
                return MediaFacts("image", "image/jpeg", picture.width, picture.height, 1)
        except MediaRefused as error:
            raise NoCopy(str(error)) from error

    def look(self, pictures: Sequence[Part], quickly: Collection[str] = ()) -> list[list[Detection]]:
        """What is to be covered in each of some pictures, with its box.

        Args:
            quickly: ids of those in which upright faces are enough.

        Raises:
            NoCopy: somebody could not look.
        """
        found: list[Detection] = []
        parts = list(pictures)
        if self._wanted.faces:
            asked = [
                (FACES, [each for each in pictures if each.id not in quickly]),
                (QUICK_FACES, [each for each in pictures if each.id in quickly]),
            ]
            with ThreadPoolExecutor(len(asked)) as side_by_side:
                looks = list(side_by_side.map(self._asked, asked))
            for (name, those), answers in zip(asked, looks, strict=True):
                _all_answered(answers.failures)
                if len(answers.answered) < len(those):
                    raise NoCopy(f"{name} is not installed")
                found += answers.detections
        if self._wanted.reads:
            texts, answers = self._runner.extract(APP, pictures, lambda tool: tool.name == READER)
            _all_answered(answers.failures)
            if len(answers.answered) < len(pictures):
                raise NoCopy(f"{READER} is not installed")
            for number, text in enumerate(texts):
                text = text.model_copy(update={"id": f"t{number}"})
                parts.append(text)
                found += self._lines(text)
        by_picture = places(parts, found)
        return [by_picture.get(picture.id, []) for picture in pictures]

    def _asked(self, who_and_what: tuple[str, Sequence[Part]]) -> Answers:
        name, pictures = who_and_what
        return self._runner.look(APP, pictures, lambda tool: tool.name == name)

    def _lines(self, text: Part) -> Iterator[Detection]:
        """The lines of a text that are to be covered."""
        assert text.text is not None
        assert text.extraction is not None
        for place in text.extraction.places:
            is_plate = looks_like_a_plate(text.text[place.span.start : place.span.end])
            if self._wanted.text or is_plate:
                label = "PII/LICENSE_PLATE" if is_plate else "Text"
                yield Detection(label=label, confidence=100, detector=_BY, part=text.id, span=place.span)


def at_hand(name: str, data: bytes, facts: MediaFacts) -> Part:
    """A part that is handed over each time, and lies nowhere."""
    media = media_at(f"redaction:{hashlib.sha256(data).hexdigest()}", data, facts)
    return Part(id=name, type=facts.type, media=media, data=data)


def _windows(seconds: float) -> Iterator[float]:
    start = 0.0
    while start <= seconds:
        yield start
        start += WINDOW_SECONDS


def _all_answered(failures: Sequence[Failure]) -> None:
    if failures:
        first = failures[0]
        raise NoCopy(f"{first.detector.name}: {first.message}")


def _words(every: str) -> Policy:
    """Has pictures taken out of a film as often as redaction needs them."""
    return Policy(
        PolicyFile.model_validate(
            {
                "policy": "redaction",
                "format": 1,
                "applies_to": {"content_type": ["video"]},
                "needs": [FRAMES],
                "every": every,
                "if_nothing_matches": "reject",
                "if_a_detector_fails": "reject",
            }
        ),
        version="1",
    )


_CLOSELY, _AGAIN = _words("0.25s"), _words("0.9s")
"""At the film, and at its copy: not at the same times, and at its key frames (`film.blank` writes one in 0.9 s)."""
