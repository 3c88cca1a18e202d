"""Each setting does what its name says: for every one there is a test that changing it changes what happens.

Most stand where the thing itself is tested, and are named here; the others are below.
"""

from __future__ import annotations

import ast
import io
import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber
from flask import Flask
from PIL import Image

from ground.blobs import FolderBlobs
from ground.web.listening import Listener
from moderation.core.errors import SettingsError
from moderation.core.items import Part
from moderation.core.policy.policies import Queue
from moderation.evidence import alarms
from moderation.evidence.overturns import overturn_rates
from moderation.pipeline import fetching
from moderation.pipeline.intake import Submission
from moderation.review.client import HumanLoops, OwnEndpoint
from moderation.service import Service
from moderation.settings import Settings, load_settings
from review_ui.people.people import People
from tests.content import found
from tests.houses.api import Api
from tests.houses.desk import PASSWORD, Desk, sign_in
from tests.houses.endpoint import Endpoint
from tests.houses.service import NUMBER, REJECTS, REVIEWS, House
from tests.leases import end_leases
from tests.receiver import Receiver
from tests.waiting import PATIENCE_SECONDS, free_port, wait_for

HERE = "tests/moderation/test_settings.py"
OIDC = "tests/review_ui/people/test_oidc.py"
CARE = "tests/review_ui/care/test_wellbeing.py"
POLICIES = "tests/moderation/console/test_policies.py"
CLEANING = "tests/moderation/test_cleaning.py"
FRONT = "tests/moderation/serving/test_front.py"
FIGURES = "tests/moderation/api/test_figures.py"
IN_S3 = "tests/moderation/media/test_in_s3.py"
REFUSALS = "tests/moderation/api/test_refusals.py"

