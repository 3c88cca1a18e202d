"""Who is asked about an item, and whose look counts for its policies: worked out once for each policy.

A set of policies is in force for thousands of items, so what only depends on a policy and the plugins is kept beside
the policy for as long as that is in use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from weakref import WeakKeyDictionary

from moderation.core.coverage import Tools, not_examined
from moderation.core.egress import leaves_machine
from moderation.core.items import Part
from moderation.core.policy.policies import Policy, PolicySet, PolicyWords
from moderation.core.verdicts import NotExamined
from moderation.hookspecs import Detector, Extractor, Redactor
from moderation.plugins import Plugins


class Asking:
    """Answers for one set of plugins."""

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins
        self._tools = plugins.tools
        self._named: WeakKeyDictionary[Policy, frozenset[str]] = WeakKeyDictionary()
        self._not_examined: WeakKeyDictionary[Policy, NotExamined] = WeakKeyDictionary()
        self._lookers = self._tools.lookers

    def named_by(self, policies: Iterable[Policy]) -> frozenset[str]:
        """The tools whose look counts for these policies (`Tools.named_by`)."""
        return frozenset().union(*(self._named_by_one(policy) for policy in policies))

    def counted(self, looks: Iterable[tuple[str, str]], parts: Iterable[Part]) -> list[tuple[str, str]]:
        """Of looks, tool and part, those that are a look at a given part; `parts` are given and extracted ones."""
        others = self._tools.not_of_the_given(parts)
        return [(tool, part) for tool, part in looks if tool in self._lookers and part not in others]

    def not_examined(self, waiting: Iterable[tuple[Policy, Sequence[str]]]) -> tuple[NotExamined, ...]:
        """What nobody looks for, because these policies wait for the tools beside them; by policy."""
        found = [self._not_examined_by_one(policy, waits_for) for policy, waits_for in waiting]
        return tuple(sorted(found, key=lambda each: each.policy))

    def asked_by(self, policies: PolicySet) -> frozenset[str]:
        """The names of the tools that items under these policies can come to be looked at by, redactors too."""
        asked = wanted(policies.policies)
        types = {content for policy in policies.policies for content in policy.file.applies_to.content_type}
        detectors = [each for each in self._plugins.detectors if asked(each)]
        extractors = [each for each in self._plugins.extractors if asked(each)]
        reached = Tools(detectors, extractors).made_from("text" if each == "document" else each for each in types)
        tools: list[Detector | Extractor | Redactor] = [*detectors, *extractors, *self._plugins.redactors]
        return frozenset(tool.name for tool in tools if not reached.isdisjoint(tool.reads))

    def _named_by_one(self, policy: Policy) -> frozenset[str]:
        named = self._named.get(policy)
        if named is None:
            named = self._named[policy] = self._tools.named_by([policy], self._plugins.taxonomy)
        return named

    def _not_examined_by_one(self, policy: Policy, waits_for: Sequence[str]) -> NotExamined:
        known = self._not_examined.get(policy)
        if known is None:
            known = self._not_examined[policy] = not_examined(policy, waits_for, self._plugins.taxonomy)
        return known


def wanted(policies: Sequence[Policy]) -> Callable[[Detector | Extractor], bool]:
    """Which detectors and extractors to ask about an item that falls under `policies`.

    Those that cost money (``on_demand``) are asked only when a policy names them in ``needs`` or ``only_with``.
    """
    named = {name for policy in policies for name in (*policy.file.needs, *policy.file.only_with)}
    return lambda tool: tool.name in named or not getattr(tool, "on_demand", False)


def words_for(tool: Detector | Extractor, policies: Sequence[Policy]) -> tuple[PolicyWords, ...]:
    """What a tool that reads policies (``reads_policies``) is told: those for the item that name it, by name."""
    if not getattr(tool, "reads_policies", False):
        return ()
    return tuple(policy.words() for policy in sorted(policies, key=lambda each: each.name) if policy.names(tool.name))


def is_asked_alone(tool: Detector) -> bool:
    """Whether a detector is asked about each item by itself: it costs money, sends it elsewhere, or reads policies."""
    is_special = getattr(tool, "on_demand", False) or getattr(tool, "reads_policies", False)
    return bool(is_special or leaves_machine(tool))
