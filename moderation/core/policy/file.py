"""The models of a policy file: all that it may say, from the top.

A policy is data; nothing in it is evaluated as code. `moderation.core.policy.checks` reads one from the plain mapping
that a YAML file holds, and says every fault; `moderation.policies.files` reads the files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    Tag,
    WithJsonSchema,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from moderation.core.policy.allowed import Allowed
from moderation.core.policy.answering import Answering
from moderation.core.policy.choices import Words
from moderation.core.policy.copies import Copies
from moderation.core.policy.grounds import Explanation, Ground
from moderation.core.policy.meant import meant_number
from moderation.core.policy.terms import (
    AppName,
    Ask,
    ContentType,
    DetectorName,
    FlowName,
    LabelName,
    Labels,
    Name,
    PolicyModel,
    Prose,
    Scalar,
    is_number,
    no_entries,
    read_ask,
    wrong,
)
from moderation.core.policy.thresholds import Rows, Threshold, check_order, rows_of
from moderation.core.policy.within import MOST_STOPS, ClockStop, Within, never_runs
from moderation.core.policy.words.counter import Counter
from moderation.core.policy.words.logic import Condition
from moderation.core.policy.words.score import Score

TAXONOMIES = ("rekognition-moderation-7",)
FORMAT = 1


class Queue(PolicyModel):
    """Where reviews go. The first of a policy's queues wins when several apply."""

    name: Name = Field(description="As rules say it.")
    a2i_flow: FlowName = Field(description="Name of the Amazon A2I flow definition.")
    reviewers: int = Field(1, ge=1, le=3, description="How many people answer (A2I's limit is 3).")
    agree: int = Field(1, ge=1, le=3, description="How many of them must choose the same.")
    if_no_agreement: Ask | None = Field(
        None, description="What follows when they do not; left out: reject when anybody chose reject."
    )
    decide_within: Within | None = Field(None, description="How soon items in this queue are to be decided.")
    clearance: Name | None = Field(
        None, description="What people have to hold to see items that were ever in this queue; see docs/clearance.md."
    )

    @model_validator(mode="after")
    def _can_agree(self) -> Queue:
        if self.agree > self.reviewers:
            hint = f"agree: {self.reviewers} asks for all of them"
            raise wrong(f"agree ({self.agree}) is more than reviewers ({self.reviewers})", at="agree", hint=hint)
        return self


def _date(value: Any) -> Any:
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise wrong("a day is written year-month-day", hint="such as 2027-01-31") from error


def _time(value: Any) -> Any:
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise wrong("a time is written as 2026-11-28T23:30:00Z") from error
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _share(value: Any) -> Any:
    if not is_number(value) or not 0 < value <= 100:
        hint = meant_number(value, scaled=False) or "such as 10"
        raise wrong("a share of items is a number over 0, up to 100, in percent", hint=hint)
    return float(value)


Share = Annotated[float, BeforeValidator(_share), WithJsonSchema({"exclusiveMinimum": 0, "maximum": 100})]
"""How many of a hundred items; 0.5 is one in two hundred."""


class RuleMode(PolicyModel):
    """How a new rule begins: ``{shadow_until: DATE}`` or ``{percent: 10}``.

    On trial (`shadow_until`) it is recorded with what it would have done and never acts; lint complains after the date.
    Rolled out to some (`percent`) it acts on that share of the items, always the same ones, and is on trial for the
    others. Raising the percent keeps the earlier ones.
    """

    shadow_until: (
        Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})] | None
    ) = Field(None, description="On trial until this day: recorded, never acts.")
    percent: Share | None = Field(None, description="Acts on this share of the items, on trial for the others.")

    @model_validator(mode="after")
    def _is_one(self) -> RuleMode:
        if (self.shadow_until is None) is (self.percent is None):
            raise wrong("a mode is {shadow_until: DATE} or {percent: SHARE}", hint="such as {percent: 10}")
        return self


def _action_value(value: Any) -> Any:
    if isinstance(value, str) and not 0 < len(value) <= 1000:
        raise wrong("the value of an action is a text of 1 to 1,000 characters, a number, true or false")
    if isinstance(value, str | bool) or is_number(value):
        return value
    raise wrong("the value of an action is a text, a number, true or false", hint="such as {age_gate: 18, warn: true}")


ActionValue = Annotated[str | int | float | bool, BeforeValidator(_action_value)]
"""Of the type it is written in: 18 is not '18'."""

DailyCap = Annotated[int, Field(ge=1, le=10_000_000)]
GROUND = "What a restriction by it rests on: a name from grounds."
CAP = "So many items a day (UTC) are rejected by it without people; what is over goes to review."


