"""People: human loops are started and followed, answers consolidated, and the item decided or asked about again.

Whoever stores a loop starts none: A2I may be slow or away, and who judges items, or answers a request, waits for
nobody. The loop is there once it is committed; whoever follows loops starts it (`moderation.review.following`).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

from ground import tracing
from moderation.core.clearance import may_see
from moderation.core.decisions import Decision, PolicyRef
from moderation.core.egress import stays_here
from moderation.core.errors import (
    HumanLoopRefused,
    HumanLoopsUnavailable,
    NotFound,
    OutputMalformed,
    StoreUnavailable,
)
from moderation.core.loops import Answer, MoreAnswersWanted, Resolution, consolidate
from moderation.core.policy.choices import in_english
from moderation.core.policy.policies import Policy, Queue
from moderation.core.rulings import Ruling
from moderation.pipeline import started
from moderation.pipeline.deciding import decide_by_people
from moderation.pipeline.loops import appeal_loop, next_loop, policy_and_queue
from moderation.pipeline.ports import Ports
from moderation.review.input_content import ReviewCase, input_content
from moderation.storage.records import ItemRecord, Line, LoopEnd, LoopRecord

logger = logging.getLogger(__name__)

MAX_ROUNDS = 6
"""Human loops for one item, tie-breaks and repeats of failed ones included, before it waits for a lead to look."""
LOCKED = "a locked rule, which people cannot set aside"
LOOKS_UNTIL_OUTAGE = 3
"""Looks at a loop after which it is a problem, shown in readiness, that A2I does not answer."""
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 600.0


def due_loops(
    ports: Ports, limit: int = 50, besides: Collection[Line] = (), here_only: bool = False
) -> Sequence[LoopRecord]:
    """Loops that wait to be started, and open ones whose time has come to be asked about; see `Reading.due_loops`."""
    return ports.store.due_loops(ports.clock(), limit, besides, here_only=here_only)


def look_at(ports: Ports, loop: LoopRecord) -> None:
    """Start a loop that is due, or ask about it."""
    try:
        if loop.state == "starting":
            _start(ports, loop)
        else:
            answer(ports, loop.name)
    except Exception as error:
        # A fault of ours with one loop: it must not keep others waiting, nor be looked at without pause.
        logger.exception("loop=%s cannot be followed", loop.name)
        _pause(ports, loop, f"human loop {loop.name} cannot be followed ({type(error).__name__})")


def look_at_loops(ports: Ports) -> int:
    """Look at loops that are due, one after the other; says how many. `Following` does it side by side."""
    due = due_loops(ports)
    for loop in due:
        look_at(ports, loop)
    return len(due)


def _start(ports: Ports, loop: LoopRecord) -> None:
    """Open a loop that is stored, or note when to try again. Nothing is opened for an item that needs no loop now."""
    record = ports.store.get_item(loop.item_id)
    if record.ruling is None or (record.status == "decided" and loop.purpose == "review"):
        _pause(ports, loop, None)
        return
    with tracing.span("start human loop", item=loop.item_id, moderation__loop=loop.name, moderation__queue=loop.queue):
        _open(ports, loop, record, record.ruling)


def _open(ports: Ports, loop: LoopRecord, record: ItemRecord, ruling: Ruling) -> None:
    try:
        policy, queue = policy_and_queue(ports, loop)
        record = _cleared_for(ports, record, loop, queue)
        earlier = [each.sentence() for each in ports.earlier(loop.item_id)]
        case = ReviewCase(record, ruling, loop, policy, queue, earlier)
        loops = ports.human_loops
        # At Amazon's nobody asks who holds what: there only goes what the queue's own team is known to be cleared for.
        is_for_team = may_see(record.clearances, () if queue.clearance is None else (queue.clearance,))
        open_loop = loops.start_here if stays_here(record.failures) or not is_for_team else loops.start
        arn = open_loop(loop.name, loop.flow, input_content(case))
    except (HumanLoopRefused, NotFound) as error:
        # Shown in readiness and logs, and tried again now and then: the cause may go.
        logger.error("loop=%s was refused: %s", loop.name, error)
        _pause(ports, loop, str(error))
    except (HumanLoopsUnavailable, StoreUnavailable) as error:
        logger.warning("loop=%s is started later: %s", loop.name, error)
        _pause(ports, loop, _outage(loop, error))
    else:
        logger.info("loop=%s item=%s flow=%s is open", loop.name, loop.item_id, loop.flow)
        later = ports.clock() + timedelta(seconds=ports.poll_seconds)
        if not ports.store.note_loop(loop.name, state="open", next_look_at=later, arn=arn):
            ports.store.started_in_vain(loop.item_id, loop.name, arn, ports.clock())


def _cleared_for(ports: Ports, record: ItemRecord, loop: LoopRecord, queue: Queue) -> ItemRecord:
    """The item with what its queue asks for, which the policy may say only since the loop was stored."""
    if queue.clearance is None or queue.clearance in record.clearances:
        return record
    because = f"queue {loop.policy}/{queue.name}"
    ports.store.put_on_clearance(record.item.id, queue.clearance, because, ports.clock())
    return replace(record, clearances=(*record.clearances, queue.clearance))


def answer(ports: Ports, loop_name: str) -> None:
    """See how a loop stands; when it has ended, consolidate the answers and decide, or ask again.

    Events come late, twice, out of order or for loops that are not ours; the loop's own description decides.
    """
    try:
        loop = ports.store.get_loop(loop_name)
    except NotFound:
        logger.warning("loop=%s is not ours", loop_name)
        return
    if loop.state == "ended":
        return
    try:
        if loop.purpose == "service":
            _follow_started(ports, loop)
        else:
            _follow(ports, loop)
    except NotFound:
        _next_round(ports, loop, (), f"A2I does not know human loop {loop.name} any more", loop.queue)
    except (OutputMalformed, HumanLoopRefused) as error:
        logger.error("loop=%s %s", loop.name, error)
        _pause(ports, loop, str(error))
    except (HumanLoopsUnavailable, StoreUnavailable) as error:
        logger.warning("loop=%s %s", loop.name, error)
        _pause(ports, loop, _outage(loop, error))


def appeal(ports: Ports, record: ItemRecord, reason: str) -> None:
    """Ask people who have not seen the item to decide it anew; their decision supersedes the one there is.

    Raises:
        AppealRefused: the item is not decided, or was appealed `moderation.core.loops.MAX_APPEALS` times.
    """
    loop = appeal_loop(ports, record, reason)
    ports.store.open_appeal(record.item, loop, ports.judge.fingerprints(record.item))
    ports.ask()


def _follow(ports: Ports, loop: LoopRecord) -> None:
    endpoint = ports.human_loops.at(loop.arn)
    state = endpoint.describe(loop.name)
    if state.is_open:
        _pause(ports, loop, None)
    elif state.status == "Completed" and state.output_uri is not None:
        _consolidate(ports, loop, endpoint.answers(loop.name, state.output_uri))
    else:
        reason = state.failure or f"human loop ended as {state.status}"
        _next_round(ports, loop, (), reason, loop.queue)


def _follow_started(ports: Ports, loop: LoopRecord) -> None:
    if not started.hear(ports, loop):
        _pause(ports, loop, None)


def _consolidate(ports: Ports, loop: LoopRecord, answers: Sequence[Answer]) -> None:
    policy, queue = policy_and_queue(ports, loop)
    ask = queue.if_no_agreement
    result = consolidate(
        answers,
        reviewers=queue.reviewers,
        agree=queue.agree,
        if_no_agreement=None if ask is None else ask.queue or ask.outcome,
    )
    if loop.purpose == "sample":
        outcome = result.outcome if isinstance(result, Resolution) else None
        ports.store.end_loop(LoopEnd(loop.name, tuple(answers), outcome))
    elif result is None:
        _next_round(ports, loop, answers, "too few answers", loop.queue)
    elif isinstance(result, MoreAnswersWanted):
        _next_round(ports, loop, answers, result.reason, result.queue)
    else:
        record = ports.store.get_item(loop.item_id)
        decision = _decision(ports, record, loop, policy, result, answers)
        decide_by_people(ports, record, decision, [LoopEnd(loop.name, tuple(answers), decision.outcome)])


def _decision(
    ports: Ports,
    record: ItemRecord,
    loop: LoopRecord,
    asked: Policy,
    result: Resolution,
    answers: Sequence[Answer],
) -> Decision:
    """A person's word beats every rule except a locked rejection."""
    ruling = record.ruling
    notes = [answer.note for answer in answers if answer.outcome == result.outcome and answer.note]
    words = asked.file.reasons
    chosen = [in_english(words[name]) for name in result.reasons if name in words]
    reason = result.reason + (f" ({'; '.join(chosen)})" if chosen else "") + (f": {notes[0]}" if notes else "")
    if loop.purpose == "appeal" and record.decision is not None:
        word = "upheld" if result.outcome == record.decision.outcome else "overturned"
        reason = f"Appeal: the decision is {word}. {reason}"
    decision = Decision(
        outcome=result.outcome,
        decided_by="people",
        labels=result.labels or (ruling.labels if ruling and result.outcome == "reject" else ()),
        reasons=result.reasons,
        reason=reason,
        policy=PolicyRef(name=loop.policy, version=loop.policy_version),
        actions=ruling.actions if ruling is not None else (),
        decided_at=ports.clock(),
    )
    if ruling is not None and ruling.has_locked_reject and result.outcome == "approve":
        # Only a sample that is held comes here: the rules alone reject, and people cannot undo a locked rule.
        locked = {"outcome": "reject", "labels": ruling.labels, "reason": f"{ruling.reason} ({LOCKED})"}
        return decision.model_copy(update=locked)
    return decision


