"""People: who may sign in and do what, for admins; and everybody's own password."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for

from ground.errors import InputError
from review_ui.clearance import grant, revoke
from review_ui.people.authorship import authorships, link_author, unlink_author
from review_ui.people.people import ROLES, SHORTEST_PASSWORD, People
from review_ui.portal.access import SESSION_COOKIE, admins, signed_in
from review_ui.portal.languages import _
from review_ui.portal.problems import Page
from review_ui.service import ReviewService


def add_people_pages(portal: Blueprint, review: ReviewService, people: People, *, has_passwords: bool) -> None:
    """List, add, change and shut out people.

    Args:
        has_passwords: False where everybody signs in by a provider.
    """

    def page(text: str = "", status: int = 200, **shown_once: Any) -> Page:
        shown = render_template(
            "portal/people.html",
            people=people.list(),
            sessions=people.sessions(),
            authorships=authorships(review),
            roles=ROLES,
            shortest=SHORTEST_PASSWORD,
            has_passwords=has_passwords,
            problem=text,
            given=request.form,
            **{"made": None, **shown_once},
        )
        return shown, status

    @portal.get("/people")
    @admins
    def everybody() -> Page:
        return page()

    @portal.post("/people")
    @admins
    def add_person() -> Page:
        form = request.form
        try:
            people.add(form.get("name", ""), form.get("role", ""), form.get("password", ""), g.session.user.id)
        except InputError as error:
            return page(_("Not added: %(why)s.", why=error), 422)
        return redirect(url_for("portal.everybody"), 303)

    @portal.post("/people/<name>/groups")
    @admins
    def set_groups(name: str) -> Page:
        groups = request.form.get("groups", "").replace(",", " ").split()
        try:
            people.set_groups(name, groups, g.session.user.id)
        except InputError as error:
            return page(_("Nothing was changed: %(why)s.", why=error), 422)
        return redirect(url_for("portal.everybody"), 303)

    @portal.post("/people-authors")
    @admins
    def change_author() -> Page:
        form = request.form
        change = unlink_author if form.get("act") == "unlink" else link_author
        try:
            change(review, form.get("name", ""), form.get("app", ""), form.get("author", ""), g.session.user.id)
        except InputError as error:
            return page(_("Nothing was changed: %(why)s.", why=error), 422)
        return redirect(url_for("portal.everybody"), 303)

    @portal.post("/people/<name>/disable")
    @admins
    def disable_person(name: str) -> Page:
        if name == g.session.user.name:
            return page(_("You cannot shut yourself out."), 422)
        people.disable(name, g.session.user.id)
        return redirect(url_for("portal.everybody"), 303)

    @portal.post("/people/<name>")
    @admins
    def change_person(name: str) -> Page:
        by, act = g.session.user.id, request.form.get("act", "")
        try:
            if act == "role":
                people.set_role(name, request.form.get("role", ""), by)
            elif act == "enable":
                people.enable(name, by)
            elif act in ("grant", "revoke"):
                change = grant if act == "grant" else revoke
                change(review.database, name, request.form.get("clearance", "").strip(), by, review.clock())
            elif act == "sessions":
                people.end_sessions(name, by)
            elif act == "password":
                return page(made=(name, people.reset_password(name, by)))
        except InputError as error:
            return page(_("Nothing was changed: %(why)s.", why=error), 422)
        return redirect(url_for("portal.everybody"), 303)

    if not has_passwords:
        return

    def own_page(text: str = "", status: int = 200, *, is_done: bool = False) -> Page:
        return render_template(
            "portal/password.html", shortest=SHORTEST_PASSWORD, problem=text, is_done=is_done
        ), status

    @portal.get("/password")
    @signed_in
    def password() -> Page:
        return own_page(is_done="done" in request.args)

    @portal.post("/password")
    @signed_in
    def change_password() -> Page:
        form = request.form
        if form.get("new", "") != form.get("again", ""):
            return own_page(_("The new password was not written the same way twice."), 422)
        try:
            token = request.cookies.get(SESSION_COOKIE, "")
            people.change_password(g.session.user.name, form.get("old", ""), form.get("new", ""), keep=token)
        except InputError as error:
            return own_page(_("Nothing was changed: %(why)s.", why=error), 422)
        return redirect(url_for("portal.password", done=1), 303)
