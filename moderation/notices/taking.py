"""Taking a notice: its giver is known again by a keyed hash of the mail address, and a trusted flagger by a key."""

from __future__ import annotations

from datetime import datetime

from moderation.core.counting import KeyedHash
from moderation.core.errors import FieldError, InvalidSubmission
from moderation.core.public_notices import GivenNotice, faults_of, notifier_of
from moderation.service import Service
from moderation.storage.counters import keyed_hash
from moderation.storage.public_notices import PublicNotice


def take(
    service: Service, app: str, given: GivenNotice, *, via: str, flagger_key: str = "", now: datetime
) -> tuple[PublicNotice, str]:
    """Keep a notice, and have people asked; with the secret by which its giver reads it.

    Args:
        via: ``form`` or ``api``.
        flagger_key: of a trusted flagger; empty for none.

    Raises:
        InvalidSubmission: with each field that is wrong.
    """
    faults = faults_of(given)
    flagger = service.flaggers.of_key(flagger_key, app) if flagger_key.strip() else None
    if flagger_key.strip() and flagger is None:
        faults.append(FieldError("flagger_key", "it is the key of no trusted flagger for this app"))
    if faults:
        raise InvalidSubmission(faults)
    notifier = known_by(keyed_hash(service.database, now), given)
    flagger_id = None if flagger is None else flagger.id
    made, secret = service.notices.add(app, given, notifier=notifier, flagger=flagger_id, via=via, now=now)
    service.noticing.rounds.ring()
    return made, secret


def known_by(keyed: KeyedHash, given: GivenNotice) -> str:
    """What a notifier is known again by; empty for who does not say."""
    notifier = notifier_of(given)
    return keyed(f"notifier:{notifier}") if notifier else ""
