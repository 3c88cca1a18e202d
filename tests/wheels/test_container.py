"""The container is built from deploy/Dockerfile, and judges a text.

Only by ``make test-container``: needs buildah, and a registry or a base image of one's own (``BASE``).
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.paths import ROOT

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800)]

Run = Callable[..., subprocess.CompletedProcess[str]]
IMAGE = "localhost/moderation-test"


def buildah(*args: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Without a daemon, and where the kernel lets nobody make namespaces, too."""
    before = shlex.split(os.environ.get("BUILDAH_OPTIONS", ""))
    return subprocess.run(["buildah", *before, *args], cwd=ROOT, input=text, capture_output=True, text=True)


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """A command in a container of the image, as its user."""
    chosen = ["--build-arg", f"BASE={os.environ['BASE']}"] if os.environ.get("BASE") else []
    more = shlex.split(os.environ.get("BUILD_OPTIONS", ""))
    how = ["--isolation", "chroot", "--layers=false", *chosen, *more, "-f", "deploy/Dockerfile", "-t", IMAGE, "."]
    built = buildah("bud", *how)
    assert built.returncode == 0, built.stdout[-2000:] + built.stderr[-2000:]
    container = buildah("from", IMAGE).stdout.strip()
    yield lambda *command, text="": buildah("run", "--isolation", "chroot", container, "--", *command, text=text)
    buildah("rm", container)
    buildah("rmi", IMAGE)


def test_the_image_runs_as_a_user_of_its_own_that_may_write_to_its_data_alone(run: Run) -> None:
    assert run("id", "-un").stdout.strip() == "moderation"
    assert run("sh", "-c", "touch /data/x && ! touch /opt/moderation/x").returncode == 0


def test_the_image_judges_a_text_by_the_shipped_policies(run: Run) -> None:
    harmless = run("moderation", "check", "-", text="The bus leaves at noon.")
    spam = run("moderation", "check", "-", text="Call me at 206-555-0100")

    assert harmless.returncode == 0, harmless.stderr
    assert "approve" in harmless.stdout
    assert spam.returncode == 1, spam.stderr


def test_the_image_has_all_that_the_compose_file_asks_of_it(run: Run) -> None:
    assert run("python", "-c", "import psycopg, redis, urllib.request").returncode == 0
    assert run("moderation", "worker", "--help").returncode == 0


def test_the_demo_comes_to_its_outcomes_in_the_container(run: Run) -> None:
    demo = run("moderation", "demo", "--exit")

    assert demo.returncode == 0, demo.stdout + demo.stderr
