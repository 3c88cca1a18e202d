"""Which human loop an item goes to: its policy and queue, and a name that follows from the item.

A name that is worked out anew is the same name, so that no loop is opened twice, whoever dies when.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from moderation.core.deadlines import Deadline, deadline
from moderation.core.errors import AppealRefused, HumanLoopRefused
from moderation.core.items import Item
from moderation.core.loops import MAX_APPEALS
from moderation.core.policy.policies import Policy, Queue
from moderation.core.verdicts import Sample
from moderation.detection.judgement import Judgement
from moderation.detection.subjects import content_types_of
from moderation.pipeline.ports import Ports
from moderation.storage.records import ItemRecord, LoopRecord


def first_loop(ports: Ports, item: Item, judgement: Judgement, held: Sample | None) -> LoopRecord:
    """The loop that decides an item: because the rules ask for people, or because it is a sample that waits.

    Its clock runs from the item's post.
    """
    ruling = judgement.ruling
    asked = judgement.policies.get(ruling.policy.name if held is None else held.policy)
    loop = _loop(ports, item.id, 1, asked, ruling.queue if held is None else held.queue)
    due = deadline(judgement.applicable, asked, loop.queue, judgement.detections, item.created_at)
    loop = _due(loop, due)
    return loop if held is None else replace(loop, sampling=held.id, is_blind=held.blind)


def sample_loop(ports: Ports, item: Item, judgement: Judgement, number: int, sample: Sample) -> LoopRecord:
    """A loop that looks at an item after it was decided, and changes nothing about it."""
    loop = _loop(ports, item.id, number, judgement.policies.get(sample.policy), sample.queue)
    name = f"{item.id}-s{number}"
    return replace(loop, name=name, purpose="sample", sampling=sample.id, is_blind=sample.blind)


def next_loop(ports: Ports, loop: LoopRecord, queue: str) -> LoopRecord:
    """The loop of the next round, after one that did not settle it. Its clock goes on: it is due when that one was."""
    policy, queue = _with_queue(ports, loop, queue)
    fresh = _loop(ports, loop.item_id, loop.round + 1, policy, queue)
    fresh = replace(fresh, due_at=loop.due_at, due_because=loop.due_because)
    fresh = replace(fresh, sampling=loop.sampling, is_blind=loop.is_blind, purpose=loop.purpose, appeal=loop.appeal)
    fresh = replace(fresh, notice=loop.notice, comes_first=loop.comes_first)
    return replace(fresh, name=f"{loop.item_id}-a{fresh.round}") if loop.purpose == "appeal" else fresh


def loop_anew(ports: Ports, record: ItemRecord, judgement: Judgement) -> LoopRecord:
    """The loop that looks at a decided item again because the rules want another outcome now.

    Its clock runs from now.

    Raises:
        HumanLoopRefused: no policy for it has a queue.
    """
    ruling = judgement.ruling
    policy = judgement.policies.get(ruling.policy.name)
    if not policy.file.queues:
        with_queue = next((each for each in judgement.applicable if each.file.queues), None)
        if with_queue is None:
            raise HumanLoopRefused("no policy for it has a queue")
        policy = with_queue
    number = 1 + max((loop.round for loop in record.loops if loop.purpose == "review"), default=0)
    queue = ruling.queue if any(each.name == ruling.queue for each in policy.file.queues) else None
    loop = _loop(ports, record.item.id, number, policy, queue)
    due = deadline(judgement.applicable, policy, loop.queue, judgement.detections, loop.created_at)
    return _due(loop, due)


def notice_loop(
    ports: Ports, record: ItemRecord, words: str, *, queue: str | None = None, comes_first: bool = False
) -> LoopRecord:
    """The loop that looks at a decided item again because somebody says that something is wrong with it.

    Where the policies name a queue for that, there; else at the queue it was at before, or the first there is. Its
    clock runs from now.

    Args:
        words: why, for reviewers.
        queue: of one of the policies for the item; None for where such looks go.

    Raises:
        HumanLoopRefused: no policy for it has a queue, or its media is not kept any longer.
    """
    if record.not_kept:
        raise HumanLoopRefused(f"{record.not_kept}, so that nobody can look at it")
    applicable = ports.judge.policies.for_content(record.item.app, content_types_of(record.parts))
    wanted = [(policy, policy.file.notices.queue) for policy in applicable if policy.file.notices is not None]
    places = [(policy, queue) for policy in applicable] if queue is not None else wanted
    earlier = next((loop for loop in reversed(record.loops) if loop.purpose != "sample"), None)
    if earlier is not None and (policy := in_force(ports, earlier.policy)) is not None:
        places.append((policy, earlier.queue))
    places += [(policy, policy.file.queues[0].name) for policy in applicable if policy.file.queues]
    for policy, name in places:
        if name is not None and any(each.name == name for each in policy.file.queues):
            number = 1 + max((loop.round for loop in record.loops if loop.purpose == "review"), default=0)
            loop = _loop(ports, record.item.id, number, policy, name)
            loop = _due(loop, _deadline(ports, record, policy, name, loop.created_at))
            return replace(loop, notice=words, comes_first=comes_first)
    raise HumanLoopRefused("no policy for it has a queue")


def loop_again(ports: Ports, record: ItemRecord) -> LoopRecord:
    """The loop that asks about an item in review about which nobody is asked any more.

    Raises:
        HumanLoopRefused: no queue is known to which it could go.
    """
    asked = [loop for loop in record.loops if loop.purpose in ("review", "appeal")]
    if asked:
        return next_loop(ports, asked[-1], asked[-1].queue)
    ruling = record.ruling
    policy = in_force(ports, ruling.policy.name) if ruling is not None else None
    if ruling is None or policy is None or not policy.file.queues:
        raise HumanLoopRefused("no policy in force has a queue for it")
    queue = next((each.name for each in policy.file.queues if each.name == ruling.queue), None)
    loop = _loop(ports, record.item.id, 1, policy, queue)
    return _due(loop, _deadline(ports, record, policy, loop.queue, record.item.created_at))


def _with_queue(ports: Ports, loop: LoopRecord, queue: str) -> tuple[Policy, str]:
    """The policy in force and the queue that is wanted; where it has none of that name, what the loop was opened by.

    Raises:
        HumanLoopRefused: no queue is known to which the item could go; the loop waits until one is.
    """
    now = in_force(ports, loop.policy)
    if now is not None and any(each.name == queue for each in now.file.queues):
        return now, queue
    if now is not None and now.file.queues:
        return now, now.file.queues[0].name
    policy, there = policy_and_queue(ports, loop)
    return policy, there.name


def appeal_loop(ports: Ports, record: ItemRecord, reason: str) -> LoopRecord:
    """The loop that looks at a decided item again; at the queue it was at before, where there is one.

    Its clock runs from the appeal.

    Raises:
        AppealRefused: the item cannot be appealed, or not any more.
    """
    item, decision, ruling = record.item, record.decision, record.ruling
    appeals = [loop for loop in record.loops if loop.purpose == "appeal"]
    if decision is None or ruling is None or record.status != "decided":
        raise AppealRefused(f"item {item.id} is {record.status}; it can be appealed once it is decided")
    if record.not_kept:
        raise AppealRefused(f"item {item.id} cannot be looked at again: {record.not_kept}")
    if len({loop.appeal for loop in appeals}) >= MAX_APPEALS:
        raise AppealRefused(f"item {item.id} was appealed {MAX_APPEALS} times; that is all there is")
    earlier = next((loop for loop in reversed(record.loops) if loop.purpose != "sample"), None)
    policy = in_force(ports, earlier.policy if earlier else ruling.policy.name)
    if policy is None or not policy.file.queues:
        with_queue = (each for each in ports.judge.policies.policies if each.file.queues)
        policy = next((each for each in with_queue if each.applies(item.app, content_types_of(record.parts))), None)
    if policy is None:
        raise AppealRefused("no policy in force has a queue that such an item could go to")
    queue = earlier.queue if earlier and any(q.name == earlier.queue for q in policy.file.queues) else None
    number = len(appeals) + 1
    loop = _loop(ports, item.id, number, policy, queue)
    loop = _due(loop, _deadline(ports, record, policy, loop.queue, loop.created_at))
    return replace(loop, name=f"{item.id}-a{number}", purpose="appeal", appeal=reason)


def policy_and_queue(ports: Ports, loop: LoopRecord) -> tuple[Policy, Queue]:
    """The policy and queue of a loop: as they are in force now, else as they were when it was opened.

    Raises:
        HumanLoopRefused: neither is known any more; the loop waits until one is.
    """
    for policy in (in_force(ports, loop.policy), ports.old_policy(loop.policy_version)):
        if policy is not None and any(queue.name == loop.queue for queue in policy.file.queues):
            return policy, policy.queue(loop.queue)
    raise HumanLoopRefused(f"policy '{loop.policy}' has no queue '{loop.queue}' any more")


def in_force(ports: Ports, name: str) -> Policy | None:
    """The policy of this name, when one is in force."""
    return next((policy for policy in ports.judge.policies.policies if policy.name == name), None)


def _deadline(ports: Ports, record: ItemRecord, asked: Policy, queue: str, began_at: datetime) -> Deadline | None:
    applicable = ports.judge.policies.for_content(record.item.app, content_types_of(record.parts))
    return deadline(applicable, asked, queue, record.detections, began_at)


def _due(loop: LoopRecord, due: Deadline | None) -> LoopRecord:
    return loop if due is None else replace(loop, due_at=due.due_at, due_because=due.because)


def _loop(ports: Ports, item_id: str, number: int, policy: Policy, queue_name: str | None) -> LoopRecord:
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
        created_at=ports.clock(),
        clearance=queue.clearance,
    )
