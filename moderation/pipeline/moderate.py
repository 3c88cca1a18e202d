"""The path of an item: intake, moderate, answer, decide. The only module that orders steps and writes them.

Every step may run twice and has one effect: rows are claimed under a lease, loop names follow from the item's id, and a
unique index keeps the first decision the only one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import JsonValue

from moderation.core.decisions import Decision, PolicyRef
from moderation.core.errors import (
    AppealRefused,
    CapReached,
    HumanLoopRefused,
    HumanLoopsUnavailable,
    ModerationError,
    NotFound,
    OutputMalformed,
    StoreUnavailable,
)
from moderation.core.fingerprints import EarlierDecision, Fingerprint
from moderation.core.items import Item, Part
from moderation.core.loops import Answer, MoreAnswersWanted, Resolution, consolidate
from moderation.core.policy.policies import Policy, PolicySet, Queue
from moderation.core.redaction import RedactedPart
from moderation.core.retention import media_until
from moderation.core.rules.caps import caps
from moderation.core.verdicts import Sample
from moderation.detection.judge import Judge, Judgement, content_types_of
from moderation.review.client import LoopState, input_content
from moderation.review.fallback import AnyHumanLoops
from moderation.storage.items import Store
from moderation.storage.records import Claim, Findings, ItemRecord, LoopRecord, new_item_id

logger = logging.getLogger(__name__)

MAX_ROUNDS = 6
"""Human loops for one item, tie-breaks and repeats of failed ones included, before it waits for a lead to look."""
LOCKED = "a locked rule, which people cannot set aside"
MAX_APPEALS = 3
SHORTEST_LOOK_SECONDS, LONGEST_LOOK_SECONDS = 0.02, 0.25
"""Pauses between looks at an item that somebody waits for and another process may moderate."""
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 600.0


@dataclass(frozen=True)
class Submission:
    """What an app posts, checked, with its media in the store.

    Attributes:
        parts: with ids ``p0``, ``p1``, ...
        metadata: JSON values.
    """

    app: str
    parts: tuple[Part, ...]
    content_id: str | None = None
    metadata: Mapping[str, JsonValue] | None = None
    callback_url: str | None = None


class Pipeline:
    """Orders the steps.

    Args:
        ring: says that items wait.
        decided: told of each decision after its commit.
        media_keep_days: how long media is kept where no policy says it; None for good.
        old_policy: the policy of a version that was in force at some time; None when it is not known.
        earlier: decisions on other items that are nearly the same as one, by its id.
        clock: the wall time; given for tests.
    """

    def __init__(
        self,
        store: Store,
        judge: Judge,
        human_loops: Callable[[], AnyHumanLoops],
        *,
        ring: Callable[[], None],
        decided: Callable[[Item, Decision], None],
        old_policy: Callable[[str], Policy | None] = lambda _: None,
        earlier: Callable[[str], Sequence[EarlierDecision]] = lambda _: (),
        lease_seconds: float,
        max_attempts: int,
        poll_seconds: float,
        media_keep_days: int | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.store = store
        self.judge = judge
        self._human_loops = human_loops
        self._ring = ring
        self._decided = decided
        self._old_policy = old_policy
        self._earlier = earlier
        self._lease_seconds = lease_seconds
        self._max_attempts = max_attempts
        self._poll_seconds = poll_seconds
        self._keep_days = media_keep_days
        self._clock = clock
        self._listeners: dict[str, list[threading.Event]] = {}
        self._listening_lock = threading.Lock()

    def now(self) -> datetime:
        """The wall time that the steps go by."""
        return self._clock()

    # Intake

    def prepare(self, submission: Submission) -> Item:
        """The item that a submission becomes; nothing is stored.

        Raises:
            PolicyMissing: there is a part that no policy covers.
        """
        self.judge.applicable(submission.app, submission.parts)
        now = self._clock()
        return Item(
            id=new_item_id(now),
            app=submission.app,
            content_id=submission.content_id,
            parts=submission.parts,
            metadata=dict(submission.metadata or {}),
            callback_url=submission.callback_url,
            created_at=now,
        )

    def intake(self, items: Sequence[Item], key: tuple[str, str, Mapping[str, Any]] | None = None) -> None:
        """Store prepared items in one durable commit, then say that there is work. `key` as in `Store.add_items`."""
        self.store.add_items(items, key)
        self._ring()

    # Work

    def moderate_waiting(self, limit: int) -> int:
        """Claim waiting items and moderate them, one after the other; says how many were claimed."""
        claims = self.store.claim(limit, self._lease_seconds, self._clock())
        began = time.monotonic()
        for number, claim in enumerate(claims):
            # Items at the end of a long claim must not outlive its lease unseen.
            if time.monotonic() - began > self._lease_seconds / 2:
                self.store.release([late.item.id for late in claims[number:]], claim.held_until)
                break
            self._moderate_claimed(claim)
        return len(claims)

    def _moderate_claimed(self, claim: Claim) -> None:
        item = claim.item
        prints: tuple[Fingerprint, ...] = ()
        try:
            if claim.attempts > self._max_attempts:
                message = f"given up after {self._max_attempts} attempts"
                judgement = self.judge.give_up(item, message)
            else:
                judgement = self.judge.judge(item)
                prints = self.judge.fingerprints(item)
            self._conclude(item, judgement, prints)
        except StoreUnavailable as error:
            logger.warning("item=%s waits: %s", item.id, error)
        except Exception:
            # The lease runs out and the item is tried again; after max_attempts it goes to people as it is.
            logger.exception("item=%s attempt=%d failed", item.id, claim.attempts)

    def _conclude(self, item: Item, judgement: Judgement, prints: Sequence[Fingerprint]) -> None:
        spent: set[str] = set()
        while True:
            try:
                return self._act_on(item, judgement, prints)
            except CapReached as reached:
                # Each time another rule is used up, so this ends.
                logger.warning("item=%s %s", item.id, reached)
                spent |= reached.rules
                judgement = self.judge.judge_again(item, judgement, spent)

    def _act_on(self, item: Item, judgement: Judgement, prints: Sequence[Fingerprint]) -> None:
        verdict = judgement.verdict
        held = [sample for sample in verdict.samples if sample.hold]
        if verdict.outcome == "review" or held:
            loop = self._first_loop(item, judgement, held[0] if held else None)
            self.store.send_to_people(item.id, judgement.findings, verdict, loop, prints)
            self._news_of(item.id)
            self._start_loop(loop)
            return
        decision = Decision(
            outcome=verdict.outcome,
            decided_by="rules",
            labels=verdict.labels,
            reason=verdict.reason,
            policy=verdict.policy,
            decided_at=self._clock(),
        )
        redacted: list[RedactedPart] = []
        if verdict.outcome == "approve" and verdict.redact:
            redacted, failures = self.judge.redact(item, judgement.parts, verdict.redact)
            known = {(failure.detector.name, failure.part) for failure in judgement.failures}
            if any((failure.detector.name, failure.part) not in known for failure in failures):
                # What cannot be shown redacted is no clean approval: the policies have the word again.
                self._conclude(item, self.judge.judge_again(item, judgement, (), failures), prints)
                return
        decided = self.store.decide(
            item.id,
            decision,
            judgement.findings,
            verdict,
            redacted=redacted,
            samples=[self._sample_loop(item, judgement, n, sample) for n, sample in enumerate(verdict.samples, 1)],
            caps=caps(verdict, judgement.policies),
            media_until=self._media_until(decision, item, judgement.parts, judgement.policies),
            fingerprints=prints,
        )
        self._tell(item, decided)

    def _first_loop(self, item: Item, judgement: Judgement, held: Sample | None) -> LoopRecord:
        """The loop that decides an item: because the rules ask for people, or because it is a sample that waits."""
        verdict = judgement.verdict
        if held is None:
            return self._new_loop(item.id, 1, judgement.policies.get(verdict.policy.name), verdict.queue)
        loop = self._new_loop(item.id, 1, judgement.policies.get(held.policy), held.queue)
        return replace(loop, sampling=held.id, is_blind=held.blind)

    def _sample_loop(self, item: Item, judgement: Judgement, number: int, sample: Sample) -> LoopRecord:
        """A loop that looks at an item after it was decided, and changes nothing about it."""
        loop = self._new_loop(item.id, number, judgement.policies.get(sample.policy), sample.queue)
        name = f"{item.id}-s{number}"
        return replace(loop, name=name, purpose="sample", sampling=sample.id, is_blind=sample.blind)

    def _media_until(
        self, decision: Decision, item: Item, parts: Sequence[Part], policies: PolicySet
    ) -> datetime | None:
        """When the item's media may go, by the policies that are for it."""
        applicable = policies.for_content(item.app, content_types_of(parts))
        return media_until(applicable, decision.outcome, decision.decided_at, self._keep_days)

    # People

    def look_at_loops(self, limit: int = 50) -> int:
        """Start loops that wait to be started, and ask about open ones whose time has come; says how many."""
        due = self.store.due_loops(self._clock(), limit)
        for loop in due:
            if loop.state == "starting":
                self._start_loop(loop)
            else:
                self.answer(loop.name)
        return len(due)

    def answer(self, loop_name: str) -> None:
        """See how a loop stands; when it has ended, consolidate the answers and decide, or ask again.

        Events come late, twice, out of order or for loops that are not ours; the loop's own description decides.
        """
        try:
            loop = self.store.get_loop(loop_name)
        except NotFound:
            logger.warning("loop=%s is not ours", loop_name)
            return
        if loop.state == "ended":
            return
        try:
            self._follow(loop, self._human_loops().at(loop.arn).describe(loop.name))
        except NotFound:
            self._next_round(loop, (), f"A2I does not know human loop {loop.name} any more", loop.queue)
        except (OutputMalformed, HumanLoopRefused) as error:
            logger.error("loop=%s %s", loop.name, error)
            self._pause(loop, str(error))
        except (HumanLoopsUnavailable, StoreUnavailable) as error:
            logger.warning("loop=%s %s", loop.name, error)
            self._pause(loop, None)

    def _follow(self, loop: LoopRecord, state: LoopState) -> None:
        if state.status in ("InProgress", "Stopping"):
            self._pause(loop, None)
        elif state.status == "Completed" and state.output_uri is not None:
            self._consolidate(loop, self._human_loops().at(loop.arn).answers(loop.name, state.output_uri))
        else:
            reason = state.failure or f"human loop ended as {state.status}"
            self._next_round(loop, (), reason, loop.queue)

    def appeal(self, record: ItemRecord, reason: str) -> None:
        """Ask people who have not seen the item to decide it anew; their decision supersedes the one there is.

        Raises:
            AppealRefused: the item is not decided, or was appealed `MAX_APPEALS` times.
        """
        appeals = [loop for loop in record.loops if loop.purpose == "appeal"]
        decision, verdict = record.decision, record.verdict
        if decision is None or verdict is None or record.status != "decided":
            raise AppealRefused(f"item {record.item.id} is {record.status}; it can be appealed once it is decided")
        if record.media_deleted_at is not None:
            raise AppealRefused(f"item {record.item.id} cannot be looked at again: its media is not kept any longer")
        if len({loop.appeal for loop in appeals}) >= MAX_APPEALS:
            raise AppealRefused(f"item {record.item.id} was appealed {MAX_APPEALS} times; that is all there is")
        earlier = next((loop for loop in reversed(record.loops) if loop.purpose != "sample"), None)
        policy = self._in_force(earlier.policy if earlier else verdict.policy.name)
        if policy is None or not policy.file.queues:
            with_queue = (each for each in self.judge.policies.policies if each.file.queues)
            applicable = (each for each in with_queue if each.applies(record.item.app, content_types_of(record.parts)))
            policy = next(applicable, None)
        if policy is None:
            raise AppealRefused("no policy in force has a queue that such an item could go to")
        queue = earlier.queue if earlier and any(q.name == earlier.queue for q in policy.file.queues) else None
        number = len(appeals) + 1
        loop = self._new_loop(record.item.id, number, policy, queue)
        loop = replace(loop, name=f"{record.item.id}-a{number}", purpose="appeal", appeal=reason)
        self.store.open_appeal(record.item.id, loop)
        self._start_loop(loop)

    def _consolidate(self, loop: LoopRecord, answers: Sequence[Answer]) -> None:
        _, queue = self._queue(loop)
        ask = queue.if_no_agreement
        result = consolidate(
            answers,
            reviewers=queue.reviewers,
            agree=queue.agree,
            if_no_agreement=None if ask is None else ask.queue or ask.outcome,
        )
        if loop.purpose == "sample":
            outcome = result.outcome if isinstance(result, Resolution) else None
            self.store.end_round(loop.name, answers, None, outcome)
        elif result is None:
            self._next_round(loop, answers, "too few answers", loop.queue)
        elif isinstance(result, MoreAnswersWanted):
            self._next_round(loop, answers, result.reason, result.queue)
        else:
            self.store.save_answers(loop.name, answers)
            self._decide_by_people(self.store.get_item(loop.item_id), loop, result, answers)

    def _decide_by_people(
        self, record: ItemRecord, loop: LoopRecord, result: Resolution, answers: Sequence[Answer]
    ) -> None:
        """A person's word beats every rule except a locked rejection."""
        verdict = record.verdict
        notes = [answer.note for answer in answers if answer.outcome == result.outcome and answer.note]
        reason = result.reason + (f": {notes[0]}" if notes else "")
        if loop.purpose == "appeal" and record.decision is not None:
            word = "upheld" if result.outcome == record.decision.outcome else "overturned"
            reason = f"Appeal: the decision is {word}. {reason}"
        decision = Decision(
            outcome=result.outcome,
            decided_by="people",
            labels=result.labels or (verdict.labels if verdict and result.outcome == "reject" else ()),
            reason=reason,
            policy=PolicyRef(name=loop.policy, version=loop.policy_version),
            decided_at=self._clock(),
        )
        if verdict is not None and verdict.has_locked_reject and result.outcome == "approve":
            # Only a sample that is held comes here: the rules alone reject, and people cannot undo a locked rule.
            decision = decision.model_copy(
                update={"outcome": "reject", "labels": verdict.labels, "reason": f"{verdict.reason} ({LOCKED})"}
            )
        redacted: list[RedactedPart] = []
        if decision.outcome == "approve" and verdict is not None and verdict.redact:
            # People have approved it: what cannot be redacted is withheld.
            redacted, _ = self.judge.redact(record.item, record.parts, verdict.redact)
        until = self._media_until(decision, record.item, record.parts, self.judge.policies)
        decided = self.store.decide(
            record.item.id, decision, None, None, loop.name, redacted=redacted, media_until=until
        )
        self._tell(record.item, decided)

    def _start_loop(self, loop: LoopRecord) -> None:
        record = self.store.get_item(loop.item_id)
        if record.verdict is None or (record.status == "decided" and loop.purpose == "review"):
            return
        policy, queue = self._queue(loop)
        findings = Findings(record.parts, record.detections, record.failures)
        try:
            earlier = [each.sentence() for each in self._earlier(loop.item_id)]
            content = input_content(record, findings, record.verdict, policy, queue, loop, earlier)
            arn = self._human_loops().start(loop.name, loop.flow, content)
        except (HumanLoopRefused, NotFound) as error:
            # Shown in readiness and logs, and tried again now and then: the cause may go.
            logger.error("loop=%s was refused: %s", loop.name, error)
            self._pause(loop, str(error))
        except (HumanLoopsUnavailable, StoreUnavailable) as error:
            logger.warning("loop=%s is started later: %s", loop.name, error)
            self._pause(loop, None)
        else:
            logger.info("loop=%s item=%s flow=%s is open", loop.name, loop.item_id, loop.flow)
            later = self._clock() + timedelta(seconds=self._poll_seconds)
            self.store.note_loop(loop.name, state="open", next_look_at=later, arn=arn)

    def _next_round(self, loop: LoopRecord, answers: Sequence[Answer], reason: str, queue: str) -> None:
        if loop.purpose == "sample":
            self.store.end_round(loop.name, answers, reason)
            return
        if loop.round >= MAX_ROUNDS:
            self.store.save_answers(loop.name, answers)
            problem = f"{MAX_ROUNDS} human loops came to nothing: {reason}"
            self.store.note_loop(loop.name, state="stuck", next_look_at=None, problem=problem)
            return
        record = self.store.get_item(loop.item_id)
        if record.verdict is None:
            return
        fresh = self._new_loop(loop.item_id, loop.round + 1, self._policy(loop), queue)
        fresh = replace(fresh, sampling=loop.sampling, is_blind=loop.is_blind, purpose=loop.purpose, appeal=loop.appeal)
        if loop.purpose == "appeal":
            fresh = replace(fresh, name=f"{loop.item_id}-a{fresh.round}")
        self.store.end_round(loop.name, answers, reason)
        self.store.send_to_people(loop.item_id, None, None, fresh)
        self._start_loop(fresh)

    def _pause(self, loop: LoopRecord, problem: str | None) -> None:
        """Look again later: soon at first, then less and less often."""
        first = self._poll_seconds if loop.state == "open" else SHORTEST_PAUSE_SECONDS
        seconds = max(first, SHORTEST_PAUSE_SECONDS) * 1.5 ** min(loop.looks, 30)
        later = self._clock() + timedelta(seconds=min(seconds, LONGEST_PAUSE_SECONDS))
        self.store.note_loop(loop.name, state=loop.state, next_look_at=later, problem=problem)

    def _new_loop(self, item_id: str, number: int, policy: Policy, queue_name: str | None) -> LoopRecord:
        """The loop of this round; its name follows from the item, so that it cannot be opened twice."""
        queue = policy.queue(queue_name) if queue_name else policy.file.queues[0]
        return LoopRecord(
            name=f"{item_id}-{number}",
            item_id=item_id,
            round=number,
            policy=policy.name,
            policy_version=policy.version,
            queue=queue.name,
            flow=queue.a2i_flow,
            state="starting",
            looks=0,
            created_at=self._clock(),
        )

    def _queue(self, loop: LoopRecord) -> tuple[Policy, Queue]:
        """The policy and queue of a loop: as they are in force now, else as they were when it was opened.

        Raises:
            HumanLoopRefused: neither is known any more; the loop waits until one is.
        """
        for policy in (self._in_force(loop.policy), self._as_it_was(loop)):
            if policy is not None and any(queue.name == loop.queue for queue in policy.file.queues):
                return policy, policy.queue(loop.queue)
        raise HumanLoopRefused(f"policy '{loop.policy}' has no queue '{loop.queue}' any more")

    def _policy(self, loop: LoopRecord) -> Policy:
        return self._in_force(loop.policy) or self._queue(loop)[0]

    def _in_force(self, name: str) -> Policy | None:
        return next((policy for policy in self.judge.policies.policies if policy.name == name), None)

    def _as_it_was(self, loop: LoopRecord) -> Policy | None:
        return self._old_policy(loop.policy_version)

    # News

    def wait_decided(self, item_id: str, seconds: float) -> ItemRecord:
        """The item as soon as it is decided or in review, or as it is when the time is over."""
        deadline = time.monotonic() + seconds
        pause = SHORTEST_LOOK_SECONDS
        with self._listening(item_id) as news:
            while True:
                news.clear()
                record = self.store.get_item(item_id)
                left = deadline - time.monotonic()
                if record.status != "pending" or left <= 0:
                    return record
                # Another process may moderate it, of which there is no news here: look now and then.
                news.wait(min(left, pause))
                pause = min(pause * 1.5, LONGEST_LOOK_SECONDS)

    @contextmanager
    def _listening(self, item_id: str) -> Iterator[threading.Event]:
        """An event that is set at news of the item; each who waits has one of their own."""
        news = threading.Event()
        with self._listening_lock:
            self._listeners.setdefault(item_id, []).append(news)
        try:
            yield news
        finally:
            with self._listening_lock:
                self._listeners[item_id].remove(news)
                if not self._listeners[item_id]:
                    del self._listeners[item_id]

    def _tell(self, item: Item, decision: Decision | None) -> None:
        if decision is None:
            return
        logger.info("item=%s outcome=%s by=%s", item.id, decision.outcome, decision.decided_by)
        self._news_of(item.id)
        try:
            self._decided(item, decision)
        except ModerationError as error:
            logger.error("item=%s telling of the decision failed: %s", item.id, error)

    def _news_of(self, item_id: str) -> None:
        with self._listening_lock:
            for news in self._listeners.get(item_id, ()):
                news.set()
