-- Change a setting until the end of the transaction.
SELECT pg_catalog.set_config(%(name)s, %(value)s, true)
