"""A service over one policy file without workers of its own: a test moderates when it wants."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ground.media.limits import Limits
from moderation.core.items import Item, Part
from moderation.media.inspecting import inspect, store_media
from moderation.pipeline.intake import Submission
from moderation.pipeline.moderate import moderate_waiting
from moderation.service import Service
from moderation.settings import Settings
from moderation.storage import tables
from moderation.storage.records import ItemRecord
from tests.houses.service import People


class IdleHouse:
    """A service without workers of its own: a test moderates when it wants."""

    def __init__(self, settings: Settings, folder: Path, policy: str) -> None:
        folder.mkdir()
        (folder / "words.yml").write_text(policy)
        self.people = People()
        own = settings.model_copy(update={"rules": folder, "data": folder / "data"})
        self.service = Service.open(own, human_loops=self.people)  # type: ignore[arg-type]
        self.ports = self.service.pipeline.ports

    def add(self, text: str, author: str | None = "ann", app: str = "shop", **facts: Any) -> Item:
        part = Part(id="p0", type="text", text=text)
        return self.add_part(part, {**facts, **({"author": author} if author is not None else {})}, app)

    def add_part(self, part: Part, facts: Mapping[str, Any], app: str = "shop") -> Item:
        item = self.service.pipeline.prepare(Submission(app, (part,), metadata=facts))
        self.service.pipeline.intake([item])
        return item

    def picture(self, data: bytes, author: str) -> ItemRecord:
        media = store_media(self.service.blobs, data, inspect(data, Limits(), "image"), None)
        return self.judged(self.add_part(Part(id="p0", type="image", media=media), {"author": author}))

    def post(self, text: str, author: str | None = "ann", app: str = "shop", **facts: Any) -> ItemRecord:
        return self.judged(self.add(text, author, app, **facts))

    def judged(self, item: Item) -> ItemRecord:
        while moderate_waiting(self.ports):
            pass
        return self.service.store.get_item(item.id)

    def kept(self) -> list[tuple[str, str]]:
        """Item and what is counted of it, in order."""
        table = tables.counter_marks.c
        query = sa.select(table.item_id, table.of).order_by(table.item_id, table.of)
        return self.service.database.read(lambda c: [tuple(row) for row in c.execute(query)])
