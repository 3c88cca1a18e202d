"""An installation of real processes: killed as the test likes, started again as a supervisor does."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import sqlalchemy as sa
from alembic import command
from botocore.config import Config

from ground.database import _config
from ground.failpoints import EXIT_CODE
from ground.media_store import open_blobs
from moderation.service import Service
from moderation.settings import Settings, load_settings
from moderation.storage import opening, tables
from review_ui import opening as review_opening
from review_ui import tables as review_tables
from review_ui.opening import open_review
from review_ui.people.people import People
from tests.children import descendants
from tests.faults.objects import Objects
from tests.faults.people import PASSWORD
from tests.waiting import PATIENCE_SECONDS, free_port, wait_for

REVIEWERS = ("ann", "bob")
RULES = """\
policy: faults
format: 1
description: What the fault tests post.
applies_to: {content_type: [text, image]}
needs: [fault.words]
if_nothing_matches: approve
if_a_detector_fails: {review: people}
queues:
  - {name: people, a2i_flow: people}
  - {name: quality, a2i_flow: quality}
counters:
  posts: {of: posted, by: app, within: 30d}
  refused: {of: reject, by: app, within: 30d}
  passed: {of: approve, by: app, within: 30d}
  asked: {of: review, by: app, within: 30d}
rules:
  - id: never
    why: Nobody posts so much
    when:
      any:
        - {counter: posts, at_least: 10000}
        - {counter: refused, at_least: 10000}
        - {counter: passed, at_least: 10000}
        - {counter: asked, at_least: 10000}
    then: reject
  - id: look
    why: Somebody has to look
    when: {label: Custom/REVIEW, at_least: 50}
    then: {review: people}
  - id: refuse
    why: It is refused
    when: {label: Custom/REFUSE, at_least: 50}
    then: reject
sampling:
  - {id: qa, of: reject, percent: 100, queue: quality}
"""
PLUGIN = '''\
"""Finds what the text says it has; a picture has what its width says."""
import time
from moderation import hookimpl
from moderation.core.detections import Detection

class Words:
    name, version = "fault.words", "1"
    reads, labels = ("text", "image"), ("Custom/REVIEW", "Custom/REFUSE")
    min_confidence, time_limit_seconds = 0.0, 60.0

    def detect(self, part, context):
        said = part.text if part.type == "text" else {24: "SLOW"}.get(context.looks(part)[0].width, "")
        if "SLOW" in said:
            time.sleep(1.6)
        if "BREAK" in said:
            raise RuntimeError("told to")
        found = [label for label in self.labels if label.partition("/")[2] in said]
        return [Detection(label=label, confidence=90.0) for label in found]

@hookimpl
def register_detectors(settings):
    return [Words()]
'''
SETTINGS = {
    "DETECTOR_PROCESSES": "0",
    "ALLOW_PRIVATE_URLS": "1",
    "SWEEP_SECONDS": "0.3",
    "POLL_SECONDS": "0.3",
    "UNDO_SECONDS": "0.2",
    "CALLS_PER_SECOND": "0",
    "GOLDEN_PERCENT": "0",
    "LEASE_SECONDS": "3",
    "THREADS": "12",
}
"""Of every process, as ``MODERATION_*``; a lease of 3 seconds lets two slow items in a row be given back."""


@cache
def _prepared() -> tuple[Path, str, tuple[str, str]]:
    """A folder with a migrated database, a key, reviewers and queues, made once; the API key, and one of A2I's."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    key, access_key = furnish(settings_of(folder))
    return folder, key, access_key


def settings_of(folder: Path, **given: Any) -> Settings:
    """The settings of this test process over the same folder."""
    (folder / "rules").mkdir(parents=True, exist_ok=True)
    (folder / "plugins").mkdir(exist_ok=True)
    (folder / "rules" / "faults.yml").write_text(RULES)
    (folder / "plugins" / "fault_words.py").write_text(PLUGIN)
    own = {name.lower(): value for name, value in SETTINGS.items()}
    places = {"data": folder / "data", "rules": folder / "rules", "plugins_dir": folder / "plugins"}
    return load_settings(**{**own, **places, **given})


def furnish(settings: Settings) -> tuple[str, tuple[str, str]]:
    """Migrate both databases, and make a key for an app, one for A2I, and reviewers; gives the two keys."""
    service = Service.open(settings)
    key = service.accounts.add_key("shop", service.pipeline.now()).key
    service.close()
    review = open_review(settings, blobs=open_blobs(settings))
    access_key = review.add_access_key()
    for name in REVIEWERS:
        People(review.database).add(name, "reviewer", PASSWORD)
    review.close()
    return key, (access_key.id, access_key.secret)


