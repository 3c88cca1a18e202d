"""Numbers by which states know their people, of two dozen countries, each with its check digits.

They are reported as ``PII/SSN``, the taxonomy's label for such a number; the attributes ``country`` (ISO 3166) and
``document`` say which it is. The check raises the confidence, a keyword finds what fails it, and a number whose look
says little is none without a keyword.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from moderation_pii.context import Words, is_called_otherwise
from moderation_pii.pattern import Pattern, Sighting, as_number, as_word

Check = Callable[[str], bool]


def _weighted(value: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(value, weights, strict=False))


def spain(value: str) -> bool:
    """DNI and NIE: the letter is the number modulo 23; X, Y, Z stand for 0, 1, 2 (Real Decreto 1553/2005)."""
    number = value[:-1].translate(str.maketrans("XYZ", "012"))
    return value[-1] == "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23]


_ODD = dict(
    zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23), strict=True)
)  # fmt: skip


def italy(value: str) -> bool:
    """Codice fiscale: the last letter by tables for odd and even places (Decreto 23 December 1976)."""
    total = sum(
        _ODD[c] if place % 2 == 0 else int(c, 36) - 10 * (not c.isdigit()) for place, c in enumerate(value[:15])
    )
    return value[15] == chr(65 + total % 26)


def france(value: str) -> bool:
    """NIR: 97 less the number modulo 97; Corsica's departments count as 19 and 18 (INSEE)."""
    number = value[:13].replace("2A", "19").replace("2B", "18")
    return 97 - int(number) % 97 == int(value[13:])


def mod_11_10(value: str) -> bool:
    """ISO 7064 MOD 11,10: Germany's tax number, Croatia's OIB."""
    product = 10
    for digit in value[:-1]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(value[-1])


