"""Documents that flatter nobody: made by a grammar and with values that share nothing with those of training.

``evaluation/unseen.txt`` holds documents with choices, ``[this|that]``, slots, ``{KIND:way}``, and random digits,
``{###}``. Names, streets and towns stand in this file: a third of the names are on lists that the model has not seen,
or are made of syllables. Documents of the group ``obfuscated`` are disguised: digits in words or apart, letters lost
or exchanged, addresses with ``at`` and ``dot``.
"""

from __future__ import annotations

import random
import re
import string
from pathlib import Path

from disguise import Disguise
from filling import LABELS, Labelled

HERE = Path(__file__).parent
_CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
_SLOT = re.compile(r"\{(#+|hex[48]|[A-Z_]+(?::[a-z_]+)?)\}")

FIRST = (
    "Delphine Tamsin Ottoline Bertrand Isolde Gwyneth Radoslav Marisol Xiomara Quentin Thaddeus Ignatius Soledad Wilhelmina Ruaridh Siobhan "
    "Oisin Caoimhe Niamh Eilidh Bjarne Signe Solveig Torvald Aleksandra Grzegorz Malgorzata Zbigniew Katarzyna Mireille Thibault Anais Loic "
    "Aurelien Chiara Giuseppe Lorenzo Ludovica Joao Thiago Luciana Beatriz Hamza Yasmin Nadia Tariq Leila Farah Imran Zainab Kiran Sunita "
    "Meera Vivek Rohan Ananya Lakshmi Nguyen Thanh Linh Minh Chiamaka Adaeze Babajide Oluwaseun Folake Kwabena Abena Wanjiru Otieno Tendai "
    "Mei Xiaoling Haoran Yuxuan Jiho Seoyeon Haruka Kenta Ayumi Dmitry Oksana Bohdan Yevgenia Zsofia Balazs Emre Elif Cemal Ioannis Eleni "
    "James Mary Robert Linda Michael Susan David Karen Emily Tyler Ashley Brandon Megan Josh Nicole Kyle Brittany Ethan Chloe Dylan Amber "
    "Gary Brenda Walter Doris Harold Ruth Jesus Maria Carlos Rosa Luis Carmen Jose Ana Miguel Elena Will Mark Grace Hope Bill Art Frank"
).split()
LAST = (
    (
        "Okonjo Fitzwilliam Abernathy Castellanos Villanueva Zamorano Echeverria Quintanilla Szczepanski Wojciechowski Kowalczyk Nowicki Lindqvist "
        "Bergstrom Halvorsen Rasmussen Vestergaard Koskinen Virtanen Papadimitriou Georgiou Stavropoulos Ferreira Carvalho Figueiredo Dubois "
        "Lefebvre Marchand Beaumont Rousseau Schroeder Kaufmann Zimmermann Baumgartner Hofstetter Esposito Romano Bianchi Caruso Mancini Horvath "
        "Kovacs Szabo Dimitrov Petrova Volkova Kuznetsova Shevchenko Bondarenko Yilmaz Demir Ozturk Haddad Khalil Mansoor Rahman Chowdhury Banerjee "
        "Mukherjee Venkataraman Subramanian Krishnamurthy Desai Kulkarni Nakagawa Fujimoto Ishikawa Hayashi Kwon Hwang Baek Ouyang Zheng Jiang "
        "Nkemelu Adebayo Olawale Mwangi Kamau Moyo Chukwu Asante Smith Jones Miller Davis Wilson Taylor Thomas White Harris Clark Lewis Walker "
        "Young King Hill Green Baker Nelson Carter Mitchell Turner Collins Stewart Murphy Cook Bell Reed Rivera Ortiz Gomez Diaz Cruz Price Long "
        "Brooks Woods Rice Stone Banks Hunt Day Frost Winters Marsh Pope Bishop Knight O'Leary O'Connell McAllister MacKenzie St. John Van Houten"
    )
    .replace("St. John", "St.John")
    .replace("Van Houten", "Van.Houten")
    .split()
)
ES_FIRST = (
    "María José Lucía Íñigo Begoña Joaquín Ramón Inés Álvaro Concepción Adrián Noelia Sergio Rocío Andrés Pilar".split()
)
ES_LAST = "Fernández Gutiérrez Ibáñez Peña Cárdenas Zúñiga Olmedo Barrios Quiroga Salazar Montoya Rojas del.Valle de.la.Fuente".split()
STREETS = (
    "Larkspur Hollow,Old Foundry,Bluebell,Tamarack,Copper Beech,Saint Aldate's,Kestrel,Thornbury,Wagon Wheel,Quarry,Paper Mill,Juniper Ridge,"
    "Harborview,Shady Grove,Crestwood,Pemberton,Whitmore,Ludlow,Ashcombe,Fairfax,Sycamore,Prospect,Academy,Front,Third,42nd,E 9th,Dr. Martin Luther King Jr,"
    "Coldwater Canyon,Rosewood,Clifton,Granville,Vine,Belmont,Windsor"
).split(",")
KINDS = "St,Street,Ave,Avenue,Rd,Road,Ln,Lane,Dr,Drive,Blvd,Court,Ct,Way,Place,Terrace,Close,Crescent,Pkwy,Circle,Trail,Loop,Hwy,Row,Walk".split(
    ","
)
TOWNS = (
    "Ypsilanti,Poughkeepsie,Chattanooga,Duluth,Bellingham,Fort Collins,St. Cloud,Baton Rouge,Winston-Salem,Coeur d'Alene,Truth or Consequences,"
    "Schenectady,Terre Haute,Oshkosh,Biloxi,Flagstaff,Santa Rosa,La Crosse,Eau Claire,Naperville,Chula Vista,Paducah,Dover,Hilo"
).split(",")
UK_TOWNS = "Shrewsbury,Kirkcaldy,Basingstoke,Stoke-on-Trent,Milton Keynes,Llandudno,Stow-on-the-Wold,Hull,Bath,Inverness,Newry,Crewe".split(
    ","
)
WHOLE_STATES = "Michigan,New York,North Carolina,Oregon,Texas,West Virginia,Idaho,Wisconsin".split(",")
SHORT_STATES = "MI,NY,TN,MN,WA,CO,LA,NC,ID,NM,IN,WI,MS,AZ,CA,KY,DE,HI,OH,PA,MA".split(",")
HOSTS = "fastmail.com mailbox.org riverbend-clinic.org umich.edu btinternet.com gmail.com yahoo.co.uk telefonica.net hotmail.com uni-koeln.de orange.fr googlemail.com".split()
WORDS = "falcon pixel mocha tundra gizmo comet saffron ninja velvet orbit cactus waffle badger lunar".split()
MONTHS = "January February March April May June July August September October November December".split()
ES_MONTHS = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()


