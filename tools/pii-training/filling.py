"""The documents of evaluation/ with made-up values in their slots."""

from __future__ import annotations

import re
from pathlib import Path

from values import Values

HERE = Path(__file__).parent
SLOT = re.compile(r"\{([A-Z_]+)(?::([a-z0-9_]+))?\}")
LABELS = {
    "IBAN": "INTERNATIONAL_BANK_ACCOUNT_NUMBER", "SORT": "BANK_ROUTING", "VIN": "VEHICLE_IDENTIFICATION_NUMBER", "NHS": "UK_NATIONAL_HEALTH_SERVICE_NUMBER",
    "NINO": "UK_NATIONAL_INSURANCE_NUMBER", "AADHAAR": "IN_AADHAAR", "ES_DNI": "SSN", "PAN": "IN_PERMANENT_ACCOUNT_NUMBER", "SIN": "CA_SOCIAL_INSURANCE_NUMBER",
}  # fmt: skip

Labelled = tuple[str, str, list[tuple[int, int, str]]]
"""Group, text, places with their kinds."""


def documents(name: str, rounds: int, values: Values) -> list[Labelled]:
    """The documents of a set; each stands once for each round when it has values, else once."""
    blocks = re.split(r"(?m)^# (\w+)\n", (HERE / "evaluation" / f"{name}.txt").read_text())
    made = []
    for group, template in zip(blocks[1::2], blocks[2::2], strict=True):
        template = template.rstrip("\n")
        for _ in range(rounds if SLOT.search(template) else 1):
            text, places, end = "", [], 0
            for slot in SLOT.finditer(template):
                text += template[end : slot.start()]
                kind, variant = slot.group(1), slot.group(2) or ""
                variant, handle = ("", True) if variant == "handle" else (variant, False)
                variant, possessive = ("", True) if variant == "poss" else (variant, False)
                value = values.draw(kind, "" if variant == "in" else variant)
                start = len(text) - handle
                text += value
                places.append((start, len(text), LABELS.get(kind, kind)))
                text += "'s" if possessive else ""
                end = slot.end()
            made.append((group, text + template[end:], places))
    return made
