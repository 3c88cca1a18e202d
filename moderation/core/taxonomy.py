"""The taxonomy: one tree of labels that every detector maps into and every policy is checked against.

Its image branch is Amazon Rekognition's moderation taxonomy 7.0, names unchanged. ``PII/`` carries Amazon Comprehend's
entity types (and two that only pictures have), ``Toxicity/`` the classes of Comprehend's toxicity detection, ``PPE/``
Rekognition's protective equipment, ``Wellbeing/`` texts of people in danger. ``Custom/`` is open: a plugin's own label
is ``Custom/`` and a name.

Names are whole and case-sensitive, never matched as substrings: ``Non-Explicit Nudity`` contains ``Explicit Nudity``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from moderation.core.nearest import nearest

CUSTOM_PREFIX = "Custom/"
"""Names under it need no entry in the tree; a policy may use one that a loaded detector offers."""

TREE: Mapping[str, Mapping[str, Any]] = {
    # Amazon Rekognition content moderation 7.0: 52 labels.
    "Explicit": {
        "Explicit Nudity": {
            "Exposed Male Genitalia": {},
            "Exposed Female Genitalia": {},
            "Exposed Buttocks or Anus": {},
            "Exposed Female Nipple": {},
        },
        "Explicit Sexual Activity": {},
        "Sex Toys": {},
    },
    "Non-Explicit Nudity of Intimate parts and Kissing": {
        "Non-Explicit Nudity": {
            "Bare Back": {},
            "Exposed Male Nipple": {},
            "Partially Exposed Buttocks": {},
            "Partially Exposed Female Breast": {},
            "Implied Nudity": {},
        },
        "Obstructed Intimate Parts": {
            "Obstructed Female Nipple": {},
            "Obstructed Male Genitalia": {},
        },
        "Kissing on the Lips": {},
    },
    "Swimwear or Underwear": {
        "Female Swimwear or Underwear": {},
        "Male Swimwear or Underwear": {},
    },
    "Violence": {
        "Weapons": {},
        "Graphic Violence": {
            "Weapon Violence": {},
            "Physical Violence": {},
            "Self-Harm": {},
            "Blood & Gore": {},
            "Explosions and Blasts": {},
        },
    },
    "Visually Disturbing": {
        "Death and Emaciation": {
            "Emaciated Bodies": {},
            "Corpses": {},
        },
        "Crashes": {
            "Air Crash": {},
        },
    },
    "Drugs & Tobacco": {
        "Products": {
            "Pills": {},
        },
        "Drugs & Tobacco Paraphernalia & Use": {
            "Smoking": {},
        },
    },
    "Alcohol": {
        "Alcohol Use": {
            "Drinking": {},
        },
        "Alcoholic Beverages": {},
    },
    "Rude Gestures": {
        "Middle Finger": {},
    },
    "Gambling": {},
    "Hate Symbols": {
        "Nazi Party": {},
        "White Supremacy": {},
        "Extremist": {},
    },
    # Amazon Comprehend PII entity types; GPS_POSITION and DEVICE_SERIAL are ours, for picture metadata.
    "PII": {
        "PII/BANK_ACCOUNT_NUMBER": {},
        "PII/BANK_ROUTING": {},
        "PII/CREDIT_DEBIT_NUMBER": {},
        "PII/CREDIT_DEBIT_CVV": {},
        "PII/CREDIT_DEBIT_EXPIRY": {},
        "PII/PIN": {},
        "PII/NAME": {},
        "PII/ADDRESS": {},
        "PII/PHONE": {},
        "PII/EMAIL": {},
        "PII/AGE": {},
        "PII/USERNAME": {},
        "PII/PASSWORD": {},
        "PII/URL": {},
        "PII/API_KEY": {},
        "PII/AWS_ACCESS_KEY": {},
        "PII/AWS_SECRET_KEY": {},
        "PII/IP_ADDRESS": {},
        "PII/MAC_ADDRESS": {},
        "PII/SSN": {},
        "PII/PASSPORT_NUMBER": {},
        "PII/DRIVER_ID": {},
        "PII/DATE_TIME": {},
        "PII/INTERNATIONAL_BANK_ACCOUNT_NUMBER": {},
        "PII/SWIFT_CODE": {},
        "PII/LICENSE_PLATE": {},
        "PII/VEHICLE_IDENTIFICATION_NUMBER": {},
        "PII/US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER": {},
        "PII/UK_NATIONAL_INSURANCE_NUMBER": {},
        "PII/UK_NATIONAL_HEALTH_SERVICE_NUMBER": {},
        "PII/UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER": {},
        "PII/CA_SOCIAL_INSURANCE_NUMBER": {},
        "PII/CA_HEALTH_NUMBER": {},
        "PII/IN_AADHAAR": {},
        "PII/IN_NREGA": {},
        "PII/IN_PERMANENT_ACCOUNT_NUMBER": {},
        "PII/IN_VOTER_NUMBER": {},
        "PII/GPS_POSITION": {},
        "PII/DEVICE_SERIAL": {},
    },
    # Amazon Comprehend toxicity classes; SPAM is ours, for lists of unwanted phrases.
    "Toxicity": {
        "Toxicity/GRAPHIC": {},
        "Toxicity/HARASSMENT_OR_ABUSE": {},
        "Toxicity/HATE_SPEECH": {},
        "Toxicity/INSULT": {},
        "Toxicity/PROFANITY": {},
        "Toxicity/SEXUAL": {},
        "Toxicity/VIOLENCE_OR_THREAT": {},
        "Toxicity/SPAM": {},
    },
    # Ours: texts of people who may be in danger from themselves. That is no misconduct, so it is apart from Toxicity,
    # which policies reject as a whole, and from Rekognition's Self-Harm, which is a picture of it.
    "Wellbeing": {
        "Wellbeing/SELF_HARM": {},
    },
    # People and faces, seen but not identified. `Person` carries body parts and covers in its attributes.
    "People": {
        "Person": {},
        "Face": {},
    },
    # Any text that a picture shows; what it says is for other labels.
    "Text": {},
    # Amazon Rekognition protective equipment types; the high-visibility vest is ours.
    "PPE": {
        "PPE/FACE_COVER": {},
        "PPE/HAND_COVER": {},
        "PPE/HEAD_COVER": {},
        "PPE/VEST": {},
    },
    # What a picture's own metadata states about how it was made (IPTC digital source type, C2PA). Claims, no facts.
    "Source": {
        "Source/MADE_BY_AI": {},
        "Source/PARTLY_MADE_BY_AI": {},
        "Source/ENHANCED": {},
        "Source/EDITED": {},
        "Source/DRAWN": {},
        "Source/SCREEN": {},
        "Source/CAPTURED": {},
        "Source/OTHER": {},
        "Source/CREDENTIALS_VALID": {},
        "Source/CREDENTIALS_BROKEN": {},
        "Source/CREDENTIALS_UNCHECKED": {},
    },
    # What is wrong with a picture as a picture.
    "Quality": {
        "Quality/TOO_SMALL": {},
        "Quality/WRONG_TYPE": {},
        "Quality/BLANK": {},
    },
    "Custom": {},
}

BEFORE_7: Mapping[str, tuple[str, ...]] = {
    "Suggestive": ("Non-Explicit Nudity of Intimate parts and Kissing", "Swimwear or Underwear"),
    "Drugs": ("Drugs & Tobacco",),
    "Tobacco": ("Drugs & Tobacco",),
    "Nudity": ("Exposed Female Nipple", "Exposed Buttocks or Anus"),
    "Graphic Male Nudity": ("Exposed Male Genitalia",),
    "Graphic Female Nudity": ("Exposed Female Genitalia",),
    "Sexual Activity": ("Explicit Sexual Activity",),
    "Adult Toys": ("Sex Toys",),
    "Female Swimwear Or Underwear": ("Female Swimwear or Underwear",),
    "Male Swimwear Or Underwear": ("Male Swimwear or Underwear",),
    "Partial Nudity": ("Implied Nudity",),
    "Barechested Male": ("Exposed Male Nipple",),
    "Revealing Clothes": ("Non-Explicit Nudity",),
    "Sexual Situations": ("Kissing on the Lips",),
    "Graphic Violence Or Gore": ("Blood & Gore",),
    "Self Injury": ("Self-Harm",),
    "Hanging": ("Corpses",),
    "Explosions And Blasts": ("Explosions and Blasts",),
    "Drug Products": ("Products",),
    "Drug Use": ("Drugs & Tobacco Paraphernalia & Use",),
    "Drug Paraphernalia": ("Drugs & Tobacco Paraphernalia & Use",),
    "Tobacco Products": ("Products",),
}
"""Labels of Rekognition's taxonomy before version 7 to those of 7. ``Explicit Nudity`` was a level higher then."""


