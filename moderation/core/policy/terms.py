"""The words that policies are made of: thresholds, outcomes, labels, counts and conditions.

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

ContentType = PartType | Literal["document"]
Outcome = Literal["approve", "reject", "review"]
Path = tuple[str | int, ...]
"""Keys and list positions that lead to a place in a policy file."""

BodyPart = Literal["face", "head", "left_hand", "right_hand"]
Cover = Literal["face_cover", "head_cover", "hand_cover"]
COVERS: Mapping[str, str] = {
    "face": "face_cover",
    "head": "head_cover",
    "left_hand": "hand_cover",
    "right_hand": "hand_cover",
}
"""What each body part can wear, as Amazon Rekognition's protective equipment types have it."""


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

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True, allow_inf_nan=False)


def is_number(value: Any) -> bool:
    """True for finite numbers; truth values are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _percent(value: Any) -> Any:
    """A threshold as people mean it; what looks like a share of one is refused with the likely meaning."""
    if not is_number(value):
        raise wrong("a threshold is a number from 0 to 100", hint=_meant_number(value))
    if 0 < value <= 1:
        raise wrong(f"threshold {value:g} is in (0, 1]; thresholds are percent", hint=f"did you mean {value * 100:g}?")
    if not 0 <= value <= 100:
        raise wrong(f"threshold {value:g} is outside 0 to 100")
    return float(value)


def _meant_number(value: Any) -> str:
    """What a text that was written for a threshold may have meant."""
    found = re.fullmatch(r"\s*(\d+)([.,]\d+)?\s*(%?)\s*", value) if isinstance(value, str) else None
    if found is None:
        return ""
    whole, rest, percent = found.groups()
    number = float(f"{whole}{(rest or '').replace(',', '.')}")
    if percent:
        return f"write {number:g}, without %"
    if 0 < number <= 1:
        return f"did you mean {number * 100:g}?"
    return f"write {number:g}, without quotes"


def _name(value: Any) -> Any:
    if not isinstance(value, str):
        raise wrong("a name is a text", hint=f"write '{str(value).lower()}' in quotes" if value is not None else "")
    if len(value) > 60:
        raise wrong("a name has at most 60 characters")
    if not re.fullmatch(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?", value):
        plain = re.sub(r"[^a-z0-9_]+", "-", value.lower()).strip("-_")
        hint = f"did you mean '{plain}'?" if plain else ""
        raise wrong(f"'{value}' is no name: it has small letters a-z, digits, - and _", hint=hint)
    return value


def _flow_name(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9](-*[a-z0-9]){0,62}", value):
        raise wrong("a flow's name has small letters a-z, digits and -, at most 63 (Amazon A2I's rule)")
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
Text = Annotated[str, Field(min_length=1, max_length=4000)]
AppName = Annotated[str, Field(min_length=1, max_length=100)]
DetectorName = Annotated[str, Field(min_length=1, max_length=100)]
Percent = Annotated[float, BeforeValidator(_percent), WithJsonSchema(_PERCENT_SCHEMA)]
LabelName = Annotated[str, Field(min_length=1, max_length=200), WithJsonSchema({"type": "string", "title": "Label"})]


def _scalar(value: Any) -> Any:
    if isinstance(value, str | bool) or is_number(value):
        return value
    raise wrong("a text, a number, true or false is wanted")


Scalar = Annotated[str | int | float | bool, BeforeValidator(_scalar)]
"""A single value, of the type it is written in: 5 is not '5'."""


class Ask(PolicyModel):
    """What a rule leads to: ``approve``, ``reject`` or ``{review: QUEUE}``."""

    outcome: Outcome
    queue: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and set(value) == {"review"}:
            if not isinstance(value["review"], str):
                raise wrong("a queue's name is a text", at="review")
            return {"outcome": "review", "queue": value["review"]}
        if value in ("approve", "reject"):
            return {"outcome": value}
        if value == "review":
            raise wrong("a review names its queue", hint="write {review: QUEUE}")
        raise wrong("write approve, reject or {review: QUEUE}", hint=_closest_outcome(value))

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


def _closest_outcome(value: Any) -> str:
    words = [value] if isinstance(value, str) else list(value) if isinstance(value, Mapping) and len(value) == 1 else []
    for word in words:
        for known in ("approve", "reject", "review"):
            if isinstance(word, str) and word[:2].lower() == known[:2] and word[:3].lower() == known[:3]:
                shown = known if known != "review" else "{review: QUEUE}"
                return f"did you mean {shown}?"
        if word in ("aprove", "allow", "accept", "pass"):
            return "did you mean approve?"
        if word in ("deny", "block", "remove", "refuse"):
            return "did you mean reject?"
    return ""


class ListRef(PolicyModel):
    """``{list: NAME}``: the entries of a named list."""

    name: Name = Field(alias="list", description="A name from the policy's lists.")


def _shape(value: Any) -> str:
    if isinstance(value, list):
        return "several"
    return "list" if isinstance(value, Mapping | ListRef) else "one"


def _not_empty(value: Any) -> Any:
    if value == []:
        raise wrong("an empty list matches nothing")
    return value


Labels = Annotated[
    Annotated[LabelName, Tag("one")] | Annotated[list[LabelName], Tag("several")] | Annotated[ListRef, Tag("list")],
    Discriminator(_shape),
    BeforeValidator(_not_empty),
]
"""One label, several, or a named list of them."""
Values = Annotated[
    Annotated[list[Scalar], Tag("several")] | Annotated[ListRef, Tag("list")],
    Discriminator(_shape),
    BeforeValidator(_not_empty),
]
"""Several values, or a named list of them."""


Combine = Literal["weighted_maximum", "noisy_or"]
"""How a score is made of several detections."""


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
            raise wrong(f"at_most ({self.at_most}) is less than at_least ({self.at_least})", at="at_most")
        if self.at_most is None and self.at_least == 0:
            raise wrong("at_least 0 is always true", at="at_least")
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
            raise wrong(f"below ({self.below:g}) must be more than at_least ({self.at_least:g})", at="below")
        return self

    def holds(self, value: float) -> bool:
        """True when `value` lies inside."""
        return (self.at_least is None or value >= self.at_least) and (self.below is None or value < self.below)


class BoxArea(Range):
    """A share of the picture, in percent."""

    at_least: Percent | None = Field(None, description="Percent of the picture, inclusive.")
    below: Percent | None = Field(None, description="Percent of the picture, exclusive.")


class People(PolicyModel):
    """Who lacks which protective cover, by the detections with label ``Person``."""

    at_least: Percent = Field(50.0, description="How sure that it is a person.")
    lacking: dict[BodyPart, Cover] = Field(
        min_length=1, description="Body part to the cover it should have; who lacks any of them counts."
    )
    covered_at_least: Percent = Field(50.0, description="How sure the cover must be to count as worn.")
    if_part_not_visible: Literal["ignore", "counts_as_lacking", "review"] = Field(
        "ignore", description="What a part that cannot be seen means; review only where the rule asks for a review."
    )
    count: Count = Field(Count(at_least=1), description="How many such people make the condition true.")

    @model_validator(mode="after")
    def _covers_fit(self) -> People:
        for part, cover in self.lacking.items():
            if COVERS[part] != cover:
                raise wrong(f"a {cover} is not worn on the {part}", at="lacking", hint=f"did you mean {COVERS[part]}?")
        return self


class Metadata(PolicyModel):
    """A test on one value of the app's metadata. A value that is missing or of another type fails every test."""

    key: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="Name of the value; dots lead into mappings: seller.age_days."
    )
    is_: Scalar | None = Field(None, alias="is", description="Equals this text, number or truth value.")
    in_: Values | None = Field(None, alias="in", description="Is one of these, or of {list: NAME}.")
    has: Scalar | None = Field(None, description="Is a list with this in it.")
    at_least: float | None = Field(None, description="A number from here, inclusive; any scale.")
    below: float | None = Field(None, description="A number up to here, exclusive; any scale.")
    given: bool | None = Field(None, description="true: the app sent it; false: it did not.")

    @model_validator(mode="after")
    def _is_one_test(self) -> Metadata:
        kinds = [name for name in ("is", "in", "has", "given") if self._value(name) is not None]
        kinds += ["at_least, below"] if self.at_least is not None or self.below is not None else []
        if len(kinds) != 1:
            raise wrong("a metadata test says one of: is, in, has, given, at_least and below")
        if self.at_least is not None and self.below is not None and self.below <= self.at_least:
            raise wrong(f"below ({self.below:g}) must be more than at_least ({self.at_least:g})", at="below")
        return self

    def _value(self, name: str) -> object:
        return getattr(self, {"is": "is_", "in": "in_"}.get(name, name))


