"""Generated GSQL read as Python, so that its rows can be compared with the executor's.

It follows TigerGraph's documentation: ACCUM reads what was there before it, maps add to what a key has, a missing key
has no value. It says that a text means what the query means by that reading; about a server it says nothing.
"""

from __future__ import annotations

import json
import operator
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from math import fmod
from typing import Any

from graph.backends.tigergraph.checker.tokens import Sort, Token, tokens_of
from graph.backends.tigergraph.ddl import ATTRIBUTE_TYPES
from graph.backends.tigergraph.words import identifier, microseconds
from graph.model import EdgeChange, NodeChange
from graph.schema.model import Schema, ValueType

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DEFAULTS = {"STRING": "", "INT": 0, "DOUBLE": 0.0, "BOOL": False, "DATETIME": EPOCH, "LIST<STRING>": []}


class Undefined:
    """What a map has under a key that it has not: using it is an error, unless nobody looks."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"an undefined value is asked for {name}")

    def _used(self, *_: object) -> Any:
        raise AssertionError("an undefined value is used")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __add__ = __sub__ = __iter__ = _used
    __hash__ = None  # type: ignore[assignment]


# --- accumulators ------------------------------------------------------------------------------------------------------


class Single:
    """Sum, min, max, or, average: one value, none at first."""

    def __init__(self, combine: Callable[[Any, Any], Any], start: Any) -> None:
        self.combine, self.start = combine, start
        self.value, self.count = start, 0

    def add(self, value: Any) -> None:
        self.value = value if self.value is None else self.combine(self.value, value)
        self.count += 1

    def assign(self, value: Any) -> None:
        self.value = value

    def plain(self) -> Any:
        return self.value


class Average(Single):
    def plain(self) -> Any:
        return self.value / self.count if self.count else 0.0


class Items:
    """Lists, sets."""

    def __init__(self, of: type[list[Any]] | type[dict[Any, None]], base: str) -> None:
        self.unique = of is dict
        self.base = base
        self.held: list[Any] = []
        self.seen: set[Any] = set()

    def add(self, value: Any) -> None:
        values = value.held if isinstance(value, Items) else value if isinstance(value, list) else [value]
        for each in list(values):
            assert not isinstance(each, Undefined)
            if self.unique and each in self.seen:
                continue
            self.seen.add(each)
            self.held.append(each)

    def plain(self) -> Any:
        return self

    def size(self) -> int:
        return len(self.held)

    def contains(self, value: Any) -> bool:
        assert not isinstance(value, Undefined)
        return value in self.seen

    def get(self, at: int) -> Any:
        return self.held[int(at)] if 0 <= at < len(self.held) else Undefined()

    def clear(self) -> None:
        self.held, self.seen = [], set()

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self.held))

    def __contains__(self, value: Any) -> bool:
        return self.contains(value)


class Map:
    """A map; what is added under a key that is there joins what is there, by the type of the values."""

    def __init__(self, make: Callable[[], Any] | None) -> None:
        self.make = make
        self.held: dict[Any, Any] = {}

    def add(self, pair: Any) -> None:
        key, value = pair
        assert not isinstance(key, Undefined)
        assert not isinstance(value, Undefined)
        assert key is not None
        if self.make is not None:
            if key not in self.held:
                self.held[key] = self.make()
            self.held[key].add(value)
        elif key not in self.held or isinstance(value, datetime):
            self.held[key] = value
        elif isinstance(value, bool):
            self.held[key] = self.held[key] or value
        else:
            self.held[key] = self.held[key] + value

    def plain(self) -> Any:
        return self

    def size(self) -> int:
        return len(self.held)

    def containsKey(self, key: Any) -> bool:
        assert not isinstance(key, Undefined)
        return key in self.held

    def get(self, key: Any) -> Any:
        if isinstance(key, Undefined) or key not in self.held:
            return Undefined()
        value = self.held[key]
        return value.plain() if hasattr(value, "plain") else value

    def remove(self, key: Any) -> None:
        self.held.pop(key, None)

    def clear(self) -> None:
        self.held = {}

    def items(self) -> list[tuple[Any, Any]]:
        return [(key, self.get(key)) for key in self.held]


class Heap:
    """Tuples in order of their keys, the first `room` of them."""

    def __init__(self, keys: list[tuple[str, bool]]) -> None:
        self.keys, self.room, self.held = keys, 1, []  # type: ignore[var-annotated]

    def add(self, value: Any) -> None:
        self.held.append(value)
        for name, down in reversed(self.keys):
            self.held.sort(key=lambda item: getattr(item, name), reverse=down)
        del self.held[self.room :]

    def plain(self) -> Any:
        return self

    def size(self) -> int:
        return len(self.held)

    def top(self) -> Any:
        return self.held[0]

    def pop(self) -> Any:
        return self.held.pop(0)

    def resize(self, room: int) -> None:
        self.room = room


def maker(of: list[Any]) -> Callable[[], Any]:
    """What makes an accumulator of a type, given as a tree of names."""
    name, args = of[0], of[1:]
    if name == "MapAccum":
        inner = args[1]
        values = maker(inner) if inner[0].endswith("Accum") else None
        return lambda: Map(values)
    if name in ("ListAccum", "SetAccum"):
        return lambda: Items(dict if name == "SetAccum" else list, args[0][0])
    if name == "AvgAccum":
        return lambda: Average(lambda a, b: a + b, None)
    if name == "OrAccum":
        return lambda: Single(lambda a, b: a or b, False)
    known: dict[str, Callable[[Any, Any], Any]] = {"MinAccum": min, "MaxAccum": max, "SumAccum": operator.add}
    return lambda: Single(known[name], None)


# --- the graph ---------------------------------------------------------------------------------------------------------


class Vertex:
    """A vertex with its accumulators; an attribute that was never written has its type's default."""

    def __init__(self, id_: str, kind: str, values: dict[str, Any], types: dict[str, str]) -> None:
        self.id, self.kind, self.values, self.types = id_, kind, values, types
        self.local: dict[str, Any] = {}

    def read(self, name: str) -> Any:
        if name == "id":
            return self.id
        if name == "type":
            return self.kind
        if name == "present_keys":
            return set(self.values)
        key = next((key for key in self.types if identifier(key) == name), None)
        assert key is not None, f"{self.kind} has no attribute {name}"
        value = self.values.get(key, DEFAULTS[self.types[key]])
        return listed(value) if isinstance(value, list) else value


