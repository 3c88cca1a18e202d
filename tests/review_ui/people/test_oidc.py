"""Signing in through an OpenID Connect provider: the whole way, what is attacked on it, and what breaks on it."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
import urllib3
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from werkzeug.serving import make_server

from ground.media_store import open_blobs
from moderation.cli import run as run_command
from moderation.core.errors import SettingsError
from moderation.settings import load_settings
from review_ui import tables
from review_ui.opening import open_review
from review_ui.people.id_tokens import SignInRefused, verify
from review_ui.people.identities import Identities, Identity
from review_ui.people.oidc import read_settings
from review_ui.people.people import People
from review_ui.portal import blueprint
from review_ui.portal.oidc_pages import ATTEMPT_SECONDS
from review_ui.server import A2IServer
from tests.examples import examples
from tests.houses.desk import PASSWORD, Desk, form_token, sign_in
from tests.pages import complaints
from tests.review_ui.people.oidc_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider
from tests.waiting import PATIENCE_SECONDS, free_port

START, CALLBACK = "/review/oidc/start", "/review/oidc/callback"
NAMED = {"oidc_issuer": "https://id.example", "oidc_client_id": "portal", "oidc_roles": "a=admin"}


@pytest.fixture(scope="module")
def serve_provider() -> Iterator[Callable[[], IdentityProvider]]:
    """Gives fresh providers, one after the other, at one address."""
    serving: list[Flask] = []
    http = make_server("127.0.0.1", 0, lambda environ, start: serving[-1](environ, start), threaded=True)
    thread = threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True)
    thread.start()

    def serve() -> IdentityProvider:
        opened = IdentityProvider(f"http://127.0.0.1:{http.port}")
        serving.append(opened.app)
        return opened

    yield serve
    http.shutdown()
    thread.join(timeout=PATIENCE_SECONDS)
    http.server_close()


@pytest.fixture
def provider(serve_provider: Callable[[], IdentityProvider]) -> IdentityProvider:
    return serve_provider()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The database that all desks of this file share; each finds it empty."""
    opened = Desk(tmp_path_factory.mktemp("oidc"))
    yield opened
    opened.review.close()


@pytest.fixture
def open_desk(house: Desk, provider: IdentityProvider) -> Callable[..., Desk]:
    """Opens a desk that trusts the provider."""
    for table in (tables.sign_ins, tables.user_groups, tables.identities, tables.users):
        house.review.database.write(lambda c, table=table: c.execute(sa.delete(table)), step="test.write")
    house.pass_time(seconds=0)

    def opener(**given: Any) -> Desk:
        named = {
            "oidc_issuer": provider.issuer,
            "oidc_client_id": CLIENT_ID,
            "oidc_client_secret": CLIENT_SECRET,
            "oidc_roles": "admins=admin leads=lead /mod/owners=policy_owner reviewers=reviewer",
        }
        house.settings = load_settings(data=house.settings.data, **named | given)
        house.app = Flask("desk")
        house.app.register_blueprint(blueprint(house.review, house.blobs, house.settings), url_prefix="/review")
        return house

    return opener


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    return open_desk()


def go_there(client: Any) -> str:
    """Begin to sign in and pass the provider; where it sends the browser back to, without the host."""
    there = client.get(START)
    assert there.status_code == 303, there.get_data(as_text=True)
    answer = urllib3.request("GET", there.headers["Location"], redirect=False)
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def come_in(desk: Desk, client: Any = None) -> tuple[Any, Any]:
    """The whole way; the client, and what it was answered at the end."""
    client = client or desk.app.test_client()
    return client, client.get(go_there(client))


def people(desk: Desk) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(user.name, user.role, user.groups) for user in desk.people.list()]


