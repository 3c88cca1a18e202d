"""What is said becomes a text with times; what cannot be heard is told; nothing is cleared by it.

Runs where the extra is installed: `make test-speech`.
"""

from __future__ import annotations

import dataclasses
import io
import json
import math
import struct
import wave
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("faster_whisper", reason="an extra: make test-speech")

import av
import numpy as np
from moderation_speech import extractor as speech
from moderation_speech.decoding import FORMATS, decode
from moderation_speech.extractor import Speech

from ground.blobs import FolderBlobs
from ground.media.limits import Limits
from moderation.cli import run
from moderation.core.items import Item, Part
from moderation.detection.judge import Judge
from moderation.detection.runner import Runner
from moderation.hookspecs import Incomplete, Unreadable
from moderation.media.inspecting import inspect, store_media
from moderation.plugins import load_plugins
from moderation.policies.files import load_policies
from moderation.settings import load_settings
from moderation.testing import ExtractorContract, FakeContext

SPOKEN = Path(__file__).parent / "samples" / "inaugural.ogg"


def tone(seconds: float, rate: int = 16_000) -> bytes:
    """A sound in which nobody speaks."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        samples = (int(8000 * math.sin(n * 440 * 2 * math.pi / rate)) for n in range(int(seconds * rate)))
        file.writeframes(b"".join(struct.pack("<h", each) for each in samples))
    return out.getvalue()


def saved_as(codec: str, form: str, rate: int = 44_100) -> bytes:
    """The spoken sentence in another format."""
    out = io.BytesIO()
    with av.open(str(SPOKEN)) as source, av.open(out, "w", format=form) as target:
        stream = target.add_stream(codec, rate=rate, layout="mono")
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=rate)
        frames = [made for frame in source.decode(audio=0) for made in resampler.resample(frame)]
        for frame in frames:
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return out.getvalue()


class TestSpeech(ExtractorContract):
    extractor = Speech
    extracts = ((SPOKEN, "my fellow Americans"), (SPOKEN, "your country"))
    ignores = (tone(2),)


def test_each_word_has_the_seconds_in_which_it_was_said(tmp_path: Path) -> None:
    context = FakeContext(tmp_path)

    (made,) = Speech().extract(context.part(SPOKEN), context)

    assert made.text is not None
    assert made.extraction is not None
    words = [made.text[place.span.start : place.span.end] for place in made.extraction.places]
    assert words == made.text.split()
    times = [(place.time_range.start, place.time_range.end) for place in made.extraction.places if place.time_range]
    assert len(times) == len(words)
    assert all(0 <= start <= end <= 11.1 for start, end in times)
    assert times == sorted(times)
    assert made.extraction.extractor.name == "speech.text"


@pytest.mark.parametrize(
    ("codec", "form", "content_type"),
    [
        ("libmp3lame", "mp3", "audio/mpeg"),
        ("flac", "flac", "audio/flac"),
        ("pcm_s16le", "wav", "audio/wav"),
        ("aac", "mp4", "audio/mp4"),
        ("libopus", "webm", "audio/webm"),
        ("aac", "mpegts", "video/mp2t"),
        ("aac", "matroska", "video/x-matroska"),
    ],
)
def test_the_formats_that_the_service_takes_are_heard_to_their_end(codec: str, form: str, content_type: str) -> None:
    sound = decode(saved_as(codec, form, 48_000), content_type, 60)

    assert sound is not None
    assert sound.is_whole
    assert 10.8 < sound.seconds < 11.3
    assert 0.05 < float(np.abs(sound.samples).max()) <= 1.5


def test_what_is_longer_is_heard_up_to_the_limit_and_the_rest_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech, "MAX_SECONDS", 3.0)
    context = FakeContext(tmp_path)

    with pytest.raises(Incomplete, match="only the first 3 s") as caught:
        Speech().extract(context.part(SPOKEN), context)

    (made,) = caught.value.parts
    assert "Americans" in (made.text or "")
    assert "country" not in (made.text or "")


def test_further_tracks_of_sound_are_told(tmp_path: Path) -> None:
    out = io.BytesIO()
    with av.open(str(SPOKEN)) as source, av.open(out, "w", format="matroska") as target:
        tracks = [target.add_stream_from_template(source.streams.audio[0]) for _ in range(2)]
        for packet in source.demux(audio=0):
            if packet.dts is not None:
                for track in tracks:
                    packet.stream = track
                    target.mux(packet)
    context = FakeContext(tmp_path)

    with pytest.raises(Incomplete, match="it has 1 more tracks of sound, which were not listened to"):
        Speech().extract(context.media(out.getvalue()), context)


def test_what_could_not_be_understood_is_told_beside_what_could(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech, "UNSURE", 0.0)
    context = FakeContext(tmp_path)

    with pytest.raises(Incomplete, match="could not be understood") as caught:
        Speech().extract(context.part(SPOKEN), context)

    assert len(caught.value.parts) == 1


@pytest.mark.parametrize("content_type", sorted(FORMATS))
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 4096,
        b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        SPOKEN.read_bytes()[:200],
    ],
    ids=["nothing", "zeros", "playlist", "list of files", "broken off"],
)
def test_what_is_no_such_sound_is_unreadable(data: bytes, content_type: str) -> None:
    with pytest.raises(Unreadable):
        decode(data, content_type, 10)


def test_a_type_that_is_not_taken_is_not_tried() -> None:
    with pytest.raises(Unreadable, match="application/x-mpegurl are not decoded"):
        decode(SPOKEN.read_bytes(), "application/x-mpegurl", 10)


def test_sounds_with_damaged_insides_are_unreadable_or_heard_and_never_a_crash() -> None:
    whole, changed = bytearray(SPOKEN.read_bytes()), []
    for at in range(100, len(whole), len(whole) // 40):
        damaged = bytes(whole[:at]) + bytes(byte ^ 0x5A for byte in whole[at : at + 60]) + bytes(whole[at + 60 :])
        try:
            sound = decode(damaged, "audio/ogg", 20)
            changed.append(sound is not None and sound.seconds <= 20)
        except Unreadable:
            changed.append(True)

    assert all(changed)


POLICY = """
policy: sounds
format: 1
description: A test.
applies_to: {content_type: [audio]}
needs: [speech.text, text.blocklist]
if_nothing_matches: WANTED
if_a_detector_fails: {review: people}
queues: [{name: people, a2i_flow: people}]
rules:
  - id: words
    why: A listed word
    when: {label: Custom/TOLD, at_least: 50}
    then: reject
