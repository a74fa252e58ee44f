"""Signed tokens and the keys to check them with."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

RSA = rsa.generate_private_key(65537, 2048)
OTHER_RSA = rsa.generate_private_key(65537, 2048)
ELLIPTIC = ec.generate_private_key(ec.SECP256R1())
_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "256": hashes.SHA256,
    "384": hashes.SHA384,
    "512": hashes.SHA512,
}
_COORDINATE_BYTES = 32


def encode(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _number(value: int, length: int = 0) -> str:
    return encode(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))


def public_key(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, key_id: str, *, alg: str | None = ""
) -> dict[str, str]:
    """A key as providers publish it; `alg` None leaves its algorithm out."""
    described: dict[str, str] = {"kid": key_id, "use": "sig"}
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        described |= {"kty": "RSA", "alg": "RS256", "n": _number(numbers.n), "e": _number(numbers.e)}
    else:
        point = key.public_key().public_numbers()
        x, y = (_number(value, _COORDINATE_BYTES) for value in (point.x, point.y))
        described |= {"kty": "EC", "alg": "ES256", "crv": "P-256", "x": x, "y": y}
    if alg is None:
        del described["alg"]
    elif alg:
        described["alg"] = alg
    return described


def sign(
    claims: dict[str, Any], key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, algorithm: str, key_id: str | None
) -> str:
    header = {"alg": algorithm, "typ": "JWT"} | ({"kid": key_id} if key_id else {})
    signed = f"{encode(header)}.{encode(claims)}"
    digest = _HASHES[algorithm[2:]]()
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(signed.encode(), padding.PKCS1v15(), digest)
    else:
        pair = utils.decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(digest)))
        signature = b"".join(value.to_bytes(_COORDINATE_BYTES, "big") for value in pair)
    return f"{signed}.{encode(signature)}"
