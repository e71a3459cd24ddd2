"""What is a secret, a means of payment or personal data in a text, and what only looks like one."""

from __future__ import annotations

import base64
import random
from itertools import pairwise
from urllib.parse import quote
from uuid import UUID

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from core.log import configure_logging
from core.sensitive import DataClass, find, is_iban, is_nir, luhn, masked

KEY = "Zq8Lr2Vx9Tb4Nw7Kd1Hs6Yp3Mf5Jg0Qc"
TEXTS = {
    "private key": ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----", "private_key"),
    "cloud key": ("clé AKIA" + "IOSFODNN7EXAMPLE", "aws_key"),
    "token of a forge": ("ghp_" + "a1B2" * 9, "github_token"),
    "token of a forge in the house": ("glpat-" + "a1B2c3D4e5F6g7H8i9J0", "gitlab_token"),
    "chat": ("xoxb-" + "123456789012-abcdef", "slack_token"),
    "key of a model": ("sk-proj-" + "a" * 24, "api_key"),
    "map key": ("AIza" + "b" * 35, "google_key"),
    "signed claims": ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "jwt"),
    "our own": ("jmo_" + "x" * 43, "own_token"),
    "header": ("Authorization: Bearer abcdefghijklmnop1234", "bearer"),
    "address with a password": ("postgresql://ana:hunter2@db/x", "url_password"),
    "password in English": ("the password: hunter2 works", "named_secret"),
    "password in French": ("le mot de passe est Hunter2!", "named_secret"),
    "assignment": ('api_key = "abcd1234"', "named_secret"),
    "drawn by chance": (f"use {KEY} there", "random_word"),
    "IBAN": ("virement FR76 3000 6000 0112 3456 7890 189", "iban"),
    "German IBAN": ("DE89370400440532013000", "iban"),
    "card": ("carte 4111 1111 1111 1111", "card"),
    "card with dashes": ("5555-5555-5555-4444", "card"),
    "NIR": ("1 85 05 78 006 084 91", "nir"),
    "NIR of Corsica": ("2850 52A 006 084 ".replace(" ", "") + "34", "nir"),
    "mail": ("écrire à jean.dupont@example.fr", "email"),
    "French phone": ("appeler le 06 12 34 56 78", "phone"),
    "French phone from abroad": ("+33 6 12 34 56 78", "phone"),
    "foreign phone": ("+44 20 7946 0958", "phone"),
    "address in the house": ("ssh 10.20.30.40", "private_address"),
}
INNOCENT = [
    "Combien de serveurs Windows 2012 en production depuis plus de 3 mois ?",
    "serveur srv-000123 et application APP-PAIEMENT-2024-v12",
    "Application_Payment_Gateway_Production_2024_EU_West_Primary",
    "quel est le mot de passe le plus ancien",
    "which tokens expire in the next 6 months",
    "le token est expiré",
    "CVE-2024-12345 et KB5034441, incident INC0012345",
    "3f0c1a77-d2b9-4e61-a805-0123456789ab",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "1234567890123456",
    "version 10.2.3 du 2024-01-15T10:20:30Z",
    "FR12 3456",
    "2024-2025-2026-2027",
]


@pytest.mark.parametrize(("text", "kind"), TEXTS.values(), ids=list(TEXTS))
def test_what_is_sensitive_is_found_and_masked(text: str, kind: str) -> None:
    if kind == "nir" and "2A" in text:
        number = 2850519006084
        text = f"28505 2A 006 084 {97 - number % 97:02d}".replace(" ", "")
    found = find(text)
    assert [one.kind for one in found] == [kind]
    hidden = masked(text)
    assert text[found[0].start : found[0].end] not in hidden
    assert f"[{kind.upper()}_1]" in hidden


@pytest.mark.parametrize("text", INNOCENT)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert find(text) == ()
    assert masked(text) == text


