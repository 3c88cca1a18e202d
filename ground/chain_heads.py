"""Signed heads of audit chains: where a chain stood, signed by Ed25519, to be kept where nobody can change it.

A line of JSON: ``chain``, ``position``, ``hash``, ``at``, ``key`` (the public key, base64) and ``signature`` (base64,
over the canonical JSON of the other fields; RFC 8032).
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ground.audit_chain import AuditChain, Head, canonical
from ground.errors import InputError
from ground.private_files import private_file, private_folder


class Signer:
    """The installation's key, made when it is first needed.

    Args:
        file: 32 bytes in hex, for the owner's eyes alone.
    """

    def __init__(self, file: Path) -> None:
        private_folder(file.parent)
        private_file(file)
        said = file.read_text(encoding="ascii").strip()
        if not said:
            said = os.urandom(32).hex()
            file.write_text(said + "\n", encoding="ascii")
        try:
            self._key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(said))
        except ValueError as error:
            raise InputError(f"{file} is no key: 64 digits of hex are wanted") from error

    @property
    def public_key(self) -> str:
        """In base64."""
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def signed(self, chain: str, head: Head) -> str:
        """A head as a line of JSON."""
        said = {
            "chain": chain,
            "position": head.position,
            "hash": head.hash,
            "at": head.at.isoformat(timespec="microseconds"),
            "key": self.public_key,
        }
        return self._sign(said)

    def sealed(self, document: Mapping[str, Any]) -> str:
        """A document as a line of JSON, with ``key`` and ``signature``, as `is_signed` checks it."""
        return self._sign({**document, "key": self.public_key})

    def _sign(self, said: Mapping[str, Any]) -> str:
        signature = self._key.sign(canonical(dict(said)).encode())
        return canonical({**said, "signature": base64.b64encode(signature).decode()})


def is_signed(document: Any, key: str) -> bool:
    """Whether a document carries a signature over all else that it says, by this public key (base64)."""
    try:
        said = dict(document)
        signature = base64.b64decode(said.pop("signature"), validate=True)
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
        public.verify(signature, canonical(said).encode())
    except (ValueError, KeyError, TypeError, InvalidSignature):
        return False
    return bool(said.get("key") == key)


def head_problems(lines: str, file: str, key: str, chains: dict[str, AuditChain]) -> Iterator[str]:
    """What is wrong between signed heads and the chains of now, in words; nothing when all is as it was.

    Args:
        lines: heads, one on each line.
        file: where they are from, for messages.
        key: the public key that they must be signed by.
    """
    for number, line in enumerate(lines.splitlines(), 1):
        if not line.strip():
            continue
        where = f"{file}:{number}"
        try:
            said = json.loads(line)
            name, position, wanted = str(said["chain"]), int(said["position"]), str(said["hash"])
            signature = base64.b64decode(said.pop("signature"), validate=True)
            if said["key"] != key:
                yield f"{where}: signed by another key than this installation's"
                continue
            public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
            public.verify(signature, canonical(said).encode())
        except (ValueError, KeyError, TypeError, AttributeError):
            yield f"{where}: no signed head; `moderation audit head` writes them"
            continue
        except InvalidSignature:
            yield f"{where}: the signature is wrong: the head was changed"
            continue
        if name not in chains:
            yield f"{where}: there is no chain '{name}'"
            continue
        stands = chains[name].hash_at(position)
        if stands is None:
            yield f"{where}: the {name} chain had {position:,} records and has fewer now: its end was cut off"
        elif stands != wanted:
            yield f"{where}: record {position:,} of the {name} chain is another one than then: it was written anew"
