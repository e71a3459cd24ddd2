"""The text of one GSQL query while it grows: tuple types and declarations at its head, then statements in blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from graph.backends.tigergraph.words import RESERVED

_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_WIDTH: Final = 110


class Script:
    """Collects declarations and statements. Every name that it gives out is unique in the query and a plain word."""

    def __init__(self) -> None:
        self._tuples: list[str] = []
        self._declarations: dict[str, str] = {}
        self._lines: list[str] = []
        self._depth = 1
        self._counts: dict[str, int] = {}

    # --- names -----------------------------------------------------------------------------------------------------

    def fresh(self, stem: str) -> str:
        """`stem_1`, `stem_2` ...; a stem that is no plain word (a name of the query's author may be anything) is left."""
        if not _PLAIN.fullmatch(stem) or len(stem) > 60 or stem.lower() in RESERVED:
            stem = "x"
        stem = stem.rstrip("_0123456789") or "x"
        self._counts[stem] = self._counts.get(stem, 0) + 1
        return f"{stem}_{self._counts[stem]}"

    def tuple_type(self, stem: str, fields: Iterable[tuple[str, str]]) -> str:
        """Declare a tuple type of (type, field) pairs; its name."""
        name = self.fresh(stem)
        self._tuples.append(f"TYPEDEF TUPLE<{', '.join(f'{of} {field}' for of, field in fields)}> {name};")
        return name

    def accumulator(self, stem: str, of: str, *, local: bool = False) -> str:
        """Declare a global accumulator (`local`: one on each vertex); its name with the sign before it."""
        name = ("@" if local else "@@") + self.fresh(stem)
        self._declarations[name] = of
        return name

    def once(self, name: str, of: str) -> str:
        """A global accumulator that the whole query shares, declared at first use."""
        self._declarations.setdefault(name, of)
        return name

    @property
    def declared(self) -> Mapping[str, str]:
        """Every declaration so far: name and type."""
        return self._declarations

    def variable(self, stem: str, of: str) -> str:
        """Declare a variable of a base type; its name."""
        name = self.fresh(stem)
        self._declarations[name] = of
        return name

    # --- statements ------------------------------------------------------------------------------------------------

    def line(self, text: str) -> None:
        """One statement, with its semicolon."""
        self._lines.append("  " * self._depth + text)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Statements between `FOREACH ... DO`, `WHILE ... DO` or `IF ... THEN` and END."""
        self.line(head)
        self._depth += 1
        mark = len(self._lines)
        yield
        self._depth -= 1
        if len(self._lines) == mark:
            del self._lines[-1]
        else:
            self.line("END;")

    def select(
        self,
        target: str,
        alias: str,
        pattern: str,
        where: str,
        accum: Iterable[str] = (),
        post: Iterable[tuple[str, Iterable[str]]] = (),
    ) -> None:
        """`target = SELECT alias FROM pattern WHERE ... ACCUM ... POST-ACCUM (alias) ...;`"""
        parts = [f"{target} = SELECT {alias} FROM {pattern}"]
        if where != "TRUE":
            parts.append(f"  WHERE {where}")
        accum = list(accum)
        if accum:
            parts.append(f"  ACCUM {', '.join(accum)}")
        for name, statements in post:
            statements = list(statements)
            if statements:
                parts.append(f"  POST-ACCUM ({name}) {', '.join(statements)}")
        for part in parts[:-1]:
            self.line(part)
        self.line(parts[-1] + ";")

    def text(self, header: str) -> str:
        """The whole query. Declarations of one type stand on one line."""
        by_type: dict[str, list[str]] = {}
        for name, of in self._declarations.items():
            by_type.setdefault(of, []).append(name)
        lines = [f"{header} {{"]
        lines += ["  " + item for item in self._tuples]
        for of, names in by_type.items():
            lines += _folded(f"  {of} ", names)
        return "\n".join([*lines, *self._lines, "}"]) + "\n"


def _folded(head: str, names: list[str]) -> Iterator[str]:
    line = head
    for name in names:
        if len(line) + len(name) > _WIDTH and line != head:
            yield line.rstrip(", ") + ";"
            line = head
        line += f"{name}, "
    yield line.rstrip(", ") + ";"
