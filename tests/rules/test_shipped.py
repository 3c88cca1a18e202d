from pathlib import Path

import pytest

from moderation.core.taxonomy import Taxonomy
from moderation.policies.cases import never_fired, run_tests
from moderation.policies.files import policy_paths, read_policy, shipped_rules

FILES = policy_paths([shipped_rules()])


CASES = policy_paths([Path(__file__).parent / "cases"])


@pytest.mark.parametrize("path", [*FILES, *CASES], ids=lambda path: path.stem)
def test_the_policys_own_tests_pass_and_fire_every_rule(path: Path) -> None:
    policy, faults = read_policy(path, Taxonomy())
    assert policy is not None, [fault.render() for fault in faults]
    results = run_tests(policy, Taxonomy())

    assert [(r.name, r.expected, r.got, r.missing) for r in results if not r.passed] == []
    assert never_fired(policy, results) == ()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_people_can_read_why(path: Path) -> None:
    policy, _ = read_policy(path, Taxonomy())
    assert policy is not None

    assert policy.description
    assert [rule.id for rule in policy.file.rules if not rule.why] == []


def test_the_four_named_policies_are_there() -> None:
    assert {"image-moderation", "text", "pii", "site-ppe"} <= {path.stem for path in FILES}


def test_every_top_category_of_the_taxonomy_is_asked_about() -> None:
    taxonomy, asked = Taxonomy(), set[str]()
    for path in FILES:
        policy, _ = read_policy(path, taxonomy)
        assert policy is not None
        asked |= {(taxonomy.parents(label) or (label,))[-1] for label in policy.labels()}
        if any("lacking" in rule.when.model_dump_json(exclude_none=True) for rule in policy.file.rules):
            asked.add("PPE")  # a condition on people asks what they wear

    # Under Custom there is nothing but what plugins of one's own bring; text as such does no harm, nor does a picture
    # because of what it says about how it was made.
    tops = {label for label in taxonomy.labels if not taxonomy.parents(label)} - {"Custom", "Text", "Source"}
    assert tops - asked == set()
