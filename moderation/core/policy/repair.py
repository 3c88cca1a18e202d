"""What can still be checked of a policy file whose shape is wrong: all that stands beside the wrong places.

So that a policy owner sees the misspelled label too, and not only the threshold in quotes, in one go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation.core.policy.codes import Slip
from moderation.core.policy.file import FORMAT
from moderation.core.policy.terms import Path

_LISTS = ("rules", "queues", "tests", "sampling")
_MAPPINGS = ("bands", "lists", "scores", "counters", "apps")
_NEEDED: Mapping[str, Any] = {
    "policy": "repaired",
    "format": FORMAT,
    "applies_to": {"content_type": ["text", "image", "video", "audio"]},
    "if_nothing_matches": "approve",
    "if_a_detector_fails": "reject",
}


class Repaired:
    """The data without what is wrong.

    Attributes:
        data: with what must be there filled in.
    """

    def __init__(self, data: Mapping[Any, Any], slips: Sequence[Slip]) -> None:
        wrong = {
            slip.path[:2] if slip.path[:1] and slip.path[0] in (*_LISTS, *_MAPPINGS) else slip.path[:1]
            for slip in slips
        }
        self.data: dict[str, Any] = {}
        self._positions: dict[str, list[int]] = {}
        self._gone: set[str] = set()
        for key, value in data.items():
            if (key,) in wrong or not isinstance(key, str):
                self._forget(value)
            elif key in _LISTS and isinstance(value, list):
                kept = [n for n in range(len(value)) if (key, n) not in wrong]
                self._positions[key] = kept
                self.data[key] = [value[n] for n in kept]
                self._forget([each for n, each in enumerate(value) if n not in kept])
            elif key in _MAPPINGS and isinstance(value, Mapping):
                self.data[key] = {name: each for name, each in value.items() if (key, name) not in wrong}
                self._forget({name: each for name, each in value.items() if (key, name) in wrong})
            else:
                self.data[key] = value
        for key, value in _NEEDED.items():
            self.data.setdefault(key, value)

    def _forget(self, value: Any) -> None:
        """Remember the names that are gone: who uses them is not at fault."""
        if isinstance(value, Mapping):
            for name in value:
                for meant in {str(name), str(name).lower()}:
                    self._gone |= {meant, f"{meant}.review", f"{meant}.reject"}
        for entry in value if isinstance(value, list) else ():
            if isinstance(entry, Mapping):
                self._gone |= {str(entry.get("id")), str(entry.get("name"))}

    def placed(self, slip: Slip) -> Slip | None:
        """A slip of the repaired data at its place in the file; None when it may come from the repair."""
        if any(f"'{name}'" in slip.message for name in self._gone):
            return None
        return Slip(self._path(slip.path), slip.code, slip.message, slip.hint, slip.on_key)

    def _path(self, path: Path) -> Path:
        if len(path) > 1 and path[0] in self._positions and isinstance(path[1], int):
            return (path[0], self._positions[str(path[0])][path[1]], *path[2:])
        return path
