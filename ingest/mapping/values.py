"""Reads one value expression of a mapping: a path, or a table of operations on a field."""

from __future__ import annotations

from typing import Any

from graph.schema.fields import Fields, did_you_mean
from graph.schema.findings import Report
from graph.schema.model import SourceSpan
from graph.schema.source import Listing, Scalar, Table, Tree
from ingest.mapping import expressions
from ingest.mapping.expressions import Expression

_BASES = ("from", "constant", "template", "first")
_OPERATIONS = ("trim", "unknown", "case", "values", "otherwise", "layout", "day", "only", "split", "units", "scale")


def read_expression(
    tree: Tree, span: SourceSpan, named: str, report: Report, allowed: tuple[str, ...] | None = None
) -> Expression | None:
    """The expression under a key. `allowed` are the values of the attribute's enum: constants and tables are held to them."""
    if isinstance(tree, Scalar):
        if not tree.text.strip():
            report.error(span, "WRONG_SHAPE", f"`{named}` is empty", "name a field, or write {from: ..., ...}")
            return None
        return expressions.path(tree.text.strip())
    if isinstance(tree, Listing):
        report.error(span, "WRONG_SHAPE", f"`{named}` is a list", "write {first: [...]} for the first field present")
        return None
    fields = Fields(named, tree, span, report)
    fields.allow(_BASES + _OPERATIONS)
    bases = [key for key in _BASES if key in tree.entries]
    if len(bases) != 1:
        report.error(span, "WRONG_SHAPE", f"`{named}` has {len(bases)} of {', '.join(_BASES)}", "give exactly one")
        return None
    base = _base(bases[0], tree, fields, report, allowed)
    return None if base is None else _operations(base, fields, report, allowed)


def _base(key: str, tree: Table, fields: Fields, report: Report, allowed: tuple[str, ...] | None) -> Expression | None:
    entry, span = tree.entries[key], tree.spans[key]
    if key == "first":
        if not isinstance(entry, Listing) or not entry.items:
            report.error(span, "WRONG_SHAPE", "`first` is not a list", "list fields or expressions")
            return None
        inner = [read_expression(item, item.span, fields.name, report, allowed) for item in entry.items]
        return expressions.first_of([expression for expression in inner if expression is not None])
    if not isinstance(entry, Scalar):
        report.error(span, "WRONG_SHAPE", f"`{key}` is not a single value", "write one value after the colon")
        return None
    if key == "constant":
        _check(entry.value, allowed, fields.name, span, report)
        return expressions.constant(entry.value)
    if key == "template":
        if not expressions.placeholders(entry.text):
            report.error(span, "WRONG_SHAPE", "the template names no field", "write {field} in it, or use `constant`")
        return expressions.template(entry.text)
    return expressions.path(entry.text.strip())


def _operations(
    expression: Expression, fields: Fields, report: Report, allowed: tuple[str, ...] | None
) -> Expression | None:
    """Operations in their fixed order: what comes out of one goes into the next."""
    entries, name = fields.table.entries, fields.name
    if fields.flag("trim"):
        expression = expressions.trimmed(expression)
    if "unknown" in entries:
        expression = expressions.without(expression, frozenset(fields.text_or_texts("unknown")))
    case = fields.choice("case", ("upper", "lower", "fold"), "UNKNOWN_CASE")
    if case is not None:
        expression = expressions.cased(expression, case)
    if "values" in entries:
        table = read_value_table(fields, "values", report)
        for value in (table or {}).values():
            _check(value, allowed, name, fields.table.spans["values"], report)
        extra = entries.get("otherwise")
        otherwise = None if extra is None else _otherwise(extra, fields, report, allowed)
        expression = expressions.mapped(expression, table or {}, name, otherwise)
    elif "otherwise" in entries:
        fields.error("otherwise", "WRONG_SHAPE", "`otherwise` without `values`", "give the table of values")
    layouts = fields.text_or_texts("layout")
    if layouts:
        expression = expressions.instant(expression, layouts, name)
    days = fields.text_or_texts("day")
    if days:
        expression = expressions.day(expression, days, name)
    only = fields.choice("only", ("date", "boolean"), "UNKNOWN_TYPE")
    if only is not None:
        expression = (expressions.only_dates if only == "date" else expressions.only_booleans)(expression)
    separators = _separators(fields)
    if separators:
        expression = expressions.split(expression, separators)
    factors = _factors(fields, report)
    if factors:
        expression = expressions.in_units(expression, factors, name)
    factor = fields.number("scale")
    return expression if factor is None else expressions.scaled(expression, factor, name)


def _separators(fields: Fields) -> tuple[str, ...]:
    """The separator of `split`, blanks included, or several of them."""
    tree = fields.table.entries.get("split")
    return (tree.text,) if isinstance(tree, Scalar) else fields.text_or_texts("split")


def _factors(fields: Fields, report: Report) -> dict[str, float]:
    """Factors by unit, `none` for a number alone."""
    tree = fields.table.entries.get("units")
    if tree is None:
        return {}
    if not isinstance(tree, Table):
        fields.error("units", "WRONG_SHAPE", "`units` is not a mapping", "write `unit: factor` lines")
        return {}
    inner = Fields(f"units of {fields.name}", tree, fields.table.spans["units"], report)
    found = {unit: inner.number(unit) for unit in tree.entries}
    return {"" if unit == "none" else unit.casefold(): factor for unit, factor in found.items() if factor is not None}


def _otherwise(tree: Tree, fields: Fields, report: Report, allowed: tuple[str, ...] | None) -> Expression | None:
    """`otherwise` is a constant (null: absent), or an expression table."""
    span = fields.table.spans["otherwise"]
    if isinstance(tree, Scalar):
        _check(tree.value, allowed, fields.name, span, report)
        return expressions.constant(tree.value)
    return read_expression(tree, span, fields.name, report, allowed)


def read_value_table(fields: Fields, key: str, report: Report) -> dict[str, Any] | None:
    """A table from the source's values, as text, to ours; null means absent."""
    tree = fields.table.entries.get(key)
    if not isinstance(tree, Table):
        if tree is not None:
            fields.error(key, "WRONG_SHAPE", f"`{key}` is not a mapping", "write `their value: our value` lines")
        return None
    found: dict[str, Any] = {}
    for name, entry in tree.entries.items():
        if isinstance(entry, Scalar):
            found[name] = entry.value
        else:
            report.error(tree.spans[name], "WRONG_SHAPE", f"`{name}` is no single value", "write one value")
    return found


def _check(value: Any, allowed: tuple[str, ...] | None, name: str, span: SourceSpan, report: Report) -> None:
    if allowed is not None and value is not None and value not in allowed:
        report.error(span, "NOT_IN_ENUM", f"`{name}` cannot be {value!r}", did_you_mean(str(value), allowed))
