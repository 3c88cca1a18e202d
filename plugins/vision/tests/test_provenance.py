"""What metadata says about how a picture was made: stated types, manifests that fit and that do not, and silence."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moderation_vision.provenance import KINDS, OTHER, Provenance, label_of
from PIL import Image

from moderation.core.policy.checks import parse_policy
from moderation.core.taxonomy import Taxonomy
from moderation.hookspecs import Unreadable
from moderation.testing import DetectorContract, FakeContext
from tests.pictures import picture

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
AS_ATTRIBUTE = '<rdf:Description Iptc4xmpExt:DigitalSourceType="{}"/>'
AS_ELEMENT = "<rdf:Description><Iptc4xmpExt:DigitalSourceType>{}</Iptc4xmpExt:DigitalSourceType></rdf:Description>"
AS_RESOURCE = '<rdf:Description><Iptc4xmpExt:DigitalSourceType rdf:resource="{}"/></rdf:Description>'


def stated(code: str, form: str = AS_ATTRIBUTE, kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    xmp = f"<x:xmpmeta><rdf:RDF>{form.format(IPTC + code)}</rdf:RDF></x:xmpmeta>".encode()
    Image.new("RGB", (64, 48), "teal").save(out, kind, xmp=xmp)
    return out.getvalue()


def found(data: bytes) -> dict[str, float]:
    with TemporaryDirectory() as folder:
        context = FakeContext(Path(folder))
        return {each.label: each.confidence for each in Provenance().detect(context.media(data), context)}


@pytest.mark.parametrize("form", [AS_ATTRIBUTE, AS_ELEMENT, AS_RESOURCE])
@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_source_type_is_read_however_xmp_writes_it(form: str, kind: str) -> None:
    assert found(stated("trainedAlgorithmicMedia", form, kind)) == {"Source/MADE_BY_AI": 99.0}


def test_each_of_iptcs_types_has_a_label_and_others_are_said_to_be_others() -> None:
    assert all(label_of(code.upper()) == label for code, label in KINDS.items())
    assert set(KINDS.values()) <= set(Taxonomy().labels)
    assert found(stated("somethingNew")) == {OTHER: 99.0}


def test_of_a_picture_that_says_nothing_nothing_is_found_and_that_is_no_look() -> None:
    assert found(picture(40)) == {}
    assert Provenance.examines is False, "no picture is approved because it says nothing"


@given(st.binary(max_size=400))
def test_whatever_stands_in_xmp_there_is_an_answer(junk: bytes) -> None:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG", xmp=b"DigitalSourceType" + junk)

    assert set(found(out.getvalue())) <= set(Provenance.labels)


def credentials(data: bytes) -> bytes:
    """The picture signed, as a program that makes pictures by a model does it, with a certificate made here."""
    import c2pa
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def name(text: str) -> x509.Name:
        said = [(NameOID.COUNTRY_NAME, "CH"), (NameOID.ORGANIZATION_NAME, "Test"), (NameOID.COMMON_NAME, text)]
        return x509.Name([x509.NameAttribute(*each) for each in said])

    def made(subject: str, issuer: str, key: Any, signer: Any, *more: tuple[Any, bool]) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer))
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=30))
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        builder = builder.add_extension(identifier, critical=False)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        for extension, is_critical in more:
            builder = builder.add_extension(extension, critical=is_critical)
        return builder.sign(signer, hashes.SHA256())

    root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign", "encipher_only", "decipher_only"), False)  # fmt: skip
    signs = x509.KeyUsage(digital_signature=True, key_cert_sign=False, **usage)
    certifies = x509.KeyUsage(digital_signature=True, key_cert_sign=True, **usage)
    mail = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
    ca = made("root", "root", root, root, (x509.BasicConstraints(ca=True, path_length=None), True), (certifies, True))
    cert = made("leaf", "root", leaf, root, (x509.BasicConstraints(False, None), True), (signs, True), (mail, False))
    pem = serialization.Encoding.PEM
    chain = cert.public_bytes(pem) + ca.public_bytes(pem)
    private = leaf.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    action = {"action": "c2pa.created", "digitalSourceType": f"{IPTC}trainedAlgorithmicMedia"}
    manifest = {
        "claim_generator_info": [{"name": "test", "version": "1"}],
        "assertions": [{"label": "c2pa.actions", "data": {"actions": [action]}}],
    }
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", chain, private, None))
    out = io.BytesIO()
    context = c2pa.Context(c2pa.Settings.from_dict({"verify": {"verify_trust": False, "verify_after_sign": False}}))
    c2pa.Builder(manifest, context=context).sign(signer, "image/jpeg", io.BytesIO(data), out)
    return out.getvalue()


def test_a_manifest_that_fits_is_told_from_one_that_does_not() -> None:
    signed = credentials(picture(40))
    end = signed.rindex(b"\xff\xd9")
    changed = signed[: end - 8] + bytes(8) + signed[end:]

    assert found(signed) == {"Source/CREDENTIALS_VALID": 99.0, "Source/MADE_BY_AI": 99.0}
    assert found(changed) == {"Source/CREDENTIALS_BROKEN": 99.0, "Source/MADE_BY_AI": 60.0}


def test_a_manifest_that_nothing_here_can_check_is_said_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "c2pa", None)
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG", comment=b"jumd\x00\x11\x00\x10c2pa\x00")

    assert found(out.getvalue()) == {"Source/CREDENTIALS_UNCHECKED": 99.0}


def test_a_manifest_that_cannot_be_read_is_a_failure_and_not_silence() -> None:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG", comment=b"jumd\x00\x11\x00\x10c2pa\x00")

    with pytest.raises(Unreadable, match="content credentials"):
        found(out.getvalue())


def test_a_policy_asks_for_it_like_for_any_label() -> None:
    made, slips = parse_policy(
        {
            "policy": "p",
            "format": 1,
            "applies_to": {"content_type": ["image"]},
            "if_nothing_matches": "approve",
            "if_a_detector_fails": "reject",
            "rules": [
                {
                    "id": "by-ai",
                    "when": {"label": "Source/MADE_BY_AI", "at_least": 90},
                    "then": "approve",
                    "actions": {"badge": "made with AI"},
                }
            ],
        },
        Taxonomy(),
        detectors=["vision.provenance"],
    )
    assert (made is not None, slips) == (True, [])


class TestProvenance(DetectorContract):
    detector = Provenance
    finds = ((stated("trainedAlgorithmicMedia"), "Source/MADE_BY_AI"),)
    ignores = (picture(40),)
