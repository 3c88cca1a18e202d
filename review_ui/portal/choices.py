"""The labels that a reviewer may tick, with readable names, in groups, each with its key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

KEYS = (*(str(n) for n in range(1, 10)), *(f"shift+{n}" for n in range(1, 10)))
"""Keys of the first labels, in the order in which they stand; the rest are found by their names."""


@dataclass(frozen=True)
class Choice:
    """A label to tick.

    Attributes:
        number: its place among the task's labels; what the form sends.
        label: its name in the taxonomy.
        words: what people read.
        tone: the colour of what was found of it; None when nothing was.
        key: empty beyond those that have one.
    """

    number: int
    label: str
    words: str
    tone: int | None
    key: str

    @property
    def cap(self) -> str:
        """The key as it is written on a key cap."""
        return self.key.replace("shift+", "⇧")


@dataclass(frozen=True)
class Group:
    """Labels under one head; an empty head where there is nothing to part."""

    head: str
    choices: tuple[Choice, ...]


def groups_of(labels: Sequence[str], names: Mapping[str, str], tones: Mapping[str, int]) -> tuple[Group, ...]:
    """Labels under their families (what stands before the first ``/``), in the order in which these first appear.

    What is alone in its family stands with the others that are, under no head.

    Args:
        names: the policy's words for labels, in the reader's language.
        tones: the colours of the labels that were found.
    """
    families: dict[str, list[int]] = {}
    for number, label in enumerate(labels):
        families.setdefault(label.partition("/")[0], []).append(number)
    alone = sorted(number for family in families.values() if len(family) == 1 for number in family)
    parted = [(name, numbers) for name, numbers in families.items() if len(numbers) > 1]
    # Likely labels come first, and first keys are near.
    parted = sorted([*parted, ("", alone)] if alone else parted, key=lambda group: group[1][0])
    keys, groups = iter(KEYS), []
    for head, numbers in parted:
        choices = tuple(
            Choice(n, labels[n], _words(labels[n], head, names), tones.get(labels[n]), next(keys, "")) for n in numbers
        )
        groups.append(Group(names.get(head, _readable(head)), choices))
    return tuple(groups)


def _words(label: str, head: str, names: Mapping[str, str]) -> str:
    """What people read: the policy's words, else the name, without the family that stands above it."""
    if label in names:
        return names[label]
    return _readable(label.removeprefix(f"{head}/")) if head else label


def _readable(name: str) -> str:
    """``GRAPHIC_VIOLENCE`` as people write it; names with small letters stay as they are."""
    if name.isupper() and len(name) > 4:
        return name.replace("_", " ").capitalize()
    return name.replace("_", " ")
