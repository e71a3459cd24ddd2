"""Secrets, means of payment and personal data in texts: where they are, so that they can be masked or kept from leaving.

A text is read as it is, with compatibility forms folded (NFKC) and invisible characters left out, so that neither full-width digits
nor zero-width spaces hide anything; what is written in base64, hexadecimal or percent signs is decoded once and read as well.
Where a format has a check (Luhn, ISO 7064 mod 97-10, the key of the French NIR) it must hold: digits alone are no card. Of every two
hundred ids that are drawn at random (RFC 9562) one passes such a check by chance: what lies within an id is no number of anything.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import log2
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote

LONGEST: Final = 200_000
"""Characters of a text that are read; what lies beyond is reported as one finding, since nothing is known of it."""


class DataClass(StrEnum):
    """What a finding is, as policies speak of it."""

    SECRET = "secret"  # keys, tokens, passwords
    PAYMENT = "payment"  # cards, accounts
    PERSONAL = "personal"  # what tells who somebody is
    INTERNAL = "internal"  # addresses within the house


NEVER_TOLD: Final = frozenset({DataClass.SECRET, DataClass.PAYMENT})
"""What no answer to a program and no report tells, whoever asks."""
NEVER_KEPT: Final = NEVER_TOLD | {DataClass.PERSONAL}
"""What stands in no log and no trail."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A place in a text, in characters, and what stands there. Never what it says."""

    kind: str
    data_class: DataClass
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Pattern:
    kind: str
    data_class: DataClass
    expression: re.Pattern[str]
    holds: Callable[[str], bool] = lambda _: True
    group: int = 0


