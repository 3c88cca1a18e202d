"""Items that do not get on are shown to those who run the queues."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from moderation.storage.attention import Attention
from tests.houses.desk import Desk


def test_a_lead_sees_which_items_somebody_has_to_look_after_and_nobody_else_does(desk: Desk) -> None:
    since = datetime.now(UTC) - timedelta(hours=3)
    desk.stuck = [Attention("0194-item", "shop", since, "6 human loops came to nothing: <b>Expired</b>", has_loop=True)]
    seen = desk.client("lead", name="lea").get("/review/lead").get_data(as_text=True)
    desk.stuck = []
    later = desk.client("lead", name="leo").get("/review/lead").get_data(as_text=True)

    assert "0194-item" in seen
    assert "3 h 0 min" in seen
    assert "came to nothing: &lt;b&gt;Expired&lt;/b&gt;" in seen
    assert "Somebody has to look" not in later
    assert desk.client("reviewer", name="rita").get("/review/lead").status_code == 403
