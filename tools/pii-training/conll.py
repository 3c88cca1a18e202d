"""Reads posts in which people are marked word by word: ``word<TAB>B-person`` in lines, a line without words between posts.

WNUT 2017 and the Broad Twitter Corpus are written so. A handle is nobody's name here, though the second marks some.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from filling import Labelled

_PERSON = ("person", "PER")


def conll(path: Path) -> list[Labelled]:
    """The posts of a file, their words with blanks between, and its people as NAME.

    Raises:
        ValueError: a line has no label; it is named.
    """
    return [_post(words) for words in _posts(path)]


def _posts(path: Path) -> Iterator[list[tuple[str, str]]]:
    """The words of each post, with what they are marked as."""
    words: list[tuple[str, str]] = []
    for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
        if line.strip():
            word, tab, label = line.rstrip().partition("\t")
            if not tab:
                raise ValueError(f"{path}, line {number}: write a word and what it is, with a tab between")
            if word.strip():
                words.append((word.strip(), label))
        elif words:
            yield words
            words = []
    if words:
        yield words


def _post(words: list[tuple[str, str]]) -> Labelled:
    text, places, goes_on, before = "", [], False, ""
    for word, label in words:
        if text and before not in ("@", "#"):
            text += " "
        start, is_handle = len(text), word[0] == "@" or before == "@"
        text += word
        begins, _, kind = label.partition("-")
        is_person = kind in _PERSON and not is_handle
        if is_person and begins == "I" and goes_on:
            places[-1] = (places[-1][0], len(text), "NAME")
        elif is_person:
            places.append((start, len(text), "NAME"))
        goes_on, before = is_person, word
    return "posts", text, places