def luhn(digits: str) -> bool:
    """Whether the last digit checks the others (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_card(text: str) -> bool:
    """Whether this is the number of a payment card: its first digits are a scheme's, its length too, and Luhn's check holds."""
    digits = re.sub(r"\D", "", text)
    schemes = digits[0] in "3456" or 2221 <= int(digits[:4]) <= 2720
    return 13 <= len(digits) <= 19 and schemes and len(set(digits)) > 1 and luhn(digits)


def is_iban(text: str) -> bool:
    """Whether this is an IBAN: the length of its country where that is known, and mod 97 is 1 (ISO 13616)."""
    plain = re.sub(r"[\s-]", "", text).upper()
    expected = _IBAN_LENGTHS.get(plain[:2])
    if not 15 <= len(plain) <= 34 or (expected is not None and len(plain) != expected):
        return False
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


def is_nir(text: str) -> bool:
    """Whether this is a French social security number: its key is 97 less the number modulo 97 (2A counts 19, 2B 18)."""
    plain = re.sub(r"[\s.-]", "", text).upper()
    number = plain[:13].replace("2A", "19").replace("2B", "18")
    return len(plain) == 15 and number.isdecimal() and int(plain[13:]) == 97 - int(number) % 97


def is_random(text: str) -> bool:
    """Whether a word looks drawn by chance: its characters change their sort as often as chance does, at over 4.1 bits each.

    Names put together of words and numbers change seldom: they are none.
    """
    if not (re.search(r"[a-z]", text) and re.search(r"[A-Z]", text) and re.search(r"[0-9]", text)):
        return False
    changes = sum(_sort(one) != _sort(next_) for one, next_ in pairwise(text))
    if changes < 0.35 * len(text):
        return False
    counts = Counter(text)
    entropy = -sum(count / len(text) * log2(count / len(text)) for count in counts.values())
    return entropy > 4.1


def _sort(char: str) -> int:
    return 0 if char.islower() else 1 if char.isupper() else 2 if char.isdecimal() else 3


def _looks_like_a_value(text: str) -> bool:
    """Behind "is" or "est": a password rather than the next word of a sentence."""
    return bool(re.search(r"[0-9!@#$%^&*+]", text)) and bool(re.search(r"[A-Za-z]", text))


def _is_phone(text: str) -> bool:
    return 8 <= len(re.sub(r"\D", "", text)) <= 15


_NAMED: Final = (
    r"(?:pass[ _-]?(?:word|wd|phrase)|pwd|mots? de passe|mdp|secret(?:[ _-]?key)?|client[ _-]?secret|access[ _-]?(?:key|token)"
    r"|auth[ _-]?token|token|jeton|api[ _-]?key|cl[eé] (?:d['’]\s?api|api|secr[eè]te)|accountkey|private[ _-]?key)"
)
_C: Final = DataClass
_PATTERNS: Final = (
    _Pattern(
        "private_key",
        _C.SECRET,
        re.compile(
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?:[\s\S]{0,20000}?-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----)?"
        ),
    ),
    _Pattern("aws_key", _C.SECRET, re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA)[0-9A-Z]{16}\b")),
    _Pattern(
        "github_token", _C.SECRET, re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{30,255})")
    ),
    _Pattern("gitlab_token", _C.SECRET, re.compile(r"\bgl(?:pat|dt|rt|ptt)-[A-Za-z0-9_-]{20,}")),
    _Pattern("slack_token", _C.SECRET, re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}")),
    _Pattern("api_key", _C.SECRET, re.compile(r"\b(?:sk|rk|pk)[-_](?:[a-z]{2,8}[-_]){0,2}[A-Za-z0-9_-]{20,}")),
    _Pattern("google_key", _C.SECRET, re.compile(r"\bAIza[0-9A-Za-z_-]{35}")),
    _Pattern("vault_token", _C.SECRET, re.compile(r"\bhv[sbr]\.[A-Za-z0-9_-]{20,}")),
    _Pattern("jwt", _C.SECRET, re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?")),
    _Pattern("own_token", _C.SECRET, re.compile(r"\bjmo_[A-Za-z0-9_-]{43}")),
    _Pattern("bearer", _C.SECRET, re.compile(r"\b(?:bearer|basic)\s+([A-Za-z0-9._~+/=-]{16,})", re.I), group=1),
    _Pattern(
        "url_password",
        _C.SECRET,
        re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{0,80}:([^\s/@]{1,200})@", re.I),
        group=1,
    ),
    _Pattern(
        "named_secret", _C.SECRET, re.compile(_NAMED + r"[\"']?\s*[:=]\s*[\"']?([^\s\"',;]{4,300})", re.I), group=1
    ),
    _Pattern(
        "named_secret",
        _C.SECRET,
        re.compile(_NAMED + r"\s+(?:is|was|est|vaut|sera)\s+[\"'«]?\s?([^\s\"',;»]{6,300})", re.I),
        _looks_like_a_value,
        1,
    ),
    _Pattern(
        "nir",
        _C.PERSONAL,
        re.compile(r"(?<!\d)[1-478](?:[ .-]?\d{2}){2}[ .-]?(?:\d{2}|2[ABab])[ .-]?\d{3}[ .-]?\d{3}[ .-]?\d{2}(?!\d)"),
        is_nir,
    ),
    _Pattern("card", _C.PAYMENT, re.compile(r"(?<![\d.-])\d(?:[ .-]?\d){12,18}(?![\d-])"), is_card),
    _Pattern(
        "email", _C.PERSONAL, re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")
    ),
    _Pattern("us_ssn", _C.PERSONAL, re.compile(r"(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")),
    _Pattern(
        "phone",
        _C.PERSONAL,
        re.compile(r"(?<![\w.+-])(?:(?:\+|00)33[ .-]?(?:\(0\))?[ .-]?|0)[1-9](?:[ .-]?\d{2}){4}(?![\d.-]*\d)"),
    ),
    _Pattern(
        "phone", _C.PERSONAL, re.compile(r"(?<![\w+.-])\+[1-9]\d{0,2}(?:[ .()-]{0,2}\d{2,4}){2,5}(?!\d)"), _is_phone
    ),
    _Pattern(
        "private_address",
        _C.INTERNAL,
        re.compile(
            r"(?<![\d.])(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2})(?![\d.]*\d)"
        ),
    ),
    _Pattern(
        "random_word",
        _C.SECRET,
        re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{32,}={0,2}(?![A-Za-z0-9+/_=-])"),
        is_random,
    ),
)
"""In the order of their claims: where two meet, the first one names the place."""
_IBAN_LENGTHS: Final[Mapping[str, int]] = MappingProxyType(
    {
        one[:2]: int(one[2:])
        for line in (
            "AE23 AT20 BE16 BG22 CH21 CY28 CZ24 DE22 DK18 EE20 ES24 FI18 FR27 GB22 GR27 HR21 HU28 IE22 IL23 IT27",
            "LI21 LT20 LU20 LV21 MC27 MT31 NL18 NO15 PL28 PT25 RO24 SA24 SE24 SI19 SK24 SM27 TN24 TR26",
        )
        for one in line.split()
    }
)
_IBAN_START: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}")
_IBAN_RUN: Final = re.compile(r"[A-Za-z0-9](?:[ -]?[A-Za-z0-9]){14,45}")
_ID: Final = re.compile(
    r"(?<![0-9A-Za-z-])[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(?![0-9A-Za-z-])", re.I
)
_DIGITS: Final = re.compile(r"[0-9](?:[ .-]?[0-9]){12,}")
_ENCODED: Final = (
    (re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}={0,2}"), "base64"),
    (re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}){12,}(?![0-9A-Fa-f])"), "hexadecimal"),
    (re.compile(r"[^\s%]{0,64}(?:%[0-9A-Fa-f]{2}[^\s%]{0,64}){3,}"), "percent"),
)


def find(text: str) -> tuple[Finding, ...]:
    """Everything found in a text, in order, no two over one another."""
    folded, places = _folded(text[:LONGEST])
    found = _plainly(folded)
    for finding in _encoded(folded):
        if not any(finding.start < other.end and other.start < finding.end for other in found):
            found.append(finding)
        elif any(other.kind == "random_word" and other.start <= finding.start < other.end for other in found):
            found = [o for o in found if not (o.start < finding.end and finding.start < o.end)] + [finding]
    within = [
        Finding(one.kind, one.data_class, places[one.start], places[one.end - 1] + 1)
        for one in sorted(found, key=lambda one: one.start)
    ]
    if len(text) > LONGEST:
        within.append(Finding("unread", DataClass.SECRET, LONGEST, len(text)))
    return tuple(within)


def masked(text: str, classes: frozenset[DataClass] = frozenset(DataClass)) -> str:
    """The text with what is found of these classes replaced by its kind; the same value gets the same number."""
    known: dict[tuple[str, str], int] = {}
    parts: list[str] = []
    end = 0
    for finding in find(text):
        if finding.data_class not in classes:
            continue
        value = (finding.kind, text[finding.start : finding.end])
        number = known.setdefault(value, 1 + sum(kind == finding.kind for kind, _ in known))
        parts += [text[end : finding.start], f"[{finding.kind.upper()}_{number}]"]
        end = finding.end
    return "".join([*parts, text[end:]])


def _folded(text: str) -> tuple[str, list[int]]:
    """The text as it reads, and the place in the text given that each of its characters comes from."""
    if text.isascii():
        return text, list(range(len(text)))
    chars: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        if unicodedata.category(char) == "Cf":  # zero-width, direction marks, soft hyphens, tags
            continue
        for one in unicodedata.normalize("NFKC", char):
            chars.append(one)
            places.append(place)
    return "".join(chars), places


def _plainly(text: str) -> list[Finding]:
    """What is found in a text as it is written; the patterns that come first have the first claim to a place."""
    ids = [match.span() for match in _ID.finditer(text)]
    found: list[Finding] = []
    for one in _candidates(text):
        if one.data_class is not DataClass.SECRET and any(start <= one.start and one.end <= end for start, end in ids):
            continue
        if one.start < one.end and not any(one.start < other.end and other.start < one.end for other in found):
            found.append(one)
    return found


def _candidates(text: str) -> Iterator[Finding]:
    yield from (Finding("iban", DataClass.PAYMENT, *span) for span in _ibans(text))
    for pattern in _PATTERNS:
        match = pattern.expression.search(text)
        while match is not None:
            holds = pattern.holds(match.group(pattern.group))
            if holds:
                yield Finding(pattern.kind, pattern.data_class, *match.span(pattern.group))
            # What does not hold may begin one character later: a digit put before a number does not hide it.
            match = pattern.expression.search(text, match.end() if holds else match.start() + 1)
        if pattern.kind == "nir":
            yield from (Finding("card", DataClass.PAYMENT, *span) for span in _cards(text))


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    """From each country and check digits on, as many characters as the country's accounts have, single separators aside."""
    ids = [match.span() for match in _ID.finditer(text)]
    for match in _IBAN_START.finditer(text):
        if any(start <= match.start() < end for start, end in ids):
            continue
        expected = _IBAN_LENGTHS.get(match.group().upper()[:2])
        run = _IBAN_RUN.match(text, match.start())
        if run is None:
            continue
        places = [place for place in range(run.start(), run.end()) if text[place].isalnum()]
        for length in (expected,) if expected else range(min(34, len(places)), 14, -1):
            end = places[length - 1] + 1 if len(places) >= length else 0
            if end and not text[end : end + 1].isalnum() and is_iban(text[match.start() : end]):
                yield match.start(), end
                break


