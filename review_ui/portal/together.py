"""What may be ticked for many tasks at once: the labels and reasons that any of them offers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from review_ui.portal.choices import Group, groups_of
from review_ui.portal.task_view import is_ours, show


@dataclass(frozen=True)
class Together:
    """What a lead may say of all of them.

    Attributes:
        labels: in the order in which the tasks have them.
        groups: the same as they are shown.
        reasons: name and words.
    """

    labels: tuple[str, ...]
    groups: tuple[Group, ...]
    reasons: tuple[tuple[str, str], ...]

    def labels_of(self, ticked: Collection[str]) -> list[str]:
        """Those that are ticked; what is not offered is none."""
        return [label for label in self.labels if label in ticked]

    def reasons_of(self, ticked: Collection[str]) -> list[str]:
        """Those that are ticked; what is not offered is none."""
        return [name for name, _words in self.reasons if name in ticked]


def together(contents: Iterable[Mapping[str, Any]], found: Iterable[str] = ()) -> Together:
    """What tasks of these inputs offer. Never raises, whatever they hold.

    Args:
        found: labels that come before all others, known from elsewhere.
    """
    shown = [show(content) for content in contents if is_ours(content)]
    labels = tuple(dict.fromkeys([*found, *(label for each in shown for label in each.labels)]))
    names = {label: words for each in shown for label, words in each.names.items()}
    reasons = {name: words for each in shown for name, words in each.reasons}
    return Together(labels, groups_of(labels, names, {}), tuple(reasons.items()))
