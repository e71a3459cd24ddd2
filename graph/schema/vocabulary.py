"""The words of the pack format: keys, types, name patterns, reserved names. One definition for loader, checks and editors."""

from __future__ import annotations

import re

from graph.schema.model import PersonalData, ValueType

KIND_NAME = re.compile(r"[A-Z][A-Za-z]*")
ATTRIBUTE_NAME = re.compile(r"[a-z][a-z_0-9]*")
RELATION_NAME = re.compile(r"[A-Z][A-Z_]*")
ENUM_NAME = ATTRIBUTE_NAME
ENUM_VALUE = re.compile(r"[A-Za-z][A-Za-z_0-9]*")

LANGUAGES = ("en", "fr")
GENDERS = ("masculine", "feminine")
LABEL_KEYS = (*LANGUAGES, "gender")
TYPES = tuple(type_.value for type_ in ValueType)
PERSONAL_CLASSES = tuple(class_.value for class_ in PersonalData)
NUMERIC_TYPES = frozenset({ValueType.INTEGER, ValueType.FLOAT, ValueType.MONEY})

PACK_FILE = "pack.yml"
ENUMS_FILE = "enums.yml"
ATTRIBUTES_FILE = "attributes.yml"
GENERICS_FILE = "generics.yml"
RELATIONS_FILE = "relations.yml"
NAMED_FILES = (PACK_FILE, ENUMS_FILE, ATTRIBUTES_FILE, GENERICS_FILE, RELATIONS_FILE)

PACK_KEYS = ("name", "version", "title", "language", "description", "meaningless")
WORDING_KEYS = ("label", "synonyms")
ATTRIBUTE_KEYS = (
    *WORDING_KEYS, "description", "type", "enum", "unit", "required", "unique", "indexed", "personal", "min", "max",
    "absent_means",
)  # fmt: skip
KIND_KEYS = (*WORDING_KEYS, "description", "is", "identity", "matching", "matching_on", "attributes")
RELATION_KEYS = (
    *WORDING_KEYS, "description", "inverse", "group", "triples", "attributes", "acyclic", "max_out", "max_in",
    "bookkeeping", "simulated", "perimeter",
)  # fmt: skip
EVERY_RELATION = "every_relation"
"""Attributes that all relations have but those of bookkeeping."""

PERIMETER_RULES = ("given", "from_end", "from_start")
CATEGORY_KEYS = ("public", "bookkeeping", "simulated", "kinds")

# Addresses are given anew and shared: one of them alone never says which machine is meant.
ADDRESSES = frozenset({"ip_address", "mac_address", "address"})

# The store's own columns start with `_`; `id` is the element's UUID everywhere.
RESERVED_ATTRIBUTES = frozenset({"id"})

# Words of GSQL statements and types: a type or attribute so named would have to be renamed on TigerGraph.
GSQL_RESERVED = frozenset(
    word
    for line in (
        "accum add alter and as bool by case create datetime delete do double drop edge else end false file filter float",
        "from graph group having if in int interpret into job join key like limit list log map minus not null or order",
        "print query raise run select set string target then true try tuple type typedef uint union update vertex where",
        "while",
    )
    for word in line.split()
)
