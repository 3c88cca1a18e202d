"""``moderation rules import-automod``: rules of Reddit's AutoModerator as a policy, with block lists for their words.

What a rule there asks for must all hold, so that a rule of which one check cannot be said here is left out as a whole,
and named with its line: without the check it would take more than it is meant to. What it does besides deciding
(comments, flair, messages) is named too. Documented at
https://www.reddit.com/r/reddit.com/wiki/automoderator/full-documentation
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from moderation.core.errors import ModerationError
from moderation.core.taxonomy import CUSTOM_PREFIX
from moderation.policies.automod_reading import Node, Said

FOUND_AT = 50
"""Percent from which on a word of a list counts; listed words have 85."""
_TEXTS = {"title", "body"}
_WORDS = {"", "includes-word"}
"""How words are looked for there, where that is what block lists do."""
_KARMA = {"comment_karma", "post_karma", "combined_karma", "comment_subreddit_karma", "post_subreddit_karma"} | {
    "combined_subreddit_karma"
}
_TRUTHS = {"is_gold", "is_submitter", "is_contributor", "is_moderator", "has_verified_email"}
_DAYS = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 30.0, "year": 365.0}
_COMPARED = re.compile(r"\s*([<>])?\s*(\d+)\s*([a-z]+?)?s?\s*")
_ACTIONS = {"remove": "reject", "spam": "reject", "filter": "review", "report": "review"}
_BESIDE = {  # what a rule there may do beside deciding
    *("comment", "comment_locked", "comment_stickied", "message", "message_subject", "modmail", "modmail_subject"),
    *("set_flair", "overwrite_flair", "set_sticky", "set_nsfw", "set_spoiler", "set_locked", "set_contest_mode"),
    *("set_original_content", "set_suggested_sort", "set_post_crowd_control_level", "report_reason", "ignore_reports"),
}
_SILENT = {"action", "action_reason", "priority", "moderators_exempt", "type"}


@dataclass
class Imported:
    """What became of a file.

    Attributes:
        rules: of the policy, as its file has them.
        tests: an item for each rule that it is true of.
        lists: of words, as their files have them, by the end of their names.
        unsaid: what cannot be said here, with its line.
        notes: what a person should know of what was said, with its line.
    """

    rules: list[dict[str, Any]] = field(default_factory=list)
    tests: list[dict[str, Any]] = field(default_factory=list)
    lists: dict[str, dict[str, Any]] = field(default_factory=dict)
    unsaid: list[Said] = field(default_factory=list)
    notes: list[Said] = field(default_factory=list)


class _CannotBeSaid(ModerationError):
    """A check that has no like here; the rule is left out."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.said = Said(line, why)


@dataclass
class _Item:
    """An item that meets a rule, for its test."""

    detections: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)


