"""``vision.provenance``: what a picture's own metadata says about how it was made. Nothing is guessed from pixels.

It reads IPTC's digital source type in XMP (https://cv.iptc.org/newscodes/digitalsourcetype/) and, where ``c2pa-python``
is installed (``moderation-vision[c2pa]``), C2PA manifests: whether they fit the bytes, and the source types in their
actions. Anybody can write metadata and anybody can remove it: what is said is a claim, and silence says nothing.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.hookspecs import Context, Unreadable
from moderation_vision.cards import PROVENANCE
from moderation_vision.metadata import opened

CREDENTIALS = "Source/CREDENTIALS"
KINDS = {
    "trainedAlgorithmicMedia": "Source/MADE_BY_AI",
    "compositeWithTrainedAlgorithmicMedia": "Source/PARTLY_MADE_BY_AI",
    "compositeSynthetic": "Source/PARTLY_MADE_BY_AI",
    "algorithmicallyEnhanced": "Source/ENHANCED",
    "humanEdits": "Source/EDITED",
    "minorHumanEdits": "Source/EDITED",
    "composite": "Source/EDITED",
    "compositeCapture": "Source/EDITED",
    "algorithmicMedia": "Source/DRAWN",
    "dataDrivenMedia": "Source/DRAWN",
    "digitalCreation": "Source/DRAWN",
    "digitalArt": "Source/DRAWN",
    "softwareImage": "Source/DRAWN",
    "virtualRecording": "Source/SCREEN",
    "screenCapture": "Source/SCREEN",
    "digitalCapture": "Source/CAPTURED",
    "computationalCapture": "Source/CAPTURED",
    "multiFrameComputationalCapture": "Source/CAPTURED",
    "negativeFilm": "Source/CAPTURED",
    "positiveFilm": "Source/CAPTURED",
    "print": "Source/CAPTURED",
}
"""Label by IPTC's code, retired ones too."""
OTHER = "Source/OTHER"
_XMP_MOST = 4 * 1024 * 1024
_SAID = re.compile(rb"DigitalSourceType\b[^\x00]{0,300}?digitalsourcetype/([A-Za-z]{3,60})", re.IGNORECASE)
_MANIFEST = re.compile(rb"jumd.{0,64}c2pa", re.DOTALL)
"""The description box of a C2PA manifest store in JUMBF (ISO/IEC 19566-5), wherever a format keeps it."""
_CODES = {code.lower(): code for code in KINDS}
MOST_MANIFEST = 16 * 1024 * 1024


class Provenance:
    """Digital source types that metadata states, and C2PA manifests.

    Confidence is 99 for what is stated in XMP or a manifest that fits, 60 for what a manifest states that does not fit.
    """

    name = "vision.provenance"
    version = "1.0"
    card = PROVENANCE
    reads = ("image",)
    labels = tuple(
        sorted({*KINDS.values(), OTHER, *(f"{CREDENTIALS}_{end}" for end in ("VALID", "BROKEN", "UNCHECKED"))})
    )
    min_confidence = 50.0
    time_limit_seconds = 20.0
    examines = False
    # It costs no money, but a process of its own, which only those need whose policies ask.
    on_demand = True

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """A detection for each label that is stated. Raises `Unreadable`."""
        data = context.read(part)
        with opened(data) as picture:
            xmp = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp") or b""
        packet = (xmp.encode() if isinstance(xmp, str) else bytes(xmp))[:_XMP_MOST]
        found: dict[str, tuple[float, dict[str, Any]]] = {}
        for code in (match[1].decode() for match in _SAID.finditer(packet)):
            found.setdefault(label_of(code), (99.0, {"source": "XMP DigitalSourceType", "code": code}))
        for label, confidence, attributes in _credentials(data, part.media.content_type if part.media else ""):
            if confidence > found.get(label, (0.0, {}))[0]:
                found[label] = (confidence, attributes)
        return [
            Detection(label=label, confidence=confidence, attributes=attributes)
            for label, (confidence, attributes) in sorted(found.items())
        ]


def label_of(code: str) -> str:
    """The label of one of IPTC's codes, in any case; `OTHER` for one that is not known here."""
    return KINDS.get(_CODES.get(code.lower(), ""), OTHER)


def _credentials(data: bytes, content_type: str) -> Iterator[tuple[str, float, dict[str, Any]]]:
    """What a C2PA manifest comes to: labels with confidence and attributes; nothing where there is none."""
    if _MANIFEST.search(data) is None:
        return
    store = read_manifests(data, content_type)
    if store is None:
        yield f"{CREDENTIALS}_UNCHECKED", 99.0, {"source": "C2PA", "why": "c2pa-python is not installed here"}
        return
    is_valid = store.get("validation_state") in ("Valid", "Trusted")
    faults = sorted({str(each.get("code", ""))[:80] for each in store.get("validation_status") or ()})[:10]
    about: dict[str, Any] = {"source": "C2PA", **({"faults": faults} if faults else {})}
    yield f"{CREDENTIALS}_{'VALID' if is_valid else 'BROKEN'}", 99.0, about
    for manifest in (store.get("manifests") or {}).values():
        for code in _source_types(manifest):
            yield label_of(code), 99.0 if is_valid else 60.0, {"source": "C2PA action", "code": code[:60]}


def _source_types(manifest: Any) -> Iterator[str]:
    """IPTC's codes in the actions of a manifest (C2PA 2.1, section 18.14)."""
    for assertion in manifest.get("assertions") or ():
        if not str(assertion.get("label", "")).startswith("c2pa.actions"):
            continue
        for action in (assertion.get("data") or {}).get("actions") or ():
            said = action.get("digitalSourceType")
            if isinstance(said, str) and said:
                yield said.rpartition("/")[2]


def read_manifests(data: bytes, content_type: str) -> dict[str, Any] | None:
    """The manifest store of a picture as JSON, with its validation; None where nothing here can read it.

    Nothing is fetched: manifests that lie elsewhere, and lists of who may be trusted, are not asked for.

    Raises:
        Unreadable: there is one that cannot be read.
    """
    try:
        import c2pa
    except ImportError:
        return None
    if len(data) > MOST_MANIFEST:
        raise Unreadable("the picture with its manifest is too large to be checked")
    try:
        quiet = {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": False}
        context = c2pa.Context(c2pa.Settings.from_dict({"verify": quiet}))
        with c2pa.Reader(content_type or "image/jpeg", io.BytesIO(data), context=context) as reader:
            store: dict[str, Any] = json.loads(reader.json())
    except Exception as error:  # a native library; whatever it says of hostile bytes means the same
        raise Unreadable(f"the content credentials cannot be read ({type(error).__name__})") from error
    return store
