"""Labels of kinds in the plural."""

from __future__ import annotations

from agent.language.turns import Language


def plural(label: str, language: Language) -> str:
    """A label in the plural: its first word in French, its last in English."""
    first, space, rest = label.partition(" ")
    if language == "fr":
        adjectives = rest.split(" ")
        if space and len(adjectives) == 1:  # `service métier`: noun and adjective
            return f"{_french(first)} {_french(rest)}"
        return _french(first) + space + rest
    head, gap, last = label.rpartition(" ")
    if last.endswith("y") and last[-2:-1] not in "aeiou":
        return f"{head}{gap}{last[:-1]}ies"
    return f"{head}{gap}{last}{'es' if last.endswith(('s', 'x', 'ch', 'sh')) else 's'}"


def _french(word: str) -> str:
    if word.endswith(("s", "x", "z")) or word.isupper():
        return word
    if word.endswith("eau"):
        return word + "x"
    return word[:-2] + "aux" if word.endswith("al") else word + "s"
