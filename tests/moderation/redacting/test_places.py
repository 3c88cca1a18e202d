"""Where files to be redacted lie and where their copies go: odd names, special files, no rights, no room, no sense."""

from __future__ import annotations

import contextlib
import json
import os
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moderation.cli import run
from moderation.core.errors import InputError, StoreUnavailable
from moderation.redacting import jobs
from moderation.redacting.journal import read_status
from moderation.redacting.sources import FolderDestination, FolderSource, S3Destination, S3Source
from tests.moderation.redacting.jobs import do


@contextlib.contextmanager
def room(size: int) -> Iterator[None]:
    """No file can grow beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class TestFolders:
    def test_links_and_special_files_are_left_out_and_counted(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = tmp_path / "in"
        (folder / "sub").mkdir(parents=True)
        (folder / ".hidden").write_text("call 206-555-0100")
        (folder / "link").symlink_to(".hidden")
        (folder / "nowhere").symlink_to("gone")
        (folder / "sub" / "up").symlink_to(tmp_path)
        os.mkfifo(folder / "pipe")

        assert run(["redact", str(folder), "-o", str(tmp_path / "out"), "--data", str(tmp_path / "data")]) == 0

        assert sorted(path.name for path in (tmp_path / "out").rglob("*.out")) == [".hidden.out"]
        assert "left out: 4 links and special files" in capsys.readouterr().err

    def test_a_name_that_no_copy_can_have_keeps_nobody_else_from_theirs(self, tmp_path: Path) -> None:
        folder = tmp_path / "in"
        folder.mkdir()
        for name in (b"bad\xff", b"back\\slash", b"new\nline", b"n" * 240):
            (folder / os.fsdecode(name)).write_text("call 55")

        status = do(tmp_path, FolderSource(folder), FolderDestination(tmp_path / "out"))

        assert [name for name, _ in status.failures] == ["back\\slash", "bad\\udcff", "new\nline"]
        assert all("cannot be the name of a copy" in reason for _, reason in status.failures)
        assert (tmp_path / "out" / ("n" * 240 + ".out")).read_text() == "call [PHONE]"

    def test_a_file_that_cannot_be_read_has_no_copy(self, tmp_path: Path) -> None:
        (tmp_path / "in").mkdir()
        for name in ("a", "b"):
            (tmp_path / "in" / name).write_text("call 55")
        watch = jobs.Watch(began=lambda _: (tmp_path / "in" / "a").unlink())

        status = do(tmp_path, FolderSource(tmp_path / "in"), FolderDestination(tmp_path / "out"), watch)

        assert status.failures == (("a", "it cannot be read: No such file or directory"),)
        assert status.files_done == 1

    def test_a_copy_that_cannot_be_written_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("call 55")
        (tmp_path / "file").write_text("")

        status = do(tmp_path, FolderSource(tmp_path / "a"), FolderDestination(tmp_path / "file" / "out"))

        assert status.failures == (("a", "its copy cannot be written: Not a directory"),)

    def test_what_is_no_file_is_not_replaced(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("call 55")
        os.mkfifo(tmp_path / "pipe")

        status = do(tmp_path, FolderSource(tmp_path / "a"), FolderDestination(tmp_path / "pipe", is_file=True))

        assert "pipe is there and is no file" in status.failures[0][1]
        assert (tmp_path / "pipe").is_fifo()

    def test_when_there_is_room_again_a_run_goes_on(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(jobs, "SAVE_SECONDS", 0.0)
        text = "call 55 or somebody else who has no number\n" * 20_000
        (tmp_path / "a").write_text(text)
        source, target = FolderSource(tmp_path / "a"), FolderDestination(tmp_path / "out")

        with room(300_000):
            status = do(tmp_path, source, target)
        seen: list[int] = []
        again = do(tmp_path, source, target, jobs.Watch(advanced=seen.append))

        assert status.failures == (("a", "File too large"),)
        assert again.state == "completed"
        assert 0 < sum(seen) < len(text)
        assert (tmp_path / "out" / "a.out").read_text() == text.replace("55", "[PHONE]")

    def test_where_nothing_can_be_noted_nothing_is_done(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("call 55")
        source, target = FolderSource(tmp_path / "a"), FolderDestination(tmp_path / "out")

        with pytest.raises(StoreUnavailable, match=r"in the data folder .*: Not a directory"):
            do(tmp_path / "a", source, target)
        with room(5_000), pytest.raises(StoreUnavailable, match=r"in the data folder .*: (disk|database)"):
            do(tmp_path, source, target)
        assert not (tmp_path / "out").exists()

    def test_a_job_beyond_its_limits_has_failed(self, tmp_path: Path) -> None:
        (tmp_path / "in").mkdir()
        for name in ("a", "b"):
            (tmp_path / "in" / name).write_text("5\n6\n")
        source, target = FolderSource(tmp_path / "in"), FolderDestination(tmp_path / "out")

        def limits(least_bytes: int, most_documents: int) -> jobs.JobLimits:
            return jobs.JobLimits(least_bytes, 100, 2, 100, most_documents)

        for limit, said in (
            (limits(9, 9), "the 2 files have 8 bytes; at least 9"),
            (limits(1, 3), "there are more than 3 documents"),
        ):
            with pytest.raises(InputError, match=said):
                do(tmp_path, source, target, limits=limit, per_line=True)
            assert read_status(tmp_path / "job1").state == "failed"
        assert do(tmp_path, source, target, limits=limits(8, 4), per_line=True).state == "completed"


class TestS3:
    @pytest.mark.parametrize("key", ["a//b", "a\\b", "../up", "x/" + "n" * 300])
    def test_keys_that_are_no_names_of_files_are_still_keys(self, s3: Any, tmp_path: Path, key: str) -> None:
        s3.put_object(Bucket="texts", Key=f"in/{key}", Body=b"call 55")

        status = do(tmp_path, S3Source(s3, "texts", "in/"), S3Destination(s3, "texts", "out", tmp_path / "drafts"))

        assert status.state == "completed"
        assert s3.get_object(Bucket="texts", Key=f"out/{key}.out")["Body"].read() == b"call [PHONE]"
        assert list((tmp_path / "drafts").iterdir()) == []

    @pytest.mark.parametrize(
        ("given", "output"),
        [("", ""), ("/in/", "/in"), ("/in", "/in/"), ("/in/a", "/in"), ("/in/", "/in/")],
    )
    def test_copies_do_not_go_where_files_are_read(
        self, s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], given: str, output: str
    ) -> None:
        s3.put_object(Bucket="texts", Key="in/a", Body=b"x")

        code = run(["redact", f"s3://texts{given}", "-o", f"s3://texts{output}", "--data", str(tmp_path)])

        assert code == 2
        assert "is where the files are read" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("given", "output", "copy"),
        [
            ("/in/", "", "a.out"),
            ("/in/sub/", "/in", "in/b.out"),
            ("", "/out", "out/in/a.out"),
            ("/in/", "/in/red", "in/red/a.out"),
        ],
    )
    def test_copies_go_anywhere_else(self, s3: Any, tmp_path: Path, given: str, output: str, copy: str) -> None:
        for key in ("in/a", "in/sub/b"):
            s3.put_object(Bucket="texts", Key=key, Body=b"x")
        command = ["redact", f"s3://texts{given}", "-o", f"s3://texts{output}", "--data", str(tmp_path)]

        assert run(command) == 0
        assert s3.get_object(Bucket="texts", Key=copy)["Body"].read() == b"x"
        before = s3.list_objects_v2(Bucket="texts")["KeyCount"]
        assert run(command) == 0
        assert s3.list_objects_v2(Bucket="texts")["KeyCount"] == before


class TestCommand:
    def test_what_was_asked_for_makes_sense_or_is_refused(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("a").write_text("x")
        Path("b").write_text("x")
        os.mkfifo("pipe")
        for arguments, said in (
            (["-", "-o", "x"], "- is no file"),
            (["a", "-o", "-"], "- is no file"),
            (["pipe", "-o", "x"], "neither a file nor a folder"),
            (["a", "b", "-o", "a"], "a is a file; a folder for the copies is wanted"),
            ([".", "-o", "a"], "a is a file; a folder for the copies is wanted"),
            (["a", "-o", "x", "--key-file", "k"], "--key-file goes with --tokens or --restore"),
            (["a", "-o", "x", "--types", " , "], "--types names none"),
            (["a", "-o", "x", "--tokens", "--key-file", "k"], "key file k cannot be read"),
            (["a", "-o", "x", "--restore"], "tokens need a key"),
        ):
            assert run(["redact", *arguments]) == 2
            assert said in capsys.readouterr().err
        run(["redact", "--new-key", "k"])
        for more in (["--mask", "#"], ["--labels"], ["--types", "EMAIL"], ["--per-line"], ["--json"]):
            assert run(["redact", "a", "-o", "x", "--restore", "--key-file", "k", *more]) == 2
            assert "puts back all that the key can open" in capsys.readouterr().err
        assert not Path("x").exists()

    def test_types_may_have_blanks_between_them(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "a").write_text("ann@example.org or 206-555-0100 or 10.20.30.40")
        data = ["--data", str(tmp_path / "data")]

        assert run(["redact", str(tmp_path / "a"), "-o", str(tmp_path / "b"), "--types", "EMAIL, PHONE,", *data]) == 0

        assert (tmp_path / "b").read_text() == "[EMAIL] or [PHONE] or 10.20.30.40"

    def test_machines_read_how_it_went(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "a").write_text("ann@example.org")
        (tmp_path / "in" / "b").write_bytes(b"\0")
        data = ["--data", str(tmp_path / "data")]

        assert run(["redact", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--json", *data]) == 2

        said = capsys.readouterr()
        status = json.loads(said.out)
        assert (status["state"], status["files_done"], status["entities"]) == ("failed", 1, {"PII/EMAIL": 1})
        assert status["failures"] == [["b", "it is not UTF-8 text (byte 0 is NUL)"]]
        assert "a: 1 EMAIL" in said.err

    def test_neither_the_copies_nor_the_data_folder_are_read(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("a").write_text("ann@example.org")

        assert run(["redact", ".", "-o", "clean"]) == 0
        assert run(["redact", ".", "-o", "clean"]) == 0

        assert sorted(path.name for path in Path("clean").iterdir()) == ["a.entities.jsonl", "a.out"]
        assert "1 of 1 files are done already" in capsys.readouterr().err

    def test_a_folder_without_files_is_said(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "in").mkdir()
        data = ["--data", str(tmp_path / "data")]

        assert run(["redact", str(tmp_path / "in"), "-o", str(tmp_path / "out"), *data]) == 0

        assert "there are no files" in capsys.readouterr().err
