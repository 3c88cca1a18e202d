"""The HTTP API as its users meet it: post, wait, repeat, read, search, explain."""

from __future__ import annotations

import base64
import io
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image
from standardwebhooks import Webhook

from ground.holding import LEASE_SECONDS
from moderation.core.coverage import Coverage
from moderation.core.detections import Detection
from moderation.core.items import Tool
from moderation.core.loops import Answer
from moderation.pipeline.moderate import conclude
from moderation.settings import Settings
from tests.houses.api import Api
from tests.receiver import Receiver, status
from tests.waiting import PATIENCE_SECONDS, wait_for

TEXT = {"parts": [{"type": "text", "text": "Have a nice day"}]}


def picture(width: int = 300, height: int = 200, kind: str = "PNG") -> bytes:
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def form(item: Any | None, *files: tuple[bytes, str]) -> dict[str, Any]:
    fields: dict[str, Any] = {"file": [(io.BytesIO(data), name) for data, name in files]}
    if item is not None:
        fields["item"] = json.dumps(item)
    return {"data": fields, "content_type": "multipart/form-data"}


# Posting


def test_a_post_is_answered_202_with_the_place_to_look(idle_api: Api) -> None:
    answer = idle_api.post("/v1/items", json={**TEXT, "content_id": "post-7"})

    assert answer.status_code == 202
    assert answer.json["status"] == "pending"
    assert answer.json["app"] == "shop"
    assert answer.json["content_id"] == "post-7"
    assert answer.headers["Location"] == f"/v1/items/{answer.json['id']}"
    assert idle_api.get(answer.headers["Location"]).json["status"] == "pending"


def test_a_clean_text_is_approved_by_the_rules_within_the_wait(api: Api) -> None:
    document = api.post_text("Have a nice day", metadata={"user": 7, "none": None}, content_id="a")

    assert document["status"] == "decided"
    assert document["decision"]["outcome"] == "approve"
    assert document["decision"]["decided_by"] == "rules"
    assert document["decision"]["policy"]["name"]
    assert len(document["decision"]["policy"]["version"]) == 64
    assert document["metadata"] == {"user": 7, "none": None}
    assert document["human_loop"] is None
    assert document["detections"] == []
    assert document["failures"] == []
    decided_at = datetime.fromisoformat(document["decision"]["decided_at"])
    assert decided_at.tzinfo is not None


def test_a_detection_says_what_where_and_by_whom(api: Api) -> None:
    text = "🙂 My SSN is 536-90-4399, keep it safe"
    document = api.post_text(text)

    found = next(d for d in document["detections"] if d["label"] == "PII/SSN")
    assert document["decision"]["outcome"] == "reject"
    assert "PII/SSN" in document["decision"]["labels"]
    assert found["parents"]
    assert 0 <= found["confidence"] <= 100
    assert found["detector"]["name"] == "pii.text"
    assert found["part"] == "p0"
    assert text[found["span"]["start"] : found["span"]["end"]] == "536-90-4399"
    assert "box" not in found
    assert "time_range" not in found


def test_a_doubtful_text_goes_to_people_and_is_answered_202_after_the_wait(api: Api) -> None:
    answer = api.post("/v1/items?wait=1.5", json={"parts": [{"type": "text", "text": "you are an idiot"}]})

    assert answer.status_code == 202
    assert answer.json["status"] == "in_review"
    document = api.get(answer.headers["Location"]).json
    assert document["status"] == "in_review"
    assert document["verdict"]["outcome"] == "review"
    assert document["decision"] is None
    assert document["human_loop"]["name"].startswith(document["id"])
    assert document["human_loop"]["policy"] == "text"


def test_a_picture_may_come_in_base64_as_a_data_url_or_as_a_file(idle_api: Api) -> None:
    data = picture()
    plain = base64.b64encode(data).decode()
    posts = [
        {"json": {"parts": [{"type": "image", "base64": plain}]}},
        {"json": {"parts": [{"type": "image", "base64": f"data:image/gif;base64,{plain}"}]}},
        form(None, (data, "photo.jpg")),
        form({}, (data, "../../etc/photo.png")),
        form({"parts": []}, (data, "x")),
    ]

    parts = [idle_api.get(idle_api.post("/v1/items", **post).headers["Location"]).json["parts"] for post in posts]

    for (part,) in parts:
        assert part["type"] == "image"
        assert part["content_type"] == "image/png"
        assert (part["width"], part["height"], part["frames"]) == (300, 200, 1)
        assert part["size_bytes"] == len(data)
        assert "uri" not in part
    assert [part.get("name") for (part,) in parts] == [None, None, "photo.jpg", "photo.png", "x"]
    assert len({part["sha256"] for (part,) in parts}) == 1


