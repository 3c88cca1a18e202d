from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from moderation import hookspecs
from moderation.core.errors import PluginError
from moderation.plugins import load_plugins
from moderation.settings import load_settings

HEAD = "from moderation import hookimpl\nfrom moderation.core.detections import Detection\n"
DETECTOR = """
class D:
    name = "x.y"
    version = "1"
    reads = ("text",)
    labels = ("Weapons",)
    min_confidence = 0
    time_limit_seconds = 1
    def detect(self, part, context):
        return []
"""
OFFER = "\n@hookimpl\ndef register_detectors(settings):\n    return [D()]\n"


def load(tmp_path: Path, source: str) -> object:
    (tmp_path / "loose.py").write_text(HEAD + source)
    return load_plugins(load_settings(plugins_dir=tmp_path))


def test_a_loose_file_is_a_plugin(tmp_path: Path) -> None:
    plugins = load(tmp_path, DETECTOR + OFFER)

    assert "x.y" in {d.name for d in plugins.detectors}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import nothing_of_this_name", "does not load"),
        ("x = 1", "implements no hook"),
        (DETECTOR + OFFER.replace("register_detectors", "register_detektors"), "unknown hook"),
        (DETECTOR.replace("Weapons", "Weapon") + OFFER, "did you mean 'Weapons'"),
        (DETECTOR.replace('    labels = ("Weapons",)\n', "") + OFFER, "no attribute 'labels'"),
        (DETECTOR.replace('("text",)', '("texts",)') + OFFER, "'reads' lists some of"),
        (DETECTOR.replace("time_limit_seconds = 1", "time_limit_seconds = 0") + OFFER, "time_limit_seconds"),
        (DETECTOR.replace("x.y", "pii.text") + OFFER, "two detectors"),
        (DETECTOR + OFFER.replace("[D()]", "D()"), "expected a list"),
        (DETECTOR + OFFER.replace("return [D()]", "raise ValueError('no')"), "raised ValueError"),
    ],
)
def test_a_broken_plugin_stops_the_start_and_is_named(tmp_path: Path, source: str, said: str) -> None:
    with pytest.raises(PluginError, match=said) as caught:
        load(tmp_path, source)

    assert "loose" in str(caught.value) or "x.y" in str(caught.value) or "pii.text" in str(caught.value)


def test_a_failed_extractor_reaches_the_labels_of_all_that_read_what_it_makes() -> None:
    reach = load_plugins(load_settings()).reach()

    assert "PII/SSN" in reach["vision.text"]
    assert {"Face", "PII/SSN"} <= reach["vision.frames"]
    assert reach["vision.faces"] == {"Face"}


def test_the_nudity_plugin_is_not_installed_by_default() -> None:
    assert "vision.nudity" not in {d.name for d in load_plugins(load_settings()).detectors}


def test_every_hook_stands_in_the_docs_with_its_exact_signature() -> None:
    docs = (Path(__file__).parents[3] / "docs" / "plugins.md").read_text()
    hooks = [f for name, f in inspect.getmembers(hookspecs, inspect.isfunction) if hasattr(f, "moderation_spec")]

    assert len(hooks) == 7
    for hook in hooks:
        parameters = ", ".join(inspect.signature(hook).parameters)
        assert re.search(rf"^### `{hook.__name__}\({parameters}\)`$", docs, re.MULTILINE), hook.__name__
