"""Taking posted items in: once for each idempotency key, within the backlog, with a wait for those that may wait."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Response, g, request, url_for

from ground.holding import LEASE_SECONDS
from moderation.api.bodies import check_encoding, read_batch, read_items
from moderation.api.figures import Figures
from moderation.api.openapi import Parameter
from moderation.api.problems import Refused, document, invalid, refusal_of
from moderation.api.schemas.posting import BatchAnswer, BatchEntry
from moderation.api.views import accepted_view, document_of, item_view
from moderation.core.errors import StoreUnavailable
from moderation.core.items import Item
from moderation.intake.submissions import Submissions
from moderation.service import Service
from moderation.storage.idempotency import Answer, KeyedAnswer, KeyedPost

MAX_BATCH = 100
WAIT = Parameter(
    "wait",
    {"type": "number", "minimum": 0, "maximum": 30},
    "Seconds to wait for the decision; it ends when people are asked.",
)
IDEMPOTENCY_KEY = Parameter(
    "Idempotency-Key",
    # Blanks at either end are no part of a header's value (RFC 9110, section 5.5).
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    "The same key and body get the same answer; kept in the database.",
    "header",
)


class Posting:
    """Taking items in: once for each idempotency key, within the backlog, counted.

    Posts that wait for their decisions do so in threads that are there for it, within their app's share of them: others
    are answered 202 without waiting.
    """

    def __init__(self, service: Service, figures: Figures) -> None:
        self._service, self._figures = service, figures
        self._waits = _Shares(service.settings.waits)

    def once(self, take: Callable[[KeyedPost | None], Answer]) -> Response:
        """Answer with `take`, or with what the same post was answered before."""
        check_encoding(request)
        key = _idempotency_key()
        if key is None:
            return _response(self._counted(lambda: take(None)))
        post = KeyedPost(g.app_name, key, _body_digest())
        kept = self._service.store.kept_answer(post, self._service.pipeline.now())
        if kept is not None:
            self._count("repeated")
            return _response(kept)
        return _response(self._counted(lambda: take(post)))

    def take_one(self, wait: float, post: KeyedPost | None) -> Answer:
        """Store one item and wait for its decision."""
        self._refuse_overload()
        data, files = read_items(request)
        item = self._service.pipeline.prepare(self._submissions().of_posted(data, files))
        answer = _accepted(item)
        waits = wait > 0 and self._waits.take(g.app_name)
        try:
            until = item.created_at + timedelta(seconds=LEASE_SECONDS) if waits else None
            earlier = self._stored([item], post, answer, until)
            if earlier is not None:
                return earlier
            return self._waited(item, wait, post, answer, until) if until is not None else answer
        finally:
            if waits:
                self._waits.give_back(g.app_name)

    def take_batch(self, post: KeyedPost | None) -> Answer:
        """Store the good items of a batch in one commit."""
        self._refuse_overload()
        submissions = self._submissions()
        entries: list[BatchEntry] = []
        good: list[Item] = []
        for posted in read_batch(request, MAX_BATCH):
            try:
                item = self._service.pipeline.prepare(submissions.of_posted(posted))
            except Exception as error:
                refused = refusal_of(error)
                if refused is None or refused.status >= 500:
                    raise
                entries.append(BatchEntry.model_validate({"status": refused.status, "problem": document(refused)}))
                continue
            good.append(item)
            entries.append(BatchEntry(status=202, id=item.id, item=accepted_view(item)))
        body = BatchAnswer(items=entries).model_dump(mode="json", exclude_none=True)
        if not good:
            detail = "no item was accepted and nothing was stored; items[].problem says why"
            raise Refused(422, "batch-refused", detail, more=body)
        answer = {"status": 202, "location": None, "body": body}
        earlier = self._stored(good, post, answer)
        if earlier is None:
            self._count("refused", len(entries) - len(good))
        return earlier or answer

    def _stored(
        self, new: Sequence[Item], post: KeyedPost | None, answer: Answer, in_flight_until: datetime | None = None
    ) -> Answer | None:
        """Store items with the answer to their post; where the same post was faster, its answer, and nothing is."""
        keyed = None if post is None else KeyedAnswer(post, answer, new[0].created_at, in_flight_until)
        earlier = self._service.pipeline.intake(new, keyed)
        if earlier is None:
            self._count("accepted", len(new))
        else:
            self._count("repeated")
        return earlier

    def _submissions(self) -> Submissions:
        return Submissions(self._service, g.app_name)

    def _waited(self, item: Item, wait: float, post: KeyedPost | None, answer: Answer, until: datetime) -> Answer:
        """The answer after the wait. The item is stored: whatever happens now, it was accepted.

        Args:
            until: the end of the lease under which others with the same key are told that the post is in flight. It is
                moved on as long as this process lives, so that a kill keeps the key from nobody.
        """
        names = [] if post is None else [post.name]
        try:
            with self._service.waits.hold(names, until, wait + LEASE_SECONDS):
                record = self._service.pipeline.wait_decided(item.id, wait)
                if record.status == "decided":
                    answer = {**answer, "status": 200, "body": document_of(item_view(record, self._service.versions))}
                else:
                    answer = _accepted(item, record.status)
                if post is not None:
                    self._service.store.make_final(post, answer)
        except StoreUnavailable:
            return _accepted(item)
        return answer

    def _refuse_overload(self) -> None:
        settings, waiting = self._service.settings, self._service.backlog()
        is_mine = waiting.get(g.app_name, 0) >= settings.max_app_backlog
        if is_mine or sum(waiting.values()) >= settings.max_backlog:
            self._count("overloaded")
            whose = f"of app '{g.app_name}' " if is_mine else ""
            detail = f"too many items {whose}wait; try again later"
            raise Refused(429, "overloaded", detail, headers={"Retry-After": "10"})

    def _counted(self, take: Callable[[], Answer]) -> Answer:
        try:
            return take()
        except Exception as error:
            refused = refusal_of(error)
            if refused is not None and refused.status in (400, 403, 413, 415, 422):
                self._count("refused")
            raise

    def _count(self, answer: str, items: int = 1) -> None:
        self._figures.posted(answer, items)


class _Shares:
    """Places of which each app has half at most."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, app: str) -> bool:
        """Take a place; False when all are taken, or the app's share."""
        with self._lock:
            if self._taken.total() >= self._places or self._taken[app] >= (self._places + 1) // 2:
                return False
            self._taken[app] += 1
            return True

    def give_back(self, app: str) -> None:
        """Let somebody else have it."""
        with self._lock:
            self._taken[app] -= 1
            if not self._taken[app]:
                del self._taken[app]


