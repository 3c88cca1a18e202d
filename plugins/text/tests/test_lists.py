"""Reading block lists: what they may say, and how faults are told."""

from pathlib import Path

import pytest
from moderation_text import register_detectors
from moderation_text.lists import SEVERITIES, read_lists, shipped_lists

from moderation.core.errors import PolicyFault
from moderation.core.taxonomy import Taxonomy
from moderation.settings import Settings

GOOD = """\
# Words of ours.
list: mine
label: Toxicity/INSULT
severity: mild
entries:
  - dolt
  - {text: utter dolt, severity: severe}
  - {text: numbskull, severity: 72.5}
  - "no"
  - no
allow: [dolt proof]
"""


def faults_of(folder, text, name="mine.yml"):
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(PolicyFault) as caught:
        read_lists(folder)
    return caught.value.faults


def test_reads_entries_with_their_severities(tmp_path):
    (tmp_path / "mine.yml").write_text(GOOD.replace("  - no\n", ""))

    lists = read_lists(tmp_path)

    assert [(e.text, e.severity, e.confidence) for e in lists.entries] == [
        ("dolt", "mild", 60.0),
        ("utter dolt", "severe", 97.0),
        ("numbskull", 72.5, 72.5),
        ("no", "mild", 60.0),
    ]
    assert {(e.label, e.source) for e in lists.entries} == {("Toxicity/INSULT", "mine")}
    assert lists.allow == ("dolt proof",)


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "column", "message", "hint"),
    [
        ("  - no\n", "  - DOLT\n", "E108", 10, 5, "'DOLT' stands in mine.yml:6 already", "remove one"),
        ("Toxicity/INSULT", "Toxicity/INSLUT", "E104", 3, 8, "unknown label 'Toxicity/INSLUT'", "Toxicity/INSULT"),
        ("label: Toxicity/INSULT", "label: 7", "E104", 3, 8, "unknown label '7'", "Custom/"),
        ("severity: mild\n", "severity: midl\n", "E102", 4, 11, "severity 'midl'", "did you mean 'mild'?"),
        ("72.5", "0.9", "E102", 8, 33, "severity '0.9'", "did you mean 90?"),
        ("72.5", "101", "E102", 8, 33, "severity '101'", ""),
        ("entries:", "entires:", "E101", 5, 1, "unknown key 'entires'", "did you mean 'entries'?"),
        ("severity: severe", "serverity: severe", "E101", 7, 24, "unknown key 'serverity'", "did you mean 'severity'?"),
        ("text: utter dolt, ", "", "E103", 7, 5, "'text' is missing", "write {text: a word"),
        ("  - dolt\n", "  - '!!'\n", "E102", 6, 5, "no word or phrase", "quotes"),
        ("  - dolt\n", "  - x\n", "E102", 6, 5, "no word or phrase", "quotes"),
        ("  - dolt\n", "  - [a, b]\n", "E102", 6, 5, "no word or phrase", "quotes"),
        ("  - dolt\n", "  - " + "word " * 17 + "\n", "E102", 6, 5, "longer than", "telling words"),
        ("  - dolt\n", "  - @dolt\n", "E100", 6, 5, "not YAML", "quotes"),
        ("  - dolt\n", "  - *dolt\n", "E100", 6, 5, "not YAML", "quotes"),
        ("[dolt proof]", "dolt proof", "E102", 10, 8, "'allow' is a list", "- "),
        ("list: mine", "list: ''", "E102", 2, 7, "the list's name", "list: insults"),
        (
            "72.5}",
            "72.5, softened_by: quotes}",
            "E102",
            8,
            52,
            "softened_by 'quotes' is not known",
            "write one of quoting",
        ),
        ("72.5}", "72.5, language: english}", "E102", 8, 49, "language 'english' is not known", "write one of ca, "),
        ("severity: mild\n", "label: Toxicity/SPAM\n", "E101", 4, 1, "key 'label' stands here twice", "remove one"),
    ],
)
def test_a_fault_is_told_with_its_place_and_remedy(tmp_path, old, new, code, line, column, message, hint):
    text = GOOD.replace("  - no\n", "") if old != "  - no\n" else GOOD
    first = faults_of(tmp_path, text.replace(old, new, 1))[0]

    assert (first.code, first.line, first.column) == (code, line, column)
    assert message in first.message
    assert hint in first.hint
    assert first.path == str(tmp_path / "mine.yml")
    assert f"mine.yml:{line}:{column}: {code}" in first.render()


