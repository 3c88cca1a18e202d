"""A small OpenID Connect provider on loopback: whoever comes is let through, as `person` says."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jws
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "portal", "a secret of two: the provider and the portal"


class IdentityProvider:
    """What it says is in public attributes, for tests to bend.

    Args:
        issuer: where it is served.

    Attributes:
        person: claims of whoever signs in next.
        bend: changes the claims of the next id tokens; a claim of None is left out.
        sign: makes an id token of claims.
        discovery: laid over the discovery document.
        answers: by path, what is answered instead of anything else.
        has_form: people press a button first, as at a real provider; else they are sent back at once.
        asked: the parameters of the last sign-in that was begun.
    """

    key = RSAKey.generate_key(2048, parameters={"kid": "k1", "alg": "RS256", "use": "sig"})

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.keys: list[Any] = [self.key.as_dict(private=False)]
        self.person: dict[str, Any] = {"sub": "ann-1", "preferred_username": "ann", "groups": ["reviewers"]}
        self.bend: dict[str, Any] = {}
        self.sign: Callable[[Mapping[str, Any]], str] = self.signed
        self.discovery: dict[str, Any] = {}
        self.answers: dict[str, Callable[[], Any]] = {}
        self.has_form = False
        self.asked: dict[str, str] = {}
        self.token_calls = 0
        self._codes: dict[str, dict[str, str]] = {}
        self.app = self._app()

    def signed(self, claims: Mapping[str, Any], key: Any = None, **header: Any) -> str:
        """An id token signed as it should be, but for what is given."""
        head = {"alg": "RS256", "kid": "k1", **header}
        head = {name: value for name, value in head.items() if value is not None}
        return jws.serialize_compact(head, json.dumps(claims).encode(), key or self.key, algorithms=[head["alg"]])

    def other_use_of_key(self) -> Any:
        """The key without a word on which algorithm it is for."""
        return RSAKey.import_key({n: v for n, v in self.key.as_dict(private=True).items() if n not in ("alg", "use")})

    def _app(self) -> Flask:
        app = Flask("identity-provider")

        @app.before_request
        def bent() -> Any:
            return self.answers[request.path]() if request.path in self.answers else None

        @app.get("/.well-known/openid-configuration")
        def configuration() -> Response:
            document = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "scopes_supported": ["openid", "profile", "email", "groups"],
            }
            return jsonify(document | self.discovery)

        @app.get("/keys")
        def keys() -> Response:
            return jsonify({"keys": self.keys})

        @app.route("/authorize", methods=["GET", "POST"])
        def authorize() -> Any:
            self.asked = request.args.to_dict()
            if self.has_form and request.method == "GET":
                return '<link rel="icon" href="data:,"><form method="post"><button>Let me in</button></form>'
            code = secrets.token_urlsafe(16)
            self._codes[code] = self.asked
            return redirect(f"{self.asked['redirect_uri']}?{urlencode({'code': code, 'state': self.asked['state']})}")

        @app.post("/token")
        def token() -> Any:
            self.token_calls += 1
            if not self._is_client():
                return jsonify({"error": "invalid_client"}), 401
            begun = self._codes.pop(request.form.get("code", ""), None)
            if begun is None or not self._fits(begun):
                return jsonify({"error": "invalid_grant"}), 400
            now = int(time.time())
            claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": begun["nonce"]}
            bent = {name: value for name, value in (claims | self.person | self.bend).items() if value is not None}
            return jsonify({"access_token": "x", "token_type": "Bearer", "id_token": self.sign(bent)})

        return app

    def _is_client(self) -> bool:
        if "client_secret_post" in self.discovery.get("token_endpoint_auth_methods_supported", ()):
            return (request.form.get("client_id"), request.form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        given = request.authorization
        return given is not None and (given.username, given.password) == (CLIENT_ID, CLIENT_SECRET)

    def _fits(self, begun: Mapping[str, str]) -> bool:
        """True when the one who redeems a code is the one who began (PKCE, RFC 7636, section 4.6)."""
        digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return (
            begun.get("code_challenge_method") == "S256"
            and begun.get("code_challenge") == challenge
            and begun["redirect_uri"] == request.form.get("redirect_uri")
        )
