-- Whether the ledger has promotions.
SELECT pg_catalog.to_regclass('wishkit.promotion') IS NOT NULL
