"""The keys that a provider publishes: which one a signature is to be checked with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key
from joserfc.jws import JWSRegistry

from services.access.oidc.errors import ProviderAnswerError

SigningKey = RSAKey | ECKey | OKPKey
SHORTEST_RSA: Final = 2048
_MOST_KEYS: Final = 100
_PUBLIC: Final = frozenset({"kty", "use", "key_ops", "alg", "kid", "n", "e", "crv", "x", "y"})


class KeySet:
    """Public keys for signatures. What is no such key (symmetric, for encryption, weak, of a kind unknown) is left out."""

    def __init__(self, published: Iterable[Mapping[str, Any]]) -> None:
        self._keys = tuple(key for one in published if (key := _key(one)) is not None)

    def find(self, kid: str | None, algorithm: str) -> SigningKey | None:
        """The one key of that id that makes such signatures; without an id, the only one that makes them at all."""
        found = [key for key in self._keys if (kid is None or key.kid == kid) and _makes(key, algorithm)]
        return found[0] if len(found) == 1 else None


def read_keys(document: Mapping[str, Any], where: str) -> KeySet:
    """The keys of a JWK set. Raises ProviderAnswerError for a document that is none."""
    keys = document.get("keys")
    if not isinstance(keys, list) or len(keys) > _MOST_KEYS or not all(isinstance(key, dict) for key in keys):
        raise ProviderAnswerError("the document holds no set of keys", where=where)
    return KeySet(keys)


def _key(published: Mapping[str, Any]) -> SigningKey | None:
    operations = published.get("key_ops", ["verify"])
    if published.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        return None
    try:
        key = import_key({name: value for name, value in published.items() if name in _PUBLIC})
    except (JoseError, ValueError, TypeError, AttributeError, KeyError):
        return None
    if not isinstance(key, (RSAKey, ECKey, OKPKey)):
        return None
    if isinstance(key, RSAKey) and key.raw_value.key_size < SHORTEST_RSA:
        return None
    return key


def _makes(key: SigningKey, algorithm: str) -> bool:
    try:
        JWSRegistry.algorithms[algorithm].check_key(key)
    except JoseError:
        return False
    return key.alg in (None, algorithm)
