-- Does this ledger know of approvals?
SELECT pg_catalog.to_regclass('wishkit.approval') IS NOT NULL
