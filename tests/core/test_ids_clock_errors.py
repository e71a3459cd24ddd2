"""Identities, time and errors: the leaves that everything stands on."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import clock_for, parse_instant
from core.errors import JumeauError, QueryError
from core.ids import relation_id, uuid_of


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_identities_are_valid_uuids_of_version_8_and_the_same_every_time(parts: list[str]) -> None:
    value = uuid_of(*parts)
    assert str(uuid.UUID(value)) == value
    assert uuid.UUID(value).version == 8
    assert uuid.UUID(value).variant == uuid.RFC_4122
    assert uuid_of(*parts) == value


def test_the_parts_of_an_identity_are_kept_apart() -> None:
    assert uuid_of("ab", "c") != uuid_of("a", "bc")
    assert relation_id("USES", "1", "2") != relation_id("USES", "2", "1")
    assert relation_id("USES", "1", "2") != relation_id("USES", "1", "2", "primary")


def test_a_date_is_its_midnight_and_an_offset_becomes_utc() -> None:
    assert parse_instant("2025-01-01") == datetime(2025, 1, 1, tzinfo=UTC)
    assert parse_instant("2025-01-01T01:30:00+01:00") == datetime(2025, 1, 1, 0, 30, tzinfo=UTC)


def test_the_clock_stands_still_when_frozen_and_moves_otherwise() -> None:
    assert clock_for("2025-01-01").now() == datetime(2025, 1, 1, tzinfo=UTC)
    assert abs((clock_for(None).now() - datetime.now(UTC)).total_seconds()) < 60


def test_an_error_says_what_was_seen_where_and_what_to_try() -> None:
    error = QueryError("no kind 'Sever'", where="line 1, column 9", hint="did you mean Server?")
    assert str(error) == "[QUERY] no kind 'Sever' (at line 1, column 9). Try: did you mean Server?"
    assert error.to_dict()["hint"] == "did you mean Server?"


def test_every_error_code_is_used_by_one_class_only() -> None:
    def family(root: type[JumeauError]) -> list[type[JumeauError]]:
        return [root, *(found for child in root.__subclasses__() for found in family(child))]

    codes = [cls.code for cls in family(JumeauError) if "code" in vars(cls)]
    assert len(codes) == len(set(codes)) or pytest.fail(
        f"codes used twice: {sorted(c for c in codes if codes.count(c) > 1)}"
    )
