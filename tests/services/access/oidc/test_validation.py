"""A token is believed where everything about it holds: each thing that does not is refused, and named."""

from __future__ import annotations

import math
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from core.clock import FrozenClock
from services.access.oidc.errors import ProviderTokenError
from services.access.oidc.keys import KeySet
from services.access.oidc.validation import TokenValidator
from tests.services.access.oidc.tokens import NOW, SECONDS, Key, by_hand, claims, part, token, validator

RSA = RSAKey.generate_key(2048, {"use": "sig", "kid": "rsa"}, private=True)
EC = ECKey.generate_key("P-256", {"use": "sig", "kid": "ec"}, private=True)
ED = OKPKey.generate_key("Ed25519", {"use": "sig", "kid": "ed"}, private=True)
CLOCK = FrozenClock(NOW)
HEADER = {"alg": "RS256", "typ": "at+jwt", "kid": "rsa"}


@pytest.fixture(scope="module")
def check() -> TokenValidator:
    return validator(CLOCK, RSA, EC, ED, algorithms=["RS256", "PS256", "ES256", "Ed25519"])


def reason(check: TokenValidator, text: str) -> str:
    with pytest.raises(ProviderTokenError) as refused:
        check.access_token(text)
    assert not text or text not in str(refused.value)
    return str(refused.value.details["reason"])


@pytest.mark.parametrize(
    ("key", "algorithm"), [(RSA, "RS256"), (RSA, "PS256"), (EC, "ES256"), (ED, "Ed25519")], ids=lambda v: str(v)[:7]
)
def test_a_token_of_the_provider_is_believed(check: TokenValidator, key: Key, algorithm: str) -> None:
    assert check.access_token(token(key, claims(), alg=algorithm))["sub"] == "ana"


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt"])
def test_the_type_of_an_access_token_may_be_written_in_full(check: TokenValidator, typ: str) -> None:
    assert check.access_token(token(RSA, claims(), typ=typ))


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        pytest.param({"iss": "https://other.example"}, "iss", id="another issuer"),
        pytest.param({"iss": "https://login.example/"}, "iss", id="nearly the issuer"),
        pytest.param({"iss": ["https://login.example"]}, "iss", id="issuer in a list"),
        pytest.param({"iss": None}, "iss", id="no issuer"),
        pytest.param({"aud": "twin"}, "aud", id="another audience"),
        pytest.param({"aud": ["other"]}, "aud", id="other audiences"),
        pytest.param({"aud": {"api": 1}}, "aud", id="audience of another form"),
        pytest.param({"aud": None}, "aud", id="no audience"),
        pytest.param({"exp": SECONDS - 61}, "exp", id="expired"),
        pytest.param({"exp": str(SECONDS + 600)}, "exp", id="end as a text"),
        pytest.param({"exp": math.nan}, "exp", id="end that is no number"),
        pytest.param({"exp": True}, "exp", id="end that is a truth"),
        pytest.param({"exp": None}, "exp", id="no end"),
        pytest.param({"nbf": SECONDS + 61}, "nbf", id="not yet"),
        pytest.param({"iat": SECONDS + 61}, "iat", id="from the future"),
        pytest.param({"iat": None}, "iat", id="no beginning"),
        pytest.param({"sub": None}, "sub", id="nobody"),
        pytest.param({"sub": ""}, "sub", id="a subject without a name"),
        pytest.param({"sub": 7}, "sub", id="a number"),
        pytest.param({"sub": "x" * 256}, "sub", id="too long a subject"),
        pytest.param({"cnf": {"jkt": "x"}}, "cnf", id="bound to its holder"),
    ],
)
def test_a_claim_that_does_not_hold_is_named(check: TokenValidator, changes: dict[str, Any], refused: str) -> None:
    assert reason(check, token(RSA, claims(**changes))) == refused


@pytest.mark.parametrize("changes", [{"exp": SECONDS - 59}, {"nbf": SECONDS + 60}, {"iat": SECONDS + 60}], ids=str)
def test_clocks_may_differ_a_little(check: TokenValidator, changes: dict[str, Any]) -> None:
    assert check.access_token(token(RSA, claims(**changes)))


@pytest.mark.parametrize(
    ("header", "refused"),
    [
        pytest.param({"typ": "JWT"}, "typ", id="an id token's type"),
        pytest.param({"typ": "logout+jwt"}, "typ", id="a logout token"),
        pytest.param({"typ": None}, "typ", id="no type"),
        pytest.param({"alg": "RS384"}, "alg", id="an algorithm that is not accepted"),
        pytest.param({"kid": "other"}, "kid", id="an unknown key"),
        pytest.param({"kid": "ec"}, "kid", id="a key of another kind"),
    ],
)
def test_a_header_that_does_not_fit_is_named(check: TokenValidator, header: dict[str, Any], refused: str) -> None:
    assert reason(check, token(RSA, claims(), **header)) == refused


@pytest.mark.parametrize("header", [{"typ": 7}, {"kid": 7}, {"crit": ["exp"], "exp": 1}, {"b64": False}], ids=str)
def test_a_malformed_header_is_refused(check: TokenValidator, header: dict[str, Any]) -> None:
    assert reason(check, by_hand(HEADER | header, claims(), b"")) in ("typ", "signature")


