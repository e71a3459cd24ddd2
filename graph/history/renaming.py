"""What was written before a migration, under the names and types of today: states of main, and events of branches.

It is what columns of that time become (graph.history.columns): renamed, converted where it converts, without what was dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson

from core.errors import JumeauError
from graph.history.events import Event, State
from graph.history.former import FormerKind, FormerNames
from graph.model import Operation, Properties
from graph.schema.model import Schema

SEPARATOR: Final = "\x1f"
"""In provenance: an attribute and a source that says something else of it."""

Told = Mapping[str, tuple[str, Properties]]
"""(kind, properties) by the key that was given."""


class BeforeMigrationError(JumeauError):
    """A branch cannot be carried over a migration that came after its base: what it says means nothing any more."""

    code = "BEFORE_MIGRATION"
    status = 409
    exit_code = 2


def of_today(rows: Iterable[Sequence[Any]], schema: Schema, former: FormerNames) -> Told:
    """What elements are today, from (key, edge, kind, start, end, properties as JSON) of then; without those that are no more.

    Raises LedgerError on what neither the schema has nor those names.
    """
    from graph.history.columns import GraphColumns, parse_columns  # here: what needs no renaming does without Arrow

    columns = parse_columns(rows, schema, former)
    return {
        key: (kind, values)
        for tables in (columns.nodes, columns.edges)
        for kind, table in tables.items()
        for key, _, _, values in GraphColumns.rows(table)
    }


def states_of_today(
    states: Iterable[State], texts: Mapping[int, str], schema: Schema, former: FormerNames
) -> dict[str, State]:
    """States of then, by element; `texts` are their properties as they were written, by sequence number."""
    then = {state.element: state for state in states}
    rows = [(e, s.edge, s.kind, s.start, s.end, texts[s.sequence]) for e, s in then.items()]
    return {
        element: replace(
            then[element],
            kind=kind,
            properties=values,
            provenance=_said(then[element].provenance, former.of(then[element].kind, schema, edge=then[element].edge)),
        )
        for element, (kind, values) in of_today(rows, schema, former).items()
    }


def events_of_today(
    events: Sequence[tuple[Event, str | None, str | None]], schema: Schema, former: FormerNames, branch: str
) -> list[Event]:
    """Events of then, each with its properties before and after as they were written.

    Raises BeforeMigrationError for one of a kind that is no more, of a relation that has another name and therefore another
    identity today, or with a new value that does not convert to the type of today.
    """
    rows = []
    for at, (event, *texts) in enumerate(events):
        _refuse_lost(event, schema, former, branch)
        kinds = (event.previous_kind or event.kind, event.kind)
        for which, kind, text in zip("ba", kinds, texts, strict=True):
            if text is not None:
                rows.append((f"{at}{which}", event.edge, kind, event.start, event.end, text))
    found = of_today(rows, schema, former)
    renamed = []
    for at, (event, *texts) in enumerate(events):
        before, after = found.get(f"{at}b"), found.get(f"{at}a")
        known = after or before
        assert known is not None
        if after is not None:
            holder = former.of(event.kind, schema, edge=event.edge)
            assert holder is not None
            _refuse_unconverted(texts, holder, after[1], branch)
        renamed.append(
            event._replace(
                kind=known[0],
                previous_kind=before[0] if event.operation is Operation.RECLASSIFY and before else None,
                before=None if before is None else before[1],
                after=None if after is None else after[1],
                provenance=_said(event.provenance, former.of(event.kind, schema, edge=event.edge)),
            )
        )
    return renamed


def refuse_renamed(events: Iterable[Event], former: FormerNames, branch: str) -> None:
    """Refuse new events, under the names of today, on relations that have another identity since the branch began.

    Raises BeforeMigrationError.
    """
    renamed = {kind.name: then for then, kind in former.edges.items() if kind.name not in (None, then)}
    for event in events:
        if event.edge and event.kind in renamed:
            raise _lost(branch, f"relation {renamed[event.kind]} is called {event.kind} since")


def _refuse_lost(event: Event, schema: Schema, former: FormerNames, branch: str) -> None:
    for name in filter(None, (event.previous_kind, event.kind)):
        kind = former.of(name, schema, edge=event.edge)
        if kind is None:
            continue  # parsing says what is wrong
        what = "relation" if event.edge else "kind"
        if kind.name is None:
            raise _lost(branch, f"it changes the {what} {name}, which was dropped since")
        if event.edge and kind.name != name:
            raise _lost(branch, f"it changes the relation {name}, which is called {kind.name} since")


def _refuse_unconverted(texts: Sequence[str | None], kind: FormerKind, today: Properties, branch: str) -> None:
    """A value that the event set and that is not there any more would be taken for one that it took away."""
    before, after = (orjson.loads(text) if text is not None else {} for text in texts)
    for name, value in after.items():
        own = kind.attributes[name][1]
        if own is not None and own not in today and before.get(name) != value:
            raise _lost(branch, f"its {name} {str(value)[:80]!r} is no value of {kind.name}.{own}")


def _lost(branch: str, reason: str) -> BeforeMigrationError:
    return BeforeMigrationError(
        f"the branch {branch!r} began before a migration: {reason}",
        where=f"branch {branch}",
        hint="begin another branch at the present and change it there; `jumeau branch drop` when this one is of no more use",
    )


def _said(provenance: Mapping[str, str], kind: FormerKind | None) -> dict[str, str]:
    """Who said what, by the names of today; what others said of a value whose type has changed is not repeated."""
    if kind is None:
        return dict(provenance)
    found: dict[str, str] = {}
    for key, told in provenance.items():
        name, mark, source = key.partition(SEPARATOR)
        today = kind.attributes[name][1] if name in kind.attributes else name
        if today is None:
            continue
        if mark and today != name:
            content = orjson.loads(told)
            if isinstance(content, dict) and len(content) == 1:
                told = orjson.dumps({today: next(iter(content.values()))}).decode()
        found[f"{today}{mark}{source}"] = told
    return found
