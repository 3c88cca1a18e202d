"""``llm.policy``: what a language model finds by the words of the policies that name it."""

from __future__ import annotations

import time
from typing import Any

from moderation_aws import pictures
from moderation_aws.calls import TIME_LIMIT_SECONDS
from moderation_aws.cutting import Piece, pieces, sendable

from moderation.core.cards import Card, Licence
from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.core.looks import merge_looks
from moderation.hookspecs import Context, Unavailable, Unreadable
from moderation_llm.answering import place_of, read_answer, reason_of
from moderation_llm.asking import question_of
from moderation_llm.configuration import LlmConfig
from moderation_llm.models import DETECTOR, Model, NotAnswered, Question

TRIES = 2
MAX_PIECES = 6
OVERLAP_CHARS = 200
MAX_LABELS = 40
ALL_SECONDS = TIME_LIMIT_SECONDS - 8
"""For all calls about one part; what comes later is too late."""
MEGAPIXELS = 1.0


class PolicyJudge:
    """Asks about each label that is both in the policies and among those that it may give.

    Confidence is the model's own word, percent. A detection carries the model's reason, for reviewers, and the place of
    the words that it quotes, where they stand in the text.

    Args:
        config: what was set.
        model: what is asked.
    """

    name = DETECTOR
    on_demand = True
    reads_policies = True
    time_limit_seconds = TIME_LIMIT_SECONDS

    def __init__(self, config: LlmConfig, model: Model) -> None:
        self._config, self._model = config, model
        self.version = f"1.0+{config.digest}"
        self.reads = tuple(config.reads)
        self.labels = config.known_labels
        self.min_confidence = config.report_from
        self.examines = config.examines
        self.card = Card(
            sees=f"what {config.model} takes to be meant by the labels of the policies that name it, by their words",
            does_not_see="other parts of the item; films and sounds; what the model does not understand. Content that "
            "is written for it may talk the model out of seeing it. Its confidence is its own word, not calibrated",
            licence=Licence(code="Apache-2.0", weights=f"of {config.model}, which is yours to know"),
            training_data=f"what {config.model} was trained on",
            figures=("none: they are the model's; label some items of yours and compare",),
            cost="a call for each part, two where the first answer is no good; tokens in `moderation costs`",
            languages="those of the model",
            leaves_machine=not config.is_local,
        )

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """What is over the reporting floor, by label. Raises `Unreadable` and `Unavailable`."""
        if part.text is not None and not part.text.strip():
            return []
        labels = self._labels(context)
        deadline = time.monotonic() + ALL_SECONDS
        if part.text is None:
            looks = pictures.fitted_bytes(part, context, pictures.GUARDRAIL, pictures.Fitting(MEGAPIXELS))
            asked = [question_of(context.app, context.policies, labels, None, look) for look in looks]
            return merge_looks([self._answered(each, labels, None, context, deadline) for each in asked])
        cut = list(pieces(sendable(part.text), self._config.max_chars, size=len, overlap=OVERLAP_CHARS))
        if len(cut) > MAX_PIECES:
            raise Unreadable(f"the text is longer than {MAX_PIECES} times max_chars ({self._config.max_chars:,})")
        found = [
            detection
            for piece in cut
            for detection in self._answered(
                question_of(context.app, context.policies, labels, piece.text), labels, piece, context, deadline
            )
        ]
        # Two pieces see what stands where they overlap.
        return list({(each.label, each.span): each for each in found}.values())

    def _labels(self, context: Context) -> dict[str, str]:
        """The labels to ask about, each with what is meant by it."""
        if not context.policies:
            raise Unavailable(f"it judges by policies, and is asked here under none that names {self.name} in needs:")
        wanted = {label for policy in context.policies for label in policy.labels}
        labels = {label: self._config.labels.get(label, "") for label in self.labels if label in wanted}
        names = ", ".join(policy.name for policy in context.policies)
        if not labels:
            remedy = "name one in a rule or band, and under labels: in MODERATION_LLM_CONFIG"
            raise Unavailable(f"policy {names} asks about no label that it may give; {remedy}")
        if len(labels) > MAX_LABELS:
            raise Unavailable(f"policies {names} ask about {len(labels)} labels; it answers {MAX_LABELS} at most")
        return labels

    def _answered(
        self, question: Question, labels: dict[str, str], piece: Piece | None, context: Context, deadline: float
    ) -> list[Detection]:
        for attempt in range(1, TRIES + 1):
            try:
                said = read_answer(self._model.ask(question, deadline), labels)
                break
            except NotAnswered as error:
                if attempt == TRIES or not error.is_worth_another_try:
                    raise
        found = []
        for each in said:
            if each.confidence >= self.min_confidence:
                span = place_of(each.quote, piece) if piece is not None else None
                words = piece.text[span.start - piece.start : span.end - piece.start] if piece and span else ""
                attributes: dict[str, Any] = {"reason": reason_of(each, words), "model": self._config.model}
                found.append(Detection(label=each.label, confidence=each.confidence, span=span, attributes=attributes))
        return found