def poland(value: str) -> bool:
    """PESEL: weights 1, 3, 7, 9."""
    return -_weighted(value[:10], (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10 == int(value[10])


def netherlands(value: str) -> bool:
    """BSN: the eleven test, the last digit with weight -1."""
    return int(value) > 0 and _weighted(value.zfill(9), (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def belgium(value: str) -> bool:
    """Rijksregisternummer: 97 less the number modulo 97, with 2 before it from the year 2000 on."""
    check = int(value[9:])
    return any(97 - int(century + value[:9]) % 97 == check for century in ("", "2"))


def luhn_10(value: str) -> bool:
    """Luhn over the last ten digits: Sweden's personnummer without its century."""
    from moderation_pii.checksums import luhn

    return luhn(value[-10:])


def finland(value: str) -> bool:
    """HETU: the last character by the number modulo 31."""
    digits = value[:6] + value[-4:-1]
    return value[-1] == "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(digits) % 31]


def norway(value: str) -> bool:
    """Fødselsnummer: two check digits modulo 11."""
    first = -_weighted(value, (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11
    second = -_weighted(value, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return value[9:] == f"{first}{second}"


def portugal(value: str) -> bool:
    """NIF: weights from 9 down, modulo 11."""
    check = 11 - _weighted(value, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if check > 9 else check) == int(value[8])


def switzerland(value: str) -> bool:
    """AHV number: the check digit of EAN-13."""
    return -_weighted(value[:12], (1, 3) * 6) % 10 == int(value[12])


def romania(value: str) -> bool:
    """CNP: weights 279146358279 modulo 11, ten counts as one."""
    check = _weighted(value[:12], (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return (1 if check == 10 else check) == int(value[12])


def turkey(value: str) -> bool:
    """T.C. kimlik: two check digits."""
    odd, even = sum(map(int, value[0:9:2])), sum(map(int, value[1:8:2]))
    return (7 * odd - even) % 10 == int(value[9]) and sum(map(int, value[:10])) % 10 == int(value[10])


def brazil(value: str) -> bool:
    """CPF: two check digits modulo 11."""
    for size in (9, 10):
        if _weighted(value[:size], tuple(range(size + 1, 1, -1))) * 10 % 11 % 10 != int(value[size]):
            return False
    return len(set(value)) > 1


def spain_social(value: str) -> bool:
    """Número de afiliación: the last two digits are the number modulo 97."""
    number = int(value[2:10])
    return (int(value[:2]) * 10 ** (7 if number < 10_000_000 else 8) + number) % 97 == int(value[10:])


def chile(value: str) -> bool:
    """RUT: weights 2 to 7 from the right, modulo 11; ten is K."""
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(value[:-1])))
    return value[-1] == "0123456789K0"[11 - total % 11]


def mexico(value: str) -> bool:
    """CURP: the last digit by the places of the letters in the Spanish alphabet."""
    alphabet = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
    total = sum(alphabet.index(c) * (18 - place) for place, c in enumerate(value[:17]))
    return str(-total % 10) == value[17]


def china(value: str) -> bool:
    """Resident identity number: ISO 7064 MOD 11-2, with a date of birth (GB 11643-1999)."""
    try:
        date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        return False
    total = _weighted(value[:17], (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))
    return value[17] == "10X98765432"[total % 11]


def korea(value: str) -> bool:
    """Resident registration number: weights 2 to 9, modulo 11."""
    return (11 - _weighted(value[:12], (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10 == int(value[12])


def south_africa(value: str) -> bool:
    """Identity number: Luhn over all thirteen digits."""
    from moderation_pii.checksums import luhn

    return luhn(value)


def singapore(value: str) -> bool:
    """NRIC and FIN: the last letter by a weighted sum and the first letter."""
    total = _weighted(value[1:8], (2, 7, 6, 5, 4, 3, 2)) + (4 if value[0] in "TG" else 0)
    return value[8] == ("JZIHGFEDCBA" if value[0] in "ST" else "XWUTRQPNMLK")[total % 11]


def australia(value: str) -> bool:
    """Tax file number: a weighted sum that is a multiple of eleven."""
    return _weighted(value, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def _pattern(
    country: str,
    document: str,
    regex: str,
    check: Check,
    alone: float,
    keywords: str,
) -> Pattern:
    """A country's number.

    Args:
        regex: of the number, however it is grouped.
        check: of its letters and digits without what groups them.
        alone: confidence of a number that passes the check with no keyword near; 0 for one that many numbers look like.
        keywords: words of which one near names it.
    """
    near = Words(keywords)

    def weigh(sighting: Sighting) -> float:
        checks = check("".join(c for c in sighting.value.upper() if c.isalnum()))
        if near.near(sighting):
            return 96.0 if checks else 76.0
        return 0.0 if not checks or is_called_otherwise(sighting) else alone

    has_letters = "A-Z" in regex or "a-z" in regex or "K" in regex or "X" in regex
    about = {"country": country, "document": document}
    return Pattern(
        "PII/SSN",
        regex,
        weigh,
        as_word if has_letters else as_number,
        attributes=about,
        beside="" if alone else near.regex,
    )


_DIGITS_11 = r"0{11}|00[. ]00[. ]00|0{6} ?0{5}"

PATTERNS = (
    _pattern("ES", "DNI", r"\b([0-9]{1,2}[. ]?[0-9]{3}[. ]?[0-9]{3}[\- ]?[A-HJ-NP-TV-Z]|[XYZ][\- ]?[0-9]{7}[\- ]?[A-HJ-NP-TV-Z])\b", spain, 86.0, r"dni|nif|nie|documento|identidad|d\.n\.i"),
    _pattern("IT", "codice fiscale", r"\b([A-Z]{6}[0-9]{2}[A-EHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z])\b", italy, 94.0, r"codice|fiscale|c\.f|cf|tax"),
    _pattern("FR", "NIR", r"\b([12] ?[0-9]{2} ?(?:0[1-9]|1[0-2]|[2-9][0-9]) ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2})\b", france, 86.0, r"nir|insee|sécu|secu|sécurité|securite|sociale|vitale"),
    _pattern("DE", "Steuer-ID", r"\b([1-9][0-9] ?[0-9]{3} ?[0-9]{3} ?[0-9]{3})\b", mod_11_10, 0.0, r"steuer|steuer-?id|steueridentifikationsnummer|idnr|tin|tax"),
    _pattern("HR", "OIB", r"\b([0-9]{11})\b", mod_11_10, 0.0, r"oib|osobni"),
    _pattern("PL", "PESEL", r"\b([0-9]{11})\b", poland, 0.0, r"pesel"),
    _pattern("NL", "BSN", r"\b([0-9]{8,9}|[0-9]{4}[. ][0-9]{2}[. ][0-9]{3})\b", netherlands, 0.0, r"bsn|burgerservicenummer|sofinummer|sofi"),
    _pattern("BE", "rijksregisternummer", r"\b([0-9]{2}[. ]?[01][0-9][. ]?[0-3][0-9][\- ]?[0-9]{3}[. ]?[0-9]{2})\b", belgium, 0.0, r"rijksregisternummer|national|nationaal|registre|niss|insz"),
    _pattern("SE", "personnummer", r"\b((?:19|20)?[0-9]{2}[01][0-9][0-3][0-9][\-+][0-9]{4})\b", luhn_10, 86.0, r"personnummer|personnr|pnr|samordningsnummer"),
    _pattern("FI", "henkilötunnus", r"\b([0-3][0-9][01][0-9]{3}[\-+A-FU-Y][0-9]{3}[0-9A-FHJ-NPR-Y])\b", finland, 90.0, r"hetu|henkilötunnus|henkilotunnus|personbeteckning"),
    _pattern("NO", "fødselsnummer", r"\b([0-7][0-9][0-9]{4} ?[0-9]{5})\b", norway, 0.0, r"fødselsnummer|fodselsnummer|fnr|personnummer|fødselsnr"),
    _pattern("PT", "NIF", r"\b([1-35689][0-9]{2} ?[0-9]{3} ?[0-9]{3})\b", portugal, 0.0, r"nif|contribuinte|niss"),
    _pattern("CH", "AHV", r"\b(756[. ]?[0-9]{4}[. ]?[0-9]{4}[. ]?[0-9]{2})\b", switzerland, 94.0, r"ahv|avs|sozialversicherung|sozialversicherungsnummer"),
    _pattern("RO", "CNP", r"\b([1-9][0-9]{2}[01][0-9][0-3][0-9]{7})\b", romania, 0.0, r"cnp|numeric personal"),
    _pattern("TR", "T.C. kimlik", r"\b([1-9][0-9]{10})\b", turkey, 0.0, r"kimlik|tckn|tc|t\.c"),
    _pattern("BR", "CPF", r"\b([0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}|[0-9]{11})\b", brazil, 0.0, r"cpf|cadastro"),
    _pattern("BR", "CPF", r"\b([0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2})\b", brazil, 92.0, r"cpf|cadastro"),
    _pattern("CL", "RUT", r"\b([0-9]{1,2}\.[0-9]{3}\.[0-9]{3}-[0-9Kk]|[0-9]{7,8}-[0-9Kk])\b", chile, 88.0, r"rut|run|rol único"),
    _pattern("MX", "CURP", r"\b([A-Z][AEIOUX][A-Z]{2}[0-9]{6}[HMX][A-Z]{2}[B-DF-HJ-NP-TV-ZÑ]{3}[0-9A-Z][0-9])\b", mexico, 95.0, r"curp"),
    _pattern("CN", "居民身份证", r"\b([1-9][0-9]{5}(?:19|20)[0-9]{2}[01][0-9][0-3][0-9]{4}[0-9Xx])\b", china, 92.0, r"id|身份证|身份|resident|identity"),
    _pattern("KR", "주민등록번호", r"\b([0-9]{2}[01][0-9][0-3][0-9]-[1-8][0-9]{6})\b", korea, 86.0, r"rrn|resident|주민|주민등록번호"),
    _pattern("ZA", "ID number", r"\b([0-9]{2}[01][0-9][0-3][0-9] ?[0-9]{4} ?[01][89][0-9])\b", south_africa, 0.0, r"id|identity|rsa|south africa|south african"),
    _pattern("SG", "NRIC", r"\b([STFG][0-9]{7}[A-Z])\b", singapore, 86.0, r"nric|fin|ic|singpass"),
    _pattern("AU", "TFN", r"\b([0-9]{3} ?[0-9]{3} ?[0-9]{3})\b", australia, 0.0, r"tfn|tax file"),
    _pattern("ES", "número de afiliación", r"\b([0-9]{2}[ /\-]?[0-9]{7,8}[ /\-]?[0-9]{2})\b", spain_social, 0.0, r"seguridad social|nss|naf|afiliaci[oó]n|n\.s\.s"),
)  # fmt: skip
