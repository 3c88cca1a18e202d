"""How texts are scored: the first few without numpy, all else with it; both come to the same."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from moderation_text.toxicity import file

if TYPE_CHECKING:
    from moderation_text.toxicity.model import Model
    from moderation_text.toxicity.plain import Plain

PLAINLY = 2_000
"""Words and signs that a process scores before it loads numpy for the rest, which takes as long as these do."""


class Scoring:
    """The shipped classifier. One thread at a time.

    Attributes:
        columns: what each column of scores is about.
        frequent: numbers of frequent English words.
    """

    def __init__(self) -> None:
        self._file = file.read(file.MODEL)
        self.columns: tuple[str, ...] = self._file.columns
        self.frequent: Collection[int] = self._file.frequent
        self._plain: Plain | None = None
        self._arrays: Model | None = None
        self._scored = 0

    def scores(self, split: Sequence[Sequence[str]]) -> list[list[float]]:
        """Calibrated percent: for each text's words a number a column."""
        self._scored += sum(map(len, split))
        if self._scored > PLAINLY or "numpy" in sys.modules:
            return self._with_arrays().scores(split)
        if self._plain is None:
            from moderation_text.toxicity.plain import Plain

            self._plain = Plain(self._file)
        return self._plain.scores(split)

    def _with_arrays(self) -> Model:
        if self._arrays is None:
            from moderation_text.toxicity.model import Model

            self._arrays = Model(self._file)
        return self._arrays
