"""Made-up values of every kind, as people and programs write them. Everything is drawn from one `random.Random`."""

from __future__ import annotations

import random
import string
from collections.abc import Callable

import abroad

DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
MONTHS = "January February March April May June July August September October November December".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
STATES = (
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN"
    " TX UT VT VA WA WV WI WY"
).split()
LONG_STATES = (
    "Alabama, Alaska, Arizona, Arkansas, California, Colorado, Connecticut, Delaware, Florida, Georgia, Hawaii, Illinois, Indiana, Iowa, Kansas, Kentucky, Louisiana, Maine, Maryland, Massachusetts, Minnesota, Mississippi"
    ", Missouri, Montana, Nebraska, Nevada, New Hampshire, New Jersey, New Mexico, North Dakota, Ohio, Oklahoma, Pennsylvania, Rhode Island, South Carolina, Tennessee, Utah, Vermont, Virginia, Washington, Wyoming"
).split(", ")
STAGE = "Lil Lil Young Big Lady Kid DJ MC Queen Prince King Yung Baby Mac Mos Chance Iggy Snoop".split()
"""What begins the name of somebody on a stage."""
MAIL_HOSTS = "gmail.com yahoo.com hotmail.com outlook.com example.com proton.me icloud.com mail.ru gmx.de web.de orange.fr example.org acme.co.uk".split()


