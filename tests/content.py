"""What reviewers are shown: items as the service sends them, texts, pictures and sounds."""

from __future__ import annotations

import io
import math
import struct
import uuid
import wave
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from tests.houses.desk import Desk


def item(*parts: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """InputContent as the service makes it."""
    about = {"id": str(uuid.uuid4()), "app": "shop", "content_id": "c-1", "metadata": {}}
    content = {
        "schema": "moderation-item/1",
        "item": about | {"created_at": "2026-01-02T03:04:05+00:00"},
        "parts": list(parts),
        "detections": [],
        "failures": [],
        "why": ["general: it looked odd"],
        "policy": {"name": "general", "version": "0" * 64, "description": "Be kind."},
        "labels": ["Face", "PII/EMAIL"],
        "queue": "general",
    }
    return content | more


def found(label: str, part: str, confidence: float = 90.0, **place: Any) -> dict[str, Any]:
    """A detection as the service writes it."""
    tool = {"name": "test.detector", "version": "1"}
    return {"label": label, "parents": [], "confidence": confidence, "detector": tool, "part": part, **place}


def text(words: str, part: str = "p0") -> dict[str, Any]:
    return {"id": part, "type": "text", "text": words}


def picture(desk: Desk, name: str = "a", part: str = "p0") -> dict[str, Any]:
    out = io.BytesIO()
    Image.effect_noise((320, 240), 60).convert("RGB").save(out, "JPEG")
    uri = desk.blobs.put(f"media/{name}.jpg", out.getvalue(), "image/jpeg")
    return {"id": part, "type": "image", "uri": uri, "width": 320, "height": 240}


def sound(desk: Desk) -> dict[str, Any]:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"".join(struct.pack("<h", (n % 50) * 100) for n in range(8000 * 4)))
    return {"id": "p0", "type": "audio", "uri": desk.blobs.put("media/s.wav", out.getvalue(), "audio/wav")}


def speech(desk: Desk, seconds: int = 20) -> list[dict[str, Any]]:
    """A sound with its transcript: ten words, two seconds each, in sentences of five."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        samples = (int(9000 * math.sin(n / 5) * ((n // 8000) % 2)) for n in range(8000 * seconds))
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    uri = desk.blobs.put("media/speech.wav", out.getvalue(), "audio/wav")
    words = "one two three four five. six seven eight nine ten."
    places, at = [], 0
    for number, word in enumerate(words.split(" ")):
        span = {"start": at, "end": at + len(word)}
        places.append({"span": span, "time_range": {"start": 2.0 * number, "end": 2.0 * number + 2}})
        at += len(word) + 1
    transcript = {"id": "p0.t", "type": "text", "text": words, "extracted_from": "p0", "extractor": "asr"}
    return [{"id": "p0", "type": "audio", "uri": uri}, transcript | {"places": places}]


def film(desk: Desk, data: bytes, seconds: Sequence[tuple[float, float]]) -> list[dict[str, Any]]:
    """A film with the pictures that were taken out of it, from when to when each."""
    uri = desk.blobs.put("media/film.webm", data, "video/webm")
    parts = [{"id": "p0", "type": "video", "uri": uri}]
    for number, _ in enumerate(seconds):
        taken = picture(desk, f"f{number}", f"p0.{number}")
        parts.append(taken | {"extracted_from": "p0", "extractor": "film.frames"})
    return parts


def fill(desk: Desk) -> None:
    """A task with everything that a page can show, and others."""
    out = io.BytesIO()
    Image.new("RGB", (320, 240), "grey").save(out, "PNG")
    uri = desk.blobs.put("media/p.png", out.getvalue(), "image/png")
    picture = {"id": "p1", "type": "image", "uri": uri, "width": 320, "height": 240}
    detections = [
        found("PII/EMAIL", "p2", span={"start": 0, "end": 7}),
        found("Face", "p1", box={"left": 0.1, "top": 0.1, "width": 0.5, "height": 0.5}),
        found("Insult", "p2", 71.5, span={"start": 12, "end": 20}),
        found("Threat", "p0", time_range={"start": 12.0, "end": 16.0}),
    ]
    failure = {"detector": {"name": "slow", "version": "1"}, "part": "p1", "message": "no answer in 5 s"}
    parts = [*speech(desk), picture, {"id": "p2", "type": "text", "text": "a@b.org and an insult of words"}]
    more = {"failures": [failure], "earlier": ["Rejected by people 2 days ago"]}
    desk.start_item(*parts, detections=detections, **more)
    for number in range(3):
        desk.start_item(text(f"task {number}"))
