"""Statements of reasons: what was decided about content, on which ground, how, and what its user can do about it.

Article 17(3) of Regulation (EU) 2022/2065 lists what one holds; `moderation.core.statement_words` says it to people and
`moderation.core.statement_rows` to the DSA Transparency Database. A statement carries words of policies and names of
labels, never content, what reviewers noted, or who anybody is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from moderation.core.decisions import Decision, PolicyRef
from moderation.core.items import Item
from moderation.core.policy.file import Band, PolicyFile, Rule
from moderation.core.policy.grounds import Ground
from moderation.core.policy.policies import Policy
from moderation.core.policy.terms import expand
from moderation.core.rules.words.label import covered
from moderation.core.rulings import Ruling
from moderation.core.taxonomy import Taxonomy

Automation = Literal["fully", "partially", "not"]
Source = Literal["own_initiative", "notice"]
NO_TEXT = "the policy's text of that time is not kept, or cannot be read any more"
NO_GROUND = "policy '{policy}' names no ground for it"


@dataclass(frozen=True)
class Redress:
    """Whether the decision can be appealed here.

    Attributes:
        words: how, as the policy's owner says it, by language; None where the policy says nothing.
        refused: why it cannot be appealed any more, in a sentence; None where it can.
    """

    words: dict[str, str] | None
    refused: str | None


@dataclass(frozen=True)
class Statement:
    """The reasons of one decision.

    Attributes:
        number: of the decision among those of its item, from 1 on.
        restriction: what becomes of the content, as grounds name it; None where nothing is restricted.
        is_detected: whether a machine found what led to it.
        automation: whether people took part in the decision.
        source: whether a report of somebody's led to it.
        rules: ids of the rules, in the order of the policy.
        labels: names of the taxonomy, most serious first.
        label_words: what the policy calls them, by label and language; those that it calls nothing are left out.
        reasons: what reviewers chose of the policy's own, in its words, by language.
        ground: what a restriction rests on; None where none is known, and `no_ground` says why.
    """

    item_id: str
    number: int
    app: str
    outcome: str
    restriction: str | None
    posted_at: datetime
    decided_at: datetime
    content_types: tuple[str, ...]
    is_detected: bool
    automation: Automation
    source: Source
    policy: PolicyRef
    rules: tuple[str, ...]
    labels: tuple[str, ...]
    label_words: dict[str, dict[str, str]]
    reasons: tuple[dict[str, str], ...]
    ground_name: str | None
    ground: Ground | None
    no_ground: str | None
    redress: Redress


def statement(
    item: Item,
    number: int,
    decision: Decision,
    ruling: Ruling | None,
    policy: Policy | None,
    taxonomy: Taxonomy,
    *,
    is_noticed: bool,
    refused: str | None = None,
) -> Statement:
    """The statement of a decision. Pure.

    Args:
        number: of the decision among those of the item, from 1 on.
        ruling: what the rules wanted; None where that is not known.
        policy: the decision's, as it was then; None where that is not known any more.
        is_noticed: whether a report of somebody's was upheld by this decision.
        refused: why it cannot be appealed; None where it can.
    """
    rules = _rules(decision, ruling)
    file = policy.file if policy is not None else None
    found = _ground(file, decision, rules, taxonomy) if file is not None else None
    name, ground = found if found is not None else (None, None)
    is_restricted = decision.outcome == "reject" or (ground is not None and _is_acted(file, decision, name))
    missing = NO_TEXT if file is None else NO_GROUND.format(policy=decision.policy.name)
    by_machine = decision.decided_by == "rules" or bool(ruling is not None and ruling.labels)
    return Statement(
        item_id=item.id,
        number=number,
        app=item.app,
        outcome=decision.outcome,
        restriction=(ground.restriction if ground is not None else "removed") if is_restricted else None,
        posted_at=item.created_at,
        decided_at=decision.decided_at,
        content_types=tuple(sorted({part.type for part in item.parts})),
        is_detected=by_machine,
        automation="fully" if decision.decided_by == "rules" else "partially" if by_machine else "not",
        source="notice" if is_noticed else "own_initiative",
        policy=decision.policy,
        rules=rules,
        labels=decision.labels,
        label_words={label: file.labels[label] for label in decision.labels if file and label in file.labels},
        reasons=tuple(file.reasons[name] for name in decision.reasons if file and name in file.reasons),
        ground_name=name if is_restricted else None,
        ground=ground if is_restricted else None,
        no_ground=missing if is_restricted and ground is None else None,
        redress=Redress(file.redress if file is not None else None, refused),
    )


def _rules(decision: Decision, ruling: Ruling | None) -> tuple[str, ...]:
    """The rules that decided or asked people, and those that an action came of."""
    said = ruling.policies if ruling is not None else ()
    mine = next((each.deciding for each in said if each.policy == decision.policy), ())
    acted = (action.rule for action in decision.actions if action.policy == decision.policy.name)
    return tuple(dict.fromkeys([*mine, *acted]))


def _ground(
    file: PolicyFile, decision: Decision, rules: Sequence[str], taxonomy: Taxonomy
) -> tuple[str, Ground] | None:
    """The ground with its name: of a reason that people chose, of a rule that decided, of a label, of the policy."""
    named = [
        *(name for name in decision.reasons if name in file.grounds),
        *_of_labels_chosen(file, decision, taxonomy),
        *_of_rules(file, rules),
        *([file.ground] if file.ground is not None else []),
    ]
    return next(((name, file.grounds[name]) for name in named if name in file.grounds), None)


def _of_labels_chosen(file: PolicyFile, decision: Decision, taxonomy: Taxonomy) -> Iterator[str]:
    """Where people decided, bands about the labels that they named, most serious label first."""
    if decision.decided_by != "people":
        return
    for label in decision.labels:
        for band in file.bands.values():
            if band.ground is not None and label in covered(expand(band.label, file.lists), taxonomy, exact=band.exact):
                yield band.ground


def _of_rules(file: PolicyFile, rules: Iterable[str]) -> Iterator[str]:
    by_id = {rule.id: rule for rule in file.rules}
    for name in rules:
        of: Rule | Band | None = by_id.get(name) or file.bands.get(name.rpartition(".")[0])
        if of is not None and of.ground is not None:
            yield of.ground


def _is_acted(file: PolicyFile | None, decision: Decision, ground: str | None) -> bool:
    """True where an approval comes with an action of a rule that rests on this ground: an age gate, less reach."""
    acted = {action.rule for action in decision.actions if action.policy == decision.policy.name}
    return file is not None and any(rule.id in acted and rule.ground == ground for rule in file.rules)
