"""Statements of reasons in plain words, in English and Spanish, for the user whose content was decided about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from moderation.core.policy.choices import in_language
from moderation.core.statements import Statement

Language = Literal["en", "es"]
STATED_IN: tuple[Language, ...] = ("en", "es")


@dataclass(frozen=True)
class _Words:
    title: str
    posted: str
    outcomes: Mapping[str | None, str]
    decided_on: str
    found: str
    nothing_named: str
    reasons: str
    rule: str
    rules: str
    basis: Mapping[str, str]
    countries: str
    no_ground: str
    automation: Mapping[str, str]
    sources: Mapping[str, str]
    approved: Mapping[str, str]
    appeal: str
    no_appeal: str
    courts: str
    reference: str


_ENGLISH = _Words(
    title="Statement of reasons",
    posted="About your content of {posted}.",
    outcomes={
        None: "It was approved. Nothing about it is restricted.",
        "removed": "It was rejected: it is not shown, or was removed.",
        "disabled": "It was restricted: access to it is disabled.",
        "demoted": "It was restricted: it is shown to fewer people.",
        "age_restricted": "It was restricted by age.",
        "interaction_restricted": "It was restricted: others cannot interact with it.",
        "labelled": "It was given a label that others see.",
    },
    decided_on="Decided on {decided}.",
    found="What was found: {found}.",
    nothing_named="What was found was not given a name.",
    reasons="The people who decided chose: {reasons}.",
    rule="Rule: {rules}, of policy '{policy}'.",
    rules="Rules: {rules}, of policy '{policy}'.",
    basis={
        "law": "Ground: we hold it for illegal. {reference}. {explanation}",
        "terms": "Ground: it is against our terms. {reference}. {explanation}",
    },
    countries="It is restricted in: {countries}.",
    no_ground="On which clause of the terms or which law this rests was not recorded. Ask us, and we will say.",
    automation={
        "fully": "How: a computer found it, and rules decided. No person has looked at it.",
        "partially": "How: a computer found it, and people decided.",
        "not": "How: people decided. No computer had found it.",
    },
    sources={
        "own_initiative": "Nobody had reported it.",
        "notice": "Somebody had reported it.",
    },
    approved={"rules": "How: rules decided, without people.", "people": "How: people decided."},
    appeal="If you think that this is wrong, you can appeal: people who have not seen it decide anew.",
    no_appeal="It cannot be appealed here any more.",
    courts="You may also turn to a certified out-of-court dispute settlement body, or to a court.",
    reference="Reference: {puid}.",
)
_SPANISH = _Words(
    title="Exposición de motivos",
    posted="Sobre su contenido del {posted}.",
    outcomes={
        None: "Se ha aprobado. No tiene ninguna restricción.",
        "removed": "Se ha rechazado: no se muestra, o se ha retirado.",
        "disabled": "Se ha restringido: no se puede acceder a él.",
        "demoted": "Se ha restringido: se muestra a menos personas.",
        "age_restricted": "Se ha restringido por edad.",
        "interaction_restricted": "Se ha restringido: otras personas no pueden interactuar con él.",
        "labelled": "Se le ha puesto una etiqueta que otras personas ven.",
    },
    decided_on="Decidido el {decided}.",
    found="Lo que se encontró: {found}.",
    nothing_named="Lo que se encontró no recibió ningún nombre.",
    reasons="Las personas que decidieron eligieron: {reasons}.",
    rule="Regla: {rules}, de la política «{policy}».",
    rules="Reglas: {rules}, de la política «{policy}».",
    basis={
        "law": "Fundamento: lo consideramos ilegal. {reference}. {explanation}",
        "terms": "Fundamento: va contra nuestras condiciones. {reference}. {explanation}",
    },
    countries="Está restringido en: {countries}.",
    no_ground="No quedó registrado en qué cláusula o en qué ley se basa. Pregúntenos y se lo diremos.",
    automation={
        "fully": "Cómo: un ordenador lo encontró y las reglas decidieron. Ninguna persona lo ha mirado.",
        "partially": "Cómo: un ordenador lo encontró y decidieron personas.",
        "not": "Cómo: decidieron personas. Ningún ordenador lo había encontrado.",
    },
    sources={
        "own_initiative": "Nadie lo había denunciado.",
        "notice": "Alguien lo había denunciado.",
    },
    approved={"rules": "Cómo: decidieron las reglas, sin personas.", "people": "Cómo: decidieron personas."},
    appeal="Si cree que es un error, puede reclamar: lo decidirán de nuevo personas que no lo han visto.",
    no_appeal="Aquí ya no se puede reclamar.",
    courts="También puede acudir a un órgano certificado de resolución extrajudicial de litigios, o a un tribunal.",
    reference="Referencia: {puid}.",
)
_WORDS: Mapping[Language, _Words] = {"en": _ENGLISH, "es": _SPANISH}


def sentences(said: Statement, language: Language) -> tuple[str, ...]:
    """The statement, sentence by sentence; the first is its title."""
    return tuple(_sentences(said, _WORDS[language], language))


def _sentences(said: Statement, words: _Words, language: Language) -> Iterator[str]:
    yield words.title
    yield f"{words.posted.format(posted=_day(said.posted_at))} {words.outcomes[said.restriction]}"
    yield words.decided_on.format(decided=_day(said.decided_at))
    if said.restriction is None:
        yield words.approved["rules" if said.automation == "fully" else "people"]
        yield words.reference.format(puid=f"{said.item_id}-{said.number}")
        return
    found = [in_language(said.label_words.get(label, {"": label}), language) for label in said.labels]
    yield words.found.format(found=", ".join(found)) if found else words.nothing_named
    if said.reasons:
        yield words.reasons.format(reasons="; ".join(in_language(each, language) for each in said.reasons))
    if said.rules:
        several = words.rule if len(said.rules) == 1 else words.rules
        yield several.format(rules=", ".join(said.rules), policy=said.policy.name)
    yield from _ground(said, words, language)
    yield f"{words.automation[said.automation]} {words.sources[said.source]}"
    if said.redress.refused is not None:
        yield words.no_appeal
    else:
        how = in_language(said.redress.words, language) if said.redress.words else ""
        yield f"{words.appeal} {how}".rstrip()
    yield words.courts
    yield words.reference.format(puid=f"{said.item_id}-{said.number}")


def _ground(said: Statement, words: _Words, language: Language) -> Iterator[str]:
    ground = said.ground
    if ground is None:
        yield words.no_ground
        return
    reference, explanation = in_language(ground.reference, language), in_language(ground.explanation, language)
    sentence = words.basis[ground.basis].format(reference=reference.rstrip("."), explanation=explanation)
    yield sentence + (f" {ground.url}" if ground.url else "")
    if ground.countries:
        yield words.countries.format(countries=", ".join(sorted(ground.countries)))


def _day(at: datetime) -> str:
    return at.date().isoformat()


def text(said: Statement, language: Language) -> str:
    """The statement as a text of lines."""
    return "\n".join(sentences(said, language)) + "\n"
