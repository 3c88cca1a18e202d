"""That the classifier can be trained anew, to the same file, and how it is measured."""

import gzip
import json
import random

import pytest
from moderation_text.toxicity.file import read
from moderation_text.toxicity.model import Model
from moderation_text.toxicity.words import words_of

from plugins.text.tests.training import evaluating, fitting, grammar, sources, train

ROWS = {
    "openai_moderation_half.jsonl.gz": {"labels": {"S": 1, "H": 0, "HR": 0, "SH": 0, "V": 0}},
    "davidson.jsonl.gz": {"labels": {"hate": 0, "offensive": 0, "neither": 1}, "votes": [0, 0, 3]},
    "hatemoji_build.jsonl.gz": {"labels": {"hateful": 1}, "type": "derogation"},
    "edos_sexism.jsonl.gz": {"labels": {"sexist": 0, "threat": 0}, "category": "none"},
    "sms_spam.jsonl.gz": {"labels": {"spam": 1}},
}


@pytest.fixture
def data(tmp_path):
    for name, row in ROWS.items():
        lines = [json.dumps({"id": f"{name}-{n}", "text": f"{name[:4]} says number {n}", **row}) for n in range(30)]
        (tmp_path / name).write_bytes(gzip.compress("\n".join(lines).encode()))
    return tmp_path


def test_each_template_of_the_grammar_fills_without_a_rest():
    made = list(grammar.Grammar(random.Random(3)).sentences(10))

    assert len(made) > 3000
    assert [text for _, text in made if set(text) & set("{}[]|=")] == []
    assert {
        label for section in grammar.Grammar(random.Random(3)).sections.values() for label in section.labels
    } == set(sources.LABELS)


def test_two_trainings_make_the_same_file_which_tells_what_it_was_taught(data, tmp_path, monkeypatch):
    monkeypatch.setattr(train, "EACH", 1)
    monkeypatch.setattr(fitting, "STEPS", 6)

    def trained():
        texts = [*sources.read_sources(data), *(text for text in train.generated() if text.source != "prose")]
        return train.packed(train.fitted_to(texts, train.rows_of(texts)), train.frequent_words(texts))

    first = trained()

    assert trained() == first
    path = tmp_path / "toxicity.model"
    path.write_bytes(first)
    threat = read(path).columns.index("threat")
    odds = Model(read(path)).odds(
        [words_of("I know where you live and I will kill you"), words_of("We walk home on Sundays")]
    )
    assert odds[0, threat] > odds[1, threat]


def test_a_missing_data_set_is_named(data):
    (data / "sms_spam.jsonl.gz").unlink()

    with pytest.raises(SystemExit, match="sms_spam"):
        list(sources.read_sources(data))


def test_labels_that_a_source_does_not_speak_of_are_left_open(data):
    texts = {text.source: dict(zip(sources.LABELS, text.labels, strict=True)) for text in sources.read_sources(data)}

    assert texts["openai"]["sexual"] == 1
    assert texts["openai"]["spam"] == 0
    assert texts["sms"]["spam"] == 1
    assert texts["sms"]["hate"] == texts["edos"]["sexual"] == sources.OPEN


@pytest.mark.parametrize(
    ("wanted", "scores", "precision"),
    [
        ([1, 0, 1, 0], [4, 3, 2, 1], (1 + 2 / 3) / 2),
        ([1, 1, 0], [3, 2, 1], 1.0),
        ([0, 1], [1, 1], 0.5),
        ([0, 0, 1], [3, 2, 1], 1 / 3),
    ],
)
def test_average_precision_is_the_one_that_textbooks_have(wanted, scores, precision):
    assert evaluating.average_precision(wanted, scores) == pytest.approx(precision)


def test_no_functional_test_is_a_sentence_that_the_grammar_makes():
    made = {text.lower().rstrip(".!?") for _, text in grammar.Grammar(random.Random(1)).sentences(30)}

    for path in (evaluating.FUNCTIONAL, evaluating.UNSEEN):
        cases = list(evaluating.cases(path))
        assert len(cases) > 150
        assert [case.text for case in cases if case.text.lower().rstrip(".!?") in made] == []
