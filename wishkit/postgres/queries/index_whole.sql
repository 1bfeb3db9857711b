-- Is there an index of this name, and is it whole?
SELECT indisvalid AND indisready AND indislive AS whole
FROM pg_catalog.pg_index WHERE indexrelid = pg_catalog.to_regclass(%(name)s)
