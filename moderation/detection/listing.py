"""Lists at run time, for items that are judged: what of an item stands on which, looked up before the rules are."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from moderation.core.detections import Detection, Failure
from moderation.core.errors import StoreUnavailable
from moderation.core.fingerprints import Fingerprint
from moderation.core.items import Item, Part, Tool
from moderation.core.listing import asked_by, look
from moderation.core.policy.policies import Policy
from moderation.core.policy.words.listed import FOUND, LISTS
from moderation.core.rules.scene import Listed

if TYPE_CHECKING:
    from moderation.storage.lists import ListsInForce

logger = logging.getLogger(__name__)

NOT_READ = "the database did not answer, so that nobody knows what stands on the lists"
_NOTHING: Mapping[str, Listed] = {}


def listed_of(
    lists: ListsInForce | None,
    item: Item,
    parts: Sequence[Part],
    detections: Sequence[Detection],
    policies: Sequence[Policy],
    version: str,
    fingerprints: Callable[[], Sequence[Fingerprint]],
) -> tuple[Mapping[str, Listed], list[Failure]]:
    """What of an item stands on the lists that the policies go by, and a failure where nobody can know.

    Args:
        lists: None where nothing is remembered: then nothing stands on any.
        parts: given and extracted.
        version: of the program.
        fingerprints: works out those of the given parts.
    """
    wanted = asked_by(policies)
    if not detections:  # then there is nothing to spare
        wanted = frozenset(each for each in wanted if each[1] != FOUND)
    if not wanted:
        return _NOTHING, []
    try:
        known = lists.lists() if lists is not None else {}
    except StoreUnavailable as error:
        logger.warning("lists cannot be read: %s", error)
        return _NOTHING, [Failure(detector=Tool(name=LISTS, version=version), kind="raised", message=NOT_READ)]
    at = lists.clock() if lists is not None else item.created_at
    return look(wanted, known, item.metadata, parts, detections, at, fingerprints), []
