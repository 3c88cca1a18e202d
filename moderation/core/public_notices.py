"""Public notices: what somebody who needs no account says is wrong with an item, and what becomes of it.

The fields are those of Regulation (EU) 2022/2065 (Digital Services Act), article 16: why, where, who says so, and that
they believe it in good faith. Who reports the abuse of a child need not say who they are (article 16(2)(c)). Nothing
here is law: check with counsel what applies to you.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from moderation.core.errors import FieldError
from moderation.core.items import Frozen

NoticeState = Literal["unmatched", "received", "asked", "upheld", "dismissed", "appealed", "reversed", "gone"]
"""``unmatched``: nobody knows yet which item it is about. ``received``: people are to be asked. ``asked``: they are.
``upheld``, ``dismissed``: decided. ``appealed``: the notifier has asked to look again. ``reversed``: it was upheld, and
people have approved the item since. ``gone``: its item was withdrawn or deleted before anybody decided."""
OPEN: tuple[NoticeState, ...] = ("unmatched", "received", "asked", "appealed")
"""States in which an answer is still owed."""


@dataclass(frozen=True)
class NoticeKind:
    """What a notice may say is wrong.

    Attributes:
        names_notifier: whether the name and mail of who gives it are needed.
        is_signed: whether the statement of good faith is to be signed by that name.
    """

    name: str
    names_notifier: bool = True
    is_signed: bool = False


KINDS: Mapping[str, NoticeKind] = {
    each.name: each
    for each in (
        NoticeKind("child_abuse", names_notifier=False),
        NoticeKind("intimate_images"),
        NoticeKind("violence_or_terrorism"),
        NoticeKind("hate"),
        NoticeKind("defamation", is_signed=True),
        NoticeKind("privacy", is_signed=True),
        NoticeKind("copyright", is_signed=True),
        NoticeKind("fraud"),
        NoticeKind("illegal_goods"),
        NoticeKind("other_illegal"),
        NoticeKind("terms"),
    )
}
MOST = {"place": 2_000, "reason": 5_000, "name": 200, "mail": 320, "signature": 200}
"""Characters."""
ENOUGH_DECIDED, UNFOUNDED_SHARE = 5, 0.8
"""So many decided notices of one notifier, of which such a share was unfounded, slow their next ones down."""
SLOWED = timedelta(hours=24)
"""So much later people are asked about the notice of somebody whose notices are mostly unfounded."""
_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Of receipt numbers: nothing that is taken for something else when it is read out."""


class GivenNotice(Frozen):
    """A notice as somebody gives it.

    Attributes:
        place: where it is: an address, or the item's or the content's id.
        kind: one of `KINDS`.
        reason: why they think so, in their words.
        name: of the notifier; empty where nobody has to say.
        mail: of the notifier.
        signature: the name again, under the statement of good faith.
        is_in_good_faith: that they believe what they say to be accurate and complete.
        language: that they read, ISO 639-1.
    """

    place: str
    kind: str
    reason: str
    name: str = ""
    mail: str = ""
    signature: str = ""
    is_in_good_faith: bool = False
    language: str = "en"


@dataclass(frozen=True)
class Record:
    """How often a notifier was right.

    Attributes:
        right: notices that were upheld.
        wrong: that were dismissed.
    """

    right: int = 0
    wrong: int = 0

    @property
    def is_slowed(self) -> bool:
        """Whether most of many notices were unfounded."""
        decided = self.right + self.wrong
        return decided >= ENOUGH_DECIDED and self.wrong >= UNFOUNDED_SHARE * decided


def faults_of(given: GivenNotice) -> list[FieldError]:
    """What is wrong with a notice, by field; pure."""
    faults = []
    kind = KINDS.get(given.kind)
    if kind is None:
        faults.append(FieldError("kind", f"choose one of: {', '.join(KINDS)}"))
    needed = {"place": given.place, "reason": given.reason}
    if kind is None or kind.names_notifier:
        needed |= {"name": given.name, "mail": given.mail}
    for field, most in MOST.items():
        said = getattr(given, field)
        if field in needed and not said.strip():
            faults.append(FieldError(field, "it is missing"))
        elif len(said) > most:
            faults.append(FieldError(field, f"at most {most:,} characters"))
    if given.mail.strip() and not _MAIL.fullmatch(given.mail.strip()):
        faults.append(FieldError("mail", "it is no mail address"))
    if not given.is_in_good_faith:
        faults.append(FieldError("good_faith", "a notice is given in good faith; say so"))
    if kind is not None and kind.is_signed and _plain(given.signature) != _plain(given.name):
        faults.append(FieldError("signature", "write your name again, as above: it signs the statement"))
    return faults


def look_after(record: Record, is_trusted: bool, now: datetime) -> datetime:
    """From when on people are asked about a notice: now, later for who is mostly wrong, and never not at all."""
    return now + SLOWED if record.is_slowed and not is_trusted else now


def notifier_of(given: GivenNotice) -> str:
    """By what a notifier is known again: their mail address, whatever its case; empty for none."""
    return unicodedata.normalize("NFKC", given.mail).strip().casefold()


def new_number() -> str:
    """A receipt's number, such as ``N-7K2M-Q4TD``. Of these there are 10^12; a unique index keeps them apart."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return f"N-{letters[:4]}-{letters[4:]}"


def words_for_reviewers(notices: Sequence[tuple[str, str, bool]]) -> str:
    """What reviewers read of the notices that they look because of; nobody's name is in it.

    Args:
        notices: kind, reason and whether a trusted flagger gave it; that of one such first.
    """
    kind, reason, is_trusted = notices[0]
    who = "a trusted flagger" if is_trusted else "somebody"
    more = f" And {len(notices) - 1} more." if len(notices) > 1 else ""
    return f"Notice ({kind}) by {who}: {reason[:1000]}{more}"


def places_named(place: str) -> list[str]:
    """What an item may be found by in what somebody says of its place: all of it, then the end of an address."""
    whole = place.strip()
    address = re.sub(r"[?#].*", "", whole).rstrip("/")
    last = address.rpartition("/")[2]
    return list(dict.fromkeys(each for each in (whole, address, last) if 0 < len(each) <= 200))


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
