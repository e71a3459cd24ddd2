"""The schema as the binder and the dialects need it: sets of kinds as bits, steps between kinds, and suggestions.

Derived once per schema. A set of kinds is an integer, one bit per concrete kind in declaration order; the frozensets
that trees carry are made once per distinct set.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from graph.cypher import types
from graph.cypher.ast import Direction
from graph.cypher.bound import CypherType, TypeName
from graph.schema.model import Attribute, Schema, Wording

_MEMO = "_cypher_vocabulary"
_MEMORY = 10_000  # answers kept per question: queries repeat, and hostile ones must not fill the memory


class Vocabulary:
    """What may be said about a schema. Immutable but for its memory of answers."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._kinds = schema.concrete
        self._bit = {kind: 1 << position for position, kind in enumerate(self._kinds)}
        self.every_kind = (1 << len(self._kinds)) - 1
        self._covered = {name: self._mask(kinds) for name, kinds in schema.descendants.items()}
        self._sets: dict[int, frozenset[str]] = {}
        self._labels: dict[frozenset[str], tuple[str, ...]] = {}
        self._node_types: dict[int, CypherType] = {}
        self._relation_types: dict[tuple[str, ...], CypherType] = {}
        self._steps = self._read_steps()
        self._walks: dict[tuple[tuple[str, ...], Direction, int, int | None, int], int] = {}
        self._between: dict[tuple[tuple[str, ...], Direction, int, int], tuple[str, ...]] = {}
        self._values: dict[tuple[frozenset[str] | None, str], tuple[str, ...]] = {}
        self.every_relation = tuple(schema.relations)
        self.simulated = self._mask(schema.simulated_kinds)
        self.simulated_relations = schema.simulated_relations
        self.public = schema.public_kinds
        self._holders = self._read_holders()
        self.node_properties = {
            "id": types.STRING,
            **{name: types.OF_VALUE_TYPE[of] for name, of in schema.node_attributes.items()},
        }
        self.relation_properties = {
            "id": types.STRING,
            **{name: types.OF_VALUE_TYPE[of] for name, of in schema.relation_attributes.items()},
        }

    def _mask(self, kinds: Iterable[str]) -> int:
        mask = 0
        for kind in kinds:
            mask |= self._bit[kind]
        return mask

    def _read_steps(self) -> dict[tuple[str, Direction], dict[int, int]]:
        steps: dict[tuple[str, Direction], dict[int, int]] = {}
        for relation, pairs in self.schema.pairs.items():
            out: dict[int, int] = {}
            into: dict[int, int] = {}
            for start, end in pairs:
                start_bit, end_bit = self._bit[start], self._bit[end]
                out[start_bit] = out.get(start_bit, 0) | end_bit
                into[end_bit] = into.get(end_bit, 0) | start_bit
            both = {bit: out.get(bit, 0) | into.get(bit, 0) for bit in {*out, *into}}
            steps[relation, Direction.OUT], steps[relation, Direction.IN], steps[relation, Direction.BOTH] = (
                out,
                into,
                both,
            )
        return steps

    def _read_holders(self) -> dict[str, int]:
        holders: dict[str, int] = {"id": self.every_kind}
        for kind in self.schema.concrete_kinds():
            for name in kind.attributes:
                holders[name] = holders.get(name, 0) | self._bit[kind.name]
        return holders

    # --- kinds -----------------------------------------------------------------------------------------------------

    def covered(self, label: str) -> int | None:
        """The concrete kinds that a label covers; None for an unknown label."""
        return self._covered.get(label)

    def kinds(self, mask: int) -> frozenset[str]:
        """The names of a set of kinds."""
        found = self._sets.get(mask)
        if found is None:
            found = frozenset(kind for kind in self._kinds if mask & self._bit[kind])
            if len(self._sets) < _MEMORY:
                self._sets[mask] = found
        return found

    def mask(self, kinds: Iterable[str] | None) -> int:
        """The bits of a set of kinds; None means every kind."""
        return self.every_kind if kinds is None else self._mask(kinds)

    def node_type(self, mask: int) -> CypherType:
        """The type of a node of one of these kinds."""
        found = self._node_types.get(mask)
        if found is None:
            found = CypherType(TypeName.NODE, kinds=self.kinds(mask))
            if len(self._node_types) < _MEMORY:
                self._node_types[mask] = found
        return found

    def relation_type(self, relations: tuple[str, ...]) -> CypherType:
        """The type of a relationship of one of these types."""
        found = self._relation_types.get(relations)
        if found is None:
            found = CypherType(TypeName.RELATIONSHIP, types=relations)
            if len(self._relation_types) < _MEMORY:
                self._relation_types[relations] = found
        return found

    def least_labels(self, kinds: frozenset[str]) -> tuple[str, ...]:
        """The fewest labels (greedily, generics first) that together cover exactly these kinds.

        Empty for every kind, where no generic covers them all.
        """
        found = self._labels.get(kinds)
        if found is None:
            found = self._cover(self._mask(kinds))
            if len(self._labels) < _MEMORY:
                self._labels[kinds] = found
        return found

    def _cover(self, wanted: int) -> tuple[str, ...]:
        inside = [(mask, label) for label, mask in self._covered.items() if mask and not mask & ~wanted]
        if wanted == self.every_kind and all(mask != wanted for mask, _ in inside):
            return ()
        chosen = []
        while wanted:
            mask, label = max(inside, key=lambda pair: ((pair[0] & wanted).bit_count(), pair[1] in self._bit))
            chosen.append(label)
            wanted &= ~mask
        return tuple(chosen)

    # --- relations -------------------------------------------------------------------------------------------------

    def step(self, relations: Iterable[str], direction: Direction, mask: int) -> int:
        """The kinds one relation away from a set of kinds."""
        found = 0
        for relation in relations:
            for bit, ends in self._steps[relation, direction].items():
                if bit & mask:
                    found |= ends
        return found

    def between(self, relations: tuple[str, ...], direction: Direction, left: int, right: int) -> tuple[str, ...]:
        """Those of some relation types that lead from one set of kinds into another."""
        key = (relations, direction, left, right)
        found = self._between.get(key)
        if found is None:
            found = tuple(relation for relation in relations if self.step((relation,), direction, left) & right)
            if len(self._between) < _MEMORY:
                self._between[key] = found
        return found

    def walk(
        self, relations: tuple[str, ...], direction: Direction, minimum: int, maximum: int | None, mask: int
    ) -> int:
        """The kinds from `minimum` to `maximum` relations away; `maximum` None is without bound."""
        key = (relations, direction, minimum, maximum, mask)
        found = self._walks.get(key)
        if found is None:
            found = self._walk(relations, direction, minimum, maximum, mask)
            if len(self._walks) < _MEMORY:
                self._walks[key] = found
        return found

    def _walk(
        self, relations: tuple[str, ...], direction: Direction, minimum: int, maximum: int | None, mask: int
    ) -> int:
        level, hops, found = mask, 0, mask if minimum == 0 else 0
        seen = {(min(hops, minimum), level)}
        while level and (maximum is None or hops < maximum):
            level = self.step(relations, direction, level)
            hops += 1
            if hops >= minimum:
                found |= level
            state = (min(hops, minimum), level)
            if state in seen and hops > minimum:
                break
            seen.add(state)
        return found

    def possible(self, relation: str) -> tuple[tuple[str, str], ...]:
        """The allowed ends of a relation as declared, for messages."""
        return tuple((triple.start, triple.end) for triple in self.schema.relations[relation].triples)

    # --- properties ------------------------------------------------------------------------------------------------

    def holders(self, name: str) -> int:
        """The kinds that have a property."""
        return self._holders.get(name, 0)

    def node_property(self, kinds: frozenset[str] | None, name: str) -> CypherType | None:
        """The type of a property that at least one of these kinds has; None where none has it."""
        holders = self._holders.get(name, 0)
        if kinds is not None and not any(self._bit[kind] & holders for kind in kinds):
            return None
        return self.node_properties.get(name)

    def relation_property(self, relations: tuple[str, ...] | None, name: str) -> CypherType | None:
        """The type of a property that at least one of these relation types has; None where none has it."""
        if name == "id":
            return types.STRING
        of = self.schema.relations
        if relations is not None and not any(name in of[relation].attributes for relation in relations):
            return None
        return self.relation_properties.get(name)

    def absence(self, relations: tuple[str, ...] | None, name: str) -> str | None:
        """What a property of these relation types means where it is absent; None where nothing."""
        of = self.schema.relations
        holders = (of[each].attributes.get(name) for each in (self.every_relation if relations is None else relations))
        return next((a.absent_means for a in holders if a is not None and a.absent_means is not None), None)

    def property_names(self, kinds: frozenset[str] | None) -> list[str]:
        """Every property of these kinds."""
        wanted = self.mask(kinds)
        return [name for name, holders in self._holders.items() if holders & wanted]

    def node_values(self, kinds: frozenset[str] | None, name: str) -> tuple[str, ...]:
        """The values that a property of these kinds may have, where each kind that has it lists them; else empty."""
        key = (kinds, name)
        found = self._values.get(key)
        if found is None:
            attributes = [
                kind.attributes[name]
                for kind in self.schema.concrete_kinds()
                if name in kind.attributes and (kinds is None or kind.name in kinds)
            ]
            found = self._listed(attributes)
            if len(self._values) < _MEMORY:
                self._values[key] = found
        return found

    def relation_values(self, relations: tuple[str, ...] | None, name: str) -> tuple[str, ...]:
        """The values that a property of these relation types may have, where each that has it lists them; else empty."""
        of = self.schema.relations
        chosen = self.every_relation if relations is None else relations
        return self._listed([of[each].attributes[name] for each in chosen if name in of[each].attributes])

    def _listed(self, attributes: list[Attribute]) -> tuple[str, ...]:
        if any(attribute.enum is None for attribute in attributes):
            return ()
        enums = dict.fromkeys(attribute.enum for attribute in attributes if attribute.enum is not None)
        return tuple(dict.fromkeys(value for enum in enums for value in self.schema.enums[enum].values))

    # --- suggestions -----------------------------------------------------------------------------------------------

    def suggest_kinds(self, name: str) -> list[str]:
        """Kinds that `name` may mean: by synonym in either language, then by edit distance."""
        return suggest(name, self.schema.kinds, {n: k.wording for n, k in self.schema.kinds.items()})

    def suggest_relations(self, name: str) -> list[str]:
        """Relation types that `name` may mean."""
        return suggest(name, self.schema.relations, {n: r.wording for n, r in self.schema.relations.items()})

    def suggest_node_properties(self, kinds: frozenset[str] | None, name: str) -> list[str]:
        """Properties of these kinds that `name` may mean."""
        wanted = self.mask(kinds)
        wordings = {
            attribute.name: attribute.wording
            for kind in self.schema.concrete_kinds()
            if self._bit[kind.name] & wanted
            for attribute in kind.attributes.values()
        }
        return suggest(name, self.property_names(kinds), wordings)

    def suggest_relation_properties(self, relations: tuple[str, ...] | None, name: str) -> list[str]:
        """Properties of these relation types that `name` may mean."""
        wordings = {
            attribute.name: attribute.wording
            for relation in relations or self.every_relation
            for attribute in self.schema.relations[relation].attributes.values()
        }
        return suggest(name, [*wordings, "id"], wordings)