class Unseen:
    """Draws values, as other people than those of training write them; everything from one `random.Random`."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def like(self, shape: str) -> str:
        """# a digit, + a digit that is not zero, ^ a capital, ~ a small letter, % of a hexadecimal number, @ any."""
        sets = {
            "#": string.digits,
            "+": "123456789",
            "^": string.ascii_uppercase,
            "~": string.ascii_lowercase,
            "%": "0123456789abcdef",
            "@": string.ascii_letters + string.digits,
        }
        return "".join(self.chance.choice(sets[c]) if c in sets else c for c in shape)

    def one(self, *shapes: str) -> str:
        """A text of one of the shapes."""
        return self.like(self.chance.choice(shapes))

    def _made(self, names: list[str], ends: str) -> str:
        """A name off the list, or one that nobody has."""
        if self.chance.random() < 0.85:
            return self.chance.choice(names).replace(".", " ")
        begin = self.chance.choice(
            "Bra Cal Dor El Fen Gal Hol Jas Kel Lor Mar Nev Orl Pel Ros Sel Tor Ul Vin Wes Yar Zel".split()
        )
        return begin + self.chance.choice("a e i o u".split()) + self.chance.choice(ends.split())

    def name(self, way: str) -> str:
        """A person's name."""
        chance = self.chance
        spanish = way == "es"
        first = chance.choice(ES_FIRST) if spanish else self._made(FIRST, "ra na len mir vin lia ric dan")
        last = (
            chance.choice(ES_LAST).replace(".", " ")
            if spanish
            else self._made(LAST, "son wick ski sen ton berg man dez rov ley")
        )
        if way == "first":
            return first
        if way == "last":
            return last
        if way == "title":
            return f"{chance.choice(('Mr', 'Mrs', 'Ms', 'Mr.', 'Ms.'))} {last}"
        if way == "comma":
            return f"{last.upper() if chance.random() < 0.3 else last}, {first}"
        if spanish:
            return f"{first} {last}" + (f" {chance.choice(ES_LAST).replace('.', ' ')}" if chance.random() < 0.6 else "")
        middle = chance.choice(("", "", "", "", f" {self.like('^')}.", f" {chance.choice(FIRST)}"))
        last += chance.choice(("", "", "", "", "", " Jr.", f"-{chance.choice(LAST[:60])}"))
        full = f"{first}{middle} {last}"
        return full.upper() if way == "upper" else full.lower() if way == "lower" else full

    def age(self, way: str) -> str:
        """An age, with its unit if not bare."""
        years = self.chance.randint(4, 97)
        forms = {"bare": ("{}",), "es": ("{} años",)}.get(
            way, ("{} years old", "{} yrs old", "{}yo", "{}-year-old", "{} y.o.", "{} years of age")
        )
        return self.chance.choice(forms).format(years)

    def username(self, way: str) -> str:
        """A user name."""
        chance = self.chance
        first = re.sub("[^a-z]", "", chance.choice(FIRST).lower())
        last = re.sub("[^a-z]", "", chance.choice(LAST).lower())
        return chance.choice((f"{first}{self.like('##')}", f"{first[0]}{last}{self.like('#')}", f"{last}_{first}", f"{chance.choice(WORDS)}{chance.choice(WORDS)}{self.like('##')}", f"x{chance.choice(WORDS)}_{self.like('###')}", f"{first}.{last}"))  # fmt: skip

    def password(self, way: str) -> str:
        """A password."""
        word = self.chance.choice(WORDS)
        return self.one(
            f"{word.title()}+#!",
            f"{word}_##$",
            "@@@@#@@@~^",
            f"My{word.title()}####",
            f"{word[0].upper()}{word[1:].replace('o', '0')}@##",
            "~~^^##$~~",
        )

    def phone(self, way: str) -> str:
        """A telephone number: four of ten from abroad."""
        national = self._us()
        if way == "plain":
            return self.chance.choice((national.replace("-", ""), national))
        if way == "es":
            return self.one("6## ## ## ##", "6########", "+34 6## ### ###", "91 ### ## ##", "9## ### ###")
        a, b, c = national.split("-")
        forms = [
            national,
            f"({a}) {b}-{c}",
            f"({a}){b}-{c}",
            f"{a}.{b}.{c}",
            f"{a} {b} {c}",
            f"+1 {a} {b} {c}",
            f"+1 ({a}) {b}-{c}",
            f"1-{national}",
            f"{a}{b}{c}",
            f"{national} x{self.like('+##')}",
            f"{a}/{b}-{c}",
        ]
        abroad = ["0121 496 0###", "07911 12####", "+44 7911 12####", "+44 (0)121 496 0###", "+49 151 2#######", "0211 4#######", "+33 1 42 68 ## ##", "04 91 ## ## ##", "+39 347 #######", "+31 6 2#######", "+48 601 ### ###", "+353 87 ### ####", "+61 2 9### ####", "0412 ### ###", "+64 21 ### ####", "+91 98### #####", "+65 9### ####", "+852 9### ####", "+81 90-####-####", "+86 138 #### ####", "+55 21 9####-####", "+52 55 #### ####", "+27 82 ### ####", "+234 803 ### ####", "+971 50 ### ####", "+972 54-###-####", "+7 916 ###-##-##", "+380 67 ### ## ##", "+46 70-### ## ##", "+47 412 ## ###", "+45 20 ## ## ##", "+358 40 #######", "+41 79 ### ## ##", "+43 664 #######", "+351 91# ### ###", "+30 697 ### ####", "+90 532 ### ## ##"]  # fmt: skip
        if self.chance.random() < 0.6:
            return self.chance.choice(forms)
        form = self.chance.choice(abroad)
        return form[0] + self.like(form[1:]) if form[0] == "+" else self.like(form)

    def _us(self) -> str:
        area = self.chance.choice("212 312 415 503 617 702 734 812 919 206 305 404 512 713 801 907".split())
        return f"{area}-{self.chance.choice(('555', '349', '228', '764', '932'))}-{self.like('####')}"

    def email(self, way: str) -> str:
        """A mail address."""
        chance = self.chance
        user = self.username("")
        return f"{chance.choice((user, user, user + '+' + chance.choice(WORDS), user.replace('.', '-'), user.upper() if chance.random() < 0.2 else user))}@{chance.choice(HOSTS)}"

    def address(self, way: str) -> str:
        """A postal address."""
        chance = self.chance
        if way == "es":
            kind = chance.choice(("Calle", "C/", "Avenida", "Avda.", "Plaza", "Paseo de la", "Calle de"))
            street = chance.choice(
                ("Alcalá", "Serrano", "Goya", "Gran Vía", "Colón", "San Bernardo", "Cervantes", "Reforma")
            )
            tail = chance.choice(("", ", 3º B", ", piso 2", ""))
            town = chance.choice(("28013 Madrid", "08001 Barcelona", "41001 Sevilla", "46002 Valencia"))
            return f"{kind} {street}{chance.choice((', ', ' ', ' n.º '))}{chance.randint(1, 190)}{tail}, {town}"
        number = chance.choice(
            (str(chance.randint(1, 14999)), str(chance.randint(1, 99)), f"{chance.randint(2, 60)}{chance.choice('AB')}")
        )
        street = f"{number} {chance.choice(STREETS)} {chance.choice(KINDS)}"
        if way == "street":
            return street
        unit = chance.choice(
            (
                "",
                "",
                "",
                f" #{self.like('+##')}",
                f", Apt {self.like('+^')}",
                f" Unit {self.like('+#')}",
                f", Ste. {self.like('+00')}",
                f", Bldg {self.like('^')}",
            )
        )
        zipped = self.like(chance.choice(("#####", "#####", "#####-####")))
        state, town = chance.choice(SHORT_STATES), chance.choice(TOWNS)
        if way == "lines":
            return f"{street}{unit}\n{town}, {state} {zipped}"
        return chance.choice((
            f"{street}{unit}, {town}, {state} {zipped}",
            f"{street}{unit}, {town}, {state} {zipped}",
            f"{street}{unit}, {town} {state} {zipped}",
            f"{street}{unit}, {town}, {chance.choice(WHOLE_STATES)} {zipped}",
            f"{street}{unit}, {town}, {state}",
            f"{street}, {chance.choice(UK_TOWNS)}, {self.like('^^# #^^')}",
            f"Flat {self.like('+')}, {street}, {chance.choice(UK_TOWNS)} {self.like('^## #^^')}",
            f"PO Box {self.like('+###')}, {town}, {state} {zipped}",
            f"{street}{unit}",
        ))  # fmt: skip

    def url(self, way: str) -> str:
        """An address on the web."""
        word, other = self.chance.choice(WORDS), self.chance.choice(WORDS)
        return self.chance.choice(
            (
                f"https://{word}.{other}.io/u/{self.like('@@@@@')}",
                f"http://{word}{other}.net",
                f"www.{word}-{other}.org/~{other}",
                f"https://www.{word}.co.uk/?q={other}&p={self.like('#')}",
            )
        )

    def card(self, way: str) -> str:
        """A card number; a fifth fail Luhn's check."""
        start, size = self.chance.choice((("4", 16), ("53", 16), ("2720", 16), ("37", 15), ("6011", 16), ("4", 16)))
        body = self.like(start + "#" * (size - 1 - len(start)))
        total = sum(sum(divmod(2 * int(c), 10)) if i % 2 == 0 else int(c) for i, c in enumerate(reversed(body)))
        number = body + (str(-total % 10) if self.chance.random() < 0.75 else self.like("#"))
        if size == 15:
            return self.chance.choice(
                (number, f"{number[:4]} {number[4:10]} {number[10:]}", f"{number[:4]}-{number[4:10]}-{number[10:]}")
            )
        gap = self.chance.choice(("", " ", "-", " "))
        return gap.join(number[i : i + 4] for i in range(0, 16, 4))

    def expiry(self, way: str) -> str:
        """When a card ends."""
        month, year = self.chance.randint(1, 12), self.chance.randint(26, 34)
        forms = [f"{month:02}/{year}", f"{month}/{year}", f"{month:02}/20{year}"]
        if way != "slash":
            forms += [
                f"{MONTHS[month - 1][:3]} {year}",
                f"{MONTHS[month - 1]} 20{year}",
                f"{month:02}-20{year}",
                f"{month:02} / {year}",
            ]
        return self.chance.choice(forms)

    def ssn(self, way: str) -> str:
        """A social security number."""
        value = f"{self.chance.randint(110, 660)}-{self.chance.randint(10, 99)}-{self.like('+###')}"
        return self.chance.choice((value, value, value, value.replace("-", ""), value.replace("-", " ")))

    def iban(self, way: str) -> str:
        """An IBAN with its check digits."""
        country, shape = self.chance.choice(
            (("DE", "#" * 18), ("GB", "^^^^" + "#" * 14), ("ES", "#" * 20), ("FR", "#" * 23), ("NL", "^^^^" + "#" * 10))
        )
        body = self.like(shape)
        value = int("".join(str(int(c, 36)) for c in body + country + "00"))
        number = f"{country}{98 - value % 97:02}{body}"
        return number if self.chance.random() < 0.5 else " ".join(number[i : i + 4] for i in range(0, len(number), 4))

    def es_dni(self, way: str) -> str:
        """A Spanish identity number with its letter."""
        number = self.chance.randint(10_000_000, 79_999_999)
        return f"{number}{self.chance.choice(('', '-'))}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"

    def date(self, way: str) -> str:
        """A date or time of day."""
        chance = self.chance
        day, month, year = chance.randint(1, 28), chance.randint(1, 12), chance.randint(1941, 2026)
        name = MONTHS[month - 1]
        if way == "time":
            return chance.choice(
                (
                    f"{chance.randint(1, 12)}:{chance.randint(10, 59)}pm",
                    f"{chance.randint(1, 11)} am",
                    f"{chance.randint(0, 23):02}:{chance.randint(0, 59):02}",
                    f"{chance.randint(1, 12)}:{chance.randint(10, 59)} p.m.",
                )
            )
        if way == "iso_day":
            return f"{year}-{month:02}-{day:02}"
        if way == "iso_time":
            return f"{year}-{month:02}-{day:02}T{chance.randint(0, 23):02}:{chance.randint(10, 59)}:{chance.randint(10, 59)}+00:00"
        if way == "es":
            return chance.choice((f"{day} de {ES_MONTHS[month - 1]} de {year}", f"{day:02}/{month:02}/{year}"))
        forms = [
            f"{month}/{day}/{year}",
            f"{month:02}-{day:02}-{year}",
            f"{day} {name[:3]} {year}",
            f"{name} {day}, {year}",
            f"{day}/{month}/{year % 100:02}",
            f"{name[:3]}. {day}, {year}",
            f"{year}/{month:02}/{day:02}",
            f"{day:02}.{month:02}.{year}",
        ]
        if way != "dob":
            forms += [
                f"{name} {day}{'th' if 3 < day < 21 else ''}" if not 20 < day and day > 3 else f"{name} {day}",
                f"the {day}th of {name}" if 3 < day < 21 else f"{day} {name}",
                f"{chance.choice(('Monday', 'Thursday'))}, {name} {day}",
            ]
        value = chance.choice(forms)
        return value.removeprefix("the ")

    def draw(self, kind: str, way: str = "") -> str:
        """A value of the kind, written that way."""
        makers = {
            "NAME": self.name, "AGE": self.age, "USERNAME": self.username, "PASSWORD": self.password, "PHONE": self.phone, "EMAIL": self.email,
            "ADDRESS": self.address, "URL": self.url, "CREDIT_DEBIT_NUMBER": self.card, "CREDIT_DEBIT_EXPIRY": self.expiry, "SSN": self.ssn,
            "IBAN": self.iban, "DATE_TIME": self.date, "ES_DNI": self.es_dni,
        }  # fmt: skip
        return self.one(*_SHAPES[kind]) if kind in _SHAPES else makers[kind](way)


