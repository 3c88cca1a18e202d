"""What the service says in English of an item, in the reviewer's language.

A loop's input comes as finished sentences, which Amazon's own pages show as they are. Ours know the forms of those that
the service makes, and say them anew; what a policy's owner or an app wrote stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from review_ui.portal.languages import N_, _

_MADE: tuple[tuple[str, str], ...] = (
    (
        r"a sample for quality; say what you see, by the policy",
        N_("a sample for quality; say what you see, by the policy"),
    ),
    (
        r"a sample for quality; the rules wanted (?P<outcome>\w+)",
        N_("a sample for quality; the rules wanted %(outcome)s"),
    ),
    (r"Appeal against (?P<outcome>\w+): (?P<words>.+)", N_("Appeal against %(outcome)s: %(words)s")),
    (
        r"(?P<why>.+)\. \(score (?P<name>\S+) at (?P<value>\S+) %, at least (?P<bound>\S+) asked for\)",
        N_("%(why)s. (score %(name)s at %(value)s %%, at least %(bound)s asked for)"),
    ),
    (
        r"(?P<why>.+)\. \((?P<label>\S[^()]*) at (?P<value>\S+) %, at least (?P<bound>\S+) asked for\)",
        N_("%(why)s. (%(label)s at %(value)s %%, at least %(bound)s asked for)"),
    ),
    (r"(?P<why>.+)\. \((?P<label>\S[^()]*) at (?P<value>\S+) %\)", N_("%(why)s. (%(label)s at %(value)s %%)")),
    (
        r"(?P<why>.+)\. \(counter (?P<name>\S+) at (?P<value>\S+)\)",
        N_("%(why)s. (counter %(name)s at %(value)s)"),
    ),
    (r"(?P<why>.+)\. \(on list (?P<name>\S+)\)", N_("%(why)s. (on list %(name)s)")),
    (
        r"No answer from (?P<tools>[^ ]+(?:, [^ ]+)*), which could have changed the outcome\.",
        N_("No answer from %(tools)s, which could have changed the outcome."),
    ),
    (
        r"(?P<tools>[^ ]+(?:, [^ ]+)*) could not tell, which could change the outcome\.",
        N_("%(tools)s could not tell, which could change the outcome."),
    ),
    (
        r"No detector that the policies name looked at part (?P<parts>[^ ]+(?:, part [^ ]+)*)\.",
        N_("No detector that the policies name looked at part %(parts)s."),
    ),
    (
        r"queue '(?P<queue>[^']+)' of policy '(?P<policy>[^']+)' for (?P<label>.+?) says "
        r"(?P<time>\d+[mhd])(?P<stop>; .+)?",
        N_("queue '%(queue)s' of policy '%(policy)s' for %(label)s says %(time)s%(stop)s"),
    ),
    (
        r"queue '(?P<queue>[^']+)' of policy '(?P<policy>[^']+)' says (?P<time>\d+[mhd])(?P<stop>; .+)?",
        N_("queue '%(queue)s' of policy '%(policy)s' says %(time)s%(stop)s"),
    ),
    (
        r"policy '(?P<policy>[^']+)' for (?P<label>.+?) says (?P<time>\d+[mhd])(?P<stop>; .+)?",
        N_("policy '%(policy)s' for %(label)s says %(time)s%(stop)s"),
    ),
    (
        r"policy '(?P<policy>[^']+)' says (?P<time>\d+[mhd])(?P<stop>; .+)?",
        N_("policy '%(policy)s' says %(time)s%(stop)s"),
    ),
    (r"; the clock stands (?P<hours>\S+) h: (?P<words>.+)", N_("; the clock stands %(hours)s h: %(words)s")),
    (r"Nothing was found that a rule is about\.", N_("Nothing was found that a rule is about.")),
    (r"No rule is about what was found\.", N_("No rule is about what was found.")),
    (
        r"Nobody looked for what it is about: policy '(?P<policy>[^']+)' waits for (?P<tools>.+)\.",
        N_("Nobody looked for what it is about: policy '%(policy)s' waits for %(tools)s."),
    ),
    (
        r"Nobody looked for (?P<labels>.+): policy '(?P<policy>[^']+)' waits for (?P<tools>.+)\.",
        N_("Nobody looked for %(labels)s: policy '%(policy)s' waits for %(tools)s."),
    ),
    (
        r"Approved by (?P<who>\S+) on (?P<day>\S+?)(?P<found> \(.+?\))?: (?P<alike>.+), item (?P<item>\S+)",
        N_("Approved by %(who)s on %(day)s%(found)s: %(alike)s, item %(item)s"),
    ),
    (
        r"Rejected by (?P<who>\S+) on (?P<day>\S+?)(?P<found> \(.+?\))?: (?P<alike>.+), item (?P<item>\S+)",
        N_("Rejected by %(who)s on %(day)s%(found)s: %(alike)s, item %(item)s"),
    ),
    (
        r"a text nearly the same \((?P<bits>\d+) of 64 bits differ\)",
        N_("a text nearly the same (%(bits)s of 64 bits differ)"),
    ),
    (
        r"a picture nearly the same \((?P<bits>\d+) of 64 bits differ\)",
        N_("a picture nearly the same (%(bits)s of 64 bits differ)"),
    ),
    (r"the same picture, byte for byte", N_("the same picture, byte for byte")),
    (
        r"the same text, but for capitals, spaces and punctuation",
        N_("the same text, but for capitals, spaces and punctuation"),
    ),
    (r"Rule '(?P<rule>[^']+)' of policy '(?P<policy>[^']+)'", N_("Rule '%(rule)s' of policy '%(policy)s'")),
    (r"(?P<label>\S.*) at (?P<value>\S+) % or more", N_("%(label)s at %(value)s %% or more")),
)
"""Forms of what the service writes, and the same to be translated. The first that fits counts."""
_FORMS = tuple((re.compile(form, re.DOTALL), text) for form, text in _MADE)
LONGEST = 2000
"""Characters beyond which a sentence is none of the service's, and left alone."""
_POLICY = re.compile(r"(?P<policy>[A-Za-z0-9][\w.-]{0,62}): (?P<rest>.+)", re.DOTALL)
_STOPS = re.compile(r"(?=; the clock stands )")
_OVER = " Its rejects of the day are used up, so people look."
_ENDED = re.compile(r"(?<=\.) (?=No answer from |No detector that |The policy approves then: )|(?<=outcome\.) ")


