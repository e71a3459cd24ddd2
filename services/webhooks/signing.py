"""Secrets of webhooks, and what is signed with them: as the Standard Webhooks specification has it (`v1`, HMAC-SHA256)."""

from __future__ import annotations

import hmac
import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from core.errors import ConfigurationError, UsageError

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
SHORTEST_BYTES: Final = 24
_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]*", re.ASCII)
_MARK: Final = "WEBHOOK"


def generated(random: bytes) -> str:
    """A secret of random bytes, as receivers are given it."""
    return PREFIX + b64encode(random).decode()


def checked_variable(name: str) -> str:
    """A variable that may hold the secret of a webhook: no other secret of this process can be signed with. Raises UsageError."""
    if not _VARIABLE.fullmatch(name) or _MARK not in name:
        raise UsageError(
            "this is no variable for the secret of a webhook",
            where="secret_env",
            hint=f"capitals, digits and _, with {_MARK} in it: PORTAL_{_MARK}_SECRET",
        )
    return name


def key_of(secret: str, where: str) -> bytes:
    """The key that a secret stands for: base64 after `whsec_`, else its own bytes. Raises ConfigurationError."""
    try:
        plain = secret.strip()
        key = b64decode(plain.removeprefix(PREFIX), validate=True) if plain.startswith(PREFIX) else plain.encode()
    except Error:
        raise ConfigurationError("the secret is not base64", where=where, hint=f"{PREFIX} and base64") from None
    if len(key) < SHORTEST_BYTES:
        seen = f"the secret has {len(key)} bytes" if key else "the secret is not set"
        raise ConfigurationError(seen, where=where, hint=f"set it to {SHORTEST_BYTES} bytes or more")
    return key


def signature(keys: Iterable[bytes], message: str, timestamp: int, body: bytes) -> str:
    """What a receiver compares, one signature for each key, with a blank between."""
    signed = b".".join((message.encode(), str(timestamp).encode(), body))
    return " ".join("v1," + b64encode(hmac.new(key, signed, sha256).digest()).decode() for key in keys)
