"""Reads the files of a pack into definitions. Shapes and keys are checked here; names across definitions in `validate`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from graph.schema import vocabulary as words
from graph.schema.definitions import (
    AttributeDefinition,
    EnumDefinition,
    KindDefinition,
    PackDefinition,
    RelationDefinition,
    TripleDefinition,
)
from graph.schema.fields import Fields
from graph.schema.findings import Report
from graph.schema.model import EnumType, SourceSpan
from graph.schema.source import Table, read_tree

_T = TypeVar("_T")


def read_pack(directory: Path, shown: str, report: Report) -> PackDefinition:
    """The definitions of the pack in a directory; flaws go to the report. `shown` names the directory in findings."""
    return _PackReader(directory, shown, report).read()


class _PackReader:
    def __init__(self, directory: Path, shown: str, report: Report) -> None:
        self._directory = directory
        self._shown = shown
        self._report = report

    def read(self) -> PackDefinition:
        pack = self._file(words.PACK_FILE)
        name, version = self._directory.name, 0
        meaningless: tuple[str, ...] = ()
        if pack is None:
            if not (self._directory / words.PACK_FILE).exists():
                span = SourceSpan(f"{self._shown}/{words.PACK_FILE}", 1)
                self._report.error(
                    span, "MISSING_FILE", "the pack has no pack.yml", "add one with `name` and `version`"
                )
        else:
            pack.allow(words.PACK_KEYS)
            name = pack.required_text("name") or name
            version = pack.whole_number("version") or 0
            if version < 1:
                pack.error("version", "MISSING_KEY", "`version` is missing or below 1", "count versions from 1")
            pack.wording("title", needed=True)
            meaningless = pack.text_or_texts("meaningless")
        categories = sorted(path.name for path in self._directory.glob("*.yml") if path.name not in words.NAMED_FILES)
        for stray in sorted(self._directory.glob("*.yaml")):
            span = SourceSpan(f"{self._shown}/{stray.name}", 1)
            self._report.error(span, "UNKNOWN_FILE", f"`{stray.name}` would not be read", "rename it to end in .yml")
        generics = self._named(words.GENERICS_FILE, "generics", lambda f: self._kind(f, "generics", abstract=True))
        concrete = [kind for file in categories for kind in self._category(file)]
        return PackDefinition(
            name=name,
            version=version,
            enums=tuple(self._named(words.ENUMS_FILE, "enums", self._enum)),
            attributes=tuple(self._named(words.ATTRIBUTES_FILE, "attributes", self._attribute)),
            kinds=(*generics, *concrete),
            relations=self._relations(),
            meaningless=meaningless,
        )

    def _file(self, name: str) -> Fields | None:
        path = self._directory / name
        if not path.exists():
            return None
        shown = f"{self._shown}/{name}"
        tree = read_tree(path, shown, self._report)
        if tree is None:
            return None
        if not isinstance(tree, Table):
            self._report.error(
                tree.span, "WRONG_SHAPE", f"`{name}` is not a mapping", "start it with a key and a colon"
            )
            return None
        return Fields(name, tree, tree.span, self._report)

    def _named(self, file: str, key: str, read: Callable[[Fields], _T]) -> list[_T]:
        fields = self._file(file)
        if fields is None:
            return []
        fields.allow((key,))
        return [read(entry) for entry in fields.tables(key)]

    def _category(self, file: str) -> Iterable[KindDefinition]:
        fields = self._file(file)
        if fields is None:
            return []
        fields.allow(words.CATEGORY_KEYS)
        flags = {name: fields.flag(name) or False for name in words.CATEGORY_KEYS if name != "kinds"}
        category = file.removesuffix(".yml")
        return [self._kind(entry, category, **flags) for entry in fields.tables("kinds")]

    def _enum(self, fields: Fields) -> EnumDefinition:
        fields.name_matches(words.ENUM_NAME, "an enum", "lower_case_with_underscores")
        values = list(fields.all_tables())
        for value in values:
            value.allow(words.WORDING_KEYS)
            value.name_matches(words.ENUM_VALUE, "a value of an enum", "in letters, digits and underscores")
        if not values:
            fields.error(None, "EMPTY_ENUM", f"enum `{fields.name}` has no value", "list its values, each with a label")
        wording = {value.name: found for value in values if (found := value.own_wording()) is not None}
        return EnumDefinition(EnumType(fields.name, tuple(value.name for value in values), wording), fields.span)

    def _attribute(self, fields: Fields) -> AttributeDefinition:
        fields.allow(words.ATTRIBUTE_KEYS)
        fields.name_matches(words.ATTRIBUTE_NAME, "an attribute", "lower_case_with_underscores")
        has_label = "label" in fields.table.entries
        return AttributeDefinition(
            name=fields.name,
            span=fields.span,
            type=fields.choice("type", words.TYPES, "UNKNOWN_TYPE"),
            wording=fields.own_wording() if has_label or "synonyms" in fields.table.entries else None,
            enum=fields.text("enum"),
            unit=fields.text("unit"),
            required=fields.flag("required"),
            unique=fields.flag("unique"),
            indexed=fields.flag("indexed"),
            personal=fields.choice("personal", words.PERSONAL_CLASSES, "UNKNOWN_PERSONAL_CLASS"),
            minimum=fields.number("min"),
            maximum=fields.number("max"),
            description=fields.text("description"),
            absent_means=fields.text("absent_means"),
        )

    def _kind(
        self,
        fields: Fields,
        category: str,
        *,
        abstract: bool = False,
        public: bool = False,
        bookkeeping: bool = False,
        simulated: bool = False,
    ) -> KindDefinition:
        fields.allow(words.KIND_KEYS)
        fields.name_matches(words.KIND_NAME, "a kind", "CapitalisedWords")
        return KindDefinition(
            name=fields.name,
            span=fields.span,
            abstract=abstract,
            category=category,
            parents=fields.text_or_texts("is"),
            wording=fields.own_wording(),
            description=fields.text("description") or "",
            identity=fields.text_lists("identity"),
            matching=fields.text_lists("matching"),
            matching_on=fields.text("matching_on") or "",
            attributes={entry.name: self._attribute(entry) for entry in fields.tables("attributes")},
            public=public,
            bookkeeping=bookkeeping,
            simulated=simulated,
        )

    def _relations(self) -> tuple[RelationDefinition, ...]:
        """The relations, each with what every relation has."""
        file = self._file(words.RELATIONS_FILE)
        if file is None:
            return ()
        file.allow((words.EVERY_RELATION, "relations"))
        shared = {entry.name: self._attribute(entry) for entry in file.tables(words.EVERY_RELATION)}
        found = [self._relation(entry) for entry in file.tables("relations")]
        return tuple(r if r.bookkeeping else replace(r, attributes={**shared, **r.attributes}) for r in found)

    def _relation(self, fields: Fields) -> RelationDefinition:
        fields.allow(words.RELATION_KEYS)
        fields.name_matches(words.RELATION_NAME, "a relation", "CAPITALS_WITH_UNDERSCORES")
        return RelationDefinition(
            name=fields.name,
            span=fields.span,
            wording=fields.own_wording(),
            inverse=fields.wording("inverse", needed=True),
            group=fields.required_text("group") or "",
            triples=self._triples(fields),
            attributes={entry.name: self._attribute(entry) for entry in fields.tables("attributes")},
            acyclic=fields.flag("acyclic") or False,
            max_out=self._cardinality(fields, "max_out"),
            max_in=self._cardinality(fields, "max_in"),
            bookkeeping=fields.flag("bookkeeping") or False,
            simulated=fields.flag("simulated") or False,
            description=fields.text("description") or "",
            perimeter=fields.choice("perimeter", words.PERIMETER_RULES, "UNKNOWN_PERIMETER_RULE") or "",
        )

    def _cardinality(self, fields: Fields, key: str) -> int | None:
        bound = fields.whole_number(key)
        if bound is not None and bound < 1:
            fields.error(key, "BAD_BOUNDS", f"`{key}` is {bound}", "give at least 1, or leave it out for any number")
        return bound

    def _triples(self, fields: Fields) -> tuple[TripleDefinition, ...]:
        found = []
        for scalar in fields.scalars("triples"):
            start, arrow, end = (part.strip() for part in scalar.text.partition("->"))
            if arrow and words.KIND_NAME.fullmatch(start) and words.KIND_NAME.fullmatch(end):
                found.append(TripleDefinition(start, end, scalar.span))
            else:
                seen = f"`{scalar.text}` is not a pair of kinds"
                self._report.error(scalar.span, "BAD_TRIPLE", seen, 'write "StartKind -> EndKind"')
        if not found:
            fields.error("triples", "MISSING_KEY", f"`{fields.name}` has no triple", "list the kinds that it may join")
        return tuple(found)
