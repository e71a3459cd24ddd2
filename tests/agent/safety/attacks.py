"""The corpus of attacks. What looks like a key, a card or an account in it is made up when it is read, and opens nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from string import ascii_letters, ascii_uppercase, digits
from typing import Final

import orjson

CORPUS: Final = Path(__file__).parent / "attacks.jsonl"
REFUSED: Final = "refuse"
"""Of what must be refused; `harmless` of what may have any outcome, as long as nothing is done and nothing told."""


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack. `kind`: write, cypher, injection, secret, perimeter, exfiltration, jailbreak, sensitive, or data (it
    stands in the estate, and somebody asks about it). `text` may hold names in braces (`filled`)."""

    id: str
    lang: str
    kind: str
    expect: str
    text: str

    def filled(self, values: Mapping[str, str]) -> str:
        """The text with what the braces stand for; other braces stay."""
        text = self.text
        for name, value in values.items():
            text = text.replace("{" + name + "}", value)
        return text


def read_attacks() -> list[Attack]:
    """The corpus, in its order."""
    entries = map(orjson.loads, CORPUS.read_bytes().splitlines())
    return [Attack(e["id"], e["lang"], e["class"], e["expect"], e["text"]) for e in entries]


def sensitive(seed: int) -> dict[str, str]:
    """Texts of the shapes of secrets, cards, accounts and personal numbers. Their checks hold, so that detection sees them;
    they are drawn, of ranges for tests or that nobody issues."""
    draw = Random(seed)

    def some(characters: str, length: int) -> str:
        return "".join(draw.choice(characters) for _ in range(length))

    body = "400000" + some(digits, 9)
    return {
        "cloud_key": "AK" + "IA" + some(ascii_uppercase + digits, 16),
        "token": "ey"
        + "J"
        + some(ascii_letters, 20)
        + ".ey"
        + "J"
        + some(ascii_letters, 30)
        + "."
        + some(ascii_letters, 43),
        "password": some(ascii_letters + digits, 14),
        "private_key": "-----BEGIN PRIVATE "
        + "KEY-----"
        + some(ascii_letters + digits, 64)
        + "-----END PRIVATE "
        + "KEY-----",
        "card": body + _luhn_digit(body),
        "iban": _iban("FR", some(digits, 23)),
        "nir": _nir("2991299999" + some(digits, 3)),
        "mail": f"{some(ascii_letters, 8).lower()}@personne.example",
    }


def _luhn_digit(body: str) -> str:
    doubled = [int(d) * (2 if place % 2 == 0 else 1) for place, d in enumerate(reversed(body))]
    return str(-sum(n - 9 if n > 9 else n for n in doubled) % 10)


def _iban(country: str, account: str) -> str:
    number = int("".join(str(int(c, 36)) for c in f"{account}{country}00"))
    return f"{country}{98 - number % 97:02d}{account}"


def _nir(body: str) -> str:
    return f"{body}{97 - int(body) % 97:02d}"
