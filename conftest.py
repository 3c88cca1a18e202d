"""What holds for all tests, those of the plugins too."""

import gc
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Helpers assert, too, and failing they are to show the values.
pytest.register_assert_rewrite("tests")

pytest_plugins = ["tests.databases", "tests.brokers"]

gc.disable()  # while thousands of tests are collected, nothing of which goes

# How long an example takes says more about what else the machine does than about the code.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fast", settings.get_profile("untimed"), max_examples=10)
settings.load_profile("untimed")


def pytest_collection_finish() -> None:
    """Thousands of tests and all that they import stay until the end: not to be looked through again and again."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


@pytest.fixture(autouse=True, scope="session")
def patient_contracts() -> None:
    """Hostile input is answered within the limit on a quiet machine; beside eight other programs it takes longer."""
    from tests.waiting import patient

    testing: Any = sys.modules.get("moderation.testing")  # when a test of this run has it at all
    if testing is not None:
        answer_within = testing.answer_within
        testing.answer_within = lambda limit, *given: answer_within(patient(limit), *given)
