"""Keeping: those who may find what has to stay here look first, and only then anybody elsewhere sees anything.

Where nobody loaded is such a one, extractors and detectors are asked all at once, as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from moderation.core.detections import Failure
from moderation.core.egress import keeps_on_machine, kept_by, kept_failure, leaves_machine
from moderation.core.items import Item, Part
from moderation.core.policy.policies import Policy
from moderation.detection.answers import Answers
from moderation.detection.extracting import Extracting
from moderation.detection.runner import Runner
from moderation.hookspecs import Detector, Extractor
from moderation.plugins import Plugins

Asked = Callable[[Detector | Extractor], bool]


@dataclass
class Kept:
    """What is known of an item's way off the machine.

    Attributes:
        guarded: ids of the parts that those who may keep it here have seen.
        by: the part that keeps it here, and why; None as long as nothing does.
    """

    guarded: set[str] = field(default_factory=set)
    by: tuple[str, str] | None = None


class Keeping:
    """Extracts and looks, in an order in which nothing leaves that has to stay."""

    def __init__(self, runner: Runner, extracting: Extracting, plugins: Plugins) -> None:
        self._runner, self._extracting, self._plugins = runner, extracting, plugins
        self.guards = frozenset(each.name for each in plugins.detectors if keeps_on_machine(each))
        """Names of the detectors that may keep content here."""

    def extract(self, item: Item, asked: Asked, policies: Sequence[Policy] = ()) -> tuple[list[Part], Answers, Kept]:
        """The item's parts, given and extracted, and what extractors said; see `Extracting.extract`."""
        kept = Kept()
        if not self.guards:
            parts, answers = self._extracting.extract(item, asked, policies)
            return parts, answers, kept
        parts, answers = self._extracting.extract(item, asked_here(asked), policies)
        self._guard(item.app, parts, asked, answers, kept)
        remote = [each for each in self._plugins.extractors if asked(each) and leaves_machine(each)]
        types = {kind for each in remote for kind in each.reads}
        if kept.by is None and any(part.type in types and part.is_here for part in parts):
            known = {part.id for part in parts}
            self._extracting.extend(item, parts, list(parts), _elsewhere(asked), answers, policies)
            made = [part for part in parts if part.id not in known and part.type != "text"]
            self._extracting.extend(item, parts, made, asked_here(asked), answers, policies)
            self._guard(item.app, parts, asked, answers, kept)
        return parts, answers, kept

    def look(self, app: str, parts: Sequence[Part], asked: Asked, policies: Sequence[Policy], kept: Kept) -> Answers:
        """What detectors say of all parts; where the item stays here, a failure that names those who were not asked."""
        here = [part for part in parts if part.is_here]
        if not self.guards:
            return self._runner.look(app, here, asked, policies, is_cleared=True)
        answers = Answers()
        self._guard(app, parts, asked, answers, kept)

        def rest(tool: Detector | Extractor) -> bool:
            return asked(tool) and tool.name not in self.guards and (kept.by is None or not leaves_machine(tool))

        answers.add(self._runner.look(app, here, rest, policies, is_cleared=True))
        if kept.by is not None:
            kinds = {part.type for part in here}
            tools: list[Detector | Extractor] = [*self._plugins.detectors, *self._plugins.extractors]
            wanted = (each for each in tools if asked(each) and leaves_machine(each))
            answers.failures.append(kept_failure(*kept.by, [t.name for t in wanted if not kinds.isdisjoint(t.reads)]))
        return answers

    def unknown(self, asked: Sequence[Detector | Extractor]) -> list[Failure]:
        """What an item comes to that nobody could look at: where some list keeps content here, it stays."""
        if not self.guards:
            return []
        skipped = [tool.name for tool in asked if leaves_machine(tool)]
        return [kept_failure("", "nobody could tell whether it has to stay", skipped)]

    def _guard(self, app: str, parts: Sequence[Part], asked: Asked, answers: Answers, kept: Kept) -> None:
        """Have those who may keep the item here look at what they have not seen yet."""
        fresh = [part for part in parts if part.is_here and part.id not in kept.guarded]
        kept.guarded |= {part.id for part in fresh}
        guards: Asked = lambda tool: tool.name in self.guards and asked(tool)  # noqa: E731
        found = self._runner.look(app, fresh, guards, is_cleared=True)
        kept.by = kept.by or kept_by(found.detections, found.failures)
        answers.add(found)


def asked_here(asked: Asked) -> Asked:
    """Of those who may be asked, the ones that send nothing elsewhere."""
    return lambda tool: asked(tool) and not leaves_machine(tool)


def _elsewhere(asked: Asked) -> Asked:
    return lambda tool: asked(tool) and leaves_machine(tool)
