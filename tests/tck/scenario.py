"""Runs one scenario: sets up its graph, asks its query, compares what comes with what the kit demands."""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from core.errors import JumeauError, QueryRuntimeError
from graph.backends.networkx.store import GraphStore
from graph.cypher.diagnostics import CypherError, NotReadOnlyError
from graph.model import Node
from tests.tck.cells import Form, form_of, read_cell
from tests.tck.errors import RUNTIME, Demand, kind_of
from tests.tck.execution import bind_text, run
from tests.tck.features import Scenario, Step
from tests.tck.procedures import TableProcedure, read_procedure
from tests.tck.source import named_graph
from tests.tck.store import write

_RESULT: Final = re.compile(
    r"the result should be(?P<empty> empty)?(?:, (?P<order>in order|in any order))?"
    r"(?P<lists> \(ignoring element order for lists\))?:?"
)
_ERROR: Final = re.compile(r"an? (?P<type>\w+) should be raised at (?P<phase>[\w ]+): (?P<detail>.+)")
_QUIET: Final = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`[^`]*`|//[^\n]*|/\*.*?\*/", re.DOTALL)
_WRITING: Final = re.compile(
    r"(?<![.:$|\w])(?:CREATE|MERGE|SET|DELETE|REMOVE|FOREACH)\b(?!\s*[:(]?\s*\.)", re.IGNORECASE
)


class Category(StrEnum):
    """What a scenario asks of a language that only reads."""

    RESULT = "read result"
    ERROR = "error"
    WRITING = "writing"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a scenario. `accepted`: the front end took the query. `seen` says what came instead."""

    scenario: Scenario
    category: Category
    passed: bool
    accepted: bool
    query: str
    demanded: str = ""
    seen: str = ""
    detail_agrees: bool | None = None

    @property
    def valid(self) -> bool:
        """Whether the kit holds the query itself to be sound: it demands a result, or an error at run time only."""
        return self.category is Category.RESULT or f" at {RUNTIME}:" in self.demanded


@dataclass(slots=True)
class Setting:
    """The graph, the parameters and the procedures of a scenario, its query, and what it demands."""

    store: GraphStore = field(default_factory=GraphStore)
    fixtures: list[str] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    procedures: dict[str, TableProcedure] = field(default_factory=dict)
    query: str = ""
    demand: Step | None = None
    error: Demand | None = None


def category_of(scenario: Scenario) -> Category:
    """By the query under test, which is the first that is executed as such."""
    query = next(step.block for step in scenario.steps if step.text == "executing query:")
    if _WRITING.search(_QUIET.sub("''", query)):
        return Category.WRITING
    return Category.ERROR if any(_ERROR.fullmatch(step.text) for step in scenario.steps) else Category.RESULT


def run_scenario(scenario: Scenario) -> Outcome:
    """What became of a scenario; a crash of the runner or of the product is told as what was seen."""
    category = category_of(scenario)
    query = next(step.block for step in scenario.steps if step.text == "executing query:")
    if category is Category.WRITING:
        return _refused(scenario, query)
    setting = read_scenario(scenario)
    try:
        for fixture in setting.fixtures:
            write(setting.store, fixture, setting.parameters)
    except Exception as error:
        said = f"the fixture failed: {_told(error)}"
        return Outcome(scenario, category, False, _is_accepted(setting), query, "a fixture", said)
    return _asked(scenario, category, setting)


def _is_accepted(setting: Setting) -> bool:
    try:
        bind_text(setting.query, setting.procedures)
    except JumeauError:
        return False
    return True


def _refused(scenario: Scenario, query: str) -> Outcome:
    """A query that writes is refused for that, by the name of its clause."""
    demanded = "refused because it writes"
    try:
        bind_text(query, {})
    except NotReadOnlyError as error:
        named = error.seen.split()[0]
        passed = named in query.upper() or error.seen.startswith("the procedure")
        return Outcome(scenario, Category.WRITING, passed, True, query, demanded, error.seen)
    except Exception as error:
        return Outcome(scenario, Category.WRITING, False, False, query, demanded, _told(error))
    return Outcome(scenario, Category.WRITING, False, True, query, demanded, "it was accepted")


def read_scenario(scenario: Scenario) -> Setting:
    """What a scenario sets up, asks and demands. Raises ValueError on a step that is not known."""
    setting = Setting()
    for step in scenario.steps:
        if step.text.endswith(" graph") and step.text.startswith("the "):
            setting.fixtures.append(named_graph(step.text.split()[1]))
        elif step.text == "having executed:":
            setting.fixtures.append(step.block)
        elif step.text == "parameters are:":
            setting.parameters |= {name: _value(read_cell(cell)) for name, cell in step.table}
        elif step.text.startswith("there exists a procedure "):
            procedure = read_procedure(step.text.removeprefix("there exists a procedure "), step.table)
            setting.procedures[procedure.signature.name] = procedure
        elif step.text == "executing query:":
            setting.query = step.block
        elif (found := _ERROR.fullmatch(step.text)) is not None:
            setting.error = Demand(found["type"], found["phase"], found["detail"])
        elif step.text.startswith("the result should be"):
            setting.demand = step
        elif step.text not in ("an empty graph", "any graph", "no side effects"):
            raise ValueError(f"the runner does not know the step {step.text!r}")
    return setting


def _asked(scenario: Scenario, category: Category, setting: Setting) -> Outcome:
    accepted = False
    demanded = str(setting.error) if setting.error else ""
    if setting.demand is not None:
        demanded = "\n".join([setting.demand.text, *(" | ".join(row) for row in setting.demand.table)])
    try:
        bound = bind_text(setting.query, setting.procedures)
        accepted = True
        before = _content(setting.store)
        columns, rows = run(bound, setting.store, setting.parameters, setting.procedures)
        if _content(setting.store) != before:
            return Outcome(scenario, category, False, True, setting.query, demanded, "the graph has changed")
    except JumeauError as error:
        if setting.error is None:
            return Outcome(scenario, category, False, accepted, setting.query, demanded, _told(error))
        kind = kind_of(error)
        return Outcome(
            scenario,
            category,
            kind is not None and setting.error.met_by(kind),
            accepted,
            setting.query,
            demanded,
            f"{kind}: {_told(error)}",
            kind is not None and setting.error.detail in ("*", *kind.details),
        )
    except Exception as error:
        said = "".join(traceback.format_exception(error)[-3:])
        return Outcome(scenario, category, False, accepted, setting.query, demanded, f"CRASH {said}")
    if setting.demand is None:
        seen = _shown(columns, rows, setting)
        return Outcome(scenario, category, False, accepted, setting.query, demanded, f"it answered\n{seen}")
    found = difference(setting.demand, columns, rows, setting.store.nodes)
    seen = f"{found}\n{_shown(columns, rows, setting)}" if found else ""
    return Outcome(scenario, category, not found, accepted, setting.query, demanded, seen)


def _content(store: GraphStore) -> list[str]:
    """Everything a graph holds: no query has a side effect."""
    nodes = (f"{node.id} {node.labels} {node.properties}" for node in store.nodes.values())
    return [*nodes, *(f"{e.id} {e.type} {e.start} {e.end} {e.properties}" for e in store.edges.values())]


def difference(step: Step, columns: tuple[str, ...], rows: list[tuple[Any, ...]], nodes: Mapping[str, Node]) -> str:
    """What differs, in words; empty where nothing does."""
    found = _RESULT.fullmatch(step.text)
    if found is None:
        raise ValueError(f"the runner does not know the step {step.text!r}")
    if found["empty"]:
        return f"{len(rows)} rows came" if rows else ""
    header, *cells = step.table
    if tuple(header) != columns:
        return f"columns {columns}, not {header}"
    ordered = not found["lists"]
    wanted: list[Form] = [tuple(read_cell(cell, ordered_lists=ordered) for cell in row) for row in cells]
    given: list[Form] = [tuple(form_of(cell, nodes, ordered_lists=ordered) for cell in row) for row in rows]
    if found["order"] != "in order":
        wanted.sort(key=repr)
        given.sort(key=repr)
    return "" if wanted == given else "the rows differ"


def _shown(columns: tuple[str, ...], rows: list[tuple[Any, ...]], setting: Setting) -> str:
    forms = [" | ".join(map(show, (form_of(cell, setting.store.nodes) for cell in row))) for row in rows[:30]]
    return "\n".join([" | ".join(columns), *forms])


def show(form: Form) -> str:
    """A form as the kit would write it."""
    match form:
        case ("string", text):
            return repr(text)
        case ("list", items):
            return f"[{', '.join(map(show, items))}]"
        case ("map", items):
            return f"{{{', '.join(f'{key}: {show(value)}' for key, value in items)}}}"
        case ("node", labels, properties):
            return f"({''.join(f':{label}' for label in labels)} {show(properties)})"
        case ("relationship", name, properties):
            return f"[:{name} {show(properties)}]"
        case ("path", start, steps):
            walked = (f"{'-' if ahead else '<-'}{show(r)}{'->' if ahead else '-'}{show(n)}" for r, ahead, n in steps)
            return f"<{show(start)}{''.join(walked)}>"
        case ("null",):
            return "null"
        case (_, value):
            return str(value).lower() if isinstance(value, bool) else str(value)
    raise ValueError(form)


def _value(form: Form) -> Any:
    """A parameter's value from its cell."""
    match form:
        case ("null",):
            return None
        case ("list", items):
            return [_value(item) for item in items]
        case ("map", items):
            return {key: _value(value) for key, value in items}
        case ("float", text):
            return float(text)
        case (_, value):
            return value
    raise ValueError(form)


def _told(error: BaseException) -> str:
    if isinstance(error, CypherError | QueryRuntimeError):
        return f"{type(error).__name__} {error}"
    said = traceback.format_exception(error)[-2:]
    return f"CRASH {type(error).__name__}: {error}\n{''.join(said)}"
