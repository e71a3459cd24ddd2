"""A sign-in on its way through the provider, kept by the browser that began it: sealed, and for some minutes only."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Final

import orjson
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.clock import Clock
from services.access.oidc.errors import SignInStateError

LASTS: Final = timedelta(minutes=10)
_PURPOSE: Final = b"jumeau sign-in attempt"
_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """What binds the provider's answer to the browser (`state`), its id token (`nonce`) and its code (`verifier`, PKCE)."""

    state: str
    nonce: str
    verifier: str

    @property
    def challenge(self) -> str:
        """The S256 challenge of the verifier (RFC 7636)."""
        return _text(sha256(self.verifier.encode()).digest())


class SealedAttempts:
    """Makes attempts and reads them again.

    With the client's secret, every process of an installation reads what another has sealed; without one, only itself.
    """

    def __init__(self, clock: Clock, secret: str | None, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._clock = clock
        self._random = random
        material = random(_BYTES) if secret is None else secret.encode()
        self._fernet = Fernet(urlsafe_b64encode(HKDF(SHA256(), 32, None, _PURPOSE).derive(material)))

    def begin(self) -> tuple[SignInAttempt, str]:
        """A new attempt, and its seal for the browser to keep."""
        attempt = SignInAttempt(*(_text(self._random(_BYTES)) for _ in range(3)))
        return attempt, self._fernet.encrypt_at_time(orjson.dumps(asdict(attempt)), self._seconds()).decode()

    def resume(self, sealed: str | None, state: str | None) -> SignInAttempt:
        """The attempt that an answer belongs to. Raises SignInStateError."""
        hint = "begin again at /api/oidc/sign-in, in one browser"
        try:
            content = self._fernet.decrypt_at_time(sealed or "", int(LASTS.total_seconds()), self._seconds())
        except (InvalidToken, ValueError) as error:  # ValueError: text that is not ASCII
            seen = f"no sign-in was begun in this browser within {LASTS.total_seconds() / 60:.0f} minutes"
            raise SignInStateError(seen, where="cookie", hint=hint) from error
        attempt = SignInAttempt(**orjson.loads(content))
        if not compare_digest(attempt.state.encode(), (state or "").encode(errors="replace")):
            raise SignInStateError("the answer belongs to another sign-in", where="state", hint=hint)
        return attempt

    def _seconds(self) -> int:
        return int(self._clock.now().timestamp())


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
