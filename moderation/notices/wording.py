"""What a notifier reads: kinds of notices, how one stands, and why it was decided as it was, in their language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from moderation.core.policy.policies import Policy
from moderation.storage.public_notices import PublicNotice
from review_ui.portal.languages import N_, _, best_language

KIND_WORDS: Mapping[str, str] = {
    "child_abuse": N_("Sexual abuse of a child"),
    "intimate_images": N_("Intimate pictures without consent"),
    "violence_or_terrorism": N_("Violence or terrorism"),
    "hate": N_("Hate against people"),
    "defamation": N_("Defamation"),
    "privacy": N_("Personal data or privacy"),
    "copyright": N_("Copyright or another right of mine"),
    "fraud": N_("Fraud"),
    "illegal_goods": N_("Goods or services that may not be sold"),
    "other_illegal": N_("Something else that is illegal"),
    "terms": N_("Against the terms of this site"),
}
FAULT_WORDS: Mapping[str, str] = {
    "place": N_("Say where it is: an address or an id, at most 2,000 characters."),
    "kind": N_("Choose what is wrong."),
    "reason": N_("Say why, in at most 5,000 characters."),
    "name": N_("Say your name; only for the abuse of a child it may be left out."),
    "mail": N_("Give a mail address; only for the abuse of a child it may be left out."),
    "signature": N_("Sign with your name, written as above."),
    "good_faith": N_("Confirm the statement."),
    "flagger_key": N_("This is the key of no trusted flagger for this site."),
}


def state_of(notice: PublicNotice) -> str:
    """How a notice stands, as a sentence."""
    if notice.state == "unmatched":
        return _("Received. We are looking for what you mean; somebody will look at it.")
    if notice.state == "received":
        return _("Received. People will look at it.")
    if notice.state == "asked":
        return _("People are looking at it.")
    if notice.state == "appealed":
        return _("You asked us to look again. People who have not seen it are looking at it.")
    if notice.state == "upheld":
        return _("Your notice was upheld: what you reported was found not to be allowed.")
    if notice.state == "reversed":
        return _("Your notice was upheld at first. People have looked again since, and found it to be allowed.")
    if notice.state == "gone":
        return _("What you reported is gone: it was withdrawn before anybody decided.")
    if notice.answer is not None:
        return _("Nothing follows from your notice.")
    return _("What you reported was found to be allowed, and stays.")


def reasons_of(notice: PublicNotice, find: Callable[[str], Policy | None]) -> list[str]:
    """Why it was decided so: in the policy's words for outsiders, and who decided.

    Args:
        find: the policy of a version that was in force at some time.
    """
    if notice.answer is not None:
        return [notice.answer]
    decided: Mapping[str, Any] = notice.decided_as or {}
    if not decided:
        return []
    policy = find(decided["version"])
    words = policy.file.reasons if policy is not None else {}
    said = [words[name][best_language(list(words[name]))] for name in decided.get("reasons", ()) if name in words]
    who = _("People decided it.") if decided["by"] == "people" else _("It was decided by automated means.")
    return [*said, _("It was judged by our rules '%(policy)s'.", policy=decided["policy"]), who]