def words(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def is_in(client: Any) -> bool:
    return bool(client.get("/review/").status_code == 200)


def test_somebody_in_a_mapped_group_is_made_and_let_in(desk: Desk, provider: IdentityProvider) -> None:
    provider.person |= {"groups": ["reviewers", "staff", "with blank", 7, "leads"]}
    client, answer = come_in(desk)

    assert answer.status_code == 200
    assert "You are signed in" in words(answer)
    assert is_in(client)
    assert people(desk) == [("ann", "lead", ("leads", "reviewers", "staff"))], "the first of oidc_roles counts"
    assert "SameSite=Strict" in answer.headers.getlist("Set-Cookie")[0]
    assert provider.asked["code_challenge_method"] == "S256"
    assert provider.asked["response_type"] == "code"
    assert provider.asked["scope"] == "openid profile email groups"


def test_groups_are_read_from_the_claim_that_is_set(open_desk: Callable[..., Desk], provider: IdentityProvider) -> None:
    desk = open_desk(oidc_groups_claim="cognito:groups")
    provider.person |= {"groups": ["admins"], "cognito:groups": ["reviewers"]}
    come_in(desk)

    assert people(desk) == [("ann", "reviewer", ("reviewers",))]


def test_the_same_person_comes_again_with_another_name_role_and_groups(desk: Desk, provider: IdentityProvider) -> None:
    come_in(desk)
    provider.person |= {"preferred_username": "ann.married", "groups": ["/mod/owners"]}
    client, _ = come_in(desk)

    assert people(desk) == [("ann", "policy_owner", ("/mod/owners",))]
    assert "policy owner" in words(client.get("/review/"))


def test_issuer_and_subject_say_who_it_is_and_no_name_does(desk: Desk, provider: IdentityProvider) -> None:
    desk.people.add("Admin", "admin", PASSWORD)
    wanted = ["admin", "admin", "Zoë Groß", "<b>", None]
    for number, name in enumerate(wanted):
        provider.person = {"sub": f"s{number}", "preferred_username": name, "groups": "reviewers"}
        come_in(desk)
    provider.person = {"sub": "s9", "email": "mia@corp.example", "groups": ["reviewers"]}
    come_in(desk)
    provider.person = {"sub": "s10", "email": "boss@corp.example", "email_verified": False, "groups": ["reviewers"]}
    come_in(desk)

    names = {user.name for user in desk.people.list()}
    assert names == {"Admin", "admin-2", "admin-3", "zoe-gro", "b", "person", "mia@corp.example", "person-2"}
    assert sign_in(desk.app.test_client(), "Admin").status_code == 303, "nobody took the account over"


@pytest.mark.parametrize("groups", [["staff"], [], None, 7, {"reviewers": True}, ["Reviewers", "reviewers "]])
def test_somebody_in_no_mapped_group_is_refused_and_open_sessions_end(
    desk: Desk, provider: IdentityProvider, groups: Any
) -> None:
    earlier, _ = come_in(desk)
    provider.person |= {"groups": groups}
    client, answer = come_in(desk)
    stranger = provider.person | {"sub": "stranger"}
    provider.person = stranger
    _, refused = come_in(desk)

    assert (answer.status_code, refused.status_code) == (403, 403)
    assert "in no group that may use this portal" in words(answer)
    assert not is_in(client)
    assert not is_in(earlier)
    assert len(people(desk)) == 1, "nobody is made who may not come in"


def test_more_groups_than_anybody_has_are_refused(desk: Desk, provider: IdentityProvider) -> None:
    provider.person |= {"groups": ["reviewers", *map(str, range(1001))]}

    assert come_in(desk)[1].status_code == 403


def test_somebody_shut_out_stays_out(desk: Desk, provider: IdentityProvider) -> None:
    client, _ = come_in(desk)
    desk.people.disable("ann")
    provider.person |= {"groups": ["admins"]}
    again, answer = come_in(desk)

    assert not is_in(client)
    assert answer.status_code == 403
    assert "shut you out" in words(answer)
    assert not is_in(again)
    assert people(desk) == [("ann", "reviewer", ("reviewers",))]


def test_a_person_of_the_provider_has_no_password(desk: Desk) -> None:
    come_in(desk)

    for guess in ("", "ann", "nobody", PASSWORD):
        assert sign_in(desk.app.test_client(), "ann", guess).status_code == 401


def test_two_first_sign_ins_of_one_person_make_one(desk: Desk) -> None:
    first, second = desk.app.test_client(), desk.app.test_client()
    ways = go_there(first), go_there(second)

    assert [first.get(ways[0]).status_code, second.get(ways[1]).status_code] == [200, 200]
    assert len(people(desk)) == 1


@pytest.mark.postgres
def test_sign_ins_of_one_person_at_the_same_time_make_one(tmp_path: Path, postgres_url: str) -> None:
    engine = sa.create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()
    settings = load_settings(data=tmp_path, review_database_url=postgres_url)
    review = open_review(settings, blobs=open_blobs(settings))
    identities = Identities(review.database)
    ann, other = Identity("https://id.example", "1", "ann"), Identity("https://id.example", "2", "ann")
    try:
        with ThreadPoolExecutor(8) as threads:
            tokens = list(threads.map(lambda who: identities.sign_in(who, "lead", ["a"], 1), [ann, other] * 8))
        signed_in = {session.user.name for token in tokens if (session := People(review.database).session(token))}
        named = {user.name for user in People(review.database).list()}
    finally:
        review.close()

    assert len(set(tokens)) == 16
    assert signed_in == named == {"ann", "ann-2"}


def encoded(document: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def resigned(provider: IdentityProvider, **header: Any) -> Callable[[Any], str]:
    """Signs with a key of an attacker's own."""
    key = RSAKey.generate_key(2048)
    return lambda claims: provider.signed(claims, key, **header)


FORGERIES: dict[str, Callable[[IdentityProvider], Any]] = {
    "wrong nonce": lambda p: p.bend.update(nonce="of another sign-in"),
    "no nonce": lambda p: p.bend.update(nonce=None),
    "expired": lambda p: p.bend.update(exp=int(time.time()) - 61, iat=int(time.time()) - 400),
    "never expires": lambda p: p.bend.update(exp=None),
    "expires when?": lambda p: p.bend.update(exp="tomorrow"),
    "of tomorrow": lambda p: p.bend.update(iat=int(time.time()) + 86_400),
    "not yet": lambda p: p.bend.update(nbf=int(time.time()) + 86_400),
    "other audience": lambda p: p.bend.update(aud="another-portal"),
    "two audiences, nobody's": lambda p: p.bend.update(aud=[CLIENT_ID, "another-portal"]),
    "two audiences, the other's": lambda p: p.bend.update(aud=[CLIENT_ID, "another-portal"], azp="another-portal"),
    "other audience, on our behalf": lambda p: p.bend.update(aud="another-portal", azp=CLIENT_ID),
    "no audience": lambda p: p.bend.update(aud=None),
    "other issuer": lambda p: p.bend.update(iss="https://evil.example"),
    "no subject": lambda p: p.bend.update(sub=None),
    "empty subject": lambda p: p.bend.update(sub=""),
    "subject of another type": lambda p: p.bend.update(sub=7),
    "long subject": lambda p: p.bend.update(sub="x" * 256),
    "odd subject": lambda p: p.bend.update(sub="a\ud800\x00"),
    "alg none": lambda p: setattr(p, "sign", lambda c: f"{encoded({'alg': 'none'})}.{encoded(c)}."),
    "alg none, signed": lambda p: setattr(p, "sign", lambda c: f"{encoded({'alg': 'none', 'kid': 'k1'})}.{encoded(c)}.AA"),
    "no signature": lambda p: setattr(p, "sign", lambda c: p.signed(c).rpartition(".")[0] + "."),
    "changed": lambda p: setattr(p, "sign", lambda c: p.signed(c).replace(".", f".{encoded(c)}.", 1).rpartition(".")[0]),
    "unknown key": lambda p: setattr(p, "sign", resigned(p, kid="k2")),
    "key of the same name": lambda p: setattr(p, "sign", resigned(p)),
    "key in the header": lambda p: setattr(p, "sign", resigned(p, jwk=p.key.as_dict(private=False))),
    "public key as a shared secret": lambda p: setattr(
        p, "sign", lambda c: p.signed(c, OctKey.import_key({"kty": "oct", "k": p.keys[0]["n"]}), alg="HS256")
    ),
    "client secret as the key": lambda p: setattr(
        p, "sign", lambda c: p.signed(c, OctKey.import_key(CLIENT_SECRET), alg="HS256")
    ),
    "other algorithm than the key's": lambda p: setattr(p, "sign", lambda c: p.signed(c, p.other_use_of_key(), alg="PS256")),
    "key for hiding, not signing": lambda p: p.keys[0].update(use="enc"),
    "withdrawn key": lambda p: p.keys.clear(),
    "no token": lambda p: setattr(p, "sign", lambda c: "not.a.token"),
}  # fmt: skip


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_id_token_lets_nobody_in(desk: Desk, provider: IdentityProvider, forgery: str) -> None:
    FORGERIES[forgery](provider)
    client, answer = come_in(desk)

    assert provider.token_calls == 1
    assert answer.status_code == 403, words(answer)
    assert "cannot be trusted" in words(answer)
    assert not is_in(client)
    assert people(desk) == []


def test_a_provider_may_sign_with_other_keys_and_change_them(desk: Desk, provider: IdentityProvider) -> None:
    curve = ECKey.generate_key("P-256", parameters={"kid": "e1"})
    edwards = OKPKey.generate_key("Ed25519", parameters={"kid": "o1"})
    published = [key.as_dict(private=False) for key in (curve, edwards)]
    provider.keys = [None, 7, {"kty": "AKP", "kid": "pq"}, {"kty": "RSA"}, *published, *provider.keys]
    statuses = [come_in(desk)[1].status_code]
    provider.sign = lambda claims: provider.signed(claims, curve, alg="ES256", kid="e1")
    statuses.append(come_in(desk)[1].status_code)
    provider.sign = lambda claims: provider.signed(claims, edwards, alg="Ed25519", kid="o1")
    statuses.append(come_in(desk)[1].status_code)
    provider.keys = [provider.keys[4]]
    provider.sign = lambda claims: provider.signed(claims, curve, alg="ES256", kid=None)
    statuses.append(come_in(desk)[1].status_code)

    assert statuses == [200, 200, 200, 200]


def test_a_short_key_is_not_taken(desk: Desk, provider: IdentityProvider) -> None:
    with pytest.warns(SecurityWarning):
        short = RSAKey.generate_key(1024)
    provider.keys = [{**short.as_dict(private=False), "kid": "k1"}]
    provider.sign = lambda claims: provider.signed(claims, short)

    assert come_in(desk)[1].status_code == 403


def test_the_state_of_another_browser_is_not_taken(desk: Desk, provider: IdentityProvider) -> None:
    victim, attacker = desk.app.test_client(), desk.app.test_client()
    way_of_attacker = go_there(attacker)

    assert victim.get(way_of_attacker).status_code == 400, "the victim began nothing"
    own_way = go_there(victim)
    answer = victim.get(way_of_attacker)
    assert answer.status_code == 400
    assert "not begun in this browser" in words(answer)
    assert victim.get(f"{CALLBACK}?code=x&state=%ff%00").status_code == 400
    assert provider.token_calls == 0, "the codes were not even redeemed"
    assert victim.get(own_way).status_code == 200, "and the victim's own sign-in still works"


def test_a_code_counts_once(desk: Desk, provider: IdentityProvider) -> None:
    client = desk.app.test_client()
    way = go_there(client)
    cookie = client.get_cookie("review_oidc", path=CALLBACK).value
    answer = client.get(way)
    thief = desk.app.test_client()
    thief.set_cookie("review_oidc", cookie, path=CALLBACK)
    replayed = thief.get(way)

    assert answer.status_code == 200
    assert client.get_cookie("review_oidc", path=CALLBACK) is None
    assert client.get(way).headers["Location"] == "/review/", "loaded again by who is in already"
    assert (replayed.status_code, is_in(thief)) == (403, False)


def test_a_stolen_code_is_worth_nothing_in_another_sign_in(desk: Desk, provider: IdentityProvider) -> None:
    stolen = parse_qs(urlsplit(go_there(desk.app.test_client())).query)["code"][0]
    thief = desk.app.test_client()
    state = parse_qs(urlsplit(go_there(thief)).query)["state"][0]

    assert thief.get(f"{CALLBACK}?code={stolen}&state={state}").status_code == 403, "PKCE: the verifier is not with it"
    assert not is_in(thief)


def test_a_sign_in_ends_after_a_while_and_its_cookie_cannot_be_written(desk: Desk) -> None:
    client = desk.app.test_client()
    way = go_there(client)
    forged = desk.app.test_client()
    forged.set_cookie("review_oidc", client.get_cookie("review_oidc", path=CALLBACK).value[:-2], path=CALLBACK)

    assert forged.get(way).status_code == 400
    desk.pass_time(seconds=ATTEMPT_SECONDS + 1)
    answer = client.get(way)
    assert answer.status_code == 400
    assert "took too long" in words(answer)


def test_the_cookie_of_a_sign_in_survives_the_way_back_and_no_script_reads_it(desk: Desk) -> None:
    plain = desk.app.test_client().get(START).headers["Set-Cookie"]
    over_tls = desk.app.test_client().get(START, base_url="https://localhost").headers["Set-Cookie"]

    for part in ("HttpOnly", "SameSite=Lax", f"Path={CALLBACK}", f"Max-Age={ATTEMPT_SECONDS}"):
        assert part in plain
    assert ("Secure" in plain, "Secure" in over_tls) == (False, True)


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("error=access_denied&error_description=Call+0900-EVIL", 403, "did not let you in"),
        ("", 400, "no code"),
        (f"code={'x' * 4097}", 400, "no code"),
        ("code=never-given", 403, "was used before"),
        ("code=%00%E2%98%83+%25zz%ff", 403, "was used before"),
        ("code=x&iss=https://evil.example", 400, "another sign-in provider"),
    ],
)
def test_what_comes_back_without_a_good_code_is_explained(desk: Desk, query: str, status: int, said: str) -> None:
    client = desk.app.test_client()
    state = parse_qs(urlsplit(go_there(client)).query)["state"][0]
    answer = client.get(f"{CALLBACK}?state={state}&{query}")

    assert answer.status_code == status
    assert said in words(answer)
    assert "EVIL" not in words(answer), "others do not write on our pages"
    assert "Sign in</a>" in words(answer), "the way to begin anew"


