"""Labelled text to train on: templates, prose and word salad, with made-up names and addresses in them."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

from faker import Faker

from phrases import LEADS, PLACES_LEADS, PLACES_TAILS, TAILS
from values import DAYS, Values
from words import CITIES, COMPANY_TAILS, COUNTRIES, FUNCTION, JOBS, OTHERS, PLACES, RELATIONS, STREET_WORDS, SUFFIXES

HERE = Path(__file__).parent
SLOT = re.compile(r"\{([A-Za-z_]+)(?::([a-z_]+))?\}")
FOREIGN = (
    "de_DE", "fr_FR", "es_ES", "es_MX", "it_IT", "pt_BR", "pt_PT", "nl_NL", "pl_PL", "sv_SE", "da_DK", "no_NO", "fi_FI", "cs_CZ", "hu_HU",
    "ro_RO", "tr_TR", "hr_HR", "en_IN", "id_ID", "en_GB", "de_AT", "fr_CA", "en_US", "es_CO", "en_NZ", "en_IE", "yo_NG", "ha_NG", "ig_NG", "zu_ZA", "en_KE", "vi_VN", "fil_PH",
)  # fmt: skip
PARTICLES = frozenset(
    [
        "van",
        "von",
        "de",
        "der",
        "den",
        "del",
        "della",
        "di",
        "da",
        "do",
        "dos",
        "das",
        "la",
        "le",
        "los",
        "las",
        "el",
        "al",
        "y",
        "e",
        "und",
        "af",
        "av",
        "ter",
        "ten",
        "op",
    ]
)
MORE_FIRST = [
    "wei",
    "li",
    "ming",
    "jun",
    "yan",
    "xin",
    "hui",
    "fang",
    "jing",
    "lei",
    "qiang",
    "hiroshi",
    "yuki",
    "haruto",
    "sakura",
    "takashi",
    "kenji",
    "akira",
    "yoko",
    "min-jun",
    "ji-woo",
    "seo-yeon",
    "hyun",
    "soo",
    "mohammed",
    "muhammad",
    "mohamed",
    "ahmed",
    "ali",
    "omar",
    "hassan",
    "hussein",
    "fatima",
    "aisha",
    "khalid",
    "yusuf",
    "ibrahim",
    "mustafa",
    "abdul",
    "abdullah",
    "salma",
    "noor",
    "layla",
    "zainab",
    "ngozi",
    "chinedu",
    "kwame",
    "kofi",
    "ama",
    "olu",
    "tunde",
    "amara",
    "zanele",
    "sipho",
    "thabo",
    "priya",
    "rahul",
    "amit",
    "sanjay",
    "deepak",
    "anjali",
    "pooja",
    "ravi",
    "arjun",
    "neha",
    "vikram",
    "olga",
    "dmitri",
    "sergei",
    "vladimir",
    "natasha",
    "ivan",
    "boris",
    "svetlana",
    "yuri",
    "igor",
    "anastasia",
    "mikhail",
    "barack",
    "elon",
    "kanye",
    "beyonce",
    "rihanna",
    "shakira",
    "adele",
    "lebron",
    "kobe",
    "kyrie",
    "neymar",
    "novak",
    "serena",
    "oprah",
    "ellen",
    "keanu",
    "leonardo",
    "arnold",
    "angelina",
    "benedict",
    "jinping",
    "narendra",
    "recep",
    "emmanuel",
    "justin",
    "volodymyr",
    "benjamin",
    "kim",
    "jong",
    "moon",
    "shinzo",
    "fidel",
    "hugo",
    "evo",
    "jair",
    "lula",
    "nelson",
    "winston",
    "mahatma",
    "liam",
    "mia",
    "aria",
    "zoe",
    "kayden",
    "jayden",
    "aiden",
    "nevaeh",
    "harper",
    "skylar",
    "peyton",
    "piper",
    "luna",
    "mila",
    "kai",
    "ezra",
    "milo",
    "finn",
    "arlo",
    "otis",
    "jaxon",
    "brayden",
]
MORE_LAST = [
    "zhang",
    "wang",
    "liu",
    "chen",
    "yang",
    "huang",
    "zhao",
    "wu",
    "zhou",
    "xu",
    "sun",
    "zhu",
    "lin",
    "he",
    "guo",
    "ma",
    "gao",
    "liang",
    "zheng",
    "tang",
    "kim",
    "park",
    "choi",
    "jung",
    "kang",
    "cho",
    "yoon",
    "jang",
    "tanaka",
    "suzuki",
    "sato",
    "takahashi",
    "watanabe",
    "ito",
    "yamamoto",
    "nakamura",
    "kobayashi",
    "khan",
    "ahmed",
    "hussain",
    "malik",
    "sheikh",
    "al-farsi",
    "haddad",
    "nasser",
    "said",
    "mansour",
    "okafor",
    "adeyemi",
    "mensah",
    "owusu",
    "nkosi",
    "dlamini",
    "okonkwo",
    "mbeki",
    "diallo",
    "traore",
    "patel",
    "singh",
    "sharma",
    "gupta",
    "kumar",
    "reddy",
    "iyer",
    "nair",
    "mehta",
    "agarwal",
    "obama",
    "trump",
    "biden",
    "clinton",
    "bush",
    "reagan",
    "nixon",
    "putin",
    "musk",
    "bezos",
    "gates",
    "zuckerberg",
    "merkel",
    "macron",
    "sarkozy",
    "blair",
    "thatcher",
    "rowling",
    "tolkien",
    "bieber",
    "kardashian",
    "jenner",
    "sheeran",
    "gaga",
    "beckham",
    "ronaldo",
    "messi",
    "federer",
    "nadal",
    "djokovic",
    "klopp",
    "mourinho",
    "guardiola",
    "salah",
    "mbappe",
    "rooney",
    "schwarzenegger",
    "dicaprio",
    "scorsese",
    "spielberg",
    "tarantino",
    "nolan",
    "hanks",
    "pitt",
    "jolie",
    "aniston",
    "winfrey",
    "swift",
    "modi",
    "erdogan",
    "xi",
    "netanyahu",
    "sharon",
    "arafat",
    "saddam",
    "hussein",
    "gaddafi",
    "assad",
    "khamenei",
    "mandela",
    "zuma",
    "mugabe",
    "annan",
    "ban",
    "sunak",
    "starmer",
    "corbyn",
    "trudeau",
    "scholz",
    "kohl",
    "chirac",
    "berlusconi",
    "ivanov",
    "petrov",
    "smirnov",
    "kuznetsov",
    "popov",
    "sokolov",
    "volkov",
    "putin",
    "zelensky",
    "nguyen",
    "tran",
    "le",
    "pham",
    "hoang",
    "vo",
    "dang",
    "bui",
]


def _read(name: str) -> list[str]:
    return (HERE / "sources" / name).read_text().split()


def foreign(kind: str) -> list[str]:
    """Latin-script names of Faker's lists of other countries (MIT licence), each once."""
    names: dict[str, None] = {}
    for locale in FOREIGN:
        person = next((p for p in Faker(locale).get_providers() if p.__provider__.endswith(".person")), None)
        for attribute in dir(type(person)):
            if attribute.startswith(kind) and isinstance(getattr(person, attribute), dict | tuple | list):
                for name in getattr(person, attribute):
                    for word in name.split() if isinstance(name, str) else ():
                        if (
                            word.replace("'", "").isalpha()
                            and word[0] <= "ɏ"
                            and len(word) > 1
                            and word.lower() not in PARTICLES
                        ):
                            names[word.lower()] = None
    return list(names)