def _accepted(item: Item, status: str = "pending") -> Answer:
    location = url_for("items.get_item", item_id=item.id)
    return {"status": 202, "location": location, "body": document_of(accepted_view(item, status))}


def _response(answer: Answer) -> Response:
    """A kept answer, byte for byte the same each time."""
    response = json_response(answer["body"], answer["status"])
    if answer["location"]:
        response.headers["Location"] = answer["location"]
    return response


def json_response(body: Any, status: int = 200) -> Response:
    """A body as JSON."""
    return Response(json.dumps(body), status, content_type="application/json")


def _body_digest() -> str:
    """What makes a post the same post; the boundary of a multipart body differs each time, so its fields count."""
    digest = hashlib.sha256()

    def add(*pieces: bytes) -> None:
        for piece in pieces:
            digest.update(len(piece).to_bytes(8, "big"))
            digest.update(piece)

    add(request.path.encode("utf-8", "surrogatepass"))
    if request.mimetype == "multipart/form-data":
        for name, value in request.form.items(multi=True):
            add(b"field", name.encode("utf-8", "surrogatepass"), value.encode("utf-8", "surrogatepass"))
        for name, file in request.files.items(multi=True):
            add(b"file", name.encode("utf-8", "surrogatepass"), (file.filename or "").encode("utf-8", "surrogatepass"))
            add(file.stream.read())
            file.stream.seek(0)
    else:
        add(b"body", request.get_data(cache=True))
    return digest.hexdigest()


def _idempotency_key() -> str | None:
    key, most = request.headers.get(IDEMPOTENCY_KEY.name), IDEMPOTENCY_KEY.schema["maxLength"]
    if key is not None and not (1 <= len(key) <= most and key.isascii() and key.isprintable()):
        raise invalid(IDEMPOTENCY_KEY.name, f"1 to {most} printable ASCII characters")
    return key


def wait_seconds() -> float:
    """What the request says in ``?wait=``; 0 for nothing. Raises `Refused`."""
    text, most = request.args.get(WAIT.name), WAIT.schema["maximum"]
    if text is None:
        return 0.0
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= most:
        raise invalid(WAIT.name, f"a number of seconds from 0 to {most}")
    return seconds
