"""The quick tagger beside the plain one: sum by sum, word by word, label by label."""

import itertools
import json
import random
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from operator import itemgetter

from hypothesis import given
from hypothesis import strategies as st
from moderation_pii.names import decoding, packing, tagger
from moderation_pii.names.features import DISTANCES, TOKEN, properties
from moderation_pii.names.known_words import Filed, KnownWords
from moderation_pii.names.packing import LABELS, SCALE

KINDS = {
    "NAME": (decoding.NAME_BEHIND, decoding.NAME_PAIR),
    "ADDRESS": (decoding.ADDRESS_BEHIND, decoding.ADDRESS_PAIR),
}
NEVER = -(10**9)


class PlainTagger:
    """Reads the same file and adds the same weights, one by one."""

    def __init__(self, model):
        start = 4 + int.from_bytes(model[:4], "little")
        head = json.loads(model[4:start])
        start, lines = start + head["lines"], model[start : start + head["lines"]]
        end = start + head["names"]
        steps = memoryview(model[end:]).cast("h").tolist()
        self.weights = {
            name: dict(zip(LABELS, steps[4 * place : 4 * place + 4], strict=True))
            for place, name in enumerate(model[start:end].decode().split("\n"))
        }
        self.lists = KnownWords(Filed(head["kinds"], lines, 0, len(lines)))
        self.moves = {(a, b): weight for a, b, weight in head["moves"]}

    def tag(self, text):
        """Start, end, label and lead of what is found."""
        matches = list(TOKEN.finditer(text))
        alone, left, right = self.scores([match.group() for match in matches])
        return [
            (matches[first].start(), matches[last].end(), "PII/" + kind, round(lead / SCALE, 6))
            for first, last, kind, lead in self.search(alone, left, right)
        ]

    def scores(self, words):
        """Of each word and label: without pairs, with what the pair before adds, with what the pair behind adds."""
        padded = ["\n"] * 3 + words + ["\n"] * 2
        seen = [properties(word, self.lists.of(word.lower())) for word in padded]
        classes = [word.name for word in seen]
        alone, left, right = [], [], []
        for at in range(3, len(words) + 3):
            names = ["0" + name for name in seen[at].own]
            for distance in DISTANCES:
                if distance:
                    names += [f"{distance}{name}" for name in seen[at - distance].near]
            alone.append(self.added(names))
            left.append(self.added([f"L{classes[at - 1]}|{classes[at]}"]))
            right.append(self.added([f"R{classes[at]}|{classes[at + 1]}"]))
        return alone, left, right

    def added(self, names):
        """The sum of the weights of features, label by label."""
        total = defaultdict(int)
        for name in names:
            for label, weight in self.weights.get(name, {}).items():
                total[label] += weight
        return total

    def move(self, before, after):
        """What a label adds behind another, above what O adds behind O."""
        return self.moves[before, after] - self.moves["O", "O"]

    def may_begin(self, at, alone, left, right):
        """Whether, with nothing open, something may begin with a word."""
        if all(alone[at]["B-" + kind] < -packing.LEAST_START * SCALE for kind in KINDS):
            return False
        for kind, (_, pair) in KINDS.items():
            first = alone[at]["B-" + kind] + right[at]["B-" + kind]
            second = NEVER if at + 1 == len(alone) else alone[at + 1]["I-" + kind] + left[at + 1]["I-" + kind]
            if first > decoding.ALONE * SCALE or first + second > pair * SCALE:
                return True
        return False

    def search(self, alone, left, right):
        """First word, last word, kind and lead of the best names and addresses."""
        # Of each label: the best total that ends in it, and what was found, the last of it as begun so far.
        best = {"O": (0, ())}
        for at in range(len(alone)):
            if len(best) == 1 and not self.may_begin(at, alone, left, right):
                continue
            score = {label: alone[at][label] + left[at][label] + right[at][label] for label in LABELS}
            outside, found, last = max(
                ((total + self.move(label, "O"), found, label) for label, (total, found) in best.items()),
                key=itemgetter(0),
            )
            new = {"O": (outside, found)}
            for kind, (behind, _) in KINDS.items():
                begin, inside = "B-" + kind, "I-" + kind
                made = {}
                if score[begin] >= -packing.LEAST_START * SCALE:
                    lead = self.move("O", begin) + score[begin]
                    total = outside + lead
                    if kind == "NAME" and last != "O":
                        apart = self.move("B-NAME", "O") + self.move("O", "B-NAME")
                        total += self.move("B-NAME", "B-NAME") - apart
                    made[begin] = (total, (*found, (at, at, kind, lead)))
                inner = [
                    (best[label][0] + self.move(label, inside), label) for label in (begin, inside) if label in best
                ]
                if inner:
                    total, label = max(inner)
                    *before, (start, _, _, lead) = best[label][1]
                    lead += self.move(label, inside) + score[inside]
                    made[inside] = (total + score[inside], (*before, (start, at, kind, lead)))
                least = outside - behind * SCALE
                new |= {label: row for label, row in made.items() if row[0] >= least}
            best = new
        return max(
            ((total + self.move(label, "O"), found) for label, (total, found) in best.items()), key=itemgetter(0)
        )[1]


