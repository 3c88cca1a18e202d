"""What both clients can ask beside single items, said once: they differ in when an answer is there, not in the call."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal, TypeVar

from moderation_client.calls import Call, batch, given, of_item, path_of

Answer = TypeVar("Answer")
"""What a call gives: a JSON object as a dict, or of `AsyncClient` one that is to be awaited."""


class Operations(ABC, Generic[Answer]):
    """Calls of the API that answer JSON as it is described in ``/openapi.json``."""

    @abstractmethod
    def _send(self, call: Call) -> Any:
        """Send a call, again where that is safe."""

    # Items

    def post_batch(self, items: Sequence[Mapping[str, Any]], *, idempotency_key: str | None = None) -> Answer:
        """Post up to 100 items at once; answers come in their order.

        Args:
            items: each with `parts`, and what else `Client.post` takes.
            idempotency_key: see `Client.post`.
        """
        return self._json(batch(items, idempotency_key))

    def items(self, **query: Any) -> Answer:
        """A page of items, newest first: `items`, and `next_cursor` where there are more, which goes into `cursor`.

        Args:
            query: `status`, `app`, `label`, `outcome`, `content_id`, `author`, `thread`, `parent`, `place`, `words`,
                `since`, `until`, `cursor`, `limit`, `fields`.
        """
        return self._json(Call("GET", "/v1/items", parameters=given(**query)))

    def redacted_part(self, item_id: str, part_id: str) -> Any:
        """The copy of a part that may be shown, as bytes (of `AsyncClient`, to be awaited)."""
        return self._send(Call("GET", of_item(item_id, path_of("/parts/{}/redacted", part_id))))

    def statement(
        self, item_id: str, *, language: Literal["en", "es"] | None = None, decision: int | None = None
    ) -> Answer:
        """The statement of reasons of a decision, for the user who was moderated.

        Args:
            decision: its number; None for the one in force.
        """
        asked = given(language=language, decision=decision, format="json")
        return self._json(Call("GET", of_item(item_id, "/statement"), parameters=asked))

    def deliveries(self, item_id: str) -> Answer:
        """What was sent of an item, what receivers answered, and when the next try is."""
        return self._json(Call("GET", of_item(item_id, "/deliveries")))

    def resend(self, item_id: str, delivery_id: str) -> Answer:
        """Deliver once more."""
        path = of_item(item_id, path_of("/deliveries/{}/resend", delivery_id))
        return self._json(Call("POST", path, is_repeatable=False))

    def all_deliveries(self, *, state: str | None = None, cursor: str | None = None) -> Answer:
        """A page of the app's deliveries; those of `state` ``given_up`` are not tried any more."""
        return self._json(Call("GET", "/v1/deliveries", parameters=given(state=state, cursor=cursor)))

    # Users' reports, and public notices

    def flag(self, reason: str, reporter: str, *, item: str | None = None, content_id: str | None = None) -> Answer:
        """Pass on what a user says is wrong with an item, named by its id or by the app's own name for it."""
        body = given(reason=reason, reporter=reporter, item=item, content_id=content_id)
        return self._json(Call("POST", "/v1/flags", body))

    def flags(self, *, reporter: str | None = None, item: str | None = None) -> Answer:
        """Reports, by who gave them or of an item."""
        return self._json(Call("GET", "/v1/flags", parameters=given(reporter=reporter, item=item)))

    def get_flag(self, flag_id: str) -> Answer:
        """A report, and what became of it."""
        return self._json(Call("GET", path_of("/v1/flags/{}", flag_id)))

    def notice(self, **notice: Any) -> Answer:
        """Hand in a public notice.

        Args:
            notice: `place`, `kind`, `reason`, `good_faith`, and where they are known `name`, `mail`, `signature`,
                `language`, `flagger_key`.
        """
        return self._json(Call("POST", "/v1/notices", given(**notice), is_repeatable=False))

    def notices(self, *, status: str | None = None) -> Answer:
        """Public notices about the app's items."""
        return self._json(Call("GET", "/v1/notices", parameters=given(status=status)))

    def get_notice(self, number: str) -> Answer:
        """A public notice."""
        return self._json(Call("GET", path_of("/v1/notices/{}", number)))

    def appeal_notice(self, number: str, reason: str) -> Answer:
        """Have another person look at a notice again."""
        call = Call("POST", path_of("/v1/notices/{}/appeal", number), {"reason": reason}, is_repeatable=False)
        return self._json(call)

    # Out-of-court disputes

    def disputes(self, item_id: str) -> Answer:
        """Disputes about decisions on an item."""
        return self._json(Call("GET", of_item(item_id, "/disputes")))

    def add_dispute(self, item_id: str, body: str, reference: str, *, submitted_at: str | None = None) -> Answer:
        """Record that a decision lies before an out-of-court body.

        Args:
            body: its name.
            reference: under which it knows the case.
            submitted_at: RFC 3339; None for now.
        """
        said = given(body=body, reference=reference, submitted_at=submitted_at)
        return self._json(Call("POST", of_item(item_id, "/disputes"), said, is_repeatable=False))

    def settle_dispute(self, item_id: str, dispute_id: str, outcome: str, **more: Any) -> Answer:
        """Record what the body said.

        Args:
            more: `decided_at`, `is_followed`.
        """
        path = of_item(item_id, path_of("/disputes/{}/outcome", dispute_id))
        return self._json(Call("POST", path, given(outcome=outcome, **more), is_repeatable=False))

    # Lists at run time

    def lists(self) -> Answer:
        """The lists."""
        return self._json(Call("GET", "/v1/lists"))

    def get_list(self, name: str) -> Answer:
        """What is on a list."""
        return self._json(Call("GET", path_of("/v1/lists/{}", name)))

    def list_changes(self, name: str) -> Answer:
        """Who put what on a list or took it off, when and why."""
        return self._json(Call("GET", path_of("/v1/lists/{}/changes", name)))

    def add_to_list(
        self, name: str, value: str, why: str, *, expires_at: str | None = None, kind: str | None = None
    ) -> Answer:
        """Put a value on a list; one that is there is there once.

        Args:
            expires_at: RFC 3339; None for good.
            kind: ``values``, ``words``, ``domains`` or ``hashes``, of a list that is not there yet.
        """
        body = given(value=value, why=why, expires_at=expires_at, kind=kind)
        return self._json(Call("POST", path_of("/v1/lists/{}", name), body, is_repeatable=False))

    def remove_from_list(self, name: str, entry_id: str, why: str) -> Answer:
        """Take an entry off a list."""
        return self._json(Call("DELETE", path_of("/v1/lists/{}/entries/{}", name, entry_id), parameters={"why": why}))

    # Remoderations, for operators

    def remoderate(self, why: str, **more: Any) -> Answer:
        """Have decided items judged by the policies in force; with `dry_run` it is only said what would change.

        Args:
            more: `dry_run`, `app`, `since`, `most`, `pace`, `with_people`.
        """
        is_look = bool(more.get("dry_run"))
        return self._json(Call("POST", "/v1/remoderations", given(why=why, **more), is_repeatable=is_look))

    def remoderations(self) -> Answer:
        """Runs, newest first."""
        return self._json(Call("GET", "/v1/remoderations"))

    def get_remoderation(self, run_id: str) -> Answer:
        """A run, and how far it is."""
        return self._json(Call("GET", path_of("/v1/remoderations/{}", run_id)))

    def cancel_remoderation(self, run_id: str) -> Answer:
        """Stop a run before its next item."""
        return self._json(Call("POST", path_of("/v1/remoderations/{}/cancel", run_id), is_repeatable=False))

    def undo_remoderation(self, run_id: str) -> Answer:
        """Decide as before what a run has changed."""
        return self._json(Call("POST", path_of("/v1/remoderations/{}/undo", run_id), is_repeatable=False))

    # What is in force, and what is done at once

    def policies(self) -> Answer:
        """The policies in force."""
        return self._json(Call("GET", "/v1/policies"))

    def policy(self, name: str) -> Answer:
        """A policy, with its version."""
        return self._json(Call("GET", path_of("/v1/policies/{}", name)))

    def detectors(self) -> Answer:
        """The detectors, with their cards."""
        return self._json(Call("GET", "/v1/detectors"))

    def detector(self, name: str) -> Answer:
        """The card of a detector: what it sees, and what it does not."""
        return self._json(Call("GET", path_of("/v1/detectors/{}", name)))

    def redact(self, text: str, **more: Any) -> Answer:
        """A text without personal data, and what was found; nothing of it is stored.

        Args:
            more: `types`, `mask`, `mode`, `format`.
        """
        return self._json(Call("POST", "/v1/redact", given(text=text, **more)))

    def _json(self, call: Call) -> Answer:
        answer: Answer = self._send(call)
        return answer
