"""What every catalog says about built-in types and functions; a test asks a server."""

from __future__ import annotations

from wishkit.core.hazards.model import Type, TypeName
from wishkit.core.locks.columns import STEADY
from wishkit.core.locks.model import Name

__all__ = ["COERCIBLE", "NAMES", "STEADY", "TYPES"]

# OIDs of built-in types (pg_type.dat), which never change, by the names the parser gives them.
OIDS = {
    "bool": 16,
    "bytea": 17,
    "name": 19,
    "int8": 20,
    "int2": 21,
    "int4": 23,
    "text": 25,
    "oid": 26,
    "json": 114,
    "xml": 142,
    "cidr": 650,
    "float4": 700,
    "float8": 701,
    "money": 790,
    "macaddr": 829,
    "inet": 869,
    "bpchar": 1042,
    "varchar": 1043,
    "date": 1082,
    "time": 1083,
    "timestamp": 1114,
    "timestamptz": 1184,
    "interval": 1186,
    "timetz": 1266,
    "bit": 1560,
    "varbit": 1562,
    "numeric": 1700,
    "uuid": 2950,
    "tsvector": 3614,
    "tsquery": 3615,
    "jsonb": 3802,
}
TYPES = {
    TypeName(Name(schema, name)): Type(oid, oid)
    for name, oid in OIDS.items()
    for schema in (None, "pg_catalog")
}
# Pairs of which the first is, byte for byte, the second (pg_cast.dat, castmethod b).
COERCIBLE = frozenset(
    (OIDS[one], OIDS[other])
    for one, other in (
        ("text", "varchar"),
        ("varchar", "text"),
        ("text", "bpchar"),
        ("varchar", "bpchar"),
        ("cidr", "inet"),
        ("bit", "varbit"),
        ("varbit", "bit"),
        ("xml", "text"),
        ("xml", "varchar"),
        ("int4", "oid"),
        ("oid", "int4"),
    )
)
# As people write them, where that differs.
NAMES = {
    "bool": "boolean",
    "int8": "bigint",
    "int2": "smallint",
    "int4": "integer",
    "float4": "real",
    "float8": "double precision",
    "bpchar": "char",
}
