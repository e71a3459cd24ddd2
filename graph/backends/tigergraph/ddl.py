"""The schema pack as TigerGraph's: one vertex type per concrete kind, one edge type per relation with its pairs.

Every element lists the attributes that it has in `present_keys`: TigerGraph keeps a default for each one that was never
written, and the list is how a query tells null from it. Instants are microseconds since 1970 as whole numbers, because
a DATETIME keeps whole seconds. An edge has its id as discriminator, so that two of one type may join the same nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from graph.backends.tigergraph.compiler import GRAPH
from graph.backends.tigergraph.words import identifier
from graph.schema.model import Attribute, Kind, Relation, Schema, ValueType

PRESENT: Final = "present_keys"
REVERSED: Final = "rev_"

ATTRIBUTE_TYPES: Final[Mapping[ValueType, str]] = MappingProxyType(
    {
        ValueType.STRING: "STRING",
        ValueType.INTEGER: "INT",
        ValueType.FLOAT: "DOUBLE",
        ValueType.BOOLEAN: "BOOL",
        ValueType.DATE: "DATETIME",
        ValueType.INSTANT: "INT",
        ValueType.MONEY: "INT",
        ValueType.STRING_LIST: "LIST<STRING>",
    }
)


def create_statements(schema: Schema, graph: str = GRAPH) -> Iterator[str]:
    """Every statement that makes the schema from nothing, in order."""
    for kind in schema.concrete_kinds():
        yield vertex_statement(kind)
    relations = [relation for relation in schema.relations.values() if schema.pairs[relation.name]]
    for relation in relations:
        yield edge_statement(relation, schema)
    names = [identifier(kind.name) for kind in schema.concrete_kinds()]
    names += [identifier(relation.name) for relation in relations]
    yield f"CREATE GRAPH {graph}({', '.join(names)})"


def vertex_statement(kind: Kind) -> str:
    """The vertex type of a kind; its id is readable as an attribute."""
    columns = ["PRIMARY_ID id STRING", *_attributes(kind.attributes.values()), f"{PRESENT} SET<STRING>"]
    return f'CREATE VERTEX {identifier(kind.name)}({", ".join(columns)}) WITH primary_id_as_attribute="true"'


def edge_statement(relation: Relation, schema: Schema) -> str:
    """The edge type of a relation, directed, with the one that walks it backwards."""
    pairs = " | ".join(
        f"FROM {identifier(start)}, TO {identifier(end)}" for start, end in sorted(schema.pairs[relation.name])
    )
    columns = [pairs, "DISCRIMINATOR(id STRING)", *_attributes(relation.attributes.values()), f"{PRESENT} SET<STRING>"]
    name = identifier(relation.name)
    return f'CREATE DIRECTED EDGE {name}({", ".join(columns)}) WITH REVERSE_EDGE="{REVERSED}{name}"'


def _attributes(attributes: Iterable[Attribute]) -> Iterator[str]:
    for attribute in attributes:
        if attribute.name != "id":
            yield f"{identifier(attribute.name)} {ATTRIBUTE_TYPES[attribute.type]}"


def schema_text(schema: Schema, graph: str = GRAPH) -> str:
    """The whole schema as one file."""
    head = "// Generated from the schema pack; syntax-checked, never run on a server.\n"
    return head + "".join(f"{statement};\n" for statement in create_statements(schema, graph))
