"""What simulations said of the estate: simulated availability of a service in a run, services that missed their objective.

Simulated state answers only who names it. A question that speaks of a simulation is about the summaries of one run: the one
that it names, else the latest. Words of what a summary holds are data (`simulated` of the idioms).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, cast

from agent.language.closures import one_named
from agent.language.items import Item
from agent.language.lexicon import Lexicon
from agent.language.meanings import is_a
from agent.language.outcome import Unclear, Unheld
from agent.language.reading.words import FUNCTIONS, OPERATORS, SUPERLATIVES
from agent.language.wordings import say
from agent.query import model as m

SUMMARY, RUN, OF_ITEM, IN_RUN = "SimulatedSummary", "SimulationRun", "STATE_OF", "IN_RUN"
_MARK: Final = "simul"
_SPOKEN: Final = frozenset(
    {"list", "count", "yesno", "top", "and", "who", "newest", "most", "least", "without", "noise"}
)
_LATEST: Final = frozenset({"newest"})
_DETERMINERS: Final = frozenset(
    {"the", "this", "that", "each", "every", "le", "du", "ce", "un", "chaque", "dernier", "last"}
)


def about_simulation(items: Sequence[Item], lexicon: Lexicon) -> bool:
    """Whether a question speaks of what was simulated."""
    if RUN not in lexicon.schema.kinds:
        return False
    kinds = lexicon.schema.kinds
    others = {name for name, kind in kinds.items() if kind.category == "simulation"} - {RUN, SUMMARY}
    if any(meaning.name in others for item in items for meaning in item.means("kind")):
        return False  # simulated incidents are elements as others are
    return any(_of_a_run(items, at) for at in range(len(items)))


def _of_a_run(items: Sequence[Item], at: int) -> bool:
    """Whether an item names a run, or says that something is simulated; `run` is a verb where no determiner stands before it."""
    item = items[at]
    named = item.name is not None and any(element.kind == RUN for element in item.name.elements)
    noun = at > 0 and (items[at - 1].folded in _DETERMINERS or "newest" in items[at - 1].turns)
    return named or _marked(item) or (noun and any(meaning.name == RUN for meaning in item.means("kind")))


def _marked(item: Item) -> bool:
    return any(word.startswith(_MARK) for word in item.folded.split())


def of_simulation(items: Sequence[Item], lexicon: Lexicon) -> m.Question:
    """The query of such a question. Raises Unclear, Unheld."""
    return _Simulated(items, lexicon).question()


class _Simulated:
    def __init__(self, items: Sequence[Item], lexicon: Lexicon) -> None:
        self.items, self.lexicon, self.schema, self.language = list(items), lexicon, lexicon.schema, lexicon.language
        self.words = _words(lexicon)
        self.measures: list[str] = []
        self.kind, self.values = "ConfigurationItem", list[m.Condition]()
        self.assumptions: list[str] = []
        self.function = ""

    def question(self) -> m.Question:
        runs = [i for i in self.items if i.name is not None and any(e.kind == RUN for e in i.name.elements)]
        others = [i for i in self.items if i.name is not None and i not in runs]
        if len(others) > 1 or len(runs) > 1:
            raise Unclear(say("which_this", self.language))
        tests = self._read()
        named = None
        if others:
            element = one_named(others)
            self.kind, named = element.kind, m.Named((element.id,), (element.name,))
        item = m.Entity("item", (self.kind,), named, m.all_of(self.values))
        summary = m.Entity("summary", (SUMMARY,), where=m.all_of(tests))
        run = m.Entity("run", (RUN,))
        where: m.Condition | None = None
        if runs:
            element = one_named(runs)
            run = m.Entity("run", (RUN,), m.Named((element.id,), (element.name,)))
        else:
            where = _latest()
            self.assumptions.append(say("latest_run", self.language))
        hops = (m.Hop("summary", (OF_ITEM,), "item"), m.Hop("summary", (IN_RUN,), "run"))
        pattern = m.Pattern((item, summary, run), hops, where)
        return m.Question(self._select(pattern, bool(tests)), self.language, assumptions=tuple(self.assumptions))

    # --- words -------------------------------------------------------------------------------------------------------

    def _read(self) -> list[m.Condition]:
        """Conditions on the summary; what else is said is kept. Raises Unheld for a word that nothing here takes up."""
        tests: list[m.Condition] = []
        at, comparator, attribute = 0, "", ""
        while at < len(self.items):
            item = self.items[at]
            found = self._phrase(at)
            if found is not None:
                name, after = found
                if name == "missed":
                    tests.append(m.Compare(m.Attribute("summary", "beyond_objective"), ">", m.Constant(0)))
                    self.measures.append("beyond_objective")
                else:
                    attribute = name
                    if name not in self.measures:
                        self.measures.append(name)
                at = after
                continue
            if item.number is not None:
                if comparator or item.unit:
                    tests.append(self._bound(item, attribute, comparator))
                comparator = ""
            elif any(turn in item.turns for turn in OPERATORS) and self._number_near(at):
                comparator = next(OPERATORS[turn] for turn in OPERATORS if turn in item.turns)
            elif any(turn in item.turns for turn in FUNCTIONS):
                self.function = next(FUNCTIONS[turn] for turn in FUNCTIONS if turn in item.turns)
            else:
                self._other(item)
            at += 1
        return tests

    def _other(self, item: Item) -> None:
        kinds = [k.name for k in item.means("kind")]
        value = next((v for v in item.means("value") if v.name in ("environment", "criticality")), None)
        real = [k for k in kinds if is_a(self.schema, k, "ConfigurationItem")]
        if item.name is not None or item.empty or _marked(item) or RUN in kinds or SUMMARY in kinds:
            return
        if real:
            self.kind = real[0]
        elif value is not None:
            self.values.append(m.Compare(m.Attribute("item", value.name), "=", m.Constant(value.value)))
        elif not (set(item.turns) & (_SPOKEN | set(SUPERLATIVES)) or item.turns):
            raise Unheld(item.text)

    def _phrase(self, at: int) -> tuple[str, int] | None:
        """What of a summary the words from an item on say, and where they end; marks of simulation inside do not count."""
        best: tuple[str, int] | None = None
        words: list[str] = []
        for after in range(at, min(at + 6, len(self.items))):
            if self.items[after].name is not None or self.items[after].number is not None:
                break
            if words and _marked(self.items[after]):
                continue
            words += self.items[after].folded.split()
            if (name := self.words.get(" ".join(words))) is not None:
                best = name, after + 1
        return best

    def _number_near(self, at: int) -> bool:
        return any(item.number is not None for item in self.items[at + 1 : at + 3])

    def _bound(self, item: Item, attribute: str, comparator: str) -> m.Condition:
        if not attribute:
            raise Unclear(say("which_figure", self.language))
        said = self.schema.kinds[SUMMARY].attributes[attribute]
        unit = said.unit or ""
        number = float(item.number or 0) * self.lexicon.idioms.units.get(unit, {}).get(item.unit, 1.0)
        if unit == "ratio" and number > 1:
            number /= 100
        return m.Compare(m.Attribute("summary", attribute), comparator or "=", m.Constant(round(number, 9)))  # type: ignore[arg-type]

    # --- the select --------------------------------------------------------------------------------------------------

    def _select(self, pattern: m.Pattern, bounded: bool) -> m.Select:
        turns = {turn for item in self.items for turn in item.turns}
        measures = self.measures or (["availability"] if not bounded else [])
        if "count" in turns and bounded and not self.function:
            return m.Select(pattern, (m.Column("count", m.Aggregate("count", m.Itself("item"))),), "item")
        if self.function:
            function = cast(m.Function, self.function)
            figures = [m.Column(f"{function}_{a}", m.Aggregate(function, m.Attribute("summary", a))) for a in measures]
            return m.Select(pattern, tuple(figures), "item")
        columns = [m.Column("ci", m.Itself("item"))]
        for attribute in measures:
            columns.append(m.Column(attribute, m.Attribute("summary", attribute)))
            if attribute == "availability":
                columns += [m.Column(edge, m.Attribute("summary", edge)) for edge in ("low", "high")]
        columns.append(m.Column("simulation", m.Itself("run")))
        order, limit, ties = self._ranked(turns, measures)
        return m.Select(pattern, tuple(columns), "item", order=order, limit=limit, ties=ties)

    def _ranked(self, turns: set[str], measures: list[str]) -> tuple[tuple[m.Sort, ...], int | None, bool]:
        ranked = ({*SUPERLATIVES, "most", "least", "top"} - _LATEST) & turns
        if not ranked or not measures:
            return (m.Sort(m.ColumnOf("ci")), m.Sort(m.ColumnOf("simulation"))), None, False
        descending = not ({"least", "lowest", "smallest"} & ranked)
        if "worst" in ranked:
            descending = measures[0] != "availability"
        several = next((int(i.number) for i in self.items if i.number is not None and not i.unit), None)
        return (m.Sort(m.ColumnOf(measures[0]), descending),), several or 1, several is None


def _latest() -> m.Condition:
    """The run after which none was started."""
    later = m.Compare(m.Attribute("later", "started_at"), ">", m.Attribute("run", "started_at"))
    return m.Exists(m.Pattern((m.Entity("later", (RUN,)),), where=later), negated=True)


def _words(lexicon: Lexicon) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, said in lexicon.idioms.simulated.items():
        for texts in said.values():
            found |= dict.fromkeys(texts, name)
    return found
