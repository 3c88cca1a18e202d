"""Who gets in, who may do what, and what a browser may load: the portal through Flask's client."""

from __future__ import annotations

import io
import stat
import threading
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from moderation.core.errors import InputError, NotFound
from review_ui.people.people import FAILURES_ALLOWED, People
from review_ui.portal.media import PERIOD_SECONDS, PERIODS_GOOD, load_secret
from tests.content import item
from tests.houses.desk import PASSWORD, Desk, form_token, sign_in

TEXT = {"id": "p0", "type": "text", "text": "hello"}
ROLES = (None, "reviewer", "lead", "policy_owner", "admin")
REVIEWERS, LEADS, ADMINS = {"reviewer", "lead", "admin"}, {"lead", "admin"}, {"admin"}
EVERYBODY = set(ROLES[1:])
NO_ID = "00000000-0000-4000-8000-000000000000"
TASK = f"/review/tasks/{NO_ID}"

# Method, path, who may, and what they are answered. Whoever may not is answered 403, or is sent to sign in.
ROUTES: list[tuple[str, str, set[str | None], int]] = [
    ("GET", "/review/", EVERYBODY, 200),
    ("GET", "/review/next", REVIEWERS, 303),
    ("GET", "/review/done", REVIEWERS, 200),
    ("GET", TASK, REVIEWERS, 409),
    ("GET", f"{TASK}/template", REVIEWERS, 409),
    ("POST", TASK, REVIEWERS, 409),
    ("POST", f"{TASK}/release", REVIEWERS, 303),
    ("POST", f"{TASK}/undo", REVIEWERS, 409),
    ("POST", f"{TASK}/unmask", REVIEWERS, 409),
    ("GET", "/review/wellbeing", REVIEWERS, 200),
    ("POST", "/review/wellbeing/severe", REVIEWERS, 303),
    ("POST", "/review/wellbeing/veil", REVIEWERS, 422),
    ("POST", "/review/wellbeing/break", REVIEWERS, 303),
    ("GET", "/review/history", REVIEWERS, 200),
    ("GET", f"/review/history/{NO_ID}", REVIEWERS, 404),
    ("POST", f"/review/history/{NO_ID}/unmask", REVIEWERS, 404),
    ("GET", "/review/lead", LEADS, 200),
    ("GET", "/review/lead/quality", LEADS, 200),
    ("GET", "/review/lead/quality/nobody", LEADS, 404),
    ("POST", "/review/lead/quality/nobody", LEADS, 404),
    ("GET", "/review/lead/people", LEADS, 200),
    ("POST", f"/review/lead/quality/tasks/{NO_ID}", LEADS, 404),
    ("GET", "/review/lead/log", LEADS, 200),
    ("GET", "/review/lead/holds", LEADS, 200),
    ("POST", "/review/lead/holds", LEADS, 422),
    ("POST", "/review/lead/holds/release", LEADS, 422),
    ("GET", "/review/lead/lists", LEADS, 200),
    ("POST", "/review/lead/lists", LEADS, 422),
    ("GET", "/review/lead/lists/nothing", LEADS, 404),
    ("POST", "/review/lead/lists/nothing/entries/1", LEADS, 404),
    ("GET", "/review/lead/queues/nobody", LEADS, 404),
    ("POST", "/review/lead/queues/nobody", LEADS, 404),
    ("POST", "/review/lead/queues/nobody/batch", LEADS, 404),
    ("POST", f"/review/lead/tasks/{NO_ID}", LEADS, 303),
    ("POST", f"/review/lead/batches/{NO_ID}/undo", LEADS, 404),
    ("POST", f"/review/tasks/{NO_ID}/renew", REVIEWERS, 409),
    ("GET", f"/review/tasks/{NO_ID}/feedback", REVIEWERS, 404),
    ("GET", f"/review/tasks/{NO_ID}/alike/{NO_ID}", REVIEWERS, 409),
    ("GET", "/review/palette", EVERYBODY, 200),
    ("GET", "/review/style", EVERYBODY, 200),
    ("GET", "/review/media/forged", REVIEWERS, 404),
    ("GET", "/review/people", ADMINS, 200),
    ("POST", "/review/people", ADMINS, 422),
    ("POST", "/review/people-authors", ADMINS, 422),
    ("POST", "/review/people/nobody", ADMINS, 303),
    ("POST", "/review/people/nobody/disable", ADMINS, 404),
    ("GET", "/review/password", EVERYBODY, 200),
    ("POST", "/review/password", EVERYBODY, 422),
    ("GET", f"/review/lead/tasks/{NO_ID}/veiled", LEADS, 404),
    ("POST", "/review/people/nobody/groups", ADMINS, 404),
    ("POST", "/review/sign-out", EVERYBODY, 303),
]