_SHAPES = {
    "CREDIT_DEBIT_CVV": ("###", "###", "####"),
    "BANK_ACCOUNT_NUMBER": ("+########", "+###########", "00########", "+#######"),
    "BANK_ROUTING": ("0########", "1########", "2########", "3########"),
    "SWIFT_CODE": ("^^^^DEFF", "^^^^GB2L", "^^^^ESMM###", "^^^^FRPP"),
    "PIN": ("####", "####", "######"),
    "IP_ADDRESS": ("172.16.#.1##", "45.7#.1##.2#", "2001:db8:%%%:%%::%%%%", "198.51.100.+#", "10.#.#.4#"),
    "MAC_ADDRESS": ("%%:%%:%%:%%:%%:%%", "%%-%%-%%-%%-%%-%%", "%%%%.%%%%.%%%%"),
    "PASSPORT_NUMBER": ("^########", "#########", "^^#######", "^#######", "##^^#####"),
    "DRIVER_ID": ("^#######", "^###-###-##-###-#", "########", "^^######^", "^####-#####-#####", "^^^^^######^^#^^"),
    "AWS_ACCESS_KEY": ("AKIA^^#^^#^^^^#^^^#^", "ASIA^^^^^^##^^#^^^^#"),
    "AWS_SECRET_KEY": ("@@@@@@@@/@@@@@@@@@@#@@@@@@@@@@@@/@@@@@@@",),
    "LICENSE_PLATE": ("^^^ ####", "+^^^###", "^^## ^^^", "^^^-###"),
    "VIN": ("1FTFW1ET#DF######", "WBA3A5C5#CF######"),
    "NHS": ("485 777 3456", "9434765919"),
    "NINO": ("PX ## ## ## B", "JG######D"),
}