def html() -> Any:
    return "<html>Service unavailable</html>", 503


NONSENSE: dict[str, Callable[[IdentityProvider], Any]] = {
    "discovery is a page": lambda p: p.answers.update({"/.well-known/openid-configuration": html}),
    "discovery is a list": lambda p: p.answers.update({"/.well-known/openid-configuration": lambda: "[]"}),
    "discovery is deep": lambda p: p.answers.update({"/.well-known/openid-configuration": lambda: "[" * 200_000}),
    "discovery has no end": lambda p: p.discovery.update(filler="x" * 300_000),
    "discovery leads elsewhere": lambda p: p.answers.update(
        {"/.well-known/openid-configuration": lambda: ("", 302, {"Location": "/keys"})}
    ),
    "another issuer": lambda p: p.discovery.update(issuer="https://evil.example"),
    "no authorization endpoint": lambda p: p.discovery.update(authorization_endpoint=None),
    "authorization endpoint is a script": lambda p: p.discovery.update(authorization_endpoint="javascript:alert(1)"),
    "authorization endpoint out of no alphabet": lambda p: p.discovery.update(
        authorization_endpoint="https://\ud800.example"
    ),
    "token endpoint without TLS": lambda p: p.discovery.update(token_endpoint="http://id.example/token"),
    "keys without TLS": lambda p: p.discovery.update(jwks_uri="http://192.0.2.1/keys"),
    "keys in a file": lambda p: p.discovery.update(jwks_uri="file:///etc/passwd"),
    "no way to give the secret": lambda p: p.discovery.update(token_endpoint_auth_methods_supported=["private_key_jwt"]),
}  # fmt: skip


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_a_provider_that_talks_nonsense_is_said_so(desk: Desk, provider: IdentityProvider, nonsense: str) -> None:
    NONSENSE[nonsense](provider)
    answer = desk.app.test_client().get(START)

    assert answer.status_code == 502
    assert "The sign-in provider does not answer" in words(answer)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/token", html),
        ("/token", lambda: "[]"),
        ("/token", lambda: "{}"),
        ("/token", lambda: ({"id_token": 7, "expires_in": "soon"}, 200)),
        ("/token", lambda: ({"error": ["x"], "error_description": "\x00"}, 400)),
        ("/token", lambda: ({"error": "invalid_client"}, 401)),
        ("/token", lambda: ("", 307, {"Location": "/elsewhere"})),
        ("/token", lambda: ("x" * 300_000, 200)),
        ("/keys", html),
        ("/keys", lambda: ({"keys": "k1"}, 200)),
        ("/keys", lambda: ({}, 200)),
    ],
)
def test_a_provider_that_breaks_half_way_is_said_so(
    desk: Desk, provider: IdentityProvider, path: str, answer: Callable[[], Any]
) -> None:
    provider.answers[path] = answer
    client, page = come_in(desk)

    assert page.status_code == 502
    assert "The sign-in provider does not answer" in words(page)
    assert not is_in(client)