class Band(PolicyModel):
    """The everyday rule: from `review_from` people look, from `reject_from` it is rejected; no gap, no overlap."""

    label: Labels = Field(description="A label, several, or {list: NAME}: it or anything under it.")
    review_from: Threshold | None = Field(None, description="From this confidence people look.")
    reject_from: Threshold | None = Field(None, description="From this confidence it is rejected.")
    queue: str | None = Field(None, description="Where reviews go.")
    exact: bool = Field(False, description="The label itself only, nothing under it.")
    why: Prose | None = Field(None, description="The reason, for people.")
    locked: bool = Field(False, description="Apps may tighten it, not loosen or switch it off; nothing overrides it.")
    mode: RuleMode | None = Field(None, description="On trial, or rolled out to a share of the items.")
    at_most_per_day: DailyCap | None = Field(None, description=CAP)
    ground: Name | None = Field(None, description=GROUND)

    @model_validator(mode="after")
    def _is_a_band(self) -> Band:
        if self.review_from is None and self.reject_from is None:
            raise wrong("a band has review_from, reject_from or both", hint="add review_from: 60 or reject_from: 95")
        if self.at_most_per_day is not None and self.reject_from is None:
            message = "at_most_per_day is about rejects; this band has no reject_from"
            raise wrong(message, at="at_most_per_day", hint="add reject_from: 95, or remove it")
        if self.review_from is not None and self.queue is None:
            raise wrong("a band with review_from names a queue", hint="add queue: NAME")
        check_order(self.review_from, self.reject_from, ("review_from", "reject_from"))
        return self

    def by_rows(self) -> Rows[Band] | None:
        """The band for each row of its tables; None where it has none."""
        return rows_of(self, ("review_from", "reject_from"))


class Rule(PolicyModel):
    """A condition and what it leads to."""

    id: Name = Field(description="A name of its own in this policy; explanations and tests say it.")
    why: Prose | None = Field(None, description="The reason, for people.")
    when: Condition = Field(description="What must be true of the item.")
    then: Ask = Field(description="What follows.")
    overrides: list[str] = Field(
        default_factory=no_entries,
        description="Rules, or sides of bands (NAME.review, NAME.reject), that this sets aside.",
    )
    locked: bool = Field(False, description="Apps may tighten it, not loosen or switch it off; nothing overrides it.")
    mode: RuleMode | None = Field(None, description="On trial, or rolled out to a share of the items.")
    at_most_per_day: DailyCap | None = Field(None, description=CAP)
    redact: list[LabelName] = Field(
        default_factory=no_entries,
        description="When it fires and the item is approved: labels to redact in what is shown.",
    )

    actions: dict[Name, ActionValue] = Field(
        default_factory=dict,
        max_length=20,
        description="When it fires: what the app is asked to do beside, such as {age_gate: 18, warn: true}.",
    )
    ground: Name | None = Field(None, description=GROUND)

    @model_validator(mode="after")
    def _caps_rejects(self) -> Rule:
        if self.at_most_per_day is not None and self.then.outcome != "reject":
            message = "at_most_per_day is about rejects; this rule does not reject"
            raise wrong(message, at="at_most_per_day", hint="remove it, or write then: reject")
        return self


def _every(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]+(\.[0-9]+)?s", value):
        raise wrong("a number of seconds with its unit", hint="such as every: 2s or every: 0.5s")
    if not 0.2 <= float(value[:-1]) <= 60:
        raise wrong("pictures are taken out of films every 0.2s to 60s")
    return value


Every = Annotated[str, BeforeValidator(_every), WithJsonSchema({"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?s$"})]


class AppliesTo(PolicyModel):
    """Which items a policy is for."""

    content_type: list[ContentType] = Field(min_length=1, description="Items with a part of one of these.")
    app: list[AppName] | None = Field(None, min_length=1, description="Only of these apps; left out: of all.")


class Change(PolicyModel):
    """What an app changes about one rule or band."""

    review_from: Threshold | None = Field(None, description="Of a band.")
    reject_from: Threshold | None = Field(None, description="Of a band.")
    queue: str | None = Field(None, description="Of a band.")
    at_least: Threshold | None = Field(None, description="Of a rule with a plain label condition.")
    below: Threshold | None = Field(None, description="Of a rule with a plain label condition.")
    then: Ask | None = Field(None, description="Of a rule.")
    enabled: bool = Field(True, description="false switches it off for this app.")


class AppChanges(PolicyModel):
    """An app's own version of a policy."""

    change: dict[str, Change] = Field(default_factory=dict, description="Rule or band to what is different.")
    if_nothing_matches: Ask | None = Field(None, description="The outcome for this app when no rule fires.")


