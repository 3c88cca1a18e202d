"""The portal's languages: the browser says which; catalogs are plain .po files, read when the portal starts.

Templates say `_("...")`, `ngettext` or `{% trans %}`; Python says `_` of this module. What is put into a sentence goes
in by name, and in templates it is escaped there. Only words of ours are ever given to `_` in a template: what it gives
back counts as safe. Content, names of queues and people, and policies are never translated.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Blueprint, Flask, g, has_request_context, request

LOCALE = Path(__file__).parent / "locale"
SOURCE = "en"
"""The language of the strings in the source."""


def add_languages(portal: Blueprint) -> None:
    """Choose each request's language, and let templates translate."""

    @portal.record_once
    def install(state: object) -> None:
        app: Flask = state.app  # type: ignore[attr-defined]
        app.jinja_env.add_extension("jinja2.ext.i18n")
        app.jinja_env.policies["ext.i18n.trimmed"] = True
        app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
            lambda text: _translations().gettext(text),
            lambda one, many, count: _translations().ngettext(one, many, count),
            newstyle=True,
        )

    @portal.before_request
    def choose() -> None:
        g.language = request.accept_languages.best_match([SOURCE, *catalogs()], default=SOURCE)

    @portal.context_processor
    def offer() -> dict[str, str]:
        language = g.get("language", SOURCE)
        return {"language": language, "direction": Locale.parse(language, sep="-").text_direction}


def N_(text: str) -> str:  # noqa: N802 the name that gettext's tools know
    """The text itself: marks words for the catalogs that are translated later, where they are shown."""
    return text


NAMES = (
    *(N_("reviewer"), N_("lead"), N_("policy owner"), N_("admin"), N_("approve"), N_("reject")),
    *(N_("skipped"), N_("undone"), N_("unmasked"), N_("released"), N_("assigned"), N_("prioritised")),
    *(N_("paused"), N_("resumed"), N_("batch"), N_("batch undone"), N_("alike")),
    *(N_("Severe"), N_("Moderate"), N_("Mild"), N_("none"), N_("light"), N_("medium"), N_("strong"), N_("strongest")),
    *(N_("full colour"), N_("half grey"), N_("grey")),
    *(N_("rules"), N_("people"), N_("review")),
    *(N_("due"), N_("person added"), N_("groups changed"), N_("shut out"), N_("let in again"), N_("role changed")),
    *(N_("password reset"), N_("password changed"), N_("sessions ended"), N_("key made"), N_("key revoked")),
    *(N_("secret changed"), N_("policy taken back"), N_("policy in force"), N_("draft begun"), N_("draft proposed")),
    *(N_("draft approved"), N_("draft sent back"), N_("draft agreed upon"), N_("draft dropped"), N_("dropped")),
    *(N_("saved"), N_("proposed"), N_("approved"), N_("sent back"), N_("agreed upon"), N_("put into force")),
    *(N_("text"), N_("image"), N_("video"), N_("audio")),
    *(N_("App"), N_("Content id"), N_("Posted"), N_("Item"), N_("Queue")),
)
"""Words that other modules make and templates show through `_`."""


@cache
def catalogs() -> Mapping[str, gettext.NullTranslations]:
    """The translations there are, by language."""
    found = {}
    for path in sorted(LOCALE.glob("*.po")):
        compiled = io.BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=path.stem))
        compiled.seek(0)
        found[path.stem] = gettext.GNUTranslations(compiled)
    return found


def _(text: str, **values: object) -> str:
    """The text in the request's language, with the values put in; as it is outside of a request."""
    said = _translations().gettext(text) if text else ""
    return said % values if values else said


def best_language(offered: Sequence[str]) -> str:
    """Of languages in which somebody has written: the reader's, or else the one for any (empty), English, the first."""
    wanted = list(request.accept_languages.values()) if has_request_context() else []
    own = [language for each in wanted for language in (each, each.partition("-")[0])]
    return next((each for each in (*own, "", SOURCE, *offered) if each in offered), "")


def _translations() -> gettext.NullTranslations:
    language = g.get("language", SOURCE) if has_request_context() else SOURCE
    return catalogs().get(language) or gettext.NullTranslations()
