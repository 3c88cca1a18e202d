"""Lists and the command line: what they may say, how faults are told, and what commands do to files."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from moderation_film.frames import Frames
from moderation_hashes.lists import read_lists
from moderation_hashes.pdq import cropped
from PIL import Image

from moderation.cli import run
from moderation.core.errors import PolicyFault
from moderation.plugins import load_plugins
from moderation.settings import Settings, load_settings
from moderation.testing import FakeContext
from plugins.film.tests.films import Paint, film, made, shots

PDQ, OTHER = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22", "0f" * 32
GOOD = """\
# Ours.
list: partners
kind: bad
label: Custom/PARTNERS
entries: [partners.csv]
distance: 20
text_distance: 5
"""
BRIDGE = Path(__file__).parent / "samples" / "bridge.jpg"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the settings name, with nothing in it."""
    made = tmp_path / "hashes"
    made.mkdir()
    (made / "partners.csv").write_text(f"type,value\npdq,{PDQ}\n", encoding="utf-8")
    monkeypatch.setenv("MODERATION_HASHES", str(made))
    return made


def moderation(*arguments: str | Path) -> int:
    return run([str(each) for each in arguments])


def test_a_list_is_read_with_its_hashes_and_distances(folder: Path) -> None:
    (folder / "partners.yml").write_text(GOOD)

    (made,) = read_lists(folder)

    assert (made.name, made.kind, made.label) == ("partners", "bad", "Custom/PARTNERS")
    assert made.distances == {"pdq": 20, "text_simhash": 5}
    assert made.counts == {"pdq": 1}


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("kind: bad", "kind: evil", "3:7", "'evil' is not one of bad, good"),
        ("distance: 20", "distance: 32", "6:11", "32 is wrong here: at most 31"),
        ("text_distance: 5", "text_distance: 8", "7:16", "8 is wrong here: at most 7"),
        ("distance: 20\n", "distance: '20'\n", "6:11", "a whole number is wanted"),
        ("label: Custom/PARTNERS", "label: Weapon", "4:8", "did you mean 'Weapons'?"),
        ("entries:", "entires:", "5:1", "did you mean 'entries'?"),
        ("[partners.csv]", "[]", "5:10", "something must stand here"),
        ("[partners.csv]", "[../partners.csv]", "5:10", "no file beside the list"),
        ("[partners.csv]", "[other.csv]", "5:10", "No such file"),
        ("distance: 20", "beats: [other]", "6:8", "only a list of kind: good beats others"),
        ("distance: 20", "type: photodna", "6:7", "unknown type 'photodna'"),
        ("list: partners", "list: a/b", "2:7", "'a/b' is no name"),
        ("list: partners\n", "", "1:1", "'list' is missing"),
        ("# Ours.", "- a", "2:1", "E100"),
    ],
)
def test_a_fault_is_told_with_its_place(folder: Path, old: str, new: str, place: str, message: str) -> None:
    (folder / "partners.yml").write_text(GOOD.replace(old, new, 1))

    with pytest.raises(PolicyFault) as caught:
        read_lists(folder)

    assert any(f"partners.yml:{place}:" in line for line in str(caught.value).splitlines()), str(caught.value)
    assert message in str(caught.value)


def test_lists_that_do_not_fit_together_are_refused(folder: Path) -> None:
    (folder / "partners.yml").write_text(GOOD)
    (folder / "twin.yml").write_text(GOOD)
    (folder / "ours.yml").write_text("list: ours\nkind: good\nentries: [partners.csv]\nbeats: [partner, ours]\n")

    with pytest.raises(PolicyFault) as caught:
        read_lists(folder)

    assert "twin.yml:2:7: E108 list 'partners' is in partners.yml already" in str(caught.value)
    assert "ours.yml:4:8: E106 no bad list 'partner'" in str(caught.value)
    assert "did you mean 'partners'?" in str(caught.value)
    assert "no bad list 'ours'" in str(caught.value)


def test_a_faulty_list_stops_the_start_and_no_list_offers_no_detector(folder: Path, tmp_path: Path) -> None:
    def names(settings: Settings) -> set[str]:
        return {each.name for each in load_plugins(settings).detectors} & {"vision.hashes", "text.hashes"}

    assert names(load_settings()) == set()
    (folder / "partners.yml").write_text(GOOD)
    assert names(load_settings()) == {"vision.hashes", "text.hashes"}
    (folder / "partners.csv").write_text("pdq,xyz\n")
    with pytest.raises(PolicyFault, match=r"partners.csv:1: 'xyz' is no pdq"):
        load_plugins(load_settings())
    with pytest.raises(PolicyFault, match="no such folder of lists of hashes"):
        load_plugins(load_settings(hashes=tmp_path / "none"))


def test_the_version_says_which_lists_are_compared_with(folder: Path) -> None:
    def version() -> str:
        return next(each.version for each in load_plugins(load_settings()).detectors if each.name == "vision.hashes")

    (folder / "partners.yml").write_text(GOOD)
    before = version()

    assert version() == before
    (folder / "partners.yml").write_text(GOOD.replace("20", "21"))
    nearer = version()
    (folder / "partners.csv").write_text(f"type,value\npdq,{OTHER}\n")
    other = version()
    (folder / "ours.yml").write_text("list: ours\nkind: good\nentries: [partners.csv]\n")
    good = version()
    (folder / "ours.yml").write_text("list: ours\nkind: good\nentries: [partners.csv]\nbeats: [partners]\n")
    assert len({before, nearer, other, good, version()}) == 5