def test_a_form_takes_texts_as_documents_and_keeps_the_order(idle_api: Api) -> None:
    item = {"content_id": "mixed", "parts": [{"type": "text", "text": "caption"}]}
    answer = idle_api.post(
        "/v1/items", **form(item, (picture(), "a.png"), ("\ufeffEin Brief, schön".encode(), "letter.txt"))
    )

    document = idle_api.get(answer.headers["Location"]).json
    assert [(part["id"], part["type"], part["is_document"]) for part in document["parts"]] == [
        ("p0", "text", False),
        ("p1", "image", False),
        ("p2", "text", True),
    ]
    assert document["parts"][2]["text"] == "Ein Brief, schön"
    assert document["content_id"] == "mixed"


def test_the_item_of_a_form_may_be_sent_as_a_file(idle_api: Api) -> None:
    fields = {"item": (io.BytesIO(json.dumps(TEXT).encode()), "item.json", "application/json")}

    answer = idle_api.post("/v1/items", data=fields, content_type="multipart/form-data")

    assert answer.status_code == 202


def test_any_text_comes_back_as_it_was_posted(idle_api: Api) -> None:
    text = "a\u202eb \u0301\U0001f469\u200d\U0001f52c \r\n\t\u0001 <script>&quot;</script> Ω"

    answer = idle_api.post("/v1/items", json={"parts": [{"type": "text", "text": text}]})

    assert idle_api.get(answer.headers["Location"]).json["parts"][0]["text"] == text


def test_each_app_has_its_share_of_posts_that_wait(settings: Settings) -> None:
    api = Api.open(settings.model_copy(update={"waits": 4, "workers": 0}))
    store = api.service.store
    with ThreadPoolExecutor(4) as threads:
        waits = [threads.submit(api.post, "/v1/items?wait=30", json=TEXT, app="shop") for _ in range(2)]
        wait_for(lambda: store.backlog()[0] == 2)
        assert api.post("/v1/items?wait=30", json=TEXT, app="shop").status_code == 202, "it has its share"
        waits += [threads.submit(api.post, "/v1/items?wait=30", json=TEXT, app="forum") for _ in range(2)]
        wait_for(lambda: store.backlog()[0] == 5)
        assert api.post("/v1/items?wait=30", json=TEXT, app="forum").status_code == 202
        assert not any(wait.done() for wait in waits)
        api.service.pipeline.ports.news.end()
        assert {wait.result().status_code for wait in waits} == {202}, "nobody waits when the process is to end"
    api.close()


def test_the_app_is_told_of_the_decision_by_a_signed_webhook(api: Api) -> None:
    receiver, told = Receiver(), threading.Event()
    receiver.answers["/decided"] = lambda handler: (status(200)(handler), told.set())[0]
    receiver.start()
    api.service.deliveries.start()

    answer = api.post("/v1/items", json={**TEXT, "callback_url": f"{receiver.url}/decided"})

    assert told.wait(PATIENCE_SECONDS)
    receiver.stop()
    (request,) = receiver.requests
    secret = api.service.accounts.webhook_secret("shop")
    event = Webhook(secret).verify(request.body, request.headers)
    assert event["data"]["id"] == answer.json["id"]
    assert event["data"]["decision"] == api.get(answer.headers["Location"]).json["decision"]


# Idempotency


def test_the_same_key_and_body_get_the_same_answer_and_one_item(idle_api: Api) -> None:
    answers = [idle_api.post("/v1/items", json=TEXT, headers={"Idempotency-Key": "k"}) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.data for answer in answers}) == 1
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert idle_api.service.store.backlog()[0] == 1


def test_a_decided_answer_is_repeated_as_it_was(api: Api) -> None:
    first = api.post("/v1/items?wait=30", json=TEXT, headers={"Idempotency-Key": "decided"})
    second = api.post("/v1/items", json=TEXT, headers={"Idempotency-Key": "decided"})

    assert first.status_code == 200
    assert (second.status_code, second.data) == (first.status_code, first.data)


