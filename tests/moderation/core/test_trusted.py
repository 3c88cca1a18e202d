"""What `Frozen.trusted` makes is in every respect what checking the same values makes.

It writes the slots of pydantic's models, which are pydantic's own: whoever locks a new version learns here whether they
are still the same.
"""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from moderation.core.decisions import Action, PolicyRef
from moderation.core.detections import Detection, Failure
from moderation.core.items import Box, Frozen, Span, TimeRange, Tool
from moderation.core.rulings import PolicyRuling, Ruling
from moderation.core.verdicts import (
    Evidence,
    Examined,
    Look,
    NotExamined,
    PolicyVerdict,
    RuleResult,
    Sample,
    ScoreValue,
    Verdict,
)

TOOL = Tool(name="vendor.task", version="1")
SPAN: dict[str, Any] = {"start": 3, "end": 9}
BOX: dict[str, Any] = {"left": 0.1, "top": 0.2, "width": 0.3, "height": 0.4}
TIME: dict[str, Any] = {"start": 1.5, "end": 2.5}
DETECTION: dict[str, Any] = {
    "label": "Weapons",
    "parents": ("Violence",),
    "confidence": 61.5,
    "detector": TOOL,
    "part": "p0",
    "box": Box(**BOX),
    "span": Span(**SPAN),
    "time_range": TimeRange(**TIME),
    "attributes": {"parts": {"head": {}}},
}
RULE = RuleResult(
    "true", "weapons.reject", "reject", "A weapon", "p.yml:3", None, False, (Evidence(Detection(**DETECTION), 60, 1.5),)
)
POLICY_VERDICT: dict[str, Any] = {
    "policy": PolicyRef(name="p", version="1"),
    "outcome": "reject",
    "queue": None,
    "because": "A weapon.",
    "deciding": (RULE,),
    "also_true": (),
    "failing": ("vendor.task",),
    "unseen": ("p0",),
    "near_misses": (RuleResult("false", "r", "approve", "why", "p.yml:9", None, False, (), (ScoreValue("s", 1, 2),)),),
    "unknown": (),
    "overridden": (),
    "shadow": (),
    "shadow_outcome": None,
    "redact": (Detection(**DETECTION),),
    "actions": (Action(name="age_gate", value=18, policy="p", rule="weapons"),),
    "fault": "",
}
VERDICT: dict[str, Any] = {
    "outcome": "reject",
    "queue": None,
    "policy": PolicyRef(name="p", version="1"),
    "labels": ("Weapons",),
    "reason": "A weapon.",
    "policies": (PolicyVerdict(**POLICY_VERDICT),),
    "failures": (Failure(detector=TOOL, part="p0", kind="raised", message="x"),),
    "samples": (Sample(policy="p", id="qa", queue="people", hold=False, blind=True),),
    "spent": (),
    "examined": (Examined("p0", ("vendor.task",)),),
    "not_examined": (NotExamined("later", ("vendor.other",), ("Explicit",)),),
    "looks": (Look("vendor.task", "p0", ("00",)),),
}
POLICY_RULING: dict[str, Any] = {
    **{key: POLICY_VERDICT[key] for key in ("policy", "outcome", "queue", "because")},
    "deciding": ("weapons.reject",),
    "also_true": ("other",),
    "on_trial": (),
    "is_locked": True,
    "redact": ("Weapons",),
    "actions": POLICY_VERDICT["actions"],
    "fault": "",
}
RULING: dict[str, Any] = {
    "form": 2,
    **{key: value for key, value in VERDICT.items() if key != "failures"},
    "policies": (PolicyRuling(**POLICY_RULING),),
}
VALUES: list[tuple[type[Frozen], dict[str, Any]]] = [
    (Span, SPAN),
    (Box, BOX),
    (TimeRange, TIME),
    (Detection, DETECTION),
    (PolicyVerdict, POLICY_VERDICT),
    (Verdict, VERDICT),
    (PolicyRuling, POLICY_RULING),
    (Ruling, RULING),
]
each_model = pytest.mark.parametrize(("model", "values"), VALUES, ids=[model.__name__ for model, _ in VALUES])