NOTICES = "tests/moderation/notices/test_form.py"
SHOWN_BY = {
    "data": f"{HERE}::test_databases_and_media_lie_in_the_data_folder_or_where_they_are_named",
    "host": f"{HERE}::test_it_listens_on_the_address_and_the_port_that_are_set",
    "port": f"{HERE}::test_it_listens_on_the_address_and_the_port_that_are_set",
    "threads": f"{HERE}::test_so_many_requests_are_answered_at_once_as_there_are_threads",
    "connections": f"{FRONT}::test_whoever_is_idle_longest_makes_room",
    "idle_seconds": f"{FRONT}::test_who_is_idle_or_takes_no_answer_is_cut_off",
    "receive_seconds": f"{FRONT}::test_who_takes_too_long_to_send_a_request_is_cut_off",
    "waits": "tests/moderation/api/test_items.py::test_each_app_has_its_share_of_posts_that_wait",
    "public_url": "tests/review_ui/a2i/test_access.py::test_links_lead_to_the_public_address_where_there_is_one",
    "max_body_bytes": f"{REFUSALS}::test_a_body_beyond_the_limit_is_413_before_it_is_read",
    "max_media_bytes": f"{HERE}::test_a_limit_of_what_is_posted_is_where_it_is_set",
    "max_pixels": f"{HERE}::test_a_limit_of_what_is_posted_is_where_it_is_set",
    "max_frames": f"{HERE}::test_a_limit_of_what_is_posted_is_where_it_is_set",
    "max_text_chars": f"{HERE}::test_a_limit_of_what_is_posted_is_where_it_is_set",
    "max_parts": f"{HERE}::test_a_limit_of_what_is_posted_is_where_it_is_set",
    "max_metadata_bytes": f"{HERE}::test_a_limit_of_what_is_posted_is_where_it_is_set",
    "allow_private_urls": f"{REFUSALS}::test_private_addresses_are_refused_unless_they_are_allowed",
    "media_bucket": f"{HERE}::test_databases_and_media_lie_in_the_data_folder_or_where_they_are_named",
    "media_s3": f"{IN_S3}::test_what_is_stored_is_encrypted_as_the_setting_says",
    "media_encryption": f"{IN_S3}::test_what_is_stored_is_encrypted_as_the_setting_says",
    "media_in_place": f"{IN_S3}::test_an_object_is_judged_where_it_lies_and_what_s3_knows_of_it_comes_along",
    "a2i_region": f"{HERE}::test_the_endpoint_is_in_the_region_that_is_set",
    "log_level": f"{HERE}::test_log_lines_are_of_the_level_and_in_the_form_that_are_set",
    "log_format": f"{HERE}::test_log_lines_are_of_the_level_and_in_the_form_that_are_set",
    "failpoint": "tests/ground/test_failpoints.py::test_a_process_ends_just_before_or_just_after_its_commit",
    "review_database_url": f"{HERE}::test_databases_and_media_lie_in_the_data_folder_or_where_they_are_named",
    "a2i_events": "tests/review_ui/a2i/test_events.py::test_sqs_and_eventbridge_get_the_event_in_the_region_of_their_address",
    "a2i_most_loops": f"{HERE}::test_the_endpoint_takes_as_many_loops_and_teams_as_are_set",
    "a2i_most_workteams": f"{HERE}::test_the_endpoint_takes_as_many_loops_and_teams_as_are_set",
    "a2i_template_hosts": "tests/review_ui/a2i/test_template_needs.py::test_hosts_that_the_operator_allows_are_for_the_pages_of_all_templates",
    "a2i_calls_per_second": "tests/review_ui/a2i/test_access.py::test_a_key_that_calls_too_often_is_throttled",
    "a2i_check_signatures": "tests/review_ui/a2i/test_access.py::test_without_a_signature_nobody_is_let_in_unless_a_setting_says_so",
    "session_hours": f"{HERE}::test_a_session_lasts_as_long_as_is_set",
    "oidc_issuer": f"{OIDC}::test_without_a_provider_there_is_no_way_to_one",
    "oidc_client_id": f"{OIDC}::test_settings_that_do_not_fit_together_stop_the_start",
    "oidc_client_secret": f"{OIDC}::test_the_secret_goes_as_the_provider_wants_it",
    "oidc_groups_claim": f"{OIDC}::test_groups_are_read_from_the_claim_that_is_set",
    "oidc_roles": f"{OIDC}::test_roles_are_read_up_to_the_last_equals_sign",
    "oidc_only": f"{OIDC}::test_only_the_provider_when_no_passwords_are_taken",
    "undo_seconds": "tests/review_ui/portal/test_tools.py::test_z_takes_the_last_answer_back",
    "severity": f"{HERE}::test_a_task_is_as_severe_as_is_set_from_the_confidence_that_is_set",
    "severity_from": f"{HERE}::test_a_task_is_as_severe_as_is_set_from_the_confidence_that_is_set",
    "severe_by_choice": f"{CARE}::test_severe_tasks_go_only_to_who_opted_in_and_back_when_they_opt_out",
    "daily_minutes": f"{CARE}::test_a_budget_of_minutes_ends_with_the_day_and_leaves_other_tasks_open",
    "daily_items": f"{CARE}::test_a_budget_of_items_counts_what_is_in_hand",
    "break_after_minutes": f"{CARE}::test_a_break_is_proposed_then_enforced_and_over_after_its_time",
    "break_enforced_minutes": f"{CARE}::test_a_break_is_proposed_then_enforced_and_over_after_its_time",
    "break_minutes": f"{CARE}::test_a_break_is_proposed_then_enforced_and_over_after_its_time",
    "golden_percent": "tests/review_ui/quality/test_quality.py::test_golden_items_are_as_frequent_as_the_setting_says",
    "rules": f"{HERE}::test_policies_come_from_the_folder_that_is_set",
    "lists": "plugins/text/tests/test_lists.py::test_a_faulty_list_stops_the_start",
    "perspective_cards": "tests/moderation/perspective/test_measuring.py::test_a_card_of_ones_own_is_offered_and_a_faulty_file_is_told_by_line",
    "hashes": "plugins/hashes/tests/test_lists.py::test_a_faulty_list_stops_the_start_and_no_list_offers_no_detector",
    "plugins_dir": "tests/moderation/plugins/test_docs.py::test_the_loose_file_of_the_docs_is_a_plugin",
    "models": "plugins/models/tests/test_own_models.py::test_it_is_offered_beside_the_shipped_ones",
    "database_url": f"{HERE}::test_databases_and_media_lie_in_the_data_folder_or_where_they_are_named",
    "database_wait_seconds": "tests/moderation/commands/test_folders.py::test_a_start_waits_no_longer_than_is_set_and_then_names_the_database",
    "redis_url": "tests/moderation/pipeline/test_doorbell.py::test_a_worker_process_moderates_what_redis_rings_for_and_refuses_foreign_jobs",
    "workers": f"{HERE}::test_serve_moderates_with_as_many_threads_as_are_set",
    "detector_processes": f"{HERE}::test_detectors_have_the_processes_that_are_set",
    "film_frames": "plugins/film/tests/test_frames.py::test_the_setting_says_how_many_pictures_are_taken",
    "lease_seconds": f"{HERE}::test_an_item_is_held_no_longer_than_is_set",
    "sweep_seconds": f"{HERE}::test_what_nobody_rang_for_is_found_after_the_pause_that_is_set",
    "max_attempts": f"{HERE}::test_an_item_that_cannot_be_judged_goes_to_people_after_as_many_tries_as_are_set",
    "max_backlog": f"{REFUSALS}::test_a_full_backlog_is_429_and_what_was_accepted_stays",
    "max_app_backlog": "tests/moderation/api/test_access.py::test_one_app_cannot_fill_the_backlog_for_all",
    "cors": "tests/moderation/api/test_cors.py::test_a_page_of_an_origin_in_the_settings_may_read_answers_of_its_app",
    "calls_per_second": "tests/moderation/api/test_access.py::test_an_app_that_calls_too_often_is_told_to_wait_and_no_other",
    "fetch_timeout_seconds": f"{HERE}::test_a_fetch_takes_no_longer_than_is_set",
    "fetches": "tests/moderation/pipeline/test_fetching.py::test_slow_servers_hold_up_neither_texts_nor_other_apps_nor_other_servers",
    "copies_to": "tests/moderation/delivery/test_derivatives.py::test_nothing_is_written_where_the_settings_do_not_say_so",
    "media_keep_days": "tests/moderation/media/test_retention.py::test_the_setting_speaks_where_no_policy_does",
    "text_keep_days": "tests/moderation/test_text_retention.py::test_texts_are_kept_as_long_as_is_set_and_their_decisions_for_good",
    "pii_dates_alone": (
        "plugins/pii/tests/kinds/test_dates_alone.py"
        "::test_a_year_or_weekday_alone_is_a_date_where_pii_dates_alone_says_so"
    ),
    "upload_seconds": f"{IN_S3}::test_the_policy_of_an_upload_to_s3_bounds_type_size_key_and_time",
    "a2i_endpoint_url": "tests/moderation/review/test_client.py::test_a_started_loop_answers_its_arn",
    "a2i_fallback": "tests/moderation/review/test_fallback.py::test_items_are_decided_while_amazon_refuses_and_go_to_amazon_when_it_accepts",
    "a2i_role_arn": f"{HERE}::test_flows_at_amazon_have_the_role_and_the_team_that_are_set",
    "a2i_workteam_arn": f"{HERE}::test_flows_at_amazon_have_the_role_and_the_team_that_are_set",
    "aws_region": "plugins/aws/tests/test_custom_labels.py::test_nothing_is_offered_without_a_region",
    "aws_config": "plugins/aws/tests/test_films_and_speech.py::test_without_a_bucket_it_is_said_what_to_set",
    "llm_config": "plugins/llm/tests/test_configuration.py::test_nothing_is_offered_where_no_model_is_named",
    "poll_seconds": f"{HERE}::test_open_loops_are_asked_about_after_the_pause_that_is_set",
    "webhook_secret": "tests/moderation/delivery/test_webhooks.py::test_the_secret_of_the_settings_signs_for_every_app",
    "webhook_timeout_seconds": f"{HERE}::test_a_delivery_attempt_takes_no_longer_than_is_set",
    "notify": "tests/moderation/delivery/test_notifiers.py::test_every_decision_reaches_topic_bus_and_queues_with_one_id",
    "targets": "tests/moderation/delivery/test_targets.py::test_a_file_says_who_is_told_what",
    "rules_seconds": f"{HERE}::test_changed_policies_are_looked_for_as_often_as_is_set",
    "policy_approvals": f"{POLICIES}::test_nobody_approves_what_they_wrote_and_a_changed_text_needs_approval_anew",
    "policy_changes": f"{POLICIES}::test_where_files_are_the_source_an_approved_draft_gives_a_patch_and_is_done_when_the_file_has_it",
    "redact_key_file": "tests/moderation/redacting/test_texts.py::test_tokens_are_put_back_by_their_key_and_no_other",
    "aws_models": "tests/moderation/aws/test_rekognition.py::test_an_arn_is_a_model_of_the_operators",
    "aws_forward": "tests/moderation/aws/test_recorder.py::test_the_setting_is_amazon_or_an_address",
    "aws_topics": "tests/moderation/aws/test_films.py::test_a_topic_is_told_the_end_once",
    "aws_most_film_jobs": "tests/moderation/aws/test_films.py::test_as_many_jobs_as_are_set_are_under_way",
    "aws_most_buckets": "tests/moderation/aws/test_s3.py::test_there_are_as_many_buckets_as_are_set",
    "comprehend_s3": "tests/moderation/comprehend/test_boto3.py::test_jobs_read_and_write_s3_where_they_may",
    "profile": "tests/moderation/media/test_covering.py::test_only_the_covered_copy_is_anywhere_in_the_data_folder",
    "two_persons": "tests/moderation/storage/test_consents.py::test_a_secret_is_changed_in_the_portal_by_two",
    "least_group": "tests/moderation/reporting/test_reports.py::test_a_setting_keeps_small_numbers_back",
    "overturn_alarm_percent": f"{HERE}::test_the_alarm_of_overturned_decisions_is_where_it_is_set",
    "clean_seconds": f"{CLEANING}::test_serve_cleans_now_and_then",
    "idempotency_keep_days": f"{CLEANING}::test_idempotency_keys_go_after_their_days_and_young_ones_stay",
    "delivery_keep_days": f"{CLEANING}::test_deliveries_that_are_over_go_with_their_attempts_and_waiting_ones_never",
    "intake_keep_days": f"{CLEANING}::test_objects_told_of_long_ago_are_forgotten",
    "audit_heads": "tests/moderation/storage/test_audit.py::test_heads_are_written_once_an_hour_where_the_settings_say",
    "audit_lock_days": "tests/moderation/storage/test_audit_heads.py::test_heads_in_a_bucket_are_locked_as_set_and_compared",
    "item_keep_days": f"{CLEANING}::test_decided_items_go_with_all_that_was_known_of_them",
    "notice_forms": f"{NOTICES}::test_it_sets_no_cookie_runs_no_script_and_stands_only_in_the_frames_it_may",
    "notices_per_hour": f"{NOTICES}::test_many_from_one_place_or_to_one_app_are_told_when_to_try_again",
    "app_notices_per_hour": f"{NOTICES}::test_many_from_one_place_or_to_one_app_are_told_when_to_try_again",
    "notice_proxies": f"{NOTICES}::test_only_proxies_are_believed_where_somebody_comes_from",
    "notice_keep_days": "tests/moderation/pipeline/test_notices.py::test_settled_notices_are_forgotten_in_time_unless_a_hold_is_on_their_item",
    "redaction_keep_days": f"{CLEANING}::test_redaction_jobs_that_ended_go_and_open_ones_stay",
    "otlp_endpoint": "tests/moderation/test_traces.py::test_a_collector_is_told_over_http",
    "metrics_token": f"{FIGURES}::test_figures_are_told_to_a_token_and_to_networks",
    "metrics_from": f"{FIGURES}::test_figures_are_told_to_a_token_and_to_networks",
}
"""Setting to the test that shows what it does."""