def test_an_entry_may_say_otherwise_than_its_list_what_softens_it_and_which_language_it_is_of(tmp_path):
    rest = "entries: [dolt, {text: oaf, softened_by: nothing}, {text: clod, language: nl}]\n"
    (tmp_path / "mine.yml").write_text(
        f"list: mine\nlabel: Toxicity/INSULT\nsoftened_by: quoting\nlanguage: en\n{rest}"
    )

    entries = read_lists(tmp_path).entries

    assert [(e.softened_by, e.language) for e in entries] == [("quoting", "en"), ("nothing", "en"), ("quoting", "nl")]


def test_all_faults_of_all_files_are_told_at_once(tmp_path):
    (tmp_path / "a.yml").write_text("list: a\nlabel: Nonsense\nentries: [dolt]\n")
    (tmp_path / "b.yml").write_bytes(b"\xff\xfe")
    (tmp_path / "c.yml").write_text("- just\n- words\n")
    (tmp_path / "d.yml").write_text("")
    (tmp_path / "e.yml").write_text("list: a\nlabel: Toxicity/SPAM\nentries: []\n")

    with pytest.raises(PolicyFault) as caught:
        read_lists(tmp_path)

    told = [(fault.path.rsplit("/", 1)[-1], fault.code) for fault in caught.value.faults]
    assert told == [("a.yml", "E104"), ("b.yml", "E100"), ("c.yml", "E100"), ("d.yml", "E100"), ("e.yml", "E108")]


@pytest.mark.parametrize("missing", ["list: mine\n", "label: Toxicity/INSULT\n"])
def test_a_missing_key_is_named(tmp_path, missing):
    (first, *_) = faults_of(tmp_path, GOOD.replace(missing, ""))

    assert (first.code, first.message) == ("E103", f"'{missing.partition(':')[0]}' is missing")


def test_a_folder_that_is_missing_or_empty_is_a_fault(tmp_path):
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(PolicyFault) as caught:
            read_lists(folder)

        assert str(folder) in str(caught.value)


def test_the_same_words_may_stand_under_two_labels(tmp_path):
    (tmp_path / "a.yml").write_text("list: a\nlabel: Toxicity/INSULT\nentries: [dolt]\n")
    (tmp_path / "b.yml").write_text("list: b\nlabel: Custom/HOUSE_RULES\nentries: [dolt]\n")
    detector, *_ = register_detectors(Settings(lists=tmp_path))

    assert detector.labels == ("Custom/HOUSE_RULES", "Toxicity/INSULT")


def test_a_faulty_list_stops_the_start(tmp_path):
    (tmp_path / "mine.yml").write_text("list: mine\n")

    with pytest.raises(PolicyFault):
        register_detectors(Settings(lists=tmp_path))


def test_the_shipped_lists_say_what_a_policy_needs():
    lists = read_lists(shipped_lists())

    assert {e.source for e in lists.entries} >= {"profanity", "insults", "threats", "hate", "sexual", "spam"}
    assert all(e.label in Taxonomy() for e in lists.entries)
    for label in ("Toxicity/HATE_SPEECH", "Toxicity/VIOLENCE_OR_THREAT"):
        assert any(e.confidence >= SEVERITIES["severe"] for e in lists.entries if e.label == label)


def test_the_docs_example_loads_and_its_fault_is_told_like_that(tmp_path):
    docs = (Path(__file__).parents[3] / "docs" / "lists.md").read_text(encoding="utf-8")
    example, fault = (docs.split(f"```{kind}\n")[1].split("```")[0] for kind in ("yaml", "text"))
    (tmp_path / "house.yml").write_text(example)

    assert [entry.confidence for entry in read_lists(tmp_path).entries] == [85, 85, 60, 92]
    told = faults_of(tmp_path, GOOD.replace("  - no\n", "").replace("INSULT", "INSLUT"))[0].render()
    assert told.partition(":")[2] == fault.strip().partition(":")[2]
