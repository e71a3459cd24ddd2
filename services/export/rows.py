"""The rows of an export, as they are read: of one question, or of a part of the graph, which is several questions."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from core.errors import QueryTimeoutError
from core.principal import Principal
from graph.cypher.bound import CypherType, TypeName
from graph.model import Edge, Node
from graph.queries.through import Crossing
from graph.repository import AnswerChangedError, AnswerStream, Rows, capped
from graph.schema.model import Kind, Relation, Schema, ValueType
from services.export.order import WHERE, Selection
from services.impact_through import ImpactThrough, notes_of, time_left
from services.query import Extent, QueryService

ELEMENT: Final = "element"
ID, KIND, START, END = "_id", "_kind", "_start", "_end"
"""Columns of a selection beside its attributes, whose names begin with a letter."""

_TYPES: Final[Mapping[ValueType, CypherType]] = {
    ValueType.STRING: CypherType(TypeName.STRING),
    ValueType.INTEGER: CypherType(TypeName.INTEGER),
    ValueType.MONEY: CypherType(TypeName.INTEGER),
    ValueType.FLOAT: CypherType(TypeName.FLOAT),
    ValueType.BOOLEAN: CypherType(TypeName.BOOLEAN),
    ValueType.DATE: CypherType(TypeName.DATE),
    ValueType.INSTANT: CypherType(TypeName.INSTANT),
    ValueType.STRING_LIST: CypherType(TypeName.LIST, item=CypherType(TypeName.STRING)),
}


@dataclass(frozen=True, slots=True)
class ExportedRows:
    """Rows with their columns, of one state of the twin. What goes wrong while they are read is raised by `batches`."""

    columns: tuple[str, ...]
    types: tuple[CypherType, ...]
    batches: Iterator[Rows]
    sequence: int
    engine: str
    notes: tuple[str, ...]


@contextmanager
def answer_rows(
    queries: QueryService, text: str, values: Mapping[str, Any], principal: Principal, extent: Extent
) -> Iterator[ExportedRows]:
    """The rows of one question. Raises what asking it raises, and RowCapError."""
    with queries.stream(text, values, principal, extent) as found:
        answer = found.answer
        types = found.bound.column_types
        yield ExportedRows(answer.columns, types, answer.batches, answer.sequence, answer.engine, answer.notes)


@contextmanager
def crossing_rows(
    queries: QueryService, crossing: Crossing, values: Mapping[str, Any], principal: Principal, extent: Extent
) -> Iterator[ExportedRows]:
    """The rows of a question whose impact goes through what is hidden; the notes say how much of that there is."""
    through = ImpactThrough(queries, time_left(extent.timeout_s))
    if crossing.has_places:  # a path is short: it is whole before it is written
        result = through.answer(crossing, values, principal)
        types = (CypherType(TypeName.INTEGER), *(CypherType(TypeName.STRING) for _ in result.answer.columns[1:]))
        found = result.answer
        yield ExportedRows(found.columns, types, iter([found.rows]), found.sequence, found.engine, found.notes)
        return
    text, given, hidden = through.telling(crossing, values, principal)
    with answer_rows(queries, text, given, principal, extent) as rows:
        yield replace(rows, notes=(*rows.notes, *notes_of(hidden)))


@contextmanager
def selected_rows(
    queries: QueryService, schema: Schema, selection: Selection, principal: Principal, extent: Extent
) -> Iterator[ExportedRows]:
    """The nodes, then the relations of a checked selection, one a row. All are of one state, or AnswerChangedError is raised."""
    with closing(_parts(queries, _texts(schema, selection), principal, extent)) as parts:
        first, _ = next(
            parts
        )  # asked now, so that what is to be said of the answer is known before anything is written
        batches = capped((rows for _, rows in parts if rows), extent.rows)
        yield ExportedRows((ELEMENT,), (CypherType(TypeName.ANY),), batches, first.sequence, first.engine, first.notes)


def _texts(schema: Schema, selection: Selection) -> list[str]:
    """One question per kind and relation type, then one that finds nothing and tells whether the twin has changed."""
    kinds, types = selection.kinds or (), selection.relations or ()
    texts = [f"MATCH (n:{kind}) RETURN n AS {ELEMENT}" for kind in kinds]
    for type_ in types:
        pairs = [(start, end) for start, end in schema.pairs[type_] if start in kinds and end in kinds]
        starts, ends = ("|".join(sorted({pair[side] for pair in pairs})) for side in (0, 1))
        if pairs:
            texts.append(f"MATCH (:{starts})-[r:{type_}]->(:{ends}) RETURN r AS {ELEMENT}")
    return [*texts, f"RETURN null AS {ELEMENT} LIMIT 0"]


def _parts(
    queries: QueryService, texts: Sequence[str], principal: Principal, extent: Extent
) -> Generator[tuple[AnswerStream, Rows], None, None]:
    """Each answer, first without rows, then with each of its batches."""
    sequence: int | None = None
    for text in texts:
        with queries.stream(text, {}, principal, extent) as found:
            answer = found.answer
            if sequence is None:
                sequence = answer.sequence
            elif answer.sequence != sequence:
                raise AnswerChangedError(
                    "the twin changed while the graph was read",
                    where=f"event {sequence}",
                    hint=f"export it again, or as it was, as of #{sequence}",
                )
            yield answer, ()
            for rows in answer.batches:
                yield answer, rows


def as_table(rows: ExportedRows, schema: Schema, selection: Selection) -> ExportedRows:
    """Rows of elements with a column for each attribute that the selection may have; an element has null in those of others."""
    found: list[Kind | Relation] = [schema.kinds[name] for name in selection.kinds or ()]
    found += [schema.relations[name] for name in selection.relations or ()]
    attributes = {each.name: _TYPES[each.type] for holder in found for each in holder.attributes.values()}
    names = tuple(attributes)

    def spread(row: tuple[Any, ...]) -> tuple[Any, ...]:
        element: Node | Edge = row[0]
        values = [element.properties.get(name) for name in names]
        if isinstance(element, Node):
            return (element.id, element.kind, None, None, *values)
        return (element.id, element.type, element.start, element.end, *values)

    return replace(
        rows,
        columns=(ID, KIND, START, END, *names),
        types=(*[CypherType(TypeName.STRING)] * 4, *attributes.values()),
        batches=([spread(row) for row in batch] for batch in rows.batches),
    )


def within(rows: ExportedRows, until: float, time: Callable[[], float]) -> ExportedRows:
    """The same rows as long as the clock that counts seconds allows. Raises QueryTimeoutError."""

    def timed() -> Iterator[Rows]:
        for batch in rows.batches:
            if time() > until:
                raise QueryTimeoutError(
                    "the export took longer than it may",
                    where=WHERE,
                    hint="export less at a time, or raise JUMEAU_EXPORT_TIMEOUT_S",
                )
            yield batch

    return replace(rows, batches=timed())


def read_ahead(rows: ExportedRows, wanted: int) -> ExportedRows:
    """The same rows with more than `wanted` of them read already, or all: what fails until then is raised here."""
    ahead: list[Rows] = []
    count = 0
    for batch in rows.batches:
        ahead.append(batch)
        count += len(batch)
        if count > wanted:
            break
    return replace(rows, batches=_given_up_one_by_one(ahead, rows.batches))


def _given_up_one_by_one(ahead: list[Rows], rest: Iterator[Rows]) -> Iterator[Rows]:
    ahead.reverse()
    while ahead:
        yield ahead.pop()
    yield from rest
