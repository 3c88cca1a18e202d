"""Known pictures, texts and files are found, near ones by their distance, and nothing else is."""

from __future__ import annotations

import dataclasses
import hashlib
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from moderation_hashes.detectors import KnownMedia, KnownTexts
from moderation_hashes.lists import read_lists
from moderation_hashes.pdq import picture_hash
from PIL import Image

from ground.blobs import FolderBlobs
from ground.media.limits import Limits
from moderation.core.cards import card_of
from moderation.core.errors import PolicyFault
from moderation.core.items import Item, Part
from moderation.core.policy.policies import PolicySet
from moderation.detection.judge import Judge
from moderation.detection.runner import Runner
from moderation.hookspecs import Unavailable, Unreadable
from moderation.media.inspecting import inspect, store_media
from moderation.plugins import load_plugins
from moderation.policies.files import load_policies
from moderation.settings import load_settings
from moderation.testing import DetectorContract, FakeContext

BRIDGE = Path(__file__).parent / "samples" / "bridge.jpg"
TEXT = "Your parcel is waiting for you: pay the fee of two dollars today, or it is sent back to where it came from."
NEARLY = TEXT.replace("two", "ten")


def bridge() -> Image.Image:
    with Image.open(BRIDGE) as picture:
        return picture.convert("RGB")


def saved(picture: Image.Image, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, options.pop("format", "JPEG"), **options)
    return out.getvalue()


def flipped(value: str, bits: int) -> str:
    """A hash in which so many bits are others."""
    return f"{int(value, 16) ^ ((1 << bits) - 1):064x}"


BRIDGE_HASH = picture_hash(bridge()).turns[0].hex()