def both(model: type[Frozen], values: dict[str, Any]) -> tuple[Frozen, Frozen]:
    return model.trusted(dict(values)), model.model_validate(values)


def test_every_model_that_is_made_so_is_tried_here() -> None:
    root = Path(__file__).parents[3]
    sources = [*root.glob("moderation/**/*.py"), *root.glob("plugins/*/moderation_*/**/*.py")]
    made = {name for path in sources for name in re.findall(r"\b(\w+)\.trusted\(", path.read_text())}

    assert made == {model.__name__ for model, _ in VALUES}


@each_model
def test_the_values_are_of_all_fields(model: type[Frozen], values: dict[str, Any]) -> None:
    assert set(values) == set(model.model_fields)


@each_model
def test_every_slot_of_a_model_is_the_same(model: type[Frozen], values: dict[str, Any]) -> None:
    trusted, checked = both(model, values)

    slots = {slot for base in model.__mro__ for slot in getattr(base, "__slots__", ())}
    assert slots == set(BaseModel.__slots__)
    for slot in slots:
        mine, theirs = getattr(trusted, slot), getattr(checked, slot)
        assert (slot, type(mine), mine) == (slot, type(theirs), theirs)


@each_model
def test_they_are_equal_look_equal_and_have_one_hash(model: type[Frozen], values: dict[str, Any]) -> None:
    trusted, checked = both(model, values)

    assert trusted == checked
    assert checked == trusted
    assert (repr(trusted), str(trusted)) == (repr(checked), str(checked))
    assert list(trusted) == list(checked)
    assert (trusted.model_fields_set, trusted.model_extra) == (checked.model_fields_set, checked.model_extra)
    try:
        expected = hash(checked)
    except TypeError:
        with pytest.raises(TypeError):
            hash(trusted)
    else:
        assert hash(trusted) == expected


DUMPS: dict[str, Callable[[Frozen], Any]] = {
    "python": lambda value: value.model_dump(),
    "json": lambda value: value.model_dump(mode="json"),
    "text": lambda value: value.model_dump_json(),
    "unset": lambda value: value.model_dump(exclude_unset=True),
    "defaults": lambda value: value.model_dump(exclude_defaults=True),
    "none": lambda value: value.model_dump(exclude_none=True, round_trip=True),
}


@each_model
@pytest.mark.parametrize("dump", DUMPS)
def test_they_are_written_the_same(model: type[Frozen], values: dict[str, Any], dump: str) -> None:
    trusted, checked = both(model, values)

    assert DUMPS[dump](trusted) == DUMPS[dump](checked)


COPIES: dict[str, Callable[[Frozen], Frozen]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "model_copy": lambda value: value.model_copy(),
    "deep model_copy": lambda value: value.model_copy(deep=True),
    "update": lambda value: value.model_copy(update=dict(list(value)[:1])),
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
    "validated": lambda value: type(value).model_validate(value),
    "read again": lambda value: type(value).model_validate_json(value.model_dump_json()),
}


@each_model
@pytest.mark.parametrize("way", COPIES)
def test_they_are_copied_the_same(model: type[Frozen], values: dict[str, Any], way: str) -> None:
    trusted, checked = (COPIES[way](value) for value in both(model, values))

    assert trusted == checked
    assert type(trusted.model_fields_set) is type(checked.model_fields_set)
    assert trusted.model_fields_set == checked.model_fields_set


@each_model
def test_neither_can_be_changed_nor_changes_the_other(model: type[Frozen], values: dict[str, Any]) -> None:
    trusted, checked = both(model, values)
    field = next(iter(values))

    for value in (trusted, checked):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(value, field, values[field])
        with pytest.raises(ValidationError):
            value.another = 1  # type: ignore[attr-defined]
    trusted.model_copy(update={"another": 1})
    assert model.trusted(dict(values)).model_fields_set == set(values)
