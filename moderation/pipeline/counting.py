"""What is kept of an item to be counted by, with the step that decides it or sends it to people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from moderation.core.counting import Marks, counts_anything
from moderation.core.decisions import Decision
from moderation.core.policy.policies import Policy
from moderation.detection.judgement import Judgement
from moderation.pipeline.ports import Ports
from moderation.storage.records import ItemRecord

MOST_MOVES = 5
"""After so many times at which what was counted had moved, an item goes on with what was counted last."""


def marks_of_rules(ports: Ports, item_id: str, judgement: Judgement, became: str, moved: int = 0) -> Marks | None:
    """What is kept of an item that was judged; None where the policies do not count.

    Args:
        became: what the rules made of it: ``approve``, ``reject`` or ``review``; empty for neither.
        moved: how often what was counted had moved.
    """
    counted = judgement.counted
    if counted is None or (counting := ports.judge.counting) is None:
        return None
    happened = ("posted", became) if became else ("posted",)
    made = Marks(item_id, counting.marks_of(counted, judgement.applicable, happened, judgement.detections), counted)
    return made if moved < MOST_MOVES else replace(made, counted=None)


def marks_of_people(ports: Ports, record: ItemRecord, policies: Sequence[Policy], decision: Decision) -> Marks | None:
    """What is kept of an item that is decided anew, in place of what became of it before; None where nothing counts.

    The labels that people gave stand in place of those that were found.
    """
    if not counts_anything(policies) or (counting := ports.judge.counting) is None:
        return None
    taxonomy = ports.judge.plugins.taxonomy
    given = [label for label in decision.labels if label in taxonomy]  # people may say what no tree has
    labels = {each: 100.0 for label in given for each in (label, *taxonomy.parents(label))}
    happened = ("posted", decision.outcome)
    made = counting.marks(counting.facts(record.item, policies), policies, happened, labels)
    return Marks(record.item.id, made, replaces=True)