def test_a_provider_that_is_down_keeps_passwords_working(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(oidc_issuer=f"http://127.0.0.1:{free_port()}")
    desk.people.add("rita", "reviewer", PASSWORD)

    assert desk.app.test_client().get(START).status_code == 502
    assert sign_in(desk.app.test_client(), "rita").status_code == 303


def test_a_provider_that_is_slow_does_not_hold_all_threads(
    open_desk: Callable[..., Desk], provider: IdentityProvider
) -> None:
    desk = open_desk(threads=4)
    inside: list[int] = []

    def meanwhile() -> Any:
        # While the one talk that four threads allow is here, somebody else wants to sign in.
        if not inside:
            inside.append(desk.app.test_client().get(START).status_code)
        return None

    provider.answers["/.well-known/openid-configuration"] = meanwhile
    first = desk.app.test_client().get(START)

    assert (first.status_code, inside) == (303, [502])


def test_the_secret_goes_as_the_provider_wants_it(open_desk: Callable[..., Desk], provider: IdentityProvider) -> None:
    provider.discovery = {
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "scopes_supported": ["openid"],
    }
    answer = come_in(open_desk())[1]

    assert answer.status_code == 200
    assert provider.asked["scope"] == "openid profile email"


def test_the_way_back_is_the_public_address(open_desk: Callable[..., Desk], provider: IdentityProvider) -> None:
    client = open_desk(public_url="https://mod.example/inner/").app.test_client()
    back = go_there(client)

    assert provider.asked["redirect_uri"] == "https://mod.example/inner/review/oidc/callback"
    assert client.get(back.removeprefix("/inner")).status_code == 200


def test_only_the_provider_when_no_passwords_are_taken(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(oidc_only=True)
    desk.people.add("rita", "reviewer", PASSWORD)
    client = desk.app.test_client()
    page = words(client.get("/review/sign-in"))

    assert "Sign in with your organisation" in page
    assert "<form" not in page
    assert sign_in(client, "rita").status_code == 403
    assert come_in(desk)[1].status_code == 200


def test_passwords_and_the_provider_stand_beside_each_other(desk: Desk) -> None:
    desk.people.add("rita", "reviewer", PASSWORD)
    client = desk.app.test_client()
    page = words(client.get("/review/sign-in"))

    assert f'href="{START}"' in page
    assert sign_in(client, "rita").status_code == 303
    assert client.get(START).headers["Location"] == "/review/", "whoever is in already"


def test_without_a_provider_there_is_no_way_to_one(open_desk: Callable[..., Desk]) -> None:
    with_one = {str(rule) for rule in open_desk().app.url_map.iter_rules()}
    plain = open_desk(oidc_issuer=None, oidc_client_id=None)
    client = plain.app.test_client()

    assert [client.get(path).status_code for path in (START, CALLBACK)] == [404, 404]
    assert "organisation" not in words(client.get("/review/sign-in"))
    assert with_one - {str(rule) for rule in plain.app.url_map.iter_rules()} == {START, CALLBACK}


def test_neither_tokens_nor_claims_are_logged(
    desk: Desk, provider: IdentityProvider, caplog: pytest.LogCaptureFixture
) -> None:
    provider.person |= {"email": "ann@private.example", "preferred_username": "ann-private"}
    with caplog.at_level("DEBUG"):
        come_in(desk)
        provider.bend = {"nonce": "ann-private"}
        come_in(desk)

    ours = " ".join(r.getMessage() for r in caplog.records if r.name.startswith(("moderation", "review_ui")))
    assert "sign-in refused" in ours
    assert "private" not in ours
    assert provider.asked["state"] not in ours


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"oidc_issuer": "http://id.example"}, "oidc_issuer"),
        ({"oidc_issuer": "id.example"}, "oidc_issuer"),
        ({"oidc_issuer": "https://id.example/?tenant=1"}, "oidc_issuer"),
        ({"oidc_issuer": None, "oidc_only": True}, "oidc_issuer"),
        ({"oidc_issuer": None}, "oidc_issuer"),
        ({"oidc_client_id": None}, "oidc_client_id"),
        ({"oidc_client_secret": "g\u00e4heim"}, "oidc_client_secret"),
        ({"oidc_roles": ""}, "oidc_roles"),
        ({"oidc_roles": "staff=king"}, "oidc_roles"),
        ({"oidc_roles": "reviewer"}, "oidc_roles"),
        ({"oidc_roles": "=reviewer"}, "oidc_roles"),
        ({"oidc_roles": f"{'x' * 64}=reviewer"}, "oidc_roles"),
    ],
)
def test_settings_that_do_not_fit_together_stop_the_start(tmp_path: Path, given: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=f"setting {named}"):
        A2IServer(load_settings(data=tmp_path / "data", port=0, **NAMED | given))


