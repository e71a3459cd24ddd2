"""Words of GSQL: what may not be a name, and how a constant is written."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Final

from core.errors import UnsupportedConstructError
from graph.schema.vocabulary import GSQL_RESERVED

_WORDS: Final = (
    "accum add all allocate alter and any api as asc avg bag batch between bigint blob bool boolean both break by "
    "call cascade case catch char character check clob coalesce compress const constraint continue cost count "
    "create current_date current_time current_timestamp cursor kafka s3 datetime datetime_add datetime_sub day "
    "datetime_diff datetime_to_epoch datetime_format decimal declare delete desc distinct distributed do double "
    "drop edge else elseif epoch_to_datetime end escape exception exists false file filter fixed_binary float for "
    "foreach from global grants graph group groupbyaccum gsql_int_max gsql_int_min gsql_sys_tag gsql_uint_max "
    "having hour header heapaccum if ignore in index input_line_filter insert int intersect int8 int16 int32 "
    "int32_t int64_t integer interpret interval into is isempty job join jsonarray jsonobject key lasthop leading "
    "left like limit list load load_accum loadaccum log long map match max min minus minute nobody not now null "
    "offset on or order path per pinned post_accum primary primary_id print proxy project query quit raise range "
    "reduce replace reset_collection_accum return returns right run sample second select select_vertex "
    "selectvertex semijoin set src static step string sum syntax tags target temp_table tgt then to to_csv "
    "to_datetime trailing translatesql trim true try tuple type typedef uint uint8 uint16 uint32 uint8_t uint32_t "
    "uint64_t union unwind update upsert using values vertex virtual when where while with"
)
RESERVED: Final = GSQL_RESERVED | frozenset(_WORDS.split())
"""Words that are never a name, in small letters: those of the query language and of the schema's. Case does not count."""

MICROSECONDS: Final = 1_000_000
DAY: Final = 86_400


def string(value: str) -> str:
    """A string constant. Raises UnsupportedConstructError for signs that GSQL has no escape for."""
    if not value.isprintable():
        raise UnsupportedConstructError(
            "gsql cannot express a string constant with control characters",
            hint="pass it as a parameter",
            details={"construct": "string", "dialect": "gsql"},
        )
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def number(value: int | float) -> str:
    """A number; negative ones in brackets."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise UnsupportedConstructError(
                f"gsql cannot express the number {value}", details={"construct": "number", "dialect": "gsql"}
            )
        text = format(value, "f") if abs(value) < 1e15 and float(format(value, "f")) == value else repr(value)
    else:
        text = str(value)
    return f"({text})" if text.startswith("-") else text


def seconds(value: date) -> int:
    """A date as seconds from 1970 to its midnight, in UTC: how dates are computed with."""
    return (value - date(1970, 1, 1)).days * DAY


def microseconds(value: datetime) -> int:
    """An instant as microseconds since 1970: how instants are stored and computed with."""
    passed = value.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (passed.days * DAY + passed.seconds) * MICROSECONDS + passed.microseconds


def identifier(name: str) -> str:
    """A name of the schema as TigerGraph may have it: words of GSQL get an underscore behind."""
    return name + "_" if name.lower() in RESERVED else name
