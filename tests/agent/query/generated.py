"""Intermediate queries drawn from a schema: patterns that its relations allow, conditions of the right types, every shape."""

from __future__ import annotations

from hypothesis import strategies as st

from agent.query import model as m
from graph.schema.model import Attribute, Schema, ValueType

_NUMBERS = (ValueType.INTEGER, ValueType.FLOAT, ValueType.MONEY)
_TIMES = (ValueType.DATE, ValueType.INSTANT)


@st.composite
def patterns(draw: st.DrawFn, schema: Schema, prefix: str = "e", most_hops: int = 3) -> m.Pattern:
    """A tree of entities: each hop joins a new one to one that is there."""
    entities = [m.Entity(f"{prefix}0", (draw(st.sampled_from(sorted(schema.concrete))),))]
    hops: list[m.Hop] = []
    for number in range(1, draw(st.integers(0, most_hops)) + 1):
        at = draw(st.sampled_from(entities))
        triples = [
            (relation, start, end)
            for relation, pairs in sorted(schema.pairs.items())
            for start, end in sorted(pairs)
            if at.kinds[0] in (start, end)
        ]
        if not triples:
            break
        relation, start, end = draw(st.sampled_from(triples))
        out = start == at.kinds[0]
        other = m.Entity(f"{prefix}{number}", (end if out else start,))
        entities.append(other)
        plain = draw(st.booleans())
        hops.append(
            m.Hop(
                at.name,
                (relation,),
                other.name,
                "out" if out else "in",
                maximum=1 if plain else draw(st.integers(1, 4)),
                optional=draw(st.booleans()) if plain else False,
            )
        )
    where = draw(st.none() | conditions(schema, entities))
    return m.Pattern(tuple(entities), tuple(hops), where)


@st.composite
def conditions(draw: st.DrawFn, schema: Schema, entities: list[m.Entity], depth: int = 0) -> m.Condition:
    """A condition on an attribute, or a boolean combination of such."""
    if depth < 2 and draw(st.integers(0, 3)) == 0:
        parts = tuple(draw(st.lists(conditions(schema, entities, depth + 1), min_size=1, max_size=3)))
        sort = draw(st.sampled_from(("and", "or", "not")))
        return m.Negation(parts[0]) if sort == "not" else m.All(parts) if sort == "and" else m.Some(parts)
    entity = draw(st.sampled_from(entities))
    known = [a for a in schema.kinds[entity.kinds[0]].attributes.values() if a.type is not ValueType.STRING_LIST]
    attribute = draw(st.sampled_from(known))
    value = m.Attribute(entity.name, attribute.name)
    if draw(st.integers(0, 5)) == 0:
        return m.Missing(value, draw(st.booleans()))
    return draw(_comparisons(schema, value, attribute))


@st.composite
def _comparisons(draw: st.DrawFn, schema: Schema, value: m.Attribute, attribute: Attribute) -> m.Condition:
    ordered: st.SearchStrategy[m.Operator] = st.sampled_from(("=", "<>", "<", "<=", ">", ">="))
    equal: st.SearchStrategy[m.Operator] = st.sampled_from(("=", "<>"))
    if attribute.type in _TIMES:
        moments = st.builds(
            m.Moment,
            at=st.sampled_from(("today", "now", "2024-06-30", "2024-06-30T12:00:00Z")),
            start_of=st.none() | st.sampled_from(("month", "quarter", "year")),
            shift=st.integers(-12, 12),
            unit=st.sampled_from(("days", "weeks", "months", "years")),
        )
        if draw(st.booleans()):
            return m.Within(value, draw(moments), draw(st.none() | moments), draw(st.booleans()))
        return m.Compare(value, draw(ordered), draw(moments))
    if attribute.type in _NUMBERS:
        return m.Compare(value, draw(ordered), m.Constant(draw(st.integers(-5, 1000))))
    if attribute.type is ValueType.BOOLEAN:
        return m.Compare(value, "=", m.Constant(draw(st.booleans())))
    if attribute.enum is not None:
        values = st.sampled_from(schema.enums[attribute.enum].values)
        if draw(st.booleans()):
            return m.Compare(value, draw(equal), m.Constant(draw(values)))
        return m.Compare(value, "in", m.Constant([*draw(st.lists(values, min_size=1, max_size=3))]))
    text = draw(st.text("aé'`\\ b", min_size=1, max_size=5))
    operators: st.SearchStrategy[m.Operator] = st.sampled_from(("=", "contains", "starts with", "ends with"))
    operator = draw(operators)
    parameter = draw(st.none() | st.just("text"))
    return m.Compare(value, operator, m.Constant(text, parameter), ignore_case=draw(st.booleans()))


