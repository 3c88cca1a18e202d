"""The JSON Schema of policy files, for editors: keys, their descriptions, and every label of the taxonomy."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from moderation.core.policy.file import PolicyFile
from moderation.core.policy.words.logic import WORDS
from moderation.core.taxonomy import CUSTOM_PREFIX, Taxonomy


def policy_schema(taxonomy: Taxonomy) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of what a policy file may say."""
    schema = PolicyFile.model_json_schema(by_alias=True)
    labels = {
        "description": "A name of the taxonomy.",
        "anyOf": [{"enum": list(taxonomy.labels)}, {"type": "string", "pattern": f"^{CUSTOM_PREFIX}"}],
    }
    defined = _with_labels(_with_conditions(schema))
    defined["$defs"]["Label"] = labels
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://moderation.example/policy.schema.json",
        **defined,
        "title": "Moderation policy",
    }


def _with_conditions(schema: dict[str, Any]) -> dict[str, Any]:
    """A copy in which a condition is one mapping with every word and modifier in it.

    An editor that is given a choice of ten mappings says of a slip in one that it is none of the ten.
    """
    defined = dict(schema["$defs"])
    models = [defined.pop(model.__name__) for model in WORDS.values()]
    defined["Condition"] = {
        "type": "object",
        "title": "Condition",
        "description": "A test on an item and its detections. Exactly one kind of it in a mapping.",
        "properties": _together(models),
        "additionalProperties": False,
    }
    choice = {f"#/$defs/{model.__name__}" for model in WORDS.values()}
    whole: dict[str, Any] = _with_condition({**schema, "$defs": defined}, choice)
    return whole


def _together(models: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The keys of all these models; one that means something else beside another word may be any of it."""
    found: dict[str, list[Any]] = {}
    for model in models:
        for key, value in model["properties"].items():
            if value not in found.setdefault(key, []):
                found[key].append(value)
    return {key: values[0] if len(values) == 1 else {"anyOf": values} for key, values in found.items()}


def _with_condition(node: Any, choice: Collection[str]) -> Any:
    if isinstance(node, dict):
        copied = {key: _with_condition(value, choice) for key, value in node.items()}
        if choice == {each.get("$ref") for each in node.get("oneOf", ())}:
            del copied["oneOf"]
            return {"$ref": "#/$defs/Condition", **copied}
        return copied
    return [_with_condition(each, choice) for each in node] if isinstance(node, list) else node


def _with_labels(node: Any) -> Any:
    """A copy in which every label's schema leads to the one list of labels."""
    if isinstance(node, dict):
        if node.get("title") == "Label" and node.get("type") == "string":
            return {"$ref": "#/$defs/Label"}
        copied = {key: _with_labels(value) for key, value in node.items()}
        if isinstance(copied.get("title"), str) and "properties" not in copied:
            copied.pop("title")  # pydantic's titles repeat the key
        return copied
    return [_with_labels(each) for each in node] if isinstance(node, list) else node
