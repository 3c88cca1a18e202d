"""Each word of the format is explained, tried out and held against the reference: whoever adds one cannot forget it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from moderation.core.detections import Detection, Failure
from moderation.core.items import Tool
from moderation.core.policy.file import PolicyFile
from moderation.core.policy.terms import Ask
from moderation.core.policy.words.logic import WORDS
from moderation.core.policy.words.score import Score
from moderation.core.policy.words.word import Word
from moderation.core.taxonomy import Taxonomy
from moderation.policies.cases import read_detections, subject_of
from moderation.policies.files import read_policy
from tests.moderation.core.plain_rules import World, judge, truth

ROOT = Path(__file__).parents[3]
CASES = sorted((ROOT / "tests/rules/cases").glob("*.yml"))
TAXONOMY = Taxonomy()


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from models_in(inner)


def keys_of(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """The keys that a mapping of this model may have, those of mappings inside it after a dot."""
    for name, field in model.model_fields.items():
        key = f"{path}{field.alias or name}"
        yield key
        for inner in models_in(field.annotation):
            if not issubclass(inner, Word | Ask):  # an ask is written short: {review: QUEUE}
                yield from keys_of(inner, f"{key}.")


KEYS = {
    *(key for model in WORDS.values() for key in keys_of(model)),
    *keys_of(Score, "score."),
}
"""Of conditions and scores, such as ``label``, ``count.at_least`` and ``score.of.weight``."""


def test_the_words_are_found_in_the_models() -> None:
    assert {"label", "one_part", "count.at_most", "label.list", "metadata.in.list", "people.count.at_least"} <= KEYS
    assert "all.label" not in KEYS


def words_said(text: str) -> set[str]:
    """The words in what is set as code, in running text or by itself."""
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    return {word for code in [*blocks, *re.findall(r"`([^`\n]+)`", text)] for word in re.findall(r"\w+", code)}


def test_each_word_of_a_condition_stands_in_the_docs_of_conditions() -> None:
    text = (ROOT / "docs/rules.md").read_text()
    section = text[text.index("\n## Conditions\n") : text.index("\n## Begin gently")]

    assert sorted(key for key in KEYS if key.rpartition(".")[2] not in words_said(section)) == []


def test_each_key_of_a_policy_file_stands_in_the_docs() -> None:
    said = words_said((ROOT / "docs/rules.md").read_text())

    assert sorted(key for key in keys_of(PolicyFile) if key.rpartition(".")[2] not in said) == []


class Watched(dict[str, Any]):
    """A mapping of a policy file that notes which of its keys were read, as `keys_of` writes them."""

    def __init__(self, data: Mapping[str, Any], read: set[str], path: str = "") -> None:
        super().__init__(data)
        self._read, self._path = read, path

    def __getitem__(self, key: str) -> Any:
        self._read.add(f"{self._path}{key}")
        return self._watched(super().__getitem__(key), "" if key in ("all", "any", "not", "one_part") else key)

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default  # noqa: SIM401 -- this is the get that it names

    def _watched(self, value: Any, key: str) -> Any:
        path = f"{self._path}{key}." if key else ""
        if isinstance(value, list):
            return [self._watched(each, key) for each in value]
        return Watched(value, self._read, path) if isinstance(value, dict) else value


def keys_in(value: Any, path: str = "") -> Iterator[str]:
    """The keys that a condition or score of a file has."""
    if isinstance(value, list):
        for each in value:
            yield from keys_in(each, path)
    if isinstance(value, dict):
        for key, each in value.items():
            yield f"{path}{key}"
            yield from keys_in(each, "" if key in ("all", "any", "not", "one_part") else f"{path}{key}.")


def test_each_word_is_tried_out_by_a_case() -> None:
    tried: set[str] = set()
    for path in CASES:
        document = yaml.safe_load(path.read_text())
        tried.update(key for rule in document["rules"] for key in keys_in(rule["when"]))
        tried.update(key for score in document.get("scores", {}).values() for key in keys_in(score, "score."))

    assert sorted(KEYS - tried) == []


def items_of(path: Path) -> Iterator[tuple[str, World, Any]]:
    """Each item that a policy's own tests judge, as the reference sees it, and what is expected."""
    policy, faults = read_policy(path, TAXONOMY)
    assert policy is not None, [fault.render() for fault in faults]
    document = yaml.safe_load(path.read_text())
    for example in policy.file.tests:
        detections = read_detections(example.item, TAXONOMY)
        failures = [
            Failure(detector=Tool(name=name, version="1"), kind="raised", message="x") for name in example.item.failed
        ]
        silent: dict[str, frozenset[str] | None] = {failure.detector.name: None for failure in failures}
        yield (
            example.name,
            World(document, subject_of(policy, example), detections, silent, failures, TAXONOMY),
            example.expect.model_dump(),
        )


def test_each_word_is_read_by_the_reference() -> None:
    read: set[str] = set()
    for path in CASES:
        for _, world, _ in items_of(path):
            scores = {name: Watched(score, read, "score.") for name, score in world.document.get("scores", {}).items()}
            world.document = {**world.document, "scores": scores}
            for rule in world.document["rules"]:
                truth(world, Watched(rule["when"], read))

    assert sorted(KEYS - read) == []


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_reference_says_what_each_case_expects(path: Path) -> None:
    for name, world, expected in items_of(path):
        findings: list[Detection | Failure] = [*world.detections, *world.failures]
        said = judge(world.document, world.subject, findings, TAXONOMY, {})

        assert ({"review": said.queue} if said.outcome == "review" else said.outcome) == expected, name