def said(sentence: str, names: Mapping[str, str]) -> str:
    """A sentence of the service in the reader's language; as it is where it is in none of the known forms.

    Args:
        names: words for labels, where the policy has some.
    """
    if len(sentence) > LONGEST:
        return sentence
    if (match := _POLICY.fullmatch(sentence)) is not None:
        return f"{match['policy']}: {_sentences(match['rest'], names)}"
    return _sentences(sentence, names)


def _sentences(text: str, names: Mapping[str, str]) -> str:
    over = text.endswith(_OVER)
    pieces = [_said(piece, names) for piece in _ENDED.split(text.removesuffix(_OVER))]
    if over:
        pieces.append(_("Its rejects of the day are used up, so people look."))
    return " ".join(pieces)


def _said(piece: str, names: Mapping[str, str]) -> str:
    put: Mapping[str, Callable[[str], str]] = {
        "outcome": _,
        "label": lambda label: names.get(label, label),
        "labels": lambda labels: ", ".join(names.get(each, each) for each in labels.split(", ")),
        "why": lambda why: _said(why, names),
        "stop": lambda stop: "".join(_said(each, names) for each in _STOPS.split(stop)),
        "parts": lambda parts: parts.replace(", part ", ", "),
        "alike": lambda alike: _said(alike, names),
        "who": _,
    }
    for form, text in _FORMS:
        if (match := form.fullmatch(piece)) is not None:
            values = {name: put.get(name, str)(value) for name, value in match.groupdict("").items()}
            return _(text, **values) if values else _(text)
    return piece
