"""What docs/plugins.md says is true: its examples run, its signatures are those of the code."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from moderation import hookspecs
from moderation.core.detections import FailureKind
from moderation.core.items import Part
from moderation.plugins import load_plugins
from moderation.settings import load_settings
from moderation.testing import DetectorContract, FakeContext

ROOT = Path(__file__).parents[3]
DOCS = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
HOOKS = {name: f for name, f in inspect.getmembers(hookspecs, inspect.isfunction) if hasattr(f, "moderation_spec")}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", DOCS, re.MULTILINE | re.DOTALL)


def test_hooks_stand_in_the_docs_with_types_and_no_others_do() -> None:
    documented = {block.strip() for block in blocks("text")}
    actual = {f"{name}{inspect.signature(hook)}".replace("'", "") for name, hook in HOOKS.items()}

    assert documented == actual


@pytest.mark.parametrize("protocol", [hookspecs.Detector, hookspecs.Extractor, hookspecs.Redactor])
def test_all_attributes_of_what_is_offered_stand_in_the_docs(protocol: Any) -> None:
    names = set(protocol.__annotations__)
    methods = {name for name, _ in inspect.getmembers(protocol, inspect.isfunction) if not name.startswith("_")}

    assert [name for name in names if f"`{name}`" not in DOCS] == []
    for method in methods:
        parameters = [p for p in inspect.signature(getattr(protocol, method)).parameters if p != "self"]
        assert f"`{method}({', '.join(parameters)})`" in DOCS


def test_kinds_of_failure_stand_in_the_docs() -> None:
    kinds = set(FailureKind.__args__) - {"not_run"}  # type: ignore[attr-defined]

    assert [kind for kind in kinds if f"`{kind}`" not in DOCS] == []


def test_the_pyproject_in_the_docs_is_the_examples() -> None:
    assert blocks("toml") == [(ROOT / "plugins" / "example" / "pyproject.toml").read_text(encoding="utf-8")]


def test_the_loose_file_of_the_docs_is_a_plugin(tmp_path: Path) -> None:
    (tmp_path / "shouting.py").write_text(blocks("python")[0], encoding="utf-8")

    plugins = load_plugins(load_settings(plugins_dir=tmp_path))

    detector = next(detector for detector in plugins.detectors if detector.name == "acme.shouting")
    assert [f.label for f in detector.detect(Part(type="text", text="WHY"), FakeContext(tmp_path))] == [
        "Custom/SHOUTING"
    ]
    assert "Custom/SHOUTING" in plugins.taxonomy


def test_the_tests_of_the_docs_pass(tmp_path: Path) -> None:
    plugin, _, contract, own = blocks("python")
    module: dict[str, Any] = {"__name__": "docs"}
    for source in (plugin, contract, own):
        exec(compile(source, "docs/plugins.md", "exec"), module)

    module["test_a_whisper_is_not_found"](tmp_path)
    # A pickle goes by its module's name, and the docs are none.
    checks = [name for name in dir(DetectorContract) if name.startswith("test_") and "pickles" not in name]
    for name in checks:
        check = getattr(module["TestShouting"](), name)
        check(*[tmp_path][: len(inspect.signature(check).parameters)])
    assert len(checks) >= 9
