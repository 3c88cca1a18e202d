"""Coverage: which given parts somebody looked at, for whom, and what nobody looks for here.

An approval is a claim that somebody looked. A given part counts as examined when a tool that the applicable policies
name answered for it or for something extracted from it. Policies name a tool in ``needs`` or ``only_with``, or by a
label that one of their bands, rules or scores asks about. Those that say ``examines = False`` examine nothing, and
neither does who looks at what such an extractor made. What is not examined is a failure of kind ``not_examined``,
unless the failure of a tool says so already, and no verdict over it approves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from moderation.core.detections import Failure
from moderation.core.items import Part, Tool
from moderation.core.policy.file import PolicyFile
from moderation.core.policy.policies import Policy
from moderation.core.taxonomy import Taxonomy
from moderation.core.verdicts import Examined, Look, NotExamined

STEPS = 2
"""Frames come out of a picture, text out of frames; nothing comes out of that."""
COVERAGE = Tool.model_construct(name="coverage", version="1")
"""In whose name a failure of kind ``not_examined`` stands: it is about all tools, not about one."""


class LoadedDetector(Protocol):
    """What is asked of a detector here."""

    name: str
    reads: Collection[str]
    labels: Collection[str]


class LoadedExtractor(Protocol):
    """What is asked of an extractor here."""

    name: str
    reads: Collection[str]
    makes: Collection[str]


@dataclass(frozen=True)
class Tools:
    """The detectors and extractors that are loaded."""

    detectors: Sequence[LoadedDetector] = ()
    extractors: Sequence[LoadedExtractor] = ()

    @property
    def names(self) -> frozenset[str]:
        """What policies may rely on."""
        return frozenset({tool.name for tool in self.detectors} | {tool.name for tool in self.extractors})

    def named_by(self, policies: Iterable[Policy], taxonomy: Taxonomy) -> frozenset[str]:
        """The tools that policies name: in ``needs``, in ``only_with``, or by a label that they ask about."""
        found: set[str] = set()
        for policy in policies:
            found.update(policy.file.needs, policy.file.only_with)
            wanted = policy.labels()
            for tool in self.detectors:
                if tool.name not in found and any(taxonomy.covers(w, label) for w in wanted for label in tool.labels):
                    found.add(tool.name)
        return frozenset(found)

    def made_from(self, part_types: Iterable[str], *, to_examine: bool = False) -> frozenset[str]:
        """Types of parts, with those of the parts that can be extracted from them.

        Args:
            to_examine: without those at which a look is none at what they were made of.
        """
        kinds = set(part_types)
        makers = [tool for tool in self.extractors if not to_examine or _examines(tool)]
        for _ in range(STEPS):
            kinds |= {made for tool in makers if not kinds.isdisjoint(tool.reads) for made in tool.makes}
        return frozenset(kinds)

    @property
    def readers(self) -> list[LoadedExtractor]:
        """Extractors that look at a part by reading it out: a text of a picture. Taking frames out is no look."""
        return [tool for tool in self.extractors if set(tool.makes) == {"text"} and _examines(tool)]

    @property
    def lookers(self) -> frozenset[str]:
        """Names of those whose look counts: detectors, and the readers. Taking frames out is no look."""
        looking = {tool.name for tool in self.detectors if _examines(tool)}
        return frozenset(looking | {tool.name for tool in self.readers})

    def not_of_the_given(self, parts: Iterable[Part]) -> frozenset[str]:
        """Ids of the extracted parts at which a look is none at the given part they come from.

        Args:
            parts: given and extracted, each behind what it was extracted from.
        """
        makers = {tool.name for tool in self.extractors if not _examines(tool)}
        found: set[str] = set()
        for part in parts:
            made = part.extraction
            if made is not None and (made.extractor.name in makers or made.part in found):
                found.add(part.id)
        return frozenset(found)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was looked at and what was not, as `moderation.core.rules.engine.evaluate` takes it.

    Attributes:
        given: ids of the given parts.
        examined: those of them that somebody looked at; others with no detectors, or not at all.
        not_examined: what nobody looks for here.
        looks: what those who looked were shown of pictures.
    """

    given: tuple[str, ...]
    examined: tuple[Examined, ...]
    not_examined: tuple[NotExamined, ...] = ()
    looks: tuple[Look, ...] = ()

    @property
    def unseen(self) -> tuple[str, ...]:
        """The given parts that nobody looked at."""
        seen = {each.part for each in self.examined if each.detectors}
        known = dict.fromkeys([*self.given, *(each.part for each in self.examined)])
        return tuple(part for part in known if part not in seen)

    def failures(self, others: Iterable[Failure]) -> tuple[Failure, ...]:
        """A failure for each given part that nobody looked at, where no other failure says why already."""
        said = {failure.part.partition(".")[0] for failure in others}
        message = "none of the detectors that the policies for this item name looked at this part"
        return tuple(
            Failure(detector=COVERAGE, part=part, kind="not_examined", message=message)
            for part in self.unseen
            if part not in said and "" not in said
        )


