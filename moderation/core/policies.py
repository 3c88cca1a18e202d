"""Policies: the models of a rule file.

A policy is data; nothing in it is evaluated as code. `moderation.core.policy_checks` reads one from the plain mapping
that a YAML file holds, and says every fault; `moderation.policy_files` reads the files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, JsonValue, model_validator

from moderation.core.items import Frozen, PartType

Path = tuple[str | int, ...]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$", max_length=60)]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
ContentType = PartType | Literal["document"]
TAXONOMIES = ("rekognition-moderation-7",)


def _percent(value: Any) -> Any:
    """A threshold as people mean it; what looks like a share of one is refused with the likely meaning."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a threshold is a number from 0 to 100")
    if 0 < value <= 1:
        raise ValueError(f"thresholds are percent, 0-100; did you mean {value * 100:g}?")
    if not 0 <= value <= 100:
        raise ValueError("a threshold is a number from 0 to 100")
    return float(value)


Percent = Annotated[float, BeforeValidator(_percent)]


class Ask(Frozen):
    """What a rule leads to: ``approve``, ``reject`` or ``{review: QUEUE}``."""

    outcome: Literal["approve", "reject", "review"]
    queue: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if value in ("approve", "reject"):
            return {"outcome": value}
        if isinstance(value, Mapping) and set(value) == {"review"} and isinstance(value["review"], str):
            return {"outcome": "review", "queue": value["review"]}
        if isinstance(value, Mapping) and "outcome" in value:
            return value
        raise ValueError("write approve, reject or {review: QUEUE}")


class ListRef(Frozen):
    """``{list: NAME}``: the labels of a named list."""

    name: Name = Field(alias="list")


Labels = str | list[str] | ListRef


class Count(Frozen):
    """How many: ``{at_least: 2}``, ``{at_most: 5}`` or both."""

    at_least: int | None = Field(None, ge=0)
    at_most: int | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _says_something(self) -> Count:
        if self.at_least is None and self.at_most is None:
            raise ValueError("write at_least, at_most or both")
        return self

    def holds(self, number: int) -> bool:
        """True when `number` lies inside."""
        return (self.at_least is None or number >= self.at_least) and (self.at_most is None or number <= self.at_most)


BodyPart = Literal["face", "head", "left_hand", "right_hand"]
Cover = Literal["face_cover", "head_cover", "hand_cover"]


class People(Frozen):
    """Who lacks which protective cover, by the detections with label ``Person``.

    Attributes:
        at_least: how sure that it is a person.
        lacking: body part to the cover it should have; a person who lacks any of them counts.
        covered_at_least: how sure the cover must be.
        if_part_not_visible: ``ignore`` it, or ``counts_as_lacking``, or ``review`` (only where the rule asks for one).
        count: how many such people make the condition true.
    """

    at_least: Percent = 50.0
    lacking: dict[BodyPart, Cover] = Field(min_length=1)
    covered_at_least: Percent = 50.0
    if_part_not_visible: Literal["ignore", "counts_as_lacking", "review"] = "ignore"
    count: Count = Count(at_least=1)


class Condition(BaseModel):
    """A test on an item and its detections. Exactly one kind of it a mapping."""

    model_config = {"frozen": True, "extra": "forbid", "populate_by_name": True}

    label: Labels | None = Field(None, description="A label, several, or {list: NAME}: it or anything under it.")
    at_least: Percent | None = Field(None, description="Confidence from here, inclusive.")
    below: Percent | None = Field(None, description="Confidence up to here, exclusive.")
    exact: bool | None = Field(None, description="The label itself only, nothing under it.")
    count: Count | None = Field(None, description="How many detections must match.")
    different_labels: Count | None = Field(None, description="How many different labels must be among them.")
    all: list[Condition] | None = Field(None, min_length=1, description="Each must hold.")
    any: list[Condition] | None = Field(None, min_length=1, description="At least one must hold.")
    not_: Condition | None = Field(None, alias="not", description="Must not hold.")
    app: list[str] | None = Field(None, min_length=1, description="The item's app is one of these.")
    content_type: list[ContentType] | None = Field(None, min_length=1, description="The item has one of these.")
    people: People | None = Field(None, description="People who lack protective covers.")

    @model_validator(mode="after")
    def _is_one_kind(self) -> Condition:
        kinds = [k for k in ("label", "all", "any", "not_", "app", "content_type", "people") if getattr(self, k)]
        if len(kinds) != 1:
            raise ValueError("a condition has exactly one of: label, all, any, not, app, content_type, people")
        modifiers = ("at_least", "below", "exact", "count", "different_labels")
        if kinds != ["label"] and any(getattr(self, m) is not None for m in modifiers):
            raise ValueError("at_least, below, exact, count and different_labels stand beside label only")
        if self.at_least is not None and self.below is not None and self.below <= self.at_least:
            raise ValueError(f"below ({self.below:g}) must be more than at_least ({self.at_least:g})")
        return self


