"""Redacted copies: made, looked at again by those who looked before, and made again until nothing is found in them.

A detector that saw five faces of six may see the sixth once the others are gone, and a name may be read in what is
left of a line. So a copy counts when nothing that was to be taken out is found in it. It is always made of the
original, with more places each time: a copy of a copy would lose in quality.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ground.media.limits import Limits
from moderation.core.detections import Detection, Failure
from moderation.core.errors import MediaRefused
from moderation.core.items import Part, Tool
from moderation.core.policy.policies import Policy
from moderation.core.redaction import places
from moderation.core.rules.words.label import covered
from moderation.core.rulings import Ruling
from moderation.core.taxonomy import Taxonomy
from moderation.detection.answers import Answers
from moderation.detection.runner import Runner
from moderation.hookspecs import Detector, Extractor
from moderation.media.inspecting import MediaFacts, inspect, media_at
from moderation.plugins import Plugins

ROUNDS = 3
"""Copies that are made at most; each is looked at, which costs what a look costs."""
REDACTION = Tool(name="redaction", version="2")


def unwanted_labels(ruling: Ruling, found: Sequence[Detection], taxonomy: Taxonomy) -> frozenset[str]:
    """What must not be found in a copy: what was found and is to go, and all that the rules which say so name.

    Args:
        found: what is to go.
    """
    named = {label for policy in ruling.policies for label in policy.redact if label in taxonomy}
    return covered(named, taxonomy, exact=False) | {detection.label for detection in found}


@dataclass(frozen=True)
class Copy:
    """A copy in which nothing was found."""

    data: bytes
    facts: MediaFacts


@dataclass(frozen=True)
class CopyMaker:
    """Makes copies of one item's parts.

    Attributes:
        labels: what must not be found in a copy.
        asked: the detectors and extractors that may be asked about the item.
        policies: those for the item.
    """

    runner: Runner
    plugins: Plugins
    limits: Limits
    app: str
    labels: frozenset[str]
    asked: Callable[[Detector | Extractor], bool]
    policies: Sequence[Policy] = ()

    def make(self, part: Part, found: Sequence[Detection]) -> Copy | tuple[Failure, ...]:
        """A copy of a given part without what was found in it, or why there is none.

        Of films and sounds there is none here: one picture in two seconds says too little of what is in between.
        """
        if part.type != "image":
            return (self._failure(part, "films and sounds are redacted by the service, and by `moderation redact`"),)
        taken_out = list(found)
        for _ in range(ROUNDS):
            made = self.runner.redact(self.app, part, taken_out)
            if isinstance(made, Failure):
                return (made,)
            assert made.data is not None
            try:
                facts = inspect(made.data, self.limits, part.type)
            except MediaRefused as error:
                return (self._failure(part, str(error)),)
            left, failures = self._look(part, made.data, facts)
            if failures:
                return failures
            if not left:
                return Copy(made.data, facts)
            taken_out += left
        labels = ", ".join(sorted({detection.label for detection in left}))
        return (self._failure(part, f"{labels} was still found in the copy after {ROUNDS} rounds"),)

    def _look(self, part: Part, data: bytes, facts: MediaFacts) -> tuple[list[Detection], tuple[Failure, ...]]:
        """What is still found in a copy, and who could not look."""
        media = media_at(f"copy:{hashlib.sha256(data).hexdigest()}", data, facts)
        parts = [Part(id=part.id, type=part.type, data=data, media=media)]
        answers = Answers()
        if any("text" in each.reads and self._looks_for(each) for each in self.plugins.detectors):
            texts, answers = self.runner.extract(self.app, parts, self._reads_out)
            parts += [text.model_copy(update={"id": f"{part.id}.{number}"}) for number, text in enumerate(texts)]
        answers.add(self.runner.look(self.app, parts, self._looks_for, self.policies))
        unwanted = [detection for detection in answers.detections if detection.label in self.labels]
        told = [failure.model_copy(update={"part": part.id}) for failure in answers.failures]
        return places(parts, unwanted).get(part.id, []), tuple(told)

    def _looks_for(self, detector: Detector) -> bool:
        return self.asked(detector) and not self.labels.isdisjoint(detector.labels)

    def _reads_out(self, extractor: Extractor) -> bool:
        return self.asked(extractor) and set(extractor.makes) == {"text"}

    def _failure(self, part: Part, message: str) -> Failure:
        return Failure(detector=REDACTION, part=part.id, kind="invalid_answer", message=message)
