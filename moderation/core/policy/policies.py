"""Policies that can be evaluated, and the set of those in force."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from moderation.core.items import Frozen
from moderation.core.policy.file import PolicyFile, Queue
from moderation.core.policy.uses import Uses, asks_for_flags, lists_asked

__all__ = ["Policy", "PolicySet", "PolicyWords", "Queue"]


class PolicyWords(Frozen):
    """What a policy says in words, for detectors that judge by them.

    Attributes:
        version: SHA-256 of the file's bytes, in hex.
        description: what its authors say is and is not wanted; empty when they wrote nothing.
        labels: every label that its bands, rules and scores ask about, sorted.
        every: seconds between the pictures that are taken out of a film; None where it does not say.
    """

    name: str
    version: str
    description: str
    labels: tuple[str, ...]
    every: float | None = None


@dataclass(frozen=True, eq=False)
class Policy:
    """A policy that can be evaluated. Compared by identity.

    Attributes:
        version: SHA-256 of the file's bytes, in hex.
        text: the file's text, kept with decisions so that they stay explainable.
        path: the file as it was named.
        lines: 1-based line of each rule and band by id, for explanations.
        programs: what `moderation.core.rules.programs` made of it; not part of its value.
    """

    file: PolicyFile
    version: str
    text: str = ""
    path: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)
    programs: dict[Any, Any] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """The policy's name."""
        return self.file.policy

    @property
    def description(self) -> str:
        """What a reviewer reads; empty when the author wrote nothing."""
        return self.file.description or ""

    @cached_property
    def reads_first(self) -> bool:
        """True when counters or lists are read before its rules are asked."""
        return bool(self.file.counters or self.lists_asked)

    @cached_property
    def lists_asked(self) -> frozenset[tuple[str, str]]:
        """The lists at run time that its rules go by, each with where it is looked for; see `uses.lists_asked`."""
        return lists_asked(self.file)

    @cached_property
    def asks_for_flags(self) -> bool:
        """True when a rule of it goes by users' reports."""
        return asks_for_flags(self.file)

    def queue(self, name: str) -> Queue:
        """The queue of that name. Raises `KeyError`."""
        for queue in self.file.queues:
            if queue.name == name:
                return queue
        raise KeyError(name)

    def applies(self, app: str, content_types: Collection[str]) -> bool:
        """True when items of this app with one of these content types are this policy's business."""
        return self.is_for_app(app) and not set(content_types).isdisjoint(self.file.applies_to.content_type)

    def is_for_app(self, app: str) -> bool:
        """True when some items of this app are this policy's business."""
        return self.file.applies_to.app is None or app in self.file.applies_to.app

    def labels(self) -> tuple[str, ...]:
        """Every label that the policy's bands and rules name, sorted."""
        return tuple(sorted({label for _, label in Uses(self.file).labels()}))

    def names(self, tool: str) -> bool:
        """True when the policy names a detector or extractor in ``needs`` or ``only_with``."""
        return tool in self.file.needs or tool in self.file.only_with

    def words(self) -> PolicyWords:
        """What it says in words."""
        every = None if self.file.every is None else float(self.file.every[:-1])
        return PolicyWords(
            name=self.name,
            version=self.version,
            description=self.description,
            labels=self.labels(),
            every=every,
        )


@dataclass(frozen=True)
class PolicySet:
    """The policies in force, and those that wait for a detector.

    Attributes:
        policies: by name.
        not_in_force: name and reason.
        waiting: the same policies, with the names of the tools that each waits for.
    """

    policies: tuple[Policy, ...] = ()
    not_in_force: tuple[tuple[str, str], ...] = ()
    waiting: tuple[tuple[Policy, tuple[str, ...]], ...] = ()

    def for_content(self, app: str, content_types: Collection[str]) -> tuple[Policy, ...]:
        """The policies for such an item, by name."""
        return tuple(policy for policy in self.policies if policy.applies(app, content_types))

    def approving_failures(self) -> list[tuple[str, str]]:
        """The policies that approve what a failed detector could have changed, and the reason of each."""
        asks = [(policy.name, policy.file.if_a_detector_fails) for policy in self.policies]
        return [(name, ask.reason or "") for name, ask in asks if ask.outcome == "approve"]

    def waiting_for(self, app: str, content_types: Collection[str]) -> list[tuple[Policy, tuple[str, ...]]]:
        """The policies that would be for such an item if their tools were installed, and these tools."""
        return [(policy, tools) for policy, tools in self.waiting if policy.applies(app, content_types)]

    def get(self, name: str) -> Policy:
        """The policy of that name. Raises `KeyError`."""
        for policy in self.policies:
            if policy.name == name:
                return policy
        raise KeyError(name)

    def queue(self, policy_name: str, queue_name: str) -> Queue:
        """A queue of a policy. Raises `KeyError`."""
        return self.get(policy_name).queue(queue_name)
