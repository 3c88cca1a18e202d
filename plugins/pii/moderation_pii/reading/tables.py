"""Values under a heading that says what they are: CSV in its many forms, and tables drawn with bars.

A bare ``4155550123`` or ``Bohdan`` tells nobody what it is; the head of its column does.
"""

from __future__ import annotations

from collections.abc import Iterator

from moderation_pii.context import words
from moderation_pii.expression import later
from moderation_pii.pattern import Hit

_SEPARATORS = (",", ";", "\t", "|")
SURE = 90.0
"""Confidence of a value of which a head or a key says what it is."""

_HEADS = {
    "PII/NAME": words(
        "name fullname firstname lastname surname forename givenname familyname middlename customername patientname clientname"
        " employeename contactname cardholder cardholdername accountholder holdername first last given family nombre"
        " apellido apellidos nombrecompleto maidenname displayname legalname membername guestname"
    ),
    "PII/EMAIL": words("email emailaddress mail mailaddress correo correoelectronico emailid"),
    "PII/PHONE": words(
        "phone phonenumber phoneno mobile mobilenumber mobilephone cell cellphone tel telephone telephonenumber fax"
        " contactnumber homephone workphone telefono movil"
    ),
    "PII/ADDRESS": words(
        "address street streetaddress homeaddress mailingaddress postaladdress billingaddress shippingaddress residence"
        " addressline addressline1 address1 direccion domicilio"
    ),
    "PII/SSN": words(
        "ssn socialsecurity socialsecuritynumber socialsecurityno socialsecuritynr nationalid nationalidnumber nationalidno"
        " nationalidentificationnumber identitynumber identitycardnumber idcardnumber dni nie nif curp cpf pesel bsn cnp hetu"
        " personnummer codicefiscale steuerid insee rut citizenid"
    ),
    "PII/CREDIT_DEBIT_NUMBER": words("card cardno cardnumber creditcard creditcardnumber creditcardno ccnumber ccno debitcard"),
    "PII/CREDIT_DEBIT_EXPIRY": words("cardexp cardexpiry exp expiry expirydate expiration expirationdate cardexpiration"
        " expires expdate ccexp ccexpiry validthru creditcardexpire creditcardexpires creditcardexpiry cardexpires cardexpirydate"),
    "PII/CREDIT_DEBIT_CVV": words("cvv cvv2 cvc cvc2 securitycode cardsecuritycode cardcvv cvvcode creditcardcvv creditcardsecuritycode"),
    "PII/PIN": words("pin pincode atmpin"),
    "PII/BANK_ACCOUNT_NUMBER": words("account accountnumber accountno acct acctno acctnumber bankaccount bankaccountnumber"),
    "PII/BANK_ROUTING": words("routing routingnumber routingno aba abanumber sortcode"),
    "PII/PASSPORT_NUMBER": words("passport passportnumber passportno pasaporte"),
    "PII/DRIVER_ID": words("driverslicense driverlicense driverslicensenumber driverlicensenumber driverid drivinglicence dlnumber dlno dl license"),
    "PII/USERNAME": words("username user userid login loginname screenname handle userlogin usuario"),
    "PII/PASSWORD": words("password passwd pwd pass pw userpassword passphrase contrasena"),
    "PII/AGE": words("age edad ageyears"),
    "PII/LICENSE_PLATE": words("plate licenseplate licenceplate platenumber plateno numberplate registration regno vehiclereg vehicleregistration vrm matricula"),
    "PII/VEHICLE_IDENTIFICATION_NUMBER": words("vin vinnumber chassis chassisno"),
    "PII/IP_ADDRESS": words("ip ipaddress lastip clientip sourceip ipaddr"),
    "PII/MAC_ADDRESS": words("mac macaddress macaddr"),
    "PII/INTERNATIONAL_BANK_ACCOUNT_NUMBER": words("iban"),
    "PII/SWIFT_CODE": words("swift bic swiftcode biccode swiftbic"),
    "PII/DATE_TIME": words("dob dateofbirth birthdate birthday born fechadenacimiento"),
}  # fmt: skip
NOBODY = ""
"""Not a label: values in which names are those of firms and trades."""

