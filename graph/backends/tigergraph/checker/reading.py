"""Reading tokens, and what is declared while they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from graph.backends.tigergraph.checker.catalog import Catalog
from graph.backends.tigergraph.checker.language import (
    BASE,
    COLLECTIONS,
    KEYWORDS,
    PARAMETER_CONTAINERS,
    PLAIN_ACCUMULATORS,
    SCALAR_ACCUMULATORS,
    Type,
)
from graph.backends.tigergraph.checker.tokens import Sort, Token, problem, tokens_of


class Reader:
    """A cursor over tokens with the declarations of one query."""

    def __init__(self, text: str, catalog: Catalog | None) -> None:
        self.text = text
        self.catalog = catalog
        self.tokens = tokens_of(text)
        self.at = 0
        self.version = 3
        self.tuples: dict[str, tuple[tuple[str, Type], ...]] = {}
        self.globals: dict[str, Type] = {}
        self.locals: dict[str, Type] = {}
        self.sets: dict[str, frozenset[str] | None] = {}
        self.tables: dict[str, tuple[str, ...]] = {}
        self.scopes: list[dict[str, Type]] = [{}]
        self.inside_select = False
        self.inside_accum = False
        self.loops = 0

    # --- tokens ----------------------------------------------------------------------------------------------------

    def peek(self, ahead: int = 0) -> Token:
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def next(self) -> Token:
        token = self.peek()
        self.at += 1
        return token

    def is_next(self, *words: str) -> bool:
        """Whether the next token is one of some signs or keywords."""
        token = self.peek()
        return token.sort in (Sort.NAME, Sort.SIGN) and token.word in words

    def take(self, *words: str) -> Token | None:
        """The next token, where it is one of some signs or keywords."""
        return self.next() if self.is_next(*words) else None

    def expect(self, word: str) -> Token:
        """The next token, which must be that one."""
        if not self.is_next(word):
            self.refuse(f"{word} was expected, {self.peek().text or 'the end'} is there")
        return self.next()

    def name(self, *, keywords: bool = False) -> Token:
        """A name; words of the language only where `keywords` allows them."""
        token = self.peek()
        if token.sort is not Sort.NAME or (token.word in KEYWORDS and not keywords):
            self.refuse(f"a name was expected, {token.text or 'the end'} is there")
        return self.next()

    def several(self, read: Callable[[], object], sign: str = ",") -> int:
        """Things with a sign between them; how many there are."""
        read()
        count = 1
        while self.take(sign):
            read()
            count += 1
        return count

    def refuse(self, seen: str, token: Token | None = None) -> NoReturn:
        """Say what is wrong, and where."""
        raise problem(self.text, (token or self.peek()).position, seen)

    # --- declarations ----------------------------------------------------------------------------------------------

    @contextmanager
    def scope(self) -> Iterator[dict[str, Type]]:
        """Names that are known inside only."""
        self.scopes.append({})
        yield self.scopes[-1]
        self.scopes.pop()

    def variable(self, name: str) -> Type | None:
        """The type of a variable, a parameter or an alias."""
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return None

    def declare(self, token: Token, of: Type) -> None:
        """A new variable in this scope."""
        if token.text in self.scopes[-1]:
            self.refuse(f"{token.text} is declared twice", token)
        self.scopes[-1][token.text] = of

    # --- types -----------------------------------------------------------------------------------------------------

    def is_type(self) -> bool:
        """Whether a declaration may start here."""
        token = self.peek()
        known = BASE | PARAMETER_CONTAINERS
        if token.sort is not Sort.NAME:
            return False
        if token.text in COLLECTIONS | SCALAR_ACCUMULATORS | PLAIN_ACCUMULATORS:
            return True
        follows = self.peek(1)
        return (token.word in known or token.text in self.tuples) and (follows.sort is Sort.NAME or follows.text == "<")

    def type(self) -> Type:
        """A type with what it is of."""
        token = self.next()
        name = token.word if token.word in BASE | PARAMETER_CONTAINERS else token.text
        if name in ("VERTEX", "EDGE"):
            if self.take("<"):
                self.vertex_type(self.name())
                self.expect(">")
            return Type(name)
        if name in BASE or name in self.tuples or name in PLAIN_ACCUMULATORS:
            return Type(name)
        counts = {"MapAccum": 2, **dict.fromkeys(COLLECTIONS - {"MapAccum"}, 1)}
        counts |= dict.fromkeys(SCALAR_ACCUMULATORS | PARAMETER_CONTAINERS, 1)
        if name not in counts:
            self.refuse(f"{token.text} is no type", token)
        self.expect("<")
        args: list[Type] = []
        self.several(lambda: args.append(self.type()))
        self.expect(">")
        if len(args) != counts[name]:
            self.refuse(f"{name} is of {counts[name]} types, {len(args)} are there", token)
        if name == "HeapAccum" and args[0].name not in self.tuples:
            self.refuse("a heap holds tuples", token)
        if name in ("SetAccum", "BagAccum", "SET", "BAG") and args[0].name in COLLECTIONS:
            self.refuse(f"a {name} holds no collections", token)
        if name == "MapAccum" and (args[0].name in COLLECTIONS or args[1].name == "HeapAccum"):
            self.refuse("a map has no such keys or values", token)
        return Type(name, tuple(args))

    def vertex_type(self, token: Token) -> str:
        """A vertex type of the schema."""
        if self.catalog is not None and token.text not in self.catalog.vertices:
            self.refuse(f"{token.text} is no vertex type of the schema", token)
        return token.text

    def edge_type(self, token: Token) -> str:
        """An edge type of the schema."""
        if self.catalog is not None and token.text not in self.catalog.edges:
            self.refuse(f"{token.text} is no edge type of the schema", token)
        return token.text
