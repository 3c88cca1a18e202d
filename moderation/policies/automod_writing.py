"""The files that rules of AutoModerator become: a policy, and a block list for each check on words."""

from __future__ import annotations

from typing import Any

from moderation.policies.automod_import import Imported
from moderation.policies.formatting import formatted
from moderation.policies.plain_yaml import as_yaml


def files_of(imported: Imported, name: str, queue: str) -> dict[str, str]:
    """The text of each file, by its path in the folder of policies."""
    document: dict[str, Any] = {
        "policy": name,
        "format": 1,
        "applies_to": {"content_type": ["text"]},
        "needs": ["text.blocklist"],
        "if_nothing_matches": "approve",
        "if_a_detector_fails": {"review": queue},
        "queues": [{"name": queue, "a2i_flow": name}],
        "rules": imported.rules,
        "tests": [*imported.tests, {"name": "nothing found", "item": {"content_type": "text"}, "expect": "approve"}],
    }
    head = [
        "# Made from rules of Reddit's AutoModerator. There, moderators are exempt unless a rule says otherwise, and"
    ]
    head += ["# rules have an order; here nobody is exempt, and the strictest rule wins."]
    if facts := sorted(_facts(imported.rules)):
        head.append(f"# The app sends along: {', '.join(facts)}.")
    for what, said in (("Not said here", imported.unsaid), ("Look at this", imported.notes)):
        ordered = sorted(set(said), key=lambda one: one.line)
        head += [f"# {what}, line {each.line} there: {_on_one_line(each.words)}." for each in ordered]
    files = {f"{name}.yml": formatted(f"{name}.yml", "\n".join([*head, as_yaml(document)]))}
    for end, words in imported.lists.items():
        files[f"lists/{name}-{end}.yml"] = as_yaml(words)
    return files


def _facts(condition: Any) -> set[str]:
    """Names of the app's facts that conditions ask about."""
    if isinstance(condition, list):
        return {fact for each in condition for fact in _facts(each)}
    if not isinstance(condition, dict):
        return set()
    if isinstance(condition.get("metadata"), dict):
        return {str(condition["metadata"]["key"])}
    return {fact for each in condition.values() for fact in _facts(each)}


def _on_one_line(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
