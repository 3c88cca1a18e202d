"""``moderation rules fmt | import-a2i | lint --format github``, at the command line."""

from __future__ import annotations

import copy
import io
import json
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from moderation.cli import run
from moderation.core.detections import Detection
from moderation.core.errors import InvalidSubmission
from moderation.core.policy.checks import parse_policy
from moderation.core.rules.engine import evaluate
from moderation.core.rules.sampling import is_sampled
from moderation.core.rules.scene import Subject
from moderation.core.taxonomy import Taxonomy
from moderation.policies.a2i_import import Importer, policy_document
from moderation.policies.files import policy_paths, shipped_rules
from moderation.policies.formatting import formatted
from moderation.yaml_reader import parse_document
from tests.examples import examples
from tests.moderation.core.random_policies import policies
from tests.moderation.policies.good import GOOD

TAXONOMY = Taxonomy()
UNTIDY = """\
# Sure things go.
policy:   words
format: 1
applies_to:   { content_type: [ text ] }   # and documents
if_nothing_matches: "approve"
if_a_detector_fails: {review: people}
queues:
- {name: people,   a2i_flow: people}
bands:
      # one line for each
      numbers:   {label: PII/SSN,review_from: 50,
                  queue: people}



tests:
- name: 'nothing'
  item: {content_type: text}
  expect: approve
"""


def test_untidy_becomes_tidy_with_its_comments() -> None:
    done = formatted("words.yml", UNTIDY)

    assert "# and documents" in done
    assert "# one line for each" in done
    assert "\n  numbers: {label: PII/SSN, review_from: 50, queue: people}\n" in done
    assert "\n\nqueues:\n  - {name: people, a2i_flow: people}\n\nbands:" in done
    assert "\n\n\n" not in done


@settings(max_examples=examples(25), deadline=None)
@given(policies(), st.booleans(), st.integers(40, 200))
def test_the_form_is_final_and_the_meaning_stays(document: dict[str, Any], flow: bool, width: int) -> None:
    text = yaml.safe_dump(json.loads(json.dumps(document)), sort_keys=False, default_flow_style=flow, width=width)

    once = formatted("p.yml", text)

    assert formatted("p.yml", once) == once
    assert parse_document("p.yml", once.encode()).data == parse_document("p.yml", text.encode()).data


@pytest.mark.parametrize("path", policy_paths([shipped_rules()]), ids=lambda path: path.stem)
def test_the_shipped_policies_are_in_that_form(path: Path) -> None:
    assert formatted(path.name, path.read_text()) == path.read_text()


