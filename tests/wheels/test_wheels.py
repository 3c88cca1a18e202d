"""The wheels hold all that the checkout has, and run where there is no checkout.

Only by ``make test-wheels``: pip fetches the locked dependencies from the index into a fresh virtual environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.paths import ROOT

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800)]

DISTRIBUTIONS = [ROOT, *sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml")), ROOT / "clients/python"]


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([ROOT / "scripts/wheels.sh", folder], check=True, stdout=subprocess.DEVNULL)
    return folder


class Installation:
    """A virtual environment with nothing of the checkout in it, and an empty folder to run commands in."""

    def __init__(self, folder: Path) -> None:
        self._bin, self._home = folder / "venv" / "bin", folder / "home"
        self._home.mkdir()
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)

    def run(self, command: str, *args: str | Path, text: str = "") -> subprocess.CompletedProcess[str]:
        kept = {name: os.environ[name] for name in os.environ if not name.startswith(("PYTHON", "MODERATION_", "AWS_"))}
        environment = {**kept, "HOME": str(self._home), "MODERATION_DATA": str(self._home / "data")}
        return subprocess.run(
            [self._bin / command, *args], cwd=self._home, env=environment, input=text, capture_output=True, text=True
        )

    def pip(self, *args: str | Path) -> None:
        done = self.run("python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *args)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def installed(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Dependencies as locked, and then ours, with no index: so the lock has all that the wheels ask for."""
    made = Installation(tmp_path_factory.mktemp("installed"))
    made.pip("--requirement", ROOT / "requirements-run.lock")
    made.pip("--no-index", "--find-links", wheels, "moderation[plugins]")
    return made


@pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=lambda path: path.name if path != ROOT else "service")
def test_a_wheel_holds_every_file_that_its_packages_have(wheels: Path, folder: Path) -> None:
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    built = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    places = {name: name for name in built["packages"]} | built.get("force-include", {})
    listed = subprocess.run(
        ["git", "ls-files", "-z", *places], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    wanted = set()
    for name in filter(None, listed):
        [place] = [place for place in places if name.startswith(f"{place}/")]
        wanted.add(places[place] + name.removeprefix(place))

    [wheel] = wheels.glob(f"{project['project']['name'].replace('-', '_')}-{project['project']['version']}-*.whl")
    assert sorted(wanted - set(zipfile.ZipFile(wheel).namelist())) == []


def test_there_is_a_version(installed: Installation) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

    assert version in installed.run("moderation", "--version").stdout


def test_a_text_is_judged_by_the_shipped_policies(installed: Installation) -> None:
    harmless = installed.run("moderation", "check", "-", text="The bus leaves at noon.")
    spam = installed.run("moderation", "check", "-", text="Call me at 206-555-0100")

    assert (harmless.returncode, harmless.stderr) == (0, "")
    assert (spam.returncode, spam.stderr) == (1, "")
    assert "rules/text.yml" in spam.stdout


def test_shipped_policies_and_packs_pass_their_checks(installed: Installation) -> None:
    for args in (["rules", "lint"], ["packs", "check", "community-text"], ["plugins"]):
        done = installed.run("moderation", *args)
        assert done.returncode == 0, (args, done.stdout, done.stderr)


def test_the_demo_comes_to_its_outcomes(installed: Installation) -> None:
    demo = installed.run("moderation", "demo", "--exit")

    assert demo.returncode == 0, demo.stdout + demo.stderr


def test_the_client_needs_nothing_of_the_service(wheels: Path, tmp_path: Path) -> None:
    alone = Installation(tmp_path)
    alone.pip("--find-links", wheels, next(wheels.glob("moderation_client-*.whl")))

    done = alone.run("python", "-c", "import moderation_client; moderation_client.Client")
    assert (done.returncode, done.stderr) == (0, "")
    assert alone.run("python", "-c", "import moderation").returncode == 1
