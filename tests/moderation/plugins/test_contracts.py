"""`moderation.testing` sees what is wrong with a plugin, and says it."""

from __future__ import annotations

import inspect
import time
from pathlib import Path
from typing import Any

import pytest

from moderation.core.detections import Detection
from moderation.core.items import Extraction, Part, Place, Tool
from moderation.hookspecs import Unreadable
from moderation.testing import DetectorContract, ExtractorContract, FakeContext
from moderation.testing.hostile_samples import hostile_pictures

PICTURE = hostile_pictures()["on its side"]


class Good:
    name, version = "x.good", "1.0"
    reads: Any = ("text", "image")
    labels: Any = ("Weapons",)
    min_confidence: Any = 50.0
    time_limit_seconds: Any = 2.0

    def detect(self, part: Part, context: Any) -> Any:
        text = part.text if part.text is not None else context.read(part)[:0].decode()
        return [Detection(label="Weapons", confidence=90, span=(0, 3))] if text.startswith("gun") else []


class Reader:
    name, version = "x.reader", "1.0"
    reads: Any = ("image",)
    makes: Any = ("text",)
    time_limit_seconds: Any = 2.0

    def extract(self, part: Part, context: Any) -> Any:
        return [Part(type="text", text=f"{part.media.width} wide")] if part.media else []


def faults_of(contract: type[Any], tmp_path: Path) -> str:
    """What every check of a contract says, run as pytest runs them: each on a folder and an object of its own."""
    faults = []
    for name in [name for name in dir(contract) if name.startswith("test_")]:
        folder = tmp_path / name
        folder.mkdir()
        check = getattr(contract(), name)
        try:
            check(*[folder][: len(inspect.signature(check).parameters)])
        except Exception as error:
            faults.append(f"{type(error).__name__}: {error}")
    return "\n".join(faults)


def faults_of_detector(factory: Any, tmp_path: Path) -> str:
    given = {"finds": (("gun", "Weapons"), ("gun 👩‍👩‍👧", {"Weapons"})), "ignores": ("flower", PICTURE)}
    return faults_of(type("TestIt", (DetectorContract,), {"detector": staticmethod(factory), **given}), tmp_path)


def answering(answer: Any) -> type[Good]:
    """A detector that answers guns with this."""
    return type("Bad", (Good,), {"detect": lambda self, part, context: answer if part.text == "gun" else []})


class Unpicklable(Good):
    def __init__(self) -> None:
        self.model = lambda: None


class Forgetful(Good):
    seen = 0

    def detect(self, part: Part, context: Any) -> Any:
        Forgetful.seen += 1
        return [Detection(label="Weapons", confidence=50 + Forgetful.seen % 40)] if part.text else []


class Vandal(Good):
    def detect(self, part: Part, context: Any) -> Any:
        if part.media is not None:
            context.path(part).write_bytes(b"gone")
        return super().detect(part, context) if part.media is None else []


class Slow(Good):
    time_limit_seconds = 0.2

    def detect(self, part: Part, context: Any) -> Any:
        if part.text is not None and len(part.text) > 50_000:
            time.sleep(0.6)
        return super().detect(part, context)


class Fragile(Good):
    def detect(self, part: Part, context: Any) -> Any:
        if part.text is not None and "\0" in part.text:
            raise RuntimeError("oh")
        return super().detect(part, context)


class Batched(Good):
    def detect_batch(self, parts: Any, context: Any) -> Any:
        return [[] for _ in parts]


def test_a_good_detector_passes(tmp_path: Path) -> None:
    assert faults_of_detector(Good, tmp_path) == ""


def test_a_factory_may_be_a_plain_function_or_a_method(tmp_path: Path) -> None:
    class WithMethod(DetectorContract):
        def detector(self) -> Good:  # type: ignore[override]
            return Good()

    class WithFunction(DetectorContract):
        def detector() -> Good:  # type: ignore[misc,override]
            return Good()

    for contract in (WithMethod, WithFunction):
        (tmp_path / contract.__name__).mkdir()
        assert faults_of(contract, tmp_path / contract.__name__) == ""


def test_unreadable_is_an_answer_to_hostile_input(tmp_path: Path) -> None:
    class Picky(Good):
        def detect(self, part: Part, context: Any) -> Any:
            if part.text is None or len(part.text) > 1000:
                raise Unreadable("no")
            return super().detect(part, context)

    check = DetectorContract.test_hostile_input_is_answered_within_the_time_limit
    check(type("TestIt", (DetectorContract,), {"detector": Picky})(), tmp_path)