def test_hashes_are_imported_listed_and_taken_out_by_command(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "from.json"
    update = {"type": "HASH_PDQ", "indicator": PDQ}
    source.write_text(json.dumps({"data": [update, {"type": "HASH_TEXT_TLSH", "indicator": "T1"}]}))

    assert moderation("hashes", "import", "te", source, "--label", "Custom/TE") == 0
    said = capsys.readouterr().out
    assert "te: bad, Custom/TE, 1 pdq; 1 new." in said
    assert "left out: 1 of type HASH_TEXT_TLSH, which is not compared here" in said

    source.write_text(json.dumps([{"type": "pdq", "value": OTHER}, {"type": "pdq", "value": PDQ}]))
    assert moderation("hashes", "import", "te", source) == 0
    assert "2 pdq; 1 new" in capsys.readouterr().out
    assert moderation("hashes", "remove", "te", f"pdq:{PDQ}") == 0
    assert moderation("hashes", "list", "--json") == 0
    listed = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [(each["list"], each["counts"]) for each in listed] == [("te", {"pdq": 1})]
    assert moderation("hashes", "import", "te", source, "--replace") == 0
    assert (folder / "te.csv").read_text() == f"type,value\npdq,{OTHER}\npdq,{PDQ}\n"


def test_content_itself_is_put_on_a_list(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "note.txt").write_text("Buy one, get one free, today only!")

    assert moderation("hashes", "add", "seen", BRIDGE, tmp_path / "note.txt", "--kind", "good") == 0

    assert "seen: good, Custom/KNOWN_GOOD, 1 pdq, 1 sha256, 1 text_sha256, 1 text_simhash" in capsys.readouterr().out
    detectors = {each.name: each for each in load_plugins(load_settings()).detectors}
    context = FakeContext(tmp_path)
    for name, sample in (("vision.hashes", BRIDGE), ("text.hashes", "buy one get one FREE today only")):
        (found,) = detectors[name].detect(context.part(sample), context)
        assert (found.label, found.confidence, found.attributes["list"]) == ("Custom/KNOWN_GOOD", 100.0, "seen")


def across(share: float, size: tuple[int, int]) -> Paint:
    """Somebody looks along a bridge for four seconds; of what they see a share is cropped."""
    with Image.open(BRIDGE) as picture:
        bridge = picture.convert("RGB")
    high = bridge.height * 0.7
    wide = min(high * 16 / 9, bridge.width * 0.8)

    def paint(at: float) -> Image.Image:
        left = (bridge.width - wide) * at / 4
        view = bridge.crop((round(left), 0, round(left + wide), round(high)))
        return cropped(view, share).resize(size)

    return paint


def test_copies_of_a_listed_film_are_found_by_their_pictures(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "film.mp4").write_bytes(film(across(0, (320, 180)), 4, rate=10))

    assert moderation("hashes", "add", "films", tmp_path / "film.mp4") == 0

    assert "of its pictures can be told from others" in capsys.readouterr().err
    (detector,) = (each for each in load_plugins(load_settings()).detectors if each.name == "vision.hashes")
    context = FakeContext(tmp_path)
    found = {}
    for name, data in {
        "copy": film(across(0.06, (240, 134)), 4, form="webm", codec="libvpx", rate=6),
        "other": made(shots((2, (200, 30, 30)), (4, (30, 160, 40))), 4, rate=10),
    }.items():
        frames = [context.media(each.data) for each in Frames().extract(context.media(data), context) if each.data]
        found[name] = [len(detector.detect(frame, context)) for frame in frames]
    assert sum(found["copy"]) >= 0.7 * len(found["copy"]) > 1
    assert sum(found["other"]) == 0


def test_without_the_extra_only_the_same_film_is_found_and_that_is_said(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "film.mp4").write_bytes(film(shots((1, (200, 30, 30))), 1))
    loaded = load_plugins(load_settings())
    monkeypatch.setattr("moderation.plugins.load_plugins", lambda _: dataclasses.replace(loaded, extractors=()))

    assert moderation("hashes", "add", "films", tmp_path / "film.mp4") == 0

    said = capsys.readouterr()
    assert "copies too with pip install 'moderation[film]'" in said.err
    assert "1 sha256" in said.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["import", "a/b", "FILE"], "'a/b' is no name"),
        (["import", "new", "FILE", "--label", "Weapon"], "did you mean 'Weapons'?"),
        (["import", "new", "FILE", "--type", "photodna"], "'photodna' is no type"),
        (["import", "partners", "FILE", "--kind", "good"], "says what kind and label the list has"),
        (["remove", "partners", "pdq:00"], "pdq:00 is not in"),
        (["remove", "none", "pdq:00"], "no list 'none'"),
    ],
)
def test_what_a_command_cannot_do_is_said_and_changes_nothing(
    folder: Path, tmp_path: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "partners.yml").write_text(GOOD)
    read_lists(folder)
    source = tmp_path / "more.csv"
    source.write_text(f"pdq,{OTHER}\n")
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    assert moderation("hashes", *[source if each == "FILE" else each for each in arguments]) == 2

    assert message in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_without_a_data_folder_none_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "more.csv"
    source.write_text(f"pdq,{OTHER}\n")

    assert moderation("hashes", "import", "te", source, "--data", tmp_path / "none") == 2

    assert "name the data folder with --data" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_doctor_says_what_lists_there_are(folder: Path) -> None:
    (folder / "partners.yml").write_text(GOOD)

    found = load_plugins(load_settings()).manager.hook.examine(settings=load_settings(), services=())

    texts = [finding.text for findings in found for finding in findings]
    assert "known content: partners: bad, Custom/PARTNERS, 1 pdq" in texts