class Queue(Frozen):
    """Where reviews go. The first of a policy's queues wins when several apply.

    Attributes:
        name: as rules say it.
        a2i_flow: name of the Amazon A2I flow definition.
        reviewers: how many people answer.
        agree: how many of them must choose the same.
        if_no_agreement: what follows when they do not; empty: reject when anybody chose reject.
    """

    name: Name
    a2i_flow: Annotated[str, Field(pattern=r"^[a-z0-9](-*[a-z0-9]){0,62}$")]
    reviewers: int = Field(1, ge=1, le=3)
    agree: int = Field(1, ge=1, le=3)
    if_no_agreement: Ask | None = None

    @model_validator(mode="after")
    def _can_agree(self) -> Queue:
        if self.agree > self.reviewers:
            raise ValueError(f"agree ({self.agree}) is more than reviewers ({self.reviewers})")
        return self


class Band(Frozen):
    """The everyday rule: from `review_from` people look, from `reject_from` it is rejected; no gap, no overlap."""

    label: Labels
    review_from: Percent | None = None
    reject_from: Percent | None = None
    queue: str | None = None
    exact: bool = False
    why: Text | None = None
    locked: bool = False

    @model_validator(mode="after")
    def _is_a_band(self) -> Band:
        if self.review_from is None and self.reject_from is None:
            raise ValueError("a band has review_from, reject_from or both")
        if self.review_from is not None and self.queue is None:
            raise ValueError("a band with review_from names a queue")
        if self.review_from is not None and self.reject_from is not None and self.reject_from <= self.review_from:
            raise ValueError(f"reject_from ({self.reject_from:g}) must be more than review_from ({self.review_from:g})")
        return self


class Shadow(Frozen):
    """``{shadow_until: DATE}``: recorded with what it would have done, never acts; lint complains after the date."""

    shadow_until: date


class Rule(Frozen):
    """A condition and what it leads to."""

    id: Name
    why: Text | None = None
    when: Condition
    then: Ask
    overrides: list[str] = Field(default_factory=list)
    locked: bool = False
    mode: Shadow | None = None


class AppliesTo(Frozen):
    """Which items a policy is for."""

    content_type: list[ContentType] = Field(min_length=1)
    app: list[str] | None = Field(None, min_length=1)


class Change(Frozen):
    """What an app changes about one rule or band."""

    review_from: Percent | None = None
    reject_from: Percent | None = None
    queue: str | None = None
    at_least: Percent | None = None
    below: Percent | None = None
    then: Ask | None = None
    enabled: bool = True


class AppChanges(Frozen):
    """An app's own version of a policy."""

    change: dict[str, Change] = Field(default_factory=dict)
    if_nothing_matches: Ask | None = None


class ExampleItem(Frozen):
    """The item of a policy test, in shorthand: ``detections: [{Weapons: 96}]``, ``failed: [DETECTOR]``."""

    content_type: ContentType | list[ContentType]
    app: str = "test"
    detections: list[dict[str, JsonValue]] = Field(default_factory=list)
    failed: list[str] = Field(default_factory=list)


class Example(Frozen):
    """A policy's own test."""

    name: Text
    item: ExampleItem
    expect: Ask
    because: list[str] | None = None


class PolicyFile(Frozen):
    """Everything a policy file may say."""

    policy: Name = Field(description="The policy's name.")
    format: Literal[1] = Field(description="The version of this format.")
    description: Text | None = Field(None, description="The words a reviewer sees: what is allowed and what is not.")
    applies_to: AppliesTo
    taxonomy: str | None = Field(None, description="The taxonomy the labels are from.")
    needs: list[str] = Field(default_factory=list, description="Detectors whose answer this policy relies on.")
    only_with: list[str] = Field(
        default_factory=list, description="In force only where all these detectors are loaded."
    )
    ignore_failures_of: list[str] = Field(
        default_factory=list, description="Detectors whose failure may pass without a person."
    )
    if_nothing_matches: Ask
    if_a_detector_fails: Ask
    queues: list[Queue] = Field(default_factory=list)
    lists: dict[Name, list[str]] = Field(default_factory=dict)
    bands: dict[Name, Band] = Field(default_factory=dict)
    rules: list[Rule] = Field(default_factory=list)
    apps: dict[str, AppChanges] = Field(default_factory=dict)
    tests: list[Example] = Field(default_factory=list)


