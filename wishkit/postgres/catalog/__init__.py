"""The live catalog, read as a whole: every object of a database in a few dozen questions."""

from wishkit.postgres.catalog.read import fingerprint, read_snapshot

__all__ = ["fingerprint", "read_snapshot"]
