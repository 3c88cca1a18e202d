"""``moderation watch``: pictures of a camera are items of an app, or it is said why there can be none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from moderation.cli import run
from moderation.service import Service
from moderation.settings import load_settings
from plugins.film.tests.films import film, moving

POLICY = """
policy: site
format: 1
description: A test.
applies_to: {content_type: [image], app: [site-cameras]}
needs: [vision.quality]
if_nothing_matches: approve
if_a_detector_fails: reject
"""


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "site.yml").write_text(POLICY)
    (tmp_path / "site.mp4").write_bytes(film(moving, 1))
    monkeypatch.setenv("MODERATION_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MODERATION_RULES", str(tmp_path / "rules"))
    Service.open(load_settings()).close()
    return tmp_path


def test_what_a_camera_shows_becomes_items_with_place_and_time(installation: Path) -> None:
    film_ = str(installation / "site.mp4")

    code = run(["watch", film_, "--place", "gate-1", "--every", "0.2s", "--for", "6"])

    assert code == 0
    service = Service.open(load_settings())
    items = service.store.search_items(app="site-cameras")
    service.close()
    assert items
    assert {record.item.metadata["place"] for record in items} == {"gate-1"}
    assert all("taken_at" in record.item.metadata for record in items)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say a URL and --place, or --cameras FILE"),
        (["rtsp://127.0.0.1:9/1"], "say where the camera looks"),
        (["rtsp://127.0.0.1:9/1", "--place", "gate-1", "--app", "forum"], "no policy in force covers pictures of app"),
        (["nowhere.mp4", "--place", "gate-1"], "nor a film that is there"),
        (["rtsp://127.0.0.1:9/1", "--place", "gate-1", "--alert-url", "http://127.0.0.1:9/"], "port 9 is not accepted"),
    ],
)
def test_what_is_wrong_is_told_before_anybody_looks(
    installation: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["watch", *words]) == 2

    assert said in capsys.readouterr().err


def test_a_file_of_cameras_with_a_fault_is_named_with_its_line(
    installation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (installation / "cameras.yml").write_text("cameras:\n  - {url: 'rtsp://h/1'}\n")

    assert run(["watch", "--cameras", str(installation / "cameras.yml")]) == 2

    assert "cameras.yml:2: place: Field required" in capsys.readouterr().err


def test_changes_are_json_for_machines(installation: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["watch", "rtsp://127.0.0.1:9/1", "--place", "gate-1", "--for", "4", "--json"])

    assert code == 0
    (event,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (event["type"], event["data"]["state"], event["data"]["place"]) == ("camera.state", "offline", "gate-1")
    assert len(event["data"]["items"]) == 1, "somebody sees it"
