"""Attributes of relations: what is said of how two elements are joined, not of either: replicate synchronously, support at level 2."""

from __future__ import annotations

from dataclasses import replace

from agent.language.folding import fold
from agent.language.frame import Node
from agent.language.items import Item
from agent.language.meanings import Step, Way, is_a
from agent.language.outcome import Unheld
from agent.language.reading.guards import Guards
from agent.language.reading.words import NUMBERS
from agent.query.model import Attribute, Compare, Constant


class Related(Guards):
    """Sets apart what is said of relations, and says it of the ones that join the elements. Raises Unheld."""

    def _set_apart(self) -> list[tuple[int, str, bool | int | float | str]]:
        """The items that only a relation can be said to be: the place of each, the attribute, the value."""
        found: list[tuple[int, str, bool | int | float | str]] = []
        for at, item in enumerate(self.items):
            values = item.means("value")
            if values and len(values) == len(item.meanings) and all(m.name in self.ways.of_relations for m in values):
                found.append((at, self.ways.of_relations[values[0].name], values[0].value))
                self._read_as_verb(at, found[-1][1])
            elif (number := self._level(at, item)) is not None:
                found.append((at, *number))
        self.used.update(at for at, *_ in found)
        return found

    def _read_as_verb(self, at: int, attribute: str) -> None:
        """Read the word before as the relation that has the attribute, whatever else its stem may be of."""
        for place in range(at - 1, max(-1, at - 4), -1):
            item = self.items[place]
            own = tuple(m for m in item.means("relation") if attribute in self.schema.relations[m.name].attributes)
            if own:
                self.items[place] = replace(item, meanings=own)
                return

    def _say_of_relations(self, said: list[tuple[int, str, bool | int | float | str]]) -> None:
        for at, attribute, value in said:
            node = next((n for n in self.frame.nodes if self._joined_by(n, attribute)), None)
            node = node or self._other_end(at, attribute)
            if node is None or (node.tested and not node.absent) or node.edge:
                raise Unheld(self.items[at].text)
            self.counter += 1
            node.edge = f"link{self.counter}"
            node.edge_where = Compare(Attribute(node.edge, attribute), "=", Constant(value))

    def _level(self, at: int, item: Item) -> tuple[str, float | int] | None:
        """A number behind a word of an attribute of the relation that a verb says: supports X at level 2."""
        after = self._next(at)
        number = self.items[after] if after is not None else None
        if not (item.means("attribute") or item.empty) or number is None or number.number is None or number.unit:
            return None
        verbs = {m.name for one in self.items for m in (*one.means("relation")[:1], *one.means("role")[:1])}
        roles = {self.idioms.roles[name][1].steps[0].relation for name in verbs & self.idioms.roles.keys()}
        for name in (verbs | roles) & self.schema.relations.keys():
            for one in self.schema.relations[name].attributes.values():
                words = {
                    word for text in (one.wording.en, one.wording.fr) for word in fold(text).split() if len(word) > 3
                }
                if one.type in NUMBERS and (set(item.folded.split()) <= words):
                    self.used.add(after or at)
                    whole = float(number.number).is_integer()
                    return one.name, int(number.number) if whole else number.number
        return None

    def _joined_by(self, node: Node, attribute: str) -> bool:
        steps = node.way.steps if node.way is not None else ()
        single = len(steps) == 1 and steps[0].least == steps[0].most == 1
        return single and attribute in self.schema.relations[steps[0].relation].attributes

    def _other_end(self, at: int, attribute: str) -> Node | None:
        """What a verb leads to where nothing is said of it: databases that replicate synchronously, and which one to."""
        target = self.frame.target
        verbs = [
            (place, m) for place, one in enumerate(self.items[:at]) for m in one.means("relation") if not m.inverse
        ]
        for place, verb in reversed(verbs):
            name, relation = verb.name, self.schema.relations[verb.name]
            ends = [
                one.end for one in relation.triples if target is not None and is_a(self.schema, target.kind, one.start)
            ]
            if target is None or attribute not in relation.attributes or len(ends) != 1:
                continue
            node = self._new(ends[0], at)
            node.parent, node.way, node.explicit = target, Way(target.kind, (Step(name, True, ends[0]),)), False
            self.verbs.append((place, (verb,)))
            if self._which_one() and self.frame.mode == "list":
                self.frame.shown.append(node)
            return node
        return None
