"""One verb family a module; each returns frozen dataclasses and prints nothing."""
