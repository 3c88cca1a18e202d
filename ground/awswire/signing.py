"""Signature Version 4: who sent a request, proved with a key of our own, computed by botocore's own signer."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from botocore.auth import HmacV1QueryAuth, S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from ground.awswire.errors import ApiError

SKEW = timedelta(minutes=5)
UNSIGNED_CHUNKS = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
"""What S3's clients say of a body in chunks with its checksum behind, as they send it over TLS."""
LONGEST_LINK_SECONDS = 7 * 86_400
"""S3's own limit for a presigned address."""
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([A-Z0-9]{16,40})/(\d{8})/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request, ?"
    r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})"
)


def is_loopback(host: str) -> bool:
    """True of a name or address that only this machine reaches."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Signed:
    """What an ``Authorization`` header says; nothing of it is proved yet.

    Attributes:
        key_id: of a key that is in force.
        names: the signed headers, in lower case.
    """

    key_id: str
    secret: str
    day: str
    region: str
    service: str
    names: tuple[str, ...]
    signature: str


def read_authorization(headers: Mapping[str, str], service: str, secret_of: Callable[[str], str | None]) -> Signed:
    """Who says to have signed a request, and for what; enough to refuse most forgeries before their body is read.

    Args:
        headers: names in lower case.
        service: what the credential has to be scoped to: ``sagemaker`` or ``s3``. Its Region is not looked at: an
            endpoint of one's own is in whatever Region its clients think.
        secret_of: the secret of an access key id in force, or None.

    Raises:
        ApiError: unsigned, malformed, an unknown key, or scoped to something else.
    """
    if "authorization" not in headers:
        raise _refused(service, "MissingAuthenticationToken", "Request is missing Authentication Token")
    match = _AUTHORIZATION.fullmatch(headers["authorization"].strip())
    if match is None:
        raise _refused(service, "IncompleteSignature", "Authorization header is not Signature Version 4")
    key_id, day, region, given_service, names, signature = match.groups()
    secret = secret_of(key_id)
    if secret is None:
        raise _refused(service, "UnrecognizedClient", "The security token included in the request is invalid.")
    if given_service != service:
        raise _refused(service, "InvalidSignature", f"Credential should be scoped to correct service: '{service}'.")
    return Signed(key_id, secret, day, region, service, tuple(names.split(";")), signature)


def verify(signed: Signed, method: str, url: str, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Check that the request is what was signed.

    Args:
        url: as the client wrote it, path and query still encoded.
        headers: names in lower case.

    Raises:
        ApiError: too old, or not what was signed.
    """
    service, names = signed.service, signed.names
    stamp = headers.get("x-amz-date", "")
    try:
        sent_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise _refused(service, "IncompleteSignature", "X-Amz-Date is missing or malformed") from error
    if abs(now - sent_at) > SKEW or stamp[:8] != signed.day:
        raise _refused(service, "InvalidSignature", f"Signature expired or not yet current: {stamp}")
    if "host" not in names or "x-amz-date" not in names:
        raise _refused(service, "InvalidSignature", "host and x-amz-date must be signed")
    claimed = headers.get("x-amz-content-sha256")
    if not _is_payload(claimed, "x-amz-content-sha256" in names, body, service):
        raise _refused(service, "InvalidSignature", "The body is not what was signed.")
    request = AWSRequest(
        method=method, url=url, data=body, headers={name: headers[name] for name in names if name in headers}
    )
    request.context["timestamp"] = stamp
    credentials = Credentials(signed.key_id, signed.secret)
    signer = (S3SigV4Auth if service == "s3" else SigV4Auth)(credentials, service, signed.region)
    expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    if not hmac.compare_digest(expected, signed.signature):
        message = "The request signature we calculated does not match the signature you provided."
        raise _refused(service, "InvalidSignature", message)


def sign_link(url: str, key: tuple[str, str], region: str, seconds: int) -> str:
    """A presigned address, as S3 has them, where whoever has it can read one object for `seconds`.

    Args:
        url: of the object, its path encoded.
        key: access key id and secret.
    """
    request = AWSRequest(method="GET", url=url)
    S3SigV4QueryAuth(Credentials(*key), "s3", region, expires=seconds).add_auth(request)
    return str(request.url)