def client_as(desk: Desk, role: str | None) -> Any:
    return desk.client(role) if role else desk.app.test_client()


@pytest.mark.parametrize("role", ROLES)
def test_each_address_is_open_to_its_roles_only(desk: Desk, role: str | None) -> None:
    client = client_as(desk, role)
    token = form_token(client) if role else "none"

    for method, path, may, answered in ROUTES:
        status = client.open(path, method=method, data={"csrf": token} if method == "POST" else None).status_code
        refused = 403 if role or method == "POST" else 303
        assert status == (answered if role in may else refused), (method, path)


def test_no_address_is_missing_from_the_table(desk: Desk) -> None:
    open_to_all = {"/review/sign-in", "/review/<path:path>"}
    rules = {
        (method, str(rule))
        for rule in desk.app.url_map.iter_rules()
        if str(rule).startswith("/review") and str(rule) not in open_to_all and rule.endpoint != "portal.static"
        for method in (rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}
    }
    written = {
        "/batches/" + NO_ID: "/batches/<uuid:batch_id>",
        "/alike/" + NO_ID: "/alike/<uuid:other_id>",
        NO_ID: "<uuid:task_id>",
        "forged": "<token>",
        "queues/nobody": "queues/<flow>",
        "quality/nobody": "quality/<flow>",
        "people/nobody": "people/<name>",
        "lists/nothing": "lists/<name>",
        "entries/1": "entries/<int:entry_id>",
    }
    listed = set()
    for method, path, _, _ in ROUTES:
        for given, parameter in written.items():
            path = path.replace(given, parameter)
        listed.add((method, path))

    assert rules == listed