def test_every_setting_has_a_test_that_shows_what_it_does() -> None:
    assert sorted(SHOWN_BY) == sorted(Settings.model_fields)


def test_the_tests_that_show_what_settings_do_are_there_and_set_them() -> None:
    """What a test sets may stand in its fixture, so its file has to name the setting."""
    wrong = []
    texts = {path: Path(path).read_text() for path in {place.partition("::")[0] for place in SHOWN_BY.values()}}
    trees = {path: list(ast.walk(ast.parse(text))) for path, text in texts.items()}
    for setting, place in SHOWN_BY.items():
        path, _, name = place.partition("::")
        text = texts[path]
        functions = {node.name for node in trees[path] if isinstance(node, ast.FunctionDef)}
        named = text.replace(f'"{setting}": f"{{', "") if path == HERE else text
        if name not in functions or (setting not in named and setting.upper() not in named):
            wrong.append(f"{setting}: {place}")
    assert wrong == []


# Where things are


def test_databases_and_media_lie_in_the_data_folder_or_where_they_are_named(tmp_path: Path) -> None:
    def made(**given: Any) -> set[str]:
        api = Api.open(Settings(a2i_endpoint_url="http://127.0.0.1:9", **given))
        form = {"item": json.dumps({}), "file": (io.BytesIO(png()), "a.png", "image/png")}
        assert api.post("/v1/items", data=form).status_code == 202
        api.close()
        found = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
        return {path.name if path.suffix == ".db" else "/".join(path.parts[:3]) for path in found}

    assert {"moderation.db", "review.db", "one/media/moderation"} <= made(data=tmp_path / "one")
    urls = {
        "database_url": f"sqlite:///{tmp_path / 'items.db'}",
        "review_database_url": f"sqlite:///{tmp_path / 'people.db'}",
    }
    assert {"items.db", "people.db", "two/media/mine"} <= made(data=tmp_path / "two", media_bucket="mine", **urls)
    assert not list((tmp_path / "two").glob("*.db"))


