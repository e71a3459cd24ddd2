"""Names of the estate and texts in quotation marks: the elements, or the attribute's value, that they are."""

from __future__ import annotations

from agent.language.frame import Node
from agent.language.items import Item
from agent.language.meanings import Meaning, holders, is_a
from agent.language.names import NamedElement, NameFound
from agent.language.outcome import Unclear, Unheld
from agent.language.reading.bounds import Bounds
from agent.language.wordings import say
from agent.query.model import Attribute, Compare, Constant
from graph.schema.model import ValueType


class Named(Bounds):
    """Places names."""

    def _name_first(self, at: int, item: Item) -> bool:
        if not item.trusted:
            return False
        values = item.means("value")
        fits = any(next(holders(self.schema, n.kind, m), None) for n in self._recent()[:1] for m in values)
        return not (fits or (values and self._prenominal(at)))

    def _literal(self, at: int, text: str) -> bool:
        """A text in quotation marks: of the attribute that is named before it, else of what holds it, else a name."""
        for position, (where, name) in reversed(list(enumerate(self.pending_attributes))):
            node = self._holder(name)
            if where >= at - 4 and node is not None and self._type(name) in (ValueType.STRING, ValueType.INTEGER):
                del self.pending_attributes[position]
                return self._equal(node, name, text)
        following = self.items[at + 1] if at + 1 < len(self.items) else None
        if (
            following is not None
            and following.means("kind")
            and not any(one.means("kind") for one in self.items[max(0, at - 2) : at])
        ):
            self.used.add(at + 1)
            self._kind(at + 1, following, following.means("kind")[0].name)
        for node in self._recent():
            for attribute in self.schema.kinds[node.kind].attributes.values():
                if (
                    attribute.enum
                    and text in self.schema.enums[attribute.enum].values
                    and attribute.name not in ("name", "title")
                ):
                    return self._equal(node, attribute.name, text)
        for node in self._recent()[:1]:
            for name in ("name", "title", "address"):
                if self._holds(node.kind, name):
                    return self._equal(node, name, text)
        return False

    def _equal(self, node: Node, attribute: str, text: str) -> bool:
        number = self._type(attribute) is ValueType.INTEGER and text.lstrip("-").isdigit()
        negated, self.negation = bool(self.negation), ""
        self._say(
            node,
            Compare(Attribute(node.name, attribute), "<>" if negated else "=", Constant(int(text) if number else text)),
        )
        return True

    def _name(self, at: int, item: Item) -> None:
        found = item.name
        assert found is not None
        kinds = self._kinds_around(at)
        said = {m.name for near in self.items[max(0, at - 2) : at + 2] for m in near.means("kind")}
        elements = found.elements
        if kinds:
            elements = tuple(e for e in elements if "." not in e.kind) or elements
        for kind in kinds:
            fitting = tuple(e for e in elements if "." not in e.kind and self.ways.overlap(e.kind, kind))
            if not fitting and kind in said and (again := self.names.of_kind(self._tokens(at), 0, frozenset({kind}))):
                fitting = again.elements
            if fitting:
                self._named(at, item, fitting, kind, found)
                return
        if kinds and said and not found.exact and all(kind in self.idioms.nameable for kind in kinds):
            near = self.names.near(item.folded, frozenset(kinds))
            if len(near) == 1:
                self._named(at, item, near, kinds[0], found)
                return
        texts = tuple(e for e in elements if "." in e.kind)
        if (
            texts
            and (
                len(texts) == len(elements)
                or not any(
                    self._holds(n.kind, e.kind.partition(".")[2]) is False for n in self._recent()[:0] for e in texts
                )
            )
            and self._text_value(at, texts)
        ):
            return
        elements = tuple(e for e in elements if "." not in e.kind)
        if not elements:
            if texts and self.language == "en" and self._next(at) is not None:
                self.pending_texts.append((at, texts))
                return
            raise Unheld(item.text)
        self._named(at, item, self._preferred(elements), "", found)

    def _text_value(self, at: int, texts: tuple[NamedElement, ...]) -> bool:
        """A text that is an attribute's value: issued by the authority X, servers AX-640, sites in Lyon."""
        for node in self._recent():
            for text in texts:
                kind, _, attribute = text.kind.partition(".")
                if self._holds(node.kind, attribute) and self.ways.overlap(node.kind, kind):
                    self.pending_attributes = [
                        (p, n)
                        for p, n in self.pending_attributes
                        if not any(m.name == attribute for m in self.items[p].means("attribute"))
                    ]
                    negated, self.negation = bool(self.negation), ""
                    self._say(
                        node, Compare(Attribute(node.name, attribute), "<>" if negated else "=", Constant(text.name))
                    )
                    return True
        for node in self._recent():
            for text in texts:
                if self.items[at].means("value"):
                    break  # Oracle: what a database is, before whom a product is of
                kind, _, attribute = text.kind.partition(".")
                found = self.ways.between(node.kind, kind)
                if kind in ("Site", "SoftwareProduct") and found and found[1] < 2.2:
                    other = self._node_for(kind, at)
                    self._say(other, Compare(Attribute(other.name, attribute), "=", Constant(text.name)))
                    return True
        return False

    def _kinds_around(self, at: int) -> list[str]:
        """Kinds said right before or right behind a name: the application Paie, the Paie application."""
        kinds = []
        for position in (at - 1, at - 2):
            if position >= 0 and (position == at - 1 or self.items[at - 1].empty or self.items[at - 1].turns):
                before = self.items[position]
                if position == at - 2 and self.items[at - 1].folded not in self.lexicon.turns.articles:
                    break
                kinds += [m.name for m in before.means("kind")]
                kinds += self._ends(before.means("relation"))
                if before.meanings:
                    break
        if self.language == "en" and at + 1 < len(self.items):
            kinds += [m.name for m in self.items[at + 1].means("kind")]
        return kinds

    def _ends(self, relations: tuple[Meaning, ...]) -> list[str]:
        """The kinds that a relation leads to, where it is a single one: in the perimeter, member of the cluster."""
        ends = {
            triple.start if m.inverse else triple.end
            for m in relations[:1]
            for triple in self.schema.relations[m.name].triples
        }
        return list(ends) if len(ends) == 1 else []

    def _preferred(self, elements: tuple[NamedElement, ...]) -> tuple[NamedElement, ...]:
        order = ["BusinessApplication", "Server", "Team", "DataCenter", "SoftwareVersion", "SoftwareProduct"]
        for kind in order:
            some = tuple(e for e in elements if is_a(self.schema, e.kind, kind))
            if some and len(elements) > 1:
                return some
        return elements

    def _named(self, at: int, item: Item, elements: tuple[NamedElement, ...], kind: str, found: NameFound) -> None:
        node = next(
            (
                n
                for n in self._recent()
                if not n.named and kind and self.ways.overlap(n.kind, kind) and n.at in (at - 1, at - 2, at - 3)
            ),
            None,
        )
        if node is not None and node is self.frame.target and self._same_phrase(node.at, at) is False:
            node = None
        concrete = {e.kind for e in elements}
        if len(elements) > 1 and not self._set_allowed(elements, item):
            alike = len({e.name for e in elements}) < len(elements)
            choices = tuple(sorted({f"{self._label(e.kind)} {e.name}" if alike else e.name for e in elements}))[:8]
            raise Unclear(say("which_of", self.language, name=item.text), choices, item.text)
        if not found.exact and len(elements) == 1 and elements[0].name.casefold() != item.text.casefold():
            self.frame.assumptions.append(say("taken_for", self.language, said=item.text, name=elements[0].name))
        if node is None:
            label = kind if kind and len(concrete) != 1 else next(iter(concrete))
            if (
                kind
                and at + 1 < len(self.items)
                and any(m.name == kind or m.name in concrete for m in self.items[at + 1].means("kind"))
                and self.language == "en"
            ):
                self.used.add(at + 1)
            self._node(at, label, elements)
        else:
            if len(concrete) == 1 and is_a(self.schema, elements[0].kind, node.kind):
                node.kind = elements[0].kind
            node.named = elements
            self._rejoin(node)

    def _set_allowed(self, elements: tuple[NamedElement, ...], item: Item) -> bool:
        return {e.kind for e in elements} <= {"SoftwareVersion"} and any(c.isdigit() for c in item.text)
