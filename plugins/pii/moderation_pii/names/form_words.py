"""Words that stand before values, in forms and letters of many languages, and look like names of people."""

from __future__ import annotations

from moderation_pii.context import words
from moderation_pii.expression import later

_LABELS = words(
    "steuer kimlik tc t c paziente klant kunde kundin cliente paciente henkilö asiakas assuré assurée patiente titular alumno empleado remitente"
    " destinatario klient klienta dane pacjent osoba telefone telefono teléfono telefon telefoon puhelin correo endereço dirección"
    " indirizzo adresse anschrift adres domicilio vorname nachname nombre apellido apellidos nome cognome imię nazwisko naam"
    " achternaam voornaam fornavn etternavn efternamn förnamn sukunimi etunimi nom prénom geboren geburtsdatum nata nato née"
    " fecha matrícula vin imei iban bic swift ssn dob tel tél tlf fax mrn pnr po ref id nhs nino nric itin tfn cpf pesel dni nie curp oib jmbg rodné číslo pps ppsn insz niss nir"
    " rut bsn estimada estimado querida querido transferencia cuenta tarjeta pasaporte edad termin rechnung betreff facture"
    " factura codice fiscale numero número numer geachte beste hallo bonjour atentamente saludos madame monsieur holder"
)
_PARTS = words(
    "number account name date code address phone card bank type id status user order key value email holder expiry birth"
)
_CAMEL_CASE = later(r"[A-Z]?[a-z]+(?:[A-Z][a-z]+)+")
_CAMEL = later(r"[A-Z]?[a-z]+")


def is_label(text: str, lowered: str, start: int, end: int) -> bool:
    """True when a name is only words that stand before values, in forms and letters of many languages.

    Args:
        text: the whole text.
        lowered: the same in lower case, of the same length.
        start: where the name begins.
        end: where it ends.
    """
    name = text[start:end]
    if _CAMEL_CASE.fullmatch(name):
        return any(part.lower() in _PARTS for part in _CAMEL.findall(name))
    return all(word in _LABELS for word in lowered[start:end].replace("-", " ").replace(".", " ").split())
