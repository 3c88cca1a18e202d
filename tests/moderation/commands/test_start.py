"""What a command loads: not what it does not use, so that it starts in a fraction of a second."""

import json
import subprocess
import sys

import pytest

LARGE = {
    "PIL", "alembic", "av", "babel", "boto3", "botocore", "cryptography", "cv2", "flask", "jinja2", "liquid", "numpy",
    "onnxruntime", "redis", "rich", "rq", "ruamel", "sqlalchemy", "urllib3", "waitress", "werkzeug",
}  # fmt: skip
"""Libraries that take longer to load than most commands do all they are asked for."""
LOADED = """
import json, sys
from moderation.cli import run
code = run(sys.argv[1:])
print("\\n" + json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


@pytest.mark.parametrize(
    ("arguments", "needs"), [(["check", "-"], set()), (["plugins"], {"rich"})], ids=["check", "plugins"]
)
def test_a_command_loads_no_large_library_that_it_does_not_use(tmp_path, arguments, needs):
    made = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments],
        input="The parcel arrived on Tuesday.",
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    exit_code, loaded = json.loads(made.stdout.splitlines()[-1])
    assert exit_code == 0, made.stderr
    assert LARGE & set(loaded) == needs