BAND_KEYS = {"review_from", "reject_from", "queue"}
RULE_KEYS = {"at_least", "below", "then", "enabled"}
"""What an app may change about a band and about a rule."""


@dataclass(frozen=True, eq=False)
class Policy:
    """A policy that can be evaluated. Compared by identity.

    Attributes:
        version: SHA-256 of the file's bytes, in hex.
        text: the file's text, kept with decisions so that they stay explainable.
        path: the file as it was named.
        lines: 1-based line of each rule and band by id, for explanations.
    """

    file: PolicyFile
    version: str
    text: str = ""
    path: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The policy's name."""
        return self.file.policy

    @property
    def description(self) -> str:
        """What a reviewer reads; empty when the author wrote nothing."""
        return self.file.description or ""

    def queue(self, name: str) -> Queue:
        """The queue of that name. Raises `KeyError`."""
        for queue in self.file.queues:
            if queue.name == name:
                return queue
        raise KeyError(name)

    def applies(self, app: str, content_types: Collection[str]) -> bool:
        """True when items of this app with one of these content types are this policy's business."""
        wanted = self.file.applies_to
        return (wanted.app is None or app in wanted.app) and not set(content_types).isdisjoint(wanted.content_type)

    def labels(self) -> tuple[str, ...]:
        """Every label that the policy names, sorted."""
        found = {label for _, label in label_uses(self.file)}
        return tuple(sorted(found | {label for labels in self.file.lists.values() for label in labels}))


@dataclass(frozen=True)
class PolicySet:
    """The policies in force, and those that wait for a detector.

    Attributes:
        policies: by name.
        not_in_force: name and reason.
    """

    policies: tuple[Policy, ...] = ()
    not_in_force: tuple[tuple[str, str], ...] = ()

    def for_content(self, app: str, content_types: Collection[str]) -> tuple[Policy, ...]:
        """The policies for such an item, by name."""
        return tuple(policy for policy in self.policies if policy.applies(app, content_types))

    def get(self, name: str) -> Policy:
        """The policy of that name. Raises `KeyError`."""
        for policy in self.policies:
            if policy.name == name:
                return policy
        raise KeyError(name)


def expand(labels: Labels, lists: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The names that a ``label:`` stands for."""
    if isinstance(labels, str):
        return (labels,)
    return tuple(lists.get(labels.name, ()) if isinstance(labels, ListRef) else labels)


def label_uses(file: PolicyFile) -> Iterator[tuple[Path, str]]:
    """Each label that bands and rules name, with the path to it; labels of lists stand under ``lists``."""
    for name, band in file.bands.items():
        yield from _names(band.label, ("bands", name, "label"))
    for number, rule in enumerate(file.rules):
        yield from _condition_labels(rule.when, ("rules", number, "when"))
    for name, labels in file.lists.items():
        for position, label in enumerate(labels):
            yield ("lists", name, position), label


def conditions(condition: Condition, path: Path) -> Iterator[tuple[Path, Condition]]:
    """A condition and all inside it, with paths."""
    yield path, condition
    for key in ("all", "any"):
        for number, below in enumerate(getattr(condition, key) or ()):
            yield from conditions(below, (*path, key, number))
    if condition.not_ is not None:
        yield from conditions(condition.not_, (*path, "not"))


def _names(labels: Labels, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(labels, str):
        yield path, labels
    elif not isinstance(labels, ListRef):
        for number, label in enumerate(labels):
            yield (*path, number), label


def _condition_labels(condition: Condition, path: Path) -> Iterator[tuple[Path, str]]:
    for where, inner in conditions(condition, path):
        if inner.label is not None:
            yield from _names(inner.label, (*where, "label"))


def branch_ids(file: PolicyFile) -> tuple[str, ...]:
    """Ids of rules and of the branches of bands, in file order."""
    ids = []
    for name, band in file.bands.items():
        ids += [f"{name}.review"] if band.review_from is not None else []
        ids += [f"{name}.reject"] if band.reject_from is not None else []
    return (*ids, *(rule.id for rule in file.rules))


def changed_band(band: Band, change: Change) -> Band:
    """The band as an app has it."""
    given = change.model_dump(include=BAND_KEYS & change.model_fields_set)
    return Band.model_validate({**band.model_dump(), **given})


def changed_rule(rule: Rule, change: Change) -> Rule:
    """The rule as an app has it."""
    when = rule.when.model_copy(update=change.model_dump(include={"at_least", "below"} & change.model_fields_set))
    return rule.model_copy(update={"when": when, "then": change.then or rule.then})