class Sampling(PolicyModel):
    """A share of decided items that people look at all the same. It never changes what the rules want."""

    id: Name = Field(description="A name of its own; which items are picked follows from it.")
    of: Literal["approve", "reject"] = Field(description="Which outcome; what goes to review is seen by people anyway.")
    percent: Share = Field(description="How many of a hundred; 0.5 is one in two hundred.")
    queue: str = Field(description="Where these reviews go.")
    hold: bool = Field(False, description="true: the decision waits for the reviewers; false: they look afterwards.")
    blind: bool = Field(False, description="true: reviewers are not shown what was found or what the rules wanted.")


class KeepDays(PolicyModel):
    """How many days something is kept after the decision; 0 for no longer than needed, left out as settings say."""

    approve: int | None = Field(None, ge=0, le=3650, description="Of approved items.")
    reject: int | None = Field(None, ge=0, le=3650, description="Of rejected items.")


def _shape(value: Any) -> str:
    return "several" if isinstance(value, list) else "one"


class ExampleItem(PolicyModel):
    """The item of a policy test, in shorthand: ``detections: [{Weapons: 96}]``, ``failed: [DETECTOR]``."""

    content_type: Annotated[
        Annotated[ContentType, Tag("one")] | Annotated[list[ContentType], Field(min_length=1), Tag("several")],
        Discriminator(_shape),
    ] = Field(description="What kinds of content it has.")
    app: AppName | None = Field(None, description="Left out: the policy's first app, or 'test'.")
    metadata: dict[str, JsonValue] = Field(default_factory=dict, description="What the app sent along.")
    detections: list[dict[str, JsonValue]] = Field(
        default_factory=no_entries,
        description="{LABEL: CONFIDENCE}, with part, detector, span, box or time_range.",
    )
    failed: list[DetectorName] = Field(default_factory=no_entries, description="Detectors that gave no answer.")
    listed: list[Name] = Field(default_factory=no_entries, description="Lists at run time that the item is on.")
    counters: dict[str, Annotated[int, Field(ge=0, le=10_000)]] = Field(
        default_factory=dict, description="How many items came before it, by counter; 0 where it is not said."
    )
    facts: dict[Name, Scalar] = Field(
        default_factory=dict,
        description="What was measured of its part: {width: 300, media_type: image/gif}; parts: how many.",
    )
    flags: float = Field(0.0, ge=0, le=1_000_000, description="Users' reports of it, weighed.")
    posted_at: (
        Annotated[datetime, BeforeValidator(_time), WithJsonSchema({"type": "string", "format": "date-time"})] | None
    ) = Field(None, description="When it came in, with its zone: 2026-11-28T23:30:00+01:00.")
    rolled_out: bool = Field(
        True, description="false: of the items on which rules with mode: {percent} are on trial; else they act."
    )

    @property
    def content_types(self) -> frozenset[str]:
        """As a set; a document is a text too."""
        types = {self.content_type} if isinstance(self.content_type, str) else set(self.content_type)
        return frozenset({*types, "text"} if "document" in types else types)


class Example(PolicyModel):
    """A policy's own test."""

    name: Prose = Field(description="What it shows, in a few words.")
    item: ExampleItem = Field(description="The item.")
    expect: Ask = Field(description="The outcome it must have.")
    because: list[str] | None = Field(None, description="Rules or sides of bands that must be among the reasons.")
    actions: dict[Name, ActionValue] | None = Field(
        None, description="What the app must be asked to do, all of it; {} for nothing."
    )


class FailureAsk(Ask):
    """What a failure leads to: ``reject``, ``{review: QUEUE}``, or ``{approve: REASON}``.

    Attributes:
        reason: why nobody has to look, in its author's words; it is repeated wherever people look.
    """

    reason: Prose | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if value == "approve":
            raise wrong(
                "approving what a detector could not look at needs a reason",
                hint='write {approve: "REASON"}, or {review: QUEUE}',
            )
        if isinstance(value, Mapping) and set(value) == {"approve"}:
            if not isinstance(value["approve"], str) or not value["approve"].strip():
                raise wrong("the reason is a text", at="approve", hint="say why nobody has to look")
            return {"outcome": "approve", "reason": value["approve"]}
        return read_ask(value)

    @model_serializer
    def _as_written(self) -> str | dict[str, str | None]:
        if self.outcome == "approve":
            return {"approve": self.reason}
        return {"review": self.queue} if self.outcome == "review" else self.outcome

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """As files write it."""

        def one_of(key: str, description: str) -> JsonSchemaValue:
            inner = {key: {"type": "string", "description": description}}
            return {"type": "object", "properties": inner, "required": [key], "additionalProperties": False}

        return {
            "description": 'reject, {review: QUEUE} or {approve: "REASON"}',
            "anyOf": [
                {"enum": ["reject"]},
                one_of("review", "A queue's name."),
                one_of("approve", "Why nobody has to look."),
            ],
        }


FRAMES = "film.frames"
"""The extractor that takes pictures out of films."""


