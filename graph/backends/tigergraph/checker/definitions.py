"""The schema's own statements: CREATE VERTEX, CREATE DIRECTED EDGE and CREATE GRAPH, each type there before it is named."""

from __future__ import annotations

from typing import Final

from graph.backends.tigergraph.checker.reading import Reader
from graph.backends.tigergraph.checker.tokens import GsqlTextError, Sort
from graph.backends.tigergraph.words import RESERVED

_TYPES: Final = frozenset({"INT", "UINT", "FLOAT", "DOUBLE", "BOOL", "STRING", "DATETIME"})
_KEYS: Final = frozenset({"INT", "UINT", "STRING", "DATETIME"})


def check_definitions(text: str) -> GsqlTextError | None:
    """The first problem of a file of schema statements; None where there is none."""
    try:
        _Definitions(text, None).all()
    except GsqlTextError as error:
        return error
    return None


class _Definitions(Reader):
    def all(self) -> None:
        """Statements, each with its semicolon."""
        self.kinds: set[str] = set()
        self.relations: set[str] = set()
        while self.peek().sort is not Sort.END:
            self.expect("CREATE")
            if self.take("VERTEX"):
                self._vertex()
            elif self.take("DIRECTED"):
                self._edge()
            else:
                self._graph()
            self.expect(";")

    def _new(self) -> str:
        token = self.name(keywords=True)
        if token.text.lower() in RESERVED:
            self.refuse(f"{token.text} is a word of GSQL", token)
        if token.text in self.kinds | self.relations:
            self.refuse(f"{token.text} is created twice", token)
        return token.text

    def _vertex(self) -> None:
        name = self._new()
        self.expect("(")
        self.expect("PRIMARY_ID")
        self._attribute({name for name in _KEYS if name != "DATETIME"})
        self._attributes({"id"})
        self.expect(")")
        self._option("primary_id_as_attribute", "true")
        self.kinds.add(name)

    def _attributes(self, names: set[str]) -> None:
        while self.take(","):
            token = self.peek()
            name = self._attribute(_TYPES)
            if name in names:
                self.refuse(f"the attribute {name} is there twice", token)
            names.add(name)

    def _attribute(self, allowed: set[str] | frozenset[str]) -> str:
        token = self.name(keywords=True)
        if token.text.lower() in RESERVED:
            self.refuse(f"{token.text} is a word of GSQL", token)
        of = self.next()
        if of.word in ("SET", "LIST"):
            self.expect("<")
            of = self.next()
            self.expect(">")
        if of.word not in allowed:
            self.refuse(f"{of.text} is no type of an attribute", of)
        return token.text

    def _edge(self) -> None:
        self.expect("EDGE")
        name = self._new()
        self.expect("(")
        self.several(self._pair, "|")
        names: set[str] = set()
        if self.peek(1).word == "DISCRIMINATOR":
            self.expect(",")
            self.expect("DISCRIMINATOR")
            self.expect("(")
            names.add(self._attribute(_KEYS))
            self.expect(")")
        self._attributes(names)
        self.expect(")")
        self._option("REVERSE_EDGE", f"rev_{name}")
        self.relations.add(name)

    def _pair(self) -> None:
        self.expect("FROM")
        self._known()
        self.expect(",")
        self.expect("TO")
        self._known()

    def _known(self) -> None:
        token = self.name(keywords=True)
        if token.text not in self.kinds:
            self.refuse(f"the vertex type {token.text} is not created", token)

    def _option(self, key: str, value: str) -> None:
        self.expect("WITH")
        token = self.name(keywords=True)
        if token.text != key:
            self.refuse(f"{key} was expected", token)
        self.expect("=")
        found = self.next()
        if found.text != f'"{value}"':
            self.refuse(f'"{value}" was expected', found)

    def _graph(self) -> None:
        self.expect("GRAPH")
        self.name()
        self.expect("(")

        def one() -> None:
            token = self.name(keywords=True)
            if token.text not in self.kinds | self.relations:
                self.refuse(f"{token.text} is not created", token)

        self.several(one)
        self.expect(")")
