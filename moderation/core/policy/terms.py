"""The terms that policies are made of: names, thresholds, outcomes, labels, values and counts.

Nothing here is evaluated as code. Each model is a mapping in a policy file; `moderation.core.policy.policies` puts them
together. Validators raise `Wrong`, which may say at which key the fault stands and what may have been meant.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    Tag,
    WithJsonSchema,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from moderation.core.items import PartType
from moderation.core.nearest import nearest
from moderation.core.policy.meant import meant_number
from moderation.core.verdicts import Outcome

ContentType = PartType | Literal["document"]
Path = tuple[str | int, ...]
"""Keys and list positions that lead to a place in a policy file."""


def wrong(message: str, *, at: str = "", hint: str = "") -> PydanticCustomError:
    """A fault for a validator to raise.

    Args:
        message: what is wrong, in words of the file.
        at: the key in the validated mapping that is at fault; empty for the mapping itself.
        hint: what may have been meant.
    """
    return PydanticCustomError("wrong", "{message}", {"message": message, "at": at, "hint": hint})


class PolicyModel(BaseModel):
    """A mapping in a policy file: unknown keys and values of another type are refused, nothing is converted."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, populate_by_name=True, allow_inf_nan=False, defer_build=True
    )


def no_entries() -> list[Any]:
    """A new empty list, for a field that may be left out.

    Not `list` itself: pydantic asks what arguments it takes, and Python answers by parsing its documentation.
    """
    return []


def is_number(value: Any) -> bool:
    """True for finite numbers; truth values are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _percent(value: Any) -> Any:
    """A threshold as people mean it; what looks like a share of one is refused with the likely meaning."""
    if not is_number(value):
        raise wrong("a threshold is a number from 0 to 100", hint=meant_number(value) or "such as 60")
    if 0 < value <= 1:
        hint = f"did you mean {value * 100:g}?" if value < 1 else "write 100 for certainty; 1 could be one percent too"
        raise wrong(f"threshold {value:g} is in (0, 1]; thresholds are percent", hint=hint)
    if not 0 <= value <= 100:
        raise wrong(f"threshold {value:g} is outside 0 to 100", hint="thresholds are percent, such as 60")
    return float(value)


NAME = re.compile(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?")
"""How names are written."""


def _name(value: Any) -> Any:
    if not isinstance(value, str):
        raise wrong("a name is a text", hint=f"write '{str(value).lower()}' in quotes" if value is not None else "")
    if len(value) > 60:
        raise wrong("a name has at most 60 characters", hint="shorten it; a description has room for more")
    if not NAME.fullmatch(value):
        plain = re.sub(r"[^a-z0-9_]+", "-", value.lower()).strip("-_")
        hint = f"did you mean '{plain}'?" if plain else "such as no-weapons"
        raise wrong(f"'{value}' is no name: it has small letters a-z, digits, - and _", hint=hint)
    return value


def _flow_name(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9](-*[a-z0-9]){0,62}", value):
        message = "a flow's name has small letters a-z, digits and -, at most 63 (Amazon A2I's rule)"
        plain = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")[:63] if isinstance(value, str) else ""
        raise wrong(message, hint=f"did you mean '{plain}'?" if plain else "such as general-reviews")
    return value


_NAME_SCHEMA = {"type": "string", "pattern": "^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$", "maxLength": 60}
_PERCENT_SCHEMA = {
    "description": "Percent, 0-100.",
    "anyOf": [{"const": 0}, {"type": "number", "exclusiveMinimum": 1, "maximum": 100}],
}

Name = Annotated[str, BeforeValidator(_name), WithJsonSchema(_NAME_SCHEMA)]
FlowName = Annotated[
    str, BeforeValidator(_flow_name), WithJsonSchema({"type": "string", "pattern": "^[a-z0-9](-*[a-z0-9]){0,62}$"})
]
Prose = Annotated[str, Field(min_length=1, max_length=4000)]
AppName = Annotated[str, Field(min_length=1, max_length=100)]
DetectorName = Annotated[str, Field(min_length=1, max_length=100)]
Percent = Annotated[float, BeforeValidator(_percent), WithJsonSchema(_PERCENT_SCHEMA)]
LabelName = Annotated[str, Field(min_length=1, max_length=200), WithJsonSchema({"type": "string", "title": "Label"})]


def _scalar(value: Any) -> Any:
    if isinstance(value, str | bool) or is_number(value):
        return value
    raise wrong("a text, a number, true or false is wanted", hint="a list or a mapping cannot stand here")


Scalar = Annotated[str | int | float | bool, BeforeValidator(_scalar)]
"""A single value, of the type it is written in: 5 is not '5'."""


class Ask(PolicyModel):
    """What a rule leads to: ``approve``, ``reject`` or ``{review: QUEUE}``."""

    outcome: Outcome
    queue: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        return read_ask(value)

    @model_serializer
    def _as_written(self) -> str | dict[str, str | None]:
        return {"review": self.queue} if self.outcome == "review" else self.outcome

    @classmethod
    def of(cls, outcome: Outcome, queue: str | None = None) -> Ask:
        """An ask made by code; files write the short form."""
        return cls.model_construct(outcome=outcome, queue=queue)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """As files write it."""
        review = {"type": "object", "properties": {"review": {"type": "string", "description": "A queue's name."}}}
        return {
            "description": "approve, reject or {review: QUEUE}",
            "anyOf": [
                {"enum": ["approve", "reject"]},
                {**review, "required": ["review"], "additionalProperties": False},
            ],
        }


def read_ask(value: Any) -> dict[str, str]:
    """The fields of what stands for an `Ask` in a file. Raises what `wrong` makes."""
    if isinstance(value, Mapping) and set(value) == {"review"}:
        if not isinstance(value["review"], str):
            raise wrong("a queue's name is a text", at="review", hint="write {review: QUEUE}, a name from queues")
        return {"outcome": "review", "queue": value["review"]}
    if value in ("approve", "reject"):
        return {"outcome": value}
    if value == "review":
        raise wrong("a review names its queue", hint="write {review: QUEUE}")
    raise wrong("write approve, reject or {review: QUEUE}", hint=_closest_outcome(value))


_OUTCOMES: Mapping[str, str] = {
    **dict.fromkeys(("approved", "approves", "approval", "allow", "allowed", "accept", "accepted", "pass"), "approve"),
    **dict.fromkeys(
        ("rejected", "rejects", "deny", "denied", "block", "blocked", "refuse", "refused", "ban"), "reject"
    ),
    **dict.fromkeys(("reviewed", "reviews", "escalate"), "review"),
}
"""What others call an outcome."""


def _closest_outcome(value: Any) -> str:
    """What was meant, where that is sure."""
    if isinstance(value, Mapping) and len(value) == 1 and isinstance(queue := value.get("queue"), str):
        return f"write {{review: {queue}}}"
    if isinstance(value, str) and (spoken := re.fullmatch(r"review[ :]+([a-z0-9_-]+)", value)):
        return f"write {{review: {spoken[1]}}}"
    if isinstance(value, list):
        return "write one of them, without square brackets"
    words = [value] if isinstance(value, str) else list(value) if isinstance(value, Mapping) and len(value) == 1 else []
    for word in words:
        folded = str(word).strip().casefold()
        meant = _OUTCOMES.get(folded) or nearest(folded, ("approve", "reject", "review"))
        if meant == "review":
            return "write {review: QUEUE}"
        if meant is not None:
            return f"did you mean {meant}?"
    return "nothing else can stand here"


class ListRef(PolicyModel):
    """``{list: NAME}``: the entries of a named list."""

    name: Name = Field(alias="list", description="A name from the policy's lists.")


def _shape(value: Any) -> str:
    if isinstance(value, list):
        return "several"
    return "list" if isinstance(value, Mapping | ListRef) else "one"


def _not_empty(value: Any) -> Any:
    if value == []:
        raise wrong("an empty list matches nothing", hint="name one thing at least")
    return value


Labels = Annotated[
    Annotated[LabelName, Tag("one")] | Annotated[list[LabelName], Tag("several")] | Annotated[ListRef, Tag("list")],
    Discriminator(_shape),
    BeforeValidator(_not_empty),
]
"""One label, several, or a named list of them."""
Scalars = Annotated[
    Annotated[list[Scalar], Tag("several")] | Annotated[ListRef, Tag("list")],
    Discriminator(_shape),
    BeforeValidator(_not_empty),
]
"""Several values, or a named list of them."""


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else _not_empty(value)


OneOrMore = Annotated[
    list[DetectorName],
    BeforeValidator(_listed),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
"""A detector's name, or several."""