def test_the_file_is_changed_as_a_whole_and_keeps_its_mode(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "words.yml"
    file.write_text(UNTIDY)
    file.chmod(0o640)

    assert run(["rules", "fmt", "--check", str(file)]) == 1
    assert file.read_text() == UNTIDY
    assert run(["rules", "fmt", str(file)]) == 0
    assert run(["rules", "fmt", "--check", str(file)]) == 0

    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["words.yml"]
    assert "would change" in capsys.readouterr().out


def test_a_file_with_mistakes_in_its_yaml_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "words.yml"
    file.write_text(UNTIDY + "tests: [\n")

    assert run(["rules", "fmt", str(file)]) == 1
    assert "words.yml:20:1: E116" in capsys.readouterr().err
    assert file.read_text() == UNTIDY + "tests: [\n"


def test_github_shows_faults_at_their_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a,b.yml"
    file.write_text(GOOD.replace("review_from: 60", "review_from: 0.6"))

    assert run(["rules", "lint", "--format", "github", str(file)]) == 1
    first = capsys.readouterr().out.splitlines()[0]

    assert first.startswith("::error file=")
    assert "a%2Cb.yml,line=16,col=42,title=E102::threshold 0.6 is in (0, 1]; thresholds are percent: did you" in first


# Amazon A2I's activation conditions

LABELS = ["Weapons", "Violence", "Explicit Nudity", "Alcohol"]
VALUES = st.sampled_from([2, 40, 40.5, 60, 90, 99.99, 100])
OPERATORS = {
    "ConfidenceEquals": lambda c, v: c == v,
    "ConfidenceGreaterThan": lambda c, v: c > v,
    "ConfidenceGreaterThanEquals": lambda c, v: c >= v,
    "ConfidenceLessThan": lambda c, v: c < v,
    "ConfidenceLessThanEquals": lambda c, v: c <= v,
}
checks = st.builds(
    lambda label, operator, value: {
        "ConditionType": "ModerationLabelConfidenceCheck",
        "ConditionParameters": {"ModerationLabelName": label, operator: value},
    },
    st.sampled_from([*LABELS, "*"]),
    st.sampled_from(list(OPERATORS)),
    VALUES,
)
samplings = st.builds(
    lambda percent: {"ConditionType": "Sampling", "ConditionParameters": {"RandomSamplingPercentage": percent}},
    st.sampled_from([5, 50, 100]),
)
simple = st.one_of(checks, checks, checks, samplings)
joined = st.builds(
    lambda kind, parts: {kind: parts}, st.sampled_from(["And", "Or"]), st.lists(simple, min_size=2, max_size=3)
)
nested = st.builds(
    lambda kind, parts: {kind: parts},
    st.sampled_from(["And", "Or"]),
    st.lists(st.one_of(simple, joined), min_size=2, max_size=3),
)
documents = st.builds(
    lambda nodes: {"Conditions": nodes}, st.lists(st.one_of(simple, joined, nested), min_size=1, max_size=3)
)


def imported(document: Any) -> tuple[dict[str, Any], list[str]]:
    importer = Importer(TAXONOMY)
    nodes, flow = importer.read(json.dumps(document))
    return policy_document(nodes, flow, name="p", queue="review", flow_name=None), importer.notes


def starts(node: Any, found: dict[str, float], sampled: bool) -> bool:
    """What A2I documents; `sampled`: every sampling picks the item, or none does."""
    if "Conditions" in node:
        return any(starts(each, found, sampled) for each in node["Conditions"])
    for kind, combine in (("And", all), ("Or", any)):
        if kind in node:
            return combine([starts(each, found, sampled) for each in node[kind]])
    if node["ConditionType"] == "Sampling":
        return sampled
    parameters = dict(node["ConditionParameters"])
    label = parameters.pop("ModerationLabelName")
    return any(
        all(OPERATORS[operator](confidence, value) for operator, value in parameters.items())
        for name, confidence in found.items()
        if label in ("*", name)
    )


@settings(max_examples=examples(300), deadline=None)
@given(
    documents, st.dictionaries(st.sampled_from(LABELS), st.one_of(VALUES, st.floats(0, 100)), max_size=3), st.booleans()
)
def test_the_policy_asks_people_where_a2i_starts_a_loop(document: Any, found: dict[str, float], sampled: bool) -> None:
    """Samplings are taken as all or none: as 100 percent, or as a share so small that this item is not picked."""
    for node in walk(document):
        if node.get("ConditionType") == "Sampling":
            node["ConditionParameters"]["RandomSamplingPercentage"] = 100 if sampled else 0.01
    assume(not any(node.get("ConditionParameters", {}).get("ConfidenceGreaterThan") == 100 for node in walk(document)))
    made, _ = imported(document)
    policy, problems = parse_policy(copy.deepcopy(made), TAXONOMY)
    assert policy is not None, problems
    item = next(f"item-{n}" for n in range(100) if sampled or not picked(made, f"item-{n}"))
    detections = [Detection(label=k, parents=TAXONOMY.parents(k), confidence=v, part="p0") for k, v in found.items()]

    verdict = evaluate([policy], Subject("a", frozenset({"image"}), item), detections, TAXONOMY)

    asks = verdict.outcome == "review" or any(sample.hold for sample in verdict.samples)
    assert asks == starts(document, found, sampled)


def picked(made: dict[str, Any], item: str) -> bool:
    rules = [(f"mode/{rule['id']}", rule["mode"]["percent"]) for rule in made.get("rules", ()) if "mode" in rule]
    shares = [*rules, *((each["id"], each["percent"]) for each in made.get("sampling", ()))]
    return any(is_sampled("p", name, item, percent) for name, percent in shares)


def walk(node: Any) -> list[dict[str, Any]]:
    below = [each for key in ("Conditions", "And", "Or") for each in node.get(key, ())]
    return [node, *(found for each in below for found in walk(each))]


def test_what_is_imported_is_linted_and_tested_without_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    conditions = {
        "Conditions": [
            {
                "Or": [
                    {
                        "And": [
                            check("Weapons", ConfidenceGreaterThanEquals=40),
                            check("Alcohol", ConfidenceLessThan=90),
                        ]
                    },
                    sampling(5),
                ]
            },
            {"And": [sampling(10), check("*", ConfidenceGreaterThan=99)]},
        ]
    }
    config = {"HumanLoopActivationConditionsConfig": {"HumanLoopActivationConditions": json.dumps(conditions)}}
    request = {
        "FlowDefinitionName": "nudity-flow",
        "HumanLoopActivationConfig": config,
        "HumanLoopConfig": {"TaskCount": 3},
    }
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(request)))

    assert run(["rules", "import-a2i", "-", "--policy", "nudity"]) == 0
    file = tmp_path / "nudity.yml"
    file.write_text(capsys.readouterr().out)

    assert run(["rules", "lint", str(file)]) == 0
    assert run(["rules", "test", str(file)]) == 0
    assert "{name: review, a2i_flow: nudity-flow, reviewers: 3, agree: 2}" in file.read_text()
    assert "no test fires" not in capsys.readouterr().out


