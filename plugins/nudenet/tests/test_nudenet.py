from __future__ import annotations

from pathlib import Path

import pytest
from moderation_nudenet import LABELS, Nudity

from moderation.core.taxonomy import Taxonomy
from moderation.plugins import check_detector
from moderation.testing import FakeContext

EXAMPLES = Path(__file__).parent.parent.parent.parent / "examples"


def test_every_class_of_the_library_is_mapped() -> None:
    nudenet = pytest.importorskip("nudenet.nudenet")
    names = next(v for v in vars(nudenet).values() if isinstance(v, list) and "FACE_FEMALE" in v)

    assert set(names) == set(LABELS)
    assert [label for label in LABELS.values() if label is not None and label not in Taxonomy()] == []


def test_it_can_be_registered() -> None:
    check_detector(Nudity(), "test")


@pytest.mark.slow
def test_a_portrait_is_a_face_and_nothing_explicit(tmp_path: Path) -> None:
    pytest.importorskip("nudenet")
    path = EXAMPLES / "face.jpg"
    context = FakeContext(tmp_path)
    found = Nudity().detect(context.part(path), context)

    assert {detection.label for detection in found} == {"Face"}
