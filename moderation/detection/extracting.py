"""Extracting: the parts that are made of an item's given parts, step by step, and put into the media store."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from ground.blobs import Blobs
from ground.media.limits import Limits
from moderation.core.coverage import COVERAGE, STEPS
from moderation.core.detections import Failure
from moderation.core.errors import MediaRefused, StoreUnavailable
from moderation.core.items import Extraction, Item, Part, Tool
from moderation.core.policy.policies import Policy
from moderation.detection.answers import Answers
from moderation.detection.runner import Runner
from moderation.hookspecs import Detector, Extractor
from moderation.media.inspecting import inspect, store_media

logger = logging.getLogger(__name__)

MAX_EXTRACTED = 400
"""Extracted parts of one item."""


class Extracting:
    """Extracts with the plugins that `runner` runs."""

    def __init__(self, runner: Runner, blobs: Blobs, limits: Limits) -> None:
        self._runner, self._blobs, self._limits = runner, blobs, limits

    def extract(
        self, item: Item, asked: Callable[[Detector | Extractor], bool], policies: Sequence[Policy] = ()
    ) -> tuple[list[Part], Answers]:
        """The item's parts, given and extracted, and what extractors said.

        Args:
            asked: the tools that may be asked.
            policies: those for the item.

        Raises:
            StoreUnavailable: the media store did not take an extracted part; try again.
        """
        parts: list[Part] = list(item.parts)
        answers = Answers()
        answers.failures += [*_not_fetched(item), *_left_out(item)]
        self.extend(item, parts, parts, asked, answers, policies)
        return parts, answers

    def extend(
        self,
        item: Item,
        parts: list[Part],
        of: Sequence[Part],
        asked: Callable[[Detector | Extractor], bool],
        answers: Answers,
        policies: Sequence[Policy] = (),
    ) -> None:
        """Extract from some of the parts known, and from what comes of them; adds to `parts` and `answers`.

        Raises:
            StoreUnavailable: see `extract`.
        """
        fresh = [part for part in of if part.is_here]
        for _ in range(STEPS):
            made, more = self._runner.extract(item.app, fresh, asked, policies, is_cleared=True)
            answers.add(more)
            fresh = []
            for part in made:
                if len(parts) - len(item.parts) >= MAX_EXTRACTED:
                    tool = part.extraction.extractor if part.extraction else Tool(name="extraction", version="1")
                    message = f"more than {MAX_EXTRACTED} parts were extracted; the rest was not looked at"
                    answers.failures.append(Failure(detector=tool, kind="not_run", message=message))
                    return
                fresh.append(self._admit(part, parts, answers.failures))
                parts.append(fresh[-1])
            fresh = [part for part in fresh if part.type != "text"]
            if not fresh:
                break
        parts[:] = [part for part in parts if part.is_here or part.extraction is None]

    def _admit(self, part: Part, parts: Sequence[Part], failures: list[Failure]) -> Part:
        """An extracted part with an id and, when it carries bytes, a place in the media store."""
        assert part.extraction is not None
        parent = part.extraction.part
        number = sum(1 for other in parts if other.extraction is not None and other.extraction.part == parent)
        extractor = part.extraction.extractor
        part = part.model_copy(update={"id": f"{parent}.{number}", "extraction": _at_its_time(part, parts)})
        if part.data is None:
            return part
        try:
            facts = inspect(part.data, self._limits, part.type)
            media = store_media(self._blobs, part.data, facts, None)
        except MediaRefused as error:
            failures.append(Failure(detector=extractor, part=parent, kind="invalid_answer", message=str(error)))
            media = None
        except StoreUnavailable:
            logger.warning("media store refused an extracted part part=%s", part.id)
            raise
        return part.model_copy(update={"data": None, "media": media})


def _at_its_time(part: Part, parts: Sequence[Part]) -> Extraction | None:
    """How it was made: what is read in a picture of a film is there as long as the picture."""
    made = part.extraction
    source = next((each for each in parts if made is not None and each.id == made.part), None)
    if made is None or made.time_range is not None or source is None or source.extraction is None:
        return made
    return made.model_copy(update={"time_range": source.extraction.time_range})


def _not_fetched(item: Item) -> list[Failure]:
    """A failure for each given part that nobody can look at, with what kept it from being fetched."""
    unsaid = "it was not fetched"
    return [
        Failure(detector=COVERAGE, part=part.id, kind="not_examined", message=part.source.problem or unsaid)
        for part in item.parts
        if part.source is not None
    ]


def _left_out(item: Item) -> list[Failure]:
    """A failure for what belongs to a given film and is not in the file that is looked at."""
    return [
        Failure(detector=COVERAGE, part=part.id, kind="not_examined", message=said)
        for part in item.parts
        if part.media is not None
        for said in part.media.left_out
    ]