class Values:
    """Draws values.

    Args:
        chance: where all randomness comes from.
        first: draws a first name.
        last: draws a last name.
        street: draws the name of a street with its kind: "Elm Street".
        city: draws a city.
        word: draws a lower-case word, for user names and passwords.
    """

    def __init__(
        self,
        chance: random.Random,
        first: Callable[[], str],
        last: Callable[[], str],
        street: Callable[[], str],
        city: Callable[[], str],
        word: Callable[[], str],
    ) -> None:
        self.chance, self.first, self.last = chance, first, last
        self.street, self.city, self.word = street, city, word

    def digits(self, count: int) -> str:
        """So many digits; the first is not zero."""
        return str(self.chance.randint(1, 9)) + "".join(self.chance.choices(string.digits, k=count - 1))

    def like(self, shape: str) -> str:
        """A text of this shape: # a digit, ^ a capital, ~ a small letter, @ a capital or digit, % of a hexadecimal number."""
        draw = {
            "#": string.digits,
            "^": string.ascii_uppercase,
            "~": string.ascii_lowercase,
            "%": "0123456789abcdef",
            "@": string.ascii_uppercase + string.digits,
        }
        return "".join(self.chance.choice(draw[c]) if c in draw else c for c in shape)

    def pick(self, *shapes: str) -> str:
        """A text of one of these shapes."""
        return self.like(self.chance.choice(shapes))

    # -- people ---------------------------------------------------------------------------------------------------

    def name(self, variant: str = "") -> str:
        """A person's name; `variant` names a way to write it."""
        chance, first, last = self.chance, self.first(), self.last()
        if variant == "first":
            return first
        if variant == "last":
            return last
        if variant == "slash":
            return f"{last}/{first}".upper()
        if variant == "middle":
            return f"{last}, {first} {chance.choice(string.ascii_uppercase)}".upper()
        if variant == "capitals":
            return f"{last}, {first}".upper()
        if variant == "plural":
            return f"{last}s"
        if variant == "comma":
            return f"{last}, {first}"
        full = f"{first} {last}"
        draw = chance.random()
        if draw < 0.08:
            full = f"{first} {chance.choice(string.ascii_uppercase)}. {last}"
        elif draw < 0.13:
            full = f"{first} {self.first()} {last}"
        elif draw < 0.16:
            full = f"{first} {last}-{self.last()}"
        elif draw < 0.18:
            full = f"{chance.choice(string.ascii_uppercase)}. {last}"
        elif draw < 0.19:
            full = f"{''.join(chance.choices(string.ascii_uppercase, k=2))} {last}"
        elif draw < 0.2:
            full = f"{chance.choice(string.ascii_uppercase)}.{chance.choice(string.ascii_uppercase)}. {last}"
        elif draw < 0.22:
            full = f"{chance.choice(STAGE)} {chance.choice((first, last))}"
        if variant == "upper":
            return full.upper()
        if variant == "lower":
            return full.lower()
        return full

    def age(self, variant: str = "") -> str:
        """An age with its unit, or bare."""
        years = str(self.chance.randint(2, 95))
        if variant == "bare":
            return years
        form = self.chance.choice(("{} years old", "{}-year-old", "{} y/o", "{} yo", "{} years of age", "{} yrs old"))
        return form.format(years)

    def username(self, variant: str = "") -> str:
        """A user name."""
        chance, first, last = self.chance, self.first().lower(), self.last().lower()
        first, last = (("".join(c for c in w if c.isascii() and c.isalnum()) or "max") for w in (first, last))
        year = str(chance.randint(1, 2010))
        return chance.choice(
            (
                f"{first}{year}", f"{first}.{last}", f"{first[0]}{last}{year[:2]}", f"{first}_{last}",
                f"{self.word()}_{self.word()}", f"{self.word()}{year}", f"{first}-{self.word()}",
            )
        )  # fmt: skip

    def password(self, variant: str = "") -> str:
        """A password, none of which is a plain word."""
        chance = self.chance
        return chance.choice(
            (
                self.word().title() + self.like("##") + chance.choice("!?#$%&*"),
                self.like("~^#~@~#^") + chance.choice("!@#$%^&*") + self.like("~#"),
                self.word() + self.like("###"),
                self.word().replace("a", "@").replace("o", "0") + chance.choice("!_.") + self.like("##"),
            )
        )

    # -- reaching them --------------------------------------------------------------------------------------------

    def phone(self, variant: str = "") -> str:
        """A telephone number."""
        us = f"{self.chance.randint(201, 989)}-{self.chance.randint(201, 989)}-{self.like('####')}"
        if variant == "words":
            return " ".join(DIGIT_WORDS[int(c)] for c in us if c.isdigit())
        if variant == "mixed":
            return " ".join(DIGIT_WORDS[int(c)] if self.chance.random() < 0.5 else c for c in us if c.isdigit())
        if variant == "letters":
            return us.replace("0", "O").replace("1", "l")
        if variant == "dotted":
            return ".".join(c for c in us if c.isdigit())
        if variant == "emoji":
            return "".join(f"{c}\ufe0f\u20e3" if c.isdigit() else "" for c in us)
        a, b, c = us.split("-")
        return self.chance.choice(
            (
                us, us, f"({a}) {b}-{c}", f"({a}) {b}-{c}", f"{a}.{b}.{c}", f"{a} {b} {c}", f"+1 {a} {b} {c}", f"+1-{a}-{b}-{c}",
                f"1-{a}-{b}-{c}", a + b + c, f"+1{a}{b}{c}", f"{a}-{b}-{c} x{self.like('###')}", f"001-{a}-{b}-{c}", f"+1 ({a}) {b}-{c}",
                self.like("+44 20 7### ####"), self.like("07### ######"), self.like("+49 30 ########"), self.like("0## ### ## ##"),
                self.like("+33 6 ## ## ## ##"), self.like("06 ## ## ## ##"), self.like("+91 9#### #####"), self.like("+61 4## ### ###"),
                self.like("(0##) #### ####").replace("(00", "(02"), self.like("+34 6## ### ###"), self.like("+55 11 9####-####"),
            )
        )  # fmt: skip

    def email(self, variant: str = "") -> str:
        """An e-mail address."""
        user, host = self.username(), self.chance.choice(MAIL_HOSTS)
        if variant == "words":
            return f"{user} at {host}".replace(".", " dot ")
        if variant == "paren":
            return self.chance.choice(
                (
                    f"{user} (at) {host}",
                    f"{user}[at]{host}".replace(".", "[dot]"),
                    f"{user}@{host}".replace(".", "(dot)"),
                )
            )
        if variant == "spaced":
            return f"{user} @ {host}".replace(".", " . ")
        return f"{user}@{host}"

    def address(self, variant: str = "") -> str:
        """A postal address."""
        chance = self.chance
        street = f"{chance.randint(1, 9899)} {self.street()}"
        if variant == "street":
            return street
        unit = chance.choice(
            (
                "",
                "",
                "",
                f", Apt {chance.randint(1, 99)}",
                f" Suite {chance.randint(100, 999)}",
                f" Apt. {self.like('#^')}",
                f" #{self.like('##')}",
                f", Bldg. {self.like('^')}",
                f", Ste {self.like('###')}",
                f", Floor {self.like('#')}",
                f", Unit {chance.randint(1, 40)}",
            )
        )
        town, state, code = self.city(), chance.choice(STATES), self.digits(5)
        if variant == "two_lines":
            return f"{street}{unit}\n{town}, {state} {code}"
        draw = chance.random()
        if draw < 0.18:
            return abroad.address(chance, self.like, town, self.last())
        if draw < 0.2:
            street, unit = self.like(chance.choice(("PO Box ###", "P.O. Box ####", "Post Office Box ##"))), ""
        elif draw < 0.31:
            street, unit = (
                f"{chance.choice(('Flat', 'Unit', 'Apartment', 'Suite'))} {self.like(chance.choice(('#', '##', '#^')))}, {street}",
                "",
            )
        if chance.random() < 0.15:
            state = chance.choice(LONG_STATES)
        if chance.random() < 0.1:
            code += self.like("-####")
        full = chance.choice(
            (
                f"{street}{unit}, {town}, {state} {code}", f"{street}{unit}, {town}, {state}, {code}", f"{street}{unit}, {town} {state} {code}",
                f"{street}{unit}, {town}", f"{chance.randint(1, 200)} {self.street()}, {town} {self.like('^^# #^^')}", f"{chance.randint(1, 200)}{chance.choice('ABC')} {self.street()}, {town}, {self.like('^## #^^')}",
                f"{street}{unit}, {town}, {state}", f"{street}{unit}", f"{street}{unit}\n{town}, {state} {code}",
            )
        )  # fmt: skip
        return full.lower() if variant == "lower" else full

    def url(self, variant: str = "") -> str:
        """A web address."""
        host = f"{self.word()}{self.word()}.{self.chance.choice(('com', 'org', 'net', 'io', 'co.uk'))}"
        return self.chance.choice(
            (
                f"https://{host}/{self.word()}?id={self.like('###')}",
                f"http://www.{host}",
                f"www.{host}/{self.word()}",
                f"https://{host}/",
            )
        )

    # -- money ----------------------------------------------------------------------------------------------------

    def card(self, variant: str = "") -> str:
        """A card number; nine of ten pass Luhn's check."""
        start = self.chance.choice(("4", "51", "55", "2221", "6011"))
        number = start + "".join(self.chance.choices(string.digits, k=15 - len(start)))
        total = sum((2 * int(c) - 9 * (int(c) > 4)) if i % 2 == 0 else int(c) for i, c in enumerate(number))
        number += str(-total % 10) if self.chance.random() < 0.9 else self.like("#")
        if variant == "words":
            return " ".join(DIGIT_WORDS[int(c)] for c in number)
        gap = "." if variant == "dotted" else self.chance.choice(("", " ", "-", " "))
        return gap.join(number[i : i + 4] for i in range(0, 16, 4))

    def cvv(self, variant: str = "") -> str:
        """Three digits."""
        value = self.digits(3)
        return " ".join(DIGIT_WORDS[int(c)] for c in value) if variant == "words" else value

    def expiry(self, variant: str = "") -> str:
        """When a card expires."""
        month, year = self.chance.randint(1, 12), self.chance.randint(25, 33)
        return self.chance.choice(
            (f"{month:02}/{year}", f"{month:02}/20{year}", f"{month:02}-{year}", f"{MONTHS[month - 1][:3]} 20{year}")
        )

    def spaced(self, digits: str) -> str:
        """Digits with a blank between."""
        return " ".join(digits)

    def account(self, variant: str = "") -> str:
        """A bank account number."""
        value = self.digits(self.chance.randint(8, 12))
        return self.spaced(value) if variant == "spaced" else value

    def ssn(self, variant: str = "") -> str:
        """A social security number."""
        value = f"{self.chance.randint(101, 665)}-{self.chance.randint(11, 99)}-{self.digits(4)}"
        if variant == "words":
            return " ".join(DIGIT_WORDS[int(c)] for c in value if c.isdigit())
        if variant == "spaced":
            return self.spaced(value.replace("-", ""))
        return self.chance.choice((value, value, value, value.replace("-", " "), value.replace("-", "")))

    def iban(self, variant: str = "") -> str:
        """A German IBAN."""
        bank = self.digits(18)
        value = f"DE{98 - int(bank + '131400') % 97:02}{bank}"
        return self.chance.choice((value, " ".join(value[i : i + 4] for i in range(0, 22, 4))))

    # -- when -----------------------------------------------------------------------------------------------------

    def date(self, variant: str = "") -> str:
        """A date, or a time of day."""
        chance = self.chance
        day, month, year = chance.randint(1, 28), chance.randint(1, 12), chance.randint(1950, 2025)
        if variant == "time":
            return chance.choice(
                (
                    f"{chance.randint(1, 12)}:{chance.randint(10, 59)} pm",
                    f"{chance.randint(1, 12)}am",
                    f"{chance.randint(10, 23)}:{chance.randint(10, 59)}",
                    f"{chance.randint(1, 12)}:{chance.randint(10, 59)} AM",
                )
            )
        clock = f"{chance.randint(10, 23)}:{chance.randint(10, 59)}:{chance.randint(10, 59)}"
        if variant == "iso":
            return chance.choice(
                (
                    f"{year}-{month:02}-{day:02} {clock}",
                    f"{year}-{month:02}-{day:02}T{clock}Z",
                    f"{year}-{month:02}-{day:02} {clock},{self.like('###')}",
                )
            )
        if variant == "clf":
            return f"{day:02}/{MONTHS[month - 1][:3]}/{year}:{clock} +0000"
        name = MONTHS[month - 1]
        forms = [
            f"{year}-{month:02}-{day:02}", f"{month:02}/{day:02}/{year}", f"{day}.{month}.{year}", f"{name} {day}, {year}", f"{day} {name} {year}",
            f"{name[:3]} {day}, {year}", f"{month}/{day}/{year % 100:02}", f"{day}-{name[:3]}-{year}",
        ]  # fmt: skip
        if not variant:
            forms += [
                f"{name} {day}th" if day in range(4, 20) else f"{name} {day}",
                f"{day} {name}",
                f"{DAYS[day % 7]}, {name} {day}, {year}",
                f"{DAYS[day % 7]}, {day} {name}",
            ]
        return chance.choice(forms)

    def draw(self, kind: str, variant: str = "") -> str:
        """A value of the kind, written as the variant says."""
        like = _SHAPES.get(kind)
        if like is not None:
            return self.pick(*like)
        return getattr(self, _MAKERS[kind])(variant)


