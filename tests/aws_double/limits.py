"""Documented limits that the service models do not have: picture formats, pixels, bytes of text, and the like.

Each check returns the error that AWS would answer, or None. Sources: "Guidelines and quotas in Amazon Rekognition",
"Amazon Comprehend guidelines and quotas", the operations' own pages.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

from PIL import Image

Fault = tuple[str, str]
"""Error code and message."""
Objects = Mapping[tuple[str, str], bytes]
MB = 1024 * 1024
PII_LANGUAGES = ("en", "es")


def check(name: str, given: Mapping[str, Any], objects: Objects) -> Fault | None:
    """The documented limits of an operation."""
    rule = CHECKS.get(name)
    return rule(given, objects) if rule is not None else None


def picture(max_bytes: int, min_side: int, max_side: int) -> Callable[[Mapping[str, Any], Objects], Fault | None]:
    """Limits of a picture that is sent or read from S3."""

    def rule(given: Mapping[str, Any], objects: Objects) -> Fault | None:
        image = given["Image"]
        if ("Bytes" in image) == ("S3Object" in image):
            return "InvalidParameterException", "exactly one of Bytes and S3Object"
        data = image.get("Bytes")
        most = max_bytes
        if data is None:
            data, most = objects.get((image["S3Object"]["Bucket"], image["S3Object"]["Name"])), 15 * MB
            if data is None:
                return "InvalidS3ObjectException", "no such object"
        if len(data) > most:
            return "ImageTooLargeException", f"{len(data)} bytes"
        try:
            with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as opened:
                opened.load()
                width, height = opened.size
        except (OSError, ValueError, SyntaxError):
            return "InvalidImageFormatException", "no JPEG or PNG"
        if min(width, height) < min_side or max(width, height) > max_side:
            return "InvalidParameterException", f"{width} x {height} pixels"
        return None

    return rule


def _pii(given: Mapping[str, Any], _: Objects) -> Fault | None:
    if given["LanguageCode"] not in PII_LANGUAGES:
        return "UnsupportedLanguageException", given["LanguageCode"]
    return ("TextSizeLimitExceededException", "too long") if len(given["Text"].encode()) > 100_000 else None


def _language(given: Mapping[str, Any], _: Objects) -> Fault | None:
    return ("TextSizeLimitExceededException", "too long") if len(given["Text"].encode()) > 100_000 else None


def _toxicity(given: Mapping[str, Any], _: Objects) -> Fault | None:
    if given["LanguageCode"] != "en":
        return "UnsupportedLanguageException", given["LanguageCode"]
    sizes = [len(segment["Text"].encode()) for segment in given["TextSegments"]]
    if len(sizes) > 10 or max(sizes) > 1000 or sum(sizes) > 10_000:
        return "TextSizeLimitExceededException", f"{len(sizes)} segments of up to {max(sizes)} bytes"
    return None


def _labels(given: Mapping[str, Any], objects: Objects) -> Fault | None:
    if given.get("MaxLabels", 0) > 1000:
        return "InvalidParameterException", "MaxLabels"
    return picture(5 * MB, 80, 10_000)(given, objects)


def _video(given: Mapping[str, Any], objects: Objects) -> Fault | None:
    place = given["Video"]["S3Object"]
    return None if (place["Bucket"], place["Name"]) in objects else ("InvalidS3ObjectException", "no such object")


def _transcription(given: Mapping[str, Any], objects: Objects) -> Fault | None:
    languages = [n for n in ("LanguageCode", "IdentifyLanguage", "IdentifyMultipleLanguages") if given.get(n)]
    if len(languages) != 1:
        return "BadRequestException", f"one way to say the language, not {languages}"
    if given.get("ToxicityDetection") and given.get("LanguageCode") != "en-US":
        return "BadRequestException", "toxicity is found in US English only"
    bucket, _, key = given["Media"]["MediaFileUri"].removeprefix("s3://").partition("/")
    return None if (bucket, key) in objects else ("BadRequestException", "no such media file")


CHECKS: Mapping[str, Callable[[Mapping[str, Any], Objects], Fault | None]] = {
    "rekognition.DetectModerationLabels": picture(5 * MB, 80, 10_000),
    "rekognition.DetectFaces": picture(5 * MB, 80, 10_000),
    "rekognition.DetectText": picture(5 * MB, 80, 10_000),
    "rekognition.DetectLabels": _labels,
    "rekognition.DetectProtectiveEquipment": picture(4 * MB, 64, 4096),
    "rekognition.DetectCustomLabels": picture(4 * MB, 64, 4096),
    "rekognition.StartContentModeration": _video,
    "rekognition.StartLabelDetection": _video,
    "rekognition.StartFaceDetection": _video,
    "comprehend.DetectPiiEntities": _pii,
    "comprehend.DetectToxicContent": _toxicity,
    "comprehend.DetectDominantLanguage": _language,
    "transcribe.StartTranscriptionJob": _transcription,
}
