"""What an operation amounts to on each backend: its own statements, for people to read before anything is done.

The structure is changed by the backend when it is opened with the new pack; the data goes through the ledger. So these are what
`migrate plan` prints, and what whoever runs a TigerGraph by hand needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from graph.backends.embedded.ddl import create_statements
from graph.backends.embedded.layout import KIND, layout_of
from graph.backends.embedded.layout import quoted as column
from graph.backends.embedded.types import COLUMN_TYPES
from graph.backends.neo4j.ddl import indexed_attributes, indexes
from graph.backends.neo4j.ddl import quoted as named
from graph.backends.tigergraph.ddl import ATTRIBUTE_TYPES, edge_statement, vertex_statement
from graph.backends.tigergraph.words import identifier
from graph.schema.model import Schema, ValueType
from migrations.operations import Operation, attributes_of

BACKENDS: Final = ("embedded", "neo4j", "gsql", "networkx")


def render(operations: Sequence[Operation], schema: Schema, backend: str, job: str) -> list[str]:
    """The statements of a migration on one backend. `job` names a schema change where the language wants a name."""
    if backend == "gsql":
        return _gsql(operations, schema, job)
    statements = {"embedded": _embedded, "neo4j": _neo4j, "networkx": _networkx}[backend]
    return [line for operation in operations for line in statements(operation, schema)]


def _type(op: Operation, schema: Schema) -> ValueType:
    return op.type or attributes_of(op.on, schema, op.describe())[op.to or op.name].type


def _kinds(op: Operation, schema: Schema) -> tuple[str, ...]:
    return schema.descendants.get(op.on, (op.on,))


def _embedded(op: Operation, schema: Schema) -> Iterator[str]:
    layout = layout_of(schema)
    if op.verb in ("retype_attribute", "rename_kind", "drop_kind", "rename_relation", "drop_relation"):
        yield f"-- {op.describe()}: the store is emptied and filled again from the ledger"
    if op.verb in ("add_relation", "rename_relation"):
        table = layout.table_of_type[op.to or op.name].name
        yield from (s for s in create_statements(layout) if s.startswith(f"CREATE REL TABLE {table}("))
    if not op.on or op.verb == "retype_attribute":
        return
    edge = op.on in schema.relations
    tables = {layout.table_of_type[op.on].name} if edge else {layout.table_of_kind[k].name for k in _kinds(op, schema)}
    for table in sorted(tables):
        if op.verb in ("add_attribute", "rename_attribute"):
            yield f"ALTER TABLE {table} ADD {column(op.to or op.name)} {COLUMN_TYPES[_type(op, schema)]}"
        kinds = ", ".join(
            f"'{kind}'" for kind in _kinds(op, schema) if not edge and layout.table_of_kind[kind].name == table
        )
        match = f"MATCH ()-[n:{table}]->()" if edge else f"MATCH (n:{table})"
        where = "" if edge else f"n.{KIND} IN [{kinds}] AND "
        yield from _set(op, f"{match} WHERE {where}", column, _embedded_value(op))


def _embedded_value(op: Operation) -> str:
    return repr(op.value) if not isinstance(op.value, bool) else str(op.value).lower()


def _set(op: Operation, start: str, name: object, value: str) -> Iterator[str]:
    """The data of an attribute, in Cypher."""
    assert callable(name)
    old, new = name(op.name), name(op.to or op.name)
    if op.verb == "rename_attribute":
        yield f"{start}n.{old} IS NOT NULL SET n.{new} = n.{old}, n.{old} = NULL"
    elif op.verb == "drop_attribute":
        yield f"{start}n.{old} IS NOT NULL SET n.{old} = NULL"
    elif op.verb == "backfill":
        yield f"{start}n.{old} IS NULL SET n.{old} = {value}"


_CASTS: Final = {
    ValueType.STRING: "toString({})", ValueType.INTEGER: "toInteger({})", ValueType.MONEY: "toInteger({})",
    ValueType.FLOAT: "toFloat({})", ValueType.BOOLEAN: "toBoolean({})", ValueType.DATE: "date({})",
    ValueType.INSTANT: "datetime({})", ValueType.STRING_LIST: "[{}]",
}  # fmt: skip


def _neo4j(op: Operation, schema: Schema) -> Iterator[str]:
    old, new = named(op.name), named(op.to or op.name)
    if op.verb == "rename_kind":
        labels = "".join(f":{named(label)}" for label in schema.kinds[op.to].labels)
        yield f"MATCH (n:{old}) REMOVE n:{old} SET n{labels}"
    elif op.verb == "drop_kind":
        yield f"MATCH (n:{old}) DETACH DELETE n"
    elif op.verb == "rename_relation":
        yield f"MATCH (a)-[r:{old}]->(b) CREATE (a)-[s:{new}]->(b) SET s = properties(r) DELETE r"
    elif op.verb == "drop_relation":
        yield f"MATCH ()-[r:{old}]->() DELETE r"
    elif not op.on:
        yield f"// {op.describe()}: nothing to prepare"
    else:
        edge = op.on in schema.relations
        match = f"MATCH ()-[n:{named(op.on)}]->()" if edge else f"MATCH (n:{named(op.on)})"
        if op.verb == "retype_attribute":
            cast = _CASTS[_type(op, schema)].format(f"n.{old}")
            yield f"{match} WHERE n.{old} IS NOT NULL SET n.{old} = {cast}"
        yield from _set(op, f"{match} WHERE ", named, _embedded_value(op))
        wanted = indexes(schema)
        if not edge and op.name not in indexed_attributes(schema) and op.verb in ("rename_attribute", "drop_attribute"):
            yield f"DROP INDEX {named('jumeau_by_' + op.name)} IF EXISTS"
        if not edge and op.verb in ("add_attribute", "rename_attribute") and f"jumeau_by_{op.to or op.name}" in wanted:
            yield wanted[f"jumeau_by_{op.to or op.name}"]
        elif op.verb == "add_attribute":
            yield f"// {op.describe()}: nothing to prepare"


def _networkx(op: Operation, _schema: Schema) -> Iterator[str]:
    yield f"# {op.describe()}: the graph in memory has no structure of its own"


def _gsql(operations: Sequence[Operation], schema: Schema, job: str) -> list[str]:
    """Two jobs: what comes, then what goes; the data is written again from the ledger between them."""
    coming = [line for op in operations for line in _coming(op, schema)]
    going = [line for op in operations for line in _going(op, schema)]
    lines = []
    for suffix, changes in (("", coming), ("_drop", going)):
        if changes:
            body = "\n".join(f"  {change};" for change in changes)
            lines.append(f"CREATE GLOBAL SCHEMA_CHANGE JOB {job}{suffix} {{\n{body}\n}}")
            lines.append(f"RUN GLOBAL SCHEMA_CHANGE JOB {job}{suffix}")
    return lines or ["// no structure changes: the data is written again from the ledger"]


def _coming(op: Operation, schema: Schema) -> Iterator[str]:
    wanted = op.to or op.name
    if op.verb in ("add_kind", "rename_kind"):
        yield vertex_statement(schema.kinds[wanted]).replace("CREATE", "ADD", 1)
    elif op.verb in ("add_relation", "rename_relation"):
        yield edge_statement(schema.relations[wanted], schema).replace("CREATE", "ADD", 1)
    elif op.verb in ("add_attribute", "rename_attribute", "retype_attribute"):
        if op.verb == "retype_attribute":
            yield from _dropped(op, schema)
        for what in _holders(op, schema):
            yield f"ALTER {what} ADD ATTRIBUTE ({identifier(wanted)} {ATTRIBUTE_TYPES[_type(op, schema)]})"


def _going(op: Operation, schema: Schema) -> Iterator[str]:
    if op.verb in ("drop_kind", "rename_kind"):
        yield f"DROP VERTEX {identifier(op.name)}"
    elif op.verb in ("drop_relation", "rename_relation"):
        yield f"DROP EDGE {identifier(op.name)}"
    elif op.verb in ("drop_attribute", "rename_attribute"):
        yield from _dropped(op, schema)


def _dropped(op: Operation, schema: Schema) -> Iterator[str]:
    return (f"ALTER {what} DROP ATTRIBUTE ({identifier(op.name)})" for what in _holders(op, schema))


def _holders(op: Operation, schema: Schema) -> list[str]:
    if op.on in schema.relations:
        return [f"EDGE {identifier(op.on)}"]
    return [f"VERTEX {identifier(kind)}" for kind in _kinds(op, schema)]
