"""What is said to S3 and what S3 says, between its words and ours: encryption, metadata, errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import Any

from ground.errors import NotFound, StoreUnavailable


@dataclass(frozen=True)
class Encryption:
    """How objects are to be encrypted.

    Attributes:
        way: None as the bucket does, ``AES256``, ``aws:kms``, or the ARN of a KMS key.
    """

    way: str | None = None

    @property
    def arguments(self) -> dict[str, str]:
        """For PutObject."""
        if self.way is None:
            return {}
        if self.way in ("AES256", "aws:kms"):
            return {"ServerSideEncryption": self.way}
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.way}

    @property
    def form_fields(self) -> dict[str, str]:
        """The same for a POST ("Creating a POST policy" in S3's API reference)."""
        names = {
            "ServerSideEncryption": "x-amz-server-side-encryption",
            "SSEKMSKeyId": "x-amz-server-side-encryption-aws-kms-key-id",
        }
        return {names[name]: value for name, value in self.arguments.items()}


def ask(uri: str, done: str, call: Callable[[], Any]) -> Any:
    """What S3 answers about an object.

    Args:
        done: what was to be done with it, for messages: ``read``, ``stored``.

    Raises:
        NotFound: there is no such object, version or bucket.
        StoreUnavailable: S3 did not answer, or does not let us.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return call()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket", "NoSuchVersion", "404"):
            raise NotFound(f"no stored object {uri}") from error
        raise StoreUnavailable(f"{uri} could not be {done}: {error}") from error
    except BotoCoreError as error:
        raise StoreUnavailable(f"{uri} could not be {done}: {error}") from error


def metadata_of(answer: Any) -> dict[str, str]:
    """What the uploader said about an object (``x-amz-meta-*``), names in lower case.

    Beyond ASCII it comes as RFC 2047 words (S3 user guide, "User-defined object metadata").
    """
    return {name.lower(): _decoded(value) for name, value in answer.get("Metadata", {}).items()}


def _decoded(value: str) -> str:
    try:
        decoded = str(make_header(decode_header(value)))
    except (ValueError, LookupError, HeaderParseError):
        return value
    return decoded if decoded.isprintable() else value
