"""``clients/recipes``: one site in six frameworks, each run against the service. ``make test-clients``.

All answer the same calls, so one walk goes through each: a post with a photo is refused by rules, appealed, and shown
once a person has decided and the webhook has said so.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from tests.houses.clients import House, run
from tests.paths import EXAMPLES, ROOT
from tests.waiting import PATIENCE_SECONDS, free_port, listens, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800)]

PYTHON = ("django", "fastapi", "flask")
NODE = ("express", "next")
RUBY = ("rails",)


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with what the recipes ask for, and with our client from the checkout."""
    made = tmp_path_factory.mktemp("python") / "venv"
    uv = ROOT / ".venv" / "bin" / "uv"
    run(uv, "venv", "--quiet", "--python", ROOT / ".venv" / "bin" / "python", made)
    asked = [
        part for name in PYTHON for part in ("--requirement", str(ROOT / f"clients/recipes/{name}/requirements.txt"))
    ]
    ours = tmp_path_factory.mktemp("wheel")
    run(uv, "build", "--quiet", "--wheel", "--out-dir", ours, ROOT / "clients" / "python")
    run(uv, "pip", "install", "--quiet", "--python", made / "bin/python", "--find-links", ours, *asked)
    return made / "bin"


@dataclass
class Site:
    """A recipe that runs."""

    url: str
    house: House

    def publish(self, text: str, photo: str | None = None) -> dict[str, Any]:
        files = {"photo": (photo, (EXAMPLES / photo).read_bytes(), "image/jpeg")} if photo else {"none": (None, b"")}
        answer = httpx.post(f"{self.url}/posts", data={"text": text}, files=files, timeout=PATIENCE_SECONDS)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def post(self, post_id: str) -> dict[str, Any]:
        return dict(httpx.get(f"{self.url}/posts/{post_id}", timeout=PATIENCE_SECONDS).json())

    def appeal(self, post_id: str) -> httpx.Response:
        form = {"reason": (None, b"It is a made-up number.")}  # as multipart/form-data, which all of them read
        return httpx.post(f"{self.url}/posts/{post_id}/appeal", files=form, timeout=PATIENCE_SECONDS)

    def tell(self, content_id: str, number: int, outcome: str, secret: str) -> int:
        """A webhook of ours, as the service would send it."""
        decision = {"outcome": outcome, "decided_by": "people", "labels": [], "reason": "told by the test"}
        data = {"id": "1", "app": "shop", "content_id": content_id, "decision": decision}
        body = json.dumps({"id": "evt", "number": number, "supersedes": None, "type": "item.decided", "data": data})
        now = datetime.now(UTC)
        signature = Webhook(secret).sign("evt", now, body)
        headers = {"webhook-id": "evt", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
        headers["content-type"] = "application/json"
        return httpx.post(f"{self.url}/moderated", content=body, headers=headers, timeout=PATIENCE_SECONDS).status_code


Start = Callable[[str], tuple[list[str | Path], Path]]


@pytest.fixture(scope="session")
def begin(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Start:
    """The command that runs a recipe on ``PORT``, and the folder that it is run in: a copy with its packages."""

    def prepared(name: str) -> tuple[list[str | Path], Path]:
        beside = request.getfixturevalue("typescript").parent if name in NODE else tmp_path_factory.mktemp("recipe")
        folder = beside / "recipes" / name
        shutil.copytree(
            ROOT / "clients" / "recipes" / name, folder, ignore=shutil.ignore_patterns("node_modules", ".next")
        )
        if name in NODE:
            run("npm", "ci", "--no-audit", "--no-fund", folder=folder)
            if name == "next":
                run("npm", "run", "build", folder=folder)
            return (["node", "app.js"] if name == "express" else ["npm", "start"]), folder
        if name in RUBY:
            return ["puma", "--bind", "tcp://127.0.0.1:$PORT", "config.ru"], folder
        at = request.getfixturevalue("python")
        if name == "django":
            return [at / "python", "manage.py", "runserver", "--noreload", "127.0.0.1:$PORT"], folder
        module = ["uvicorn", "app:app", "--port"] if name == "fastapi" else ["flask", "run", "--port"]
        return [at / "python", "-m", *module, "$PORT"], folder

    return prepared


@contextmanager
def running(command: list[str | Path], folder: Path, house: House) -> Iterator[Site]:
    port = free_port()
    environment = {
        **os.environ,
        "MODERATION_URL": house.url,
        "MODERATION_KEY": house.key,
        "WEBHOOK_SECRET": house.secret,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "SECRET_KEY_BASE": "of the test",
        "DJANGO_SECRET_KEY": "of the test",
        "NEXT_TELEMETRY_DISABLED": "1",
    }
    if "manage.py" in command:
        run(command[0], "manage.py", "migrate", folder=folder, **environment)
        run(command[0], "manage.py", "makemigrations", "--check", folder=folder, **environment)
    filled = [str(part).replace("$PORT", str(port)) for part in command]
    with (folder / "said.txt").open("w") as said:
        process = subprocess.Popen(
            filled, cwd=folder, env=environment, stdout=said, stderr=said, start_new_session=True
        )
    try:
        wait_for(lambda: listens(port) or process.poll() is not None)
        assert process.poll() is None, (folder / "said.txt").read_text()
        yield Site(f"http://127.0.0.1:{port}", house)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


@pytest.mark.parametrize("name", [*PYTHON, *NODE, *RUBY])
def test_a_post_is_refused_appealed_and_shown_once_the_webhook_says_so(name: str, begin: Start, house: House) -> None:
    command, folder = begin(name)
    with running(command, folder, house) as site:
        fine = site.publish("The weather is nice today")
        wait_for(lambda: site.post(fine["id"])["state"] == "shown")

        post = site.publish("Pay by card 4539 1488 0343 6467", photo="landscape.jpg")
        wait_for(lambda: site.post(post["id"])["state"] == "hidden")
        assert "PII/CREDIT_DEBIT_NUMBER" in site.post(post["id"])["reason"]

        assert site.appeal(post["id"]).status_code == 202
        assert site.appeal(post["id"]).status_code == 409  # it is being looked at
        house.approves()
        wait_for(lambda: site.post(post["id"])["state"] == "shown")

        # What comes late or again changes nothing, and what is not signed is not believed.
        assert site.tell(post["id"], 1, "reject", house.secret) == 204
        assert site.post(post["id"])["state"] == "shown"
        other = "whsec_" + "A" * 32
        assert site.tell(post["id"], 99, "reject", other) == 401
        assert site.post(post["id"])["state"] == "shown"
        assert site.tell(post["id"], 99, "reject", house.secret) == 204
        assert site.post(post["id"])["state"] == "hidden"
        assert site.tell("00000000-0000-4000-8000-000000000000", 1, "reject", house.secret) == 204  # somebody else's

        refused = httpx.post(f"{site.url}/posts", files={"text": (None, b" ")}, timeout=PATIENCE_SECONDS)
        assert refused.status_code == 422
