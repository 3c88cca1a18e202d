from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from moderation import cli
from moderation.settings import Settings
from tests import forked_commands
from tests.paths import EXAMPLES
from tests.waiting import PATIENCE_SECONDS

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("MODERATION_")}


def run(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return forked_commands.run(*arguments, stdin=stdin, environment={**CLEAN, **environment})


def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.patience", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=CLEAN, timeout=PATIENCE_SECONDS)


def test_check_says_outcome_labels_and_the_rule_with_file_and_line() -> None:
    done = start("check", str(EXAMPLES / "ssn.txt"))

    assert done.returncode == 1, "a check found something"
    assert "reject" in done.stdout
    assert "PII/SSN" in done.stdout
    assert "pii/government-id at rules/pii.yml:" in done.stdout


def test_check_reads_standard_input_and_speaks_json() -> None:
    done = run("check", "--json", "-", stdin="hello friend")
    [document] = json.loads(done.stdout)

    assert done.returncode == 0
    assert (document["path"], document["outcome"]) == ("standard input", "approve")


def test_a_text_in_a_language_that_the_classifier_does_not_read_goes_to_people() -> None:
    done = run("check", "--json", "-", stdin="Der Zug nach Hamburg ist heute leider wieder ausgefallen, wir warten.")
    [document] = json.loads(done.stdout)

    assert document["outcome"] == "review"
    assert [(failure["detector"]["name"], failure["kind"]) for failure in document["failures"]] == [
        ("text.toxicity", "unreadable")
    ]
    assert [examined["detectors"] for examined in document["examined"]] == [["pii.text", "text.blocklist"]]


def test_who_may_be_in_danger_is_met_by_people() -> None:
    done = run("check", "--json", "-", stdin="I want to die. I cut myself again last night and nobody knows.")
    [document] = json.loads(done.stdout)

    assert document["outcome"] == "review"
    assert document["queue"] == "self-harm"
    assert "may-be-in-danger" in json.dumps(document["deciding"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("a2i", "keys", "add", "--app", "../shop", "--data", "{tmp}"), "app '../shop': 1 to 63 letters"),
        (("check", "/nowhere"), "No such file"),
        (("check", str(EXAMPLES / "corrupt.jpg")), "the picture is damaged"),
        (("check", "--policy", "nothing", str(EXAMPLES / "clean.txt")), "no policy 'nothing'"),
        (("nonsense",), "No such command"),
        (("keys", "add"), "Missing option '--app'"),
        (("keys", "add", "--app", "no spaces", "--data", "{tmp}"), "letters, digits"),
        (("users", "add", "x", "--password-stdin", "--data", "{tmp}"), "at least 10 characters"),
        (("users", "groups", "nobody", "g", "--data", "{tmp}"), "no user 'nobody'"),
        (("worker", "--data", "{tmp}"), "MODERATION_REDIS_URL"),
    ],
)
def test_wrong_usage_is_a_sentence_and_exit_code_2(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = run(*(a.replace("{tmp}", str(tmp_path)) for a in arguments))

    assert done.returncode == 2
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_setting_is_named() -> None:
    done = run("plugins", MODERATION_PROT="1")

    assert done.returncode == 2
    assert "unknown setting MODERATION_PROT" in done.stderr


def test_keys_are_made_listed_and_revoked(tmp_path: Path) -> None:
    made = json.loads(run("keys", "add", "--app", "shop", "--json", "--data", str(tmp_path)).stdout)
    revoked = run("keys", "revoke", made["id"], "--data", str(tmp_path))
    listed = json.loads(run("keys", "list", "--json", "--data", str(tmp_path)).stdout)

    assert {"key", "id", "app"} <= set(made)
    assert revoked.returncode == 0
    assert [(row["id"], row["revoked_at"] is not None) for row in listed] == [(made["id"], True)]


def test_access_keys_and_users_are_made(tmp_path: Path) -> None:
    key = json.loads(run("a2i", "keys", "add", "--app", "shop", "--json", "--data", str(tmp_path)).stdout)
    keys = run("a2i", "keys", "list", "--data", str(tmp_path))
    user = run(
        "users", "add", "rita", "--role", "reviewer", "--password-stdin", "--data", str(tmp_path), stdin="long enough 1"
    )
    grouped = run("users", "groups", "rita", "safety", "adult", "--data", str(tmp_path))
    listed = run("users", "list", "--data", str(tmp_path))

    assert grouped.stdout.strip() == "user rita works for teams with adult, safety"
    assert "adult, safety" in listed.stdout
    assert set(key) == {"access_key_id", "secret_access_key"}
    assert keys.stdout.split()[0] == key["access_key_id"]
    assert keys.stdout.split()[-1] == "shop"
    assert user.returncode == 0
    assert "rita" in listed.stdout
    assert (tmp_path / "review.db").stat().st_mode & 0o077 == 0, "others cannot read it"


@pytest.mark.parametrize(
    "command",
    [("keys", "add", "--app", "shop"), ("keys", "list"), ("users", "list"), ("a2i", "keys", "add"), ("attention",)],
    ids=" ".join,
)
def test_a_data_folder_that_was_typed_wrongly_is_not_made(tmp_path: Path, command: tuple[str, ...]) -> None:
    typo = tmp_path / "dtaa"
    done = run(*command, "--data", str(typo))

    assert done.returncode == 2
    assert str(typo) in done.stderr
    assert "--data DIR" in done.stderr
    assert not typo.exists()


def test_the_shipped_rules_lint_and_pass_their_tests() -> None:
    linted, tested = run("rules", "lint"), run("rules", "test")

    assert (linted.returncode, tested.returncode) == (0, 0), linted.stdout + tested.stdout
    assert "0 errors" in linted.stdout
    assert "0 failed" in tested.stdout


def test_a_failing_rule_test_shows_what_it_expected_and_got(tmp_path: Path) -> None:
    text = (Path("rules") / "text.yml").read_text().replace("expect: approve", "expect: reject", 1)
    (tmp_path / "text.yml").write_text(text)
    done = run("rules", "test", str(tmp_path))

    assert done.returncode == 1
    assert "expected  reject" in done.stdout
    assert "got       approve" in done.stdout


def test_a_mistake_in_a_rule_file_is_shown_at_its_place(tmp_path: Path) -> None:
    text = (Path("rules") / "text.yml").read_text().replace("Toxicity/INSULT, review", "Toxicity/INSULTS, review", 1)
    (tmp_path / "text.yml").write_text(text)
    done = run("rules", "lint", str(tmp_path))

    assert done.returncode == 1
    assert "E104 unknown label 'Toxicity/INSULTS'" in done.stdout
    assert "did you mean 'Toxicity/INSULT'" in done.stdout


def test_doctor_and_plugins_say_what_is_here(tmp_path: Path) -> None:
    doctor, plugins = run("doctor", "--json", "--data", str(tmp_path)), run("plugins", "--json")
    names = {d["name"] for d in json.loads(plugins.stdout)["detectors"]}

    assert doctor.returncode == 0, doctor.stdout
    checks = [json.loads(line) for line in doctor.stdout.splitlines()]
    assert {tuple(each) for each in checks} == {("check", "ok", "findings")}
    assert all(each["ok"] for each in checks)
    assert {"pii.text", "text.blocklist", "text.toxicity", "vision.faces", "vision.exif", "vision.quality"} <= names


def test_a_command_or_setting_typed_wrongly_is_told_the_nearest() -> None:
    command = run("chekc")
    below = run("keys", "lsit")
    setting = run("plugins", MODERATION_PROT="1")

    assert [done.returncode for done in (command, below, setting)] == [2, 2, 2]
    assert "Did you mean 'check'?" in command.stderr
    assert "Did you mean 'list'?" in below.stderr
    assert "did you mean MODERATION_PORT?" in setting.stderr


def test_users_speak_json(tmp_path: Path) -> None:
    added = run("users", "add", "noor", "--json", "--data", str(tmp_path))

    assert json.loads(added.stdout).keys() == {"name", "role", "password"}


def test_doctor_names_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text("policy: bad\n")
    done = run(
        "doctor", "--data", str(tmp_path), MODERATION_RULES=str(tmp_path), MODERATION_REDIS_URL="redis://127.0.0.1:9"
    )

    assert done.returncode == 1
    assert done.stdout.count("E103") == 1
    assert "Redis does not answer" in done.stdout


DIES = """
import os
from moderation import hookimpl
class Dies:
    name, version, reads, labels, min_confidence, time_limit_seconds = "test.dies", "1", ("text",), ("Weapons",), 0, 5
    def detect(self, part, context): os._exit(3)
@hookimpl
def register_detectors(settings): return [Dies()]
"""
TEXT_ONLY = """
policy: texts
format: 1
description: A test.
applies_to: {content_type: [text]}
needs: [pii.text]
if_nothing_matches: approve
if_a_detector_fails: reject
"""


def test_doctor_has_each_detector_answer_that_the_policies_ask(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("plugins", "rules"):
        (tmp_path / folder).mkdir()
        monkeypatch.setenv(f"MODERATION_{folder.upper()}{'_DIR' * (folder == 'plugins')}", str(tmp_path / folder))
    (tmp_path / "plugins" / "dies.py").write_text(DIES)
    (tmp_path / "rules" / "texts.yml").write_text(TEXT_ONLY)

    assert cli.run(["doctor", "--data", str(tmp_path / "data")]) == 1
    said = capsys.readouterr().out
    assert "test.dies crashed: its process died (exit code 3)" in said
    answered = said.partition("answered: ")[2].partition("\n")[0]
    assert "pii.text" in answered
    assert "vision.text" not in answered


@pytest.mark.parametrize("command", list(cli.COMMANDS))
def test_every_command_explains_itself_and_takes_a_data_folder(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run([command, "--help"]) == 0
    text = capsys.readouterr().out

    assert "Usage:" in text
    assert "--data" in text or "Commands:" in text


def test_settings_and_commands_are_documented() -> None:
    settings_doc, readme = Path("docs/settings.md").read_text(), Path("README.md").read_text()

    assert [name for name in Settings.model_fields if f"MODERATION_{name.upper()}`" not in settings_doc] == []
    assert [name for name in cli.COMMANDS if f"moderation {name}" not in readme] == []


@pytest.mark.slow
def test_the_demo_shows_all_three_outcomes_and_ends(tmp_path: Path) -> None:
    kept = tmp_path / "tried"
    done = start("demo", "--exit", "--port", "0", "--data", str(kept))

    assert done.returncode == 0, done.stdout + done.stderr
    columns = [re.split(r"\s{2,}", line) for line in done.stdout.splitlines() if "  " in line]
    rows = {title: outcome for title, outcome, *_ in columns}
    assert rows["clean text"] == "approve"
    assert rows["abuse in disguise"] == "reject"
    assert rows["abuse without a listed word"] == "review"
    assert rows["social security number"] == "reject"
    assert rows["contact details of somebody"] == "review"
    assert rows["face"] == "review"
    assert rows["dough that looks explicit to a net"] == "review"
    assert rows["somebody without a helmet on a site"] == "reject"
    assert rows["tiny picture"] == "reject"
    assert rows["corrupt file"] == "refused"
    assert len([outcome for outcome in rows.values() if outcome in ("approve", "reject", "review", "refused")]) == 18
    assert (kept / "moderation.db").is_file()  # a folder that was named is kept

    again = run("demo", "--exit", "--port", "0", "--data", str(kept))
    assert again.returncode == 2
    assert f"--data {kept}: the demo works in a fresh folder, and this one is not empty" in again.stderr


def test_doctor_shows_no_secret_of_the_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    canary = "CanaryOfTheSettings"
    monkeypatch.setenv("MODERATION_METRICS_TOKEN", canary)
    monkeypatch.setenv("MODERATION_WEBHOOK_SECRET", canary)
    monkeypatch.setenv("MODERATION_DATABASE_URL", f"postgresql+psycopg://me:{canary}@db/moderation")
    monkeypatch.setenv("MODERATION_REDIS_URL", f"redis://:{canary}@redis:6379/0")

    assert cli.run(["doctor", "--settings"]) == 0

    said = capsys.readouterr().out
    assert canary not in said
    assert "postgresql+psycopg://me:***@db/moderation" in said
    assert "redis://:***@redis:6379/0" in said
