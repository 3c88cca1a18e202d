"""Lists that rules go by at run time, for leads: what stands there and since when, one entry more, one less."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from flask import Blueprint, g, redirect, render_template, request, url_for

from ground.errors import InputError
from review_ui.portal.access import leading
from review_ui.portal.languages import _
from review_ui.portal.problems import Page
from review_ui.service import ReviewService

KINDS = ("values", "words", "domains", "hashes")
SHOWN = 500
"""Newest entries, and newest changes, of a page."""


class Keeper(Protocol):
    """Who keeps the lists. What stands on one, and what happened to it, has id, value, by, why and at."""

    def states(self, now: datetime) -> Sequence[Any]: ...  # noqa: D102 - as the service's lists have them
    def state(self, name: str, now: datetime) -> tuple[Any, Sequence[Any]]: ...  # noqa: D102
    def changes(self, name: str, limit: int = ...) -> Sequence[Any]: ...  # noqa: D102
    def add(  # noqa: D102
        self,
        name: str,
        values: Sequence[str],
        *,
        by: str,
        why: str,
        now: datetime,
        kind: Any = ...,
        expires_at: datetime | None = ...,
    ) -> Sequence[Any]: ...
    def remove(self, name: str, entry_id: int, *, by: str, why: str, now: datetime) -> Any: ...  # noqa: D102


def add_list_pages(portal: Blueprint, review: ReviewService, lists: Keeper) -> None:
    """Everything under ``/lead/lists``."""

    def all_lists(text: str = "", status: int = 200) -> Page:
        given = {"lists": lists.states(review.clock()), "kinds": KINDS, "given": request.form, "problem": text}
        return render_template("portal/lead_lists.html", **given), status

    @portal.get("/lead/lists")
    @leading
    def lead_lists() -> Page:
        return all_lists()

    @portal.post("/lead/lists")
    @leading
    def add_to_list() -> Page:
        form = request.form
        name = form.get("name", "").strip()
        kind = form.get("kind") if form.get("kind") in KINDS else None
        try:
            until = end_of_day(form.get("expires", ""))
            values, who = [form.get("value", "").strip()], g.session.user.name
            why = form.get("why", "").strip()
            lists.add(name, values, by=who, why=why, now=review.clock(), kind=kind, expires_at=until)
        except InputError as error:
            return all_lists(_("Nothing was changed: %(why)s.", why=error), 422)
        return redirect(url_for("portal.lead_list", name=name), 303)

    @portal.get("/lead/lists/<name>")
    @leading
    def lead_list(name: str) -> Page:
        state, entries = lists.state(name, review.clock())
        given = {"list": state, "entries": entries[:SHOWN], "changes": lists.changes(name, SHOWN)}
        return render_template("portal/lead_list.html", **given)

    @portal.post("/lead/lists/<name>/entries/<int:entry_id>")
    @leading
    def take_off_list(name: str, entry_id: int) -> Page:
        why = request.form.get("why", "").strip() or _("taken off on the leads' page")
        lists.remove(name, entry_id, by=g.session.user.name, why=why, now=review.clock())
        return redirect(url_for("portal.lead_list", name=name), 303)


def end_of_day(given: str) -> datetime | None:
    """The end of the day (UTC) that a form has; None for none."""
    if not given:
        return None
    try:
        return datetime.fromisoformat(given[:10]).replace(tzinfo=UTC) + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise InputError("a day is written 2027-01-31") from error