REKOGNITION_TOPS = tuple(TREE)[: list(TREE).index("PII")]
"""The top of Rekognition's moderation taxonomy, its level 1: what stands in the tree before what is ours."""


@cache
def _lookups() -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]:
    """Of each label of the tree those above it, nearest first, and those directly under it."""
    parents: dict[str, tuple[str, ...]] = {}
    children: dict[str, tuple[str, ...]] = {}

    def add(branch: Mapping[str, Mapping[str, Any]], above: tuple[str, ...]) -> None:
        for name, below in branch.items():
            parents[name] = above
            children[name] = tuple(below)
            add(below, (name, *above))

    add(TREE, ())
    return parents, children


class Taxonomy:
    """The tree, with lookups. Immutable.

    Args:
        custom: further labels, each ``Custom/<name>``, that loaded detectors offer.
    """

    def __init__(self, custom: Iterable[str] = ()) -> None:
        parents, children = _lookups()
        self._parents, self._children = dict(parents), dict(children)
        extra = sorted({name for name in custom if name.startswith(CUSTOM_PREFIX) and name != CUSTOM_PREFIX})
        for name in extra:
            self._parents[name] = ("Custom",)
            self._children[name] = ()
        self._children["Custom"] = tuple(extra)

    def __contains__(self, label: object) -> bool:
        return label in self._parents

    @property
    def labels(self) -> tuple[str, ...]:
        """Every name, parents before children."""
        return tuple(self._parents)

    def parents(self, label: str) -> tuple[str, ...]:
        """The ancestors of `label`, nearest first; empty at the top.

        Raises:
            KeyError: there is no such label.
        """
        return self._parents[label]

    def children(self, label: str) -> tuple[str, ...]:
        """The labels directly under `label`. Raises `KeyError` when there is no such label."""
        return self._children[label]

    def below(self, *roots: str) -> tuple[str, ...]:
        """These labels and all under them, parents before children."""
        return tuple(label for label in self._parents if any(self.covers(root, label) for root in roots))

    def covers(self, wanted: str, label: str, *, exact: bool = False) -> bool:
        """True when a condition on `wanted` is met by `label`: the same name or, unless `exact`, one under it."""
        return label == wanted or (not exact and wanted in self._parents.get(label, ()))

    def overlap(self, one: str, other: str) -> bool:
        """True when some label is covered by both: the same, or one above the other."""
        return self.covers(one, other) or self.covers(other, one)

    def suggest(self, name: str) -> str | None:
        """The known label that a mistyped `name` is a slip away from, or None when none is."""
        by_end = {known.rpartition("/")[2]: known for known in self._parents if "/" in known}
        if (whole := nearest(name, self._parents)) is not None:
            return whole
        end = nearest(name, by_end)
        return None if end is None else by_end[end]
