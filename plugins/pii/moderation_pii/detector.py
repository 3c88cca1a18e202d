"""``pii.text``: runs the patterns, weighs what stands around a match, and lets the surest of overlapping ones stand."""

from __future__ import annotations

from typing import Any

from moderation.core.detections import Detection
from moderation.core.items import Part, Span
from moderation.hookspecs import Context
from moderation_pii.patterns import PATTERNS, Pattern

BEFORE, AFTER = 40, 24
"""Characters around a value in which a context word counts."""


class TextPii:
    """Personal data in text, by patterns.

    Confidence: what the look alone is worth, more with a fitting word near it, moved by checksums. Spans are code
    points. A value is reported once, as the kind it most surely is.
    """

    name = "pii.text"
    version = "1.0"
    reads = ("text",)
    labels = tuple(sorted({pattern.label for pattern in PATTERNS}))
    min_confidence = 20.0
    time_limit_seconds = 10.0

    def __init__(self) -> None:
        self._compiled: list[tuple[Pattern, Any, Any]] | None = None
        self._which: Any = None

    def __getstate__(self) -> dict[str, Any]:
        """Compiled patterns stay behind: they do not pickle, and are made again at the first `detect`."""
        return {"_compiled": None, "_which": None}

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """The findings of one text, from start to end."""
        text = part.text or ""
        found = [hit for hit in self._hits(text) if hit[2] >= self.min_confidence]
        found.sort(key=lambda hit: (-hit[2], -(hit[1] - hit[0]), hit[0], hit[3]))
        kept: list[tuple[int, int, float, str]] = []
        for hit in found:
            if all(hit[1] <= other[0] or hit[0] >= other[1] for other in kept):
                kept.append(hit)
        return [
            Detection(label=label, confidence=confidence, span=Span(start=start, end=end))
            for start, end, confidence, label in sorted(kept)
        ]

    def _hits(self, text: str) -> list[tuple[int, int, float, str]]:
        if self._compiled is None:
            self._compile()
        assert self._compiled is not None
        lowered = text.lower()
        # Lower case can have another length (the Turkish dotted I, say); context is then read from the text itself.
        around = lowered if len(lowered) == len(text) else text
        hits = []
        for number in self._which.Match(text) or ():
            pattern, regex, words = self._compiled[number]
            if pattern.hint and not any(hint in lowered for hint in pattern.hint):
                continue
            position = 0
            while (match := regex.search(text, position)) is not None:
                start, end = match.span(1)
                # Two values may share the character between them, so the next search begins at the value's end.
                position = max(end, match.start() + 1)
                hits.append(
                    (start, end, _confidence(pattern, words, around, start, end, match.group(1)), pattern.label)
                )
        return hits

    def _compile(self) -> None:
        import re2

        options = re2.Options()
        options.log_errors = False
        options.max_mem = 64 << 20
        which = re2.Set.SearchSet(options)
        compiled = []
        for pattern in PATTERNS:
            which.Add(pattern.regex)
            words = re2.compile(rf"(?:^|[^a-z])(?:{pattern.words})(?:$|[^a-z])") if pattern.words else None
            compiled.append((pattern, re2.compile(pattern.regex), words))
        which.Compile()
        self._which, self._compiled = which, compiled


def _confidence(pattern: Pattern, words: Any, around: str, start: int, end: int, value: str) -> float:
    confidence = pattern.alone
    if words is not None:
        before = around[max(0, start - BEFORE) : start]
        after = around[end : end + AFTER]
        if words.search(before) or words.search(after):
            confidence = pattern.near
    if confidence and pattern.adjust is not None:
        confidence += pattern.adjust(value)
    return min(max(confidence, 0.0), 99.9)