@st.composite
def selects(draw: st.DrawFn, schema: Schema) -> m.Select:
    """Lists, counts, groups with thresholds, rates, the best of all or of each group, yes or no, with or without absence."""
    pattern = draw(patterns(schema))
    first = pattern.entities[0].name
    if draw(st.integers(0, 3)) == 0:
        pattern = _with_absence(draw, schema, pattern)
    sort = draw(st.sampled_from(("names", "columns", "count", "groups", "rate", "best", "yes or no")))
    some = draw(conditions(schema, [pattern.entities[0]]))
    counted = m.Aggregate("count", m.Itself(first))
    keys = draw(_keys(schema, pattern))
    match sort:
        case "names":
            return m.Select(pattern, limit=draw(st.none() | st.integers(1, 9)))
        case "columns":
            by = m.Sort(draw(st.sampled_from([column.value for column in keys])), draw(st.booleans()))
            return m.Select(pattern, keys, order=(by,), distinct=draw(st.booleans()))
        case "count":
            return m.Select(pattern, (m.Column("n", m.Aggregate("count", m.Itself(first), where=some)),))
        case "groups":
            having = m.Compare(m.ColumnOf("n"), ">", m.Constant(1))
            order = (m.Sort(m.ColumnOf("n"), True),)
            return m.Select(pattern, (*keys, m.Column("n", counted)), having=having, order=order)
        case "rate":
            rate = m.Ratio(m.Aggregate("count", m.Itself(first), where=some), counted)
            return m.Select(pattern, (*keys, m.Column("rate", rate)), order=(m.Sort(m.ColumnOf("rate"), True),))
        case "best":
            columns = (*keys, m.Column("n", counted))
            return m.Select(pattern, columns, order=(m.Sort(m.ColumnOf("n"), True),), limit=2, per=(keys[0].name,))
        case _:
            return m.Select(pattern, form="yes or no")


def _with_absence(draw: st.DrawFn, schema: Schema, pattern: m.Pattern) -> m.Pattern:
    """With a relation that the first entity must not, or must, have."""
    subject = pattern.entities[0]
    triples = [
        (relation, end)
        for relation, pairs in sorted(schema.pairs.items())
        for start, end in sorted(pairs)
        if start == subject.kinds[0]
    ]
    if not triples:
        return pattern
    relation, end = draw(st.sampled_from(triples))
    absent = m.Exists(
        m.Pattern((m.Entity("x", (end,)),), (m.Hop(subject.name, (relation,), "x"),)), negated=draw(st.booleans())
    )
    where = absent if pattern.where is None else m.All((pattern.where, absent))
    return m.Pattern(pattern.entities, pattern.hops, where)


@st.composite
def _keys(draw: st.DrawFn, schema: Schema, pattern: m.Pattern) -> tuple[m.Column, ...]:
    entity = draw(st.sampled_from(pattern.entities))
    attributes = schema.kinds[entity.kinds[0]].attributes.values()
    attribute = draw(st.sampled_from([a for a in attributes if a.type is not ValueType.STRING_LIST]))
    periods: st.SearchStrategy[m.Period | None] = st.sampled_from((None, "day", "month", "quarter"))
    period = draw(periods) if attribute.type in _TIMES else None
    key = m.Column("key", m.Attribute(entity.name, attribute.name, period))
    named = m.Column("named", m.Itself(draw(st.sampled_from(pattern.entities)).name))
    return (key, named) if draw(st.booleans()) else (key,)


@st.composite
def questions(draw: st.DrawFn, schema: Schema) -> m.Question:
    """Selects, sets of two, and two side by side."""
    first = draw(selects(schema))
    match draw(st.sampled_from(("select", "select", "select", "intersection", "except", "union", "versus"))):
        case "intersection" | "except" as operation:
            kind = first.pattern.entities[0].kinds
            other = m.Select(m.Pattern((m.Entity("e0", kind),), where=draw(_of_kind(schema, kind))))
            return m.Question(
                m.Combination("intersection" if operation == "intersection" else "except", (first, other))
            )
        case "union":
            return m.Question(m.Combination("union", (first, first)))
        case "versus":
            return m.Question(m.Versus((m.Side("a", first), m.Side("b", first))))
        case _:
            return m.Question(first)


def _of_kind(schema: Schema, kinds: tuple[str, ...]) -> st.SearchStrategy[m.Condition]:
    return conditions(schema, [m.Entity("e0", kinds)])