def test_policies_come_from_the_folder_that_is_set(open_api: Callable[..., Api], tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "words.yml").write_text(REJECTS)

    def names(**given: Any) -> set[str]:
        return {each["name"] for each in open_api(**given).get("/v1/policies").json["policies"]}

    assert names(rules=tmp_path / "mine") == {"words"}
    assert "words" not in names()


def test_the_endpoint_is_in_the_region_that_is_set(tmp_path: Path) -> None:
    desk = Desk(tmp_path, a2i_region="eu-west-1")
    try:
        assert desk.review.arn("workteam", "team").startswith("arn:aws:sagemaker:eu-west-1:")
    finally:
        desk.review.close()


# HTTP


def test_it_listens_on_the_address_and_the_port_that_are_set() -> None:
    port = free_port()
    listener = Listener(Flask("x"), Settings(host="127.0.0.2", port=port))
    try:
        assert listener.url == f"http://127.0.0.2:{port}"
        with socket.socket() as there, socket.socket() as elsewhere:
            assert there.connect_ex(("127.0.0.2", port)) == 0
            assert elsewhere.connect_ex(("127.0.0.1", port)) != 0
    finally:
        listener.close()


@pytest.mark.parametrize("threads", [1, 2])
def test_so_many_requests_are_answered_at_once_as_there_are_threads(threads: int) -> None:
    """Two requests wait for each other: with one thread they wait in vain."""
    app, meet, said = Flask("x"), threading.Barrier(2), []

    @app.get("/")
    def view() -> str:
        try:
            meet.wait(PATIENCE_SECONDS if threads == 2 else 0.5)
        except threading.BrokenBarrierError:
            return "alone"
        return "met"

    listener = Listener(app, Settings(port=0, threads=threads))
    listener.start()
    try:
        asking = [
            threading.Thread(target=lambda: said.append(urllib3.request("GET", listener.url).data)) for _ in range(2)
        ]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
    finally:
        listener.close()
    assert said == [b"alone" if threads == 1 else b"met"] * 2