def _expand(template: str, chance: random.Random) -> str:
    """The template with its choices made, the innermost first."""
    while found := _CHOICE.search(template):
        template = template[: found.start()] + chance.choice(found.group(1).split("|")) + template[found.end() :]
    return template


def unseen(rounds: int, seed: int) -> list[Labelled]:
    """Each document of ``unseen.txt`` so many times, with other choices and values each time."""
    chance = random.Random(seed)
    values, disguise = Unseen(chance), Disguise(chance)
    blocks = re.split(r"(?m)^# (\w+)\n", (HERE / "evaluation" / "unseen.txt").read_text())
    made: list[Labelled] = []
    for group, template in zip(blocks[1::2], blocks[2::2], strict=True):
        for _ in range(rounds):
            filled = _expand(template.rstrip("\n"), chance)
            text, places, end = "", [], 0
            for slot in _SLOT.finditer(filled):
                plain = filled[end : slot.start()]
                text += disguise.words(plain) if group == "obfuscated" else plain
                kind, _, way = slot.group(1).partition(":")
                end = slot.end()
                if kind.startswith(("#", "hex")):
                    text += values.like(kind) if kind[0] == "#" else values.like("%" * int(kind[3:]))
                    continue
                value = values.draw(kind, "" if way == "handle" else way)
                if group == "obfuscated":
                    value = disguise.value(kind, value)
                start = len(text) - (way == "handle")
                text += value
                places.append((start, len(text), LABELS.get(kind, kind)))
            text += filled[end:]
            made.append((group, text, places))
    return made
