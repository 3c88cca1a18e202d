"""The sweep: an item in review that nobody is asked about goes to people again.

Each step from one state to the next is one commit, so there is none such unless somebody changed the database or a
program before this one left it so. A loop that is stuck is left for a person to look at.
"""

from __future__ import annotations

import logging

from moderation.core.errors import HumanLoopRefused
from moderation.pipeline.loops import loop_again
from moderation.pipeline.ports import Ports
from moderation.storage.records import ItemRecord

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 30.0


def sweep(ports: Ports) -> int:
    """Ask people about such items; says of how many they are asked now."""
    lost = [each for each in ports.store.need_attention() if not each.has_loop]
    asked = 0
    for each in lost:
        try:
            asked += _ask_again(ports, ports.store.get_item(each.item_id))
        except HumanLoopRefused as error:
            logger.error("item=%s is in review and nobody can be asked: %s", each.item_id, error)
        except Exception:  # one item must not keep the sweep from others
            logger.exception("item=%s is in review and nobody is asked", each.item_id)
    return asked


def _ask_again(ports: Ports, record: ItemRecord) -> bool:
    if record.status != "in_review" or any(loop.state == "stuck" for loop in record.loops):
        return False
    loop = loop_again(ports, record)
    if not ports.store.send_to_people(record.item.id, None, None, [loop]):
        return False
    logger.warning("item=%s was in review and nobody was asked; loop=%s is started", record.item.id, loop.name)
    ports.ask()
    return True
