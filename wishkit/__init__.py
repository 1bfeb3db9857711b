"""Plain-SQL migrations for PostgreSQL that are known to work before they run."""

__version__ = "0.1.0"
