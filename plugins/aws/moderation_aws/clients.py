"""Clients of AWS services: one per process, service and Region, with time-outs and an explicit retry mode."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0
"""The synchronous operations answer within two seconds; one that takes ten times that is stuck."""

_making = threading.Lock()


def client(service: str, region: str) -> Any:
    """The boto3 client, made at the first call. May be used by several threads.

    botocore's own retries are off (mode ``standard``, one attempt): `moderation_aws.calls` repeats calls, because each
    attempt needs a turn of its own under the account's quota.
    """
    with _making:  # boto3's session must not make two clients at once
        return _client(service, region)


@lru_cache(maxsize=1)
def _session() -> Any:
    import boto3

    return boto3.session.Session()


@lru_cache(maxsize=32)
def _client(service: str, region: str) -> Any:
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 1},
        max_pool_connections=16,
        signature_version="s3v4" if service == "s3" else None,
        user_agent_extra="moderation",
    )
    return _session().client(service, region_name=region, config=config)


def forget() -> None:
    """Drop all clients, so that new credentials or endpoints take effect."""
    _client.cache_clear()
    _session.cache_clear()
