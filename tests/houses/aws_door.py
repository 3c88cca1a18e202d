"""The whole application listening, with unmodified boto3 clients at ``/aws`` whose raw answers are checked."""

from __future__ import annotations

import io
import itertools
import json
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from PIL import Image

from ground.web.listening import Listener
from moderation.service import Service
from moderation.serving.app import create_app
from moderation.settings import Settings
from review_ui.opening import open_review
from review_ui.service import ReviewService
from tests.houses.api import NOBODY
from tests.raw_answers import check_answer

REGION = "us-east-1"
SESSION = boto3.session.Session()
EXAMPLES = Path(__file__).parents[2] / "examples"
CATS = "arn:aws:rekognition:us-east-1:000000000000:project/cats/version/first/1"
OWN_MODEL = '''
from moderation import hookimpl
from moderation.core.detections import Detection
from moderation.core.items import Box


class Cats:
    """Takes wide pictures for a cat in their left half, and for a dog."""

    name, version, reads, labels = "own.cats", "3", ("image",), ("Custom/Cat", "Custom/Dog")
    min_confidence, max_confidence, time_limit_seconds = 10.0, 95.0, 30.0

    def detect(self, part, context):
        if part.media.width <= part.media.height:
            return []
        half = Box(left=0, top=0, width=0.5, height=1)
        return [Detection(label="Custom/Cat", confidence=90, box=half), Detection(label="Custom/Dog", confidence=40)]


@hookimpl
def register_detectors(settings):
    return [Cats()]
'''


_NUMBERS = itertools.count()


class Door:
    """A listening application; `key` is of the app ``shop``, `operator` of nobody.

    Args:
        more_plugins: the text of one more loose plugin.
        given: settings beside the data folder.
    """

    def __init__(self, folder: Path, more_plugins: str = "", **given: Any) -> None:
        plugins = folder / "plugins"
        plugins.mkdir(parents=True)
        # A name of its own: several doors of a process would load each other's.
        number = next(_NUMBERS)
        (plugins / f"cats_{number}.py").write_text(OWN_MODEL)
        if more_plugins:
            (plugins / f"more_{number}.py").write_text(more_plugins)
        ours: dict[str, Any] = {
            "data": folder / "data",
            "port": 0,
            "plugins_dir": plugins,
            "a2i_endpoint_url": NOBODY,
            "aws_models": f"{CATS}=own.cats DetectLabels=own.cats",
            "detector_processes": 0,
        }
        self.settings = Settings(**{**ours, **given})
        self.settings.data.mkdir()
        self.service = Service.open(self.settings)
        self.review: ReviewService = open_review(self.settings, blobs=self.service.blobs)
        self._listener = Listener(create_app(self.service, self.review), self.settings)
        self._listener.start()
        self.url = f"{self._listener.url}/aws"
        self.key, self.other = self.review.add_access_key(app="shop"), self.review.add_access_key(app="forum")
        self.operator = self.review.add_access_key()

    def client(self, service: str, key: Any = None, secret: str | None = None, **config: Any) -> Any:
        key = key or self.key
        client = SESSION.client(
            service,  # type: ignore[call-overload]
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=key.id,
            aws_secret_access_key=secret or key.secret,
            config=Config(retries={"mode": "standard", "total_max_attempts": 1}, **config),
        )
        if service != "s3":
            client.meta.events.register("after-call", check_answer)
        return client

    @cached_property
    def rekognition(self) -> Any:
        return self.client("rekognition")

    @cached_property
    def s3(self) -> Any:
        return self.client("s3")

    def environment(self) -> dict[str, str]:
        """What a program of somebody else's is run with."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.key.id,
            "AWS_SECRET_ACCESS_KEY": self.key.secret,
            "AWS_DEFAULT_REGION": REGION,
        }

    def signed(self, method: str, path: str, body: bytes = b"", service: str = "s3", **headers: str) -> dict[str, str]:
        """The headers of a request that boto3 would not make."""
        request = AWSRequest(method, f"{self.url}{path}", headers=headers, data=body)
        SigV4Auth(Credentials(self.key.id, self.key.secret), service, REGION).add_auth(request)
        return dict(request.headers.items())

    def flow(self, name: str, *conditions: dict[str, Any], source: bool = True) -> str:
        """A flow definition for Rekognition's labels; its ARN."""
        control = self.client("sagemaker")
        if not control.list_workteams(NameContains="team")["Workteams"]:
            members = [{"OidcMemberDefinition": {"Groups": ["g"]}}]
            control.create_workteam(WorkteamName="team", Description="d", MemberDefinitions=members)
            control.create_human_task_ui(HumanTaskUiName="ui", UiTemplate={"Content": "<p>{{ task.input }}</p>"})
        more: dict[str, Any] = {}
        if source:
            built_in = "AWS/Rekognition/DetectModerationLabels/Image/V3"
            more["HumanLoopRequestSource"] = {"AwsManagedHumanLoopRequestSource": built_in}
        if conditions:
            text = json.dumps({"Conditions": list(conditions)})
            config = {"HumanLoopActivationConditionsConfig": {"HumanLoopActivationConditions": text}}
            more["HumanLoopActivationConfig"] = config
        return str(
            control.create_flow_definition(
                FlowDefinitionName=name,
                HumanLoopConfig={
                    "WorkteamArn": self.review.arn("workteam/private-crowd", "team"),
                    "HumanTaskUiArn": self.review.arn("human-task-ui", "ui"),
                    "TaskTitle": "Look",
                    "TaskDescription": "Look well",
                    "TaskCount": 1,
                },
                OutputConfig={"S3OutputPath": "s3://outputs/a2i"},
                RoleArn="arn:aws:iam::000000000000:role/x",
                **more,
            )["FlowDefinitionArn"]
        )

    def close(self) -> None:
        self._listener.close()
        self.service.close()
        self.review.close()


def example(name: str) -> bytes:
    """A picture of ``examples/``."""
    return (EXAMPLES / name).read_bytes()


def blank(width: int = 200, height: int = 100, kind: str = "PNG", color: str = "white") -> bytes:
    """A picture with nothing in it."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), color).save(out, kind)
    return out.getvalue()
