"""Scopes, names and types of one binding: who is visible where, and what it is called inside.

A user's name that means two things (WITH n.name AS n, a subquery's own n) gets two internal names, so that a bound
tree can be read with one flat table of variables. Anonymous parts of patterns get names too.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NoReturn

from graph.cypher import types
from graph.cypher.ast import NOWHERE, Query, Span
from graph.cypher.bound import CypherType, Feature, TypeName
from graph.cypher.diagnostics import CypherError, UnknownVariableError, VariableConflictError, replace_span, report
from graph.cypher.vocabulary import Vocabulary, suggest

Scope = dict[str, str]
"""Visible names to internal names."""


class Aggregation(Enum):
    """Whether an aggregate may stand where the binder is."""

    FORBIDDEN = "forbidden"
    ALLOWED = "allowed"
    INSIDE = "inside"


class Binding:
    """What one run of the binder knows. The parts of the binder are built on it, each on the one before."""

    def __init__(self, query: Query, vocabulary: Vocabulary | None, text: str = "") -> None:
        self.query = query
        self.vocabulary = vocabulary
        self.text = text
        self.types: dict[str, CypherType] = {}  # internal name -> type
        self.depth = 0  # of subqueries
        self.depths: dict[str, int] = {}  # internal name -> depth of the subquery that declares it
        self.parameters: dict[str, CypherType] = {}
        self.clock: set[str] = set()
        self.notes: dict[str, None] = {}
        self.features: set[Feature] = set()
        self.sees_simulated = False  # whether a MATCH names simulated state
        self.read: set[str] = set()
        self.behind: frozenset[str] = frozenset()  # internal names that a pattern does not refer to any more
        self.locals: dict[str, None] = {}  # internal names of comprehensions, quantifiers and reduce
        self.aggregation = Aggregation.FORBIDDEN
        self.aggregated = False  # whether an aggregate was met since this was last cleared
        self._anonymous = 0

    # --- names -----------------------------------------------------------------------------------------------------

    def declare(self, name: str, of: CypherType, scope: Scope) -> str:
        """A new variable, visible in `scope`; its internal name."""
        internal, count = name, 1
        while internal in self.types:
            count += 1
            internal = f"{name}__{count}"
        self.types[internal] = of
        self.depths[internal] = self.depth
        scope[name] = internal
        return internal

    def anonymous(self, letter: str, of: CypherType) -> str:
        """A name for a part of a pattern that has none; nobody can refer to it."""
        while True:
            self._anonymous += 1
            name = f"__{letter}{self._anonymous}"
            if name not in self.types:
                break
        self.types[name] = of
        self.depths[name] = self.depth
        return name

    def resolve(self, name: str, scope: Scope, span: Span) -> str:
        """The internal name of a visible variable."""
        internal = scope.get(name)
        if internal is None:
            raise self.unknown_variable(name, scope, span)
        self.read.add(internal)
        return internal

    def unknown_variable(self, name: str, scope: Iterable[str], span: Span) -> CypherError:
        known = list(scope)
        suggestions = suggest(name, known)
        hint = None
        if not suggestions:
            hint = f"in scope here: {', '.join(sorted(known))}" if known else "no variable is in scope here"
            if name in self.types:
                hint += f"; {name} was left behind by a WITH: carry it through it"
        corrected = self.corrected(span, suggestions)
        return report(
            UnknownVariableError,
            f"the variable {name!r} is not defined",
            text=self.text,
            span=span,
            suggestions=suggestions,
            hint=hint,
            corrected=corrected,
        )

    def refuse(
        self,
        error: type[CypherError],
        message: str,
        span: Span = NOWHERE,
        hint: str | None = None,
        corrected: str | None = None,
    ) -> NoReturn:
        """Raise an error about a span of the text."""
        raise report(error, message, text=self.text, span=span, hint=hint, corrected=corrected)

    def conflict(self, message: str, span: Span, hint: str | None = None) -> NoReturn:
        self.refuse(VariableConflictError, message, span, hint)

    def corrected(self, span: Span, suggestions: list[str]) -> str | None:
        """The whole query with `span` replaced, where exactly one thing can have been meant."""
        return replace_span(self.text, span, quoted(suggestions[0])) if len(suggestions) == 1 else None

    def key_span(self, span: Span, key: str) -> Span:
        """Where the key of `subject.key` stands: at its end."""
        if not self.text:
            return NOWHERE
        width = len(key) if self.text[: span.end].endswith(key) else len(key) + 2
        return Span(max(span.start, span.end - width), span.end)

    # --- parameters ------------------------------------------------------------------------------------------------

    def use_parameter(self, name: str, wanted: CypherType | None = None) -> CypherType:
        """Note that a parameter is used, and as what; its type as far as it is known."""
        known = self.parameters.get(name)
        if known is None:
            found = wanted or types.ANY
        elif wanted is None or wanted.name in types.UNKNOWN:
            return known
        elif known.name is TypeName.ANY:
            found = wanted
        else:
            found = _agree(known, wanted)
        self.parameters[name] = found
        return found


def _agree(known: CypherType, wanted: CypherType) -> CypherType:
    """The type of a parameter that is used twice: the narrower of two number types, else what both admit."""
    if known == wanted:
        return known
    if known.name in types.NUMERIC and wanted.name in types.NUMERIC:
        narrow = {known.name, wanted.name} - {TypeName.NUMBER}
        return types.INTEGER if TypeName.INTEGER in narrow else types.FLOAT if narrow else types.NUMBER
    if known.name is TypeName.LIST and wanted.name is TypeName.LIST:
        if (known.item or types.ANY).name is TypeName.ANY:
            return wanted
        if (wanted.item or types.ANY).name is TypeName.ANY:
            return known
    return types.unify(known, wanted)


def quoted(name: str) -> str:
    """A name as it must be written: between backticks unless it is a plain identifier."""
    return name if name.isidentifier() else "`" + name.replace("`", "``") + "`"
