import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.nearest import distance
from moderation.core.policy.codes import label_hint
from moderation.core.taxonomy import BEFORE_7, TREE, Taxonomy

LABELS = st.sampled_from(Taxonomy().labels)
OURS = ("PII", "Toxicity", "Wellbeing", "People", "Text", "PPE", "Source", "Quality", "Custom")
IMAGE_ROOTS = [name for name in TREE if name not in OURS]


REKOGNITION_7 = """
Explicit
  Explicit Nudity
    Exposed Male Genitalia
    Exposed Female Genitalia
    Exposed Buttocks or Anus
    Exposed Female Nipple
  Explicit Sexual Activity
  Sex Toys
Non-Explicit Nudity of Intimate parts and Kissing
  Non-Explicit Nudity
    Bare Back
    Exposed Male Nipple
    Partially Exposed Buttocks
    Partially Exposed Female Breast
    Implied Nudity
  Obstructed Intimate Parts
    Obstructed Female Nipple
    Obstructed Male Genitalia
  Kissing on the Lips
Swimwear or Underwear
  Female Swimwear or Underwear
  Male Swimwear or Underwear
Violence
  Weapons
  Graphic Violence
    Weapon Violence
    Physical Violence
    Self-Harm
    Blood & Gore
    Explosions and Blasts
Visually Disturbing
  Death and Emaciation
    Emaciated Bodies
    Corpses
  Crashes
    Air Crash
Drugs & Tobacco
  Products
    Pills
  Drugs & Tobacco Paraphernalia & Use
    Smoking
Alcohol
  Alcohol Use
    Drinking
  Alcoholic Beverages
Rude Gestures
  Middle Finger
Gambling
Hate Symbols
  Nazi Party
  White Supremacy
  Extremist
"""
"""The label table of Amazon Rekognition's content moderation, model 7.0 (docs.aws.amazon.com, moderation-api.html)."""


