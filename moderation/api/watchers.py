"""Watchers: who may see figures and the reasons of readiness. To all others the service says whether it is well."""

from __future__ import annotations

import hmac
import ipaddress

from flask import request

from moderation.api.problems import Refused
from moderation.settings import PREFIX, Settings

_FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")
"""Headers by which a proxy says that somebody else asks: the address that we see is the proxy's then."""


class Watchers:
    """Knows watchers by a token, or by the address they call from.

    Args:
        settings: `metrics_token` and `metrics_from`.
    """

    def __init__(self, settings: Settings) -> None:
        self._token = (settings.metrics_token or "").encode()
        self._networks = [ipaddress.ip_network(each) for each in settings.metrics_from.split()]

    def is_one(self) -> bool:
        """True when the request that is answered comes from one of them."""
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if self._token and scheme.lower() == "bearer":
            return hmac.compare_digest(given.strip().encode(), self._token)
        if any(header in request.headers for header in _FORWARDED):
            return False
        try:
            address = ipaddress.ip_address(request.remote_addr or "")
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in self._networks)

    def admit(self) -> None:
        """Let the caller see figures.

        Raises:
            Refused: 401 where a token would do, else 403.
        """
        if self.is_one():
            return
        if self._token:
            challenge = {"WWW-Authenticate": 'Bearer realm="moderation figures"'}
            detail = f"send 'Authorization: Bearer TOKEN' with the token of {PREFIX}METRICS_TOKEN"
            raise Refused(401, "unauthorized", detail, headers=challenge)
        detail = f"figures are told to addresses in {PREFIX}METRICS_FROM, and to who has {PREFIX}METRICS_TOKEN once set"
        raise Refused(403, "forbidden", detail)
