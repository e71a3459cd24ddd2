"""Patterns of an intermediate query as MATCH clauses: chains as people draw them, then what is optional, then paths."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass

from agent.query import model as m
from agent.query.emit_values import Expressions, both
from agent.query.scope import Scope
from graph.cypher import ast
from graph.cypher.ast import BinaryOperator as Op

_DIRECTIONS = {"out": ast.Direction.OUT, "in": ast.Direction.IN, "both": ast.Direction.BOTH}


def match_clauses(pattern: m.Pattern, outer: Scope, expressions: Expressions) -> list[ast.Clause]:
    """One MATCH for what must be there, one OPTIONAL MATCH per optional hop, one MATCH per shortest path.

    Entities that `outer` has bound are named without their kinds again.
    """
    return _Matching(pattern, outer, expressions).clauses()


class _Matching:
    def __init__(self, pattern: m.Pattern, outer: Scope, expressions: Expressions) -> None:
        self.pattern, self.expressions = pattern, expressions
        self.scope = outer.with_pattern(pattern)
        self.entities = {entity.name: entity for entity in pattern.entities}
        self.bound = {name for name in outer.kinds if name not in self.entities}
        self._said: set[str] = set()

    def clauses(self) -> list[ast.Clause]:
        hops = self.pattern.hops
        plain = [hop for hop in hops if not hop.optional and hop.shortest is None]
        later = [hop for hop in hops if hop.optional or hop.shortest is not None]
        only_later = {end for hop in later if hop.optional for end in (hop.start, hop.end)} - {
            end for hop in plain for end in (hop.start, hop.end)
        }
        subject = next(iter(self.entities), None)
        alone = [
            name
            for name in self.entities
            if not any(name in (hop.start, hop.end) for hop in plain) and (name not in only_later or name == subject)
        ]
        found: list[ast.Clause] = []
        paths = self._chains(plain)
        paths += [ast.PathPattern(self._node(name)) for name in alone if name not in self.bound]
        waiting = [] if self.pattern.where is None else _conjuncts(self.pattern.where)
        if paths:
            now = [part for part in waiting if not (_names(part) & only_later - {subject})]
            waiting = [part for part in waiting if part not in now]
            found.append(ast.Match(tuple(paths), self._where(paths, now)))
        for hop in later:
            path = self._path(hop)
            found.append(ast.Match((path,), self._where([path], []), optional=hop.optional))
        if waiting:  # conditions on what is optional hold of the rows, not of the optional part
            items = tuple(ast.ProjectionItem(ast.Variable(name), name, True) for name in sorted(self.bound))
            found.append(ast.With(ast.Projection(items), self._where([], waiting)))
        return found

    def _chains(self, hops: list[m.Hop]) -> list[ast.PathPattern]:
        """The hops as few paths: a hop that begins where a path ends continues it."""
        paths: list[ast.PathPattern] = []
        left = list(hops)
        while left:
            hop = left.pop(0)
            start, steps, at = self._node(hop.start), [(self._relationship(hop), self._node(hop.end))], hop.end
            while following := next((other for other in left if at in (other.start, other.end)), None):
                left.remove(following)
                turned = following if following.start == at else _turned(following)
                steps.append((self._relationship(turned), self._node(turned.end)))
                at = turned.end
            paths.append(ast.PathPattern(start, tuple(steps)))
        return paths

    def _path(self, hop: m.Hop) -> ast.PathPattern:
        step = ((self._relationship(hop), self._node(hop.end)),)
        start = self._node(hop.start)
        if hop.shortest is None:
            return ast.PathPattern(start, step)
        kind = ast.ShortestKind.SINGLE if hop.shortest == "one" else ast.ShortestKind.ALL
        return ast.PathPattern(start, step, hop.name, kind)

    def _node(self, name: str) -> ast.NodePattern:
        """With its kinds where it is named for the first time."""
        if name in self.bound:
            return ast.NodePattern(name)
        self.bound.add(name)
        return ast.NodePattern(name, _labels(self.entities[name].kinds) if name in self.entities else None)

    def _relationship(self, hop: m.Hop) -> ast.RelationshipPattern:
        single = hop.minimum == 1 and hop.maximum == 1
        named = hop.name if hop.shortest is None and single else None
        if named is not None:
            self.bound.add(named)
        if hop.shortest is not None and hop.name is not None:
            self.bound.add(hop.name)
        return ast.RelationshipPattern(
            named,
            _labels(hop.relations),
            _DIRECTIONS[hop.direction],
            hops=None if single and hop.shortest is None else ast.Hops(hop.minimum, hop.maximum),
        )

    def _where(self, paths: Iterable[ast.PathPattern], conditions: list[m.Condition]) -> ast.Expression | None:
        """The conditions of the entities that these paths bring in, then others."""
        parts: list[ast.Expression] = []
        for node in (node for path in paths for node in path.nodes):
            entity = self.entities.get(node.variable or "")
            if entity is None or not self._fresh(node, entity):
                continue
            if entity.named is not None:
                parts.append(self._named(entity, entity.named))
            if entity.where is not None:
                parts.extend(self.expressions.condition(part, self.scope) for part in _conjuncts(entity.where))
        parts.extend(self.expressions.condition(part, self.scope) for part in conditions)
        return both(parts)

    def _fresh(self, node: ast.NodePattern, entity: m.Entity) -> bool:
        """Whether this is the place where the entity comes in; its conditions are said once."""
        if entity.name in self._said:
            return False
        self._said.add(entity.name)
        return node.variable == entity.name

    def _named(self, entity: m.Entity, named: m.Named) -> ast.Expression:
        parameter = named.parameter or entity.name
        held = ast.Property(ast.Variable(entity.name), "id")
        if len(named.ids) == 1:
            self.expressions.parameters[parameter] = named.ids[0]
            return ast.Comparison((held, ast.Parameter(parameter)), (Op.EQ,))
        self.expressions.parameters[parameter] = list(named.ids)
        return ast.Binary(Op.IN, held, ast.Parameter(parameter))


def _labels(names: tuple[str, ...]) -> ast.LabelExpression | None:
    if not names:
        return None
    found = tuple(ast.LabelName(name) for name in names)
    return found[0] if len(found) == 1 else ast.LabelOr(found)


_OPPOSITE: dict[str, m.Direction] = {"out": "in", "in": "out", "both": "both"}


def _turned(hop: m.Hop) -> m.Hop:
    """The same hop, read from its other end."""
    return m.Hop(
        hop.end,
        hop.relations,
        hop.start,
        _OPPOSITE[hop.direction],
        hop.minimum,
        hop.maximum,
        hop.optional,
        hop.shortest,
        hop.name,
    )


def _conjuncts(condition: m.Condition) -> list[m.Condition]:
    """The conditions that must all hold, flat."""
    if isinstance(condition, m.All):
        return [part for inner in condition.conditions for part in _conjuncts(inner)]
    return [condition]


def _names(condition: m.Condition) -> set[str]:
    """Names of entities and hops that a condition speaks of."""
    found: set[str] = set()
    pending: list[object] = [condition]
    while pending:
        part = pending.pop()
        if isinstance(part, m.Hop):
            found |= {part.start, part.end}
        elif isinstance(part, m.Attribute | m.Itself | m.KindOf | m.Length | m.Way) and isinstance(part.of, str):
            found.add(part.of)
        if is_dataclass(part) and not isinstance(part, type):
            pending.extend(getattr(part, known.name) for known in fields(part))
        elif isinstance(part, tuple):
            pending.extend(part)
    return found
