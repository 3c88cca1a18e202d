"""Jobs that AWS does in its own time: films and sounds where it can read them, and waiting for the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from moderation.core.items import Part
from moderation.hookspecs import Context, Unavailable
from moderation_aws.calls import Account, Caller, CallRefused

Result = TypeVar("Result")

FOLDER = "moderation-work"
"""Of the bucket, for what is put there for a job and for what jobs write. A lifecycle rule should empty it."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 15.0
MARGIN_SECONDS = 30.0
"""What a detector of jobs has beside its waiting, for calls and results."""
_EXTENSIONS = {
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/mp4": "m4a",
    "audio/webm": "webm",
}


@contextmanager
def in_s3(part: Part, context: Context, account: Account, caller: Caller) -> Iterator[str]:
    """The part's ``s3://`` name for a job to read: its own, or a copy in the bucket that goes when the block ends well.

    When the block ends badly the job may still run, and needs the copy.

    Raises:
        Unavailable: no bucket is named, or it does not take the copy.
    """
    assert part.media is not None
    if account.own_media is not None and part.media.uri.startswith(account.own_media):
        yield part.media.uri
        return
    if account.bucket is None:
        raise Unavailable("no bucket is named for what AWS reads from S3: set bucket in MODERATION_AWS_CONFIG")
    extension = _EXTENSIONS.get(part.media.content_type, "bin")
    key = f"{FOLDER}/{part.media.sha256}.{extension}"
    account.call(caller, "s3", "PutObject", 0, Bucket=account.bucket, Key=key, Body=context.read(part))
    yield f"s3://{account.bucket}/{key}"
    account.call(caller, "s3", "DeleteObject", 0, Bucket=account.bucket, Key=key)


def read_object(account: Account, caller: Caller, bucket: str, key: str) -> bytes:
    """The bytes of an object. Raises `CallRefused` with code ``NoSuchKey`` when there is none."""
    from botocore.exceptions import BotoCoreError

    body = account.call(caller, "s3", "GetObject", 0, Bucket=bucket, Key=key)["Body"]
    try:
        data: bytes = body.read()
    except BotoCoreError as error:
        raise CallRefused(type(error).__name__, f"s3://{bucket}/{key} broke off while it was read") from error
    return data


def wait_for(
    look: Callable[[], Result | None], seconds: float, what: str, pause: Callable[[float], None] = time.sleep
) -> Result:
    """What `look` gives once it gives something.

    Args:
        look: None while the job runs.
        seconds: how long to wait.
        what: the job, for people.
        pause: passes the time between two looks, given how long; may come back early when there is news.

    Raises:
        Unavailable: it still runs. Its name follows from the content, so that the next try finds it.
    """
    deadline = time.monotonic() + seconds
    step = FIRST_PAUSE_SECONDS
    while (result := look()) is None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise Unavailable(f"{what} still runs after {seconds:g} s; the next try finds it")
        pause(min(step, left))
        step = min(step * 1.5, LONGEST_PAUSE_SECONDS)
    return result