def test_the_same_key_with_another_body_is_refused(idle_api: Api) -> None:
    headers = {"Idempotency-Key": "k"}
    idle_api.post("/v1/items", json=TEXT, headers=headers)

    others = [
        idle_api.post("/v1/items", json={**TEXT, "content_id": "x"}, headers=headers),
        idle_api.post("/v1/items/batch", json=[TEXT], headers=headers),
        idle_api.post("/v1/items", headers=headers, **form(TEXT)),
    ]

    assert [answer.status_code for answer in others] == [422, 422, 422]
    assert all(answer.json["type"].endswith("idempotency-conflict") for answer in others)
    assert idle_api.service.store.backlog()[0] == 1


def test_keys_belong_to_an_app(idle_api: Api) -> None:
    headers = {"Idempotency-Key": "k"}

    answers = [idle_api.post("/v1/items", json=TEXT, headers=headers, app=app) for app in ("shop", "forum")]

    assert {answer.status_code for answer in answers} == {202}
    assert answers[0].json["id"] != answers[1].json["id"]


def test_a_form_is_the_same_form_whatever_its_boundary(idle_api: Api) -> None:
    headers = {"Idempotency-Key": "form"}

    first, second, other = (
        idle_api.post("/v1/items", headers=headers, **form(TEXT, (data, "a.png")))
        for data in (picture(), picture(), picture(301))
    )

    assert first.data == second.data
    assert other.status_code == 422


def test_a_key_whose_post_was_refused_may_be_used_again(idle_api: Api) -> None:
    headers = {"Idempotency-Key": "k"}
    assert idle_api.post("/v1/items", json={"parts": []}, headers=headers).status_code == 422
    assert idle_api.post("/v1/items/batch", json=[{"parts": []}], headers=headers).status_code == 422

    assert idle_api.post("/v1/items", json=TEXT, headers=headers).status_code == 202


def test_while_the_first_post_waits_for_its_decision_the_second_is_told_so(idle_api: Api) -> None:
    headers = {"Idempotency-Key": "k"}
    idle_api.post("/v1/items", json=TEXT)
    idle_api.service.work_once()  # starts the detectors' processes, which may take longer than the wait
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(idle_api.post, "/v1/items?wait=20", json=TEXT, headers=headers)
        while not idle_api.service.store.backlog()[0]:
            time.sleep(0.01)
        second = idle_api.post("/v1/items", json=TEXT, headers=headers)
        idle_api.service.work_once()
        decided = first.result()

    assert second.status_code == 409
    assert second.headers["Retry-After"] == "1"
    assert decided.status_code == 200
    third = idle_api.post("/v1/items", json=TEXT, headers=headers)
    assert (third.status_code, third.data) == (200, decided.data)


def test_a_wait_that_was_killed_keeps_its_key_from_nobody(idle_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"Idempotency-Key": "killed"}

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(idle_api.service.pipeline, "wait_decided", die)
    with pytest.raises(Killed):
        idle_api.post("/v1/items?wait=20", json=TEXT, headers=headers)
    assert idle_api.post("/v1/items", json=TEXT, headers=headers).status_code == 409
    clock = idle_api.service.pipeline.now()
    monkeypatch.setattr(idle_api.service.pipeline, "now", lambda: clock + timedelta(seconds=LEASE_SECONDS))

    again = idle_api.post("/v1/items", json=TEXT, headers=headers)

    assert again.status_code == 202
    assert idle_api.get(again.headers["Location"]).json["status"] == "pending"
    assert idle_api.service.store.backlog()[0] == 1


def test_many_clients_with_one_key_make_one_item(idle_api: Api) -> None:
    barrier = threading.Barrier(64)

    def post(body: Any) -> Any:
        barrier.wait()
        return idle_api.post("/v1/items", json=body, headers={"Idempotency-Key": "race"})

    with ThreadPoolExecutor(64) as threads:
        answers = list(threads.map(post, [TEXT, {**TEXT, "content_id": "other"}] * 32))

    taken = [answer.data for answer in answers if answer.status_code == 202]
    assert sorted(answer.status_code for answer in answers) == [202] * 32 + [422] * 32, "whichever body came first"
    assert len(set(taken)) == 1
    assert idle_api.service.store.backlog()[0] == 1


@pytest.mark.parametrize("key", ["", "k" * 256, "ä", "a\tb"])
def test_odd_idempotency_keys_are_refused(empty_api: Api, key: str) -> None:
    answer = empty_api.post("/v1/items", json=TEXT, headers={"Idempotency-Key": key})

    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "Idempotency-Key"


