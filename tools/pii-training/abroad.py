"""Postal addresses as they are written outside the United States."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

UK_STREETS = "Approach Close Crescent Gardens Grove Hill Mews Parade Rise Road Row Street Terrace View Walk Way".split()
AU_STATES = "NSW VIC QLD WA SA TAS ACT NT".split()
PROVINCES = "ON QC BC AB MB SK NS NB".split()


def address(chance: Random, like: Callable[[str], str], town: str, name: str) -> str:
    """An address of one of some twenty countries.

    Args:
        chance: where all randomness comes from.
        like: draws a text of a shape, as `Values.like`.
        town: the town's name.
        name: a word that the street may be called by.
    """
    number = f"{chance.randint(1, 199)}{chance.choice(('', '', '', 'A', 'b', ' c'))}"
    unit = f"{chance.randint(1, 40)}/{chance.randint(1, 200)}"
    return chance.choice((_iberian, _american, _germanic, _romance, _anglo, _anglo, _eastern, _asian))(
        chance, like, town, name, number, unit
    )


def _iberian(chance: Random, like: Callable[[str], str], town: str, name: str, number: str, unit: str) -> str:
    road = chance.choice(
        ("Calle", "C/", "Avenida", "Avda.", "Plaza", "Paseo", "Ronda", "Camino", "Rua", "Travessa", "Praça")
    )
    of = chance.choice(("", "", "de ", "de la ", "del ", "da ", "dos "))
    joint = chance.choice((", ", " ", " nº ", ", n.º ", " num. "))
    floor = chance.choice(("", "", ", 2º A", ", 1º izq", ", bajo", ", puerta 4", ", 3.º Dto", ", piso 5"))
    tail = chance.choice((f", {like('#####')} {town}", f", {like('####-###')} {town}", f", {town}", f" {town}"))
    full = f"{road} {of}{name}{joint}{number}{floor}{tail}"
    return full.lower() if chance.random() < 0.15 else full


def _american(chance: Random, like: Callable[[str], str], town: str, name: str, number: str, unit: str) -> str:
    return chance.choice(
        (
            f"{chance.choice(('Carrera', 'Calle', 'Cra.', 'Cl.', 'Transversal'))} {like('##')} {chance.choice(('No.', '#', 'N°'))} {like('##-##')}, {town}",
            f"Av. {name} {like('####')}, {chance.choice(('Piso #', 'Depto. ##', 'Of. ###'))}, {like('^####^^^')} {town}".replace(
                "#", "3"
            ),
            f"Av. {name} {like('###')}, Col. {name}, {like('#####')} {town}",
            f"Rua {name}, {number}, {town} - {like('^^')}, {like('#####-###')}",
        )
    )


def _germanic(chance: Random, like: Callable[[str], str], town: str, name: str, number: str, unit: str) -> str:
    street = chance.choice(
        (
            f"{name}{chance.choice(('straße', 'strasse', 'weg', 'platz', 'str.', 'gasse', 'allee', 'straat', 'laan', 'gracht', 'kade', 'gatan', 'gata', 'vägen', 'veien', 'gade', 'vej'))}",
            f"{name} {chance.choice(('Straße', 'Weg', 'Allee', 'Vägen', 'Gate', 'Plein'))}",
        )
    )
    code = chance.choice((like("#####"), like("####"), like("### ##"), like("#### ^^")))
    tail = chance.choice((f", {code} {town}", f", {code} {town}", f" {code} {town}", f", {town}", ""))
    return f"{street} {number}{tail}"


def _romance(chance: Random, like: Callable[[str], str], town: str, name: str, number: str, unit: str) -> str:
    return chance.choice(
        (
            f"{number}{chance.choice(('', ' bis', ','))} {chance.choice(('rue', 'avenue', 'boulevard', 'place', 'chemin'))} {chance.choice(('', 'de ', 'du ', 'des ', 'Saint-'))}{name}, {like('#####')} {town}",
            f"{number} rue {chance.choice(('', 'Saint-'))}{name}, {town} {chance.choice(PROVINCES)} {like('^#^ #^#')}",
            f"{chance.choice(('Via', 'Viale', 'Piazza', 'Corso', 'Vicolo'))} {name}{chance.choice((', ', ' '))}{number}, {like('#####')} {town}",
        )
    )


def _anglo(chance: Random, like: Callable[[str], str], town: str, name: str, number: str, unit: str) -> str:
    street = f"{name} {chance.choice(UK_STREETS)}"
    return chance.choice(
        (
            f"{number} {street}, {town} {like(chance.choice(('^## #^^', '^^# #^^', '^^## #^^', '^# #^^')))}",
            f"{number} {street}, {town}, {like('^^# #^^')}",
            f"{unit} {street}, {town} {chance.choice(AU_STATES)} {like('####')}",
            f"{number} {street}, {town} {chance.choice(PROVINCES)} {like('^#^ #^#')}",
            f"{number} {street}, {town} {like('####')}",
        )
    )


def _eastern(chance: Random, like: Callable[[str], str], town: str, name: str, number: str, unit: str) -> str:
    return chance.choice(
        (
            f"ul. {name} {unit}, {like('##-###')} {town}",
            f"{name} u. {number}, {like('####')} {town}",
            f"{name}ova {unit}, {like('### ##')} {town}",
            f"Str. {name} nr. {number}, {town}",
            f"{name} Cad. No:{number} D:{like('#')}, {like('#####')} {town}",
            f"ul. {name}a, d. {number}, kv. {like('##')}, {town}",
        )
    )


def _asian(chance: Random, like: Callable[[str], str], town: str, name: str, number: str, unit: str) -> str:
    return chance.choice(
        (
            f"House No. {number}, Sector {like('##')}, {town} {like('######')}",
            f"Flat {like('###')}, {name} Apartments, {name} Nagar, {town} - {like('######')}",
            f"{like('##')}, {name} Road, {town} {like('######')}",
            f"Plot {number}, {name} Street, {town}",
            f"{like('#-##-##')} {name}, {town} {like('###-####')}",
            f"Blk {like('###')} {name} Ave {like('#')} #{like('##-###')}, Singapore {like('######')}",
        )
    )
