"""A past to look back on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from moderation.settings import Settings
    from tests.houses.past import Past


@pytest.fixture
def past(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Past]:
    from tests.houses.past import Past

    opened = Past(settings, tmp_path / "rules")
    monkeypatch.setenv("MODERATION_RULES", str(opened.rules))
    yield opened
    opened.database.close()