def table() -> dict[str, tuple[str, ...]]:
    """Each label of the table with its ancestors, nearest first."""
    lineage: list[str] = []
    parents: dict[str, tuple[str, ...]] = {}
    for line in REKOGNITION_7.strip().splitlines():
        name = line.strip()
        del lineage[(len(line) - len(name)) // 2 :]
        parents[name] = tuple(reversed(lineage))
        lineage.append(name)
    return parents


def test_the_image_branch_is_rekognitions_table_name_by_name() -> None:
    taxonomy = Taxonomy()
    branch = {
        label: taxonomy.parents(label)
        for label in taxonomy.labels
        if (label, *taxonomy.parents(label))[-1] in IMAGE_ROOTS
    }

    assert branch == table()
    assert len(branch) == 52


@given(LABELS, LABELS)
def test_a_label_covers_another_exactly_when_it_is_among_its_lineage(wanted: str, label: str) -> None:
    taxonomy = Taxonomy()

    assert taxonomy.covers(wanted, label) == (wanted in (label, *taxonomy.parents(label)))
    assert taxonomy.covers(wanted, label, exact=True) == (wanted == label)


@given(LABELS)
def test_parents_and_children_agree(label: str) -> None:
    taxonomy = Taxonomy()

    for child in taxonomy.children(label):
        assert taxonomy.parents(child) == (label, *taxonomy.parents(label))


@given(LABELS, st.integers(min_value=0), st.sampled_from(["drop", "double", "lower"]))
def test_one_slip_of_the_finger_is_still_suggested(label: str, place: int, slip: str) -> None:
    place %= len(label)
    typed = {
        "drop": label[:place] + label[place + 1 :],
        "double": label[:place] + label[place] + label[place:],
        "lower": label.lower(),
    }[slip]

    suggested = Taxonomy().suggest(typed)

    # Some labels are one slip apart: then the nearest is not always the one meant, and where two are as near, none is.
    near = {known for known in Taxonomy().labels if one_slip_apart(typed, known)}
    assert suggested in near if suggested is not None else len(near) > 1


def one_slip_apart(typed: str, label: str) -> bool:
    forms = (label, label.rpartition("/")[2])
    return any(distance(typed.casefold(), form.casefold(), 1) is not None for form in forms)


def test_a_label_is_never_suggested_for_its_contrary() -> None:
    assert Taxonomy().suggest("Non Explicit Nudity") == "Non-Explicit Nudity"
    assert Taxonomy(["Custom/LICENSED"]).suggest("Custom/UNLICENSED") is None
    assert Taxonomy().suggest("emale Swimwear or Underwear") is None  # male or female?


def test_nothing_is_suggested_for_nonsense() -> None:
    assert Taxonomy().suggest("qqqqqqqqqq") is None


def test_the_image_branch_has_the_52_labels_of_rekognition_7_by_level() -> None:
    taxonomy = Taxonomy()
    levels = {1: 0, 2: 0, 3: 0}
    for label in taxonomy.labels:
        lineage = (label, *taxonomy.parents(label))
        if lineage[-1] in IMAGE_ROOTS:
            levels[len(lineage)] += 1

    assert levels == {1: 10, 2: 20, 3: 22}


def test_pii_carries_the_22_types_that_comprehend_began_with() -> None:
    first = [
        "BANK_ACCOUNT_NUMBER",
        "BANK_ROUTING",
        "CREDIT_DEBIT_NUMBER",
        "CREDIT_DEBIT_CVV",
        "CREDIT_DEBIT_EXPIRY",
        "PIN",
        "NAME",
        "ADDRESS",
        "PHONE",
        "EMAIL",
        "AGE",
        "USERNAME",
        "PASSWORD",
        "URL",
        "AWS_ACCESS_KEY",
        "AWS_SECRET_KEY",
        "IP_ADDRESS",
        "MAC_ADDRESS",
        "SSN",
        "PASSPORT_NUMBER",
        "DRIVER_ID",
        "DATE_TIME",
    ]

    assert [name for name in first if f"PII/{name}" not in Taxonomy()] == []


def test_a_label_covers_itself_and_all_under_it_but_never_by_substring() -> None:
    taxonomy = Taxonomy()

    assert taxonomy.covers("Explicit", "Exposed Male Genitalia")
    assert taxonomy.covers("Explicit Nudity", "Exposed Male Genitalia")
    assert not taxonomy.covers("Explicit Nudity", "Non-Explicit Nudity")
    assert not taxonomy.covers("Explicit", "Exposed Male Genitalia", exact=True)
    assert not taxonomy.covers("Exposed Male Genitalia", "Explicit")


@given(LABELS, LABELS)
def test_two_labels_overlap_exactly_when_one_is_above_the_other(one: str, other: str) -> None:
    taxonomy = Taxonomy()

    assert taxonomy.overlap(one, other) == taxonomy.overlap(other, one)
    assert taxonomy.overlap(one, other) == (
        one == other or one in taxonomy.parents(other) or other in taxonomy.parents(one)
    )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Weapon", "Weapons"), ("PII/SNN", "PII/SSN"), ("ssn", "PII/SSN"), ("graphic violence", "Graphic Violence")],
)
def test_a_mistyped_label_gets_a_suggestion(typed: str, meant: str) -> None:
    assert Taxonomy().suggest(typed) == meant


def test_only_offered_custom_labels_exist() -> None:
    taxonomy = Taxonomy(["Custom/SHOUTING", "Nonsense"])

    assert "Custom/SHOUTING" in taxonomy
    assert taxonomy.parents("Custom/SHOUTING") == ("Custom",)
    assert "Nonsense" not in taxonomy
    assert "Custom/OTHER" not in taxonomy


@pytest.mark.parametrize("old", BEFORE_7)
def test_a_name_of_taxonomy_6_is_told_its_successor_in_7(old: str) -> None:
    taxonomy = Taxonomy()

    assert old not in taxonomy
    assert all(new in taxonomy for new in BEFORE_7[old])
    assert label_hint(taxonomy, old) == f"Rekognition's taxonomy 7 calls it {' or '.join(map(repr, BEFORE_7[old]))}"
