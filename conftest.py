"""What holds for all tests, those of the plugins too."""

from hypothesis import settings

pytest_plugins = ["tests.databases"]

# How long an example takes says more about what else the machine does than about the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
