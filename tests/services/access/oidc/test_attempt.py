"""What a browser keeps while it is at the provider: sealed, for some minutes, for the one who began."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256

import pytest

from services.access.oidc.attempt import SealedAttempts
from services.access.oidc.errors import SignInStateError
from tests.services.access.conftest import MovedClock


def test_what_was_sealed_is_read_again_by_every_process_with_the_same_secret() -> None:
    clock = MovedClock()
    attempt, sealed = SealedAttempts(clock, "secret").begin()
    assert SealedAttempts(clock, "secret").resume(sealed, attempt.state) == attempt
    for other in ("another", None):
        with pytest.raises(SignInStateError):
            SealedAttempts(clock, other).resume(sealed, attempt.state)
    assert not any(part in sealed for part in (attempt.state, attempt.nonce, attempt.verifier))


def test_the_challenge_is_the_digest_of_the_verifier() -> None:
    attempt, _ = SealedAttempts(MovedClock(), None).begin()
    digest = urlsafe_b64encode(sha256(attempt.verifier.encode()).digest()).decode().rstrip("=")
    assert attempt.challenge == digest
    assert len(attempt.verifier) == 43


@pytest.mark.parametrize("minutes", [0, 9, 10])
def test_it_lasts_ten_minutes(minutes: int) -> None:
    clock = MovedClock()
    attempts = SealedAttempts(clock, None)
    attempt, sealed = attempts.begin()
    clock.move(timedelta(minutes=minutes))
    assert attempts.resume(sealed, attempt.state) == attempt
    clock.move(timedelta(minutes=10, seconds=1))
    with pytest.raises(SignInStateError, match="within 10 minutes"):
        attempts.resume(sealed, attempt.state)


@pytest.mark.parametrize("sealed", [None, "", "AAAA", "é", "\x00", "gAAAAA"])
def test_what_was_not_sealed_here_is_refused(sealed: str | None) -> None:
    attempts = SealedAttempts(MovedClock(), None)
    attempt, real = attempts.begin()
    with pytest.raises(SignInStateError):
        attempts.resume(sealed, attempt.state)
    for at in (0, 5, 40, len(real) // 2):
        with pytest.raises(SignInStateError):
            attempts.resume(real[:at] + ("A" if real[at] != "A" else "B") + real[at + 1 :], attempt.state)


def test_each_attempt_is_another() -> None:
    attempts = SealedAttempts(MovedClock(), None)
    (first, sealed), (second, _) = attempts.begin(), attempts.begin()
    assert len({first.state, first.nonce, first.verifier, second.state, second.nonce, second.verifier}) == 6
    for state in (second.state, None, "", first.state[:-1]):
        with pytest.raises(SignInStateError, match="another sign-in"):
            attempts.resume(sealed, state)
