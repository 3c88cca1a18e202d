"""Amazon Bedrock's Converse, with the account, the retries and the words for errors of the AWS detectors."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from moderation_aws.calls import Account, Caller, CallRefused, needed

from moderation_llm.models import DETECTOR, Meter, NotAnswered, Question


@dataclass(frozen=True)
class ConverseModel:
    """A model in the account's Region."""

    account: Account
    model: str
    max_tokens: int
    meter: Meter

    def ask(self, question: Question, deadline: float) -> str:
        """See `moderation_llm.models.Model.ask`."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise NotAnswered("the model took too long", is_worth_another_try=False)
        try:
            # What is paid for are tokens, which only the answer tells; the call itself is counted as free.
            answer = replace(self.account, patience_seconds=min(left, self.account.patience_seconds)).call(
                Caller(question.app, DETECTOR),
                "bedrock-runtime",
                "Converse",
                0,
                modelId=self.model,
                system=[{"text": question.rules}],
                messages=[{"role": "user", "content": _content(question)}],
                inferenceConfig={"temperature": 0.0, "maxTokens": self.max_tokens},
            )
            # botocore reads an answer that broke off as an empty one.
            needed(answer, "output")
        except CallRefused as error:
            raise NotAnswered(str(error), is_worth_another_try=False) from error
        text = _text_of(answer)
        used = answer.get("usage") or {}
        sizes = (len(question.rules) + len(question.content or ""), len(text))
        self.meter.count(question.app, used.get("inputTokens"), used.get("outputTokens"), sizes)
        if answer.get("stopReason") not in ("end_turn", "stop_sequence"):
            why = answer.get("stopReason")
            known = ("max_tokens", "guardrail_intervened", "content_filtered")
            raise NotAnswered(f"the model's answer broke off ({why if why in known else 'for another reason'})")
        return text


def _content(question: Question) -> list[dict[str, Any]]:
    if question.picture is None:
        return [{"text": "\n".join([question.before, question.content or "", question.after])}]
    data, kind = question.picture
    picture = {"image": {"format": kind, "source": {"bytes": data}}}
    return [{"text": question.before}, picture, {"text": question.after}]


def _text_of(answer: dict[str, Any]) -> str:
    """The model's words; what it thought before them is not among them."""
    blocks = answer.get("output", {}).get("message", {}).get("content", [])
    return "".join(block["text"] for block in blocks if "text" in block)
