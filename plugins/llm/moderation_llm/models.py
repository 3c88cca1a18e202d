"""What a model is asked and what it says, whatever protocol it speaks; and what that costs."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from moderation_aws.shared import Store, StoreFailed

from moderation.hookspecs import Unavailable

logger = logging.getLogger(__name__)

DETECTOR = "llm.policy"
MOST_TOKENS = 10_000_000
"""That an endpoint may say it used in one call: more is no number to believe."""


@dataclass(frozen=True)
class Question:
    """What a model is asked.

    Attributes:
        app: who posted the content, for the meter.
        rules: the policies and the form of the answer; ours.
        before: what stands before the content, ours.
        content: the content, fenced where it is a text; None for a picture.
        picture: the content, where it is one: its bytes and their format.
        after: what stands behind the content, ours.
        schema: the form of the answer, as JSON Schema.
    """

    app: str
    rules: str
    before: str
    content: str | None
    picture: tuple[bytes, str] | None
    after: str
    schema: Mapping[str, Any]


class NotAnswered(Unavailable):
    """The model gave no answer that counts; asking once more may help.

    Attributes:
        is_worth_another_try: False where it would say the same again.
    """

    def __init__(self, message: str, *, is_worth_another_try: bool = True) -> None:
        self.is_worth_another_try = is_worth_another_try
        super().__init__(message)


class Model(Protocol):
    """Asks a model once. Travels to the detector's process."""

    def ask(self, question: Question, deadline: float) -> str:
        """The text of its answer.

        Args:
            deadline: of `time.monotonic`; no answer counts after it.

        Raises:
            NotAnswered: there is none, or it broke off, or it refused.
        """
        ...


@dataclass(frozen=True)
class Meter:
    """Counts what answers cost, for `moderation costs`.

    Attributes:
        input_price: US dollars for a million tokens of questions; `output_price` of answers.
    """

    store: Store
    model: str
    input_price: float
    output_price: float

    def count(self, app: str, asked: Any, answered: Any, sizes: Sequence[int]) -> None:
        """Put one call on the meter; a meter that cannot be reached stops nothing.

        Args:
            asked: tokens of the question, as the endpoint says.
            answered: tokens of the answer.
            sizes: characters of both, which stand for tokens where the endpoint says nothing to be believed.
        """
        tokens = [_tokens(said, size) for said, size in zip((asked, answered), sizes, strict=True)]
        dollars = (tokens[0] * self.input_price + tokens[1] * self.output_price) / 1e6
        try:
            self.store.used(app, DETECTOR, f"llm.{self.model}", dollars)
        except StoreFailed as error:
            logger.error("call=%s is not on the meter: %s", DETECTOR, error)


def _tokens(said: Any, size: int) -> int:
    if isinstance(said, int) and not isinstance(said, bool) and 0 <= said <= MOST_TOKENS:
        return said
    return size // 2  # more than any language takes: the meter errs on the high side
