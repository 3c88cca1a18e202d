"""What a labelling job reads: the manifest's lines and the names of its labels. Faults name their line.

https://docs.aws.amazon.com/sagemaker/latest/dg/sms-input-data-input-manifest.html
https://docs.aws.amazon.com/sagemaker/latest/dg/sms-label-cat-config-attributes.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ground.awswire.errors import ApiError
from ground.awswire.shapes import check_storable
from ground.awswire.strict_json import read_object
from ground.blobs import split_uri
from ground.errors import InputError, NotFound

MOST_LINES = 100_000
MOST_LINE_CHARACTERS = 100_000
MOST_MANIFEST_BYTES = 64 * 2**20
MOST_LABELS = 250
LONGEST_LABEL = 256


@dataclass(frozen=True)
class DataObject:
    """One line of a manifest.

    Attributes:
        number: of its line, from 1.
        line: as it was read; the output has all of it.
        value: the text, or the ``s3://`` name of what is to be labelled.
    """

    number: int
    line: dict[str, Any]
    value: str


def read_manifest(data: bytes, source: str) -> list[DataObject]:
    """The objects of a manifest in JSON Lines, by its key `source`; blank lines count and are none.

    Raises:
        InputError: with the line.
    """
    try:
        lines = data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise InputError(f"the manifest is no UTF-8 text at byte {error.start:,}") from error
    found = [_object(number, line, source) for number, line in enumerate(lines, start=1) if line.strip()]
    if not found:
        raise InputError("the manifest has no lines")
    if len(found) > MOST_LINES:
        raise InputError(f"the manifest has {len(found):,} lines; a job takes {MOST_LINES:,}")
    return found


def _object(number: int, text: str, source: str) -> DataObject:
    if len(text) > MOST_LINE_CHARACTERS:
        raise InputError(f"line {number} of the manifest has more than {MOST_LINE_CHARACTERS:,} characters")
    try:
        line = read_object(text)
    except ValueError as error:
        raise InputError(f"line {number} of the manifest is no JSON object: {error}"[:300]) from error
    value = line.get(source)
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"line {number} of the manifest has no text under '{source}', which this task type labels")
    try:
        check_storable(line)
    except ApiError as error:
        raise InputError(f"line {number} of the manifest has a character that no text has") from error
    if source == "source-ref":
        try:
            split_uri(value)
        except NotFound as error:
            raise InputError(f"line {number} of the manifest: source-ref is not the name of an object") from error
    return DataObject(number, line, value)


def read_labels(data: bytes) -> list[str]:
    """The labels of a label category file, in its order: their places are the classes' numbers.

    Raises:
        InputError: with what is wrong.
    """
    try:
        labels = read_object(data.decode("utf-8-sig")).get("labels")
    except (UnicodeDecodeError, ValueError) as error:
        raise InputError(f"the label category file is no JSON object: {error}"[:300]) from error
    if not isinstance(labels, list) or not 1 <= len(labels) <= MOST_LABELS:
        raise InputError(f"the label category file needs a list 'labels' with 1 to {MOST_LABELS}")
    return _checked([each.get("label") if isinstance(each, dict) else None for each in labels])


def _checked(names: Sequence[Any]) -> list[str]:
    for number, name in enumerate(names, start=1):
        if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_LABEL:
            raise InputError(
                f"label {number} of the label category file has no 'label' of 1 to {LONGEST_LABEL} characters"
            )
        if name in names[: number - 1]:
            raise InputError(f"label {number} of the label category file, '{name}', is there twice")
    return list(names)