class AutomodImporter:
    """Turns AutoModerator's rules into those of a policy.

    Args:
        name: of the policy; block lists and their labels are named after it.
        queue: where reviews go.
    """

    def __init__(self, name: str, queue: str) -> None:
        self._name, self._queue = name, queue
        self._result = Imported()
        self._item = _Item()

    def add_all(self, rules: Sequence[Node]) -> Imported:
        """The rules of a file, in its order."""
        for node in rules:
            try:
                self._rule(node)
            except _CannotBeSaid as cannot:
                self._result.unsaid.append(cannot.said)
        return self._result

    def _rule(self, node: Node) -> None:
        result, number = self._result, len(self._result.rules) + 1
        keys = node.mapping()
        if keys is None:
            raise _CannotBeSaid(node.line, "a rule is a mapping of checks and actions")
        outcome = self._outcome(node, keys)
        lists_before, notes, self._item = dict(result.lists), list[Said](), _Item()
        try:
            conditions = [c for key, value in keys.items() for c in self._checks(key, value, keys, number, notes)]
            if not conditions:
                raise _CannotBeSaid(node.line, "a rule without a check that can be said would be true of everything")
        except _CannotBeSaid:
            result.lists = lists_before
            raise
        result.notes += notes
        why = keys["action_reason"].text() if "action_reason" in keys else ""
        then: Any = {"review": self._queue} if outcome == "review" else outcome
        rule: dict[str, Any] = {"id": f"automod-{number}", "why": (why or f"Rule in line {node.line}")[:4000]}
        rule["when"] = conditions[0] if len(conditions) == 1 else {"all": conditions}
        result.rules.append({**rule, "then": then})
        item: dict[str, Any] = {"content_type": "text"}
        item |= {"metadata": self._item.metadata} if self._item.metadata else {}
        item |= {"detections": self._item.detections} if self._item.detections else {}
        result.tests.append({"name": f"meets {rule['id']}", "item": item, "expect": then})
        for key, value in keys.items():
            if key in _BESIDE:
                why = f"'{key}' of {rule['id']}: rules here decide, and do no more"
                result.unsaid.append(Said(value.key_line, why))
        if "moderators_exempt" in keys:
            result.unsaid.append(Said(keys["moderators_exempt"].key_line, "'moderators_exempt': nobody is exempt here"))

    def _outcome(self, node: Node, keys: Mapping[str, Node]) -> str:
        if "action" not in keys:
            raise _CannotBeSaid(node.line, "a rule without an action decides nothing")
        action = keys["action"].text()
        if action == "approve":
            why = "'action: approve': what no rule rejects or sends to people is approved here, without a rule"
            raise _CannotBeSaid(keys["action"].key_line, why)
        if action not in _ACTIONS:
            raise _CannotBeSaid(keys["action"].key_line, f"'action: {action[:40]}' is not known")
        return _ACTIONS[action]

    def _checks(
        self, key: str, value: Node, keys: Mapping[str, Node], number: int, notes: list[Said]
    ) -> Iterator[dict[str, Any]]:
        """The conditions for one key of a rule; none for what is no check. Raises `_CannotBeSaid`."""
        if key == "type":
            if value.text() not in ("any", ""):
                yield self._is("type", value.text())
            return
        if key in _SILENT or key in _BESIDE:
            return
        if key == "author":
            yield from self._author(value)
            return
        found = re.fullmatch(r"(~?)([a-z_+ ]+?)(?:#\w+)?\s*(?:\(([^)]*)\))?", key)
        if found is None:
            raise _CannotBeSaid(value.key_line, f"'{key[:60]}' has no like here")
        negated, fields, how = bool(found[1]), set(re.split(r"[+ ]+", found[2])), (found[3] or "").strip()
        if fields <= _TEXTS:
            yield self._words(key, value, how, negated, number, notes, of_one=len(fields) == 1)
        elif fields == {"domain"} and how in ("", "full-exact"):
            why = "the app sends the domain as metadata.domain, in small letters; subdomains are other domains"
            notes.append(Said(value.key_line, why))
            yield self._among("domain", [each.lower() for each in value.texts()], negated)
        else:
            raise _CannotBeSaid(value.key_line, f"'{key[:60]}' has no like here")

    def _words(
        self, key: str, value: Node, how: str, negated: bool, number: int, notes: list[Said], *, of_one: bool
    ) -> dict[str, Any]:
        if how not in _WORDS:
            why = f"'{key[:60]}': block lists find whole words and phrases; ({how[:40]}) has no like here"
            raise _CannotBeSaid(value.key_line, why)
        words = []
        for text in dict.fromkeys(value.texts()):
            if sum(c.isalnum() for c in text) < 2 or len(text) > 200 or len(text.split()) > 16:
                why = f"an entry of '{key[:60]}' that is no word or phrase of two characters or more"
                said = Said(value.key_line, why)
                if negated:
                    raise _CannotBeSaid(said.line, said.words)
                self._result.unsaid.append(said)
            else:
                words.append(text)
        if not words:
            raise _CannotBeSaid(value.key_line, f"'{key[:60]}' has no words")
        if of_one:
            why = f"'{key[:60]}': the words count in all texts of an item, title and body alike"
            notes.append(Said(value.key_line, why))
        lists = self._result.lists
        end = f"{number}-{sum(each.startswith(f'{number}-') for each in lists) + 1}"
        name = f"{self._name}-{end}"
        label = f"{CUSTOM_PREFIX}{name}"
        lists[end] = {"list": name, "label": label, "severity": "strong", "entries": words}
        if not negated:
            self._item.detections.append({label: 85})
        condition = {"label": label, "at_least": FOUND_AT}
        return {"not": condition} if negated else condition

    def _author(self, value: Node) -> Iterator[dict[str, Any]]:
        inside = value.mapping()
        if inside is None:
            yield self._among("author.name", value.texts(), negated=False)
            return
        conditions = []
        for key, each in inside.items():
            if key == "satisfy_any_threshold":
                continue
            conditions.append((key in _KARMA or key == "account_age", self._of_author(key, each)))
        any_of = inside.get("satisfy_any_threshold")
        thresholds = [condition for is_threshold, condition in conditions if is_threshold]
        if any_of is not None and any_of.text() == "true" and len(thresholds) > 1:
            yield {"any": thresholds}
            yield from (condition for is_threshold, condition in conditions if not is_threshold)
        else:
            yield from (condition for _, condition in conditions)

    def _of_author(self, key: str, value: Node) -> dict[str, Any]:
        plain, negated = key.removeprefix("~"), key.startswith("~")
        name = re.sub(r"\s*\(full-exact\)$", "", plain)
        if plain == "account_age" and not negated:
            return self._compared("author.account_age_days", value, is_age=True)
        if plain in _KARMA and not negated:
            return self._compared(f"author.{plain}", value, is_age=False)
        if plain in _TRUTHS and not negated and value.text() in ("true", "false"):
            return self._is(f"author.{plain}", value.text() == "true")
        if name in ("name", "flair_text"):
            if name == plain == "name":
                self._result.notes.append(Said(value.key_line, "'author: name': a name is compared as a whole here"))
            return self._among(f"author.{name}", value.texts(), negated)
        raise _CannotBeSaid(value.key_line, f"'author: {key[:60]}' has no like here")

    def _compared(self, name: str, value: Node, *, is_age: bool) -> dict[str, Any]:
        """``< 7 days``, ``> 10``."""
        found = _COMPARED.fullmatch(value.text())
        unit = (found[3] or "day") if found else ""
        if found is None or found[1] is None or (unit not in _DAYS if is_age else found[3]):
            raise _CannotBeSaid(value.key_line, f"'{value.text()[:40]}' is no comparison such as < 7 days")
        number = int(found[2]) * (_DAYS[unit] if is_age else 1)
        if found[1] == "<":
            self._item.metadata[name] = number - (0.001 if is_age else 1)
            return {"metadata": {"key": name, "below": number}}
        more = math.nextafter(number, math.inf) if is_age else number + 1
        self._item.metadata[name] = number + 1
        return {"metadata": {"key": name, "at_least": more}}

    def _among(self, name: str, values: Sequence[str], negated: bool) -> dict[str, Any]:
        condition = {"metadata": {"key": name, "in": list(dict.fromkeys(values))}}
        if not negated and values:
            self._item.metadata[name] = values[0]
        return {"not": condition} if negated else condition

    def _is(self, name: str, value: str | bool) -> dict[str, Any]:
        self._item.metadata[name] = value
        return {"metadata": {"key": name, "is": value}}
