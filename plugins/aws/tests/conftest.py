"""The double of AWS, and what detectors need to reach it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from moderation_aws import clients
from moderation_aws.calls import Account
from moderation_aws.shared import SqliteStore

from moderation.settings import Settings, load_settings
from tests.aws_double import AwsDouble


@pytest.fixture(scope="session")
def double() -> Iterator[AwsDouble]:
    """One server for all tests: making clients anew for each would cost more than the tests."""
    with AwsDouble() as opened:
        yield opened
    clients.forget()


@pytest.fixture
def aws(double: AwsDouble, monkeypatch: pytest.MonkeyPatch) -> AwsDouble:
    """The double, with nothing left of the test before; boto3 is pointed at it with made-up credentials."""
    for name in list(os.environ):
        if name.startswith(("MODERATION_", "AWS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", double.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    double.reset()
    return double


@pytest.fixture
def account(tmp_path: Path) -> Account:
    """An account whose calls are not paced and whose patience is short."""
    return Account("us-east-1", SqliteStore(tmp_path / "aws.db"), bucket="work", patience_seconds=4.0)


@pytest.fixture
def configured(tmp_path: Path) -> Callable[..., Settings]:
    """Settings with a Region and a configuration file of this content."""

    def make(content: str = "", **given: Any) -> Settings:
        path = tmp_path / "aws.yml"
        path.write_text(content, encoding="utf-8")
        return load_settings(**{"data": tmp_path / "data", "aws_region": "us-east-1", "aws_config": path, **given})

    return make
