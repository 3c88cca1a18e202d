from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.coverage import Tools
from moderation.core.errors import PolicyFault
from moderation.core.taxonomy import Taxonomy
from moderation.policies.files import load_policies, parse_document, read_policy

GOOD = """\
policy: demo
format: 1
applies_to: {content_type: [image]}
needs: []
if_nothing_matches: approve
if_a_detector_fails: {review: general}
queues:
  - {name: general, a2i_flow: general}
bands:
  weapons:  {label: Weapons, review_from: 60, reject_from: 95, queue: general}
"""


def faults_of(tmp_path: Path, text: str | bytes) -> list[str]:
    path = tmp_path / "demo.yml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    _, faults = read_policy(path, Taxonomy(), "rules/demo.yml")
    return [fault.render() for fault in faults]


def test_a_good_file_has_no_faults(tmp_path: Path) -> None:
    assert faults_of(tmp_path, GOOD) == []


def test_an_unknown_label_is_shown_where_it_stands_with_a_suggestion(tmp_path: Path) -> None:
    [fault] = faults_of(tmp_path, GOOD.replace("label: Weapons", "label: Weapon"))

    assert fault.splitlines() == [
        "rules/demo.yml:10:21: E104 unknown label 'Weapon'",
        "   10 |   weapons:  {label: Weapon, review_from: 60, reject_from: 95, queue: general}",
        "      |                     ^^^^^^ did you mean 'Weapons' (under Violence)?",
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("format: 1", "formt: 1", 2, "did you mean 'format'?"),
        ("review_from: 60", "review_from: 0.6", 10, "did you mean 60?"),
        ("review_from: 60", "review_from: .nan", 10, "not a number"),
        ("reject_from: 95", "reject_from: 55", 10, "must be more than review_from"),
        ("queue: general}", "queue: generl}", 10, "did you mean 'general'?"),
        ("[image]", "[imge]", 3, "did you mean 'image'?"),
        ("approve", "aprove", 5, "write approve, reject or {review: QUEUE}"),
        ("needs: []", "needs: []\nneeds: []", 5, "stands here twice"),
        ("needs: []", "needs: &x []", 4, "anchors"),
        ("needs: []", "needs: !!python/object:os.system []", 4, "tag"),
        ("needs: []", "needs: [", 4, "is a ] missing?"),
    ],
)
def test_mistakes_are_found_at_their_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    rendered = faults_of(tmp_path, GOOD.replace(old, new))

    assert rendered
    assert any(f":{line}:" in fault.splitlines()[0] and said in fault for fault in rendered), rendered


def test_all_mistakes_are_found_at_once(tmp_path: Path) -> None:
    bad = GOOD.replace("label: Weapons", "label: Weapon").replace("queue: general}", "queue: nowhere}")

    assert len(faults_of(tmp_path, bad)) == 2


@pytest.mark.parametrize(
    "text",
    [
        b"\xff\xfe",
        b"",
        b"a" * 300_000,
        b"[" * 2000,
        b"a: &a [*a]",
        "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9) if n else 1}]" for n in range(9)).encode(),
    ],
)
def test_attacks_are_refused_with_a_fault(tmp_path: Path, text: bytes) -> None:
    assert faults_of(tmp_path, text)


@given(st.text(max_size=200))
def test_no_text_ever_raises(text: str) -> None:
    parse_document("x.yml", text.encode("utf-8", "surrogatepass"))


@given(st.integers(0, len(GOOD) - 1), st.characters(codec="utf-8"))
def test_no_changed_letter_ever_raises(position: int, letter: str) -> None:
    from moderation.core.policy.checks import parse_policy

    document = parse_document("x.yml", (GOOD[:position] + letter + GOOD[position + 1 :]).encode())
    if not document.faults:
        parse_policy(document.data, Taxonomy())


class Seer:
    """A detector that finds what the policy here asks about."""

    name, reads, labels = "test.seer", ("image", "text"), ("Weapons", "Explicit", "Hate Symbols", "PII")


def test_a_policy_that_needs_a_detector_nobody_offers_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo.yml").write_text(GOOD.replace("needs: []", "needs: [nobody.here]"))

    with pytest.raises(PolicyFault, match=r"needs detector 'nobody.here'"):
        load_policies(tmp_path, Taxonomy(), Tools())


def test_a_policy_may_wait_for_a_detector(tmp_path: Path) -> None:
    (tmp_path / "demo.yml").write_text(GOOD)
    (tmp_path / "later.yml").write_text(GOOD.replace("policy: demo", "policy: later\nonly_with: [nobody.here]"))
    loaded = load_policies(tmp_path, Taxonomy(), Tools([Seer()]))

    assert [p.name for p in loaded.policies] == ["demo"]
    assert loaded.not_in_force == (("later", "needs a plugin with nobody.here"),)
