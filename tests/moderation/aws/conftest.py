"""One door for all tests of this folder: starting detectors takes longer than asking them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.houses.aws_door import Door


@pytest.fixture(scope="session")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    opened = Door(tmp_path_factory.mktemp("door"))
    yield opened
    opened.close()