def lists_in(folder: Path, **lists: tuple[str, str]) -> Path:
    """Lists by name: what is in the YAML beside name and entries, and lines of hashes."""
    folder.mkdir(exist_ok=True)
    for name, (more, hashes) in lists.items():
        (folder / f"{name}.yml").write_text(f"list: {name}\nentries: [{name}.csv]\n{more}\n", encoding="utf-8")
        (folder / f"{name}.csv").write_text(f"type,value\n{hashes}\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    quoted = f'text,"{TEXT}"'
    return lists_in(tmp_path_factory.mktemp("lists") / "hashes", bad=("", f"pdq,{BRIDGE_HASH}\n{quoted}"))


class TestKnownMedia(DetectorContract):
    finds = ((BRIDGE, "Custom/KNOWN_BAD"), (saved(bridge().resize((320, 200)), quality=60), "Custom/KNOWN_BAD"))
    ignores = (saved(bridge().crop((0, 0, 60, 60))), saved(Image.new("RGB", (64, 64))))

    @pytest.fixture(autouse=True)
    def _over_lists(self, shared: Path) -> None:
        self.lists = read_lists(shared)

    def detector(self) -> KnownMedia:
        return KnownMedia(self.lists)


class TestKnownTexts(DetectorContract):
    finds = ((TEXT, "Custom/KNOWN_BAD"), (TEXT.upper().replace(" ", "\n"), "Custom/KNOWN_BAD"))
    ignores = ("Your parcel is here.", TEXT[:40])

    @pytest.fixture(autouse=True)
    def _over_lists(self, shared: Path) -> None:
        self.lists = read_lists(shared)

    def detector(self) -> KnownTexts:
        return KnownTexts(self.lists)


@pytest.fixture
def looked(tmp_path: Path) -> Callable[..., list[tuple[str, float, dict[str, Any]]]]:
    """Lists by name; what they find in a picture or a text: label, confidence and attributes."""

    def look(sample: Any, **lists: tuple[str, str]) -> list[tuple[str, float, dict[str, Any]]]:
        context = FakeContext(tmp_path)
        part = context.part(sample)
        read = read_lists(lists_in(tmp_path / "hashes", **lists))
        detector = KnownTexts(read) if part.type == "text" else KnownMedia(read)
        return [(d.label, d.confidence, dict(d.attributes)) for d in detector.detect(part, context)]

    return look


@pytest.mark.parametrize(
    ("bits", "distance", "is_found"), [(0, 0, True), (20, 20, True), (21, 20, False), (31, 31, True)]
)
def test_a_picture_is_found_up_to_the_distance_of_the_list(
    looked: Callable[..., Any], bits: int, distance: int, is_found: bool
) -> None:
    found = looked(BRIDGE, mine=(f"distance: {distance}", f"pdq,{flipped(BRIDGE_HASH, bits)}"))

    assert [confidence for _, confidence, _ in found] == ([100 - 100 * bits / 256] if is_found else [])


def test_confidence_and_attributes_say_how_near_and_what(looked: Callable[..., Any]) -> None:
    mirrored = saved(bridge().transpose(Image.Transpose.FLIP_LEFT_RIGHT), format="PNG")

    ((label, confidence, told),) = looked(mirrored, mine=("label: Custom/MINE", f"pdq,{BRIDGE_HASH}"))

    assert label == "Custom/MINE"
    assert told == {
        "list": "mine", "kind": "bad", "hash": f"pdq:{BRIDGE_HASH}", "distance": told["distance"], "turned": True,
    }  # fmt: skip
    assert confidence == 100 - 100 * told["distance"] / 256


@pytest.mark.parametrize("kind", ["md5", "sha1", "sha256"])
def test_the_same_file_is_found_by_any_digest_and_another_is_not(looked: Callable[..., Any], kind: str) -> None:
    listed = (f"label: Custom/{kind.upper()}", f"{kind},{hashlib.new(kind, BRIDGE.read_bytes()).hexdigest()}")

    assert [(label, confidence) for label, confidence, _ in looked(BRIDGE, mine=listed)] == [
        (f"Custom/{kind.upper()}", 100)
    ]
    assert looked(BRIDGE.read_bytes() + b"\0", mine=listed) == []


def test_a_film_is_found_by_its_digest(tmp_path: Path) -> None:
    context, data = FakeContext(tmp_path), b"not really a film"
    part = context.media(data, declared=("video", "video/mp4"))
    lists = read_lists(
        lists_in(tmp_path / "hashes", films=("", f"md5,{hashlib.md5(data).hexdigest()}\npdq,{BRIDGE_HASH}"))
    )

    assert [d.attributes["hash"] for d in KnownMedia(lists).detect(part, context)] == [
        f"md5:{hashlib.md5(data).hexdigest()}"
    ]


def test_a_text_is_found_with_a_word_changed_and_not_with_many(looked: Callable[..., Any]) -> None:
    listed = ("text_distance: 7", f'text,"{TEXT}"')

    ((_, confidence, told),) = looked(NEARLY, mine=listed)

    assert told["hash"].startswith("text_simhash:")
    assert 0 < told["distance"] <= 7
    assert confidence == 100 - 100 * told["distance"] / 64
    assert looked(NEARLY, mine=("text_distance: 0", f'text,"{TEXT}"')) == []
    assert looked("Our shop is open again: come in today, it is a pleasure to see you there.", mine=listed) == []


def test_what_is_known_to_be_good_beats_the_lists_that_it_names_and_no_others(looked: Callable[..., Any]) -> None:
    near, nearer = f"pdq,{flipped(BRIDGE_HASH, 10)}", f"pdq,{flipped(BRIDGE_HASH, 4)}"
    bad = {"one": ("label: Custom/ONE", near), "two": ("label: Custom/TWO", near)}

    found = looked(BRIDGE, **bad, ours=("kind: good\nbeats: [one]", nearer))

    assert [(label, told.get("beats")) for label, _, told in found] == [
        ("Custom/KNOWN_GOOD", ["one"]),
        ("Custom/TWO", None),
    ]


def test_what_is_known_to_be_good_beats_nothing_that_is_nearer(looked: Callable[..., Any]) -> None:
    bad, good = f"pdq,{flipped(BRIDGE_HASH, 2)}", f"pdq,{flipped(BRIDGE_HASH, 4)}"

    found = looked(BRIDGE, one=("", bad), ours=("kind: good\nbeats: [one]", good))

    assert [label for label, _, _ in found] == ["Custom/KNOWN_BAD", "Custom/KNOWN_GOOD"]


def test_a_picture_that_cannot_be_read_is_a_failure_unless_the_file_itself_is_listed(tmp_path: Path) -> None:
    context, data = FakeContext(tmp_path), BRIDGE.read_bytes()[:900]
    part = context.media(data, declared=("image", "image/jpeg"))
    by_look = lists_in(tmp_path / "one", mine=("", f"pdq,{BRIDGE_HASH}"))
    by_file = lists_in(tmp_path / "two", mine=("", f"pdq,{BRIDGE_HASH}\nsha256,{hashlib.sha256(data).hexdigest()}"))

    with pytest.raises(Unreadable):
        KnownMedia(read_lists(by_look)).detect(part, context)
    assert [d.confidence for d in KnownMedia(read_lists(by_file)).detect(part, context)] == [100]


def test_a_list_whose_index_is_gone_is_a_failure(tmp_path: Path) -> None:
    lists = read_lists(lists_in(tmp_path / "hashes", mine=("", f"pdq,{BRIDGE_HASH}")))
    (tmp_path / "hashes" / "index").rename(tmp_path / "elsewhere")

    with pytest.raises(Unavailable):
        KnownMedia(lists).detect(FakeContext(tmp_path).part(BRIDGE), FakeContext(tmp_path))


POLICY = """
policy: known
format: 1
description: A test.
applies_to: {{content_type: [image]}}
needs: [{needs}]
if_nothing_matches: approve
if_a_detector_fails: {{review: people}}
queues: [{{name: people, a2i_flow: people}}]
rules:
  - id: known
    why: It is on a list
    when: {{label: Custom/KNOWN_BAD, at_least: 88}}
    then: reject
"""


@pytest.fixture
def judged(tmp_path: Path) -> Iterator[Callable[[bytes, str], Any]]:
    """The verdict on a picture under a policy that needs these detectors."""
    plugins = load_plugins(load_settings(hashes=lists_in(tmp_path / "hashes", mine=("", f"pdq,{BRIDGE_HASH}"))))
    # The others would take seconds to start, and have nothing to say here.
    ours = tuple(each for each in plugins.detectors if each.name in ("vision.hashes", "vision.quality"))
    plugins = dataclasses.replace(plugins, detectors=ours, extractors=(), redactors=())
    blobs = FolderBlobs(tmp_path / "media", "moderation")
    runner = Runner(plugins, None, lambda part: blobs.local_path(part.media.uri if part.media else ""))
    opened = Judge(plugins, PolicySet(()), runner, blobs, Limits())
    (tmp_path / "rules").mkdir()

    def judge(data: bytes, needs: str) -> Any:
        (tmp_path / "rules" / "known.yml").write_text(POLICY.format(needs=needs))
        opened.policies = load_policies(tmp_path / "rules", plugins.taxonomy, plugins.tools)
        media = store_media(blobs, data, inspect(data, Limits(), None), None)
        part = Part(id="p0", type="image", media=media)
        return opened.judge(Item(id="i", app="shop", parts=(part,), created_at=datetime.now(UTC))).verdict

    yield judge
    opened.close()


def test_what_is_on_a_list_is_rejected_and_what_is_on_none_still_needs_a_look(
    judged: Callable[[bytes, str], Any], tmp_path: Path
) -> None:
    known, other = BRIDGE.read_bytes(), saved(bridge().crop((0, 0, 80, 60)).resize((160, 120)))

    assert judged(known, "vision.hashes").outcome == "reject"
    unseen = judged(other, "vision.hashes")
    assert (unseen.outcome, unseen.queue) == ("review", "people")
    assert [failure.kind for failure in unseen.failures] == ["not_examined"]
    assert judged(other, "vision.hashes, vision.quality").outcome == "approve"


def test_both_have_a_card(shared: Path) -> None:
    lists = read_lists(shared)

    assert all(card_of(each) is not None for each in (KnownMedia(lists), KnownTexts(lists)))


def test_a_match_on_a_list_that_keeps_content_here_says_so_and_no_list_beats_it(tmp_path: Path) -> None:
    quoted = f'text,"{TEXT}"'
    lists = read_lists(lists_in(tmp_path, here=("keeps_on_machine: true", quoted), other=("", quoted)))
    detector = KnownTexts(lists)

    found = detector.detect(Part(id="p0", type="text", text=TEXT), FakeContext(tmp_path / "context"))

    assert detector.keeps_on_machine
    assert {each.attributes["list"]: each.attributes.get("keeps_on_machine") for each in found} == {
        "here": True,
        "other": None,
    }
    assert not KnownTexts(read_lists(lists_in(tmp_path / "plain", other=("", quoted)))).keeps_on_machine
    lists_in(tmp_path, good=("kind: good\nbeats: [here]", quoted))
    with pytest.raises(PolicyFault, match="no list beats it"):
        read_lists(tmp_path)
    lists_in(tmp_path, good=("kind: good\nkeeps_on_machine: true", quoted))
    with pytest.raises(PolicyFault, match="known to be good"):
        read_lists(tmp_path)
