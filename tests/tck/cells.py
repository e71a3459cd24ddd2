"""Cells of the kit's tables, and cells of ours, as one comparable form.

A form is a tuple whose first item names the type, so that `1`, `1.0`, `true` and `'1'` are four different cells. Nodes
are their labels and properties, relations their type and properties, paths what they walk: the kit knows no identities.
Temporal values are their ISO text, which is how the kit writes them; the kit cannot tell them from strings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from graph.backends.networkx.values import text_of
from graph.model import Edge, Node, Path

Form = tuple[Any, ...]

_SPACE: Final = re.compile(r"\s*")
_NUMBER: Final = re.compile(r"-?(?:0x[0-9a-fA-F]+|(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?|Inf\b)|NaN\b")
_WORD: Final = re.compile(r"\w+|`[^`]*`")
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def read_cell(text: str, *, ordered_lists: bool = True) -> Form:
    """The form of a cell as the kit writes it. Raises ValueError."""
    reader = _Reader(text, ordered_lists)
    found = reader.value()
    reader.skip()
    if reader.at != len(text):
        raise ValueError(f"{text!r} goes on after a value at {reader.at}")
    return found


def form_of(value: Any, nodes: Mapping[str, Node], *, ordered_lists: bool = True) -> Form:
    """The form of one of our values; `nodes` are those of the graph, by id, for the ends of relations."""
    if value is None:
        return ("null",)
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, int):
        return ("integer", value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, str):
        return ("string", value)
    if isinstance(value, list | tuple):
        return _list([form_of(item, nodes, ordered_lists=ordered_lists) for item in value], ordered_lists)
    if isinstance(value, dict):
        return _map({key: form_of(item, nodes, ordered_lists=ordered_lists) for key, item in value.items()})
    if isinstance(value, Node):
        return ("node", tuple(sorted(value.labels)), _properties(value, nodes))
    if isinstance(value, Edge):
        return ("relationship", value.type, _properties(value, nodes))
    if isinstance(value, Path):
        steps = tuple(
            (form_of(edge, nodes), edge.start == left.id, form_of(right, nodes))
            for left, edge, right in zip(value.nodes, value.edges, value.nodes[1:], strict=False)
        )
        return ("path", form_of(value.nodes[0], nodes), steps)
    return ("string", text_of(value))


def _properties(element: Node | Edge, nodes: Mapping[str, Node]) -> Form:
    return _map({key: form_of(value, nodes) for key, value in element.properties.items()})


def _float(value: float) -> Form:
    return ("float", "NaN" if value != value else repr(value + 0.0))  # -0.0 + 0.0 is 0.0: they are equal


def _list(items: list[Form], ordered: bool) -> Form:
    return ("list", tuple(items if ordered else sorted(items, key=repr)))


def _map(items: Mapping[str, Form]) -> Form:
    return ("map", tuple(sorted(items.items())))


class _Reader:
    def __init__(self, text: str, ordered_lists: bool) -> None:
        self.text = text
        self.at = 0
        self._ordered = ordered_lists

    def skip(self) -> None:
        found = _SPACE.match(self.text, self.at)
        assert found is not None
        self.at = found.end()

    def value(self) -> Form:
        self.skip()
        for word, form in (("null", ("null",)), ("true", ("boolean", True)), ("false", ("boolean", False))):
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return form
        number = _NUMBER.match(self.text, self.at)
        if number is not None:
            self.at = number.end()
            return _number(number.group())
        sign = self.text[self.at : self.at + 1]
        match sign:
            case "'":
                return ("string", self._string())
            case "[":
                return self._list_or_relationship()
            case "{":
                return self._map()
            case "(":
                return self._node()
            case "<":
                return self._path()
        raise ValueError(f"no value at {self.at} of {self.text!r}")

    def accept(self, sign: str) -> bool:
        self.skip()
        if self.text.startswith(sign, self.at):
            self.at += len(sign)
            return True
        return False

    def expect(self, sign: str) -> None:
        if not self.accept(sign):
            raise ValueError(f"{sign!r} is expected at {self.at} of {self.text!r}")

    def word(self) -> str:
        self.skip()
        found = _WORD.match(self.text, self.at)
        if found is None:
            raise ValueError(f"a name is expected at {self.at} of {self.text!r}")
        self.at = found.end()
        return found.group().strip("`")

    def _string(self) -> str:
        self.at += 1
        said: list[str] = []
        while self.text[self.at] != "'":
            sign = self.text[self.at]
            if sign == "\\":
                self.at += 1
                sign = _ESCAPES.get(self.text[self.at], self.text[self.at])
            said.append(sign)
            self.at += 1
        self.at += 1
        return "".join(said)

    def _list_or_relationship(self) -> Form:
        self.expect("[")
        if self.accept(":"):
            name = self.word()
            properties = self._optional_map()
            self.expect("]")
            return ("relationship", name, properties)
        items: list[Form] = []
        while not self.accept("]"):
            if items:
                self.expect(",")
            items.append(self.value())
        return _list(items, self._ordered)

    def _map(self) -> Form:
        self.expect("{")
        items: dict[str, Form] = {}
        while not self.accept("}"):
            if items:
                self.expect(",")
            key = self.word()
            self.expect(":")
            items[key] = self.value()
        return _map(items)

    def _optional_map(self) -> Form:
        self.skip()
        return self._map() if self.text.startswith("{", self.at) else _map({})

    def _node(self) -> Form:
        self.expect("(")
        labels = []
        while self.accept(":"):
            labels.append(self.word())
        properties = self._optional_map()
        self.expect(")")
        return ("node", tuple(sorted(labels)), properties)

    def _path(self) -> Form:
        self.expect("<")
        start = self._node()
        steps = []
        while not self.accept(">"):
            forward = not self.accept("<-")
            if forward:
                self.expect("-")
            relationship = self._list_or_relationship()
            self.expect("->" if forward else "-")
            steps.append((relationship, forward, self._node()))
        return ("path", start, tuple(steps))


def _number(text: str) -> Form:
    if text == "NaN":
        return ("float", "NaN")
    if text.endswith("Inf"):
        return _float(float(text))
    if re.fullmatch(r"-?\d+", text):
        return ("integer", int(text))
    if "x" in text:
        return ("integer", int(text, 16))
    return _float(float(text))