def png(size: tuple[int, int] = (30, 20), frames: int = 1) -> bytes:
    out = io.BytesIO()
    images = [Image.effect_noise(size, 50 + number).convert("RGB") for number in range(frames)]
    if frames > 1:
        images[0].save(out, "GIF", save_all=True, append_images=images[1:], duration=100)
    else:
        images[0].save(out, "PNG")
    return out.getvalue()


def posted(api: Api, item: dict[str, Any], *pictures: bytes) -> int:
    if not pictures:
        return api.post("/v1/items", json=item).status_code
    files = [(io.BytesIO(data), "a", "image/gif" if data[:3] == b"GIF" else "image/png") for data in pictures]
    return api.post("/v1/items", data={"item": json.dumps(item), "file": files}).status_code


PICTURE = png()
TEXT = {"type": "text", "text": "hello there"}
LIMITS: dict[str, tuple[int, Callable[[Api], int]]] = {
    "max_media_bytes": (len(PICTURE), lambda api: posted(api, {}, PICTURE)),
    "max_pixels": (600, lambda api: posted(api, {}, PICTURE)),
    "max_frames": (3, lambda api: posted(api, {}, png(frames=3))),
    "max_text_chars": (11, lambda api: posted(api, {"parts": [TEXT]})),
    "max_parts": (3, lambda api: posted(api, {"parts": [TEXT] * 3})),
    "max_metadata_bytes": (
        len(json.dumps({"k": "v" * 20})),
        lambda api: posted(api, {"parts": [TEXT], "metadata": {"k": "v" * 20}}),
    ),
}


