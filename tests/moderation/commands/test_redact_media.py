"""``moderation redact --faces``: a face that crosses a film is covered in every frame; what was done is left alone."""

from __future__ import annotations

import io
import json
from importlib.util import find_spec
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from moderation.cli import run
from plugins.film.tests.films import film
from tests.houses.aws import Aws
from tests.paths import EXAMPLES


def crossing(at: float) -> Image.Image:
    """A portrait that moves; its nose is at `nose`."""
    with Image.open(EXAMPLES / "face.jpg") as picture:
        portrait = picture.convert("RGB").resize((200, 200))
    scene = Image.new("RGB", (480, 270), (90, 120, 90))
    scene.paste(portrait, (int(20 + 60 * at), 30))
    return scene


def nose(at: float) -> tuple[int, int]:
    return int(20 + 60 * at) + 88, 30 + 45


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "crossing.mp4").write_bytes(film(crossing, 1.6, sound=True))
    (folder / "face.jpg").write_bytes((EXAMPLES / "face.jpg").read_bytes())
    (folder / "notes.txt").write_text("no picture")
    return folder


def redacted(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, dict[str, object]]]:
    code = run(["redact", "--json", *words])
    return code, {each["name"]: each for each in json.loads(capsys.readouterr().out)["files"]}


def test_a_face_is_covered_in_each_frame_and_the_same_command_again_does_nothing_twice(
    inputs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"

    code, files = redacted("--faces", str(inputs), "-o", str(out), capsys=capsys)
    again, kept = redacted("--faces", str(inputs), "-o", str(out), capsys=capsys)

    assert (code, again) == (2, 2), "the text has no copy"
    assert [files[name]["state"] for name in sorted(files)] == ["done", "done", "failed"]
    assert [kept[name]["state"] for name in sorted(kept)] == ["kept", "kept", "failed"]
    assert "neither a picture, a film nor a sound" in str(files["notes.txt"]["reason"])
    with av.open(io.BytesIO((out / "crossing.mp4").read_bytes())) as container:
        frames = [(frame.time, frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    assert len(frames) == 40
    for at, pixels in frames:
        x, y = nose(at)
        assert pixels[y - 8 : y + 8, x - 8 : x + 8].max() < 30, f"seen at {at}"
    with Image.open(out / "face.jpg") as picture:
        assert np.asarray(picture.convert("L"))[105:125, 215:235].max() < 30


def test_named_boxes_need_no_detector_and_one_file_goes_to_one_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.mp4").write_bytes(film(crossing, 1))

    code, files = redacted(
        "--box", "0.5,0,0.5,1", str(tmp_path / "a.mp4"), "-o", str(tmp_path / "b.mp4"), capsys=capsys
    )

    assert (code, files["a.mp4"]["state"]) == (0, "done")
    with av.open(str(tmp_path / "b.mp4")) as container:
        assert all(frame.to_ndarray(format="gray")[:, 260:].max() < 25 for frame in container.decode(video=0))
    assert (tmp_path / "b.mp4.redaction.json").is_file()


def test_a_film_in_pieces_becomes_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "0.ts").write_bytes(film(crossing, 1, form="mpegts"))
    playlist = "#EXTM3U\n#EXTINF:1,\n0.ts\n#EXT-X-ENDLIST\n"
    (tmp_path / "in" / "a.m3u8").write_text(playlist)
    (tmp_path / "in" / "out.m3u8").write_text(playlist.replace("0.ts", "../0.ts"))

    code, files = redacted("--box", "0.5,0,0.5,1", str(tmp_path / "in"), "-o", str(tmp_path / "out"), capsys=capsys)

    assert (code, files["a.m3u8"]["state"], files["out.m3u8"]["state"]) == (2, "done", "failed")
    assert files["out.m3u8"]["reason"] == "line 3 of its playlist: '../0.ts' is not in the playlist's folder"
    with av.open(str(tmp_path / "out" / "a.m3u8.mp4")) as container:
        assert all(frame.to_ndarray(format="gray")[:, 260:].max() < 25 for frame in container.decode(video=0))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--box", "1,2"], "LEFT,TOP,WIDTH,HEIGHT are wanted"),
        (["--box", "0.9,0,0.3,1"], "lies outside"),
        (["--faces", "--mask", "#"], "are for pictures and films"),
        (["--word", " "], "--word is empty"),
        (["--fill", "patch"], "say what is to go of them"),
    ],
)
def test_wrong_words_are_told(words: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["redact", *words, str(EXAMPLES / "face.jpg"), "-o", str(tmp_path / "x.jpg")]) == 2

    assert said in capsys.readouterr().err


def test_a_patch_shows_nothing_of_the_face_and_no_black(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, files = redacted(
        "--faces", "--fill", "patch", str(EXAMPLES / "face.jpg"), "-o", str(tmp_path / "a.jpg"), capsys=capsys
    )

    assert (code, files["face.jpg"]["state"]) == (0, "done")
    with Image.open(EXAMPLES / "face.jpg") as before, Image.open(tmp_path / "a.jpg") as after:
        face = [np.asarray(each.convert("L"), int)[95:135, 195:255] for each in (before, after)]
    assert face[1].min() > 10
    assert np.abs(np.diff(face[1], axis=1)).mean() < np.abs(np.diff(face[0], axis=1)).mean() / 2, "smooth: no features"


@pytest.mark.skipif(find_spec("faster_whisper") is not None, reason="the extra is installed: make test-speech")
def test_words_in_a_film_are_not_passed_as_muted_where_nobody_can_listen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.mp4").write_bytes(film(crossing, 1, sound=True))

    code, files = redacted("--word", "Ann", str(tmp_path / "a.mp4"), "-o", str(tmp_path / "b.mp4"), capsys=capsys)

    assert (code, files["a.mp4"]["state"]) == (2, "failed")
    assert files["a.mp4"]["reason"] == "speech.text is not installed"
    assert not (tmp_path / "b.mp4").exists()


def test_copies_in_s3_have_the_key_of_their_original_and_are_made_once(
    aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    s3 = aws.client("s3")
    for bucket in ("media-in", "media-out"):
        s3.create_bucket(Bucket=bucket)
    for key in ("2026/a.jpg", "2026/gate/b.jpg"):
        s3.put_object(Bucket="media-in", Key=key, Body=(EXAMPLES / "face.jpg").read_bytes())
    words = ["--box", "0,0,0.5,0.5", "s3://media-in/", "-o", "s3://media-out"]

    code, files = redacted(*words, capsys=capsys)
    first = {each["Key"]: each["ETag"] for each in s3.list_objects_v2(Bucket="media-out")["Contents"]}
    again, kept = redacted(*words, capsys=capsys)

    assert (code, again) == (0, 0), files
    assert set(first) == {
        *("2026/a.jpg", "2026/a.jpg.redaction.json", "2026/gate/b.jpg", "2026/gate/b.jpg.redaction.json")
    }
    assert [each["state"] for each in kept.values()] == ["kept", "kept"]
    assert {each["Key"]: each["ETag"] for each in s3.list_objects_v2(Bucket="media-out")["Contents"]} == first
    with Image.open(s3.get_object(Bucket="media-out", Key="2026/a.jpg")["Body"]) as picture:
        assert np.asarray(picture.convert("L"))[:100, :100].max() < 20
