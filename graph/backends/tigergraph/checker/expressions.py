"""Expressions: read by precedence, with the type of each as far as it can be told."""

from __future__ import annotations

from typing import Final

from graph.backends.tigergraph.checker.language import (
    AGGREGATES,
    BOOL,
    CONSTANTS,
    DOUBLE,
    FUNCTIONS,
    INT,
    METHODS,
    MUTATORS,
    NUMBERS,
    STRING,
    UNITS,
    UNKNOWN,
    Type,
    content,
    item_of,
)
from graph.backends.tigergraph.checker.reading import Reader
from graph.backends.tigergraph.checker.tokens import Sort, Token

_COMPARISONS: Final = ("==", "!=", "<>", "<=", ">=", "<", ">")


class ExpressionChecker(Reader):
    """Checks expressions."""

    def condition(self) -> None:
        """An expression that is true or false."""
        token = self.peek()
        of = content(self.expression())
        if of not in (BOOL, UNKNOWN):
            self.refuse(f"a condition was expected, this is {of}", token)

    def expression(self) -> Type:
        """OR, the loosest."""
        of = self._and()
        while self.take("OR"):
            self._and()
            of = BOOL
        return of

    def _and(self) -> Type:
        of = self._not()
        while self.take("AND"):
            self._not()
            of = BOOL
        return of

    def _not(self) -> Type:
        if self.take("NOT"):
            self._not()
            return BOOL
        return self._comparison()

    def _comparison(self) -> Type:
        start = self.peek()
        of = self._sum()
        while True:
            if self.take(*_COMPARISONS):
                other = self._sum()
                self._comparable(of, other, start)
            elif self.is_next("="):
                self.refuse("values are compared with ==")
            elif self.is_next("NOT") and self.peek(1).word in ("IN", "LIKE"):
                self.next()
                self._member() if self.next().word == "IN" else self._sum()
            elif self.take("IN"):
                self._member()
            elif self.take("LIKE"):
                self._sum()
            elif self.take("BETWEEN"):
                self._sum()
                self.expect("AND")
                self._sum()
            elif self.take("IS"):
                self.take("NOT")
                self.expect("NULL")
            else:
                return of
            of = BOOL

    def _comparable(self, one: Type, other: Type, token: Token) -> None:
        left, right = content(one), content(other)
        if UNKNOWN in (left, right) or {left.name, right.name} <= NUMBERS or left.name == right.name:
            return
        self.refuse(f"{left} is compared with {right}", token)

    def _member(self) -> None:
        token = self.peek()
        of = self._sum()
        if of.name not in ("?", "SET", "BAG", "LIST", "SetAccum", "ListAccum", "BagAccum", "values"):
            self.refuse(f"IN asks for a collection, this is {of}", token)

    def _sum(self) -> Type:
        token = self.peek()
        of = self._product()
        while self.is_next("+", "-"):
            sign = self.next().text
            other = self._product()
            of = self._arithmetic(of, other, sign, token)
        return of

    def _product(self) -> Type:
        token = self.peek()
        of = self._unary()
        while self.is_next("*", "/", "%"):
            sign = self.next().text
            of = self._arithmetic(of, self._unary(), sign, token)
        return of

    def _arithmetic(self, one: Type, other: Type, sign: str, token: Token) -> Type:
        left, right = content(one), content(other)
        if left == UNKNOWN or right == UNKNOWN:
            return UNKNOWN
        if sign == "+" and left.name == right.name and left.name in ("STRING", "ListAccum", "MapAccum", "BagAccum"):
            return left
        if left.name not in NUMBERS or right.name not in NUMBERS:
            self.refuse(f"{left} {sign} {right} has no meaning", token)
        return DOUBLE if {"DOUBLE", "FLOAT"} & {left.name, right.name} else INT

    def _unary(self) -> Type:
        if self.take("-"):
            return self._unary()
        return self._postfix()

    # --- what stands behind a dot ----------------------------------------------------------------------------------

    def _postfix(self) -> Type:
        token = self.peek()
        of = self._primary()
        while self.is_next("."):
            self.next()
            member = self.next()
            if member.sort is Sort.LOCAL:
                of = self._local(member, of)
            elif member.sort is not Sort.NAME:
                self.refuse(f"a name was expected, {member.text or 'the end'} is there", member)
            elif self.is_next("("):
                of = self._method(member, of, token)
            else:
                of = self._attribute(member, of)
        return of

    def _local(self, member: Token, of: Type) -> Type:
        if of.name not in ("VERTEX", "vertex set", "?"):
            self.refuse(f"{of} has no {member.text}", member)
        if member.text not in self.locals:
            self.refuse(f"the accumulator {member.text} is not declared", member)
        return self.locals[member.text]

    def _attribute(self, member: Token, of: Type) -> Type:
        if of.name in self.tuples:
            fields = dict(self.tuples[of.name])
            if member.text not in fields:
                self.refuse(f"{of.name} has no field {member.text}", member)
            return fields[member.text]
        if of.name not in ("VERTEX", "EDGE", "vertex set", "table row", "?"):
            self.refuse(f"{of} has no attributes", member)
        if self.catalog is None or of.elements is None or of.name in ("?", "table row"):
            return UNKNOWN
        known = self.catalog.edges if of.name == "EDGE" else self.catalog.vertices
        found = [known[element][member.text] for element in of.elements if member.text in known[element]]
        if not found:
            self.refuse(f"no type that is possible here has the attribute {member.text}", member)
        name = found[0]
        return Type(name.partition("<")[0], (STRING,)) if "<" in name else Type(name)

    def _method(self, member: Token, of: Type, token: Token) -> Type:
        known = METHODS.get(of.name)
        if of == UNKNOWN:
            self._arguments()
            return UNKNOWN
        if known is None or member.text not in known:
            self.refuse(f"{of} has no method {member.text}", member)
        if member.text in MUTATORS and self.inside_select and token.sort is Sort.GLOBAL:
            self.refuse(f"{member.text} changes a global accumulator inside a SELECT", member)
        count = self._arguments()
        if known[member.text] not in (-1, count):
            self.refuse(f"{member.text} takes {known[member.text]} arguments, {count} are there", member)
        if member.text in ("contains", "containsKey"):
            return BOOL
        if member.text in ("size", "outdegree"):
            return INT
        return item_of(of) if member.text in ("get", "top", "pop") else UNKNOWN

    def _arguments(self) -> int:
        self.expect("(")
        if self.take(")"):
            return 0
        count = self.several(self.expression)
        self.expect(")")
        return count

    # --- primaries -------------------------------------------------------------------------------------------------

    def _primary(self) -> Type:
        token = self.peek()
        if token.sort is Sort.NUMBER:
            self.next()
            return DOUBLE if "." in token.text or "e" in token.text.lower() else INT
        if token.sort is Sort.STRING:
            self.next()
            return STRING
        if token.sort is Sort.GLOBAL:
            self.next()
            if token.text not in self.globals:
                self.refuse(f"the accumulator {token.text} is not declared", token)
            return self.globals[token.text]
        if self.is_next("("):
            return self._bracket()
        if self.is_next("["):
            self.next()
            if not self.take("]"):
                self.several(self.expression)
                self.expect("]")
            return Type("LIST", (UNKNOWN,))
        if self.is_next("CASE"):
            return self._case()
        if token.sort is not Sort.NAME:
            self.refuse(f"a value was expected, {token.text or 'the end'} is there")
        return self._named()

    def _bracket(self) -> Type:
        self.next()
        types = [self.expression()]
        while self.take(","):
            types.append(self.expression())
        if self.take("->"):
            self.several(self.expression)
            self.expect(")")
            return Type("pair")
        self.expect(")")
        return types[0] if len(types) == 1 else Type("values", tuple(types))

    def _case(self) -> Type:
        self.next()
        if not self.is_next("WHEN"):
            self.expression()
        if not self.is_next("WHEN"):
            self.refuse("WHEN was expected")
        of = UNKNOWN
        while self.take("WHEN"):
            self.expression()
            self.expect("THEN")
            of = self.expression()
        if self.take("ELSE"):
            self.expression()
        self.expect("END")
        return of

    def _named(self) -> Type:
        token = self.peek()
        if token.word in CONSTANTS:
            self.next()
            return CONSTANTS[token.word]
        if token.word == "INTERVAL":
            self.next()
            self._unary()
            unit = self.next()
            if unit.word not in UNITS:
                self.refuse(f"{unit.text} is no unit of time", unit)
            return Type("interval")
        if self.peek(1).text == "(" and (token.text.lower() in FUNCTIONS or token.text in self.tuples):
            self.next()
            return self._call(token)
        self.name()
        if self.is_next("("):
            self.refuse(f"there is no function {token.text}", token)
        found = self.variable(token.text)
        if found is not None:
            return found
        if token.text not in self.sets:
            self.refuse(f"{token.text} is not declared", token)
        return Type("vertex set", elements=self.sets[token.text])

    def _call(self, token: Token) -> Type:
        if token.text in self.tuples:
            count = self._arguments()
            fields = self.tuples[token.text]
            if count != len(fields):
                self.refuse(f"{token.text} has {len(fields)} fields, {count} values are there", token)
            return Type(token.text)
        name = token.text.lower()
        least, most, result = FUNCTIONS[name]
        self.expect("(")
        count = 0
        if name in AGGREGATES:
            self.take("DISTINCT")
            if self.take("*"):
                count = 1
        if count == 0 and not self.is_next(")"):
            count = self.several(self.expression)
        self.expect(")")
        if not least <= count <= most:
            self.refuse(f"{token.text} takes {least} to {most} arguments, {count} are there", token)
        return Type(result)