def expand(labels: Labels, lists: Mapping[str, Sequence[Any]]) -> tuple[str, ...]:
    """The names that a ``label:`` stands for."""
    if isinstance(labels, str):
        return (labels,)
    return tuple(str(entry) for entry in (lists.get(labels.name, ()) if isinstance(labels, ListRef) else labels))


KINDS = ("label", "score", "all", "any", "not", "one_part", "app", "content_type", "metadata", "people")
OF_LABEL = ("exact", "count", "different_labels", "detector", "box_area", "span_length", "seconds")
MODIFIERS = ("at_least", "below", *OF_LABEL)
BESIDE: Mapping[str, tuple[str, ...]] = {"label": MODIFIERS, "score": ("at_least", "below")}
"""What may stand beside each kind of condition."""


class Condition(PolicyModel):
    """A test on an item and its detections. Exactly one kind of it in a mapping."""

    label: Labels | None = Field(None, description="A label, several, or {list: NAME}: it or anything under it.")
    score: str | None = Field(None, description="A name from the policy's scores.")
    at_least: Percent | None = Field(None, description="Beside label or score: from here, inclusive.")
    below: Percent | None = Field(None, description="Beside label or score: up to here, exclusive.")
    exact: bool | None = Field(None, description="Beside label: the label itself only, nothing under it.")
    count: Count | None = Field(None, description="Beside label: how many detections must match.")
    different_labels: Count | None = Field(None, description="Beside label: how many different labels among them.")
    detector: OneOrMore | None = Field(None, description="Beside label: only what these detectors found.")
    box_area: BoxArea | None = Field(None, description="Beside label: share of the picture that the box covers.")
    span_length: Range | None = Field(None, description="Beside label: length of the span, in characters.")
    seconds: Range | None = Field(None, description="Beside label: length of the time range, in seconds.")
    all: list[Condition] | None = Field(None, min_length=1, description="Each must hold.")
    any: list[Condition] | None = Field(None, min_length=1, description="At least one must hold.")
    not_: Condition | None = Field(None, alias="not", description="Must not hold.")
    one_part: Condition | None = Field(
        None, description="Holds of one and the same part, with what was extracted from it; else the whole item counts."
    )
    app: list[AppName] | None = Field(None, min_length=1, description="The item's app is one of these.")
    content_type: list[ContentType] | None = Field(None, min_length=1, description="The item has one of these.")
    metadata: Metadata | None = Field(None, description="A test on one of the app's own facts.")
    people: People | None = Field(None, description="People who lack protective covers.")

    @model_validator(mode="before")
    @classmethod
    def _is_one_kind(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        kinds = [kind for kind in KINDS if kind in value]
        if not kinds and set(value) <= set(MODIFIERS):
            raise wrong(f"a condition says what it is about: one of {', '.join(KINDS)}")
        if len(kinds) > 1:
            hint = "write {all: [{...}, {...}]} to ask for both"
            raise wrong(f"a condition has one of {', '.join(KINDS)}; here are {' and '.join(kinds)}", hint=hint)
        for modifier in MODIFIERS:
            if kinds and modifier in value and modifier not in BESIDE.get(kinds[0], ()):
                wanted = " or ".join(kind for kind, beside in BESIDE.items() if modifier in beside)
                raise wrong(f"'{modifier}' stands beside {wanted}, not beside {kinds[0]}", at=modifier)
        if kinds == ["score"] and "at_least" not in value and "below" not in value:
            raise wrong("a score is held against a threshold", hint="add at_least: 80")
        for key in (*kinds, *MODIFIERS):
            if key in value and value[key] is None:
                raise wrong(f"'{key}' has no value", at=key)
        return value

    @model_validator(mode="after")
    def _is_not_empty(self) -> Condition:
        if self.at_least is not None and self.below is not None and self.below <= self.at_least:
            raise wrong(f"below ({self.below:g}) must be more than at_least ({self.at_least:g})", at="below")
        return self
