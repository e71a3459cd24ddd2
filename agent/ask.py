"""The road of one question: understood, checked, run with the asker's rights, answered from the rows; nothing else answers.

Every query is a text that takes the same road as anybody's (services.query): perimeters, small groups of persons, bounds and
row caps count here as they do everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, Final

from agent.answer.conditions import MOST, relaxations
from agent.answer.grounding import ground_in
from agent.answer.labels import Labels
from agent.answer.value import Answer, AskedQuery
from agent.answer.wording import Shown, Wording
from agent.gsql import Gsql
from agent.producer import Language, Outcome, Producer, Turn, Understanding
from agent.query import model as m
from agent.query.codec import to_json
from agent.query.emit import SIDE, Step, emit
from agent.query.emit_select import subject_of
from agent.query.errors import IntermediateQueryError
from core.errors import QueryError
from core.principal import LOCAL_OPERATOR, Principal
from graph.cypher.passes.perimeter import LIMITED, LIMITED_KINDS
from graph.cypher.printer import print_tree
from graph.queries.catalogue import load_catalogue
from services.impact_through import ImpactThrough, crossing_for, notes_of
from services.moments import PRESENT, Asked, MomentService
from services.query import QueryResult, QueryService

EVIDENCE: Final = 20
"""Elements that are named as evidence."""

Told = Callable[[Mapping[str, Any]], None]
"""Is told each step as it is done."""

_FAILED: Final = {
    "fr": "La question a été comprise, mais la requête n'a pas pu être exécutée : {}",
    "en": "The question was understood, but its query could not be run: {}",
}
LIMITED_TO: Final[Mapping[str, str]] = {"fr": "réponse limitée à votre périmètre", "en": LIMITED}
LIMITED_TO_KINDS: Final[Mapping[str, str]] = {
    "fr": "réponse limitée aux types d'éléments que vous pouvez lire",
    "en": LIMITED_KINDS,
}
_LIMITS: Final = frozenset({LIMITED, LIMITED_KINDS})


def limits_told(principal: Principal, language: Language) -> list[str]:
    """What an answer to a principal is limited to, in the language of the answer."""
    limits = [LIMITED_TO] * (principal.perimeters is not None) + [LIMITED_TO_KINDS] * bool(principal.reads)
    return [limit[language] for limit in limits]


@dataclass(frozen=True, slots=True)
class Asking:
    """Whose question it is. `earlier`: the conversation so far. `language`: of the answer, where it is known."""

    principal: Principal = LOCAL_OPERATOR
    earlier: tuple[Turn, ...] = ()
    language: Language | None = None
    asked: Asked = PRESENT


class AskService:
    """Answers questions about one twin. Safe for several threads."""

    def __init__(self, producer: Producer, moments: MomentService) -> None:
        self.producer = producer
        self._moments = moments
        self._schema = moments.twin.schema
        self._gsql = Gsql(self._schema)
        self._catalogue = load_catalogue()

    def ask(self, text: str, asking: Asking | None = None, tell: Told | None = None) -> Answer:
        """The answer to a question; `tell` hears each step of the trace as it is done."""
        asking = asking or Asking()
        trace = _Trace(tell)
        started = perf_counter()
        understood = self.producer.understand(text, asking.principal, asking.earlier, asking.language)
        if asking.language is not None:
            understood = replace(understood, language=asking.language)
        trace.add(
            {
                "step": "understand",
                "producer": self.producer.name,
                "outcome": understood.outcome.value,
                "elapsed_ms": _since(started),
                "covered": round(understood.covered, 3),
                "unread": list(understood.unread),
                "query": None if understood.question is None else to_json(understood.question),
            }
        )
        for call in understood.calls:
            trace.add({"step": "model", **call})
        if understood.outcome is not Outcome.ANSWER or understood.question is None:
            return _unanswered(understood, trace)
        return self.answer(understood.question, asking, understood.language, trace)

    def answer(
        self, question: m.Question, asking: Asking | None = None, language: Language | None = None, trace: Any = None
    ) -> Answer:
        """The answer to an intermediate query, whoever made it."""
        asking = asking or Asking()
        trace = trace or _Trace(None)
        language = language or question.language
        try:
            steps = emit(question, self._schema, self._catalogue)
            trace.add({"step": "check", "queries": len(steps)})
            with ExitStack() as open_:
                road = _Road(self, question, asking, trace, open_)
                return road.answer(steps, language)
        except IntermediateQueryError as error:
            trace.add({"step": "check", "error": error.to_dict()})
            return _failed(error, language, trace, question)
        except QueryError as error:
            trace.add({"step": "run", "error": error.to_dict()})
            return _failed(error, language, trace, question)


class _Trace:
    """The steps of one question, in order."""

    def __init__(self, tell: Told | None) -> None:
        self.steps: list[Mapping[str, Any]] = []
        self._tell = tell

    def add(self, step: Mapping[str, Any]) -> None:
        self.steps.append(step)
        if self._tell is not None:
            self._tell(step)


class _Road:
    """One question on its way from queries to an answer."""

    def __init__(
        self, service: AskService, question: m.Question, asking: Asking, trace: _Trace, open_: ExitStack
    ) -> None:
        self._service, self._question, self._asking, self._trace, self._open = service, question, asking, trace, open_

    def answer(self, steps: tuple[Step, ...], language: Language) -> Answer:
        service, question = self._service, self._question
        labels = Labels(service._schema, language)
        results = [self._impact(step) or self._run(step, "answer") for step in steps]
        hidden = sum(result.hidden or 0 for result in results)
        columns, rows = _together(steps, results)
        recipe = service._catalogue[question.body.name] if isinstance(question.body, m.Recipe) else None
        shown = Shown(columns, rows, _meanings(steps), cut=any(result.answer.truncated for result in results))
        before = any(step.as_of and result.answer.sequence == 0 for step, result in zip(steps, results, strict=True))
        shown = replace(shown, hidden=hidden, before=before)
        if not rows or _is_zero(rows, shown):
            shown = replace(shown, emptied=self._emptied(labels))
        evidence = () if not rows or _is_zero(rows, shown) else self._evidence(steps[0])
        wording = Wording(question, labels, recipe)
        text = wording.text(shown)
        parameters = {name: value for step in steps for name, value in step.parameters.items()}
        said = [*wording.said(), *(part for pair in shown.emptied for part in pair), *wording.labels_of(shown)]
        grounded = ground_in(text, rows, parameters, said)
        in_text = {*_LIMITS, *notes_of(hidden)}
        notes = tuple(dict.fromkeys(n for result in results for n in result.answer.notes if n not in in_text))
        notes = (*notes, *limits_told(self._asking.principal, language))
        return Answer(
            Outcome.ANSWER,
            language,
            grounded.text,
            cypher="\n\n".join(dict.fromkeys(print_tree(step.query) for step in steps)),
            gsql=service._gsql.text(steps[0]),
            parameters=parameters,
            columns=columns,
            labels=wording.labels_of(shown),
            rows=tuple(tuple(row) for row in rows),
            assumptions=question.assumptions,
            trace=tuple(self._trace.steps),
            evidence=evidence,
            freshness={source: instant.isoformat() for source, instant in results[0].sources.items()},
            notes=notes,
            ungrounded=grounded.removed,
            sequence=results[0].answer.sequence,
            understood=question,
        )

    def _queries(self, step: Step) -> QueryService:
        asked = self._asking.asked
        as_of = step.as_of or asked.as_of
        branch = self._question.branch or asked.branch
        reading = self._service._moments.reading(Asked(as_of, branch), self._asking.principal)
        return self._open.enter_context(reading)[0]

    def _run(self, step: Step, purpose: str) -> QueryResult:
        text = print_tree(step.query)
        result = self._queries(step).cypher(text, step.parameters, self._asking.principal)
        answer = result.answer
        self._trace.add(AskedQuery(purpose, text, len(answer.rows), result.elapsed_ms, answer.engine).to_dict())
        return result

    def _impact(self, step: Step) -> QueryResult | None:
        """The answer of a recipe whose impact goes through what is hidden from its asker; None of any other."""
        service, body, principal = self._service, self._question.body, self._asking.principal
        crossing = crossing_for(body.name, principal) if isinstance(body, m.Recipe) else None
        if crossing is None or not isinstance(body, m.Recipe):
            return None
        values = step.parameters
        if body.where is not None or body.columns or body.order or body.limit is not None:
            if crossing.has_places:
                return None  # what is said of columns is said of elements: here some of the rows are none
            recipe = replace(service._catalogue[body.name], text=crossing.tell)
            telling = emit(self._question, service._schema, {**service._catalogue, body.name: recipe})[0]
            crossing, values = replace(crossing, tell=print_tree(telling.query)), {**values, **telling.parameters}
        result = ImpactThrough(self._queries(step)).answer(crossing, values, principal)
        answer = result.answer
        shown = print_tree(step.query)
        self._trace.add(AskedQuery("answer", shown, len(answer.rows), result.elapsed_ms, answer.engine).to_dict())
        return result

    def _evidence(self, step: Step) -> tuple[str, ...]:
        """Ids of some elements that the answer speaks of, in order of their ids."""
        body = self._question.body
        if isinstance(body, m.Recipe):
            return tuple(sorted(id_ for named in body.elements.values() for id_ in named.ids))
        select = body.sides[0].select if isinstance(body, m.Versus) else body
        if isinstance(select, m.Combination):
            parts = tuple(m.Select(part.pattern, subject=part.subject, distinct=part.distinct) for part in select.parts)
            if select.operation == "union":
                return ()
            subject = subject_of(parts[0])
            column = (m.Column("element", m.Attribute(subject, "id")),)
            first = replace(parts[0], columns=column, limit=EVIDENCE)
            asked: m.Body = replace(select, parts=(first, *parts[1:]))
        else:
            column = (m.Column("element", m.Attribute(subject_of(select), "id")),)
            asked = m.Select(select.pattern, column, select.subject, limit=EVIDENCE, distinct=False)
        own = emit(replace(self._question, body=asked), self._service._schema, self._service._catalogue)[0]
        result = self._run(replace(own, as_of=step.as_of), "evidence")
        return tuple(sorted({str(row[0]) for row in result.answer.rows}))

    def _emptied(self, labels: Labels) -> tuple[tuple[str, int], ...]:
        """Each condition without which there would be rows, with how many elements there would be."""
        body = self._question.body
        if not isinstance(body, m.Select) or body.form == "none":
            return ()
        found = []
        for number, relaxed in enumerate(relaxations(body, labels)):
            if number == MOST:
                break
            steps = emit(replace(self._question, body=relaxed.select), self._service._schema, self._service._catalogue)
            count = self._run(steps[0], "emptiness").answer.rows[0][0]
            if count:
                found.append((relaxed.condition, int(count)))
        return tuple(found)


def _together(steps: tuple[Step, ...], results: list[QueryResult]) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Columns and rows of all steps; rows of several begin with their side."""
    if len(steps) == 1:
        return tuple(results[0].answer.columns), [tuple(row) for row in results[0].answer.rows]
    columns = (SIDE, *results[0].answer.columns)
    rows = [(step.side, *row) for step, result in zip(steps, results, strict=True) for row in result.answer.rows]
    return columns, rows


def _meanings(steps: tuple[Step, ...]) -> tuple[m.Column, ...]:
    if len(steps) == 1:
        return steps[0].columns
    return (m.Column(SIDE, m.Constant("")), *steps[0].columns)


def _is_zero(rows: list[tuple[Any, ...]], shown: Shown) -> bool:
    """Whether the answer is one count of nothing."""
    return len(rows) == 1 and len(rows[0]) == 1 and rows[0][0] in (0, None, False) and len(shown.columns) == 1


def _unanswered(understood: Understanding, trace: _Trace) -> Answer:
    return Answer(
        understood.outcome if understood.outcome is not Outcome.ANSWER else Outcome.UNANSWERABLE,
        understood.language,
        understood.reason,
        choices=understood.choices,
        missing=understood.missing,
        trace=tuple(trace.steps),
    )


def _failed(error: QueryError, language: Language, trace: _Trace, question: m.Question) -> Answer:
    return Answer(
        Outcome.UNANSWERABLE,
        language,
        _FAILED[language].format(error.seen),
        missing=(error.code,),
        trace=tuple(trace.steps),
        understood=question,
    )


def _since(started: float) -> float:
    return round((perf_counter() - started) * 1000, 3)
