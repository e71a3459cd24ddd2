"""Hypothesis strategies for query trees as the parser makes them: every tree here is the reading of some text."""

from __future__ import annotations

from hypothesis import strategies as st

from graph.cypher import ast
from graph.cypher.ast import BinaryOperator, Direction, Expression, Hops, LabelExpression, UnaryOperator
from graph.cypher.printer import print_tree

NAMES = st.one_of(
    st.sampled_from(["n", "m", "x", "server", "_a1", "where", "Match", "count", "exists", "inf", "end", "in", "null"]),
    st.text(alphabet="ab `é'\"\\.$1", min_size=1, max_size=4),
)
KEYS = st.one_of(
    st.sampled_from(["name", "cpu_cores", "where", "end", "in"]), st.text(alphabet="a `é1", min_size=1, max_size=3)
)
_COMPARISONS = [
    BinaryOperator.EQ,
    BinaryOperator.NE,
    BinaryOperator.LT,
    BinaryOperator.LE,
    BinaryOperator.GT,
    BinaryOperator.GE,
]
_OPERATORS = [operator for operator in BinaryOperator if operator not in _COMPARISONS]
_FUNCTIONS = ["toUpper", "size", "duration.between", "coalesce", "collect"]


literals = st.builds(
    ast.Literal,
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False).filter(lambda value: value != float("-inf")),
        st.text(max_size=6),
    ),
)
variables = st.builds(ast.Variable, NAMES)
parameters = st.builds(ast.Parameter, NAMES)


labels: st.SearchStrategy[LabelExpression] = st.recursive(
    st.one_of(st.builds(ast.LabelName, KEYS), st.builds(ast.LabelWildcard)),
    lambda inner: st.one_of(
        st.builds(ast.LabelNot, inner),
        st.lists(inner, min_size=2, max_size=3).map(lambda operands: ast.LabelAnd(tuple(operands))),
        st.lists(inner, min_size=2, max_size=3).map(lambda operands: ast.LabelOr(tuple(operands))),
    ),
    max_leaves=4,
)


@st.composite
def hops(draw: st.DrawFn) -> Hops:
    minimum = draw(st.one_of(st.none(), st.integers(0, 5)))
    lowest = 1 if minimum is None else minimum
    return Hops(minimum, draw(st.one_of(st.none(), st.integers(lowest, lowest + 5))))