def verify_link(
    url: str, headers: Mapping[str, str], secret_of: Callable[[str], str | None], now: datetime, method: str = "GET"
) -> str:
    """The access key id that made a presigned address, as S3 has them; good for one object for a while.

    Args:
        headers: names in lower case; ``host`` among them.

    Raises:
        ApiError: unknown key, expired, or not what was signed.
    """
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    given = dict(query)
    scope = given.get("X-Amz-Credential", "").split("/")
    stamp, lifetime = given.get("X-Amz-Date", ""), given.get("X-Amz-Expires", "")
    if len(scope) != 5 or given.get("X-Amz-Algorithm") != "AWS4-HMAC-SHA256" or not lifetime.isdecimal():
        raise ApiError("AuthorizationQueryParametersError", "The address is not presigned as S3's are", 403)
    key_id, day, region, service, _ = scope
    secret = secret_of(key_id)
    try:
        made_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise ApiError("AuthorizationQueryParametersError", "X-Amz-Date is malformed", 403) from error
    seconds = min(int(lifetime[:9]), LONGEST_LINK_SECONDS)
    if secret is None or service != "s3" or stamp[:8] != day:
        raise ApiError("SignatureDoesNotMatch", "The address was not made with a key of ours", 403)
    if not made_at - SKEW <= now <= made_at + timedelta(seconds=seconds):
        raise ApiError("AccessDenied", "Request has expired", 403)
    unsigned = urlencode([(name, value) for name, value in query if name != "X-Amz-Signature"], quote_via=quote)
    bare = urlunsplit((parts.scheme, parts.netloc, parts.path, unsigned, ""))
    names = given.get("X-Amz-SignedHeaders", "host").split(";")
    signed = {name: headers[name] for name in {"host", *names} if name in headers}
    request = AWSRequest(method=method, url=bare, headers=signed)
    request.context["timestamp"] = stamp
    signer = S3SigV4QueryAuth(Credentials(key_id, secret), service, region)
    expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    if not hmac.compare_digest(expected, given.get("X-Amz-Signature", "")):
        raise ApiError("SignatureDoesNotMatch", "The request signature we calculated does not match yours.", 403)
    return key_id


class _OldLink(HmacV1QueryAuth):
    """Botocore's signer, for an address that says when it expires."""

    def __init__(self, key_id: str, secret: str, expires: str) -> None:
        super().__init__(Credentials(key_id, secret))
        self._expires_at = expires

    def _get_date(self) -> str:
        return self._expires_at


def verify_old_link(
    url: str,
    resource: str,
    headers: Mapping[str, str],
    secret_of: Callable[[str], str | None],
    now: datetime,
    method: str,
) -> str:
    """The access key id that made an address presigned by S3's older signature, as boto3 does when it is not told.

    Args:
        resource: bucket and key, encoded, with a slash before: what is signed of the path, wherever the endpoint is.

    Raises:
        ApiError: as `verify_link` does.
    """
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    given = dict(query)
    key_id, expires = given.get("AWSAccessKeyId", ""), given.get("Expires", "")
    secret = secret_of(key_id)
    if not expires.isdecimal():
        raise ApiError("AuthorizationQueryParametersError", "The address is not presigned as S3's are", 403)
    if secret is None:
        raise ApiError("SignatureDoesNotMatch", "The address was not made with a key of ours", 403)
    left = int(expires[:12]) - now.timestamp()
    if not 0 <= left <= LONGEST_LINK_SECONDS:
        raise ApiError("AccessDenied", "Request has expired", 403)
    # Headers that botocore signs this way it writes into the query.
    signed = HTTPHeaders()
    for name, value in query:
        if name.lower() in ("content-md5", "content-type") or name.lower().startswith("x-amz-"):
            if headers.get(name.lower(), value) != value:
                raise ApiError("SignatureDoesNotMatch", f"{name} is not what was signed", 403)
            signed[name] = value
    left_out = ("AWSAccessKeyId", "Signature", "Expires", *signed.keys())
    bare_query = urlencode([(name, value) for name, value in query if name not in left_out], quote_via=quote)
    bare = urlsplit(urlunsplit((parts.scheme, parts.netloc, parts.path, bare_query, "")))
    signer = _OldLink(key_id, secret, expires)
    expected: str = signer.sign_string(signer.canonical_string(method, bare, signed, auth_path=resource))  # type: ignore[arg-type]
    if not hmac.compare_digest(expected.encode(), given.get("Signature", "").encode()):
        raise ApiError("SignatureDoesNotMatch", "The request signature we calculated does not match yours.", 403)
    return key_id


def _is_payload(claimed: str | None, is_signed: bool, body: bytes, service: str) -> bool:
    """A signed digest of the body must be the body's. S3's clients may leave it to the connection over TLS."""
    if claimed is None or (claimed == "UNSIGNED-PAYLOAD" and not body):
        return True
    if service == "s3" and claimed in ("UNSIGNED-PAYLOAD", UNSIGNED_CHUNKS):
        return is_signed
    return is_signed and hmac.compare_digest(claimed.encode(), hashlib.sha256(body).hexdigest().encode())


_S3_NAMES = {
    "MissingAuthenticationToken": "AccessDenied",
    "IncompleteSignature": "AuthorizationHeaderMalformed",
    "UnrecognizedClient": "InvalidAccessKeyId",
    "InvalidSignature": "SignatureDoesNotMatch",
}
"""What S3 calls the faults."""


def _refused(service: str, fault: str, message: str) -> ApiError:
    return ApiError(_S3_NAMES[fault] if service == "s3" else f"{fault}Exception", message, 403)
