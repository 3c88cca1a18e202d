"""What came of having tools look: what was found, who answered, and who did not."""

from __future__ import annotations

from dataclasses import dataclass, field

from moderation.core.detections import Detection, Failure
from moderation.core.verdicts import Look


@dataclass
class Answers:
    """What tools found, who answered, and who did not.

    Attributes:
        answered: tool and part of each look that was answered; nobody else's look counts.
        shown: what was shown of pictures to tools that tell.
    """

    detections: list[Detection] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    answered: list[tuple[str, str]] = field(default_factory=list)
    shown: list[Look] = field(default_factory=list)

    def add(self, more: Answers) -> None:
        """What came of later looks, too."""
        self.detections += more.detections
        self.failures += more.failures
        self.answered += more.answered
        self.shown += more.shown

    @property
    def counted(self) -> list[tuple[str, str]]:
        """The looks that count: those of tools that failed on the part, or on all of them, were not whole."""
        failed = {(failure.detector.name, failure.part) for failure in self.failures}
        return [each for each in self.answered if each not in failed and (each[0], "") not in failed]