def listed(values: list[Any]) -> Items:
    """A list attribute as a query reads it."""
    found = Items(list, "STRING")
    found.add(values)
    return found


class Estate:
    """Vertices and edges as TigerGraph would hold them."""

    def __init__(self, nodes: Iterable[NodeChange], edges: Iterable[EdgeChange], schema: Schema) -> None:
        self.vertices: dict[str, Vertex] = {}
        for node in nodes:
            kind = schema.kinds[node.kind]
            types = {a.name: ATTRIBUTE_TYPES[a.type] for a in kind.attributes.values() if a.name != "id"}
            values = {k: stored(v, kind.attributes[k].type) for k, v in node.properties.items() if k in types}
            self.vertices[node.id] = Vertex(node.id, identifier(kind.name), values, types)
        self.out: dict[str, list[tuple[Vertex, Vertex]]] = {}
        self.into: dict[str, list[tuple[Vertex, Vertex]]] = {}
        for edge in edges:
            relation = schema.relations[edge.type]
            types = {a.name: ATTRIBUTE_TYPES[a.type] for a in relation.attributes.values()}
            values = {k: stored(v, relation.attributes[k].type) for k, v in edge.properties.items() if k in types}
            found = Vertex(edge.id, identifier(edge.type), values, types)
            self.out.setdefault(edge.start, []).append((found, self.vertices[edge.end]))
            self.into.setdefault(edge.end, []).append((found, self.vertices[edge.start]))


def stored(value: Any, of: ValueType) -> Any:
    """A value as the schema's statements would have it stored."""
    if of is ValueType.DATE:
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if of is ValueType.INSTANT:
        return microseconds(value)
    return list(value) if of is ValueType.STRING_LIST else value


# --- functions ---------------------------------------------------------------------------------------------------------


