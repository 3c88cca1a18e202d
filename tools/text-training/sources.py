"""Reads the data sets that the classifier learns from: texts, and which labels each says, denies or leaves open.

None of it is part of the project; README.md says what each file is and under which licence.
"""

from __future__ import annotations

import gzip
import hashlib
import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LABELS = ("hate", "harassment", "threat", "selfharm", "sexual", "spam")
"""In the order of the model's columns."""

OPEN = -1.0
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Text:
    """One text to learn from.

    Attributes:
        source: the data set, or ``grammar/SECTION``.
        labels: for each of `LABELS` 1, 0 or `OPEN`.
        weight: how much its labels count.
    """

    id: str
    source: str
    text: str
    labels: tuple[float, ...]
    weight: float = 1.0

    @property
    def is_held_out(self) -> bool:
        """True for one in five, always the same: figures come from them, and no choice was made by them."""
        return hashlib.sha256(f"{self.source}/{self.id}".encode()).digest()[0] < 51


def _labels(**known: float) -> tuple[float, ...]:
    return tuple(known.get(label, OPEN) for label in LABELS)


def _davidson(row: Row) -> tuple[tuple[float, ...], float]:
    said = row["labels"]
    votes = row["votes"]
    if said["neither"]:
        return _labels(hate=0, harassment=0, threat=0, selfharm=0, spam=0), 1.0
    sure = max(votes) / max(1, sum(votes))
    return _labels(hate=float(said["hate"]), selfharm=0, spam=0), sure if said["hate"] else 0.7 * sure


def _hatemoji(row: Row) -> tuple[tuple[float, ...], float]:
    hate = float(row["labels"]["hateful"])
    threat = 1.0 if row["type"] == "threateninglanguage" else OPEN if not hate else 0.0
    return _labels(hate=hate, threat=threat, spam=0, selfharm=0 if not hate else OPEN), 1.0


def _edos(row: Row) -> tuple[tuple[float, ...], float]:
    kind = row["category"][:1]
    hate = {"n": 0.0, "1": 1.0, "2": 1.0}.get(kind, OPEN)
    threat = {"n": 0.0, "1": 1.0}.get(kind, 0.0)
    return _labels(hate=hate, threat=threat, spam=0, selfharm=0), 0.7


def _openai(row: Row) -> tuple[tuple[float, ...], float]:
    def said(*names: str) -> float:
        values = [row["labels"].get(name) for name in names]
        if any(value == 1 for value in values):
            return 1.0
        return 0.0 if values[0] == 0 else OPEN

    threat = 1.0 if row["labels"].get("H2") == 1 else 0.0 if row["labels"].get("V") == 0 else OPEN
    known = {"hate": said("H", "H2"), "harassment": said("HR"), "selfharm": said("SH"), "sexual": said("S", "S3")}
    return _labels(**known, threat=threat, spam=0), 2.0


def _sms(row: Row) -> tuple[tuple[float, ...], float]:
    spam = float(row["labels"]["spam"])
    rest = {} if spam else {"hate": 0, "harassment": 0, "threat": 0, "sexual": 0}
    return _labels(spam=spam, selfharm=0, **rest), 1.0


SOURCES: Mapping[str, tuple[str, Callable[[Row], tuple[tuple[float, ...], float]]]] = {
    "davidson": ("davidson.jsonl.gz", _davidson),
    "hatemoji": ("hatemoji_build.jsonl.gz", _hatemoji),
    "edos": ("edos_sexism.jsonl.gz", _edos),
    "openai": ("openai_moderation_half.jsonl.gz", _openai),
    "sms": ("sms_spam.jsonl.gz", _sms),
}


def read_sources(folder: Path) -> Iterator[Text]:
    """Every text of every data set in a folder.

    Raises:
        SystemExit: a file is missing, by name.
    """
    for source, (name, read) in SOURCES.items():
        path = folder / name
        if not path.is_file():
            raise SystemExit(f"{path}: no such file; tools/text-training/README.md says where it is from")
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                labels, weight = read(row)
                yield Text(str(row["id"]), source, _cleaned(row["text"]), labels, weight)


def _cleaned(text: str) -> str:
    """The text as a service gets it: no HTML entities, no stand-ins for names and links."""
    text = html.unescape(text)
    text = re.sub(r"\[USER\]", "@someone", text)
    text = re.sub(r"\[URL\]", "http://example.org/x", text)
    return re.sub(r"^(?:RT )?(?=@)", "", text)
