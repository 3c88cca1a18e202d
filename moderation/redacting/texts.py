"""A text that is nobody's item: looked through by the detectors of personal data, and given back without it."""

from __future__ import annotations

from collections.abc import Sequence

from moderation.containers.formats import Format
from moderation.core.detections import Detection, Failure, FailureKind
from moderation.core.errors import FieldError, InvalidSubmission, ModerationError
from moderation.core.items import Part, Tool
from moderation.core.replacing import FreshNumbers
from moderation.core.taxonomy import Taxonomy
from moderation.detection.judge import Judge
from moderation.detection.runner import Runner
from moderation.hookspecs import Detector
from moderation.redacting.documents import CleanText, clean_text
from moderation.redacting.styles import Style
from moderation.redacting.windows import look_through

PERSONAL = "PII/"


class NotRedacted(ModerationError):
    """A detector gave no answer, so that nobody knows what would be left in the text.

    Attributes:
        kind: why; `unavailable` may pass by itself.
    """

    def __init__(self, failure: Failure) -> None:
        self.kind: FailureKind = failure.kind
        super().__init__(f"{failure.detector.name} gave no answer: {failure.message}")


def labels_of(types: Sequence[str] | None, taxonomy: Taxonomy) -> frozenset[str]:
    """The labels that are wanted: ``EMAIL`` and ``PII/EMAIL`` mean the same; None for all of personal data.

    Raises:
        InvalidSubmission: an unknown type, with what may have been meant.
    """
    known = {label.removeprefix(PERSONAL): label for label in taxonomy.labels if label.startswith(PERSONAL)}
    if types is None:
        return frozenset(known.values())
    errors = []
    for number, name in enumerate(types):
        if name.removeprefix(PERSONAL) not in known:
            close = taxonomy.suggest(f"{PERSONAL}{name.removeprefix(PERSONAL).upper()}") or ""
            hint = f"; did you mean {close.removeprefix(PERSONAL)}?" if close.startswith(PERSONAL) else ""
            errors.append(FieldError(f"types[{number}]", f"unknown type {name[:100]!r}{hint}"))
    if errors:
        raise InvalidSubmission(errors)
    return frozenset(known[name.removeprefix(PERSONAL)] for name in types)


def redact(
    judge: Judge, app: str, text: str, labels: frozenset[str], style: Style, kind: Format | None = None
) -> CleanText:
    """Take personal data out of a text, which is one document.

    Args:
        kind: its format; None to tell by the text.

    Raises:
        NotRedacted: a detector that could have found something gave no answer.
        CannotRead: the text is not in that format, or some of it in one that is not known.
    """
    return clean_text(
        text,
        kind,
        lambda each: look(judge.runner, app, each, labels),
        style.replace(FreshNumbers()),
        each_piece=style.is_of_characters,
    )


def look(runner: Runner, app: str, text: str, labels: frozenset[str]) -> list[Detection]:
    """What of `labels` is in a text of any length, by place.

    Raises:
        NotRedacted: as of `redact`.
    """
    return look_through(text, lambda texts: look_each(runner, app, texts, labels))


def look_each(runner: Runner, app: str, texts: Sequence[str], labels: frozenset[str]) -> list[list[Detection]]:
    """What of `labels` is in each of many short texts, by place; nothing in one has a bearing on another.

    Raises:
        NotRedacted: as of `redact`, or there is no such detector.
    """

    def could_find(detector: Detector) -> bool:
        # What costs money is asked by policies only, never in passing.
        return not labels.isdisjoint(detector.labels) and not getattr(detector, "on_demand", False)

    if not runner.has_detector("text", could_find):
        # Nobody to look is no answer either: what comes back would seem to be clean.
        message = "no detector is loaded that finds any of what is wanted in texts"
        raise NotRedacted(Failure(detector=Tool(name="redaction", version="1"), kind="not_run", message=message))
    # Not `text`, as below: Python 3.13.0 to 3.13.2 crash in it when pydantic, building a model, reads the names in use
    # here (CPython's issue 128396).
    parts = [Part(id=f"p{number}", type="text", text=each) for number, each in enumerate(texts)]
    found, answers = runner.look_each(app, parts, could_find, are_decoded=True)
    if answers.failures:
        raise NotRedacted(answers.failures[0])
    return [
        sorted(
            (detection for detection in each if detection.label in labels),
            key=lambda d: (d.span.start if d.span else 0, d.span.end if d.span else len(text), d.label),
        )
        for text, each in zip(texts, found, strict=True)
    ]
