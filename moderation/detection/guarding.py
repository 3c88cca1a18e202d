"""Guarding: whoever asks tools about content, lists that keep content on this machine are asked before it leaves.

Items have their own order (`moderation.detection.keeping`), because what is made of them counts, too. Everything else
that comes to a `Runner` goes through here: other companies' contracts, redaction, films of a bucket. So a new door
cannot forget it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from moderation.core.detections import Failure
from moderation.core.egress import keeps_on_machine, kept_by, leaves_machine
from moderation.core.items import Part, Tool
from moderation.detection.answers import Answers
from moderation.hookspecs import Detector, Extractor
from moderation.plugins import Plugins

AnyTool = Detector | Extractor
Look = Callable[[Sequence[Part], Callable[[AnyTool], bool]], Answers]
"""Has those detectors look at some parts for which it is true."""


@dataclass(frozen=True)
class Cleared:
    """Who may be asked about some content.

    Attributes:
        may: says it of a tool that its caller wants to ask.
        refused: a failure for each tool and part that is not asked, so that nobody takes silence for an answer.
    """

    may: Callable[[AnyTool], bool] = lambda _: True
    refused: list[Failure] = field(default_factory=list)


class Guarding:
    """Knows which detectors of `plugins` may keep content here, and who sends it elsewhere."""

    def __init__(self, plugins: Plugins) -> None:
        self._guards = frozenset(each.name for each in plugins.detectors if keeps_on_machine(each))

    def clear(self, parts: Sequence[Part], tools: Iterable[AnyTool], look: Look) -> Cleared:
        """Who of `tools`, those that are wanted, may see these parts; costs nothing where all of them are here.

        What one part keeps here keeps all of them here: they came together.
        """
        leaving = [tool for tool in tools if leaves_machine(tool)]
        elsewhere = [(tool, part) for tool in leaving for part in parts if part.type in tool.reads]
        why = self.kept(parts, look) if elsewhere else None
        if why is None:
            return Cleared()
        refused = [
            Failure(
                detector=Tool(name=tool.name, version=tool.version),
                part=part.id,
                kind="not_run",
                message=f"content that stays on this machine: {why}",
            )
            for tool, part in elsewhere
        ]
        return Cleared(lambda tool: not leaves_machine(tool), refused)

    @property
    def is_on(self) -> bool:
        """Whether there is a list that may keep something here."""
        return bool(self._guards)

    def kept(self, parts: Sequence[Part], look: Look) -> str | None:
        """Why these parts stay here; None where no list keeps them, or there is no such list."""
        if not self._guards or not parts:
            return None
        found = look(parts, lambda tool: tool.name in self._guards)
        kept = kept_by(found.detections, found.failures)
        return None if kept is None else kept[1]
