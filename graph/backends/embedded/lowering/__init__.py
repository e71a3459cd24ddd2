"""What ladybug must say in a roundabout way: one function per construct, from compiler and tree to text.

Texts bind as closely as a call: they are calls, CASEs or in brackets.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from graph.backends.base_compiler import Lowering
from graph.backends.embedded.lowering.comparisons import case, comparison, contained, exclusive_or
from graph.backends.embedded.lowering.elements import along, element_id, labels, length, map_projection, relation_type
from graph.backends.embedded.lowering.lists import (
    collect,
    comprehension,
    head,
    index,
    last,
    quantifier,
    size,
    slice_,
    tail,
)
from graph.backends.embedded.lowering.numbers import (
    NO_SUM,
    extreme,
    minus,
    plus,
    round_,
    sign,
    to_float,
    to_integer,
    total,
)
from graph.backends.embedded.lowering.texts import (
    replace_,
    reverse,
    substring,
    substring_end,
    text_predicate,
    to_string,
    trimmed,
)
from graph.backends.embedded.temporal import date_, datetime_, truncate
from graph.cypher.ast import BinaryOperator

__all__ = ["LOWERED", "NO_SUM", "contained"]

LOWERED: Final[Mapping[str, Lowering]] = MappingProxyType(
    {
        "elementId": element_id,
        "type": relation_type,
        "labels": labels,
        "index": index,
        "CASE": case,
        "length": length,
        "nodes": along,
        "relationships": along,
        "size": size,
        "slice": slice_,
        "tail": tail,
        **dict.fromkeys(("left", "right"), substring_end),
        "head": head,
        "last": last,
        "map projection": map_projection,
        **{f"operator {o.value}": comparison for o in BinaryOperator if o.value in ("=", "<>", "<", "<=", ">", ">=")},
        "operator IN": contained,
        "operator XOR": exclusive_or,
        **dict.fromkeys(
            ("operator STARTS WITH", "operator ENDS WITH", "operator CONTAINS", "operator =~"), text_predicate
        ),
        "operator +": plus,
        "operator -": minus,
        "date": date_,
        "datetime": datetime_,
        "date.truncate": truncate,
        "datetime.truncate": truncate,
        "sum": total,
        "collect": collect,
        "round": round_,
        "sign": sign,
        **dict.fromkeys(("min", "max"), extreme),
        "substring": substring,
        "replace": replace_,
        "reverse": reverse,
        **dict.fromkeys(("trim", "ltrim", "rtrim"), trimmed),
        "toInteger": to_integer,
        "toFloat": to_float,
        "toString": to_string,
        "list comprehension": comprehension,
        **dict.fromkeys(("all()", "any()", "none()", "single()"), quantifier),
    }
)
