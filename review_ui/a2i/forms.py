"""Textract's forms: which key-value pairs of a document need people, and what they are shown of it.

https://docs.aws.amazon.com/sagemaker/latest/dg/a2i-json-humantaskactivationconditions-textract-example.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from review_ui.a2i.activation import Check, Checks, LoopActivation, check_parameters, compare, true_nodes, wrong

ANY_KEY = "*"
CONFIDENCE_CHECK, MISSING = "ImportantFormKeyConfidenceCheck", "MissingImportantFormKey"
_KEY, _ALIASES = "ImportantFormKey", "ImportantFormKeyAliases"
_PAIR, _WORD = "KeyValueBlockConfidence", "WordBlockConfidence"
Block = Mapping[str, Any]


@dataclass(frozen=True)
class Pair:
    """A key-value pair.

    Attributes:
        name: the key's words.
        confidence: of the key's block, 0-100, as it was given.
        words: confidences of the words of key and value.
        blocks: places of all its blocks in the document's list.
    """

    name: str
    confidence: Any
    words: tuple[Any, ...]
    blocks: frozenset[int]


def pairs_in(blocks: Sequence[Block]) -> list[Pair]:
    """The key-value pairs among a document's blocks, in their order; names as A2I's templates write them."""
    places = {str(block.get("id")): place for place, block in enumerate(blocks)}

    def linked(block: Block, kind: str) -> list[int]:
        links = block.get("relationships")
        ids = [
            each
            for link in (links if isinstance(links, list) else [])
            if isinstance(link, Mapping) and link.get("type") == kind and isinstance(link.get("ids"), list)
            for each in link["ids"]
        ]
        return [places[str(each)] for each in ids if str(each) in places]

    def read(place: int) -> Pair:
        key = blocks[place]
        values = linked(key, "VALUE")
        words = [word for block in (place, *values) for word in linked(blocks[block], "CHILD")]
        own = [str(blocks[word].get("text", "")) for word in linked(key, "CHILD")]
        name = key["text"] if isinstance(key.get("text"), str) else " ".join(filter(None, own))
        sure = tuple(blocks[word].get("confidence") for word in words if blocks[word].get("blockType") == "WORD")
        return Pair(name.strip(), key.get("confidence"), sure, frozenset({place, *values, *words}))

    def is_key(block: Block) -> bool:
        kinds = block.get("entityTypes")
        return block.get("blockType") == "KEY_VALUE_SET" and isinstance(kinds, list) and "KEY" in kinds

    return [read(place) for place, block in enumerate(blocks) if is_key(block)]


def shown(blocks: Sequence[Block], activation: LoopActivation) -> tuple[list[Block], list[dict[str, Any]]]:
    """What people are shown: the blocks of the selected pairs, and the keys that true conditions name."""
    chosen = {place for pair in activation.selected for place in pair.blocks}
    keys: dict[str, dict[str, Any]] = {}
    for result in activation.results["Conditions"]:
        for node in true_nodes(result):
            given = node["ConditionParameters"]
            if given.get(_KEY, ANY_KEY) != ANY_KEY:
                aliases = list(given.get(_ALIASES, ()))
                keys.setdefault(given[_KEY], {"importantFormKey": given[_KEY], "importantFormKeyAliases": aliases})
    return [block for place, block in enumerate(blocks) if place in chosen], list(keys.values())


def _read(prefixes: Sequence[str]) -> Any:
    def read(parameters: Mapping[str, Any], path: str) -> None:
        check_parameters(parameters, path, _KEY, prefixes, (_ALIASES,))
        aliases = parameters.get(_ALIASES, [])
        if not isinstance(aliases, list) or not all(isinstance(each, str) and each for each in aliases):
            raise wrong(path, f"{_ALIASES} is a list of texts")

    return read


def _is_named(parameters: Mapping[str, Any], pair: Pair) -> bool:
    names = {parameters[_KEY], *parameters.get(_ALIASES, ())}
    return ANY_KEY in names or pair.name in {name.strip() for name in names}


def _fits(parameters: Mapping[str, Any], pair: Pair) -> bool:
    """Of the words each has to meet the comparison; a pair without words does, so that people look at it."""
    words = all(compare(parameters, _WORD, each) for each in pair.words)
    return _is_named(parameters, pair) and compare(parameters, _PAIR, pair.confidence) and words


FORM_CHECKS: Checks = {
    CONFIDENCE_CHECK: Check(_read((_PAIR, _WORD)), _fits),
    MISSING: Check(_read(()), _is_named, is_absence=True),
}
"""Of flows for Textract's forms; what is found are `Pair`s."""