def examined(given: Sequence[str], looks: Iterable[tuple[str, str]], named: Collection[str]) -> tuple[Examined, ...]:
    """The given parts, and the named tools that answered for each.

    Args:
        looks: tool and part, given or extracted, of each look that was answered.
    """
    by_part: dict[str, set[str]] = {part: set() for part in given}
    for tool, part in looks:
        root = part.partition(".")[0]
        if tool in named and root in by_part:
            by_part[root].add(tool)
    return tuple(Examined(part, tuple(sorted(tools))) for part, tools in by_part.items())


def counted(shown: Iterable[Look], seen: Iterable[Examined]) -> tuple[Look, ...]:
    """Of what tools were shown, what was shown to those whose look counts; by part and tool."""
    count = {each.part: each.detectors for each in seen}
    mine = [look for look in shown if look.detector in count.get(look.part.partition(".")[0], ())]
    return tuple(sorted(mine, key=lambda look: (look.part, look.detector)))


def not_examined(policy: Policy, waits_for: Iterable[str], taxonomy: Taxonomy) -> NotExamined:
    """What nobody looks for, because this policy waits for the tools in `waits_for`."""
    known = [label for label in policy.labels() if label in taxonomy]
    tops = {(taxonomy.parents(label) or (label,))[-1] for label in known}
    return NotExamined(policy.name, tuple(sorted(waits_for)), tuple(sorted(tops)))


def unseen_types(policy: Policy, tools: Tools, taxonomy: Taxonomy) -> Iterator[tuple[int, str, str]]:
    """Content types that a policy is for and that none of the tools it names can look at, where it may approve.

    Yields:
        The position in ``applies_to``, what is wrong, and what to do.
    """
    if not _may_approve(policy.file):
        return
    named = tools.named_by([policy], taxonomy)
    for number, content_type in enumerate(policy.file.applies_to.content_type):
        part_type = "text" if content_type == "document" else content_type
        kinds = tools.made_from([part_type], to_examine=True)
        lookers = [tool for tool in tools.detectors if tool.name in named & tools.lookers]
        if any(not kinds.isdisjoint(tool.reads) for tool in lookers):
            continue
        if any(part_type in tool.reads for tool in tools.readers if tool.name in named):
            continue
        read = sorted({f"{tool.name} reads {', '.join(sorted(tool.reads))}" for tool in lookers})
        makes = f"nothing here makes anything else from {part_type}" if kinds == {part_type} else ""
        makes = makes or f"from {part_type} come {', '.join(sorted(kinds - {part_type}))} here"
        why = "; ".join([*(read or ["it names no detector that is loaded"]), makes])
        message = f"nothing that this policy names looks at content of type {content_type} ({why})"
        yield number, message, f"name a detector that reads it in needs:, or let it go to people: {_TO_PEOPLE}"


_TO_PEOPLE = "if_nothing_matches: {review: QUEUE}"


def _examines(tool: object) -> bool:
    return bool(getattr(tool, "examines", True))


def _may_approve(file: PolicyFile) -> bool:
    """False where everything that the policy is for goes to people or is rejected."""
    asks = [file.if_nothing_matches, *(rule.then for rule in file.rules)]
    for app in file.apps.values():
        asks += [ask for ask in (app.if_nothing_matches, *(change.then for change in app.change.values())) if ask]
    return any(ask.outcome == "approve" for ask in asks)
