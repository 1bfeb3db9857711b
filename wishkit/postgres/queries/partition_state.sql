-- Is this table still a partition of that one, and is its detaching half done?
SELECT h.inhdetachpending
FROM pg_catalog.pg_inherits AS h
WHERE h.inhparent = pg_catalog.to_regclass(%(parent)s)
  AND h.inhrelid = pg_catalog.to_regclass(%(partition)s)
