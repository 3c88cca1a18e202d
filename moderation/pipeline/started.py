"""Human loops that a service which a detector asked has started by itself: the item waits until all have ended.

Then what people said stands in place of what the detector found, and the rules have the word (`core.started_loops`).
"""

from __future__ import annotations

import logging

from moderation.core.decisions import Decision
from moderation.core.errors import NotFound, OutputMalformed, OutputMissing
from moderation.core.items import Item
from moderation.core.started_loops import as_people_say, started
from moderation.detection.judgement import Judgement
from moderation.pipeline.deciding import decide_by_people
from moderation.pipeline.loops import first_loop
from moderation.pipeline.ports import Ports
from moderation.storage.findings import Findings
from moderation.storage.records import ItemRecord, LoopEnd, LoopRecord

logger = logging.getLogger(__name__)


def loops_started(ports: Ports, item: Item, judgement: Judgement) -> list[LoopRecord]:
    """The loops that detections of the item tell of, to be followed; they are open already."""
    policy = judgement.ruling.policy
    return [
        LoopRecord(
            # Not the loop's own name: who posts a picture twice may be told of the same loop twice.
            name=f"{item.id}-w{number}",
            item_id=item.id,
            round=number,
            policy=policy.name,
            policy_version=policy.version,
            queue="",
            flow="",
            state="open",
            looks=0,
            created_at=ports.clock(),
            arn=arn,
            purpose="service",
        )
        for number, arn in enumerate(sorted(started(judgement.detections)), 1)
    ]


def hear(ports: Ports, loop: LoopRecord) -> bool:
    """See how such a loop stands. Once all of its item have ended, the item is decided, or goes to a queue of ours.

    Returns:
        False while one is open.

    Raises:
        HumanLoopRefused: A2I does not let us look.
        HumanLoopsUnavailable: try again.
        OutputMissing: try again.
    """
    end = _end(ports, loop)
    if end is None:
        return False
    record = ports.store.get_item(loop.item_id)
    if record.status == "decided":  # by the rules, whatever people would say
        ports.store.end_loop(end)
        return True
    ends = {loop.name: end}
    for other in record.loops:
        if other.purpose == "service" and other.name not in ends:
            end = _end(ports, other)
            if end is None:
                return False
            ends[other.name] = end
    _conclude(ports, record, ends)
    return True


def _end(ports: Ports, loop: LoopRecord) -> LoopEnd | None:
    """How a loop ended; None while it is open."""
    assert loop.arn is not None
    endpoint, name = ports.human_loops.at(loop.arn), loop.arn.rpartition("/")[2]
    try:
        state = endpoint.describe(name)
        if state.is_open:
            return None
        if state.status == "Completed" and state.output_uri is not None:
            answers = tuple(endpoint.confirmations(name, state.output_uri))
            if answers:
                outcome = "reject" if any(answer.labels for answer in answers) else "approve"
                return LoopEnd(loop.name, answers, outcome)
            problem = f"nobody answered human loop {name}"
        else:
            problem = state.failure or f"human loop {name} ended as {state.status}"
    except NotFound:
        problem = f"A2I does not know human loop {name} any more"
    except OutputMissing:
        raise
    except OutputMalformed as error:
        problem = str(error)
    logger.error("loop=%s %s", loop.name, problem)
    return LoopEnd(loop.name, problem=problem)


def _conclude(ports: Ports, record: ItemRecord, ends: dict[str, LoopEnd]) -> None:
    heard = _judged_again(ports, record, ends)
    ruling, ended = heard.ruling, list(ends.values())
    if ruling.outcome == "review":
        loop = first_loop(ports, record.item, heard, None)
        ports.store.send_to_people(record.item.id, heard.findings, ruling, [loop], (), ended)
        ports.ask()
        return
    answers = [answer for end in ended for answer in end.answers]
    labels = sorted({label for answer in answers for label in answer.labels})
    chose = f"chose {', '.join(labels)}" if labels else "chose no label"
    decision = Decision(
        outcome=ruling.outcome,
        decided_by="people" if answers else "rules",
        labels=ruling.labels,
        reason=f"Reviewers of the detector's own human loop {chose}. {ruling.reason}" if answers else ruling.reason,
        policy=ruling.policy,
        actions=ruling.actions,
        decided_at=ports.clock(),
    )
    decide_by_people(ports, record, decision, ended, heard)


def _judged_again(ports: Ports, record: ItemRecord, ends: dict[str, LoopEnd]) -> Judgement:
    """The judgement with what people said in place of what they were asked about."""
    assert record.ruling is not None
    said = {loop.arn or "": ends[loop.name] for loop in record.loops if loop.name in ends}
    words = {arn: end.answers or end.problem or "" for arn, end in said.items()}
    detections, failures = as_people_say(record.detections, words, ports.judge.plugins.taxonomy)
    findings = Findings(record.parts, tuple(detections), record.failures, record.basis)
    before = Judgement(findings, record.ruling, ports.judge.policies)
    return ports.judge.judge_again(record.item, before, (), failures)
