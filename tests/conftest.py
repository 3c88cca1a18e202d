"""What tests of more than one package open. Heavy parts are imported by the fixture that needs them: most tests do not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.waiting import PATIENCE_SECONDS

if TYPE_CHECKING:
    from flask import Flask

    from moderation.service import Service
    from moderation.serving.server import Server
    from moderation.settings import Settings
    from tests.houses.aws import Aws


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting or AWS credential of the machine reaches a test."""
    for name in list(os.environ):
        if name.startswith(("MODERATION_", "AWS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(autouse=True, scope="session")
def patient_detectors() -> None:
    """No detector misses its time limit because other programs run, too."""
    from tests.patience import be_patient

    be_patient()


@pytest.fixture(autouse=True, scope="session")
def migrated_once() -> None:
    """A database that is made anew begins as a copy of one that was migrated."""
    from tests.migrated import migrate_once

    migrate_once()


@pytest.fixture(autouse=True, scope="session")
def made_once() -> None:
    """What each application would compile anew is compiled once, and passwords are cheap."""
    from tests.made_once import make_once

    make_once()


@pytest.fixture
def one_policy(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands find one policy with one quick detector: those that have detectors answer take seconds for the rest."""
    folder = tmp_path_factory.mktemp("rules")
    (folder / "words.yml").write_text(
        "policy: words\nformat: 1\ndescription: A test.\napplies_to: {content_type: [text]}\n"
        "needs: [text.blocklist]\nif_nothing_matches: approve\nif_a_detector_fails: reject\n"
    )
    monkeypatch.setenv("MODERATION_RULES", str(folder))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings over a fresh data folder; private addresses are allowed, because the tests' receivers are local."""
    from moderation.settings import load_settings

    return load_settings(
        data=tmp_path / "data",
        allow_private_urls=True,
        poll_seconds=0.3,
        sweep_seconds=0.5,
        undo_seconds=0.3,
        port=0,
        workers=2,
    )


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    """A service whose workers run, without HTTP; its human loops have no endpoint to reach."""
    from moderation.service import Service

    opened = Service.open(settings.model_copy(update={"a2i_endpoint_url": "http://127.0.0.1:9"}))
    opened.doorbell.start(opened.work_once)
    yield opened
    opened.close()


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    """The whole service, listening."""
    from moderation.serving.server import Server

    with Server(settings) as opened:
        opened.start()
        yield opened


@pytest.fixture
def aws(plain_environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """AWS as moto plays it, in this process: no call leaves the machine."""
    from moto import mock_aws

    from tests.houses.aws import Aws

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield Aws()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium, driven by Playwright."""
    binary = next((b for b in map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome")) if b), None)
    if binary is None:
        pytest.skip("Chromium is not installed; `make test` installs it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=binary, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens pages, each with cookies of its own; `page.complaints` has the console's errors and uncaught exceptions."""
    contexts = []

    def opener(**given: Any) -> Any:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, **given)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        page.complaints = []
        page.on("console", lambda m: page.complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (page.complaints.append("a dialog opened"), dialog.dismiss()))
        return page

    yield opener
    for context in contexts:
        context.close()


@pytest.fixture
def live_server() -> Iterator[Callable[[Flask], str]]:
    """Serves an application on a free port and gives its address, without a slash at the end."""
    running = []

    def serve(app: Flask) -> str:
        from tests.wsgi_server import WsgiServer

        running.append(WsgiServer(app))
        return running[-1].url

    yield serve
    for http in running:
        http.close()
