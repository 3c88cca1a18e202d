"""Letters, tickets and forms in seven languages, with the people, streets and numbers that Faker makes of each country.

The sentences are of this file alone; training and rules have others. Nothing says which language a text is in.
"""

from __future__ import annotations

import random
import re

from faker import Faker

from filling import Labelled

LOCALES = {
    "english": ("en_US", "en_GB"), "spanish": ("es_ES", "es_MX"), "german": ("de_DE", "de_AT"), "french": ("fr_FR",),
    "italian": ("it_IT",), "portuguese": ("pt_PT", "pt_BR"), "dutch": ("nl_NL", "nl_BE"),
}  # fmt: skip
DOCUMENTS = {
    "english": (
        "Dear Ms {last},\n\nI moved to {address} last week. Please send the bill there. My number is {phone}.\n\nKind regards\n{name}",
        "Customer {name} called about order 4471; call back on {phone} or write to {email}.",
        "Name: {name}\nAddress: {address}\nDate of birth: {birth}\nSocial security number: {ssn}\nIBAN: {iban}",
        "hi, {first} here. the parcel for {address} never came",
        "We met {name} at the fair; the stand was well visited and we sold twelve machines.",
    ),
    "spanish": (
        "Estimada señora {last}:\n\nMe he mudado a {address}. Le ruego que envíe allí la factura. Mi teléfono es el {phone}.\n\nUn saludo\n{name}",
        "El cliente {name} llamó por el pedido 4471; devolver la llamada al {phone} o escribir a {email}.",
        "Nombre: {name}\nDirección: {address}\nFecha de nacimiento: {birth}\nDNI: {ssn}\nIBAN: {iban}",
        "hola, soy {first}. el paquete para {address} no ha llegado",
        "Conocimos a {name} en la feria; vendimos doce máquinas.",
    ),
    "german": (
        "Sehr geehrte Frau {last},\n\nich bin nach {address} gezogen. Bitte schicken Sie die Rechnung dorthin. Meine Nummer ist {phone}.\n\nMit freundlichen Grüßen\n{name}",
        "Kunde {name} hat wegen Auftrag 4471 angerufen; Rückruf unter {phone} oder Mail an {email}.",
        "Name: {name}\nAnschrift: {address}\nGeburtsdatum: {birth}\nSozialversicherungsnummer: {ssn}\nIBAN: {iban}",
        "hallo, hier ist {first}. das paket an {address} kam nie an",
        "Wir haben {name} auf der Messe getroffen und zwölf Maschinen verkauft.",
    ),
    "french": (
        "Madame {last},\n\nj'ai déménagé au {address}. Merci d'y envoyer la facture. Mon numéro est le {phone}.\n\nCordialement\n{name}",
        "Le client {name} a appelé au sujet de la commande 4471 ; rappeler au {phone} ou écrire à {email}.",
        "Nom : {name}\nAdresse : {address}\nDate de naissance : {birth}\nNuméro de sécurité sociale : {ssn}\nIBAN : {iban}",
        "bonjour, c'est {first}. le colis pour {address} n'est jamais arrivé",
        "Nous avons rencontré {name} au salon et vendu douze machines.",
    ),
    "italian": (
        "Gentile signora {last},\n\nmi sono trasferito in {address}. La prego di inviare lì la fattura. Il mio numero è {phone}.\n\nCordiali saluti\n{name}",
        "Il cliente {name} ha chiamato per l'ordine 4471; richiamare al {phone} o scrivere a {email}.",
        "Nome: {name}\nIndirizzo: {address}\nData di nascita: {birth}\nCodice fiscale: {ssn}\nIBAN: {iban}",
        "ciao, sono {first}. il pacco per {address} non è mai arrivato",
        "Abbiamo incontrato {name} alla fiera e venduto dodici macchine.",
    ),
    "portuguese": (
        "Exma. Senhora {last},\n\nmudei-me para {address}. Peço que envie a fatura para lá. O meu número é {phone}.\n\nCom os melhores cumprimentos\n{name}",
        "O cliente {name} ligou por causa da encomenda 4471; ligar de volta para {phone} ou escrever para {email}.",
        "Nome: {name}\nMorada: {address}\nData de nascimento: {birth}\nNIF: {ssn}\nIBAN: {iban}",
        "olá, aqui é {first}. a encomenda para {address} nunca chegou",
        "Conhecemos {name} na feira e vendemos doze máquinas.",
    ),
    "dutch": (
        "Geachte mevrouw {last},\n\nik ben verhuisd naar {address}. Wilt u de rekening daarheen sturen? Mijn nummer is {phone}.\n\nMet vriendelijke groet\n{name}",
        "Klant {name} belde over bestelling 4471; terugbellen op {phone} of mailen naar {email}.",
        "Naam: {name}\nAdres: {address}\nGeboortedatum: {birth}\nBurgerservicenummer: {ssn}\nIBAN: {iban}",
        "hoi, met {first}. het pakket voor {address} is nooit aangekomen",
        "We hebben {name} op de beurs ontmoet en twaalf machines verkocht.",
    ),
}  # fmt: skip
_KINDS = {
    "name": "NAME", "first": "NAME", "last": "NAME", "address": "ADDRESS", "phone": "PHONE", "email": "EMAIL", "birth": "DATE_TIME",
    "ssn": "SSN", "iban": "INTERNATIONAL_BANK_ACCOUNT_NUMBER",
}  # fmt: skip
_SLOT = re.compile(r"\{(\w+)\}")


def languages(rounds: int, seed: int) -> list[Labelled]:
    """Four of each document for each round, with the language as its group."""
    made = []
    for language, locales in LOCALES.items():
        chance = random.Random(f"{seed}{language}")
        fakers = [Faker(locale) for locale in locales]
        for faker in fakers:
            faker.seed_instance(f"{seed}{faker.locales[0]}")
        for document in DOCUMENTS[language]:
            for _ in range(4 * rounds):
                made.append(_filled(language, document, chance.choice(fakers)))
    return made


def _filled(language: str, document: str, faker: Faker) -> Labelled:
    first, last = faker.first_name(), faker.last_name()
    values = {
        "first": first, "last": last, "name": f"{first} {last}", "address": faker.address().replace("\n", ", "),
        "phone": faker.phone_number(), "email": faker.email(), "birth": faker.date_of_birth().strftime("%d.%m.%Y"),
        "ssn": faker.ssn(), "iban": faker.iban(),
    }  # fmt: skip
    text, places, at = "", [], 0
    for slot in _SLOT.finditer(document):
        text += document[at : slot.start()]
        value = values[slot[1]]
        places.append((len(text), len(text) + len(value), _KINDS[slot[1]]))
        text, at = text + value, slot.end()
    return language, text + document[at:], places