@pytest.mark.parametrize(
    "published", [RSA.as_pem(private=False), RSA.as_der(private=False), str(RSA.as_dict()["n"]).encode()], ids=len
)
def test_a_symmetric_signature_with_the_public_key_is_refused(check: TokenValidator, published: bytes) -> None:
    assert reason(check, by_hand(HEADER | {"alg": "HS256"}, claims(), published)) == "alg"


def test_a_symmetric_key_is_never_a_published_one() -> None:
    shared = OctKey.generate_key(256, {"use": "sig", "kid": "shared"})
    assert KeySet([shared.as_dict(private=True)]).find("shared", "RS256") is None


@pytest.mark.parametrize("algorithm", ["none", "NONE", "None", "nOnE", "", None, 7, ["RS256"], "HS256"])
def test_no_signature_is_no_signature_however_it_is_written(check: TokenValidator, algorithm: object) -> None:
    assert reason(check, by_hand(HEADER | {"alg": algorithm}, claims())) in ("alg", "signature")


@pytest.mark.parametrize(
    "text",
    ["", "..", "a.b.c", "é.é.é", "e30.e30.", "bnVsbA.bnVsbA.", "W10.W10.", "\ud800.a.b", "a" * 200_000 + ".b.c"],
    ids=lambda text: repr(text[:8]),
)
def test_what_is_no_token_is_refused(check: TokenValidator, text: str) -> None:
    assert reason(check, text) == "signature"


def test_a_deeply_nested_header_is_refused(check: TokenValidator) -> None:
    for depth in (100, 1_000, 1_400, 100_000):
        header = b'{"alg":"RS256","x":' + b"[" * depth + b"]" * depth + b"}"
        assert reason(check, f"{part(header)}.e30.AAAA") in ("typ", "signature")


def test_the_right_key_is_asked_for_where_a_token_names_none() -> None:
    unnamed = token(RSA, claims(), kid=None)
    assert validator(CLOCK, RSA, EC).access_token(unnamed)
    second = RSAKey.generate_key(2048, {"use": "sig", "kid": "second"}, private=True)
    assert reason(validator(CLOCK, RSA, second), unnamed) == "kid"


@pytest.mark.parametrize(
    "published",
    [
        pytest.param({"use": "enc"}, id="for encryption"),
        pytest.param({"key_ops": ["sign"]}, id="for another operation"),
        pytest.param({"alg": "PS256"}, id="for another algorithm"),
        pytest.param({"n": "AQAB"}, id="broken"),
        pytest.param({"kty": "lattice"}, id="of an unknown kind"),
    ],
)
def test_a_key_that_is_not_for_this_is_not_used(published: dict[str, Any]) -> None:
    given = RSA.as_dict(private=False)
    if "key_ops" in published:
        given.pop("use")
    assert KeySet([given]).find("rsa", "RS256") is not None
    assert KeySet([given | published]).find("rsa", "RS256") is None


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_weak_key_is_not_used() -> None:
    weak = RSAKey.generate_key(1024, {"use": "sig", "kid": "weak"}, private=True)
    assert KeySet([weak.as_dict(private=False)]).find("weak", "RS256") is None


def test_access_tokens_are_only_those_of_the_clients_that_are_named() -> None:
    check = validator(CLOCK, RSA, api_clients=["robot"])
    assert check.access_token(token(RSA, claims(client_id="robot")))
    assert check.access_token(token(RSA, claims(azp="robot", client_id="other")))
    for said in ({}, {"client_id": "other"}, {"azp": "other", "client_id": "robot"}, {"azp": ["robot"]}):
        assert reason(check, token(RSA, claims(**said))) == "azp"


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        pytest.param({"nonce": "other"}, "nonce", id="of another sign-in"),
        pytest.param({"nonce": None}, "nonce", id="of none"),
        pytest.param({"nonce": 7}, "nonce", id="a number"),
        pytest.param({"aud": ["twin", "other"]}, "azp", id="for several, without saying which"),
        pytest.param({"aud": ["twin", "other"], "azp": "other"}, "azp", id="for several, and another of them"),
        pytest.param({"azp": "other"}, "azp", id="of another client"),
        pytest.param({"aud": "api"}, "aud", id="an access token's audience"),
    ],
)
def test_an_id_token_belongs_to_the_sign_in_and_to_the_client(
    check: TokenValidator, changes: dict[str, Any], refused: str
) -> None:
    good = {"aud": "twin", "nonce": "mine"}
    assert check.id_token(token(RSA, claims(**good), typ="JWT"), "mine")
    assert check.id_token(token(RSA, claims(**good | {"aud": ["twin", "b"], "azp": "twin"}), typ=None), "mine")
    with pytest.raises(ProviderTokenError) as seen:
        check.id_token(token(RSA, claims(**good | changes), typ="JWT"), "mine")
    assert seen.value.details["reason"] == refused


def test_an_access_token_is_no_id_token_and_an_id_token_no_access_token(check: TokenValidator) -> None:
    both = claims(aud=["twin", "api"], azp="twin", nonce="mine")
    assert reason(check, token(RSA, both, typ="JWT")) == "typ"
    with pytest.raises(ProviderTokenError) as seen:
        check.id_token(token(RSA, both, typ="at+jwt"), "mine")
    assert seen.value.details["reason"] == "typ"
