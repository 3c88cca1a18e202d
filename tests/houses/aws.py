"""AWS as moto plays it, in this process: no call leaves the machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import boto3

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
