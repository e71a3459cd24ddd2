"""How two elements that a question mentions hang together: by the verb between them, or by the way that costs least."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Final

from agent.language.frame import Node
from agent.language.meanings import Meaning, Way, is_a, nearest
from agent.language.outcome import Unheld
from agent.language.reading.neighbours import Neighbours
from agent.language.reading.words import CATEGORY, words
from agent.language.wordings import say

_LEAVES: Final = frozenset(
    {"Team", "Entity", "Site", "Perimeter", "DataCenter", "Supplier", "SoftwareProduct", "Person", "Cause", "Policy"}
)
_PRONOUNS: Final = words("relative pronouns")
_OF_ANY: Final = frozenset({"environment", "criticality", "internet_exposed"})
"""What may be said of any configuration item that something is about: incidents in production."""


class Joining(Neighbours, ABC):
    """Joins elements."""

    def _implicit(self, attribute: str) -> Node | None:
        """A kind that has an attribute, beside a kind that has not: the software version of a server."""
        best: tuple[float, str, Node, Way] | None = None
        declared = {
            k.attributes[attribute].declared_in for k in self.schema.concrete_kinds() if attribute in k.attributes
        }
        for node in self._recent():
            for kind in declared & self.schema.kinds.keys():
                said = self.schema.kinds[kind]
                if said.bookkeeping or said.category == "simulation" or kind == "Element":
                    continue
                event = nearest(self.schema, node.kind, self.idioms.times) is not None
                if kind == CATEGORY and not (attribute in _OF_ANY and event):
                    continue
                found = self.ways.between(node.kind, kind)
                if kind == CATEGORY and found is not None and len(found[0].steps) > 1:
                    continue  # a vulnerability: on which of its findings, nobody says
                if (
                    found
                    and found[1] < 1.3
                    and all(s.most == 1 for s in found[0].steps)
                    and (best is None or found[1] < best[0])
                ):
                    best = (found[1], kind, node, found[0])
        if best is None:
            return None
        _, kind_name, parent, way = best
        node = self._new(kind_name, len(self.items))
        node.parent, node.way, node.explicit = parent, way, False
        node.absent = False
        return node

    def _join(self, node: Node) -> None:
        """Join a node to the one that it fits best, through the verb between them if there is one."""
        if self._by_what_runs_it(node):
            return
        best: tuple[float, Node, Way, bool] | None = None
        others = self._candidates(node)
        for distance, other in enumerate([o for o in self._recent() if o in others]):
            for way, cost, hinted in self._options(other, node):
                leaf = (
                    0.7
                    if other.kind in _LEAVES and (other.named or other is not self.frame.target) and not hinted
                    else 0.0
                )
                absent = -0.9 if other.absent and other is self.scope else (0.8 if other.absent else 0.0)
                measured = 1.0 if other.measured and other.bound else 0.0
                target = (
                    self.frame.target
                )  # findings on servers for vulnerabilities: theirs, by no other finding of the server
                through = (
                    2.0 if target not in (None, other) and any(s.kind == target.kind for s in way.steps[:-1]) else 0.0
                )
                total = cost + 0.35 * distance + leaf + absent + measured + through
                if other is self.frame.target and node.measured:
                    total -= 1.0
                if best is None or total < best[0]:
                    best = (total, other, way, hinted)
        if best is None:
            names = " / ".join(self._label(n.kind) for n in (others[0], node))
            raise Unheld(say("no_link", self.language, names=names))
        _, node.parent, node.way, hinted = best
        self._split(node)
        if hinted or (self.hint and self.hint_at > node.parent.at):
            self.hint = ()

    def _by_what_runs_it(self, node: Node) -> bool:
        """Join a product that is no operating system by way of what runs it: applications on PostgreSQL use its databases."""
        if not node.named or node.kind not in ("SoftwareVersion", "SoftwareProduct"):
            return False
        names = [element.name for element in node.named]
        fitting = [
            kind
            for kind, products in self.idioms.installed_on.items()
            if all(any(name.startswith(product) for product in products) for name in names)
        ]
        hosts = ("BusinessApplication", "Server", "ServiceInstance")
        target = self.frame.target
        if not fitting or fitting[0] == "Server" or target is None or target is node:
            return False
        if len(self.frame.nodes) != 2 or not any(is_a(self.schema, target.kind, host) for host in hosts):
            return False
        between, way = self.ways.between(target.kind, fitting[0]), self.ways.between(fitting[0], node.kind)
        if between is None or way is None:
            return False
        running = self._new(fitting[0], node.at)
        running.parent, running.way, running.explicit = target, between[0], False
        node.parent, node.way, self.hint = running, way[0], ()
        return True

    def _join_to(self, parent: Node, node: Node) -> None:
        """Join a node to one that is told."""
        way, _, hinted = min(self._options(parent, node), key=lambda option: option[1])
        node.parent, node.way = parent, way
        if hinted:
            self.hint = ()

    def _candidates(self, node: Node) -> list[Node]:
        """The elements that a new one may hang from: the subject of its verb where one is told, else any."""
        others = [other for other in self.frame.nodes if other is not node]
        subject, self.subject = self.subject, None
        if subject is None and self.hint and others and others[-1].at < self.hint_at < node.at:
            last = others[-1]
            if not (last.named or last.absent) or self.items[self.hint_at - 1].folded in _PRONOUNS:
                subject = last
            elif last.named:  # what has a name needs no more telling apart: servers of Paie hosted in Lyon
                subject = next((one for one in reversed(others) if not (one.named or one.absent)), None)
        if subject is None and others and not (self.hint or others[-1].named or others[-1].absent):
            between = self.items[others[-1].at + 1 : node.at] if others[-1].at >= 0 else ()
            if any(one.folded in _PRONOUNS for one in between) and self._options(others[-1], node):
                return [others[-1]]
        if subject is not None and subject in others and any(hinted for *_, hinted in self._options(subject, node)):
            return [subject]
        return others

    def _verb_follows(self, at: int) -> bool:
        """Whether a verb stands right behind "and", so that what is said is of the subject that was before."""
        following = self.items[at + 1] if at + 1 < len(self.items) else None
        return following is not None and bool(following.means("relation")) and not following.means("kind")

    def _subject(self) -> Node | None:
        """The element that the last verb was said of."""
        if not self.verbs:
            return self.frame.target
        behind = [n for n in self.frame.nodes if n.at > self.verbs[-1][0] and n.parent is not None]
        return behind[0].parent if behind else self.frame.target

    def _split(self, node: Node) -> None:
        """Make findings on the way to a vulnerability an element of their own: they are what is open or closed."""
        way, parent = node.way, node.parent
        if way is None or parent is None or node.absent or self.negation:
            return
        at = next((n for n, step in enumerate(way.steps[:-1]) if step.kind == "VulnerabilityFinding"), None)
        if at is None:
            return
        self.counter += 1
        between = Node(f"finding{self.counter}", "VulnerabilityFinding", node.at, explicit=False)
        between.parent, between.way = parent, Way(way.start, way.steps[: at + 1])
        node.parent, node.way = between, Way("VulnerabilityFinding", way.steps[at + 1 :])
        self._states_of(between, node if node.states else parent)
        self.frame.nodes.insert(self.frame.nodes.index(node), between)

    @abstractmethod
    def _states_of(self, between: Node, node: Node) -> None:
        """Of a room above."""

    def _options(self, other: Node, node: Node) -> list[tuple[Way, float, bool]]:
        found: list[tuple[Way, float, bool]] = []
        if self.hint:
            for meaning in self._voiced():
                forward = not meaning.inverse
                if self._swapped(node):
                    forward = not forward
                option = self.ways.between(other.kind, node.kind, meaning.name, forward) or self.ways.between(
                    other.kind, node.kind, meaning.name, None
                )
                if option:
                    found.append((option[0], option[1] - 0.6 + 0.1 * meaning.rank, True))
        if (option := self.ways.between(other.kind, node.kind)) and option[1] < 5.0:
            found.append((option[0], option[1], False))
        return found

    def _voiced(self) -> list[Meaning]:
        """What a verb means in its voice: "are hosted on" is not "hosts"."""
        forward = [m for m in self.hint if not m.inverse]
        passive = self._being(self.hint_at) and len(self.items[self.hint_at].folded.split()) == 1
        return forward if passive and forward else list(self.hint)

    def _swapped(self, node: Node) -> bool:
        """Whether the subject of the verb is the element mentioned last: which applications does X depend on."""
        first = self.items[0]
        if self.language == "fr":
            return first.folded in ("de", "d", "sur", "par", "a") or first.folded.startswith(
                ("de quel", "sur quel", "d ")
            )
        words = [one.folded.split()[0] for one in self.items[: node.at] if one.folded]
        return any(word in ("does", "do", "did") for word in words[1:])

    def _rejoin(self, node: Node) -> None:
        """Look again for the way of a node that has got a narrower kind."""
        if node.parent is not None and node.way is not None:
            last = node.way.steps[-1]
            if is_a(self.schema, node.kind, last.kind):
                node.way = Way(node.way.start, (*node.way.steps[:-1], replace(last, kind=node.kind)))
