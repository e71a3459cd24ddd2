"""YAML files as trees that remember lines, so that every finding and every definition can name its place.

Anchors, merge keys and tags are refused: a pack reads the same to a person, to a diff and to this loader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from graph.schema.findings import Report
from graph.schema.model import SourceSpan

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser is ten times faster, and may be missing
_MAX_DEPTH = 12  # a pack nests six deep; the composer of the YAML library crashes the process on endless brackets
_WORDS = {
    "": None,
    "~": None,
    "null": None,
    "true": True,
    "yes": True,
    "on": True,
    "false": False,
    "no": False,
    "off": False,
}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value: as written, and as YAML reads it (str, int, float, bool or None)."""

    text: str
    value: str | int | float | bool | None
    span: SourceSpan


@dataclass(frozen=True, slots=True)
class Listing:
    """A sequence."""

    items: tuple[Tree, ...]
    span: SourceSpan


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping with text keys; `spans` says where each key stands."""

    entries: Mapping[str, Tree]
    spans: Mapping[str, SourceSpan]
    span: SourceSpan


Tree = Scalar | Listing | Table


def read_tree(path: Path, shown: str, report: Report) -> Tree | None:
    """The tree of a YAML file, or None where it cannot be read (the report says why). `shown` names it in findings."""
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        report.error(
            SourceSpan(shown, line), "BROKEN_ENCODING", f"byte {error.start} is not UTF-8", "save the file as UTF-8"
        )
        return None
    except OSError as error:
        seen = f"the file cannot be read: {error.strerror}"
        report.error(SourceSpan(shown, 1), "MISSING_FILE", seen, "check that it exists and is readable")
        return None
    try:
        return _Builder(shown, report, yaml.parse(text, Loader=_LOADER)).build()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        seen = " ".join(part for part in (error.context, error.problem) if part) or "the YAML is broken"
        hint = "mind indentation, closing brackets and quotes around text that holds ': ' or ' #'"
        report.error(SourceSpan(shown, line), "BROKEN_YAML", seen, hint, column=column)
    except yaml.YAMLError as error:
        seen = str(error).splitlines()[0]
        report.error(SourceSpan(shown, 1), "BROKEN_YAML", seen, "keep the file to plain text")
    except _TooDeep as error:
        seen = f"more than {_MAX_DEPTH} levels inside one another"
        report.error(SourceSpan(shown, error.line), "BROKEN_YAML", seen, "close a bracket, or flatten the definition")
    return None


class _TooDeep(Exception):
    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class _Builder:
    """Builds a tree from the events of the YAML parser; notes duplicate keys, anchors, tags and second documents."""

    def __init__(self, shown: str, report: Report, events: Iterator[yaml.Event]) -> None:
        self._shown = shown
        self._report = report
        self._events = events

    def build(self) -> Tree | None:
        tree: Tree | None = None
        for event in self._events:
            if isinstance(event, yaml.NodeEvent):
                found = self._tree(event, 0)
                if tree is None:
                    tree = found
                else:
                    hint = "keep one document to a file: remove the line of dashes"
                    self._report.error(self._span(event), "BROKEN_YAML", "a second document in the file", hint)
        if tree is None or (isinstance(tree, Scalar) and tree.value is None):
            hint = "give it a mapping, or remove it"
            self._report.error(SourceSpan(self._shown, 1), "WRONG_SHAPE", "the file is empty", hint)
            return None
        return tree

    def _tree(self, event: yaml.Event, depth: int) -> Tree:
        span = self._span(event)
        if depth > _MAX_DEPTH:
            raise _TooDeep(span.line)
        if isinstance(event, yaml.AliasEvent):
            hint = "write the definition out"
            self._report.error(span, "ALIAS", f"`*{event.anchor}` repeats a YAML anchor", hint)
            return Scalar("", None, span)
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._report.error(span, "WRONG_SHAPE", f"`{tag}` is a YAML tag", "remove it: a pack is plain text")
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(event.value, self._value(event), span)
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(item := next(self._events), yaml.SequenceEndEvent):
                items.append(self._tree(item, depth + 1))
            return Listing(tuple(items), span)
        return self._table(span, depth)

    def _table(self, span: SourceSpan, depth: int) -> Table:
        entries: dict[str, Tree] = {}
        spans: dict[str, SourceSpan] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._tree(event, depth + 1)
            value = self._tree(next(self._events), depth + 1)
            if not isinstance(key, Scalar):
                self._report.error(key.span, "WRONG_SHAPE", "a key is not plain text", "use a name as key")
            elif key.text in entries:
                seen = f"key `{key.text}` stands twice, first at line {spans[key.text].line}"
                self._report.error(key.span, "DUPLICATE_KEY", seen, "keep one of the two")
            else:
                entries[key.text] = value
                spans[key.text] = key.span
        return Table(entries, spans, span)

    def _value(self, event: yaml.ScalarEvent) -> str | int | float | bool | None:
        text = str(event.value)
        if not event.implicit[0]:  # quoted
            return text
        word = text.lower()
        if word in _WORDS:
            return _WORDS[word]
        if _INTEGER.fullmatch(text):
            return int(text) if len(text) < 20 else float(text)
        return float(text) if _FLOAT.fullmatch(text) else text

    def _span(self, event: yaml.Event) -> SourceSpan:
        mark = event.start_mark
        return SourceSpan(self._shown, mark.line + 1 if mark else 1)