class Count(PolicyModel):
    """How many: ``{at_least: 2}``, ``{at_most: 5}`` or both."""

    at_least: int | None = Field(None, ge=0, le=10_000, description="So many or more.")
    at_most: int | None = Field(None, ge=0, le=10_000, description="So many or fewer.")

    @model_validator(mode="after")
    def _says_something(self) -> Count:
        if self.at_least is None and self.at_most is None:
            raise wrong("write at_least, at_most or both", hint="such as {at_least: 2}")
        if self.at_least is not None and self.at_most is not None and self.at_most < self.at_least:
            message = f"at_most ({self.at_most}) is less than at_least ({self.at_least})"
            raise wrong(message, at="at_most", hint="swap the two, or leave one out")
        if self.at_most is None and self.at_least == 0:
            raise wrong("at_least 0 is always true", at="at_least", hint="write at_least: 1")
        return self

    def holds(self, number: int, *, may_grow: bool = False) -> bool | None:
        """True when `number` lies inside; None when it may still grow and that would matter."""
        if self.at_most is not None and number > self.at_most:
            return False
        if self.at_least is not None and number < self.at_least:
            return None if may_grow else False
        return None if may_grow and self.at_most is not None else True


class Range(PolicyModel):
    """A measure within bounds: ``{at_least: 5}``, ``{below: 50}`` or both."""

    at_least: float | None = Field(None, ge=0, description="From here, inclusive.")
    below: float | None = Field(None, gt=0, description="Up to here, exclusive.")

    @model_validator(mode="after")
    def _says_something(self) -> Range:
        if self.at_least is None and self.below is None:
            raise wrong("write at_least, below or both", hint="such as {at_least: 5}")
        if self.at_least is not None and self.below is not None and self.below <= self.at_least:
            message = f"below ({self.below:g}) must be more than at_least ({self.at_least:g})"
            raise wrong(message, at="below", hint="swap the two, or leave one out")
        return self

    def holds(self, value: float) -> bool:
        """True when `value` lies inside."""
        return (self.at_least is None or value >= self.at_least) and (self.below is None or value < self.below)


class TimeShare(Range):
    """A share of the time that a film or sound plays, in percent."""

    at_least: Percent | None = Field(None, description="Percent of the time, inclusive.")
    below: Percent | None = Field(None, description="Percent of the time, exclusive.")


def expand(labels: Labels, lists: Mapping[str, Sequence[Any]]) -> tuple[str, ...]:
    """The names that a ``label:`` stands for."""
    if isinstance(labels, str):
        return (labels,)
    return tuple(str(entry) for entry in (lists.get(labels.name, ()) if isinstance(labels, ListRef) else labels))
