"""A task in a line: enough to tell it from others in a list, and nothing that should be looked at twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from review_ui.portal import untrusted as reading
from review_ui.portal.masking import masked
from review_ui.portal.task_view import is_ours, show

LONGEST = 140


@dataclass(frozen=True)
class Summary:
    """What a list shows of a task.

    Attributes:
        what: the first words of its text, personal data masked, or the kinds of its parts.
        why: the first reason.
        app: whose content it is; empty for tasks that are not of ours.
        labels: the most certain ones that were found.
        picture: where its first picture lies; empty where there is none.
    """

    what: str
    why: str = ""
    app: str = ""
    labels: tuple[str, ...] = ()
    picture: str = ""


def summary(content: Mapping[str, Any]) -> Summary:
    """A task's summary. Never raises, whatever its input holds."""
    if not is_ours(content):
        return Summary(_short(reading.as_words(content)))
    shown = masked(show(content))
    words = next(("".join(s.text for s in part.runs) for part in shown.parts if part.runs), "")
    kinds = ", ".join(dict.fromkeys(part.type for part in shown.parts if part.type))
    return Summary(
        what=_short(words) or kinds,
        why=shown.why[0] if shown.why else "",
        app=dict(shown.about).get("App", ""),
        labels=tuple(found.name for found in shown.found[:3]),
        picture=next((part.uri for part in shown.parts if part.type == "image" and part.uri), ""),
    )


def _short(words: str) -> str:
    words = " ".join(words[: LONGEST * 3].split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
