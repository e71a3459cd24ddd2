"""The pattern that a question speaks of, as it grows: elements of kinds, the relations that join them, what is said of both."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from agent.clauses.terms import telling
from agent.language.meanings import Step, is_a
from agent.language.outcome import Unclear, Unheld
from agent.language.ways import Ways
from agent.query.model import All, Attribute, Compare, Condition, Direction, Entity, Exists, Hop, Pattern
from graph.schema.model import Schema

LONGEST: Final = 3
"""Relations in a row that may join two kinds without being said."""


@dataclass(eq=False)
class Element:
    """Elements of a kind. `at`: the mark that brought them in. `own`: named by the question, not a step between two."""

    name: str
    kind: str
    at: int
    where: list[Condition] = field(default_factory=list)
    own: bool = True


@dataclass(eq=False)
class Link:
    """Relations of a type between two elements."""

    name: str
    start: Element
    relation: str
    end: Element
    direction: Direction = "out"
    where: list[Condition] = field(default_factory=list)


@dataclass(frozen=True)
class Fit:
    """A relation that may join two elements. `mutual`: it may start at either."""

    relation: str
    direction: Direction
    exact: bool
    mutual: bool = False


class Growing:
    """A pattern that grows while a question is read."""

    def __init__(self, schema: Schema, ways: Ways) -> None:
        self.schema, self.ways = schema, ways
        self.elements: list[Element] = []
        self.links: list[Link] = []
        self.waiting: list[Element] = []
        """Elements that nothing joins yet."""
        self.beside: list[Condition] = []
        """What must be there beside the pattern."""

    def new(self, kind: str, at: int, *, own: bool = True) -> Element:
        """Bring in elements of a kind."""
        element = Element(f"{kind[:1].lower()}{kind[1:]}{len(self.elements) + 1}", kind, at, own=own)
        self.elements.append(element)
        return element

    def like(self, kind: str, *, unnamed: bool = False) -> Element | None:
        """The last element that may be of a kind, one that has no name rather than one that has (`unnamed`: only such a one)."""
        near = [e for e in self.elements if self.ways.overlap(e.kind, kind)]
        free = [e for e in near if not self.called(e)]
        near = free if free or unnamed else near
        same = [e for e in near if e.kind == kind]
        return next(reversed(same or near), None)

    def called(self, element: Element) -> bool:
        """Whether it is said which one an element is, by its name."""
        names = telling(self.schema.kinds[element.kind])
        return any(
            isinstance(c, Compare) and c.operator == "=" and isinstance(c.left, Attribute) and c.left.name in names
            for c in element.where
        )

    def joined(self, one: Element) -> bool:
        """Whether anything joins an element to another."""
        return any(one in (link.start, link.end) for link in self.links)

    def fits(self, relation: str, start: str, end: str) -> list[Fit]:
        """The way in which a relation joins two kinds."""
        pairs = [(t.start, t.end) for t in self.schema.relations[relation].triples]
        overlap = self.ways.overlap
        out = [p for p in pairs if overlap(start, p[0]) and overlap(end, p[1])]
        back = [p for p in pairs if overlap(end, p[0]) and overlap(start, p[1])]
        if out and back:
            return [Fit(relation, "out", True, mutual=True)]  # the subject of the verb is where it starts
        found = out or back
        exact = any(
            (is_a(self.schema, start, a) and is_a(self.schema, end, b))
            or (is_a(self.schema, end, a) and is_a(self.schema, start, b))
            for a, b in found
        )
        return [Fit(relation, "out" if out else "in", exact)] if found else []

    def link(self, start: Element, fit: Fit, end: Element) -> Link:
        """Join two elements by a relation."""
        name = f"{fit.relation.lower()}_{len(self.links) + 1}"
        name = "".join(c if c.isalnum() or c == "_" else "_" for c in name)
        made = Link(name, start, fit.relation, end, fit.direction)
        self.links.append(made)
        self.waiting = [one for one in self.waiting if one not in (start, end)]
        return made

    def whole(self) -> None:
        """Join what nothing joins to the rest. Raises Unclear, Unheld."""
        while apart := [e for e in self.elements if e not in (rest := self._reached(self.elements[0]))]:
            self._nearest(self._reached(apart[0]), rest)

    def _reached(self, element: Element, without: frozenset[str] = frozenset()) -> list[Element]:
        reached = [element]
        for one in reached:
            for link in self.links:
                if one in (link.start, link.end):
                    reached += [e for e in (link.start, link.end) if e not in reached and e.name not in without]
        return reached

    def together(self, names: set[str], apart: set[str]) -> bool:
        """Whether elements (or relations) of these names hang together without those of other names."""
        elements = {e.name: e for e in self.elements}
        elements |= {link.name: link.start if link.start.name not in apart else link.end for link in self.links}
        some = [elements[name] for name in names if name not in apart]
        reached = self._reached(some[0], frozenset(apart)) if some else []
        return all(one in reached for one in some)

    def by(self, relations: list[str], one: Element, other: Element, *, sure: bool = True) -> Link | None:
        """Join two elements by the first of some relations that fits. Raises Unclear where several do and none is `sure`."""
        fits = [fit for relation in relations for fit in self.fits(relation, one.kind, other.kind)]
        fits = [fit for fit in fits if fit.exact] or fits
        if len(fits) > 1 and not sure:
            raise Unclear("", tuple(fit.relation for fit in fits))
        return self.link(one, fits[0], other) if fits else None

    def _nearest(self, apart: list[Element], rest: list[Element]) -> None:
        """Join two parts of the pattern by the shortest way. Raises Unclear where several are as short, Unheld where none is."""
        found = [
            (len(way), one.at < other.at, abs(one.at - other.at), one, other, way)
            for one in apart
            for other in rest
            for way in self._shortest(other.kind, one.kind)
        ]
        if not found:
            raise Unheld(apart[0].kind)
        least, _, _, one, other, _ = min(found, key=lambda f: f[:3])
        ways = [way for *_, of, to, way in found if of is one and to is other and len(way) == least]
        if len(ways) > 1:
            raise Unclear("", tuple(sorted({step.relation for way in ways for step in way})))
        here = other
        for step in ways[0][:-1]:
            here = self._between(here, step, one)
        last = ways[0][-1]
        self.link(here, Fit(last.relation, "out" if last.forward else "in", True), one)

    def _between(self, here: Element, step: Step, end: Element) -> Element:
        """The element that a step leads to: one that is joined so already, else a new one."""
        for link in self.links:
            if link.relation == step.relation and here in (link.start, link.end):
                other = link.end if link.start is here else link.start
                if other is not end and self.ways.overlap(other.kind, step.kind):
                    return other
        between = self.new(step.kind, end.at, own=False)
        self.link(here, Fit(step.relation, "out" if step.forward else "in", True), between)
        return between

    def _shortest(self, start: str, end: str) -> list[tuple[Step, ...]]:
        """The shortest ways from a kind to another, none longer than LONGEST relations."""
        level: list[tuple[str, tuple[Step, ...]]] = [(start, ())]
        seen = {start}
        for _ in range(LONGEST):
            level = [
                (s.kind, (*steps, s))
                for kind, steps in level
                for s in self._steps(kind)
                if s.kind not in seen or self.ways.overlap(s.kind, end)
            ]
            found = [steps for kind, steps in level if self.ways.overlap(kind, end)]
            if found:
                exact = [steps for steps in found if is_a(self.schema, end, steps[-1].kind)]
                return list(dict.fromkeys(exact or found))
            seen |= {kind for kind, _ in level}
        return []

    def _steps(self, kind: str) -> list[Step]:
        found = []
        for relation in self.schema.relations.values():
            for triple in relation.triples:
                for near, far, forward in ((triple.start, triple.end, True), (triple.end, triple.start, False)):
                    if is_a(self.schema, kind, near) or is_a(self.schema, near, kind):
                        found.append(Step(relation.name, forward, far))
        return found

    def cut(self, name: str, keys: set[str], kept: set[str]) -> Pattern | None:
        """Take the branch of an element out, up to the elements that are grouped by: a pattern of its own, of which there
        must be some. None where it holds what is to be kept.
        """
        element = next(e for e in self.elements if e.name == name)
        branch = self._reached(element, frozenset(keys))
        links = [link for link in self.links if link.start in branch or link.end in branch]
        if {e.name for e in branch} & (keys | kept) or {link.name for link in links} & kept:
            return None
        whole = self._made(branch, links)
        self.elements = [e for e in self.elements if e not in branch]
        self.links = [link for link in self.links if link not in links]
        self.beside.append(Exists(whole))
        return whole

    def pattern(self) -> Pattern:
        """The pattern as the intermediate query has it."""
        whole = self._made(self.elements, self.links)
        where = [*([] if whole.where is None else [whole.where]), *self.beside]
        return replace(whole, where=together(where))

    def _made(self, elements: list[Element], links: list[Link]) -> Pattern:
        conditions = [condition for link in links for condition in link.where]
        return Pattern(
            tuple(Entity(e.name, (e.kind,), where=together(e.where)) for e in elements),
            tuple(
                Hop(k.start.name, (k.relation,), k.end.name, k.direction, name=k.name if self.named(k) else None)
                for k in links
            ),
            together(conditions),
        )

    def named(self, link: Link) -> bool:
        """Whether a relation is spoken of by name."""
        return bool(link.where) or link.name in self.spoken

    spoken: frozenset[str] = frozenset()


def together(conditions: list[Condition]) -> Condition | None:
    """All of some conditions."""
    if not conditions:
        return None
    return conditions[0] if len(conditions) == 1 else All(tuple(conditions))
