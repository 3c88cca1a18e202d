"""What the classifier was trained to: the file that ``tools/text-training/train.py`` writes.

It is a line of JSON, then two tables of one signed byte for each hashed feature and label, then the numbers of frequent
English words. It is not packed, and mapped into memory: of the tables a short text needs a few pages.
"""

from __future__ import annotations

import array
import json
import mmap
import sys
from dataclasses import dataclass
from pathlib import Path

from moderation_text.toxicity.hashes import PIECE_BITS, WORD_BITS

MODEL = Path(__file__).with_name("toxicity.model")
FORMAT = 2


@dataclass(frozen=True)
class ModelFile:
    """A trained classifier as it lies in its file.

    Attributes:
        columns: what each column of the tables is about.
        words: a row of one signed byte a column for each number of the table of words, row after row.
        pieces: the same for pieces of words.
        steps: what one of a table counts, by column.
        constants: the log-odds of a text without features, by column.
        calibration: slope and shift, by column.
        frequent: numbers of frequent English words (`moderation_text.toxicity.language.number_of`).
    """

    columns: tuple[str, ...]
    words: memoryview
    pieces: memoryview
    steps: tuple[float, ...]
    constants: tuple[float, ...]
    calibration: tuple[tuple[float, float], ...]
    frequent: frozenset[int]


def read(path: Path) -> ModelFile:
    """The model of a file. Raises `ValueError` where it is no model of this version's form."""
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    head_end = mapped.find(b"\n")
    try:
        head = json.loads(mapped[: max(head_end, 0)])
    except ValueError:
        head = {}
    if head.get("format") != FORMAT or head["bits"] != [WORD_BITS, PIECE_BITS]:
        raise ValueError("the model is of another version: train it anew with tools/text-training/train.py")
    columns = tuple(head["columns"])
    begin = head_end + 1
    words_end = begin + (len(columns) << WORD_BITS)
    pieces_end = words_end + (len(columns) << PIECE_BITS)
    frequent = array.array("I", mapped[pieces_end:])
    if sys.byteorder == "big":
        frequent.byteswap()
    whole = memoryview(mapped)
    return ModelFile(
        columns,
        whole[begin:words_end].cast("b"),
        whole[words_end:pieces_end].cast("b"),
        tuple(head["steps"]),
        tuple(head["constants"]),
        tuple((slope, shift) for slope, shift in head["calibration"]),
        frozenset(frequent),
    )
