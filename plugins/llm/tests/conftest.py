"""What the tests of the language model share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from moderation_llm import register_detectors
from moderation_llm.detector import PolicyJudge

from moderation.settings import Settings, load_settings
from plugins.llm.tests.stub import Endpoint


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def configured(tmp_path: Path, endpoint: Endpoint) -> Callable[..., Settings]:
    """Settings with a configuration of these values."""

    def make(**content: Any) -> Settings:
        path = tmp_path / "llm.yml"
        ours = {"endpoint": endpoint.url, "model": "judge", "labels": {"Custom/PETS": "living animals for sale"}}
        given = {key: value for key, value in {**ours, **content}.items() if value is not None}
        path.write_text(yaml.safe_dump(given), encoding="utf-8")
        (tmp_path / "data").mkdir(exist_ok=True)
        return load_settings(data=tmp_path / "data", llm_config=path)

    return make


@pytest.fixture
def judge(configured: Callable[..., Settings]) -> Callable[..., PolicyJudge]:
    """The detector under a configuration of these values."""

    def make(**content: Any) -> PolicyJudge:
        (made,) = register_detectors(configured(**content))
        assert isinstance(made, PolicyJudge)
        return made

    return make
