"""A policy's own tests: how their detections are written, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from moderation.core.items import Box, Frozen, Span, TimeRange
from moderation.core.policy.codes import Slip, label_hint, unknown
from moderation.core.policy.file import PolicyFile, branch_ids
from moderation.core.policy.meant import meant_number
from moderation.core.policy.terms import Path, is_number
from moderation.core.policy.uses import lists_asked
from moderation.core.policy.words.people import COVERS
from moderation.core.taxonomy import Taxonomy

PLACES: Mapping[str, type[Frozen]] = {"span": Span, "box": Box, "time_range": TimeRange}
"""Where a detection of a policy's test is, and how it is read."""
BESIDE = ("parts", "part", "detector", *PLACES)
"""What may stand beside the label of a detection in a policy's test; `parts` of a Person only."""


def check_tests(file: PolicyFile, taxonomy: Taxonomy) -> Iterator[Slip]:
    """What is wrong with the tests of a policy, beside their shape."""
    known = branch_ids(file)
    names: set[str] = set()
    for number, test in enumerate(file.tests):
        if test.name in names:
            yield Slip(("tests", number, "name"), "E108", f"a test is called '{test.name}' already", "rename one")
        names.add(test.name)
        for position, name in enumerate(test.because or ()):
            if name not in known:
                yield unknown(("tests", number, "because", position), "E107", "rule", name, known)
        for counter in test.item.counters:
            if counter not in file.counters:
                at: Path = ("tests", number, "item", "counters", counter)
                yield unknown(at, "E106", "counter", counter, list(file.counters), on_key=True)
        named = {name for name, _ in lists_asked(file)}
        for position, name in enumerate(test.item.listed):
            if name not in named:
                yield unknown(("tests", number, "item", "listed", position), "E106", "list", name, sorted(named))
        for position, detection in enumerate(test.item.detections):
            path: Path = ("tests", number, "item", "detections", position)
            yield from _check_detection(path, detection, taxonomy)


def _check_detection(path: Path, detection: Mapping[str, Any], taxonomy: Taxonomy) -> Iterator[Slip]:
    labels = [key for key in detection if key not in BESIDE]
    if len(labels) != 1:
        yield Slip(path, "E102", "a detection is written {LABEL: CONFIDENCE}, one label each", "such as {Weapons: 96}")
        return
    label = labels[0]
    if label not in taxonomy:
        hint = label_hint(taxonomy, label)
        yield Slip((*path, label), "E104", f"unknown label '{label}'", hint, on_key=True)
    value = detection[label]
    if not is_number(value) or not 0 <= value <= 100:
        hint = meant_number(value) or "such as 96"
        yield Slip((*path, label), "E102", "a confidence is a number from 0 to 100", hint)
    for key, model in PLACES.items():
        if key in detection:
            try:
                model.model_validate(detection[key])
            except ValidationError as error:
                message = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
                yield Slip((*path, key), "E102", f"no {key.replace('_', ' ')}: {message}")
    for key in ("part", "detector"):
        if key in detection and not (isinstance(detection[key], str) and detection[key]):
            yield Slip(
                (*path, key), "E102", f"a {key} is a text", f"such as {'p0' if key == 'part' else 'vendor.task'}"
            )
    if "parts" in detection:
        if label != "Person":
            yield Slip((*path, "parts"), "E102", "only a Person has parts", on_key=True)
        yield from _check_body((*path, "parts"), detection["parts"])


def _check_body(path: Path, parts: Any) -> Iterator[Slip]:
    if not isinstance(parts, Mapping):
        yield Slip(path, "E102", "write the parts that are visible", "such as {head: bare} or {head: {head_cover: 95}}")
        return
    for part, covers in parts.items():
        if part not in COVERS:
            yield unknown((*path, part), "E102", "body part", part, list(COVERS), on_key=True)
        elif covers == "bare":
            continue
        elif not isinstance(covers, Mapping):
            yield Slip((*path, part), "E102", "write bare, or what covers it", f"such as {{{COVERS[part]}: 95}}")
        else:
            for cover, confidence in covers.items():
                if cover != COVERS[part]:
                    yield unknown((*path, part, cover), "E102", "cover", cover, [COVERS[part]], on_key=True)
                elif not is_number(confidence) or not 0 <= confidence <= 100:
                    hint = meant_number(confidence) or "such as 95"
                    yield Slip((*path, part, cover), "E102", "a confidence is a number from 0 to 100", hint)
