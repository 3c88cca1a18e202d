"""Labelled text to train on: templates, prose and word salad, with made-up names and addresses in them."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

from crowd import Crowd
from informal import Posts
from known import read
from phrases import LEADS, PLACES_LEADS, PLACES_TAILS, SLANG, TAILS, THINGS
from streets import Streets
from values import DAYS, Values
from words import CITIES, COMPANY_TAILS, COUNTRIES, GREETED, JOBS, LABELS, OTHERS, RELATIONS, SPANISH

HERE = Path(__file__).parent
PLAIN = frozenset(
    "WORDS Words ORG NUM NEW STREET CITY PLACE OTHER JOB RELATION WEEKDAY PAST CHAIN ALSO THING MAKE FIELD CODE FIRM LABEL SPANISH Spanish ACRO HEADLINE INTERJECTION Starts".split()
)
"""Slots of what is neither a name nor an address."""
SLOT = re.compile(r"\{([A-Za-z_]+)(?::([a-z_]+))?\}")


class Corpus:
    """Draws labelled documents.

    Args:
        seed: the same seed draws the same documents.
    """

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.crowd = Crowd(self.chance)
        self.first, self.last = self.crowd.first, self.crowd.last
        firsts, lasts = self.crowd.firsts, self.crowd.lasts
        self.posts = Posts(self.chance, self.crowd)
        known = (set(firsts[:2500]) | set(lasts[:6000])) - set(read("common.txt"))
        english = read("english.txt")
        self.common = [word for word in english[:12_000] if word not in known]
        self.rare = [word for word in english[12_000:] if word not in known]
        # Names that are common words too: some of their capitals are no names.
        self.also = sorted(set(english[:5000]) & set(firsts[:1500]) & set(read("common.txt")))
        self.past = [word for word in self.common if word.endswith("ed") and len(word) > 4]
        self.streets = Streets(self.chance, self.crowd, self.word)
        self.towns, self.street, self.city = self.streets.towns, self.streets.street, self.streets.city
        self.following = {
            line.split()[0]: line.split()[1:] for line in (HERE / "sources" / "pairs.txt").read_text().splitlines()
        }
        self.begins = [word for word in self.common[:3000] if word in self.following]
        self.templates = self._templates()
        self.is_small = False
        self.manuals = (HERE / "manuals.txt").read_text().splitlines()
        self.prose = (HERE / "sources" / "prose.txt").read_text().splitlines()
        posts = self.posts
        self.of_posts = {
            "THING": posts.thing,
            "MAKE": posts.make,
            "ACRO": posts.acronym,
            "INTERJECTION": posts.interjection,
            "Starts": posts.start,
        }
        self.values = Values(self.chance, self.first, self.last, self.street, self.city, self.word)

    def _templates(self) -> list[str]:
        """Lines; a line that ends a letter or a shipping label keeps those below it."""
        lines = (HERE / "templates.txt").read_text().splitlines()
        lines = [line.replace("\\n", "\n").replace("\\t", "\t") for line in lines]
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

    def word(self) -> str:
        """A word of English, three of four common."""
        return self.chance.choice(self.rare if self.chance.random() < 0.25 else self.common)

    def _plain(self, kind: str, variant: str) -> str:
        """A value of a kind that only training knows."""
        chance = self.chance
        if kind in ("WORDS", "Words"):
            few = chance.random() < 0.4
            words = [chance.choice(self.common[:400]) if few else self.word() for _ in range(chance.randint(1, 7))]
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
            return self.values.pick(
                "#",
                "##",
                "####",
                "######",
                "##.##",
                "#-###",
                "^^-####",
                "#####",
                "%%%%%%%%-%%%%-%%%%-%%%%-%%%%%%%%%%%%",
                "%%%%%%%%",
            )
        if kind == "STREET":
            return self.street()
        if kind == "PAST":
            return chance.choice(self.past) if chance.random() < 0.8 else self.word()
        if kind == "ALSO":
            return chance.choice(self.also).title()
        if kind == "CHAIN":
            return " ".join(self.chain(chance.randint(2, 9)))
        if kind == "SPANISH":
            return " ".join(chance.choices(SPANISH, k=chance.randint(1, 6)))
        if kind == "Spanish":
            return chance.choice((*SPANISH, *GREETED)).capitalize()
        if kind == "CODE":
            shapes = ("##", "###", "####", "^##", "#^", "@@@", "^^", "@@@@", "^^#", "######")
            return " ".join(self.values.pick(*shapes) for _ in range(chance.randint(2, 6)))
        if kind == "FIELD":
            words = [self.word() for _ in range(chance.randint(1, 3))]
            return "_".join(words) if chance.random() < 0.4 else words[0] + "".join(w.title() for w in words[1:])
        if kind == "FIRM":
            return self._firm()
        if kind == "HEADLINE":
            return " ".join(word.title() for word in self.chain(chance.randint(1, 4)))
        if kind in self.of_posts:
            return self.of_posts[kind]()
        simple = {
            "CITY": CITIES if chance.random() < 0.5 else self.towns,
            "PLACE": COUNTRIES,
            "OTHER": OTHERS,
            "JOB": JOBS,
            "RELATION": RELATIONS,
            "WEEKDAY": DAYS,
            "LABEL": LABELS,
        }
        return chance.choice(simple[kind])

    def _firm(self) -> str:
        """A company that is called like people, where a field says that it is one."""
        tail = self.chance.choice(
            ("Inc", "LLC", "Ltd", "PLC", "Group", "GmbH", "S.A.", "& Sons", "and Sons", "Partners")
        )
        return self.chance.choice(
            (
                f"{self.last()} {tail}",
                f"{self.last()}-{self.last()}",
                f"{self.last()}, {self.last()} and {self.last()}",
                f"{self.last()} & {self.last()}",
                self.last(),
            )
        )

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
            known = kind in PLAIN
            # In small letters only names that are known as such: unknown small words are slang and other languages.
            self.crowd.is_blending = variant != "lower" and not self.is_small
            value = self._plain(kind, variant) if known else self.values.draw(kind, variant)
            if kind in ("NAME", "ADDRESS"):
                places.append((len(text), len(text) + len(value), kind))
            text += value
            end = slot.end()
        return text + template[end:], places

    def chain(self, count: int) -> list[str]:
        """Words of which each often follows the one before: it sounds like English and means nothing."""
        word = self.chance.choice(self.begins)
        made = [word]
        while len(made) < count:
            following = self.following.get(word)
            word = self.chance.choice(following or self.begins)
            made.append(word)
        return ["I" if word == "i" else word for word in made]

    def posted(self) -> tuple[str, list[tuple[int, int, str]]]:
        """A post of one to three lines of informal.txt; one of six all in small letters, one of twenty all in capitals."""
        chance = self.chance
        self.is_small = chance.random() < 0.16
        text, places = "", []
        joint = chance.choice((" ", " ", ". ", "\n", " ... ", "! "))
        for number in range(chance.choice((1, 1, 1, 2, 2, 3))):
            if number:
                text += joint
            more, found = self.fill(self.posts.template())
            places += [(start + len(text), end + len(text), kind) for start, end, kind in found]
            text += more
        if self.is_small:
            text, self.is_small = text.lower(), False
        elif chance.random() < 0.05 and len(text.upper()) == len(text):
            text = text.upper()
        return text, places

    def chatter(self) -> tuple[str, list[tuple[int, int, str]]]:
        """What people post: chains of words with names, things in capitals, tags and marks strewn in."""
        chance = self.chance
        words = self.chain(chance.randint(3, 16))
        capitals = chance.random()
        for at, word in enumerate(words):
            if capitals < 0.1 or chance.random() < 0.05:
                words[at] = word.title() if capitals < 0.07 or capitals > 0.1 else word.upper()
            elif chance.random() < 0.05:
                words[at] = self._slang(word)
            elif chance.random() < 0.02:
                words[at] = "{THING}"
        if chance.random() < 0.7:
            words[0] = words[0][:1].upper() + words[0][1:]
        for _ in range(chance.choice((0, 0, 1, 1, 1, 2, 2))):
            thing = chance.choice(THINGS)
            words.insert(chance.randint(0, len(words)), thing)
        for _ in range(chance.choice((0, 0, 0, 1, 1, 1, 2))):
            name = chance.choice(
                (
                    "{NAME}",
                    "{NAME}",
                    "{NAME}",
                    "{NAME:first}",
                    "{NAME:first}",
                    "{NAME:last}",
                    "{NAME:lower}",
                    "{NAME:first} and {NAME:first}",
                    "{NAME:poss} {NEW}",
                )
            )
            name = name.replace("{NAME:poss}", "{NAME}'s")
            at = chance.randint(0, len(words))
            words[at:at] = [name, "{PAST}"] if chance.random() < 0.2 else [name]
        text = ""
        for word in words:
            text += word + chance.choice(
                (" ",) * 12 + (", ", " - ", ": ", "... ", "! ", ". ", "? ", " & ", " / ", "\n")
            )
        return self.fill(text.strip() + chance.choice(("", "", ".", "!", "!!", " :)", " lol", " <3", "...", "?")))

    def _slang(self, word: str) -> str:
        """A word as nobody's list has it: short for something, drawn out, or with letters lost."""
        chance, at = self.chance, self.chance.randint(1, len(word))
        return chance.choice(
            (
                chance.choice(SLANG),
                chance.choice(SLANG),
                word + word[-1] * 3,
                word[: at - 1] + word[at:] or word,
                self.word()[:3] + self.word()[-3:],
            )
        )

    def composed(self) -> tuple[str, list[tuple[int, int, str]]]:
        """Phrases and a word or two around a name or an address, or around none."""
        chance = self.chance
        draw = chance.random()
        lead, tail = (LEADS, TAILS) if draw < 0.68 else (PLACES_LEADS, PLACES_TAILS)
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
        elif draw < 0.68:
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
        is_prose = 0.05 < draw < 0.25
        source = self.manuals if draw < 0.05 else self.prose if is_prose else self.templates
        if draw > 0.61:
            text, places = self.chatter() if draw > 0.94 else self.posted()
            return self._spread(text, places) if chance.random() < 0.3 else (text, places)
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
