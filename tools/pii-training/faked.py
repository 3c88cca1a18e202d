"""Records and sentences as Faker's providers make them, of many countries: lines, JSON, XML, CSV, ``key = value``."""

from __future__ import annotations

import random

from faker import Faker

from filling import Labelled

RECORDS = ("en_US", "en_GB", "en_IN", "en_AU", "en_CA", "de_DE", "fr_FR", "es_ES", "es_MX", "it_IT", "nl_NL", "pt_BR", "pl_PL", "sv_SE")  # fmt: skip
ADDRESSES = (
    *RECORDS, "en_IE", "en_NZ", "de_AT", "de_CH", "fr_CA", "es_CO", "es_AR", "es_CL", "nl_BE", "pt_PT", "da_DK", "no_NO", "fi_FI", "cs_CZ",
)  # fmt: skip
_FIELDS = 9
_AROUND = (
    "Address: {}", "I live at {}.", "Please ship it to {} by Friday", "my home is {}, thanks", "{}\n", "Dirección: {}",
    "The incident took place at {} on Monday.", '{{"id": 7, "address": "{}"}}', "residence: {}; phone on file", "7 | {} | active",
)  # fmt: skip
_FORMS = (("", ": ", "\n"), ('"', '": "', '", '), ("<", ">", "</x>\n"), ("", " = ", " | "))


def faked(rounds: int, seed: int) -> list[Labelled]:
    """Twenty records of each country and thirty addresses of each, for each round."""
    chance = random.Random(seed)
    made = []
    for locale in ADDRESSES:
        faker = Faker(locale)
        faker.seed_instance(f"{seed}{locale}")
        for number in range(20 * rounds if locale in RECORDS else 0):
            made.append(_record(faker, chance, number))
        for number in range(30 * rounds):
            address = faker.address()
            around = _AROUND[number % len(_AROUND)]
            address = address if around == "{}\n" else address.replace("\n", ", ")
            start = around.format("\0").index("\0")
            made.append(("address", around.format(address), [(start, start + len(address), "ADDRESS")]))
    return made


def _record(faker: Faker, chance: random.Random, number: int) -> Labelled:
    """Some fields of a made-up person, in one of five forms."""
    fields = _fields(faker, chance)
    chance.shuffle(fields)
    fields = fields[:_FIELDS]
    places: list[tuple[int, int, str]] = []
    text = ""

    def add(before: str, value: str, kind: str, after: str) -> None:
        nonlocal text
        text += before
        if kind:
            places.append((len(text), len(text) + len(value), kind))
        text += value + after

    form = number % (len(_FORMS) + 1)
    if form == len(_FORMS):
        text = ",".join(key for key, _, _ in fields) + "\n"
        for at, (_, value, kind) in enumerate(fields):
            quote = '"' if "," in value else ""
            add(("," if at else "") + quote, value, kind, quote)
    else:
        before, between, after = _FORMS[form]
        for key, value, kind in fields:
            add(before + key + between, value, kind, after)
    return "record", text, places


def _fields(faker: Faker, chance: random.Random) -> list[tuple[str, str, str]]:
    """Key, value and kind of all that is known of somebody; firms and trades are no kind."""
    person = faker.profile()
    swift = faker.swift11() if chance.random() < 0.5 else faker.swift8()
    return [
        ("name", person["name"], "NAME"),
        ("job", person["job"], ""),
        ("company", person["company"], ""),
        ("ssn", faker.ssn(), "SSN"),
        ("residence", faker.address().replace("\n", ", "), "ADDRESS"),
        ("phone", faker.phone_number(), "PHONE"),
        ("email", faker.email(), "EMAIL"),
        ("username", person["username"], "USERNAME"),
        ("birthdate", str(person["birthdate"]), "DATE_TIME"),
        ("credit_card_number", faker.credit_card_number(), "CREDIT_DEBIT_NUMBER"),
        ("cvv", faker.credit_card_security_code(), "CREDIT_DEBIT_CVV"),
        ("expires", faker.credit_card_expire(), "CREDIT_DEBIT_EXPIRY"),
        ("iban", faker.iban(), "INTERNATIONAL_BANK_ACCOUNT_NUMBER"),
        ("swift", swift, "SWIFT_CODE"),
        ("password", faker.password(), "PASSWORD"),
        ("ip", faker.ipv4_public(), "IP_ADDRESS"),
        ("ipv6", faker.ipv6(), "IP_ADDRESS"),
        ("mac", faker.mac_address(), "MAC_ADDRESS"),
        ("url", faker.url(), "URL"),
        ("license_plate", faker.license_plate(), "LICENSE_PLATE"),
        ("age", str(chance.randint(18, 90)), "AGE"),
    ]
