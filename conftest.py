"""What holds for all tests, those of the plugins too."""

import pytest
from hypothesis import settings

# Helpers assert, too, and failing they are to show the values.
pytest.register_assert_rewrite("tests")

pytest_plugins = ["tests.databases"]

# How long an example takes says more about what else the machine does than about the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
