"""The JSON Schema of policy files, for editors: keys, their descriptions, and every label of the taxonomy."""

from __future__ import annotations

from typing import Any

from moderation.core.policy.file import PolicyFile
from moderation.core.taxonomy import CUSTOM_PREFIX, Taxonomy


def policy_schema(taxonomy: Taxonomy) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of what a policy file may say."""
    schema = PolicyFile.model_json_schema(by_alias=True)
    labels = {
        "description": "A name of the taxonomy.",
        "anyOf": [{"enum": list(taxonomy.labels)}, {"type": "string", "pattern": f"^{CUSTOM_PREFIX}"}],
    }
    defined = _with_labels(schema)
    defined["$defs"]["Label"] = labels
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://moderation.example/policy.schema.json",
        **defined,
        "title": "Moderation policy",
    }


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