@pytest.mark.parametrize(("method", "path"), [(m, p) for m, p, _, _ in ROUTES if m == "POST"])
def test_no_form_is_taken_without_its_token(desk: Desk, method: str, path: str) -> None:
    client, other = desk.client("admin"), desk.client("admin")

    assert client.post(path).status_code == 403
    assert client.post(path, data={"csrf": "ä wrong one"}).status_code == 403
    assert client.post(path, data={"csrf": form_token(other)}).status_code == 403, "another person's token"
    own = {"csrf": form_token(client)}
    assert client.post(path, data=own, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.get("/review/").status_code == 200, "nothing happened: still signed in"


def test_the_sign_in_form_needs_its_token_too(desk: Desk) -> None:
    desk.people.add("rita", "reviewer", PASSWORD)
    client, attacker = desk.app.test_client(), desk.app.test_client()
    data = {"username": "rita", "password": PASSWORD}

    assert client.post("/review/sign-in", data=data).status_code == 400, "no cookie, no token"
    client.get("/review/sign-in")
    assert client.post("/review/sign-in", data=data).status_code == 400, "no token"
    stolen = form_token(attacker, "/review/sign-in")
    assert client.post("/review/sign-in", data=data | {"csrf": stolen}).status_code == 400, "another visitor's token"
    assert sign_in(client, "rita").status_code == 303


@pytest.mark.parametrize(("name", "password"), [("rita", "wrong"), ("nobody", PASSWORD), ("", ""), ("a\x00", "x\x00")])
def test_a_failed_sign_in_does_not_say_what_was_wrong(desk: Desk, name: str, password: str) -> None:
    desk.people.add("rita", "reviewer", PASSWORD)
    answer = sign_in(desk.app.test_client(), name, password)

    assert answer.status_code == 401
    assert "Name or password is wrong." in answer.get_data(as_text=True)


def test_guesses_at_the_same_time_are_counted_one_by_one(desk: Desk) -> None:
    desk.people.add("rita", "reviewer", PASSWORD)
    codes: list[int] = []
    clients = [desk.app.test_client() for _ in range(FAILURES_ALLOWED + 6)]
    threads = [threading.Thread(target=lambda c=c: codes.append(sign_in(c, "rita", "x").status_code)) for c in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(codes) == [401] * FAILURES_ALLOWED + [429] * 6
    assert sign_in(clients[0], "rita").status_code == 429, "the right one is not looked at either"
    in_a_while = desk.review.clock() + timedelta(minutes=11)
    assert People(desk.review.database, lambda: in_a_while).verify("rita", PASSWORD) is not None


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(desk: Desk) -> None:
    desk.people.add("rita", "reviewer", PASSWORD)
    client = desk.app.test_client()
    plain = sign_in(client, "rita").headers.getlist("Set-Cookie")[-1]
    token = form_token(client := desk.app.test_client(), "/review/sign-in")
    data = {"username": "rita", "password": PASSWORD, "csrf": token}
    over_tls = client.post("/review/sign-in", data=data, base_url="https://localhost").headers.getlist("Set-Cookie")[-1]

    for cookie in (plain, over_tls):
        for part in ("review_session=", "HttpOnly", "SameSite=Strict", "Path=/review/"):
            assert part in cookie
    assert ("Secure" in plain, "Secure" in over_tls) == (False, True)


def test_signing_out_ends_the_session_on_the_server(desk: Desk) -> None:
    client = desk.client()
    cookie = client.get_cookie("review_session", path="/review/")
    client.post("/review/sign-out", data={"csrf": form_token(client)})
    thief = desk.app.test_client()
    thief.set_cookie("review_session", cookie.value, path="/review/")

    assert thief.get("/review/").status_code == 303


def test_a_session_ends_after_its_hours_and_when_its_user_is_shut_out(desk: Desk) -> None:
    tired, shut_out = desk.client(), desk.client()
    desk.people.disable(shut_out.user_name)

    assert shut_out.get("/review/").status_code == 303
    assert sign_in(desk.app.test_client(), shut_out.user_name).status_code == 401
    assert tired.get("/review/").status_code == 200
    token = tired.get_cookie("review_session", path="/review/").value
    in_hours = desk.review.clock() + timedelta(hours=desk.settings.session_hours, seconds=1)
    assert desk.people.session(token) is not None
    assert People(desk.review.database, lambda: in_hours).session(token) is None


def test_neither_tokens_nor_passwords_are_in_the_database(desk: Desk) -> None:
    client = desk.client()
    token = client.get_cookie("review_session", path="/review/").value
    desk.review.close()
    raw = b"".join(path.read_bytes() for path in desk.settings.data.glob("review.db*"))

    assert client.user_name.encode() in raw
    assert token.encode() not in raw
    assert PASSWORD.encode() not in raw
    assert b"scrypt:" in raw


@pytest.mark.parametrize(
    ("name", "role", "password"),
    [("a b", "reviewer", PASSWORD), ("", "reviewer", PASSWORD), ("x", "king", PASSWORD), ("x", "lead", "short")],
)
def test_people_are_added_with_proper_names_roles_and_passwords_only(
    desk: Desk, name: str, role: str, password: str
) -> None:
    admin = desk.client("admin")
    form = {"csrf": form_token(admin, "/review/people"), "name": name, "role": role, "password": password}

    assert admin.post("/review/people", data=form).status_code == 422
    with pytest.raises(InputError):
        desk.people.add(name, role, password)


def test_an_admin_adds_and_shuts_out_people_but_not_oneself(desk: Desk) -> None:
    admin = desk.client("admin")
    token = {"csrf": form_token(admin, "/review/people")}
    added = admin.post("/review/people", data=token | {"name": "new", "role": "lead", "password": PASSWORD})
    twice = admin.post("/review/people", data=token | {"name": "new", "role": "lead", "password": PASSWORD})

    assert (added.status_code, twice.status_code) == (303, 422)
    assert sign_in(desk.app.test_client(), "new").status_code == 303
    assert admin.post("/review/people/new/disable", data=token).status_code == 303
    assert sign_in(desk.app.test_client(), "new").status_code == 401
    assert admin.post(f"/review/people/{admin.user_name}/disable", data=token).status_code == 422
    assert admin.post("/review/people/%00/disable", data=token).status_code == 404


def test_a_policy_owner_is_told_that_there_is_nothing_to_review(desk: Desk) -> None:
    desk.start(item(TEXT))
    page = desk.client("policy_owner").get("/review/").get_data(as_text=True)

    assert "No tasks for your role" in page
    assert "Start reviewing" not in page


def test_a_task_is_answered_by_who_holds_it_and_once(desk: Desk) -> None:
    loop = desk.start(item(TEXT))
    ann, bob = desk.client(), desk.client()
    task = ann.get("/review/next").headers["Location"]
    ann_token, bob_token = {"csrf": form_token(ann)}, {"csrf": form_token(bob)}

    assert bob.get(task).status_code == 409
    assert bob.post(task, data=bob_token | {"decision": "approve"}).status_code == 409
    assert bob.post(f"{task}/release", data=bob_token).status_code == 303, "nothing happens"
    assert ann.get(task).status_code == 200
    assert ann.post(task, data=ann_token | {"decision": "maybe"}).status_code == 422
    assert ann.post(task, data=ann_token | {"decision": "approve"}).status_code == 303
    again = ann.post(task, data=ann_token | {"decision": "reject"})
    assert again.status_code == 409
    assert "Next task" in again.get_data(as_text=True)
    assert desk.answers(loop) == [
        {"decision": {"approve": True, "reject": False}, "labels": {"Face": False, "PII/EMAIL": False}}
    ]


def test_a_task_whose_time_ran_out_is_somebody_elses(desk: Desk) -> None:
    desk.start(item(TEXT))
    ann = desk.client()
    task, token = ann.get("/review/next").headers["Location"], form_token(ann)
    desk.pass_time(hours=2)

    assert ann.post(task, data={"csrf": token, "decision": "approve"}).status_code == 409


def test_what_was_filled_in_is_kept_when_the_decision_is_missing(desk: Desk) -> None:
    desk.start(item(TEXT))
    client = desk.client()
    task = client.get("/review/next").headers["Location"]
    token = {"csrf": form_token(client)}
    page = client.post(task, data=token | {"note": "half </textarea> a thought", "label": "1"}).get_data(as_text=True)
    long = client.post(task, data=token | {"note": "x" * 4001, "decision": "reject"})

    assert "half &lt;/textarea&gt; a thought</textarea>" in page
    assert 'value="1" data-key="2" checked' in page
    assert long.status_code == 422
    assert "4,001 characters" in long.get_data(as_text=True)
    assert client.post(task, data=token | {"note": "\r\n" * 2001, "decision": "reject"}).status_code == 303


def test_two_answers_of_one_loop_come_from_two_reviewers(desk: Desk) -> None:
    desk.add_flow("twice", answers=2)
    loop = desk.start(item(TEXT), "twice")
    ann, bob = desk.client(), desk.client()
    for client in (ann, bob):
        task = client.get("/review/next").headers["Location"]
        client.post(task, data={"csrf": form_token(client), "decision": "reject"})
        assert client.get("/review/next").headers["Location"].startswith("/review/done")

    assert desk.status(loop) == "Completed"
    assert len(desk.answers(loop)) == 2


@pytest.mark.parametrize(
    "path", ["/review/next?flow=%00", "/review/next?flow=<b>", "/review/tasks/1", "/review/nowhere"]
)
def test_wrong_addresses_get_a_page_not_data(desk: Desk, path: str) -> None:
    answer = desk.client().get(path)

    assert answer.status_code == 404
    assert answer.content_type.startswith("text/html")
    assert "There is nothing here" in answer.get_data(as_text=True)


def test_every_page_carries_the_strict_policy(desk: Desk) -> None:
    client = desk.client("admin")
    desk.start(item(TEXT))
    task = client.get("/review/next").headers["Location"]

    for path in ("/review/", task, "/review/people", "/review/done", "/review/nowhere", "/review/lead"):
        with client.get(path) as answer:
            policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        for part in ("form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
            assert part in policy
        assert "unsafe" not in policy


# Media


def picture_of(desk: Desk, client: Any) -> str:
    """The address of the picture on the page of the client's next task."""
    page = client.get("/review/next", follow_redirects=True).get_data(as_text=True)
    return "/review/media/" + str(page.partition('<img src="/review/media/')[2].partition('"')[0])


def start_picture(desk: Desk, data: bytes) -> None:
    uri = desk.blobs.put("media/x", data, "image/jpeg")
    desk.start(item({"id": "p0", "type": "image", "uri": uri}))


def jpeg(more: bytes = b"") -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Maker of the camera"
    Image.new("RGB", (64, 32), "red").save(out, "JPEG", exif=exif)
    return out.getvalue() + more


def test_reviewers_get_a_picture_made_anew_not_the_posted_bytes(desk: Desk) -> None:
    start_picture(desk, jpeg(b"<script>alert(1)</script>"))
    client = desk.client()
    answer = client.get(picture_of(desk, client))

    assert (answer.status_code, answer.content_type) == (200, "image/jpeg")
    assert b"<script>" not in answer.data
    assert b"Maker" not in answer.data
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"].startswith("private")


@pytest.mark.parametrize(
    "data", [b"<html><script>1</script>", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7"]
)
def test_what_is_no_picture_film_or_sound_is_not_served(desk: Desk, data: bytes) -> None:
    start_picture(desk, data)
    client = desk.client()

    assert client.get(picture_of(desk, client)).status_code == 404


def test_a_media_address_is_good_for_one_person_one_task_and_a_while(desk: Desk) -> None:
    start_picture(desk, jpeg())
    ann, bob = desk.client(), desk.client()
    address = picture_of(desk, ann)

    assert ann.get(address).status_code == 200
    assert bob.get(address).status_code == 404, "somebody else's"
    assert ann.get(address[:-2]).status_code == 404, "forged"
    assert desk.app.test_client().get(address).status_code == 303, "nobody's"
    now = desk.review.clock()
    desk.review.clock = lambda: now + timedelta(seconds=PERIODS_GOOD * PERIOD_SECONDS)
    later = desk.client()
    assert later.get(address).status_code == 404
    desk.review.clock = lambda: now
    task = desk.held()[0]
    ann.post(f"/review/tasks/{task}/release", data={"csrf": form_token(ann), "reason": "hard"})
    bob.get("/review/next")
    assert ann.get(address).status_code == 404, "somebody else's task now"


def test_sound_is_served_in_ranges(desk: Desk) -> None:
    sound = b"RIFF\x00\x01\x00\x00WAVE" + bytes(range(244))
    uri = desk.blobs.put("media/s.wav", sound, "audio/wav")
    desk.start(item({"id": "p0", "type": "audio", "uri": uri}))
    client = desk.client()
    page = client.get("/review/next", follow_redirects=True).get_data(as_text=True)
    address = page.partition('<audio src="')[2].partition('"')[0]
    whole = client.get(address)
    part = client.get(address, headers={"Range": "bytes=10-19"})
    end = client.get(address, headers={"Range": "bytes=-4"})

    assert (whole.status_code, whole.data, whole.content_type) == (200, sound, "audio/wav")
    assert (part.status_code, part.data, part.headers["Content-Range"]) == (206, sound[10:20], "bytes 10-19/256")
    assert end.data == sound[-4:]
    assert client.get(address, headers={"Range": "bytes=999-"}).status_code == 416


def test_the_secret_is_the_owners_alone_and_stays(desk: Desk) -> None:
    path = desk.settings.data / "media.secret"

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_secret(desk.settings.data) == path.read_text()
    assert len(path.read_text()) == 64
    assert [p.name for p in desk.settings.data.glob("*.secret*")] == ["media.secret"]


def test_a_user_that_is_not_there_cannot_be_shut_out(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.people.disable("nobody")


def test_groups_are_named_as_work_teams_name_them(desk: Desk) -> None:
    desk.people.add("rita", "reviewer", PASSWORD)
    desk.people.set_groups("rita", ["Größe", "/mod/a", "a=b+c"])

    assert [user.groups for user in desk.people.list()] == [("/mod/a", "Größe", "a=b+c")]
    for bad in ("", "a b", "a\n", "x" * 64, "\x00"):
        with pytest.raises(InputError):
            desk.people.set_groups("rita", [bad])