def check(label: str, **operators: float) -> dict[str, Any]:
    parameters = {"ModerationLabelName": label, **operators}
    return {"ConditionType": "ModerationLabelConfidenceCheck", "ConditionParameters": parameters}


def sampling(percent: float) -> dict[str, Any]:
    return {"ConditionType": "Sampling", "ConditionParameters": {"RandomSamplingPercentage": percent}}


def test_names_before_taxonomy_7_are_mapped_and_said() -> None:
    made, notes = imported({"Conditions": [check("Graphic Violence Or Gore", ConfidenceGreaterThanEquals=60)]})

    assert made["rules"][0]["when"]["label"] == "Blood & Gore"
    assert notes == ["'Graphic Violence Or Gore' is a name before taxonomy 7; now Blood & Gore"]


@pytest.mark.parametrize(
    ("node", "said"),
    [
        ({"ConditionType": "MissingImportantFormKey", "ConditionParameters": {}}, "is about forms (Textract)"),
        (
            check("Wepons", ConfidenceLessThan=90),
            "Conditions[0].ConditionParameters.ModerationLabelName: unknown label",
        ),
        (check("Weapons", ConfidenceLessThan=0.9), "did you mean 90?"),
        (check("Weapons", ConfidenceMoreThan=9), "ConfidenceMoreThan: not known; ConfidenceEquals"),
        (check("Weapons", ConfidenceLessThan=190), "a number from 0 to 100"),
        (sampling(0), "from 0.01 to 100"),
        ({"And": [sampling(5)]}, "two or more"),
        ({"And": [{"Or": [{"And": [sampling(5), sampling(5)]}, sampling(5)]}, sampling(5)]}, "two levels deep"),
        ("text", "a JSON object"),
    ],
)
def test_what_cannot_be_imported_is_said_with_its_place(node: Any, said: str) -> None:
    with pytest.raises(InvalidSubmission) as raised:
        imported({"Conditions": [node]})

    assert said in str(raised.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, '{"Conditions": []}', "1" * 5000])