def test_roles_are_read_up_to_the_last_equals_sign(tmp_path: Path) -> None:
    read = read_settings(load_settings(data=tmp_path, **NAMED | {"oidc_roles": "cn=mods,dc=corp=lead\n a=reviewer "}))

    assert read is not None
    assert read.roles == (("cn=mods,dc=corp", "lead"), ("a", "reviewer"))


def test_the_first_start_makes_no_admin_when_no_passwords_are_taken(tmp_path: Path) -> None:
    with A2IServer(load_settings(data=tmp_path / "data", port=0, **NAMED, oidc_only=True)) as server:
        assert server.first_admin_password is None
        assert People(server.review.database).list() == []


@pytest.mark.usefixtures("one_policy")
def test_doctor_asks_the_provider(
    provider: IdentityProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    named = {"ISSUER": provider.issuer, "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": CLIENT_SECRET, "ROLES": "a=lead"}
    for name, value in named.items():
        monkeypatch.setenv(f"MODERATION_OIDC_{name}", value)
    run_command(["doctor", "--data", str(tmp_path)])
    well = capsys.readouterr().out
    provider.discovery = {"issuer": "https://id.example/other"}
    run_command(["doctor", "--data", str(tmp_path)])
    ill = capsys.readouterr().out
    run_command(["doctor", "--settings"])

    assert "ok     sign-in to the portal" in well
    assert "wrong  sign-in to the portal" in ill
    assert "calls itself 'https://id.example/other'" in ill
    assert CLIENT_SECRET not in capsys.readouterr().out


KEY = RSAKey.generate_key(2048, parameters={"kid": "k1"})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = ("kty", "kid", "use", "alg", "n", "e", "crv", "x", "y")
KEYS = JSON | st.dictionaries(st.sampled_from(MEMBERS), st.sampled_from(["RSA", "EC", "k1", "AQAB", "P-256"]) | JSON)
HEADERS = st.dictionaries(
    st.sampled_from(["alg", "kid", "crit", "typ", "b64", "jwk"]),
    st.sampled_from(["RS256", "none", "ES256", "k1"]) | JSON,
)


@settings(max_examples=examples(60), deadline=None)
@given(header=HEADERS | JSON, claims=JSON, keys=st.lists(KEYS, max_size=3), tail=st.text(max_size=20))
def test_whatever_a_provider_sends_as_a_token_is_refused_and_breaks_nothing(
    header: Any, claims: Any, keys: list[Any], tail: str
) -> None:
    token = f"{encoded(header)}.{encoded(claims)}.{tail}"
    for known in (keys, [KEY.as_dict(private=False)]):
        with pytest.raises(SignInRefused):
            verify(token, known, issuer="i", client_id="c", nonce="n", now=0)


@pytest.mark.browser
def test_the_whole_way_in_a_real_browser_across_two_sites(
    desk: Desk, provider: IdentityProvider, live_server: Callable[[Flask], str], open_page: Callable[..., Any]
) -> None:
    # Cookies tell sites apart by name, not by port: the provider is 127.0.0.1, the portal localhost. And what counts as
    # the site that a request comes from is the last page on which somebody pressed something: that must be the provider's.
    provider.has_form = True
    root = live_server(desk.app).replace("127.0.0.1", "localhost")
    page = open_page()
    page.goto(f"{root}/review/")
    page.get_by_role("link", name="Sign in with your organisation").click()
    page.get_by_role("button", name="Let me in").click()
    page.wait_for_url("**/review/")

    assert page.locator(".who").inner_text().startswith("ann")
    assert page.complaints == []
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert cookies["review_session"]["sameSite"] == "Strict"
    assert "review_oidc" not in cookies
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="Sign in with your organisation").wait_for()

    plain = open_page(bypass_csp=True)  # for axe's own script
    plain.goto(f"{root}/review/sign-in")
    assert complaints(plain) == []


def test_an_identity_is_stored_as_issuer_and_subject(desk: Desk, provider: IdentityProvider) -> None:
    come_in(desk)
    rows = desk.review.database.read(lambda c: c.execute(sa.select(tables.identities)).all())

    assert [(row.issuer, row.subject) for row in rows] == [(provider.issuer, "ann-1")]
    assert form_token(desk.app.test_client(), "/review/sign-in") != ""
