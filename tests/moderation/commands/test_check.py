"""`moderation check` over files and folders: what it says of each, how it counts, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from moderation import cli
from tests.waiting import PATIENCE_SECONDS, wait_for

RULES = """
policy: loud
format: 1
description: A test.
applies_to: {content_type: [text, document]}
needs: [example.shouting]
if_nothing_matches: approve
if_a_detector_fails: {review: loud}
queues: [{name: loud, a2i_flow: loud}]
bands:
  shouting: {label: Custom/SHOUTING, review_from: 70, queue: loud, why: It shouts}
"""
HANGS = """
import pathlib, time
from moderation import hookimpl
class Hangs:
    name, version, reads, labels, min_confidence, time_limit_seconds = "test.hangs", "1", ("text",), ("Weapons",), 0, 900
    def detect(self, part, context):
        pathlib.Path({mark!r}).touch()
        time.sleep(900)
@hookimpl
def register_detectors(settings): return [Hangs()]
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "loud.yml").write_text(RULES)
    return folder


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """A folder with texts in it and below it, and with what cannot be judged."""
    folder = tmp_path / "texts"
    (folder / "below").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    (folder / "quiet.txt").write_text("a quiet word among friends")
    (folder / "below" / "loud.txt").write_text("WHY DOES NOBODY LISTEN TO ME")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no picture")
    (folder / ".hidden" / "loud.txt").write_text("NOBODY IS TO LOOK AT THIS")
    os.mkfifo(folder / "pipe")
    return folder


def test_a_folder_is_looked_through_and_what_cannot_be_read_ends_nothing(
    texts: Path, rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = cli.run(["check", "--rules", str(rules), str(texts), str(texts / "nothing.txt")])

    said = capsys.readouterr().out.splitlines()
    names = [line.removeprefix(f"{texts}/") for line in said if line.startswith(str(texts))]
    assert names == ["broken.jpg", "quiet.txt", "below/loud.txt", "nothing.txt"]
    assert said[-1] == "4 files: 1 approve, 1 review, 2 could not be read and were not judged"
    assert code == 2


def test_json_is_one_list_or_an_object_a_line_and_the_summary_is_apart(
    texts: Path, rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (texts / "broken.jpg").unlink()

    assert cli.run(["check", "--json", "--rules", str(rules), str(texts)]) == 1
    as_list = capsys.readouterr()
    assert cli.run(["check", "--json-lines", "--rules", str(rules), str(texts)]) == 1
    as_lines = capsys.readouterr()

    documents = json.loads(as_list.out)
    assert [(Path(each["path"]).name, each["outcome"]) for each in documents] == [
        ("quiet.txt", "approve"),
        ("loud.txt", "review"),
    ]
    assert [json.loads(line) for line in as_lines.out.splitlines()] == documents
    assert as_list.err == as_lines.err == "2 files: 1 approve, 1 review\n"


def test_a_folder_without_files_is_no_approval(tmp_path: Path, rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty" / "below").mkdir(parents=True)

    assert cli.run(["check", "--json", "--rules", str(rules), str(tmp_path / "empty")]) == 2
    assert json.loads(capsys.readouterr().out)[0]["error"] == "there are no files in this folder"


def test_pieces_of_a_film_are_read_from_the_folder_of_its_playlist_alone(
    tmp_path: Path, rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "film.m3u8").write_text("#EXTM3U\n#EXTINF:4,\nhttp://127.0.0.1/0.ts\n#EXT-X-ENDLIST\n")

    assert cli.run(["check", "--rules", str(rules), str(tmp_path / "film.m3u8")]) == 2
    assert "line 3 of its playlist: 'http://127.0.0.1/0.ts' is not in the playlist's folder" in capsys.readouterr().out


def test_a_name_of_a_file_moves_no_cursor(texts: Path, rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = texts / "a\x1b[2Jb.txt"
    name.write_text("a quiet word among friends")
    raw = os.fsencode(texts) + b"/\xff.txt"
    Path(os.fsdecode(raw)).write_text("a quiet word among friends")

    assert cli.run(["check", "--rules", str(rules), str(name), os.fsdecode(raw)]) == 0
    said = capsys.readouterr().out
    assert "a?[2Jb.txt" in said
    assert "\x1b" not in said


def test_no_color_leaves_neither_colours_nor_other_attributes(
    texts: Path, rules: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal
    cli.run(["plugins"])
    assert "\x1b[" in capsys.readouterr().out

    monkeypatch.setenv("NO_COLOR", "1")
    cli.run(["plugins"])
    cli.run(["plugins", "--card", "pii.text"])
    cli.run(["check", "--rules", str(rules), str(texts / "quiet.txt")])
    assert "\x1b" not in "".join(capsys.readouterr())


def test_ctrl_c_says_nothing_of_crashes(tmp_path: Path, rules: Path, texts: Path) -> None:
    mark, plugins = tmp_path / "mark", tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "hangs.py").write_text(HANGS.format(mark=str(mark)))
    (rules / "loud.yml").write_text(RULES.replace("example.shouting", "test.hangs"))
    options = ["--rules", str(rules), "--plugins-dir", str(plugins)]
    checking = subprocess.Popen(
        [sys.executable, "-m", "moderation", "check", *options, str(texts / "quiet.txt")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        wait_for(mark.exists)
        os.killpg(checking.pid, signal.SIGINT)
        out, err = checking.communicate(timeout=PATIENCE_SECONDS)
    finally:
        checking.kill()

    assert (checking.returncode, out.strip(), err.strip()) == (130, "", "")
