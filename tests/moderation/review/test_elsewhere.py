"""Human loops at the endpoint of another installation: started, described, and their outputs read, through boto3."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ground.blobs import FolderBlobs
from moderation.core.errors import OutputMissing
from moderation.review.client import HumanLoops, OwnEndpoint
from moderation.settings import load_settings
from review_ui.desk.answers import submit_answer
from review_ui.desk.tasks import next_task
from tests.houses.endpoint import Endpoint


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    opened = Endpoint(tmp_path / "elsewhere")
    yield opened
    opened.close()


def test_the_output_of_a_loop_at_another_installation_is_read_from_there(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.flow("people")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", endpoint.key.id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", endpoint.key.secret)
    here = load_settings(data=tmp_path / "here", a2i_endpoint_url=endpoint.url)
    loops = HumanLoops(here, OwnEndpoint("http://127.0.0.1:9/a2i"), FolderBlobs(tmp_path / "here", "bucket"))

    loops.start("loop-1", "people", {"x": "y"})
    uri = loops.describe("loop-1").output_uri
    assert uri is not None
    with pytest.raises(OutputMissing):
        loops.answers("loop-1", uri)
    task = next_task(endpoint.review, endpoint.users[0])
    assert task is not None
    submit_answer(endpoint.review, task.id, endpoint.users[0], {"decision": {"approve": True, "reject": False}}, 1.0)

    assert loops.describe("loop-1").status == "Completed"
    assert [answer.outcome for answer in loops.answers("loop-1", uri)] == ["approve"]
