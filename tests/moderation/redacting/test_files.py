"""Redacting files: byte for byte but for what is taken out, whatever their size, and taken up where a run was killed."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.cli import run
from moderation.core.detections import Detection, Failure
from moderation.core.errors import InputError, NotFound
from moderation.core.items import Tool
from moderation.core.replacing import with_mask
from moderation.redacting import jobs, windows
from moderation.redacting.journal import Journal, read_status
from moderation.redacting.progress import Progress
from moderation.redacting.sources import (
    FolderDestination,
    FolderSource,
    Listed,
    S3Destination,
    S3Source,
)
from moderation.redacting.styles import Style
from moderation.redacting.texts import NotRedacted
from tests.moderation.redacting.jobs import NUMBER, do, look
from tests.waiting import PATIENCE_SECONDS

TEXT = "Write to ann@example.org\r\nor call 206-555-0100 \U0001f44d"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stretches so small that a test's text has many."""
    for name, value in (("STRETCH", 40), ("CONTEXT", 10), ("AHEAD", 12)):
        monkeypatch.setattr(windows, name, value)


def cut_up(data: bytes, per_line: bool, start: windows.Position | None = None) -> list[windows.Window]:
    at = start or windows.Position()
    source = io.BytesIO(data)
    source.seek(at.byte - at.context)
    made = windows.windows(source, look, per_line=per_line, start=start)
    return [window for together in made for window in together]


PIECES = [
    b"some words ",
    b"12345 ",
    b"x" * 25,
    b"\n",
    b"\r\n",
    b"7\r\n",
    b"8\r",
    "é".encode(),
    "\U0001f44d".encode(),
    b"\xff",
    b"\xe2\x82",
]


def as_seen(window: windows.Window) -> tuple[object, ...]:
    return (window.text, window.entities, window.begin, window.after, window.redacted(with_mask("#"), each_piece=True))


@pytest.mark.usefixtures("small")
class TestStretches:
    @given(st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join), st.booleans(), st.data())
    def test_all_bytes_come_out_with_all_that_is_in_them_wherever_a_run_goes_on(
        self, data: bytes, per_line: bool, at: st.DataObject
    ) -> None:
        made = cut_up(data, per_line)

        text = data.decode("utf-8", "surrogateescape")
        assert "".join(window.text for window in made) == text
        begins = [sum(len(before.text) for before in made[:number]) for number in range(len(made))]
        spans = [
            (b + e.span.start, b + e.span.end) for b, s in zip(begins, made, strict=True) for e in s.entities if e.span
        ]
        assert spans == [m.span() for m in NUMBER.finditer(text)]
        lines = re.findall("[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)
        assert sum(window.is_end for window in made) == (len(lines) if per_line else 1)
        if made:
            number = at.draw(st.integers(0, len(made) - 1))
            if made[number].after.byte < len(data):
                again = cut_up(data, per_line, made[number].after)
                assert [as_seen(window) for window in again] == [as_seen(window) for window in made[number + 1 :]]

    def test_offsets_are_of_the_document(self) -> None:
        filler = "word " * 20

        whole = cut_up(f"{filler}12345".encode(), per_line=False)[-1]
        line = cut_up(f"\n{filler}12345\r\nx 7".encode(), per_line=True)

        assert whole.begin.offset + whole.entities[0].span.start == 100  # type: ignore[union-attr]
        assert [(s.begin.line, s.begin.offset + e.span.start) for s in line for e in s.entities if e.span] == [
            (1, 100),
            (2, 2),
        ]

    @given(st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join))
    def test_a_text_in_memory_is_looked_through_as_a_file_is(self, data: bytes) -> None:
        text = data.decode("utf-8", "surrogateescape")

        found = windows.look_through(text, look)

        assert [(e.span.start, e.span.end) for e in found if e.span] == [m.span() for m in NUMBER.finditer(text)]

    def test_a_line_ends_as_in_comprehend(self) -> None:
        made = cut_up("a\nb\rc\r\nd\u2028e\x85f\x0bg\r\rh".encode(), per_line=True)

        assert [window.text for window in made] == ["a\n", "b\r", "c\r\n", "d\u2028e\x85f\x0bg\r", "\r", "h"]

    def test_nobody_is_asked_about_blank_lines(self) -> None:
        asked: list[str] = []

        def ask(texts: Sequence[str]) -> list[list[Detection]]:
            asked.extend(texts)
            return look(texts)

        made = windows.windows(io.BytesIO(b"\n \n5\n\t\n\n"), ask, per_line=True)

        assert [(s.text, len(s.entities)) for together in made for s in together] == [
            ("\n", 0), (" \n", 0), ("5\n", 1), ("\t\n", 0), ("\n", 0)
        ]  # fmt: skip
        assert asked == ["5"]

    def test_a_number_longer_than_a_stretch_is_taken_out_to_its_end(self) -> None:
        made = cut_up(b"5" * 1000, per_line=False)

        assert "".join(window.redacted(with_mask("#"), each_piece=True) for window in made) == "#" * 1000

    @pytest.mark.parametrize(
        "data", ["words".encode("utf-16"), "words".encode("utf-16-le"), "words".encode("utf-32"), b"a\0b"]
    )
    def test_what_is_no_utf8_text_is_refused(self, data: bytes) -> None:
        with pytest.raises(windows.NotText):
            cut_up(data, per_line=False)


