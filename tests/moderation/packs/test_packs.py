"""Packs: read from folders and archives, checked, added as a whole and pinned; the shipped ones are as they say."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from moderation.cli import run
from moderation.core.errors import InputError, ModerationError, PolicyFault
from moderation.packs import installing
from moderation.packs.checking import check, compare, measure
from moderation.packs.reading import read_pack, shipped_packs
from moderation.plugins import Plugins, load_plugins
from moderation.settings import Settings

NOW = datetime(2026, 12, 1, tzinfo=UTC)
POLICY = """\
policy: {name}
format: 1
description: No insults.
applies_to: {{content_type: [text]}}
needs: [text.blocklist]
if_nothing_matches: approve
if_a_detector_fails: reject
rules:
  - {{id: insults, why: An insult, when: {{label: Toxicity/INSULT, at_least: {at_least}}}, then: reject}}
tests:
  - name: an insult is rejected
    item: {{content_type: text, detections: [{{Toxicity/INSULT: 90}}]}}
    expect: reject
"""
MANIFEST: dict[str, Any] = {
    "pack": "tidy",
    "format": 1,
    "version": "1.0",
    "title": "Tidy",
    "description": "No insults.",
    "does_not_see": "Anything else.",
    "licence": "Apache-2.0",
    "needs": {"text.blocklist": "1.1"},
    "measured": {"examples": 3, "as_said": 2, "let_through": 1, "held_up": 0},
}
EXAMPLES = [
    {"text": "What a lovely evening", "expect": "approve"},
    {"text": "you idiot", "expect": "reject"},
    {"text": "you are a muppet", "expect": "reject"},
]
SHIPPED = sorted(path.name for path in shipped_packs().iterdir())


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    return load_plugins(Settings())


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    """Writes a pack into a folder."""

    def write(
        at_least: int = 80, *, name: str = "tidy-text", more: dict[str, bytes] | None = None, **manifest: Any
    ) -> Path:
        folder = tmp_path / "pack"
        (folder / "policies").mkdir(parents=True, exist_ok=True)
        for old in (folder / "policies").iterdir():
            old.unlink()
        (folder / "pack.yml").write_text(yaml.safe_dump({**MANIFEST, **manifest}))
        (folder / "examples.yml").write_text(yaml.safe_dump({"examples": EXAMPLES}))
        (folder / f"policies/{name}.yml").write_text(POLICY.format(name=name, at_least=at_least))
        for path, data in (more or {}).items():
            (folder / path).write_bytes(data)
        return folder

    return write


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A folder of policies of one's own."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "mine.yml").write_text(POLICY.format(name="mine", at_least=60))
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class TestReading:
    def test_a_folder_a_tar_a_zip_and_a_git_archive_are_the_same_pack(
        self, make: Callable[..., Path], tmp_path: Path
    ) -> None:
        folder = make()
        with tarfile.open(tmp_path / "pack.tar.gz", "w:gz") as tar:
            tar.add(folder, "tidy-1.0")
        with zipfile.ZipFile(tmp_path / "pack.zip", "w") as archive:
            for path in folder.rglob("*"):
                archive.write(path, path.relative_to(folder))
        git = ["git", "-C", str(folder), "-c", "user.name=x", "-c", "user.email=x@example.org"]
        for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
            subprocess.run([*git, *words], check=True)
        archived = subprocess.run(
            [*git, "archive", "--format=tar", "--prefix=t/", "HEAD"], check=True, capture_output=True
        )
        (tmp_path / "git.tar").write_bytes(archived.stdout)

        digests = {read_pack(str(tmp_path / name)).digest for name in ("pack", "pack.tar.gz", "pack.zip", "git.tar")}

        assert len(digests) == 1

    def test_another_byte_is_another_digest(self, make: Callable[..., Path]) -> None:
        assert read_pack(str(make(80))).digest != read_pack(str(make(81))).digest

    @pytest.mark.parametrize(
        ("name", "kind", "words"),
        [
            ("../evil.yml", tarfile.REGTYPE, "no path that a pack has"),
            ("/etc/passwd", tarfile.REGTYPE, "no path that a pack has"),
            ("policies/a/../../b.yml", tarfile.REGTYPE, "no path that a pack has"),
            ("link.yml", tarfile.SYMTYPE, "no plain file"),
            ("hard.yml", tarfile.LNKTYPE, "no plain file"),
            ("pipe", tarfile.FIFOTYPE, "no plain file"),
            ("PACK.yml", tarfile.REGTYPE, "is there twice"),
        ],
    )
    def test_an_archive_that_climbs_out_or_links_is_refused(
        self, make: Callable[..., Path], tmp_path: Path, name: str, kind: bytes, words: str
    ) -> None:
        path = tmp_path / "evil.tar"
        with tarfile.open(path, "w") as tar:
            tar.add(make(), ".")
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            tar.addfile(member, io.BytesIO(b""))

        with pytest.raises(InputError, match=words):
            read_pack(str(path))
        assert not (tmp_path.parent / "evil.yml").exists()

    def test_a_bomb_is_refused_before_it_is_whole(self, tmp_path: Path) -> None:
        path = tmp_path / "bomb.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("pack.yml", b"\0" * 40_000_000)

        with pytest.raises(InputError, match="30,000,000 bytes"):
            read_pack(str(path))

    @pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no zip", b"\x1f\x8b\x08 no gzip", b"hello", b"\0" * 1024])
    def test_what_is_no_archive_is_said(self, tmp_path: Path, data: bytes) -> None:
        path = tmp_path / "x"
        path.write_bytes(data)

        with pytest.raises(ModerationError, match="x"):
            read_pack(str(path))

    def test_a_link_in_a_folder_is_refused(self, make: Callable[..., Path]) -> None:
        folder = make()
        (folder / "policies" / "p.yml").symlink_to("/etc/passwd")

        with pytest.raises(InputError, match="is a link"):
            read_pack(str(folder))

    @pytest.mark.parametrize(
        ("manifest", "words"),
        [
            ({"measure": {}}, "unknown key 'measure'"),
            ({"version": "new"}, "version"),
            ({"pack": "../x"}, "pack"),
        ],
    )
    def test_faults_of_the_manifest_have_their_line(
        self, make: Callable[..., Path], manifest: dict[str, Any], words: str
    ) -> None:
        with pytest.raises(PolicyFault, match=words) as refused:
            read_pack(str(make(**manifest)))
        assert refused.value.faults[0].line > 0

    def test_a_name_that_is_nowhere_is_told_those_that_are_shipped(self) -> None:
        with pytest.raises(InputError, match=r"no pack 'comunity'.*community-text, dating"):
            read_pack("comunity")


class TestChecking:
    def test_a_pack_as_it_should_be_has_no_problems_and_its_figures_come_out_again(
        self, make: Callable[..., Path], plugins: Plugins, settings: Settings
    ) -> None:
        pack = read_pack(str(make()))
        done, looked = check(pack, plugins), measure(pack, settings)

        assert (done.problems, done.tests) == ([], 1)
        assert looked.measured is not None
        assert compare(pack, looked.measured) == ""
        assert [(sample.text, got) for sample, got in looked.others] == [("you are a muppet", "approve")]

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"at_least": 95}, "test 'an insult is rejected' wants reject, and got approve"),
            ({"needs": {"text.other": "1"}}, "it needs text.other 1, which no loaded plugin offers"),
            ({"more": {"policies/a.yml": b"policy: a"}}, "'format' is missing"),
            ({"more": {"policies/a.yml": POLICY.format(name="b", at_least=80).encode()}}, "is named as its file"),
            ({"more": {"policies/a.yml": b"\xff\xfe"}}, "is not UTF-8"),
        ],
    )
    def test_what_is_wrong_is_said(
        self, make: Callable[..., Path], plugins: Plugins, given: dict[str, Any], words: str
    ) -> None:
        assert words in "\n".join(check(read_pack(str(make(**given))), plugins).problems)

    def test_another_version_of_a_detector_is_noted(self, make: Callable[..., Path], plugins: Plugins) -> None:
        done = check(read_pack(str(make(needs={"text.blocklist": "0.9"}))), plugins)

        assert not done.problems
        assert "measured with text.blocklist 0.9" in done.notes[0]


class TestAdding:
    def add(self, folder: Path, rules: Path, plugins: Plugins, *, force: bool = False) -> installing.Pinned:
        return installing.add(read_pack(str(folder)), rules, plugins, NOW, replaces_changes=force)

    def test_its_policies_lie_beside_ones_own_and_are_pinned(
        self, make: Callable[..., Path], rules: Path, plugins: Plugins
    ) -> None:
        pinned = self.add(make(), rules, plugins)

        assert set(files(rules)) == {"mine.yml", "tidy-text.yml", "packs.lock"}
        assert installing.read_lock(rules).packs["tidy"] == pinned
        assert installing.drifts(rules, installing.read_lock(rules)) == []

    def test_a_new_version_takes_the_place_of_the_old_one(
        self, make: Callable[..., Path], rules: Path, plugins: Plugins
    ) -> None:
        self.add(make(), rules, plugins)
        self.add(make(85, name="tidy-words", version="1.1"), rules, plugins)

        assert set(files(rules)) == {"mine.yml", "tidy-words.yml", "packs.lock"}
        assert installing.read_lock(rules).packs["tidy"].version == "1.1"

    def test_what_somebody_changed_is_not_written_over_unasked(
        self, make: Callable[..., Path], rules: Path, plugins: Plugins
    ) -> None:
        self.add(make(), rules, plugins)
        (rules / "tidy-text.yml").write_text(POLICY.format(name="tidy-text", at_least=70))
        before = files(rules)

        assert [each.how for each in installing.drifts(rules, installing.read_lock(rules))] == ["changed"]
        with pytest.raises(InputError, match="was changed since the pack was added"):
            self.add(make(85), rules, plugins)
        assert files(rules) == before
        self.add(make(85), rules, plugins, force=True)
        assert b"at_least: 85" in files(rules)["tidy-text.yml"]

    def test_a_file_of_ones_own_is_never_written_over(
        self, make: Callable[..., Path], rules: Path, plugins: Plugins
    ) -> None:
        before = files(rules)

        with pytest.raises(InputError, match="is there already, and not the pack's"):
            self.add(make(name="mine"), rules, plugins, force=True)
        assert files(rules) == before

    def test_nothing_is_written_when_all_together_have_a_fault(
        self, make: Callable[..., Path], rules: Path, plugins: Plugins
    ) -> None:
        (rules / "other.yml").write_text(POLICY.format(name="tidy-text", at_least=60))
        before = files(rules)

        with pytest.raises(PolicyFault, match="tidy-text"):
            self.add(make(), rules, plugins)
        assert files(rules) == before

    def test_after_a_kill_in_between_adding_it_again_goes_on(
        self, make: Callable[..., Path], rules: Path, plugins: Plugins
    ) -> None:
        self.add(make(), rules, plugins)
        (rules / "tidy-text.yml").write_text(POLICY.format(name="tidy-text", at_least=85))  # written, and not pinned

        self.add(make(85, version="1.1"), rules, plugins)

        assert installing.drifts(rules, installing.read_lock(rules)) == []

    def test_it_is_taken_out_again(self, make: Callable[..., Path], rules: Path, plugins: Plugins) -> None:
        self.add(make(), rules, plugins)
        installing.remove("tidy", rules, plugins)

        assert set(files(rules)) == {"mine.yml", "packs.lock"}
        assert installing.read_lock(rules).packs == {}


class TestCommands:
    def test_add_checks_the_digest_and_says_what_the_pack_does_not_see(
        self, make: Callable[..., Path], rules: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = str(make())
        digest = read_pack(folder).digest

        assert run(["packs", "add", folder, "--rules", str(rules), "--digest", "0" * 64]) == 2
        assert f"has digest sha256:{digest}" in capsys.readouterr().err
        assert run(["packs", "add", folder, "--rules", str(rules), "--digest", f"sha256:{digest}"]) == 0
        assert "What it does not see: Anything else." in capsys.readouterr().out

    def test_a_pack_whose_tests_fail_is_not_added(
        self, make: Callable[..., Path], rules: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = files(rules)

        assert run(["packs", "add", str(make(95)), "--rules", str(rules)]) == 2
        assert "nothing was added" in capsys.readouterr().err
        assert files(rules) == before

    def test_without_a_folder_of_ones_own_nothing_is_added(
        self, make: Callable[..., Path], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["packs", "add", str(make())]) == 2
        assert "set MODERATION_RULES" in capsys.readouterr().err

    def test_the_list_tells_what_was_changed_since(
        self, make: Callable[..., Path], rules: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(["packs", "add", str(make()), "--rules", str(rules)])
        assert run(["packs", "list", "--rules", str(rules)]) == 0
        (rules / "tidy-text.yml").unlink()
        capsys.readouterr()

        assert run(["packs", "list", "--rules", str(rules), "--json"]) == 1
        listed = json.loads(capsys.readouterr().out)
        assert listed["changed"] == [{"pack": "tidy", "file": "tidy-text.yml", "how": "missing"}]
        assert [each["pack"] for each in listed["shipped"]] == SHIPPED

    def test_remove(self, make: Callable[..., Path], rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
        run(["packs", "add", str(make()), "--rules", str(rules)])

        assert run(["packs", "remove", "tidy", "--rules", str(rules)]) == 0
        assert run(["packs", "remove", "tidy", "--rules", str(rules)]) == 2
        assert "was not added" in capsys.readouterr().err


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_pack_has_no_faults_and_states_its_figures_in_the_docs(name: str, plugins: Plugins) -> None:
    pack = read_pack(name)
    done, figures = check(pack, plugins), pack.manifest.measured

    assert (done.problems, done.notes) == ([], [])
    assert done.tests >= 7
    row = f"| `{name}` | {pack.manifest.title} | {figures.examples} | {figures.as_said} | {figures.let_through} | {figures.held_up} |"
    assert row in Path("docs/packs.md").read_text()


def test_all_shipped_packs_can_be_added_together(rules: Path, plugins: Plugins) -> None:
    for name in SHIPPED:
        installing.add(read_pack(name), rules, plugins, NOW)

    assert len(installing.read_lock(rules).packs) == len(SHIPPED) == 6


@pytest.mark.faults
@pytest.mark.parametrize("name", SHIPPED)
def test_what_a_shipped_pack_states_comes_out_again(name: str, settings: Settings) -> None:
    """Every detector that it needs looks at its examples; a minute of processor time in all."""
    pack = read_pack(name)
    looked = measure(pack, settings)

    assert looked.problems == []
    assert looked.measured is not None
    assert compare(pack, looked.measured) == ""
