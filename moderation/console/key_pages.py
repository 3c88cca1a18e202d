"""API keys and webhook secrets, for admins: made, shown once, changed and revoked, each with an entry in the log."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for

from ground.errors import InputError
from moderation.service import Service
from moderation.storage.consents import Consents
from review_ui.desk.audit import note_act
from review_ui.portal.access import only_for
from review_ui.portal.languages import _
from review_ui.portal.problems import Page
from review_ui.service import ReviewService


def add_key_pages(console: Blueprint, service: Service, review: ReviewService) -> None:
    """Everything under ``/keys``."""
    accounts = service.accounts

    consents = Consents(service.database, service.settings.two_persons_for())

    def page(problem: str = "", status: int = 200, **shown_once: Any) -> Page:
        now = review.clock()
        shown = render_template(
            "console/keys.html",
            keys=list(reversed(accounts.list_keys())),
            apps=accounts.list_apps(now),
            one_secret=service.settings.webhook_secret is not None,
            problem=problem,
            given=request.form,
            now=now,
            **{"made": None, "secret": None, **shown_once},
        )
        return shown, status

    def need(what: str) -> None:
        consents.need("keys", what, g.session.user.name, review.clock())

    @console.get("/keys")
    @only_for("admin")
    def keys() -> Page:
        return page()

    @console.post("/keys")
    @only_for("admin")
    def add_key() -> Page:
        try:
            is_operator = bool(request.form.get("operator"))
            app = request.form.get("app", "").strip()
            need(f"make {'an operator key' if is_operator else 'a key'} for app {app}")
            made = accounts.add_key(app, review.clock(), is_operator=is_operator)
        except InputError as error:
            return page(_("Nothing was made: %(why)s.", why=error), 422)
        detail = f"{made.app}, operator" if is_operator else made.app
        note_act(review, "key made", g.session.user.id, f"key:{made.id}", detail)
        return page(made=made)

    @console.post("/keys/<key_id>/revoke")
    @only_for("admin")
    def revoke_key(key_id: str) -> Page:
        accounts.revoke(key_id, review.clock())
        note_act(review, "key revoked", g.session.user.id, f"key:{key_id}")
        return redirect(url_for("portal.console.keys"), 303)

    @console.post("/keys/<key_id>/rotate")
    @only_for("admin")
    def rotate_key(key_id: str) -> Page:
        old = next((each for each in accounts.list_keys() if each.id == key_id and each.revoked_at is None), None)
        if old is None:
            return page(_("This key is revoked already."), 422)
        try:
            need(f"make a key in place of {key_id} of app {old.app}")
        except InputError as error:
            return page(_("Nothing was made: %(why)s.", why=error), 422)
        made = accounts.add_key(old.app, review.clock(), is_operator=old.is_operator, scopes=old.scopes)
        note_act(review, "key made", g.session.user.id, f"key:{made.id}", f"{made.app}, in place of {key_id}")
        return page(made=made, replaces=key_id)

    @console.post("/apps/<name>/secret")
    @only_for("admin")
    def rotate_secret(name: str) -> Page:
        try:
            need(f"change the webhook secret of app {name}")
        except InputError as error:
            return page(_("Nothing was changed: %(why)s.", why=error), 422)
        secret = accounts.rotate_secret(name, review.clock())
        note_act(review, "secret changed", g.session.user.id, f"app:{name}")
        return page(secret=(name, secret))