_HEADS[NOBODY] = words(
    "company companyname employer employername organization organisation org business businessname firm job jobtitle"
    " occupation profession position role title department dept product productname item itemname brand model vendor"
    " merchant store shop bank bankname school university empresa compania puesto cargo firma unternehmen entreprise"
)
_KINDS = {head: kind for kind, heads in _HEADS.items() for head in heads}

_LOOKS = {
    NOBODY: r".{1,160}",
    "PII/NAME": r"[^\W\d_][^\d\n@/:]{1,48}",
    "PII/EMAIL": r"\S+@\S+",
    "PII/PHONE": r"\+?(?:[\d()./ \-]){7,24}(?: ?(?:x|ext\.?) ?\d{1,6})?",
    "PII/ADDRESS": r"(?=.*\w\W+\w)(?=.*\d).{6,120}",
    "PII/SSN": r"\d{3}[\- .]?\d{2}[\- .]?\d{4}|[Xx*]{3}-[Xx*]{2}-\d{4}|(?=(?:[^\d\n]*\d){5})[A-Z\d][A-Z\d .\-/]{6,20}[A-Z\d]",
    "PII/CREDIT_DEBIT_NUMBER": r"[\dXx*](?:[ .\-]?[\dXx*]){11,18}",
    "PII/CREDIT_DEBIT_EXPIRY": r"\d{1,2} ?[/\-.] ?\d{2,4}|\d{4}-\d{2}(?:-\d{2})?|[A-Za-z]{3,9} ?\d{2,4}",
    "PII/CREDIT_DEBIT_CVV": r"\d{3,4}",
    "PII/PIN": r"\d{4,8}",
    "PII/BANK_ACCOUNT_NUMBER": r"[\dXx*](?:[ \-]?[\dXx*]){5,17}",
    "PII/BANK_ROUTING": r"\d{9}|\d{2}-\d{2}-\d{2}",
    "PII/PASSPORT_NUMBER": r"[A-Z]{0,2}\d[A-Z\d]{5,8}",
    "PII/DRIVER_ID": r"(?=.*\d)[A-Z\d][A-Z\d\- ]{4,20}",
    "PII/USERNAME": r"(?=.*[A-Za-z])@?[\w.\-]{2,40}",
    "PII/PASSWORD": r"(?!(.)\1*$)\S{4,64}",
    "PII/LICENSE_PLATE": r"(?=.*\d)[A-Z\d]{1,4}(?:[ \-]?[A-Z\d]{1,4}){1,3}",
    "PII/VEHICLE_IDENTIFICATION_NUMBER": r"[A-HJ-NPR-Z\d]{17}",
    "PII/IP_ADDRESS": r"\d{1,3}(?:\.\d{1,3}){3}|[\da-fA-F:]{4,39}",
    "PII/MAC_ADDRESS": r"[\da-fA-F]{2}(?:[:\-]?[\da-fA-F]{2}){5}",
    "PII/INTERNATIONAL_BANK_ACCOUNT_NUMBER": r"[A-Z]{2}\d{2}(?: ?[A-Z\d]){11,30}",
    "PII/SWIFT_CODE": r"[A-Z]{6}[A-Z\d]{2}(?:[A-Z\d]{3})?",
    "PII/AGE": r"\d{1,3}",
    "PII/DATE_TIME": r"\d{1,4}[/.\-]\d{1,2}[/.\-]\d{2,4}|\d{1,2} [^\W\d_]{3,9}\.? \d{4}|[^\W\d_]{3,9}\.? \d{1,2},? \d{4}",
}
_LOOK = {kind: later(look) for kind, look in _LOOKS.items()}
_ONLY_LETTERS = later(r"[^a-z0-9áéíóúñ]")
_PLAIN = str.maketrans("áéíóúñ", "aeioun")


