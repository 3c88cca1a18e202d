"""What can be wrong with a policy: the table of codes, one fault by its path of keys, and hints at what was meant.

E codes keep a file from coming into force; W codes are allowed but likely not meant. `docs/rules.md` has the table.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from moderation.core.nearest import nearest
from moderation.core.policy.terms import Path
from moderation.core.taxonomy import BEFORE_7, Taxonomy

CODES: Mapping[str, str] = {
    "E100": "The file cannot be read as YAML, or uses what policies do without (anchors, tags, several documents).",
    "E101": "A key that is not known at this place.",
    "E102": "A value that cannot be meant: wrong type, wrong number, nothing where something is asked for.",
    "E103": "A key that must be there is missing.",
    "E104": "A label, or a taxonomy, that does not exist.",
    "E105": "A queue that the policy does not list, or that passes disagreements round in a circle.",
    "E106": "A list, a score, a counter or a ground that the policy does not have.",
    "E107": "A rule, band or side of a band that the policy does not have.",
    "E108": "A name that is given twice.",
    "E109": "Something locked would be overridden, loosened or switched off.",
    "E110": "Rules that override each other in a circle.",
    "E111": "A change for an app that this rule or band cannot take.",
    "E112": "`if_part_not_visible: review` in a rule that does not ask for a review.",
    "E113": "A detector that the policy needs is not loaded (only when the policy is to come into force).",
    "E114": "A detector that does not exist.",
    "E115": "A content type that nothing which the policy names can look at.",
    "E116": "A key that stands twice in one mapping.",
    "W201": "No loaded detector finds this label.",
    "W202": "A trial that is over, or a roll-out that is complete.",
    "W203": "A rule, or a side of a band, that no test fires.",
    "W204": "A threshold under what every detector of the label reports.",
    "W205": "A detector that is needed is not loaded here.",
    "W206": "A rule that can never fire, or never matters.",
    "W207": "Something that nothing uses: a queue, a list, a score, a counter, a ground, an app's changes.",
    "W208": "A gap in confidence that no rule or band is about.",
    "W209": "A test that may not test what it seems to.",
    "W210": "A rule redacts content that nothing here can redact.",
    "W211": "A sentence without quotes that a `#` cuts off.",
    "W212": "A rule that is true of nearly everything.",
    "W213": "Copies that are never made, or that go where they may not.",
}


@dataclass(frozen=True)
class Slip:
    """A fault in a policy, by the path of keys that leads to it.

    Attributes:
        path: keys and list positions from the top.
        code: as in `CODES`.
        message: what is wrong.
        hint: what to do.
        on_key: True when the key itself is wrong, not its value.
    """

    path: Path
    code: str
    message: str
    hint: str = ""
    on_key: bool = False


def unknown(path: Path, code: str, kind: str, name: str, known: Collection[str], *, on_key: bool = False) -> Slip:
    """The fault of a name that does not exist, with the known one that it is close to."""
    close = nearest(name, known)
    hint = f"did you mean '{close}'?" if close else f"known: {', '.join(known) or 'none'}"
    return Slip(path, code, f"unknown {kind} '{name}'", hint, on_key)


def label_hint(taxonomy: Taxonomy, label: str) -> str:
    """What a mistyped label may have meant, with where that stands in the tree; an old one's new name."""
    if label in BEFORE_7:
        return f"Rekognition's taxonomy 7 calls it {' or '.join(repr(name) for name in BEFORE_7[label])}"
    close = taxonomy.suggest(label)
    if close is None:
        own = "labels of a plugin of your own exist when it is loaded"
        return own if label.startswith("Custom/") else "names are whole and case matters: moderation rules schema"
    parents = taxonomy.parents(close)
    return f"did you mean '{close}'" + (f" (under {parents[0]})?" if parents else "?")