@pytest.mark.parametrize(
    "hidden",
    [
        pytest.param("4111\u200b1111\u200b1111\u200b1111", id="zero-width spaces"),
        pytest.param("４１１１ １１１１ １１１１ １１１１", id="full-width digits"),
        pytest.param(base64.b64encode(b"card 4111 1111 1111 1111").decode(), id="base64"),
        pytest.param(b"card 4111 1111 1111 1111".hex(), id="hexadecimal"),
        pytest.param(quote("4111 1111 1111 1111 ok", safe="").replace("1", "%31"), id="percent"),
        pytest.param(base64.b64encode(b"password: hunter2 and more").decode(), id="a password in base64"),
    ],
)
def test_what_is_written_otherwise_is_found_all_the_same(hidden: str) -> None:
    text = f"voir {hidden} svp"
    (found,) = find(text)
    assert (text[: found.start], text[found.end :]) == ("voir ", " svp")


def test_the_same_value_gets_the_same_number_and_another_one_another() -> None:
    assert masked("a@b.fr c@d.fr a@b.fr") == "[EMAIL_1] [EMAIL_2] [EMAIL_1]"
    assert masked("a@b.fr 4111111111111111", frozenset({DataClass.PAYMENT})) == "a@b.fr [CARD_1]"


def test_the_checks_of_numbers_hold() -> None:
    assert luhn("79927398713")
    assert not luhn("79927398710")
    assert is_iban("GB82 WEST 1234 5698 7654 32")
    assert not is_iban("GB82 WEST 1234 5698 7654 33")
    assert is_nir("185057800608491")
    assert not is_nir("185057800608492")


@given(st.text(max_size=300))
def test_any_text_is_read_and_findings_lie_in_order_within_it(text: str) -> None:
    found = find(text)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


@given(st.text(max_size=100), st.text(max_size=100))
def test_a_card_between_any_words_does_not_get_through(before: str, after: str) -> None:
    assert "4111111111111111" not in masked(f"{before} 4111111111111111 {after}")


@given(st.text(max_size=60), st.text(max_size=60))
def test_an_account_between_any_words_does_not_get_through(before: str, after: str) -> None:
    assert "AT611904300234573201" not in masked(f"{before} AT611904300234573201 {after}")


def test_a_number_is_found_whatever_stands_beside_it() -> None:
    assert masked("21 1 85 05 78 006 084 91 12") == "21 [NIR_1] 12"
    assert masked("AT61 1904 3002 3457 3201 this is mine") == "[IBAN_1] this is mine"
    assert masked("2024 4111 1111 1111 1111 2025") == "2024 [CARD_1] 2025"


def test_an_id_drawn_at_random_is_no_number_of_anything_and_hides_none() -> None:
    drawn = random.Random(7)
    ids = [str(UUID(int=drawn.getrandbits(128), version=4)) for _ in range(2_000)]
    assert [one for one in ids if find(f"element {one} of {one.upper()}")] == []
    assert masked(f"{ids[0]} 4111 1111 1111 1111 {ids[1]}") == f"{ids[0]} [CARD_1] {ids[1]}"
    assert masked(f"token={ids[0]}") == "token=[NAMED_SECRET_1]"


def test_a_text_beyond_what_is_read_is_no_way_around() -> None:
    text = "a " * 210_000 + "4111 1111 1111 1111"
    assert find(text)[-1].kind == "unread"
    assert "4111" not in masked(text)


def test_the_log_tells_no_secret_whatever_it_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    before = structlog.get_config()
    configure_logging("WARNING", "json")
    try:
        try:
            raise ValueError("postgresql://ana:hunter2@db is wrong")
        except ValueError:
            structlog.get_logger().error("failed for ana@example.fr", seen=f"key {KEY}", exc_info=True)
        inside = {"where": [f"key {KEY}", {"password": "hunter2"}], "rows": 3}
        structlog.get_logger().error("refused", details=inside, seen=(KEY,), error=ValueError(f"key {KEY}"))
    finally:
        structlog.configure(**before)
    told = capsys.readouterr().err
    assert "failed for [EMAIL_1]" in told
    assert KEY not in told
    assert "hunter2" not in told
    assert '"rows": 3' in told