PLAIN = PlainTagger(tagger._MODEL.read_bytes())
PHRASES = """
Ann Lee|Rosa Delgado|Quorvane|Zelka Brumovic|O'Neill|sarah miller|JOHN SMITH|mark|E.|I.Z.|van der Berg|Jr.|María Peña|Mr|
name is|thanks|call|from|met|lives at|near|the|of|in|Monday|12 Elm Street|742 Park Ave|Apt 3B|PO Box 123456|Denver|Unit|
Springfield, OR 97403|18 Orchard Close, Leeds LS6 2AB|calle|'s|,|.|:|;|-|/|(|)|#|@|_|1|03/04/1987|123456|12345|St|x9|59 p.m.
|Ωμέγα|东京|３４|٣|Kontoinhaber
"""


def as_found(text):
    """What the quick tagger finds, in the form of the plain one."""
    return [(hit.start, hit.end, hit.label, round(hit.lead, 6)) for hit in tagger.tagger().tag(text)]


@given(phrases=st.lists(st.sampled_from(PHRASES.split("|")), max_size=20), odd=st.text(max_size=20))
def test_finds_what_the_plain_sums_and_the_plain_search_find(phrases, odd):
    text = " ".join(phrases) + odd

    assert as_found(text) == PLAIN.tag(text)


def test_finds_the_same_in_many_texts():
    chance = random.Random(1)
    texts = [" ".join(chance.choices(PHRASES.split("|"), k=12)) for _ in range(1000)]

    differing = [text for text in texts if as_found(text) != PLAIN.tag(text)]

    assert differing == []


@given(text=st.text(alphabet=st.characters(max_codepoint=127), max_size=60))
def test_words_of_ascii_text_are_those_of_any_text(text):
    assert tagger.words_of(text) == TOKEN.findall(text)


def test_what_was_looked_at_before_changes_nothing():
    text = "Ann Lee met Rosa Delgado at 12 Elm Street, Denver."
    fresh = tagger.Tagger(tagger._MODEL.read_bytes())
    expected = fresh.tag(text)
    first = fresh._rows
    for letters in itertools.product("bcdfghklmnpq", repeat=4):
        fresh.tag("".join(letters) * 6)

    assert fresh.tag(text) == expected != []
    assert fresh._rows is not first


def test_threads_that_see_words_at_the_same_time_disturb_nobody():
    texts = [
        f"Ann Lee{'bcdfghklmn'[number % 10] * 3} met Rosa Quor{number}vane at {number} Elm St." for number in range(300)
    ]
    expected = [tagger.tagger().tag(text) for text in texts]
    fresh = tagger.Tagger(tagger._MODEL.read_bytes())

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(fresh.tag, texts * 3))

    assert found == expected * 3
