"""The Basic Application Level Confidentiality Profile of DICOM PS3.15, table E.1-1, applied to a data set.

``profile.tsv`` beside this module has the table's tags and actions. Where the table leaves a choice to who knows the
kind of object (X/Z, X/D ..), the one is taken that no kind forbids: a dummy before nothing, nothing before removal.
Beyond the table goes what nobody can look through: free text (LT, ST, UT), names of people (PN), attributes that the
dictionary does not know or that are not of its kind (VR), binary values other than pixels, palettes and profiles.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

from moderation.redacting.media import NoCopy

if TYPE_CHECKING:
    from pydicom import Dataset

METHOD = "PS3.15 E.1 basic profile and text in pixels; not complete"
"""Of attribute (0012,0063), at most 64 characters."""
DEEPEST = 16
"""Sequences in sequences."""
PIXELS = 0x7FE0_0010
Action = Literal["X", "Z", "D", "U", "walk"]
_TAKEN: Mapping[str, Action] = {
    "X": "X", "Z": "Z", "D": "D", "U": "U",
    "X/Z": "Z", "X/D": "D", "Z/D": "D", "X/Z/D": "D", "X/Z/U*": "walk",
}  # fmt: skip
_DUMMIES: Mapping[str, Any] = {
    "AE": "ANONYMIZED", "AS": "000Y", "CS": "ANONYMIZED", "DA": "19000101", "DT": "19000101000000", "LO": "ANONYMIZED",
    "LT": "ANONYMIZED", "PN": "ANONYMIZED", "SH": "ANONYMIZED", "ST": "ANONYMIZED", "TM": "000000", "UC": "ANONYMIZED",
    "UR": "urn:anonymized", "UT": "ANONYMIZED",
}  # fmt: skip
_BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_FREE_TEXT = frozenset({"LT", "ST", "UT"})
_READABLE = frozenset({"AE", "AS", "CS", "DA", "DT", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UR", "UT"})
"""Of which the values are read once more: all that are letters, but for numbers (DS, IS) and UIDs."""
_HARMLESS_BINARY = frozenset(
    {PIXELS, 0x0028_1201, 0x0028_1202, 0x0028_1203, 0x0028_1221, 0x0028_1222, 0x0028_1223, 0x0028_2000, 0x0028_3006}
)
_KINDS_OF_OBJECT = frozenset({0x0008_0016, 0x0008_1150})
"""Attributes whose UIDs say what kind of object it is; a private one stays, because no reader knows the file else."""
_STANDARD = "1.2.840.10008."
"""The root of UIDs that the standard itself gives out: they name codes and kinds, nobody's files."""


@functools.cache
def actions() -> Mapping[int, Action]:
    """What is done with each attribute of the table, by its tag."""
    text = (resources.files(__package__) / "profile.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {int(tag, 16): _TAKEN[action] for tag, action, _ in rows}


def new_uid(uid: str, key: bytes) -> str:
    """In place of a UID, under one key always the same, and without the key nobody's guess (PS3.5 B.2)."""
    digest = hmac.new(key, uid.encode(), hashlib.sha256).digest()
    return f"2.25.{uuid.UUID(bytes=digest[:16], version=4).int}"


def clean(dataset: Dataset, key: bytes) -> Counter[str]:
    """Apply the profile, in place, through all sequences; pixels and their group stay.

    Args:
        key: of new UIDs.

    Returns:
        How many attributes were ``removed``, ``emptied``, given a ``dummy`` or a ``new uid``.

    Raises:
        NoCopy: sequences lie too deep in one another, or a value is shorter than it says.
    """
    done: Counter[str] = Counter()
    _clean(dataset, key, done, 0)
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = METHOD
    return done


def readable(dataset: Dataset, place: str = "") -> Iterator[tuple[str, str]]:
    """Values that are letters and not of our making, each with its place, such as ``(0008,0060) Modality``."""
    for element in dataset:
        name = f"{place}{str(element.tag).replace(' ', '')} {element.name}"
        if element.VR == "SQ":
            for item in element.value:
                yield from readable(item, f"{name} > ")
        elif element.VR in _READABLE and element.value and element.keyword != "DeidentificationMethod":
            text = "\n".join(map(str, element.value)) if element.VM > 1 else str(element.value)
            if text != _DUMMIES.get(element.VR):
                yield name, text


def _clean(dataset: Dataset, key: bytes, done: Counter[str], depth: int) -> None:
    if depth > DEEPEST:
        raise NoCopy(f"its sequences lie more than {DEEPEST} deep in one another")
    for tag in list(dataset.keys()):
        _check_length(dataset.get_item(tag))
        action = _action(dataset, int(tag), depth)
        if action == "X":
            del dataset[tag]
            done["removed"] += 1
        elif action == "Z":
            dataset[tag] = _element(int(tag), None)
            done["emptied"] += 1
        elif action == "D":
            dataset[tag] = _element(int(tag), _DUMMIES)
            done["dummy"] += 1
        elif action == "U":
            element = dataset[tag]
            uids = [str(uid) for uid in (element.value if element.VM > 1 else [element.value]) if uid]
            fresh = [uid if uid.startswith(_STANDARD) else new_uid(uid, key) for uid in uids]
            if fresh != uids:
                element.value = fresh if len(fresh) > 1 else fresh[0]
                done["new uid"] += 1
        elif action == "walk":
            for item in dataset[tag].value:
                _clean(item, key, done, depth + 1)


def _action(dataset: Dataset, tag: int, depth: int) -> Action | None:
    """What is to be done with an attribute; None to keep it."""
    from pydicom.datadict import dictionary_has_tag, dictionary_VR

    group = tag >> 16
    # Curves and overlays have many groups each; what the dictionary does not know, nobody can say the meaning of.
    if group % 2 or 0x5000 <= group <= 0x60FF or group < 8 or not tag & 0xFFFF or not dictionary_has_tag(tag):
        return "X"
    kind = dictionary_VR(tag)
    action = actions().get(tag)
    if action == "D" and kind not in _DUMMIES and kind not in ("SQ", "UI"):
        return "X"
    if action in ("X", "Z") or (action == "D" and kind != "UI"):
        return action
    vr = dataset[tag].VR
    # Files without VRs leave open which of two it is ("OB or OW").
    kinds = set(vr.split(" or "))
    if not kinds <= set(kind.split(" or ")) or kinds & _FREE_TEXT:
        return "X"
    if kinds & _BINARY:
        return None if tag in _HARMLESS_BINARY and (tag != PIXELS or depth == 0) else "X"
    if vr == "SQ":
        return "walk"
    if vr == "PN":
        return "Z"
    return "U" if vr == "UI" and tag not in _KINDS_OF_OBJECT else None


def _element(tag: int, dummies: Mapping[str, Any] | None) -> Any:
    from pydicom import DataElement
    from pydicom.datadict import dictionary_VR

    vr = dictionary_VR(tag).split(" or ")[0]
    if vr == "SQ":
        return DataElement(tag, vr, [])
    return DataElement(tag, vr, dummies[vr] if dummies else None)


def _check_length(raw: Any) -> None:
    """Raise `NoCopy` for a value that ends before it should: the reader takes what is there without a word."""
    length = getattr(raw, "length", None)
    if length is not None and length != 0xFFFF_FFFF and isinstance(raw.value, bytes) and len(raw.value) != length:
        raise NoCopy(f"it is damaged: {raw.tag} says {length:,} bytes and has {len(raw.value):,}")
