"""Clients of AWS services: boto3 with our limits, so that no call hangs and each is tried a few times."""

from __future__ import annotations

from typing import Any


def client(service: str, region: str, *, read_timeout: float = 20.0) -> Any:
    """A boto3 client. Credentials, profiles and ``AWS_ENDPOINT_URL`` come from where boto3 looks for them.

    Args:
        service: boto3's name of it, such as ``sqs``.
        region: AWS Region.
        read_timeout: seconds that an answer may take; longer than the wait of a long poll.
    """
    import boto3
    from botocore.config import Config

    config = Config(
        # Old query signing, which boto3 still uses for S3 in places, cannot read what a KMS key encrypts.
        signature_version="s3v4" if service == "s3" else None,
        connect_timeout=5,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": 4},
        max_pool_connections=20,
    )
    # A session of its own: boto3's default one is not made for threads.
    make: Any = boto3.session.Session().client
    made = make(service, region_name=region, config=config)
    if service == "s3" and ".amazonaws.com" in made.meta.endpoint_url:
        # Unless told, boto3 signs addresses for the global host, which redirects forms to a new bucket elsewhere for a
        # day, and browsers do not follow. Other stores, behind AWS_ENDPOINT_URL, may know no host for each bucket.
        host = Config(s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"})
        made = make(service, region_name=region, config=config.merge(host))
    return made
