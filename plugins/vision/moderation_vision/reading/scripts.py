"""Cyrillic and Greek, which the reader of RapidOCR leaves out: by Tesseract, where it is installed.

The library comes with the extra ``moderation-vision[scripts]`` (`tesserocr`, MIT; Tesseract itself is Apache-2.0), what
it has learned with the Debian packages ``tesseract-ocr-script-cyrl`` and ``tesseract-ocr-script-grek`` (Apache-2.0). A
Cyrillic line takes it about 15 ms.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy

from moderation_vision.reading.lines import Line
from moderation_vision.reading.recognition import Words, cut_out

SCRIPTS = ("Cyrillic", "Greek")
"""As Tesseract's files and Unicode's names of letters call them."""
FOLDERS = ("/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract-ocr/4.00/tessdata", "/usr/share/tessdata")
"""Where Debian and others put what Tesseract has learned."""
SURE = 75
"""Percent, as the mean of its words, from which on a line is read: right ones have 90 and more, those of another script
and Latin ones less than 70."""
_FEWEST = 4
"""Letters as which fewer count: one or two are found in any pattern."""
_OWN = 0.5
"""Share of the letters that are of the script, or else it is not what the line is written in."""


def missing() -> str:
    """What of it is not installed, for people; empty when it is all there."""
    try:
        import tesserocr  # noqa: F401 - asked whether it is there
    except ImportError:
        return "the library is not installed: pip install 'moderation-vision[scripts]'"
    absent = [script for script in SCRIPTS if _file(script) is None]
    names = {"Cyrillic": "tesseract-ocr-script-cyrl", "Greek": "tesseract-ocr-script-grek"}
    return f"apt-get install {' '.join(names[script] for script in absent)}" if absent else ""


class Scripts:
    """Reads lines in other scripts, one after the other."""

    def __init__(self) -> None:
        self._readers: Mapping[str, Any] = dict(_open())

    def read(self, picture: Any, words: Words) -> Words:
        """The line in the script in which it can be read best, either way up; as it was when it can in none."""
        for quarters in (0, 2):
            line = replace(words.line, corners=numpy.roll(words.line.corners, -quarters, axis=0))
            best = max(self._readings(picture, line), key=lambda read: read.score, default=words)
            if best is not words:
                return best
        return words

    def _readings(self, picture: Any, line: Line) -> Iterator[Words]:
        from PIL import Image

        cut = Image.fromarray(cut_out(picture, line))
        for script, reader in self._readers.items():
            reader.SetImage(cut)
            reader.SetSourceResolution(_RESOLUTION)
            text = " ".join(reader.GetUTF8Text().split())
            if reader.MeanTextConf() >= SURE and _share(text, script) >= _OWN:
                yield Words(line, text, reader.MeanTextConf() / 100, 0.0)


_RESOLUTION = 150
"""Dots an inch at which a line of text has about 48 pixels; it only steers what Tesseract holds for noise."""


def is_greek(text: str) -> bool:
    """It has Greek letters: the reader of RapidOCR knows some of them, and drops those with accents."""
    return any(_is_of(letter, "Greek") for letter in text)


def _open() -> Iterator[tuple[str, Any]]:
    try:
        import tesserocr
    except ImportError:
        return
    for script in SCRIPTS:
        file = _file(script)
        if file is not None:
            yield script, tesserocr.PyTessBaseAPI(path=str(file.parent), lang=script, psm=tesserocr.PSM.SINGLE_LINE)


def _file(script: str) -> Path | None:
    places = (Path(folder, below, f"{script}.traineddata") for folder in FOLDERS for below in ("", "script"))
    return next((place for place in places if place.is_file()), None)


def _share(text: str, script: str) -> float:
    letters = [letter for letter in text if letter.isalpha()]
    return sum(_is_of(letter, script) for letter in letters) / max(len(letters), _FEWEST)


def _is_of(letter: str, script: str) -> bool:
    return unicodedata.name(letter, "").startswith(script.upper())