def _cards(text: str) -> Iterator[tuple[int, int]]:
    """Digits in groups: the whole of them, groups of four or more, or groups of one size, wherever they begin and end."""
    for run in _DIGITS.finditer(text):
        groups = [(run.start() + one.start(), run.start() + one.end()) for one in re.finditer(r"[0-9]+", run.group())]
        sizes = [end - start for start, end in groups]
        first = 0
        while first < len(groups):
            last = next(
                (
                    last
                    for last in range(min(len(groups), first + 19), first, -1)
                    if 13 <= sum(sizes[first:last]) <= 19
                    and (
                        last - first == len(groups)
                        or min(sizes[first:last]) >= 4
                        or len(set(sizes[first : last - 1])) == 1
                    )
                    and is_card(text[groups[first][0] : groups[last - 1][1]])
                ),
                None,
            )
            if last is not None:
                yield groups[first][0], groups[last - 1][1]
            first = first + 1 if last is None else last


def _encoded(text: str) -> Iterator[Finding]:
    """What is found in the decoded form of a word stands for the word."""
    for expression, form in _ENCODED:
        for match in expression.finditer(text):
            decoded = _decoded(match.group(), form)
            inner = next((one for one in _plainly(decoded) if one.kind != "random_word"), None)
            if inner is not None:
                yield Finding(inner.kind, inner.data_class, match.start(), match.end())


def _decoded(word: str, form: str) -> str:
    """The text that a word is the encoding of; empty where it is of none."""
    try:
        if form == "percent":
            return unquote(word, errors="strict")
        if form == "hexadecimal":
            content = bytes.fromhex(word)
        else:
            plain = word.rstrip("=").translate(str.maketrans("-_", "+/"))
            content = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
        return content.decode()
    except (ValueError, binascii.Error):
        return ""
