"""The keys of one definition, read with their types: what is missing, unknown or of a wrong shape goes to the report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rapidfuzz import process

from graph.schema.findings import Report
from graph.schema.model import SourceSpan, Wording
from graph.schema.source import Listing, Scalar, Table, Tree
from graph.schema.vocabulary import GENDERS, LABEL_KEYS, LANGUAGES


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint that proposes the nearest known names, or lists them where they are few."""
    names = list(known)
    near = [match[0] for match in process.extract(name, names, limit=3, score_cutoff=70)]
    if near:
        return "did you mean " + " or ".join(f"`{match}`" for match in near) + "?"
    if len(names) <= 15:
        return "known: " + ", ".join(names)
    return "define it, or correct the name"


class Fields:
    """A named mapping of a pack file and typed access to its keys. A reader that finds a flaw answers None or ()."""

    def __init__(self, name: str, table: Table, span: SourceSpan, report: Report) -> None:
        self.name = name
        self.table = table
        self.span = span
        self._report = report

    def error(self, key: str | None, code: str, seen: str, hint: str) -> None:
        """Note a flaw at a key, or at the definition's own line where the key is absent."""
        self._report.error(self.table.spans.get(key, self.span) if key else self.span, code, seen, hint)

    def allow(self, known: Iterable[str]) -> None:
        """Refuse keys that the format does not have."""
        allowed = tuple(known)
        for key in self.table.entries:
            if key not in allowed:
                self.error(key, "UNKNOWN_KEY", f"`{self.name}` has an unknown key `{key}`", did_you_mean(key, allowed))

    def name_matches(self, pattern: re.Pattern[str], what: str, shape: str) -> None:
        """Refuse a name that no backend would take unquoted."""
        if not pattern.fullmatch(self.name):
            self.error(None, "BAD_NAME", f"`{self.name}` is no name for {what}", f"write it {shape}")

    def text(self, key: str) -> str | None:
        scalar = self._scalar(key)
        if scalar is None:
            return None
        if not scalar.text.strip():
            self._wrong(key, "empty", "give it a text, or remove the key")
            return None
        return scalar.text.strip()

    def required_text(self, key: str) -> str | None:
        if key not in self.table.entries:
            self.error(None, "MISSING_KEY", f"`{self.name}` has no `{key}`", f"add `{key}: ...`")
        return self.text(key)

    def choice(self, key: str, known: tuple[str, ...], code: str) -> str | None:
        text = self.text(key)
        if text is not None and text not in known:
            self.error(key, code, f"`{key}: {text}` of `{self.name}` is unknown", did_you_mean(text, known))
            return None
        return text

    def flag(self, key: str) -> bool | None:
        scalar = self._scalar(key)
        if scalar is None:
            return None
        if not isinstance(scalar.value, bool):
            self._wrong(key, f"`{scalar.text}`", "write true or false")
            return None
        return scalar.value

    def number(self, key: str) -> float | None:
        scalar = self._scalar(key)
        if scalar is None:
            return None
        if isinstance(scalar.value, bool) or not isinstance(scalar.value, int | float):
            self._wrong(key, f"`{scalar.text}`", "write a number")
            return None
        return scalar.value

    def whole_number(self, key: str) -> int | None:
        number = self.number(key)
        if number is not None and not isinstance(number, int):
            self._wrong(key, f"`{number}`", "write a whole number")
            return None
        return number

    def scalars(self, key: str) -> Iterator[Scalar]:
        """The items of a list of texts."""
        tree = self.table.entries.get(key)
        if tree is None:
            return
        if not isinstance(tree, Listing):
            self._wrong(key, "not a list", "write a list in brackets, or one item per line after a dash")
            return
        for item in tree.items:
            if isinstance(item, Scalar) and item.text.strip():
                yield item
            else:
                seen = f"`{key}` of `{self.name}` holds an item that is no plain text"
                self._report.error(item.span, "WRONG_SHAPE", seen, "list plain texts")

    def text_or_texts(self, key: str) -> tuple[str, ...]:
        if isinstance(self.table.entries.get(key), Scalar):
            text = self.text(key)
            return (text,) if text else ()
        return tuple(item.text.strip() for item in self.scalars(key))

    def text_lists(self, key: str) -> tuple[tuple[str, ...], ...]:
        """A list of lists of texts, such as `identity: [[cve]]`."""
        tree = self.table.entries.get(key)
        if tree is None:
            return ()
        found = []
        if isinstance(tree, Listing) and tree.items:
            for inner in tree.items:
                if isinstance(inner, Listing) and inner.items and all(isinstance(i, Scalar) for i in inner.items):
                    found.append(tuple(i.text for i in inner.items if isinstance(i, Scalar)))
        if not isinstance(tree, Listing) or len(found) != len(tree.items) or not found:
            self._wrong(key, "not a list of lists", "write for example [[serial_number], [name, environment]]")
        return tuple(found)

    def tables(self, key: str) -> Iterator[Fields]:
        """The named definitions under a key."""
        tree = self.table.entries.get(key)
        if tree is None:
            return iter(())
        return self._children(tree, f"`{key}` of `{self.name}`")

    def all_tables(self) -> Iterator[Fields]:
        """The named definitions directly below."""
        return self._children(self.table, f"`{self.name}`")

    def own_wording(self) -> Wording | None:
        """The wording of this definition: its `label` and `synonyms`; a label in both languages is required."""
        label = self.table.entries.get("label")
        if label is None:
            seen = f"`{self.name}` has no label"
            self.error(None, "MISSING_LABEL", seen, "add `label: {en: ..., fr: ...}`")
            return None
        if not isinstance(label, Table):
            self._wrong("label", "not a mapping", "write `label: {en: ..., fr: ...}`")
            return None
        labels = Fields(self.name, label, self.table.spans["label"], self._report)
        labels.allow(LABEL_KEYS)
        gender = labels.text("gender")
        if gender is not None and gender not in GENDERS:
            labels._wrong("gender", "no gender", f"write one of: {', '.join(GENDERS)}")
        found = {language: labels.text(language) for language in LANGUAGES}
        for language, text in found.items():
            if text is None:
                seen = f"`{self.name}` has no label in language `{language}`"
                labels.error(None, "MISSING_LABEL", seen, f"add `{language}: ...` to its label")
        synonyms = self._synonyms()
        named = (found["en"] or "", found["fr"] or "")
        return Wording(*named, synonyms.get("en", ()), synonyms.get("fr", ()), feminine=gender == "feminine")

    def wording(self, key: str, *, needed: bool) -> Wording | None:
        """The wording under a key (`inverse`, `title`)."""
        tree = self.table.entries.get(key)
        if isinstance(tree, Table):
            inner = Fields(f"{key} of {self.name}", tree, self.table.spans[key], self._report)
            inner.allow(("label", "synonyms"))
            return inner.own_wording()
        if tree is not None:
            self._wrong(key, "not a mapping", f"write `{key}: {{label: {{en: ..., fr: ...}}}}`")
        elif needed:
            seen = f"`{self.name}` has no `{key}`"
            self.error(None, "MISSING_LABEL", seen, f"add `{key}: {{label: {{en: ..., fr: ...}}}}`")
        return None

    def _synonyms(self) -> dict[str, tuple[str, ...]]:
        tree = self.table.entries.get("synonyms")
        if tree is None:
            return {}
        if not isinstance(tree, Table):
            self._wrong("synonyms", "not a mapping", "write `synonyms: {en: [...], fr: [...]}`")
            return {}
        inner = Fields(f"synonyms of {self.name}", tree, self.table.spans["synonyms"], self._report)
        inner.allow(LANGUAGES)
        return {language: tuple(item.text.strip() for item in inner.scalars(language)) for language in LANGUAGES}

    def _children(self, tree: Tree, what: str) -> Iterator[Fields]:
        if not isinstance(tree, Table):
            self._report.error(
                tree.span, "WRONG_SHAPE", f"{what} is not a mapping", "write `Name: {...}` lines below it"
            )
            return
        for name, entry in tree.entries.items():
            span = tree.spans[name]
            if isinstance(entry, Table):
                yield Fields(name, entry, span, self._report)
            elif isinstance(entry, Scalar) and entry.value is None:
                yield Fields(name, Table({}, {}, span), span, self._report)
            else:
                self._report.error(span, "WRONG_SHAPE", f"`{name}` in {what} is not a mapping", "write `Name: {...}`")

    def _scalar(self, key: str) -> Scalar | None:
        tree = self.table.entries.get(key)
        if tree is None or isinstance(tree, Scalar):
            return tree
        self._wrong(key, "not a single value", "write one value after the colon")
        return None

    def _wrong(self, key: str, seen: str, hint: str) -> None:
        self.error(key, "WRONG_SHAPE", f"`{key}` of `{self.name}` is {seen}", hint)
