"""Remoderating: decided items are judged by the policies in force, after these have changed.

Where everybody who would be asked has looked already, in the version that is loaded, what was found then is judged;
else the item is looked at again. Legal holds keep an item as it is.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from moderation.core.coverage import Coverage
from moderation.core.errors import NotFound, PolicyMissing
from moderation.detection.asking import wanted
from moderation.detection.judge import Judge
from moderation.detection.judgement import Judgement
from moderation.detection.subjects import content_types_of
from moderation.hookspecs import Detector, Extractor
from moderation.pipeline.again import judge_anew
from moderation.pipeline.deciding import decide_anew
from moderation.pipeline.ports import Ports
from moderation.storage.records import ItemRecord
from moderation.storage.remoderations import BEGUN, CHANGED, SAME, Changed, Remoderation, Remoderations

logger = logging.getLogger(__name__)

PAGE = 200
MOST_EXAMPLES = 20
LOOK = "to be looked at again"


@dataclass
class Preview:
    """What a run would do.

    Attributes:
        moves: outcome now and then, to how many items; those that stay are among them. `LOOK` where the evidence that
            is stored does not say.
        examples: items that would change: id, outcome now, outcome then, and why.
        held: under a legal hold; they stay as they are.
        of_people: decided by people, and left alone.
        is_cut: whether there are more items than were looked at.
    """

    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: list[tuple[str, str, str, str]] = field(default_factory=list)
    held: int = 0
    of_people: int = 0
    is_cut: bool = False


def from_evidence(judge: Judge, record: ItemRecord) -> Judgement | None:
    """What the policies in force say of what was found; None where others, or other versions, would look today."""
    ruling, item = record.ruling, record.item
    applicable = judge.policies.for_content(item.app, content_types_of(record.parts))
    then = record.basis.get("versions") if record.basis else None
    if ruling is None or not applicable or not isinstance(then, dict):
        return None
    is_asked, kinds = wanted(applicable), {part.type for part in record.parts}
    tools: list[Detector | Extractor] = [*judge.plugins.detectors, *judge.plugins.extractors]
    for tool in tools:
        if is_asked(tool) and not kinds.isdisjoint(tool.reads) and then.get(tool.name) != tool.version:
            return None
    given = tuple(part.id for part in item.parts)
    coverage = Coverage(given, ruling.examined, ruling.not_examined, ruling.looks)
    return judge.conclude(item, record.parts, record.detections, record.failures, judge.policies, coverage)


def candidates(runs: Remoderations, ports: Ports, run: Remoderation) -> Iterator[tuple[ItemRecord, bool]]:
    """The items that a run is still about, each with whether it is on hold, oldest first."""
    position = run.position
    while page := runs.after(run, position, PAGE, ports.clock()):
        position = page[-1][0]
        for item_id, held in page:
            try:
                record = ports.store.get_item(item_id)
            except NotFound:
                continue
            if record.decision is not None:
                yield record, held


def preview(runs: Remoderations, ports: Ports, run: Remoderation, most: int | None = None) -> Preview:
    """What a run would do, from stored evidence alone: nothing is written, and nobody looks again.

    Args:
        most: items that are looked at, oldest first; None for all.
    """
    made = Preview()
    for number, (record, held) in enumerate(candidates(runs, ports, run)):
        if number == most:
            made.is_cut = True
            break
        decision = record.decision
        assert decision is not None
        if held:
            made.held += 1
            continue
        if decision.decided_by == "people" and not run.with_people:
            made.of_people += 1
            continue
        if record.not_kept:  # nobody could look at it, and a run leaves it
            made.moves[decision.outcome, decision.outcome] += 1
            continue
        try:
            judgement = from_evidence(ports.judge, record)
        except PolicyMissing:
            judgement = None
        then = judgement.ruling.outcome if judgement is not None else LOOK
        made.moves[decision.outcome, then] += 1
        if judgement is not None and then != decision.outcome and len(made.examples) < MOST_EXAMPLES:
            made.examples.append((record.item.id, decision.outcome, then, judgement.ruling.reason))
    return made


def remoderate(
    runs: Remoderations,
    ports: Ports,
    run: Remoderation,
    *,
    pause_seconds: float = 0.0,
    sleep: Callable[[float], object] = time.sleep,
    goes_on: Callable[[], bool] | None = None,
) -> Counter[str]:
    """Judge the items that a run is still about; says how many became what, what was done before a kill too.

    A run that somebody cancels meanwhile stops before the next item.

    Args:
        pause_seconds: after each item that changed, so that neither people nor receivers are flooded.
        goes_on: asked before each item; where it says False, the run stops and can be gone on with. None to ask only
            whether it was cancelled.
    """
    goes_on = goes_on or (lambda: runs.state_of(run.id) != "cancelled")
    counts = runs.counts(run.id)
    del counts[BEGUN]  # what was under way is judged again
    for record, held in candidates(runs, ports, run):
        decision = record.decision
        assert decision is not None
        if not goes_on():
            return counts
        if sum(counts[each] for each in CHANGED) >= run.most:
            break
        if held or (decision.decided_by == "people" and not run.with_people):
            counts["on hold" if held else "left to people"] += 1
            continue
        item_id = record.item.id
        number = runs.intend(run, item_id, len(record.decisions), was_redacted=bool(record.redacted))
        try:
            became: str = judge_anew(ports, item_id, lambda now: from_evidence(ports.judge, now))
        except (NotFound, PolicyMissing):
            became = "not there any more"
        if became == SAME and number < len(record.decisions) and decision.decided_by == "rules":
            became = "decided"  # by this run, before it was killed
        runs.note(run, item_id, became)
        counts[became] += 1
        if became in CHANGED and pause_seconds:
            sleep(pause_seconds)
    runs.end(run, "done", ports.clock(), **{each: counts[each] for each in CHANGED})
    return counts


def undo(
    runs: Remoderations, ports: Ports, run: Remoderation, by: str, goes_on: Callable[[], bool] = lambda: True
) -> Counter[str]:
    """Decide as before what a run changed and nobody has decided since; says how many became what. May be repeated.

    Whoever was asked goes on to be asked: what they say counts. Holds keep an item as it is.

    Args:
        goes_on: asked before each item; where it says False, it stops and can be gone on with.
    """
    counts: Counter[str] = Counter()
    for changed in runs.changed(run.id):
        if not goes_on():
            return counts
        try:
            counts[_undone(runs, ports, run, changed)] += 1
        except NotFound:
            counts["not there any more"] += 1
    runs.end(run, "undone", ports.clock(), by=by, taken_back=counts["taken back"])
    return counts


def _undone(runs: Remoderations, ports: Ports, run: Remoderation, changed: Changed) -> str:
    record = ports.store.get_item(changed.item_id)
    if changed.became == "asked" or record.status != "decided":
        return "people are asked"
    if len(record.decisions) == changed.number:
        return "as it was"
    if len(record.decisions) != changed.number + 1 or record.decisions[-1].decided_by != "rules":
        return "decided since"
    if changed.was_redacted:
        return "left, because its redacted copy is gone"
    if any(held for each, held in runs.after(run, _before(record.item.id), 1, ports.clock()) if each == record.item.id):
        return "on hold"
    restored = {"decided_at": ports.clock(), "supersedes": None}
    before = record.decisions[changed.number - 1].model_copy(update=restored)
    return "taken back" if decide_anew(ports, record, before) else "decided since"


def _before(item_id: str) -> str:
    """What sorts just before an id."""
    return item_id[:-1] + chr(ord(item_id[-1]) - 1) + "~"
