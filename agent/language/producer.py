"""The grammar as a producer of intermediate queries: names by the asker's rights, an index of them for each state of the twin."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import Final

from agent.language.load_names import load_index
from agent.language.names import NameIndex, Rows
from agent.language.parser import Parser
from agent.language.turns import Language
from agent.producer import Choice, Outcome, Turn, Understanding
from agent.query.model import Question
from core.principal import KindLists, Principal
from graph.schema.model import Schema

KEPT: Final = 8
"""Indexes of names that are kept: of so many sets of perimeters."""


class GrammarProducer:
    """Understands questions by grammar, without any network. Safe for several threads.

    `rows_of`: for an asker, a function that runs a query with its rights and answers every row. `sequence`: the sequence of
    the twin, at which an index of names was read; a later one reads it again.
    """

    name = "grammar"

    def __init__(
        self,
        schema: Schema,
        rows_of: Callable[[Principal], Rows],
        sequence: Callable[[], int],
        now: Callable[[], datetime],
    ) -> None:
        self._parser = Parser(schema)
        self._schema, self._rows_of, self._sequence, self._now = schema, rows_of, sequence, now
        self._indexes: OrderedDict[tuple[frozenset[str] | None, KindLists], tuple[int, NameIndex]] = OrderedDict()
        self._lock = Lock()

    def understand(
        self, text: str, principal: Principal, earlier: tuple[Turn, ...] = (), language: Language | None = None
    ) -> Understanding:
        """What `text` asks, for somebody who sees what `principal` sees."""
        with self._lock:
            names = self._names(principal)
            before = self._understood(earlier, names, language)
            parse = self._parser.parse(text, names, self._now(), tuple(turn.text for turn in earlier), language, before)
        unread = parse.missing if parse.outcome == "unanswerable" else ()
        words = max(1, len(text.split()))
        return Understanding(
            Outcome(parse.outcome),
            parse.language,
            parse.question,
            tuple(Choice(label, text.replace(parse.said, label) if parse.said else label) for label in parse.choices),
            parse.missing,
            parse.message,
            covered=1.0 if parse.question is not None else max(0.0, 1 - sum(len(u.split()) for u in unread) / words),
            unread=unread,
        )

    def _understood(self, earlier: tuple[Turn, ...], names: NameIndex, language: Language | None) -> Question | None:
        """What the latest of the questions before was understood as: as it was told, else as it is read after those before it.

        A front end of chat sends the texts alone.
        """
        if not earlier or earlier[-1].understood is not None:
            return earlier[-1].understood if earlier else None
        before = self._understood(earlier[:-1], names, language)
        texts = tuple(turn.text for turn in earlier)
        return self._parser.parse(texts[-1], names, self._now(), texts[:-1], language, before).question

    def _names(self, principal: Principal) -> NameIndex:
        key = (principal.perimeters, principal.reads)
        sequence = self._sequence()
        known = self._indexes.get(key)
        if known is None or known[0] != sequence:
            known = sequence, load_index(self._schema, self._parser.idioms, self._rows_of(principal))
            self._indexes[key] = known
        self._indexes.move_to_end(key)
        while len(self._indexes) > KEPT:
            self._indexes.popitem(last=False)
        return known[1]