@pytest.mark.parametrize("line", [b"nobody is named here and nothing is there to take out\n", b"nobody is named here "])
@pytest.mark.parametrize("per_line", [True, False])
def test_memory_stays_flat(line: bytes, per_line: bool) -> None:
    class Endless(io.RawIOBase):
        left = 2_000_000

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            size = min(len(buffer), self.left)
            buffer[:size] = (line * (size // len(line) + 1))[:size]
            self.left -= size
            return size

    tracemalloc.start()
    try:
        source = io.BufferedReader(Endless())
        made = windows.windows(source, lambda texts: [[] for _ in texts], per_line=per_line)
        total = sum(len(window.text) for together in made for window in together)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert total == 2_000_000
    assert peak < 1_500_000


class Killed(BaseException):
    """Nobody catches it."""


def killed_after(pieces: int) -> Callable[[int], None]:
    left = iter(range(pieces))

    def advanced(_: int) -> None:
        if next(left, None) is None:
            raise Killed

    return advanced


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("per_line", [True, False])
@pytest.mark.parametrize("mode", ["labels", "pseudonyms"])
@pytest.mark.parametrize("saved_every", [0.0, 60.0])
def test_a_run_that_was_killed_is_taken_up_and_ends_with_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, per_line: bool, mode: Any, saved_every: float
) -> None:
    source = tmp_path / "in.txt"
    numbers = [str(number % 7) for number in range(60)]
    source.write_bytes(
        b"\xef\xbb\xbf" + " and \xe9".join(numbers).encode("latin-1") + b"\r\n" + " or ".join(numbers).encode()
    )
    style = Style(mode)
    whole, part = FolderDestination(tmp_path / "whole"), FolderDestination(tmp_path / "part")
    do(tmp_path / "a", FolderSource(source), whole, style=style, per_line=per_line)
    monkeypatch.setattr(jobs, "SAVE_SECONDS", saved_every)

    for pieces in (3, 5):
        watch = jobs.Watch(advanced=killed_after(pieces))
        with pytest.raises(Killed):
            do(tmp_path / "b", FolderSource(source), part, watch, style=style, per_line=per_line)
        assert read_status(tmp_path / "b" / "job1").state == "interrupted"
        assert not (tmp_path / "part" / "in.txt.out").exists()
        # What a killed run had written after it last noted where it was.
        with part.draft("in.txt.out", "job1").open("ab") as draft:
            draft.write(b"lost")
    status = do(tmp_path / "b", FolderSource(source), part, style=style, per_line=per_line)

    assert status.state == "completed"
    assert status.entities == {"PII/PHONE": 120}
    for name in ("in.txt.out", "in.txt.entities.jsonl"):
        assert (tmp_path / "part" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert sorted(os.listdir(tmp_path / "part")) == ["in.txt.entities.jsonl", "in.txt.out"]


@pytest.mark.usefixtures("small")
def test_numbers_hold_over_all_of_a_file_and_begin_anew_with_each_document(tmp_path: Path) -> None:
    source = tmp_path / "in.txt"
    filler = "word " * 30
    source.write_text(f"71 {filler}\n72 {filler} 71 {filler}\n72")

    do(tmp_path / "a", FolderSource(source), FolderDestination(tmp_path / "file"), style=Style("pseudonyms"))
    do(
        tmp_path / "b",
        FolderSource(source),
        FolderDestination(tmp_path / "line"),
        style=Style("pseudonyms"),
        per_line=True,
    )

    seen = {name: re.findall(r"PHONE_\d", (tmp_path / name / "in.txt.out").read_text()) for name in ("file", "line")}
    assert seen["file"] == ["PHONE_1", "PHONE_2", "PHONE_1", "PHONE_2"]
    assert seen["line"] == ["PHONE_1", "PHONE_1", "PHONE_2", "PHONE_1"]


def test_more_numbers_than_memory_holds_stay_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.redacting.numbering._REMEMBERED", 3)
    with Journal(tmp_path / "job") as journal:
        journal.begin([(0, Listed("a", 1, "s"))])
        numbers = journal.numbers("a", progress := Progress())
        given_first = []
        for value in range(30):
            given_first.append(numbers.number_of("NAME", str(value)))
            if value % 4 == 0:
                journal.save("a", progress, numbers)

        assert given_first == list(range(1, 31))
        assert [numbers.number_of("NAME", str(value)) for value in range(30)] == given_first
        assert numbers.number_of("PHONE", "0") == 1


def test_what_is_done_is_left_alone_until_it_or_its_copy_is_another(tmp_path: Path) -> None:
    source, target = tmp_path / "in", FolderDestination(tmp_path / "out")
    (source / "sub").mkdir(parents=True)
    for name in ("a", "b", "sub/c"):
        (source / name).write_text("call 55")
    seen: list[str] = []
    watch = jobs.Watch(ended=lambda file, progress, reason: seen.append(file.name))
    do(tmp_path, FolderSource(source), target, watch)
    assert seen == ["a", "b", "sub/c"]

    seen.clear()
    (source / "a").write_text("call 66 or 77")
    (source / "b").unlink()
    (tmp_path / "out" / "sub" / "c.entities.jsonl").unlink()
    status = do(tmp_path, FolderSource(source), target, watch)

    assert seen == ["a", "sub/c"]
    assert (status.files, status.files_done, status.entities) == (2, 2, {"PII/PHONE": 3})
    assert (tmp_path / "out" / "a.out").read_text() == "call [PHONE] or [PHONE]"


def test_small_files_are_noted_together_and_the_one_that_was_begun_comes_first(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_text("5")
    with Journal(tmp_path / "job1") as journal:
        journal.begin((0, file) for file in FolderSource(tmp_path / "in").files())
        progress = Progress()
        numbers = journal.numbers("a", progress)

        journal.finish("a", progress, numbers, at_once=False)
        assert read_status(tmp_path / "job1").files_done == 0
        journal.save("c", progress, numbers)
        assert read_status(tmp_path / "job1").files_done == 1
        following = journal.waiting()
        assert following is not None
        assert following[1].name == "c"
        journal.finish("c", progress, numbers, at_once=True)
        assert read_status(tmp_path / "job1").files_done == 2


def test_a_copy_that_another_job_wrote_over_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("call 55")
    source, target = FolderSource(tmp_path / "a"), FolderDestination(tmp_path / "out")

    seen = []
    for job, style in (("one", Style()), ("other", Style.of("mask", "#")), ("one", Style()), ("one", Style())):
        before = (tmp_path / "out" / "a.out").stat().st_ino if seen else 0
        do(tmp_path / job, source, target, style=style)
        seen.append(((tmp_path / "out" / "a.out").read_text(), (tmp_path / "out" / "a.out").stat().st_ino != before))

    assert seen == [("call [PHONE]", True), ("call ##", True), ("call [PHONE]", True), ("call [PHONE]", False)]


def test_a_file_that_nobody_could_look_through_has_no_copy_until_somebody_can(tmp_path: Path) -> None:
    failure = Failure(detector=Tool(name="pii.text", version="1"), kind="timed_out", message="no answer within 10 s")
    asked: list[str] = []

    def fails(texts: Sequence[str]) -> list[list[Detection]]:
        asked.extend(texts)
        raise NotRedacted(failure)

    (tmp_path / "a").write_text("call 55")
    source, target = FolderSource(tmp_path / "a"), FolderDestination(tmp_path / "out")

    status = do(tmp_path, source, target, look=fails)

    assert status.failures == (("a", "pii.text gave no answer: no answer within 10 s"),)
    assert len(asked) == 2
    assert not target.stamp("a.out")
    assert do(tmp_path, source, target).state == "completed"
    assert (tmp_path / "out" / "a.out").read_text() == "call [PHONE]"


def test_a_detector_that_rests_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    failure = Failure(detector=Tool(name="pii.text", version="1"), kind="unavailable", message="it rests for a while")
    answers = iter([failure] * 5)

    def rests(texts: Sequence[str]) -> list[list[Detection]]:
        if (resting := next(answers, None)) is not None:
            raise NotRedacted(resting)
        return look(texts)

    (tmp_path / "a").write_text("call 55")

    assert (
        do(tmp_path, FolderSource(tmp_path / "a"), FolderDestination(tmp_path / "out"), look=rests).state == "completed"
    )


def test_a_file_that_changes_while_it_is_read_has_no_copy(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("call 55")
    watch = jobs.Watch(advanced=lambda _: path.write_text("call 66") and None)

    status = do(tmp_path, FolderSource(path), FolderDestination(tmp_path / "out"), watch)

    assert status.failures == (("a", "it was changed meanwhile; run the same again"),)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_cannot_be_listed_is_said_and_no_file_seems_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in" / "closed").mkdir(parents=True)
    real = os.scandir

    def scandir(path: Any) -> Any:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)

    with pytest.raises(InputError, match="closed cannot be listed: Permission denied"):
        do(tmp_path, FolderSource(tmp_path / "in"), FolderDestination(tmp_path / "out"))


def test_one_job_runs_once_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("call 55")
    with Journal(tmp_path / "job1"), pytest.raises(InputError, match="runs already"):
        do(tmp_path, FolderSource(tmp_path / "a"), FolderDestination(tmp_path / "out"))


class TestS3:
    def test_a_prefix_is_redacted_into_another(
        self, s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for key, body in {
            "in/a.txt": TEXT,
            "in/sub/b.txt": "x" * 30,
            "in/": "",
            "inside.txt": "no",
            "other": "no",
        }.items():
            s3.put_object(Bucket="texts", Key=key, Body=body.encode())
        command = ["redact", "s3://texts/in/", "-o", "s3://texts/in/out", "--data", str(tmp_path)]

        assert run(command) == 0

        def objects() -> dict[str, bytes]:
            listed = s3.list_objects_v2(Bucket="texts", Prefix="in/out/")["Contents"]
            return {o["Key"][7:]: s3.get_object(Bucket="texts", Key=o["Key"])["Body"].read() for o in listed}

        first = objects()
        assert set(first) == {"a.txt.out", "a.txt.entities.jsonl", "sub/b.txt.out", "sub/b.txt.entities.jsonl"}
        assert (
            first["a.txt.out"] == TEXT.replace("ann@example.org", "[EMAIL]").replace("206-555-0100", "[PHONE]").encode()
        )
        assert json.loads(first["a.txt.entities.jsonl"])["File"] == "a.txt"
        assert run(command) == 0
        assert objects() == first
        assert "2 of 2 files are done already" in capsys.readouterr().err

    def test_an_object_is_read_range_by_range_and_taken_up_in_its_middle(
        self, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in (("STRETCH", 40), ("CONTEXT", 10), ("AHEAD", 12)):
            monkeypatch.setattr(windows, name, value)
        monkeypatch.setattr("moderation.redacting.sources.RANGE_BYTES", 100)
        monkeypatch.setattr(jobs, "SAVE_SECONDS", 0.0)
        s3.put_object(Bucket="texts", Key="in/a", Body=b"call 55 now " * 100)
        source, target = S3Source(s3, "texts", "in/a"), S3Destination(s3, "texts", "out", tmp_path / "drafts")
        ranges: list[str] = []
        s3.meta.events.register(
            "before-call.s3.GetObject", lambda params, **_: ranges.append(params["headers"].get("Range", ""))
        )

        with pytest.raises(Killed):
            do(tmp_path, source, target, jobs.Watch(advanced=killed_after(20)))
        at = read_status(tmp_path / "job1").bytes_done
        ranges.clear()
        do(tmp_path, source, target)

        assert 400 < at < 800
        assert ranges[0].startswith(f"bytes={at - 10}-")
        assert s3.get_object(Bucket="texts", Key="out/a.out")["Body"].read() == b"call [PHONE] now " * 100

    def test_a_key_that_climbs_out_of_the_folder_has_no_copy(self, s3: Any, tmp_path: Path) -> None:
        s3.put_object(Bucket="texts", Key="in/../../evil", Body=b"call 55")
        s3.put_object(Bucket="texts", Key="in/good", Body=b"call 55")

        status = do(tmp_path / "a" / "b", S3Source(s3, "texts", "in/"), FolderDestination(tmp_path / "a" / "out"))

        assert [name for name, _ in status.failures] == ["../../evil"]
        assert not list(tmp_path.rglob("evil*"))
        assert (tmp_path / "a" / "out" / "good.out").read_text() == "call [PHONE]"

    def test_an_object_that_is_replaced_meanwhile_has_no_copy(
        self, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("moderation.redacting.sources.RANGE_BYTES", 500_000)
        old, new = b"call nobody now " * 150_000, b"call no one now " * 150_000
        s3.put_object(Bucket="texts", Key="a", Body=old)
        watch = jobs.Watch(advanced=lambda _: s3.put_object(Bucket="texts", Key="a", Body=new) and None)

        status = do(tmp_path, S3Source(s3, "texts", "a"), FolderDestination(tmp_path / "out"), watch)

        assert status.failures == (("a", "it was changed meanwhile; run the same again"),)

    def test_a_missing_bucket_is_said_by_name(
        self, s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["redact", "s3://nowhere/x", "-o", str(tmp_path / "out"), "--data", str(tmp_path)]) == 2
        assert "bucket nowhere: NoSuchBucket" in capsys.readouterr().err


class TestCommand:
    def test_files_are_copied_without_personal_data_and_otherwise_byte_for_byte(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        source, copy = tmp_path / "in.txt", tmp_path / "out.txt"
        filler = b"Nothing to see here \xff, move along.\r\n" * 2000
        source.write_bytes(b"\xef\xbb\xbf" + filler + TEXT.encode() + b"\n" + filler)

        assert run(["redact", str(source), "-o", str(copy), "--data", str(tmp_path / "data")]) == 0

        middle = TEXT.replace("ann@example.org", "[EMAIL]").replace("206-555-0100", "[PHONE]").encode()
        assert copy.read_bytes() == b"\xef\xbb\xbf" + filler + middle + b"\n" + filler
        index = json.loads((tmp_path / "out.txt.entities.jsonl").read_text())
        text = source.read_bytes().decode("utf-8", "surrogateescape")
        assert [text[e["BeginOffset"] : e["EndOffset"]] for e in index["Entities"]] == [
            "ann@example.org",
            "206-555-0100",
        ]
        said = capsys.readouterr()
        assert "in.txt: 1 EMAIL, 1 PHONE" in said.out
        assert "not UTF-8: 4,000 bytes" in said.err

    def test_a_file_that_cannot_be_redacted_has_no_copy(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        good, bad, out = tmp_path / "good.txt", tmp_path / "bad.bin", tmp_path / "out"
        good.write_text("ann@example.org")
        bad.write_bytes(b"\xff\xfe\x00")
        data = ["--data", str(tmp_path / "data")]

        assert run(["redact", str(good), str(bad), "-o", str(out), "--mask", "#", *data]) == 2

        assert sorted(path.name for path in out.iterdir()) == ["good.txt.entities.jsonl", "good.txt.out"]
        assert (out / "good.txt.out").read_text() == "#" * 15
        assert "bad.bin: not redacted: it is no text in UTF-16-LE, as it says (byte 2)" in capsys.readouterr().err
        assert run(["redact", str(good), "-o", str(good), *data]) == 2
        assert good.read_text() == "ann@example.org"

    def test_a_folder_is_restored_from_its_tokens_with_the_key_alone(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        source = tmp_path / "in" / "sub" / "a.txt"
        source.parent.mkdir(parents=True)
        source.write_bytes(TEXT.encode() * 3 + b"\xff\r\n")
        key, other, data = str(tmp_path / "key"), str(tmp_path / "other"), ["--data", str(tmp_path / "data")]
        assert run(["redact", "--new-key", key, *data]) == run(["redact", "--new-key", other, *data]) == 0
        red, back, not_back = str(tmp_path / "red"), tmp_path / "back", tmp_path / "not"

        assert run(["redact", str(tmp_path / "in"), "-o", red, "--tokens", "--key-file", key, *data]) == 0
        assert run(["redact", red, "-o", str(back), "--restore", "--key-file", key, *data]) == 0
        assert run(["redact", red, "-o", str(not_back), "--restore", "--key-file", other, *data]) == 1

        assert (back / "sub" / "a.txt").read_bytes() == source.read_bytes()
        assert (not_back / "sub" / "a.txt").read_bytes() == (tmp_path / "red" / "sub" / "a.txt.out").read_bytes()
        said = capsys.readouterr()
        assert "sub/a.txt.out: 6 put back" in said.out
        assert "6 tokens made with another key stay as they are" in said.err

    def test_two_files_are_not_restored_into_one(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "a").write_text("one")
        (tmp_path / "in" / "a.out").write_text("other")
        key, data = ["--key-file", str(tmp_path / "key")], ["--data", str(tmp_path / "data")]
        run(["redact", "--new-key", str(tmp_path / "key"), *data])

        assert run(["redact", "--restore", str(tmp_path / "in"), "-o", str(tmp_path / "back"), *key, *data]) == 2

        assert (tmp_path / "back" / "a").read_text() == "one"
        assert "a.out: not restored: there is another a already" in capsys.readouterr().err

    def test_the_status_of_a_job_is_known_by_its_id(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "a.txt").write_text(f"{TEXT}\nor 206-555-0100")
        data = ["--data", str(tmp_path / "data")]
        run(["redact", str(tmp_path / "a.txt"), "-o", str(tmp_path / "out"), "--per-line", *data])
        job = capsys.readouterr().err.split()[1]

        assert run(["redact", "--status", job, "--json", *data]) == 0
        status = json.loads(capsys.readouterr().out)
        assert run(["redact", "--status", job, *data]) == 0

        assert (status["state"], status["documents"], status["files_done"]) == ("completed", 3, 1)
        assert status["entities"] == {"PII/EMAIL": 1, "PII/PHONE": 2}
        assert "completed, 100% of" in capsys.readouterr().out
        assert run(["redact", "--status", "unknown", *data]) == 2

    def test_a_name_that_would_command_the_terminal_is_shown_without(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "a\x1b[2J").write_text("hello")

        assert run(["redact", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--data", str(tmp_path / "data")]) == 2

        said = capsys.readouterr()
        assert "\x1b" not in said.out + said.err
        assert "a?[2J: not redacted" in said.err

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["-o", "x"], "say what to redact"),
            (["nowhere.txt", "-o", "x"], "no such file or folder"),
            (["{here}", "-o", "{here}"], "is the folder that is read"),
            (["{here}", "-o", "x", "--tokens"], "tokens need a key"),
            (["{here}", "-o", "x", "--mask", "*", "--pseudonyms"], "say one of --mask and --pseudonyms"),
            (["{here}", "-o", "x", "--types", "EMIAL"], "did you mean EMAIL?"),
            (["s3://", "-o", "x"], "s3://BUCKET/PREFIX is wanted"),
            (["--status", "../x"], "no id of a job"),
        ],
    )
    def test_what_is_wrong_is_said(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
    ) -> None:
        given = [argument.format(here=tmp_path) for argument in arguments]

        assert run(["redact", *given, "--data", str(tmp_path / "data")]) == 2
        assert said in capsys.readouterr().err


@pytest.mark.slow
def test_a_process_that_is_killed_is_taken_up_by_the_next(tmp_path: Path) -> None:
    line = b"the order came late and nobody in the office knew what to say about it, so we wrote once more\n"
    (tmp_path / "in.txt").write_bytes((line * 3000 + b"Write to ann@example.org\n") * 45)
    (tmp_path / "data").mkdir()
    arguments = ["redact", str(tmp_path / "in.txt"), "-o", str(tmp_path / "out.txt"), "--data", str(tmp_path / "data")]
    process = subprocess.Popen([sys.executable, "-m", "moderation", *arguments], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    folder = tmp_path / "data" / "redactions" / process.stderr.readline().split()[1]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(NotFound):  # the job has not begun
            if read_status(folder).bytes_done:
                break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=PATIENCE_SECONDS)
    process.stderr.close()
    before = read_status(folder)

    assert before.state == "interrupted"
    assert before.bytes_done > 0
    assert run(arguments) == 0
    assert (tmp_path / "out.txt").read_bytes() == (line * 3000 + b"Write to [EMAIL]\n") * 45