def vocabulary_of(schema: Schema) -> Vocabulary:
    """The vocabulary of a schema, made at first use and kept with it, as the schema's own derived tables are."""
    memo = vars(schema)
    found = memo.get(_MEMO)
    if not isinstance(found, Vocabulary):
        found = memo[_MEMO] = Vocabulary(schema)
    return found


def suggest(name: str, choices: Iterable[str], wordings: Mapping[str, Wording] | None = None) -> list[str]:
    """Up to three of `choices` that `name` may mean, the likeliest first: folded spelling, synonym, edit distance."""
    choices = list(dict.fromkeys(choices))
    folded = fold(name)
    same = [choice for choice in choices if fold(choice) == folded]
    if same:
        return same[:3]
    meant = [choice for choice, wording in (wordings or {}).items() if folded in _folded_words(wording)]
    if meant:
        return meant[:3]
    allowed = max(1, len(folded) // 3) if len(folded) > 2 else 0
    near = process.extract(
        folded,
        {choice: fold(choice) for choice in choices},
        scorer=DamerauLevenshtein.distance,
        score_cutoff=allowed,
        limit=3,
    )
    if near:
        least = near[0][1]
        return [choice for _, distance, choice in near if distance <= least + 1]
    if len(folded) < 4:
        return []
    return [choice for choice in choices if folded in fold(choice) or (len(choice) >= 4 and fold(choice) in folded)][:3]


def fold(name: str) -> str:
    """A name without case, accents, spaces, hyphens and underscores."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(sign for sign in plain if sign.isalnum()).casefold()


def _folded_words(wording: Wording) -> set[str]:
    return {fold(word) for word in (wording.en, wording.fr, *wording.synonyms_en, *wording.synonyms_fr)}
