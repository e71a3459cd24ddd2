"""Whatever is done to a chain behind its back is found: changes of any field, rows taken away, put in, exchanged, cut off."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from services.audit.chain import GENESIS, RETENTION, Anchor, Damage, seal, verify_chain
from tests.services.audit.conftest import entry

Row = dict[str, Any]
LENGTH = 8


def chain(length: int = LENGTH, *, first: int = 1, previous: str = GENESIS, **said: Any) -> list[Row]:
    """A chain as the database holds it."""
    rows: list[Row] = []
    for number in range(first, first + length):
        row: Row = {"number": number, **entry(number, **said).columns(), "previous": previous}
        previous = seal(row)
        rows.append(row | {"digest": previous})
    return rows


def anchor_of(rows: list[Row]) -> Anchor:
    return Anchor(rows[-1]["number"], rows[-1]["digest"])


COLUMNS = sorted(chain(1)[0])
PLACES = st.integers(0, LENGTH - 1)
TEXTS = st.text(st.characters(), max_size=70)
VALUES = st.one_of(st.none(), st.integers(), st.floats(), st.booleans(), st.binary(max_size=70), TEXTS)


def test_a_chain_that_nobody_touched_is_whole() -> None:
    rows = chain()
    found = verify_chain(rows, anchor_of(rows))
    assert found.whole
    assert found.compared
    assert (found.entries, found.first, found.last) == (LENGTH, 1, anchor_of(rows))
    assert verify_chain([]).whole


def is_same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


@given(place=PLACES, column=st.sampled_from([name for name in COLUMNS if name != "number"]), value=VALUES)
def test_any_other_value_in_any_field_is_found(place: int, column: str, value: Any) -> None:
    rows = chain()
    if is_same(rows[place][column], value):
        return
    rows[place][column] = value
    found = verify_chain(rows)
    assert found.broken is not None
    assert found.broken.number == place + 1
    assert found.entries == place


@given(place=PLACES, column=st.sampled_from(COLUMNS), at=st.integers(0, 63), bit=st.integers(0, 6))
def test_any_other_bit_of_any_text_is_found(place: int, column: str, at: int, bit: int) -> None:
    rows = chain(reason="on call", target="P-1", token="0a1b", code="QUERY", asked="MATCH (n) RETURN n")
    value = rows[place][column]
    if isinstance(value, str):
        content = bytearray(value.encode())
        content[at % len(content)] ^= 1 << bit
        rows[place][column] = content.decode("utf-8", "surrogateescape")
    elif isinstance(value, int):
        rows[place][column] = value ^ (1 << bit)
    else:
        rows[place][column] = 0
    assert not verify_chain(sorted(rows, key=lambda row: row["number"])).whole


@given(first=PLACES, last=PLACES)
def test_what_is_taken_away_is_found_where_it_was(first: int, last: int) -> None:
    first, last = min(first, last), max(first, last)
    rows = chain()
    left = rows[:first] + rows[last + 1 :]
    found = verify_chain(left, anchor_of(rows))
    assert found.broken is not None
    assert found.broken.number == first + 1
    assert found.broken.damage is (Damage.TRUNCATED if last == LENGTH - 1 else Damage.MISSING)


def test_the_end_that_is_cut_off_is_found_with_an_anchor_only() -> None:
    rows = chain()
    assert verify_chain(rows[:5]).whole
    found = verify_chain(rows[:5], anchor_of(rows))
    assert found.broken is not None
    assert (found.broken.number, found.broken.damage) == (6, Damage.TRUNCATED)
    emptied = verify_chain([], anchor_of(rows))
    assert emptied.broken is not None
    assert emptied.broken.damage is Damage.TRUNCATED


@given(one=PLACES, other=PLACES, with_numbers=st.booleans())
def test_two_that_are_exchanged_are_found(one: int, other: int, with_numbers: bool) -> None:
    if one == other:
        return
    rows = chain()
    rows[one], rows[other] = rows[other], rows[one]
    if with_numbers:
        for number, row in enumerate(rows, 1):
            row["number"] = number
    found = verify_chain(rows)
    assert found.broken is not None
    assert found.broken.number <= max(one, other) + 1


@given(place=PLACES, sealed=st.booleans())
def test_what_is_put_in_is_found(place: int, sealed: bool) -> None:
    rows = chain()
    stranger: Row = {"number": place + 1, **entry(99).columns(), "previous": GENESIS, "digest": "0" * 64}
    if place:
        stranger["previous"] = rows[place - 1]["digest"]
    if sealed:
        stranger["digest"] = seal(stranger)
    moved = [row | {"number": row["number"] + 1} for row in rows[place:]]
    assert not verify_chain([*rows[:place], stranger, *moved]).whole
    if sealed:
        resealed = [{**row, "digest": seal(row)} for row in moved]
        assert not verify_chain([*rows[:place], stranger, *resealed]).whole
    twice = verify_chain([*rows[: place + 1], stranger, *rows[place + 1 :]])
    assert twice.broken is not None
    assert (twice.broken.number, twice.broken.damage) == (place + 1, Damage.INSERTED)


def test_a_chain_that_is_written_anew_is_found_with_an_anchor_only() -> None:
    anchor = anchor_of(chain())
    anew = chain(LENGTH + 2, who="mallory")
    assert verify_chain(anew).whole
    found = verify_chain(anew, anchor)
    assert found.broken is not None
    assert (found.broken.number, found.broken.damage) == (LENGTH, Damage.REWRITTEN)


def kept_from(place: int, target: str | None = None) -> list[Row]:
    """A chain whose first entries retention took, and which says so at its end."""
    rows = chain()
    gone = anchor_of(rows[:place])
    note = {"door": RETENTION, "target": target or str(gone)}
    return [*rows[place:], *chain(1, first=LENGTH + 1, previous=rows[-1]["digest"], **note)]


def test_what_retention_took_is_not_missing() -> None:
    rows = kept_from(3)
    found = verify_chain(rows)
    assert found.whole
    assert (found.first, found.entries) == (4, LENGTH - 3 + 1)
    assert verify_chain(kept_from(LENGTH)).whole, "nothing is left but the note"


def test_what_went_without_a_note_is_missing() -> None:
    for rows in (chain()[3:], kept_from(3)[1:], kept_from(3, target=f"3:{'1' * 64}")):
        found = verify_chain(rows)
        assert found.broken is not None
        assert (found.broken.number, found.broken.damage) == (1, Damage.MISSING)


def test_an_anchor_of_what_is_no_longer_kept_is_compared_where_it_can_be() -> None:
    rows = chain()
    assert not verify_chain(kept_from(3), anchor_of(rows[:2])).compared
    last_gone = verify_chain(kept_from(3), anchor_of(rows[:3]))
    assert last_gone.compared
    assert last_gone.whole
    other = verify_chain(kept_from(3), Anchor(3, "1" * 64))
    assert other.broken is not None
    assert other.broken.damage is Damage.REWRITTEN


@pytest.mark.parametrize("text", ["", "1", "x:y", "0:" + "0" * 64, "1:" + "0" * 63, "1:" + "g" * 64, "-1:" + "0" * 64])
def test_what_is_no_anchor_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no anchor"):
        Anchor.parse(text)
    assert Anchor.parse(f" 12:{'AB' * 32} ") == Anchor(12, "ab" * 32)
