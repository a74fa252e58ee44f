"""OpenID Connect without an address for the person: the signed token says who they are."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any

from harness.server import Server
from oauth2.conftest import Compare
from oauth2.jose import ELLIPTIC, OTHER_RSA, RSA, encode, public_key, sign
from oauth2.provider import Answer, FakeProvider, person
from oauth2.session import Session

_ISSUER = "https://issuer.example"


def _claims(who: str, **more: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {**person(who), "iss": _ISSUER, "aud": "client", "iat": now, "exp": now + 600, **more}
    return {name: value for name, value in claims.items() if value is not ...}


def _configure(s: Session, extra: Mapping[str, Any]) -> None:
    # Options are merged into the stored ones, so those go first.
    s.change(oauth2={"providers": []})
    s.change(oauth2={"providers": [s.provider.settings(userInfoURL="", extra=extra)]})


def _publish(s: Session, keys: Any) -> dict[str, str]:
    path = f"/{s.prefix}-keys"
    s.provider.files[path] = Answer(keys)
    return {"jwksURL": s.provider.url + path}


def _try(s: Session, title: str, token: Any, status: int) -> None:
    s.note(title)
    code = s.provider.knows(f"{s.prefix}-code", token={"id_token": token})
    s.sign_in(code, status=status)
    s.note("accounts", s.count())


def test_claims(run: Compare) -> None:
    def script(s: Session) -> None:
        s.collection()
        _configure(s, {})
        now = int(time.time())
        me = s.prefix
        cases: list[tuple[str, dict[str, Any], int]] = [
            ("for another client", _claims(me, aud="other"), 400),
            ("for nobody", _claims(me, aud=...), 400),
            ("for many others", _claims(me, aud=["a", "b"]), 400),
            ("ended", _claims(me, exp=now - 1000), 400),
            ("not yet valid", _claims(me, nbf=now + 1000), 400),
            ("from the future", _claims(me, iat=now + 1000), 400),
            ("without a person", _claims(me, sub=...), 400),
            ("a person of a wrong type", _claims(me, sub=5), 400),
            ("clocks that differ a little", _claims(me, exp=now - 100, iat=now + 100), 200),
            ("without an end", _claims(me, exp=...), 200),
            ("for this client among others", _claims(me, aud=["a", "client"]), 200),
            ("whoever issued it", _claims(me, iss="https://other.example"), 200),
            ("an unverified address", _claims(f"{me}2", email_verified=False), 400),
        ]
        for title, claims, status in cases:
            _try(s, title, sign(claims, RSA, "RS256", "rsa"), status)
        for garbage in ("", "x", "a.b", "a.b.c", "!.!.!", encode({}) + "." + encode([]) + ".", 5, None):
            _try(s, "garbage", garbage, 400)

    run(script)


def test_issuers(run: Compare) -> None:
    def script(s: Session) -> None:
        s.collection()
        token = sign(_claims(s.prefix), RSA, "RS256", "rsa")
        for issuers, status in (
            ([_ISSUER], 200),
            (_ISSUER, 200),
            ([], 200),
            ("", 200),
            (["https://other.example", _ISSUER], 200),
            (["https://other.example"], 400),
            ("https://other.example", 400),
            (_ISSUER + "/", 400),
        ):
            _configure(s, {"issuers": issuers})
            _try(s, f"issuers {issuers}", token, status)

    run(script)


def test_signatures(run: Compare) -> None:
    def script(s: Session) -> None:
        s.collection()
        _configure(s, _publish(s, {"keys": [public_key(RSA, "rsa"), public_key(OTHER_RSA, "wide", alg="RS512")]}))
        claims = _claims(s.prefix)
        good = sign(claims, RSA, "RS256", "rsa")
        body, signature = good.rsplit(".", 1)
        forged = encode({"alg": "HS256", "kid": "rsa"}) + "." + encode(claims)
        mac = encode(hmac.new(b"secret", forged.encode(), hashlib.sha256).digest())
        unsigned = encode({"alg": "none", "kid": "rsa"}) + "." + encode(claims)
        cases = [
            ("another key", sign(claims, OTHER_RSA, "RS256", "rsa"), 400),
            ("an unknown key", sign(claims, RSA, "RS256", "else"), 400),
            ("no key named", sign(claims, RSA, "RS256", None), 400),
            ("not signed", unsigned + ".", 400),
            ("not signed, with a signature", f"{unsigned}.{signature}", 400),
            ("the secret as key", f"{forged}.{mac}", 400),
            ("another algorithm", sign(claims, RSA, "RS512", "rsa"), 400),
            ("another algorithm than the key's", sign(claims, OTHER_RSA, "RS256", "wide"), 400),
            ("no signature", f"{body}.", 400),
            ("half a signature", good[:-20], 400),
            ("other claims", f"{body.split('.')[0]}.{encode(_claims(s.prefix, sub='x'))}.{signature}", 400),
            ("ended just now", sign(_claims(s.prefix, exp=int(time.time()) - 30), RSA, "RS256", "rsa"), 400),
            ("good", good, 200),
            ("good, wide", sign(claims, OTHER_RSA, "RS512", "wide"), 200),
        ]
        for title, token, status in cases:
            _try(s, title, token, status)
        unusable: list[Any] = [{"keys": []}, {}, {"keys": "x"}, [], "x"]
        for keys in unusable:
            _configure(s, _publish(s, keys))
            _try(s, f"keys {keys}", good, 400)
        for extra in ({"jwksURL": 5}, {"jwksURL": "nonsense"}, {"jwksURL": "http://127.0.0.1:9/keys"}):
            _configure(s, extra)
            _try(s, f"option {extra}", good, 400)

    run(script)


def test_what_ketch_reads_otherwise(ketch_only: Server, provider: FakeProvider) -> None:
    s = Session(ketch_only, provider, "otherwise")
    s.collection()

    def signs_in(token: str) -> bool:
        provider.knows("otherwise", token={"id_token": token})
        return "record" in s.sign_in("otherwise")

    claims = _claims("otherwise")
    # Without keys PocketBase believes a token that nobody signed.
    _configure(s, {})
    assert not signs_in(encode({"alg": "none"}) + "." + encode(claims) + ".")
    assert not signs_in(encode({"alg": "None"}) + "." + encode(claims) + ".")
    # PocketBase knows no elliptic keys, and none without their algorithm.
    keys = [public_key(ELLIPTIC, "ec"), public_key(RSA, "plain", alg=None)]
    _configure(s, _publish(s, {"keys": keys}))
    assert signs_in(sign(claims, ELLIPTIC, "ES256", "ec"))
    assert signs_in(sign(claims, RSA, "RS256", "plain"))
    assert not signs_in(sign(claims, RSA, "RS512", "plain"))
    token = sign(claims, ELLIPTIC, "ES256", "ec")
    assert not signs_in(token[:-4] + ("AAAA" if not token.endswith("AAAA") else "BBBB"))
