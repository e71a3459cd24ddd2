"""Reads mappings from YAML and checks them against the schema: every flaw is named with file, line and what to try."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

from graph.schema.fields import Fields, did_you_mean
from graph.schema.findings import Report
from graph.schema.model import Attribute, Relation, Schema
from graph.schema.source import Scalar, Table, read_tree
from ingest.errors import MappingError
from ingest.mapping import expressions
from ingest.mapping.expressions import Expression
from ingest.mapping.headings import read_headings
from ingest.mapping.model import Condition, EndRule, MappingRules, NodeRule, RecordRule, RelationRule
from ingest.mapping.values import read_expression, read_value_table

SHELF = Path(__file__).parent.parent / "mappings"
_TOP = ("source", "headings", "records", "folded", "ignored")
_NODE = ("kind", "key", "attributes", "when", "shared")
_RELATION = ("type", "from", "to", "attributes", "each", "when")


def load_mapping(source: str, schema: Schema, folder: Path | None = None) -> MappingRules:
    """The checked mapping of a source onto the schema's pack. Raises MappingError with the first flaw, all in its details."""
    file = (folder or SHELF / schema.name) / f"{source}.yml"
    if not file.is_file():
        raise MappingError(
            f"there is no mapping of {source!r} onto the pack {schema.name!r}",
            where=str(file),
            hint="write one; docs/reference/mappings.md describes the language",
        )
    report = Report()
    shown = f"{file.parent.parent.name}/{file.parent.name}/{file.name}"
    tree = read_tree(file, shown, report)
    rules = None
    if isinstance(tree, Table):
        rules = _MappingReader(Fields(source, tree, tree.span, report), schema, report).read(file.read_bytes())
    elif tree is not None:
        report.error(tree.span, "WRONG_SHAPE", "the mapping is not a mapping of keys", "start it with `source: ...`")
    if report.errors or rules is None:
        first = report.errors[0]
        raise MappingError(
            f"{first.code}: {first.seen}",
            where=first.where,
            hint=first.hint,
            details={"findings": [finding.to_dict() for finding in report.findings]},
        )
    return rules


