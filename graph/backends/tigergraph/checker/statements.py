"""Queries and their statements: heads, declarations, SELECT with its clauses, loops, PRINT, and tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from graph.backends.tigergraph.checker.language import (
    BASE,
    COLLECTIONS,
    INT,
    PARAMETER_CONTAINERS,
    PLAIN_ACCUMULATORS,
    SCALAR_ACCUMULATORS,
    STRING,
    UNKNOWN,
    Type,
    content,
    item_of,
)
from graph.backends.tigergraph.checker.patterns import PatternChecker
from graph.backends.tigergraph.checker.tokens import Sort, Token

_ENDS: Final = ("END", "ELSE", "WHEN", "}")
_ACCUMULATORS: Final = COLLECTIONS | SCALAR_ACCUMULATORS | PLAIN_ACCUMULATORS


class QueryChecker(PatternChecker):
    """Checks one CREATE QUERY statement."""

    def query(self) -> None:
        """The head, the statements, and nothing behind."""
        self.expect("CREATE")
        if self.take("OR"):
            self.expect("REPLACE")
        self.take("DISTRIBUTED")
        self.expect("QUERY")
        self.name()
        self.expect("(")
        if not self.is_next(")"):
            self.several(self._parameter)
        self.expect(")")
        if self.take("FOR"):
            self.expect("GRAPH")
            self.name()
        if self.take("SYNTAX"):
            version = self.next()
            if version.word not in ("V1", "V2", "V3"):
                self.refuse(f"{version.text} is no version of the syntax", version)
            self.version = int(version.word[1])
        self.expect("{")
        with self.scope():
            self._statements()
        self.expect("}")
        self.take(";")
        if self.peek().sort is not Sort.END:
            self.refuse(f"{self.peek().text} stands behind the query")

    def _parameter(self) -> None:
        token = self.peek()
        if token.word not in BASE | PARAMETER_CONTAINERS:
            self.refuse(f"{token.text} is no type of a parameter")
        of = self.type()
        if of.name in ("EDGE", "JSONOBJECT"):
            self.refuse(f"{of} is no type of a parameter", token)
        name = self.name()
        self.declare(name, of)
        if self.take("="):
            value = self.peek()
            found = content(self.expression())
            numbers = {"INT", "UINT", "FLOAT", "DOUBLE"}
            if found != UNKNOWN and found.name != of.name and not {found.name, of.name} <= numbers:
                self.refuse(f"the default of {name.text} is {found}, it is {of}", value)

    def _statements(self) -> None:
        while not self.is_next(*_ENDS):
            if self.peek().sort is Sort.END:
                self.refuse("a block has no end")
            self._statement()
            if not self.take(";"):
                self.refuse(f"; was expected, {self.peek().text or 'the end'} is there")

    def _statement(self) -> None:
        word = self.peek().word
        rule = {
            "TYPEDEF": self._typedef,
            "IF": lambda: self._if(self._block),
            "WHILE": lambda: self._while(self._block),
            "FOREACH": lambda: self._foreach(self._block),
            "PRINT": self._print,
            "RETURN": self._return,
            "SELECT": self._select_into,
            "DELETE": self._delete,
            "LEFT": self._left_join,
            "JOIN": self._left_join,
            "UNION": self._table_union,
            "BREAK": self._break,
            "CONTINUE": self._break,
        }.get(word)
        if rule is not None and self.peek().sort is Sort.NAME:
            rule()
        elif self.is_type():
            self._declaration()
        else:
            self._assignment()

    def _block(self) -> None:
        with self.scope():
            self._statements()

    def _break(self) -> None:
        token = self.next()
        if not self.loops:
            self.refuse(f"{token.text} stands in no loop", token)

    # --- declarations ----------------------------------------------------------------------------------------------

    def _typedef(self) -> None:
        start = self.next()
        if self.globals or self.locals or self.sets:
            self.refuse("tuple types stand before everything else", start)
        self.expect("TUPLE")
        self.expect("<")
        fields: list[tuple[str, Type]] = []

        def field() -> None:
            token = self.peek()
            of = self.type()
            if of.name not in BASE:
                self.refuse(f"a field of a tuple is no {of}", token)
            name = self.name(keywords=True)
            if any(known == name.text for known, _ in fields):
                self.refuse(f"the field {name.text} is there twice", name)
            fields.append((name.text, of))

        self.several(field)
        self.expect(">")
        name = self.name()
        if name.text in self.tuples:
            self.refuse(f"{name.text} is declared twice", name)
        self.tuples[name.text] = tuple(fields)

    def _declaration(self) -> None:
        start = self.peek()
        of = self.type()
        if of.name == "HeapAccum":
            self._heap(of)

        def one() -> None:
            token = self.next()
            if token.sort in (Sort.GLOBAL, Sort.LOCAL):
                if of.name not in _ACCUMULATORS:
                    self.refuse(f"{of} is no accumulator", start)
                known = self.globals if token.sort is Sort.GLOBAL else self.locals
                if token.text in known:
                    self.refuse(f"{token.text} is declared twice", token)
                known[token.text] = of
            elif token.sort is Sort.NAME:
                if of.name in _ACCUMULATORS:
                    self.refuse(f"the name of an accumulator begins with @, {token.text} does not", token)
                self.at -= 1
                self.declare(self.name(), of)
            else:
                self.refuse(f"a name was expected, {token.text or 'the end'} is there", token)
            if self.take("="):
                self._fits(of, self.peek(), self.expression())

        self.several(one)

    def _heap(self, of: Type) -> None:
        self.expect("(")
        self.expression()
        fields = dict(self.tuples[of.args[0].name])
        self.expect(",")

        def key() -> None:
            token = self.name(keywords=True)
            if token.text not in fields:
                self.refuse(f"{of.args[0]} has no field {token.text}", token)
            self.take("ASC", "DESC")

        self.several(key)
        self.expect(")")

    # --- assignments -----------------------------------------------------------------------------------------------

    def _assignment(self) -> None:
        token = self.peek()
        if token.sort is Sort.GLOBAL:
            self._accumulate()
            return
        name = self.name()
        follows = self.variable(name.text)
        if self.take("="):
            if follows is not None:
                self._fits(follows, self.peek(), self.expression())
            else:
                self._vertex_set(name)
        elif follows is None:
            self.refuse(f"{name.text} is not declared", name)
        else:
            self.refuse(f"= was expected, {self.peek().text or 'the end'} is there")

    def _vertex_set(self, name: Token) -> None:
        if self.is_next("SELECT"):
            self.sets[name.text] = self._select()
            return
        found = self._set_operand(name)
        while self.take("UNION", "INTERSECT", "MINUS"):
            more = self._set_operand(name)
            found = None if found is None or more is None else found | more
        self.sets[name.text] = found

    def _set_operand(self, name: Token) -> frozenset[str] | None:
        if self.take("{"):
            if not self.is_next("}"):
                self.several(self._seed)
            self.expect("}")
            return self._known_set(name)
        token = self.name()
        if token.text not in self.sets:
            self.refuse(f"the vertex set {token.text} is not declared", token)
        return self.sets[token.text]

    def _known_set(self, name: Token) -> frozenset[str] | None:
        """Seeds are vertices of any type: what they may be is what the set was, where it was one."""
        return self.sets.get(name.text)

    def _seed(self) -> None:
        token = self.peek()
        if token.sort is Sort.NAME and self.peek(1).text == "." and self.peek(2).text == "*":
            self.vertex_type(self.name())
            self.next()
            self.next()
            return
        of = self.expression()
        if of.name not in ("VERTEX", "SetAccum", "SET", "vertex set", "?"):
            self.refuse(f"{of} holds no vertices", token)
        if of.name in ("SetAccum", "SET") and of.args[0].name != "VERTEX":
            self.refuse(f"{of} holds no vertices", token)

    def _accumulate(self) -> None:
        """`@@name += value`, `@@name = value`, `@@name.method()`."""
        token = self.peek()
        if self.peek(1).text == ".":
            self._postfix()
            return
        self.next()
        if token.text not in self.globals:
            self.refuse(f"the accumulator {token.text} is not declared", token)
        of = self.globals[token.text]
        if self.take("="):
            if self.inside_accum:
                self.refuse(f"{token.text} can only be added to in ACCUM", token)
            self._fits(of, self.peek(), self.expression())
        elif self.take("+="):
            self._addition(of)
        else:
            self.refuse(f"= or += was expected, {self.peek().text or 'the end'} is there")

    def _addition(self, of: Type) -> None:
        token = self.peek()
        found = self.expression()
        if of.name == "MapAccum":
            if found.name not in ("pair", "MapAccum", "?"):
                self.refuse(f"(key -> value) is added to a map, this is {found}", token)
        elif found.name == "pair":
            self.refuse(f"{of} takes no pairs", token)
        elif of.name in COLLECTIONS:
            wanted, given = item_of(of), content(found)
            if given.name in COLLECTIONS | PARAMETER_CONTAINERS:
                given = item_of(given)
            self._fits(wanted, token, given)
        else:
            self._fits(content(of), token, found)

    def _fits(self, wanted: Type, token: Token, found: Type) -> None:
        """A value where one of a type must stand."""
        left, right = content(wanted), content(found)
        numbers = {"INT", "UINT", "FLOAT", "DOUBLE"}
        if UNKNOWN in (left, right) or left.name == right.name or {left.name, right.name} <= numbers:
            return
        if left.name in COLLECTIONS and right.name in ("LIST", "values", "SET", "BAG"):
            return
        self.refuse(f"{left} was expected, this is {right}", token)

    # --- control ---------------------------------------------------------------------------------------------------

    def _if(self, body: Callable[[], None]) -> None:
        self.next()
        self.condition()
        self.expect("THEN")
        body()
        while self.take("ELSE"):
            if self.take("IF"):
                self.condition()
                self.expect("THEN")
                body()
            else:
                body()
                break
        self.expect("END")

    def _while(self, body: Callable[[], None]) -> None:
        self.next()
        self.condition()
        if self.take("LIMIT"):
            self._fits(INT, self.peek(), self.expression())
        self.expect("DO")
        self.loops += 1
        body()
        self.loops -= 1
        self.expect("END")

    def _foreach(self, body: Callable[[], None]) -> None:
        self.next()
        names = []
        if self.take("("):
            self.several(lambda: names.append(self.name()))
            self.expect(")")
        else:
            names.append(self.name())
        if not self.take("IN", ":"):
            self.refuse(f"IN was expected, {self.peek().text or 'the end'} is there")
        start = self.peek()
        types = self._range() if self.is_next("RANGE") else self._items(start, len(names))
        if len(types) != len(names):
            self.refuse(f"{len(types)} names were expected", names[0])
        self.expect("DO")
        with self.scope():
            for name, of in zip(names, types, strict=True):
                self.declare(name, of)
            self.loops += 1
            body()
            self.loops -= 1
        self.expect("END")

    def _range(self) -> list[Type]:
        self.next()
        self.expect("[")
        self._fits(INT, self.peek(), self.expression())
        self.expect(",")
        self._fits(INT, self.peek(), self.expression())
        self.expect("]")
        if self.take("."):
            self.expect("STEP")
            self.expect("(")
            self._fits(INT, self.peek(), self.expression())
            self.expect(")")
        return [INT]

    def _items(self, start: Token, count: int) -> list[Type]:
        of = self.expression()
        if of.name == "MapAccum":
            return [of.args[0], content(of.args[1])] if count == 2 else [UNKNOWN]
        if of == UNKNOWN:
            return [UNKNOWN] * count
        if of.name not in COLLECTIONS | {"SET", "BAG", "LIST", "vertex set"}:
            self.refuse(f"a loop goes over a collection, this is {of}", start)
        return [Type("VERTEX") if of.name == "vertex set" else item_of(of)]

    # --- SELECT ----------------------------------------------------------------------------------------------------

    def _select(self) -> frozenset[str] | None:
        """A SELECT of vertices; their types."""
        self.expect("SELECT")
        self.take("DISTINCT")
        alias = self.name()
        self.expect("FROM")
        with self.scope() as names:
            self.patterns()
            found = names.get(alias.text)
            if found is None or found.name != "VERTEX":
                self.refuse(f"{alias.text} is no vertex of the pattern", alias)
            self._clauses(names)
        return found.elements

    def _clauses(self, names: dict[str, Type]) -> None:
        self.inside_select = True
        if self.take("WHERE"):
            self.condition()
        if self.take("ACCUM"):
            self.inside_accum = True
            self._updates()
            self.inside_accum = False
        while self.take("POST-ACCUM"):
            if self.is_next("(") and self.peek(1).sort is Sort.NAME and self.peek(2).text == ")":
                self.next()
                alias = self.name()
                if names.get(alias.text) is None or names[alias.text].name != "VERTEX":
                    self.refuse(f"{alias.text} is no vertex of the pattern", alias)
                self.expect(")")
            self._updates()
        if self.take("HAVING"):
            self.condition()
        self._order()
        if self.take("LIMIT"):
            self.expression()
        self.inside_select = False

    def _order(self) -> None:
        if self.take("ORDER"):
            self.expect("BY")
            self.several(lambda: (self.expression(), self.take("ASC", "DESC")))

    def _updates(self) -> None:
        """The statements of ACCUM and POST-ACCUM, with commas between them."""
        self.several(self._update)

    def _nested(self) -> None:
        with self.scope():
            self._updates()

    def _update(self) -> None:
        word = self.peek().word
        if word == "IF":
            self._if(self._nested)
        elif word == "FOREACH":
            self._foreach(self._nested)
        elif word == "WHILE":
            self._while(self._nested)
        elif self.peek().sort is Sort.GLOBAL:
            self._accumulate()
        elif self.is_type():
            token = self.peek()
            of = self.type()
            if of.name not in BASE:
                self.refuse(f"{of} is declared inside a SELECT", token)
            self.declare(self.name(), of)
            self.expect("=")
            self._fits(of, self.peek(), self.expression())
        else:
            self._vertex_update()

    def _vertex_update(self) -> None:
        """`alias.@name += value`, `alias.@name = value`, `alias.attribute = value`, `alias.@name.clear()`."""
        token = self.name()
        of = self.variable(token.text)
        if of is None:
            self.refuse(f"{token.text} is not declared", token)
        self.expect(".")
        member = self.next()
        if member.sort is Sort.LOCAL:
            found = self._local(member, of)
            if self.is_next("."):
                self.next()
                self._method(self.name(keywords=True), found, member)
                return
        elif member.sort is Sort.NAME:
            found = self._attribute(member, of)
        else:
            self.refuse(f"a name was expected, {member.text or 'the end'} is there", member)
        if self.take("+="):
            self._addition(found)
        else:
            self.expect("=")
            self._fits(found, self.peek(), self.expression())

    # --- PRINT, DELETE ---------------------------------------------------------------------------------------------

    def _print(self) -> None:
        self.next()
        self.several(self._printed)

    def _printed(self) -> None:
        token = self.peek()
        if token.text in self.tables and token.sort is Sort.NAME:
            self.next()
        else:
            self.expression()
        if self.take("["):
            if token.text not in self.sets:
                self.refuse(f"{token.text} is no vertex set", token)
            self.several(self._column)
            self.expect("]")
        if self.take("AS"):
            self.name()

    def _column(self) -> None:
        self.expression()
        if self.take("AS"):
            self.name(keywords=True)

    def _return(self) -> None:
        self.next()
        self.expression()

    def _delete(self) -> None:
        self.next()
        alias = self.name()
        self.expect("FROM")
        with self.scope() as names:
            self.patterns()
            if alias.text not in names:
                self.refuse(f"{alias.text} is not in the pattern", alias)
            if self.take("WHERE"):
                self.condition()

    # --- tables ----------------------------------------------------------------------------------------------------

    def _select_into(self) -> None:
        """`SELECT expression AS name, ... INTO table FROM ...`: the columns are read once the aliases are known."""
        self.next()
        self.take("DISTINCT")
        start, depth = self.at, 0
        while not (depth == 0 and self.is_next("INTO")):
            token = self.next()
            if token.sort is Sort.END or token.text == ";":
                self.refuse("INTO was expected", token)
            depth += {"(": 1, ")": -1}.get(token.text, 0)
        end = self.at
        self.next()
        table = self.name()
        self.expect("FROM")
        with self.scope() as names:
            self.patterns()
            behind = self.at
            self.at = start
            columns: list[str] = []

            def column() -> None:
                of = self.expression()
                self.expect("AS")
                name = self.name()
                columns.append(name.text)
                names.setdefault(name.text, content(of))

            self.several(column)
            if self.at != end:
                self.refuse(f"INTO was expected, {self.peek().text} is there")
            self.at = behind
            if self.take("WHERE"):
                self.condition()
            if self.take("GROUP"):
                self.expect("BY")
                self.several(self.expression)
            if self.take("HAVING"):
                self.condition()
            self._order()
            if self.take("LIMIT"):
                self.expression()
        self.tables[table.text] = tuple(columns)

    def _left_join(self) -> None:
        self.take("LEFT")
        self.expect("JOIN")
        with self.scope():
            self._table_alias()
            self.expect("WITH")
            self._table_alias()
            self.expect("ON")
            self.condition()
            self.expect("PROJECT")
            self.several(self._column)
            self.expect("INTO")
            self.tables[self.name().text] = ()

    def _table_alias(self) -> None:
        self._table()
        self.declare(self.name(), Type("table row", (STRING,)))

    def _table(self) -> None:
        token = self.name()
        if token.text not in self.tables:
            self.refuse(f"the table {token.text} is not declared", token)

    def _table_union(self) -> None:
        self.next()
        self._table()
        while self.take("WITH"):
            self._table()
        self.expect("INTO")
        self.tables[self.name().text] = ()
