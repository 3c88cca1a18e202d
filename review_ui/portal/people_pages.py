"""The admins' page: who may sign in."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for

from ground.errors import InputError
from review_ui.people.people import ROLES, SHORTEST_PASSWORD, People
from review_ui.portal.access import admins
from review_ui.portal.languages import _
from review_ui.portal.problems import Page, problem


def add_people_pages(portal: Blueprint, people: People) -> None:
    """List, add and shut out people."""

    def page(text: str = "", status: int = 200) -> Page:
        shown = render_template(
            "portal/people.html",
            people=people.list(),
            roles=ROLES,
            shortest=SHORTEST_PASSWORD,
            problem=text,
            given=request.form,
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
            people.add(form.get("name", ""), form.get("role", ""), form.get("password", ""))
        except InputError as error:
            return page(_("Not added: %(why)s.", why=error), 422)
        return redirect(url_for("portal.everybody"), 303)

    @portal.post("/people/<name>/groups")
    @admins
    def set_groups(name: str) -> Page:
        people.set_groups(name, request.form.get("groups", "").replace(",", " ").split())
        return redirect(url_for("portal.everybody"), 303)

    @portal.post("/people/<name>/disable")
    @admins
    def disable_person(name: str) -> Page:
        if name == g.session.user.name:
            return problem(_("You cannot shut yourself out."), 422)
        people.disable(name)
        return redirect(url_for("portal.everybody"), 303)
