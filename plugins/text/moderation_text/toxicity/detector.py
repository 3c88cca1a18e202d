"""``text.toxicity``: what a small classifier takes for hate, harassment, threats, self-harm, sexual content or spam."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from moderation.core.detections import Detection
from moderation.core.items import Part, Span
from moderation.hookspecs import Context, Unreadable
from moderation_text.card import TOXICITY
from moderation_text.toxicity.language import is_readable
from moderation_text.toxicity.scoring import Scoring
from moderation_text.toxicity.windows import sentences, windows
from moderation_text.toxicity.words import words_of

LABELS = {
    "hate": "Toxicity/HATE_SPEECH",
    "harassment": "Toxicity/HARASSMENT_OR_ABUSE",
    "threat": "Toxicity/VIOLENCE_OR_THREAT",
    "selfharm": "Wellbeing/SELF_HARM",
    "sexual": "Toxicity/SEXUAL",
    "spam": "Toxicity/SPAM",
}
"""What the model's columns are in the taxonomy."""

CEILING = 89.0
"""It is never surer: policies that reject what a list of words is sure of, from 90 on, never do so by its word."""

STRAIGHT_TO = 80.0
"""Up to here a confidence is the share of such texts that have the label; from here to 100 it is drawn together."""

SELDOM = 10.0
"""Less is not told: it is often wrong, and people would read it. Of self-harm, which is rare, half of that is much."""

LIKELY = 50.0
"""From this on every stretch of a long text is told; below it the likeliest alone."""

_AT_ONCE = 256
"""Windows that are scored together."""
_MOST_TOLD = 100
"""Stretches of one label in one text."""


class Toxicity:
    """A linear model over hashed words and pieces of words, in English.

    Its confidence is calibrated on texts like those it was trained on, and at most `CEILING`. Long texts are looked at
    in stretches of about 400 characters; of these the span is told.
    """

    name = "text.toxicity"
    version = "1.0"
    reads = ("text",)
    labels = tuple(LABELS.values())
    min_confidence = 5.0
    max_confidence = CEILING
    time_limit_seconds = 20.0
    card = TOXICITY

    def __init__(self) -> None:
        self._scoring: Scoring | None = None

    def __getstate__(self) -> dict[str, object]:
        """The model stays behind and is read again at the first look."""
        return {"_scoring": None}

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """The findings of one text, the surest first.

        Raises:
            Unreadable: a stretch of the text is in no language it knows, and nothing likely was found in the rest.
        """
        return self.detect_batch([part], context)[0]

    def detect_batch(self, parts: Sequence[Part], context: Context) -> list[list[Detection]]:
        """The findings of each text. Raises as `detect` does, for all of them."""
        texts = [part.text or "" for part in parts]
        found: list[list[Detection]] = [[] for _ in texts]
        stretches, unread = [0] * len(texts), [0] * len(texts)
        places = ((number, start, end) for number, text in enumerate(texts) for start, end in windows(text))
        while group := list(islice(places, _AT_ONCE)):
            rows = self._scores(texts, group)
            foreign = [stretch for stretch, row in zip(group, rows, strict=True) if row is None]
            # In a stretch of another language there may be sentences that it reads.
            finer = [
                (number, *place) for number, start, end in foreign for place in sentences(texts[number], start, end)
            ]
            for number, _, _ in group:
                stretches[number] += 1
            for number, _, _ in foreign:
                unread[number] += 1
            for (number, start, end), row in zip([*group, *finer], [*rows, *self._scores(texts, finer)], strict=True):
                span = Span(start=start, end=end) if end - start < len(texts[number]) else None
                found[number] += [
                    Detection(label=label, confidence=round(drawn_together(sure), 3), span=span)
                    for label, sure in row or ()
                ]
        chosen = [list(_chosen(each)) for each in found]
        for number, each in enumerate(chosen):
            if unread[number] and not any(detection.confidence >= LIKELY for detection in each):
                share = f"{unread[number]} of {stretches[number]} stretches of the text"
                raise Unreadable(f"{share} are not in English, the one language it reads")
        return chosen

    def _scores(
        self, texts: Sequence[str], group: Sequence[tuple[int, int, int]]
    ) -> list[list[tuple[str, float]] | None]:
        """For each stretch of some texts its labels with their confidence; None for one that it does not read."""
        if not group:
            return []
        split = [words_of(texts[number][start:end]) for number, start, end in group]
        scoring = self._scoring = self._scoring or Scoring()
        rows: list[list[tuple[str, float]] | None] = []
        for words, scores in zip(split, scoring.scores(split), strict=True):
            if not is_readable(words, scoring.frequent):
                rows.append(None)
            elif not any(map(str.isalpha, words)):
                rows.append([])  # numbers and signs alone say nothing
            else:
                labels = zip([LABELS[column] for column in scoring.columns], scores, strict=True)
                rows.append([(label, sure) for label, sure in labels if sure >= self._least(label)])
        return rows

    def _least(self, label: str) -> float:
        """What is told of a label at least."""
        return self.min_confidence if label == LABELS["selfharm"] else SELDOM


def drawn_together(confidence: float) -> float:
    """A calibrated confidence as it is told: the order stays, and none is over `CEILING`. Percent."""
    if confidence <= STRAIGHT_TO:
        return confidence
    return STRAIGHT_TO + (confidence - STRAIGHT_TO) * (CEILING - STRAIGHT_TO) / (100 - STRAIGHT_TO)


def _chosen(found: Sequence[Detection]) -> Iterator[Detection]:
    """Of each label the surest, and what else is likely; the surest first."""
    told: dict[str, int] = {}
    for each in sorted(found, key=lambda each: (-each.confidence, each.span.start if each.span else 0, each.label)):
        count = told.get(each.label, 0)
        if count == 0 or (each.confidence >= LIKELY and count < _MOST_TOLD):
            told[each.label] = count + 1
            yield each
