"""``moderation redact SCAN.dcm``: what is burned in is covered, what identifies is gone, what is left is listed."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from moderation.cli import run
from tests.houses.aws import Aws
from tests.moderation.redacting.scans import burned_in, dataset, opened, saved

INK = burned_in() == 255
"""Where letters are."""
EMPTY = np.full((240, 320), 40)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the keys of new UIDs are kept where there is no data folder."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def redacted(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, dict[str, object]]]:
    code = run(["redact", "--json", *words])
    return code, {each["name"]: each for each in json.loads(capsys.readouterr().out)["files"]}


def test_letters_are_covered_in_every_kind_of_pixels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scans = {
        "plain.dcm": saved(dataset(burned_in())),
        "signed.dcm": saved(dataset(burned_in(low=-900, high=3000), "MONOCHROME1", 16, signed=True)),
        "color.DCM": saved(dataset(np.stack([burned_in()] * 3, -1), "RGB")),
        "later.dcm": saved(dataset(np.stack([EMPTY, burned_in()])), "rle"),
    }
    (tmp_path / "in").mkdir()
    for name, data in scans.items():
        (tmp_path / "in" / name).write_bytes(data)

    code, files = redacted(str(tmp_path / "in"), "-o", str(tmp_path / "out"), capsys=capsys)
    again, kept = redacted(str(tmp_path / "in"), "-o", str(tmp_path / "out"), capsys=capsys)

    assert (code, again) == (0, 0), files
    assert {each["state"] for each in files.values()} == {"done"}
    assert {each["state"] for each in kept.values()} == {"kept"}
    assert all(each["claim"] == "no claim of completeness" for each in [*files.values(), *kept.values()])
    studies = set()
    for name in scans:
        scan = opened((tmp_path / "out" / name).read_bytes())
        pixels = scan.pixel_array
        assert len(np.unique(pixels[..., INK, :] if name == "color.DCM" else pixels[..., INK])) == 1
        assert len(np.unique(pixels)) > 1
        assert (scan.PatientName, scan.PatientID, scan.PatientIdentityRemoved) == ("", "ANONYMIZED", "YES")
        studies.add(scan.StudyInstanceUID)
    assert len(studies) == 1


def test_what_is_left_in_attributes_is_listed_without_its_value(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.dcm").write_bytes(saved(dataset(EMPTY, Manufacturer="Write to ann.lee@example.org")))

    code, files = redacted(str(tmp_path / "a.dcm"), "-o", str(tmp_path / "b.dcm"), capsys=capsys)
    run(["redact", str(tmp_path / "a.dcm"), "-o", str(tmp_path / "b.dcm")])

    assert (code, files["a.dcm"]["state"]) == (1, "done")
    assert files["a.dcm"]["left"] == [{"attribute": "(0008,0070) Manufacturer", "labels": ["PII/EMAIL"]}]
    said = capsys.readouterr()
    assert "left in (0008,0070) Manufacturer: EMAIL" in said.err
    assert "no claim of completeness" in said.out
    assert "ann.lee" not in (tmp_path / "b.dcm.redaction.json").read_text() + said.out + said.err


def test_texts_beside_scans_are_redacted_as_texts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.dcm").write_bytes(saved(dataset(EMPTY)))
    (tmp_path / "in" / "a.txt").write_text("Write to ann.lee@example.org")

    assert run(["redact", str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 0

    assert (tmp_path / "out" / "a.txt.out").read_text() == "Write to [EMAIL]"
    assert opened((tmp_path / "out" / "a.dcm").read_bytes()).PatientName == ""
    assert not (tmp_path / "out" / "a.dcm.out").exists()


def test_a_scan_is_known_by_its_content_where_pictures_are_asked_for_and_said_where_texts_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "IM0001").write_bytes(saved(dataset(EMPTY)))

    code, files = redacted("--box", "0,0,1,0.5", str(tmp_path / "IM0001"), "-o", str(tmp_path / "b"), capsys=capsys)
    as_text = run(["redact", str(tmp_path / "IM0001"), "-o", str(tmp_path / "c")])

    assert (code, files["IM0001"]["state"], as_text) == (0, "done", 2)
    assert opened((tmp_path / "b").read_bytes()).pixel_array[:120].max() == 0
    assert "reads it when it is called .dcm" in capsys.readouterr().err


def test_without_the_extra_a_scan_is_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.dcm").write_bytes(saved(dataset(EMPTY)))
    monkeypatch.setitem(sys.modules, "pydicom", None)

    code, files = redacted(str(tmp_path / "a.dcm"), "-o", str(tmp_path / "b.dcm"), capsys=capsys)

    assert (code, files["a.dcm"]["state"]) == (2, "failed")
    assert "pip install 'moderation[dicom]'" in str(files["a.dcm"]["reason"])
    assert not (tmp_path / "b.dcm").exists()


def test_what_is_said_of_texts_is_not_passed_over_for_scans(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.dcm").write_bytes(saved(dataset(EMPTY)))

    assert run(["redact", "--pseudonyms", str(tmp_path / "a.dcm"), "-o", str(tmp_path / "b.dcm")]) == 2

    assert "1 files are DICOM" in capsys.readouterr().err


def test_copies_in_s3_have_the_key_of_their_original(aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    s3 = aws.client("s3")
    for bucket in ("scans-in", "scans-out"):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket="scans-in", Key="2026/a.dcm", Body=saved(dataset(EMPTY)))

    code, files = redacted("s3://scans-in/", "-o", "s3://scans-out", capsys=capsys)

    assert (code, files["2026/a.dcm"]["state"]) == (0, "done")
    made = s3.get_object(Bucket="scans-out", Key="2026/a.dcm")["Body"].read()
    assert opened(made).PatientName == ""
