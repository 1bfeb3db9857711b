-- Is there a relation of this name?
SELECT pg_catalog.to_regclass(%(name)s) IS NOT NULL