def _maps(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[ast.MapLiteral]:
    return st.builds(ast.MapLiteral, st.lists(st.tuples(KEYS, inner), max_size=2).map(tuple))


def _nodes(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[ast.NodePattern]:
    return st.builds(
        ast.NodePattern,
        st.one_of(st.none(), NAMES),
        st.one_of(st.none(), labels),
        st.one_of(st.none(), _maps(inner), parameters),
        st.one_of(st.none(), inner),
    )


def _relationships(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[ast.RelationshipPattern]:
    return st.builds(
        ast.RelationshipPattern,
        st.one_of(st.none(), NAMES),
        st.one_of(st.none(), labels),
        st.sampled_from(Direction),
        st.one_of(st.none(), _maps(inner), parameters),
        st.one_of(st.none(), inner),
        st.one_of(st.none(), hops()),
    )


def _paths(inner: st.SearchStrategy[Expression], *, minimum: int, named: bool) -> st.SearchStrategy[ast.PathPattern]:
    steps = st.lists(st.tuples(_relationships(inner), _nodes(inner)), min_size=minimum, max_size=2).map(tuple)
    variable = st.one_of(st.none(), NAMES) if named else st.none()
    plain = st.builds(ast.PathPattern, _nodes(inner), steps, variable)
    one_step = st.tuples(st.tuples(_relationships(inner), _nodes(inner)))
    shortest = st.builds(ast.PathPattern, _nodes(inner), one_step, variable, st.sampled_from(ast.ShortestKind))
    return st.one_of(plain, shortest)


def _items(inner: st.SearchStrategy[Expression], *, returned: bool) -> st.SearchStrategy[ast.ProjectionItem]:
    named = st.builds(ast.ProjectionItem, inner, NAMES)
    bare = variables.map(lambda variable: ast.ProjectionItem(variable, variable.name, True))
    if not returned:
        return st.one_of(named, bare)
    written = inner.map(
        lambda tree: ast.ProjectionItem(tree, tree.name if isinstance(tree, ast.Variable) else print_tree(tree), True)
    )
    return st.one_of(named, bare, written)


@st.composite
def _projections(draw: st.DrawFn, inner: st.SearchStrategy[Expression], *, returned: bool) -> ast.Projection:
    star = draw(st.booleans())
    items = draw(st.lists(_items(inner, returned=returned), min_size=0 if star else 1, max_size=2))
    order = draw(st.lists(st.builds(ast.SortItem, inner, st.booleans()), max_size=2))
    counts = st.one_of(st.none(), st.builds(ast.Literal, st.integers(0, 9)), parameters)
    return ast.Projection(tuple(items), draw(st.booleans()), star, tuple(order), draw(counts), draw(counts))


@st.composite
def _queries(draw: st.DrawFn, inner: st.SearchStrategy[Expression], nested: bool = False) -> ast.Query:
    parts = []
    for _ in range(draw(st.integers(1, 2))):
        clauses = draw(st.lists(_clauses(inner, nested), max_size=2))
        parts.append(ast.SinglePart((*clauses, ast.Return(draw(_projections(inner, returned=True))))))
    return ast.Query(tuple(parts), len(parts) > 1 and draw(st.booleans()))


def _clauses(inner: st.SearchStrategy[Expression], nested: bool) -> st.SearchStrategy[ast.Clause]:
    patterns = st.lists(_paths(inner, minimum=0, named=True), min_size=1, max_size=2).map(tuple)
    choices: list[st.SearchStrategy[ast.Clause]] = [
        st.builds(ast.Match, patterns, st.one_of(st.none(), inner), st.booleans()),
        st.builds(ast.Unwind, inner, NAMES),
        st.builds(ast.With, _projections(inner, returned=False), st.one_of(st.none(), inner)),
    ]
    if not nested:
        imports = st.one_of(st.none(), st.just(("*",)), st.lists(NAMES, max_size=2).map(tuple))
        choices.append(st.builds(ast.CallSubquery, _queries(inner, nested=True), imports))
        yields = st.one_of(st.none(), st.lists(st.tuples(KEYS, NAMES), min_size=1, max_size=2).map(tuple))
        choices.append(
            st.builds(
                ast.CallProcedure, st.just("db.labels"), st.one_of(st.none(), st.tuples(inner)), yields, st.none()
            )
        )
    return st.one_of(choices)


@st.composite
def _comparisons(draw: st.DrawFn, inner: st.SearchStrategy[Expression]) -> Expression:
    operators = draw(st.lists(st.sampled_from(_COMPARISONS), min_size=1, max_size=2))
    operands = draw(st.lists(inner, min_size=len(operators) + 1, max_size=len(operators) + 1))
    return ast.Comparison(tuple(operands), tuple(operators))


@st.composite
def _cases(draw: st.DrawFn, inner: st.SearchStrategy[Expression]) -> Expression:
    whens = draw(st.lists(st.tuples(inner, inner), min_size=1, max_size=2))
    return ast.Case(draw(st.one_of(st.none(), inner)), tuple(whens), draw(st.one_of(st.none(), inner)))


def _compound(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    maybe = st.one_of(st.none(), inner)
    exists = st.builds(
        lambda pattern, where: ast.Query((ast.SinglePart((ast.Match((pattern,), where),)),)),
        _paths(inner, minimum=0, named=True),
        maybe,
    )
    return st.one_of(
        st.builds(ast.Property, inner, KEYS),
        st.builds(ast.Index, inner, inner),
        st.builds(ast.Slice, inner, maybe, maybe),
        st.builds(ast.ListLiteral, st.lists(inner, max_size=3).map(tuple)),
        _maps(inner),
        st.builds(ast.Unary, st.sampled_from(UnaryOperator), inner),
        st.builds(ast.Binary, st.sampled_from(_OPERATORS), inner, inner),
        _comparisons(inner),
        st.builds(ast.IsNull, inner, st.booleans()),
        st.builds(ast.HasLabels, inner, labels),
        st.builds(ast.FunctionCall, st.sampled_from(_FUNCTIONS), st.lists(inner, max_size=2).map(tuple), st.booleans()),
        _cases(inner),
        st.builds(ast.ListComprehension, NAMES, inner, maybe, maybe),
        st.builds(ast.PatternComprehension, _paths(inner, minimum=1, named=True), maybe, inner).filter(
            lambda tree: tree.pattern.shortest is None
        ),
        st.builds(ast.Quantifier, st.sampled_from(ast.QuantifierKind), NAMES, inner, inner),
        st.builds(ast.Reduce, NAMES, inner, NAMES, inner, inner),
        st.builds(
            ast.MapProjection,
            NAMES,
            st.lists(
                st.one_of(
                    st.builds(ast.MapProjectionItem, KEYS, st.none()),
                    st.just(ast.MapProjectionItem("*")),
                    st.builds(ast.MapProjectionItem, KEYS, inner),
                ),
                max_size=2,
            ).map(tuple),
        ),
        st.builds(ast.PatternPredicate, _paths(inner, minimum=1, named=False)),
        st.builds(ast.SubqueryExpression, st.sampled_from([ast.SubqueryKind.EXISTS, ast.SubqueryKind.COUNT]), exists),
        st.builds(ast.SubqueryExpression, st.sampled_from(ast.SubqueryKind), _queries(inner, nested=True)),
    )


_LEAVES = st.one_of(literals, variables, parameters, st.builds(ast.CountStar))


@st.composite
def _expression(draw: st.DrawFn, depth: int) -> Expression:
    """Composite, so that a strategy within strategies keeps a short name."""
    return draw(_LEAVES if depth == 0 else _LEVELS[depth])


@st.composite
def _query(draw: st.DrawFn) -> ast.Query:
    return draw(_queries(expressions))


_LEVELS: dict[int, st.SearchStrategy[Expression]] = {}
for _depth in (1, 2):
    _LEVELS[_depth] = st.one_of(_LEAVES, _compound(_expression(_depth - 1)))

expressions: st.SearchStrategy[Expression] = _expression(2)
queries: st.SearchStrategy[ast.Query] = _query()