def _next_round(ports: Ports, loop: LoopRecord, answers: Sequence[Answer], reason: str, queue: str) -> None:
    if loop.purpose == "sample":
        ports.store.end_loop(LoopEnd(loop.name, tuple(answers), problem=reason))
        return
    if loop.round >= MAX_ROUNDS:
        ports.store.save_answers(loop.name, answers)
        problem = f"{MAX_ROUNDS} human loops came to nothing: {reason}"
        ports.store.note_loop(loop.name, state="stuck", next_look_at=None, problem=problem)
        return
    if ports.store.get_item(loop.item_id).ruling is None:
        return
    fresh = next_loop(ports, loop, queue)
    end = LoopEnd(loop.name, tuple(answers), problem=reason)
    ports.store.send_to_people(loop.item_id, None, None, [fresh], (), [end])
    ports.ask()


def _outage(loop: LoopRecord, error: Exception) -> str | None:
    """What to say of an outage: nothing of one that passes at once."""
    return str(error) if loop.looks >= LOOKS_UNTIL_OUTAGE else None


def _pause(ports: Ports, loop: LoopRecord, problem: str | None) -> None:
    """Look again later: soon at first, then less and less often."""
    first = ports.poll_seconds if loop.state == "open" else SHORTEST_PAUSE_SECONDS
    seconds = max(first, SHORTEST_PAUSE_SECONDS) * 1.5 ** min(loop.looks, 30)
    later = ports.clock() + timedelta(seconds=min(seconds, LONGEST_PAUSE_SECONDS))
    ports.store.note_loop(loop.name, state=loop.state, next_look_at=later, problem=problem)