def test_no_text_is_a_traceback(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.json").write_text(text)

    assert run(["rules", "import-a2i", str(tmp_path / "x.json")]) == 2
    assert capsys.readouterr().err.startswith("error: ")


# explain and schema


def explained(document: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    (tmp_path / "item.json").write_text(json.dumps(document))
    (tmp_path / "shop.yml").write_text(GOOD)
    code = run(["rules", "explain", str(tmp_path / "item.json"), "--policy", str(tmp_path / "shop.yml"), *more])
    said = capsys.readouterr()
    assert code == (2 if said.err else 0)
    return said.out + said.err


def test_explain_says_which_rule_at_which_line_and_what_nearly_fired(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    item = {"content_type": "image", "app": "shop", "detections": [{"Weapons": 92}]}

    said = explained(item, tmp_path, capsys)

    assert "The rules wanted review (queue 'people')." in said
    assert "Rule weapons.review" in said
    assert "shop.yml:16) fired" in said
    assert "Weapons at 92, threshold 60" in said
    assert "Rule weapons.reject" in said
    assert "nearly fired" in said


def test_explain_says_how_long_it_is_kept_and_who_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = "keep_text_days: {approve: 30, reject: 365}\nkeep_media_days: {reject: 0}\n"
    (tmp_path / "p.yml").write_text(f"{GOOD}\n{kept}")
    (tmp_path / "i.json").write_text(json.dumps({"content_type": "image", "detections": []}))

    assert run(["rules", "explain", str(tmp_path / "i.json"), "--policy", str(tmp_path / "p.yml")]) == 0

    said = capsys.readouterr().out
    assert "Media of it: kept for good once approved, 0 days once rejected (policy shop)." in said
    assert "Texts of it: kept 30 days once approved (policy shop), 365 days once rejected (policy shop)." in said


def test_explain_names_the_score_and_what_went_into_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = explained({"content_type": "image", "detections": [{"Alcohol": 80}, {"Weapons": 50}]}, tmp_path, capsys)

    assert "(score risk at 85 %, at least 70 asked for)" in said
    assert "score risk at 85, threshold 70" in said


def test_explain_says_whose_silence_decides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = explained({"content_type": "text", "failed": ["pii.text"]}, tmp_path, capsys)

    assert "No answer from pii.text, which could have changed the outcome." in said


def test_explain_speaks_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = json.loads(explained({"content_type": "image", "detections": [{"Weapons": 96}]}, tmp_path, capsys, "--json"))

    assert said["outcome"] == "reject"
    assert said["policies"][0]["deciding"][0]["rule"] == "weapons.reject"


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"detections": [{"Weapon": 9}]}, "detections[0]: unknown label 'Weapon'; did you mean 'Weapons'"),
        ({"content_type": "txt"}, "content_type: 'txt' is not one of text"),
        ({"detections": [{"Weapons": 190}]}, "less than or equal to 100"),
        ([], "a JSON object is wanted"),
    ],
)
def test_explain_says_what_is_wrong_with_the_item(
    item: Any, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in explained(item, tmp_path, capsys)


def test_the_schema_takes_what_the_loader_takes_and_refuses_slips(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "schema"]) == 0
    schema = Draft202012Validator(json.loads(capsys.readouterr().out))
    cases = Path("tests/rules/cases")

    for path in policy_paths([shipped_rules(), cases]):
        assert list(schema.iter_errors(yaml.safe_load(path.read_text()))) == [], path
    assert "at_least: 80" in GOOD
    assert list(schema.iter_errors(yaml.safe_load(GOOD.replace("at_least: 80", "at_least: 80.5")))) == []
    for right, slip in (
        ("{label: Weapons, review_from", "{label: Weapon, review_from"),
        ("review_from: 60", "review_from: 0.6"),
        ("review_from: 60", "reviewfrom: 60"),
        ("then: reject", "then: deny"),
    ):
        assert list(schema.iter_errors(yaml.safe_load(GOOD.replace(right, slip)))), slip


def test_every_key_of_the_schema_is_described(capsys: pytest.CaptureFixture[str]) -> None:
    run(["rules", "schema"])
    document = json.loads(capsys.readouterr().out)

    missing = [
        f"{name}.{key}"
        for name, definition in {"": document, **document["$defs"]}.items()
        for key, value in definition.get("properties", {}).items()
        if "description" not in json.dumps(value) and "$ref" not in json.dumps(value)
    ]

    assert missing == []


def test_a_failed_test_shows_what_came_instead_and_what_nearly_did(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "shop.yml"
    file.write_text(GOOD.replace("[{Weapons: 96}]", "[{Weapons: 92}]"))

    assert run(["rules", "test", str(file)]) == 1
    said = capsys.readouterr().out

    assert "FAILED  a gun" in said
    assert "expected  reject\n          got       review: people" in said
    assert "reasons   weapons.review" in said
    assert "missing   weapons.reject" in said
    assert "nearly    weapons.reject (Weapons at 92, 3 short)" in said
    assert "no test fires: weapons.reject, phone, helmets, risky" in said
    assert "no test is at the edge: weapons.review 60, weapons.reject 95" in said


@pytest.mark.parametrize("path", sorted(Path("rules").glob("*.yml")), ids=lambda path: path.stem)
def test_one_and_true_and_a_float_are_not_taken_for_each_other(path: Path) -> None:
    text = path.read_text()

    assert repr(parse_document("p", formatted("p", text).encode()).data) == repr(
        parse_document("p", text.encode()).data
    )