class PolicyFile(PolicyModel):
    """Everything a policy file may say."""

    policy: Name = Field(description="The policy's name.")
    format: Literal[1] = Field(description="The version of this format.")
    description: Prose | None = Field(None, description="The words a reviewer sees: what is allowed and what is not.")
    applies_to: AppliesTo
    taxonomy: str | None = Field(None, description="The taxonomy the labels are from.")
    needs: list[DetectorName] = Field(
        default_factory=no_entries, description="Detectors whose answer this policy relies on; must be loaded."
    )
    only_with: list[DetectorName] = Field(
        default_factory=no_entries, description="In force only where all these detectors are loaded."
    )
    ignore_failures_of: list[DetectorName] = Field(
        default_factory=no_entries, description="Detectors whose failure may pass without a person."
    )
    every: Every | None = Field(
        None, description="How often a picture is taken out of a film, such as 2s (0.2s to 60s); it names film.frames."
    )
    if_nothing_matches: Ask = Field(description="The outcome when no rule fires.")
    if_a_detector_fails: FailureAsk = Field(description="The outcome when a failed detector could have changed it.")
    queues: list[Queue] = Field(default_factory=no_entries, description="Where reviews go, most important first.")
    lists: dict[Name, list[Scalar]] = Field(default_factory=dict, description="Named lists of labels or values.")
    allow: list[Allowed] = Field(
        default_factory=no_entries,
        max_length=60,
        description="Lists at run time whose values count for nothing where they are found, such as own numbers.",
    )
    scores: dict[Name, Score] = Field(default_factory=dict, description="Numbers made of several detections.")
    counters: dict[Name, Counter] = Field(
        default_factory=dict,
        description="What is remembered of earlier items: how many, whose, how long ago.",
    )
    bands: dict[Name, Band] = Field(default_factory=dict, description="One line per label: review from, reject from.")
    rules: list[Rule] = Field(default_factory=no_entries, description="What a band cannot say.")
    labels: dict[LabelName, Words] = Field(
        default_factory=dict,
        max_length=60,
        description="Labels that reviewers may choose, with the words that they read; left out: all that it names.",
    )
    reasons: dict[Name, Words] = Field(
        default_factory=dict,
        max_length=60,
        description="Reasons that reviewers may choose, with the words that they read.",
    )
    grounds: dict[Name, Ground] = Field(
        default_factory=dict,
        max_length=60,
        description="Laws and clauses of your terms that restrictions rest on, for statements of reasons and reports.",
    )
    ground: Name | None = Field(None, description="The ground where neither rule nor reason names one.")
    redress: Explanation | None = Field(
        None, description="How users can have a decision looked at again, as statements of reasons say it."
    )
    apps: dict[AppName, AppChanges] = Field(default_factory=dict, description="What is different for an app.")
    sampling: list[Sampling] = Field(
        default_factory=no_entries, description="Shares of decided items for people to look at."
    )
    decide_within: Within | None = Field(None, description="How soon items are to be decided that people look at.")
    clock_stops: list[ClockStop] = Field(
        default_factory=no_entries,
        max_length=MOST_STOPS,
        description="When the clock of decide_within stands, and why.",
    )
    keep_media_days: KeepDays | None = Field(
        None, description="How long pictures, films and sounds are kept after the decision."
    )
    keep_text_days: KeepDays | None = Field(
        None, description="How long texts are kept after the decision, those read and heard in media too."
    )
    copies: Copies | None = Field(
        None, description="Where copies of decided pictures and films go; what becomes of rejected originals."
    )
    notices: Answering | None = Field(
        None,
        description="Where people look because of public notices; what an upheld one does to copies and lists.",
    )
    tests: list[Example] = Field(default_factory=no_entries, description="Items and the outcome they must have.")

    @model_validator(mode="after")
    def _has_clocks_that_run(self) -> PolicyFile:
        if never_runs(self.clock_stops):
            message = "the clock would stand on every day of the week, and nothing would ever be due"
            raise wrong(message, at="clock_stops", hint="leave one day on which it runs")
        return self

    @model_validator(mode="after")
    def _takes_pictures(self) -> PolicyFile:
        if self.every is not None and FRAMES not in (*self.needs, *self.only_with):
            message = f"every says how often {FRAMES} takes a picture out of a film, and this policy does not name it"
            raise wrong(message, at="every", hint=f"add {FRAMES} to needs")
        return self


def branch_ids(file: PolicyFile) -> tuple[str, ...]:
    """Ids of rules and of the sides of bands, in file order."""
    ids = []
    for name, band in file.bands.items():
        ids += [f"{name}.review"] if band.review_from is not None else []
        ids += [f"{name}.reject"] if band.reject_from is not None else []
    return (*ids, *(rule.id for rule in file.rules))