@pytest.mark.parametrize(
    ("detector", "message"),
    [
        (type("Bad", (Good,), {"name": "good"}), "vendor.task"),
        (type("Bad", (Good,), {"version": 1}), "`version` is a word"),
        (type("Bad", (Good,), {"reads": "text"}), "`reads` lists some of"),
        (type("Bad", (Good,), {"reads": ("words",)}), "`reads` lists some of"),
        (type("Bad", (Good,), {"labels": ()}), "`labels` lists the taxonomy names"),
        (type("Bad", (Good,), {"labels": ("Weapon",)}), "'Weapon': 'Weapons'"),
        (type("Bad", (Good,), {"min_confidence": 101}), "`min_confidence` is a number"),
        (type("Bad", (Good,), {"min_confidence": True}), "`min_confidence` is a number"),
        (type("Bad", (Good,), {"time_limit_seconds": 0}), "`time_limit_seconds` is over 0"),
        (type("Bad", (Good,), {"time_limit_seconds": None}), "`time_limit_seconds` is a number"),
        (answering([]), "wanted ['Weapons'], found nothing"),
        (answering(None), "`detect` returns a list, not NoneType"),
        (answering([Detection(label="Violence", confidence=90), Detection(label="Weapons", confidence=90)]), "among"),
        (answering([Detection(label="Weapons", confidence=49.9)]), "confidence 49.9"),
        (answering([Detection(label="Weapons", confidence=90).model_copy(update={"confidence": float("nan")})]), "nan"),
        (answering([Detection(label="Weapons", confidence=90, span=(0, 4))]), "outside the text"),
        (answering([Detection(label="Weapons", confidence=90, span=(1, 1))]), "is empty or outside"),
        (answering([Detection(label="Weapons", confidence=90, box=(0, 0, 1, 1))]), "a box in a text"),
        (answering([Detection(label="Weapons", confidence=90, parents=("Violence",))]), "filled in by the service"),
        (answering([Detection(label="Weapons", confidence=90)] * 10_001), "at most 10,000"),
        (Unpicklable, "Unpicklable.__init__.<locals>"),
        (Forgetful, "the copy answers"),
        (Vandal, "changed the bytes"),
        (Slow, "no answer on hostile input"),
        (Fragile, "hostile input (nul) raised RuntimeError"),
        (Batched, "one by one"),
    ],
)
def test_what_is_wrong_with_a_detector_is_said(tmp_path: Path, detector: Any, message: str) -> None:
    # Local classes have no importable name; those of this module do.
    globals()["Bad"] = detector
    if detector.__name__ == "Bad":
        detector.__qualname__ = "Bad"

    assert message in faults_of_detector(detector, tmp_path)


def test_attributes_that_repeat_a_secret_are_seen(tmp_path: Path) -> None:
    class Telling(Good):
        def detect(self, part: Part, context: Any) -> Any:
            text = part.text or ""
            return (
                [Detection(label="Weapons", confidence=90, span=(0, len(text)), attributes={"is": text})]
                if text
                else []
            )

    check = DetectorContract.test_answers_keep_the_contract

    with pytest.raises(AssertionError, match="repeat what was found"):
        check(type("TestIt", (DetectorContract,), {"detector": Telling, "finds": (("secret", "Weapons"),)})(), tmp_path)


def test_a_contract_without_a_factory_says_what_it_needs() -> None:
    with pytest.raises(AssertionError, match="needs `detector = YourClass`"):
        type("TestIt", (DetectorContract,), {})().test_labels_are_in_the_taxonomy()


def test_a_good_extractor_passes(tmp_path: Path) -> None:
    attributes = {"extractor": Reader, "extracts": ((PICTURE, "20 wide"),)}

    assert faults_of(type("TestIt", (ExtractorContract,), attributes), tmp_path) == ""


PLACE = Extraction(part="p0", extractor=Tool(name="x", version="1"), places=(Place(span=(0, 9)),))


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ([], "nothing was made"),
        ([Part(type="text", text="30 wide")], "is in none of"),
        ([Part(type="image", data=PICTURE), Part(type="text", text="20 wide")], "not among `makes`"),
        ([Part(type="text", text="20 wide", id="p0.0")], "`id` is filled in"),
        ([Part(type="text", text=""), Part(type="text", text="20 wide")], "leave out what is empty"),
        ([Part(type="text", text="20 wide", extraction=PLACE)], "a place ends at 9; the text has 7"),
    ],
)
def test_what_is_wrong_with_an_extractor_is_said(tmp_path: Path, made: Any, message: str) -> None:
    bad = type("Bad", (Reader,), {"extract": lambda self, part, context: made, "__qualname__": "Bad"})
    globals()["Bad"] = bad

    contract = type("TestIt", (ExtractorContract,), {"extractor": bad, "extracts": ((PICTURE, "20 wide"),)})

    assert message in faults_of(contract, tmp_path)


def test_the_fake_context_gives_the_bytes_and_facts_of_what_it_made(tmp_path: Path) -> None:
    context = FakeContext(tmp_path, app="shop")

    picture, text = context.media(PICTURE), context.text("words")

    assert (picture.id, picture.type, context.read(picture)) == ("p0", "image", PICTURE)
    assert picture.media is not None
    assert (picture.media.width, picture.media.height) == (20, 60)
    assert (context.app, text.id) == ("shop", "p1")
    with pytest.raises(ValueError, match="has no file"):
        context.path(text)