@dataclass
class Death:
    """A process that ended before it was told to.

    Attributes:
        at, up_at: by the wall clock: when it ended, and when the next one of its kind answered or worked again.
        failpoint: where; None when it was killed.
    """

    role: str
    at: float
    failpoint: str | None
    up_at: float = float("inf")


@dataclass
class Role:
    """A kind of process that is kept going.

    Attributes:
        arguments: of ``moderation``.
        port: on which it answers; None for one that does not.
        failpoints: one for each start, as long as there are.
    """

    name: str
    arguments: tuple[str, ...]
    port: int | None
    failpoints: list[str] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0


class Installation:
    """Processes over one folder, that start again when they die.

    Args:
        folder: with ``data``, rules and a plugin.
        given: settings beside `SETTINGS`, by their names without ``MODERATION_``.
        without: a safety that the processes have switched off; see `tests.faults.unsafe`.
    """

    def __init__(self, folder: Path, given: Mapping[str, str] | None = None, *, without: str | None = None) -> None:
        self.folder, self.log = folder, folder / "log"
        self.deaths: list[Death] = []
        self.faults: list[str] = []
        """What no supervisor should see: processes that ended by themselves."""
        self._main = ("tests.faults.unsafe", without) if without else ("tests.patience",)
        self.settings = settings_of(folder, **{name.lower(): value for name, value in (given or {}).items()})
        if self.settings.database_url is None:
            made, self.key, self.access_key = _prepared()
            shutil.copytree(made, folder, dirs_exist_ok=True)
        else:
            self.key, self.access_key = furnish(self.settings)
        places = {"DATA": folder / "data", "RULES": folder / "rules", "PLUGINS_DIR": folder / "plugins"}
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("MODERATION_")}
        for name, value in {**SETTINGS, **places, **(given or {})}.items():
            self._environment[f"MODERATION_{name}"] = str(value)
        self._roles: dict[str, Role] = {}
        self.objects: Objects | None = None
        self._behind: Sequence[str] = ()
        self._has_stopped = False
        self._is_over = threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._lock = threading.RLock()

    @property
    def url(self) -> str:
        """Where the API answers."""
        return f"http://127.0.0.1:{self._roles['serve'].port}"

    def port(self, name: str) -> int:
        """Where a role answers."""
        port = self._roles[name].port
        assert port is not None
        return port

    def add(self, name: str, *arguments: str, port: int | None = None, failpoints: list[str] | None = None) -> Role:
        """Have processes of a kind; the first starts now."""
        role = Role(name, arguments, port, failpoints or [])
        with self._lock:
            self._roles[name] = role
            self._start(role)
            if not self._keeper.is_alive():
                self._keeper.start()
        return role

    def take_back_a_revision(self) -> None:
        """Have something left to migrate in both databases."""
        _take_back(self.folder / "data" / "moderation.db", opening.MIGRATIONS, tables.metadata, "alembic_version")
        of_review = (review_opening.MIGRATIONS, review_tables.metadata, "review_alembic_version")
        _take_back(self.folder / "data" / "review.db", *of_review)

    def set(self, name: str, value: str) -> None:
        """Another setting for processes that start from now on, by its name without ``MODERATION_``."""
        self._environment[f"MODERATION_{name}"] = value

    def a2i(self, address: str | None = None) -> None:
        """Have an A2I endpoint in a process of its own, whose human loops the others use, and media in S3 for all.

        Args:
            address: where they reach it; None for the endpoint itself.
        """
        self.objects = Objects()
        self.objects.start()
        key_id, secret = self.access_key
        self._environment |= {
            "AWS_ACCESS_KEY_ID": key_id,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_ENDPOINT_URL_S3": self.objects.address,
            "AWS_EC2_METADATA_DISABLED": "true",
            "MODERATION_MEDIA_S3": "1",
        }
        port = free_port()
        self.add("a2i", "a2i", "serve", "--port", str(port), port=port)
        self.wait_up("a2i")
        members = [{"OidcMemberDefinition": {"Groups": ["reviewers"]}}]
        team = self.client("sagemaker", port).create_workteam(
            WorkteamName="reviewers", Description="everybody", MemberDefinitions=members
        )
        self.set("A2I_WORKTEAM_ARN", team["WorkteamArn"])
        self.set("A2I_ENDPOINT_URL", address or f"http://127.0.0.1:{port}/a2i")

    def scaled(self, workers: int = 2, a2i: str | None = None) -> None:
        """Have an API, workers and an endpoint of A2I, each a process."""
        self.a2i(a2i)
        self.serve()
        for number in range(1, workers + 1):
            self.add(f"worker{number}", "worker")

    def client(self, service: str, port: int | None = None) -> Any:
        """boto3's client of the endpoint on a port; None for the one of `serve`."""
        key_id, secret = self.access_key
        return boto3.session.Session().client(
            service,  # type: ignore[call-overload]
            region_name="us-east-1",
            endpoint_url=f"http://127.0.0.1:{port or self._roles['serve'].port}/a2i",
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            config=Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=10, read_timeout=30),
        )

    def serve(self, failpoints: list[str] | None = None, behind: Sequence[str] = ()) -> Role:
        """Have `moderation serve`.

        Args:
            behind: a command that its command is put behind.
        """
        port = free_port()
        self._behind = behind
        return self.add("serve", "serve", "--port", str(port), port=port, failpoints=failpoints)

    def wait_up(self, name: str = "serve") -> None:
        """Until one that answers does."""
        role = self._roles[name]
        wait_for(lambda: role.port is not None and answers(role.port))

    def pids(self, name: str) -> list[int]:
        """The processes of a role: the one that was started, and its children."""
        process = self._roles[name].process
        if process is None or process.poll() is not None:
            return []
        return [process.pid, *descendants(process.pid)]

    def kill(self, name: str) -> bool:
        """SIGKILL for the whole process group; False when none lives just now."""
        with self._lock:
            process = self._roles[name].process
            if process is None or process.poll() is not None:
                return False
            _kill_group(process)
            return True

    def stop(self) -> None:
        """End everything, and start nothing again."""
        self._is_over.set()
        if self._keeper.is_alive():
            self._keeper.join(timeout=PATIENCE_SECONDS)
        for role in self._roles.values():
            if role.process is not None:
                _kill_group(role.process)
                role.process.wait(timeout=PATIENCE_SECONDS)
        if self.objects is not None and not self._has_stopped:
            self.objects.stop()
        self._has_stopped = True

    def said(self) -> str:
        """The processes' logs, all in one."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def run(self, *arguments: str, failpoint: str | None = None) -> int:
        """Run a command to its end; gives its exit code."""
        environment = self._environment | ({"MODERATION_FAILPOINT": failpoint} if failpoint else {})
        command = [sys.executable, "-m", *self._main, *arguments]
        with self.log.open("ab") as log:
            return subprocess.run(
                command, env=environment, stdout=log, stderr=log, cwd=Path(__file__).parents[2], check=False
            ).returncode

    def _start(self, role: Role) -> None:
        environment = dict(self._environment)
        if role.failpoints:
            environment["MODERATION_FAILPOINT"] = role.failpoints.pop(0)
        role.starts += 1
        command = [*self._behind, sys.executable, "-m", *self._main, *role.arguments]
        with self.log.open("ab") as log:
            role.process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, start_new_session=True, cwd=Path(__file__).parents[2]
            )

    def _keep(self) -> None:
        """As systemd does: what ends is started again at once."""
        while not self._is_over.wait(0.02):
            with self._lock:
                for role in self._roles.values():
                    if role.process is not None and role.process.poll() is not None:
                        self._note_death(role)
                        self._start(role)
            self._note_up()

    def _note_death(self, role: Role) -> None:
        process = role.process
        assert process is not None
        _kill_group(process)  # what it left behind
        failpoint = None
        if process.returncode == EXIT_CODE:
            failpoint = self.said().rpartition("failpoint ")[2].split("\n")[0]
        elif process.returncode != -signal.SIGKILL:
            self.faults.append(f"{role.name} ended with {process.returncode}: {self.said()[-3000:]}")
        self.deaths.append(Death(role.name, time.time(), failpoint))

    def _note_up(self) -> None:
        for death in self.deaths:
            if death.up_at == float("inf"):
                port = self._roles[death.role].port
                if port is None or answers(port, 0.5):
                    death.up_at = time.time()


def _take_back(path: Path, migrations: Path, metadata: sa.MetaData, version_table: str) -> None:
    engine = sa.create_engine(f"sqlite:///{path}")
    config = _config(migrations)
    config.attributes.update(engine=engine, metadata=metadata, version_table=version_table)
    command.downgrade(config, "-1")
    engine.dispose()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait(timeout=PATIENCE_SECONDS)


def answers(port: int, seconds: float = PATIENCE_SECONDS) -> bool:
    """Whether the service on a port is alive."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=seconds):
            return True
    except (OSError, urllib.error.URLError):
        return False