"""
LIST = "list: told\nlabel: Custom/TOLD\nentries: [WORD]\n"


@pytest.fixture
def judged(tmp_path: Path) -> Iterator[Any]:
    """The verdict on the spoken sentence, where a list names a word."""
    opened: list[Judge] = []

    def judge(word: str) -> Any:
        for name, content in (("rules", POLICY.replace("WANTED", "approve")), ("lists", LIST.replace("WORD", word))):
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / "mine.yml").write_text(content)
        plugins = load_plugins(load_settings(data=tmp_path / "data", lists=tmp_path / "lists"))
        ours = tuple(each for each in plugins.detectors if each.name == "text.blocklist")
        hears = tuple(each for each in plugins.extractors if each.name == "speech.text")
        plugins = dataclasses.replace(plugins, detectors=ours, extractors=hears, redactors=())
        blobs = FolderBlobs(tmp_path / "media", "moderation")
        policies = load_policies(tmp_path / "rules", plugins.taxonomy, plugins.tools)
        runner = Runner(plugins, None, lambda part: blobs.local_path(part.media.uri if part.media else ""))
        opened.append(Judge(plugins, policies, runner, blobs, Limits()))
        data = SPOKEN.read_bytes()
        part = Part(id="p0", type="audio", media=store_media(blobs, data, inspect(data, Limits(), None), None))
        return opened[-1].judge(Item(id="i", app="shop", parts=(part,), created_at=datetime.now(UTC)))

    yield judge
    for each in opened:
        each.close()


def test_what_is_heard_is_held_against_an_item_and_what_is_not_heard_clears_none(judged: Any) -> None:
    against, silent = judged("fellow americans"), judged("frobnicator")

    assert against.verdict.outcome == "reject"
    assert (silent.verdict.outcome, silent.verdict.queue) == ("review", "people")
    assert [failure.kind for failure in silent.failures] == ["not_examined"]
    assert [each.detectors for each in silent.verdict.examined] == [()]


def test_a_word_that_is_said_is_muted_in_a_copy_and_the_rest_is_heard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.ogg"

    code = run(["redact", "--word", "country", "--json", str(SPOKEN), "-o", str(out)])

    (report,) = json.loads(capsys.readouterr().out)["files"]
    assert (code, report["state"], report["found"]) == (0, "done", {"Custom/SAID": 2}), report
    context = FakeContext(tmp_path)
    (left,) = Speech().extract(context.part(out), context)
    assert "Americans" in (left.text or "")
    assert "country" not in (left.text or "")
