"""Legal holds, for leads: what is held by whom, why and until when; one more, and releasing one or a whole case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from flask import Blueprint, g, redirect, render_template, request, url_for

from ground.errors import InputError, NotFound
from review_ui.portal.access import leading
from review_ui.portal.languages import _
from review_ui.portal.list_pages import end_of_day
from review_ui.portal.problems import Page
from review_ui.service import ReviewService

KINDS = ("item", "author")


class HoldKeeper(Protocol):
    """Who keeps the holds. Each has id, kind, app, value, case, why, by, at, until, released_at and released_by."""

    def list(self, now: datetime, *, is_all: bool = ...) -> Sequence[Any]: ...  # noqa: D102 - as the service's
    def add(  # noqa: D102
        self,
        kind: Any,
        value: str,
        *,
        app: str = ...,
        case: str = ...,
        why: str,
        by: str,
        now: datetime,
        until: datetime | None = ...,
    ) -> Any: ...
    def release(  # noqa: D102
        self, *, by: str, why: str, now: datetime, hold_id: int | None = ..., case: str = ...
    ) -> Sequence[Any]: ...


def add_hold_pages(portal: Blueprint, review: ReviewService, holds: HoldKeeper) -> None:
    """Everything under ``/lead/holds``."""

    def all_holds(text: str = "", status: int = 200) -> Page:
        now, is_all = review.clock(), "all" in request.args
        given = {"holds": holds.list(now, is_all=is_all), "is_all": is_all, "kinds": KINDS, "given": request.form}
        return render_template("portal/lead_holds.html", problem=text, now=now, **given), status

    @portal.get("/lead/holds")
    @leading
    def lead_holds() -> Page:
        return all_holds()

    @portal.post("/lead/holds")
    @leading
    def add_hold() -> Page:
        form = request.form
        said = {name: form.get(name, "").strip() for name in ("value", "app", "case", "why")}
        try:
            until = end_of_day(form.get("until", ""))
            holds.add(form.get("kind", ""), by=g.session.user.name, now=review.clock(), until=until, **said)
        except InputError as error:
            return all_holds(_("Nothing was changed: %(why)s.", why=error), 422)
        return redirect(url_for("portal.lead_holds"), 303)

    @portal.post("/lead/holds/release")
    @leading
    def release_hold() -> Page:
        form = request.form
        number = form.get("hold", "")
        which: dict[str, Any] = {"hold_id": int(number)} if number.isascii() and number.isdigit() else {}
        which = which or {"case": form.get("case", "")}
        try:
            holds.release(by=g.session.user.name, why=form.get("why", ""), now=review.clock(), **which)
        except (InputError, NotFound) as error:
            return all_holds(_("Nothing was changed: %(why)s.", why=error), 422)
        return redirect(url_for("portal.lead_holds"), 303)
