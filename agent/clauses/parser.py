"""A question in English about a graph that nobody prepared, to an intermediate query, or to why there is none."""

from __future__ import annotations

from collections.abc import Mapping

from agent.clauses.marks import read_marks
from agent.clauses.reader import Reading
from agent.clauses.terms import Terms
from agent.language.acts import load_acts
from agent.language.folding import composed
from agent.language.idioms import Idioms
from agent.language.literals import lift
from agent.language.names import Rows
from agent.language.orders import order
from agent.language.outcome import Parse, Unclear, Unheld
from agent.language.tokens import tokenise
from agent.language.ways import Ways
from agent.language.wordings import say
from agent.query.model import Question
from graph.schema.model import Schema

LONGEST = 2_000
"""Characters of a question that are read; a longer one is refused."""


class ClauseParser:
    """Reads questions about one graph. Built once; not for several threads at once.

    `rows` runs a query text on the graph, with the asker's rights: what it does not answer is not known by name.
    """

    def __init__(self, schema: Schema, rows: Rows) -> None:
        self.terms = Terms(schema, rows)
        self.ways = Ways(schema, Idioms())
        kinds = (text for kind in schema.kinds.values() for text in (kind.wording.en, *kind.wording.synonyms_en))
        attributes = (*schema.node_attributes, *schema.relation_attributes)
        self._known = frozenset(name.casefold() for name in (*schema.kinds, *kinds, *schema.relations, *attributes))

    def parse(self, question: str) -> Parse:
        """The reading of a question."""
        lifted, literals = lift(question, self._known)
        if self._refused(question, lifted, literals):
            return Parse("refuse", "en", message=say("read_only", "en"))
        try:
            marks = read_marks(lifted, literals, self.terms)
            reading = Reading(marks, self.terms, self.ways)
            asked = reading.read()
            return Parse("answer", "en", Question(asked.select(reading.growing), "en"))
        except Unheld as unheld:
            message = say("not_held", "en", what=", ".join(unheld.missing))
            return Parse("unanswerable", "en", message=message, missing=unheld.missing)
        except Unclear as unclear:
            return Parse("clarify", "en", message=unclear.message or say("of_what", "en"), choices=unclear.choices)

    def _refused(self, question: str, lifted: str, literals: Mapping[str, str]) -> bool:
        """Whether it is an order, or asks for secrets or programs; no graph of this sort says whom a property identifies.

        What stands in quotation marks is left out where the graph holds it: a title says what it likes.
        """
        if len(question) > LONGEST or "://" in question:
            return True
        for word, text in literals.items():
            if not self.terms.texts(text):
                lifted = lifted.replace(f" {word} ", f" {text} ")
        tokens = tokenise(composed(lifted))
        if load_acts().refusal(lifted, tokens, self.terms.knows) not in (None, "personal"):
            return True
        return order(lifted, tokens, self.terms.knows, frozenset()) is not None