_MAKERS = {
    "NAME": "name", "AGE": "age", "USERNAME": "username", "PASSWORD": "password", "PHONE": "phone", "EMAIL": "email", "ADDRESS": "address",
    "URL": "url", "CREDIT_DEBIT_NUMBER": "card", "CREDIT_DEBIT_CVV": "cvv", "CREDIT_DEBIT_EXPIRY": "expiry", "BANK_ACCOUNT_NUMBER": "account",
    "SSN": "ssn", "IBAN": "iban", "DATE_TIME": "date",
}  # fmt: skip
_SHAPES = {
    "BANK_ROUTING": ("021######", "1########", "0#######1"),
    "SORT": ("20-##-##", "40 ## ##", "08####"),
    "PIN": ("####",),
    "IP_ADDRESS": ("10.1#.2#.#", "203.0.113.1#", "192.168.1.1##", "85.2#.1##.4#"),
    "MAC_ADDRESS": ("%%:%%:%%:%%:%%:%%", "%%-%%-%%-%%-%%-%%"),
    "PASSPORT_NUMBER": ("C########", "#########", "^^#######", "X#######"),
    "DRIVER_ID": ("D########", "^###-####-####", "#########", "^^^^^######^^#^^"),
    "AWS_ACCESS_KEY": ("AKIA@@@@@@@@@@@@@@@@", "ASIA@@@@@@@@@@@@@@@@"),
    "AWS_SECRET_KEY": ("~#~^/#~#^~#^~~#~+~^#^~^/#~^~^~^~#~^~^#~^",),
    "SWIFT_CODE": ("DEUTDEFF", "^^^^DE##", "^^^^FR@@###"),
    "LICENSE_PLATE": ("#^^^###", "^^## ^^^", "^^^-####"),
    "VIN": ("1HGCM82633A00####",),
    "NHS": ("943 476 5919",),
    "NINO": ("AB ## ## ## C", "JK######A"),
    "AADHAAR": ("2345 6789 0124", "3### #### ####"),
    "PAN": ("ABCPE####F", "AXZPK####L"),
    "SIN": ("046 454 286", "1## ### ###"),
}
