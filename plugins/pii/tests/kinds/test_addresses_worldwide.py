"""Postal addresses of many countries, in one span from the street to the country."""

import pytest
from moderation_pii import TextPii

from moderation.core.items import Part
from plugins.pii.tests.finding import ACT, REVIEW, cases, found_in, parts

FOUND = [
    # kind, text with the value in ‹›, least confidence
    ("ADDRESS", "‹P.O. Box 1234›", ACT),
    ("ADDRESS", "‹Hauptstraße 12, 10115 Berlin›", 80),
    ("ADDRESS", "‹12 rue de Rivoli, 75001 Paris›", REVIEW),
    ("ADDRESS", "‹Calle Mayor 12, 28013 Madrid›", 80),
    ("ADDRESS", '"address": "‹Storgata 8C, 9008 Tromsø›", "lang": "no"', REVIEW),
    ("ADDRESS", "Address: ‹Plot No. 44, Ring Road, Nagpur 440010›", REVIEW),
    ("ADDRESS", "‹7/31 Acacia Street, Preston VIC 3072›", REVIEW),
    ("ADDRESS", "‹Herengracht 12, 1015 BK Amsterdam›", REVIEW),
    ("ADDRESS", "‹Via Manzoni 5, 20121 Milano MI, Italia›", REVIEW),
    ("ADDRESS", "‹ul. Długa 3/14, 80-831 Gdańsk›", REVIEW),
    ("ADDRESS", "‹Östra Storgatan 14, 553 21 Jönköping›", REVIEW),
    ("ADDRESS", "‹881 rue Sherbrooke, Montréal QC H3A 2R7›", REVIEW),
    ("ADDRESS", "vive en ‹Carrera 11 No. 82-71, Bogotá›", REVIEW),
    ("ADDRESS", "mi tía vive en ‹calle larga 9›", REVIEW),
    ("ADDRESS", "call 212-555-0107, ‹P.O. Box 7714, Bronx, NY 10460›", REVIEW),
    ("ADDRESS", "fax +1 (212) 555-0107, ‹P.O. Box 7714, Bronx, NY 10460›", REVIEW),
    ("ADDRESS", "write to ‹Post Office Box 417›", REVIEW),
    ("ADDRESS", "I live at ‹twelve Cherry Lane, Exeter›", REVIEW),
    ("ADDRESS", "ADR;TYPE=HOME:;;‹Rue Haute 4;Namur;;5000;Belgium›", REVIEW),
    ("ADDRESS", "Lives at ‹PO Box 5061, Fort Collins, CO 27294›.", REVIEW),
    ("ADDRESS", "Leverans till ‹Storgatan 12, 211 42 Malmö›", REVIEW),
]

DETECTOR = TextPii(only_patterns=True)

WHOLE = [
    "She moved to ‹17 Sparrow Approach, Hassingham BN9 4QD› last year",
    "Deliver to ‹Flat 3, 22 Marlow Parade, Leeds LS9 2AB, UK›.",
    "He lives at ‹8/52 Banksia Parade, Northcote VIC 3070›.",
    "Send it to ‹2205 Maple Common Suite 890, Jacksonford, SK H1H 2K3›",
    "Our office: ‹Rosenweg 12a, 50306 Neustadt›",
    "Wohnhaft: ‹Hugo-Löffler-Allee 19\n93350 Altdorf am See›",
    "J'habite ‹34 bis, rue des Tilleuls, 64574 Saint-Aubin›",
    "Adresse : ‹4418 rue Saint-Paul, Montréal QC H2J 2L1›",
    "Vivo en ‹Calle Mayor 8, 3º B, 28013 Madrid›",
    "envíalo a ‹Carrera 7 No. 71-21, Bogotá›",
    "mi tía vive en ‹calle sierpes 4, Sevilla›",
    "Dirección: ‹Av. Corrientes 1847, Piso 5, C1045AAA Buenos Aires›",
    "Domicilio: ‹Vial de Gilberto Prado 88 Puerta 1, Navarra, 41412›",
    "Spedire a ‹Via Garibaldi 18, 16124 Genova (GE), Italia›",
    "Ik woon op ‹Prinsengracht 441, 1016 HM Amsterdam›",
    "Adres: ‹ul. Krótka 7/12, 31-149 Kraków›",
    "Personen bor på ‹Bergsgatan 9, 211 54 Malmö›.",
    "Bor i ‹Kirkegata 14B, 7011 Trondheim›",
    "Osoite: ‹Mannerheimintie 12, 00100 Helsinki›",
    "Moro na ‹Rua das Flores, 120, Centro, 91589-062 Vila Nova / CE›",
    "Bydliště: ‹Záblatská 4, 661 43 Jevíčko›",
    "Address: ‹House No. 118, Sector 21-C, Chandigarh 160022›",
    "‹H.No. 22, Nigam Nagar, Pimpri-433614›, near the temple",
    "my home is ‹fourteen Willow Lane, Bristol›",
    "write to ‹Post Office Box 22›",
    "reach me at ‹P.O. Box 7714, Northgate, NY 10460›",
    '{"name": "X", "address": "‹Kirkegata 14B, 7011 Trondheim›", "vip": true}',
    "<customer><addr>‹14 Ring Road East, Accra›</addr></customer>",
    "ADR;TYPE=HOME:;;‹Södra Vägen 22;Göteborg;;41254;Sweden›\nBDAY:19710625",
    "Address: ‹12 Harbour View, Port Elgin› phone: on file",
    "noise complaint at ‹418 Juniper Court›. Resident Tobias was home",
]

CLEAN = [
    "January 15, 2024 Meeting notes",
    "Windows 10, 2019 Edition",
    "Email address: see below, 3 of them",
    "IP address: 10 of them, 192 more to come",
    "Order 12, 45 Pieces, ref 433614",
    "I ate two Large Pizzas and one Small Salad",
    "The address is not known",
    "page 12, 2010 Report by the team",
    "We sold 200 tickets, 15 of them on Monday",
    "Street View is great",
]


@pytest.mark.parametrize(("kind", "marked", "least"), cases(FOUND))
def test_finds_what_people_write(kind, marked, least):
    before, value, after = parts(marked)

    assert (kind, value) in found_in(before + value + after, least)


def addresses(text):
    found = DETECTOR.detect(Part(type="text", text=text), None)
    return [text[d.span.start : d.span.end] for d in found if d.label == "PII/ADDRESS"]


@pytest.mark.parametrize("marked", WHOLE)
def test_finds_the_whole_address(marked):
    before, _, rest = marked.partition("‹")
    value, _, after = rest.partition("›")

    assert addresses(before + value + after) == [value]


@pytest.mark.parametrize("text", CLEAN)
def test_sees_no_address_in_other_numbers_and_names(text):
    assert addresses(text) == []