@pytest.mark.parametrize("setting", LIMITS)
def test_a_limit_of_what_is_posted_is_where_it_is_set(open_api: Callable[..., Api], setting: str) -> None:
    limit, post = LIMITS[setting]

    assert post(open_api(**{setting: limit})) == 202
    assert post(open_api(**{setting: limit - 1})) == 422


def test_a_fetch_takes_no_longer_than_is_set(open_api: Callable[..., Api], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "PAUSES_SECONDS", ())
    receiver = Receiver()
    receiver.answers["/never.png"] = lambda _: receiver.closing.wait()
    receiver.start()
    item = {"parts": [{"type": "image", "url": f"{receiver.url}/never.png"}]}
    api = open_api(fetch_timeout_seconds=0.2, allow_private_urls=True)
    posted = api.post("/v1/items", json=item).headers["Location"]
    api.service.fetching.look()
    wait_for(lambda: "problem" in api.get(posted).json["parts"][0])  # the receiver would never answer
    receiver.stop()
    assert "the time limit passed" in api.get(posted).json["parts"][0]["problem"]


# Logs


def test_log_lines_are_of_the_level_and_in_the_form_that_are_set(settings: Settings) -> None:
    Service.open(settings).close()
    with closing(sqlite3.connect(settings.data / "moderation.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")  # of which a start warns
        connection.commit()

    def said(**given: str) -> str:
        given = {f"MODERATION_{name.upper()}": value for name, value in given.items()}
        command = [sys.executable, "-m", "moderation", "attention", "--data", str(settings.data)]
        done = subprocess.run(
            command, env={**os.environ, **given}, capture_output=True, text=True, timeout=PATIENCE_SECONDS
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    assert "WARNING ground.database the schema is of a later version" in said()
    assert json.loads(said(log_format="json"))["level"] == "WARNING"
    assert said(log_level="error") == ""


def test_a_level_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODERATION_LOG_LEVEL", "LOUD")
    with pytest.raises(SettingsError, match="MODERATION_LOG_LEVEL"):
        load_settings()


# Work


@pytest.mark.parametrize("workers", [0, 1, 4])
def test_serve_moderates_with_as_many_threads_as_are_set(settings: Settings, workers: int) -> None:
    service = Service.open(settings.model_copy(update={"workers": workers, "a2i_endpoint_url": "http://127.0.0.1:9"}))
    working: set[str] = set()
    meet = threading.Barrier(max(workers, 1))

    def work(_: object) -> int:
        working.add(threading.current_thread().name)
        meet.wait(PATIENCE_SECONDS)
        return 0

    try:
        service.doorbell.start(work)
        wait_for(lambda: len(working) == workers)
    finally:
        meet.abort()
        service.close()
    assert len(working) == workers


def test_detectors_have_the_processes_that_are_set(settings: Settings) -> None:
    def of(number: int) -> tuple[int, bool]:
        service = Service.open(settings.model_copy(update={"detector_processes": number}))
        try:
            service.keep_warm()
            pools = service.judge.runner._pools
            return pools["pii.text"]._most, pools["pii.text"]._rounds is not None
        finally:
            service.close()

    assert of(0) == (1, False), "one, and none before an item needs it"
    assert of(3) == (3, True)


def test_an_item_is_held_no_longer_than_is_set(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """`test_rows_are_held_no_longer_than_was_said` shows what becomes of what is said here."""
    said: list[float] = []
    service = Service.open(settings.model_copy(update={"lease_seconds": 6.0}))
    hold = service._holding.hold

    def holding(keys: Any, until: datetime, at_most_seconds: float) -> Any:
        said.append(at_most_seconds)
        return hold(keys, until, at_most_seconds)

    monkeypatch.setattr(service._holding, "hold", holding)
    try:
        service.pipeline.intake([service.pipeline.prepare(_text("hello"))])
        service.work_once()
    finally:
        service.close()
    assert said == [6.0]


def _text(words: str) -> Submission:
    return Submission("shop", (Part(id="p0", type="text", text=words),))


def test_what_nobody_rang_for_is_found_after_the_pause_that_is_set(settings: Settings) -> None:
    def looks(seconds: float, enough: int) -> bool:
        service = Service.open(settings.model_copy(update={"sweep_seconds": seconds, "workers": 1}))
        found: list[int] = []
        try:
            service.doorbell.start(lambda _: found.append(1) or 0)  # type: ignore[func-returns-value]
            wait_for(lambda: len(found) >= enough)
            return len(found) == 1
        finally:
            service.close()

    assert looks(0.05, 4) is False
    assert looks(3600, 1) is True


def test_an_item_that_cannot_be_judged_goes_to_people_after_as_many_tries_as_are_set(
    open_house: Callable[[str], House], monkeypatch: pytest.MonkeyPatch
) -> None:
    house = open_house(REVIEWS)
    service = house.service
    service.doorbell.close()

    def fail(*_: object) -> None:
        raise ValueError("always")

    monkeypatch.setattr(service.judge, "judge", fail)
    monkeypatch.setattr(service.judge, "judge_texts", fail)
    for tries in (1, 3):
        object.__setattr__(service.pipeline.ports, "max_attempts", tries)
        item = service.pipeline.prepare(_text("hello"))
        service.pipeline.intake([item])
        for _ in range(tries):
            service.work_once()
            assert service.store.get_item(item.id).status == "pending"
            end_leases(service, item.id)
        service.work_once()
        assert service.store.get_item(item.id).status == "in_review"
    opened = Service.open(house.settings.model_copy(update={"max_attempts": 2}), human_loops=house.people)  # type: ignore[arg-type]
    assert opened.pipeline.ports.max_attempts == 2
    opened.close()


def test_changed_policies_are_looked_for_as_often_as_is_set(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "words.yml").write_text(REJECTS)

    def opened(seconds: float, name: str) -> Service:
        given = {"rules": folder, "rules_seconds": seconds, "data": tmp_path / name}
        service = Service.open(settings.model_copy(update=given))
        look = service.in_force.look

        def counted(now: datetime) -> Any:
            found = look(now)
            looks[name] += 1
            return found

        monkeypatch.setattr(service.in_force, "look", counted)
        service.watch_policies()
        return service

    looks: Counter[str] = Counter()
    eager, told = opened(0.05, "eager"), opened(0, "told")
    try:
        old = told.policies.get("words").version
        wait_for(lambda: looks["told"] == 1)  # at the start
        (folder / "words.yml").write_text(REVIEWS)
        wait_for(lambda: eager.policies.get("words").version != old)
        assert (told.policies.get("words").version, looks["told"]) == (old, 1)
        told.reload_policies()
        wait_for(lambda: told.policies.get("words").version != old)
    finally:
        eager.close()
        told.close()


# People


def test_the_endpoint_takes_as_many_loops_and_teams_as_are_set(tmp_path: Path) -> None:
    endpoint = Endpoint(tmp_path, a2i_most_loops=1, a2i_most_workteams=2)
    try:
        flow, runtime = endpoint.flow(), endpoint.client("sagemaker-a2i-runtime")

        def start(name: str) -> None:
            runtime.start_human_loop(HumanLoopName=name, FlowDefinitionArn=flow, HumanLoopInput={"InputContent": "{}"})

        start("one")
        with pytest.raises(ClientError, match="ServiceQuotaExceededException"):
            start("two")
        members = [{"OidcMemberDefinition": {"Groups": ["g"]}}]
        control = endpoint.client("sagemaker")
        teams = len(control.list_workteams()["Workteams"])
        for number in range(2 - teams):
            control.create_workteam(WorkteamName=f"team-{number}", Description="d", MemberDefinitions=members)
        with pytest.raises(ClientError, match="ResourceLimitExceeded"):
            control.create_workteam(WorkteamName="one-more", Description="d", MemberDefinitions=members)
    finally:
        endpoint.close()


def test_a_session_lasts_as_long_as_is_set(tmp_path: Path) -> None:
    desk = Desk(tmp_path, session_hours=2)
    try:
        desk.people.add("ann", "reviewer", PASSWORD)
        client = desk.app.test_client()
        answer = sign_in(client, "ann")
        assert any("Max-Age=7200" in cookie for cookie in answer.headers.getlist("Set-Cookie"))
        token = client.get_cookie("review_session", path="/review/").decoded_value
        for hours, is_over in ((1.9, False), (2.1, True)):
            later = datetime.now(UTC) + timedelta(hours=hours)
            session = People(desk.review.database, lambda later=later: later).session(token)
            assert (session is None) == is_over
    finally:
        desk.review.close()


def test_a_task_is_as_severe_as_is_set_from_the_confidence_that_is_set(tmp_path: Path) -> None:
    desk = Desk(tmp_path, severity={"Custom/Cruelty": "severe"}, severity_from=70)
    try:
        care = desk.review.care

        def severity(label: str, confidence: float) -> set[str]:
            return set(care.harms({"detections": [found(label, "p0", confidence)]}))

        assert "severe" in severity("Custom/Cruelty", 70)
        assert "severe" not in severity("Custom/Cruelty", 69.9)
        assert "severe" not in severity("Explicit", 99)
    finally:
        desk.review.close()


def test_flows_at_amazon_have_the_role_and_the_team_that_are_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    team = "arn:aws:sagemaker:us-east-1:111122223333:workteam/private-crowd/mine"
    role = "arn:aws:iam::111122223333:role/mine"
    given = load_settings(data=tmp_path, a2i_endpoint_url="aws", a2i_role_arn=role, a2i_workteam_arn=team)
    loops = HumanLoops(given, OwnEndpoint(""), FolderBlobs(tmp_path, "bucket"))
    monkeypatch.setattr(
        loops, "_ensure_template", lambda *_, **__: "arn:aws:sagemaker:us-east-1:111122223333:human-task-ui/t"
    )
    monkeypatch.setattr(loops, "_describe_flow", lambda _: None)
    control = Stubber(loops._client("sagemaker"))
    config = dict.fromkeys(("HumanTaskUiArn", "TaskTitle", "TaskDescription", "TaskCount", "TaskTimeLimitInSeconds", "TaskAvailabilityLifetimeInSeconds"), ANY)  # fmt: skip
    control.add_response(
        "create_flow_definition",
        {"FlowDefinitionArn": "arn:aws:sagemaker:us-east-1:111122223333:flow-definition/f"},
        {
            "FlowDefinitionName": "f",
            "HumanLoopConfig": {"WorkteamArn": team, **config},
            "OutputConfig": ANY,
            "RoleArn": role,
        },
    )
    with control:
        loops.provision([Queue(name="q", a2i_flow="f")])
        control.assert_no_pending_responses()


def test_open_loops_are_asked_about_after_the_pause_that_is_set(open_house: Callable[[str], House]) -> None:
    house = open_house(REVIEWS)
    ports = house.service.pipeline.ports
    assert ports.poll_seconds == house.settings.poll_seconds
    object.__setattr__(ports, "poll_seconds", 77.0)  # who follows loops starts this one, and leaves it alone then
    record = house.post(NUMBER)
    wait_for(lambda: house.service.store.get_item(record.item.id).loops[0].state == "open")

    now = ports.clock()
    assert house.service.store.due_loops(now + timedelta(seconds=76 - 10), 10) == []
    assert len(house.service.store.due_loops(now + timedelta(seconds=78), 10)) == 1


# After the decision


def test_a_delivery_attempt_takes_no_longer_than_is_set(settings: Settings) -> None:
    receiver = Receiver()
    receiver.answers["/never"] = lambda _: receiver.closing.wait()
    receiver.start()
    service = Service.open(settings.model_copy(update={"webhook_timeout_seconds": 0.3}))
    try:
        service.accounts.add_key("shop", datetime.now(UTC))
        item = service.pipeline.prepare(_text("hello"))
        item = item.model_copy(update={"callback_url": f"{receiver.url}/never"})
        service.pipeline.intake([item])
        service.work_once()
        assert service.deliveries.run_due() >= 1, "it comes back at all: the receiver would never answer"
        [attempt] = service.outbox.attempts(item.id)
        assert attempt.status_code is None
    finally:
        receiver.stop()
        service.close()


@pytest.mark.parametrize(("percent", "is_alarm"), [(10.0, True), (40.0, False)])
def test_the_alarm_of_overturned_decisions_is_where_it_is_set(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, percent: float, is_alarm: bool
) -> None:
    """Six of ten were overturned: surely more than 31 %, and perhaps not more than 40 %."""
    looks = [("words", "qa", "reject", "approve" if number < 6 else "reject") for number in range(10)]
    monkeypatch.setattr(alarms, "overturns", lambda _, __, most: overturn_rates(looks, most))
    service = Service.open(settings.model_copy(update={"overturn_alarm_percent": percent}))
    try:
        assert [rate.alarm for rate in service.overturns()] == [is_alarm]
    finally:
        service.close()