_INSERT = later(r"(?i)\binsert into [\w.\"`\[\]]{1,60} ?\(([^()]{3,600})\)\s{1,3}values\s{0,3}(?=\()")
_LONGEST_ROW = 4000
_BLANK = later(r"[\s,]{0,8}")


def cells(text: str) -> Iterator[Hit]:
    """The values of a text's tables, from start to end.

    A table begins with a line of at least two cells, two of them heads that are known or one in a table of bars, and
    goes on as long as lines have as many cells.
    """
    at = 0
    kinds: list[str | None] = []
    separator = ""
    for line in text.split("\n"):
        if kinds:
            found = _split(line, separator)
            if len(found) == len(kinds):
                for kind, (start, end) in zip(kinds, found, strict=True):
                    if kind is not None and looks_like(kind, line, start, end):
                        yield Hit(at + start, at + end, SURE, kind)
            elif line.strip():
                kinds = []
        if not kinds:
            separator, kinds = _heads(line)
        at += len(line) + 1


def inserted(text: str) -> Iterator[Hit]:
    """The values of SQL's ``INSERT INTO people (name, phone) VALUES ('Ada', '...'), (...)``."""
    for head in _INSERT.finditer(text):
        kinds = [kind_of(name) for name in head[1].split(",")]
        at = head.end()
        while text[at : at + 1] == "(":
            end, cells = _row(text, at + 1)
            for kind, (start, stop) in zip(kinds, cells, strict=False):
                if kind is not None and looks_like(kind, text, start, stop):
                    yield Hit(start, stop, SURE, kind)
            between = _BLANK.match(text, end + 1)
            at = between.end() if between is not None else end


def _row(text: str, start: int) -> tuple[int, list[tuple[int, int]]]:
    """Where a row of SQL values ends, and its values without blanks and quotes; a doubled quote opens and closes."""
    found, quoted, at = [], False, start
    last = min(len(text), start + _LONGEST_ROW)
    while at < last and (quoted or text[at] != ")"):
        if text[at] == "'":
            quoted = not quoted
        elif text[at] == "," and not quoted:
            found.append(_trimmed(text, start, at))
            start = at + 1
        at += 1
    found.append(_trimmed(text, start, at))
    return at, found


def kind_of(head: str) -> str | None:
    """What a column's head or a key says its values are: a label, `NOBODY`, or None when it is not known."""
    return _KINDS.get(_ONLY_LETTERS.sub("", head.lower()).translate(_PLAIN))


def looks_like(kind: str, text: str, start: int, end: int) -> bool:
    """True when what stands there looks like a value of a kind."""
    return _LOOK[kind].fullmatch(text, start, end) is not None


def _heads(line: str) -> tuple[str, list[str | None]]:
    """The separator and the kind of each column; nothing when the line is no head of a table."""
    for separator in _SEPARATORS:
        if separator in line and len(line) < 2000:
            names = line.split(separator)
            kinds = [kind_of(name) for name in names]
            if sum(kind is not None for kind in kinds) >= 2 and all(len(name) < 40 for name in names):
                return separator, kinds
    return "", []


def _split(line: str, separator: str) -> list[tuple[int, int]]:
    """Where the cells of a line begin and end, without blanks and quotes around them."""
    found, start, quoted = [], 0, False
    for at, char in enumerate(line):
        if char == '"':
            quoted = not quoted
        elif char == separator and not quoted:
            found.append(_trimmed(line, start, at))
            start = at + 1
    found.append(_trimmed(line, start, len(line)))
    return found


def _trimmed(line: str, start: int, end: int) -> tuple[int, int]:
    while start < end and line[start] in " \"'\t\r":
        start += 1
    while end > start and line[end - 1] in " \"'\t\r":
        end -= 1
    return start, end
