"""Copies of films and sounds that policies want redacted: short ones, looked at as closely as the command looks."""

from __future__ import annotations

from ground.blobs import Blobs
from ground.media.limits import Limits
from moderation.core.detections import Failure
from moderation.core.items import Part, Tool
from moderation.detection.copies import Copy
from moderation.detection.runner import Runner
from moderation.redacting.media import MediaRedaction, NoCopy, Wanted

MOST_SECONDS = 60.0
"""Of a film or sound: about a second of work for each, all while an item is held."""
FACE, TEXT, PERSONAL, PLATE = "Face", "Text", "PII/", "PII/LICENSE_PLATE"
_BY = Tool(name="redaction", version="3")


def wanted_of(labels: frozenset[str]) -> Wanted | None:
    """What is to be covered and muted for the labels of a policy; None where one of them is of another kind.

    Personal data may be written as well as said: then all text is covered, and what is said of it is muted.
    """
    personal = frozenset(each for each in labels if each.startswith(PERSONAL) and each != PLATE)
    if labels - personal - {FACE, TEXT, PLATE}:
        return None
    return Wanted(faces=FACE in labels, plates=PLATE in labels, text=TEXT in labels or bool(personal), spoken=personal)


class RecordingCopies:
    """Makes copies of the films and sounds of items.

    Args:
        blobs: where items' media lies.
    """

    def __init__(self, runner: Runner, blobs: Blobs, limits: Limits) -> None:
        self._runner, self._blobs, self._limits = runner, blobs, limits

    def make(self, part: Part, labels: frozenset[str]) -> Copy | tuple[Failure, ...]:
        """A copy in which nothing of `labels` was found, or why there is none.

        Raises:
            StoreUnavailable: the film cannot be read now; try again.
        """
        assert part.media is not None
        seconds = part.media.seconds or 0.0
        if seconds > MOST_SECONDS:
            message = (
                f"it plays for {seconds:.0f} s; policies redact up to {MOST_SECONDS:.0f}, `moderation redact` more"
            )
            return self._failure(part, message)
        wanted = wanted_of(labels)
        if wanted is None:
            return self._failure(part, "films and sounds are redacted of faces, text, plates and personal data only")
        if part.type == "audio" and not wanted.hears:
            return self._failure(part, "a sound is redacted of personal data that is said, and of nothing else")
        data = self._blobs.get(part.media.uri)
        try:
            made = MediaRedaction(self._runner, None, self._limits, wanted, lambda share: None).copy(data)
        except NoCopy as error:
            return self._failure(part, str(error))
        return Copy(made.data, made.facts)

    def _failure(self, part: Part, message: str) -> tuple[Failure, ...]:
        return (Failure(detector=_BY, part=part.id, kind="invalid_answer", message=message),)
