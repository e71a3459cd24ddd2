"""The `production_line` pack: sound, worded in two languages, and enough for the twin's own bookkeeping."""

from __future__ import annotations

from graph.schema.load import load_schema
from graph.schema.model import Wording


def test_every_kind_attribute_relation_and_value_has_a_label_in_both_languages() -> None:
    schema = load_schema("production_line")
    wordings: list[tuple[str, Wording]] = [(kind.name, kind.wording) for kind in schema.kinds.values()]
    for kind in schema.kinds.values():
        wordings += [(f"{kind.name}.{name}", attribute.wording) for name, attribute in kind.attributes.items()]
    for relation in schema.relations.values():
        wordings += [(relation.name, relation.wording), (f"inverse of {relation.name}", relation.inverse)]
    for enum in schema.enums.values():
        wordings += [(f"{enum.name}: {value}", wording) for value, wording in enum.wording.items()]
        assert set(enum.wording) == set(enum.values)
    assert [shown for shown, wording in wordings if not (wording.en and wording.fr)] == []


def test_its_bookkeeping_is_that_of_the_estate() -> None:
    line, estate = load_schema("production_line"), load_schema("it_estate")
    assert set(line.bookkeeping_kinds) == set(estate.bookkeeping_kinds)
    for kind in line.bookkeeping_kinds:
        assert set(line.kinds[kind].attributes) == set(estate.kinds[kind].attributes)
