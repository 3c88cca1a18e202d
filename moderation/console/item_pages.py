"""Items: search over all of them, a list beside one that is open, views that are kept, and decisions by the batch."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from flask import Blueprint, Response, g, redirect, render_template, request, url_for

from ground.errors import InputError, MediaRefused, NotFound
from ground.media.display import display_copy
from ground.media.veiled import veiled_copy
from ground.web.hygiene import SANDBOX
from moderation.console.asking import CHOICES, FIELDS, asked_of, is_everything
from moderation.console.dashboard_pages import OVERSEE
from moderation.console.item_shown import first_line, found_labels, picture_of, shown_parts, story, unseen, why
from moderation.console.seen import Seen
from moderation.core.items import Part
from moderation.evidence.explained import explained
from moderation.service import Service
from moderation.storage.records import ItemRecord
from moderation.storage.searching import COUNTED, PAGE, Asked, Row, SavedView, Searching
from review_ui.desk import batches
from review_ui.desk.audit import note_act
from review_ui.desk.audit_search import EventsAsked, find_events
from review_ui.desk.leading import assign
from review_ui.desk.of_loops import LoopTask, contents_of, loops_answered_by, names_by_worker, tasks_of
from review_ui.portal.access import only_for
from review_ui.portal.languages import _
from review_ui.portal.problems import Page
from review_ui.portal.together import Together, together
from review_ui.service import ReviewService

MAY_UNMASK = MAY_DECIDE = ("lead", "admin")
THUMBS = 256
"""Veiled pictures that are kept in memory."""
KEPT = ("q", *FIELDS, "by", "again", "since", "until")
"""What of an address is the search."""


@dataclass(frozen=True)
class Listed:
    """A row of the list.

    Attributes:
        line: its first words, or the kinds of its parts; empty where nobody has looked at its text yet.
        picture: id of the part whose veiled copy stands before it; None for none.
        film: True where that is a frame of a film, or there is a film and no frame.
        tasks: its tasks that wait, in this lead's queues.
    """

    row: Row
    line: str
    picture: str | None
    film: bool
    tasks: tuple[LoopTask, ...]


def add_item_pages(console: Blueprint, service: Service, review: ReviewService) -> None:
    """``/items`` and what is done there."""
    seen, searching = Seen(service), Searching(service.database)

    @lru_cache(maxsize=THUMBS)
    def veiled(uri: str, sha256: str) -> bytes:
        return veiled_copy(service.blobs.local_path(uri, sha256).read_bytes())

    def unmasked(item_id: str) -> bool:
        who = g.session.user
        if who.role not in MAY_UNMASK:
            return False
        return bool(find_events(review, EventsAsked(kind="unmasked", who=who.name, subject=f"item:{item_id}"), who.id))

    def waiting(ids: Sequence[str]) -> Mapping[str, tuple[LoopTask, ...]]:
        """The tasks that wait, by item."""
        loops = searching.loops_of(ids)
        found = tasks_of(review, g.session.user.id, [name for names in loops.values() for name in names])
        return {
            item_id: tuple(t for name in names for t in found.get(name, ()) if t.state in ("waiting", "claimed"))
            for item_id, names in loops.items()
        }

    def listed(rows: Sequence[Row]) -> list[Listed]:
        tasks = waiting([row.item.id for row in rows])
        found = []
        for row in rows:
            record = seen.item(row.item.id)
            picture = picture_of(record) if record.media_deleted_at is None else None
            film = any(part.type == "video" for part in row.item.parts)
            line = first_line(record, unmasked=False)
            found.append(Listed(row, line, picture.id if picture else None, film, tasks.get(row.item.id, ())))
        return found

    def page(text: str = "", status: int = 200) -> Page:
        problem = text
        try:
            asked = asked_of(_search(), lambda name: loops_answered_by(review, name))
        except InputError as error:
            asked, problem, status = Asked(), str(error), 422
        before = request.args.get("before") or None
        rows = seen.page(asked, before, PAGE + 1) if status == 200 else []
        count = seen.count(asked) if status == 200 and not is_everything(asked) else None
        query = _search()
        opened = request.args.get("open", "")
        shown = render_template(
            "console/items.html",
            rows=listed(rows[:PAGE]),
            more=rows[PAGE - 1].item.id if len(rows) > PAGE else None,
            count=count,
            counted=COUNTED,
            query=query,
            choices=CHOICES,
            fields=FIELDS,
            apps=service.accounts.list_apps(review.clock()),
            views=searching.views(g.session.user.name),
            may_decide=g.session.user.role in MAY_DECIDE,
            problem=problem,
            now=review.clock(),
            opened=opened,
            detail=_detail(opened) if opened else None,
        )
        return shown, status

    def _detail(item_id: str) -> dict[str, Any] | None:
        try:
            record = seen.item(item_id)
        except NotFound:
            return None
        is_open, verdict = unmasked(item_id), explained(record, service.versions)
        loops = [loop.name for loop in record.loops]
        tasks = tasks_of(review, g.session.user.id, loops)
        return {
            "record": record,
            "parts": shown_parts(record, is_open),
            "found": found_labels(record.detections),
            "why": why(verdict) if verdict else [],
            "unseen": unseen(verdict) if verdict else [],
            "failures": record.failures,
            "story": story(record, names_by_worker(review)),
            "tasks": [task for each in tasks.values() for task in each if task.state in ("waiting", "claimed")],
            "is_unmasked": is_open,
            "may_unmask": g.session.user.role in MAY_UNMASK,
            "attention": record.needs_attention,
        }

    @console.get("/items")
    @only_for(*OVERSEE)
    def items() -> Page:
        return page()

    @console.post("/items/<uuid:item_id>/unmask")
    @only_for(*MAY_UNMASK)
    def unmask_item(item_id: UUID) -> Page:
        seen.item(str(item_id))
        note_act(review, "unmasked", g.session.user.id, f"item:{item_id}")
        return redirect(_back(open=str(item_id)), 303)

    @console.post("/items/<uuid:item_id>/tasks/<uuid:task_id>")
    @only_for(*MAY_DECIDE)
    def open_task(item_id: UUID, task_id: UUID) -> Page:
        user = g.session.user
        loops = [loop.name for loop in seen.item(str(item_id)).loops]
        found = [each for own in tasks_of(review, user.id, loops).values() for each in own if each.id == str(task_id)]
        if not found:
            raise NotFound("no such task")
        # As when a lead gives it to somebody: it is their next one.
        assign(review, str(task_id), user.id, user.name)
        return redirect(url_for("portal.next_one", flow=found[0].flow), 303)

    def part_of(record: ItemRecord, part_id: str) -> Part:
        part = next((each for each in record.parts if each.id == part_id), None)
        if part is None or part.media is None or part.type != "image" or record.media_deleted_at is not None:
            raise NotFound("there is no picture")
        return part

    @console.get("/items/<uuid:item_id>/veiled/<part_id>")
    @only_for(*OVERSEE)
    def veiled_part(item_id: UUID, part_id: str) -> Page:
        record = seen.item(str(item_id))
        part = part_of(record, part_id)
        assert part.media is not None
        # What needs a clearance is asked for each time: it may be taken away.
        kept_seconds = 0 if record.clearances else 86_400
        try:
            return _picture(veiled(part.media.uri, part.media.sha256), "image/jpeg", kept_seconds=kept_seconds)
        except MediaRefused as error:
            raise NotFound("the picture cannot be shown") from error

    @console.get("/items/<uuid:item_id>/parts/<part_id>")
    @only_for(*MAY_UNMASK)
    def open_part(item_id: UUID, part_id: str) -> Page:
        part = part_of(seen.item(str(item_id)), part_id)
        if not unmasked(str(item_id)):
            raise NotFound("the picture is veiled until somebody asks")
        assert part.media is not None
        try:
            data = service.blobs.local_path(part.media.uri, part.media.sha256).read_bytes()
            return _picture(*display_copy(data), kept_seconds=0)
        except MediaRefused as error:
            raise NotFound("the picture cannot be shown") from error

    @console.post("/items/decide")
    @only_for(*MAY_DECIDE)
    def decide_items() -> Page:
        form = request.form
        ids = list(dict.fromkeys(form.getlist("item")))[: batches.MOST_TASKS + 1]
        if not ids:
            return page(_("Tick the items that are to be decided together."), 422)
        there = seen.rows(ids)
        ids = [row.item.id for row in there]
        tasks = {item_id: [t for t in found if t.state == "waiting"] for item_id, found in waiting(ids).items()}
        rows, text = listed(there), ""
        known = sorted({label for each in rows if tasks.get(each.row.item.id) for label in each.row.labels})
        asked = [task.id for found in tasks.values() for task in found[:1]]
        offered = together(contents_of(review, g.session.user.id, asked), known)
        if form.get("confirmed"):
            try:
                done = _decide(tasks, offered)
                return redirect(_back(decided=str(done)), 303)
            except InputError as error:
                text = _("Nothing was decided: %(why)s.", why=error)
        shown = render_template(
            "console/items_batch.html",
            ready=[each for each in rows if tasks.get(each.row.item.id)],
            left=[each for each in rows if not tasks.get(each.row.item.id)],
            offered=offered,
            given=form,
            problem=text,
            query=_search(),
            undo_minutes=batches.UNDO_TIME.seconds // 60,
            now=review.clock(),
        )
        return shown, 422 if text else 200

    def _decide(tasks: Mapping[str, Sequence[LoopTask]], offered: Together) -> int:
        """Answer the tasks, queue by queue; says how many."""
        by_flow: dict[str, list[str]] = {}
        for each in tasks.values():
            for task in each[:1]:
                by_flow.setdefault(task.flow, []).append(task.id)
        if not by_flow:
            raise InputError(_("none of these items waits for people in your queues"))
        form = request.form
        outcome, words = form.get("decision", ""), form.get("note", "").strip()[:1000]
        labels, reasons = offered.labels_of(form.getlist("found")), offered.reasons_of(form.getlist("because"))
        for flow, chosen in by_flow.items():
            batches.decide_batch(review, g.session.user.id, flow, chosen, outcome, words, labels, reasons)
        return sum(map(len, by_flow.values()))

    @console.post("/items/views")
    @only_for(*OVERSEE)
    def save_view() -> Page:
        name = request.form.get("name", "").strip()[:60]
        if not name:
            return page(_("A view has a name."), 422)
        view = SavedView(
            str(uuid.uuid4()), g.session.user.name, name, urlencode(_search()), bool(request.form.get("shared"))
        )
        searching.save_view(view, review.clock())
        return redirect(_back(), 303)

    @console.post("/items/views/<uuid:view_id>/forget")
    @only_for(*OVERSEE)
    def forget_view(view_id: UUID) -> Page:
        searching.forget_view(str(view_id), g.session.user.name)
        return redirect(_back(), 303)


def _search() -> dict[str, str]:
    """What is searched for: what the address says, or a form's field that holds an address's."""
    given = dict(parse_qsl(request.form.get("search", ""))) if request.method == "POST" else request.args
    return {name: value for name in KEPT if (value := given.get(name, "").strip())}


def _back(**more: str) -> str:
    """The address of the same search."""
    values: dict[str, Any] = {**_search(), **more}
    return url_for("portal.console.items", **values)


def _picture(body: bytes, kind: str, *, kept_seconds: int) -> Response:
    response = Response(body, content_type=kind)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = f"private, max-age={kept_seconds}" if kept_seconds else "no-store"
    response.headers["Content-Disposition"] = "inline; filename=media"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