# Batches


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_batch_stores_the_good_items_and_answers_for_each_in_order(idle_api: Api, wrapped: bool) -> None:
    batch = [
        {**TEXT, "content_id": "0"},
        {"parts": [{"type": "image", "base64": "AAAA"}]},
        "no item",
        {**TEXT, "content_id": "3", "app": "forum"},
        {**TEXT, "content_id": "4"},
        {**TEXT, "callback_url": "ftp://example.com/"},
    ]

    answer = idle_api.post("/v1/items/batch", json={"items": batch} if wrapped else batch)

    assert answer.status_code == 202
    entries = answer.json["items"]
    assert [entry["status"] for entry in entries] == [202, 422, 422, 403, 202, 422]
    assert [entry["item"]["content_id"] for entry in entries if entry["status"] == 202] == ["0", "4"]
    assert entries[1]["problem"]["errors"][0]["field"] == "parts[0].base64"
    assert entries[5]["problem"]["errors"][0]["field"] == "callback_url"
    assert idle_api.service.store.backlog()[0] == 2
    for entry in entries:
        assert (entry.get("id") is not None) == (entry["status"] == 202)
        if entry["status"] == 202:
            assert idle_api.get(f"/v1/items/{entry['id']}").json["content_id"] == entry["item"]["content_id"]


def test_a_batch_without_a_good_item_is_refused_with_the_problem_of_each(idle_api: Api) -> None:
    answer = idle_api.post("/v1/items/batch", json={"items": [{"parts": []}, {"parts": "x"}]})

    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert [entry["status"] for entry in answer.json["items"]] == [422, 422]
    assert idle_api.service.store.backlog()[0] == 0


def test_a_batch_has_a_hundred_items_at_most(idle_api: Api) -> None:
    assert idle_api.post("/v1/items/batch", json=[TEXT] * 101).status_code == 422
    assert idle_api.post("/v1/items/batch", json={"items": []}).status_code == 422
    assert idle_api.post("/v1/items/batch", json={"items": [TEXT], "x": 1}).status_code == 422
    assert idle_api.post("/v1/items/batch", data=b"[]", content_type="text/csv").status_code == 415
    assert idle_api.service.store.backlog()[0] == 0

    answer = idle_api.post("/v1/items/batch", json=[TEXT] * 100)

    assert len({entry["id"] for entry in answer.json["items"]}) == 100
    assert idle_api.service.store.backlog()[0] == 100


def test_a_batch_may_be_repeated_with_its_key(idle_api: Api) -> None:
    batch, headers = [TEXT, {"parts": []}], {"Idempotency-Key": "batch"}

    first, second = (idle_api.post("/v1/items/batch", json=batch, headers=headers) for _ in range(2))

    assert first.data == second.data
    assert idle_api.service.store.backlog()[0] == 1


# Reading


def test_items_are_found_by_status_label_outcome_content_and_time(api: Api) -> None:
    before = datetime.now(UTC)
    clean = api.post_text("A fine morning", content_id="find-me")
    ssn = api.post_text("My SSN is 536-90-4399", content_id="find-me")
    since = before.isoformat().replace("+00:00", "Z")

    def ids(query: str) -> list[str]:
        return [item["id"] for item in api.get(f"/v1/items?since={since}&{query}").json["items"]]

    assert ids("") == [ssn["id"], clean["id"]]
    assert ids("content_id=find-me&outcome=reject") == [ssn["id"]]
    assert ids("outcome=approve") == [clean["id"]]
    assert ids("label=PII/SSN") == [ssn["id"]]
    assert ids("label=PII") == [ssn["id"]]
    assert ids("label=PII/S") == []
    assert ids("status=decided&app=shop") == [ssn["id"], clean["id"]]
    assert ids("status=pending") == []
    assert ids("app=forum") == []
    later = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    assert api.get("/v1/items", query_string={"since": later}).json["items"] == []
    assert api.get(f"/v1/items?since={later}").json["items"] == []


def test_pages_have_every_item_once_newest_first(idle_api: Api) -> None:
    posted = [idle_api.post("/v1/items", json=TEXT).json["id"] for _ in range(7)]
    idle_api.post("/v1/items", json=TEXT, app="forum")
    seen: list[str] = []
    cursor: str | None = ""

    while cursor is not None:
        page = idle_api.get("/v1/items?limit=3" + (f"&cursor={cursor}" if cursor else "")).json
        assert len(page["items"]) <= 3
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]

    assert len(seen) == len(set(seen)) == 7
    assert seen == sorted(posted, reverse=True)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=new", "status"),
        ("outcome=review", "outcome"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=ten", "limit"),
        ("limit=%C2%B2", "limit"),
        ("since=yesterday", "since"),
        ("since=2026-01-01T00:00:00", "since"),
        ("cursor=7", "cursor"),
        ("cursor=%00", "cursor"),
        ("content_id=a%00b", "content_id"),
        ("colour=red", "colour"),
    ],
)
def test_a_wrong_filter_is_named(empty_api: Api, query: str, field: str) -> None:
    answer = empty_api.get(f"/v1/items?{query}")

    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == field