def _months(when: datetime, count: int) -> datetime:
    assert when.day == 1, "only first days of months are shifted"
    total = when.year * 12 + when.month - 1 + count
    return when.replace(year=total // 12, month=total % 12 + 1)


def _instr(text: str, part: str) -> int:
    return text.find(part)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "epoch_to_datetime": lambda n: EPOCH + timedelta(seconds=int(n)),
    "datetime_to_epoch": lambda d: int((d - EPOCH).total_seconds()),
    "datetime_add": lambda d, span: _months(d, span[0]),
    "datetime_sub": lambda d, span: _months(d, -span[0]),
    "datetime_diff": lambda a, b: int((a - b).total_seconds()),
    "datetime_format": lambda d, form="%Y-%m-%d %H:%M:%S": d.strftime(form),
    "to_datetime": lambda s: datetime.strptime(s, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC),
    "year": lambda d: d.year,
    "month": lambda d: d.month,
    "day": lambda d: d.day,
    "hour": lambda d: d.hour,
    "minute": lambda d: d.minute,
    "second": lambda d: d.second,
    "instr": _instr,
    "length": len,
    "lower": str.lower,
    "upper": str.upper,
    "left": lambda s, n: s[:n],
    "right": lambda s, n: s[-n:] if n else "",
    "substr": lambda s, start, n=None: s[start:] if n is None else s[start : start + n],
    "replace": str.replace,
    "trim": str.strip,
    "ltrim": lambda s: s.lstrip(" "),
    "rtrim": lambda s: s.rstrip(" "),
    "to_string": str,
    "abs": abs,
    "ceil": lambda n: -(-n // 1),
    "floor": lambda n: n // 1,
    "float_to_int": int,
    "pow": pow,
}


def read(of: Any, name: str) -> Any:
    """An attribute of a vertex or an edge, a field of a tuple."""
    return of.read(name) if isinstance(of, Vertex) else getattr(of, name)


def remainder(one: Any, other: Any) -> Any:
    """Truncating, as in C++."""
    return (
        int(fmod(one, other))
        if isinstance(one, int) and isinstance(other, int) and abs(one) < 2**50
        else _exact(one, other)
    )


def _exact(one: int, other: int) -> int:
    return one - other * (abs(one) // abs(other)) * (1 if (one < 0) == (other < 0) else -1)


def divided(one: Any, other: Any) -> Any:
    """Whole where it divides: texts only divide what they made divisible, or numbers with a fraction."""
    return one // other if isinstance(one, int) and isinstance(other, int) and one % other == 0 else one / other


# --- reading -----------------------------------------------------------------------------------------------------------

WORDS = {"AND": " and ", "OR": " or ", "NOT": " not ", "TRUE": "True", "FALSE": "False"}


class Program:
    """One query as a Python function of a graph and parameters, which answers what it prints."""

    def __init__(self, text: str) -> None:
        self.tokens = tokens_of(text)
        self.at = 0
        self.lines: list[str] = []
        self.depth = 1
        self.types: dict[str, str] = {}
        self.aliases: set[str] = set()
        self.names: dict[str, Any] = {}
        self.head: list[tuple[str, str]] = []
        self.buffered = False
        self._query()
        source = "def run(graph, given, names):\n" + "\n".join(self.lines) + "\n    return printed\n"
        space: dict[str, Any] = {
            "read": read,
            "remainder": remainder,
            "divided": divided,
            "match": match,
            "each": each,
            "fits": fits,
            **{f"f_{name}": function for name, function in FUNCTIONS.items()},
            **{f"t_{name}": made for name, made in self.names.items()},
        }
        exec(compile(source, "gsql", "exec"), space)
        self.source = source
        self.function: Callable[[Estate, dict[str, Any], dict[str, Any]], dict[str, Any]] = space["run"]

    def run(self, graph: Estate, parameters: dict[str, Any]) -> dict[str, Any]:
        """What the query prints, by name."""
        for vertex in graph.vertices.values():
            vertex.local = {}
        given = {name: listed(value) if isinstance(value, list) else value for name, value in parameters.items()}
        return self.function(graph, given, self.names)

    # tokens

    def peek(self, ahead: int = 0) -> Token:
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def next(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def take(self, *words: str) -> bool:
        if self.peek().word in words:
            self.at += 1
            return True
        return False

    def expect(self, word: str) -> None:
        assert self.peek().word == word, (word, self.peek(), self.peek(1))
        self.at += 1

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    # head and declarations

    def _query(self) -> None:
        while not self.take("QUERY"):
            self.next()
        self.next()
        self.expect("(")
        while not self.take(")"):
            of = self._type()
            name = self.next().text
            default = "None"
            if self.take("="):
                default = self.expression()
            self.line(f"v_{name} = given.get({name!r}, {default})")
            self.types[name] = of[0]
            self.take(",")
        while not self.take("{"):
            self.next()
        self.line("printed = {}; made = {}")
        while not self.take("}"):
            self._statement()

    def _type(self) -> list[Any]:
        token = self.next()
        of: list[Any] = [token.word if token.word in ("INT", "STRING", "DOUBLE", "BOOL", "DATETIME") else token.text]
        if self.take("<"):
            while not self.take(">"):
                of.append(self._type())
                self.take(",")
        return of

    def _statement(self) -> None:
        token = self.peek()
        if token.word == "TYPEDEF":
            self._tuple()
        elif token.text.endswith("Accum") or (token.word in DEFAULTS and self.peek(1).sort is Sort.NAME):
            self._declaration()
        elif token.word == "PRINT":
            self.next()
            value = self.expression()
            self.expect("AS") if self.peek().word == "AS" else None
            name = self.next().text if self.peek(-1).word == "AS" else value.removeprefix("s_")
            self.line(f"printed[{name!r}] = {value}")
        elif token.word in ("IF", "WHILE", "FOREACH"):
            self._control(self._statement, ";")
        elif token.sort is Sort.GLOBAL:
            self._accumulate()
        elif self.peek(1).text == "=" and token.text not in self.types:
            self._set()
        else:
            name = self.next().text
            self.expect("=")
            value = self.expression()
            self.line(f"v_{name} = {f'int({value})' if self.types[name] == 'INT' else value}")
        self.expect(";")

    def _tuple(self) -> None:
        self.next()
        self.expect("TUPLE")
        self.expect("<")
        fields = []
        while not self.take(">"):
            self.next()
            fields.append(self.next().text)
            self.take(",")
        name = self.next().text
        self.names[name] = namedtuple(name, fields)

    def _declaration(self) -> None:
        of = self._type()
        heap: list[tuple[str, bool]] = []
        if of[0] == "HeapAccum":
            self.expect("(")
            self.next()
            while self.take(","):
                field = self.next().text
                heap.append((field, self.next().word == "DESC"))
            self.expect(")")
        while True:
            token = self.next()
            if token.sort is Sort.GLOBAL:
                key = f"@@{token.text}"
                self.names[key] = (lambda keys=heap: Heap(keys)) if heap else maker(of)
                self.line(f"g_{token.text[2:]} = names[{key!r}]()")
            elif token.sort is Sort.LOCAL:
                self.names[token.text] = maker(of)
            else:
                self.types[token.text] = of[0]
                self.line(f"v_{token.text} = {_literal(DEFAULTS[of[0]])}")
            if not self.take(","):
                return

    # statements

    def _control(self, body: Callable[[], None], _end: str) -> None:
        word = self.next().word
        if word == "IF":
            self.line(f"if {self.expression()}:")
            self.expect("THEN")
            self._body(body)
            if self.take("ELSE"):
                self.line("else:")
                self._body(body)
        elif word == "WHILE":
            condition = self.expression()
            limited = self.take("LIMIT")
            self.line(f"for _ in range({self.expression()}):" if limited else "while True:")
            self.expect("DO")
            self.depth += 1
            self.line(f"if not ({condition}): break")
            self.depth -= 1
            self._body(body)
        else:
            self._foreach(body)
        self.expect("END")

    def _foreach(self, body: Callable[[], None]) -> None:
        names = []
        if self.take("("):
            while not self.take(")"):
                names.append(self.next().text)
                self.take(",")
        else:
            names.append(self.next().text)
        self.expect("IN")
        before = self.aliases
        self.aliases = self.aliases | set(names)
        target = ", ".join(f"a_{name}" for name in names)
        if self.take("RANGE"):
            self.expect("[")
            low = self.expression()
            self.expect(",")
            high = self.expression()
            self.expect("]")
            step = "1"
            if self.take("."):
                self.expect("STEP")
                self.expect("(")
                step = self.expression()
                self.expect(")")
            self.line(f"for {target} in each({low}, {high}, {step}):")
        else:
            source = self.expression()
            self.line(f"for {target} in ({source}){'.items()' if len(names) > 1 else ''}:")
        self.expect("DO")
        self._body(body)
        self.aliases = before

    def _body(self, body: Callable[[], None]) -> None:
        self.depth += 1
        self.line("pass")
        while self.peek().word not in ("END", "ELSE"):
            body()
            self.take(",") if self.buffered else None
        self.depth -= 1

    def _accumulate(self) -> None:
        token = self.next()
        name = f"g_{token.text[2:]}"
        if self.take("+="):
            value = self.expression()
            self.line(f"buffer.append(({name}, {value}))" if self.buffered else f"{name}.add({value})")
        elif self.take("="):
            self.line(f"{name}.assign({self.expression()})")
        else:
            self.at -= 1
            self.line(self.expression())

    def _set(self) -> None:
        name = self.next().text
        self.expect("=")
        if self.take("{"):
            self.line(f"s_{name} = dict.fromkeys({self.expression()})")
            self.expect("}")
        elif self.peek().word == "SELECT":
            self._select(name)
        else:
            first = self.next().text
            self.line(f"s_{name} = s_{first}")
            while self.take("UNION"):
                self.line(f"s_{name} = {{**s_{name}, **s_{self.next().text}}}")

    def _select(self, name: str) -> None:
        self.next()
        result = self.next().text
        self.expect("FROM")
        pattern = self._pattern()
        before = self.aliases
        names = [part[0] for part in pattern["parts"]]
        self.aliases = self.aliases | set(names)
        target = ", ".join(f"a_{each}" for each in names) + ","
        self.line("bindings = []; buffer = []")
        self.line(f"for {target} in match(graph, {_pattern_text(pattern)}):")
        condition = "True"
        if self.take("WHERE"):
            condition = self.expression()
        self.line(f"    if {condition}: bindings.append(({target}))")
        self.buffered = True
        if self.take("ACCUM"):
            self.line(f"for {target} in bindings:")
            self._updates()
        self.line("for _acc, _value in buffer: _acc.add(_value)")
        while self.take("POST-ACCUM"):
            self.expect("(")
            alias = self.next().text
            self.expect(")")
            self.line("buffer = []")
            self.line(f"for a_{alias} in dict.fromkeys(_b[{names.index(alias)}] for _b in bindings):")
            self._updates()
            self.line("for _acc, _value in buffer: _acc.add(_value)")
        self.buffered = False
        self.line(f"s_{name} = dict.fromkeys(_b[{names.index(result)}] for _b in bindings)")
        self.aliases = before

    def _updates(self) -> None:
        self.depth += 1
        self._update()
        while self.take(","):
            self._update()
        self.depth -= 1

    def _update(self) -> None:
        token = self.peek()
        if token.word in ("IF", "FOREACH"):
            self._control(self._update, ",")
        elif token.sort is Sort.GLOBAL:
            self._accumulate()
        else:
            alias = self.next().text
            self.expect(".")
            local = self.next().text
            self.expect("+=")
            self.line(f"buffer.append((fits(a_{alias}, {local!r}, names), {self.expression()}))")

    def _pattern(self) -> dict[str, Any]:
        parts: list[tuple[str, Any]] = []
        while True:
            self.expect("(")
            alias = self.next().text
            labels = []
            if self.take(":"):
                labels.append(self.next().text)
                while self.take("|"):
                    labels.append(self.next().text)
            self.expect(")")
            parts.append((alias, ("node", labels)))
            if self.peek().text not in ("-", "<-"):
                return {"parts": parts, "sets": None}
            left = self.next().text == "<-"
            self.expect("[")
            edge = self.next().text
            self.expect(":")
            kinds = [self.next().text]
            while self.take("|"):
                kinds.append(self.next().text)
            self.expect("]")
            parts.append((edge, ("edge", kinds, left, self.next().text == "->")))

    # expressions

    def expression(self) -> str:
        """Tokens up to where the expression ends, each as Python has it."""
        text = self._operand()
        while True:
            token = self.peek()
            if token.word in ("AND", "OR"):
                self.next()
                text += WORDS[token.word] + self._operand()
            elif token.text in ("==", "!=", "<", "<=", ">", ">=", "+", "-"):
                self.next()
                text += f" {token.text} {self._operand()}"
            elif token.text in ("*",):
                self.next()
                text += f" * {self._operand()}"
            elif token.text in ("%", "/"):
                self.next()
                head, last = _last_operand(text)
                text = f"{head}{'remainder' if token.text == '%' else 'divided'}({last}, {self._operand()})"
            elif token.word == "IN" or (token.word == "NOT" and self.peek(1).word == "IN"):
                negative = self.next().word == "NOT"
                self.take("IN")
                text += f"{' not' if negative else ''} in {self._operand()}"
            elif token.word == "IS":
                self.next()
                negative = self.take("NOT")
                self.expect("NULL")
                text += f" is {'not ' if negative else ''}None"
            else:
                return text

    def _operand(self) -> str:
        token = self.next()
        if token.word == "NOT":
            return f"not {self._operand()}"
        if token.text == "-":
            return f"-{self._operand()}"
        if token.sort is Sort.STRING:
            text = repr(json.loads(token.text))
        elif token.sort is Sort.NUMBER:
            text = token.text
        elif token.sort is Sort.GLOBAL:
            text = f"g_{token.text[2:]}"
            if self.peek().text != "." and self.names_type(token.text):
                text += ".plain()"
        elif token.text == "(":
            parts = [self.expression()]
            arrow = False
            while self.peek().text in (",", "->"):
                arrow = self.next().text == "->"
                parts.append(self.expression())
            self.expect(")")
            text = f"({', '.join(parts)})" if len(parts) == 1 or arrow else f"[{', '.join(parts)}]"
        elif token.word in ("TRUE", "FALSE"):
            text = WORDS[token.word]
        elif token.word == "INTERVAL":
            text = f"({self._operand()}, {self.next().text!r})"
        elif self.peek().text == "(":
            prefix = "t_" if token.text in self.names else "f_"
            text = f"{prefix}{token.text}({self._arguments()})"
        elif token.text in self.aliases:
            text = f"a_{token.text}"
        elif token.text in self.types:
            text = f"v_{token.text}"
        else:
            text = f"s_{token.text}"
        while self.peek().text == ".":
            self.next()
            member = self.next()
            if member.sort is Sort.LOCAL:
                text = f"fits({text}, {member.text!r}, names).plain()"
            elif self.peek().text == "(":
                arguments = self._arguments()
                text = f"len({text})" if text.startswith("s_") else f"{text}.{member.text}({arguments})"
            else:
                text = f"read({text}, {member.text!r})"
        return text

    def names_type(self, name: str) -> bool:
        return f"@@{name}" in self.names

    def _arguments(self) -> str:
        self.expect("(")
        parts = []
        while not self.take(")"):
            parts.append(self.expression())
            self.take(",")
        return ", ".join(parts)


def _last_operand(text: str) -> tuple[str, str]:
    """The operand that a sign of multiplication stands behind, and what is before it."""
    depth = 0
    for at in range(len(text) - 1, -1, -1):
        depth += {")": 1, "]": 1, "(": -1, "[": -1}.get(text[at], 0)
        if depth < 0 or (depth == 0 and text[at] == " " and text[at - 1] in "+-=<>dr"):
            return text[: at + 1], text[at + 1 :]
    return "", text


def _literal(value: Any) -> str:
    return "None" if isinstance(value, datetime) else repr(value)


def _pattern_text(pattern: dict[str, Any]) -> str:
    texts = []
    for _, part in pattern["parts"]:
        if part[0] == "node":
            known = [label for label in part[1] if label.startswith(("Start_", "Front_", "Reached_", "Held_"))]
            sets = f"s_{known[0]}" if known else "None"
            texts.append(f"({sets}, {[label for label in part[1] if label not in known]!r})")
        else:
            texts.append(f"({part[1]!r}, {part[2]}, {part[3]})")
    return f"[{', '.join(texts)}]"


def match(graph: Estate, parts: list[Any]) -> Iterator[tuple[Any, ...]]:
    """Every way to match a chain of nodes and edges."""
    first = parts[0]
    starts = graph.vertices.values() if first[0] is None else first[0]
    pending: list[tuple[Any, ...]] = [(vertex,) for vertex in starts if not first[1] or vertex.kind in first[1]]
    for at in range(1, len(parts), 2):
        kinds, left, right = parts[at]
        members, labels = parts[at + 1]
        both = left == right
        grown: list[tuple[Any, ...]] = []
        for row in pending:
            steps = [*(graph.out.get(row[-1].id, ()) if right or both else ())]
            steps += graph.into.get(row[-1].id, ()) if left or both else ()
            for edge, vertex in steps:
                if (
                    edge.kind in kinds
                    and (not labels or vertex.kind in labels)
                    and (members is None or vertex in members)
                ):
                    grown.append((*row, edge, vertex))
        pending = grown
    yield from pending


def each(low: int, high: int, step: int) -> range:
    """RANGE with both ends inside."""
    return range(low, high + (1 if step > 0 else -1), step)


def fits(vertex: Vertex, name: str, names: dict[str, Any]) -> Any:
    """An accumulator of a vertex, made when it is first looked at."""
    if name not in vertex.local:
        vertex.local[name] = names[name]()
    return vertex.local[name]