def lists() -> dict[str, str]:
    """What the tagger knows of words: kind, one letter, to words."""
    first, last, common = _read("first.txt"), _read("last.txt"), _read("common.txt")
    modern = _read("modern.txt")
    template_words = re.findall(r"(?<![{:\w])[a-z]{2,}(?!\w*[}:])", (HERE / "templates.txt").read_text())
    common = list(dict.fromkeys([*common, *template_words, *modern]))
    spaced = {
        "a": first[:300], "b": first[300:1500], "f": first[1500:],
        "x": last[:600], "y": last[600:6000], "z": last[6000:25_000],
        "g": [*foreign("first_names"), *MORE_FIRST], "h": [*foreign("last_names"), *MORE_LAST],
        "v": common[:1500], "w": common[1500:],
        "t": sorted(PLACES), "s": [s.lower().strip(".") for s in SUFFIXES[:34]], "k": sorted({w.lower() for o in OTHERS for w in o.split()}),
        "o": FUNCTION,
    }  # fmt: skip
    return {kind: " ".join(sorted({word for word in words if "-" not in word})) for kind, words in spaced.items()}


class Corpus:
    """Draws labelled documents.

    Args:
        seed: the same seed draws the same documents.
    """

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.firsts, self.lasts = _read("first.txt"), _read("last.txt")[:25_000]
        self.foreign_firsts, self.foreign_lasts = (
            [*foreign("first_names"), *MORE_FIRST * 3],
            [*foreign("last_names"), *MORE_LAST * 3],
        )
        self.common = [*_read("common.txt"), *_read("modern.txt")]
        self.templates = self._templates()
        self.technical = (HERE / "sources" / "technical.txt").read_text().splitlines()
        self.prose = (HERE / "sources" / "prose.txt").read_text().splitlines()
        self.is_foreign = False
        self.values = Values(self.chance, self.first, self.last, self.street, self.city, self.word)

    def _templates(self) -> list[str]:
        """Lines; a line that ends a letter or a shipping label keeps those below it."""
        lines = (HERE / "templates.txt").read_text().splitlines()
        made, at = [], 0
        while at < len(lines):
            line = lines[at]
            following = (
                2
                if line == "Ship to:"
                else 1
                if line in ("Best regards,", "Thanks!", "Bill to {NAME}", "Agent: And who am I speaking with?")
                else 0
            )
            made.append("\n".join(lines[at : at + following + 1]))
            at += following + 1
        return made

    def first(self) -> str:
        """A first name, the frequent ones more often; it decides whose last name fits."""
        self.is_foreign = self.chance.random() < 0.3
        if self.is_foreign:
            name = self.chance.choice(self.foreign_firsts).title()
            return f"{name}-{self.chance.choice(self.foreign_firsts).title()}" if self.chance.random() < 0.05 else name
        return self.firsts[int(len(self.firsts) * self.chance.random() ** 3)].title()

    def last(self) -> str:
        """A last name."""
        if self.is_foreign:
            name = self.chance.choice(self.foreign_lasts).title()
            particle = self.chance.choice(
                (
                    "van",
                    "van der",
                    "van den",
                    "de",
                    "de la",
                    "von",
                    "di",
                    "da",
                    "dos",
                    "del",
                    "bin",
                    "al",
                    "el",
                    "le",
                    "De",
                    "Van",
                )
            )
            return f"{particle} {name}" if self.chance.random() < 0.1 else name
        name = self.lasts[int(len(self.lasts) * self.chance.random() ** 3)].title()
        if name.startswith("Mc") and len(name) > 4:
            name = "Mc" + name[2:].title()
        if self.chance.random() < 0.02:
            name = "O'" + name
        return name

    def street(self) -> str:
        """A street, whose suffix now and then is one of the rarer."""
        chance = self.chance
        suffix = chance.choice(SUFFIXES[:34] if chance.random() < 0.7 else SUFFIXES)
        draw = chance.random()
        if draw < 0.1:
            return f"{chance.randint(3, 99)}th {suffix}"
        name = (
            chance.choice(STREET_WORDS)
            if draw < 0.45
            else self.last()
            if draw < 0.8
            else self.first()
            if draw < 0.9
            else self.word().title()
        )
        if chance.random() < 0.15:
            name = f"{chance.choice(('N', 'S', 'E', 'W', 'North', 'South', 'N.', 'SW', 'NE'))} {name}"
        if chance.random() < 0.1:
            suffix += " " + chance.choice(("N", "S", "NW", "SE", "East"))
        return f"{name} {suffix}"

    def city(self) -> str:
        """A real town or one that sounds like one."""
        if self.chance.random() < 0.5:
            return self.chance.choice(CITIES)
        name = self.last() if self.chance.random() < 0.5 else self.first()
        return self.chance.choice(
            (
                f"{name}{self.chance.choice(('ville', 'ton', 'burgh', 'mouth', 'side', 'port', 'bury', 'shire', 'land', 'view', 'stad', 'fort', 'haven', 'chester'))}",
                f"{self.chance.choice(('New', 'North', 'South', 'East', 'West', 'Port', 'Lake'))} {name}",
                name,
            )
        )

    def word(self) -> str:
        """A common word, none with an apostrophe."""
        return self.chance.choice(self.common).replace("'", "")

    def _plain(self, kind: str, variant: str) -> str:
        """A value of a kind that only training knows."""
        chance = self.chance
        if kind in ("WORDS", "Words"):
            words = chance.choices(self.common[: 400 if chance.random() < 0.4 else None], k=chance.randint(1, 7))
            return " ".join(words) if kind == "WORDS" else " ".join(word.title() for word in words[:4])
        if kind == "ORG":
            draw = chance.random()
            if draw < 0.35:
                return chance.choice(OTHERS)
            if draw < 0.5:
                return f"{self.last()} {chance.choice(COMPANY_TAILS)}"
            if draw < 0.6:
                return f"{self.last()}, {self.last()} and {self.last()}"
            return (
                " ".join(self.word().title() for _ in range(chance.randint(1, 2))) + " " + chance.choice(COMPANY_TAILS)
            )
        if kind == "NEW":
            return self._coined()
        if kind == "NUM":
            return self.values.pick("#", "##", "####", "######", "##.##", "#-###", "^^-####")
        if kind == "STREET":
            return self.street()
        simple = {
            "CITY": CITIES,
            "PLACE": COUNTRIES,
            "OTHER": OTHERS,
            "JOB": JOBS,
            "RELATION": RELATIONS,
            "WEEKDAY": DAYS,
        }
        return chance.choice(simple[kind])

    def _coined(self) -> str:
        """A word in capitals that is no name: a product, a class, a code, a thing nobody has heard of."""
        chance, one, two = self.chance, self.word(), self.word()
        draw = chance.random()
        if draw < 0.35:
            return (one[: chance.randint(2, 5)] + two[-chance.randint(2, 4) :]).title()
        if draw < 0.55:
            return one.title() + two.title()
        if draw < 0.7:
            return one.title()
        if draw < 0.8:
            return self.values.pick("^^", "^^^", "^^^^", "^^^^^", "^^^-^^^", "^#", "^^##")
        if draw < 0.87:
            return one.upper()
        if draw < 0.95:
            return (
                self.last()
                if chance.random() < 0.3
                else one.title()
                + chance.choice(("ly", "io", "ix", "ify", "hub", "DB", "OS", "Net", "Base", "Kit", "Pro", "X"))
            )
        return one.title() + "-" + two.title()

    def fill(self, template: str) -> tuple[str, list[tuple[int, int, str]]]:
        """A template with values, and where names and addresses stand in it."""
        text, places, end = "", [], 0
        for slot in SLOT.finditer(template):
            text += template[end : slot.start()]
            kind, variant = slot.group(1), slot.group(2) or ""
            if kind in ("NAME", "ADDRESS") and not variant and self.chance.random() < 0.05:
                variant = "lower"
            known = kind in (
                "WORDS",
                "Words",
                "ORG",
                "NUM",
                "NEW",
                "STREET",
                "CITY",
                "PLACE",
                "OTHER",
                "JOB",
                "RELATION",
                "WEEKDAY",
            )
            value = self._plain(kind, variant) if known else self.values.draw(kind, variant)
            if kind in ("NAME", "ADDRESS"):
                places.append((len(text), len(text) + len(value), kind))
            text += value
            end = slot.end()
        return text + template[end:], places

    def composed(self) -> tuple[str, list[tuple[int, int, str]]]:
        """Phrases and a word or two around a name or an address, or around none."""
        chance = self.chance
        draw = chance.random()
        lead, tail = (LEADS, TAILS) if draw < 0.75 else (PLACES_LEADS, PLACES_TAILS)
        before, after = chance.choice(lead), chance.choice(tail)
        if chance.random() < 0.3:
            before = f"{self._plain('WORDS', '')} {before}"
        elif chance.random() < 0.3:
            before = before[:1].upper() + before[1:]
        if chance.random() < 0.4:
            after = f"{after} {self._plain('WORDS', '')}"
        if draw < 0.55:
            value = chance.choice(("{NAME}", "{NAME}", "{NAME:first}", "{NAME:first}", "{NAME:last}", "{NAME:lower}"))
            if chance.random() < 0.12:
                value += chance.choice((" and ", " or ", ", ", " & ", "/", " vs ", " with ")) + chance.choice(
                    ("{NAME}", "{NAME:first}")
                )
        elif draw < 0.75:
            value = chance.choice(
                (
                    "{OTHER}",
                    "{NEW}",
                    "{NEW}",
                    "{NEW}",
                    "the {NEW}",
                    "{NEW} {NEW}",
                    "{CITY}",
                    "{PLACE}",
                    "{ORG}",
                    "{WORDS}",
                    "{Words}",
                    "{NUM}",
                    "{OTHER} {OTHER}",
                    "the {JOB}",
                    "{STREET}",
                )
            )
        elif draw < 0.93:
            value = chance.choice(("{ADDRESS}", "{ADDRESS}", "{ADDRESS}", "{ADDRESS:street}", "{ADDRESS:lower}"))
        else:
            value = chance.choice(("{CITY}", "{CITY}, {PLACE}", "{NUM} {WORDS}", "{NUM}", "{STREET}", "the {JOB}"))
        space = "" if before[-1:] in ('"', "'", "(", "[", "@", "#", ">", "/", "=") else " "
        gap = "" if not after[:1].isalnum() and after[:1] not in ("(", "|", "-", "&", ":") else " "
        return self.fill(f"{before}{space}{value}{gap}{after}")

    def document(self) -> tuple[str, list[tuple[int, int, str]]]:
        """One document: some templates, or sentences of prose."""
        chance = self.chance
        draw = chance.random()
        is_prose = draw < 0.3
        source = self.technical if draw < 0.1 else self.prose if is_prose else self.templates
        joint = " " if is_prose else chance.choice((" ", "\n", "\n", ". ", ", ", "\n\n"))
        text, places = "", []
        for number in range(chance.choice((1, 1, 2, 3, 4))):
            if number:
                text += joint
            more, found = (
                self.composed() if not is_prose and chance.random() < 0.5 else self.fill(chance.choice(source))
            )
            if not is_prose and chance.random() < 0.06:
                more = more.upper()
            elif chance.random() < 0.1:
                more = more.lower()
            elif chance.random() < 0.1 and more:
                more = more[0].upper() + more[1:]
            if len(more) != ((found and max(end for _, end, _ in found)) or 0) and any(
                end > len(more) for _, end, _ in found
            ):
                continue
            places += [(start + len(text), end + len(text), kind) for start, end, kind in found]
            text += more
        return self._spread(text, places) if chance.random() < 0.08 else (text, places)

    def _spread(self, text: str, places: list[tuple[int, int, str]]) -> tuple[str, list[tuple[int, int, str]]]:
        """The text with blanks before punctuation, as many collections of text on the web have it."""
        made, moved = "", []
        for at, char in enumerate(text):
            moved.append(len(made))
            if (
                (char in ",.!?;:)" or text[at : at + 2] == "'s")
                and made[-1:].isalnum()
                and not text[at + 1 : at + 2].isdigit()
            ):
                made += " "
                moved[-1] += 1
            made += char
        moved.append(len(made))
        return made, [(moved[start], moved[end - 1] + 1, kind) for start, end, kind in places]

    def documents(self, count: int) -> Iterator[tuple[str, list[tuple[int, int, str]]]]:
        """So many documents."""
        for _ in range(count):
            yield self.document()
