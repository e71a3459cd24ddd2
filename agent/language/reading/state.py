"""What is known of a question so far: its items, the frame, and what waits for something that comes later."""

from __future__ import annotations

from collections.abc import Sequence

from agent.language.frame import Frame, Negation, Node
from agent.language.items import Item
from agent.language.lexicon import Lexicon
from agent.language.meanings import Meaning
from agent.language.names import NamedElement, NameIndex
from agent.language.outcome import Unclear
from agent.language.ways import Ways
from agent.language.wordings import say
from agent.query.model import Condition, Some
from graph.schema.model import ValueType


class Reading:
    """The state of one reading, and small questions about it."""

    wants_count = False
    indirect = False
    sort_descending = True
    sort_said = True  # from which end
    where_asked = False
    who_asked = False
    when_asked = False
    last_at = -9
    compares = False  # periods side by side
    count_at = -1  # where it says that something is counted
    first_asked = False  # the first of them, not those at the top
    led_by = ""  # the date that a period at the head of the question is about

    def __init__(self, items: Sequence[Item], lexicon: Lexicon, ways: Ways, names: NameIndex, question: str) -> None:
        self.items, self.lexicon, self.ways, self.names = list(items), lexicon, ways, names
        self.schema, self.idioms, self.language = lexicon.schema, lexicon.idioms, lexicon.language
        self.frame = Frame()
        self.question = question
        self.used: set[int] = set()
        self.negation: Negation = ""
        self.negated_at = -1
        self.grouping = False
        self.wants_most = ""
        self.comparator = ""
        self.number: Item | None = None
        self.number_to: Item | None = None  # of two figures, the second
        self.hint: tuple[Meaning, ...] = ()
        self.hint_at = -1
        self.pending: list[tuple[int, bool]] = []
        self.superlative = ""
        self.superlative_at = -1
        self.pending_attributes: list[tuple[int, str]] = []
        self.scope: Node | None = None  # what modifiers go to first
        self.ranking = False  # top, sorted by
        self.ranking_at = -1
        self.counter = 0
        self.literals: dict[str, str] = {}  # texts in quotation marks, by the words that stand for them
        self.pending_texts: list[tuple[int, tuple[NamedElement, ...]]] = []
        self.pending_measures: list[tuple[int, tuple[Meaning, ...]]] = []
        self.pending_groups: list[tuple[int, Item]] = []
        self.pending_periods: list[int] = []
        self.pending_buckets: list[str] = []  # by month, before what it is of
        self.subject: Node | None = None  # of a second verb: that depend on X and run in Lyon
        self.only_at = -1
        self.both_at = -1
        self.or_at = -1
        self.at = -1  # the item that is read
        self.said_at = -1  # the item that the last condition was of
        self.verbs: list[tuple[int, tuple[Meaning, ...]]] = []  # relations that were said, wherever they lead

    def _next(self, at: int, *, over: bool = True) -> int | None:
        """The next item that is no mere function word."""
        for after in range(at + 1, len(self.items)):
            if not (over and self.items[after].empty and not self.items[after].turns):
                return after
        return None

    def _before(self, at: int) -> Item | None:
        return self.items[at - 1] if at else None

    def _has_turn(self, at: int | None, *names: str) -> bool:
        return at is not None and 0 <= at < len(self.items) and any(name in self.items[at].turns for name in names)

    def _type(self, attribute: str) -> ValueType | None:
        return self.schema.node_attributes.get(attribute)

    def _holds(self, kind: str, attribute: str) -> bool:
        return attribute in self.schema.kinds[kind].attributes

    def _recent(self) -> list[Node]:
        """Nodes from the one in scope backwards."""
        nodes = list(reversed(self.frame.nodes))
        if self.scope is not None and self.scope in nodes:
            nodes.remove(self.scope)
            nodes.insert(0, self.scope)
        return nodes

    def _holder(self, attribute: str) -> Node | None:
        """The nearest node whose kind has an attribute."""
        return next((node for node in self._recent() if self._holds(node.kind, attribute)), None)

    def _tokens(self, at: int) -> tuple:  # type: ignore[type-arg]
        from agent.language.tokens import tokenise

        return tokenise(self.items[at].text)

    def _new(self, kind: str, at: int) -> Node:
        self.counter += 1
        name = f"{kind[:1].lower()}{kind[1:]}{self.counter}"
        node = Node(name, kind, at)
        self.frame.nodes.append(node)
        return node

    def _be_target(self, node: Node) -> None:
        self.frame.target = node

    def _label(self, kind: str) -> str:
        wording = self.schema.kinds[kind].wording
        return wording.fr if self.language == "fr" else wording.en

    def _say(self, node: Node, condition: Condition) -> None:
        if node is self.frame.target:
            self.only_at = -1  # only the critical ones
        if self.or_at >= 0 and (condition := self._either(node, condition)) in node.where:
            return
        node.where.append(condition)
        self.frame.last_condition = (node, condition)
        self.frame.said.append((self.at, node, condition, False))
        self.said_at = self.at

    def _either(self, node: Node, condition: Condition) -> Condition:
        """A condition, or this one or the one before it where "or" stands between them. Raises Unclear."""
        at, self.or_at = self.or_at, -1
        last = self.frame.last_condition
        if self.said_at > at or self.at < at:
            return condition  # an "or" of other things
        if last is None or last[0] is not node or last[1] not in node.where:
            raise Unclear(say("which_this", self.language))
        node.where.remove(last[1])
        return Some((*last[1].conditions, condition) if isinstance(last[1], Some) else (last[1], condition))
