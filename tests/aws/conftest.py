"""AWS as moto plays it, in this process: no call leaves the machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from moderation.settings import Settings
from tests.service.conftest import NOBODY, Api

REGION = "us-east-1"


@dataclass
class Aws:
    """Clients, made once each."""

    made: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        if service not in self.made:
            self.made[service] = boto3.session.Session().client(service, region_name=REGION)  # type: ignore[call-overload]
        return self.made[service]

    def bucket(self, name: str) -> str:
        self.client("s3").create_bucket(Bucket=name)
        return name

    def put(self, bucket: str, key: str, data: bytes, **more: Any) -> str:
        self.client("s3").put_object(Bucket=bucket, Key=key, Body=data, **more)
        return f"s3://{bucket}/{key}"

    def keys(self, bucket: str) -> list[str]:
        return [each["Key"] for each in self.client("s3").list_objects_v2(Bucket=bucket).get("Contents", ())]


@pytest.fixture
def aws(plain_environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield Aws()


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose databases are made: copying it is faster than migrating for each test."""
    folder = tmp_path_factory.mktemp("blank")
    Api.open(Settings(data=folder, a2i_endpoint_url=NOBODY)).close()
    return folder


@pytest.fixture
def open_api(aws: Aws, blank: Path, tmp_path: Path) -> Iterator[Callable[..., Api]]:
    """Opens the application over moto with the settings given; without workers unless asked for."""
    opened: list[Api] = []

    def open_with(*, workers: bool = False, **settings: Any) -> Api:
        if not opened:
            shutil.copytree(blank, tmp_path, dirs_exist_ok=True)
        given = {"data": tmp_path, "a2i_endpoint_url": NOBODY, "sweep_seconds": 0.2, **settings}
        api = Api.open(Settings(**given))
        opened.append(api)
        if workers:
            api.service.doorbell.start(lambda: bool(api.service.work_once()))
        return api

    yield open_with
    for api in opened:
        api.close()