@pytest.mark.parametrize("wait", ["-1", "31", "nan", "inf", "soon", ""])
def test_a_wrong_wait_is_named(empty_api: Api, wait: str) -> None:
    answer = empty_api.post(f"/v1/items?wait={wait}", json=TEXT)

    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "wait"
    assert empty_api.service.store.backlog()[0] == 0


def test_an_explanation_names_rule_file_line_label_confidence_and_threshold(api: Api) -> None:
    item = api.post_text("My SSN is 536-90-4399")

    explained = api.get(f"/v1/items/{item['id']}/explanation").json

    words = " ".join(explained["words"])
    assert explained["outcome"] == "reject"
    assert "pii.yml:" in words
    assert "PII/SSN at" in words
    assert "threshold" in words
    assert "by pii.text" in words
    assert "536-90-4399" not in words
    deciding = [rule for policy in explained["verdict"]["policies"] for rule in policy["deciding"]]
    assert any(evidence["detection"]["label"] == "PII/SSN" for rule in deciding for evidence in rule["evidence"])
    assert explained["decisions"] == [item["decision"]]


def test_an_explanation_has_failures_and_what_people_said(api: Api) -> None:
    answer = api.post("/v1/items?wait=1", json={"parts": [{"type": "text", "text": "you are an idiot"}]})
    item_id = answer.json["id"]
    loop = api.get(f"/v1/items/{item_id}").json["human_loop"]["name"]
    said = Answer(
        reviewer="r1",
        outcome="reject",
        labels=("Toxicity/INSULT",),
        note="Plainly rude",
        submitted_at=datetime.now(UTC),
    )
    api.service.store.save_answers(loop, [said])

    explained = api.get(f"/v1/items/{item_id}/explanation").json

    assert explained["outcome"] is None
    assert explained["answers"][0]["outcome"] == "reject"
    assert "A reviewer chose reject with Toxicity/INSULT: Plainly rude" in explained["words"]


def test_an_item_that_waits_is_explained_as_such(idle_api: Api) -> None:
    answer = idle_api.post("/v1/items", json=TEXT)

    explained = idle_api.get(f"{answer.headers['Location']}/explanation").json

    assert explained["words"] == ["The item waits to be looked at."]


def test_places_are_shown_as_named_numbers(idle_api: Api) -> None:
    posted = idle_api.post("/v1/items", **form(None, (picture(), "a.png"))).json["id"]
    (claim,) = idle_api.service.store.claim("media", 1, 60, datetime.now(UTC))
    judgement = idle_api.service.judge.conclude(
        claim.item,
        list(claim.item.parts),
        [
            Detection.model_validate(
                {
                    "label": "Weapons",
                    "parents": ["Violence"],
                    "confidence": 99,
                    "detector": Tool(name="test.places", version="1"),
                    "part": "p0",
                    "box": (0.1, 0.2, 0.3, 0.4),
                    "time_range": (1.5, 2),
                }
            )
        ],
        [],
        idle_api.service.policies,
        Coverage((), ()),
    )
    conclude(idle_api.service.pipeline.ports, claim.item, judgement)

    (found,) = idle_api.get(f"/v1/items/{posted}").json["detections"]
    assert found["box"] == {"left": 0.1, "top": 0.2, "width": 0.3, "height": 0.4}
    assert found["time_range"] == {"start": 1.5, "end": 2.0}


def test_policies_are_listed_with_their_digest_and_shown_with_their_text(empty_api: Api) -> None:
    listed = empty_api.get("/v1/policies").json
    names = {policy["name"] for policy in listed["policies"]}
    assert {"text", "pii"} <= names
    assert all(waiting["why"] for waiting in listed["not_in_force"])

    text = next(policy for policy in listed["policies"] if policy["name"] == "text")
    shown = empty_api.get("/v1/policies/text").json
    assert shown["version"] == text["version"]
    assert "policy: text" in shown["text"]
    assert empty_api.get("/v1/policies/nix").status_code == 404
