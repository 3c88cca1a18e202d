"""Coverage: which given parts somebody looked at, for whom, and what nobody looks for here.

An approval is a claim that somebody looked. A given part counts as examined when a tool that the applicable policies
name answered for it or for something extracted from it. Policies name a tool in ``needs`` or ``only_with``, or by a
label that one of their bands, rules or scores asks about. What is not examined is a failure of kind ``not_examined``,
and no verdict over it approves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from moderation.core.detections import Failure
from moderation.core.items import Tool
from moderation.core.policy.policies import Policy
from moderation.core.taxonomy import Taxonomy

COVERAGE = Tool(name="coverage", version="1")
"""In whose name a failure of kind ``not_examined`` stands: it is about all tools, not about one."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A given part and who looked at it.

    Attributes:
        detectors: names of tools that answered for the part or for what was extracted from it, sorted.
    """

    part: str
    detectors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotExamined:
    """A policy that would be for the item, and waits for tools that are not installed.

    Attributes:
        waits_for: names of the tools, sorted.
        labels: the top labels that it asks about, sorted: nobody looked for these on its behalf.
    """

    policy: str
    waits_for: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was looked at and what was not, as `moderation.core.rules.engine.evaluate` takes it.

    Attributes:
        given: ids of the given parts.
        examined: those of them that somebody looked at.
        not_examined: what nobody looks for here.
    """

    given: tuple[str, ...]
    examined: tuple[Examined, ...]
    not_examined: tuple[NotExamined, ...] = ()

    def failures(self) -> tuple[Failure, ...]:
        """A failure for each given part that nobody looked at."""
        seen = {each.part for each in self.examined if each.detectors}
        message = "none of the detectors that the policies for this item name looked at this part"
        return tuple(
            Failure(detector=COVERAGE, part=part, kind="not_examined", message=message)
            for part in self.given
            if part not in seen
        )


def named_tools(
    policies: Iterable[Policy], offered: Mapping[str, Collection[str]], taxonomy: Taxonomy
) -> frozenset[str]:
    """The tools that policies name: each may be in ``needs``, in ``only_with``, or yield a label that is asked about.

    Args:
        offered: the labels that each detector can yield, by its name.
    """
    found: set[str] = set()
    for policy in policies:
        found.update(policy.file.needs, policy.file.only_with)
        wanted = policy.labels()
        for tool, labels in offered.items():
            if tool not in found and any(taxonomy.covers(ask, label) for ask in wanted for label in labels):
                found.add(tool)
    return frozenset(found)


def examined(given: Sequence[str], looks: Iterable[tuple[str, str]], named: Collection[str]) -> tuple[Examined, ...]:
    """The given parts that named tools answered for.

    Args:
        looks: tool and part, given or extracted, of each look that was answered.
    """
    by_part: dict[str, set[str]] = {part: set() for part in given}
    for tool, part in looks:
        root = part.partition(".")[0]
        if tool in named and root in by_part:
            by_part[root].add(tool)
    return tuple(Examined(part, tuple(sorted(tools))) for part, tools in by_part.items() if tools)


def not_examined(waiting: Iterable[tuple[Policy, Sequence[str]]], taxonomy: Taxonomy) -> tuple[NotExamined, ...]:
    """What nobody looks for, because the policies for it wait.

    Args:
        waiting: policies that would be for the item, and the tools that each waits for.
    """
    found = []
    for policy, waits_for in waiting:
        known = [label for label in policy.labels() if label in taxonomy]
        tops = {(taxonomy.parents(label) or (label,))[-1] for label in known}
        found.append(NotExamined(policy.name, tuple(sorted(waits_for)), tuple(sorted(tops))))
    return tuple(sorted(found, key=lambda each: each.policy))
