import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.taxonomy import TREE, Taxonomy

LABELS = st.sampled_from(Taxonomy().labels)
IMAGE_ROOTS = [name for name in TREE if name not in ("PII", "Toxicity", "People", "PPE", "Quality", "Custom")]


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