class _MappingReader:
    def __init__(self, fields: Fields, schema: Schema, report: Report) -> None:
        self._fields = fields
        self._schema = schema
        self._report = report
        self._spaces: dict[str, tuple[str, ...]] = {}

    def read(self, text: bytes) -> MappingRules:
        top = self._fields
        top.allow(_TOP)
        source = top.required_text("source") or ""
        if source and source != top.name:
            top.error(
                "source", "WRONG_SOURCE", f"`source: {source}` in the mapping of `{top.name}`", "name the file's source"
            )
        records = {}
        entries = list(top.tables("records"))
        for entry in entries:
            entry.allow(("nodes", "relations"))
        nodes = {entry.name: self._nodes(entry) for entry in entries}
        for record, rules in nodes.items():
            self._spaces.update({r.space: r.kinds for r in rules if r.key is not None and not r.known})
            records[record] = RecordRule(rules, ())
        for entry in entries:
            relations = tuple(self._relations(entry, nodes[entry.name]))
            naming = tuple(rule for rule in relations if rule.start.called or rule.end.called)
            records[entry.name] = RecordRule(nodes[entry.name], relations, naming)
        return MappingRules(
            source=source,
            records=records,
            folded=self._reasons("folded"),
            ignored=self._reasons("ignored"),
            digest=blake2b(text, digest_size=16).digest(),
            headings=read_headings(top, records, self._report),
        )

    def _reasons(self, key: str) -> dict[str, str]:
        tree = self._fields.table.entries.get(key)
        if tree is None:
            return {}
        if not isinstance(tree, Table):
            self._fields.error(key, "WRONG_SHAPE", f"`{key}` is not a mapping", "write `record type: reason`")
            return {}
        found = {}
        for name, reason in tree.entries.items():
            if isinstance(reason, Scalar) and reason.text.strip():
                found[name] = reason.text
            else:
                self._report.error(tree.spans[name], "MISSING_REASON", f"`{name}` without a reason", "say why")
        return found

    # --- nodes -----------------------------------------------------------------------------------------------------

    def _nodes(self, entry: Fields) -> tuple[NodeRule, ...]:
        found = []
        for number, fields in enumerate(entry.tables("nodes")):
            fields.allow(_NODE)
            space = entry.name if number == 0 else f"{entry.name}.{fields.name}"
            rule = self._node(fields, space)
            if rule is not None:
                found.append(rule)
        return tuple(found)

    def _node(self, fields: Fields, space: str) -> NodeRule | None:
        known = self._known_kinds(fields)
        if known:
            kinds = self._concrete(known)
            kind: Expression | None = expressions.constant(kinds[0])
        else:
            kind, kinds = self._kind(fields)
        for name in kinds:
            self._check_kind(fields, name)
        kinds = tuple(name for name in kinds if name in self._schema.concrete)
        if kind is None or not kinds:
            return None
        held: dict[str, Attribute] = {}
        for name in kinds:
            held.update(self._schema.kinds[name].attributes)
        if known:  # which of the kinds it is shows with the element: a value must fit each of them
            held = {a: held[a] for a in held if all(a in self._schema.kinds[k].attributes for k in kinds)}
        attributes = self._attributes(fields, held)
        key = self._expression(fields, "key")
        natural = None
        identity = self._schema.kinds[kinds[0]].identity
        if len(kinds) == 1 and identity and len(identity[0]) == 1 and identity[0][0] in attributes:
            natural = identity[0][0]
        if key is None and known:
            fields.error(None, "MISSING_KEY", f"`{fields.name}` has no `key`", "add `key: ...`: its name in the twin")
        elif key is None and not any(
            set(keys) <= attributes.keys() for k in kinds for keys in self._schema.kinds[k].identity
        ):
            seen = f"`{fields.name}` has no `key`, and a {kinds[0]} has no natural key among its attributes"
            fields.error(None, "MISSING_KEY", seen, "add `key: ...`: what the source calls it")
        return NodeRule(
            name=fields.name,
            kind=kind,
            kinds=kinds,
            space=space,
            key=key,
            natural=natural,
            attributes=attributes,
            condition=self._condition(fields),
            shared=fields.flag("shared") or False,
            spoken={name: frozenset(attributes.keys() & self._schema.kinds[name].attributes.keys()) for name in kinds},
            known="|".join(known),
        )

    def _known_kinds(self, fields: Fields) -> tuple[str, ...]:
        """The kinds and generics of `kind: {known: ...}`; () for a node that may be new."""
        tree = fields.table.entries.get("kind")
        if not isinstance(tree, Table) or "known" not in tree.entries:
            return ()
        inner = Fields(f"kind of {fields.name}", tree, fields.table.spans["kind"], self._report)
        inner.allow(("known",))
        return self._kinds_of(inner)

    def _kinds_of(self, fields: Fields) -> tuple[str, ...]:
        names = fields.text_or_texts("known")
        for name in names:
            if name not in self._schema.kinds:
                seen = f"the schema has no kind `{name}`"
                fields.error("known", "UNKNOWN_KIND", seen, did_you_mean(name, self._schema.kinds))
        return tuple(name for name in names if name in self._schema.kinds)

    def _concrete(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(kind for name in names for kind in self._schema.descendants[name]))

    def _kind(self, fields: Fields) -> tuple[Expression | None, tuple[str, ...]]:
        tree = fields.table.entries.get("kind")
        if isinstance(tree, Table):
            inner = Fields(f"kind of {fields.name}", tree, fields.table.spans["kind"], self._report)
            table = read_value_table(inner, "values", self._report) or {}
            extra = tree.entries.get("otherwise")
            kinds = [str(value) for value in table.values() if value is not None]
            if isinstance(extra, Scalar) and isinstance(extra.value, str):
                kinds.append(extra.value)
            expression = read_expression(tree, inner.span, f"kind of {fields.name}", self._report)
            return expression, tuple(dict.fromkeys(kinds))
        name = fields.required_text("kind")
        return (None, ()) if name is None else (expressions.constant(name), (name,))

    def _check_kind(self, fields: Fields, name: str) -> None:
        if name not in self._schema.kinds:
            fields.error(
                "kind", "UNKNOWN_KIND", f"the schema has no kind `{name}`", did_you_mean(name, self._schema.concrete)
            )
        elif self._schema.kinds[name].abstract:
            fields.error("kind", "ABSTRACT_KIND", f"`{name}` is a generic", "name a concrete kind")

    def _attributes(self, fields: Fields, known: dict[str, Attribute]) -> dict[str, Expression]:
        tree = fields.table.entries.get("attributes")
        if tree is None:
            return {}
        if not isinstance(tree, Table):
            fields.error("attributes", "WRONG_SHAPE", "`attributes` is not a mapping", "write `attribute: field` lines")
            return {}
        found = {}
        for name, value in tree.entries.items():
            span = tree.spans[name]
            attribute = known.get(name)
            if attribute is None:
                seen = f"`{fields.name}` has no attribute `{name}`"
                self._report.error(span, "UNKNOWN_ATTRIBUTE", seen, did_you_mean(name, known))
                continue
            allowed = self._schema.enums[attribute.enum].values if attribute.enum else None
            expression = read_expression(value, span, name, self._report, allowed)
            if expression is not None:
                found[name] = expression
        return found

    def _expression(self, fields: Fields, key: str) -> Expression | None:
        tree = fields.table.entries.get(key)
        return None if tree is None else read_expression(tree, fields.table.spans[key], key, self._report)

    def _condition(self, fields: Fields) -> Condition | None:
        tree = fields.table.entries.get("when")
        if tree is None:
            return None
        if isinstance(tree, Scalar):
            return Condition(expressions.path(tree.text), None)
        if not isinstance(tree, Table):
            fields.error("when", "WRONG_SHAPE", "`when` is a list", "write `when: {field: ..., in: [...]}`")
            return None
        inner = Fields(f"when of {fields.name}", tree, fields.table.spans["when"], self._report)
        inner.allow(("field", "in", "not_in", "absent"))
        field = inner.required_text("field")
        if field is None:
            return None
        if inner.flag("absent"):
            return Condition(expressions.path(field), None, negated=True)
        negated = "not_in" in tree.entries
        values = inner.text_or_texts("not_in" if negated else "in")
        return Condition(expressions.path(field), frozenset(values) if values else None, negated)

    # --- relations -------------------------------------------------------------------------------------------------

    def _relations(self, entry: Fields, nodes: tuple[NodeRule, ...]) -> Iterable[RelationRule]:
        tree = entry.table.entries.get("relations")
        items = getattr(tree, "items", None)
        if tree is None:
            return
        if not isinstance(items, tuple):
            entry.error(
                "relations", "WRONG_SHAPE", "`relations` is not a list", "write one `- {type: ..., to: ...}` per line"
            )
            return
        for item in items:
            if not isinstance(item, Table):
                self._report.error(
                    item.span, "WRONG_SHAPE", "a relation is not a mapping", "write {type: ..., to: ...}"
                )
                continue
            rule = self._relation(Fields(f"relation of {entry.name}", item, item.span, self._report), nodes)
            if rule is not None:
                yield rule

    def _relation(self, fields: Fields, nodes: tuple[NodeRule, ...]) -> RelationRule | None:
        fields.allow(_RELATION)
        name = fields.required_text("type")
        relation = self._schema.relations.get(name or "")
        if relation is None:
            if name:
                fields.error(
                    "type", "UNKNOWN_RELATION", f"no relation `{name}`", did_you_mean(name, self._schema.relations)
                )
            return None
        start, start_kinds = self._end(fields, "from", nodes)
        end, end_kinds = self._end(fields, "to", nodes)
        if start is None or end is None:
            return None
        self._check_triple(fields, relation, start_kinds, end_kinds)
        return RelationRule(
            type=relation.name,
            start=start,
            end=end,
            attributes=self._attributes(fields, dict(relation.attributes)),
            each=self._expression(fields, "each"),
            condition=self._condition(fields),
        )

    def _check_triple(self, fields: Fields, relation: Relation, starts: tuple[str, ...], ends: tuple[str, ...]) -> None:
        pairs = self._schema.pairs[relation.name]
        if starts and ends and not any((start, end) in pairs for start in starts for end in ends):
            seen = f"`{relation.name}` never joins {' or '.join(starts)} to {' or '.join(ends)}"
            allowed = ", ".join(f"{triple.start} -> {triple.end}" for triple in relation.triples)
            fields.error("type", "TRIPLE_NOT_ALLOWED", seen, f"it joins {allowed}")

    def _end(self, fields: Fields, key: str, nodes: tuple[NodeRule, ...]) -> tuple[EndRule | None, tuple[str, ...]]:
        tree = fields.table.entries.get(key)
        if tree is None and key == "from" and nodes:
            return EndRule(node=nodes[0].name), nodes[0].kinds
        if isinstance(tree, Scalar):
            found = next((node for node in nodes if node.name == tree.text), None)
            if found is None:
                seen = f"the record has no node `{tree.text}`"
                fields.error(key, "UNKNOWN_NODE", seen, did_you_mean(tree.text, [node.name for node in nodes]))
                return None, ()
            return EndRule(node=found.name), found.kinds
        if not isinstance(tree, Table):
            fields.error(key, "MISSING_KEY", f"the relation has no `{key}`", "name a node, or {record: ..., key: ...}")
            return None, ()
        inner = Fields(f"{key} of {fields.name}", tree, fields.table.spans[key], self._report)
        inner.allow(("record", "key", "kind", "natural", "known"))
        if "known" in tree.entries:
            known = self._kinds_of(inner)
            expression = self._expression(inner, "key")
            if expression is None:
                inner.error(None, "MISSING_KEY", f"`{inner.name}` has no `key`", "say which field holds its name")
            return EndRule(space="|".join(known), key=expression, called=True), self._concrete(known)
        if "kind" in tree.entries:
            kind = inner.required_text("kind") or ""
            self._check_kind(inner, kind)
            expression = self._expression(inner, "natural")
            if expression is None:
                inner.error(
                    None, "MISSING_KEY", f"`{inner.name}` has no `natural`", "say which field holds the natural key"
                )
            return EndRule(space=kind, key=expression, natural=True), (kind,) if kind in self._schema.concrete else ()
        space = inner.required_text("record") or ""
        if space and space not in self._spaces:
            inner.error("record", "UNKNOWN_RECORD", f"no record `{space}` has keys", did_you_mean(space, self._spaces))
        expression = self._expression(inner, "key")
        if expression is None:
            inner.error(None, "MISSING_KEY", f"`{inner.name}` has no `key`", "say which field holds the key")
        return EndRule(space=space, key=expression), self._spaces.get(space, ())
